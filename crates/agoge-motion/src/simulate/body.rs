//! Forward kinematics: from joint angles to the joints of HALPE-26.

use super::{SimulatedPose, SimulatedSet};
use crate::vector::{add, scale};
use crate::{Part, Recording, RecordingSource, Side, Skeleton, Space};
use std::sync::Arc;

/// Segment lengths as shares of standing height (Drillis & Contini 1966, as tabulated by Winter
/// 2009).
pub(super) const SHANK: f64 = 0.246;
pub(super) const THIGH: f64 = 0.245;
const TRUNK: f64 = 0.288;
const NECK_TO_HEAD: f64 = 0.130;
const UPPER_ARM: f64 = 0.186;
const FOREARM: f64 = 0.146;
pub(super) const HALF_HIPS: f64 = 0.0955;
pub(super) const HALF_SHOULDERS: f64 = 0.1295;
pub(super) const FOOT: f64 = 0.152;
pub(super) const ANKLE_HEIGHT: f64 = 0.039;

/// The positions of every part that HALPE-26 has, m: Y up, the athlete facing +X with the midpoint
/// of the ankles over the origin. Parts that HALPE-26 lacks are `None`. Segments keep their
/// lengths; the pelvis tilts so that both feet stay on the floor.
pub fn part_positions(pose: &SimulatedPose, height_m: f64) -> [Option<[f64; 3]>; Part::COUNT] {
    let mut at: [Option<[f64; 3]>; Part::COUNT] = [None; Part::COUNT];
    let h = |share: f64| share * height_m;
    // The unit vector with a given forward angle from straight down in the sagittal plane, and a
    // given lean to the athlete's right.
    let along = |sagittal: f64, right: f64| {
        let ((s, c), (sr, cr)) = (sagittal.to_radians().sin_cos(), right.to_radians().sin_cos());
        [s * cr, -c * cr, sr]
    };
    let leg = |i: usize, inward: f64| {
        // For the left leg, inward is to the right.
        let (half, out) = (0.5 * pose.knee_valgus[i], pose.leg_abduction[i]);
        let thigh = along(pose.hip_flexion[i] - pose.trunk_lean, inward * (half - out));
        let shank = along(
            pose.hip_flexion[i] - pose.trunk_lean - pose.knee_flexion[i],
            inward * (-half - out),
        );
        [scale(thigh, h(THIGH)), scale(shank, h(SHANK))]
    };
    let legs = [leg(0, 1.0), leg(1, -1.0)];
    let ankle_height = |i: usize| h(ANKLE_HEIGHT) + pose.heel_height[i];
    // Height of each hip above the floor with its foot on the floor; the pelvis lists to match.
    let hip_height = [0, 1].map(|i| ankle_height(i) - legs[i][0][1] - legs[i][1][1]);
    let list = ((hip_height[1] - hip_height[0]) / (2.0 * h(HALF_HIPS))).clamp(-0.5, 0.5).asin();
    let hips = [-1.0, 1.0]
        .map(|side| [0.0, side * h(HALF_HIPS) * list.sin(), side * h(HALF_HIPS) * list.cos()]);
    let ankles = [0, 1].map(|i| add(hips[i], add(legs[i][0], legs[i][1])));
    let pelvis = [
        -0.5 * (ankles[0][0] + ankles[1][0]),
        0.5 * (hip_height[0] + hip_height[1]),
        -0.5 * (ankles[0][2] + ankles[1][2]),
    ];

    let mut set = |part: Part, p: [f64; 3]| at[part.index()] = Some(p);
    let up = along(180.0 - pose.trunk_lean, pose.trunk_lateral_lean);
    let neck = add(pelvis, scale(up, h(TRUNK)));
    set(Part::Pelvis, pelvis);
    set(Part::Neck, neck);
    let head = add(neck, scale(up, h(NECK_TO_HEAD)));
    set(Part::Head, head);
    let face = add(neck, scale(up, 0.6 * h(NECK_TO_HEAD)));
    set(Part::Nose, add(face, [h(0.06), 0.0, 0.0]));
    for (i, side) in Side::BOTH.into_iter().enumerate() {
        let right = if side == Side::Right { 1.0 } else { -1.0 };
        let on = |part: Part| part.on_side(side);
        set(on(Part::LeftEye), add(face, [h(0.05), h(0.015), right * h(0.018)]));
        set(on(Part::LeftEar), add(face, [0.0, h(0.01), right * h(0.04)]));

        let hip = add(pelvis, hips[i]);
        let knee = add(hip, legs[i][0]);
        let ankle = add(knee, legs[i][1]);
        set(on(Part::LeftHip), hip);
        set(on(Part::LeftKnee), knee);
        set(on(Part::LeftAnkle), ankle);
        let floor = ankle[1] - ankle_height(i);
        let (sin, cos) = pose.toe_out[i].to_radians().sin_cos();
        // The point at given distances along the foot from the ankle and outward of it, and height.
        let place = |along: f64, outward: f64, y: f64| {
            [
                ankle[0] + along * cos - outward * sin,
                y,
                ankle[2] + right * (along * sin + outward * cos),
            ]
        };
        let back = -0.25 * h(FOOT);
        let foot_span = (h(FOOT).powi(2) - pose.heel_height[i].powi(2)).max(0.0).sqrt();
        set(on(Part::LeftHeel), place(back, 0.0, floor + pose.heel_height[i]));
        set(on(Part::LeftBigToe), place(back + foot_span, -h(0.01), floor));
        set(on(Part::LeftSmallToe), place(back + 0.85 * foot_span, h(0.035), floor));

        let shoulder = add(neck, [0.0, 0.0, right * h(HALF_SHOULDERS)]);
        let outward = right * pose.shoulder_abduction[i];
        let raised = pose.shoulder_flexion[i] - pose.trunk_lean;
        let elbow = add(shoulder, scale(along(raised, outward), h(UPPER_ARM)));
        let wrist = add(elbow, scale(along(raised + pose.elbow_flexion[i], outward), h(FOREARM)));
        set(on(Part::LeftShoulder), shoulder);
        set(on(Part::LeftElbow), elbow);
        set(on(Part::LeftWrist), wrist);
    }
    at
}

