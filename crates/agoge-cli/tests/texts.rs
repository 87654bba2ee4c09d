//! Snapshots of the terminal output. `INSTA_UPDATE=always cargo test -p agoge-cli --test texts`
//! accepts a change.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

mod common;

use common::{run, squats, text};

fn printed(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    agoge::formats::write_parquet(&folder.path().join("squats.parquet"), &squats()).unwrap();
    let ran = run(folder.path(), arguments);
    assert_eq!(ran.status.code(), Some(0), "{}", text(&ran.stderr));
    assert_eq!(text(&ran.stderr), "");
    text(&ran.stdout)
}

/// No snapshot: a movement is added by its file alone.
#[test]
fn movements_list() {
    let movements = agoge::kinematics::movement::bundled_movements();
    let list = printed(&["movements", "list"]);
    let rows: Vec<(&str, &str)> = list.lines().filter_map(|line| line.split_once("  ")).collect();
    let expected: Vec<(&str, &str)> =
        movements.iter().map(|m| (m.name.as_str(), m.title.as_str())).collect();
    assert_eq!(
        rows.iter().map(|(name, title)| (*name, title.trim())).collect::<Vec<_>>(),
        expected
    );
    assert!(rows.is_sorted(), "{list}");
    let columns = list.lines().zip(movements).map(|(line, m)| line.len() - m.title.len());
    assert!(columns.collect::<Vec<_>>().windows(2).all(|pair| pair[0] == pair[1]), "{list}");
}

#[test]
fn analyze_a_named_movement() {
    insta::assert_snapshot!(printed(&["analyze", "squats.parquet", "--movement", "squat"]));
}

/// The list of curves is compared with the catalogue, so that a curve can be added without a
/// snapshot.
#[test]
fn doctor() {
    let report = printed(&["doctor", "squats.parquet"]);
    let (before, rest) = report.split_once("Can be measured:\n").unwrap();
    let (list, after) = rest.split_once("\n\n").unwrap();
    let mut listed: Vec<&str> = list.lines().map(str::trim).collect();
    listed.sort_unstable();
    let mut known: Vec<String> = agoge::kinematics::movement::CURVES
        .iter()
        .filter(|curve| !curve.name.starts_with("sensor_"))
        .map(|curve| format!("{}{}", curve.name, if curve.sided { ", left and right" } else { "" }))
        .collect();
    known.sort_unstable();
    assert_eq!(listed, known);
    let shown = format!("{before}Can be measured:\n  (the list)\n\n{after}");
    insta::assert_snapshot!(shown);
}

#[test]
fn quiet_says_nothing() {
    assert_eq!(printed(&["analyze", "squats.parquet", "--movement", "squat", "--quiet"]), "");
}
