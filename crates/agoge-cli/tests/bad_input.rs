//! Bad input: one clear line that says what, where and what to do; exit code 1; nothing written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

mod common;

use common::{below, run, squats, text};
use std::fmt::Write;
use std::path::Path;

const JOINTS: [&str; 8] = [
    "left_shoulder",
    "right_shoulder",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
];

/// A CSV of eight joints, with a number, or a given placeholder, in each cell.
fn csv(joints: &[&str], frames: usize, cell: &str) -> String {
    let mut table = "time_s".to_owned();
    for joint in joints {
        let _ = write!(table, ",{joint}_x_m,{joint}_y_m,{joint}_z_m");
    }
    table.push('\n');
    for frame in 0..frames {
        let _ = writeln!(
            table,
            "{}{}",
            frame as f64 / 30.0,
            format!(",{cell}").repeat(3 * joints.len())
        );
    }
    table
}

/// Analyses one input and checks everything that holds for every refusal; returns the line on
/// standard error.
fn refused(folder: &Path, input: &str) -> String {
    let ran = run(folder, &["analyze", input, "--out", "out"]);
    let line = text(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{input}: {line}");
    assert_eq!(text(&ran.stdout), "", "{input}");
    assert_eq!(line.lines().count(), 1, "{input}: {line}");
    assert!(
        line.starts_with("error: ") && line.contains("; hint: ") && line.contains(input),
        "{input}: {line}"
    );
    assert!(below(&folder.join("out")).is_empty(), "{input}: {:?}", below(&folder.join("out")));
    line
}

/// A sensor at rest.
fn sensor(unit: &str, samples: usize) -> String {
    let head = format!("time_s,acc_x,acc_y,acc_z,gyr_x{unit},gyr_y{unit},gyr_z{unit}\n");
    head + &(0..samples)
        .map(|sample| format!("{},0,9.81,0,0,0,0\n", sample as f64 / 50.0))
        .collect::<String>()
}

#[test]
fn files_in_which_there_is_nothing_to_analyse() {
    let folder = tempfile::tempdir().unwrap();
    let unknown: Vec<String> = (0..8).map(|number| format!("blob{number}")).collect();
    let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
    let cases: [(&str, String, &str); 13] = [
        ("empty.trc", String::new(), "nothing to read: the file or folder is empty"),
        ("empty.csv", String::new(), "nothing to read: the file or folder is empty"),
        (
            "text.json",
            "hello there".to_owned(),
            "not a recording that can be read: text without a header",
        ),
        ("picture.csv", "\u{89}PNG\r\n\u{1a}\n".to_owned(), "not a recording that can be read"),
        (
            "cut.json",
            "{\"people\": [{\"pose_keypoints_2d\": [1, 2".to_owned(),
            "the JSON ends too early in line 1",
        ),
        (
            "nan.csv",
            csv(&JOINTS, 60, "nan"),
            "nothing to analyse: no position is known in any of the 60 frames",
        ),
        (
            "blank.csv",
            csv(&JOINTS, 60, ""),
            "nothing to analyse: no position is known in any of the 60 frames",
        ),
        ("zero.csv", csv(&JOINTS, 0, "1"), "nothing to read: the file or folder is empty"),
        ("one.csv", csv(&JOINTS, 1, "1"), "nothing to analyse: a single frame is no movement"),
        (
            "unknown.csv",
            csv(&unknown, 60, "1"),
            "nothing to analyse: no joint is a known part of the body: \"blob0\"",
        ),
        ("units.csv", sensor("", 60), "the angular velocity of the sensor has no unit"),
        (
            "axis.csv",
            sensor("_deg/s", 60).replace("gyr_z_deg/s", "rest"),
            "the sensor has no column gyr_z",
        ),
        ("instant.csv", sensor("_deg/s", 1), "the sensor has one sample only"),
    ];
    for (name, content, expected) in cases {
        std::fs::write(folder.path().join(name), content).unwrap();
        let line = refused(folder.path(), name);
        assert!(line.contains(expected), "{name}: {line}");
    }
}

#[test]
fn frames_without_a_person() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("nobody.json"), r#"{"people": []}"#).unwrap();
    assert!(refused(folder.path(), "nobody.json").contains("no person in any frame"));
    std::fs::create_dir(folder.path().join("nobody")).unwrap();
    for frame in 0..5 {
        std::fs::write(
            folder.path().join(format!("nobody/a_{frame}_keypoints.json")),
            r#"{"people": []}"#,
        )
        .unwrap();
    }
    assert!(refused(folder.path(), "nobody").contains("no person in any frame"));
}

#[test]
fn paths_that_lead_to_no_recording() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(folder.path(), "nowhere.trc").contains("cannot read: "));
    std::fs::write(folder.path().join("file"), "x").unwrap();
    assert!(refused(folder.path(), "file/below.trc").contains("cannot read: "));
    std::fs::create_dir(folder.path().join("notes")).unwrap();
    assert!(
        refused(folder.path(), "notes").contains("nothing to read: the file or folder is empty")
    );
    std::fs::write(folder.path().join("notes/readme.txt"), "x").unwrap();
    assert!(
        refused(folder.path(), "notes")
            .contains("a folder without pictures (PNG, JPEG) or numbered JSON files")
    );
}

