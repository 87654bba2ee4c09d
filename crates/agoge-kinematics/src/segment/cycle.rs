//! Segmentation of cyclic movements without rest.

use super::driver::DrivingSignal;
use super::excursion::Excursion;
use super::turn::turning_points;
use crate::movement::RepetitionRule;
use agoge_motion::statistics::upper_median;

/// A cycle whose duration differs from the median by more than this factor does not count (a
/// stumble, a missed turn).
const DURATION_FACTOR: f64 = 1.8;

/// Finds all cycles, each from one low point of a line to the next, in chronological order. Cycles
/// of the two sides overlap.
pub(super) fn find_cycles(
    rule: &RepetitionRule,
    driver: &DrivingSignal,
    time: &[f64],
) -> Vec<Excursion> {
    let mut cycles = Vec::new();
    for (index, line) in driver.lines.iter().enumerate() {
        for stretch in &line.stretches {
            let turns = turning_points(&line.values, stretch.clone(), driver.min_excursion);
            // A low at an end of the stretch may be the end of the recording and not a turn.
            let is_inner = |frame: usize| frame > stretch.start && frame + 1 < stretch.end;
            let lows: Vec<usize> = turns
                .iter()
                .filter(|turn| !turn.is_high && is_inner(turn.frame))
                .map(|turn| turn.frame)
                .collect();
            cycles.extend(
                lows.windows(2)
                    .map(|pair| Excursion::from_cycle(index, line.side, pair[0], pair[1])),
            );
        }
    }
    let duration = |cycle: &Excursion| time[cycle.end] - time[cycle.start];
    cycles.retain(|cycle| (rule.min_duration_s..=rule.max_duration_s).contains(&duration(cycle)));
    let mut durations: Vec<f64> = cycles.iter().map(duration).collect();
    if let Some(typical) = upper_median(&mut durations) {
        cycles.retain(|cycle| {
            (typical / DURATION_FACTOR..=typical * DURATION_FACTOR).contains(&duration(cycle))
        });
    }
    cycles.sort_by_key(|cycle| cycle.start);
    cycles
}
