//! Metrics of a repetition.

use super::event::event_frame;
use super::signal::{bridge_gaps, known_stretches, rate_of_change};
use super::signals::RuleSignals;
use crate::coordination::{
    bilateral_asymmetry, mean_absolute_relative_phase, peak_gaps, peak_speeds, relative_phase,
    sample_entropy,
};
use crate::movement::{MetricRule, MetricSides, Movement, Statistic, curve_kind, to_curve_unit};
use crate::smoothness::{ldlj, sparc};
use crate::{Curves, Metric, Repetition, Unit};
use agoge_motion::Side;
use agoge_motion::statistics::finite_mean;

/// Longest gap that is bridged before smoothness or coordination is measured, s.
const BRIDGE_S: f64 = 0.2;

/// Measures all metrics of the definition. A metric whose curve the recording lacks is left out
/// (the curves record why); one whose values are missing in this repetition is NaN.
pub(super) fn measure_metrics(
    movement: &Movement,
    signals: &RuleSignals,
    repetition: &Repetition,
) -> Vec<Metric> {
    movement.metrics.iter().flat_map(|rule| measure_metric(rule, signals, repetition)).collect()
}

/// The first and last frame over which a metric is measured.
type Span = (usize, usize);

/// Measures one metric, on every side it applies to.
fn measure_metric(
    rule: &MetricRule,
    signals: &RuleSignals,
    repetition: &Repetition,
) -> Vec<Metric> {
    let curves = signals.curves;
    let span = match &rule.phase {
        None => Some((repetition.start, repetition.end)),
        Some(name) => repetition
            .phases
            .iter()
            .find(|phase| phase.name == *name)
            .map(|phase| (phase.start, phase.end)),
    };
    let metric = |side: Option<Side>, value: f64, unit: Unit| Metric {
        name: rule.name.clone(),
        side,
        phase: rule.phase.clone(),
        value,
        unit,
    };
    if let Some(quantity) = rule.gait_quantity() {
        let value = signals
            .strides()
            .and_then(|gait| gait.stride_value(repetition.start, repetition.side?, quantity));
        return value
            .map(|(value, unit)| {
                metric(repetition.side.filter(|_| quantity.belongs_to_side()), value, unit)
            })
            .into_iter()
            .collect();
    }
    let Some(name) = &rule.curve else {
        return vec![metric(
            None,
            span.map_or(f64::NAN, |span| time_statistic(rule, curves, repetition, span)),
            Unit::Second,
        )];
    };
    let statistic = |side: Option<Side>, kind: Statistic| -> Option<(f64, Unit)> {
        let (signal, unit) = (signals.get(name, side)?, signals.curve_unit(name)?);
        let value = if kind.is_between_curves() {
            let with = rule.with.as_deref()?;
            let side = side.filter(|_| curve_kind(with).is_some_and(|kind| kind.sided));
            let other = signals.get(with, side)?;
            span.map_or(f64::NAN, |span| {
                coupling_statistic(kind, &curves.time, [signal, other], span)
            })
        } else {
            // Without the curve of the condition (a view that cannot show it), every frame counts.
            let masked = rule.frames.as_ref().and_then(|condition| {
                let side = side.filter(|_| curve_kind(&condition.curve).is_some_and(|k| k.sided));
                let other = signals.get(&condition.curve, side)?;
                let most = to_curve_unit(condition.at_most, signals.curve_unit(&condition.curve)?);
                let keep = |(&value, &other): (&f64, &f64)| {
                    if other <= most { value } else { f64::NAN }
                };
                Some(signal.iter().zip(other).map(keep).collect::<Vec<f64>>())
            });
            span.map_or(f64::NAN, |span| {
                let signal = masked.as_deref().unwrap_or(signal);
                signal_statistic(rule, kind, curves, signal, repetition, span)
            })
        };
        Some((value, statistic_unit(kind, unit)))
    };
    if rule.statistic.is_between_sides() {
        let base = rule.of.unwrap_or(Statistic::Max);
        let both = (statistic(Some(Side::Left), base), statistic(Some(Side::Right), base));
        let (Some((left, unit)), Some((right, _))) = both else { return Vec::new() };
        return vec![match rule.statistic {
            Statistic::Asymmetry => metric(None, bilateral_asymmetry(left, right), Unit::Percent),
            _ => metric(None, right - left, unit),
        }];
    }
    let sides =
        metric_sides(rule.side, curve_kind(name).is_some_and(|kind| kind.sided), repetition.side);
    let measured = |side: Option<Side>| {
        statistic(side, rule.statistic).map(|(value, unit)| metric(side, value, unit))
    };
    sides.into_iter().filter_map(measured).collect()
}

