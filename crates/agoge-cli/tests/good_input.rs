//! The main task on real recordings (from `AGOGE_TEST_DATA`), and that the same input always gives
//! the same bytes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

mod common;

use common::{agoge, below, data, run, squats, text};
use serde_json::Value;
use std::path::Path;

/// Analyses one file, checks everything that holds for every good input, and returns its
/// analysis.json.
fn analyzed(folder: &Path, input: &Path, more: &[&str]) -> Value {
    let input = input.to_str().unwrap();
    let ran = run(folder, &[&["analyze", input, "--out", "out"], more].concat());
    assert_eq!(ran.status.code(), Some(0), "{input}: {}", text(&ran.stderr));
    assert_eq!(text(&ran.stderr), "", "{input}");
    let stem = Path::new(input).file_stem().unwrap();
    let out = folder.join("out").join(stem);
    for file in below(&out) {
        assert!(!file.to_string_lossy().ends_with(".tmp"), "{file:?} was left behind");
    }
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(
        !page.contains("http://") && !page.contains("https://") && !page.contains("NaN°"),
        "{input}"
    );
    assert!(!page.contains("class=\"simulated\""), "{input} is not simulated");
    let rows = std::fs::read_to_string(out.join("repetitions.csv")).unwrap();
    let analysis: Value =
        serde_json::from_slice(&std::fs::read(out.join("analysis.json")).unwrap()).unwrap();
    assert_eq!(
        rows.lines().count(),
        1 + analysis["repetitions"].as_array().unwrap().len(),
        "{input}"
    );
    assert_eq!(analysis["input"]["source"]["simulated"], false);
    analysis
}

#[test]
fn motion_capture() {
    let folder = tempfile::tempdir().unwrap();
    // Frames and rates as in the files' headers; sprintbasket has markers on a wheelchair, which
    // are not body parts.
    for (name, frames, rate, measurable) in
        [("mocap/markers.trc", 93, 100.0, true), ("mocap/sprintbasket.c3d", 3678, 120.0, false)]
    {
        let Some(path) = data(name) else { return };
        let analysis = analyzed(folder.path(), &path, &[]);
        assert_eq!(analysis["input"]["frames"], frames, "{name}");
        assert!((analysis["input"]["rate_hz"].as_f64().unwrap() - rate).abs() < 0.1, "{name}");
        let refused = analysis["refused"].as_array().unwrap();
        assert_eq!(!refused.iter().any(|one| one["name"] == "pelvis_height"), measurable, "{name}");
    }
}

#[test]
fn one_trial_by_three_pose_networks_is_the_same_view() {
    let folder = tempfile::tempdir().unwrap();
    for network in ["BP", "OP", "AP"] {
        let Some(path) = data(&format!("keraal/G3-{network}-CTK-P1T1-Unknown-C-0.json")) else {
            return;
        };
        let analysis = analyzed(folder.path(), &path, &[]);
        assert_eq!(analysis["input"]["view"], "frontal", "{network}");
        assert!(
            (6.0..8.0).contains(&analysis["input"]["duration_s"].as_f64().unwrap()),
            "{network}"
        );
        // Knee flexion cannot be seen from the front: it is refused with the reason, not guessed.
        let refused = analysis["refused"].as_array().unwrap();
        assert!(
            refused.iter().any(|one| one["name"] == "knee_flexion" && one["reason"] != ""),
            "{network}"
        );
    }
}

#[test]
fn an_openpose_folder_of_shoulder_presses() {
    let Some(set) = data("pose-trainer") else { return };
    let folder = tempfile::tempdir().unwrap();
    let imported =
        run(folder.path(), &["import", "pose-trainer", set.to_str().unwrap(), "set", "--quiet"]);
    assert_eq!(imported.status.code(), Some(0), "{}", text(&imported.stderr));
    let manifest =
        agoge::formats::Manifest::read_file(&folder.path().join("set/manifest.csv")).unwrap();
    let row = manifest
        .rows
        .iter()
        .find(|row| row.movement.contains("press"))
        .expect("there is a shoulder press");
    let recording = agoge::read_input(
        &folder.path().join("set").join(&row.file),
        &agoge::AnalysisOptions::default(),
        &|_, _| (),
    )
    .unwrap()
    .recording;
    agoge::formats::write_openpose(&folder.path().join("press"), &recording).unwrap();
    let analysis =
        analyzed(folder.path(), &folder.path().join("press"), &["--movement", "shoulder_press"]);
    assert_eq!(analysis["input"]["source"]["format"], "openpose-json");
    assert_eq!(analysis["input"]["skeleton"], "OpenPose-18");
    assert_eq!(analysis["movement"]["how"], "given");
    assert!(!analysis["repetitions"].as_array().unwrap().is_empty());
}

