//! How precisely a recording measures: differences within this error are no findings.

use agoge_formats::{FormatTrait, source_has_trait};
use agoge_kinematics::gait::{GaitKind, GaitPlace, GaitQuantity, gait_error};
use agoge_kinematics::movement::MetricRule;
use agoge_kinematics::{Metric, Movement, RELIABLE_SHOWN_SHARE, Unit, visible_share};
use agoge_motion::{Recording, Side};

/// Source of the general error in three dimensions where nothing specific was measured: 3° and 1 cm
/// (markers and depth cameras after filtering; the simulator's noise test stays within it).
const SPACE_SOURCE: &str = "markers and depth cameras after filtering";
/// Source of the general error from one camera: 6° and 3 cm. Video trackers are 4 to 7° RMS off, so
/// a frontal change of 3° from one phone is noise.
const PICTURE_SOURCE: &str = "trackers of video against manual marking: 4 to 7° RMS (Gomez 2025)";
const KERAAL_SOURCE: &str = "BlazePose against markers, Keraal set (docs/results/video.md)";
/// Frame rate that is assumed without a recording, Hz.
const USUAL_HZ: f64 = 100.0;
/// A limb counts as hidden if it points out of the image plane in more than this share of the
/// frames.
const MAX_HIDDEN_SHARE: f64 = 0.05;

/// Root mean square errors of an angle against markers, degrees: raw, and without the mean error of
/// each trial.
type Rmse = [f64; 2];

/// Errors of one angle measured by `agoge evaluate keraal` (docs/results/video.md): in the image
/// while the limb lies in the image plane, in the image over all frames that can be measured, and
/// with guessed depth. Unmeasured cases fall back to the general errors.
struct MeasuredAngle {
    curve: &'static str,
    in_plane: Option<Rmse>,
    picture: Option<Rmse>,
    depth: Option<Rmse>,
}

const MEASURED_ANGLES: [MeasuredAngle; 9] = [
    measured_angle("elbow_flexion", Some([21.4, 13.0]), Some([23.2, 17.1]), [32.9, 23.7]),
    measured_angle("shoulder_elevation", Some([13.3, 12.1]), Some([22.5, 20.3]), [22.7, 14.6]),
    measured_angle("shoulder_abduction", Some([12.2, 11.3]), Some([22.3, 20.3]), [26.7, 22.7]),
    measured_angle("shoulder_tilt", None, Some([5.0, 4.6]), [4.6, 4.4]),
    measured_angle("trunk_lateral_lean", None, Some([4.0, 1.4]), [8.8, 8.4]),
    // In the sagittal plane the mean error includes the camera's tilt and the target on the belt,
    // so it is left out.
    measured_angle("trunk_lean", None, None, [21.7, 21.7]),
    measured_angle("head_lean", None, None, [19.8, 19.8]),
    measured_angle("shoulder_flexion", None, None, [73.4, 67.4]),
    measured_angle("shoulder_rotation", None, None, [60.5, 39.8]),
];

const fn measured_angle(
    curve: &'static str,
    in_plane: Option<Rmse>,
    picture: Option<Rmse>,
    depth: Rmse,
) -> MeasuredAngle {
    MeasuredAngle { curve, in_plane, picture, depth: Some(depth) }
}

/// Kind of sensor behind a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PoseSource {
    /// Joint positions in space: markers, depth cameras, several cameras.
    Space,
    /// One camera: joint positions in its image.
    Picture,
    /// One camera, with depth guessed by a network.
    GuessedDepth,
}

/// How precisely one recording measures.
///
/// ```
/// use agoge_coach::Precision;
/// use agoge_kinematics::Unit;
/// use agoge_motion::simulate::{Exercise, SimulatedCamera, SimulatedSet};
/// let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
/// let film = SimulatedCamera::phone(90.0).film_recording(&body);
/// // One camera measures an angle half as precisely as markers.
/// let error = |body| Precision::from_recording(body).unit_error(Unit::Degree).half_width;
/// assert_eq!((error(&body), error(&film)), (3.0, 6.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    pose_source: PoseSource,
    /// Curves (name and side) of limbs that point out of the image plane too often.
    hidden_curves: Vec<(&'static str, Side)>,
    /// Frame rate, Hz.
    rate_hz: f64,
}