/// The sides to measure; `None` stands for the midline or the mean of both.
fn metric_sides(rule: MetricSides, sided: bool, working: Option<Side>) -> Vec<Option<Side>> {
    let each = || Side::BOTH.map(Some).to_vec();
    match rule {
        _ if !sided => vec![None],
        MetricSides::Each => each(),
        MetricSides::Both => vec![None],
        MetricSides::Left => vec![Some(Side::Left)],
        MetricSides::Right => vec![Some(Side::Right)],
        MetricSides::Working => working.map_or_else(each, |side| vec![Some(side)]),
        MetricSides::Other => working.map_or_else(each, |side| vec![Some(side.opposite())]),
    }
}

/// The unit of a statistic of a curve with a unit.
fn statistic_unit(statistic: Statistic, unit: Unit) -> Unit {
    match statistic {
        Statistic::Duration | Statistic::TimeTo | Statistic::PeakGap => Unit::Second,
        Statistic::Sparc | Statistic::Ldlj | Statistic::SampleEntropy => Unit::One,
        Statistic::RelativePhase => Unit::Degree,
        Statistic::PeakVelocity => match unit {
            Unit::Degree => Unit::DegreePerSecond,
            Unit::Metre => Unit::MetrePerSecond,
            Unit::Trunk => Unit::TrunkPerSecond,
            other => other,
        },
        _ => unit,
    }
}

/// The value of a statistic that depends only on time, s: the span's duration, or the time to an
/// event.
fn time_statistic(
    rule: &MetricRule,
    curves: &Curves,
    repetition: &Repetition,
    (from, to): Span,
) -> f64 {
    let end = match &rule.event {
        Some(event) if rule.statistic == Statistic::TimeTo => {
            event_frame(event, &repetition.events, repetition)
        }
        _ => Some(to),
    };
    end.map_or(f64::NAN, |end| curves.time[end] - curves.time[from])
}

