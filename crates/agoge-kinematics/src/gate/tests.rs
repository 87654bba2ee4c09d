use super::*;
use crate::measure_curves;
use crate::movement::{check_definition, find_movement};
use agoge_motion::simulate::{
    Exercise, SimulatedCamera, SimulatedFault, SimulatedFaultKind, SimulatedSet,
};
use agoge_motion::{Part, Recording, Side};

/// The rules that each complete repetition of a recording fails under a name.
fn failures(name: &str, recording: &Recording) -> Vec<Vec<FailedGate>> {
    let body = recording.to_body().recording;
    let measured = measure_curves(&body);
    let movement = find_movement(name).unwrap();
    let judge = GateJudge::new(&body, &measured.curves, measured.view);
    segment_repetitions(movement, &measured.curves)
        .iter()
        .filter(|repetition| repetition.complete)
        .map(|repetition| judge.failed_rules(movement, [repetition.start, repetition.end]))
        .collect()
}

fn simulate(exercise: Exercise, faults: Vec<SimulatedFault>) -> Recording {
    SimulatedSet { faults, ..SimulatedSet::new(exercise) }.simulate().recording
}

#[test]
fn planted_faults_pass_the_gate_of_their_movement() {
    use SimulatedFaultKind as Kind;
    let cases = [
        (Exercise::Squat, "squat", Kind::KneeInwardDown, 25.0),
        (Exercise::Squat, "squat", Kind::KneeInwardUp, 25.0),
        (Exercise::Squat, "squat", Kind::Shallow, 40.0),
        (Exercise::Squat, "squat", Kind::Asymmetry, 28.0),
        (Exercise::Squat, "squat", Kind::JerkyReturn, 0.2),
        (Exercise::Squat, "squat", Kind::TrunkForward, 30.0),
        (Exercise::Squat, "squat", Kind::TrunkSideways, 20.0),
        (Exercise::Squat, "squat", Kind::HeelUp, 0.1),
        (Exercise::Squat, "squat", Kind::FastDown, 2.0),
        (Exercise::OverheadReach, "overhead_reach", Kind::Shallow, 40.0),
        (Exercise::OverheadReach, "overhead_reach", Kind::Asymmetry, 28.0),
        (Exercise::OverheadReach, "overhead_reach", Kind::JerkyReturn, 0.2),
        (Exercise::OverheadReach, "overhead_reach", Kind::ElbowBent, 50.0),
        (Exercise::BicepsCurl, "biceps_curl", Kind::Shallow, 40.0),
        (Exercise::BicepsCurl, "biceps_curl", Kind::FastDown, 2.0),
    ];
    for (exercise, name, kind, size) in cases {
        let fault = SimulatedFault { kind, side: None, repetitions: 1..=100, size };
        let fault = match kind {
            Kind::Asymmetry => SimulatedFault { side: Some(Side::Left), ..fault },
            _ => fault,
        };
        let failed = failures(name, &simulate(exercise, vec![fault]));
        assert!(!failed.is_empty(), "{name} {kind:?}: no repetition");
        assert!(failed.iter().all(Vec::is_empty), "{name} {kind:?}: {failed:?}");
    }
}

#[test]
fn a_squat_is_no_lunge_jump_or_sitting_on_one_leg() {
    let squat = simulate(Exercise::Squat, Vec::new());
    for name in ["squat", "deep_squat", "sit_to_stand"] {
        assert!(failures(name, &squat).iter().all(Vec::is_empty), "{name}");
    }
    for (name, measure) in [
        ("lunge", GateMeasure::FeetStagger),
        ("inline_lunge", GateMeasure::FeetStagger),
        ("side_lunge", GateMeasure::CurveShare),
        ("hurdle_step", GateMeasure::CurveShare),
        ("counter_movement_jump", GateMeasure::Flight),
    ] {
        let failed = failures(name, &squat);
        assert!(!failed.is_empty(), "{name}: no repetition");
        for rules in failed {
            assert!(rules.iter().any(|rule| rule.measure == measure), "{name}: {rules:?}");
        }
    }
}

