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

#[test]
fn movements_list() {
    insta::assert_snapshot!(printed(&["movements", "list"]));
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
