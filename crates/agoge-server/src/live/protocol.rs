//! What clients send, and what becomes of it (docs/LIVE.md).

use agoge::motion::recording::MISSING;
use agoge::motion::{Skeleton, Space, UpAxis};
use serde::Deserialize;
use std::sync::Arc;

/// Most joints of a skeleton.
const MOST_JOINTS: usize = 256;

/// The first message.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    /// A known skeleton's name …
    #[serde(default)]
    skeleton: Option<String>,
    /// … or the names of the joints, in the order of the frames.
    #[serde(default)]
    joints: Option<Vec<String>>,
    space: Dimensions,
    #[serde(default)]
    up: Option<UpAxis>,
    #[serde(default = "auto")]
    pub(super) movement: String,
    /// Number of the athlete in the library, to keep the session.
    #[serde(default)]
    pub(super) athlete: Option<i64>,
    /// Frames a second that the device means to send; told for people, not relied on.
    #[serde(default)]
    #[allow(dead_code)] // part of the protocol, for devices that say it
    rate_hz: Option<f64>,
}

fn auto() -> String {
    "auto".to_owned()
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
enum Dimensions {
    /// Metres.
    #[serde(rename = "3d")]
    Three,
    /// Pixels.
    #[serde(rename = "2d")]
    Two,
}

/// Every message after the first: a frame, or the end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    #[serde(default)]
    pub(super) t: Option<f64>,
    #[serde(default)]
    pub(super) joints: Option<Vec<Option<Vec<f64>>>>,
    #[serde(default)]
    pub(super) end: bool,
}

/// What a hello agreed on.
#[derive(Clone, Debug)]
pub(super) struct Agreed {
    pub(super) skeleton: Arc<Skeleton>,
    pub(super) space: Space,
    up: UpAxis,
}

/// A name without what differs between spellings.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

impl Hello {
    /// The skeleton and the space.
    pub(super) fn agree(&self) -> Result<Agreed, String> {
        let skeleton = match (&self.skeleton, &self.joints) {
            (Some(name), None) => {
                Skeleton::known().into_iter().find(|known| plain(&known.name) == plain(name)).ok_or_else(|| {
                    let known: Vec<String> = Skeleton::known().iter().map(|known| known.name.clone()).collect();
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
            _ => return Err("a hello has either skeleton or joints; hint: docs/LIVE.md shows one".to_owned()),
        };
        if skeleton.joints.iter().all(|joint| joint.part.is_none()) {
            return Err(
                "no joint is a known part of the body; hint: name joints as in left_knee, LKnee or LKNE".to_owned()
            );
        }
        let (space, up) = match self.space {
            Dimensions::Three => (Space::World, UpAxis::Y),
            Dimensions::Two => (Space::Image { width: None, height: None }, UpAxis::YDown),
        };
        Ok(Agreed { skeleton, space, up: self.up.unwrap_or(up) })
    }
}

impl Agreed {
    /// The positions and confidences of a frame, Y up; what is wrong with it otherwise.
    pub(super) fn place(
        &self,
        joints: &[Option<Vec<f64>>],
        position: &mut Vec<[f64; 3]>,
        sure: &mut Vec<f32>,
    ) -> Result<(), String> {
        position.clear();
        sure.clear();
        let axes = if self.space.is_3d() { 3 } else { 2 };
        for (index, joint) in joints.iter().take(MOST_JOINTS + 1).enumerate() {
            let Some(values) = joint else {
                position.push(MISSING);
                sure.push(0.0);
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
            sure.push(values.get(axes).map_or(1.0, |sure| sure.clamp(0.0, 1.0) as f32));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(text: &str) -> Result<Agreed, String> {
        serde_json::from_str::<Hello>(text).map_err(|error| error.to_string())?.agree()
    }

    #[test]
    fn hellos_are_understood_or_say_why_not() {
        let agreed = hello(r#"{"skeleton": "mediapipe_33", "space": "3d"}"#).unwrap();
        assert_eq!((agreed.skeleton.len(), agreed.space), (33, Space::World));
        assert_eq!(hello(r#"{"joints": ["LKNE", "RKNE"], "space": "2d"}"#).unwrap().skeleton.len(), 2);
        for wrong in [
            r#"{"space": "3d"}"#,
            r#"{"skeleton": "octopus", "space": "3d"}"#,
            r#"{"joints": [], "space": "3d"}"#,
            r#"{"joints": ["tentacle"], "space": "3d"}"#,
            r#"{"skeleton": "body_25", "space": "4d"}"#,
            r#"{"skeleton": "body_25", "space": "2d", "colour": "red"}"#,
        ] {
            assert!(hello(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn frames_are_turned_up_and_checked() {
        let agreed = hello(r#"{"joints": ["LKNE", "RKNE"], "space": "2d"}"#).unwrap();
        let (mut position, mut sure) = (Vec::new(), Vec::new());
        agreed.place(&[Some(vec![1.0, 2.0, 0.5]), None], &mut position, &mut sure).unwrap();
        assert_eq!((position[0][1], sure[0], sure[1]), (-2.0, 0.5, 0.0));
        for wrong in [vec![1.0], vec![1.0, f64::NAN], vec![f64::INFINITY, 0.0], vec![0.0; 4]] {
            assert!(agreed.place(&[Some(wrong)], &mut position, &mut sure).is_err());
        }
    }
}
