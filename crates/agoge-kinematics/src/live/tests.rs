//! Tests of live counting against the simulator's ground truth and hand-made signals.

use super::*;
use crate::movement::{self, Movement};
use crate::{Curve, Unit};
use agoge_motion::simulate::{Corruption, Exercise, SimulatedSet, SimulationTruth};

/// A counter's changes for a recording, each with the time of the frame that caused it.
fn changes_of(
    movement: &Movement,
    set: &SimulatedSet,
    noise: f64,
) -> (Vec<(f64, LiveChange)>, SimulationTruth) {
    let mut simulation = set.simulate();
    Corruption { noise, seed: set.seed, ..Corruption::default() }
        .apply_to(&mut simulation.recording);
    let body = simulation.recording.to_body().recording;
    let (mut meter, mut counter) = (CurveMeter::new(), RepetitionCounter::new(movement));
    let mut changes = Vec::new();
    for &time_s in &body.time {
        let frame = body.time_range(time_s, time_s).unwrap();
        changes.extend(counter.push(meter.push(&frame)).into_iter().map(|change| (time_s, change)));
    }
    let last = body.time.last().copied().unwrap();
    changes.extend(counter.end_stream().into_iter().map(|change| (last, change)));
    (changes, simulation.truth)
}

fn ended(changes: &[(f64, LiveChange)], outcome: MovementOutcome) -> Vec<(f64, FinishedMovement)> {
    let with_outcome = |(time_s, change): &(f64, LiveChange)| match change {
        LiveChange::Ended(finished) if finished.outcome == outcome => Some((*time_s, *finished)),
        _ => None,
    };
    changes.iter().filter_map(with_outcome).collect()
}

fn movement_of(exercise: Exercise) -> &'static Movement {
    movement::find_movement(match exercise {
        Exercise::Squat => "squat",
        Exercise::OverheadReach => "overhead_reach",
        Exercise::BicepsCurl => "biceps_curl",
    })
    .unwrap()
}

/// Sets of three exercises at four frame rates, slow and quick, with and without pauses, some with
/// an attempt that is abandoned half way.
fn sets() -> Vec<SimulatedSet> {
    let mut sets = Vec::new();
    for exercise in [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl] {
        for (seed, rate_hz) in [(1, 15.0), (2, 25.0), (3, 30.0), (4, 60.0)] {
            for (tempo_s, pause_s, hold_s) in
                [([1.2, 1.1], 0.6, 0.0), ([0.7, 0.6], 0.0, 0.0), ([2.5, 2.0], 2.5, 1.0)]
            {
                for variation_deg in [1.0, 6.0] {
                    let attempt_after = (seed % 2 == 0).then_some(3);
                    sets.push(SimulatedSet {
                        rate_hz,
                        tempo_s,
                        pause_s,
                        hold_s,
                        variation_deg,
                        attempt_after,
                        seed,
                        ..SimulatedSet::new(exercise)
                    });
                }
            }
        }
    }
    sets
}

#[test]
fn every_repetition_of_the_simulator_is_counted_soon() {
    let (mut matched, mut counted, mut actual) = (0, 0, 0);
    let (mut attempts, mut counted_attempts) = (0, 0);
    let mut latest = f64::NEG_INFINITY;
    for set in sets() {
        let (changes, truth) = changes_of(movement_of(set.exercise), &set, 0.01);
        let completed = ended(&changes, MovementOutcome::Completed);
        counted += completed.len();
        actual += truth.repetitions.len();
        for [start, turn, end] in &truth.repetitions {
            let second = |frame: &usize| *frame as f64 / set.rate_hz;
            // Exactly one counted repetition has its turn within this one.
            let inside = |finished: &&(f64, FinishedMovement)| {
                (second(start)..second(end) + 0.2).contains(&finished.1.turn_s)
            };
            let candidates: Vec<_> = completed.iter().filter(inside).collect();
            if let [(reported_s, one)] = candidates[..] {
                matched += 1;
                latest = latest.max(reported_s - second(end));
                assert!((one.turn_s - second(turn)).abs() < 0.35 + set.hold_s, "{set:?} {one:?}");
            }
        }
        attempts += truth.attempts.len();
        counted_attempts += ended(&changes, MovementOutcome::Attempted).len();
    }
    let (precision, recall) =
        (f64::from(matched) / counted as f64, f64::from(matched) / actual as f64);
    let f1 = 2.0 * precision * recall / (precision + recall);
    println!(
        "F1 {f1:.4} of {actual}, {counted_attempts} attempts said of {attempts}, latest {latest:.3} s after the end"
    );
    assert!(f1 >= 0.95, "F1 {f1}");
    assert!(
        counted_attempts.abs_diff(attempts) <= attempts / 10,
        "{counted_attempts} attempts said of {attempts}"
    );
    // Repetitions are reported before rest is reached, or shortly after it where there is no rest.
    assert!(latest <= 0.15, "{latest}");
}

