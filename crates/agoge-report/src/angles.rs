//! Joint angles under the names of OpenSim's coordinates.

use agoge_kinematics::Curves;

/// Our curves and OpenSim's coordinates of the same meaning and sign (models of Rajagopal and Lai &
/// Uhlrich). Trunk lean is left out rather than renamed: OpenSim's lumbar extension is relative to
/// the pelvis and positive backward, ours is relative to the vertical and positive forward.
const OPENSIM_NAMES: [(&str, &str); 10] = [
    ("hip_flexion_right", "hip_flexion_r"),
    ("hip_adduction_right", "hip_adduction_r"),
    ("knee_flexion_right", "knee_angle_r"),
    ("ankle_dorsiflexion_right", "ankle_angle_r"),
    ("hip_flexion_left", "hip_flexion_l"),
    ("hip_adduction_left", "hip_adduction_l"),
    ("knee_flexion_left", "knee_angle_l"),
    ("ankle_dorsiflexion_left", "ankle_angle_l"),
    ("elbow_flexion_right", "elbow_flex_r"),
    ("elbow_flexion_left", "elbow_flex_l"),
];

/// Returns the curves that OpenSim has a coordinate for: its name and the values in degrees,
/// `[frame]`, NaN where missing.
///
/// ```
/// use agoge_kinematics::measure_curves;
/// use agoge_motion::Side;
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// use agoge_report::opensim_angles;
/// let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
/// let curves = measure_curves(&body).curves;
/// let angles = opensim_angles(&curves);
/// let (_, knee) = angles.iter().find(|(name, _)| *name == "knee_angle_r").unwrap();
/// assert_eq!(*knee, curves.get("knee_flexion", Some(Side::Right)).unwrap().values);
/// ```
pub fn opensim_angles(curves: &Curves) -> Vec<(&'static str, &[f64])> {
    OPENSIM_NAMES
        .iter()
        .filter_map(|(key, name)| Some((*name, curves.get_by_key(key)?.values.as_slice())))
        .collect()
}
