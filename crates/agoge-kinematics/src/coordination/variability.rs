//! Regularity of a signal.

use agoge_motion::statistics::sample_sd;

/// Sample entropy (Richman & Moorman 2000) with the usual m = 2 and r = 0.2 standard deviations:
/// −ln of the probability that stretches that match over `m` samples also match over one more. 0 is
/// regular, about 2 and more is noise. Dimensionless.
///
/// Two stretches match if none of their corresponding samples differ by more than `r` standard
/// deviations (n − 1) of the signal; a stretch is not compared with itself. NaN if a value is
/// missing or no stretches match. Takes quadratic time: suitable for a repetition or a set, not for
/// an hour.
///
/// ```
/// use agoge_kinematics::coordination::sample_entropy;
/// // A strictly alternating signal repeats itself, so what matches also matches one sample later.
/// let regular: Vec<f64> = (0..40).map(|i| f64::from(i % 2)).collect();
/// assert!(sample_entropy(&regular, 2, 0.2) < 0.1);
/// ```
pub fn sample_entropy(values: &[f64], m: usize, r: f64) -> f64 {
    let tolerance = r * sample_sd(values);
    if values.len() < m + 2 || tolerance.is_nan() || values.iter().any(|value| !value.is_finite()) {
        return f64::NAN;
    }
    let matches = |a: usize, b: usize| (values[a] - values[b]).abs() <= tolerance;
    let (mut short, mut long) = (0usize, 0usize);
    for a in 0..values.len() - m {
        for b in a + 1..values.len() - m {
            if (0..m).all(|k| matches(a + k, b + k)) {
                short += 1;
                long += usize::from(matches(a + m, b + m));
            }
        }
    }
    if long == 0 { f64::NAN } else { (short as f64 / long as f64).ln() }
}
