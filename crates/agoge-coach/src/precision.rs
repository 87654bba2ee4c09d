//! How exactly a recording tells what was measured: differences inside it are no findings.

use agoge_kinematics::{Metric, Movement, Unit, WELL_SHOWN, shown};
use agoge_motion::{Recording, Side};

/// What an error rests on where nothing was measured: in space 3° and 1 cm (markers and depth
/// cameras after filtering; the simulator's noise test stays inside).
const SPACE: &str = "markers and depth cameras after filtering";
/// … and from one camera 6° and 3 cm: trackers of video are 4 to 7° RMS off, so that a frontal
/// change of 3° from one phone is noise.
const PICTURE: &str = "trackers of video against manual marking: 4 to 7° RMS (Gomez 2025)";
const KERAAL: &str = "BlazePose against markers, Keraal set (docs/VIDEO.md)";
/// A limb counts as hidden if it points out of the picture in more than this share of the frames.
const HIDDEN: f64 = 0.05;

/// Root mean square errors of an angle against markers, degrees: as it is, and without the mean
/// error of a trial.
type Rmse = [f64; 2];

/// What `agoge evaluate keraal` found of one angle (docs/VIDEO.md): in a picture while the limb
/// lies in its plane, in a picture in all frames that are told, and with the depth guessed. What
/// was not measured takes the general figures.
struct Known {
    curve: &'static str,
    in_plane: Option<Rmse>,
    picture: Option<Rmse>,
    depth: Option<Rmse>,
}

const MEASURED: [Known; 9] = [
    known("elbow_flexion", Some([21.4, 13.0]), Some([23.2, 17.1]), [32.9, 23.7]),
    known("shoulder_elevation", Some([13.3, 12.1]), Some([22.5, 20.3]), [22.7, 14.6]),
    known("shoulder_abduction", Some([12.2, 11.3]), Some([22.3, 20.3]), [26.7, 22.7]),
    known("shoulder_tilt", None, Some([5.0, 4.6]), [4.6, 4.4]),
    known("trunk_lateral_lean", None, Some([4.0, 1.4]), [8.8, 8.4]),
    // In the sagittal plane the mean error is also that of the camera's tilt and of the target on
    // the belt: it is left out.
    known("trunk_lean", None, None, [21.7, 21.7]),
    known("head_lean", None, None, [19.8, 19.8]),
    known("shoulder_flexion", None, None, [73.4, 67.4]),
    known("shoulder_rotation", None, None, [60.5, 39.8]),
];

const fn known(
    curve: &'static str,
    in_plane: Option<Rmse>,
    picture: Option<Rmse>,
    depth: Rmse,
) -> Known {
    Known { curve, in_plane, picture, depth: Some(depth) }
}

/// How a recording was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sensor {
    /// Where joints are in space: markers, depth cameras, several cameras.
    Space,
    /// One camera: where joints are in its picture.
    Picture,
    /// One camera, the depth guessed by a network.
    Guess,
}

/// How exactly one recording measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    sensor: Sensor,
    /// Curves of limbs that point out of the picture now and then: name and side.
    hidden: Vec<(&'static str, Side)>,
}

/// The error of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasurementError {
    /// Half width of its 95 % interval, in the value's unit.
    pub half_width: f64,
    /// Standard error of a difference's each side, when two values come from the same camera and
    /// place: without what is always the same; none if that was not measured.
    pub repeated: Option<f64>,
    /// What it rests on.
    pub source: &'static str,
}

impl Precision {
    /// Of a recording on the body skeleton.
    pub fn of(body: &Recording) -> Precision {
        let sensor = match body.space.is_3d() {
            false => Sensor::Picture,
            // The two forms in which the world of a network comes: read from a video, and as
            // MediaPipe writes it.
            true if ["video", "mediapipe-json"].contains(&body.source.format.as_str()) => {
                Sensor::Guess
            }
            true => Sensor::Space,
        };
        let arms = MEASURED
            .iter()
            .filter(|own| own.in_plane.is_some())
            .flat_map(|own| Side::BOTH.map(|side| (own.curve, side)));
        let is_hidden = |&(curve, side): &(&str, Side)| {
            let Some(shares) = shown(body, curve, Some(side)) else { return false };
            let seen = shares.iter().filter(|share| share.is_finite()).count();
            let short = shares.iter().filter(|share| **share < WELL_SHOWN).count();
            short as f64 > HIDDEN * seen as f64
        };
        Precision { sensor, hidden: arms.filter(is_hidden).collect() }
    }

