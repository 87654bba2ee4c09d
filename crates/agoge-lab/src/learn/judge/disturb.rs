//! Faults for a judge to learn from: those that coaches name, planted into real repetitions, and
//! arbitrary ones, so that it is not limited to what has a name.

use crate::learn::perturbation::{BodyFault, FaultWindow, PlantedFault, RepetitionSpan};
use agoge_model::Motion;
use agoge_model::token::{PARTS, part_index};
use agoge_motion::vector::{add, norm, rotate_about, sub, unit_vector};
use agoge_motion::{Part, Recording, Side};
use fastrand::Rng;

/// A pelvis that falls by more than this share of a leg's length bends the legs under load.
const MIN_PELVIS_DROP: f64 = 0.12;
/// An arm whose wrist moves further than this relative to the chest, trunk lengths, takes part.
const MIN_WRIST_WAY: f64 = 0.5;
/// A foot that rises by more than this, trunk lengths, is free.
const MIN_FOOT_RISE: f64 = 0.25;
/// Range of the angles of an arbitrary fault, degrees.
const DISTURBANCE_DEG: [f64; 2] = [12.0, 45.0];

/// A named fault as it is planted: on one side, or on both at once.
pub(super) type NamedFault = Vec<PlantedFault>;

/// Turning point of a recording that holds one repetition: the frame in which the body is furthest
/// from where it started.
pub(super) fn whole_span(body: &Recording) -> RepetitionSpan {
    let end = body.frame_count().saturating_sub(1);
    let departure = |frame: usize| {
        let apart = |part: &Part| {
            let index = part.index();
            norm(sub(body.position_at(frame, index), body.position_at(0, index)))
        };
        PARTS.iter().map(apart).filter(|d| d.is_finite()).sum::<f64>()
    };
    let turn = (0..=end).max_by(|a, b| departure(*a).total_cmp(&departure(*b))).unwrap_or(0);
    RepetitionSpan { start: 0, turn: turn.clamp(1.min(end), end.saturating_sub(1).max(1)), end }
}

/// The named faults that this repetition can have, each at a size that a coach would see.
pub(super) fn possible_faults(body: &Recording, span: RepetitionSpan) -> Vec<NamedFault> {
    let frames = span.start..=span.end;
    let at = |frame: usize, part: Part| body.position_at(frame, part.index());
    let range = |value: &dyn Fn(usize) -> f64| {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in frames.clone().map(value).filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        (high - low).max(0.0)
    };
    let trunk = norm(sub(at(span.start, Part::Neck), at(span.start, Part::Pelvis)));
    let leg = norm(sub(at(span.start, Part::LeftHip), at(span.start, Part::LeftAnkle)));
    let fault =
        |kind, joint, size| PlantedFault { kind, joint, window: FaultWindow::Throughout, size };
    let one_or_both = |kind, part: Part, sides: &[Side], size: f64| -> Vec<NamedFault> {
        let each = sides.iter().map(|&side| fault(kind, part.on_side(side), size));
        let both: Vec<PlantedFault> = each.clone().collect();
        let single = each.map(|fault| vec![fault]);
        if sides.len() > 1 { single.chain([both]).collect() } else { single.collect() }
    };
    let mut faults = vec![
        vec![fault(BodyFault::TrunkForward, Part::Chest, 20.0)],
        vec![fault(BodyFault::TrunkSideways, Part::Chest, 15.0)],
        vec![fault(BodyFault::TrunkSideways, Part::Chest, -15.0)],
    ];
    let loaded = range(&|frame| at(frame, Part::Pelvis)[1]) > MIN_PELVIS_DROP * leg;
    if loaded {
        faults.push(vec![fault(BodyFault::HalfDepth, Part::Pelvis, 0.5)]);
        faults.extend(one_or_both(BodyFault::KneeInward, Part::LeftKnee, &Side::BOTH, 18.0));
    }
    let moves = |side: &Side| {
        let way = |k: usize| {
            range(&|frame| sub(at(frame, Part::LeftWrist.on_side(*side)), at(frame, Part::Neck))[k])
        };
        norm([way(0), way(1), way(2)]) > MIN_WRIST_WAY * trunk
    };
    let arms: Vec<Side> = Side::BOTH.into_iter().filter(moves).collect();
    faults.extend(one_or_both(BodyFault::JointBent, Part::LeftElbow, &arms, 40.0));
    if !loaded {
        faults.extend(one_or_both(BodyFault::RangeLost, Part::LeftShoulder, &arms, 35.0));
        faults.extend(one_or_both(BodyFault::OutOfPlane, Part::LeftShoulder, &arms, 25.0));
        let free = |side: &Side| {
            range(&|frame| at(frame, Part::LeftAnkle.on_side(*side))[1]) > MIN_FOOT_RISE * trunk
        };
        let legs: Vec<Side> = Side::BOTH.into_iter().filter(free).collect();
        faults.extend(one_or_both(BodyFault::RangeLost, Part::LeftHip, &legs, 25.0));
        faults.extend(one_or_both(BodyFault::OutOfPlane, Part::LeftHip, &legs, 20.0));
        faults.extend(one_or_both(BodyFault::JointBent, Part::LeftKnee, &legs, 35.0));
    }
    faults
}

