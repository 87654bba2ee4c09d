//! Skeletons: which joints a source has, how they are connected, and which [`Part`] of the body
//! each one represents.

mod alias;
mod body;
mod tables;

pub use body::{BodyRecording, BodyRules, DerivedPart};

use crate::Part;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One joint or marker of a skeleton.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joint {
    /// Name as the source writes it.
    pub name: String,
    /// The part it represents; `None` for a marker that is not itself a landmark (a thigh wand, a
    /// head band).
    pub part: Option<Part>,
    /// Index of the parent joint; `None` for the root.
    pub parent: Option<usize>,
    /// Index of the same joint on the other side; its own index on the midline.
    pub mirror: usize,
}

/// The joints of a source, in the source's order.
///
/// ```
/// use agoge_motion::{Part, Skeleton};
/// let skeleton = Skeleton::from_names("mine", ["LKnee", "RKnee", "LAnkle"]);
/// let knee = skeleton.joint_for_part(Part::LeftKnee).unwrap();
/// assert_eq!(skeleton.joints[knee].mirror, skeleton.joint_by_name("RKnee").unwrap());
/// assert_eq!(skeleton.joints[2].parent, Some(knee));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skeleton {
    /// The skeleton's name, as in `BODY_25`.
    pub name: String,
    /// The joints, `[joint]`.
    pub joints: Vec<Joint>,
}

impl Skeleton {
    /// Builds a skeleton from joint names and their parts. A joint's parent is the joint of the
    /// nearest ancestor part that the skeleton has; its mirror is the joint of the mirrored part.
    /// Joints without a part are mirrored by name.
    pub fn from_parts<N: Into<String>>(
        name: &str,
        joints: impl IntoIterator<Item = (N, Option<Part>)>,
    ) -> Skeleton {
        let joints: Vec<(String, Option<Part>)> =
            joints.into_iter().map(|(name, part)| (name.into(), part)).collect();
        let find = |part: Part| joints.iter().position(|(_, other)| *other == Some(part));
        let parent = |part: Part| {
            let mut ancestor = part;
            while ancestor != Part::Pelvis {
                ancestor = ancestor.parent();
                if let Some(index) = find(ancestor) {
                    return Some(index);
                }
            }
            None
        };
        let mirror = |index: usize, name: &str, part: Option<Part>| {
            match part {
                Some(part) => find(part.mirror()),
                None => mirrored_name(name)
                    .and_then(|mirrored| joints.iter().position(|(name, _)| *name == mirrored)),
            }
            .unwrap_or(index)
        };
        let joints = joints
            .iter()
            .enumerate()
            .map(|(index, (name, part))| Joint {
                name: name.clone(),
                part: *part,
                parent: part.and_then(parent),
                mirror: mirror(index, name, *part),
            })
            .collect();
        Skeleton { name: name.to_owned(), joints }
    }

    /// Builds a skeleton from joint or marker names of any source, looking up the part of each in
    /// the table of aliases. If several names mean the same part, the first one gets it.
    pub fn from_names<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Skeleton {
        let mut taken = Vec::new();
        let joints: Vec<(&str, Option<Part>)> = names
            .into_iter()
            .map(|name| {
                let part = match alias::name_meaning(name) {
                    Some(alias::NameMeaning::Part(part)) if !taken.contains(&part) => Some(part),
                    _ => None,
                };
                taken.extend(part);
                (name, part)
            })
            .collect();
        Skeleton::from_parts(name, joints)
    }

    /// Overrides the parts of left joints, and of their right counterparts, for a source whose
    /// names do not have their usual meaning.
    fn assign_parts<const N: usize>(&mut self, left: [(&str, Part); N]) {
        let assigned_part = |name: &str| {
            let left_name = name.replacen("right", "left", 1);
            let part = left.iter().find(|(joint, _)| *joint == left_name)?.1;
            Some(if name == left_name { part } else { part.mirror() })
        };
        let joints: Vec<(String, Option<Part>)> = self
            .joints
            .iter()
            .map(|joint| (joint.name.clone(), assigned_part(&joint.name).or(joint.part)))
            .collect();
        *self = Skeleton::from_parts(&self.name, joints);
    }

    /// The body skeleton: one joint per [`Part`], in the order of [`Part::ALL`].
    pub fn body() -> Arc<Skeleton> {
        Arc::new(Skeleton::from_parts("body", Part::ALL.map(|part| (part.name(), Some(part)))))
    }

    /// The number of joints.
    pub fn len(&self) -> usize {
        self.joints.len()
    }

    /// Whether there are no joints.
    pub fn is_empty(&self) -> bool {
        self.joints.is_empty()
    }

    /// Index of the joint that represents a part.
    pub fn joint_for_part(&self, part: Part) -> Option<usize> {
        self.joints.iter().position(|joint| joint.part == Some(part))
    }

    /// Index of the joint with this name (exactly as the source writes it).
    pub fn joint_by_name(&self, name: &str) -> Option<usize> {
        self.joints.iter().position(|joint| joint.name == name)
    }
}

/// The name of the same marker on the other side: exchanges the word left or right, or an L or R as
/// the first or last letter.
fn mirrored_name(name: &str) -> Option<String> {
    for (from, to) in [
        ("left", "right"),
        ("right", "left"),
        ("Left", "Right"),
        ("Right", "Left"),
        ("LEFT", "RIGHT"),
    ] {
        if name.contains(from) {
            return Some(name.replacen(from, to, 1));
        }
    }
    let swap = |letter: char| match letter {
        'L' => Some('R'),
        'R' => Some('L'),
        'l' => Some('r'),
        'r' => Some('l'),
        _ => None,
    };
    let (first, last) = (name.chars().next()?, name.chars().last()?);
    if let Some(other) = swap(first).filter(|_| first.is_uppercase()) {
        return Some(format!("{other}{}", &name[1..]));
    }
    swap(last).map(|other| format!("{}{other}", &name[..name.len() - 1]))
}

/// Segments that carry sensors, and the joint at the end of each.
const SEGMENTS: [(&str, &str); 8] = [
    ("upper_arm", "elbow"),
    ("forearm", "wrist"),
    ("thigh", "knee"),
    ("shank", "ankle"),
    ("shin", "ankle"),
    ("sternum", "neck"),
    ("chest", "neck"),
    ("sacrum", "pelvis"),
];

/// The part that a worn sensor belongs to, from the name of its location: a joint (`right_wrist`,
/// `RWRA`), or a segment (`right_thigh`), which maps to the joint at its end. `None` if the name is
/// not recognised.
///
/// ```
/// use agoge_motion::{Part, skeleton::sensor_part};
/// assert_eq!(sensor_part("Right_Thigh"), Some(Part::RightKnee));
/// assert_eq!(sensor_part("tail"), None);
/// ```
pub fn sensor_part(name: &str) -> Option<Part> {
    let name = name.to_ascii_lowercase().replace([' ', '-'], "_");
    let joint = SEGMENTS
        .iter()
        .find_map(|(segment, joint)| name.contains(segment).then(|| name.replace(segment, joint)));
    let known = Skeleton::from_names("sensor", [joint.as_deref().unwrap_or(&name)]);
    known.joints.first().and_then(|joint| joint.part)
}
