//! One athlete in front of one device.

use super::event::{Event, ModelWord, PhaseSpan};
use super::frames::Frames;
use crate::{Error, Models, movement};
use agoge_attention::{Live, LiveStream};
use agoge_coach::analysis::MovementChoice;
use agoge_coach::cue::Cues;
use agoge_coach::learned;
use agoge_kinematics::live::{Change, Counter, Done, Meter, Outcome};
use agoge_kinematics::movement::At;
use agoge_kinematics::{Curve, Curves, Movement, Repetition, described, measure, repetitions};
use agoge_motion::condition::{self, condition};
use agoge_motion::skeleton::BodyRules;
use agoge_motion::{Recording, Skeleton, Space};
use std::sync::Arc;

/// Seconds before a repetition that are looked at with it, so that filters have begun and the floor was seen.
const BEFORE_S: f64 = 1.0;
/// A movement that nobody named is looked for this often, s, …
const LOOK_S: f64 = 2.0;
/// … and described plainly once so many repetitions of whatever moves most were seen, or after so many seconds.
const PLAIN: (usize, f64) = (3, 20.0);

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
    #[error("time {time_s} s does not come after {last_s} s; hint: leave out frames that come late")]
    Order {
        /// The frame's time.
        time_s: f64,
        /// That of the frame before.
        last_s: f64,
    },
    /// A number that is none.
    #[error("joint {joint} is at a place that is not finite; hint: send null for a joint that is not seen")]
    NotFinite {
        /// Index of the joint.
        joint: usize,
    },
}

/// Follows a stream of frames of one skeleton.
pub struct Session<'m> {
    models: &'m Models,
    skeleton: Arc<Skeleton>,
    space: Space,
    rules: BodyRules,
    options: condition::Options,
    frames: Frames,
    meter: Meter,
    stream: Option<LiveStream>,
    following: Option<Following>,
    /// When to look for the movement next, s.
    look_s: f64,
}

/// The movement that is followed.
struct Following {
    movement: Movement,
    counter: Counter,
    cues: Cues,
    completed: usize,
    attempted: usize,
}

