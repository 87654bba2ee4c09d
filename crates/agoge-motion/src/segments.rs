//! The body as a tree of segments: the direction of each joint's segment, and posing the body with
//! changed directions.
//!
//! A direction is given in the frame of the parent segment, so that changing one joint carries
//! everything distal along: bones keep their lengths and joints stay connected. A segment's frame
//! is its parent's, turned by the smallest rotation onto the segment's direction; rotation about a
//! segment's long axis is not represented.

use crate::recording::MISSING;
use crate::vector::{add, cross, dot, mean_point, norm, scale, sub, unit_vector};
use crate::{Part, Recording};

/// The joints whose segments have a direction, parents before children: chest (the trunk from
/// pelvis to neck), neck (the head), shoulder (upper arm), elbow (forearm), hip (thigh), knee
/// (shank), ankle (foot).
pub const JOINTS: [Part; 12] = [
    Part::Chest,
    Part::Neck,
    Part::LeftShoulder,
    Part::RightShoulder,
    Part::LeftElbow,
    Part::RightElbow,
    Part::LeftHip,
    Part::RightHip,
    Part::LeftKnee,
    Part::RightKnee,
    Part::LeftAnkle,
    Part::RightAnkle,
];

/// The direction of each joint's segment in the frame of its parent segment, `[frame, joint]`: x
/// forward, y up, z to the athlete's right for an upright body with arms held forward. NaN where
/// the segment is not seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Directions(Vec<[f64; 3]>);

impl Directions {
    /// Builds directions from unit vectors, one array per frame (NaN where not known).
    pub fn new(frames: Vec<[[f64; 3]; JOINTS.len()]>) -> Directions {
        Directions(frames.into_iter().flatten().collect())
    }

    /// The number of frames.
    pub fn frame_count(&self) -> usize {
        self.0.len() / JOINTS.len()
    }

    /// The direction of a joint (its index in [`JOINTS`]) in a frame.
    pub fn direction_at(&self, frame: usize, joint: usize) -> [f64; 3] {
        self.0[frame * JOINTS.len() + joint]
    }

    /// Sets the direction of a joint in a frame. Does nothing if `direction` is zero or missing, or
    /// if the joint's current direction is missing.
    pub fn set_direction(&mut self, frame: usize, joint: usize, direction: [f64; 3]) {
        let turned = unit_vector(direction);
        let current = &mut self.0[frame * JOINTS.len() + joint];
        if current[0].is_finite() && turned.iter().all(|v| v.is_finite()) {
            *current = turned;
        }
    }
}

/// The index of a part in [`JOINTS`]; `None` if it is not one of them.
pub fn joint_index(part: Part) -> Option<usize> {
    JOINTS.iter().position(|joint| *joint == part)
}

/// The part at the far end of a joint's segment, which best shows how the joint moves; `None` if
/// the part is not in [`JOINTS`].
pub fn far_end(part: Part) -> Option<Part> {
    joint_index(part).map(|_| segment_definition(part).1)
}

/// Interpolates between two directions: the unit vector at `share`, 0 to 1, of the way from `a` to
/// `b`; NaN if either is missing.
///
/// ```
/// use agoge_motion::segments::interpolate_direction;
/// let half_way = interpolate_direction([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], 0.5);
/// assert!((half_way[0] - 0.5f64.sqrt()).abs() < 1e-12);
/// ```
pub fn interpolate_direction(a: [f64; 3], b: [f64; 3], share: f64) -> [f64; 3] {
    unit_vector(add(scale(a, 1.0 - share), scale(b, share)))
}

