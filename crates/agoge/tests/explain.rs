//! Explanations of simulated sets: the planted fault is named, a clean set is left alone, and an
//! explanation method that fails its controls is withheld.

#![allow(clippy::unwrap_used, reason = "functions of tests fail by panicking")]

use agoge::analysis::{Explanation, PlantedResult, SuggestedChange};
use agoge::motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
use agoge::motion::{Part, Recording, Side};
use agoge::{AnalysisOptions, Analyzed, Models, Reference, analyze, explain};

fn options() -> AnalysisOptions {
    AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() }
}

fn recorded(faults: Vec<SimulatedFault>, seed: u64) -> Recording {
    let height_m = 1.6 + 0.05 * seed as f64;
    SimulatedSet {
        repetitions: 8,
        faults,
        seed,
        height_m,
        rate_hz: 30.0,
        ..SimulatedSet::new(Exercise::Squat)
    }
    .simulate()
    .recording
}

fn knee_inward() -> Vec<SimulatedFault> {
    vec![SimulatedFault {
        kind: SimulatedFaultKind::KneeInwardUp,
        side: Some(Side::Left),
        repetitions: 4..=8,
        size: 20.0,
    }]
}

fn analyzed(recording: &Recording) -> Analyzed {
    analyze(recording, None, &Models::without_model(), &options()).unwrap()
}

fn beside(
    faults: Vec<SimulatedFault>,
    reference: &Reference,
    models: &Models,
) -> Option<Explanation> {
    explain(&analyzed(&recorded(faults, 1)), reference, models, &options()).unwrap()
}

fn exemplar() -> Reference {
    Reference::Recordings(vec![recorded(Vec::new(), 4)])
}

fn place(change: &SuggestedChange) -> (Part, Option<&str>) {
    (change.joint, change.phase.as_deref())
}

#[test]
fn the_planted_fault_comes_first_with_its_gain_and_stands() {
    let found = beside(knee_inward(), &exemplar(), &Models::without_model()).unwrap();
    let first = &found.changes[0];
    assert_eq!(place(first), (Part::LeftKnee, Some("ascent")));
    assert_eq!(first.repetitions, [4, 5, 6, 7, 8]);
    assert!(first.gain.as_ref().is_some_and(|gain| gain.low > 0.0), "{:?}", first.gain);
    let curve = first.difference.as_ref().and_then(|difference| difference.curve.as_ref()).unwrap();
    // 20° were planted; the filter and the spacing of frames reduce the peak a little.
    assert_eq!(curve.name, "knee_valgus");
    assert!((curve.value - curve.expected - 20.0).abs() < 3.0, "{curve:?}");
    assert!(first.cue.contains("floor"), "the cue of the check on this angle: {}", first.cue);
    assert!(
        found.gate.withheld.is_none() && found.gate.as_good.is_some_and(|share| share <= 0.1),
        "{:?}",
        found.gate
    );
    assert!(
        found.gate.insertion > found.gate.insertion_random
            && found.gate.deletion > found.gate.deletion_random
    );
    let pictured = first.pictured.as_ref().unwrap();
    assert!(pictured.mended[Part::LeftKnee.index()].is_some());
}

#[test]
fn a_clean_set_beside_another_athlete_is_left_alone() {
    let found = beside(Vec::new(), &exemplar(), &Models::without_model()).unwrap();
    assert!(found.changes.is_empty(), "{:?}", found.changes);
    assert_eq!(found.differences.len(), 24, "twelve joints in two phases are told all the same");
    assert!(found.differences.iter().all(|difference| difference.within_error));
}

#[test]
fn without_a_reference_the_athletes_own_best_repetitions_serve() {
    let found = beside(knee_inward(), &Reference::Usual, &Models::default()).unwrap();
    assert!(found.reference.contains("own best"), "{}", found.reference);
    assert_eq!(place(&found.changes[0]), (Part::LeftKnee, Some("ascent")));
    // If all repetitions are alike, none is the best.
    assert!(beside(Vec::new(), &Reference::OwnBest, &Models::default()).is_none());
}

