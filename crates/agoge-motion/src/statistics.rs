//! The statistics that every stage uses: one definition each. Where definitions differ, as those of
//! quantiles do, the name says which one it is.

use fastrand::Rng;

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

/// Half-width of the confidence interval of a mean, from the scatter of its known values: `z`
/// standard errors (1.645: 90 %, 1.96: 95 %). NaN with fewer than two known values.
pub fn half_width(values: &[f64], z: f64) -> f64 {
    let known = values.iter().filter(|v| v.is_finite()).count();
    z * sample_sd(values) / (known as f64).sqrt()
}

/// Standard error of measurement from repeated measurements of one athlete: the standard deviation
/// of successive differences over √2 (Hopkins 2000), which a steady drift over the set does not
/// inflate. NaN with fewer than three values.
///
/// ```
/// use agoge_motion::statistics::standard_error;
/// // Successive differences 2, −2, 2, −2: standard deviation √(16/3), over √2.
/// let error = standard_error(&[10.0, 12.0, 10.0, 12.0, 10.0]);
/// assert!((error - (8.0f64 / 3.0).sqrt()).abs() < 1e-12);
/// ```
pub fn standard_error(values: &[f64]) -> f64 {
    let differences: Vec<f64> = values.windows(2).map(|w| w[1] - w[0]).collect();
    sample_sd(&differences) / std::f64::consts::SQRT_2
}

/// Minimal detectable change between two single measurements at 95 % confidence: 1.96·√2·SEM.
pub fn minimal_detectable_change(standard_error: f64) -> f64 {
    1.96 * std::f64::consts::SQRT_2 * standard_error
}

/// The upper median: the value in the middle, or of two in the middle the greater. `None` without
/// values; changes their order. NaN counts as the greatest value.
pub fn upper_median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    (!values.is_empty()).then(|| *values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// The quantile of the values at a share, 0 to 1: the value with the nearest rank, (n − 1)·share.
/// `None` without values; changes their order.
pub fn nearest_quantile(values: &mut [f64], share: f64) -> Option<f64> {
    let index = (values.len().checked_sub(1)? as f64 * share).round() as usize;
    Some(*values.select_nth_unstable_by(index, f64::total_cmp).1)
}

/// The quantile of the values at a share, 0 to 1, by Hazen's plotting position: of n values, this
/// many lie below with the requested probability; linear between neighbours. `None` without
/// values; sorts them.
pub fn hazen_quantile(values: &mut [f64], share: f64) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    values.sort_by(f64::total_cmp);
    let position = (share * values.len() as f64 - 0.5).clamp(0.0, last as f64);
    let (low, fraction) = (position.floor() as usize, position.fract());
    Some(values[low] + fraction * (values[(low + 1).min(last)] - values[low]))
}

/// A standard normal random number.
pub fn normal_deviate(rng: &mut Rng) -> f64 {
    box_muller(rng.f64(), rng.f64())
}

/// A standard normal random number from two uniform ones in [0, 1) (Box & Muller 1958).
pub fn box_muller(first: f64, second: f64) -> f64 {
    (-2.0 * (1.0 - first).ln()).sqrt() * (std::f64::consts::TAU * second).cos()
}