/// The definition of a joint's segment: the parts where it begins and ends, its reference direction
/// in the parent's frame, and its parent joint (`None`: the pelvis).
fn segment_definition(joint: Part) -> (Part, Part, [f64; 3], Option<Part>) {
    const DOWN: [f64; 3] = [0.0, -1.0, 0.0];
    const UP: [f64; 3] = [0.0, 1.0, 0.0];
    // The smallest rotation is undefined for a segment opposite to its reference direction. Arms
    // hang and are raised overhead, but do not point backward.
    const FORWARD: [f64; 3] = [1.0, 0.0, 0.0];
    let side = |part: Part| joint.side().map_or(part, |side| part.on_side(side));
    match left_side_part(joint) {
        Part::Chest => (Part::Pelvis, Part::Neck, UP, None),
        Part::Neck => (Part::Neck, Part::Head, UP, Some(Part::Chest)),
        Part::LeftShoulder => (joint, side(Part::LeftElbow), FORWARD, Some(Part::Chest)),
        Part::LeftElbow => (joint, side(Part::LeftWrist), FORWARD, Some(side(Part::LeftShoulder))),
        Part::LeftHip => (joint, side(Part::LeftKnee), DOWN, None),
        Part::LeftKnee => (joint, side(Part::LeftAnkle), DOWN, Some(side(Part::LeftHip))),
        _ => (joint, side(Part::LeftBigToe), FORWARD, Some(side(Part::LeftKnee))),
    }
}

/// The left-side version of a part, for tables that list only one side.
fn left_side_part(part: Part) -> Part {
    part.on_side(crate::Side::Left)
}

/// The part that a part is attached to, and the joint whose segment carries it (`None`: the
/// pelvis).
fn part_attachment(part: Part) -> (Part, Option<Part>) {
    let side = |other: Part| part.side().map_or(other, |side| other.on_side(side));
    match left_side_part(part) {
        Part::Spine | Part::Chest | Part::Neck => (Part::Pelvis, Some(Part::Chest)),
        Part::Head | Part::Nose | Part::LeftEye | Part::LeftEar => (Part::Neck, Some(Part::Neck)),
        Part::LeftShoulder => (Part::Neck, Some(Part::Chest)),
        Part::LeftElbow => (side(Part::LeftShoulder), Some(side(Part::LeftShoulder))),
        Part::LeftWrist => (side(Part::LeftElbow), Some(side(Part::LeftElbow))),
        Part::LeftHand => (side(Part::LeftWrist), Some(side(Part::LeftElbow))),
        Part::LeftKnee => (side(Part::LeftHip), Some(side(Part::LeftHip))),
        Part::LeftAnkle => (side(Part::LeftKnee), Some(side(Part::LeftKnee))),
        Part::LeftHeel | Part::LeftBigToe | Part::LeftSmallToe => {
            (side(Part::LeftAnkle), Some(side(Part::LeftAnkle)))
        }
        _ => (Part::Pelvis, None),
    }
}

/// A right-handed orthonormal frame: its x, y and z axes in world coordinates.
#[derive(Clone, Copy, Debug)]
struct SegmentFrame([[f64; 3]; 3]);

impl SegmentFrame {
    fn to_world(self, v: [f64; 3]) -> [f64; 3] {
        add(add(scale(self.0[0], v[0]), scale(self.0[1], v[1])), scale(self.0[2], v[2]))
    }

    fn to_local(self, v: [f64; 3]) -> [f64; 3] {
        self.0.map(|axis| dot(axis, v))
    }

    /// Rotates the frame by the smallest rotation of one direction onto another (Rodrigues); a half
    /// turn is about the frame's z axis.
    fn rotate_onto(self, from: [f64; 3], to: [f64; 3]) -> SegmentFrame {
        let (axis, cos) = (cross(from, to), dot(from, to));
        if cos < -1.0 + 1e-9 {
            let [x, y, z] = self.0;
            return SegmentFrame([scale(x, -1.0), scale(y, -1.0), z]);
        }
        SegmentFrame(self.0.map(|v| {
            let about = scale(axis, dot(axis, v) / (1.0 + cos));
            add(add(scale(v, cos), cross(axis, v)), about)
        }))
    }
}

/// The orientations of the pelvis and of every joint's segment in one frame of a recording.
struct SegmentPose {
    pelvis: SegmentFrame,
    joints: [SegmentFrame; JOINTS.len()],
}

impl SegmentPose {
    fn segment_frame(&self, joint: Option<Part>) -> SegmentFrame {
        joint.and_then(crate::segments::joint_index).map_or(self.pelvis, |joint| self.joints[joint])
    }

