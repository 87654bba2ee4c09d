//! Tracks one line of a cyclic movement without rest.

use super::smooth::CausalSmoother;
use super::{FinishedMovement, GAP_S, LiveChange, MovementOutcome};
use crate::movement::RepetitionRule;
use agoge_motion::Side;

/// As in [`crate::segment_repetitions`], a cycle whose duration differs from the median by more
/// than this factor does not count.
const DURATION_FACTOR: f64 = 1.8;

/// Tracks one line from low point to low point.
#[derive(Clone, Debug)]
pub(super) struct CycleTracker {
    side: Option<Side>,
    min_excursion: f64,
    sign: f64,
    smooth: CausalSmoother,
    last_s: f64,
    /// Lowest and highest point since the last turn, each a value and time.
    low: Option<(f64, f64)>,
    high: (f64, f64),
    rising: bool,
    /// Time of the low point at which the current cycle began, s.
    start_s: Option<f64>,
    /// Durations of the cycles so far, ascending, s.
    durations: Vec<f64>,
}

impl CycleTracker {
    pub(super) fn new(side: Option<Side>, min_excursion: f64, falls: bool) -> CycleTracker {
        CycleTracker {
            side,
            min_excursion,
            sign: if falls { -1.0 } else { 1.0 },
            smooth: CausalSmoother::new(),
            last_s: f64::NEG_INFINITY,
            low: None,
            high: (f64::NEG_INFINITY, 0.0),
            rising: false,
            start_s: None,
            durations: Vec::new(),
        }
    }

    /// Processes a value (NaN if missing) and reports changes through `emit`.
    pub(super) fn push(
        &mut self,
        time_s: f64,
        value: f64,
        rule: &RepetitionRule,
        mut emit: impl FnMut(LiveChange),
    ) {
        if !value.is_finite() {
            if time_s - self.last_s > GAP_S {
                self.discard_cycle();
            }
            return;
        }
        self.last_s = time_s;
        let value = self.sign * self.smooth.push(time_s, value);
        let low = *self.low.get_or_insert((value, time_s));
        if self.rising {
            if value > self.high.0 {
                self.high = (value, time_s);
            } else if self.high.0 - value >= self.min_excursion {
                self.rising = false;
                self.low = Some((value, time_s));
            }
            return;
        }
        if value < low.0 {
            self.low = Some((value, time_s));
            return;
        }
        if value - low.0 < self.min_excursion {
            return;
        }
        // The low point is confirmed as a turn now that the signal has risen from it.
        self.rising = true;
        let turn_s = self.high.1;
        self.high = (value, time_s);
        let Some(start_s) = self.start_s.replace(low.1) else { return };
        let duration = low.1 - start_s;
        let typical = self.durations.get(self.durations.len() / 2).copied().unwrap_or(duration);
        let is_usual = (typical / DURATION_FACTOR..=typical * DURATION_FACTOR).contains(&duration);
        if is_usual && (rule.min_duration_s..=rule.max_duration_s).contains(&duration) {
            let index = self.durations.partition_point(|known| *known < duration);
            self.durations.insert(index, duration);
            let (outcome, side) = (MovementOutcome::Completed, self.side);
            emit(LiveChange::Ended(FinishedMovement {
                outcome,
                start_s,
                turn_s,
                end_s: low.1,
                side,
                size: f64::INFINITY,
            }));
        }
    }

    /// Discards the current cycle: half a cycle does not count.
    pub(super) fn discard_cycle(&mut self) {
        (self.low, self.start_s, self.rising) = (None, None, false);
        self.smooth = CausalSmoother::new();
    }
}
