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

#[test]
fn doctor() {
    insta::assert_snapshot!(printed(&["doctor", "squats.parquet"]));
}

#[test]
fn quiet_says_nothing() {
    assert_eq!(printed(&["analyze", "squats.parquet", "--movement", "squat", "--quiet"]), "");
}