/// A motion in which one or two joints, drawn at random, are turned about an axis drawn at random,
/// throughout or for a while.
pub(super) fn disturb_motion(motion: &Motion, rng: &mut Rng) -> Motion {
    let mut disturbed = motion.clone();
    let frames = motion.time.len();
    let weight = draw_window(rng);
    let limbs = limb_chains();
    for _ in 0..rng.usize(1..=2) {
        let (joint, beyond) = &limbs[rng.usize(..limbs.len())];
        let axis = unit_vector([0, 1, 2].map(|_| draw_normal(rng)));
        let [least, most] = DISTURBANCE_DEG;
        let angle = (least + (most - least) * rng.f64()).to_radians();
        for frame in 0..frames {
            let share = frame as f64 / (frames.max(2) - 1) as f64;
            let turn = angle * weight(share);
            let row = frame * PARTS.len();
            // The pelvis is the origin of all other positions.
            let centre = match joint {
                Part::Pelvis => [0.0; 3],
                joint => motion_point(&disturbed, row + part_index(*joint)),
            };
            for part in beyond {
                let index = row + part_index(*part);
                let from = sub(motion_point(&disturbed, index), centre);
                let to = add(centre, rotate_about(from, axis, turn));
                disturbed.positions[index] = to.map(|v| v as f32);
            }
        }
    }
    disturbed
}

fn motion_point(motion: &Motion, index: usize) -> [f64; 3] {
    motion.positions[index].map(f64::from)
}

fn draw_normal(rng: &mut Rng) -> f64 {
    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
}

/// Weight of a disturbance at each share of the repetition: throughout, or for a while.
fn draw_window(rng: &mut Rng) -> impl Fn(f64) -> f64 + use<> {
    let throughout = rng.u8(..3) == 0;
    let centre = 0.25 + 0.5 * rng.f64();
    let width = 0.25 + 0.25 * rng.f64();
    move |share| {
        if throughout {
            (share.min(1.0 - share) / 0.2).clamp(0.0, 1.0)
        } else {
            let off = ((share - centre) / width).clamp(-0.5, 0.5);
            (std::f64::consts::PI * off).cos().powi(2)
        }
    }
}

/// Each joint that can be disturbed, and the parts beyond it.
fn limb_chains() -> Vec<(Part, Vec<Part>)> {
    use Part::{
        Head, LeftAnkle, LeftBigToe, LeftElbow, LeftHip, LeftKnee, LeftShoulder, LeftWrist, Neck,
    };
    let upper = [Neck, Head].into_iter().chain(
        Side::BOTH
            .into_iter()
            .flat_map(|side| [LeftShoulder, LeftElbow, LeftWrist].map(|part| part.on_side(side))),
    );
    let mut chains = vec![(Part::Pelvis, upper.collect())];
    for side in Side::BOTH {
        let on = |parts: &[Part]| parts.iter().map(|part| part.on_side(side)).collect::<Vec<_>>();
        chains.extend([
            (LeftShoulder.on_side(side), on(&[LeftElbow, LeftWrist])),
            (LeftElbow.on_side(side), on(&[LeftWrist])),
            (LeftHip.on_side(side), on(&[LeftKnee, LeftAnkle, LeftBigToe])),
            (LeftKnee.on_side(side), on(&[LeftAnkle, LeftBigToe])),
        ]);
    }
    chains
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_model::simulated::simulated_motion;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    #[test]
    fn bones_of_a_disturbed_motion_keep_their_lengths() {
        let set = SimulatedSet { repetitions: 1, ..SimulatedSet::new(Exercise::Squat) };
        let motion = simulated_motion(&set);
        let bones = [
            (Part::LeftShoulder, Part::LeftElbow),
            (Part::RightElbow, Part::RightWrist),
            (Part::LeftHip, Part::LeftKnee),
            (Part::RightKnee, Part::RightAnkle),
            (Part::LeftShoulder, Part::RightShoulder),
        ];
        let mut changed = 0.0f64;
        for seed in 0..50 {
            let disturbed = disturb_motion(&motion, &mut Rng::with_seed(seed));
            for frame in 0..motion.time.len() {
                let row = frame * PARTS.len();
                for (a, b) in bones {
                    let length = |motion: &Motion| {
                        let [a, b] =
                            [a, b].map(|part| motion_point(motion, row + part_index(part)));
                        norm(sub(b, a))
                    };
                    // Single precision of positions below two trunk lengths.
                    assert!((length(&motion) - length(&disturbed)).abs() < 1e-5);
                    let wrist = row + part_index(Part::LeftWrist);
                    let moved =
                        norm(sub(motion_point(&motion, wrist), motion_point(&disturbed, wrist)));
                    changed = changed.max(moved);
                }
            }
        }
        assert!(changed > 0.2, "{changed}");
    }

    #[test]
    fn a_squat_can_have_faults_of_legs_and_not_of_free_legs() {
        let set = SimulatedSet { repetitions: 1, ..SimulatedSet::new(Exercise::Squat) };
        let body = set.simulate().recording.to_body().recording;
        let span = whole_span(&body);
        let kinds: Vec<BodyFault> =
            possible_faults(&body, span).iter().flatten().map(|fault| fault.kind).collect();
        assert!(kinds.contains(&BodyFault::KneeInward) && kinds.contains(&BodyFault::HalfDepth));
        assert!(!kinds.contains(&BodyFault::RangeLost));
    }
}
