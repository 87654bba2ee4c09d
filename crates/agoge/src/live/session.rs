//! Live session of one athlete in front of one device.

use super::event::Event;
use super::following::Following;
use super::frames::Frames;
use super::steady::Steady;
use super::stretch::{Answer, Measured, Question, Stretch, Worked};
use crate::{Error, Models};
use agoge_attention::{Live, LiveStream};
use agoge_coach::analysis::MovementChoice;
use agoge_kinematics::live::{Change, Done, Meter, Outcome};
use agoge_kinematics::{Curve, Curves, Movement};
use agoge_motion::condition;
use agoge_motion::skeleton::BodyRules;
use agoge_motion::{Skeleton, Space};
use std::sync::Arc;

/// Time before a repetition that is analysed with it, s, so that filters have settled and the floor
/// has been seen.
const BEFORE_S: f64 = 1.0;
/// Interval between attempts to recognise an unnamed movement, s.
const LOOK_S: f64 = 2.0;
/// Window of the streaming model: the tokens of a clip are also 0.1 to 0.3 s apart, and with a
/// hundred concurrent streams the limit is the memory that each token reads.
const WINDOW: Live = Live { window_s: 4.0, most_frames: 48, step_s: 0.1 };

/// Why a frame was rejected. The session is unchanged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
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
pub struct Session<'m> {
    models: &'m Models,
    skeleton: Arc<Skeleton>,
    rules: Arc<BodyRules>,
    options: condition::Options,
    frames: Frames,
    /// Smoothing, for two-dimensional frames only.
    steady: Option<Steady>,
    meter: Meter,
    stream: Option<LiveStream>,
    following: Option<Following>,
    /// When to try recognising the movement next, s.
    look_s: f64,
    /// While the movement is being recognised: the curves of the frames that arrived since, one
    /// entry per frame.
    since: Option<Vec<Curves>>,
}

/// The immediate events of a session, and the work to do before it can report more.
#[derive(Default)]
pub struct Heard<'m> {
    /// The immediate events.
    pub events: Vec<Event>,
    /// Work to be done in this order, each result passed to [`Session::tell`].
    pub stretches: Vec<Stretch<'m>>,
}

