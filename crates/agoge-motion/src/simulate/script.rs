//! What the athlete does, frame by frame.

use super::corrupt::normal;
use super::{Exercise, Fault, FaultKind, Pose, Set, Truth};
use crate::Side;
use fastrand::Rng;

/// Share of the way after a share of the time: the path of least jerk (Flash & Hogan 1985).
pub(super) fn minimum_jerk(s: f64) -> f64 {
    s * s * s * (10.0 - 15.0 * s + 6.0 * s * s)
}

/// The pose at the turn of a repetition, with its range in degrees and without faults.
fn turn(exercise: Exercise, range: f64) -> Pose {
    let rest = Pose::standing();
    match exercise {
        // The shank leans by 0.3 of the knee's flexion and the trunk by 0.32, which keeps the
        // weight over the feet.
        Exercise::Squat => Pose {
            trunk_lean: 0.32 * range,
            hip_flexion: [(1.0 - 0.3 + 0.32) * range; 2],
            knee_flexion: [range; 2],
            shoulder_flexion: [0.75 * range; 2],
            ..rest
        },
        Exercise::OverheadReach => Pose { shoulder_flexion: [range; 2], ..rest },
        Exercise::BicepsCurl => Pose { elbow_flexion: [range; 2], ..rest },
    }
}

fn full_range(exercise: Exercise) -> f64 {
    match exercise {
        Exercise::Squat => 110.0,
        Exercise::OverheadReach => 170.0,
        Exercise::BicepsCurl => 130.0,
    }
}

/// Performs the set.
pub(super) fn perform(set: &Set) -> Truth {
    let mut rng = Rng::with_seed(set.seed);
    let rest = Pose::standing();
    let mut truth = Truth {
        poses: Vec::new(),
        repetitions: Vec::new(),
        attempts: Vec::new(),
        faults: set.faults.clone(),
    };
    let frames = |seconds: f64| (seconds * set.rate_hz).round().max(1.0) as usize;
    let still = |truth: &mut Truth, seconds: f64| truth.poses.extend(vec![rest; frames(seconds)]);
    still(&mut truth, 1.0);
    for number in 1..=set.repetitions {
        let range = full_range(set.exercise) + set.variation_deg * normal(&mut rng);
        let faults: Vec<&Fault> = set.faults.iter().filter(|fault| fault.is_in(number)).collect();
        let done = repetition(set, number, range, &faults, &mut truth.poses);
        truth.repetitions.push(done);
        if set.attempt_after == Some(number) {
            still(&mut truth, set.pause_s);
            let given_up = repetition(set, number, 0.35 * range, &[], &mut truth.poses);
            truth.attempts.push(given_up);
        }
        still(&mut truth, set.pause_s);
    }
    still(&mut truth, 0.5);
    truth
}

/// One repetition, appended; its first frame, turn and last frame.
fn repetition(
    set: &Set,
    number: usize,
    range: f64,
    faults: &[&Fault],
    poses: &mut Vec<Pose>,
) -> [usize; 3] {
    let size = |kind: FaultKind| {
        faults.iter().filter(|fault| fault.kind == kind).map(|fault| fault.size).sum::<f64>()
    };
    let each = |kind: FaultKind| {
        Side::BOTH.map(|side| {
            let here =
                |fault: &&&Fault| fault.kind == kind && fault.side.is_none_or(|own| own == side);
            faults.iter().filter(here).map(|fault| fault.size).sum::<f64>()
        })
    };
    let tired =
        size(FaultKind::Fatigue) * (number - 1) as f64 / (set.repetitions.max(2) - 1) as f64;
    let rest = Pose::standing();
    let mut deep = turn(set.exercise, range - size(FaultKind::Shallow) - tired);
    deep.trunk_lean += size(FaultKind::TrunkForward);
    deep.hip_flexion = deep.hip_flexion.map(|hip| hip + size(FaultKind::TrunkForward));
    deep.trunk_lateral_lean += size(FaultKind::TrunkSideways);
    let (less, bent, heel) =
        (each(FaultKind::Asymmetry), each(FaultKind::ElbowBent), each(FaultKind::HeelUp));
    for i in 0..2 {
        match set.exercise {
            Exercise::Squat => {
                deep.knee_flexion[i] -= less[i];
                deep.hip_flexion[i] -= 0.6 * less[i];
            }
            Exercise::OverheadReach => deep.shoulder_flexion[i] -= less[i],
            Exercise::BicepsCurl => deep.elbow_flexion[i] -= less[i],
        }
        deep.elbow_flexion[i] += bent[i];
        deep.heel_height[i] += heel[i];
    }

    let start = poses.len();
    let quicker = size(FaultKind::FastDown).max(1.0);
    let [there, back] = [set.tempo_s[0] / quicker, set.tempo_s[1]]
        .map(|seconds| (seconds * set.rate_hz).round().max(2.0) as usize);
    let inward = [each(FaultKind::KneeInwardDown), each(FaultKind::KneeInwardUp)];
    let jerk = size(FaultKind::JerkyReturn);
    let hold = (set.hold_s * set.rate_hz).round() as usize;
    for (way, n) in [there, back].into_iter().enumerate() {
        if way == 1 {
            poses.extend(std::iter::repeat_n(deep, hold));
        }
        for i in 0..n {
            let s = i as f64 / n as f64;
            let share = if way == 0 { minimum_jerk(s) } else { 1.0 - minimum_jerk(s) };
            // Three halts on the way back, strongest in its middle.
            let shaken = if way == 1 {
                jerk * (s * 3.0 * std::f64::consts::TAU).sin() * (s * std::f64::consts::PI).sin()
            } else {
                0.0
            };
            let mut pose = rest.towards(&deep, (share + shaken).clamp(0.0, 1.05));
            // The knee is inward most half way between turn and rest.
            let bump = (std::f64::consts::PI * s).sin().powi(2);
            pose.knee_valgus = inward[way].map(|degrees| degrees * bump);
            poses.push(pose);
        }
    }
    poses.push(rest);
    [start, start + there, poses.len() - 1]
}