#[test]
fn the_same_bytes_on_every_run_and_with_one_and_two_threads() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.parquet", "b.parquet"] {
        agoge::formats::write_parquet(&folder.path().join(name), &squats()).unwrap();
    }
    let mut first: Option<Vec<Vec<u8>>> = None;
    for (run, threads) in ["1", "2", "1", "2"].into_iter().enumerate() {
        let out = folder.path().join(run.to_string());
        let ran = agoge()
            .args([
                "analyze",
                "a.parquet",
                "b.parquet",
                "--movement",
                "squat",
                "--reference",
                "a.parquet",
                "--out",
            ])
            .arg(&out)
            .env("RAYON_NUM_THREADS", threads)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
        let files: Vec<Vec<u8>> = below(&out)
            .iter()
            .filter(|file| out.join(file).is_file())
            .map(|file| std::fs::read(out.join(file)).unwrap())
            .collect();
        assert!(files.len() >= 8, "two folders of report, analysis, repetitions and body");
        match &first {
            None => first = Some(files),
            Some(first) => assert!(files == *first, "run {run} with {threads} threads"),
        }
    }
}

#[test]
fn simulated_recordings_say_so_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    agoge::formats::write_parquet(&folder.path().join("squats.parquet"), &squats()).unwrap();
    let ran =
        run(folder.path(), &["analyze", "squats.parquet", "--movement", "squat", "--out", "out"]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert!(text(&ran.stdout).lines().next().unwrap().contains("[SIMULATED]"));
    let out = folder.path().join("out/squats");
    assert!(
        std::fs::read_to_string(out.join("report.html")).unwrap().contains("class=\"simulated\"")
    );
    let analysis: Value =
        serde_json::from_slice(&std::fs::read(out.join("analysis.json")).unwrap()).unwrap();
    assert_eq!(analysis["input"]["source"]["simulated"], true);

    let ran = run(folder.path(), &["demo", "--out", "demo"]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert_eq!(text(&ran.stdout).matches("[SIMULATED]").count(), 2);
    for movement in ["squat", "overhead_reach"] {
        let page =
            std::fs::read_to_string(folder.path().join("demo").join(movement).join("report.html"))
                .unwrap();
        assert!(page.contains("class=\"simulated\""), "{movement}");
    }
}

/// A sensor on the thigh: a second of rest, then six squats in which it tilts by 70 degrees.
#[test]
fn a_worn_sensor_alone() {
    let folder = tempfile::tempdir().unwrap();
    let angle = |t: f64| {
        let t = (t - 1.0).clamp(0.0, 18.0);
        35f64.to_radians() * (1.0 - (std::f64::consts::TAU * t / 3.0).cos())
    };
    let mut table = String::from("time_s,right_thigh_acc_x,right_thigh_acc_y,right_thigh_acc_z");
    table += ",right_thigh_gyr_x_rad/s,right_thigh_gyr_y_rad/s,right_thigh_gyr_z_rad/s\n";
    for sample in 0..1000 {
        let (t, step) = (f64::from(sample) / 50.0, 1e-4);
        let speed = (angle(t + step) - angle(t - step)) / (2.0 * step);
        table += &format!("{t},0,{},{},{speed},0,0\n", angle(t).cos(), -angle(t).sin());
    }
    let path = folder.path().join("thigh.csv");
    std::fs::write(&path, table).unwrap();
    let analysis = analyzed(folder.path(), &path, &[]);
    assert_eq!(
        (&analysis["movement"]["name"], &analysis["quality"]["verdict"]),
        (&"worn_sensor".into(), &"good".into())
    );
    let repetitions = analysis["repetitions"].as_array().unwrap();
    assert_eq!(repetitions.len(), 6);
    for repetition in repetitions {
        let tilt = repetition["metrics"]
            .as_array()
            .unwrap()
            .iter()
            .find(|metric| metric["name"] == "tilt")
            .unwrap();
        // The sensor measures nothing but gravity: which way it tilted is unknown, only where a
        // repetition begins.
        assert!((tilt["value"].as_f64().unwrap() - 70.0).abs() < 2.0, "{tilt}");
    }
    // The unit of acceleration, which the file does not state, was inferred from the value at rest.
    let notes = analysis["input"]["source"]["notes"].to_string();
    assert!(notes.contains("taken for g"), "{notes}");
    assert_eq!(analysis["refused"][0]["name"], "angles of the body");
}
