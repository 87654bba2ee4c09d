//! Extracts a jump from a recording: when the feet touched and left the ground, and how the body
//! landed.

use super::flight::lowest_foot_point;
use super::less::LandingMeasures;
use agoge_kinematics::{CameraView, Curves, Repetition};
use agoge_motion::vector::{dot, sub, unit_vector};
use agoge_motion::{Part, Recording, Side};

/// Contact tolerance, m: a foot is on the ground while it is less than this above its standing
/// height. Half of what it falls in a frame at 60 Hz from a box of 30 cm.
const CONTACT_TOLERANCE_M: f64 = 0.02;
/// The same as a share of the trunk's length, for images without a scale (a trunk of 0.5 m, Winter
/// 2009).
const CONTACT_TOLERANCE_TRUNK: f64 = 0.04;

/// Frames at which the feet touched and left the ground in a jump.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JumpContacts {
    /// First contact of each foot before the lowest point, left and right; `None` if the foot was
    /// already on the ground, or not seen.
    pub contact: [Option<usize>; 2],
    /// Frame where the pelvis is lowest before the jump.
    pub lowest: usize,
    /// The last frame on the ground.
    pub take_off: Option<usize>,
    /// The first frame on the ground again.
    pub landing: Option<usize>,
    /// Contact tolerance, in the unit of the positions.
    pub tolerance: f64,
    /// Metres per unit of the positions; estimated from the trunk's length for images without a
    /// scale.
    pub metres_per_unit: f64,
}

impl JumpContacts {
    /// First contact of either foot.
    pub fn first_contact(&self) -> Option<usize> {
        self.contact.into_iter().flatten().min()
    }

    /// Finds the frames in a repetition of a jump, by the lowest point of each foot (toes and heel,
    /// else the ankle). `None` if the pelvis or both feet are not seen.
    pub fn from_repetition(
        body: &Recording,
        curves: &Curves,
        repetition: &Repetition,
    ) -> Option<JumpContacts> {
        let pelvis = &curves.get("pelvis_height", None)?.values;
        let (start, end) = (repetition.start, repetition.end);
        let near = contact_tolerance(body, start..=end);
        let apex = repetition.events.iter().find(|event| event.name == "apex")?.frame;
        let lowest = (start..=apex)
            .filter(|f| pelvis[*f].is_finite())
            .min_by(|a, b| pelvis[*a].total_cmp(&pelvis[*b]))?;
        let floor = [0, 1].map(|foot| lowest_foot_point(body, foot, lowest));
        let stands =
            |foot: usize, frame: usize| lowest_foot_point(body, foot, frame) - floor[foot] <= near;
        let contact = [0, 1].map(|k| {
            let first = (start..=lowest).rev().take_while(|frame| stands(k, *frame)).last()?;
            // The repetition may begin during the drop: the foot must have been seen off the ground
            // just before.
            (first > 0 && lowest_foot_point(body, k, first - 1) - floor[k] > near).then_some(first)
        });
        let stand = |frame: usize| stands(0, frame) || stands(1, frame);
        let take_off =
            (lowest..=apex).take_while(|frame| stand(*frame)).last().filter(|frame| *frame < apex);
        let landing = (apex..=end).find(|frame| stand(*frame)).filter(|_| take_off.is_some());
        let metres = CONTACT_TOLERANCE_M / near;
        floor.iter().any(|y| y.is_finite()).then_some(JumpContacts {
            contact,
            lowest,
            take_off,
            landing,
            tolerance: near,
            metres_per_unit: metres,
        })
    }

