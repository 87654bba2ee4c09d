//! Live counting of repetitions: a state machine over the driving signal, frame by frame.
//!
//! It applies the same criteria as [`crate::segment_repetitions`] does to a finished recording, as
//! far as they are known at the time: the typical size is that of the repetitions so far, so the
//! first one is compared only with the definition's minimum. A repetition counts as soon as the
//! signal has returned by the share [`RETURN_SHARE`], before it is at rest. For movements that may
//! leave rest twice (`join_s`, a jump), the end is delayed by that time.

mod cycle;
mod line;
mod meter;
mod smooth;

use crate::Curves;
use crate::movement::{Movement, MovementKind, SignalDirection, SignalRule, SignalSides};
use agoge_motion::Side;
use cycle::CycleTracker;
use line::ExcursionTracker;

pub use line::RETURN_SHARE;
pub use meter::CurveMeter;

/// Time from the start of the stream after which the driving signal is chosen, s.
const SETTLE_S: f64 = 0.5;
/// A side that is missing for longer than this is left out of the mean of both, and a movement
/// whose signal is missing for longer is interrupted, s. [`crate::segment_repetitions`] bridges
/// longer gaps.
const GAP_S: f64 = 0.5;
/// Longest time that a finished movement of one side waits for the other side, which is also
/// moving, s.
const WAIT_S: f64 = 0.5;
/// Both sides performed a movement together if the smaller excursion is at least this share of the
/// larger, as in [`crate::segment_repetitions`].
const BOTH_SHARE: f64 = 0.7;

/// How a movement away from rest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementOutcome {
    /// A complete repetition.
    Completed,
    /// It returned without going far enough.
    Attempted,
    /// It never returned: the stream ended, the athlete was not seen, or it took longer than the
    /// definition allows.
    Interrupted,
    /// It went far enough and returned, but lacks what makes it this movement
    /// ([`crate::gate`]).
    Unlike,
}

/// A change of state that a frame caused. Times are on the stream's clock, s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LiveChange {
    /// The signal left rest.
    Began {
        /// When the movement began.
        start_s: f64,
    },
    /// The movement is on its way back.
    Turned {
        /// When the movement began.
        start_s: f64,
        /// When the signal was furthest from rest.
        turn_s: f64,
        /// The side that moves; `None` for both.
        side: Option<Side>,
    },
    /// The movement is over.
    Ended(FinishedMovement),
    /// The movement was not a repetition at all (too short, or far too large for this set).
    Dropped,
}

/// A finished movement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FinishedMovement {
    /// How it ended.
    pub outcome: MovementOutcome,
    /// When it began, s.
    pub start_s: f64,
    /// When it was furthest from rest, s.
    pub turn_s: f64,
    /// When it had returned by the share [`RETURN_SHARE`], or was interrupted, s.
    pub end_s: f64,
    /// The side that moved; `None` for both together.
    pub side: Option<Side>,
    /// The excursion of the driving signal, in its unit; infinite for cycles.
    pub size: f64,
}

/// Counts the repetitions of one movement in a stream of frames.
///
/// ```
/// use agoge_kinematics::live::{CurveMeter, LiveChange, MovementOutcome, RepetitionCounter};
/// use agoge_kinematics::movement::find_movement;
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let set = SimulatedSet { repetitions: 3, ..SimulatedSet::new(Exercise::Squat) };
/// let body = set.simulate().recording.to_body().recording;
/// let mut meter = CurveMeter::new();
/// let mut counter = RepetitionCounter::new(find_movement("squat").unwrap());
/// let is_repetition = |change: &LiveChange| {
///     matches!(change, LiveChange::Ended(end) if end.outcome == MovementOutcome::Completed)
/// };
/// let mut count = 0;
/// for &time in &body.time {
///     let frame = body.time_range(time, time)?;
///     count += counter.push(meter.push(&frame)).iter().filter(|c| is_repetition(c)).count();
/// }
/// assert_eq!(count, 3);
/// # Ok::<(), agoge_motion::RecordingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RepetitionCounter {
    movement: Movement,
    start_s: Option<f64>,
    last_s: f64,
    frames: usize,
    /// Number of frames in which each signal of the definition was known, `[signal]`.
    known: Vec<usize>,
    chosen: Option<ChosenSignal>,
    /// A finished movement of one line that waits for the other side.
    waiting: Option<(usize, FinishedMovement)>,
    /// The line, of two that form one movement, whose beginning was reported.
    reporting_line: Option<usize>,
    /// The previous movement, to recognise the other side's late end of the same movement.
    previous: Option<(usize, FinishedMovement)>,
    /// Sizes of the repetitions so far, ascending.
    sizes: Vec<f64>,
}

