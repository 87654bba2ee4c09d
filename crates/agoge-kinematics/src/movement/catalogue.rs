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
const fn sided_curve(name: &'static str, quantity: Quantity) -> CurveKind {
    CurveKind { name, sided: true, quantity }
}

/// A curve without sides.
const fn unsided_curve(name: &'static str, quantity: Quantity) -> CurveKind {
    CurveKind { name, sided: false, quantity }
}

/// All known curves.
pub const CURVES: &[CurveKind] = &[
    sided_curve("knee_flexion", Quantity::Angle),
    sided_curve("hip_flexion", Quantity::Angle),
    sided_curve("hip_adduction", Quantity::Angle),
    sided_curve("ankle_dorsiflexion", Quantity::Angle),
    sided_curve("knee_valgus", Quantity::Angle),
    sided_curve("shoulder_elevation", Quantity::Angle),
    sided_curve("shoulder_flexion", Quantity::Angle),
    sided_curve("shoulder_abduction", Quantity::Angle),
    sided_curve("shoulder_rotation", Quantity::Angle),
    sided_curve("elbow_flexion", Quantity::Angle),
    sided_curve("thigh_angle", Quantity::Angle),
    sided_curve("shank_angle", Quantity::Angle),
    sided_curve("foot_angle", Quantity::Angle),
    sided_curve("wrist_height", Quantity::Length),
    sided_curve("ankle_height", Quantity::Length),
    sided_curve("foot_height", Quantity::Length),
    sided_curve("heel_lift", Quantity::Length),
    sided_curve("heel_height", Quantity::Length),
    sided_curve("heel_forward", Quantity::Length),
    sided_curve("toe_forward", Quantity::Length),
    sided_curve("knee_medial_displacement", Quantity::Length),
    sided_curve("wrist_speed", Quantity::Speed),
    sided_curve("wrist_forward", Quantity::Length),
    sided_curve("wrist_side", Quantity::Length),
    unsided_curve("trunk_lean", Quantity::Angle),
    unsided_curve("trunk_lateral_lean", Quantity::Angle),
    unsided_curve("trunk_rotation", Quantity::Angle),
    unsided_curve("pelvis_list", Quantity::Angle),
    unsided_curve("shoulder_tilt", Quantity::Angle),
    unsided_curve("head_lean", Quantity::Angle),
    unsided_curve("pelvis_height", Quantity::Length),
    unsided_curve("pelvis_forward", Quantity::Length),
    unsided_curve("pelvis_travel", Quantity::Length),
    unsided_curve("pelvis_side", Quantity::Length),
    unsided_curve("stance_width", Quantity::Length),
    unsided_curve("knee_ankle_ratio", Quantity::Ratio),
    unsided_curve("com_height", Quantity::Length),
    unsided_curve("com_forward", Quantity::Length),
    unsided_curve("com_side", Quantity::Length),
    unsided_curve("sensor_tilt", Quantity::Angle),
    unsided_curve("sensor_load", Quantity::Ratio),
];

/// The catalogue entry of the curve with this name.
pub fn curve_kind(name: &str) -> Option<CurveKind> {
    CURVES.iter().copied().find(|curve| curve.name == name)
}

/// The range of a curve, degrees, that a human body can reach: the usual ranges of motion (Norkin &
/// White 2016), extended to what athletes reach under load, plus 15° for measurement error. A knee
/// bends to about 155° and no knee is stretched by more than 15° or pushed inward by more than 20°
/// without injury; beyond that the heading or the tracking is wrong. A value outside the range
/// means that the recording's skeleton is wrong. `None` for curves without such a limit.
///
/// ```
/// use agoge_kinematics::movement::human_range;
/// assert_eq!(human_range("knee_valgus"), Some([-25.0, 25.0]));
/// assert_eq!(human_range("trunk_lean"), None);
/// ```
pub fn human_range(curve: &str) -> Option<[f64; 2]> {
    Some(match curve {
        "knee_flexion" => [-15.0, 165.0],
        "hip_flexion" => [-60.0, 165.0],
        "hip_adduction" => [-90.0, 60.0],
        "ankle_dorsiflexion" => [-85.0, 65.0],
        // 20 true degrees and 5 of measurement.
        "knee_valgus" => [-25.0, 25.0],
        "elbow_flexion" => [-30.0, 180.0],
        "pelvis_list" | "shoulder_tilt" => [-90.0, 90.0],
        _ => return None,
    })
}

/// The known name nearest to a misspelt one, for hints; `None` if none is close.
pub(super) fn nearest_name<'a>(
    wanted: &str,
    known: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    known
        .map(|name| (edit_distance(wanted, name), name))
        .min()
        .filter(|(edits, name)| 2 * edits <= name.len())
        .map(|(_, name)| name)
}

/// Edit distance (Levenshtein 1966).
fn edit_distance(a: &str, b: &str) -> usize {
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
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("same", "same"), 0);
    }

    #[test]
    fn a_misspelt_curve_has_a_hint_and_a_strange_one_has_none() {
        let names = || CURVES.iter().map(|curve| curve.name);
        assert_eq!(nearest_name("knee_flexoin", names()), Some("knee_flexion"));
        assert_eq!(nearest_name("xyz", names()), None);
    }
}
