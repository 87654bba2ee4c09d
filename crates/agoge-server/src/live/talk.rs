//! One client: its session, its queue, and the patience with it.

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

/// Events that wait for a client that reads slowly.
const QUEUE: usize = 256;
/// Wrong messages that are forgiven.
const FORGIVEN: usize = 4;

/// An event with the time that it took.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    event: &'a Event,
    /// From the receipt of the frame, ms.
    latency_ms: f64,
}

/// Why a conversation is over.
pub(super) struct Over;

/// Stretches of a session that may be worked on; with so many no more is read from its client,
/// whose frames would only make more.
const MOST_OPEN: usize = 8;

/// A stretch that was worked on, and when the frame that asked for it came.
pub(super) struct Done {
    /// None if the work failed, which is a mistake of ours and must cost this session only.
    worked: Option<Worked>,
    received: Instant,
}

/// What comes to a talk.
pub(super) enum Came {
    Message(Message),
    Done(Box<Done>),
    /// Nothing more, and what to tell the client of it.
    Nothing(Option<&'static str>),
}

/// One client.
pub(super) struct Talk {
    app: Arc<App>,
    out: mpsc::Sender<String>,
    session: Option<Session<'static>>,
    /// A sensor that is followed alone.
    sensor: Option<SensorSession>,
    desk: Desk,
    /// Stretches that are worked on at the desk.
    open: usize,
    hand_in: mpsc::UnboundedSender<Box<Done>>,
    handed_in: mpsc::UnboundedReceiver<Box<Done>>,
    keeper: Option<Keeper>,
    faults: usize,
}

impl Talk {
    /// Begins to talk; what comes in is the stream.
    pub(super) fn begin(app: Arc<App>, socket: WebSocket) -> (Talk, SplitStream<WebSocket>) {
        let (sink, stream) = socket.split();
        let (out, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(write(sink, waiting, app.limits.silence));
        app.metrics.sessions.add(1);
        app.metrics.active.add(1);
        // Bounded by how many may be open.
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

    /// Begins the session, once the hello said what comes.
    pub(super) async fn open(
        &mut self,
        movement: &str,
        agreed: &Agreed,
        athlete: Option<i64>,
    ) -> Result<(), Over> {
        let Agreed { skeleton, space, .. } = agreed;
        if agreed.is_seen {
            // The command line may name a file; a client may not.
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

    /// Takes a frame and tells what the session says of it.
    pub(super) async fn frame(
        &mut self,
        t: f64,
        position: &[[f64; 3]],
        sure: &[f32],
        received: Instant,
    ) -> Result<(), Over> {
        let Some(session) = &mut self.session else { return Err(Over) };
        match session.hear(t, position, sure) {
            Ok(heard) => {
                self.app.metrics.frames.add(1);
                if let Some(keeper) = &mut self.keeper {
                    keeper.frame(t, position, sure);
                }
                self.pass(heard, received).await?;
                self.app.metrics.latency(received.elapsed());
                Ok(())
            }
            Err(fault) => self.fault(&fault.to_string()).await,
        }
    }

    /// Takes samples of a sensor, the first at a time; of one alone it tells what they say.
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

    /// Says what is to be said, and puts on the desk what is to be worked on.
    async fn pass(&mut self, heard: Heard<'static>, received: Instant) -> Result<(), Over> {
        self.say(&heard.events, received).await?;
        for stretch in heard.stretches {
            let hand_in = self.hand_in.clone();
            self.open += 1;
            self.desk.put(move || {
                let worked = catch_unwind(AssertUnwindSafe(|| stretch.work())).ok();
                // Who is gone does not hear it.
                let _ = hand_in.send(Box::new(Done { worked, received }));
            });
        }
        Ok(())
    }

    /// Tells what was found out at the desk.
    pub(super) async fn found(&mut self, done: Box<Done>) -> Result<(), Over> {
        self.open -= 1;
        let Some(worked) = done.worked else {
            self.farewell(Some("Agoge failed; hint: this is a mistake of ours, please report it"))
                .await;
            return Err(Over);
        };
        let Some(session) = &mut self.session else { return Ok(()) };
        let heard = session.tell(worked);
        self.pass(heard, done.received).await
    }

    async fn say(&self, events: &[Event], received: Instant) -> Result<(), Over> {
        for event in events {
            let latency_ms = 1e3 * received.elapsed().as_secs_f64();
            // Plain structures of numbers and texts can always be written.
            self.put(serde_json::to_string(&Said { event, latency_ms }).unwrap_or_default())
                .await?;
        }
        Ok(())
    }

    /// Tells what is wrong with a message; too many of them end the talk.
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

    /// Waits for a client that reads slowly: meanwhile nothing more is read from it. One that does
    /// not read at all is left alone.
    async fn put(&self, text: String) -> Result<(), Over> {
        self.out.send_timeout(text, self.app.limits.silence).await.map_err(|error| {
            if matches!(error, mpsc::error::SendTimeoutError::Timeout(_)) {
                self.app.metrics.slow.add(1);
            }
            Over
        })
    }

    /// When a client that says nothing from now on is left alone.
    pub(super) fn patience(&self) -> Deadline {
        Deadline::now() + self.app.limits.silence
    }

    /// Waits for what comes next; whoever waits for other things too loses nothing.
    pub(super) async fn came(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
        until: Deadline,
    ) -> Came {
        loop {
            let message = tokio::select! {
                message = tokio::time::timeout_at(until, stream.next()), if self.open < MOST_OPEN => message,
                Some(done) = self.handed_in.recv() => return Came::Done(done),
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

    /// The next message, or none when the client is gone, silent or rude.
    pub(super) async fn next(&mut self, stream: &mut SplitStream<WebSocket>) -> Option<Message> {
        let until = self.patience();
        loop {
            match self.came(stream, until).await {
                Came::Message(message) => return Some(message),
                Came::Done(done) => self.found(done).await.ok()?,
                Came::Nothing(why) => {
                    self.farewell(why).await;
                    return None;
                }
            }
        }
    }

    pub(super) async fn farewell(&mut self, why: Option<&str>) {
        if let Some(what) = why {
            // Who does not read any more does not hear it.
            let _ = self.tell(&json!({ "event": "error", "what": what, "closing": true })).await;
        }
    }

    /// Ends the session; what is under way is told as interrupted.
    pub(super) async fn end(&mut self) {
        while self.open > 0
            && let Some(done) = self.handed_in.recv().await
            && self.found(done).await.is_ok()
        {}
        let mut events = self.session.take().map(|mut session| session.end()).unwrap_or_default();
        events.extend(self.sensor.take().map(|mut session| session.end()).unwrap_or_default());
        let _ = self.say(&events, Instant::now()).await;
        let _ = self.tell(&json!({ "event": "bye" })).await;
    }
}

/// Pairs of joints to draw a line between: each with its parent; and the outline of the trunk where
/// shoulders and hips hang on nothing.
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

/// Writes what waits; a client that takes none for too long is left alone.
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
            // From an ankle one comes to the other wrist.
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
        // Where there is a pelvis and a neck, nothing is added.
        let body = Skeleton::body();
        assert!(bones(&body).len() < body.len());
    }
}
