//! A training that is killed continues as if it had not been.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "functions of tests fail by panicking")]

mod common;

use agoge::formats::{Manifest, ManifestRow};
use agoge::motion::simulate::{Exercise, SimulatedSet};
use common::{agoge, run, text};
use std::path::Path;
use std::process::Stdio;

/// A manifest of some simulated repetitions, `set/manifest.csv`.
fn manifest(folder: &Path) {
    let set = folder.join("set");
    std::fs::create_dir(&set).unwrap();
    let rows = (0..6u64)
        .map(|seed| {
            let exercise = if seed % 2 == 0 { Exercise::Squat } else { Exercise::OverheadReach };
            let simulation =
                SimulatedSet { repetitions: 1, rate_hz: 30.0, seed, ..SimulatedSet::new(exercise) }
                    .simulate();
            let file = format!("{seed}.parquet");
            agoge::formats::write_parquet(&set.join(&file), &simulation.recording).unwrap();
            ManifestRow {
                file: file.into(),
                athlete: (seed / 2).to_string(),
                movement: format!("{exercise:?}").to_lowercase(),
                label: Some(f32::from(u8::from(seed < 4))),
                split: None,
            }
        })
        .collect();
    Manifest { rows }.write_file(&set.join("manifest.csv")).unwrap();
}

/// Starts a training, kills it (SIGKILL) as soon as there is a checkpoint, and continues: the
/// weights are byte for byte those of an uninterrupted training.
fn killed_and_whole(command: &str) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    manifest(folder.path());
    let arguments = |out: &'static str| {
        [command, "set/manifest.csv", "--epochs", "60", "--quiet", "--out", out]
    };
    // The card's name is that of the file: both files have the same name, in different folders.
    std::fs::create_dir(at("whole")).unwrap();
    std::fs::create_dir(at("killed")).unwrap();
    let whole = run(folder.path(), &arguments("whole/model.safetensors"));
    assert!(whole.status.success(), "{}", text(&whole.stderr));

    let with = |out| [&arguments(out)[..], &["--checkpoint", "training"]].concat();
    let mut child = agoge()
        .args(with("killed/model.safetensors"))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !at("training").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended without a checkpoint");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!at("killed/model.safetensors").exists(), "it was killed too late to prove anything");

    let refused =
        run(folder.path(), &[&with("killed/model.safetensors")[..], &["--seed", "2"]].concat());
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("training: of another") && said.contains("hint: "), "{said}");

    let resumed = run(folder.path(), &with("killed/model.safetensors"));
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    let read = |name: &str| std::fs::read(at(name)).unwrap();
    assert!(read("whole/model.safetensors") == read("killed/model.safetensors"), "other weights");
    // Once it is finished, the same command produces the same weights again.
    assert!(run(folder.path(), &with("killed/model.safetensors")).status.success());
    assert!(read("whole/model.safetensors") == read("killed/model.safetensors"), "other weights");
}

#[test]
fn a_killed_pretraining_goes_on() {
    killed_and_whole("pretrain");
}

#[test]
fn a_killed_training_goes_on() {
    killed_and_whole("train");
}
