//! Repetitions while they are done: a state machine over the driving signal, frame by frame.
//!
//! It asks the same of a repetition as [`crate::repetitions`] does of a recording that is over,
//! with what is known at the time: the size of the set is that of the repetitions done so far, so
//! the first one is held against the definition's own minimum alone. A repetition counts as soon as
//! the signal has come back by [`BACK`] of its way, which is before it is at rest; movements that
//! may leave rest twice (`join_s`, a jump) are waited for by that time.

mod cycle;
mod line;
mod meter;
mod smooth;

use crate::Curves;
use crate::movement::{Direction, Kind, Movement, Sides, SignalRule};
use agoge_motion::Side;
use cycle::Round;
use line::Line;

pub use line::BACK;
pub use meter::Meter;

/// The signal is chosen after so much of the stream, s.
const SETTLE_S: f64 = 0.5;
/// A side that was missing for so long takes no part in the mean of both, and a movement whose
/// signal was missing for so long is interrupted, s. The same time bridges gaps in
/// [`crate::repetitions`].
const GAP_S: f64 = 0.5;
/// A repetition of one side waits at most so long for the other side, which is under way too, s.
const WAIT_S: f64 = 0.5;
/// Both sides did it when the lesser excursion is at least this share of the greater, as in
/// [`crate::repetitions`].
const BOTH_SHARE: f64 = 0.7;

/// How a movement away from rest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A repetition.
    Completed,
    /// It came back without going far enough.
    Attempted,
    /// It never came back: the stream ended, the athlete was not seen, or it took longer than the
    /// definition allows.
    Interrupted,
}

/// What changed with a frame. Times are those of the frames, s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// The signal left rest.
    Began {
        /// When, seen from now.
        start_s: f64,
    },
    /// It is on its way back.
    Turned {
        /// When the movement began.
        start_s: f64,
        /// When it was farthest from rest.
        turn_s: f64,
        /// The side that moves; none for both.
        side: Option<Side>,
    },
    /// It is over.
    Ended(Done),
    /// What had begun was no repetition at all (too short, or far too large for this set).
    Dropped,
}

/// A movement that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Done {
    /// How it ended.
    pub outcome: Outcome,
    /// When it began, s.
    pub start_s: f64,
    /// When it was farthest from rest, s.
    pub turn_s: f64,
    /// When it was back by [`BACK`] of its way, or when it was interrupted, s.
    pub end_s: f64,
    /// The side that did it; none for both together.
    pub side: Option<Side>,
    /// How far the driving signal went, in its unit.
    pub size: f64,
}

/// Counts the repetitions of one movement in a stream of frames.
#[derive(Clone, Debug)]
pub struct Counter {
    movement: Movement,
    begun_s: Option<f64>,
    last_s: f64,
    frames: usize,
    /// How often each signal of the definition was known, `[signal]`.
    known: Vec<usize>,
    chosen: Option<Chosen>,
    /// A repetition of one side that waits for the other.
    waiting: Option<(usize, Done)>,
    /// The line whose beginning was told, of two that make one movement.
    speaker: Option<usize>,
    /// The repetition before, for what the other side adds to it too late.
    before: Option<(usize, Done)>,
    /// Sizes of the repetitions done so far, rising.
    sizes: Vec<f64>,
}

/// The signal that drives, and who follows it.
#[derive(Clone, Debug)]
struct Chosen {
    signal: usize,
    last_seen_s: f64,
    /// When each side was last seen, s.
    sides_s: [f64; 2],
    lines: Vec<Follower>,
}

#[derive(Clone, Debug)]
enum Follower {
    Excursion(Line),
    Cycle(Round),
}

impl Counter {
    /// A counter of a movement that has seen nothing yet.
    pub fn new(movement: &Movement) -> Counter {
        Counter {
            known: vec![0; movement.repetition.signals.len()],
            movement: movement.clone(),
            begun_s: None,
            last_s: f64::NEG_INFINITY,
            frames: 0,
            chosen: None,
            waiting: None,
            speaker: None,
            before: None,
            sizes: Vec::new(),
        }
    }

    /// The signal that drives, once it is chosen.
    pub fn signal(&self) -> Option<&SignalRule> {
        self.chosen.as_ref().map(|chosen| &self.movement.repetition.signals[chosen.signal])
    }

    /// The typical size of the repetitions done so far: their median, in the unit of the driving
    /// signal.
    pub fn typical(&self) -> Option<f64> {
        self.sizes.get(self.sizes.len() / 2).copied()
    }

