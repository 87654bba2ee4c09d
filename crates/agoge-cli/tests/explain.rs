//! `agoge explain` and `agoge norm` as a coach runs them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

mod common;

use agoge::formats::write_parquet;
use agoge::motion::Side;
use agoge::motion::simulate::{
    Corruption, Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet,
};
use common::{run, text};
use serde_json::Value;
use std::path::Path;

/// Writes simulated squats.
fn squats(path: &Path, faults: Vec<SimulatedFault>, seed: u64) {
    let height_m = 1.6 + 0.05 * seed as f64;
    let set = SimulatedSet {
        repetitions: 7,
        faults,
        seed,
        height_m,
        rate_hz: 30.0,
        ..SimulatedSet::new(Exercise::Squat)
    };
    // Without noise no joint moves sideways, and the file would be taken for one of a single
    // camera.
    let mut recording = set.simulate().recording;
    Corruption { noise: 0.002, seed, ..Corruption::default() }.apply_to(&mut recording);
    write_parquet(path, &recording).unwrap();
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fault = SimulatedFault {
        kind: SimulatedFaultKind::KneeInwardUp,
        side: Some(Side::Right),
        repetitions: 4..=7,
        size: 20.0,
    };
    squats(&folder.path().join("faulty.parquet"), vec![fault], 1);
    let mut manifest = "file,athlete,movement,label,split\n".to_owned();
    for seed in 2..=5 {
        squats(&folder.path().join(format!("clean{seed}.parquet")), Vec::new(), seed);
        manifest += &format!("clean{seed}.parquet,athlete {seed},squat,1,\n");
    }
    std::fs::write(folder.path().join("manifest.csv"), manifest).unwrap();
    folder
}

#[test]
fn beside_a_recording_a_squad_a_norm_and_oneself() {
    let folder = folder();
    let made = run(
        folder.path(),
        &["norm", "manifest.csv", "--source", "our squad", "--out", "squad.json"],
    );
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("28 repetitions of 4 athletes"), "{}", text(&made.stdout));
    for reference in [
        &["clean2.parquet"][..],
        &["clean2.parquet", "clean3.parquet", "clean4.parquet"],
        &["squad.json"],
        &["own"],
    ] {
        let arguments =
            [&["explain", "faulty.parquet", "-m", "squat", "--json", "--reference"], reference]
                .concat();
        let ran = run(folder.path(), &arguments);
        assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
        let why: Value = serde_json::from_slice(&ran.stdout).unwrap();
        let first = &why["changes"][0];
        assert_eq!(
            (&first["joint"], &first["phase"]),
            (&"right_knee".into(), &"ascent".into()),
            "{reference:?}: {why}"
        );
        assert!(
            why["gate"]["insertion"].is_number() && why["gate"]["withheld"].is_null(),
            "{reference:?}"
        );
    }
    let page =
        std::fs::read_to_string(folder.path().join("agoge-report/faulty/report.html")).unwrap();
    assert!(page.contains("as the reference") && !page.contains("NaN"));
}

#[test]
fn in_two_languages() {
    let folder = folder();
    let said = |language: &str| {
        let arguments = [
            "explain",
            "faulty.parquet",
            "-m",
            "squat",
            "--reference",
            "clean2.parquet",
            "--lang",
            language,
        ];
        text(&run(folder.path(), &arguments).stdout).to_owned()
    };
    let english = said("en");
    assert!(
        english.contains("Right knee valgus ") && english.contains("° where the reference has"),
        "{english}"
    );
    assert!(
        said("zh").contains("右膝内扣（额状面） ") && said("zh").contains("°，参照为"),
        "{}",
        said("zh")
    );
}

#[test]
fn what_cannot_serve_as_a_reference_is_refused_in_one_line() {
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "old.json",
        r#"[{"schema":"agoge.norm/0","source":"","movement":"squat","athletes":1,"repetitions":1,"phases":[],"aspects":[]}]"#,
    );
    write(
        "lunge.json",
        r#"[{"schema":"agoge.norm/1","source":"","movement":"lunge","athletes":1,"repetitions":1,"phases":[],"aspects":[]}]"#,
    );
    write("cut.json", r#"[{"schema":"agoge.norm/1","source":"#);
    for (reference, what) in [
        ("old.json", "agoge.norm/0"),
        ("lunge.json", "no norm of `squat`"),
        ("cut.json", "EOF"),
        ("none.parquet", "none.parquet"),
    ] {
        let ran = run(
            folder.path(),
            &["explain", "faulty.parquet", "-m", "squat", "--reference", reference],
        );
        let line = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{reference}: {line}");
        assert!(
            line.starts_with("error: ") && line.lines().count() == 1 && line.contains("; hint: "),
            "{line}"
        );
        assert!(line.contains(what), "{line}");
    }
    // Having nothing to explain is not an error.
    let ran = run(folder.path(), &["explain", "clean2.parquet", "-m", "biceps_curl"]);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert!(text(&ran.stdout).contains("Nothing to explain"), "{}", text(&ran.stdout));
}
