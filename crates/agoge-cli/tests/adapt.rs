//! `agoge adapt`: what it prints, writes and refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "functions of tests fail by panicking")]

mod common;

use agoge::motion::simulate::{Exercise, Fault, FaultKind, Set};
use common::{run, text};
use std::path::Path;

/// A squat that is right and one that is shallow, with these labels.
fn write_clips(folder: &Path, labels: [&str; 2]) {
    let shallow = Fault { kind: FaultKind::Shallow, side: None, repetitions: 1..=1, size: 40.0 };
    let mut manifest = "file,athlete,movement,label,split\n".to_owned();
    for (i, (faults, label)) in [vec![], vec![shallow]].into_iter().zip(labels).enumerate() {
        let set = Set { repetitions: 1, rate_hz: 30.0, faults, ..Set::new(Exercise::Squat) };
        agoge::formats::write_parquet(&folder.join(format!("{i}.parquet")), &set.simulate().recording).unwrap();
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
        "squat.safetensors: squat\nmade by prototype: a single clip of a kind leaves none to compare the ways on\n",
        "{}",
        text(&ran.stderr)
    );
    let shown = text(&run(folder.path(), &["model", "show", "squat.safetensors"]).stdout);
    assert!(shown.contains("movements   squat") && shown.contains("adapted from base"), "{shown}");
    let json = run(folder.path(), &["adapt", "--clips", ".", "--model", "squat.safetensors", "--json"]).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!((&json["way"], &json["movements"][0]), (&"prototype".into(), &"squat".into()));
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
