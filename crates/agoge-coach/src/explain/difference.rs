//! Differences between an athlete and a norm: in degrees at the same instants of a phase, and in
//! milliseconds.

use super::norm::{
    Cycle, CyclePhase, MovementNorm, PHASE_POINTS, PhaseNorm, angle_between, mirrored_joint,
    phase_spans, plane_angles,
};
use super::{ExplanationInput, curve_joint};
use crate::precision::Precision;
use agoge_analysis::{CurveDifference, JointDifference, PaceFault, PhaseTiming};
use agoge_kinematics::coordination::wrap_angle;
use agoge_kinematics::{Repetition, Unit};
use agoge_model::reference::{AlignmentFrames, align_by_attention};
use agoge_motion::segments::JOINTS;
use agoge_motion::statistics::{
    finite_mean, half_width, minimal_detectable_change, sample_sd, standard_error,
};
use agoge_motion::vector::norm as length;
use agoge_motion::{Directions, Part, Side};

/// A difference counts if it is this many times its uncertainty.
pub(super) const CLEAR_RATIO: f64 = 1.5;
/// How far athletes who do a movement well differ from each other: standard deviation in the
/// sagittal plane and out of it, degrees. A norm of one athlete cannot know this. The median over
/// joints and phases of the UI-PRMD norms.
const INDIVIDUAL_SD_DEG: [f64; 2] = [5.0, 2.5];
/// Time shifts at which the reference is compared with the athlete, as shares of the phase.
const SHIFTS: [f64; 5] = [-0.12, -0.06, 0.0, 0.06, 0.12];
/// Factor in duration, either way, beyond which a phase is hurried or dragged; up to there tempo is
/// a matter of taste.
const PACE_FACTOR: f64 = 1.7;
/// Least standard deviation of SPARC among athletes who do a movement well.
const MIN_SMOOTHNESS_SD: f64 = 0.12;
/// An angle that varies by this much among those who do it well says nothing (such as a shoulder's
/// flexion while the arm is out to the side), degrees.
const LOOSE_SD_DEG: f64 = 25.0;
/// Fewest repetitions for which a measurement error is stated.
const MIN_REPETITIONS_FOR_ERROR: usize = 4;

/// Compares every joint and phase of some repetitions with a norm, in the order of phases and
/// joints.
pub fn find_differences(
    cycles: &[Cycle],
    numbered: &[(usize, &Repetition)],
    norm: &MovementNorm,
    precision: &Precision,
) -> Vec<JointDifference> {
    // Left-side cycles are mirrored: if all repetitions are left-sided, report the differences for
    // the left side itself.
    let left = !numbered.is_empty()
        && numbered.iter().all(|(_, repetition)| repetition.side == Some(Side::Left));
    let numbers: Vec<usize> = numbered.iter().map(|(number, _)| *number).collect();
    let mut differences = Vec::new();
    let Some(first) = cycles.first() else { return differences };
    for (index, phase) in first.phases.iter().enumerate() {
        let Some(usual) = norm.find_phase(phase.name.as_deref()) else { continue };
        let phases: Vec<&CyclePhase> =
            cycles.iter().filter_map(|cycle| cycle.phases.get(index)).collect();
        for joint in 0..JOINTS.len() {
            let Some(mut difference) =
                largest_difference(&phases, usual, joint, norm, precision, &numbers)
            else {
                continue;
            };
            if left {
                mirror_difference(&mut difference, joint);
            }
            differences.push(difference);
        }
    }
    differences
}

/// Turns the difference of a joint (its index in [`JOINTS`]) of mirrored repetitions back to the
/// side of the body it is about.
pub(super) fn mirror_difference(difference: &mut JointDifference, joint: usize) {
    difference.joint = JOINTS[mirrored_joint(joint)];
    if let Some(curve) = &mut difference.curve {
        curve.side = curve.side.map(Side::opposite);
    }
}

