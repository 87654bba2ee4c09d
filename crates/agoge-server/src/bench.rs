//! Load test of the server: many live streams over real sockets (docs/results/live.md).

use crate::error::ServerError;
use crate::net::start_server;
use crate::options::{ServerLimits, ServerOptions};
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

/// Result of the load test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerBenchmark {
    /// Number of simultaneous streams.
    pub streams: usize,
    /// Frames per second of each stream.
    pub rate_hz: f64,
    /// Duration, s.
    pub seconds: u64,
    /// Whether all athletes move in step.
    pub in_step: bool,
    /// Frames sent.
    pub frames: usize,
    /// Frames that were never answered.
    pub lost: usize,
    /// Repetitions reported as completed.
    pub repetitions: usize,
    /// Median time from before a frame was written until its answer had been read, ms.
    pub p50_ms: f64,
    /// 99th percentile of the same time, ms.
    pub p99_ms: f64,
    /// Longest of these times, ms.
    pub max_ms: f64,
    /// 99th percentile of the time from before the last frame of a repetition was written until the
    /// repetition was reported, ms.
    pub repetition_p99_ms: f64,
    /// Other events received, such as cues and phases.
    pub other_events: usize,
}

/// What one stream measured.
#[derive(Default)]
struct StreamTimes {
    sent: usize,
    times_ms: Vec<f64>,
    repetitions_ms: Vec<f64>,
    other: usize,
}

/// Starts a server on a free port of this machine and streams simulated athletes to it over
/// WebSockets from the same process. The streams start at different places of the simulated set, or
/// all at the same place (`in_step`).
///
/// # Errors
/// If the server cannot be started or a stream breaks off.
pub fn bench_live_streams(
    streams: usize,
    rate_hz: f64,
    seconds: u64,
    in_step: bool,
) -> Result<ServerBenchmark, ServerError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServerError::Runtime)?;
    runtime.block_on(async {
        let limits = ServerLimits {
            live: streams,
            connections: streams + 8,
            requests: 1e6,
            ..ServerLimits::default()
        };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let running =
            start_server(ServerOptions { address, library: None, limits, remote: None }).await?;
        let address = running.address;
        let frames = Arc::new(simulated_frames());
        let count = (seconds as f64 * rate_hz) as usize;
        let tasks = (0..streams).map(|index| {
            // Spread over one frame interval, as independent devices would be.
            let delay = Duration::from_secs_f64(index as f64 / streams as f64 / rate_hz);
            let from = if in_step { 0 } else { index * frames.1.len() / streams };
            tokio::spawn(run_stream(address, frames.clone(), rate_hz, from..from + count, delay))
        });
        let mut total = StreamTimes::default();
        for stream in tasks.collect::<Vec<_>>() {
            let seen = stream
                .await
                .map_err(|error| ServerError::Bench(error.to_string()))?
                .map_err(ServerError::Bench)?;
            total.sent += seen.sent;
            total.times_ms.extend(seen.times_ms);
            total.repetitions_ms.extend(seen.repetitions_ms);
            total.other += seen.other;
        }
        running.shut_down().await;
        for times in [&mut total.times_ms, &mut total.repetitions_ms] {
            times.sort_by(f64::total_cmp);
        }
        let percentile = |times: &[f64], share: f64| {
            times
                .get((times.len().saturating_sub(1) as f64 * share) as usize)
                .copied()
                .unwrap_or(f64::NAN)
        };
        Ok(ServerBenchmark {
            streams,
            rate_hz,
            seconds,
            in_step,
            frames: total.sent,
            lost: total.sent - total.times_ms.len(),
            repetitions: total.repetitions_ms.len(),
            p50_ms: percentile(&total.times_ms, 0.5),
            p99_ms: percentile(&total.times_ms, 0.99),
            max_ms: percentile(&total.times_ms, 1.0),
            repetition_p99_ms: percentile(&total.repetitions_ms, 0.99),
            other_events: total.other,
        })
    })
}