/// Measurement error of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasurementError {
    /// Half width of the 95 % interval, in the value's unit.
    pub half_width: f64,
    /// Standard error of each of two values that are compared and come from the same camera and
    /// place, so without the constant error; `None` if not measured.
    pub repeated: Option<f64>,
    /// Evidence behind the error.
    pub source: &'static str,
}

impl Precision {
    /// Precision of a recording on the body skeleton.
    pub fn from_recording(body: &Recording) -> Precision {
        let pose_source = match body.space.is_3d() {
            false => PoseSource::Picture,
            true if source_has_trait(&body.source, FormatTrait::GuessedDepth) => {
                PoseSource::GuessedDepth
            }
            true => PoseSource::Space,
        };
        let arms = MEASURED_ANGLES
            .iter()
            .filter(|angle| angle.in_plane.is_some())
            .flat_map(|angle| Side::BOTH.map(|side| (angle.curve, side)));
        let is_hidden = |&(curve, side): &(&str, Side)| {
            let Some(shares) = visible_share(body, curve, Some(side)) else { return false };
            let known = shares.iter().filter(|share| share.is_finite()).count();
            let foreshortened =
                shares.iter().filter(|share| **share < RELIABLE_SHOWN_SHARE).count();
            foreshortened as f64 > MAX_HIDDEN_SHARE * known as f64
        };
        Precision {
            pose_source,
            hidden_curves: arms.filter(is_hidden).collect(),
            rate_hz: body.rate_hz(),
        }
    }

    /// Precision of markers or a depth camera.
    pub fn in_space() -> Precision {
        Precision { pose_source: PoseSource::Space, hidden_curves: Vec::new(), rate_hz: USUAL_HZ }
    }

    /// Whether the depth is a network's guess.
    pub fn is_depth_guessed(&self) -> bool {
        self.pose_source == PoseSource::GuessedDepth
    }

    /// Error of a metric of a movement. An angle from a pose network carries the error measured for
    /// it.
    pub fn metric_error(&self, movement: &Movement, metric: &Metric) -> MeasurementError {
        let quantity = movement.metric_rule(&metric.name).and_then(MetricRule::gait_quantity);
        if let Some((quantity, kind)) = quantity.zip(movement.repetition.kind.gait()) {
            return self.gait_error(quantity, kind, GaitPlace::OverGround, metric.unit);
        }
        let curve = movement.metric_rule(&metric.name).and_then(|rule| rule.curve.as_deref());
        curve
            .filter(|_| metric.unit == Unit::Degree)
            .and_then(|curve| self.measured_error(curve, metric.side))
            .unwrap_or_else(|| self.unit_error(metric.unit))
    }

    /// Error of a quantity of a stride, by the frame rate and the method of finding contacts.
    pub fn gait_error(
        &self,
        quantity: GaitQuantity,
        kind: GaitKind,
        place: GaitPlace,
        unit: Unit,
    ) -> MeasurementError {
        let is_picture = self.pose_source != PoseSource::Space;
        let error = gait_error(quantity, kind, place, is_picture, self.rate_hz, unit);
        MeasurementError { half_width: error.half_width, repeated: None, source: error.source }
    }

