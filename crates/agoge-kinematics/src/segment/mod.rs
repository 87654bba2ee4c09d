//! Segmentation of curves into repetitions, with their phases, events and metrics.
//!
//! A repetition is an excursion of the definition's driving signal: it leaves rest, turns and
//! returns. Turning points are found with a threshold relative to the size of the set's excursions,
//! so noise and drift of the rest level do not matter. Peaks without a return to rest in between
//! are joined, and boundaries are where the signal stops moving near rest. All thresholds are in
//! seconds or shares of the excursion, so results do not depend on the frame rate. Takes time
//! linear in the length of the recording.

mod cycle;
mod driver;
mod event;
mod excursion;
mod metric;
pub(crate) mod signal;
mod signals;
pub(crate) mod turn;

use crate::gait::GaitStride;
use crate::movement::{Movement, MovementKind};
use crate::{Curves, Repetition};
use agoge_motion::Side;
use excursion::Excursion;
use signals::RuleSignals;

/// Finds the repetitions of a movement in a recording's curves, in chronological order, including
/// attempts (`complete` is false).
///
/// Empty if nothing moves like a repetition, or if none of the definition's driving signals could
/// be measured.
///
/// ```
/// use agoge_kinematics::movement::find_movement;
/// use agoge_kinematics::{measure_curves, segment_repetitions};
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let simulation = SimulatedSet::new(Exercise::Squat).simulate();
/// let curves = measure_curves(&simulation.recording.to_body().recording).curves;
/// let repetitions = segment_repetitions(find_movement("squat").unwrap(), &curves);
/// assert_eq!(repetitions.len(), simulation.truth.repetitions.len());
/// // Every repetition contains the turning point that the simulator planned.
/// for (repetition, [_, turn, _]) in repetitions.iter().zip(&simulation.truth.repetitions) {
///     assert!(repetition.complete && (repetition.start..repetition.end).contains(turn));
/// }
/// ```
pub fn segment_repetitions(movement: &Movement, curves: &Curves) -> Vec<Repetition> {
    if movement.repetition.kind.gait().is_some() {
        return segment_strides(movement, curves);
    }
    let Some(driver) = driver::driving_signal(movement, curves) else { return Vec::new() };
    let excursions = match movement.repetition.kind {
        MovementKind::Excursion => {
            excursion::segment_excursions(&movement.repetition, &driver, &curves.time)
        }
        _ => cycle::find_cycles(&movement.repetition, &driver, &curves.time),
    };
    let signals = RuleSignals::new(movement, curves);
    let describe = |excursion: &Excursion| {
        let side = working_side(movement, curves, excursion).or(excursion.side);
        let mut repetition = Repetition {
            start: excursion.start,
            end: excursion.end,
            side,
            complete: excursion.complete,
            phases: Vec::new(),
            events: Vec::new(),
            metrics: Vec::new(),
        };
        repetition.events = event::find_events(
            movement,
            &signals,
            &driver.lines[excursion.line].values,
            &repetition,
        );
        repetition.phases = event::build_phases(movement, &repetition);
        repetition.metrics = metric::measure_metrics(movement, &signals, &repetition);
        repetition
    };
    excursions.iter().map(describe).collect()
}

/// The strides of both feet as repetitions, each from contact to contact of its foot; empty if
/// the recording shows no walking or running.
fn segment_strides(movement: &Movement, curves: &Curves) -> Vec<Repetition> {
    let signals = RuleSignals::new(movement, curves);
    let Some(gait) = signals.strides() else { return Vec::new() };
    let driver = driver::driving_signal(movement, curves);
    let describe = |stride: &GaitStride| {
        let mut repetition = Repetition {
            start: stride.start,
            end: stride.end,
            side: Some(stride.side),
            complete: true,
            phases: Vec::new(),
            events: Vec::new(),
            metrics: Vec::new(),
        };
        let lines = driver.iter().flat_map(|driver| &driver.lines);
        let line = lines.clone().find(|line| line.side == Some(stride.side));
        describe_parts(
            movement,
            &signals,
            line.map_or(&[][..], |line| &line.values),
            &mut repetition,
        );
        repetition
    };
    gait.strides.iter().map(describe).collect()
}

/// Finds the events, phases and metrics of a repetition. `driving` may be shorter than the
/// recording: then only events of a gait are found.
fn describe_parts(
    movement: &Movement,
    signals: &RuleSignals,
    driving: &[f64],
    repetition: &mut Repetition,
) {
    let mut events = Vec::new();
    if let Some(gait) = signals.strides().filter(|_| movement.repetition.kind.gait().is_some()) {
        events = gait.stride_events(repetition.start, repetition.side);
    }
    if driving.len() > repetition.end {
        repetition.events = event::find_events(movement, signals, driving, repetition);
    }
    repetition.events.append(&mut events);
    repetition.events.sort_by_key(|event| event.frame);
    repetition.phases = event::build_phases(movement, repetition);
    repetition.metrics = metric::measure_metrics(movement, signals, repetition);
}

/// Describes a repetition whose first and last frame are already known, with phases, events and
/// metrics. Used when a repetition has just ended in a live stream.
pub fn describe_repetition(
    movement: &Movement,
    curves: &Curves,
    [start, end]: [usize; 2],
    side: Option<Side>,
    complete: bool,
) -> Repetition {
    let mut repetition = Repetition {
        start,
        end,
        side,
        complete,
        phases: Vec::new(),
        events: Vec::new(),
        metrics: Vec::new(),
    };
    let signals = RuleSignals::new(movement, curves);
    let driver = driver::driving_signal(movement, curves);
    let lines = driver.iter().flat_map(|driver| &driver.lines);
    // If the lines are per side, the line of the side that moved.
    let line = lines.clone().find(|line| line.side == side).or_else(|| lines.clone().next());
    let driving = line.map_or(&[][..], |line| &line.values);
    describe_parts(movement, &signals, driving, &mut repetition);
    repetition
}

/// Recomputes the metrics of repetitions from other curves of the same recording, as if the body
/// had moved differently. Frames, phases and events stay the same.
pub fn remeasure_repetitions(
    movement: &Movement,
    curves: &Curves,
    repetitions: &[&Repetition],
) -> Vec<Repetition> {
    let signals = RuleSignals::new(movement, curves);
    let remeasure = |repetition: &&Repetition| Repetition {
        metrics: metric::measure_metrics(movement, &signals, repetition),
        ..(*repetition).clone()
    };
    repetitions.iter().map(remeasure).collect()
}

/// The side whose `side_by` curve has the higher peak during an excursion.
fn working_side(movement: &Movement, curves: &Curves, excursion: &Excursion) -> Option<Side> {
    let name = movement.repetition.side_by.as_deref()?;
    let peak = |side: Side| {
        let values = driver::curve_values(curves, name, Some(side))?;
        values[excursion.start..=excursion.end]
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .reduce(f64::max)
    };
    let (left, right) = (peak(Side::Left)?, peak(Side::Right)?);
    Some(if left > right { Side::Left } else { Side::Right })
}
