//! The script of a set: the athlete's pose in every frame.

use super::{
    Exercise, SimulatedFault, SimulatedFaultKind, SimulatedPose, SimulatedSet, SimulationTruth,
};
use crate::Side;
use crate::statistics::normal_deviate;
use fastrand::Rng;

/// The share of the path covered after a share `s` of the time on a minimum-jerk trajectory (Flash
/// & Hogan 1985).
pub(super) fn minimum_jerk(s: f64) -> f64 {
    s * s * s * (10.0 - 15.0 * s + 6.0 * s * s)
}

/// The pose at the turning point of a faultless repetition with this range in degrees.
fn pose_at_turn(exercise: Exercise, range: f64) -> SimulatedPose {
    let rest = SimulatedPose::standing();
    match exercise {
        // The shank leans by 0.3 and the trunk by 0.32 of the knee flexion, which keeps the centre
        // of mass over the feet.
        Exercise::Squat => SimulatedPose {
            trunk_lean: 0.32 * range,
            hip_flexion: [(1.0 - 0.3 + 0.32) * range; 2],
            knee_flexion: [range; 2],
            shoulder_flexion: [0.75 * range; 2],
            ..rest
        },
        Exercise::OverheadReach => SimulatedPose { shoulder_flexion: [range; 2], ..rest },
        Exercise::BicepsCurl => SimulatedPose { elbow_flexion: [range; 2], ..rest },
    }
}

/// The range of movement of an exercise, degrees.
fn full_range(exercise: Exercise) -> f64 {
    match exercise {
        Exercise::Squat => 110.0,
        Exercise::OverheadReach => 170.0,
        Exercise::BicepsCurl => 130.0,
    }
}

/// Generates the poses and the ground truth of a set.
pub(super) fn perform_set(set: &SimulatedSet) -> SimulationTruth {
    let mut rng = Rng::with_seed(set.seed);
    let rest = SimulatedPose::standing();
    let mut truth = SimulationTruth {
        poses: Vec::new(),
        repetitions: Vec::new(),
        attempts: Vec::new(),
        faults: set.faults.clone(),
    };
    let frames = |seconds: f64| (seconds * set.rate_hz).round().max(1.0) as usize;
    let still =
        |truth: &mut SimulationTruth, seconds: f64| truth.poses.extend(vec![rest; frames(seconds)]);
    still(&mut truth, 1.0);
    for number in 1..=set.repetitions {
        let range = full_range(set.exercise) + set.variation_deg * normal_deviate(&mut rng);
        let faults: Vec<&SimulatedFault> =
            set.faults.iter().filter(|fault| fault.affects_repetition(number)).collect();
        let span = append_repetition(set, number, range, &faults, &mut truth.poses);
        truth.repetitions.push(span);
        if set.attempt_after == Some(number) {
            still(&mut truth, set.pause_s);
            let span = append_repetition(set, number, 0.35 * range, &[], &mut truth.poses);
            truth.attempts.push(span);
        }
        still(&mut truth, set.pause_s);
    }
    still(&mut truth, 0.5);
    truth
}

/// Appends the poses of one repetition. Returns its first frame, turning point and last frame.
fn append_repetition(
    set: &SimulatedSet,
    number: usize,
    range: f64,
    faults: &[&SimulatedFault],
    poses: &mut Vec<SimulatedPose>,
) -> [usize; 3] {
    let size = |kind: SimulatedFaultKind| {
        faults.iter().filter(|fault| fault.kind == kind).map(|fault| fault.size).sum::<f64>()
    };
    let each = |kind: SimulatedFaultKind| {
        Side::BOTH.map(|side| {
            let applies = |fault: &&&SimulatedFault| {
                fault.kind == kind && fault.side.is_none_or(|fault_side| fault_side == side)
            };
            faults.iter().filter(applies).map(|fault| fault.size).sum::<f64>()
        })
    };
    let lost_range = size(SimulatedFaultKind::Fatigue) * (number - 1) as f64
        / (set.repetitions.max(2) - 1) as f64;
    let rest = SimulatedPose::standing();
    let mut turning_pose =
        pose_at_turn(set.exercise, range - size(SimulatedFaultKind::Shallow) - lost_range);
    turning_pose.trunk_lean += size(SimulatedFaultKind::TrunkForward);
    turning_pose.hip_flexion =
        turning_pose.hip_flexion.map(|hip| hip + size(SimulatedFaultKind::TrunkForward));
    turning_pose.trunk_lateral_lean += size(SimulatedFaultKind::TrunkSideways);
    let (less, bent, heel) = (
        each(SimulatedFaultKind::Asymmetry),
        each(SimulatedFaultKind::ElbowBent),
        each(SimulatedFaultKind::HeelUp),
    );
    for i in 0..2 {
        match set.exercise {
            Exercise::Squat => {
                turning_pose.knee_flexion[i] -= less[i];
                turning_pose.hip_flexion[i] -= 0.6 * less[i];
            }
            Exercise::OverheadReach => turning_pose.shoulder_flexion[i] -= less[i],
            Exercise::BicepsCurl => turning_pose.elbow_flexion[i] -= less[i],
        }
        turning_pose.elbow_flexion[i] += bent[i];
        turning_pose.heel_height[i] += heel[i];
    }

    let start = poses.len();
    let speed_up = size(SimulatedFaultKind::FastDown).max(1.0);
    let [outward, back] = [set.tempo_s[0] / speed_up, set.tempo_s[1]]
        .map(|seconds| (seconds * set.rate_hz).round().max(2.0) as usize);
    let inward = [each(SimulatedFaultKind::KneeInwardDown), each(SimulatedFaultKind::KneeInwardUp)];
    let jerk = size(SimulatedFaultKind::JerkyReturn);
    let hold = (set.hold_s * set.rate_hz).round() as usize;
    for (leg, n) in [outward, back].into_iter().enumerate() {
        let is_return = leg == 1;
        if is_return {
            poses.extend(std::iter::repeat_n(turning_pose, hold));
        }
        for i in 0..n {
            let s = i as f64 / n as f64;
            let share = if is_return { 1.0 - minimum_jerk(s) } else { minimum_jerk(s) };
            // Three oscillations on the return, strongest in the middle.
            let shake = if is_return {
                jerk * (s * 3.0 * std::f64::consts::TAU).sin() * (s * std::f64::consts::PI).sin()
            } else {
                0.0
            };
            let mut pose =
                rest.interpolate_towards(&turning_pose, (share + shake).clamp(0.0, 1.05));
            // The knee is furthest inward half way between turning point and rest.
            let bump = (std::f64::consts::PI * s).sin().powi(2);
            pose.knee_valgus = inward[leg].map(|degrees| degrees * bump);
            poses.push(pose);
        }
    }
    poses.push(rest);
    [start, start + outward, poses.len() - 1]
}
