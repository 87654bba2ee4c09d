//! One line of a movement that goes round without rest.

use super::smooth::Smooth;
use super::{Change, Done, GAP_S, Outcome};
use crate::movement::RepetitionRule;
use agoge_motion::Side;

/// As in [`crate::repetitions`]: a cycle further from the median duration than this factor, either
/// way, is none.
const DURATION_FACTOR: f64 = 1.8;

/// Follows one line from low to low.
#[derive(Clone, Debug)]
pub(super) struct Round {
    side: Option<Side>,
    least: f64,
    sign: f64,
    smooth: Smooth,
    last_s: f64,
    /// Lowest and highest since the last turn, each value and time.
    low: Option<(f64, f64)>,
    high: (f64, f64),
    rising: bool,
    /// The low at which the cycle under way began, s.
    begun_s: Option<f64>,
    /// Durations so far, rising, s.
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

    pub(super) fn push(
        &mut self,
        time_s: f64,
        value: f64,
        rule: &RepetitionRule,
        mut say: impl FnMut(Change),
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
        // The low is a turn now that the signal has risen from it.
        self.rising = true;
        let turn_s = self.high.1;
        self.high = (value, time_s);
        let Some(start_s) = self.begun_s.replace(low.1) else { return };
        let duration = low.1 - start_s;
        let typical = self.durations.get(self.durations.len() / 2).copied().unwrap_or(duration);
        let is_usual = (typical / DURATION_FACTOR..=typical * DURATION_FACTOR).contains(&duration);
        if is_usual && (rule.min_duration_s..=rule.max_duration_s).contains(&duration) {
            let at = self.durations.partition_point(|known| *known < duration);
            self.durations.insert(at, duration);
            let (outcome, side) = (Outcome::Completed, self.side);
            say(Change::Ended(Done {
                outcome,
                start_s,
                turn_s,
                end_s: low.1,
                side,
                size: f64::INFINITY,
            }));
        }
    }

    /// Forgets the cycle under way: half of one is nothing.
    pub(super) fn interrupt(&mut self) {
        (self.low, self.begun_s, self.rising) = (None, None, false);
        self.smooth = Smooth::new();
    }
}
