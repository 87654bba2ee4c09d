//! Measuring: how fast videos are read, and the passes of the landmark network to be held against
//! other engines.

use crate::network::Network;
use crate::pose::WANTED;
use crate::{Error, Film, Options, Tracker, Video, setup};
use serde::Serialize;
use std::path::Path;
use std::time::Instant;

/// Frames a second of a video, each the best of the rounds: other programs can only take time away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Speed {
    /// Frames of the video.
    pub frames: usize,
    /// Decoding alone.
    pub decode_hz: f64,
    /// Decoding and following people, in turn, on one thread.
    pub one_thread_hz: f64,
    /// The same as [`Film::read`] does it: one thread decodes, the pool's threads follow.
    pub all_threads_hz: f64,
}

/// A pool of one thread.
fn one_thread(path: &Path) -> Result<rayon::ThreadPool, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.map_err(|error| Error::video(path, error.to_string(), "let the program start a thread"))
}

/// Reads a video so many times in each way.
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

        // Loading the weights, a tenth of a second once a video, is not speed.
        let tracker = Tracker::new(weights, options.pose, options.people)?;
        let start = Instant::now();
        Film::follow(path, Video::open(path, options.rate_hz)?, tracker, None, &|_, _| ())?;
        speed.all_threads_hz =
            speed.all_threads_hz.max(frames as f64 / start.elapsed().as_secs_f64());
    }
    Ok(speed)
}

/// The landmark network and what it sees of a video: 256 × 256 pixels about a person each time. It
/// runs on one thread.
pub struct Passes {
    alone: rayon::ThreadPool,
    network: Network,
    crops: Vec<Vec<f32>>,
}

impl Passes {
    /// The first so many passes over a video.
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
            for one in tracker.push(&picture, time_s) {
                let mut crop = Vec::new();
                picture.crop(&one.body.region, network.size()[0], [0.0, 1.0], &mut crop);
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

    /// How many there are; at least one.
    #[expect(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.crops.len()
    }

    /// What the network sees in a pass, counted on from the first after the last: `[row, column,
    /// 3]`, 0 to 1.
    pub fn crop(&self, pass: usize) -> &[f32] {
        &self.crops[pass % self.crops.len()]
    }

    /// What the network says in a pass: 195 numbers of landmarks, presence, 117 of world landmarks.
    pub fn run(&mut self, pass: usize) -> Vec<f32> {
        let crop = &self.crops[pass % self.crops.len()];
        self.alone.install(|| self.network.run(crop)).concat()
    }
}
