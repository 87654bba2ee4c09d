//! Plants a known fault into a real recording: the chain of segments beyond a joint is rotated
//! about an anatomical axis, smoothly in time. Bones keep their lengths, and a standing foot stays
//! on the floor where the fault demands it.

use agoge_motion::segments::interpolate_direction;
use agoge_motion::vector::{add, cross, dot, norm, rotate_about, scale, sub, unit_vector};
use agoge_motion::{Part, Recording, Side};
use serde::{Deserialize, Serialize};

/// What is wrong in a repetition. The size of each is the amount at the height of the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyFault {
    /// The knee of a standing leg goes inward while hip and foot stay (degrees of knee valgus).
    KneeInward,
    /// The trunk tips forward about the pelvis (degrees).
    TrunkForward,
    /// The trunk tips to one side about the pelvis (degrees).
    TrunkSideways,
    /// An elbow or a free knee bends more (degrees).
    JointBent,
    /// The whole body covers less of its way between start and turning point, feet in place (share
    /// of the way that is missing).
    HalfDepth,
    /// One knee bends less because that side of the pelvis stays high, feet in place (degrees of
    /// knee flexion; the pelvis tilts by 20 degrees at most).
    FlexionLost,
    /// The heel comes off the floor while the toes stay (degrees of the foot).
    HeelRaised,
    /// An arm, a forearm or a free leg stops short of its range (degrees).
    RangeLost,
    /// An arm or a free leg leaves the plane of its movement (degrees).
    OutOfPlane,
}

/// The part of a repetition in which a fault is present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultWindow {
    /// From the start to the turning point.
    WayOut,
    /// From the turning point to the end.
    WayBack,
    /// The whole repetition.
    Throughout,
}

/// A fault to plant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlantedFault {
    /// What is wrong.
    pub kind: BodyFault,
    /// The joint at which it is planted, with its side: the knee, the chest (trunk), the elbow, the
    /// pelvis (whole body), the ankle, the shoulder or the hip.
    pub joint: Part,
    /// When. Faults that scale with the movement ([`BodyFault::HalfDepth`],
    /// [`BodyFault::RangeLost`], [`BodyFault::OutOfPlane`]) are always present throughout.
    pub window: FaultWindow,
    /// How much, in the unit of the kind; 0 changes nothing.
    pub size: f64,
}

/// Frames of one repetition in the recording: where it starts, turns and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepetitionSpan {
    /// First frame.
    pub start: usize,
    /// Frame of the turning point.
    pub turn: usize,
    /// Last frame.
    pub end: usize,
}

/// Share of a window over which a fault grows, and over which it fades.
const RAMP_SHARE: f64 = 0.3;
/// Largest swivel of a leg about the line from hip to ankle, degrees.
const MAX_SWIVEL_DEG: f64 = 50.0;
/// Largest tilt of the pelvis, degrees.
const MAX_TILT_DEG: f64 = 20.0;
/// A leg is never stretched beyond this share of its length.
const MAX_REACH: f64 = 0.9995;
/// A foot that moves further than this within a repetition steps, m.
const STEP_M: f64 = 0.15;
/// Halvings of an interval when an amount is searched for.
const HALVINGS: usize = 40;
const UP: [f64; 3] = [0.0, 1.0, 0.0];

/// A rigid segment of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodySegment {
    Pelvis,
    Trunk,
    Head,
    UpperArm(Side),
    Forearm(Side),
    Thigh(Side),
    Shank(Side),
    Foot(Side),
}

impl BodySegment {
    /// The segment that carries a part.
    fn from_part(part: Part) -> BodySegment {
        let side = part.side().unwrap_or(Side::Left);
        match part.on_side(Side::Left) {
            Part::Spine | Part::Chest | Part::Neck | Part::LeftShoulder => BodySegment::Trunk,
            Part::Head | Part::Nose | Part::LeftEye | Part::LeftEar => BodySegment::Head,
            Part::LeftElbow => BodySegment::UpperArm(side),
            Part::LeftWrist | Part::LeftHand => BodySegment::Forearm(side),
            Part::LeftKnee => BodySegment::Thigh(side),
            Part::LeftAnkle => BodySegment::Shank(side),
            Part::LeftHeel | Part::LeftBigToe | Part::LeftSmallToe => BodySegment::Foot(side),
            _ => BodySegment::Pelvis,
        }
    }

    /// The parts at the ends of the segment.
    fn end_parts(self) -> [Part; 2] {
        let on = |side: Side, parts: [Part; 2]| parts.map(|part| part.on_side(side));
        match self {
            BodySegment::Pelvis => [Part::LeftHip, Part::RightHip],
            BodySegment::Trunk => [Part::LeftShoulder, Part::Neck],
            BodySegment::Head => [Part::Neck, Part::Head],
            BodySegment::UpperArm(side) => on(side, [Part::LeftShoulder, Part::LeftElbow]),
            BodySegment::Forearm(side) => on(side, [Part::LeftElbow, Part::LeftWrist]),
            BodySegment::Thigh(side) => on(side, [Part::LeftHip, Part::LeftKnee]),
            BodySegment::Shank(side) => on(side, [Part::LeftKnee, Part::LeftAnkle]),
            BodySegment::Foot(side) => on(side, [Part::LeftAnkle, Part::LeftBigToe]),
        }
    }