    /// Takes the newest frame, which is the last of `curves`; what changed with it. A frame whose
    /// time does not come after that of the frame before is left out.
    pub fn push(&mut self, curves: &Curves) -> Vec<Change> {
        let Some(&time_s) = curves.time.last() else { return Vec::new() };
        if !time_s.is_finite() || time_s <= self.last_s {
            return Vec::new();
        }
        let mut changes = Vec::new();
        if time_s - self.last_s > GAP_S && self.last_s.is_finite() {
            self.interrupt(&mut changes);
        }
        self.last_s = time_s;
        self.choose(curves, time_s);
        self.follow(curves, time_s, &mut changes);
        changes
    }

    /// The stream is over: what is still under way is interrupted.
    pub fn end(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        self.interrupt(&mut changes);
        changes
    }

    /// Chooses the first signal that is mostly known; again when the one chosen was not seen for
    /// long.
    fn choose(&mut self, curves: &Curves, time_s: f64) {
        if let Some(chosen) = &self.chosen {
            let is_idle = chosen.lines.iter().all(|line| !line.is_out());
            if !is_idle || time_s - chosen.last_seen_s < 4.0 * GAP_S {
                return;
            }
            (self.chosen, self.begun_s, self.frames) = (None, None, 0);
            self.known.fill(0);
        }
        let begun_s = *self.begun_s.get_or_insert(time_s);
        self.frames += 1;
        for (known, rule) in self.known.iter_mut().zip(&self.movement.repetition.signals) {
            let is_known = curves
                .curves
                .iter()
                .any(|curve| curve.name == rule.curve && newest(&curve.values).is_finite());
            *known += usize::from(is_known);
        }
        if time_s - begun_s < SETTLE_S {
            return;
        }
        let Some(signal) = self.known.iter().position(|known| 2 * known > self.frames) else {
            return;
        };
        let rules = &self.movement.repetition;
        let rule = &rules.signals[signal];
        let Some(curve) = curves.curves.iter().find(|curve| curve.name == rule.curve) else {
            return;
        };
        let least = crate::movement::in_unit(rule.min_excursion, curve.unit);
        let is_cycle = rules.kind == Kind::Cycle;
        let follower = |side: Option<Side>| match is_cycle {
            true => Follower::Cycle(Round::new(side, least, rule.direction == Direction::Falls)),
            false => Follower::Excursion(Line::new(rules, rule.direction, least, side)),
        };
        let apart = match rule.sides {
            _ if curve.side.is_none() => false,
            Sides::Either => true,
            Sides::Both => is_cycle,
            _ => false,
        };
        let lines = if apart {
            Side::BOTH.map(|side| follower(Some(side))).to_vec()
        } else {
            vec![follower(None)]
        };
        self.chosen =
            Some(Chosen { signal, last_seen_s: time_s, sides_s: [f64::NEG_INFINITY; 2], lines });
    }

    fn follow(&mut self, curves: &Curves, time_s: f64, changes: &mut Vec<Change>) {
        let typical = self.typical();
        let Some(chosen) = &mut self.chosen else { return };
        let rule = &self.movement.repetition.signals[chosen.signal];
        let at = |side: Option<Side>| {
            curves.get(&rule.curve, side).map_or(f64::NAN, |curve| newest(&curve.values))
        };
        let sides = Side::BOTH.map(|side| at(Some(side)));
        for (seen_s, value) in chosen.sides_s.iter_mut().zip(sides) {
            if value.is_finite() {
                *seen_s = time_s;
            }
        }
        let lost = chosen.sides_s.map(|seen_s| time_s - seen_s > GAP_S);
        let values = values(rule.sides, chosen.lines.len() == 2, at(None), sides, lost);
        if values.iter().any(|value| value.is_finite()) {
            chosen.last_seen_s = time_s;
        }
        let mut new = Vec::new();
        for (index, (line, value)) in chosen.lines.iter_mut().zip(values).enumerate() {
            let push = |change| new.push((index, change));
            match line {
                Follower::Excursion(line) => {
                    line.push(time_s, value, typical, self.sizes.len(), push)
                }
                Follower::Cycle(round) => {
                    round.push(time_s, value, &self.movement.repetition, push)
                }
            }
        }
        for (line, change) in new {
            self.add(line, change, changes);
        }
        // Nobody waits longer than for the other side, and not for one that is at rest again.
        if let Some((line, done)) = self.waiting {
            let other_is_out = self
                .chosen
                .as_ref()
                .is_some_and(|chosen| chosen.lines.get(1 - line).is_some_and(Follower::is_out));
            if !other_is_out || time_s - done.end_s > WAIT_S {
                self.settle(line, done, changes);
            }
        }
    }

