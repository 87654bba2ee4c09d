//! Tracks one line of a driving signal that leaves rest and returns.

use super::smooth::Smooth;
use super::{Change, Done, GAP_S, Outcome};
use crate::movement::{Direction, RepetitionRule};
use agoge_motion::Side;

/// A movement ends when it has returned by this share of the distance from rest to its turning
/// point; the remainder is "near rest", as in [`crate::repetitions`].
pub const BACK: f64 = 0.8;
/// Thresholds as in [`crate::repetitions`]: the share of the definition's minimum excursion and the
/// share of the typical size from which a movement is an attempt, and the depth, as a share of the
/// size, of a valley that separates two repetitions.
const ATTEMPT_SHARE: f64 = 0.5;
const TURN_SHARE: f64 = 0.25;
const VALLEY: f64 = 0.5;
/// The movement has turned when it has returned by this share of its size and by this share of the
/// definition's minimum excursion.
const TURNED: [f64; 2] = [0.08, 0.15];
/// Rest ends where the signal has risen by this share of the attempt threshold.
const ONSET: f64 = 0.1;
/// After at least three repetitions, a movement this many times larger than typical is not a
/// repetition.
const OVERSIZE: f64 = 2.0;

/// Value and time.
type Point = (f64, f64);

/// Tracks one line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    side: Option<Side>,
    least: f64,
    full_share: f64,
    min_s: f64,
    max_s: f64,
    join_s: f64,
    /// 1 or −1, so that the signal rises from rest; `None` until the direction is known.
    sign: Option<f64>,
    smooth: Smooth,
    last_s: f64,
    /// The lowest point since the last repetition; the level at the start while `sign` is unknown.
    low: Option<Point>,
    /// When the signal was last at rest, s.
    still_s: f64,
    out: Option<Out>,
}

/// The state of a movement away from rest.
#[derive(Clone, Copy, Debug)]
struct Out {
    start_s: f64,
    /// Level of the rest that the movement left.
    rest: f64,
    peak: Point,
    /// The lowest point since the peak.
    valley: Point,
    turned: bool,
    /// Since when the signal has been below half the peak, s.
    below_s: Option<f64>,
}

impl Line {
    pub(super) fn new(
        rule: &RepetitionRule,
        direction: Direction,
        least: f64,
        side: Option<Side>,
    ) -> Line {
        Line {
            side,
            least,
            full_share: rule.full_share,
            min_s: rule.min_duration_s,
            max_s: rule.max_duration_s,
            join_s: rule.join_s,
            sign: match direction {
                Direction::Rises => Some(1.0),
                Direction::Falls => Some(-1.0),
                Direction::Auto => None,
            },
            smooth: Smooth::new(),
            last_s: f64::NEG_INFINITY,
            low: None,
            still_s: f64::NEG_INFINITY,
            out: None,
        }
    }

    pub(super) fn is_out(&self) -> bool {
        self.out.is_some()
    }

    /// Processes a value (NaN if missing) and reports changes through `emit`. `typical` is the
    /// typical size of the `completed` repetitions so far.
    pub(super) fn push(
        &mut self,
        time_s: f64,
        value: f64,
        typical: Option<f64>,
        completed: usize,
        mut emit: impl FnMut(Change),
    ) {
        if !value.is_finite() {
            if time_s - self.last_s > GAP_S
                && let Some(interrupted) = self.interrupt(time_s)
            {
                emit(Change::Ended(interrupted));
            }
            return;
        }
        self.last_s = time_s;
        let smooth = self.smooth.push(time_s, value);
        let threshold = (ATTEMPT_SHARE * self.least).max(TURN_SHARE * typical.unwrap_or(0.0));
        let Some(sign) = self.sign.or_else(|| self.direction(smooth, time_s, threshold)) else {
            return;
        };
        let value = sign * smooth;
        match self.out {
            None => self.rest(time_s, value, threshold, emit),
            Some(out) => self.away(out, time_s, value, typical, completed, emit),
        }
    }

    /// Detects the direction in which the signal leaves its initial level: 1, −1, or `None` if it
    /// has not.
    fn direction(&mut self, smooth: f64, time_s: f64, threshold: f64) -> Option<f64> {
        let (level, _) = *self.low.get_or_insert((smooth, time_s));
        let change = smooth - level;
        if change.abs() < ONSET * threshold {
            self.still_s = time_s;
        }
        if change.abs() < threshold {
            return None;
        }
        self.sign = Some(change.signum());
        self.low = Some((level * change.signum(), self.still_s));
        self.sign
    }