    /// Builds the segment frames from the joints' directions; a joint without a direction takes its
    /// parent's frame.
    fn new(
        pelvis: SegmentFrame,
        direction: impl Fn(usize, SegmentFrame) -> Option<[f64; 3]>,
    ) -> SegmentPose {
        let mut pose = SegmentPose { pelvis, joints: [pelvis; JOINTS.len()] };
        for (joint, part) in JOINTS.into_iter().enumerate() {
            let (_, _, reference, parent) = segment_definition(part);
            let parent = pose.segment_frame(parent);
            pose.joints[joint] = match direction(joint, parent) {
                Some(to) => parent.rotate_onto(parent.to_world(reference), to),
                None => parent,
            };
        }
        pose
    }
}

impl Recording {
    /// The direction of every joint's segment. Expects the body skeleton ([`Recording::to_body`]).
    ///
    /// ```
    /// use agoge_motion::segments::joint_index;
    /// use agoge_motion::simulate::{Exercise, SimulatedSet};
    /// use agoge_motion::Part;
    /// let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
    /// let directions = body.segment_directions();
    /// // The standing athlete's thigh points down.
    /// let hip = joint_index(Part::LeftHip).unwrap();
    /// assert!(directions.direction_at(0, hip)[1] < -0.99);
    /// ```
    pub fn segment_directions(&self) -> Directions {
        let mut out = Directions(vec![MISSING; self.frame_count() * JOINTS.len()]);
        for (frame, pelvis) in self.pelvis_frames().into_iter().enumerate() {
            let pose = self.segment_pose(frame, pelvis);
            for (joint, part) in JOINTS.into_iter().enumerate() {
                if let Some(direction) = self.segment_direction(frame, part) {
                    out.0[frame * JOINTS.len() + joint] =
                        pose.segment_frame(segment_definition(part).3).to_local(direction);
                }
            }
        }
        out
    }

    /// The horizontal directions of the athlete's front and right in each frame, `[frame]`.
    pub fn facing_directions(&self) -> Vec<[[f64; 3]; 2]> {
        self.pelvis_frames()
            .into_iter()
            .map(|SegmentFrame([forward, _, right])| [forward, right])
            .collect()
    }

    /// Poses the recording with the given directions (of as many frames): bones keep their lengths,
    /// parts distal to a changed joint move with it, and the midpoint of the ankles stays where it
    /// was. Frames without changes are copied unchanged.
    pub fn with_directions(&self, directions: &Directions) -> Recording {
        let mut posed = self.clone();
        let current = self.segment_directions();
        for (frame, pelvis) in
            self.pelvis_frames().into_iter().enumerate().take(directions.frame_count())
        {
            let is_unchanged = |joint: usize| {
                let (a, b) =
                    (current.direction_at(frame, joint), directions.direction_at(frame, joint));
                a == b || a[0].is_nan()
            };
            if (0..JOINTS.len()).all(is_unchanged) {
                continue;
            }
            let before = self.segment_pose(frame, pelvis);
            let after = SegmentPose::new(pelvis, |joint, parent| {
                let local = directions.direction_at(frame, joint);
                local[0].is_finite().then(|| parent.to_world(local))
            });
            self.move_parts(&mut posed, frame, &before, &after);
        }
        posed
    }

