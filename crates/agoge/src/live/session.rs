//! One athlete in front of one device.

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

/// Seconds before a repetition that are looked at with it, so that filters have begun and the floor
/// was seen.
const BEFORE_S: f64 = 1.0;
/// A movement that nobody named is looked for this often, s.
const LOOK_S: f64 = 2.0;
/// What the model is shown: the tokens of a clip lie 0.1 to 0.3 s apart as well, and a hundred
/// streams at once are limited by the memory that a token reads.
const WINDOW: Live = Live { window_s: 4.0, most_frames: 48, step_s: 0.1 };

/// Why a frame was refused. The session stays as it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// Another number of joints.
    #[error(
        "{found} joints where the skeleton has {expected}; hint: send every joint in every frame, null where it is not seen"
    )]
    Joints {
        /// How many came.
        found: usize,
        /// How many the skeleton has.
        expected: usize,
    },
    /// Time that does not go on.
    #[error(
        "time {time_s} s does not come after {last_s} s; hint: leave out frames that come late"
    )]
    Order {
        /// The frame's time.
        time_s: f64,
        /// That of the frame before.
        last_s: f64,
    },
    /// A number that is none.
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
    /// For frames of a picture.
    steady: Option<Steady>,
    meter: Meter,
    stream: Option<LiveStream>,
    following: Option<Following>,
    /// When to look for the movement next, s.
    look_s: f64,
    /// While it is looked for: the curves of what has come since, a frame each.
    since: Option<Vec<Curves>>,
}

/// What a session says at once, and what it wants to know before it says more.
#[derive(Default)]
pub struct Heard<'m> {
    /// What it says.
    pub events: Vec<Event>,
    /// To be worked on in this order, each then told to the session.
    pub stretches: Vec<Stretch<'m>>,
}

impl<'m> Session<'m> {
    /// A session of a movement (its name, or `auto`), with frames of a skeleton in a space.
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

    /// The movement that is followed, once it is known.
    pub fn movement(&self) -> Option<&Movement> {
        self.following.as_ref().map(|following| &*following.movement)
    }

    /// Takes a frame: positions `[joint]` (NaN is missing; Y up, m or px as the space says),
    /// confidences `[joint]` from 0 to 1, its time in s. Says all there is to say: one
    /// [`Event::Metric`], and after it what took longer to measure.
    ///
    /// # Errors
    /// [`Fault`]; the session then stays as it was.
    pub fn push(
        &mut self,
        time_s: f64,
        positions: &[[f64; 3]],
        confidence: &[f32],
    ) -> Result<Vec<Event>, Fault> {
        let mut heard = self.hear(time_s, positions, confidence)?;
        let mut events = Vec::new();
        loop {
            events.append(&mut heard.events);
            if heard.stretches.is_empty() {
                return Ok(events);
            }
            let worked: Vec<Worked> = heard.stretches.drain(..).map(Stretch::work).collect();
            for worked in worked {
                let more = self.tell(worked);
                heard.events.extend(more.events);
                heard.stretches.extend(more.stretches);
            }
        }
    }

