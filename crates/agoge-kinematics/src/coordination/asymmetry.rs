//! Asymmetry between the sides, for values on a ratio scale (strength, height, range). Meaningless
//! near zero.

/// Asymmetry of a task that both limbs perform together, %: (right − left) / (right + left) · 100
/// (Bishop et al. 2018). Positive: the right is greater. NaN if both are zero.
///
/// ```
/// use agoge_kinematics::coordination::bilateral_asymmetry;
/// // (60 − 40) / (60 + 40)
/// assert_eq!(bilateral_asymmetry(40.0, 60.0), 20.0);
/// ```
pub fn bilateral_asymmetry(left: f64, right: f64) -> f64 {
    100.0 * (right - left) / (right + left)
}