impl<'m> Session<'m> {
    /// A session for a movement (its name, or `auto`), with frames of a skeleton in a space.
    ///
    /// # Errors
    /// [`Error::NoSuchMovement`].
    pub fn new(
        wanted: &str,
        skeleton: Arc<Skeleton>,
        space: Space,
        models: &'m Models,
    ) -> Result<Session<'m>, Error> {
        let named = match wanted {
            "auto" => None,
            _ => Some(
                agoge_kinematics::movement::find(wanted)
                    .ok_or_else(|| Error::NoSuchMovement { name: wanted.to_owned() })?,
            ),
        };
        let stream = models.model.as_ref().filter(|_| space.is_3d());
        Ok(Session {
            stream: stream.map(|model| LiveStream::new(model.stream(WINDOW), &skeleton, space)),
            rules: Arc::new(BodyRules::new(&skeleton, space)),
            options: condition::Options::default(),
            frames: Frames::new(skeleton.clone(), space),
            steady: (!space.is_3d()).then(Steady::new),
            meter: Meter::new(),
            following: named.map(|movement| Following::new(Arc::new(movement.clone()))),
            look_s: f64::NEG_INFINITY,
            since: None,
            models,
            skeleton,
        })
    }

    /// The followed movement, once it is known.
    pub fn movement(&self) -> Option<&Movement> {
        self.following.as_ref().map(|following| &*following.movement)
    }

    /// Processes a frame: positions `[joint]` (NaN if missing; Y up, m or px according to the
    /// space), confidences `[joint]` from 0 to 1, and its time in s. Returns all events: one
    /// [`Event::Metric`], followed by those that took longer to compute.
    ///
    /// # Errors
    /// [`Fault`]; the session is then unchanged.
    pub fn push(
        &mut self,
        time_s: f64,
        positions: &[[f64; 3]],
        confidence: &[f32],
    ) -> Result<Vec<Event>, Fault> {
        let mut output = self.hear(time_s, positions, confidence)?;
        let mut events = Vec::new();
        loop {
            events.append(&mut output.events);
            if output.stretches.is_empty() {
                return Ok(events);
            }
            let results: Vec<Worked> = output.stretches.drain(..).map(Stretch::work).collect();
            for result in results {
                let more = self.tell(result);
                output.events.extend(more.events);
                output.stretches.extend(more.stretches);
            }
        }
    }

    /// Like [`Session::push`], for callers that follow many streams: immediately returns the events
    /// that cost a fraction of a millisecond, with one [`Event::Metric`] as the last. Slower work
    /// is returned to be done elsewhere and passed to [`Session::tell`]; more frames may be pushed
    /// meanwhile.
    ///
    /// # Errors
    /// [`Fault`]; the session is then unchanged.
    pub fn hear(
        &mut self,
        time_s: f64,
        positions: &[[f64; 3]],
        confidence: &[f32],
    ) -> Result<Heard<'m>, Fault> {
        self.check(time_s, positions, confidence)?;
        let first = self.frames.last_s().is_none();
        self.frames.push(time_s, positions, confidence);
        if let Some(stream) = &mut self.stream {
            // The frame has already been checked, so this cannot fail.
            let _ = stream.push(positions, confidence, time_s);
        }
        let mut output = Heard::default();
        if first && let Some(following) = &self.following {
            output.events.push(following.named(time_s, "given", 1.0));
        }
        let Some(mut frame) = self.frames.since(time_s, 1) else { return Ok(output) };
        for (position, joint_confidence) in frame.position.iter_mut().zip(&frame.confidence) {
            if *joint_confidence < self.options.min_confidence {
                *position = agoge_motion::recording::MISSING;
            }
        }
        let mut body = frame.to_body_by(&self.rules).recording;
        if let Some(steady) = &mut self.steady {
            steady.push(&mut body);
        }
        let curves = self.meter.push(&body);
        if let Some(since) = &mut self.since {
            since.push(curves.clone());
        }
        let changes = self.following.as_mut().map(|following| following.counter.push(curves));
        let metric = metric(time_s, self.following.as_ref(), curves);
        match changes {
            Some(changes) => self.say(time_s, changes, &mut output),
            None => output.stretches.extend(self.look(time_s)),
        }
        output.events.push(metric);
        Ok(output)
    }

    /// Takes the result of a stretch, in the order in which the stretches were handed out, and
    /// returns what follows from it.
    pub fn tell(&mut self, worked: Worked) -> Heard<'m> {
        let Worked { t, answer } = worked;
        let mut output = Heard::default();
        match answer {
            Answer::Looked(recognised) => {
                let since = self.since.take().unwrap_or_default();
                if let Some(recognised) = recognised {
                    let (movement, choice, curves) = *recognised;
                    self.follow(t, movement, &choice, &curves, &since, &mut output);
                }
            }
            Answer::Turned(part) => {
                if let Some(following) = &mut self.following {
                    let driving = following
                        .counter
                        .signal()
                        .map_or(String::new(), |signal| signal.curve.clone());
                    let cue = part.and_then(|part| following.cues.during(&part, &driving));
                    output.events.extend(cue.map(|cue| Event::Cue { t, during: true, cue }));
                }
            }
            Answer::Ended(finished, measured) => {
                self.ended(t, &finished, measured, &mut output.events)
            }
        }
        output
    }

    /// Ends the stream: a repetition under way is interrupted.
    pub fn end(&mut self) -> Vec<Event> {
        let mut output = Heard::default();
        let changes = self.following.as_mut().map(|following| following.counter.end());
        let time_s = self.frames.last_s().unwrap_or(0.0);
        self.say(time_s, changes.unwrap_or_default(), &mut output);
        output.events
    }

    /// Rejects a frame with a wrong number of joints, a time that does not advance, or infinite
    /// positions.
    fn check(&self, time_s: f64, positions: &[[f64; 3]], confidence: &[f32]) -> Result<(), Fault> {
        let expected = self.skeleton.len();
        for found in [positions.len(), confidence.len()] {
            if found != expected {
                return Err(Fault::Joints { found, expected });
            }
        }
        let last_s = self.frames.last_s().unwrap_or(f64::NEG_INFINITY);
        if !time_s.is_finite() || time_s <= last_s {
            return Err(Fault::Order { time_s, last_s });
        }
        match positions.iter().position(|position| position.iter().any(|value| value.is_infinite()))
        {
            Some(joint) => Err(Fault::NotFinite { joint }),
            None => Ok(()),
        }
    }

    /// At intervals, hands out everything seen so far, to recognise the movement by the same rules
    /// as an analysis.
    fn look(&mut self, time_s: f64) -> Option<Stretch<'m>> {
        if self.look_s == f64::NEG_INFINITY {
            self.look_s = time_s + LOOK_S;
        }
        if time_s < self.look_s || self.since.is_some() {
            return None;
        }
        self.look_s = time_s + LOOK_S;
        let stretch = self.stretch(time_s, f64::NEG_INFINITY, Question::Look)?;
        self.since = Some(Vec::new());
        Some(stretch)
    }

    /// Starts following a movement, replaying what was seen up to its recognition and the frames
    /// that arrived since.
    fn follow(
        &mut self,
        time_s: f64,
        movement: Movement,
        choice: &MovementChoice,
        curves: &Curves,
        since: &[Curves],
        output: &mut Heard<'m>,
    ) {
        let mut following = Following::new(Arc::new(movement));
        output.events.push(following.named(time_s, &choice.how, choice.certainty));
        let signals = &following.movement.repetition.signals;
        let signal_curves: Vec<&Curve> = curves
            .curves
            .iter()
            .filter(|curve| signals.iter().any(|signal| signal.curve == curve.name))
            .collect();
        let mut changes = Vec::new();
        for (frame, &time) in curves.time.iter().enumerate() {
            let at_frame =
                |curve: &&Curve| Curve { values: vec![curve.values[frame]], ..plain(curve) };
            let now = Curves {
                time: vec![time],
                curves: signal_curves.iter().map(at_frame).collect(),
                refused: Vec::new(),
            };
            changes.extend(following.counter.push(&now));
        }
        changes.extend(since.iter().flat_map(|now| following.counter.push(now)));
        // Of everything before the movement was known, only finished repetitions are reported.
        changes.retain(|change| matches!(change, Change::Ended(_)));
        self.following = Some(following);
        self.say(time_s, changes, output);
    }

    /// Turns changes into events, or hands out the measurements needed first.
    fn say(&mut self, t: f64, changes: Vec<Change>, output: &mut Heard<'m>) {
        for change in changes {
            let Some(following) = &mut self.following else { return };
            let movement = following.movement.clone();
            match change {
                Change::Turned { start_s, side, .. } => {
                    output.events.extend(following.says(t, &change));
                    let question = Question::Turned(movement, start_s, side);
                    output.stretches.extend(self.stretch(t, start_s - BEFORE_S, question));
                }
                Change::Ended(finished) if finished.outcome == Outcome::Completed => {
                    match self.stretch(
                        t,
                        finished.start_s - BEFORE_S,
                        Question::Ended(movement, finished),
                    ) {
                        Some(stretch) => output.stretches.push(stretch),
                        None => self.ended(t, &finished, None, &mut output.events),
                    }
                }
                _ => output.events.extend(following.says(t, &change)),
            }
        }
    }

    /// Reports a finished repetition.
    fn ended(
        &mut self,
        t: f64,
        finished: &Done,
        measured: Option<Measured>,
        events: &mut Vec<Event>,
    ) {
        if let Some(following) = &mut self.following {
            events.extend(following.ended(t, finished, measured));
        }
    }

    /// The frames from an instant on, with a question; none if there are too few frames to answer
    /// any.
    fn stretch(&self, t: f64, from_s: f64, question: Question) -> Option<Stretch<'m>> {
        let recording = self.frames.since(from_s, 3)?;
        let taken_for =
            self.models.model.as_ref().zip(self.stream.as_ref()).and_then(|(model, stream)| {
                let (class, certainty) =
                    stream.state().movement.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
                Some((model.card().movements.get(class)?.clone(), *certainty))
            });
        let (models, options, rules) = (self.models, self.options.clone(), self.rules.clone());
        Some(Stretch { models, options, rules, recording, t, question, taken_for })
    }
}

/// The event with the newest value of the driving signal.
fn metric(t: f64, following: Option<&Following>, curves: &Curves) -> Event {
    let signal = following.and_then(|following| following.counter.signal());
    let Some(signal) = signal else {
        return Event::Metric { t, name: None, value: f64::NAN, unit: None };
    };
    let signal_curves = || curves.curves.iter().filter(|curve| curve.name == signal.curve);
    let values: Vec<f64> = signal_curves()
        .filter_map(|curve| curve.values.last().copied())
        .filter(|v| v.is_finite())
        .collect();
    let value = values.iter().sum::<f64>() / values.len() as f64;
    Event::Metric {
        t,
        name: Some(signal.curve.clone()),
        value,
        unit: signal_curves().next().map(|curve| curve.unit),
    }
}

/// A copy of a curve without its values.
fn plain(curve: &Curve) -> Curve {
    Curve { name: curve.name.clone(), side: curve.side, unit: curve.unit, values: Vec::new() }
}