/// The chosen driving signal and the trackers of its lines.
#[derive(Clone, Debug)]
struct ChosenSignal {
    signal: usize,
    last_seen_s: f64,
    /// When each side was last seen, s, `[left, right]`.
    sides_s: [f64; 2],
    lines: Vec<LineTracker>,
}

/// The tracker of one line.
#[derive(Clone, Debug)]
enum LineTracker {
    Excursion(ExcursionTracker),
    Cycle(CycleTracker),
}

impl RepetitionCounter {
    /// A counter for a movement, before its first frame.
    pub fn new(movement: &Movement) -> RepetitionCounter {
        RepetitionCounter {
            known: vec![0; movement.repetition.signals.len()],
            movement: movement.clone(),
            start_s: None,
            last_s: f64::NEG_INFINITY,
            frames: 0,
            chosen: None,
            waiting: None,
            reporting_line: None,
            previous: None,
            sizes: Vec::new(),
        }
    }

    /// The driving signal, once it is chosen.
    pub fn driving_signal(&self) -> Option<&SignalRule> {
        self.chosen.as_ref().map(|chosen| &self.movement.repetition.signals[chosen.signal])
    }

    /// The typical size of the repetitions so far: their median, in the unit of the driving signal.
    pub fn typical_size(&self) -> Option<f64> {
        self.sizes.get(self.sizes.len() / 2).copied()
    }

    /// Processes the newest frame, the last one of `curves`, and returns the changes it caused.
    /// Ignores a frame that is not later than the previous one.
    pub fn push(&mut self, curves: &Curves) -> Vec<LiveChange> {
        let Some(&time_s) = curves.time.last() else { return Vec::new() };
        if !time_s.is_finite() || time_s <= self.last_s {
            return Vec::new();
        }
        let mut changes = Vec::new();
        if time_s - self.last_s > GAP_S && self.last_s.is_finite() {
            self.interrupt_movement(&mut changes);
        }
        self.last_s = time_s;
        self.choose_signal(curves, time_s);
        self.track_frame(curves, time_s, &mut changes);
        changes
    }

    /// Ends the stream: interrupts the current movement.
    pub fn end_stream(&mut self) -> Vec<LiveChange> {
        let mut changes = Vec::new();
        self.interrupt_movement(&mut changes);
        changes
    }