/// Finds the point of a phase where a joint differs most clearly.
fn largest_difference(
    phases: &[&CyclePhase],
    usual: &PhaseNorm,
    joint: usize,
    norm: &MovementNorm,
    precision: &Precision,
    numbers: &[usize],
) -> Option<JointDifference> {
    let error = precision.unit_error(Unit::Degree).half_width;
    let mut best: Option<(f64, usize, f64, Vec<Option<f64>>)> = None;
    for point in 0..PHASE_POINTS {
        if length(usual.directions[point][joint]) < 0.5 {
            continue;
        }
        let share = point as f64 / (PHASE_POINTS - 1) as f64;
        // Compare each repetition with the reference shifted to where it is nearest: what remains
        // is no matter of timing, which is reported separately.
        let nearest_reference = |d: [f64; 3]| {
            let shifted =
                SHIFTS.map(|shift| (shift, usual.direction_at(share + shift, joint, false)));
            let known =
                shifted.into_iter().filter(|(_, usual)| usual[0].is_finite() && d[0].is_finite());
            known
                .min_by(|a, b| angle_between(a.1, d).total_cmp(&angle_between(b.1, d)))
                .map(|(shift, usual)| (shift, usual, d))
        };
        let each: Vec<Option<_>> =
            phases.iter().map(|phase| nearest_reference(phase.directions[point][joint])).collect();
        let distances: Vec<f64> = each
            .iter()
            .map(|pair| pair.map_or(f64::NAN, |(_, usual, d)| angle_between(usual, d)))
            .collect();
        let differs = differing_repetitions(&distances);
        let chosen = || {
            each.iter().zip(&differs).filter(|(_, differs)| **differs).filter_map(|(pair, _)| *pair)
        };
        if chosen().count() == 0 {
            continue;
        }
        let clearness_in = |plane: usize| {
            let distances: Vec<f64> =
                chosen().map(|(_, usual, d)| plane_angles(d, usual)[plane]).collect();
            let scatter = half_width(&distances, 1.96);
            let uncertainty = if scatter.is_finite() { error.max(scatter) } else { error };
            finite_mean(&distances)
                / uncertainty.hypot(norm.reference_half_width(
                    usual.spread_deg[point][joint][plane],
                    INDIVIDUAL_SD_DEG[plane],
                ))
        };
        let clearness = clearness_in(0).max(clearness_in(1));
        if best.as_ref().is_none_or(|(known, ..)| clearness > *known) {
            let mean_distance = finite_mean(
                &chosen().map(|(_, usual, d)| angle_between(usual, d)).collect::<Vec<_>>(),
            );
            let shifts = each
                .iter()
                .zip(&differs)
                .map(|(pair, differs)| pair.filter(|_| *differs).map(|pair| pair.0));
            best = Some((clearness, point, mean_distance, shifts.collect()));
        }
    }
    let (clearness, point, angle_deg, shifts) = best?;
    let part = JOINTS[joint];
    let at_fault: Vec<(&CyclePhase, f64)> =
        phases.iter().zip(&shifts).filter_map(|(phase, shift)| Some((*phase, (*shift)?))).collect();
    Some(JointDifference {
        joint: part,
        phase: usual.name.clone(),
        at: point as f64 / (PHASE_POINTS - 1) as f64,
        angle_deg,
        clearness,
        within_error: clearness <= CLEAR_RATIO,
        repetitions: numbers
            .iter()
            .zip(&shifts)
            .filter_map(|(number, shift)| shift.map(|_| *number))
            .collect(),
        curve: curve_difference(&at_fault, usual, part, point)
            .filter(|curve| (curve.value - curve.expected).abs() > error),
    })
}

/// Marks the repetitions that are far from the expected direction: at least half as far as the mean
/// of the farthest quarter. A fault in some repetitions must not drown in the others.
fn differing_repetitions(away: &[f64]) -> Vec<bool> {
    let mut far: Vec<f64> = away.iter().copied().filter(|angle| angle.is_finite()).collect();
    far.sort_by(|a, b| b.total_cmp(a));
    far.truncate(far.len().div_ceil(4));
    let half = 0.5 * finite_mean(&far);
    away.iter().map(|angle| *angle >= half).collect()
}

