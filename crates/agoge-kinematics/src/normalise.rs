//! Time normalisation of curves.

use agoge_motion::statistics::{finite_mean, sample_sd};

/// Number of points of a normalised cycle: 0, 1 … 100 %.
pub const CYCLE_POINTS: usize = 101;

/// Resamples a stretch of a curve to [`CYCLE_POINTS`] evenly spaced points by linear interpolation;
/// NaN next to missing values.
///
/// ```
/// use agoge_kinematics::normalise::resample_cycle;
/// let cycle = resample_cycle(&[0.0, 5.0, 10.0]);
/// assert_eq!((cycle.len(), cycle[50], cycle[100]), (101, 5.0, 10.0));
/// ```
pub fn resample_cycle(values: &[f64]) -> Vec<f64> {
    let last = values.len().saturating_sub(1) as f64;
    (0..CYCLE_POINTS)
        .map(|i| {
            let x = last * i as f64 / (CYCLE_POINTS - 1) as f64;
            let (low, share) = (x.floor() as usize, x.fract());
            let a = values.get(low).copied().unwrap_or(f64::NAN);
            if share == 0.0 {
                return a;
            }
            a + share * (values.get(low + 1).copied().unwrap_or(f64::NAN) - a)
        })
        .collect()
}

/// The mean curve and the standard deviation curve (n − 1) of curves of equal length, `[repetition,
/// sample]` → two `[sample]`. Ignores missing values; the deviation of a single value is NaN.
pub fn mean_and_sd(curves: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
    let length = curves.iter().map(Vec::len).min().unwrap_or(0);
    (0..length)
        .map(|sample| {
            let values: Vec<f64> = curves.iter().map(|curve| curve[sample]).collect();
            (finite_mean(&values), sample_sd(&values))
        })
        .unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() {
        let line = resample_cycle(&[0.0, 5.0, 10.0]);
        assert_eq!(line.len(), CYCLE_POINTS);
        assert!(line.iter().enumerate().all(|(i, v)| (v - 0.1 * i as f64).abs() < 1e-12));
        assert!(resample_cycle(&[]).iter().all(|v| v.is_nan()));
        assert!(resample_cycle(&[3.0]).iter().all(|v| *v == 3.0));
    }

    #[test]
    fn spread_by_hand() {
        let (centre, sd) = mean_and_sd(&[vec![1.0, 2.0], vec![3.0, f64::NAN]]);
        assert_eq!((centre, sd[0]), (vec![2.0, 2.0], 2.0f64.sqrt()));
        assert!(sd[1].is_nan() && mean_and_sd(&[]).0.is_empty());
    }
}
