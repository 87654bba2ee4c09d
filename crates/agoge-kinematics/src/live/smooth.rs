//! Causal smoothing of a live signal.

/// Time constant of each of the two low-pass filters, s. Together with the median they delay the
/// signal by about a tenth of a second.
const SMOOTHING_S: f64 = 0.035;

/// A median over three frames, which removes single outliers, followed by two first-order low-pass
/// filters.
#[derive(Clone, Debug)]
pub(super) struct CausalSmoother {
    raw: [f64; 3],
    low: [f64; 2],
    last_s: f64,
}

impl CausalSmoother {
    pub(super) fn new() -> CausalSmoother {
        CausalSmoother { raw: [f64::NAN; 3], low: [f64::NAN; 2], last_s: f64::NAN }
    }

    /// Processes the next value and returns the smoothed value.
    pub(super) fn push(&mut self, time_s: f64, value: f64) -> f64 {
        self.raw = [self.raw[1], self.raw[2], value];
        let [a, b, c] = self.raw;
        let middle = if a.is_finite() { a.max(b).min(a.min(b).max(c)) } else { c };
        let step = time_s - self.last_s;
        self.last_s = time_s;
        if self.low[0].is_nan() || step.is_nan() {
            self.low = [middle; 2];
            return middle;
        }
        let share = 1.0 - (-step / SMOOTHING_S).exp();
        self.low[0] += share * (middle - self.low[0]);
        self.low[1] += share * (self.low[0] - self.low[1]);
        self.low[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_wrong_frame_is_not_followed_and_a_level_is_reached() {
        let mut smooth = CausalSmoother::new();
        let mut highest = 0.0f64;
        for frame in 0..30 {
            highest = highest
                .max(smooth.push(f64::from(frame) / 30.0, if frame == 10 { 90.0 } else { 0.0 }));
        }
        assert!(highest < 1e-9);
        let last = (30..60).map(|frame| smooth.push(f64::from(frame) / 30.0, 10.0)).last().unwrap();
        assert!((last - 10.0).abs() < 1e-3, "{last}");
    }
}