    /// A change of a line; where two lines make one movement, what they say of the same time is
    /// joined.
    fn add(&mut self, line: usize, change: Change, changes: &mut Vec<Change>) {
        let Some(chosen) = &self.chosen else { return };
        let is_paired = chosen.lines.len() == 2 && self.movement.repetition.kind == Kind::Excursion;
        if !is_paired {
            return match change {
                Change::Ended(done) => self.settle(line, done, changes),
                other => changes.push(other),
            };
        }
        let other_is_out = chosen.lines[1 - line].is_out();
        match change {
            // What one side has told, the other does not tell again.
            Change::Began { .. } => {
                if self.speaker.is_none() && self.waiting.is_none() {
                    self.speaker = Some(line);
                    changes.push(change);
                }
            }
            Change::Turned { .. } => {
                if self.speaker == Some(line) {
                    changes.push(change);
                }
            }
            Change::Dropped => {
                if self.speaker == Some(line) {
                    self.speaker = other_is_out.then_some(1 - line);
                    if !other_is_out {
                        changes.push(change);
                    }
                }
            }
            Change::Ended(done) => match self.waiting.take() {
                Some((_, first)) if overlap(&first, &done) => {
                    let alike = first.size.min(done.size) >= BOTH_SHARE * first.size.max(done.size);
                    let mut greater = if done.size > first.size { done } else { first };
                    greater.side = greater.side.filter(|_| !alike);
                    self.settle(line, greater, changes);
                }
                waiting => {
                    if let Some((line, first)) = waiting {
                        self.settle(line, first, changes);
                    }
                    let is_echo = self
                        .before
                        .is_some_and(|(of, before)| of != line && overlap(&before, &done));
                    // The other side may end in this very frame: only then is it known whether it
                    // still has to be waited for.
                    self.waiting = (!is_echo).then_some((line, done));
                }
            },
        }
    }

    fn settle(&mut self, line: usize, done: Done, changes: &mut Vec<Change>) {
        (self.waiting, self.speaker) = (None, None);
        self.before = Some((line, done));
        if done.outcome == Outcome::Completed && done.size.is_finite() {
            let at = self.sizes.partition_point(|size| *size < done.size);
            self.sizes.insert(at, done.size);
        }
        changes.push(Change::Ended(done));
    }

    fn interrupt(&mut self, changes: &mut Vec<Change>) {
        if let Some((line, done)) = self.waiting {
            self.settle(line, done, changes);
        }
        let last_s = self.last_s;
        self.speaker = None;
        let lines = self.chosen.iter_mut().flat_map(|chosen| &mut chosen.lines);
        let under_way: Vec<Done> = lines.filter_map(|line| line.interrupt(last_s)).collect();
        if let Some(greater) = under_way.into_iter().max_by(|a, b| a.size.total_cmp(&b.size)) {
            changes.push(Change::Ended(greater));
        }
    }
}

impl Follower {
    fn is_out(&self) -> bool {
        matches!(self, Follower::Excursion(line) if line.is_out())
    }

    fn interrupt(&mut self, time_s: f64) -> Option<Done> {
        match self {
            Follower::Excursion(line) => line.interrupt(time_s),
            Follower::Cycle(round) => {
                round.interrupt();
                None
            }
        }
    }
}

fn overlap(a: &Done, b: &Done) -> bool {
    let common = a.end_s.min(b.end_s) - a.start_s.max(b.start_s);
    common > 0.3 * (a.end_s - a.start_s).min(b.end_s - b.start_s)
}

fn newest(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or(f64::NAN)
}

/// The value of each line in this frame. The mean of both sides waits for a side that is missing
/// for a moment: a mean that changes its members jumps.
fn values(
    sides: Sides,
    apart: bool,
    middle: f64,
    [left, right]: [f64; 2],
    [no_left, no_right]: [bool; 2],
) -> Vec<f64> {
    if middle.is_finite() {
        return vec![middle];
    }
    if apart {
        return vec![left, right];
    }
    vec![match sides {
        Sides::Left => left,
        Sides::Right => right,
        _ if no_left => right,
        _ if no_right => left,
        Sides::Max => left.max(right),
        _ => 0.5 * (left + right),
    }]
}

#[cfg(test)]
mod tests;
