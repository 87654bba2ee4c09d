//! Tracks one line of a driving signal that leaves rest and returns.

use super::smooth::CausalSmoother;
use super::{FinishedMovement, GAP_S, LiveChange, MovementOutcome};
use crate::movement::{RepetitionRule, SignalDirection};
use agoge_motion::Side;

/// A movement ends when it has returned by this share of the distance from rest to its turning
/// point; the remainder is "near rest", as in [`crate::segment_repetitions`].
pub const RETURN_SHARE: f64 = 0.8;
/// Thresholds as in [`crate::segment_repetitions`]: the share of the definition's minimum excursion
/// and the share of the typical size from which a movement is an attempt, and the depth, as a share
/// of the size, of a valley that separates two repetitions.
const ATTEMPT_SHARE: f64 = 0.5;
const TURN_SHARE: f64 = 0.25;
const VALLEY_SHARE: f64 = 0.5;
/// The movement has turned when it has returned by this share of its size and by this share of the
/// definition's minimum excursion.
const TURNED_SHARES: [f64; 2] = [0.08, 0.15];
/// Rest ends where the signal has risen by this share of the attempt threshold.
const ONSET_SHARE: f64 = 0.1;
/// After at least three repetitions, a movement this many times larger than typical is not a
/// repetition.
const OVERSIZE: f64 = 2.0;

/// Value and time.
type TimedValue = (f64, f64);

/// Tracks one line.
#[derive(Clone, Debug)]
pub(super) struct ExcursionTracker {
    side: Option<Side>,
    min_excursion: f64,
    full_share: f64,
    min_s: f64,
    max_s: f64,
    join_s: f64,
    /// 1 or −1, so that the signal rises from rest; `None` until the direction is known.
    sign: Option<f64>,
    smooth: CausalSmoother,
    last_s: f64,
    /// The lowest point since the last repetition; the level at the start while `sign` is unknown.
    low: Option<TimedValue>,
    /// When the signal was last at rest, s.
    still_s: f64,
    excursion: Option<ExcursionState>,
}

/// The state of a movement away from rest.
#[derive(Clone, Copy, Debug)]
struct ExcursionState {
    start_s: f64,
    /// Level of the rest that the movement left.
    rest: f64,
    peak: TimedValue,
    /// The lowest point since the peak.
    valley: TimedValue,
    turned: bool,
    /// Since when the signal has been below half the peak, s.
    below_s: Option<f64>,
}

impl ExcursionTracker {
    pub(super) fn new(
        rule: &RepetitionRule,
        direction: SignalDirection,
        min_excursion: f64,
        side: Option<Side>,
    ) -> ExcursionTracker {
        ExcursionTracker {
            side,
            min_excursion,
            full_share: rule.full_share,
            min_s: rule.min_duration_s,
            max_s: rule.max_duration_s,
            join_s: rule.join_s,
            sign: match direction {
                SignalDirection::Rises => Some(1.0),
                SignalDirection::Falls => Some(-1.0),
                SignalDirection::Auto => None,
            },
            smooth: CausalSmoother::new(),
            last_s: f64::NEG_INFINITY,
            low: None,
            still_s: f64::NEG_INFINITY,
            excursion: None,
        }
    }

    pub(super) fn is_out(&self) -> bool {
        self.excursion.is_some()
    }

    /// Processes a value (NaN if missing) and reports changes through `emit`. `typical` is the
    /// typical size of the `completed` repetitions so far.
    pub(super) fn push(
        &mut self,
        time_s: f64,
        value: f64,
        typical: Option<f64>,
        completed: usize,
        mut emit: impl FnMut(LiveChange),
    ) {
        if !value.is_finite() {
            if time_s - self.last_s > GAP_S
                && let Some(interrupted) = self.interrupt_excursion(time_s)
            {
                emit(LiveChange::Ended(interrupted));
            }
            return;
        }
        self.last_s = time_s;
        let smooth = self.smooth.push(time_s, value);
        let threshold =
            (ATTEMPT_SHARE * self.min_excursion).max(TURN_SHARE * typical.unwrap_or(0.0));
        let Some(sign) = self.sign.or_else(|| self.detect_direction(smooth, time_s, threshold))
        else {
            return;
        };
        let value = sign * smooth;
        match self.excursion {
            None => self.track_rest(time_s, value, threshold, emit),
            Some(out) => self.track_excursion(out, time_s, value, typical, completed, emit),
        }
    }