    /// Every segment.
    fn all_segments() -> Vec<BodySegment> {
        let limbs = Side::BOTH.into_iter().flat_map(|side| {
            [
                BodySegment::UpperArm(side),
                BodySegment::Forearm(side),
                BodySegment::Thigh(side),
                BodySegment::Shank(side),
                BodySegment::Foot(side),
            ]
        });
        [BodySegment::Pelvis, BodySegment::Trunk, BodySegment::Head]
            .into_iter()
            .chain(limbs)
            .collect()
    }
}

/// The trunk and everything that hangs on it.
fn is_upper_body(segment: BodySegment) -> bool {
    matches!(
        segment,
        BodySegment::Trunk | BodySegment::Head | BodySegment::UpperArm(_) | BodySegment::Forearm(_)
    )
}

/// Whether a segment lies beyond a joint.
fn is_beyond_joint(segment: BodySegment, joint: Part) -> bool {
    let Some(side) = joint.side() else { return is_upper_body(segment) };
    match joint.on_side(Side::Left) {
        Part::LeftShoulder => {
            segment == BodySegment::UpperArm(side) || segment == BodySegment::Forearm(side)
        }
        Part::LeftElbow => segment == BodySegment::Forearm(side),
        Part::LeftHip => {
            [BodySegment::Thigh(side), BodySegment::Shank(side), BodySegment::Foot(side)]
                .contains(&segment)
        }
        Part::LeftKnee => segment == BodySegment::Shank(side) || segment == BodySegment::Foot(side),
        _ => segment == BodySegment::Foot(side),
    }
}

/// Axis and angle, radians, of the smallest rotation of one vector onto another; none if they are
/// parallel or missing.
fn smallest_rotation(from: [f64; 3], to: [f64; 3]) -> Option<([f64; 3], f64)> {
    let axis = cross(from, to);
    let angle = norm(axis).atan2(dot(from, to));
    (norm(axis) > 1e-12 && angle.is_finite()).then(|| (unit_vector(axis), angle))
}

/// Rises from 0 at 0 to 1 at 1, with level ends.
fn smooth_step(x: f64) -> f64 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// Weight of a fault in a frame, 0 to 1: it grows, stays and fades within its window.
fn window_weight(span: RepetitionSpan, window: FaultWindow, frame: usize) -> f64 {
    let (from, to) = match window {
        FaultWindow::WayOut => (span.start, span.turn),
        FaultWindow::WayBack => (span.turn, span.end),
        FaultWindow::Throughout => (span.start, span.end),
    };
    if frame <= from || frame >= to {
        return 0.0;
    }
    let share = (frame - from) as f64 / (to - from) as f64;
    smooth_step(share / RAMP_SHARE) * smooth_step((1.0 - share) / RAMP_SHARE)
}

/// One frame being posed: the parts of the body and the source's joints or markers, each with the
/// segment that carries it.
struct FramePose<'a> {
    parts: Vec<[f64; 3]>,
    joints: &'a mut [[f64; 3]],
    carriers: &'a [BodySegment],
    forward: [f64; 3],
    right: [f64; 3],
}

