//! One client's conversation: its session, its event queue, and how long it is waited for.

use super::desk::Desk;
use super::keep::Keeper;
use super::protocol::{Agreed, AgreedSensor, Samples};
use crate::app::App;
use agoge::Models;
use agoge::live::{Event, Heard, SensorSession, Session, Worked};
use agoge::motion::{Part, Skeleton};
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Serialize;
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::Instant as Deadline;

/// Events that may wait for a client that reads slowly.
const QUEUE: usize = 256;
/// Number of invalid messages that are tolerated.
const FORGIVEN: usize = 4;

/// An event with its latency.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    event: &'a Event,
    /// Time since the frame was received, ms.
    latency_ms: f64,
}

/// Marks that a conversation is over.
pub(super) struct Over;

/// Maximum number of stretches of a session that may be in work; at that number nothing more is
/// read from its client, whose frames would only add more.
const MOST_OPEN: usize = 8;

/// A stretch that a worker has finished, and when the frame that caused it was received.
pub(super) struct Done {
    /// None if the work panicked, which is a bug and must end this session only.
    worked: Option<Worked>,
    received: Instant,
}

/// What a conversation receives next.
pub(super) enum Came {
    Message(Message),
    Done(Box<Done>),
    /// The end, with a reason to tell the client if there is one.
    Nothing(Option<&'static str>),
}

/// A conversation with one client.
pub(super) struct Talk {
    app: Arc<App>,
    out: mpsc::Sender<String>,
    session: Option<Session<'static>>,
    /// The session of a sensor without joints.
    sensor: Option<SensorSession>,
    desk: Desk,
    /// Number of stretches handed to the worker and not yet returned.
    open: usize,
    hand_in: mpsc::UnboundedSender<Box<Done>>,
    handed_in: mpsc::UnboundedReceiver<Box<Done>>,
    keeper: Option<Keeper>,
    faults: usize,
}

impl Talk {
    /// Starts a conversation; the stream yields the client's messages.
    pub(super) fn begin(app: Arc<App>, socket: WebSocket) -> (Talk, SplitStream<WebSocket>) {
        let (sink, stream) = socket.split();
        let (out, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(write(sink, waiting, app.limits.silence));
        app.metrics.sessions.add(1);
        app.metrics.active.add(1);
        // Unbounded, but at most `MAX_OPEN_STRETCHES` stretches are ever in it.
        let (hand_in, handed_in) = mpsc::unbounded_channel();
        let desk = app.desks.one();
        (
            Talk {
                app,
                out,
                session: None,
                sensor: None,
                desk,
                open: 0,
                hand_in,
                handed_in,
                keeper: None,
                faults: 0,
            },
            stream,
        )
    }

    /// Opens the session once the hello has been validated.
    pub(super) async fn open(
        &mut self,
        movement: &str,
        agreed: &Agreed,
        athlete: Option<i64>,
    ) -> Result<(), Over> {
        let Agreed { skeleton, space, .. } = agreed;
        if agreed.is_seen {
            // The command line may name a definition file; a client may not.
            match Session::new(movement, skeleton.clone(), *space, Models::bundled()) {
                Ok(session) => self.session = Some(session),
                Err(error) => {
                    self.fault(&error.to_string()).await?;
                    return Err(Over);
                }
            }
        } else {
            self.sensor = SensorSession::new();
        }
        if let Some(athlete) = athlete {
            self.keeper = Keeper::begin(self.app.clone(), athlete, movement, agreed).await;
            if self.keeper.is_none() {
                self.fault(
                    "there is no such athlete here; hint: /api/athletes names them, without an athlete nothing is kept",
                )
                .await?;
                return Err(Over);
            }
        }
        let names: Vec<&str> = skeleton.joints.iter().map(|joint| joint.name.as_str()).collect();
        let bones = bones(skeleton);
        self.tell(&json!({ "event": "ready", "protocol": 1, "movement": movement, "joints": names, "bones": bones }))
            .await
    }

    /// Feeds a frame to the session and sends the resulting events.
    pub(super) async fn frame(
        &mut self,
        t: f64,
        position: &[[f64; 3]],
        confidence: &[f32],
        received: Instant,
    ) -> Result<(), Over> {
        let Some(session) = &mut self.session else { return Err(Over) };
        match session.hear(t, position, confidence) {
            Ok(output) => {
                self.app.metrics.frames.add(1);
                if let Some(keeper) = &mut self.keeper {
                    keeper.frame(t, position, confidence);
                }
                self.pass(output, received).await?;
                self.app.metrics.latency(received.elapsed());
                Ok(())
            }
            Err(fault) => self.fault(&fault.to_string()).await,
        }
    }

    /// Takes sensor samples, the first at time `t`; a sensor without joints is analysed at once,
    /// and the resulting events are sent.
    pub(super) async fn felt(
        &mut self,
        t: f64,
        sent: &Samples,
        sensor: &AgreedSensor,
        received: Instant,
    ) -> Result<(), Over> {
        let samples = match sensor.samples(sent) {
            Ok(samples) => samples,
            Err(what) => return self.fault(&what).await,
        };
        let events = match &mut self.sensor {
            Some(session) => session.push(t, 1.0 / sensor.rate_hz, &samples),
            None => Ok(Vec::new()),
        };
        match events {
            Ok(events) => {
                self.app.metrics.frames.add(1);
                if let Some(keeper) = &mut self.keeper {
                    keeper.felt(t, sent);
                }
                self.say(&events, received).await?;
                self.app.metrics.latency(received.elapsed());
                Ok(())
            }
            Err(fault) => self.fault(&fault.to_string()).await,
        }
    }

    /// Sends the events and hands the stretches to the worker.
    async fn pass(&mut self, output: Heard<'static>, received: Instant) -> Result<(), Over> {
        self.say(&output.events, received).await?;
        for stretch in output.stretches {
            let hand_in = self.hand_in.clone();
            self.open += 1;
            self.desk.put(move || {
                let worked = catch_unwind(AssertUnwindSafe(|| stretch.work())).ok();
                // Fails if the client is gone, which does not matter.
                let _ = hand_in.send(Box::new(Done { worked, received }));
            });
        }
        Ok(())
    }

    /// Sends the result of a finished stretch.
    pub(super) async fn found(&mut self, finished: Box<Done>) -> Result<(), Over> {
        self.open -= 1;
        let Some(worked) = finished.worked else {
            self.farewell(Some("Agoge failed; hint: this is a mistake of ours, please report it"))
                .await;
            return Err(Over);
        };
        let Some(session) = &mut self.session else { return Ok(()) };
        let output = session.tell(worked);
        self.pass(output, finished.received).await
    }

    async fn say(&self, events: &[Event], received: Instant) -> Result<(), Over> {
        for event in events {
            let latency_ms = 1e3 * received.elapsed().as_secs_f64();
            // Plain structures of numbers and text can always be serialised.
            self.put(serde_json::to_string(&Said { event, latency_ms }).unwrap_or_default())
                .await?;
        }
        Ok(())
    }

    /// Reports an invalid message; too many of them end the conversation.
    pub(super) async fn fault(&mut self, what: &str) -> Result<(), Over> {
        self.app.metrics.faults.add(1);
        self.faults += 1;
        let closing = self.faults > FORGIVEN;
        self.tell(&json!({ "event": "error", "what": what, "closing": closing })).await?;
        if closing { Err(Over) } else { Ok(()) }
    }

    pub(super) async fn tell(&self, value: &Value) -> Result<(), Over> {
        self.put(value.to_string()).await
    }

    /// Queues a message; waits while the client reads slowly, so that nothing more is read from it.
    /// A client that does not read at all is dropped.
    async fn put(&self, text: String) -> Result<(), Over> {
        self.out.send_timeout(text, self.app.limits.silence).await.map_err(|error| {
            if matches!(error, mpsc::error::SendTimeoutError::Timeout(_)) {
                self.app.metrics.slow.add(1);
            }
            Over
        })
    }

    /// When a client that stays silent from now on is dropped.
    pub(super) fn patience(&self) -> Deadline {
        Deadline::now() + self.app.limits.silence
    }

    /// Waits for the next message or finished stretch. Cancelling it loses nothing.
    pub(super) async fn came(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
        until: Deadline,
    ) -> Came {
        loop {
            let message = tokio::select! {
                message = tokio::time::timeout_at(until, stream.next()), if self.open < MOST_OPEN => message,
                Some(finished) = self.handed_in.recv() => return Came::Done(finished),
            };
            return match message {
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
                Ok(Some(Ok(Message::Close(_))) | None) => Came::Nothing(None),
                Ok(Some(Ok(message))) => Came::Message(message),
                Ok(Some(Err(_))) => Came::Nothing(Some(
                    "the message is too large or broken; hint: docs/LIVE.md says what may be sent",
                )),
                Err(_) => Came::Nothing(Some(
                    "nothing came for too long; hint: end the session when the athlete is done",
                )),
            };
        }
    }

    /// The next message; none if the client is gone, silent for too long, or broke the protocol.
    pub(super) async fn next(&mut self, stream: &mut SplitStream<WebSocket>) -> Option<Message> {
        let until = self.patience();
        loop {
            match self.came(stream, until).await {
                Came::Message(message) => return Some(message),
                Came::Done(finished) => self.found(finished).await.ok()?,
                Came::Nothing(why) => {
                    self.farewell(why).await;
                    return None;
                }
            }
        }
    }

    pub(super) async fn farewell(&mut self, why: Option<&str>) {
        if let Some(what) = why {
            // Fails if the client no longer reads, which does not matter.
            let _ = self.tell(&json!({ "event": "error", "what": what, "closing": true })).await;
        }
    }

    /// Ends the session; a repetition under way is reported as interrupted.
    pub(super) async fn end(&mut self) {
        while self.open > 0
            && let Some(finished) = self.handed_in.recv().await
            && self.found(finished).await.is_ok()
        {}
        let mut events = self.session.take().map(|mut session| session.end()).unwrap_or_default();
        events.extend(self.sensor.take().map(|mut session| session.end()).unwrap_or_default());
        let _ = self.say(&events, Instant::now()).await;
        let _ = self.tell(&json!({ "event": "bye" })).await;
    }
}

/// Pairs of joints to connect by a line: each joint with its parent, and the outline of the trunk
/// where shoulders and hips have no parent.
fn bones(skeleton: &Skeleton) -> Vec<[usize; 2]> {
    let joints = skeleton.joints.iter().enumerate();
    let mut bones: Vec<[usize; 2]> =
        joints.filter_map(|(index, joint)| Some([joint.parent?, index])).collect();
    let loose = |part: Part| {
        skeleton.joint_of(part).filter(|joint| skeleton.joints[*joint].parent.is_none())
    };
    let trunk = [
        (Part::LeftShoulder, Part::RightShoulder),
        (Part::LeftHip, Part::RightHip),
        (Part::LeftShoulder, Part::LeftHip),
        (Part::RightShoulder, Part::RightHip),
    ];
    bones.extend(trunk.iter().filter_map(|(a, b)| Some([loose(*a)?, loose(*b)?])));
    bones
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.app.metrics.active.add(-1);
    }
}

/// Writes queued messages to the socket; gives up on a client that does not read.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut waiting: mpsc::Receiver<String>,
    patience: Duration,
) {
    while let Some(text) = waiting.recv().await {
        match tokio::time::timeout(patience, sink.send(Message::Text(text.into()))).await {
            Ok(Ok(())) => {}
            _ => return,
        }
    }
    let _ = tokio::time::timeout(patience, sink.close()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_hangs_together() {
        for skeleton in [Skeleton::mediapipe_33(), Skeleton::coco_17()] {
            let bones = bones(&skeleton);
            let joint = |part: Part| skeleton.joint_of(part).unwrap();
            // The other wrist is connected to an ankle.
            let mut reached = vec![joint(Part::LeftAnkle)];
            while let Some(next) = bones
                .iter()
                .flat_map(|[a, b]| [[*a, *b], [*b, *a]])
                .find_map(|[a, b]| (reached.contains(&a) && !reached.contains(&b)).then_some(b))
            {
                reached.push(next);
            }
            assert!(reached.contains(&joint(Part::RightWrist)), "{}", skeleton.name);
        }
        // A skeleton with a pelvis and a neck needs no extra lines.
        let body = Skeleton::body();
        assert!(bones(&body).len() < body.len());
    }
}