/// A statistic of one signal over a span of a repetition.
fn signal_statistic(
    rule: &MetricRule,
    statistic: Statistic,
    curves: &Curves,
    signal: &[f64],
    repetition: &Repetition,
    (from, to): Span,
) -> f64 {
    let window = &signal[from..=to];
    let known = || window.iter().copied().filter(|value| value.is_finite());
    let max = || known().reduce(f64::max).unwrap_or(f64::NAN);
    let min = || known().reduce(f64::min).unwrap_or(f64::NAN);
    // The first known value: the start itself may be missing.
    let at_start = || {
        let mut from_start = signal[repetition.start..=repetition.end].iter().copied();
        from_start.find(|value| value.is_finite()).unwrap_or(f64::NAN)
    };
    match statistic {
        Statistic::Max => max(),
        Statistic::Min => min(),
        Statistic::Range => max() - min(),
        Statistic::Mean => finite_mean(window),
        Statistic::Sd => {
            let centre = finite_mean(window);
            finite_mean(&known().map(|value| (value - centre).powi(2)).collect::<Vec<_>>()).sqrt()
        }
        Statistic::Rise => max() - at_start(),
        Statistic::Fall => at_start() - min(),
        Statistic::Drift => (max() - at_start()).max(at_start() - min()),
        Statistic::Sustained => sustained_value(window),
        Statistic::ValueAt => {
            let event = rule
                .event
                .as_ref()
                .and_then(|event| event_frame(event, &repetition.events, repetition));
            event.map_or(f64::NAN, |frame| signal[frame])
        }
        Statistic::TimeTo if rule.event.is_none() => {
            let highest = window
                .iter()
                .enumerate()
                .filter(|(_, value)| value.is_finite())
                .max_by(|a, b| a.1.total_cmp(b.1));
            highest.map_or(f64::NAN, |(index, _)| curves.time[from + index] - curves.time[from])
        }
        Statistic::Duration | Statistic::TimeTo => {
            time_statistic(rule, curves, repetition, (from, to))
        }
        Statistic::PeakVelocity => {
            let rates = rate_of_change(&curves.time[from..=to], window);
            rates
                .into_iter()
                .map(f64::abs)
                .filter(|rate| rate.is_finite())
                .reduce(f64::max)
                .unwrap_or(f64::NAN)
        }
        Statistic::Sparc | Statistic::Ldlj => {
            smoothness_statistic(statistic, &curves.time[from..=to], window)
        }
        Statistic::SampleEntropy => {
            sample_entropy(&bridge_gaps(&curves.time[from..=to], window, BRIDGE_S), 2, 0.2)
        }
        // These compare sides or curves, so `measure` never computes them from a single curve.
        Statistic::Asymmetry
        | Statistic::Difference
        | Statistic::RelativePhase
        | Statistic::PeakGap
        | Statistic::Gait => f64::NAN,
    }
}

/// Share of the time during which a sustained value is exceeded.
const SUSTAINED_SHARE: f64 = 0.3;

/// The value that is exceeded during [`SUSTAINED_SHARE`] of the frames, where frames without a
/// value count as not exceeding it; NaN if fewer than half of the frames have one.
fn sustained_value(window: &[f64]) -> f64 {
    let mut known: Vec<f64> = window.iter().copied().filter(|value| value.is_finite()).collect();
    if 2 * known.len() < window.len() || known.is_empty() {
        return f64::NAN;
    }
    known.sort_by(|a, b| b.total_cmp(a));
    let rank = (SUSTAINED_SHARE * window.len() as f64).ceil() as usize;
    known[rank.saturating_sub(1).min(known.len() - 1)]
}

/// A statistic of two curves, proximal first; NaN if a gap is too long to be bridged or nothing
/// moves.
fn coupling_statistic(
    statistic: Statistic,
    time: &[f64],
    curves: [&[f64]; 2],
    (from, to): Span,
) -> f64 {
    let time = &time[from..=to];
    let [proximal, distal] = curves.map(|curve| bridge_gaps(time, &curve[from..=to], BRIDGE_S));
    match statistic {
        Statistic::RelativePhase => {
            mean_absolute_relative_phase(&relative_phase(&proximal, &distal))
        }
        _ => peak_gaps(&peak_speeds(&[&proximal, &distal], time))[0],
    }
}

/// Smoothness of the rate of change; NaN if a gap is too long to be bridged.
fn smoothness_statistic(statistic: Statistic, time: &[f64], values: &[f64]) -> f64 {
    let bridged = bridge_gaps(time, values, BRIDGE_S);
    let known = known_stretches(&bridged);
    let [stretch] = &known[..] else { return f64::NAN };
    let time = &time[stretch.clone()];
    let speed: Vec<f64> =
        rate_of_change(time, &bridged[stretch.clone()]).into_iter().map(f64::abs).collect();
    let (Some(first), Some(last)) = (time.first(), time.last()) else { return f64::NAN };
    let rate_hz = (time.len() - 1) as f64 / (last - first);
    match statistic {
        Statistic::Sparc => sparc(&speed, rate_hz),
        _ => ldlj(&speed, rate_hz),
    }
}
