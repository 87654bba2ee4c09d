//! Forward kinematics: from joint angles to the 26 joints of HALPE-26.

use super::{Pose, Set};
use crate::vector::{add, scale};
use crate::{Part, Recording, Side, Skeleton, Source, Space};
use std::sync::Arc;

/// Lengths as shares of standing height (Drillis & Contini 1966, as tabulated by Winter 2009).
const SHANK: f64 = 0.246;
const THIGH: f64 = 0.245;
const TRUNK: f64 = 0.288;
const NECK_TO_HEAD: f64 = 0.130;
const UPPER_ARM: f64 = 0.186;
const FOREARM: f64 = 0.146;
const HALF_HIPS: f64 = 0.0955;
const HALF_SHOULDERS: f64 = 0.1295;
const FOOT: f64 = 0.152;
const ANKLE_HEIGHT: f64 = 0.039;

/// The positions of every part that HALPE-26 has, metres: Y up, the athlete facing +X with the middle of the feet over the origin; parts that it
/// has not are `None`. Segments keep their lengths; the pelvis tilts so that both feet stay on the floor.
pub fn positions(pose: &Pose, height_m: f64) -> [Option<[f64; 3]>; Part::COUNT] {
    let mut at: [Option<[f64; 3]>; Part::COUNT] = [None; Part::COUNT];
    let h = |share: f64| share * height_m;
    // A direction given by its angle in the sagittal plane from straight down, forward, and its lean to the athlete's right.
    let along = |sagittal: f64, right: f64| {
        let ((s, c), (sr, cr)) = (sagittal.to_radians().sin_cos(), right.to_radians().sin_cos());
        [s * cr, -c * cr, sr]
    };
    let leg = |i: usize, inward: f64| {
        // Inward is to the right for the left leg.
        let thigh = along(pose.hip_flexion[i] - pose.trunk_lean, 0.5 * inward * pose.knee_valgus[i]);
        let shank =
            along(pose.hip_flexion[i] - pose.trunk_lean - pose.knee_flexion[i], -0.5 * inward * pose.knee_valgus[i]);
        [scale(thigh, h(THIGH)), scale(shank, h(SHANK))]
    };
    let legs = [leg(0, 1.0), leg(1, -1.0)];
    let ankle_height = |i: usize| h(ANKLE_HEIGHT) + pose.heel_height[i];
    // Height of each hip over the floor with its foot on it; the line of the hips joins them.
    let hip_height = [0, 1].map(|i| ankle_height(i) - legs[i][0][1] - legs[i][1][1]);
    let list = ((hip_height[1] - hip_height[0]) / (2.0 * h(HALF_HIPS))).clamp(-0.5, 0.5).asin();
    let hips = [-1.0, 1.0].map(|side| [0.0, side * h(HALF_HIPS) * list.sin(), side * h(HALF_HIPS) * list.cos()]);
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
        let on = |part: Part| part.on(side);
        set(on(Part::LeftEye), add(face, [h(0.05), h(0.015), right * h(0.018)]));
        set(on(Part::LeftEar), add(face, [0.0, h(0.01), right * h(0.04)]));

        let hip = add(pelvis, hips[i]);
        let knee = add(hip, legs[i][0]);
        let ankle = add(knee, legs[i][1]);
        set(on(Part::LeftHip), hip);
        set(on(Part::LeftKnee), knee);
        set(on(Part::LeftAnkle), ankle);
        let floor = ankle[1] - ankle_height(i);
        let heel = [ankle[0] - 0.25 * h(FOOT), floor + pose.heel_height[i], ankle[2]];
        let reach = (h(FOOT).powi(2) - pose.heel_height[i].powi(2)).max(0.0).sqrt();
        set(on(Part::LeftHeel), heel);
        set(on(Part::LeftBigToe), [heel[0] + reach, floor, ankle[2] - right * h(0.01)]);
        set(on(Part::LeftSmallToe), [heel[0] + 0.85 * reach, floor, ankle[2] + right * h(0.035)]);

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

/// The recording of a series of poses.
pub(super) fn record(set: &Set, poses: &[Pose]) -> Recording {
    let skeleton: Arc<Skeleton> = Skeleton::halpe_26();
    let (sin, cos) = set.facing_deg.to_radians().sin_cos();
    let mut position = Vec::with_capacity(poses.len() * skeleton.len());
    for pose in poses {
        let parts = positions(pose, set.height_m);
        position.extend(skeleton.joints.iter().map(|joint| {
            let p = joint.part.and_then(|part| parts[part.index()]).unwrap_or(crate::recording::MISSING);
            [cos * p[0] + sin * p[2], p[1], cos * p[2] - sin * p[0]]
        }));
    }
    let source = Source {
        name: format!("simulated {:?} (seed {})", set.exercise, set.seed),
        format: "simulated".to_owned(),
        simulated: true,
        ..Source::default()
    };
    Recording {
        source,
        skeleton,
        space: Space::World,
        time: (0..poses.len()).map(|frame| frame as f64 / set.rate_hz).collect(),
        confidence: vec![1.0; position.len()],
        position,
        channels: Vec::new(),
    }
}
