//! Live session of one athlete in front of one device.

use super::event::LiveEvent;
use super::following::FollowedMovement;
use super::frames::FrameBuffer;
use super::steady::PoseSmoother;
use super::task::{MeasuredRepetition, StreamTask, TaskAnswer, TaskKind, TaskResult};
use crate::{Error, Models};
use agoge_analysis::{MovementChoice, MovementOrigin};
use agoge_kinematics::live::{CurveMeter, FinishedMovement, LiveChange, MovementOutcome};
use agoge_kinematics::{Curve, Curves, Movement};
use agoge_model::{LiveConfig, LiveStream};
use agoge_motion::condition;
use agoge_motion::skeleton::BodyRules;
use agoge_motion::{Skeleton, Space};
use std::sync::Arc;

/// Time before a repetition that is analysed with it, s, so that filters have settled and the floor
/// has been seen.
const LEAD_IN_S: f64 = 1.0;
/// Interval between attempts to recognise an unnamed movement, s.
const RECOGNITION_INTERVAL_S: f64 = 2.0;
/// Window of the streaming model: the tokens of a clip are also 0.1 to 0.3 s apart, and with a
/// hundred concurrent streams the limit is the memory that each token reads.
const MODEL_WINDOW: LiveConfig = LiveConfig { window_s: 4.0, most_frames: 48, step_s: 0.1 };

/// Why a frame was rejected. The session is unchanged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// The frame has another number of joints than the skeleton.
    #[error(
        "{found} joints where the skeleton has {expected}; hint: send every joint in every frame, null where it is not seen"
    )]
    Joints {
        /// Number of joints received.
        found: usize,
        /// Number of joints of the skeleton.
        expected: usize,
    },
    /// The time does not advance.
    #[error(
        "time {time_s} s does not come after {last_s} s; hint: leave out frames that come late"
    )]
    Order {
        /// Time of the frame.
        time_s: f64,
        /// Time of the previous frame.
        last_s: f64,
    },
    /// A position is infinite.
    #[error(
        "joint {joint} is at a place that is not finite; hint: send null for a joint that is not seen"
    )]
    NotFinite {
        /// Index of the joint.
        joint: usize,
    },
}

/// Follows a stream of frames of one skeleton.
pub struct LiveSession<'m> {
    models: &'m Models,
    skeleton: Arc<Skeleton>,
    rules: Arc<BodyRules>,
    options: condition::ConditioningOptions,
    frames: FrameBuffer,
    /// Smoothing, for two-dimensional frames only.
    steady: Option<PoseSmoother>,
    meter: CurveMeter,
    stream: Option<LiveStream>,
    following: Option<FollowedMovement>,
    /// When to try recognising the movement next, s.
    next_look_s: f64,
    /// While the movement is being recognised: the curves of the frames that arrived since, one
    /// entry per frame.
    since: Option<Vec<Curves>>,
}

/// The immediate events of a session, and the work to do before it can report more.
#[derive(Default)]
pub struct SessionOutput<'m> {
    /// The immediate events.
    pub events: Vec<LiveEvent>,
    /// Work to be done in this order, each result passed to [`LiveSession::apply_result`].
    pub tasks: Vec<StreamTask<'m>>,
}