impl FramePose<'_> {
    fn part_position(&self, part: Part) -> [f64; 3] {
        self.parts[part.index()]
    }

    fn move_points(
        &mut self,
        belongs: &dyn Fn(BodySegment) -> bool,
        moved: &dyn Fn([f64; 3]) -> [f64; 3],
    ) {
        for part in Part::ALL {
            if belongs(BodySegment::from_part(part)) {
                self.parts[part.index()] = moved(self.parts[part.index()]);
            }
        }
        for (position, carrier) in self.joints.iter_mut().zip(self.carriers) {
            if belongs(*carrier) {
                *position = moved(*position);
            }
        }
    }

    fn rotate_segments(
        &mut self,
        belongs: &dyn Fn(BodySegment) -> bool,
        centre: [f64; 3],
        axis: [f64; 3],
        angle: f64,
    ) {
        if angle == 0.0 || !angle.is_finite() || !axis[0].is_finite() || !centre[0].is_finite() {
            return;
        }
        self.move_points(belongs, &|p| add(centre, rotate_about(sub(p, centre), axis, angle)));
    }

    fn shift_segments(&mut self, belongs: &dyn Fn(BodySegment) -> bool, by: [f64; 3]) {
        if by[0].is_finite() && norm(by) > 0.0 {
            self.move_points(belongs, &|p| add(p, by));
        }
    }

    /// Direction towards the midline for a side.
    fn inward_direction(&self, side: Side) -> [f64; 3] {
        scale(self.right, if side == Side::Left { 1.0 } else { -1.0 })
    }

    /// Frontal angle between thigh and shank, degrees, positive with the knee inward: the measure
    /// of `knee_valgus`.
    fn knee_valgus(&self, knee: [f64; 3], side: Side) -> f64 {
        let inward = self.inward_direction(side);
        let lean = |segment: [f64; 3]| {
            let along = dot(segment, inward);
            along.atan2(norm(sub(segment, scale(inward, along))))
        };
        let hip = self.part_position(Part::LeftHip.on_side(side));
        let ankle = self.part_position(Part::LeftAnkle.on_side(side));
        (lean(sub(knee, hip)) - lean(sub(ankle, knee))).to_degrees()
    }

    /// Swivels a leg about the line from hip to ankle until the knee is inward by `size` degrees
    /// more.
    fn push_knee_inward(&mut self, side: Side, size: f64) {
        let [hip, knee, ankle] = [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle]
            .map(|part| self.part_position(part.on_side(side)));
        let axis = unit_vector(sub(ankle, hip));
        let inward = self.inward_direction(side);
        let turned = |angle: f64| add(hip, rotate_about(sub(knee, hip), axis, angle));
        // The sense in which the knee goes inward.
        let sign = if dot(cross(axis, sub(knee, hip)), inward) >= 0.0 { 1.0 } else { -1.0 };
        let before = self.knee_valgus(knee, side);
        let gained = |angle: f64| self.knee_valgus(turned(sign * angle), side) - before;
        let angle = search_amount(MAX_SWIVEL_DEG.to_radians(), &|angle| gained(angle) < size);
        self.rotate_segments(
            &|segment| segment == BodySegment::Thigh(side) || segment == BodySegment::Shank(side),
            hip,
            axis,
            sign * angle,
        );
    }

    /// Places the hip and ankle of a leg, which keep their lengths: the knee stays in its plane.
    /// The hip must have been moved already; the foot moves with the ankle without turning.
    fn place_leg(&mut self, side: Side, old_hip: [f64; 3], ankle_to: [f64; 3]) {
        let [hip, knee, ankle] = [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle]
            .map(|part| self.part_position(part.on_side(side)));
        let (thigh, shank) = (norm(sub(knee, old_hip)), norm(sub(ankle, knee)));
        let reach = norm(sub(ankle_to, hip));
        // A leg that is straighter already may stay so.
        let most = ((thigh + shank) * MAX_REACH).max(norm(sub(ankle, old_hip)));
        let reach = reach.clamp((thigh - shank).abs().min(most), most);
        let along = unit_vector(sub(ankle_to, hip));
        // Where the knee is off the line, with a little of forward for a straight leg.
        let old_along = unit_vector(sub(ankle, old_hip));
        let off = sub(knee, old_hip);
        let off = sub(off, scale(old_along, dot(off, old_along)));
        let pole = add(off, scale(self.forward, 1e-4));
        let pole = unit_vector(sub(pole, scale(along, dot(pole, along))));
        let before_knee = (thigh * thigh - shank * shank + reach * reach) / (2.0 * reach);
        let aside = (thigh * thigh - before_knee * before_knee).max(0.0).sqrt();
        let new_knee = add(hip, add(scale(along, before_knee), scale(pole, aside)));
        let new_ankle = add(hip, scale(along, reach));
        if !new_knee[0].is_finite() {
            return;
        }
        let is_thigh = move |segment| segment == BodySegment::Thigh(side);
        let is_shank = move |segment| segment == BodySegment::Shank(side);
        let is_foot = move |segment| segment == BodySegment::Foot(side);
        self.shift_segments(&is_thigh, sub(hip, old_hip));
        let carried_knee = self.part_position(Part::LeftKnee.on_side(side));
        if let Some((axis, angle)) = smallest_rotation(sub(carried_knee, hip), sub(new_knee, hip)) {
            self.rotate_segments(&is_thigh, hip, axis, angle);
        }
        self.shift_segments(&is_shank, sub(new_knee, knee));
        let carried_ankle = self.part_position(Part::LeftAnkle.on_side(side));
        if let Some((axis, angle)) =
            smallest_rotation(sub(carried_ankle, new_knee), sub(new_ankle, new_knee))
        {
            self.rotate_segments(&is_shank, new_knee, axis, angle);
        }
        self.shift_segments(&is_foot, sub(new_ankle, ankle));
    }

    /// Moves the pelvis and all above it by `by`, and lets the legs follow with the feet in place.
    fn shift_pelvis(&mut self, by: [f64; 3]) {
        let hips = Side::BOTH.map(|side| self.part_position(Part::LeftHip.on_side(side)));
        let ankles = Side::BOTH.map(|side| self.part_position(Part::LeftAnkle.on_side(side)));
        self.shift_segments(
            &|segment| segment == BodySegment::Pelvis || is_upper_body(segment),
            by,
        );
        for (index, side) in Side::BOTH.into_iter().enumerate() {
            self.place_leg(side, hips[index], ankles[index]);
        }
    }

    /// Raises one side of the pelvis about the other hip until that knee bends less by `size`
    /// degrees; the trunk keeps its direction.
    fn lose_flexion(&mut self, side: Side, size: f64) {
        let [hip, knee, ankle] = [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle]
            .map(|part| self.part_position(part.on_side(side)));
        let pivot = self.part_position(Part::LeftHip.on_side(side.opposite()));
        let (thigh, shank) = (norm(sub(knee, hip)), norm(sub(ankle, knee)));
        let axis = self.forward;
        let sign = if dot(cross(axis, sub(hip, pivot)), UP) >= 0.0 { 1.0 } else { -1.0 };
        let tilted = |angle: f64| add(pivot, rotate_about(sub(hip, pivot), axis, sign * angle));
        let flexion = |hip: [f64; 3]| {
            let reach = norm(sub(ankle, hip));
            let cos = (reach * reach - thigh * thigh - shank * shank) / (2.0 * thigh * shank);
            cos.clamp(-1.0, 1.0).acos().to_degrees()
        };
        let before = flexion(hip);
        // A distorted skeleton sits below its ankles: raising the hip would not straighten it.
        if flexion(tilted(1f64.to_radians())) >= before {
            return;
        }
        let angle = search_amount(MAX_TILT_DEG.to_radians(), &|angle| {
            before - flexion(tilted(angle)) < size
                && norm(sub(ankle, tilted(angle))) < (thigh + shank) * MAX_REACH
        });
        let pelvis = self.part_position(Part::Pelvis);
        self.rotate_segments(&|segment| segment == BodySegment::Pelvis, pivot, axis, sign * angle);
        self.shift_segments(&is_upper_body, sub(self.part_position(Part::Pelvis), pelvis));
        self.place_leg(side, hip, ankle);
    }

    /// Turns a foot about its toes, heel up, and lets the leg follow.
    fn raise_heel(&mut self, side: Side, size: f64) {
        let [hip, ankle, toe] = [Part::LeftHip, Part::LeftAnkle, Part::LeftBigToe]
            .map(|part| self.part_position(part.on_side(side)));
        let along = sub(toe, ankle);
        let axis = unit_vector(cross(UP, along));
        let is_foot = move |segment| segment == BodySegment::Foot(side);
        let angle = size.to_radians();
        let ankle_to = add(toe, rotate_about(sub(ankle, toe), axis, angle));
        self.rotate_segments(&is_foot, toe, axis, angle);
        // `place_leg` carries the foot along with the ankle: it is there already.
        let carried = sub(ankle_to, ankle);
        self.shift_segments(&is_foot, scale(carried, -1.0));
        self.place_leg(side, hip, ankle_to);
    }
}

