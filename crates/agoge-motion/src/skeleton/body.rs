//! Conversion of recordings from any skeleton to the body skeleton.

use super::Skeleton;
use super::alias::{IliacSpine, NameMeaning, TrunkLevel, name_meaning};
use crate::recording::MISSING;
use crate::vector::{add, cross, mean_point, norm, scale, sub, unit_vector};
use crate::{Part, Recording, RecordingSource, Side, Space};
use std::sync::Arc;

/// A part that the source has no joint for and that was derived from others.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DerivedPart {
    /// The part.
    pub part: Part,
    /// A description of how it was derived ("midpoint of left_hip and right_hip").
    pub from: String,
}

/// A recording on the body skeleton, and the parts that were derived for it.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyRecording {
    /// The recording; its skeleton is [`Skeleton::body`], so joint `j` is `Part::ALL[j]`. Parts
    /// that are never seen are missing throughout.
    pub recording: Recording,
    /// Parts that the source lacks and that were derived from others.
    pub derived_parts: Vec<DerivedPart>,
}

/// How a part is derived from joints of the source.
struct PartRule {
    part: Part,
    /// Indices of the source's joints.
    joints: Vec<usize>,
    /// A readable description of the derivation, with the joints' names.
    from: String,
    derive: fn(&[[f64; 3]]) -> [f64; 3],
}

/// How the joints of a skeleton become parts of the body. Built once and reused for many
/// recordings, such as the frames of a live stream.
pub struct BodyRules {
    body: Arc<Skeleton>,
    /// Parts that the source measures, with the index of the source's joint.
    measured: Vec<(Part, usize)>,
    rules: Vec<PartRule>,
}

impl BodyRules {
    /// The rules for a skeleton whose positions are in the given space.
    pub fn new(skeleton: &Skeleton, space: Space) -> BodyRules {
        let measured = Part::ALL
            .into_iter()
            .filter_map(|part| Some((part, skeleton.joint_for_part(part)?)))
            .collect();
        BodyRules { body: Skeleton::body(), measured, rules: marker_rules(skeleton, space) }
    }
}

impl Recording {
    /// Converts this recording to the body skeleton. Parts that the source measures are copied.
    /// Where the source lacks them, joint centres between markers, hip centres from the iliac
    /// spines (Harrington et al. 2007), head, neck, chest and pelvis are derived from other joints
    /// and listed as such.
    ///
    /// ```
    /// use agoge_motion::Part;
    /// use agoge_motion::simulate::{Exercise, SimulatedSet};
    /// let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
    /// let body = recording.to_body().recording;
    /// assert_eq!(body.joint_count(), Part::COUNT);
    /// let source = recording.skeleton.joint_for_part(Part::LeftKnee).unwrap();
    /// assert_eq!(body.position_at(7, Part::LeftKnee.index()), recording.position_at(7, source));
    /// ```
    pub fn to_body(&self) -> BodyRecording {
        self.to_body_with(&BodyRules::new(&self.skeleton, self.space))
    }

    /// Like [`Recording::to_body`], with prepared rules. The rules must be those of this
    /// recording's skeleton and space.
    pub fn to_body_with(&self, rules: &BodyRules) -> BodyRecording {
        let mut recording = Recording {
            skeleton: rules.body.clone(),
            position: vec![MISSING; self.frame_count() * Part::COUNT],
            confidence: vec![0.0; self.frame_count() * Part::COUNT],
            source: RecordingSource {
                skeleton: self.source.skeleton.clone().or_else(|| Some(self.skeleton_label())),
                ..self.source.clone()
            },
            space: self.space,
            time: self.time.clone(),
            channels: self.channels.clone(),
        };
        for &(part, joint) in &rules.measured {
            for frame in 0..self.frame_count() {
                let to = frame * Part::COUNT + part.index();
                recording.position[to] = self.position_at(frame, joint);
                recording.confidence[to] = self.confidence[frame * self.joint_count() + joint];
            }
        }
        let mut invented = Vec::new();
        for rule in &rules.rules {
            if self.fill_part(&mut recording, rule) {
                invented.push(DerivedPart { part: rule.part, from: rule.from.clone() });
            }
        }
        for (part, a, b) in [
            (Part::Pelvis, Part::LeftHip, Part::RightHip),
            (Part::Neck, Part::LeftShoulder, Part::RightShoulder),
            (Part::Head, Part::LeftEar, Part::RightEar),
            (Part::Chest, Part::Neck, Part::Spine),
        ] {
            let is_measured = rules.measured.iter().any(|(measured, _)| *measured == part);
            let known = is_measured || invented.iter().any(|derived| derived.part == part);
            if !known && fill_midpoint(&mut recording, part, a, b) {
                invented.push(DerivedPart {
                    part,
                    from: format!("midpoint of {} and {}", a.name(), b.name()),
                });
            }
        }
        BodyRecording { recording, derived_parts: invented }
    }

