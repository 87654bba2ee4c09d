//! Finding repetitions in curves, and their phases, events and measures.
//!
//! A repetition is an excursion of the definition's driving signal: it leaves rest, turns, and
//! comes back. Turning points are found with a threshold relative to the set's own size (so noise
//! and drift of the rest level do not matter), peaks without a return to rest between them are one,
//! and boundaries lie where the signal stops moving near rest. Everything is measured in seconds
//! and in shares of the excursion, so the frame rate does not matter, and time is linear in the
//! length of the recording.

mod cycle;
mod driver;
mod event;
mod excursion;
mod metric;
mod signal;
mod signals;
mod turn;

use crate::movement::{Kind, Movement};
use crate::{Curves, Repetition};
use agoge_motion::Side;
use excursion::Excursion;
use signals::Signals;

/// The repetitions of a movement in a recording's curves, in order of time, attempts included
/// (`complete` is false).
///
/// Empty when nothing moves like a repetition, or when none of the definition's driving signals
/// could be measured.
pub fn repetitions(movement: &Movement, curves: &Curves) -> Vec<Repetition> {
    let Some(driver) = driver::driver(movement, curves) else { return Vec::new() };
    let found = match movement.repetition.kind {
        Kind::Excursion => excursion::excursions(&movement.repetition, &driver, &curves.time),
        Kind::Cycle => cycle::cycles(&movement.repetition, &driver, &curves.time),
    };
    let signals = Signals::new(movement, curves);
    let describe = |found: &Excursion| {
        let side = side_by(movement, curves, found).or(found.side);
        let mut repetition = Repetition {
            start: found.start,
            end: found.end,
            side,
            complete: found.complete,
            phases: Vec::new(),
            events: Vec::new(),
            metrics: Vec::new(),
        };
        repetition.events =
            event::events(movement, &signals, &driver.lines[found.line].values, &repetition);
        repetition.phases = event::phases(movement, &repetition);
        repetition.metrics = metric::metrics(movement, &signals, &repetition);
        repetition
    };
    found.iter().map(describe).collect()
}

/// A repetition whose ends are known already (frames of the curves), with its phases, events and
/// measures: what a live stream has just seen end.
pub fn described(
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
    let signals = Signals::new(movement, curves);
    let driver = driver::driver(movement, curves);
    let lines = driver.iter().flat_map(|driver| &driver.lines);
    // Of a movement of either side, the line of the side that moved.
    let line = lines.clone().find(|line| line.side == side).or_else(|| lines.clone().next());
    let driving = line.map_or(&[][..], |line| &line.values);
    if driving.len() > end {
        repetition.events = event::events(movement, &signals, driving, &repetition);
    }
    repetition.phases = event::phases(movement, &repetition);
    repetition.metrics = metric::metrics(movement, &signals, &repetition);
    repetition
}

/// Repetitions as they were found, measured on other curves of the same recording: what they would
/// be had the body moved otherwise. Frames, phases and events stay.
pub fn remeasured(
    movement: &Movement,
    curves: &Curves,
    repetitions: &[&Repetition],
) -> Vec<Repetition> {
    let signals = Signals::new(movement, curves);
    let again = |repetition: &&Repetition| Repetition {
        metrics: metric::metrics(movement, &signals, repetition),
        ..(*repetition).clone()
    };
    repetitions.iter().map(again).collect()
}

/// The side whose `side_by` curve reaches higher.
fn side_by(movement: &Movement, curves: &Curves, found: &Excursion) -> Option<Side> {
    let name = movement.repetition.side_by.as_deref()?;
    let peak = |side: Side| {
        let values = driver::values(curves, name, Some(side))?;
        values[found.start..=found.end]
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .reduce(f64::max)
    };
    let (left, right) = (peak(Side::Left)?, peak(Side::Right)?);
    Some(if left > right { Side::Left } else { Side::Right })
}
