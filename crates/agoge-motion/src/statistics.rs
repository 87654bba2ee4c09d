//! The statistics that every stage uses: one definition each.

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
