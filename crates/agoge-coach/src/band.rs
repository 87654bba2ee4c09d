//! Curves over the repetitions: mean and spread at each percent of the cycle.

use agoge_analysis::Band;
use agoge_kinematics::dynamics::LEG_MOMENTS;
use agoge_kinematics::normalise::{mean_and_sd, resample_cycle};
use agoge_kinematics::{Curve, Curves, Movement, Repetition};
use agoge_motion::Side;
use agoge_motion::statistics::finite_mean;

/// Computes bands over complete repetitions for the curves that a movement uses (driving signals
/// first, then those of its metrics) and for the joint moments. A reference adds its mean and the
/// distance from it. Of a gait, the curves of a side are over the strides of its foot alone.
pub fn curve_bands(
    movement: &Movement,
    curves: &Curves,
    repetitions: &[&Repetition],
    reference: Option<(&Curves, &[&Repetition])>,
) -> Vec<Band> {
    if repetitions.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<&str> =
        movement.repetition.signals.iter().map(|signal| signal.curve.as_str()).collect();
    names.extend(movement.metrics.iter().filter_map(|metric| metric.curve.as_deref()));
    names.extend(LEG_MOMENTS);
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    names
        .into_iter()
        .flat_map(|name| curves.curves.iter().filter(move |curve| curve.name == name))
        .map(|curve| {
            if movement.repetition.kind.gait().is_none() {
                return curve_band(curve, repetitions, reference);
            }
            let side = curve.side.unwrap_or_else(|| usual_side(repetitions));
            let strides = strides_of(repetitions, side);
            let others = reference.map(|(curves, others)| (curves, strides_of(others, side)));
            let others = others.as_ref().map(|(curves, others)| (*curves, others.as_slice()));
            curve_band(curve, &strides, others)
        })
        .collect()
}

/// The strides of one foot: a curve over the strides of both feet would mix its two halves.
fn strides_of<'a>(repetitions: &[&'a Repetition], side: Side) -> Vec<&'a Repetition> {
    repetitions.iter().copied().filter(|stride| stride.side == Some(side)).collect()
}

/// The foot over whose strides midline curves are shown: the one with more of them, or the right.
fn usual_side(repetitions: &[&Repetition]) -> Side {
    let [left, right] = Side::BOTH.map(|side| strides_of(repetitions, side).len());
    if left > right { Side::Left } else { Side::Right }
}

fn curve_band(
    curve: &Curve,
    repetitions: &[&Repetition],
    reference: Option<(&Curves, &[&Repetition])>,
) -> Band {
    let (mean, sd) = cycle_spread(curve, repetitions);
    let reference_mean = reference
        .and_then(|(curves, repetitions)| Some((curves.get(&curve.name, curve.side)?, repetitions)))
        .filter(|(_, repetitions)| !repetitions.is_empty())
        .map(|(curve, repetitions)| cycle_spread(curve, repetitions).0);
    let deviation = reference_mean.as_ref().map(|reference_mean| {
        let squares: Vec<f64> =
            mean.iter().zip(reference_mean).map(|(a, b)| (a - b).powi(2)).collect();
        finite_mean(&squares).sqrt()
    });
    Band {
        name: curve.name.clone(),
        side: curve.side,
        unit: curve.unit,
        mean,
        sd,
        reference: reference_mean
            .map(|values| values.into_iter().map(|v| v.is_finite().then_some(v)).collect()),
        deviation: deviation.filter(|d| d.is_finite()),
    }
}

/// Mean and standard deviation over repetitions at each point of the cycle; the standard deviation
/// of a single repetition is NaN.
fn cycle_spread(curve: &Curve, repetitions: &[&Repetition]) -> (Vec<f64>, Vec<f64>) {
    let cycles: Vec<Vec<f64>> = repetitions
        .iter()
        .filter_map(|repetition| curve.values.get(repetition.start..=repetition.end))
        .map(resample_cycle)
        .collect();
    mean_and_sd(&cycles)
}