/// Finds the angle of a joint that differs most at an instant. Each repetition comes with the time
/// shift of the reference that it is compared with.
pub(super) fn curve_difference(
    phases: &[(&CyclePhase, f64)],
    usual: &PhaseNorm,
    part: Part,
    point: usize,
) -> Option<CurveDifference> {
    let share = point as f64 / (PHASE_POINTS - 1) as f64;
    let expected = |mean: &[f64], shift: f64| {
        let x = (share + shift).clamp(0.0, 1.0) * (PHASE_POINTS - 1) as f64;
        let (a, b) = (mean[x.floor() as usize], mean[x.ceil() as usize]);
        a + x.fract() * (b - a)
    };
    let curves =
        usual.curves.iter().filter(|curve| curve_joint(&curve.name, curve.side) == Some(part));
    curves
        .filter(|curve| curve.sd[point] < LOOSE_SD_DEG)
        .filter_map(|curve| {
            let pairs: Vec<[f64; 2]> = phases
                .iter()
                .filter_map(|(phase, shift)| {
                    let expected = expected(&curve.mean, *shift);
                    let away = phase.curve_values(&curve.name, curve.side)?[point] - expected;
                    Some([expected + wrap_angle(away), expected])
                })
                .filter(|[value, _]| value.is_finite())
                .collect();
            let values: Vec<f64> = pairs.iter().map(|[value, _]| *value).collect();
            (!values.is_empty()).then(|| CurveDifference {
                name: curve.name.clone(),
                side: curve.side,
                value: finite_mean(&values),
                expected: finite_mean(
                    &pairs.iter().map(|[_, expected]| *expected).collect::<Vec<_>>(),
                ),
                sd: Some(sample_sd(&values)).filter(|sd| sd.is_finite()),
                mdc: (values.len() >= MIN_REPETITIONS_FOR_ERROR)
                    .then(|| minimal_detectable_change(standard_error(&values))),
            })
        })
        .filter(|difference| difference.expected.is_finite())
        .max_by(|a, b| (a.value - a.expected).abs().total_cmp(&(b.value - b.expected).abs()))
}

/// Compares the phases' durations and smoothness with the norm's.
pub(super) fn compare_timing(cycles: &[Cycle], input: &ExplanationInput) -> Vec<PhaseTiming> {
    let Some(first) = cycles.first() else { return Vec::new() };
    let leads_ms = phase_leads_ms(input);
    let compare_phase = |(index, phase): (usize, &CyclePhase)| {
        let usual = input.norm.find_phase(phase.name.as_deref())?;
        let durations: Vec<f64> = cycles
            .iter()
            .filter_map(|cycle| cycle.phases.get(index))
            .map(|phase| 1000.0 * phase.duration_s)
            .collect();
        let [expected, spread] = usual.duration_s.map(|s| 1000.0 * s);
        let sd = sample_sd(&durations);
        let error = 1000.0 * Precision::in_space().unit_error(Unit::Second).half_width;
        let scatter = half_width(&durations, 1.96);
        // Individual differences in tempo are not added: `PACE_FACTOR` accounts for them.
        let spread = input.norm.reference_half_width(spread, 0.0);
        let uncertainty = error.max(scatter).hypot(spread);
        let smoothness: Vec<f64> = cycles
            .iter()
            .filter_map(|cycle| cycle.phases.get(index))
            .map(|phase| phase.smoothness)
            .collect();
        let [usual_smoothness, smoothness_spread] = usual.smoothness;
        let smoothness_error = 1.96 * smoothness_spread.max(MIN_SMOOTHNESS_SD);
        let classify = |(duration, smoothness): (f64, f64)| {
            let is_beyond_error = (duration - expected).abs() > CLEAR_RATIO * error.hypot(spread);
            match duration / expected {
                // A hold may last any time.
                _ if smoothness.is_nan() => None,
                _ if usual_smoothness < 0.0
                    && usual_smoothness - smoothness > CLEAR_RATIO * smoothness_error =>
                {
                    Some(PaceFault::Jerky)
                }
                ratio if is_beyond_error && ratio < 1.0 / PACE_FACTOR => Some(PaceFault::Hurried),
                ratio if is_beyond_error && ratio > PACE_FACTOR => Some(PaceFault::Dragged),
                _ => None,
            }
        };
        let each: Vec<Option<PaceFault>> =
            durations.iter().copied().zip(smoothness.iter().copied()).map(classify).collect();
        let paces = [PaceFault::Jerky, PaceFault::Hurried, PaceFault::Dragged];
        let count = |pace: PaceFault| each.iter().filter(|found| **found == Some(pace)).count();
        let most = paces
            .into_iter()
            .max_by_key(|pace| count(*pace))
            .filter(|pace| 4 * count(*pace) > each.len());
        let numbers =
            input.numbered.iter().zip(&each).filter(|(_, pace)| most.is_some() && **pace == most);
        Some(PhaseTiming {
            phase: phase.name.clone(),
            value_ms: finite_mean(&durations),
            expected_ms: expected,
            sd_ms: Some(sd).filter(|sd| sd.is_finite()),
            mdc_ms: (durations.len() >= MIN_REPETITIONS_FOR_ERROR)
                .then(|| minimal_detectable_change(standard_error(&durations))),
            ahead_ms: leads_ms.get(index).copied().unwrap_or(f64::NAN),
            smoothness: Some(finite_mean(&smoothness)).filter(|v| v.is_finite()),
            expected_smoothness: Some(usual_smoothness).filter(|v| *v < 0.0),
            within_error: (finite_mean(&durations) - expected).abs() <= CLEAR_RATIO * uncertainty,
            clear: most,
            repetitions: numbers.map(|((number, _), _)| *number).collect(),
        })
    };
    first.phases.iter().enumerate().filter_map(compare_phase).collect()
}

