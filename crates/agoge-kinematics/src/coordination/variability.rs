//! Similarity of repetitions, and regularity of a signal. See [`crate::normalise::spread`] for the
//! spread of curves over the cycle.

use crate::normalise::{finite_mean, sample_sd};

/// Coefficient of multiple correlation of repetitions (Kadaba et al. 1989, within-day form), 0 to
/// 1; 1 if all have the same waveform.
///
/// `curves` is `[repetition, sample]`, all of equal length ([`crate::normalise::cycle`]). NaN with
/// fewer than two repetitions or two samples, if a value is missing, and if the repetitions differ
/// more from each other than the curve varies (the formula then has no real value).
pub fn multiple_correlation(curves: &[Vec<f64>]) -> f64 {
    let (n, length) = (curves.len(), curves.first().map_or(0, Vec::len));
    if n < 2
        || length < 2
        || curves.iter().any(|curve| curve.len() != length || curve.iter().any(|v| !v.is_finite()))
    {
        return f64::NAN;
    }
    let (samples, repetitions) = (length as f64, n as f64);
    let centre: Vec<f64> = (0..length)
        .map(|sample| curves.iter().map(|curve| curve[sample]).sum::<f64>() / repetitions)
        .collect();
    let grand = finite_mean(&centre);
    let squares_about = |centre: &dyn Fn(usize) -> f64| -> f64 {
        curves
            .iter()
            .flat_map(|curve| curve.iter().enumerate())
            .map(|(sample, v)| (v - centre(sample)).powi(2))
            .sum()
    };
    let between = squares_about(&|sample| centre[sample]) / (samples * (repetitions - 1.0));
    let total = squares_about(&|_| grand) / (repetitions * samples - 1.0);
    (1.0 - between / total).sqrt()
}

/// Sample entropy (Richman & Moorman 2000) with the usual m = 2 and r = 0.2 standard deviations:
/// −ln of the probability that stretches that match over `m` samples also match over one more. 0 is
/// regular, about 2 and more is noise. Dimensionless.
///
/// Two stretches match if none of their corresponding samples differ by more than `r` standard
/// deviations (n − 1) of the signal; a stretch is not compared with itself. NaN if a value is
/// missing or no stretches match. Takes quadratic time: suitable for a repetition or a set, not for
/// an hour.
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