/// Every file format that Agoge writes, cut off in the middle.
#[test]
fn files_that_were_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let recording = squats();
    let path = |name: &str| folder.path().join(name);
    agoge::formats::write_trc(&path("cut.trc"), &recording).unwrap();
    agoge::formats::write_csv(&path("cut.csv"), &recording).unwrap();
    agoge::formats::write_parquet(&path("cut.parquet"), &recording).unwrap();
    for name in ["cut.trc", "cut.csv", "cut.parquet"] {
        let bytes = std::fs::read(path(name)).unwrap();
        std::fs::write(path(name), &bytes[..bytes.len() * 2 / 3]).unwrap();
        let line = refused(folder.path(), name);
        assert!(
            ["cells where", "parquet", "Parquet"].iter().any(|word| line.contains(word)),
            "{name}: {line}"
        );
    }
}

/// Ten million rows would be refused after the first million: reading is bounded, so the test's
/// file need not be longer.
#[test]
fn more_frames_than_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "time_s,left_knee_x_m,left_knee_y_m\n".to_owned();
    for row in 0..=agoge::formats::MAX_FRAMES {
        let _ = writeln!(table, "{row},1,2");
    }
    std::fs::write(folder.path().join("long.csv"), table).unwrap();
    assert!(refused(folder.path(), "long.csv").contains("too large: more than 1000000 frames"));
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.trc", "b.trc", "c.trc"] {
        agoge::formats::write_trc(&folder.path().join(name), &squats()).unwrap();
    }
    std::fs::write(folder.path().join("bad.trc"), "").unwrap();
    let ran = run(
        folder.path(),
        &["analyze", "a.trc", "bad.trc", "b.trc", "c.trc", "--movement", "squat"],
    );
    assert_eq!(ran.status.code(), Some(1));
    let line = text(&ran.stderr);
    assert!(line.lines().count() == 1 && line.contains("bad.trc"), "{line}");
    for name in ["a", "b", "c"] {
        assert!(
            folder.path().join("agoge-report").join(name).join("analysis.json").exists(),
            "{name}"
        );
    }
    assert!(!folder.path().join("agoge-report/bad").exists());
    assert_eq!(text(&ran.stdout).matches("3 complete repetitions.").count(), 3);
}

#[test]
fn json_says_what_failed_too() {
    let folder = tempfile::tempdir().unwrap();
    agoge::formats::write_trc(&folder.path().join("a.trc"), &squats()).unwrap();
    std::fs::write(folder.path().join("bad.trc"), "").unwrap();
    let ran = run(folder.path(), &["analyze", "bad.trc", "a.trc", "--json"]);
    assert_eq!(ran.status.code(), Some(1));
    let outcomes: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(outcomes[0]["error"].as_str().unwrap().contains("; hint: "));
    assert_eq!(outcomes[1]["analysis"]["schema"], "agoge.analysis/1");
}

#[test]
fn what_is_wrong_for_every_file_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.trc", "b.trc"] {
        agoge::formats::write_trc(&folder.path().join(name), &squats()).unwrap();
    }
    std::fs::write(folder.path().join("typo.toml"), "hieght_m = 1.8\n").unwrap();
    std::fs::write(folder.path().join("movement.toml"), "name = \"x\"\n").unwrap();
    for (arguments, expected) in [
        (["--movement", "sqat"], "there is no movement `sqat`"),
        (["--movement", "movement.toml"], "movement.toml"),
        (["--height", "178"], "height 178 m is not a person's standing height"),
        (["--config", "typo.toml"], "typo.toml: line 1: unknown field `hieght_m`"),
        (["--config", "none.toml"], "none.toml: No such file"),
        (["--reference", "none.trc"], "cannot read: "),
        (["--out", "a.trc"], "a.trc/a: "),
    ] {
        let inputs: &[&str] =
            if arguments[0] == "--out" { &["a.trc"] } else { &["a.trc", "b.trc"] };
        let ran = run(folder.path(), &[&["analyze"], inputs, &arguments[..]].concat());
        let line = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{arguments:?}: {line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(expected) && line.contains("hint: "), "{line}");
        assert!(!folder.path().join("agoge-report").exists(), "{arguments:?}");
    }
    let ran = run(folder.path(), &["analyze", "a.trc", "--time-range", "500", "600"]);
    let line = text(&ran.stderr);
    assert!(
        ran.status.code() == Some(1) && line.starts_with("error: no frame between 500 s and 600 s"),
        "{line}"
    );
    assert!(line.contains("; hint: ") && line.ends_with("file: a.trc\n"), "{line}");
}

#[test]
fn wrong_usage_is_exit_code_two() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["analyse", "a.trc"],
        &["analyze"],
        &["analyze", "a.trc", "--height", "tall"],
        &["analyze", "a.trc", "--time-range", "1"],
        &["analyze", "a.trc", "--quiet", "--verbose"],
        &["import", "no-such-set", "a", "b"],
        &["movements"],
    ] {
        let ran = run(folder.path(), arguments);
        assert_eq!(ran.status.code(), Some(2), "{arguments:?}: {}", text(&ran.stderr));
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{arguments:?}");
    }
    assert!(below(folder.path()).is_empty());
}

/// An option that a protocol takes no notice of would make its user believe in another figure.
#[test]
fn options_that_a_protocol_ignores_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, option) in [
        (&["planted", "--share", ".3", "--chain", "3", "--base", "/nonexistent"][..], "--base"),
        (&["planted", "--data", "sets"], "--data"),
        (&["keraal", "--seeds", "3"], "--seeds"),
        (&["pose-trainer", "--sets"], "--sets"),
        (&["ui-prmd", "--draws", "5"], "--draws"),
    ] {
        let run = run(folder.path(), &[&["evaluate"], arguments].concat());
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        let message = text(&run.stderr);
        assert!(message.contains(&format!("{option} has no meaning")), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}