    /// Moves every part of a frame from one pose to another.
    fn move_parts(
        &self,
        posed: &mut Recording,
        frame: usize,
        before: &SegmentPose,
        after: &SegmentPose,
    ) {
        let row = frame * Part::COUNT;
        let flat = |p: [f64; 3]| if self.space.is_3d() { p } else { [p[0], p[1], 0.0] };
        let ankles = |r: &Recording| {
            mean_point(
                &[Part::LeftAnkle, Part::RightAnkle]
                    .map(|part| flat(r.position_at(frame, part.index()))),
            )
        };
        let feet = ankles(self);
        // `Part::ALL` lists every part after the one it is attached to; the face is attached to the
        // neck.
        for part in Part::ALL {
            let (base, carrier) = part_attachment(part);
            let (old, old_base) = (
                flat(self.position_at(frame, part.index())),
                flat(self.position_at(frame, base.index())),
            );
            let limb = after
                .segment_frame(carrier)
                .to_world(before.segment_frame(carrier).to_local(sub(old, old_base)));
            let moved = add(flat(posed.position_at(frame, base.index())), limb);
            if part != Part::Pelvis && moved.iter().all(|v| v.is_finite()) {
                posed.position[row + part.index()] = moved;
            }
        }
        let shift = sub(feet, ankles(posed));
        let shift = if shift[0].is_finite() { shift } else { [0.0; 3] };
        for position in &mut posed.position[row..row + Part::COUNT] {
            *position = add(*position, shift);
            if !self.space.is_3d() {
                position[2] = f64::NAN;
            }
        }
    }

    /// The world direction of a joint's segment; `None` where the segment is not seen.
    fn segment_direction(&self, frame: usize, joint: Part) -> Option<[f64; 3]> {
        let (from, to, ..) = segment_definition(joint);
        let [from, to] = [from, to].map(|part| self.position_at(frame, part.index()));
        let along = sub(to, from);
        let along = if self.space.is_3d() { along } else { [along[0], along[1], 0.0] };
        (norm(along) > 1e-9).then(|| unit_vector(along))
    }

    fn segment_pose(&self, frame: usize, pelvis: SegmentFrame) -> SegmentPose {
        SegmentPose::new(pelvis, |joint, _| self.segment_direction(frame, JOINTS[joint]))
    }

