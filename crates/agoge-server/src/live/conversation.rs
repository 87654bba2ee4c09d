//! One client's conversation: its session, its event queue, and how long it is waited for.

use super::protocol::{LiveFormat, Samples, SensorFormat};
use super::recorder::SessionRecorder;
use crate::state::AppState;
use crate::workers::Worker;
use agoge::Models;
use agoge::live::{LiveEvent, LiveSession, SensorSession, SessionOutput, TaskResult};
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
const EVENT_QUEUE: usize = 256;
/// Number of invalid messages that are tolerated.
const MAX_FAULTS: usize = 4;

/// An event with its latency.
#[derive(Serialize)]
struct TimedEvent<'a> {
    #[serde(flatten)]
    event: &'a LiveEvent,
    /// Time since the frame was received, ms.
    latency_ms: f64,
}

/// Marks that a conversation is over.
pub(super) struct ConversationOver;

/// Maximum number of stretches of a session that may be in work; at that number nothing more is
/// read from its client, whose frames would only add more.
const MAX_OPEN_STRETCHES: usize = 8;

/// A stretch that a worker has finished, and when the frame that caused it was received.
pub(super) struct FinishedStretch {
    /// None if the work panicked, which is a bug and must end this session only.
    worked: Option<TaskResult>,
    received: Instant,
}

/// What a conversation receives next.
pub(super) enum Incoming {
    Message(Message),
    Finished(Box<FinishedStretch>),
    /// The end, with a reason to tell the client if there is one.
    End(Option<&'static str>),
}

/// A conversation with one client.
pub(super) struct Conversation {
    app: Arc<AppState>,
    outgoing: mpsc::Sender<String>,
    session: Option<LiveSession<'static>>,
    /// The session of a sensor without joints.
    sensor: Option<SensorSession>,
    worker: Worker,
    /// Number of stretches handed to the worker and not yet returned.
    open_stretches: usize,
    finished_sender: mpsc::UnboundedSender<Box<FinishedStretch>>,
    finished_receiver: mpsc::UnboundedReceiver<Box<FinishedStretch>>,
    recorder: Option<SessionRecorder>,
    faults: usize,
}

impl Conversation {
    /// Starts a conversation; the stream yields the client's messages.
    pub(super) fn from_socket(
        app: Arc<AppState>,
        socket: WebSocket,
    ) -> (Conversation, SplitStream<WebSocket>) {
        let (sink, stream) = socket.split();
        let (out, waiting) = mpsc::channel(EVENT_QUEUE);
        tokio::spawn(write_socket(sink, waiting, app.limits.silence));
        app.metrics.sessions.increase_by(1);
        app.metrics.active.increase_by(1);
        // Unbounded, but at most `MAX_OPEN_STRETCHES` stretches are ever in it.
        let (hand_in, handed_in) = mpsc::unbounded_channel();
        let desk = app.workers.next_worker();
        (
            Conversation {
                app,
                outgoing: out,
                session: None,
                sensor: None,
                worker: desk,
                open_stretches: 0,
                finished_sender: hand_in,
                finished_receiver: handed_in,
                recorder: None,
                faults: 0,
            },
            stream,
        )
    }

    /// Opens the session once the hello has been validated.
    pub(super) async fn open_session(
        &mut self,
        movement: &str,
        agreed: &LiveFormat,
        athlete: Option<i64>,
    ) -> Result<(), ConversationOver> {
        let LiveFormat { skeleton, space, .. } = agreed;
        if agreed.has_joints {
            // The command line may name a definition file; a client may not.
            match LiveSession::new(movement, skeleton.clone(), *space, Models::bundled()) {
                Ok(session) => self.session = Some(session),
                Err(error) => {
                    self.report_fault(&error.to_string()).await?;
                    return Err(ConversationOver);
                }
            }
        } else {
            self.sensor = SensorSession::new();
        }
        if let Some(athlete) = athlete {
            self.recorder =
                SessionRecorder::start_recording(self.app.clone(), athlete, movement, agreed).await;
            if self.recorder.is_none() {
                self.report_fault(
                    "there is no such athlete here; hint: /api/athletes names them, without an athlete nothing is kept",
                )
                .await?;
                return Err(ConversationOver);
            }
        }
        let names: Vec<&str> = skeleton.joints.iter().map(|joint| joint.name.as_str()).collect();
        let bones = figure_bones(skeleton);
        self.send_json(&json!({ "event": "ready", "protocol": 1, "movement": movement, "joints": names, "bones": bones }))
            .await
    }