    /// Chooses the first signal that is known in most frames. Chooses again if the chosen one has
    /// been missing for long.
    fn choose_signal(&mut self, curves: &Curves, time_s: f64) {
        if let Some(chosen) = &self.chosen {
            let is_idle = chosen.lines.iter().all(|line| !line.is_out());
            if !is_idle || time_s - chosen.last_seen_s < 4.0 * GAP_S {
                return;
            }
            (self.chosen, self.start_s, self.frames) = (None, None, 0);
            self.known.fill(0);
        }
        let begun_s = *self.start_s.get_or_insert(time_s);
        self.frames += 1;
        for (known, rule) in self.known.iter_mut().zip(&self.movement.repetition.signals) {
            let is_known = curves
                .curves
                .iter()
                .any(|curve| curve.name == rule.curve && newest_value(&curve.values).is_finite());
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
        let least = crate::movement::to_curve_unit(rule.min_excursion, curve.unit);
        let is_cycle = rules.kind != MovementKind::Excursion;
        let follower = |side: Option<Side>| match is_cycle {
            true => LineTracker::Cycle(CycleTracker::new(
                side,
                least,
                rule.direction == SignalDirection::Falls,
            )),
            false => {
                LineTracker::Excursion(ExcursionTracker::new(rules, rule.direction, least, side))
            }
        };
        let is_per_side = match rule.sides {
            _ if curve.side.is_none() => false,
            SignalSides::Either => true,
            SignalSides::Both => is_cycle,
            _ => false,
        };
        let lines = if is_per_side {
            Side::BOTH.map(|side| follower(Some(side))).to_vec()
        } else {
            vec![follower(None)]
        };
        self.chosen = Some(ChosenSignal {
            signal,
            last_seen_s: time_s,
            sides_s: [f64::NEG_INFINITY; 2],
            lines,
        });
    }

    /// Passes the frame's values to the trackers and processes their changes.
    fn track_frame(&mut self, curves: &Curves, time_s: f64, changes: &mut Vec<LiveChange>) {
        let typical = self.typical_size();
        let Some(chosen) = &mut self.chosen else { return };
        let rule = &self.movement.repetition.signals[chosen.signal];
        let at = |side: Option<Side>| {
            curves.get(&rule.curve, side).map_or(f64::NAN, |curve| newest_value(&curve.values))
        };
        let sides = Side::BOTH.map(|side| at(Some(side)));
        for (seen_s, value) in chosen.sides_s.iter_mut().zip(sides) {
            if value.is_finite() {
                *seen_s = time_s;
            }
        }
        let lost = chosen.sides_s.map(|seen_s| time_s - seen_s > GAP_S);
        let values = line_values(rule.sides, chosen.lines.len() == 2, at(None), sides, lost);
        if values.iter().any(|value| value.is_finite()) {
            chosen.last_seen_s = time_s;
        }
        let mut line_changes = Vec::new();
        for (index, (line, value)) in chosen.lines.iter_mut().zip(values).enumerate() {
            let push = |change| line_changes.push((index, change));
            match line {
                LineTracker::Excursion(line) => {
                    line.push(time_s, value, typical, self.sizes.len(), push)
                }
                LineTracker::Cycle(round) => {
                    round.push(time_s, value, &self.movement.repetition, push)
                }
            }
        }
        for (line, change) in line_changes {
            self.add_change(line, change, changes);
        }
        // A movement waits only for a limited time, and only while the other side is still moving.
        if let Some((line, finished)) = self.waiting {
            let other_is_out = self
                .chosen
                .as_ref()
                .is_some_and(|chosen| chosen.lines.get(1 - line).is_some_and(LineTracker::is_out));
            if !other_is_out || time_s - finished.end_s > WAIT_S {
                self.settle_movement(line, finished, changes);
            }
        }
    }

    /// Processes a change of a line. If two lines form one movement, changes at the same time are
    /// merged.
    fn add_change(&mut self, line: usize, change: LiveChange, changes: &mut Vec<LiveChange>) {
        let Some(chosen) = &self.chosen else { return };
        let is_paired =
            chosen.lines.len() == 2 && self.movement.repetition.kind == MovementKind::Excursion;
        if !is_paired {
            return match change {
                LiveChange::Ended(finished) => self.settle_movement(line, finished, changes),
                other => changes.push(other),
            };
        }
        let other_is_out = chosen.lines[1 - line].is_out();
        match change {
            // What one side has reported, the other does not report again.
            LiveChange::Began { .. } => {
                if self.reporting_line.is_none() && self.waiting.is_none() {
                    self.reporting_line = Some(line);
                    changes.push(change);
                }
            }
            LiveChange::Turned { .. } => {
                if self.reporting_line == Some(line) {
                    changes.push(change);
                }
            }
            LiveChange::Dropped => {
                if self.reporting_line == Some(line) {
                    self.reporting_line = other_is_out.then_some(1 - line);
                    if !other_is_out {
                        changes.push(change);
                    }
                }
            }
            LiveChange::Ended(finished) => match self.waiting.take() {
                Some((_, first)) if movements_overlap(&first, &finished) => {
                    let is_alike =
                        first.size.min(finished.size) >= BOTH_SHARE * first.size.max(finished.size);
                    let mut greater = if finished.size > first.size { finished } else { first };
                    greater.side = greater.side.filter(|_| !is_alike);
                    self.settle_movement(line, greater, changes);
                }
                waiting => {
                    if let Some((line, first)) = waiting {
                        self.settle_movement(line, first, changes);
                    }
                    let is_echo = self.previous.is_some_and(|(other, before)| {
                        other != line && movements_overlap(&before, &finished)
                    });
                    // The other side may end in this same frame, so whether to wait for it is
                    // decided only after all lines.
                    self.waiting = (!is_echo).then_some((line, finished));
                }
            },
        }
    }

    /// Reports a finished movement and updates the typical size.
    fn settle_movement(
        &mut self,
        line: usize,
        finished: FinishedMovement,
        changes: &mut Vec<LiveChange>,
    ) {
        (self.waiting, self.reporting_line) = (None, None);
        self.previous = Some((line, finished));
        if finished.outcome == MovementOutcome::Completed && finished.size.is_finite() {
            let index = self.sizes.partition_point(|size| *size < finished.size);
            self.sizes.insert(index, finished.size);
        }
        changes.push(LiveChange::Ended(finished));
    }

    /// Settles a waiting movement and interrupts the current one.
    fn interrupt_movement(&mut self, changes: &mut Vec<LiveChange>) {
        if let Some((line, finished)) = self.waiting {
            self.settle_movement(line, finished, changes);
        }
        let last_s = self.last_s;
        self.reporting_line = None;
        let lines = self.chosen.iter_mut().flat_map(|chosen| &mut chosen.lines);
        let interrupted: Vec<FinishedMovement> =
            lines.filter_map(|line| line.interrupt_line(last_s)).collect();
        if let Some(greater) = interrupted.into_iter().max_by(|a, b| a.size.total_cmp(&b.size)) {
            changes.push(LiveChange::Ended(greater));
        }
    }
}

impl LineTracker {
    fn is_out(&self) -> bool {
        matches!(self, LineTracker::Excursion(line) if line.is_out())
    }

