//! Readings of a worn sensor compared with a camera's view of the same movement.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "functions of tests fail by panicking"
)]

use agoge::formats::dataset::{self, Dataset};
use agoge::kinematics::sensor;
use agoge::motion::condition::{ConditioningOptions, condition_recording};
use agoge::motion::{Part, vector};
use std::path::PathBuf;

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Pearson's correlation.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (ma, mb) = (mean(a), mean(b));
    let sum = |of: &dyn Fn(f64, f64) -> f64| {
        a.iter().zip(b).map(|(a, b)| of(a - ma, b - mb)).sum::<f64>()
    };
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

/// UTD-MHAD's squats with a sensor on the right thigh. Two references that are independent of the
/// sensor filter: the thigh as seen by Kinect, for the course of the movement (Kinect sees the
/// thighs of a squat some fifteen degrees too steep, so it is no reference for the size); and, at
/// the deepest point, where the thigh is almost still, the accelerometer alone.
#[test]
fn a_sensor_on_the_thigh_tilts_as_the_thigh_does() {
    let Some(data) = std::env::var_os("AGOGE_TEST_DATA") else {
        eprintln!("skipped: AGOGE_TEST_DATA is not set");
        return;
    };
    let (mut alike, mut apart, mut felt_deg, mut seen_deg) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    dataset::read_dataset(
        Dataset::UtdMhad,
        &PathBuf::from(data).join("utd-mhad"),
        &mut |item, _| {
            if item.row.movement != "squat" {
                return Ok(());
            }
            let recording = condition_recording(&item.recording, &ConditioningOptions::default())
                .unwrap()
                .recording;
            let tilt = &sensor::sensor_curves(&recording)[0].values;
            let body = recording.to_body().recording;
            let thigh = |frame: usize| {
                let at = |part: Part| body.position_at(frame, part.index());
                vector::unit_vector(vector::sub(at(Part::RightKnee), at(Part::RightHip)))
            };
            let between = |a: [f64; 3], b: [f64; 3]| {
                vector::dot(vector::unit_vector(a), vector::unit_vector(b))
                    .clamp(-1.0, 1.0)
                    .acos()
                    .to_degrees()
            };
            let standing = vector::mean_point(&(0..5).map(thigh).collect::<Vec<_>>());
            let frames: Vec<usize> =
                (0..body.frame_count()).filter(|&frame| tilt[frame].is_finite()).collect();
            // A sensor that was never at rest has no tilt.
            let Some(&deepest) = frames.iter().max_by(|a, b| tilt[**a].total_cmp(&tilt[**b]))
            else {
                return Ok(());
            };
            let felt: Vec<f64> = frames.iter().map(|&frame| tilt[frame]).collect();
            let seen: Vec<f64> =
                frames.iter().map(|&frame| between(standing, thigh(frame))).collect();
            alike.push(correlation(&felt, &seen));
            // Mean acceleration around an instant, over a fifth of a second.
            let around = |time_s: f64| {
                let axis = |name: &str| {
                    let channel =
                        recording.channels.iter().find(|channel| channel.name == name).unwrap();
                    let sample = ((time_s - channel.start_s) * channel.rate_hz).round() as usize;
                    mean(
                        &channel.values
                            [sample.saturating_sub(5)..(sample + 6).min(channel.values.len())],
                    )
                };
                ["acc_x", "acc_y", "acc_z"].map(axis)
            };
            apart.push(
                tilt[deepest] - between(around(body.time[0] + 0.1), around(body.time[deepest])),
            );
            felt_deg.push(tilt[deepest]);
            seen_deg.push(seen.iter().copied().fold(0.0, f64::max));
            Ok(())
        },
    )
    .unwrap();
    let worst = apart.iter().map(|apart| apart.abs()).fold(0.0, f64::max);
    eprintln!(
        "{} squats, tilt {:.0} degrees at the deepest (seen by Kinect: {:.0}): correlation with the thigh that is seen {:.3}, least {:.3}; from the accelerometer alone {:.1} degrees apart, at most {worst:.1}",
        alike.len(),
        mean(&felt_deg),
        mean(&seen_deg),
        mean(&alike),
        alike.iter().copied().fold(1.0, f64::min),
        mean(&apart),
    );
    // Eight athletes, four trials each; some never stood still for 0.4 s.
    assert!(alike.len() >= 24, "{}", alike.len());
    // The course: 1 less the effect of Kinect's noise.
    assert!(mean(&alike) > 0.95, "{}", mean(&alike));
    // The upward acceleration at the deepest point, 0.1 to 0.3 of gravity, tilts the
    // accelerometer's reading by some degrees.
    assert!(mean(&apart).abs() < 7.0 && worst < 15.0, "{} {worst}", mean(&apart));
}