/// Squats in which the body hops and the legs part at each turn, as in jumping jacks.
fn jumping_jacks() -> Recording {
    let set = SimulatedSet::new(Exercise::Squat).simulate();
    let mut recording = set.recording;
    let joints = recording.joint_count();
    let left_hip = recording.skeleton.joints.iter().position(|j| j.part == Some(Part::LeftHip));
    let right_hip = recording.skeleton.joints.iter().position(|j| j.part == Some(Part::RightHip));
    let legs: Vec<Option<Side>> = recording
        .skeleton
        .joints
        .iter()
        .map(|joint| {
            let part = joint.part?;
            matches!(
                part.on_side(Side::Left),
                Part::LeftKnee | Part::LeftAnkle | Part::LeftHeel | Part::LeftBigToe
            )
            .then(|| part.side())
            .flatten()
        })
        .collect();
    for [start, turn, end] in set.truth.repetitions {
        for frame in start..=end {
            let half = (turn - start).max(end - turn) as f64;
            let share = (1.0 - (frame as f64 - turn as f64).abs() / half).max(0.0);
            let at = frame * joints;
            let across: [f64; 3] = {
                let (a, b) = (
                    recording.position[at + left_hip.unwrap()],
                    recording.position[at + right_hip.unwrap()],
                );
                let line = [b[0] - a[0], 0.0, b[2] - a[2]];
                let length = line[0].hypot(line[2]);
                line.map(|v| v / length)
            };
            for (joint, leg) in legs.iter().enumerate() {
                let place = &mut recording.position[at + joint];
                // On the way out and back the feet are in the air; the squat's own sinking goes.
                place[1] += 0.6 * (4.0 * share * (1.0 - share));
                if let Some(side) = leg {
                    let sign = if *side == Side::Right { 1.0 } else { -1.0 };
                    (0..3).for_each(|k| place[k] += 0.35 * share * sign * across[k]);
                }
            }
        }
    }
    recording
}

#[test]
fn jumping_jacks_are_no_squats() {
    let failed = failures("squat", &jumping_jacks());
    assert!(!failed.is_empty());
    let of = |measure| failed.iter().flatten().any(|rule: &FailedGate| rule.measure == measure);
    assert!(failed.iter().all(|rules| !rules.is_empty()), "{failed:?}");
    assert!(of(GateMeasure::Flight) || of(GateMeasure::FootTravel), "{failed:?}");
}

#[test]
fn what_a_picture_cannot_show_does_not_fail() {
    // From the front nobody sees which foot is in front, and from the side not how far apart.
    let squat = simulate(Exercise::Squat, Vec::new());
    for (azimuth, name) in [(0.0, "lunge"), (90.0, "side_lunge")] {
        let film = SimulatedCamera::phone(azimuth).film_recording(&squat);
        for rule in failures(name, &film).iter().flatten() {
            assert!(
                !matches!(rule.measure, GateMeasure::ArmDirection | GateMeasure::BodyTurn),
                "{rule:?}"
            );
            assert!(rule.measure != GateMeasure::FeetStagger || azimuth == 90.0, "{rule:?}");
            assert!(rule.measure != GateMeasure::FeetApart || azimuth == 0.0, "{rule:?}");
        }
        assert!(failures("squat", &film).iter().all(Vec::is_empty), "{azimuth}");
    }
}

#[test]
fn gates_are_checked() {
    let base = r#"
        name = "x"
        title = "X"
        description = "X."
        [repetition]
        [[repetition.signal]]
        curve = "knee_flexion"
        min_excursion = 40
        [[gate]]
    "#;
    for (gate, problem) in [
        ("measure = \"flight\"\nat_most = 0.1", None),
        (
            "measure = \"curve_range\"\ncurve = \"knee_flexion\"\nsides = \"lesser\"\nat_least = 9",
            None,
        ),
        ("measure = \"flight\"", Some("without a bound")),
        ("measure = \"curve_range\"\nat_least = 5", Some("no curve")),
        ("measure = \"flight\"\ncurve = \"knee_flexion\"\nat_most = 1", Some("not used")),
        ("measure = \"curve_range\"\ncurve = \"wrist_speed\"\nat_most = 1", Some("is a length")),
        ("measure = \"curve_gap\"\ncurve = \"trunk_lean\"\nat_most = 1", Some("has no sides")),
        ("measure = \"flight\"\nsides = \"lesser\"\nat_most = 1", Some("no sides")),
        ("measure = \"flight\"\nat_least = 1\nat_most = 1", Some("no range")),
        ("measure = \"flight\"\nabove = 1", Some("unknown key `above`")),
        ("measure = \"flights\"\nat_most = 1", Some("unknown variant")),
    ] {
        let problems = check_definition(&format!("{base}{gate}\n"));
        match problem {
            None => assert!(problems.is_empty(), "{gate}: {problems:?}"),
            Some(text) => {
                assert!(problems.iter().any(|p| p.what.contains(text)), "{gate}: {problems:?}")
            }
        }
    }
}

#[test]
fn every_movement_of_a_body_has_a_gate() {
    for movement in bundled_movements().iter().filter(|movement| movement.name != "worn_sensor") {
        assert!(!movement.gates.is_empty(), "{}", movement.name);
    }
}

#[test]
fn names_of_measures_are_those_of_definitions() {
    for measure in GateMeasure::ALL {
        let text = format!("measure = \"{}\"\nat_most = 1.0", measure.name());
        let rule: GateRule = toml::from_str(&text).unwrap();
        assert_eq!(rule.measure, measure);
    }
}