    /// Measures the first landing for the LESS (Padua 2009); `None` if no foot was seen to touch
    /// down.
    pub fn measure_landing(
        &self,
        body: &Recording,
        curves: &Curves,
        view: CameraView,
        end: usize,
    ) -> Option<LandingMeasures> {
        let contact = self.first_contact()?;
        let stance = contact..=self.lowest;
        let curve = |name: &str, side: Option<Side>, frame: usize| {
            curves.get(name, side).map_or(f64::NAN, |c| c.values[frame])
        };
        let sides =
            |name: &str, frame: usize| Side::BOTH.map(|side| curve(name, Some(side), frame));
        let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NAN, f64::max);
        // Of two sides take the one that bends less, at contact and on the way down.
        let flexion_at_contact = |name: &str| lesser_value(sides(name, contact));
        let further_flexion = |name: &str| {
            lesser_value(Side::BOTH.map(|side| {
                largest(&mut stance.clone().map(|frame| curve(name, Some(side), frame)))
                    - curve(name, Some(side), contact)
            }))
        };
        let position = |frame: usize, part: Part| body.position_at(frame, part.index());
        let metres = CONTACT_TOLERANCE_M / contact_tolerance(body, contact..=end);
        let feet = FootGeometry { body, flat_frame: end, metres_per_unit: metres };
        Some(LandingMeasures {
            view,
            seen: leg_confidence(body, stance.clone()),
            knee_flexion: flexion_at_contact("knee_flexion"),
            hip_flexion: flexion_at_contact("hip_flexion"),
            trunk_flexion: curve("trunk_lean", None, contact),
            heel_over_toe_m: lesser_value(Side::BOTH.map(|side| feet.heel_over_toe(side, contact))),
            knee_valgus: greater_value(
                Side::BOTH.map(|side| feet.knee_inward_angle(side, contact, false)),
            ),
            trunk_lean: curve("trunk_lateral_lean", None, contact).abs(),
            stance_width: rightward_distance(
                body,
                contact,
                position(contact, Part::LeftAnkle),
                position(contact, Part::RightAnkle),
            ) / rightward_distance(
                body,
                contact,
                position(contact, Part::LeftShoulder),
                position(contact, Part::RightShoulder),
            ),
            toe_out: Side::BOTH.map(|side| feet.toe_out_angle(side, contact)).into_iter().fold(
                f64::NAN,
                |worst, angle| {
                    if worst.is_nan() || angle.abs() > worst.abs() { angle } else { worst }
                },
            ),
            contact_gap_s: match self.contact {
                [Some(a), Some(b)] => (body.time[a] - body.time[b]).abs(),
                _ => f64::NAN,
            },
            knee_displacement: further_flexion("knee_flexion"),
            hip_displacement: further_flexion("hip_flexion"),
            trunk_displacement: largest(
                &mut stance.clone().map(|frame| curve("trunk_lean", None, frame)),
            ) - curve("trunk_lean", None, contact),
            largest_knee_valgus: largest(&mut stance.flat_map(|frame| {
                Side::BOTH.map(|side| feet.knee_inward_angle(side, frame, true))
            })),
        })
    }
}

fn lesser_value(values: [f64; 2]) -> f64 {
    values[0].min(values[1])
}

fn greater_value(values: [f64; 2]) -> f64 {
    values[0].max(values[1])
}

/// How surely the legs were seen in a stretch, 0 to 1: the mean confidence of hips, knees and
/// ankles, counting 0 for a missing one.
fn leg_confidence(body: &Recording, frames: std::ops::RangeInclusive<usize>) -> f64 {
    let legs = [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle];
    let parts: Vec<usize> =
        legs.iter().flat_map(|part| Side::BOTH.map(|side| part.on_side(side).index())).collect();
    let joints = body.joint_count();
    let confidence_of = |frame: usize, part: usize| {
        if body.is_seen(frame, part) {
            f64::from(body.confidence[frame * joints + part])
        } else {
            0.0
        }
    };
    let confidences: Vec<f64> = frames
        .flat_map(|frame| {
            parts.iter().map(move |part| confidence_of(frame, *part)).collect::<Vec<_>>()
        })
        .collect();
    confidences.iter().sum::<f64>() / confidences.len().max(1) as f64
}

