//! Messages that clients send, and their validation (docs/reference/live.md).

use agoge::kinematics::sensor::{InertialSample, si_factor};
use agoge::motion::recording::MISSING;
use agoge::motion::skeleton::sensor_part;
use agoge::motion::{Part, Skeleton, Space, UpAxis};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Maximum number of joints in a skeleton.
const MOST_JOINTS: usize = 256;
/// Maximum number of sensor samples in a message.
const MOST_SAMPLES: usize = 400;
/// Allowed sample rates of a sensor, Hz.
const SLOWEST_HZ: f64 = 10.0;
const FASTEST_HZ: f64 = 400.0;
/// Longest name of a body part, bytes.
const LONGEST_NAME: usize = 64;

/// The first message: announces what will be sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LiveHello {
    /// Name of a known skeleton …
    #[serde(default)]
    skeleton: Option<String>,
    /// … or the names of the joints, in the order of the frames.
    #[serde(default)]
    joints: Option<Vec<String>>,
    /// Whether joint positions have depth; required with a skeleton or joints.
    #[serde(default)]
    space: Option<Dimensions>,
    /// A worn sensor, beside the joints or alone.
    #[serde(default)]
    sensor: Option<SensorHello>,
    #[serde(default)]
    up: Option<UpAxis>,
    #[serde(default = "auto_movement")]
    pub(super) movement: String,
    /// Id of the athlete in the library, if the session is to be stored.
    #[serde(default)]
    pub(super) athlete: Option<i64>,
    /// Frames per second that the device means to send; informative, not used.
    #[serde(default)]
    #[allow(dead_code)] // part of the protocol, for devices that say it
    rate_hz: Option<f64>,
}

fn auto_movement() -> String {
    "auto".to_owned()
}

/// A worn sensor as a client announces it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SensorHello {
    /// The body part that carries it.
    part: String,
    /// Samples per second.
    rate_hz: f64,
    #[serde(default = "acceleration_in_metres")]
    acceleration: String,
    #[serde(default = "turning_in_degrees")]
    turning: String,
}

fn acceleration_in_metres() -> String {
    "m/s2".to_owned()
}

fn turning_in_degrees() -> String {
    "deg/s".to_owned()
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
enum Dimensions {
    /// In space, metres.
    #[serde(rename = "3d")]
    Three,
    /// In the picture, pixels.
    #[serde(rename = "2d")]
    Two,
}

/// Sensor samples: acceleration x, y, z, then angular velocity x, y, z; null where one was lost.
pub(super) type Samples = Vec<Option<[f64; 6]>>;

/// Every message after the first: a frame, sensor samples, or the end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LiveMessage {
    #[serde(default)]
    pub(super) t: Option<f64>,
    #[serde(default)]
    pub(super) joints: Option<Vec<Option<Vec<f64>>>>,
    #[serde(default)]
    pub(super) sensor: Option<Samples>,
    #[serde(default)]
    pub(super) end: bool,
}

/// What a client will send, as agreed by its hello.
#[derive(Clone, Debug)]
pub(super) struct LiveFormat {
    /// The joints; for a sensor alone, the part that carries it, whose position is never observed.
    pub(super) skeleton: Arc<Skeleton>,
    pub(super) space: Space,
    up: UpAxis,
    pub(super) sensor: Option<SensorFormat>,
    /// Whether frames of joint positions are sent.
    pub(super) has_joints: bool,
}

/// A sensor as agreed by a hello.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SensorFormat {
    pub(super) part: Option<Part>,
    pub(super) rate_hz: f64,
    /// Units of acceleration and angular velocity, as stored in the recording's channels.
    pub(super) units: [String; 2],
}

impl SensorFormat {
    /// Converts samples to m/s² and rad/s; the error says what is wrong with them.
    pub(super) fn convert_samples(
        &self,
        sent: &Samples,
    ) -> Result<Vec<Option<InertialSample>>, String> {
        if sent.len() > MOST_SAMPLES {
            return Err(format!(
                "more than {MOST_SAMPLES} samples at once; hint: send them as they come"
            ));
        }
        if sent.iter().flatten().flatten().any(|value| !value.is_finite()) {
            return Err(
                "a sample has a number that is not finite; hint: send null for a sample that was lost".to_owned()
            );
        }
        let [acceleration, turning] =
            [0, 1].map(|half| si_factor(&self.units[half]).unwrap_or(f64::NAN));
        let sample = |[a, b, c, d, e, f]: [f64; 6]| InertialSample {
            acceleration: [a, b, c].map(|value| acceleration * value),
            angular_velocity: [d, e, f].map(|value| turning * value),
        };
        Ok(sent.iter().map(|sent| sent.map(sample)).collect())
    }
}