    /// Of markers or a depth camera.
    pub fn in_space() -> Precision {
        Precision { sensor: Sensor::Space, hidden: Vec::new() }
    }

    /// Whether the depth is a network's guess.
    pub fn is_guessed(&self) -> bool {
        self.sensor == Sensor::Guess
    }

    /// The error of a metric of a movement. An angle of a pose network carries what was measured of
    /// it.
    pub fn of_metric(&self, movement: &Movement, metric: &Metric) -> MeasurementError {
        let curve = movement.metric(&metric.name).and_then(|rule| rule.curve.as_deref());
        curve
            .filter(|_| metric.unit == Unit::Degree)
            .and_then(|curve| self.measured(curve, metric.side))
            .unwrap_or_else(|| self.of_unit(metric.unit))
    }

    /// The error of an angle that was measured against markers.
    fn measured(&self, curve: &str, side: Option<Side>) -> Option<MeasurementError> {
        let known = MEASURED.iter().find(|known| known.curve == curve)?;
        let is_hidden = || {
            self.hidden
                .iter()
                .any(|&(name, own)| name == curve && side.is_none_or(|side| side == own))
        };
        let [rmse, repeated] = match self.sensor {
            Sensor::Space => None,
            Sensor::Guess => known.depth,
            Sensor::Picture if is_hidden() => known.picture,
            Sensor::Picture => known.in_plane.or(known.picture),
        }?;
        Some(MeasurementError { half_width: 1.96 * rmse, repeated: Some(repeated), source: KERAAL })
    }

    /// The error of any value of a unit.
    pub fn of_unit(&self, unit: Unit) -> MeasurementError {
        let (doubt, source) = match self.sensor {
            Sensor::Space => (1.0, SPACE),
            Sensor::Picture | Sensor::Guess => (2.0, PICTURE),
        };
        let half_width = match unit {
            Unit::Degree => 3.0 * doubt,
            Unit::DegreePerSecond => 30.0 * doubt,
            Unit::Metre => 0.01 * doubt,
            Unit::MetrePerSecond => 0.1 * doubt,
            Unit::Trunk => 0.03 * doubt,
            Unit::TrunkPerSecond => 0.2 * doubt,
            Unit::Second => 0.05,
            Unit::Percent => 3.0 * doubt,
            // No metric of a movement is a force or a moment: these carry errors of their own
            // (`moments`).
            Unit::Newton | Unit::NewtonMetre => f64::NAN,
            Unit::One => 0.05 * doubt,
        };
        MeasurementError { half_width, repeated: None, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::recording::MISSING;
    use agoge_motion::{Part, Skeleton, Source, Space};

    /// A right arm that hangs in the picture, its forearm shortened to `share` of its length in
    /// every tenth frame.
    fn arm(space: Space, format: &str, share: f64) -> Recording {
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
        let source = Source { format: format.into(), ..Source::default() };
        let confidence = vec![1.0; position.len()];
        Recording::new(source, Skeleton::body(), space, time, position, confidence).unwrap()
    }

    #[test]
    fn an_angle_of_a_network_carries_what_was_measured() {
        let picture = Space::Image { width: None, height: None };
        let of = |space, format, share| {
            let precision = Precision::of(&arm(space, format, share));
            precision.measured("elbow_flexion", Some(Side::Right)).map(|error| error.half_width)
        };
        assert_eq!(of(picture, "openpose-json", 0.9), Some(1.96 * 21.4));
        assert_eq!(of(picture, "openpose-json", 0.5), Some(1.96 * 23.2));
        assert_eq!(of(Space::World, "video", 0.5), Some(1.96 * 32.9));
        assert_eq!(of(Space::World, "trc", 0.5), None);
        let seen = Precision::of(&arm(picture, "video", 0.5));
        assert_eq!(
            seen.measured("elbow_flexion", Some(Side::Left)).map(|error| error.half_width),
            Some(1.96 * 21.4)
        );
        assert_eq!(seen.measured("knee_flexion", None), None);
        assert_eq!(
            (
                seen.of_unit(Unit::Degree).half_width,
                Precision::in_space().of_unit(Unit::Degree).half_width
            ),
            (6.0, 3.0)
        );
    }
}
