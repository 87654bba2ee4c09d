//! Tracks one line of a cyclic movement without rest.

use super::smooth::Smooth;
use super::{Change, Done, GAP_S, Outcome};
use crate::movement::RepetitionRule;
use agoge_motion::Side;

/// As in [`crate::repetitions`], a cycle whose duration differs from the median by more than this
/// factor does not count.
const DURATION_FACTOR: f64 = 1.8;

/// Tracks one line from low point to low point.
#[derive(Clone, Debug)]
pub(super) struct Round {
    side: Option<Side>,
    least: f64,
    sign: f64,
    smooth: Smooth,
    last_s: f64,
    /// Lowest and highest point since the last turn, each a value and time.
    low: Option<(f64, f64)>,
    high: (f64, f64),
    rising: bool,
    /// Time of the low point at which the current cycle began, s.
    begun_s: Option<f64>,
    /// Durations of the cycles so far, ascending, s.
    durations: Vec<f64>,
}

impl Round {
    pub(super) fn new(side: Option<Side>, least: f64, falls: bool) -> Round {
        Round {
            side,
            least,
            sign: if falls { -1.0 } else { 1.0 },
            smooth: Smooth::new(),
            last_s: f64::NEG_INFINITY,
            low: None,
            high: (f64::NEG_INFINITY, 0.0),
            rising: false,
            begun_s: None,
            durations: Vec::new(),
        }
    }

    /// Processes a value (NaN if missing) and reports changes through `emit`.
    pub(super) fn push(
        &mut self,
        time_s: f64,
        value: f64,
        rule: &RepetitionRule,
        mut emit: impl FnMut(Change),
    ) {
        if !value.is_finite() {
            if time_s - self.last_s > GAP_S {
                self.interrupt();
            }
            return;
        }
        self.last_s = time_s;
        let value = self.sign * self.smooth.push(time_s, value);
        let low = *self.low.get_or_insert((value, time_s));
        if self.rising {
            if value > self.high.0 {
                self.high = (value, time_s);
            } else if self.high.0 - value >= self.least {
                self.rising = false;
                self.low = Some((value, time_s));
            }
            return;
        }
        if value < low.0 {
            self.low = Some((value, time_s));
            return;
        }
        if value - low.0 < self.least {
            return;
        }
        // The low point is confirmed as a turn now that the signal has risen from it.
        self.rising = true;
        let turn_s = self.high.1;
        self.high = (value, time_s);
        let Some(start_s) = self.begun_s.replace(low.1) else { return };
        let duration = low.1 - start_s;
        let typical = self.durations.get(self.durations.len() / 2).copied().unwrap_or(duration);
        let is_usual = (typical / DURATION_FACTOR..=typical * DURATION_FACTOR).contains(&duration);
        if is_usual && (rule.min_duration_s..=rule.max_duration_s).contains(&duration) {
            let index = self.durations.partition_point(|known| *known < duration);
            self.durations.insert(index, duration);
            let (outcome, side) = (Outcome::Completed, self.side);
            emit(Change::Ended(Done {
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
    pub(super) fn interrupt(&mut self) {
        (self.low, self.begun_s, self.rising) = (None, None, false);
        self.smooth = Smooth::new();
    }
}
