//! Tests the importers on the real datasets in `AGOGE_TEST_DATA`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "functions of tests fail by panicking")]

mod common;

use agoge_formats::dataset::{Dataset, ImportSummary, import_dataset};
use agoge_formats::{Manifest, ReadOptions, Split, read_recording};
use agoge_motion::{Part, Recording};
use common::data;
use std::collections::BTreeSet;
use std::path::Path;

fn imported(kind: Dataset, folder: &str, dest: &Path) -> Option<(ImportSummary, Manifest)> {
    let src = data(folder)?;
    let mut told = (0, 0);
    let summary = import_dataset(kind, &src, dest, &mut |done, total| told = (done, total))
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(told, (summary.recordings, summary.recordings));
    let manifest = Manifest::read_file(&summary.manifest).unwrap();
    assert_eq!(manifest.rows.len(), summary.recordings);
    eprintln!(
        "{}: {} recordings, {} frames, {} kB",
        kind.name(),
        summary.recordings,
        summary.frames,
        summary.bytes / 1000
    );
    Some((summary, manifest))
}

fn open(dest: &Path, manifest: &Manifest, file: &str) -> Recording {
    assert!(manifest.rows.iter().any(|row| row.file == Path::new(file)), "{file}");
    read_recording(&dest.join(file), &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn at(recording: &Recording, part: Part) -> [f64; 3] {
    recording.position_at(0, recording.skeleton.joint_for_part(part).unwrap())
}

/// Asserts that the athlete stands upright and that left is left: the toes point forward such that
/// left, up and forward are a right-handed frame.
fn assert_upright_and_right_handed(recording: &Recording) {
    let (left, right) = (at(recording, Part::LeftShoulder), at(recording, Part::RightShoulder));
    let (toe, ankle) = (at(recording, Part::LeftBigToe), at(recording, Part::LeftAnkle));
    assert!((0.9..1.6).contains(&(left[1] - ankle[1])), "{left:?} {ankle:?}");
    let forward = [toe[0] - ankle[0], toe[2] - ankle[2]];
    // Up × forward = left.
    assert!((left[0] - right[0]) * forward[1] - (left[2] - right[2]) * forward[0] > 0.0);
}

#[test]
fn ui_prmd_kinect() {
    let dest = tempfile::tempdir().unwrap();
    let Some((summary, manifest)) = imported(Dataset::UiPrmdKinect, "ui-prmd", dest.path()) else {
        return;
    };
    assert_eq!(summary.frames, 137_571, "every row of the set");
    let movements: BTreeSet<&str> = manifest.rows.iter().map(|row| row.movement.as_str()).collect();
    let athletes: BTreeSet<&str> = manifest.rows.iter().map(|row| row.athlete.as_str()).collect();
    assert_eq!((movements.len(), athletes.len()), (10, 9));
    assert!(manifest.rows.iter().all(|row| row.label.is_some() && row.split.is_none()));
    assert!(summary.bytes < 60_000_000, "{} bytes", summary.bytes);
    let recording = open(dest.path(), &manifest, "deep_squat/s1_r01_correct.parquet");
    // First row of the dataset: the waist at −175, 4280, −11794 units of 0.2 mm.
    let waist = at(&recording, Part::Pelvis);
    [-0.035, 0.856, -2.3588]
        .into_iter()
        .zip(waist)
        .for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{waist:?}"));
    assert_upright_and_right_handed(&recording);
    assert!((recording.rate_hz() - 30.0).abs() < 1e-9);
}

#[test]
fn utd_mhad() {
    let dest = tempfile::tempdir().unwrap();
    let Some((summary, manifest)) = imported(Dataset::UtdMhad, "utd-mhad", dest.path()) else {
        return;
    };
    assert_eq!(summary.frames, 50_623, "every row of the set");
    let test: BTreeSet<&str> = manifest
        .rows
        .iter()
        .filter(|row| row.split == Some(Split::Test))
        .map(|row| row.athlete.as_str())
        .collect();
    assert_eq!(test.into_iter().collect::<Vec<_>>(), ["s2", "s4", "s6"]);
    let wave = open(dest.path(), &manifest, "wave/s1_t1.parquet");
    assert_eq!(wave.channels.len(), 6);
    assert!(wave.channels.iter().all(|c| c.part == Some(Part::RightWrist) && c.rate_hz == 50.0));
    assert_upright_and_right_handed(&wave);
    let squat = open(dest.path(), &manifest, "squat/s1_t1.parquet");
    assert_eq!(squat.channels[0].part, Some(Part::RightKnee));
    // Both were recorded together, so they last equally long: 250 samples at 50 Hz.
    assert!(
        (squat.duration_s() - 249.0 / 50.0).abs() < 1e-9,
        "{} s of skeleton",
        squat.duration_s()
    );
}

#[test]
fn pose_trainer() {
    let dest = tempfile::tempdir().unwrap();
    let Some((summary, manifest)) = imported(Dataset::PoseTrainer, "pose-trainer", dest.path())
    else {
        return;
    };
    assert_eq!(summary.frames, 5455, "every row of the set");
    let recording = open(dest.path(), &manifest, "front_raise/frontraise_bad_1.parquet");
    let nose = at(&recording, Part::Nose);
    assert!((nose[0] - 264.455).abs() < 1e-4 && (nose[1] + 27.1439).abs() < 1e-4, "{nose:?}");
    let row = manifest
        .rows
        .iter()
        .find(|row| row.file == Path::new("front_raise/frontraise_bad_1.parquet"))
        .unwrap();
    assert_eq!((row.label, row.athlete.as_str()), (Some(0.0), "unknown"));
}

#[test]
fn a_failed_import_leaves_no_manifest() {
    let dest = tempfile::tempdir().unwrap();
    std::fs::write(dest.path().join("manifest.csv"), "old").unwrap();
    let error = import_dataset(Dataset::UtdMhad, Path::new("nowhere"), dest.path(), &mut |_, _| {})
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("cannot read: ") && error.contains("; hint: "), "{error}");
    assert!(!dest.path().join("manifest.csv").exists());
}
