//! Planted faults fail exactly the checks that name them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // this whole file is test code

use agoge_kinematics::movement::find_movement;
use agoge_kinematics::{Curve, Curves, Repetition, Unit, segment_repetitions};
use agoge_motion::Side;
use std::collections::BTreeSet;
use std::f64::consts::{PI, TAU};

const RATE: f64 = 60.0;
const REST_S: f64 = 1.0;
/// A repetition takes 1.5 s to the turning point and 1.5 s back, with a hold of 0.5 s.
const WAY_S: f64 = 1.5;
const STAY_S: f64 = 0.5;
const PERIOD_S: f64 = REST_S + 2.0 * WAY_S + STAY_S;

/// Minimum-jerk trajectory from 0 to 1 (Flash & Hogan 1985).
fn way(s: f64) -> f64 {
    let s = s.clamp(0.0, 1.0);
    s.powi(3) * (10.0 - 15.0 * s + 6.0 * s * s)
}

/// Progress of a repetition at a time in its period, 0 (rest) to 1 (turning point), with a hold of
/// `stay` seconds.
fn gone(t: f64, stay: f64) -> f64 {
    way((t - REST_S) / WAY_S) - way((t - REST_S - WAY_S - stay) / WAY_S)
}

/// Completed share of the return: 0 before it, 1 after it.
fn back(t: f64) -> f64 {
    ((t - REST_S - WAY_S - STAY_S) / WAY_S).clamp(0.0, 1.0)
}

/// Four repetitions; each curve is a function of the repetition (from 0) and the time in its
/// period.
struct Set {
    curves: Curves,
}

impl Set {
    fn new() -> Set {
        let time = (0..((4.0 * PERIOD_S + REST_S) * RATE) as usize)
            .map(|frame| frame as f64 / RATE)
            .collect();
        Set { curves: Curves { time, curves: Vec::new(), refused: Vec::new() } }
    }

    fn with(
        mut self,
        name: &str,
        side: Option<Side>,
        unit: Unit,
        value: impl Fn(usize, f64) -> f64,
    ) -> Set {
        let at = |t: &f64| value((t / PERIOD_S) as usize, t % PERIOD_S);
        let values = self.curves.time.iter().map(at).collect();
        self.curves.curves.retain(|curve| curve.name != name || curve.side != side);
        self.curves.curves.push(Curve { name: name.into(), side, unit, values });
        self
    }

    fn each(self, name: &str, value: impl Fn(usize, f64) -> f64) -> Set {
        Side::BOTH
            .into_iter()
            .fold(self, |set, side| set.with(name, Some(side), Unit::Degree, &value))
    }

    fn one(self, name: &str, value: impl Fn(usize, f64) -> f64) -> Set {
        self.with(name, None, Unit::Degree, value)
    }

    /// Metric, side and repetition of every check that fails.
    fn failures(&self, movement: &str) -> BTreeSet<(String, Option<Side>, usize)> {
        let movement = find_movement(movement).unwrap();
        let found: Vec<Repetition> = segment_repetitions(movement, &self.curves);
        assert_eq!(found.iter().filter(|repetition| repetition.complete).count(), 4);
        let mut failures = BTreeSet::new();
        for (number, repetition) in found.iter().enumerate() {
            for check in &movement.checks {
                for metric in repetition.metrics.iter().filter(|metric| metric.name == check.metric)
                {
                    if check.exceeded_bound(metric.value, metric.unit).is_some() {
                        failures.insert((metric.name.clone(), metric.side, number));
                    }
                }
            }
        }
        failures
    }

    fn failed(&self, movement: &str) -> BTreeSet<String> {
        self.failures(movement).into_iter().map(|(metric, ..)| metric).collect()
    }
}

fn good_squats() -> Set {
    Set::new()
        .each("knee_flexion", |_, t| 5.0 + 100.0 * gone(t, STAY_S))
        .each("knee_valgus", |_, t| 3.0 * gone(t, STAY_S))
        .with("pelvis_height", None, Unit::Metre, |_, t| 0.95 - 0.4 * gone(t, STAY_S))
        .one("trunk_lean", |_, t| 35.0 * gone(t, STAY_S))
        .with("heel_lift", Some(Side::Left), Unit::Metre, |_, _| 0.0)
        .with("heel_lift", Some(Side::Right), Unit::Metre, |_, _| 0.0)
}

fn good_reaches() -> Set {
    Set::new()
        .each("shoulder_elevation", |_, t| 10.0 + 160.0 * gone(t, STAY_S))
        .each("elbow_flexion", |_, _| 8.0)
        .one("trunk_lean", |_, t| 2.0 * gone(t, STAY_S))
        .one("trunk_lateral_lean", |_, _| 1.0)
}

