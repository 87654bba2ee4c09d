//! Events and phases inside a repetition.

use super::signal::rate_of_change;
use super::signals::RuleSignals;
use crate::movement::{EventCriterion, EventRule, MetricSides, Movement, curve_kind};
use crate::{Curves, Event, Phase, Repetition};
use agoge_motion::Side;

/// Finds the events of a repetition, in chronological order. `driving` is the driving signal,
/// `[frame]`, oriented so that it rises from rest. An event is left out if its signal is missing or
/// never meets the rule.
pub(super) fn find_events(
    movement: &Movement,
    signals: &RuleSignals,
    driving: &[f64],
    repetition: &Repetition,
) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for rule in &movement.events {
        let (Some(from), Some(to)) = (
            event_frame(&rule.from, &events, repetition),
            event_frame(&rule.to, &events, repetition),
        ) else {
            continue;
        };
        let signal = match &rule.curve {
            None => Some(driving),
            Some(curve) => signals.get(curve, event_side(curve, rule.sides, repetition.side)),
        };
        if let Some(frame) = signal
            .filter(|_| from <= to)
            .and_then(|signal| locate_event(rule, signals.curves, signal, from, to))
        {
            events.push(Event { name: rule.name.clone(), frame });
        }
    }
    events.sort_by_key(|event| event.frame);
    events
}

/// The frame of an event that is already known; `start` and `end` are always known.
pub(super) fn event_frame(name: &str, events: &[Event], repetition: &Repetition) -> Option<usize> {
    match name {
        "start" => Some(repetition.start),
        "end" => Some(repetition.end),
        _ => events.iter().find(|event| event.name == name).map(|event| event.frame),
    }
}

/// The side of the curve that an event rule refers to; `None` for the midline or the mean of both.
fn event_side(name: &str, sides: MetricSides, working: Option<Side>) -> Option<Side> {
    match sides {
        _ if curve_kind(name).is_some_and(|kind| !kind.sided) => None,
        MetricSides::Each | MetricSides::Both => None,
        MetricSides::Left => Some(Side::Left),
        MetricSides::Right => Some(Side::Right),
        MetricSides::Working => working,
        MetricSides::Other => working.map(Side::opposite),
    }
}

/// The frame between `from` and `to` at which the signal meets the rule.
fn locate_event(
    rule: &EventRule,
    curves: &Curves,
    signal: &[f64],
    from: usize,
    to: usize,
) -> Option<usize> {
    let highest = |values: &[f64]| {
        let known = values.iter().enumerate().filter(|(_, value)| value.is_finite());
        known.max_by(|a, b| a.1.total_cmp(b.1)).map(|(index, _)| from + index)
    };
    let window = &signal[from..=to];
    let negated = |values: &[f64]| values.iter().map(|value| -value).collect::<Vec<f64>>();
    match rule.at {
        EventCriterion::Maximum => highest(window),
        EventCriterion::Minimum => highest(&negated(window)),
        EventCriterion::FastestRise => highest(&rate_of_change(&curves.time[from..=to], window)),
        EventCriterion::FastestFall => {
            highest(&negated(&rate_of_change(&curves.time[from..=to], window)))
        }
        EventCriterion::RisesThrough | EventCriterion::FallsThrough => {
            let level = event_level(rule, curves, window)?;
            let crossing = |frame: &usize| {
                let (value, next) = (signal[*frame], signal[*frame + 1]);
                if rule.at == EventCriterion::RisesThrough {
                    value < level && next >= level
                } else {
                    value >= level && next < level
                }
            };
            // The first rise and the last fall enclose everything above the level.
            let frame = if rule.at == EventCriterion::RisesThrough {
                (from..to).find(crossing)
            } else {
                (from..to).rfind(crossing)
            };
            frame.map(|frame| frame + 1)
        }
    }
}

/// The level that an event's signal must cross, in the signal's unit.
fn event_level(rule: &EventRule, curves: &Curves, window: &[f64]) -> Option<f64> {
    if let Some(value) = rule.value {
        let unit = rule
            .curve
            .as_ref()
            .and_then(|name| curves.curves.iter().find(|curve| curve.name == *name))?
            .unit;
        return Some(crate::movement::to_curve_unit(value, unit));
    }
    let known = || window.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (known().reduce(f64::min)?, known().reduce(f64::max)?);
    Some(low + rule.share? * (high - low))
}

/// The phases of a repetition, which together cover it; empty if one of their events was not found.
pub(super) fn build_phases(movement: &Movement, repetition: &Repetition) -> Vec<Phase> {
    let mut start = repetition.start;
    let mut phases = Vec::with_capacity(movement.phases.len());
    for rule in &movement.phases {
        let Some(frame) = event_frame(&rule.to, &repetition.events, repetition) else {
            return Vec::new();
        };
        let end = frame.clamp(start, repetition.end);
        phases.push(Phase { name: rule.name.clone(), start, end });
        start = end;
    }
    phases
}
