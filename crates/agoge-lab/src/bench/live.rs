//! Benchmark of how fast the encoder follows live streams.

use agoge::{Error, Models};

use agoge_model::{LiveConfig, LiveStream, Model};
use agoge_motion::simulate::{Exercise, SimulatedSet};
use agoge_motion::{Recording, Skeleton};
use serde::Serialize;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Frames per second of every stream.
const RATE_HZ: f64 = 30.0;

/// Results of the benchmark.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveBenchmark {
    /// Median time per frame on one core, ms.
    pub p50_ms: f64,
    /// 99th percentile of the time per frame, ms.
    pub p99_ms: f64,
    /// Number of concurrent streams.
    pub streams: usize,
    /// Duration of the concurrent run, s.
    pub seconds: u64,
    /// Total number of frames.
    pub frames: usize,
    /// Frames finished after the next frame of their stream was due.
    pub late: usize,
}

/// Processes one stream as fast as possible, then many concurrently in real time on all cores.
/// Every stream is a simulated athlete as a 33-joint pose network would see them.
///
/// # Errors
/// If the bundled model cannot be read.
pub fn benchmark_streams(streams: usize, seconds: u64) -> Result<LiveBenchmark, Error> {
    let model = Models::bundled().model.as_ref().ok_or(Error::NoModel)?;
    let recording = mediapipe_squats();
    let mut times = time_stream(model, &recording)?;
    times.sort_by(f64::total_cmp);
    let quantile = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let (frames, late) = run_streams(model, &recording, streams, seconds)?;
    Ok(LiveBenchmark {
        p50_ms: quantile(0.5),
        p99_ms: quantile(0.99),
        streams,
        seconds,
        frames,
        late,
    })
}

/// A simulated set of squats on MediaPipe's 33-joint skeleton.
fn mediapipe_squats() -> Recording {
    let simulated =
        SimulatedSet { rate_hz: RATE_HZ, repetitions: 10, ..SimulatedSet::new(Exercise::Squat) }
            .simulate()
            .recording;
    let skeleton = Skeleton::mediapipe_33();
    let sources: Vec<Option<usize>> = skeleton
        .joints
        .iter()
        .map(|joint| joint.part.and_then(|part| simulated.skeleton.joint_for_part(part)))
        .collect();
    let frames = 0..simulated.frame_count();
    let position = frames.flat_map(|f| sources.iter().map(move |joint| (f, *joint)));
    let position: Vec<[f64; 3]> =
        position.map(|(f, j)| j.map_or([f64::NAN; 3], |j| simulated.position_at(f, j))).collect();
    Recording { confidence: vec![1.0; position.len()], position, skeleton, ..simulated }
}

/// Pushes a frame of the endlessly repeated recording into a stream.
fn push_frame(stream: &mut LiveStream, recording: &Recording, frame: usize) -> Result<(), Error> {
    let joints = recording.joint_count();
    let row = frame % recording.frame_count() * joints;
    let time_s = frame as f64 / RATE_HZ;
    stream.push(
        &recording.position[row..row + joints],
        &recording.confidence[row..row + joints],
        time_s,
    )?;
    Ok(())
}

/// The time per frame, ms, of a stream whose window is full.
fn time_stream(model: &Model, recording: &Recording) -> Result<Vec<f64>, Error> {
    let mut stream = LiveStream::new(
        model.start_stream(stream_settings()),
        &recording.skeleton,
        recording.space,
    );
    let mut times = Vec::new();
    for frame in 0..3300 {
        let start = Instant::now();
        push_frame(&mut stream, recording, frame)?;
        if frame >= 300 {
            times.push(1e3 * start.elapsed().as_secs_f64());
        }
    }
    Ok(times)
}

/// Stream settings: a window of four seconds at 30 frames per second.
fn stream_settings() -> LiveConfig {
    LiveConfig { window_s: 4.0, most_frames: 128, step_s: 0.0 }
}

/// Runs the streams concurrently in real time; returns the number of frames and of late frames.
fn run_streams(
    model: &Model,
    recording: &Recording,
    streams: usize,
    seconds: u64,
) -> Result<(usize, usize), Error> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(streams);
    let (frames, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let begin = Instant::now();
    let last = (seconds as f64 * RATE_HZ) as usize;
    std::thread::scope(|scope| {
        let worker = |core: usize| {
            let (frames, late) = (&frames, &late);
            move || -> Result<(), Error> {
                let stream_count = (core..streams).step_by(cores).count();
                let mut streams: Vec<LiveStream> = (0..stream_count)
                    .map(|_| {
                        LiveStream::new(
                            model.start_stream(stream_settings()),
                            &recording.skeleton,
                            recording.space,
                        )
                    })
                    .collect();
                for frame in 0..last {
                    for (index, stream) in streams.iter_mut().enumerate() {
                        // The streams' frames are spread evenly over the frame interval.
                        let due = Duration::from_secs_f64(
                            (frame as f64 + index as f64 / stream_count as f64) / RATE_HZ,
                        );
                        std::thread::sleep(due.saturating_sub(begin.elapsed()));
                        push_frame(stream, recording, frame)?;
                        frames.fetch_add(1, Ordering::Relaxed);
                        if begin.elapsed() > due + Duration::from_secs_f64(1.0 / RATE_HZ) {
                            late.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                Ok(())
            }
        };
        let workers: Vec<_> = (0..cores).map(|core| scope.spawn(worker(core))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Err(Error::NoModel)))
    })?;
    Ok((frames.into_inner(), late.into_inner()))
}

impl fmt::Display for LiveBenchmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "one stream, one core: {:.3} ms a frame (median), {:.3} ms (99 of 100)",
            self.p50_ms, self.p99_ms
        )?;
        writeln!(
            f,
            "{} streams at {RATE_HZ} frames a second for {} s: {} frames, {} of them late",
            self.streams, self.seconds, self.frames, self.late
        )
    }
}