    /// The name of the skeleton, or `keypoints` if its joints are those of a pose network under a
    /// format's general name.
    fn skeleton_label(&self) -> String {
        let has_part = |part: Part| self.skeleton.joints.iter().any(|j| j.part == Some(part));
        let is_augmented = self.skeleton.joints.iter().any(|j| j.name.ends_with("_study"));
        let is_general = self.skeleton.name.contains(' ');
        let is_keypoints = has_part(Part::Nose) && has_part(Part::LeftHip) || is_augmented;
        if is_general && is_keypoints { "keypoints".into() } else { self.skeleton.name.clone() }
    }

    /// Fills a part of `body` by applying a rule to the joints of this recording. Returns false if
    /// the part is missing in every frame.
    fn fill_part(&self, body: &mut Recording, rule: &PartRule) -> bool {
        let mut any = false;
        let mut points = Vec::with_capacity(rule.joints.len());
        for frame in 0..self.frame_count() {
            points.clear();
            points.extend(rule.joints.iter().map(|&joint| self.position_at(frame, joint)));
            let row = frame * self.joint_count();
            let confidence =
                rule.joints.iter().map(|&joint| self.confidence[row + joint]).fold(1.0, f32::min);
            any |= body.set_part(frame, rule.part, (rule.derive)(&points), confidence);
        }
        any
    }

    /// Sets a part of a body recording in a frame. Returns false if the position is missing.
    fn set_part(&mut self, frame: usize, part: Part, position: [f64; 3], confidence: f32) -> bool {
        let known = position[..2].iter().all(|v| v.is_finite());
        let to = frame * Part::COUNT + part.index();
        self.position[to] = if known { position } else { MISSING };
        self.confidence[to] = if known { confidence } else { 0.0 };
        known
    }
}

/// The rules for parts that a skeleton has markers around but no joint for.
fn marker_rules(skeleton: &Skeleton, space: Space) -> Vec<PartRule> {
    let meanings: Vec<(usize, NameMeaning)> = skeleton
        .joints
        .iter()
        .enumerate()
        .filter_map(|(index, joint)| Some((index, name_meaning(&joint.name)?)))
        .collect();
    let which = |wanted: &dyn Fn(NameMeaning) -> bool| -> Vec<usize> {
        meanings.iter().filter(|(_, meaning)| wanted(*meaning)).map(|(index, _)| *index).collect()
    };
    let mut rules = Vec::new();
    let mut rule =
        |part: Part, joints: Vec<usize>, how: &str, make: fn(&[[f64; 3]]) -> [f64; 3]| {
            if joints.is_empty() || skeleton.joint_for_part(part).is_some() {
                return;
            }
            let names: Vec<&str> =
                joints.iter().map(|&joint| skeleton.joints[joint].name.as_str()).collect();
            rules.push(PartRule {
                part,
                from: format!("{how} {}", names.join(", ")),
                joints,
                derive: make,
            });
        };
    for part in Part::ALL {
        let beside = which(&|meaning| meaning == NameMeaning::Beside(part));
        let how = if beside.len() == 1 { "the one marker beside it:" } else { "midpoint of" };
        rule(part, beside, how, mean_point);
    }
    let iliac = |side, spine| which(&|meaning| meaning == NameMeaning::Iliac(side, spine));
    let spines: Vec<usize> = [
        iliac(Side::Left, IliacSpine::Anterior),
        iliac(Side::Right, IliacSpine::Anterior),
        iliac(Side::Left, IliacSpine::Posterior),
        iliac(Side::Right, IliacSpine::Posterior),
    ]
    .iter()
    .filter_map(|joints| joints.first().copied())
    .collect();
    if spines.len() == 4 && space.is_3d() {
        let how = "hip centre after Harrington et al. 2007 from";
        rule(Part::LeftHip, spines.clone(), how, |spines| hip_centre(spines, Side::Left));
        rule(Part::RightHip, spines, how, |spines| hip_centre(spines, Side::Right));
    }
    rule(Part::Head, which(&|meaning| meaning == NameMeaning::OnHead), "mean of", mean_point);
    rule(
        Part::Neck,
        which(&|meaning| meaning == NameMeaning::OnTrunk(TrunkLevel::Neck)),
        "mean of",
        mean_point,
    );
    rule(
        Part::Chest,
        which(&|meaning| meaning == NameMeaning::OnTrunk(TrunkLevel::Chest)),
        "mean of",
        mean_point,
    );
    rules
}

