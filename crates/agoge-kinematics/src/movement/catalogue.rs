//! The catalogue of curves that a definition may use.

/// The kind of quantity that a curve measures. Definitions give lengths in metres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// An angle, degrees.
    Angle,
    /// A length, metres.
    Length,
    /// A speed, metres per second.
    Speed,
    /// A dimensionless number.
    Ratio,
}

/// The static properties of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurveKind {
    /// Name in snake case, without the side.
    pub name: &'static str,
    /// Whether there is one for each side.
    pub sided: bool,
    /// The quantity it measures.
    pub quantity: Quantity,
}

/// A curve that exists for each side.
const fn each(name: &'static str, quantity: Quantity) -> CurveKind {
    CurveKind { name, sided: true, quantity }
}

/// A curve without sides.
const fn one(name: &'static str, quantity: Quantity) -> CurveKind {
    CurveKind { name, sided: false, quantity }
}

/// All known curves.
pub const CURVES: &[CurveKind] = &[
    each("knee_flexion", Quantity::Angle),
    each("hip_flexion", Quantity::Angle),
    each("hip_adduction", Quantity::Angle),
    each("ankle_dorsiflexion", Quantity::Angle),
    each("knee_valgus", Quantity::Angle),
    each("shoulder_elevation", Quantity::Angle),
    each("shoulder_flexion", Quantity::Angle),
    each("shoulder_abduction", Quantity::Angle),
    each("shoulder_rotation", Quantity::Angle),
    each("elbow_flexion", Quantity::Angle),
    each("thigh_angle", Quantity::Angle),
    each("shank_angle", Quantity::Angle),
    each("foot_angle", Quantity::Angle),
    each("wrist_height", Quantity::Length),
    each("ankle_height", Quantity::Length),
    each("foot_height", Quantity::Length),
    each("knee_medial_displacement", Quantity::Length),
    each("wrist_speed", Quantity::Speed),
    each("wrist_forward", Quantity::Length),
    each("wrist_side", Quantity::Length),
    one("trunk_lean", Quantity::Angle),
    one("trunk_lateral_lean", Quantity::Angle),
    one("trunk_rotation", Quantity::Angle),
    one("pelvis_list", Quantity::Angle),
    one("shoulder_tilt", Quantity::Angle),
    one("head_lean", Quantity::Angle),
    one("pelvis_height", Quantity::Length),
    one("pelvis_forward", Quantity::Length),
    one("pelvis_side", Quantity::Length),
    one("stance_width", Quantity::Length),
    one("knee_ankle_ratio", Quantity::Ratio),
    one("com_height", Quantity::Length),
    one("com_forward", Quantity::Length),
    one("com_side", Quantity::Length),
    one("sensor_tilt", Quantity::Angle),
    one("sensor_load", Quantity::Ratio),
];

/// The catalogue entry of the curve with this name.
pub fn curve_kind(name: &str) -> Option<CurveKind> {
    CURVES.iter().copied().find(|curve| curve.name == name)
}

/// The range of a curve, degrees, that a human body can reach: the usual ranges of motion (Norkin &
/// White 2016), extended to what athletes reach under load, plus 15° for measurement error. A value
/// outside it means that the recording's skeleton is wrong. `None` for curves without such a limit.
pub fn humanly_possible(curve: &str) -> Option<[f64; 2]> {
    Some(match curve {
        "knee_flexion" => [-30.0, 180.0],
        "hip_flexion" => [-60.0, 165.0],
        "hip_adduction" => [-90.0, 60.0],
        "ankle_dorsiflexion" => [-85.0, 65.0],
        "knee_valgus" => [-50.0, 50.0],
        "elbow_flexion" => [-30.0, 180.0],
        "pelvis_list" | "shoulder_tilt" => [-90.0, 90.0],
        _ => return None,
    })
}

/// The known name nearest to a misspelt one, for hints; `None` if none is close.
pub(super) fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (edits(wanted, name), name))
        .min()
        .filter(|(edits, name)| 2 * edits <= name.len())
        .map(|(_, name)| name)
}

/// Edit distance (Levenshtein 1966).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let distance = (diagonal + usize::from(ca != *cb)).min(*cell + 1).min(left + 1);
            diagonal = *cell;
            *cell = distance;
            left = distance;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distance_of_the_textbook() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("same", "same"), 0);
    }

    #[test]
    fn a_misspelt_curve_has_a_hint_and_a_strange_one_has_none() {
        let names = || CURVES.iter().map(|curve| curve.name);
        assert_eq!(nearest("knee_flexoin", names()), Some("knee_flexion"));
        assert_eq!(nearest("xyz", names()), None);
    }
}
