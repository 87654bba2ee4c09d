//! Many live streams over real sockets, to measure what the server stands (docs/LIVE.md).

use crate::{Config, Error, Limits, start};
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Streams at once.
    pub streams: usize,
    /// Frames a second of each.
    pub rate_hz: f64,
    /// For how long, s.
    pub seconds: u64,
    /// Whether all athletes move in step.
    pub in_step: bool,
    /// Frames that were sent.
    pub frames: usize,
    /// Frames that were never answered.
    pub lost: usize,
    /// Repetitions that were told as completed.
    pub repetitions: usize,
    /// Half of the frames were answered within, ms, from before the frame was written to after its
    /// answer was read.
    pub p50_ms: f64,
    /// 99 of 100 frames were answered within, ms.
    pub p99_ms: f64,
    /// The slowest answer, ms.
    pub max_ms: f64,
    /// 99 of 100 repetitions were told within, ms, from before the frame that ended them was
    /// written.
    pub repetition_p99_ms: f64,
    /// Cues and phases that came besides.
    pub other_events: usize,
}

/// What one stream saw.
#[derive(Default)]
struct Seen {
    sent: usize,
    times_ms: Vec<f64>,
    repetitions_ms: Vec<f64>,
    other: usize,
}

/// Starts a server of its own on a free port of this machine, and follows simulated athletes over
/// WebSockets from the same process. Each is at its own place of the set, or all are at the same.
///
/// # Errors
/// If the server cannot be started or a stream breaks off.
pub fn live(streams: usize, rate_hz: f64, seconds: u64, in_step: bool) -> Result<Measured, Error> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    runtime.block_on(async {
        let limits =
            Limits { live: streams, connections: streams + 8, requests: 1e6, ..Limits::default() };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = start(Config { address, library: None, limits, remote: None }).await?;
        let address = running.address;
        let frames = Arc::new(frames());
        let count = (seconds as f64 * rate_hz) as usize;
        let each = (0..streams).map(|index| {
            // Spread over the time between two frames, as devices are.
            let delay = Duration::from_secs_f64(index as f64 / streams as f64 / rate_hz);
            let from = if in_step { 0 } else { index * frames.1.len() / streams };
            tokio::spawn(one(address, frames.clone(), rate_hz, from..from + count, delay))
        });
        let mut all = Seen::default();
        for stream in each.collect::<Vec<_>>() {
            let seen = stream
                .await
                .map_err(|error| Error::Bench(error.to_string()))?
                .map_err(Error::Bench)?;
            all.sent += seen.sent;
            all.times_ms.extend(seen.times_ms);
            all.repetitions_ms.extend(seen.repetitions_ms);
            all.other += seen.other;
        }
        running.stop().await;
        for times in [&mut all.times_ms, &mut all.repetitions_ms] {
            times.sort_by(f64::total_cmp);
        }
        let at = |times: &[f64], share: f64| {
            times
                .get((times.len().saturating_sub(1) as f64 * share) as usize)
                .copied()
                .unwrap_or(f64::NAN)
        };
        Ok(Measured {
            streams,
            rate_hz,
            seconds,
            in_step,
            frames: all.sent,
            lost: all.sent - all.times_ms.len(),
            repetitions: all.repetitions_ms.len(),
            p50_ms: at(&all.times_ms, 0.5),
            p99_ms: at(&all.times_ms, 0.99),
            max_ms: at(&all.times_ms, 1.0),
            repetition_p99_ms: at(&all.repetitions_ms, 0.99),
            other_events: all.other,
        })
    })
}

/// The joints of a simulated set, ready but for the time, and the hello before them.
fn frames() -> (String, Vec<String>) {
    use agoge::motion::simulate::{Exercise, Set};
    let recording =
        Set { rate_hz: 30.0, repetitions: 10, ..Set::new(Exercise::Squat) }.simulate().recording;
    let names: Vec<&str> =
        recording.skeleton.joints.iter().map(|joint| joint.name.as_str()).collect();
    let joints = |frame: usize| -> Value {
        let place = |joint: usize| {
            let [x, y, z] = recording.at(frame, joint);
            if x.is_finite() { json!([x, y, z, 0.9]) } else { Value::Null }
        };
        (0..recording.joints()).map(place).collect()
    };
    let hello = json!({ "joints": names, "space": "3d", "movement": "squat" }).to_string();
    (hello, (0..recording.frames()).map(|frame| joints(frame).to_string()).collect())
}

async fn one(
    address: SocketAddr,
    frames: Arc<(String, Vec<String>)>,
    rate_hz: f64,
    set: Range<usize>,
    delay: Duration,
) -> Result<Seen, String> {
    let broken = |error: tokio_tungstenite::tungstenite::Error| error.to_string();
    let (socket, _) =
        tokio_tungstenite::connect_async(format!("ws://{address}/live")).await.map_err(broken)?;
    let (mut send, mut hear) = socket.split();
    send.send(Message::text(frames.0.clone())).await.map_err(broken)?;
    let sent_at = Arc::new(std::sync::Mutex::new(Vec::with_capacity(set.len())));
    let own = sent_at.clone();
    let listening = tokio::spawn(async move {
        let mut seen = Seen::default();
        while let Some(Ok(message)) = hear.next().await {
            let now = Instant::now();
            let Message::Text(text) = message else { continue };
            let Ok(event) = serde_json::from_str::<Value>(&text) else { continue };
            let since = || {
                let frame = (event["t"].as_f64().unwrap_or_default() * rate_hz).round() as usize;
                let at: Option<Instant> = own.lock().ok().and_then(|own| own.get(frame).copied());
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
    let count = set.len();
    for (frame, of_set) in set.enumerate() {
        tokio::time::sleep_until(begin + Duration::from_secs_f64(frame as f64 / rate_hz)).await;
        let text = format!(
            r#"{{"t":{},"joints":{}}}"#,
            frame as f64 / rate_hz,
            frames.1[of_set % frames.1.len()]
        );
        if let Ok(mut own) = sent_at.lock() {
            own.push(Instant::now());
        }
        send.send(Message::text(text)).await.map_err(broken)?;
    }
    send.send(Message::text(r#"{"end":true}"#)).await.map_err(broken)?;
    let mut seen = listening.await.map_err(|error| error.to_string())?;
    seen.sent = count;
    Ok(seen)
}

impl fmt::Display for Measured {
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
