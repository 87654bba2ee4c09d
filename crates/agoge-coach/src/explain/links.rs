//! Joints that move together: how a coupling differs from the reference's, where both the model's
//! attention between the parts and the movement of the angles show that there is one.

use super::PartAttention;
use super::norm::{Cycle, CyclePhase, MovementNorm};
use agoge_analysis::JointLink;
use agoge_kinematics::coordination::{mean_absolute_relative_phase, relative_phase, vector_coding};
use agoge_motion::statistics::{finite_mean, half_width, sample_sd};
use agoge_motion::{Part, Side};

/// Pairs of angles that coaches relate to each other. The flag says whether both lie on the same
/// side of the body (checked on each side) or the pair is fixed.
const PAIRS: [(Part, &str, Part, &str, bool); 7] = [
    (Part::LeftHip, "hip_flexion", Part::LeftKnee, "knee_flexion", true),
    (Part::LeftKnee, "knee_flexion", Part::LeftAnkle, "ankle_dorsiflexion", true),
    (Part::Chest, "trunk_lean", Part::LeftHip, "hip_flexion", true),
    (Part::LeftShoulder, "shoulder_elevation", Part::LeftElbow, "elbow_flexion", true),
    (Part::LeftKnee, "knee_flexion", Part::RightKnee, "knee_flexion", false),
    (Part::LeftHip, "hip_flexion", Part::RightHip, "hip_flexion", false),
    (Part::LeftShoulder, "shoulder_elevation", Part::RightShoulder, "shoulder_elevation", false),
];

/// Smallest swing for which an angle has a phase, degrees.
const MIN_SWING_DEG: f64 = 10.0;
/// Error of a relative phase over a few points of a cycle, degrees.
const RELATIVE_PHASE_ERROR_DEG: f64 = 5.0;
/// Least attention, relative to even attention, that makes a link.
const MIN_ATTENTION_RATIO: f64 = 1.1;

/// Finds the links that differ, clearest first. `attention` tells how much two parts attend to each
/// other; without a model there is none, and no link is returned.
pub(super) fn find_links(
    cycles: &[Cycle],
    norm: &MovementNorm,
    attention: Option<&PartAttention>,
) -> Vec<JointLink> {
    let Some(attention) = attention else { return Vec::new() };
    let mut ranked: Vec<(f64, JointLink)> = Vec::new();
    for (a, first, b, second, same_side) in PAIRS {
        for side in if same_side { Side::BOTH.to_vec() } else { vec![Side::Left] } {
            let on = |part: Part| if same_side { part.on_side(side) } else { part };
            let (a, b) = (on(a), on(b));
            let attended = 0.5 * (attention(a, b) + attention(b, a));
            if attended >= MIN_ATTENTION_RATIO {
                ranked.extend(compare_coupling(cycles, norm, (a, first), (b, second), attended));
            }
        }
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().map(|(_, link)| link).collect()
}

fn compare_coupling(
    cycles: &[Cycle],
    norm: &MovementNorm,
    (a, first): (Part, &str),
    (b, second): (Part, &str),
    attention: f64,
) -> Option<(f64, JointLink)> {
    let athlete_curve = |cycle: &Cycle, part: Part, name: &str| -> Option<Vec<f64>> {
        let values =
            |phase: &CyclePhase| phase.curve_values(name, part.side()).map(<[f64]>::to_vec);
        Some(cycle.phases.iter().map(values).collect::<Option<Vec<_>>>()?.concat())
    };
    let norm_curve = |part: Part, name: &str| -> Option<Vec<f64>> {
        let values = |phase: &super::PhaseNorm| {
            phase
                .curves
                .iter()
                .find(|curve| curve.name == name && curve.side == part.side())
                .map(|curve| curve.mean.clone())
        };
        Some(norm.phases.iter().map(values).collect::<Option<Vec<_>>>()?.concat())
    };
    let pairs: Vec<(Vec<f64>, Vec<f64>)> = cycles
        .iter()
        .filter_map(|cycle| {
            Some((athlete_curve(cycle, a, first)?, athlete_curve(cycle, b, second)?))
        })
        .collect();
    let reference = (norm_curve(a, first)?, norm_curve(b, second)?);
    let swing = |values: &[f64]| {
        let known = || values.iter().copied().filter(|v| v.is_finite());
        known().fold(f64::NEG_INFINITY, f64::max) - known().fold(f64::INFINITY, f64::min)
    };
    let both_swing =
        |(p, d): &(Vec<f64>, Vec<f64>)| swing(p) >= MIN_SWING_DEG && swing(d) >= MIN_SWING_DEG;
    if pairs.is_empty() || !pairs.iter().all(both_swing) || !both_swing(&reference) {
        return None;
    }
    let phases: Vec<Vec<f64>> = pairs.iter().map(|(p, d)| relative_phase(p, d)).collect();
    let expected = relative_phase(&reference.0, &reference.1);
    let values: Vec<f64> = phases.iter().map(|phase| mean_absolute_relative_phase(phase)).collect();
    let (value, expected_deg) = (finite_mean(&values), mean_absolute_relative_phase(&expected));
    let sd = sample_sd(&values);
    let scatter = half_width(&values, 1.96);
    let uncertainty = if scatter.is_finite() {
        scatter.max(RELATIVE_PHASE_ERROR_DEG)
    } else {
        RELATIVE_PHASE_ERROR_DEG
    };
    let clearness = (value - expected_deg).abs() / uncertainty;
    // The relative phase must clearly differ too, to confirm what attention points at.
    (clearness > 1.5).then(|| {
        let deviation = |point: usize| {
            let values: Vec<f64> = phases.iter().map(|phase| phase[point].abs()).collect();
            (finite_mean(&values) - expected[point].abs()).abs()
        };
        let at = (0..expected.len())
            .filter(|p| deviation(*p).is_finite())
            .max_by(|p, q| deviation(*p).total_cmp(&deviation(*q)));
        let link = JointLink {
            proximal: (a, first.to_owned()),
            distal: (b, second.to_owned()),
            value_deg: value,
            expected_deg,
            sd_deg: Some(sd).filter(|sd| sd.is_finite()),
            pattern: vector_coding(&pairs).main_pattern(),
            expected_pattern: vector_coding(std::slice::from_ref(&reference)).main_pattern(),
            attention,
            at: at.unwrap_or(0) as f64 / (expected.len().max(2) - 1) as f64,
            path: (0..expected.len())
                .map(|point| {
                    let (a, b): (Vec<f64>, Vec<f64>) =
                        pairs.iter().map(|(a, b)| (a[point], b[point])).unzip();
                    [finite_mean(&a), finite_mean(&b)]
                })
                .collect(),
            expected_path: reference.0.iter().zip(&reference.1).map(|(a, b)| [*a, *b]).collect(),
        };
        (clearness, link)
    })
}
