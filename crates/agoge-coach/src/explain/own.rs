//! Differences beside the athlete's own correct repetitions: means are compared, by sign, with what
//! the athlete's repetitions of both sets scatter, so that scatter alone is no difference.

use super::difference::{CLEAR_RATIO, curve_difference, mirror_difference};
use super::norm::{Cycle, CyclePhase, MovementNorm, PHASE_POINTS, angle_between, plane_angles};
use agoge_analysis::JointDifference;
use agoge_kinematics::Repetition;
use agoge_motion::Side;
use agoge_motion::segments::JOINTS;
use agoge_motion::vector::{add, norm, unit_vector};

/// Error of a mean direction that more repetitions do not make smaller, in each plane, degrees.
const MEAN_ERROR_DEG: f64 = 2.0;
/// Two standard errors count as uncertainty.
const STANDARD_ERRORS: f64 = 2.0;
/// A difference counts if it is this many times its uncertainty: the largest of 12 joints, 2 planes
/// and 13 instants of every phase is judged. Chosen on UI-PRMD (Kinect) athletes 1 to 5 and,
/// alike, on 6 to 9, such that at most 12 % of their correct sets show something.
const CLEAR_DIFFERENCE: f64 = 2.4;
/// Fewest repetitions of each set in which a joint must be seen.
const MIN_REPETITIONS: usize = 3;

/// A joint's mean direction at an instant over some repetitions, and the sum of the squared angles
/// from it in each plane.
struct DirectionMean {
    mean: [f64; 3],
    squares: [f64; 2],
    count: usize,
}

fn direction_mean(phases: &[&CyclePhase], point: usize, joint: usize) -> Option<DirectionMean> {
    let known: Vec<[f64; 3]> = phases
        .iter()
        .map(|phase| phase.directions[point][joint])
        .filter(|direction| direction[0].is_finite())
        .collect();
    let sum = known.iter().copied().fold([0.0; 3], add);
    if known.len() < MIN_REPETITIONS || norm(sum) < 1e-9 {
        return None;
    }
    let mean = unit_vector(sum);
    let mut squares = [0.0; 2];
    for direction in &known {
        let away = plane_angles(*direction, mean);
        squares.iter_mut().zip(away).for_each(|(sum, angle)| *sum += angle * angle);
    }
    Some(DirectionMean { mean, squares, count: known.len() })
}

/// Compares every joint and phase of some repetitions with the athlete's own correct ones, in the
/// order of phases and joints.
pub(super) fn compare_with_own(
    cycles: &[Cycle],
    own: &[Cycle],
    numbered: &[(usize, &Repetition)],
    usual: &MovementNorm,
) -> Vec<JointDifference> {
    // As in `find_differences`: repetitions of the left side were mirrored.
    let left = !numbered.is_empty()
        && numbered.iter().all(|(_, repetition)| repetition.side == Some(Side::Left));
    let mut differences = Vec::new();
    let Some(first) = cycles.first() else { return differences };
    for (index, phase) in first.phases.iter().enumerate() {
        let Some(usual) = usual.find_phase(phase.name.as_deref()) else { continue };
        let phases_of = |cycles: &'_ [Cycle]| -> Vec<CyclePhase> {
            let phases = cycles.iter().filter_map(|cycle| cycle.phases.get(index));
            phases.filter(|other| other.name == phase.name).cloned().collect()
        };
        let (athlete, reference) = (phases_of(cycles), phases_of(own));
        let athlete: Vec<&CyclePhase> = athlete.iter().collect();
        let reference: Vec<&CyclePhase> = reference.iter().collect();
        for (joint, &part) in JOINTS.iter().enumerate() {
            let compare = |point: usize| {
                let a = direction_mean(&athlete, point, joint)?;
                let b = direction_mean(&reference, point, joint)?;
                let freedom = (a.count + b.count - 2) as f64;
                let share = 1.0 / a.count as f64 + 1.0 / b.count as f64;
                let away = plane_angles(a.mean, b.mean);
                let ratio = |plane: usize| {
                    let scatter = ((a.squares[plane] + b.squares[plane]) / freedom * share).sqrt();
                    away[plane] / MEAN_ERROR_DEG.hypot(STANDARD_ERRORS * scatter)
                };
                Some((ratio(0).max(ratio(1)), point, angle_between(a.mean, b.mean)))
            };
            let largest = (0..PHASE_POINTS).filter_map(compare).max_by(|a, b| a.0.total_cmp(&b.0));
            let Some((ratio, point, angle_deg)) = largest else { continue };
            let at_fault: Vec<(&CyclePhase, f64)> =
                athlete.iter().map(|phase| (*phase, 0.0)).collect();
            let mut difference = JointDifference {
                joint: part,
                phase: phase.name.clone(),
                at: point as f64 / (PHASE_POINTS - 1) as f64,
                angle_deg,
                clearness: ratio * CLEAR_RATIO / CLEAR_DIFFERENCE,
                within_error: ratio <= CLEAR_DIFFERENCE,
                repetitions: numbered.iter().map(|(number, _)| *number).collect(),
                curve: curve_difference(&at_fault, usual, part, point),
            };
            if left {
                mirror_difference(&mut difference, joint);
            }
            differences.push(difference);
        }
    }
    differences
}
