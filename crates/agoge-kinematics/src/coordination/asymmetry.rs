//! Asymmetry between the sides, for values on a ratio scale (strength, height, range). All measures
//! are meaningless near zero.

/// Asymmetry of a task that both limbs perform together, %: (right − left) / (right + left) · 100
/// (Bishop et al. 2018). Positive: the right is greater. NaN if both are zero.
pub fn bilateral_asymmetry(left: f64, right: f64) -> f64 {
    100.0 * (right - left) / (right + left)
}

/// Asymmetry of a task that each limb performs separately, %: 100 − 100 · min/max, with a sign for
/// the side (Bishop et al. 2018): positive if the right is greater. −100 to 100 for non-negative
/// values. NaN if both are zero.
pub fn unilateral_asymmetry(left: f64, right: f64) -> f64 {
    let size = 100.0 - 100.0 * left.min(right) / left.max(right);
    if right < left { -size } else { size }
}

/// Limb symmetry index, %: the involved limb relative to the uninvolved; 100 if they are equal.
pub fn limb_symmetry_index(involved: f64, uninvolved: f64) -> f64 {
    100.0 * involved / uninvolved
}
