//! Time normalisation of curves, and basic statistics that ignore missing values.

/// Number of points of a normalised cycle: 0, 1 … 100 %.
pub const CYCLE_POINTS: usize = 101;

/// Resamples a stretch of a curve to [`CYCLE`] evenly spaced points by linear interpolation; NaN
/// next to missing values.
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

/// Mean of the known values; NaN without any.
pub fn finite_mean(values: &[f64]) -> f64 {
    let (sum, n) =
        values.iter().filter(|v| v.is_finite()).fold((0.0, 0usize), |(sum, n), v| (sum + v, n + 1));
    sum / n as f64
}

/// Sample standard deviation (n − 1) of the known values; NaN with fewer than two.
pub fn sample_sd(values: &[f64]) -> f64 {
    let centre = finite_mean(values);
    let (sum, n) = values
        .iter()
        .filter(|v| v.is_finite())
        .fold((0.0, 0usize), |(s, n), v| (s + (v - centre).powi(2), n + 1));
    if n < 2 { f64::NAN } else { (sum / (n - 1) as f64).sqrt() }
}

/// Half-width of the confidence interval of a mean, from the scatter of its values: `z` standard
/// errors (1.645: 90 %, 1.96: 95 %). NaN with fewer than two known values.
pub fn half_width(values: &[f64], z: f64) -> f64 {
    z * sample_sd(values) / (values.len() as f64).sqrt()
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

/// Standard error of measurement from repeated measurements of one athlete: the standard deviation
/// of successive differences over √2 (Hopkins 2000), which a steady drift over the set does not
/// inflate. NaN with fewer than three values.
pub fn standard_error(values: &[f64]) -> f64 {
    let differences: Vec<f64> = values.windows(2).map(|w| w[1] - w[0]).collect();
    sample_sd(&differences) / std::f64::consts::SQRT_2
}

/// Minimal detectable change between two single measurements at 95 % confidence: 1.96·√2·SEM.
pub fn minimal_detectable_change(standard_error: f64) -> f64 {
    1.96 * std::f64::consts::SQRT_2 * standard_error
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

    #[test]
    fn statistics_by_hand() {
        assert_eq!(finite_mean(&[1.0, f64::NAN, 3.0]), 2.0);
        assert!((sample_sd(&[1.0, 3.0]) - 2.0f64.sqrt()).abs() < 1e-12);
        assert!(standard_error(&[1.0, 2.0, 3.0, 4.0]).abs() < 1e-12, "a steady drift is no error");
        assert!((minimal_detectable_change(1.0) - 2.7719).abs() < 1e-4);
    }
}
