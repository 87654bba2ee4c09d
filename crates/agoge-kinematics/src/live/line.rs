//! One line of the driving signal that leaves rest and comes back.

use super::smooth::Smooth;
use super::{Change, Done, GAP_S, Outcome};
use crate::movement::{Direction, RepetitionRule};
use agoge_motion::Side;

/// A movement is over when it has come back by this share of the way from rest to its turn; what is
/// left is "near rest" for [`crate::repetitions`] too.
pub const BACK: f64 = 0.8;
/// Shares as in [`crate::repetitions`]: of the definition's minimum from which on it is an attempt,
/// of the typical size for the same, and of the way back to a valley that parts two repetitions.
const ATTEMPT_SHARE: f64 = 0.5;
const TURN_SHARE: f64 = 0.25;
const VALLEY: f64 = 0.5;
/// The movement is on its way back when it has come back by this share of its size, and by this
/// share of the definition's minimum.
const TURNED: [f64; 2] = [0.08, 0.15];
/// Rest ends where the signal rises by this share of what makes it an attempt.
const ONSET: f64 = 0.1;
/// In a set of at least three, something this many times larger than typical is something else.
const OVERSIZE: f64 = 2.0;

/// Value and time.
type Point = (f64, f64);

/// Follows one line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    side: Option<Side>,
    least: f64,
    full_share: f64,
    min_s: f64,
    max_s: f64,
    join_s: f64,
    /// 1 or −1, so that the signal rises from rest; none until that is seen.
    sign: Option<f64>,
    smooth: Smooth,
    last_s: f64,
    /// The lowest since the last repetition, not yet turned by `sign` while that is unknown.
    low: Option<Point>,
    /// When it was last at rest.
    still_s: f64,
    out: Option<Out>,
}

/// Away from rest.
#[derive(Clone, Copy, Debug)]
struct Out {
    start_s: f64,
    /// Level of the rest that it left.
    rest: f64,
    peak: Point,
    /// The lowest since the peak.
    valley: Point,
    turned: bool,
    /// Since when it is below half its way.
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

    /// Takes a value, NaN if it is missing. `typical` is the size of the `done` repetitions before.
    pub(super) fn push(
        &mut self,
        time_s: f64,
        value: f64,
        typical: Option<f64>,
        done: usize,
        mut say: impl FnMut(Change),
    ) {
        if !value.is_finite() {
            if time_s - self.last_s > GAP_S
                && let Some(done) = self.interrupt(time_s)
            {
                say(Change::Ended(done));
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
            None => self.rest(time_s, value, threshold, say),
            Some(out) => self.away(out, time_s, value, typical, done, say),
        }
    }

    /// Which way the signal leaves the level that it began at, once it has.
    fn direction(&mut self, smooth: f64, time_s: f64, threshold: f64) -> Option<f64> {
        let (level, _) = *self.low.get_or_insert((smooth, time_s));
        let gone = smooth - level;
        if gone.abs() < ONSET * threshold {
            self.still_s = time_s;
        }
        if gone.abs() < threshold {
            return None;
        }
        self.sign = Some(gone.signum());
        self.low = Some((level * gone.signum(), self.still_s));
        self.sign
    }

    fn rest(&mut self, time_s: f64, value: f64, threshold: f64, mut say: impl FnMut(Change)) {
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
            say(Change::Began { start_s });
        }
    }

    fn leave(&mut self, start_s: f64, rest: f64, now: Point) {
        self.out =
            Some(Out { start_s, rest, peak: now, valley: now, turned: false, below_s: None });
    }

    fn away(
        &mut self,
        mut out: Out,
        time_s: f64,
        value: f64,
        typical: Option<f64>,
        done: usize,
        mut say: impl FnMut(Change),
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
            say(Change::Turned { start_s: out.start_s, turn_s: out.peak.1, side: self.side });
        }
        out.below_s =
            if value < out.peak.0 - 0.5 * size { out.below_s.or(Some(time_s)) } else { None };
        let rested = out.below_s.is_some_and(|since_s| time_s - since_s >= self.join_s);
        let back = out.peak.0 - value >= BACK * size;
        let depth = out.peak.0 - out.valley.0;
        // Up again from half way: two repetitions without a rest between them.
        let again = value - out.valley.0 >= small
            && depth >= VALLEY * size.min(typical.unwrap_or(f64::INFINITY));
        self.out = Some(out);
        if back && rested {
            self.close(&out, time_s, size, typical, done, &mut say);
            self.low = Some((value, time_s));
            self.still_s = time_s;
        } else if again && rested {
            self.close(&out, out.valley.1, size.min(depth), typical, done, &mut say);
            self.leave(out.valley.1, out.valley.0, (value, time_s));
            say(Change::Began { start_s: out.valley.1 });
        } else if time_s - out.start_s > self.max_s {
            self.out = None;
            self.low = Some((value, time_s));
            say(Change::Ended(self.done(&out, time_s, size, Outcome::Interrupted)));
        }
    }

    fn close(
        &mut self,
        out: &Out,
        end_s: f64,
        size: f64,
        typical: Option<f64>,
        done: usize,
        say: &mut impl FnMut(Change),
    ) {
        self.out = None;
        let is_other = done >= 3 && typical.is_some_and(|typical| size > OVERSIZE * typical);
        if end_s - out.start_s < self.min_s || is_other {
            return say(Change::Dropped);
        }
        let full = self.least.max(self.full_share * typical.unwrap_or(0.0));
        let outcome = if size >= full { Outcome::Completed } else { Outcome::Attempted };
        say(Change::Ended(self.done(out, end_s, size, outcome)));
    }

    fn done(&self, out: &Out, end_s: f64, size: f64, outcome: Outcome) -> Done {
        Done { outcome, start_s: out.start_s, turn_s: out.peak.1, end_s, side: self.side, size }
    }

    /// Ends what is under way, if it was long enough to be something, and forgets where rest was.
    pub(super) fn interrupt(&mut self, time_s: f64) -> Option<Done> {
        self.low = None;
        self.smooth = Smooth::new();
        let out = self.out.take()?;
        (time_s - out.start_s >= self.min_s)
            .then(|| self.done(&out, time_s, out.peak.0 - out.rest, Outcome::Interrupted))
    }
}