/// Contact tolerance of a foot, in the unit of the positions.
fn contact_tolerance(body: &Recording, frames: std::ops::RangeInclusive<usize>) -> f64 {
    match body.space.length_unit() {
        "m" => CONTACT_TOLERANCE_M,
        _ => CONTACT_TOLERANCE_TRUNK * trunk_length(body, frames),
    }
}

/// Longest distance from pelvis to neck in a stretch, in the unit of the positions.
fn trunk_length(body: &Recording, frames: std::ops::RangeInclusive<usize>) -> f64 {
    frames
        .map(|frame| {
            let line = sub(
                body.position_at(frame, Part::Neck.index()),
                body.position_at(frame, Part::Pelvis.index()),
            );
            line[0].hypot(line[1])
        })
        .fold(f64::NAN, f64::max)
}

/// Direction of the athlete's right in a frame, on the ground plane: from the hips; in two
/// dimensions along the image.
fn rightward_direction(body: &Recording, frame: usize) -> [f64; 3] {
    let [left, right] =
        [Part::LeftHip, Part::RightHip].map(|part| body.position_at(frame, part.index()));
    let line = sub(right, left);
    unit_vector([line[0], 0.0, if line[2].is_finite() { line[2] } else { 0.0 }])
}

/// How far one point is to the right of another, from the athlete's perspective.
fn rightward_distance(body: &Recording, frame: usize, from: [f64; 3], to: [f64; 3]) -> f64 {
    let mut line = sub(to, from);
    if line[2].is_nan() {
        line[2] = 0.0;
    }
    dot(line, rightward_direction(body, frame))
}

/// The feet of a recording; in the frame `flat_frame` both soles lie on the ground.
struct FootGeometry<'a> {
    body: &'a Recording,
    flat_frame: usize,
    /// Metres per unit of the positions.
    metres_per_unit: f64,
}

impl FootGeometry<'_> {
    fn part_position(&self, side: Side, part: Part, frame: usize) -> [f64; 3] {
        self.body.position_at(frame, part.on_side(side).index())
    }

    /// Height of the heel above the toes, relative to a flat foot, m.
    fn heel_over_toe(&self, side: Side, frame: usize) -> f64 {
        let over = |frame: usize| {
            self.part_position(side, Part::LeftHeel, frame)[1]
                - self.part_position(side, Part::LeftBigToe, frame)[1]
        };
        self.metres_per_unit * (over(frame) - over(self.flat_frame))
    }

    /// Angle by which the knee is inside the plumb line over the middle of the foot (or the great
    /// toe), degrees: positive is medial. Without foot points the ankle stands for the middle, and
    /// nothing for the toe.
    fn knee_inward_angle(&self, side: Side, frame: usize, of_toe: bool) -> f64 {
        let (heel, toe) = (
            self.part_position(side, Part::LeftHeel, frame),
            self.part_position(side, Part::LeftBigToe, frame),
        );
        let middle = [0, 1, 2].map(|k| 0.5 * (heel[k] + toe[k]));
        let foot = match () {
            () if of_toe => toe,
            () if middle[0].is_finite() => middle,
            () => self.part_position(side, Part::LeftAnkle, frame),
        };
        let knee = self.part_position(side, Part::LeftKnee, frame);
        let inward = rightward_distance(self.body, frame, foot, knee)
            * if side == Side::Left { 1.0 } else { -1.0 };
        inward.atan2(knee[1] - foot[1]).to_degrees()
    }

    /// Angle of the line from heel to great toe against straight ahead, degrees, outward positive;
    /// only in three dimensions.
    fn toe_out_angle(&self, side: Side, frame: usize) -> f64 {
        let line = sub(
            self.part_position(side, Part::LeftBigToe, frame),
            self.part_position(side, Part::LeftHeel, frame),
        );
        let right = rightward_direction(self.body, frame);
        // Up × right is forward.
        let forward = [right[2], 0.0, -right[0]];
        let outward = dot(line, right) * if side == Side::Right { 1.0 } else { -1.0 };
        outward.atan2(dot(line, forward)).to_degrees()
    }
}