/// Normalises a name: only its ASCII letters and digits, in lower case.
fn normalise_name(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

impl LiveHello {
    /// Validates the hello; the error says what is wrong with it.
    pub(super) fn to_format(&self) -> Result<LiveFormat, String> {
        let sensor = self.sensor.as_ref().map(SensorHello::to_format).transpose()?;
        if let (Some(sensor), Some(worn), None, None) =
            (&sensor, &self.sensor, &self.skeleton, &self.joints)
        {
            if !matches!(
                normalise_name(&self.movement).as_str(),
                "auto" | "wornsensor" | "sensor" | "imu"
            ) {
                return Err("a sensor alone cannot tell one movement from another; hint: leave movement out".to_owned());
            }
            let skeleton = Skeleton::from_parts("worn sensor", [(worn.part.clone(), sensor.part)]);
            let (space, up) = (Space::World, UpAxis::Y);
            return Ok(LiveFormat {
                skeleton: Arc::new(skeleton),
                space,
                up,
                sensor: Some(sensor.clone()),
                has_joints: false,
            });
        }
        let skeleton = match (&self.skeleton, &self.joints) {
            (Some(name), None) => {
                Skeleton::all_known().into_iter().find(|known| normalise_name(&known.name) == normalise_name(name)).ok_or_else(|| {
                    let known: Vec<String> = Skeleton::all_known().iter().map(|known| known.name.clone()).collect();
                    format!(
                        "there is no such skeleton; hint: send joints with their names, or one of {}",
                        known.join(", ")
                    )
                })?
            }
            (None, Some(names)) if (1..=MOST_JOINTS).contains(&names.len()) => {
                Arc::new(Skeleton::from_names("live", names.iter().map(String::as_str)))
            }
            (None, Some(_)) => {
                return Err(format!("joints must be 1 to {MOST_JOINTS} names; hint: leave out what is no joint"));
            }
            _ => {
                return Err(
                    "a hello has either skeleton or joints, or a sensor; hint: docs/reference/live.md shows them".to_owned()
                );
            }
        };
        if skeleton.joints.iter().all(|joint| joint.part.is_none()) {
            return Err(
                "no joint is a known part of the body; hint: name joints as in left_knee, LKnee or LKNE".to_owned()
            );
        }
        let dimensions =
            self.space.ok_or("no space is named; hint: \"3d\" in metres or \"2d\" in pixels")?;
        let (space, up) = match dimensions {
            Dimensions::Three => (Space::World, UpAxis::Y),
            Dimensions::Two => (Space::Image { width: None, height: None }, UpAxis::YDown),
        };
        Ok(LiveFormat { skeleton, space, up: self.up.unwrap_or(up), sensor, has_joints: true })
    }
}

impl SensorHello {
    fn to_format(&self) -> Result<SensorFormat, String> {
        let SensorHello { part, rate_hz, acceleration, turning } = self;
        if !(SLOWEST_HZ..=FASTEST_HZ).contains(rate_hz) {
            return Err(format!("{rate_hz} samples a second; hint: {SLOWEST_HZ} to {FASTEST_HZ}"));
        }
        if !matches!(acceleration.as_str(), "g" | "m/s2" | "m/s^2")
            || !matches!(turning.as_str(), "deg/s" | "rad/s")
        {
            return Err(
                "unknown units of the sensor; hint: acceleration in m/s2 or g, turning in deg/s or rad/s".to_owned()
            );
        }
        if part.len() > LONGEST_NAME {
            return Err(
                "the sensor's part has a long name; hint: right_thigh, left_wrist, chest …"
                    .to_owned(),
            );
        }
        let units = [acceleration.replace("s2", "s^2"), turning.clone()];
        Ok(SensorFormat { part: sensor_part(part), rate_hz: *rate_hz, units })
    }
}

impl LiveFormat {
    /// Format of frames that are already Y up, without a sensor.
    pub(super) fn for_joints(skeleton: Arc<Skeleton>, space: Space) -> LiveFormat {
        LiveFormat { skeleton, space, up: UpAxis::Y, sensor: None, has_joints: true }
    }

    /// Converts a frame to positions (Y up) and confidences; the error says what is wrong with it.
    pub(super) fn convert_frame(
        &self,
        joints: &[Option<Vec<f64>>],
        position: &mut Vec<[f64; 3]>,
        confidence: &mut Vec<f32>,
    ) -> Result<(), String> {
        position.clear();
        confidence.clear();
        let axes = if self.space.is_3d() { 3 } else { 2 };
        for (index, joint) in joints.iter().take(MOST_JOINTS + 1).enumerate() {
            let Some(values) = joint else {
                position.push(MISSING);
                confidence.push(0.0);
                continue;
            };
            if values.len() != axes && values.len() != axes + 1 {
                return Err(format!(
                    "joint {index} has {} numbers; hint: {axes} coordinates and, if known, the confidence",
                    values.len()
                ));
            }
            if values.iter().any(|value| !value.is_finite()) {
                return Err(format!(
                    "joint {index} has a number that is not finite; hint: send null for a joint that is not seen"
                ));
            }
            let z = if axes == 3 { values[2] } else { 0.0 };
            let [x, y, z] = self.up.to_y_up([values[0], values[1], z]);
            position.push([x, y, if axes == 3 { z } else { f64::NAN }]);
            confidence
                .push(values.get(axes).map_or(1.0, |confidence| confidence.clamp(0.0, 1.0) as f32));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(text: &str) -> Result<LiveFormat, String> {
        serde_json::from_str::<LiveHello>(text).map_err(|error| error.to_string())?.to_format()
    }

    #[test]
    fn hellos_are_understood_or_say_why_not() {
        let agreed = hello(r#"{"skeleton": "mediapipe_33", "space": "3d"}"#).unwrap();
        assert_eq!((agreed.skeleton.len(), agreed.space), (33, Space::World));
        assert_eq!(
            hello(r#"{"joints": ["LKNE", "RKNE"], "space": "2d"}"#).unwrap().skeleton.len(),
            2
        );
        for wrong in [
            r#"{"space": "3d"}"#,
            r#"{"skeleton": "octopus", "space": "3d"}"#,
            r#"{"joints": [], "space": "3d"}"#,
            r#"{"joints": ["tentacle"], "space": "3d"}"#,
            r#"{"skeleton": "body_25", "space": "4d"}"#,
            r#"{"skeleton": "body_25", "space": "2d", "colour": "red"}"#,
            r#"{"skeleton": "body_25"}"#,
            r#"{"sensor": {"part": "right_thigh"}}"#,
            r#"{"sensor": {"part": "right_thigh", "rate_hz": 1e9}}"#,
            r#"{"sensor": {"part": "right_thigh", "rate_hz": 50, "acceleration": "furlong"}}"#,
            r#"{"sensor": {"part": "right_thigh", "rate_hz": 50}, "movement": "squat"}"#,
        ] {
            assert!(hello(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_sensor_comes_alone_or_beside_joints() {
        let alone = hello(r#"{"sensor": {"part": "right_thigh", "rate_hz": 50}}"#).unwrap();
        let sensor = alone.sensor.clone().unwrap();
        assert_eq!(
            (alone.has_joints, sensor.part, alone.skeleton.len()),
            (false, Some(Part::RightKnee), 1)
        );
        let sample =
            sensor.convert_samples(&vec![Some([1.0, 2.0, 3.0, 180.0, 0.0, 0.0]), None]).unwrap();
        assert_eq!((sample[0].unwrap().acceleration, sample[1]), ([1.0, 2.0, 3.0], None));
        assert!((sample[0].unwrap().angular_velocity[0] - std::f64::consts::PI).abs() < 1e-12);
        assert!(
            sensor.convert_samples(&vec![Some([f64::NAN; 6])]).is_err()
                && sensor.convert_samples(&vec![None; 401]).is_err()
        );
        let beside = r#"{"joints": ["LKNE"], "space": "3d", "sensor": {"part": "tail", "rate_hz": 50, "acceleration": "g", "turning": "rad/s"}}"#;
        let beside = hello(beside).unwrap();
        assert!(beside.has_joints && beside.sensor.unwrap().part.is_none());
    }

    #[test]
    fn frames_are_turned_up_and_checked() {
        let agreed = hello(r#"{"joints": ["LKNE", "RKNE"], "space": "2d"}"#).unwrap();
        let (mut position, mut confidence) = (Vec::new(), Vec::new());
        agreed
            .convert_frame(&[Some(vec![1.0, 2.0, 0.5]), None], &mut position, &mut confidence)
            .unwrap();
        assert_eq!((position[0][1], confidence[0], confidence[1]), (-2.0, 0.5, 0.0));
        for wrong in [vec![1.0], vec![1.0, f64::NAN], vec![f64::INFINITY, 0.0], vec![0.0; 4]] {
            assert!(agreed.convert_frame(&[Some(wrong)], &mut position, &mut confidence).is_err());
        }
    }
}
