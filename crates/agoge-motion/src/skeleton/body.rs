//! From any skeleton to the body skeleton.

use super::Skeleton;
use crate::recording::MISSING;
use crate::{Part, Recording};

/// A part of the body that the source has no joint for and that was made from others.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Invented {
    /// The part.
    pub part: Part,
    /// What it was made from, in words ("midpoint of left_hip and right_hip").
    pub from: String,
}

/// A recording on the body skeleton, with what had to be made up for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// The recording; its skeleton is [`Skeleton::body`], so joint `j` is `Part::ALL[j]`. Parts never seen are missing throughout.
    pub recording: Recording,
    /// Parts that the source does not have and that were made from others.
    pub invented: Vec<Invented>,
}

impl Recording {
    /// This recording on the body skeleton. Parts the source measures are copied; pelvis, neck and the like are made from their
    /// neighbours where the source lacks them, and said so.
    pub fn to_body(&self) -> Body {
        let mut recording = Recording {
            skeleton: Skeleton::body(),
            position: vec![MISSING; self.frames() * Part::COUNT],
            confidence: vec![0.0; self.frames() * Part::COUNT],
            source: self.source.clone(),
            space: self.space,
            time: self.time.clone(),
            channels: self.channels.clone(),
        };
        for part in Part::ALL {
            let Some(joint) = self.skeleton.joint_of(part) else { continue };
            for frame in 0..self.frames() {
                let to = frame * Part::COUNT + part.index();
                recording.position[to] = self.at(frame, joint);
                recording.confidence[to] = self.confidence[frame * self.joints() + joint];
            }
        }
        let mut invented = Vec::new();
        for (part, a, b) in [
            (Part::Pelvis, Part::LeftHip, Part::RightHip),
            (Part::Neck, Part::LeftShoulder, Part::RightShoulder),
            (Part::Head, Part::LeftEar, Part::RightEar),
            (Part::Chest, Part::Neck, Part::Spine),
        ] {
            if self.skeleton.joint_of(part).is_none() && midpoint(&mut recording, part, a, b) {
                invented.push(Invented { part, from: format!("midpoint of {} and {}", a.name(), b.name()) });
            }
        }
        Body { recording, invented }
    }
}

/// Fills `part` with the midpoint of `a` and `b`; false if it is never known.
fn midpoint(recording: &mut Recording, part: Part, a: Part, b: Part) -> bool {
    let mut any = false;
    for row in 0..recording.frames() {
        let at = row * Part::COUNT;
        let (p, q) = (recording.position[at + a.index()], recording.position[at + b.index()]);
        let middle = std::array::from_fn(|k| 0.5 * (p[k] + q[k]));
        recording.position[at + part.index()] = middle;
        recording.confidence[at + part.index()] =
            recording.confidence[at + a.index()].min(recording.confidence[at + b.index()]);
        any |= middle[0].is_finite();
    }
    any
}