/// The hello and the joints of each frame of a simulated set as JSON, without times.
fn simulated_frames() -> (String, Vec<String>) {
    use agoge::motion::simulate::{Exercise, SimulatedSet};
    let recording =
        SimulatedSet { rate_hz: 30.0, repetitions: 10, ..SimulatedSet::new(Exercise::Squat) }
            .simulate()
            .recording;
    let names: Vec<&str> =
        recording.skeleton.joints.iter().map(|joint| joint.name.as_str()).collect();
    let joints = |frame: usize| -> Value {
        let place = |joint: usize| {
            let [x, y, z] = recording.position_at(frame, joint);
            if x.is_finite() { json!([x, y, z, 0.9]) } else { Value::Null }
        };
        (0..recording.joint_count()).map(place).collect()
    };
    let hello = json!({ "joints": names, "space": "3d", "movement": "squat" }).to_string();
    (hello, (0..recording.frame_count()).map(|frame| joints(frame).to_string()).collect())
}

async fn run_stream(
    address: SocketAddr,
    frames: Arc<(String, Vec<String>)>,
    rate_hz: f64,
    places: Range<usize>,
    delay: Duration,
) -> Result<StreamTimes, String> {
    let broken = |error: tokio_tungstenite::tungstenite::Error| error.to_string();
    let (socket, _) =
        tokio_tungstenite::connect_async(format!("ws://{address}/live")).await.map_err(broken)?;
    let (mut sender, mut receive) = socket.split();
    sender.send(Message::text(frames.0.clone())).await.map_err(broken)?;
    let sent_at = Arc::new(std::sync::Mutex::new(Vec::with_capacity(places.len())));
    let sent_times = sent_at.clone();
    let listening = tokio::spawn(async move {
        let mut seen = StreamTimes::default();
        while let Some(Ok(message)) = receive.next().await {
            let now = Instant::now();
            let Message::Text(text) = message else { continue };
            let Ok(event) = serde_json::from_str::<Value>(&text) else { continue };
            let since = || {
                let frame = (event["t"].as_f64().unwrap_or_default() * rate_hz).round() as usize;
                let at: Option<Instant> =
                    sent_times.lock().ok().and_then(|sent_times| sent_times.get(frame).copied());
                at.map(|at| 1e3 * now.duration_since(at).as_secs_f64())
            };
            match event["event"].as_str() {
                Some("metric") => seen.times_ms.extend(since()),
                Some("repetition") if event["outcome"] == "completed" => {
                    seen.repetitions_ms.extend(since())
                }
                Some("bye") => break,
                _ => seen.other += 1,
            }
        }
        seen
    });
    let begin = tokio::time::Instant::now() + delay;
    let count = places.len();
    for (frame, place) in places.enumerate() {
        tokio::time::sleep_until(begin + Duration::from_secs_f64(frame as f64 / rate_hz)).await;
        let text = format!(
            r#"{{"t":{},"joints":{}}}"#,
            frame as f64 / rate_hz,
            frames.1[place % frames.1.len()]
        );
        if let Ok(mut sent_times) = sent_at.lock() {
            sent_times.push(Instant::now());
        }
        sender.send(Message::text(text)).await.map_err(broken)?;
    }
    sender.send(Message::text(r#"{"end":true}"#)).await.map_err(broken)?;
    let mut seen = listening.await.map_err(|error| error.to_string())?;
    seen.sent = count;
    Ok(seen)
}

impl fmt::Display for ServerBenchmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} live streams at {} frames a second for {} s over WebSockets, clients on the same machine, {}: {} frames, {} lost",
            self.streams,
            self.rate_hz,
            self.seconds,
            if self.in_step { "all in step" } else { "each at its own place of the set" },
            self.frames,
            self.lost
        )?;
        writeln!(
            f,
            "frame to event, from client to client: {:.2} ms (median), {:.2} ms (99 of 100), {:.2} ms (slowest)",
            self.p50_ms, self.p99_ms, self.max_ms
        )?;
        writeln!(
            f,
            "{} repetitions, told within {:.2} ms (99 of 100)",
            self.repetitions, self.repetition_p99_ms
        )
    }
}
