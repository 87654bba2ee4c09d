//! Residual error of conditioning after planted corruption, in degrees, against the simulator's
//! angles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // this whole file is test code

use agoge_kinematics::{Curves, measure_curves};
use agoge_motion::Recording;
use agoge_motion::condition::{ConditioningOptions, condition_recording};
use agoge_motion::simulate::{Corruption, Exercise, SimulatedSet};

/// The joint angles of the report.
const ANGLES: [&str; 5] =
    ["knee_flexion", "hip_flexion", "ankle_dorsiflexion", "elbow_flexion", "shoulder_elevation"];

fn angles(recording: &Recording) -> Curves {
    measure_curves(&recording.to_body().recording).curves
}

/// Root mean square error of each angle, degrees, and the share of frames in which it is known.
fn differences(truth: &Curves, found: &Curves) -> Vec<(String, f64, f64)> {
    truth
        .curves
        .iter()
        .filter(|curve| ANGLES.contains(&curve.name.as_str()))
        .map(|curve| {
            let other = found.get(&curve.name, curve.side).expect("the same curves are measured");
            let pairs = curve
                .values
                .iter()
                .zip(&other.values)
                .filter(|(a, b)| a.is_finite() && b.is_finite());
            let (sum, n) =
                pairs.fold((0.0, 0usize), |(sum, n), (a, b)| (sum + (a - b).powi(2), n + 1));
            (curve.key(), (sum / n as f64).sqrt(), n as f64 / curve.values.len() as f64)
        })
        .collect()
}

#[test]
fn a_tenth_of_the_positions_lost_costs_at_most_two_degrees() {
    for exercise in [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl] {
        for rate_hz in [30.0, 60.0] {
            for seed in 1..=3 {
                let mut recording =
                    SimulatedSet { rate_hz, repetitions: 5, seed, ..SimulatedSet::new(exercise) }
                        .simulate()
                        .recording;
                let truth = angles(&recording);
                Corruption { dropout: 0.10, seed, ..Corruption::default() }
                    .apply_to(&mut recording);
                let done = condition_recording(&recording, &ConditioningOptions::default())
                    .unwrap()
                    .recording;
                for (name, rmse, known) in differences(&truth, &angles(&done)) {
                    assert!(
                        rmse <= 2.0,
                        "{exercise:?} at {rate_hz} Hz, seed {seed}: {name} is off by {rmse:.2}°"
                    );
                    // Adjacent gaps, and gaps at the ends, may be too long to fill.
                    assert!(
                        known >= 0.95,
                        "{exercise:?} at {rate_hz} Hz, seed {seed}: {name} known in {known:.3}"
                    );
                }
            }
        }
    }
}