/// For each phase, how far the athlete is ahead of the norm within it, ms.
fn phase_leads_ms(input: &ExplanationInput) -> Vec<f64> {
    let rate = input.body.rate_hz().clamp(10.0, 60.0);
    // Time and memory grow with the product of the lengths: thin out faster recordings.
    let step = ((input.body.rate_hz() / 60.0).round() as usize).max(1);
    let mut sums: Vec<Vec<f64>> = vec![Vec::new(); input.norm.phases.len()];
    for (_, repetition) in input.numbered {
        let left = repetition.side == Some(Side::Left);
        let Some((reference, borders)) = play_back_norm(input.norm, rate, left) else { continue };
        let query = AlignmentFrames::with_step(
            step,
            input.athlete_set.directions,
            repetition.start,
            repetition.end,
        );
        if query.is_empty() {
            continue;
        }
        let alignment = align_by_attention(
            &query,
            &AlignmentFrames::new(&reference, 0, reference.frame_count() - 1),
        );
        for (index, (name, start, end)) in phase_spans(repetition).into_iter().enumerate() {
            let place = input.norm.phases.iter().position(|phase| phase.name == name);
            let (Some(place), true) = (place.filter(|place| *place == index), end > start) else {
                continue;
            };
            let [from, to] = [borders[place], borders[place + 1]];
            let each = (repetition.start..=end).step_by(step).filter(|frame| *frame >= start).map(
                |frame| {
                    let straight =
                        from + (to - from) * (frame - start) as f64 / (end - start) as f64;
                    1000.0 * (alignment.positions[(frame - repetition.start) / step] - straight)
                        / rate
                },
            );
            sums[place].push(finite_mean(&each.collect::<Vec<_>>()));
        }
    }
    sums.iter().map(|values| finite_mean(values)).collect()
}

/// Plays the norm back at a frame rate and returns the frames at which its phases begin and end.
fn play_back_norm(norm: &MovementNorm, rate: f64, left: bool) -> Option<(Directions, Vec<f64>)> {
    let mut borders = vec![0.0];
    for phase in &norm.phases {
        borders.push(borders[borders.len() - 1] + (phase.duration_s[0] * rate).max(1.0));
    }
    let frames = borders.last().map(|last| last.round() as usize + 1)?;
    let mut frames_of_norm = Vec::with_capacity(frames);
    for frame in 0..frames {
        let index = (1..borders.len() - 1).take_while(|&i| borders[i] <= frame as f64).count();
        let share = ((frame as f64 - borders[index]) / (borders[index + 1] - borders[index]))
            .clamp(0.0, 1.0);
        frames_of_norm
            .push(std::array::from_fn(|joint| norm.phases[index].direction_at(share, joint, left)));
    }
    Some((Directions::new(frames_of_norm), borders))
}