    /// Feeds a frame to the session and sends the resulting events.
    pub(super) async fn feed_frame(
        &mut self,
        t: f64,
        position: &[[f64; 3]],
        confidence: &[f32],
        received: Instant,
    ) -> Result<(), ConversationOver> {
        let Some(session) = &mut self.session else { return Err(ConversationOver) };
        match session.push_deferred(t, position, confidence) {
            Ok(output) => {
                self.app.metrics.frames.increase_by(1);
                if let Some(keeper) = &mut self.recorder {
                    keeper.record_frame(t, position, confidence);
                }
                self.send_output(output, received).await?;
                self.app.metrics.count_latency(received.elapsed());
                Ok(())
            }
            Err(fault) => self.report_fault(&fault.to_string()).await,
        }
    }

    /// Takes sensor samples, the first at time `t`; a sensor without joints is analysed at once,
    /// and the resulting events are sent.
    pub(super) async fn feed_samples(
        &mut self,
        t: f64,
        sent: &Samples,
        sensor: &SensorFormat,
        received: Instant,
    ) -> Result<(), ConversationOver> {
        let samples = match sensor.convert_samples(sent) {
            Ok(samples) => samples,
            Err(what) => return self.report_fault(&what).await,
        };
        let events = match &mut self.sensor {
            Some(session) => session.push(t, 1.0 / sensor.rate_hz, &samples),
            None => Ok(Vec::new()),
        };
        match events {
            Ok(events) => {
                self.app.metrics.frames.increase_by(1);
                if let Some(keeper) = &mut self.recorder {
                    keeper.record_samples(t, sent);
                }
                self.send_events(&events, received).await?;
                self.app.metrics.count_latency(received.elapsed());
                Ok(())
            }
            Err(fault) => self.report_fault(&fault.to_string()).await,
        }
    }

    /// Sends the events and hands the stretches to the worker.
    async fn send_output(
        &mut self,
        output: SessionOutput<'static>,
        received: Instant,
    ) -> Result<(), ConversationOver> {
        self.send_events(&output.events, received).await?;
        for stretch in output.tasks {
            let hand_in = self.finished_sender.clone();
            self.open_stretches += 1;
            self.worker.spawn_job(move || {
                let worked = catch_unwind(AssertUnwindSafe(|| stretch.run_task())).ok();
                // Fails if the client is gone, which does not matter.
                let _ = hand_in.send(Box::new(FinishedStretch { worked, received }));
            });
        }
        Ok(())
    }

    /// Sends the result of a finished stretch.
    pub(super) async fn send_finished(
        &mut self,
        finished: Box<FinishedStretch>,
    ) -> Result<(), ConversationOver> {
        self.open_stretches -= 1;
        let Some(worked) = finished.worked else {
            self.send_farewell(Some(
                "Agoge failed; hint: this is a mistake of ours, please report it",
            ))
            .await;
            return Err(ConversationOver);
        };
        let Some(session) = &mut self.session else { return Ok(()) };
        let output = session.apply_result(worked);
        self.send_output(output, finished.received).await
    }

    async fn send_events(
        &self,
        events: &[LiveEvent],
        received: Instant,
    ) -> Result<(), ConversationOver> {
        for event in events {
            let latency_ms = 1e3 * received.elapsed().as_secs_f64();
            // Plain structures of numbers and text can always be serialised.
            self.queue_text(
                serde_json::to_string(&TimedEvent { event, latency_ms }).unwrap_or_default(),
            )
            .await?;
        }
        Ok(())
    }

    /// Reports an invalid message; too many of them end the conversation.
    pub(super) async fn report_fault(&mut self, what: &str) -> Result<(), ConversationOver> {
        self.app.metrics.faults.increase_by(1);
        self.faults += 1;
        let closing = self.faults > MAX_FAULTS;
        self.send_json(&json!({ "event": "error", "what": what, "closing": closing })).await?;
        if closing { Err(ConversationOver) } else { Ok(()) }
    }