impl<'m> Session<'m> {
    /// A session of a movement (its name, or `auto`), with frames of a skeleton in a space.
    ///
    /// # Errors
    /// [`Error::NoSuchMovement`].
    pub fn new(wanted: &str, skeleton: Arc<Skeleton>, space: Space, models: &'m Models) -> Result<Session<'m>, Error> {
        let named = match wanted {
            "auto" => None,
            _ => Some(
                agoge_kinematics::movement::find(wanted)
                    .ok_or_else(|| Error::NoSuchMovement { name: wanted.to_owned() })?,
            ),
        };
        let stream = models.model.as_ref().filter(|_| space.is_3d());
        Ok(Session {
            stream: stream
                .map(|model| LiveStream::new(model.stream(Live { window_s: 4.0, most_frames: 128 }), &skeleton, space)),
            rules: BodyRules::new(&skeleton, space),
            options: condition::Options::default(),
            frames: Frames::new(skeleton.clone(), space),
            meter: Meter::new(),
            following: named.map(Following::new),
            look_s: f64::NEG_INFINITY,
            models,
            skeleton,
            space,
        })
    }

    /// The movement that is followed, once it is known.
    pub fn movement(&self) -> Option<&Movement> {
        self.following.as_ref().map(|following| &following.movement)
    }

    /// Takes a frame: positions `[joint]` (NaN is missing; Y up, m or px as the space says), confidences `[joint]` from 0 to 1, its time in s. What it says ends with one
    /// [`Event::Metric`] for each frame.
    ///
    /// # Errors
    /// [`Fault`]; the session then stays as it was.
    pub fn push(&mut self, time_s: f64, positions: &[[f64; 3]], confidence: &[f32]) -> Result<Vec<Event>, Fault> {
        self.check(time_s, positions, confidence)?;
        let first = self.frames.last_s().is_none();
        self.frames.push(time_s, positions, confidence);
        if let Some(stream) = &mut self.stream {
            // The same was checked already.
            let _ = stream.push(positions, confidence, time_s);
        }
        let mut events = Vec::new();
        if first && let Some(following) = &self.following {
            events.push(named(time_s, &following.movement, "given", 1.0));
        }
        let Some(mut frame) = self.frames.since(time_s, 1) else { return Ok(events) };
        for (position, sure) in frame.position.iter_mut().zip(&frame.confidence) {
            if *sure < self.options.min_confidence {
                *position = agoge_motion::recording::MISSING;
            }
        }
        let body = frame.to_body_by(&self.rules).recording;
        let curves = self.meter.push(&body);
        let changes = self.following.as_mut().map(|following| following.counter.push(curves));
        let metric = metric(time_s, self.following.as_ref(), curves);
        match changes {
            Some(changes) => self.say(time_s, changes, &mut events),
            None => self.look(time_s, &mut events),
        }
        events.push(metric);
        Ok(events)
    }

    /// The stream is over: what is under way is interrupted.
    pub fn end(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let changes = self.following.as_mut().map(|following| following.counter.end());
        let time_s = self.frames.last_s().unwrap_or(0.0);
        self.say(time_s, changes.unwrap_or_default(), &mut events);
        events
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
        match positions.iter().position(|position| position.iter().any(|value| value.is_infinite())) {
            Some(joint) => Err(Fault::NotFinite { joint }),
            None => Ok(()),
        }
    }

    /// Looks for the movement in what was seen so far, by the same rules as an analysis does, and counts what was already done.
    fn look(&mut self, time_s: f64, events: &mut Vec<Event>) {
        if self.look_s == f64::NEG_INFINITY {
            self.look_s = time_s + LOOK_S;
        }
        if time_s < self.look_s {
            return;
        }
        self.look_s = time_s + LOOK_S;
        let begun_s = self.frames.first_s().unwrap_or(time_s);
        let Some((body, curves)) = self.measured(begun_s) else { return };
        let Ok((movement, choice)) = movement::choose("auto", &curves, &body, self.models) else { return };
        if choice.how != "recognised" {
            let seen = repetitions(&movement, &curves).iter().filter(|repetition| repetition.complete).count();
            if seen < PLAIN.0 && time_s - begun_s < PLAIN.1 || movement.repetition.signals.is_empty() {
                return;
            }
        }
        self.follow(time_s, &movement, &choice, &curves, events);
    }

    fn follow(
        &mut self,
        time_s: f64,
        movement: &Movement,
        choice: &MovementChoice,
        curves: &Curves,
        events: &mut Vec<Event>,
    ) {
        events.push(named(time_s, movement, &choice.how, choice.certainty));
        let mut following = Following::new(movement);
        let signals = &movement.repetition.signals;
        let own: Vec<&Curve> =
            curves.curves.iter().filter(|curve| signals.iter().any(|signal| signal.curve == curve.name)).collect();
        let mut changes = Vec::new();
        for (frame, &time) in curves.time.iter().enumerate() {
            let at = |curve: &&Curve| Curve { values: vec![curve.values[frame]], ..plain(curve) };
            let now = Curves { time: vec![time], curves: own.iter().map(at).collect(), refused: Vec::new() };
            // Of what was done before its name was known, the ends are told.
            let ends = following.counter.push(&now).into_iter().filter(|change| matches!(change, Change::Ended(_)));
            changes.extend(ends);
        }
        self.following = Some(following);
        self.say(time_s, changes, events);
    }

    /// Puts changes into words.
    fn say(&mut self, t: f64, changes: Vec<Change>, events: &mut Vec<Event>) {
        for change in changes {
            match change {
                Change::Began { start_s } => {
                    let phase = self.movement().and_then(|movement| movement.phases.first());
                    events.extend(phase.map(|phase| Event::Phase { t, name: phase.name.clone(), from_s: start_s }));
                }
                Change::Turned { start_s, turn_s, side } => {
                    let phase = self.movement().and_then(after_the_turn).map(str::to_owned);
                    events.extend(phase.map(|name| Event::Phase { t, name, from_s: turn_s }));
                    let part = self.described(start_s, t, side, false);
                    let Some(following) = self.following.as_mut() else { continue };
                    let driving = following.counter.signal().map_or(String::new(), |signal| signal.curve.clone());
                    let cue = part.and_then(|(part, ..)| following.cues.during(&part, &driving));
                    events.extend(cue.map(|cue| Event::Cue { t, during: true, cue }));
                }
                Change::Ended(done) => self.ended(t, &done, events),
                Change::Dropped => events.push(Event::Dropped { t }),
            }
        }
    }

    fn ended(&mut self, t: f64, done: &Done, events: &mut Vec<Event>) {
        let is_complete = done.outcome == Outcome::Completed;
        let found = is_complete.then(|| self.described(done.start_s, done.end_s, done.side, true)).flatten();
        let model = found.as_ref().and_then(|(repetition, body, _)| self.model_word(repetition, body));
        let Some(following) = self.following.as_mut() else { return };
        match done.outcome {
            Outcome::Completed => following.completed += 1,
            Outcome::Attempted => following.attempted += 1,
            Outcome::Interrupted => {}
        }
        let cue = found.as_ref().and_then(|(repetition, ..)| following.cues.after(repetition));
        let (phases, metrics) = found.map_or_else(Default::default, |(repetition, _, curves)| {
            let span = |phase: &agoge_kinematics::Phase| PhaseSpan {
                name: phase.name.clone(),
                start_s: curves.time[phase.start],
                end_s: curves.time[phase.end],
            };
            (repetition.phases.iter().map(span).collect(), repetition.metrics)
        });
        events.push(Event::Repetition {
            t,
            outcome: done.outcome,
            completed: following.completed,
            attempted: following.attempted,
            start_s: done.start_s,
            turn_s: done.turn_s,
            end_s: done.end_s,
            side: done.side,
            phases,
            metrics,
            model,
        });
        events.extend(cue.map(|cue| Event::Cue { t, during: false, cue }));
    }

    /// What was seen since an instant, conditioned and measured as a recording that is over.
    fn measured(&self, from_s: f64) -> Option<(Recording, Curves)> {
        let recording = self.frames.since(from_s, 3)?;
        let conditioned = condition(&recording, &self.options).ok()?.recording;
        let body = conditioned.to_body_by(&self.rules).recording;
        let curves = measure(&body).curves;
        Some((body, curves))
    }

    /// A stretch of what was seen as a repetition, with the body and the curves that it was measured on.
    fn described(
        &self,
        start_s: f64,
        end_s: f64,
        side: Option<agoge_motion::Side>,
        complete: bool,
    ) -> Option<(Repetition, Recording, Curves)> {
        let movement = self.movement()?;
        let (body, curves) = self.measured(start_s - BEFORE_S)?;
        let frame = |time_s: f64| curves.time.partition_point(|time| *time < time_s - 1e-9).min(curves.time.len() - 1);
        let (start, end) = (frame(start_s), frame(end_s));
        let repetition = (start < end).then(|| described(movement, &curves, [start, end], side, complete))?;
        Some((repetition, body, curves))
    }

    fn model_word(&self, repetition: &Repetition, body: &Recording) -> Option<ModelWord> {
        let model = self.models.model.as_ref()?;
        let state = self.stream.as_ref()?.state();
        let (class, certainty) = state.movement.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        let readings = model.read(body, &[(repetition.start, repetition.end)]);
        let (mut scores, _) = learned::judge(model, &self.movement()?.name, &readings, self.space.is_3d());
        let movement = model.card().movements.get(class)?.clone();
        Some(ModelWord { movement, certainty: *certainty, score: scores.pop().flatten() })
    }
}

impl Following {
    fn new(movement: &Movement) -> Following {
        let (counter, cues) = (Counter::new(movement), Cues::new(movement));
        Following { movement: movement.clone(), counter, cues, completed: 0, attempted: 0 }
    }
}

fn named(t: f64, movement: &Movement, how: &str, certainty: f64) -> Event {
    let (name, title) = (movement.name.clone(), movement.title.clone());
    Event::Movement { t, name, title, how: how.to_owned(), certainty }
}

/// The phase that begins where the driving signal is farthest from rest.
fn after_the_turn(movement: &Movement) -> Option<&str> {
    let is_turn = |name: &str| {
        let event = movement.events.iter().find(|event| event.name == name);
        event.is_some_and(|event| event.at == At::Maximum && event.curve.is_none())
    };
    movement.phases.iter().find(|phase| is_turn(&phase.from)).map(|phase| phase.name.as_str())
}

/// The newest value of the signal that drives.
fn metric(t: f64, following: Option<&Following>, curves: &Curves) -> Event {
    let signal = following.and_then(|following| following.counter.signal());
    let Some(signal) = signal else { return Event::Metric { t, name: None, value: f64::NAN, unit: None } };
    let own = || curves.curves.iter().filter(|curve| curve.name == signal.curve);
    let known: Vec<f64> = own().filter_map(|curve| curve.values.last().copied()).filter(|v| v.is_finite()).collect();
    let value = known.iter().sum::<f64>() / known.len() as f64;
    Event::Metric { t, name: Some(signal.curve.clone()), value, unit: own().next().map(|curve| curve.unit) }
}

/// A curve without its values.
fn plain(curve: &Curve) -> Curve {
    Curve { name: curve.name.clone(), side: curve.side, unit: curve.unit, values: Vec::new() }
}
