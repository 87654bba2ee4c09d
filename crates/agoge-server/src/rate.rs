//! Rates that clients may not exceed.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A token bucket: holds at most `capacity` and gains `per_second` every second.
pub(crate) struct RateLimiter {
    capacity: f64,
    per_second: f64,
    state: Mutex<(f64, Instant)>,
}

impl RateLimiter {
    pub(crate) fn new(capacity: f64, per_second: f64) -> RateLimiter {
        RateLimiter { capacity, per_second, state: Mutex::new((capacity, Instant::now())) }
    }

    /// Whether one more would pass; takes nothing.
    pub(crate) fn has_capacity(&self) -> bool {
        let (left, since) = *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.refilled_level(left, since) >= 1.0
    }

    fn refilled_level(&self, left: f64, since: Instant) -> f64 {
        (left + since.elapsed().as_secs_f64() * self.per_second).min(self.capacity)
    }

    /// Takes one from the bucket; false if it is empty.
    pub(crate) fn try_take(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.refilled_level(state.0, state.1);
        let may = left >= 1.0;
        *state = (if may { left - 1.0 } else { left }, Instant::now());
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_bounded() {
        let rate = RateLimiter::new(5.0, 5.0);
        let passed = (0..100).filter(|_| rate.try_take()).count();
        assert!((5..100).contains(&passed), "{passed}");
    }
}