    /// Processes a value at rest.
    fn rest(&mut self, time_s: f64, value: f64, threshold: f64, mut emit: impl FnMut(Change)) {
        let before = self.low.filter(|low| value > low.0);
        let low = before.unwrap_or((value, time_s));
        self.low = Some(low);
        let rise = value - low.0;
        if rise <= ONSET * threshold {
            self.still_s = time_s;
        }
        if rise >= threshold {
            let start_s = self.still_s.max(low.1);
            self.leave(start_s, low.0, (value, time_s));
            emit(Change::Began { start_s });
        }
    }

    /// Starts a movement away from rest.
    fn leave(&mut self, start_s: f64, rest: f64, now: Point) {
        self.out =
            Some(Out { start_s, rest, peak: now, valley: now, turned: false, below_s: None });
    }

    /// Processes a value away from rest.
    fn away(
        &mut self,
        mut out: Out,
        time_s: f64,
        value: f64,
        typical: Option<f64>,
        completed: usize,
        mut emit: impl FnMut(Change),
    ) {
        if value >= out.peak.0 {
            out.peak = (value, time_s);
            out.valley = out.peak;
        } else if value < out.valley.0 {
            out.valley = (value, time_s);
        }
        let size = out.peak.0 - out.rest;
        let small = (TURNED[0] * size).max(TURNED[1] * self.least);
        if !out.turned && out.peak.0 - value >= small {
            out.turned = true;
            emit(Change::Turned { start_s: out.start_s, turn_s: out.peak.1, side: self.side });
        }
        out.below_s =
            if value < out.peak.0 - 0.5 * size { out.below_s.or(Some(time_s)) } else { None };
        let rested = out.below_s.is_some_and(|since_s| time_s - since_s >= self.join_s);
        let returned = out.peak.0 - value >= BACK * size;
        let depth = out.peak.0 - out.valley.0;
        // Rising again from half way: two repetitions without rest in between.
        let rises_again = value - out.valley.0 >= small
            && depth >= VALLEY * size.min(typical.unwrap_or(f64::INFINITY));
        self.out = Some(out);
        if returned && rested {
            self.close(&out, time_s, size, typical, completed, &mut emit);
            self.low = Some((value, time_s));
            self.still_s = time_s;
        } else if rises_again && rested {
            self.close(&out, out.valley.1, size.min(depth), typical, completed, &mut emit);
            self.leave(out.valley.1, out.valley.0, (value, time_s));
            emit(Change::Began { start_s: out.valley.1 });
        } else if time_s - out.start_s > self.max_s {
            self.out = None;
            self.low = Some((value, time_s));
            emit(Change::Ended(self.done(&out, time_s, size, Outcome::Interrupted)));
        }
    }

    /// Ends a movement and classifies it as a repetition, an attempt or neither.
    fn close(
        &mut self,
        out: &Out,
        end_s: f64,
        size: f64,
        typical: Option<f64>,
        completed: usize,
        emit: &mut impl FnMut(Change),
    ) {
        self.out = None;
        let is_oversized =
            completed >= 3 && typical.is_some_and(|typical| size > OVERSIZE * typical);
        if end_s - out.start_s < self.min_s || is_oversized {
            return emit(Change::Dropped);
        }
        let full = self.least.max(self.full_share * typical.unwrap_or(0.0));
        let outcome = if size >= full { Outcome::Completed } else { Outcome::Attempted };
        emit(Change::Ended(self.done(out, end_s, size, outcome)));
    }

    fn done(&self, out: &Out, end_s: f64, size: f64, outcome: Outcome) -> Done {
        Done { outcome, start_s: out.start_s, turn_s: out.peak.1, end_s, side: self.side, size }
    }

    /// Interrupts the current movement and forgets the rest level. Returns the movement if it
    /// lasted at least the minimum duration.
    pub(super) fn interrupt(&mut self, time_s: f64) -> Option<Done> {
        self.low = None;
        self.smooth = Smooth::new();
        let out = self.out.take()?;
        (time_s - out.start_s >= self.min_s)
            .then(|| self.done(&out, time_s, out.peak.0 - out.rest, Outcome::Interrupted))
    }
}
