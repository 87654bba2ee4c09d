//! Benchmarks: how fast videos are read, and single passes of the landmark network for comparison
//! with other engines.

use crate::network::PoseNetwork;
use crate::pose::WANTED_OUTPUTS;
use crate::{PersonTracker, TrackedVideo, Video, VideoOptions, VisionError, setup};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// Frames per second of reading a video, each the best of all rounds: other programs can only slow
/// it down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ReadingSpeed {
    /// Number of frames in the video.
    pub frames: usize,
    /// Decoding only.
    pub decode_hz: f64,
    /// Decoding and following people, alternating on one thread.
    pub one_thread_hz: f64,
    /// Both as [`TrackedVideo::read_video`] does them: one thread decodes, the pool's threads
    /// follow people.
    pub all_threads_hz: f64,
}

/// Creates a pool of one thread.
fn single_thread_pool(path: &Path) -> Result<rayon::ThreadPool, VisionError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.map_err(|error| {
        VisionError::video(path, error.to_string(), "let the program start a thread")
    })
}

/// Reads a video `rounds` times in each way.
///
/// # Errors
/// As [`TrackedVideo::read_video`].
pub fn measure_speed(
    path: &Path,
    weights: &Path,
    options: &VideoOptions,
    rounds: usize,
) -> Result<ReadingSpeed, VisionError> {
    let mut speed = ReadingSpeed::default();
    let alone = single_thread_pool(path)?;
    for _ in 0..rounds {
        let start = Instant::now();
        let mut video = Video::open(path, options.rate_hz)?;
        let mut frames = 0;
        while video.next_image()?.is_some() {
            frames += 1;
        }
        speed.frames = frames;
        speed.decode_hz = speed.decode_hz.max(frames as f64 / start.elapsed().as_secs_f64());

        let mut tracker = PersonTracker::new(weights, options.pose, options.people)?;
        let start = Instant::now();
        let mut video = Video::open(path, options.rate_hz)?;
        while let Some((time_s, picture)) = video.next_image()? {
            alone.install(|| tracker.push(&picture, time_s));
        }
        speed.one_thread_hz =
            speed.one_thread_hz.max(frames as f64 / start.elapsed().as_secs_f64());

        // Loading the weights takes a tenth of a second once per video and is not counted.
        let tracker = PersonTracker::new(weights, options.pose, options.people)?;
        let start = Instant::now();
        TrackedVideo::follow_people(
            path,
            Video::open(path, options.rate_hz)?,
            tracker,
            None,
            &|_, _| (),
        )?;
        speed.all_threads_hz =
            speed.all_threads_hz.max(frames as f64 / start.elapsed().as_secs_f64());
    }
    Ok(speed)
}

/// The landmark network and its inputs from a video: 256 × 256 pixels around a person each. It runs
/// on one thread.
pub struct NetworkPasses {
    single_thread: rayon::ThreadPool,
    network: PoseNetwork,
    crops: Vec<Vec<f32>>,
}

impl NetworkPasses {
    /// Records the inputs of the first `most` passes over a video.
    ///
    /// # Errors
    /// As [`TrackedVideo::read_video`].
    pub fn record_passes(
        path: &Path,
        weights: &Path,
        options: &VideoOptions,
        most: usize,
    ) -> Result<NetworkPasses, VisionError> {
        let network =
            PoseNetwork::new(&setup::read_landmarker(weights, options.pose)?, &WANTED_OUTPUTS);
        let network =
            network.map_err(|what| VisionError::Damaged { path: weights.to_owned(), what })?;
        let mut tracker = PersonTracker::new(weights, options.pose, options.people)?;
        let mut video = Video::open(path, options.rate_hz)?;
        let mut crops = Vec::new();
        while let Some((time_s, picture)) = video.next_image()?.filter(|_| crops.len() < most) {
            for person in tracker.push(&picture, time_s) {
                let mut crop = Vec::new();
                picture.crop_region(
                    &person.body.region,
                    network.input_size()[0],
                    [0.0, 1.0],
                    &mut crop,
                );
                crops.push(crop);
            }
        }
        if crops.is_empty() {
            return Err(VisionError::video(
                path,
                "nobody is seen in it",
                "give a video with a person in it",
            ));
        }
        crops.truncate(most);
        Ok(NetworkPasses { single_thread: single_thread_pool(path)?, network, crops })
    }

    /// Number of passes; at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.crops.len()
    }

    /// The input of a pass, `[row, column, 3]`, 0 to 1; pass numbers wrap around.
    pub fn pass_input(&self, pass: usize) -> &[f32] {
        &self.crops[pass % self.crops.len()]
    }

    /// Runs a pass and returns the outputs: 195 numbers of landmarks, presence, 117 of world
    /// landmarks.
    pub fn run_pass(&mut self, pass: usize) -> Vec<f32> {
        let crop = &self.crops[pass % self.crops.len()];
        self.single_thread.install(|| self.network.compute_outputs(crop)).concat()
    }
}
