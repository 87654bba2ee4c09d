//! A wrong name gives no verdict, bad execution under the right one does.

#![allow(clippy::unwrap_used, reason = "functions of tests fail by panicking")]

use agoge::analysis::ResemblanceVerdict;
use agoge::formats::dataset::{Dataset, read_dataset};
use agoge::motion::Recording;
use agoge::motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
use agoge::{Analysis, AnalysisOptions, Models, analyze};

fn analyze_as(movement: &str, recording: &Recording, trust_name: bool) -> Analysis {
    let options =
        AnalysisOptions { movement: movement.to_owned(), trust_name, ..Default::default() };
    analyze(recording, None, &Models::default(), &options).unwrap().analysis
}

fn simulate(exercise: Exercise) -> Recording {
    SimulatedSet::new(exercise).simulate().recording
}

#[test]
fn a_squat_named_lunge_has_no_score_and_is_said_to_look_like_a_squat() {
    let analysis = analyze_as("lunge", &simulate(Exercise::Squat), false);
    let resemblance = analysis.resemblance.as_ref().unwrap();
    assert_eq!(resemblance.verdict, ResemblanceVerdict::Unlike);
    assert!(resemblance.of > 0 && resemblance.passed == 0);
    assert!(!resemblance.failed.is_empty());
    assert!(resemblance.looks_like.iter().any(|guess| guess.name == "squat"), "{resemblance:?}");
    assert!(analysis.score.is_none() && analysis.findings.is_empty() && analysis.model.is_none());
    assert!(analysis.metrics.is_empty() && analysis.repetitions.iter().all(|r| !r.complete));
    let text = agoge::report::analysis_terminal(&analysis, false, 100);
    assert!(text.contains("This does not look like"), "{text}");
    // The record survives its file.
    let json = agoge::report::analysis_json(&analysis);
    assert_eq!(serde_json::from_str::<Analysis>(&json).unwrap().resemblance, analysis.resemblance);
}

#[test]
fn a_trusted_name_is_judged_and_the_doubt_is_told() {
    let analysis = analyze_as("lunge", &simulate(Exercise::Squat), true);
    let resemblance = analysis.resemblance.as_ref().unwrap();
    assert_eq!(resemblance.verdict, ResemblanceVerdict::Trusted);
    assert!(analysis.score.is_some() && !resemblance.failed.is_empty());
    let text = agoge::report::analysis_terminal(&analysis, false, 100);
    assert!(text.contains("the name was to be trusted"), "{text}");
}

#[test]
fn badly_done_squats_are_still_squats() {
    let fault = |kind, size| SimulatedFault { kind, side: None, repetitions: 1..=100, size };
    let faults = vec![
        fault(SimulatedFaultKind::Shallow, 35.0),
        fault(SimulatedFaultKind::TrunkForward, 25.0),
        fault(SimulatedFaultKind::KneeInwardUp, 20.0),
        fault(SimulatedFaultKind::HeelUp, 0.08),
    ];
    let set = SimulatedSet { faults, ..SimulatedSet::new(Exercise::Squat) };
    let analysis = analyze_as("squat", &set.simulate().recording, false);
    assert_eq!(analysis.resemblance.unwrap().verdict, ResemblanceVerdict::Alike);
    assert!(analysis.score.is_some() && !analysis.findings.is_empty());
}

/// The recordings of a data set for which `take` says yes.
fn recordings(
    kind: Dataset,
    folder: &str,
    take: impl Fn(&str, &str) -> bool,
) -> Vec<(String, Recording)> {
    let Ok(data) = std::env::var("AGOGE_TEST_DATA") else {
        println!("skipped: AGOGE_TEST_DATA is not set");
        return Vec::new();
    };
    let mut taken = Vec::new();
    read_dataset(kind, &std::path::Path::new(&data).join(folder), &mut |item, _| {
        if take(&item.row.movement, &item.row.athlete) {
            taken.push((item.row.movement.clone(), item.recording));
        }
        Ok(())
    })
    .unwrap();
    taken
}

#[test]
fn everyday_actions_get_no_verdict_as_a_squat_serve_or_press() {
    let clips = recordings(Dataset::UtdMhad, "utd-mhad", |movement, athlete| {
        athlete.ends_with('2') && ["walk", "jog", "wave", "clap", "knock"].contains(&movement)
    });
    for (movement, recording) in &clips {
        for name in ["squat", "tennis_serve", "shoulder_press", "shoulder_extension", "lunge"] {
            let analysis = analyze_as(name, recording, false);
            assert!(
                analysis.score.is_none() && analysis.findings.is_empty(),
                "{movement} as {name}"
            );
        }
    }
}

#[test]
fn real_squats_and_lunges_keep_their_verdict() {
    let clips = recordings(Dataset::UtdMhad, "utd-mhad", |movement, athlete| {
        athlete.ends_with('4') && ["squat", "lunge"].contains(&movement)
    });
    for (movement, recording) in &clips {
        let analysis = analyze_as(movement, recording, false);
        let verdict = analysis.resemblance.map(|resemblance| resemblance.verdict);
        assert_eq!(verdict, Some(ResemblanceVerdict::Alike), "{movement}");
    }
}