    /// As [`Session::push`], for who follows many streams: says at once what costs a fraction of a
    /// millisecond, with one [`Event::Metric`] as the last. What takes longer is left to be worked
    /// on elsewhere and told to [`Session::tell`]; frames may come meanwhile.
    ///
    /// # Errors
    /// [`Fault`]; the session then stays as it was.
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
            // The same was checked already.
            let _ = stream.push(positions, confidence, time_s);
        }
        let mut heard = Heard::default();
        if first && let Some(following) = &self.following {
            heard.events.push(following.named(time_s, "given", 1.0));
        }
        let Some(mut frame) = self.frames.since(time_s, 1) else { return Ok(heard) };
        for (position, sure) in frame.position.iter_mut().zip(&frame.confidence) {
            if *sure < self.options.min_confidence {
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
            Some(changes) => self.say(time_s, changes, &mut heard),
            None => heard.stretches.extend(self.look(time_s)),
        }
        heard.events.push(metric);
        Ok(heard)
    }

    /// Takes what was found out of a stretch, in the order in which they were given out, and says
    /// what follows.
    pub fn tell(&mut self, worked: Worked) -> Heard<'m> {
        let Worked { t, answer } = worked;
        let mut heard = Heard::default();
        match answer {
            Answer::Looked(found) => {
                let since = self.since.take().unwrap_or_default();
                if let Some(found) = found {
                    let (movement, choice, curves) = *found;
                    self.follow(t, movement, &choice, &curves, &since, &mut heard);
                }
            }
            Answer::Turned(part) => {
                if let Some(following) = &mut self.following {
                    let driving = following
                        .counter
                        .signal()
                        .map_or(String::new(), |signal| signal.curve.clone());
                    let cue = part.and_then(|part| following.cues.during(&part, &driving));
                    heard.events.extend(cue.map(|cue| Event::Cue { t, during: true, cue }));
                }
            }
            Answer::Ended(done, measured) => self.ended(t, &done, measured, &mut heard.events),
        }
        heard
    }

    /// The stream is over: what is under way is interrupted.
    pub fn end(&mut self) -> Vec<Event> {
        let mut heard = Heard::default();
        let changes = self.following.as_mut().map(|following| following.counter.end());
        let time_s = self.frames.last_s().unwrap_or(0.0);
        self.say(time_s, changes.unwrap_or_default(), &mut heard);
        heard.events
    }

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

    /// From time to time, what was seen so far, to look for the movement in by the same rules as an
    /// analysis does.
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

    /// Follows a movement from the beginning of what was seen of it, and of what has come since.
    fn follow(
        &mut self,
        time_s: f64,
        movement: Movement,
        choice: &MovementChoice,
        curves: &Curves,
        since: &[Curves],
        heard: &mut Heard<'m>,
    ) {
        let mut following = Following::new(Arc::new(movement));
        heard.events.push(following.named(time_s, &choice.how, choice.certainty));
        let signals = &following.movement.repetition.signals;
        let own: Vec<&Curve> = curves
            .curves
            .iter()
            .filter(|curve| signals.iter().any(|signal| signal.curve == curve.name))
            .collect();
        let mut changes = Vec::new();
        for (frame, &time) in curves.time.iter().enumerate() {
            let at = |curve: &&Curve| Curve { values: vec![curve.values[frame]], ..plain(curve) };
            let now = Curves {
                time: vec![time],
                curves: own.iter().map(at).collect(),
                refused: Vec::new(),
            };
            changes.extend(following.counter.push(&now));
        }
        changes.extend(since.iter().flat_map(|now| following.counter.push(now)));
        // Of what was done before its name was known, the ends are told.
        changes.retain(|change| matches!(change, Change::Ended(_)));
        self.following = Some(following);
        self.say(time_s, changes, heard);
    }

    /// Puts changes into words, or asks for what must be measured first.
    fn say(&mut self, t: f64, changes: Vec<Change>, heard: &mut Heard<'m>) {
        for change in changes {
            let Some(following) = &mut self.following else { return };
            let movement = following.movement.clone();
            match change {
                Change::Turned { start_s, side, .. } => {
                    heard.events.extend(following.says(t, &change));
                    let question = Question::Turned(movement, start_s, side);
                    heard.stretches.extend(self.stretch(t, start_s - BEFORE_S, question));
                }
                Change::Ended(done) if done.outcome == Outcome::Completed => {
                    match self.stretch(t, done.start_s - BEFORE_S, Question::Ended(movement, done))
                    {
                        Some(stretch) => heard.stretches.push(stretch),
                        None => self.ended(t, &done, None, &mut heard.events),
                    }
                }
                _ => heard.events.extend(following.says(t, &change)),
            }
        }
    }

    fn ended(&mut self, t: f64, done: &Done, measured: Option<Measured>, events: &mut Vec<Event>) {
        if let Some(following) = &mut self.following {
            events.extend(following.ended(t, done, measured));
        }
    }

    /// What was seen from an instant on, with a question; none if that is too little to answer any.
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

/// The newest value of the signal that drives.
fn metric(t: f64, following: Option<&Following>, curves: &Curves) -> Event {
    let signal = following.and_then(|following| following.counter.signal());
    let Some(signal) = signal else {
        return Event::Metric { t, name: None, value: f64::NAN, unit: None };
    };
    let own = || curves.curves.iter().filter(|curve| curve.name == signal.curve);
    let known: Vec<f64> =
        own().filter_map(|curve| curve.values.last().copied()).filter(|v| v.is_finite()).collect();
    let value = known.iter().sum::<f64>() / known.len() as f64;
    Event::Metric {
        t,
        name: Some(signal.curve.clone()),
        value,
        unit: own().next().map(|curve| curve.unit),
    }
}

/// A curve without its values.
fn plain(curve: &Curve) -> Curve {
    Curve { name: curve.name.clone(), side: curve.side, unit: curve.unit, values: Vec::new() }
}
