//! Sub-scores: how a repetition compares with a squad's in range, timing, smoothness, symmetry,
//! stability and path.

use super::norm::{Cycle, CyclePhase, MovementNorm, PhaseNorm, angle_between, plane_angles};
use agoge_analysis::{Aspect, AspectKind};
use agoge_kinematics::coordination::wrap_angle;
use agoge_motion::segments::JOINTS;
use agoge_motion::statistics::{finite_mean, half_width, normal_cdf_polynomial, sample_sd};
use agoge_motion::vector::norm as length;
use agoge_motion::{Part, Side};

/// Smallest change of direction for which a joint has a range of its own, degrees.
const MIN_RANGE_DEG: f64 = 20.0;

/// Distance of a repetition from the norm in each of [`AspectKind::ALL`], in the aspect's own unit;
/// larger is worse, NaN where unknown. Range: degrees by which the joints' ranges differ. Timing:
/// logarithm of the phases' durations relative to the usual ones. Smoothness: negative SPARC.
/// Symmetry: degrees by which the left-right difference deviates from the usual one. Stability:
/// degrees of the trunk out of the sagittal plane. Path: root mean square over all joints, degrees.
pub(super) fn raw_aspects(cycle: &Cycle, norm: &MovementNorm) -> [f64; AspectKind::ALL.len()] {
    let pairs: Vec<(&CyclePhase, &PhaseNorm)> = cycle
        .phases
        .iter()
        .filter_map(|phase| Some((phase, norm.find_phase(phase.name.as_deref())?)))
        .collect();
    let mean_over_phases = |measure: &dyn Fn(&CyclePhase, &PhaseNorm) -> f64| {
        finite_mean(&pairs.iter().map(|(phase, usual)| measure(phase, usual)).collect::<Vec<_>>())
    };
    [
        mean_over_phases(&|phase, usual| {
            let ranges = (0..JOINTS.len()).map(|joint| {
                let usual_range =
                    direction_range(usual.directions.iter().map(|point| point[joint]));
                let athlete_range =
                    direction_range(phase.directions.iter().map(|point| point[joint]));
                if usual_range >= MIN_RANGE_DEG {
                    (athlete_range - usual_range).abs()
                } else {
                    f64::NAN
                }
            });
            finite_mean(&ranges.collect::<Vec<_>>())
        }),
        mean_over_phases(&|phase, usual| (phase.duration_s / usual.duration_s[0]).ln().abs()),
        mean_over_phases(&|phase, _| -phase.smoothness),
        mean_over_phases(&|phase, usual| {
            let left_curves = usual.curves.iter().filter(|curve| curve.side == Some(Side::Left));
            let deviations = left_curves.filter_map(|left| {
                let right = usual
                    .curves
                    .iter()
                    .find(|curve| curve.name == left.name && curve.side == Some(Side::Right))?;
                let (athlete_left, athlete_right) = (
                    phase.curve_values(&left.name, Some(Side::Left))?,
                    phase.curve_values(&left.name, Some(Side::Right))?,
                );
                let away = |point: usize| {
                    let usual = left.mean[point] - right.mean[point];
                    wrap_angle(athlete_left[point] - athlete_right[point] - usual).abs()
                };
                Some(finite_mean(&(0..left.mean.len()).map(away).collect::<Vec<_>>()))
            });
            finite_mean(&deviations.collect::<Vec<_>>())
        }),
        mean_over_phases(&|phase, usual| {
            direction_deviation(phase, usual, &[Part::Chest], &|a, b| plane_angles(a, b)[1])
        }),
        mean_over_phases(&|phase, usual| {
            direction_deviation(phase, usual, &JOINTS, &angle_between)
        }),
    ]
}

/// Root mean square distance of some joints from their usual directions, degrees.
fn direction_deviation(
    phase: &CyclePhase,
    usual: &PhaseNorm,
    joints: &[Part],
    distance: &dyn Fn([f64; 3], [f64; 3]) -> f64,
) -> f64 {
    let indices = JOINTS
        .iter()
        .enumerate()
        .filter(|(_, joint)| joints.contains(joint))
        .map(|(index, _)| index);
    let squares = indices.flat_map(|joint| {
        let pairs = phase.directions.iter().zip(&usual.directions);
        pairs
            .map(move |(directions, usual)| (directions[joint], usual[joint]))
            .filter(|(direction, usual)| direction[0].is_finite() && length(*usual) > 0.5)
            .map(|(direction, usual)| distance(direction, usual).powi(2))
    });
    finite_mean(&squares.collect::<Vec<_>>()).sqrt()
}

/// Largest angle between the first known direction and any later one, degrees.
fn direction_range(directions: impl Iterator<Item = [f64; 3]>) -> f64 {
    let mut known = directions.filter(|d| length(*d) > 0.5);
    let Some(first) = known.next() else { return f64::NAN };
    known.map(|d| angle_between(first, d)).fold(0.0, f64::max)
}

/// Mean and standard deviation of every aspect over the repetitions behind a norm, `[aspect]`.
pub(super) fn usual_aspects(cycles: &[Cycle], norm: &MovementNorm) -> Vec<[f64; 2]> {
    let repetitions: Vec<[f64; AspectKind::ALL.len()]> =
        cycles.iter().map(|cycle| raw_aspects(cycle, norm)).collect();
    let values_of = |aspect: usize| -> Vec<f64> {
        repetitions.iter().map(|aspects| aspects[aspect]).filter(|v| v.is_finite()).collect()
    };
    let or_zero = |v: f64| if v.is_finite() { v } else { 0.0 };
    (0..AspectKind::ALL.len())
        .map(|aspect| {
            [or_zero(finite_mean(&values_of(aspect))), or_zero(sample_sd(&values_of(aspect)))]
        })
        .collect()
}

/// Scores the aspects of some repetitions against a squad; empty against a single athlete, whose
/// norm does not know how repetitions vary.
pub(super) fn score_aspects(cycles: &[Cycle], norm: &MovementNorm) -> Vec<Aspect> {
    if !norm.is_squad_norm() {
        return Vec::new();
    }
    let repetitions: Vec<[f64; AspectKind::ALL.len()]> =
        cycles.iter().map(|cycle| raw_aspects(cycle, norm)).collect();
    let score_aspect = |(aspect, name): (usize, AspectKind)| {
        let [centre, sd] = *norm.aspects.get(aspect)?;
        let percentiles: Vec<f64> = repetitions
            .iter()
            .map(|aspects| 100.0 * (1.0 - normal_cdf_polynomial((aspects[aspect] - centre) / sd)))
            .filter(|percentile| percentile.is_finite())
            .collect();
        let half = half_width(&percentiles, 1.645);
        let half = if half.is_finite() { half } else { 0.0 };
        let percentile = finite_mean(&percentiles);
        (sd > 0.0 && !percentiles.is_empty()).then(|| Aspect {
            name,
            percentile,
            low: (percentile - half).max(0.0),
            high: (percentile + half).min(100.0),
        })
    };
    AspectKind::ALL.into_iter().enumerate().filter_map(score_aspect).collect()
}