    /// The pelvis frame in each frame of the recording. In 3D, level axes forward, up and right
    /// from the hips and shoulders; where those are missing, the last known frame is held. In an
    /// image, x points where the athlete faces, or to the athlete's left if seen from the front or
    /// back.
    fn pelvis_frames(&self) -> Vec<SegmentFrame> {
        let line = |frame: usize, a: Part, b: Part| {
            sub(self.position_at(frame, b.index()), self.position_at(frame, a.index()))
        };
        const PAIRS: [(Part, Part); 2] =
            [(Part::LeftHip, Part::RightHip), (Part::LeftShoulder, Part::RightShoulder)];
        if !self.space.is_3d() {
            let sum = |a: Part, b: Part| -> f64 {
                (0..self.frame_count())
                    .map(|frame| line(frame, a, b)[0])
                    .filter(|x| x.is_finite())
                    .sum()
            };
            let across: f64 = PAIRS.iter().map(|&(a, b)| sum(a, b)).sum();
            let feet =
                sum(Part::LeftAnkle, Part::LeftBigToe) + sum(Part::RightAnkle, Part::RightBigToe);
            let sign = if feet.abs() > across.abs() { feet } else { -across };
            let sign = if sign < 0.0 { -1.0 } else { 1.0 };
            return vec![
                SegmentFrame([[sign, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, sign]]);
                self.frame_count()
            ];
        }
        let right = |frame: usize| {
            let known = PAIRS
                .map(|(a, b)| line(frame, a, b))
                .into_iter()
                .filter(|line| line[0].is_finite());
            let [x, _, z] = known.fold([0.0; 3], add);
            (x.hypot(z) > 1e-6).then(|| unit_vector([x, 0.0, z]))
        };
        let mut last = (0..self.frame_count()).find_map(right).unwrap_or([0.0, 0.0, 1.0]);
        (0..self.frame_count())
            .map(|frame| {
                last = right(frame).unwrap_or(last);
                SegmentFrame([cross([0.0, 1.0, 0.0], last), [0.0, 1.0, 0.0], last])
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
    use crate::{Side, Space};

    fn squat(faults: Vec<SimulatedFault>) -> Recording {
        let set = SimulatedSet {
            repetitions: 2,
            variation_deg: 0.0,
            facing_deg: 70.0,
            faults,
            ..SimulatedSet::new(Exercise::Squat)
        };
        set.simulate().recording.to_body().recording
    }

    fn farthest(a: &Recording, b: &Recording) -> f64 {
        let apart = |(a, b): (&[f64; 3], &[f64; 3])| norm(sub(*a, *b));
        a.position.iter().zip(&b.position).map(apart).filter(|d| d.is_finite()).fold(0.0, f64::max)
    }

    #[test]
    fn the_same_directions_are_the_same_body() {
        let body = squat(Vec::new());
        let directions = body.segment_directions();
        assert_eq!(body.with_directions(&directions).position.len(), body.position.len());
        assert!(farthest(&body, &body.with_directions(&directions)) == 0.0);
        // Turned there and back, the body is the same up to rounding.
        let mut other = directions.clone();
        (0..body.frame_count()).for_each(|frame| other.set_direction(frame, 6, [0.3, -1.0, 0.2]));
        assert!(farthest(&body, &body.with_directions(&other)) > 0.05);
        assert!(farthest(&body, &body.with_directions(&other).with_directions(&directions)) < 1e-9);
    }

    #[test]
    fn bones_keep_their_lengths_whatever_a_joint_does() {
        let body = squat(Vec::new());
        for joint in 0..JOINTS.len() {
            let mut directions = body.segment_directions();
            (0..body.frame_count())
                .for_each(|frame| directions.set_direction(frame, joint, [0.5, -0.4, 0.3]));
            let posed = body.with_directions(&directions);
            for part in Part::ALL {
                let (base, _) = part_attachment(part);
                let length = |r: &Recording, frame: usize| {
                    norm(sub(
                        r.position_at(frame, part.index()),
                        r.position_at(frame, base.index()),
                    ))
                };
                for frame in [0, 40, 100] {
                    let apart = (length(&body, frame) - length(&posed, frame)).abs();
                    assert!(apart.is_nan() || apart < 1e-9, "{part:?}");
                }
            }
        }
    }

    #[test]
    fn the_knees_of_a_clean_squat_take_a_planted_fault_away() {
        let fault = SimulatedFault {
            kind: SimulatedFaultKind::KneeInwardUp,
            side: Some(Side::Left),
            repetitions: 1..=2,
            size: 20.0,
        };
        let (clean, faulty) = (squat(Vec::new()), squat(vec![fault]));
        let (from, mut to) = (clean.segment_directions(), faulty.segment_directions());
        for part in [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle] {
            let joint = joint_index(part).unwrap();
            (0..faulty.frame_count())
                .for_each(|frame| to.set_direction(frame, joint, from.direction_at(frame, joint)));
        }
        let mended = faulty.with_directions(&to);
        let leg = |r: &Recording, frame: usize| {
            let at = |part: Part| r.position_at(frame, part.index());
            dot(
                unit_vector(sub(at(Part::LeftKnee), at(Part::LeftHip))),
                unit_vector(sub(at(Part::LeftAnkle), at(Part::LeftKnee))),
            )
        };
        for frame in 0..clean.frame_count() {
            assert!((leg(&mended, frame) - leg(&clean, frame)).abs() < 1e-6);
        }
        assert!(
            (0..clean.frame_count())
                .any(|frame| (leg(&faulty, frame) - leg(&clean, frame)).abs() > 0.01)
        );
    }

    #[test]
    fn a_picture_stays_a_picture_and_what_is_missing_stays_missing() {
        let mut film =
            crate::simulate::SimulatedCamera::phone(80.0).film_recording(&squat(Vec::new()));
        let hidden = 30 * Part::COUNT + Part::LeftKnee.index();
        film.position[hidden] = MISSING;
        let mut directions = film.segment_directions();
        assert!(directions.direction_at(30, joint_index(Part::LeftKnee).unwrap())[0].is_nan());
        (0..film.frame_count())
            .for_each(|frame| directions.set_direction(frame, 0, [0.2, 1.0, 0.0]));
        let posed = film.with_directions(&directions);
        assert!(
            matches!(posed.space, Space::Image { .. })
                && posed.position.iter().all(|p| p[2].is_nan())
        );
        assert!(posed.position[hidden][0].is_nan() && farthest(&film, &posed).is_finite());
    }
}