    /// Detects the direction in which the signal leaves its initial level: 1, −1, or `None` if it
    /// has not.
    fn detect_direction(&mut self, smooth: f64, time_s: f64, threshold: f64) -> Option<f64> {
        let (level, _) = *self.low.get_or_insert((smooth, time_s));
        let change = smooth - level;
        if change.abs() < ONSET_SHARE * threshold {
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
    fn track_rest(
        &mut self,
        time_s: f64,
        value: f64,
        threshold: f64,
        mut emit: impl FnMut(LiveChange),
    ) {
        let before = self.low.filter(|low| value > low.0);
        let low = before.unwrap_or((value, time_s));
        self.low = Some(low);
        let rise = value - low.0;
        if rise <= ONSET_SHARE * threshold {
            self.still_s = time_s;
        }
        if rise >= threshold {
            let start_s = self.still_s.max(low.1);
            self.leave_rest(start_s, low.0, (value, time_s));
            emit(LiveChange::Began { start_s });
        }
    }

    /// Starts a movement away from rest.
    fn leave_rest(&mut self, start_s: f64, rest: f64, now: TimedValue) {
        self.excursion = Some(ExcursionState {
            start_s,
            rest,
            peak: now,
            valley: now,
            turned: false,
            below_s: None,
        });
    }

    /// Processes a value away from rest.
    fn track_excursion(
        &mut self,
        mut out: ExcursionState,
        time_s: f64,
        value: f64,
        typical: Option<f64>,
        completed: usize,
        mut emit: impl FnMut(LiveChange),
    ) {
        if value >= out.peak.0 {
            out.peak = (value, time_s);
            out.valley = out.peak;
        } else if value < out.valley.0 {
            out.valley = (value, time_s);
        }
        let size = out.peak.0 - out.rest;
        let small = (TURNED_SHARES[0] * size).max(TURNED_SHARES[1] * self.min_excursion);
        if !out.turned && out.peak.0 - value >= small {
            out.turned = true;
            emit(LiveChange::Turned { start_s: out.start_s, turn_s: out.peak.1, side: self.side });
        }
        out.below_s =
            if value < out.peak.0 - 0.5 * size { out.below_s.or(Some(time_s)) } else { None };
        let rested = out.below_s.is_some_and(|since_s| time_s - since_s >= self.join_s);
        let returned = out.peak.0 - value >= RETURN_SHARE * size;
        let depth = out.peak.0 - out.valley.0;
        // Rising again from half way: two repetitions without rest in between.
        let rises_again = value - out.valley.0 >= small
            && depth >= VALLEY_SHARE * size.min(typical.unwrap_or(f64::INFINITY));
        self.excursion = Some(out);
        if returned && rested {
            self.close_excursion(&out, time_s, size, typical, completed, &mut emit);
            self.low = Some((value, time_s));
            self.still_s = time_s;
        } else if rises_again && rested {
            self.close_excursion(
                &out,
                out.valley.1,
                size.min(depth),
                typical,
                completed,
                &mut emit,
            );
            self.leave_rest(out.valley.1, out.valley.0, (value, time_s));
            emit(LiveChange::Began { start_s: out.valley.1 });
        } else if time_s - out.start_s > self.max_s {
            self.excursion = None;
            self.low = Some((value, time_s));
            emit(LiveChange::Ended(self.finished_excursion(
                &out,
                time_s,
                size,
                MovementOutcome::Interrupted,
            )));
        }
    }

    /// Ends a movement and classifies it as a repetition, an attempt or neither.
    fn close_excursion(
        &mut self,
        out: &ExcursionState,
        end_s: f64,
        size: f64,
        typical: Option<f64>,
        completed: usize,
        emit: &mut impl FnMut(LiveChange),
    ) {
        self.excursion = None;
        let is_oversized =
            completed >= 3 && typical.is_some_and(|typical| size > OVERSIZE * typical);
        if end_s - out.start_s < self.min_s || is_oversized {
            return emit(LiveChange::Dropped);
        }
        let full = self.min_excursion.max(self.full_share * typical.unwrap_or(0.0));
        let outcome =
            if size >= full { MovementOutcome::Completed } else { MovementOutcome::Attempted };
        emit(LiveChange::Ended(self.finished_excursion(out, end_s, size, outcome)));
    }

    fn finished_excursion(
        &self,
        out: &ExcursionState,
        end_s: f64,
        size: f64,
        outcome: MovementOutcome,
    ) -> FinishedMovement {
        FinishedMovement {
            outcome,
            start_s: out.start_s,
            turn_s: out.peak.1,
            end_s,
            side: self.side,
            size,
        }
    }

    /// Interrupts the current movement and forgets the rest level. Returns the movement if it
    /// lasted at least the minimum duration.
    pub(super) fn interrupt_excursion(&mut self, time_s: f64) -> Option<FinishedMovement> {
        self.low = None;
        self.smooth = CausalSmoother::new();
        let out = self.excursion.take()?;
        (time_s - out.start_s >= self.min_s).then(|| {
            self.finished_excursion(
                &out,
                time_s,
                out.peak.0 - out.rest,
                MovementOutcome::Interrupted,
            )
        })
    }
}