    /// Error of an angle that was measured against markers.
    fn measured_error(&self, curve: &str, side: Option<Side>) -> Option<MeasurementError> {
        let angle = MEASURED_ANGLES.iter().find(|angle| angle.curve == curve)?;
        let is_hidden = || {
            self.hidden_curves
                .iter()
                .any(|&(name, hidden)| name == curve && side.is_none_or(|side| side == hidden))
        };
        let [rmse, repeated] = match self.pose_source {
            PoseSource::Space => None,
            PoseSource::GuessedDepth => angle.depth,
            PoseSource::Picture if is_hidden() => angle.picture,
            PoseSource::Picture => angle.in_plane.or(angle.picture),
        }?;
        Some(MeasurementError {
            half_width: 1.96 * rmse,
            repeated: Some(repeated),
            source: KERAAL_SOURCE,
        })
    }

    /// General error of a value in the given unit.
    pub fn unit_error(&self, unit: Unit) -> MeasurementError {
        let (factor, source) = match self.pose_source {
            PoseSource::Space => (1.0, SPACE_SOURCE),
            PoseSource::Picture | PoseSource::GuessedDepth => (2.0, PICTURE_SOURCE),
        };
        let half_width = match unit {
            Unit::Degree => 3.0 * factor,
            Unit::DegreePerSecond => 30.0 * factor,
            Unit::Metre => 0.01 * factor,
            Unit::MetrePerSecond => 0.1 * factor,
            Unit::Trunk => 0.03 * factor,
            Unit::TrunkPerSecond => 0.2 * factor,
            Unit::Second => 0.05,
            Unit::Percent => 3.0 * factor,
            // No metric of a movement is a force or a moment; those carry their own errors
            // (`crate::joint_moment_report`).
            Unit::Newton | Unit::NewtonMetre => f64::NAN,
            Unit::PerMinute => 4.0,
            Unit::One => 0.05 * factor,
        };
        MeasurementError { half_width, repeated: None, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::recording::MISSING;
    use agoge_motion::{Part, RecordingSource, Skeleton, Space};

    /// A right arm hanging in the image, its forearm shortened to `share` of its length in every
    /// tenth frame.
    fn arm_recording(space: Space, format: &str, share: f64) -> Recording {
        let frames = 100;
        let mut position = vec![MISSING; frames * Part::COUNT];
        for frame in 0..frames {
            let mut put =
                |part: Part, y: f64| position[frame * Part::COUNT + part.index()] = [0.0, y, 0.0];
            let short = if frame % 10 == 0 { share } else { 1.0 };
            put(Part::RightShoulder, 300.0);
            put(Part::RightElbow, 200.0);
            put(Part::RightWrist, 200.0 - 90.0 * short);
        }
        let time = (0..frames).map(|frame| frame as f64 / 30.0).collect();
        let source = RecordingSource { format: format.into(), ..RecordingSource::default() };
        let confidence = vec![1.0; position.len()];
        Recording::new(source, Skeleton::body(), space, time, position, confidence).unwrap()
    }

    #[test]
    fn an_angle_of_a_network_carries_what_was_measured() {
        let picture = Space::Image { width: None, height: None };
        let half_width = |space, format, share| {
            let precision = Precision::from_recording(&arm_recording(space, format, share));
            precision
                .measured_error("elbow_flexion", Some(Side::Right))
                .map(|error| error.half_width)
        };
        assert_eq!(half_width(picture, "openpose-json", 0.9), Some(1.96 * 21.4));
        assert_eq!(half_width(picture, "openpose-json", 0.5), Some(1.96 * 23.2));
        assert_eq!(half_width(Space::World, "video", 0.5), Some(1.96 * 32.9));
        assert_eq!(half_width(Space::World, "trc", 0.5), None);
        let left_visible = Precision::from_recording(&arm_recording(picture, "video", 0.5));
        assert_eq!(
            left_visible
                .measured_error("elbow_flexion", Some(Side::Left))
                .map(|error| error.half_width),
            Some(1.96 * 21.4)
        );
        assert_eq!(left_visible.measured_error("knee_flexion", None), None);
        assert_eq!(
            (
                left_visible.unit_error(Unit::Degree).half_width,
                Precision::in_space().unit_error(Unit::Degree).half_width
            ),
            (6.0, 3.0)
        );
    }
}