impl<'m> LiveSession<'m> {
    /// A session for a movement (its name, or `auto`), with frames of a skeleton in a space.
    ///
    /// # Errors
    /// [`Error::NoSuchMovement`].
    pub fn new(
        wanted: &str,
        skeleton: Arc<Skeleton>,
        space: Space,
        models: &'m Models,
    ) -> Result<LiveSession<'m>, Error> {
        let named = match wanted {
            "auto" => None,
            _ => Some(
                agoge_kinematics::movement::find_movement(wanted)
                    .ok_or_else(|| Error::NoSuchMovement { name: wanted.to_owned() })?,
            ),
        };
        let stream = models.model.as_ref().filter(|_| space.is_3d());
        Ok(LiveSession {
            stream: stream
                .map(|model| LiveStream::new(model.start_stream(MODEL_WINDOW), &skeleton, space)),
            rules: Arc::new(BodyRules::new(&skeleton, space)),
            options: condition::ConditioningOptions::default(),
            frames: FrameBuffer::new(skeleton.clone(), space),
            steady: (!space.is_3d()).then(PoseSmoother::new),
            meter: CurveMeter::new(),
            following: named.map(|movement| FollowedMovement::new(Arc::new(movement.clone()))),
            next_look_s: f64::NEG_INFINITY,
            since: None,
            models,
            skeleton,
        })
    }

    /// The followed movement, once it is known.
    pub fn followed_movement(&self) -> Option<&Movement> {
        self.following.as_ref().map(|following| &*following.movement)
    }

    /// Processes a frame: positions `[joint]` (NaN if missing; Y up, m or px according to the
    /// space), confidences `[joint]` from 0 to 1, and its time in s. Returns all events: one
    /// [`LiveEvent::Metric`], followed by those that took longer to compute.
    ///
    /// # Errors
    /// [`FrameError`]; the session is then unchanged.
    pub fn push(
        &mut self,
        time_s: f64,
        positions: &[[f64; 3]],
        confidence: &[f32],
    ) -> Result<Vec<LiveEvent>, FrameError> {
        let mut output = self.push_deferred(time_s, positions, confidence)?;
        let mut events = Vec::new();
        loop {
            events.append(&mut output.events);
            if output.tasks.is_empty() {
                return Ok(events);
            }
            let results: Vec<TaskResult> =
                output.tasks.drain(..).map(StreamTask::run_task).collect();
            for result in results {
                let more = self.apply_result(result);
                output.events.extend(more.events);
                output.tasks.extend(more.tasks);
            }
        }
    }

    /// Like [`LiveSession::push`], for callers that follow many streams: immediately returns the
    /// events that cost a fraction of a millisecond, with one [`LiveEvent::Metric`] as the last.
    /// Slower work is returned to be done elsewhere and passed to [`LiveSession::apply_result`];
    /// more frames may be pushed meanwhile.
    ///
    /// # Errors
    /// [`FrameError`]; the session is then unchanged.
    pub fn push_deferred(
        &mut self,
        time_s: f64,
        positions: &[[f64; 3]],
        confidence: &[f32],
    ) -> Result<SessionOutput<'m>, FrameError> {
        self.check_frame(time_s, positions, confidence)?;
        let first = self.frames.last_time_s().is_none();
        self.frames.push(time_s, positions, confidence);
        if let Some(stream) = &mut self.stream {
            // The frame has already been checked, so this cannot fail.
            let _ = stream.push(positions, confidence, time_s);
        }
        let mut output = SessionOutput::default();
        if first && let Some(following) = &self.following {
            output.events.push(following.movement_event(time_s, MovementOrigin::Given, 1.0));
        }
        let Some(mut frame) = self.frames.recording_since(time_s, 1) else { return Ok(output) };
        for (position, joint_confidence) in frame.position.iter_mut().zip(&frame.confidence) {
            if *joint_confidence < self.options.min_confidence {
                *position = agoge_motion::recording::MISSING;
            }
        }
        let mut body = frame.to_body_with(&self.rules).recording;
        if let Some(steady) = &mut self.steady {
            steady.push(&mut body);
        }
        let curves = self.meter.push(&body);
        if let Some(since) = &mut self.since {
            since.push(curves.clone());
        }
        let changes = self.following.as_mut().map(|following| following.counter.push(curves));
        let metric = metric_event(time_s, self.following.as_ref(), curves);
        match changes {
            Some(changes) => self.emit_changes(time_s, changes, &mut output),
            None => output.tasks.extend(self.request_recognition(time_s)),
        }
        output.events.push(metric);
        Ok(output)
    }

    /// Takes the result of a stretch, in the order in which the stretches were handed out, and
    /// returns what follows from it.
    pub fn apply_result(&mut self, worked: TaskResult) -> SessionOutput<'m> {
        let TaskResult { t, answer } = worked;
        let mut output = SessionOutput::default();
        match answer {
            TaskAnswer::Recognised(recognised) => {
                let since = self.since.take().unwrap_or_default();
                if let Some(recognised) = recognised {
                    let (movement, choice, curves) = *recognised;
                    self.follow_movement(t, movement, &choice, &curves, &since, &mut output);
                }
            }
            TaskAnswer::Turned(part) => {
                if let Some(following) = &mut self.following {
                    let driving = following
                        .counter
                        .driving_signal()
                        .map_or(String::new(), |signal| signal.curve.clone());
                    let cue =
                        part.and_then(|part| following.cues.cue_during_repetition(&part, &driving));
                    output.events.extend(cue.map(|cue| LiveEvent::Cue { t, during: true, cue }));
                }
            }
            TaskAnswer::Ended(finished, measured) => {
                self.emit_repetition(t, &finished, measured, &mut output.events)
            }
        }
        output
    }

    /// Ends the stream: a repetition under way is interrupted.
    pub fn end_stream(&mut self) -> Vec<LiveEvent> {
        let mut output = SessionOutput::default();
        let changes = self.following.as_mut().map(|following| following.counter.end_stream());
        let time_s = self.frames.last_time_s().unwrap_or(0.0);
        self.emit_changes(time_s, changes.unwrap_or_default(), &mut output);
        output.events
    }

    /// Rejects a frame with a wrong number of joints, a time that does not advance, or infinite
    /// positions.
    fn check_frame(
        &self,
        time_s: f64,
        positions: &[[f64; 3]],
        confidence: &[f32],
    ) -> Result<(), FrameError> {
        let expected = self.skeleton.len();
        for found in [positions.len(), confidence.len()] {
            if found != expected {
                return Err(FrameError::Joints { found, expected });
            }
        }
        let last_s = self.frames.last_time_s().unwrap_or(f64::NEG_INFINITY);
        if !time_s.is_finite() || time_s <= last_s {
            return Err(FrameError::Order { time_s, last_s });
        }
        match positions.iter().position(|position| position.iter().any(|value| value.is_infinite()))
        {
            Some(joint) => Err(FrameError::NotFinite { joint }),
            None => Ok(()),
        }
    }

    /// At intervals, hands out everything seen so far, to recognise the movement by the same rules
    /// as an analysis.
    fn request_recognition(&mut self, time_s: f64) -> Option<StreamTask<'m>> {
        if self.next_look_s == f64::NEG_INFINITY {
            self.next_look_s = time_s + RECOGNITION_INTERVAL_S;
        }
        if time_s < self.next_look_s || self.since.is_some() {
            return None;
        }
        self.next_look_s = time_s + RECOGNITION_INTERVAL_S;
        let stretch = self.build_task(time_s, f64::NEG_INFINITY, TaskKind::Recognise)?;
        self.since = Some(Vec::new());
        Some(stretch)
    }

    /// Starts following a movement, replaying what was seen up to its recognition and the frames
    /// that arrived since.
    fn follow_movement(
        &mut self,
        time_s: f64,
        movement: Movement,
        choice: &MovementChoice,
        curves: &Curves,
        since: &[Curves],
        output: &mut SessionOutput<'m>,
    ) {
        let mut following = FollowedMovement::new(Arc::new(movement));
        output.events.push(following.movement_event(time_s, choice.how, choice.certainty));
        let signals = &following.movement.repetition.signals;
        let signal_curves: Vec<&Curve> = curves
            .curves
            .iter()
            .filter(|curve| signals.iter().any(|signal| signal.curve == curve.name))
            .collect();
        let mut changes = Vec::new();
        for (frame, &time) in curves.time.iter().enumerate() {
            let at_frame =
                |curve: &&Curve| Curve { values: vec![curve.values[frame]], ..empty_curve(curve) };
            let now = Curves {
                time: vec![time],
                curves: signal_curves.iter().map(at_frame).collect(),
                refused: Vec::new(),
            };
            changes.extend(following.counter.push(&now));
        }
        changes.extend(since.iter().flat_map(|now| following.counter.push(now)));
        // Of everything before the movement was known, only finished repetitions are reported.
        changes.retain(|change| matches!(change, LiveChange::Ended(_)));
        self.following = Some(following);
        self.emit_changes(time_s, changes, output);
    }

    /// Turns changes into events, or hands out the measurements needed first.
    fn emit_changes(&mut self, t: f64, changes: Vec<LiveChange>, output: &mut SessionOutput<'m>) {
        for change in changes {
            let Some(following) = &mut self.following else { return };
            let movement = following.movement.clone();
            match change {
                LiveChange::Turned { start_s, side, .. } => {
                    output.events.extend(following.change_events(t, &change));
                    let question = TaskKind::Turned(movement, start_s, side);
                    output.tasks.extend(self.build_task(t, start_s - LEAD_IN_S, question));
                }
                LiveChange::Ended(finished) if finished.outcome == MovementOutcome::Completed => {
                    match self.build_task(
                        t,
                        finished.start_s - LEAD_IN_S,
                        TaskKind::Ended(movement, finished),
                    ) {
                        Some(stretch) => output.tasks.push(stretch),
                        None => self.emit_repetition(t, &finished, None, &mut output.events),
                    }
                }
                _ => output.events.extend(following.change_events(t, &change)),
            }
        }
    }

    /// Reports a finished repetition.
    fn emit_repetition(
        &mut self,
        t: f64,
        finished: &FinishedMovement,
        measured: Option<MeasuredRepetition>,
        events: &mut Vec<LiveEvent>,
    ) {
        if let Some(following) = &mut self.following {
            events.extend(following.finish_repetition(t, finished, measured));
        }
    }

    /// The frames from an instant on, with a question; none if there are too few frames to answer
    /// any.
    fn build_task(&self, t: f64, from_s: f64, question: TaskKind) -> Option<StreamTask<'m>> {
        let recording = self.frames.recording_since(from_s, 3)?;
        let taken_for =
            self.models.model.as_ref().zip(self.stream.as_ref()).and_then(|(model, stream)| {
                let (class, certainty) =
                    stream.state().movement.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
                Some((model.card().movements.get(class)?.clone(), *certainty))
            });
        let (models, options, rules) = (self.models, self.options.clone(), self.rules.clone());
        Some(StreamTask {
            models,
            options,
            rules,
            recording,
            t,
            kind: question,
            recognised: taken_for,
        })
    }
}

/// The event with the newest value of the driving signal.
fn metric_event(t: f64, following: Option<&FollowedMovement>, curves: &Curves) -> LiveEvent {
    let signal = following.and_then(|following| following.counter.driving_signal());
    let Some(signal) = signal else {
        return LiveEvent::Metric { t, name: None, value: f64::NAN, unit: None };
    };
    let signal_curves = || curves.curves.iter().filter(|curve| curve.name == signal.curve);
    let values: Vec<f64> = signal_curves()
        .filter_map(|curve| curve.values.last().copied())
        .filter(|v| v.is_finite())
        .collect();
    let value = values.iter().sum::<f64>() / values.len() as f64;
    LiveEvent::Metric {
        t,
        name: Some(signal.curve.clone()),
        value,
        unit: signal_curves().next().map(|curve| curve.unit),
    }
}

/// A copy of a curve without its values.
fn empty_curve(curve: &Curve) -> Curve {
    Curve { name: curve.name.clone(), side: curve.side, unit: curve.unit, values: Vec::new() }
}
