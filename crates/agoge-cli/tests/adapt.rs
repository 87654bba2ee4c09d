//! `agoge adapt`: what it prints, writes and refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "functions of tests fail by panicking")]

mod common;

use agoge::motion::Recording;
use agoge::motion::simulate::{
    Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet, Simulation,
};
use common::{run, text};
use std::path::Path;

/// Writes a manifest of a correct squat and a shallow one with these labels.
fn write_clips(folder: &Path, labels: [&str; 2]) {
    let shallow = SimulatedFault {
        kind: SimulatedFaultKind::Shallow,
        side: None,
        repetitions: 1..=1,
        size: 40.0,
    };
    let mut manifest = "file,athlete,movement,label,split\n".to_owned();
    for (i, (faults, label)) in [vec![], vec![shallow]].into_iter().zip(labels).enumerate() {
        let set = SimulatedSet {
            repetitions: 1,
            rate_hz: 30.0,
            faults,
            ..SimulatedSet::new(Exercise::Squat)
        };
        agoge::formats::write_parquet(
            &folder.join(format!("{i}.parquet")),
            &set.simulate().recording,
        )
        .unwrap();
        manifest += &format!("{i}.parquet,a,squat,{label},\n");
    }
    std::fs::write(folder.join("manifest.csv"), manifest).unwrap();
}

#[test]
fn two_clips_make_a_model_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    write_clips(folder.path(), ["1", "0"]);
    let ran = run(folder.path(), &["adapt", "--clips", ".", "--out", "squat.safetensors"]);
    assert_eq!(
        text(&ran.stdout),
        "squat.safetensors: squat\nmade by committee: a single clip of a kind leaves none to compare the ways on\n",
        "{}",
        text(&ran.stderr)
    );
    let shown = text(&run(folder.path(), &["model", "show", "squat.safetensors"]).stdout);
    assert!(shown.contains("movements   squat") && shown.contains("adapted from base"), "{shown}");
    let json =
        run(folder.path(), &["adapt", "--clips", ".", "--model", "squat.safetensors", "--json"])
            .stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&json["way"], &json["movements"][0]), (&"committee".into(), &"squat".into()));
}

#[test]
fn without_labels_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    write_clips(folder.path(), ["", ""]);
    let ran = run(folder.path(), &["adapt", "--clips", "."]);
    assert_eq!(ran.status.code(), Some(1));
    let message = text(&ran.stderr);
    assert!(message.lines().count() == 1 && message.contains("hint: label clips"), "{message}");
    assert!(!folder.path().join("adapted.safetensors").exists());
}

/// A set by an athlete of a given height and facing direction.
fn set(exercise: Exercise, athlete: u64, repetitions: usize) -> Simulation {
    let set = SimulatedSet {
        repetitions,
        rate_hz: 30.0,
        seed: athlete,
        height_m: 1.6 + 0.03 * athlete as f64,
        facing_deg: 70.0 * athlete as f64,
        variation_deg: 4.0,
        ..SimulatedSet::new(exercise)
    };
    set.simulate()
}

/// A set without the rest before and after it.
fn trimmed(set: Simulation) -> Recording {
    let Simulation { recording, truth } = set;
    let ([start, ..], [.., end]) =
        (truth.repetitions[0], truth.repetitions[truth.repetitions.len() - 1]);
    recording.time_range(start as f64 / 30.0, end as f64 / 30.0).unwrap()
}

/// A model of two movements that no definition knows, trained on clips of five athletes: squats,
/// and some curls, called `draw`, in each clip.
fn learn(folder: &Path, curls: usize, draw: &str) {
    let mut manifest = "file,athlete,movement,label,split\n".to_owned();
    for (exercise, repetitions, name) in
        [(Exercise::Squat, 1, "gate_of_dawn"), (Exercise::BicepsCurl, curls, draw)]
    {
        for athlete in 0..5 {
            let file = format!("{name}{athlete}.parquet");
            agoge::formats::write_parquet(
                &folder.join(&file),
                &trimmed(set(exercise, athlete, repetitions)),
            )
            .unwrap();
            manifest += &format!("{file},{athlete},{name},,\n");
        }
    }
    std::fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let ran = run(folder, &["adapt", "--clips", ".", "--out", "own.safetensors"]);
    assert!(text(&ran.stdout).contains(&format!("{draw}, gate_of_dawn")), "{}", text(&ran.stderr));
}

/// Analyses a recording with that model.
fn analyzed(folder: &Path, recording: &Recording) -> serde_json::Value {
    agoge::formats::write_parquet(&folder.join("set.parquet"), recording).unwrap();
    let ran = run(folder, &["analyze", "set.parquet", "--model", "own.safetensors", "--json"]);
    serde_json::from_slice::<serde_json::Value>(&ran.stdout).unwrap()[0]["analysis"].take()
}

/// Movements that no definition knows are named in an analysis once a model has learned them from
/// few clips; others do not get their names.
#[test]
fn what_was_learned_from_few_clips_is_named_in_an_analysis() {
    let folder = tempfile::tempdir().unwrap();
    learn(folder.path(), 1, "bow_draw");
    let curls = analyzed(folder.path(), &set(Exercise::BicepsCurl, 7, 4).recording);
    let movement = &curls["movement"];
    let told = [&movement["name"], &movement["title"], &movement["how"]];
    assert_eq!(told, ["bow_draw", "Bow draw", "recognised"], "{movement}");
    assert!(movement["certainty"].as_f64() >= Some(0.9), "{movement}");
    assert_eq!(curls["repetitions"].as_array().map(Vec::len), Some(4));
    assert!(
        curls["score"].is_null() && curls["refused"].to_string().contains("no definition"),
        "{}",
        curls["refused"]
    );
    let reaches = analyzed(folder.path(), &set(Exercise::OverheadReach, 7, 4).recording);
    // Its gate alone names it; nothing that was learned does.
    assert_eq!(reaches["movement"]["name"], "overhead_reach");
}

/// The joint that moves most in it swings three times, so that none of the repetitions segmented by
/// it is the movement; the whole recording is.
#[test]
fn a_movement_of_several_swings_is_named_by_the_whole_recording() {
    let folder = tempfile::tempdir().unwrap();
    learn(folder.path(), 3, "drum_roll");
    let rolls = analyzed(folder.path(), &trimmed(set(Exercise::BicepsCurl, 7, 3)));
    assert_eq!(rolls["movement"]["name"], "drum_roll", "{}", rolls["movement"]);
    let reaches = analyzed(folder.path(), &trimmed(set(Exercise::OverheadReach, 7, 3)));
    // Its gate alone names it; nothing that was learned does.
    assert_eq!(reaches["movement"]["name"], "overhead_reach");
}