#[test]
fn a_way_to_explain_that_its_controls_beat_is_withheld() {
    let control = |method: &str, hit: f64| PlantedResult { method: method.to_owned(), hit };
    let beaten = vec![("limits".to_owned(), vec![control("limits", 0.2), control("random", 0.3)])];
    let models = Models { planted: beaten, ..Models::default() };
    let found = beside(knee_inward(), &exemplar(), &models).unwrap();
    assert!(
        found.gate.withheld.as_ref().is_some_and(|why| why.contains("random")),
        "{:?}",
        found.gate
    );
    assert!(!found.changes.is_empty() && found.changes.iter().all(|change| change.gain.is_none()));
}

#[test]
fn the_same_set_gives_the_same_explanation_and_it_survives_json() {
    let twice =
        [0, 1].map(|_| beside(knee_inward(), &exemplar(), &Models::without_model()).unwrap());
    assert_eq!(twice[0], twice[1]);
    let text = serde_json::to_string(&twice[0]).unwrap();
    let back: Explanation = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
}

#[test]
fn one_camera_is_explained_by_what_it_sees() {
    let film = |faults, seed| {
        agoge::motion::simulate::SimulatedCamera::phone(90.0)
            .film_recording(&recorded(faults, seed))
    };
    let fault = SimulatedFault {
        kind: SimulatedFaultKind::Shallow,
        side: None,
        repetitions: 1..=8,
        size: 45.0,
    };
    let options = AnalysisOptions { height_m: Some(1.65), ..options() };
    let models = Models::without_model();
    let analyzed = analyze(&film(vec![fault], 1), None, &models, &options).unwrap();
    let reference = Reference::Recordings(vec![film(Vec::new(), 4)]);
    let found = explain(&analyzed, &reference, &models, &options).unwrap().unwrap();
    let knees = [Part::LeftKnee, Part::RightKnee, Part::LeftHip, Part::RightHip, Part::Pelvis];
    assert!(knees.contains(&found.changes[0].joint), "{:?}", found.changes);
}

#[test]
fn beside_own_correct_repetitions_the_fault_is_named_and_a_clean_set_is_left_alone() {
    let own = Reference::OwnRecordings(vec![recorded(Vec::new(), 1)]);
    let always = vec![SimulatedFault { repetitions: 1..=8, ..knee_inward()[0].clone() }];
    let found = beside(always, &own, &Models::without_model()).unwrap();
    assert_eq!(place(&found.changes[0]), (Part::LeftKnee, Some("ascent")));
    assert!(found.reference.contains("own correct repetitions"), "{}", found.reference);
    // Other scatter of the same athlete.
    let again = SimulatedSet {
        repetitions: 8,
        seed: 9,
        height_m: 1.65,
        rate_hz: 30.0,
        ..SimulatedSet::new(Exercise::Squat)
    };
    let clean = analyzed(&again.simulate().recording);
    let found = explain(&clean, &own, &Models::without_model(), &options()).unwrap().unwrap();
    assert!(found.changes.is_empty(), "{:?}", found.changes);
}

#[test]
fn a_norm_of_another_sensor_is_not_used() {
    let deep = AnalysisOptions { movement: "deep_squat".to_owned(), ..options() };
    let bundled = Models::without_model();
    let sensors: Vec<&str> =
        bundled.norms.iter().filter_map(|norm| norm.sensor.as_deref()).collect();
    assert_eq!(sensors.len(), 20);
    assert!(sensors.contains(&"Kinect-22") && sensors.contains(&"Plug-in-Gait-39"));
    // The simulator's skeleton is neither: nothing is shown from those norms.
    let set = analyze(&recorded(Vec::new(), 1), None, &bundled, &deep).unwrap();
    let found = explain(&set, &Reference::Usual, &bundled, &deep).unwrap();
    assert!(found.is_none_or(|found| found.reference.contains("own best")));
    let by_other = Recording {
        skeleton: std::sync::Arc::new(agoge::motion::Skeleton {
            name: "another sensor".to_owned(),
            ..(*recorded(Vec::new(), 1).skeleton).clone()
        }),
        ..recorded(Vec::new(), 1)
    };
    let own = Reference::OwnRecordings(vec![by_other]);
    assert!(beside(knee_inward(), &own, &Models::default()).is_none());
}
