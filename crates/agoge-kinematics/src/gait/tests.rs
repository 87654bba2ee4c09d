//! Gait against the simulator, whose contacts and toe-offs are known exactly.

use super::*;
use crate::measure_curves;
use agoge_motion::condition::{ConditioningOptions, condition_recording};
use agoge_motion::simulate::{Corruption, GaitTimes, SimulatedGait, SimulatedGround};
use agoge_motion::statistics::finite_mean;

/// Measures a simulated gait after the usual conditioning.
fn measured(set: &SimulatedGait, noise: f64) -> (Result<MeasuredGait, String>, GaitTimes) {
    let (mut recording, times) = set.simulate();
    Corruption { noise, seed: 7, ..Corruption::default() }.apply_to(&mut recording);
    let recording =
        condition_recording(&recording, &ConditioningOptions::default()).unwrap().recording;
    (measure_gait(&measure_curves(&recording.to_body().recording).curves), times)
}

/// Mean and largest error of the contacts and toe-offs of strides, s.
fn event_errors(gait: &MeasuredGait, times: &GaitTimes) -> [[f64; 2]; 2] {
    let nearest = |all: &[f64], time_s: f64| {
        all.iter().map(|t| time_s - t).min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap()
    };
    let errors = |is_contact: bool| {
        let errors: Vec<f64> = gait
            .strides
            .iter()
            .map(|stride| {
                let foot = usize::from(stride.side == Side::Right);
                if is_contact {
                    nearest(&times.contacts[foot], stride.contact_s)
                } else {
                    nearest(&times.toe_offs[foot], stride.toe_off_s)
                }
            })
            .collect();
        [finite_mean(&errors), errors.iter().fold(0.0, |most: f64, e| most.max(e.abs()))]
    };
    [errors(true), errors(false)]
}

#[test]
fn walking_and_running_are_told_apart_and_timed() {
    for (base, kind) in [
        (SimulatedGait::walking(), GaitKind::Walking),
        (SimulatedGait::running(), GaitKind::Running),
    ] {
        for rate_hz in [30.0, 60.0, 120.0] {
            for ground in [SimulatedGround::Floor, SimulatedGround::Belt] {
                for (facing_deg, noise) in [(0.0, 0.0), (140.0, 0.005)] {
                    let set = SimulatedGait { rate_hz, ground, facing_deg, ..base.clone() };
                    let (gait, times) = measured(&set, noise);
                    let gait = gait.unwrap_or_else(|why| panic!("{set:?}: {why}"));
                    let [contact, toe_off] = event_errors(&gait, &times);
                    let duty = gait.duty_factor.unwrap_or(f64::NAN);
                    println!(
                        "{kind:?} {rate_hz} {ground:?} {noise}: {} strides, duty {duty:.3} of {}, contact {:.1} ms (most {:.1}), toe-off {:.1} (most {:.1}), {:?}",
                        gait.strides.len(),
                        set.duty_factor,
                        1e3 * contact[0],
                        1e3 * contact[1],
                        1e3 * toe_off[0],
                        1e3 * toe_off[1],
                        gait.verdict
                    );
                    assert_eq!(gait.verdict.kind, kind, "{set:?}");
                    assert!(gait.strides.len() >= 16, "{}", gait.strides.len());
                    assert!((duty - set.duty_factor).abs() < 0.035, "{set:?} {duty}");
                    assert!((gait.cadence_min - set.cadence_min).abs() < 1.5);
                    let speed: Vec<f64> = gait
                        .strides
                        .iter()
                        .filter_map(|stride| stride.value(GaitQuantity::GaitSpeed))
                        .collect();
                    let speed = finite_mean(&speed);
                    assert!((speed - set.speed_m_s).abs() < 0.04 * set.speed_m_s, "{speed}");
                }
            }
        }
    }
}

#[test]
fn steps_on_the_spot_and_a_short_side_are_seen() {
    let spot = SimulatedGait {
        ground: SimulatedGround::Spot,
        bounce_m: 0.01,
        lift_m: 0.15,
        ..SimulatedGait::walking()
    };
    let gait = measured(&spot, 0.0).0.unwrap();
    assert_eq!((gait.place, gait.verdict.kind), (GaitPlace::InPlace, GaitKind::Walking));
    assert!(gait.refused.iter().any(|refused| refused.name == "step_length"));
    let limping = SimulatedGait { right_later: 0.1, ..SimulatedGait::walking() };
    let gait = measured(&limping, 0.0).0.unwrap();
    let uneven: Vec<f64> = gait
        .strides
        .iter()
        .filter_map(|stride| stride.value(GaitQuantity::StepTimeAsymmetry))
        .collect();
    // 10 % longer and 10 % shorter steps differ by a fifth of their mean.
    assert!((finite_mean(&uneven) - 20.0).abs() < 2.0, "{uneven:?}");
}

#[test]
fn what_is_no_gait_says_why() {
    use agoge_motion::simulate::{Exercise, SimulatedSet};
    for exercise in [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl] {
        let body = SimulatedSet::new(exercise).simulate().recording.to_body().recording;
        let curves = measure_curves(&body).curves;
        assert!(measure_gait(&curves).is_err_and(|why| why.contains("no strides")));
        assert!(propose_gait(&curves).is_none());
    }
}