/// Builds the recording of a series of poses.
pub(super) fn record_poses(set: &SimulatedSet, poses: &[SimulatedPose]) -> Recording {
    let parts = poses.iter().map(|pose| part_positions(pose, set.height_m));
    let name = format!("simulated {:?} (seed {})", set.exercise, set.seed);
    record_parts(name, parts, set.facing_deg, set.rate_hz)
}

/// Builds a recording on HALPE-26 from the parts' positions in each frame.
pub(super) fn record_parts(
    name: String,
    frames: impl Iterator<Item = [Option<[f64; 3]>; Part::COUNT]>,
    facing_deg: f64,
    rate_hz: f64,
) -> Recording {
    let skeleton: Arc<Skeleton> = Skeleton::halpe_26();
    let (sin, cos) = facing_deg.to_radians().sin_cos();
    let mut position = Vec::new();
    for parts in frames {
        position.extend(skeleton.joints.iter().map(|joint| {
            let p = joint
                .part
                .and_then(|part| parts[part.index()])
                .unwrap_or(crate::recording::MISSING);
            [cos * p[0] + sin * p[2], p[1], cos * p[2] - sin * p[0]]
        }));
    }
    let source = RecordingSource {
        skeleton: None,
        name,
        format: "simulated".to_owned(),
        simulated: true,
        ..RecordingSource::default()
    };
    Recording {
        source,
        space: Space::World,
        time: (0..position.len() / skeleton.len()).map(|frame| frame as f64 / rate_hz).collect(),
        skeleton,
        confidence: vec![1.0; position.len()],
        position,
        channels: Vec::new(),
    }
}
