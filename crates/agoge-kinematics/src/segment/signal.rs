//! Utilities for sampled signals that may have gaps and an uneven clock. All take time linear in
//! the number of samples.

use std::ops::Range;

/// Fills gaps (NaN) of at most `longest` seconds by linear interpolation; longer gaps and the ends
/// stay missing. `time` and `values` are `[frame]`.
pub(crate) fn bridge_gaps(time: &[f64], values: &[f64], longest: f64) -> Vec<f64> {
    let mut bridged = values.to_vec();
    let mut last: Option<usize> = None;
    for frame in 0..values.len().min(time.len()) {
        if !values[frame].is_finite() {
            bridged[frame] = f64::NAN;
            continue;
        }
        if let Some(from) =
            last.filter(|&from| frame - from > 1 && time[frame] - time[from] <= longest)
        {
            let slope = (values[frame] - values[from]) / (time[frame] - time[from]);
            for between in from + 1..frame {
                bridged[between] = values[from] + slope * (time[between] - time[from]);
            }
        }
        last = Some(frame);
    }
    bridged
}

/// The stretches without missing values, at least two frames long.
pub(crate) fn known_stretches(values: &[f64]) -> Vec<Range<usize>> {
    let mut stretches = Vec::new();
    let mut start = None;
    for frame in 0..=values.len() {
        let known = values.get(frame).is_some_and(|value| value.is_finite());
        match (known, start) {
            (true, None) => start = Some(frame),
            (false, Some(from)) => {
                if frame - from >= 2 {
                    stretches.push(from..frame);
                }
                start = None;
            }
            _ => {}
        }
    }
    stretches
}

/// Smooths a signal without gaps by three moving means of `width` seconds, which together
/// approximate a Gaussian of standard deviation `width / 2`. The window shrinks symmetrically
/// towards the ends, so that they are not biased.
pub(crate) fn smooth_signal(time: &[f64], values: &[f64], width: f64) -> Vec<f64> {
    let once = moving_mean(time, values, width / 2.0);
    let twice = moving_mean(time, &once, width / 2.0);
    moving_mean(time, &twice, width / 2.0)
}

/// The moving mean over `half` seconds on each side.
fn moving_mean(time: &[f64], values: &[f64], half: f64) -> Vec<f64> {
    let n = values.len().min(time.len());
    let mut sums = Vec::with_capacity(n + 1);
    let mut sum = 0.0;
    sums.push(sum);
    // Values are taken relative to the first, so that the running sum stays small and accurate for
    // signals far from zero.
    let offset = values.first().copied().unwrap_or(0.0);
    for value in &values[..n] {
        sum += value - offset;
        sums.push(sum);
    }
    let (mut first, mut last) = (0, 0);
    (0..n)
        .map(|frame| {
            while time[frame] - time[first] > half + 1e-9 {
                first += 1;
            }
            while last + 1 < n && time[last + 1] - time[frame] <= half + 1e-9 {
                last += 1;
            }
            let half_width = (frame - first).min(last - frame);
            offset
                + (sums[frame + half_width + 1] - sums[frame - half_width])
                    / (2 * half_width + 1) as f64
        })
        .collect()
}

/// Rate of change per second, `[frame]`, by central differences (one-sided at the ends and next to
/// gaps).
pub(crate) fn rate_of_change(time: &[f64], values: &[f64]) -> Vec<f64> {
    let n = values.len().min(time.len());
    let known = |frame: usize| values[frame].is_finite();
    (0..n)
        .map(|frame| {
            let before = if frame > 0 && known(frame - 1) { frame - 1 } else { frame };
            let after = if frame + 1 < n && known(frame + 1) { frame + 1 } else { frame };
            (values[after] - values[before]) / (time[after] - time[before])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(n: usize, rate: f64) -> Vec<f64> {
        (0..n).map(|frame| frame as f64 / rate).collect()
    }

    #[test]
    fn short_gaps_are_bridged_long_ones_and_ends_are_not() {
        let nan = f64::NAN;
        let values = [nan, 1.0, nan, 3.0, nan, nan, nan, nan, 8.0, nan];
        let bridged = bridge_gaps(&clock(10, 10.0), &values, 0.25);
        assert_eq!(bridged[1..4], [1.0, 2.0, 3.0]);
        assert!(
            bridged[0].is_nan() && bridged[4..8].iter().all(|v| v.is_nan()) && bridged[9].is_nan()
        );
        assert_eq!(known_stretches(&bridged).first(), Some(&(1..4)));
        assert_eq!(known_stretches(&bridged).len(), 1);
    }

    #[test]
    fn smoothing_keeps_lines_and_their_ends() {
        let time = clock(50, 25.0);
        let line: Vec<f64> = time.iter().map(|t| 1e6 + 3.0 * t).collect();
        for (smoothed, exact) in smooth_signal(&time, &line, 0.3).iter().zip(&line) {
            assert!((smoothed - exact).abs() < 1e-6, "{smoothed} {exact}");
        }
        for rate in rate_of_change(&time, &line) {
            assert!((rate - 3.0).abs() < 1e-6);
        }
    }

    #[test]
    fn smoothing_does_not_depend_on_the_frame_rate() {
        let bump = |rate: f64| {
            let time = clock((2.0 * rate) as usize + 1, rate);
            let values: Vec<f64> =
                time.iter().map(|t| (-(t - 1.0f64).powi(2) / 0.02).exp()).collect();
            smooth_signal(&time, &values, 0.15)[rate as usize]
        };
        assert!((bump(60.0) - bump(240.0)).abs() < 0.03, "{} {}", bump(60.0), bump(240.0));
    }
}