    fn interrupt_line(&mut self, time_s: f64) -> Option<FinishedMovement> {
        match self {
            LineTracker::Excursion(line) => line.interrupt_excursion(time_s),
            LineTracker::Cycle(round) => {
                round.discard_cycle();
                None
            }
        }
    }
}

/// Whether two movements overlap by more than 30 % of the shorter one.
fn movements_overlap(a: &FinishedMovement, b: &FinishedMovement) -> bool {
    let common = a.end_s.min(b.end_s) - a.start_s.max(b.start_s);
    common > 0.3 * (a.end_s - a.start_s).min(b.end_s - b.start_s)
}

fn newest_value(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or(f64::NAN)
}

/// The value of each line in this frame. If a side is missing briefly, the mean of both is missing
/// too, because a mean over changing members would jump.
fn line_values(
    sides: SignalSides,
    is_per_side: bool,
    midline: f64,
    [left, right]: [f64; 2],
    [no_left, no_right]: [bool; 2],
) -> Vec<f64> {
    if midline.is_finite() {
        return vec![midline];
    }
    if is_per_side {
        return vec![left, right];
    }
    vec![match sides {
        SignalSides::Left => left,
        SignalSides::Right => right,
        _ if no_left => right,
        _ if no_right => left,
        SignalSides::Max => left.max(right),
        _ => 0.5 * (left + right),
    }]
}

#[cfg(test)]
mod tests;