/// Fills a part of a body recording with the midpoint of two others. Returns false if the part is
/// missing in every frame.
fn fill_midpoint(body: &mut Recording, part: Part, a: Part, b: Part) -> bool {
    let mut any = false;
    for frame in 0..body.frame_count() {
        let row = frame * Part::COUNT;
        let middle =
            mean_point(&[body.position_at(frame, a.index()), body.position_at(frame, b.index())]);
        let confidence = body.confidence[row + a.index()].min(body.confidence[row + b.index()]);
        any |= body.set_part(frame, part, middle, confidence);
    }
    any
}

/// The hip joint centre from the four iliac spines `[left ASIS, right ASIS, left PSIS, right PSIS]`
/// in metres (Harrington et al. 2007, J Biomech 40:595): with pelvic depth d and width w, 0.24·d +
/// 9.9 mm behind, 0.30·w + 10.9 mm below and 0.33·w + 7.3 mm beside the midpoint of the ASIS.
fn hip_centre(spines: &[[f64; 3]], side: Side) -> [f64; 3] {
    let [left, right, back_left, back_right] = [spines[0], spines[1], spines[2], spines[3]];
    let (front, back) = (mean_point(&[left, right]), mean_point(&[back_left, back_right]));
    let (width, depth) = (norm(sub(right, left)), norm(sub(front, back)));
    let z = unit_vector(sub(right, left));
    let y = unit_vector(cross(z, sub(front, back)));
    let x = cross(y, z);
    let sideways = match side {
        Side::Left => -(0.33 * width + 0.0073),
        Side::Right => 0.33 * width + 0.0073,
    };
    let centre = add(front, scale(x, -(0.24 * depth + 0.0099)));
    add(add(centre, scale(y, -(0.30 * width + 0.0109))), scale(z, sideways))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordingSource;

    fn one_frame(names: &[&str], position: Vec<[f64; 3]>) -> Recording {
        let skeleton = Arc::new(Skeleton::from_names("test", names.iter().copied()));
        let confidence = vec![1.0; position.len()];
        Recording::new(
            RecordingSource::default(),
            skeleton,
            Space::World,
            vec![0.0],
            position,
            confidence,
        )
        .unwrap()
    }

    #[test]
    fn hip_centres_follow_the_regression() {
        // Pelvis 0.24 m wide and 0.16 m deep, facing +X: worked by hand from the published formula.
        let spines =
            vec![[0.0, 1.0, -0.12], [0.0, 1.0, 0.12], [-0.16, 1.0, -0.05], [-0.16, 1.0, 0.05]];
        let body = one_frame(&["LASI", "RASI", "LPSI", "RPSI"], spines).to_body();
        let hip = body.recording.position_at(0, Part::RightHip.index());
        let expected =
            [-(0.24 * 0.16 + 0.0099), 1.0 - (0.30 * 0.24 + 0.0109), 0.33 * 0.24 + 0.0073];
        for (value, expected) in hip.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12, "{hip:?}");
        }
        assert!(body.derived_parts.iter().any(|derived| derived.part == Part::Pelvis));
    }

    #[test]
    fn marker_pairs_make_joint_centres_and_say_so() {
        let body = one_frame(
            &["r_knee_study", "r_mknee_study", "L_mknee"],
            vec![[0.0; 3], [0.0, 0.0, 0.1], [1.0; 3]],
        )
        .to_body();
        // r_knee is taken for the knee itself; the left knee has only its medial marker.
        assert_eq!(body.recording.position_at(0, Part::LeftKnee.index()), [1.0; 3]);
        assert!(
            body.derived_parts
                .iter()
                .any(|derived| derived.part == Part::LeftKnee && derived.from.contains("L_mknee"))
        );
        assert!(!body.recording.is_seen(0, Part::LeftHip.index()));
    }

    #[test]
    fn measured_parts_are_copied_and_neighbours_make_the_rest() {
        let names: Vec<&str> = ["left_hip", "right_hip", "neck"].to_vec();
        let body = one_frame(&names, vec![[0.0, 1.0, -0.1], [0.0, 1.0, 0.1], MISSING]).to_body();
        assert_eq!(body.recording.position_at(0, Part::Pelvis.index()), [0.0, 1.0, 0.0]);
        assert!(!body.recording.is_seen(0, Part::Neck.index()));
        assert_eq!(body.derived_parts.len(), 1);
    }
}