/// Cumulative standard normal distribution, to double precision.
///
/// ```
/// use agoge_motion::statistics::normal_cdf;
/// assert!((normal_cdf(1.959964) - 0.975).abs() < 1e-6);
/// ```
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Cumulative standard normal distribution by a polynomial that is accurate to 1e-7 (Abramowitz &
/// Stegun 1964, 26.2.17). Percentiles in `analysis.json` are computed by it.
pub fn normal_cdf_polynomial(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let sum = series.iter().rev().fold(0.0, |sum, factor| (sum + factor) * t);
    let tail = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() * sum;
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// Deviate of Student's t distribution with `freedom` degrees of freedom that is as rare as the
/// normal deviate `z` (Abramowitz & Stegun 1964, 26.7.5).
///
/// ```
/// use agoge_motion::statistics::student_deviate;
/// // Two-sided 95 %: 1.960 for the normal distribution, 2.228 for t with 10 degrees of freedom.
/// assert!((student_deviate(1.959964, 10) - 2.228).abs() < 1e-3);
/// ```
pub fn student_deviate(z: f64, freedom: usize) -> f64 {
    let n = freedom.max(1) as f64;
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / n + second / n.powi(2) + third / n.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_by_hand() {
        assert_eq!(finite_mean(&[1.0, f64::NAN, 3.0]), 2.0);
        assert!(finite_mean(&[f64::NAN]).is_nan());
        assert!((sample_sd(&[1.0, 3.0]) - 2.0f64.sqrt()).abs() < 1e-12);
        assert!(standard_error(&[1.0, 2.0, 3.0, 4.0]).abs() < 1e-12, "a steady drift is no error");
        assert!((minimal_detectable_change(1.0) - 2.7719).abs() < 1e-4);
    }

    /// Two known values with a standard deviation of √2: 1.96 · √2 / √2. A value that is missing
    /// does not narrow the interval.
    #[test]
    fn a_missing_value_does_not_count() {
        assert!((half_width(&[1.0, 3.0], 1.96) - 1.96).abs() < 1e-12);
        assert!((half_width(&[1.0, f64::NAN, 3.0, f64::NAN], 1.96) - 1.96).abs() < 1e-12);
        assert!(half_width(&[1.0, f64::NAN], 1.96).is_nan());
    }

    /// By hand; Hazen's as NumPy's `quantile(v, q, method="hazen")`.
    #[test]
    fn quantiles_follow_their_rules() {
        let values = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(upper_median(&mut values.clone()), Some(3.0));
        assert_eq!(upper_median(&mut [5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(upper_median(&mut []), None);
        for (share, nearest, hazen) in
            [(0.0, 1.0, 1.0), (0.4, 2.0, 2.1), (0.5, 3.0, 2.5), (0.95, 4.0, 4.0), (1.0, 4.0, 4.0)]
        {
            assert_eq!(nearest_quantile(&mut values.clone(), share), Some(nearest), "{share}");
            let found = hazen_quantile(&mut values.clone(), share).unwrap();
            assert!((found - hazen).abs() < 1e-12, "{share}: {found}");
        }
        assert_eq!(nearest_quantile(&mut [], 0.5), None);
        assert_eq!(hazen_quantile(&mut [], 0.5), None);
    }

    /// SciPy's `norm.cdf`.
    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, share) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (-1.96, 0.024_997_895_148_220),
            (3.0, 0.998_650_101_968_370),
        ] {
            assert!((normal_cdf(z) - share).abs() < 1e-12, "{z}: {}", normal_cdf(z));
            assert!((normal_cdf_polynomial(z) - share).abs() < 1e-7, "{z}");
        }
    }

    /// The mean of 10,000 draws is within 4 standard errors of 0, their variance of 1.
    #[test]
    fn normal_numbers_are_normal() {
        let mut rng = Rng::with_seed(1);
        let draws: Vec<f64> = (0..10_000).map(|_| normal_deviate(&mut rng)).collect();
        assert!(finite_mean(&draws).abs() < 0.04);
        assert!((sample_sd(&draws).powi(2) - 1.0).abs() < 4.0 * (2.0f64 / 10_000.0).sqrt());
    }

    /// SciPy's `t.ppf(1 - 0.0005, n)`; the expansion is a few percent short with few degrees of
    /// freedom.
    #[test]
    fn rare_deviates_of_few_repetitions_are_large() {
        for (freedom, expected, tolerance) in
            [(4, 8.610, 0.6), (6, 5.959, 0.1), (8, 5.041, 0.03), (30, 3.646, 0.003)]
        {
            assert!(
                (student_deviate(3.2905, freedom) - expected).abs() < tolerance,
                "{freedom}: {}",
                student_deviate(3.2905, freedom)
            );
        }
    }
}
