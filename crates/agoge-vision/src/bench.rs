//! Benchmarks: how fast videos are read, and single passes of the landmark network for comparison
//! with other engines.

use crate::network::Network;
use crate::pose::WANTED;
use crate::{Error, Film, Options, Tracker, Video, setup};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// Frames per second of reading a video, each the best of all rounds: other programs can only slow
/// it down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Speed {
    /// Number of frames in the video.
    pub frames: usize,
    /// Decoding only.
    pub decode_hz: f64,
    /// Decoding and following people, alternating on one thread.
    pub one_thread_hz: f64,
    /// Both as [`Film::read`] does them: one thread decodes, the pool's threads follow people.
    pub all_threads_hz: f64,
}

/// Creates a pool of one thread.
fn one_thread(path: &Path) -> Result<rayon::ThreadPool, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.map_err(|error| Error::video(path, error.to_string(), "let the program start a thread"))
}

/// Reads a video `rounds` times in each way.
///
/// # Errors
/// As [`Film::read`].
pub fn speed(
    path: &Path,
    weights: &Path,
    options: &Options,
    rounds: usize,
) -> Result<Speed, Error> {
    let mut speed = Speed::default();
    let alone = one_thread(path)?;
    for _ in 0..rounds {
        let start = Instant::now();
        let mut video = Video::open(path, options.rate_hz)?;
        let mut frames = 0;
        while video.next_picture()?.is_some() {
            frames += 1;
        }
        speed.frames = frames;
        speed.decode_hz = speed.decode_hz.max(frames as f64 / start.elapsed().as_secs_f64());

        let mut tracker = Tracker::new(weights, options.pose, options.people)?;
        let start = Instant::now();
        let mut video = Video::open(path, options.rate_hz)?;
        while let Some((time_s, picture)) = video.next_picture()? {
            alone.install(|| tracker.push(&picture, time_s));
        }
        speed.one_thread_hz =
            speed.one_thread_hz.max(frames as f64 / start.elapsed().as_secs_f64());

        // Loading the weights takes a tenth of a second once per video and is not counted.
        let tracker = Tracker::new(weights, options.pose, options.people)?;
        let start = Instant::now();
        Film::follow(path, Video::open(path, options.rate_hz)?, tracker, None, &|_, _| ())?;
        speed.all_threads_hz =
            speed.all_threads_hz.max(frames as f64 / start.elapsed().as_secs_f64());
    }
    Ok(speed)
}

/// The landmark network and its inputs from a video: 256 × 256 pixels around a person each. It runs
/// on one thread.
pub struct Passes {
    alone: rayon::ThreadPool,
    network: Network,
    crops: Vec<Vec<f32>>,
}

impl Passes {
    /// Records the inputs of the first `most` passes over a video.
    ///
    /// # Errors
    /// As [`Film::read`].
    pub fn record(
        path: &Path,
        weights: &Path,
        options: &Options,
        most: usize,
    ) -> Result<Passes, Error> {
        let network = Network::new(&setup::landmarks(weights, options.pose)?, &WANTED);
        let network = network.map_err(|what| Error::Damaged { path: weights.to_owned(), what })?;
        let mut tracker = Tracker::new(weights, options.pose, options.people)?;
        let mut video = Video::open(path, options.rate_hz)?;
        let mut crops = Vec::new();
        while let Some((time_s, picture)) = video.next_picture()?.filter(|_| crops.len() < most) {
            for person in tracker.push(&picture, time_s) {
                let mut crop = Vec::new();
                picture.crop(&person.body.region, network.size()[0], [0.0, 1.0], &mut crop);
                crops.push(crop);
            }
        }
        if crops.is_empty() {
            return Err(Error::video(
                path,
                "nobody is seen in it",
                "give a video with a person in it",
            ));
        }
        crops.truncate(most);
        Ok(Passes { alone: one_thread(path)?, network, crops })
    }

    /// Number of passes; at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.crops.len()
    }

    /// The input of a pass, `[row, column, 3]`, 0 to 1; pass numbers wrap around.
    pub fn crop(&self, pass: usize) -> &[f32] {
        &self.crops[pass % self.crops.len()]
    }

    /// Runs a pass and returns the outputs: 195 numbers of landmarks, presence, 117 of world
    /// landmarks.
    pub fn run(&mut self, pass: usize) -> Vec<f32> {
        let crop = &self.crops[pass % self.crops.len()];
        self.alone.install(|| self.network.run(crop)).concat()
    }
}