/// The largest amount up to `most` for which a condition that holds at 0 still holds, if it holds
/// up to some amount and not beyond.
fn search_amount(most: f64, holds: &dyn Fn(f64) -> bool) -> f64 {
    if holds(most) {
        return most;
    }
    let (mut low, mut high) = (0.0, most);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

/// The segment that carries each joint or marker of a recording. A joint that is a part of the body
/// goes with that part; another marker with the segment from whose ends its distances vary least.
fn marker_carriers(recording: &Recording, body: &Recording) -> Vec<BodySegment> {
    let frames: Vec<usize> =
        (0..recording.frame_count()).step_by((recording.frame_count() / 200).max(1)).collect();
    let segments = BodySegment::all_segments();
    let carrier = |joint: usize| {
        if let Some(part) = recording.skeleton.joints[joint].part {
            return BodySegment::from_part(part);
        }
        let variation = |segment: &BodySegment| -> f64 {
            let spread = |part: Part| {
                let distances: Vec<f64> = frames
                    .iter()
                    .map(|&frame| {
                        norm(sub(
                            recording.position_at(frame, joint),
                            body.position_at(frame, part.index()),
                        ))
                    })
                    .filter(|distance| distance.is_finite())
                    .collect();
                let mean = distances.iter().sum::<f64>() / distances.len() as f64;
                let square = distances.iter().map(|d| (d - mean).powi(2)).sum::<f64>();
                // A far segment that happens to stand still is no better than a near one.
                (square / distances.len() as f64).sqrt() + 0.05 * mean
            };
            segment.end_parts().map(spread).iter().sum()
        };
        let known = |segment: &&BodySegment| variation(segment).is_finite();
        let nearest =
            segments.iter().filter(known).min_by(|a, b| variation(a).total_cmp(&variation(b)));
        nearest.copied().unwrap_or(BodySegment::Pelvis)
    };
    (0..recording.joint_count()).map(carrier).collect()
}

/// How a limb moves within a repetition: where it is at rest and how far it has gone.
struct LimbPath {
    rest: [[f64; 3]; 2],
    span: RepetitionSpan,
    farthest: f64,
    normal: [f64; 3],
}

impl LimbPath {
    fn new(body: &Recording, span: RepetitionSpan, from: Part, to: Part) -> LimbPath {
        let direction = |frame: usize| {
            unit_vector(sub(
                body.position_at(frame, to.index()),
                body.position_at(frame, from.index()),
            ))
        };
        let mut path = LimbPath {
            rest: [direction(span.start), direction(span.end)],
            span,
            farthest: 0.0,
            normal: [f64::NAN; 3],
        };
        for frame in span.start..=span.end {
            let (rest, current) = (path.rest_direction(frame), direction(frame));
            let away = norm(cross(rest, current)).atan2(dot(rest, current));
            if away > path.farthest {
                path.farthest = away;
                path.normal = unit_vector(cross(rest, current));
            }
        }
        path
    }

    fn rest_direction(&self, frame: usize) -> [f64; 3] {
        let length = (self.span.end - self.span.start).max(1) as f64;
        let share = (frame as f64 - self.span.start as f64) / length;
        interpolate_direction(self.rest[0], self.rest[1], share)
    }

    /// Angle from rest, radians.
    fn angle_from_rest(&self, frame: usize, direction: [f64; 3]) -> f64 {
        let rest = self.rest_direction(frame);
        norm(cross(rest, direction)).atan2(dot(rest, direction))
    }
}

/// Plants a fault into some repetitions of a three-dimensional recording of any skeleton: positions
/// outside them stay as they are. A recording in an image, or one without the parts that the fault
/// needs, is returned unchanged.
pub fn plant_fault(
    recording: &Recording,
    spans: &[RepetitionSpan],
    fault: &PlantedFault,
) -> Recording {
    let mut planted = recording.clone();
    if !recording.space.is_3d() || fault.size == 0.0 {
        return planted;
    }
    let body = recording.to_body().recording;
    let carriers = marker_carriers(recording, &body);
    let axes = body.facing_directions();
    let joints = recording.joint_count();
    for &span in spans {
        if span.end >= recording.frame_count() || span.start >= span.end {
            continue;
        }
        let plan = SpanPlan::new(&body, span, fault);
        let frames = axes.iter().enumerate().take(span.end + 1).skip(span.start);
        for (frame, &[forward, right]) in frames {
            let mut pose = FramePose {
                parts: Part::ALL.map(|part| body.position_at(frame, part.index())).to_vec(),
                joints: &mut planted.position[frame * joints..(frame + 1) * joints],
                carriers: &carriers,
                forward,
                right,
            };
            plan.pose_frame(&mut pose, frame);
        }
    }
    planted
}

/// What a fault needs to know of a whole repetition.
struct SpanPlan<'a> {
    fault: &'a PlantedFault,
    span: RepetitionSpan,
    limb: LimbPath,
    pelvis: [[f64; 3]; 2],
    trunk: [[f64; 3]; 2],
    steps: bool,
}