fn only(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn good_sets_pass() {
    assert_eq!(good_squats().failed("squat"), only(&[]));
    assert_eq!(good_reaches().failed("overhead_reach"), only(&[]));
}

#[test]
fn a_knee_that_moves_inward_on_the_way_up_of_the_later_squats() {
    let inward =
        |number: usize, t: f64| if number >= 2 { 18.0 * (PI * back(t)).sin() } else { 0.0 };
    let set = good_squats().with("knee_valgus", Some(Side::Left), Unit::Degree, inward);
    let expected = [2, 3].map(|number| ("knee_valgus_ascent".to_owned(), Some(Side::Left), number));
    assert_eq!(set.failures("squat"), BTreeSet::from(expected));
}

#[test]
fn a_shallow_squat() {
    let set = good_squats().each("knee_flexion", |_, t| 5.0 + 65.0 * gone(t, STAY_S));
    assert_eq!(set.failed("squat"), only(&["depth"]));
}

#[test]
fn a_knee_that_bends_less() {
    let less = |_, t: f64| 5.0 + 86.0 * gone(t, STAY_S);
    let set = good_squats().with("knee_flexion", Some(Side::Right), Unit::Degree, less);
    assert_eq!(set.failed("squat"), only(&["knee_flexion_difference"]));
    // The left bends more, so the title names the right.
    let check = find_movement("squat")
        .unwrap()
        .checks
        .iter()
        .find(|check| check.metric == "knee_flexion_difference")
        .unwrap();
    assert!(check.title_for(None, -14.0).contains("right knee"));
}

#[test]
fn a_jerky_way_up() {
    let tremble = |t: f64| 0.02 * (PI * back(t)).sin() * (TAU * 3.5 * t).sin();
    let jerky = |_, t: f64| 0.95 - 0.4 * gone(t, STAY_S) + tremble(t);
    let set = good_squats().with("pelvis_height", None, Unit::Metre, jerky);
    assert_eq!(set.failed("squat"), only(&["ascent_smoothness"]));
}

#[test]
fn a_forward_lean_and_a_heel_that_rises() {
    let set = good_squats().one("trunk_lean", |_, t| 55.0 * gone(t, STAY_S));
    let set = set.with("heel_lift", Some(Side::Left), Unit::Metre, |_, t| 0.07 * gone(t, STAY_S));
    assert_eq!(set.failed("squat"), only(&["trunk_lean_peak", "heel_rise"]));
}

#[test]
fn a_drift_over_the_set_is_in_the_measures() {
    let set = good_squats()
        .each("knee_flexion", |number, t| 5.0 + (110.0 - 6.0 * number as f64) * gone(t, STAY_S));
    let found = segment_repetitions(find_movement("squat").unwrap(), &set.curves);
    let depth: Vec<f64> =
        found.iter().map(|r| r.metrics.iter().find(|m| m.name == "depth").unwrap().value).collect();
    for (value, expected) in depth.iter().zip([115.0, 109.0, 103.0, 97.0]) {
        assert!((value - expected).abs() < 0.1, "{depth:?}");
    }
}

#[test]
fn bent_elbows_overhead() {
    let set = good_reaches().each("elbow_flexion", |_, t| 8.0 + 40.0 * gone(t, STAY_S));
    assert_eq!(set.failed("overhead_reach"), only(&["elbow_flexion_hold"]));
}

#[test]
fn arms_that_do_not_get_overhead() {
    let set = good_reaches().each("shoulder_elevation", |_, t| 10.0 + 120.0 * gone(t, STAY_S));
    assert_eq!(set.failed("overhead_reach"), only(&["elevation_peak"]));
}

#[test]
fn one_arm_that_stays_lower() {
    let lower = |_, t: f64| 10.0 + 143.0 * gone(t, STAY_S);
    let set = good_reaches().with("shoulder_elevation", Some(Side::Left), Unit::Degree, lower);
    assert_eq!(set.failed("overhead_reach"), only(&["elevation_difference"]));
}

#[test]
fn arms_that_drop_early() {
    // There is no hold at the top, and the descent takes half the time.
    let early = |_, t: f64| {
        10.0 + 160.0 * (way((t - REST_S) / WAY_S) - way((t - REST_S - WAY_S + 0.2) / 0.7))
    };
    let set = good_reaches().each("shoulder_elevation", early);
    assert!(
        set.failed("overhead_reach").contains("hold_time"),
        "{:?}",
        set.failed("overhead_reach")
    );
}
