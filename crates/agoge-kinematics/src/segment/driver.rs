//! The driving signal: which curve is used, and how its sides are combined.

use super::signal::{bridge_gaps, known_stretches, smooth_signal};
use crate::Curves;
use crate::movement::{Movement, MovementKind, SignalDirection, SignalRule, SignalSides};
use agoge_motion::Side;
use std::ops::Range;

/// Longest gap that is bridged, s; longer ones split the recording. In a slow repetition, an arm
/// may point at the camera, and so have no measurable angle, for about this long.
const BRIDGE_S: f64 = 1.0;
/// Width of the moving means that smooth the driving signal, s.
const SMOOTH_S: f64 = 0.15;
/// Minimum share of known frames for a side to be included in the mean of both.
const SEEN_SHARE: f64 = 0.5;

/// One line of the driving signal, smoothed and oriented so that it rises from rest.
pub(super) struct DrivingLine {
    /// The side it belongs to; `None` for both together.
    pub(super) side: Option<Side>,
    /// Values, `[frame]`; NaN outside `stretches`.
    pub(super) values: Vec<f64>,
    /// The stretches of frames in which it is known.
    pub(super) stretches: Vec<Range<usize>>,
}

/// The driving signal of a recording.
pub(super) struct DrivingSignal {
    /// One line, or two for movements of either side.
    pub(super) lines: Vec<DrivingLine>,
    /// Smallest excursion of a repetition, in the unit of the lines.
    pub(super) min_excursion: f64,
}

/// The first signal of the definition that can be measured in the recording; `None` if none can.
pub(super) fn driving_signal(movement: &Movement, curves: &Curves) -> Option<DrivingSignal> {
    let cycle = movement.repetition.kind != MovementKind::Excursion;
    movement.repetition.signals.iter().find_map(|rule| {
        let sided = curves.curves.iter().find(|curve| curve.name == rule.curve)?.side.is_some();
        let raw = raw_lines(rule, sided, cycle, curves);
        let lines: Vec<DrivingLine> = raw
            .into_iter()
            .filter_map(|(side, values)| smoothed_line(rule, side, &values, &curves.time))
            .collect();
        if lines.is_empty() {
            return None;
        }
        let unit = curves.curves.iter().find(|curve| curve.name == rule.curve)?.unit;
        Some(DrivingSignal {
            lines,
            min_excursion: crate::movement::to_curve_unit(rule.min_excursion, unit),
        })
    })
}

/// The values of each line of a signal, `[frame]`, before smoothing.
fn raw_lines(
    rule: &SignalRule,
    sided: bool,
    cycle: bool,
    curves: &Curves,
) -> Vec<(Option<Side>, Vec<f64>)> {
    let get = |side: Option<Side>| curve_values(curves, &rule.curve, side).map(<[f64]>::to_vec);
    if !sided {
        return get(None).map(|values| (None, values)).into_iter().collect();
    }
    let line_of = |side: Side| {
        get(Some(side)).map(|values| (Some(side), values)).into_iter().collect::<Vec<_>>()
    };
    // In a cyclic movement the sides alternate, so they are counted separately unless the
    // definition names one.
    match rule.sides {
        SignalSides::Left => line_of(Side::Left),
        SignalSides::Right => line_of(Side::Right),
        SignalSides::Either => Side::BOTH.into_iter().flat_map(line_of).collect(),
        SignalSides::Both if cycle => Side::BOTH.into_iter().flat_map(line_of).collect(),
        SignalSides::Both => {
            mean_of_sides(curves, &rule.curve).map(|values| (None, values)).into_iter().collect()
        }
        SignalSides::Max => match (get(Some(Side::Left)), get(Some(Side::Right))) {
            (Some(left), Some(right)) => {
                vec![(None, left.iter().zip(&right).map(|(l, r)| l.max(*r)).collect())]
            }
            (left, right) => left.or(right).map(|values| (None, values)).into_iter().collect(),
        },
    }
}

/// The values of a curve, if it exists and has a value for every frame.
pub(super) fn curve_values<'a>(
    curves: &'a Curves,
    name: &str,
    side: Option<Side>,
) -> Option<&'a [f64]> {
    let curve = curves.get(name, side)?;
    (curve.values.len() == curves.time.len()).then_some(curve.values.as_slice())
}

/// The mean of both sides, `[frame]`. A side that is mostly missing is left out. Otherwise the mean
/// is missing wherever a side is, because a mean over changing members would jump.
pub(super) fn mean_of_sides(curves: &Curves, name: &str) -> Option<Vec<f64>> {
    let is_mostly_known = |values: &&[f64]| {
        let known = values.iter().filter(|value| value.is_finite()).count();
        known as f64 >= SEEN_SHARE * values.len() as f64
    };
    let side = |side: Side| curve_values(curves, name, Some(side)).filter(is_mostly_known);
    match (side(Side::Left), side(Side::Right)) {
        (Some(left), Some(right)) => {
            Some(left.iter().zip(right).map(|(l, r)| 0.5 * (l + r)).collect())
        }
        (left, right) => left.or(right).map(<[f64]>::to_vec),
    }
}

/// Bridges, orients and smooths a line; `None` if nothing is known.
fn smoothed_line(
    rule: &SignalRule,
    side: Option<Side>,
    values: &[f64],
    time: &[f64],
) -> Option<DrivingLine> {
    let mut bridged = bridge_gaps(time, values, BRIDGE_S);
    if is_falling(rule.direction, &bridged) {
        bridged.iter_mut().for_each(|value| *value = -*value);
    }
    let stretches = known_stretches(&bridged);
    if stretches.is_empty() {
        return None;
    }
    let mut smoothed = vec![f64::NAN; bridged.len()];
    for stretch in &stretches {
        let values = smooth_signal(&time[stretch.clone()], &bridged[stretch.clone()], SMOOTH_S);
        smoothed[stretch.clone()].copy_from_slice(&values);
    }
    Some(DrivingLine { side, values: smoothed, stretches })
}

/// Whether the signal falls when leaving rest; for `auto`, whether its ends lie in the upper half
/// of its range.
fn is_falling(direction: SignalDirection, values: &[f64]) -> bool {
    match direction {
        SignalDirection::Rises => false,
        SignalDirection::Falls => true,
        SignalDirection::Auto => {
            let mut known: Vec<f64> =
                values.iter().copied().filter(|value| value.is_finite()).collect();
            let (Some(first), Some(last)) = (known.first().copied(), known.last().copied()) else {
                return false;
            };
            // The 5th and 95th percentiles stand for the range, so that a single bad frame has no
            // effect.
            let (last_index, edge) = (known.len() - 1, known.len() / 20);
            let high = *known.select_nth_unstable_by(last_index - edge, f64::total_cmp).1;
            let low = *known.select_nth_unstable_by(edge, f64::total_cmp).1;
            first + last > low + high
        }
    }
}