    pub(super) async fn send_json(&self, value: &Value) -> Result<(), ConversationOver> {
        self.queue_text(value.to_string()).await
    }

    /// Queues a message; waits while the client reads slowly, so that nothing more is read from it.
    /// A client that does not read at all is dropped.
    async fn queue_text(&self, text: String) -> Result<(), ConversationOver> {
        self.outgoing.send_timeout(text, self.app.limits.silence).await.map_err(|error| {
            if matches!(error, mpsc::error::SendTimeoutError::Timeout(_)) {
                self.app.metrics.slow.increase_by(1);
            }
            ConversationOver
        })
    }

    /// When a client that stays silent from now on is dropped.
    pub(super) fn silence_deadline(&self) -> Deadline {
        Deadline::now() + self.app.limits.silence
    }

    /// Waits for the next message or finished stretch. Cancelling it loses nothing.
    pub(super) async fn next_incoming(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
        until: Deadline,
    ) -> Incoming {
        loop {
            let message = tokio::select! {
                message = tokio::time::timeout_at(until, stream.next()), if self.open_stretches < MAX_OPEN_STRETCHES => message,
                Some(finished) = self.finished_receiver.recv() => return Incoming::Finished(finished),
            };
            return match message {
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
                Ok(Some(Ok(Message::Close(_))) | None) => Incoming::End(None),
                Ok(Some(Ok(message))) => Incoming::Message(message),
                Ok(Some(Err(_))) => Incoming::End(Some(
                    "the message is too large or broken; hint: docs/reference/live.md says what may be sent",
                )),
                Err(_) => Incoming::End(Some(
                    "nothing came for too long; hint: end the session when the athlete is done",
                )),
            };
        }
    }

    /// The next message; none if the client is gone, silent for too long, or broke the protocol.
    pub(super) async fn next_message(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
    ) -> Option<Message> {
        let until = self.silence_deadline();
        loop {
            match self.next_incoming(stream, until).await {
                Incoming::Message(message) => return Some(message),
                Incoming::Finished(finished) => self.send_finished(finished).await.ok()?,
                Incoming::End(why) => {
                    self.send_farewell(why).await;
                    return None;
                }
            }
        }
    }

    pub(super) async fn send_farewell(&mut self, why: Option<&str>) {
        if let Some(what) = why {
            // Fails if the client no longer reads, which does not matter.
            let _ =
                self.send_json(&json!({ "event": "error", "what": what, "closing": true })).await;
        }
    }

    /// Ends the session; a repetition under way is reported as interrupted.
    pub(super) async fn end_session(&mut self) {
        while self.open_stretches > 0
            && let Some(finished) = self.finished_receiver.recv().await
            && self.send_finished(finished).await.is_ok()
        {}
        let mut events =
            self.session.take().map(|mut session| session.end_stream()).unwrap_or_default();
        events
            .extend(self.sensor.take().map(|mut session| session.end_stream()).unwrap_or_default());
        let _ = self.send_events(&events, Instant::now()).await;
        let _ = self.send_json(&json!({ "event": "bye" })).await;
    }
}

/// Pairs of joints to connect by a line: each joint with its parent, and the outline of the trunk
/// where shoulders and hips have no parent.
fn figure_bones(skeleton: &Skeleton) -> Vec<[usize; 2]> {
    let joints = skeleton.joints.iter().enumerate();
    let mut bones: Vec<[usize; 2]> =
        joints.filter_map(|(index, joint)| Some([joint.parent?, index])).collect();
    let loose = |part: Part| {
        skeleton.joint_for_part(part).filter(|joint| skeleton.joints[*joint].parent.is_none())
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

impl Drop for Conversation {
    fn drop(&mut self) {
        self.app.metrics.active.increase_by(-1);
    }
}

/// Writes queued messages to the socket; gives up on a client that does not read.
async fn write_socket(
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
            let bones = figure_bones(&skeleton);
            let joint = |part: Part| skeleton.joint_for_part(part).unwrap();
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
        assert!(figure_bones(&body).len() < body.len());
    }
}