impl<'a> SpanPlan<'a> {
    fn new(body: &Recording, span: RepetitionSpan, fault: &'a PlantedFault) -> SpanPlan<'a> {
        let at = |frame: usize, part: Part| body.position_at(frame, part.index());
        let side = |part: Part| fault.joint.side().map_or(part, |side| part.on_side(side));
        let beyond = match fault.joint.on_side(Side::Left) {
            Part::LeftShoulder => side(Part::LeftElbow),
            Part::LeftElbow => side(Part::LeftWrist),
            Part::LeftHip => side(Part::LeftKnee),
            Part::LeftKnee => side(Part::LeftAnkle),
            _ => Part::Neck,
        };
        let trunk = |frame: usize| unit_vector(sub(at(frame, Part::Neck), at(frame, Part::Pelvis)));
        let steps = Side::BOTH.into_iter().any(|side| {
            let ankle = Part::LeftAnkle.on_side(side);
            (span.start..=span.end)
                .any(|frame| norm(sub(at(frame, ankle), at(span.start, ankle))) > STEP_M)
        });
        SpanPlan {
            fault,
            span,
            limb: LimbPath::new(body, span, fault.joint, beyond),
            pelvis: [span.start, span.end].map(|frame| at(frame, Part::Pelvis)),
            trunk: [trunk(span.start), trunk(span.end)],
            steps,
        }
    }

    fn pose_frame(&self, pose: &mut FramePose, frame: usize) {
        let (joint, size) = (self.fault.joint, self.fault.size);
        let side = joint.side().unwrap_or(Side::Left);
        let amount = size * window_weight(self.span, self.fault.window, frame);
        let chain = move |segment: BodySegment| is_beyond_joint(segment, joint);
        let centre = pose.part_position(joint);
        match self.fault.kind {
            BodyFault::KneeInward if amount > 0.0 => pose.push_knee_inward(side, amount),
            BodyFault::FlexionLost if amount > 0.0 => pose.lose_flexion(side, amount),
            BodyFault::HeelRaised if amount > 0.0 => pose.raise_heel(side, amount),
            BodyFault::KneeInward | BodyFault::FlexionLost | BodyFault::HeelRaised => {}
            BodyFault::TrunkForward => pose.rotate_segments(
                &is_upper_body,
                pose.part_position(Part::Pelvis),
                scale(pose.right, -1.0),
                amount.to_radians(),
            ),
            BodyFault::TrunkSideways => pose.rotate_segments(
                &is_upper_body,
                pose.part_position(Part::Pelvis),
                pose.forward,
                amount.to_radians(),
            ),
            BodyFault::JointBent => {
                let [before, after] = if joint.on_side(Side::Left) == Part::LeftElbow {
                    [Part::LeftShoulder, Part::LeftWrist]
                } else {
                    [Part::LeftHip, Part::LeftAnkle]
                }
                .map(|part| pose.part_position(part.on_side(side)));
                let (first, second) =
                    (unit_vector(sub(centre, before)), unit_vector(sub(after, centre)));
                // An elbow bends forward or, pointing forward, up; a knee bends backward.
                let bend = if joint.on_side(Side::Left) == Part::LeftElbow {
                    add(pose.forward, scale(UP, 0.5))
                } else {
                    scale(pose.forward, -1.0)
                };
                let axis = add(cross(first, second), scale(cross(first, bend), 0.15));
                pose.rotate_segments(&chain, centre, unit_vector(axis), amount.to_radians());
            }
            BodyFault::HalfDepth => self.reduce_depth(pose, frame),
            BodyFault::RangeLost | BodyFault::OutOfPlane => self.divert_limb(pose, frame),
        }
    }

    /// Takes a share of the way of pelvis and trunk away, as far as the legs reach.
    fn reduce_depth(&self, pose: &mut FramePose, frame: usize) {
        let length = (self.span.end - self.span.start) as f64;
        let share = (frame - self.span.start) as f64 / length;
        let rest = add(scale(self.pelvis[0], 1.0 - share), scale(self.pelvis[1], share));
        let way = sub(rest, pose.part_position(Part::Pelvis));
        let way = if self.steps { [0.0, way[1], 0.0] } else { way };
        let reaches = |part: f64| {
            Side::BOTH.into_iter().all(|side| {
                let [hip, knee, ankle] = [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle]
                    .map(|part| pose.part_position(part.on_side(side)));
                let limit = (norm(sub(knee, hip)) + norm(sub(ankle, knee))) * MAX_REACH;
                let now = norm(sub(ankle, hip));
                norm(sub(ankle, add(hip, scale(way, part)))) <= limit.max(now)
            })
        };
        let taken = if reaches(self.fault.size) {
            self.fault.size
        } else {
            search_amount(self.fault.size, &reaches)
        };
        if taken <= 0.0 || !way[0].is_finite() {
            return;
        }
        pose.shift_pelvis(scale(way, taken));
        let pelvis = pose.part_position(Part::Pelvis);
        let trunk = sub(pose.part_position(Part::Neck), pelvis);
        let upright = interpolate_direction(self.trunk[0], self.trunk[1], share);
        if let Some((axis, angle)) = smallest_rotation(trunk, upright) {
            pose.rotate_segments(&is_upper_body, pelvis, axis, taken * angle);
        }
    }

    /// Turns a limb back towards its rest or out of its plane, in proportion to how far it has
    /// gone.
    fn divert_limb(&self, pose: &mut FramePose, frame: usize) {
        let joint = self.fault.joint;
        let side = joint.side().unwrap_or(Side::Left);
        let beyond = match joint.on_side(Side::Left) {
            Part::LeftShoulder => Part::LeftElbow,
            Part::LeftElbow => Part::LeftWrist,
            Part::LeftHip => Part::LeftKnee,
            _ => Part::LeftAnkle,
        };
        let centre = pose.part_position(joint);
        let current = unit_vector(sub(pose.part_position(beyond.on_side(side)), centre));
        let away = self.limb.angle_from_rest(frame, current);
        if self.limb.farthest < 1e-6 || !away.is_finite() {
            return;
        }
        let amount = self.fault.size.to_radians() * away / self.limb.farthest;
        let chain = move |segment: BodySegment| is_beyond_joint(segment, joint);
        let axis = if self.fault.kind == BodyFault::RangeLost {
            let rest = self.limb.rest_direction(frame);
            smallest_rotation(current, rest).map(|(axis, _)| axis)
        } else {
            // Out of the plane: an arm forward or inward, a leg inward.
            let inward = pose.inward_direction(side);
            let towards = if beyond == Part::LeftKnee {
                inward
            } else {
                add(pose.forward, scale(inward, 0.5))
            };
            let sign = if dot(self.limb.normal, towards) >= 0.0 { 1.0 } else { -1.0 };
            smallest_rotation(current, scale(self.limb.normal, sign)).map(|(axis, _)| axis)
        };
        if let Some(axis) = axis {
            let most = if self.fault.kind == BodyFault::RangeLost { away } else { amount };
            pose.rotate_segments(&chain, centre, axis, amount.min(most));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_formats::dataset::{Dataset, read_dataset};
    use agoge_kinematics::measure_curves;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    /// A simulated squat or reach with the spans of its repetitions.
    fn simulated_set(exercise: Exercise) -> (Recording, Vec<RepetitionSpan>) {
        let set = SimulatedSet { repetitions: 2, facing_deg: 50.0, ..SimulatedSet::new(exercise) };
        let simulated = set.simulate();
        let spans = simulated.truth.repetitions.iter();
        let spans = spans.map(|&[start, turn, end]| RepetitionSpan { start, turn, end }).collect();
        (simulated.recording, spans)
    }

    /// The first correct deep squat of the public set, turned at its deepest frame.
    fn real_squat(kind: Dataset) -> Option<(Recording, Vec<RepetitionSpan>)> {
        let Some(data) = std::env::var_os("AGOGE_TEST_DATA") else {
            eprintln!("skipped: AGOGE_TEST_DATA is not set");
            return None;
        };
        let mut found = None;
        read_dataset(kind, &std::path::Path::new(&data).join("ui-prmd"), &mut |item, _| {
            let is_squat = item.row.movement == "deep_squat" && item.row.is_correct() == Some(true);
            if found.is_none() && is_squat {
                found = Some(item.recording);
            }
            Ok(())
        })
        .unwrap();
        let recording = found.unwrap();
        let body = recording.to_body().recording;
        let height = |frame: &usize| body.position_at(*frame, Part::Pelvis.index())[1];
        let end = recording.frame_count() - 1;
        let turn = (0..=end).min_by(|a, b| height(a).total_cmp(&height(b))).unwrap();
        Some((recording, vec![RepetitionSpan { start: 0, turn, end }]))
    }

    fn squat_faults() -> Vec<PlantedFault> {
        let fault = |kind, joint, window, size| PlantedFault { kind, joint, window, size };
        vec![
            fault(BodyFault::KneeInward, Part::LeftKnee, FaultWindow::WayOut, 12.0),
            fault(BodyFault::KneeInward, Part::RightKnee, FaultWindow::WayBack, 12.0),
            fault(BodyFault::TrunkForward, Part::Chest, FaultWindow::Throughout, 20.0),
            fault(BodyFault::TrunkSideways, Part::Chest, FaultWindow::WayBack, -15.0),
            fault(BodyFault::JointBent, Part::RightElbow, FaultWindow::Throughout, 30.0),
            fault(BodyFault::HalfDepth, Part::Pelvis, FaultWindow::Throughout, 0.5),
            fault(BodyFault::FlexionLost, Part::LeftKnee, FaultWindow::Throughout, 5.0),
            fault(BodyFault::HeelRaised, Part::RightAnkle, FaultWindow::Throughout, 20.0),
            fault(BodyFault::OutOfPlane, Part::LeftHip, FaultWindow::Throughout, 10.0),
            fault(BodyFault::RangeLost, Part::LeftHip, FaultWindow::Throughout, 10.0),
            fault(BodyFault::JointBent, Part::LeftKnee, FaultWindow::Throughout, 15.0),
        ]
    }

    const BONES: [[Part; 2]; 9] = [
        [Part::Pelvis, Part::Neck],
        [Part::Neck, Part::Head],
        [Part::Neck, Part::LeftShoulder],
        [Part::LeftShoulder, Part::LeftElbow],
        [Part::LeftElbow, Part::LeftWrist],
        [Part::LeftHip, Part::RightHip],
        [Part::LeftHip, Part::LeftKnee],
        [Part::LeftKnee, Part::LeftAnkle],
        [Part::LeftAnkle, Part::LeftBigToe],
    ];

    fn assert_lengths_kept(before: &Recording, after: &Recording, fault: &PlantedFault) {
        let bodies = [before, after].map(|recording| recording.to_body().recording);
        for frame in 0..before.frame_count() {
            for side in Side::BOTH {
                for bone in BONES {
                    let [a, b] = bone.map(|part| part.on_side(side).index());
                    let [from, to] = [0, 1].map(|which: usize| {
                        let body = &bodies[which];
                        norm(sub(body.position_at(frame, b), body.position_at(frame, a)))
                    });
                    let is_kept = (from - to).abs() < 1e-6 || from.is_nan();
                    assert!(is_kept, "{fault:?} {bone:?} {frame}: {from} {to}");
                }
            }
        }
        // Markers on the same segment keep their distances too.
        let carriers = marker_carriers(before, &bodies[0]);
        for frame in (0..before.frame_count()).step_by(7) {
            for a in 0..carriers.len() {
                for b in (0..a).filter(|b| carriers[*b] == carriers[a]) {
                    let [from, to] = [before, after].map(|recording| {
                        norm(sub(recording.position_at(frame, a), recording.position_at(frame, b)))
                    });
                    assert!((from - to).abs() < 1e-6 || from.is_nan(), "{fault:?} {a} {b}");
                }
            }
        }
    }

    fn assert_feet_stay(before: &Recording, after: &Recording, fault: &PlantedFault) {
        let bodies = [before, after].map(|recording| recording.to_body().recording);
        for part in [Part::LeftAnkle, Part::RightAnkle, Part::LeftBigToe, Part::RightBigToe] {
            for frame in 0..before.frame_count() {
                let [from, to] =
                    [0, 1].map(|which: usize| bodies[which].position_at(frame, part.index()));
                let apart = norm(sub(from, to));
                assert!(apart.is_nan() || apart < 1e-6, "{fault:?} {part:?} {frame}: {apart}");
            }
        }
    }

    /// Change of a curve in the middle of a fault's window.
    fn curve_change(
        recordings: [&Recording; 2],
        span: RepetitionSpan,
        fault: &PlantedFault,
        curve: &str,
    ) -> f64 {
        let middle = match fault.window {
            FaultWindow::WayOut => (span.start + span.turn) / 2,
            FaultWindow::WayBack => (span.turn + span.end) / 2,
            FaultWindow::Throughout => span.turn,
        };
        let [before, after] = recordings.map(|recording| {
            let curves = measure_curves(&recording.to_body().recording).curves;
            curves.get(curve, fault.joint.side()).unwrap().values[middle]
        });
        after - before
    }

    fn check_squat(recording: &Recording, spans: &[RepetitionSpan]) {
        // The depth camera's first squat has its hips at the height of its ankles.
        let is_distorted = recording.skeleton.name == "Kinect-22";
        for fault in squat_faults() {
            if is_distorted && fault.kind == BodyFault::FlexionLost {
                continue;
            }
            let planted = plant_fault(recording, spans, &fault);
            assert_lengths_kept(recording, &planted, &fault);
            let none = plant_fault(recording, spans, &PlantedFault { size: 0.0, ..fault });
            assert_eq!(none.position.len(), recording.position.len());
            let tiny = plant_fault(recording, spans, &PlantedFault { size: 1e-9, ..fault });
            let farthest = |other: &Recording| {
                let pairs = other.position.iter().zip(&recording.position);
                let distances = pairs.map(|(a, b)| norm(sub(*a, *b)));
                distances.filter(|d| d.is_finite()).fold(0.0, f64::max)
            };
            assert!(farthest(&none) == 0.0, "{fault:?}");
            assert!(farthest(&tiny) < 2e-3, "{fault:?} {}", farthest(&tiny));
            assert!(farthest(&planted) > 0.02, "{fault:?} {}", farthest(&planted));
            let change = |curve: &str| curve_change([recording, &planted], spans[0], &fault, curve);
            let reached = match fault.kind {
                BodyFault::KneeInward => {
                    assert_feet_stay(recording, &planted, &fault);
                    change("knee_valgus")
                }
                BodyFault::TrunkForward => change("trunk_lean"),
                BodyFault::TrunkSideways => change("trunk_lateral_lean"),
                BodyFault::JointBent if fault.joint == Part::RightElbow => change("elbow_flexion"),
                BodyFault::FlexionLost => {
                    assert_feet_stay(recording, &planted, &fault);
                    -change("knee_flexion")
                }
                BodyFault::HalfDepth => {
                    assert_feet_stay(recording, &planted, &fault);
                    let knee = PlantedFault { joint: Part::LeftKnee, ..fault };
                    let less = curve_change([recording, &planted], spans[0], &knee, "knee_flexion");
                    assert!(less < -20.0, "{less}");
                    continue;
                }
                _ => continue,
            };
            let is_near = (reached - fault.size).abs() < 0.1 * fault.size.abs();
            assert!(is_near, "{fault:?} reached {reached}");
        }
    }

    #[test]
    fn bones_keep_their_lengths_and_angles_change_by_the_size() {
        let (recording, spans) = simulated_set(Exercise::Squat);
        check_squat(&recording, &spans);
    }

    #[test]
    fn joints_of_a_depth_camera_and_markers_do_too() {
        for kind in [Dataset::UiPrmdKinect, Dataset::UiPrmdVicon] {
            if let Some((recording, spans)) = real_squat(kind) {
                check_squat(&recording, &spans);
            }
        }
    }

    #[test]
    fn an_arm_stops_short_or_leaves_its_plane_by_the_size() {
        let (recording, spans) = simulated_set(Exercise::OverheadReach);
        let fault = |kind, size| PlantedFault {
            kind,
            joint: Part::RightShoulder,
            window: FaultWindow::Throughout,
            size,
        };
        let short = fault(BodyFault::RangeLost, 25.0);
        let planted = plant_fault(&recording, &spans, &short);
        assert_lengths_kept(&recording, &planted, &short);
        let less = curve_change([&recording, &planted], spans[0], &short, "shoulder_elevation");
        assert!((less + 25.0).abs() < 2.5, "{less}");
        let aside = fault(BodyFault::OutOfPlane, 20.0);
        let planted = plant_fault(&recording, &spans, &aside);
        assert_lengths_kept(&recording, &planted, &aside);
        let bodies = [&recording, &planted].map(|recording| recording.to_body().recording);
        let [before, after] = [0, 1].map(|which: usize| {
            unit_vector(sub(
                bodies[which].position_at(spans[0].turn, Part::RightElbow.index()),
                bodies[which].position_at(spans[0].turn, Part::RightShoulder.index()),
            ))
        });
        let angle = dot(before, after).acos().to_degrees();
        assert!((angle - 20.0).abs() < 1.0, "{angle}");
    }

    #[test]
    fn a_fault_is_smooth_in_time_and_stays_in_its_repetitions() {
        let (recording, spans) = simulated_set(Exercise::Squat);
        for fault in squat_faults() {
            let planted = plant_fault(&recording, &spans[..1], &fault);
            let moved = |frame: usize| -> f64 {
                let joints = 0..recording.joint_count();
                let apart = joints.map(|joint| {
                    norm(sub(
                        planted.position_at(frame, joint),
                        recording.position_at(frame, joint),
                    ))
                });
                apart.fold(0.0, f64::max)
            };
            for frame in 1..recording.frame_count() {
                let jump = (moved(frame) - moved(frame - 1)).abs();
                assert!(jump < 0.06, "{fault:?} {frame}: {jump}");
                let is_inside = (spans[0].start..=spans[0].end).contains(&frame);
                assert!(is_inside || moved(frame) == 0.0, "{fault:?} {frame}");
            }
        }
    }
}