#[test]
fn a_turn_is_told_before_the_end_and_phases_come_in_order() {
    let set = SimulatedSet { rate_hz: 30.0, repetitions: 5, ..SimulatedSet::new(Exercise::Squat) };
    let (changes, _) = changes_of(movement_of(Exercise::Squat), &set, 0.0);
    let kinds: Vec<u8> = changes
        .iter()
        .map(|(_, change)| match change {
            LiveChange::Began { .. } => 0,
            LiveChange::Turned { .. } => 1,
            LiveChange::Ended(_) => 2,
            LiveChange::Dropped => 3,
        })
        .collect();
    assert_eq!(kinds, [0, 1, 2].repeat(5));
    for step in changes.chunks(3) {
        // The return takes 1.1 s, so a cue at its beginning is in time.
        assert!(step[2].0 - step[1].0 > 0.4, "{step:?}");
    }
}

/// A counter's changes for a signal on the sides that are set in `sided`; the others stay at rest.
fn signal(
    values: &[f64],
    rate_hz: f64,
    movement: &Movement,
    sided: [bool; 2],
) -> Vec<(f64, LiveChange)> {
    let mut counter = RepetitionCounter::new(movement);
    let mut changes = Vec::new();
    for (frame, &value) in values.iter().enumerate() {
        let time_s = frame as f64 / rate_hz;
        let curve = |(side, moves): (Side, bool)| Curve {
            name: movement.repetition.signals[0].curve.clone(),
            side: Some(side),
            unit: Unit::Degree,
            values: vec![if moves || !value.is_finite() { value } else { 3.0 }],
        };
        let curves = Side::BOTH.into_iter().zip(sided).map(curve).collect();
        let curves = Curves { time: vec![time_s], curves, refused: Vec::new() };
        changes.extend(counter.push(&curves).into_iter().map(|change| (time_s, change)));
    }
    changes.extend(
        counter.end_stream().into_iter().map(|change| (values.len() as f64 / rate_hz, change)),
    );
    changes
}

/// A second of rest at 5, then for each height a raised cosine from 5 to 5 + `height` and back.
fn bumps(heights: &[f64]) -> Vec<f64> {
    let mut values = vec![5.0; 30];
    for height in heights {
        values.extend((0..60).map(|k| {
            5.0 + height * 0.5 * (1.0 - (f64::from(k) / 60.0 * std::f64::consts::TAU).cos())
        }));
        values.extend([5.0; 15]);
    }
    values
}

#[test]
fn what_does_not_come_back_is_interrupted_and_what_is_lost_too() {
    let squat = movement::find_movement("squat").unwrap();
    let mut values = bumps(&[100.0, 100.0]);
    values.truncate(30 + 75 + 32);
    let cut = signal(&values, 30.0, squat, [true; 2]);
    assert_eq!(ended(&cut, MovementOutcome::Completed).len(), 1);
    assert_eq!(ended(&cut, MovementOutcome::Interrupted).len(), 1);
    // The athlete leaves the image at the bottom and returns standing.
    values.extend([f64::NAN; 30]);
    values.extend(bumps(&[100.0]));
    let lost = signal(&values, 30.0, squat, [true; 2]);
    assert_eq!(ended(&lost, MovementOutcome::Interrupted).len(), 1);
    assert_eq!(ended(&lost, MovementOutcome::Completed).len(), 2);
}

#[test]
fn half_ways_are_attempts_by_the_size_of_the_set() {
    let squat = movement::find_movement("squat").unwrap();
    let changes = signal(&bumps(&[20.0, 100.0, 100.0, 38.0, 100.0]), 30.0, squat, [true; 2]);
    assert_eq!(ended(&changes, MovementOutcome::Completed).len(), 3);
    assert_eq!(ended(&changes, MovementOutcome::Attempted).len(), 2);
}

#[test]
fn sides_are_told_apart_and_both_together_are_one() {
    let curl = movement::find_movement("biceps_curl").unwrap();
    let both = signal(&bumps(&[100.0; 3]), 30.0, curl, [true; 2]);
    assert_eq!(
        ended(&both, MovementOutcome::Completed)
            .iter()
            .map(|finished| finished.1.side)
            .collect::<Vec<_>>(),
        [None; 3]
    );
    assert_eq!(
        both.iter().filter(|(_, change)| matches!(change, LiveChange::Turned { .. })).count(),
        3
    );
    let right = signal(&bumps(&[100.0; 3]), 30.0, curl, [false, true]);
    assert_eq!(
        ended(&right, MovementOutcome::Completed)
            .iter()
            .map(|finished| finished.1.side)
            .collect::<Vec<_>>(),
        [Some(Side::Right); 3]
    );
}

#[test]
fn rounds_are_counted_from_low_to_low() {
    let gait = movement::find_movement("running_gait").unwrap();
    let values: Vec<f64> = (0..300)
        .map(|k| 40.0 + 45.0 * (f64::from(k) / 60.0 * 1.4 * std::f64::consts::TAU).sin())
        .collect();
    // 5 s at 1.4 cycles per second on both sides, less the half second for choosing the signal and
    // the incomplete cycles at the ends.
    let completed =
        ended(&signal(&values, 60.0, gait, [true; 2]), MovementOutcome::Completed).len();
    assert!((10..=12).contains(&completed), "{completed}");
}

#[test]
fn a_late_frame_changes_nothing() {
    let squat = movement::find_movement("squat").unwrap();
    let mut counter = RepetitionCounter::new(squat);
    let at = |time_s: f64| Curves { time: vec![time_s], ..Curves::default() };
    counter.push(&at(1.0));
    assert!(counter.push(&at(0.5)).is_empty() && counter.push(&at(f64::NAN)).is_empty());
}
