//! Shared by the whole-program tests.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use agoge::motion::Recording;
use agoge::motion::simulate::{Corruption, Exercise, SimulatedSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program.
pub(crate) fn agoge() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("agoge"))
}

/// Runs the program in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    agoge().args(arguments).current_dir(folder).output().expect("the program runs")
}

/// Output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("output is UTF-8")
}

/// A real file; none, with a message, if `AGOGE_TEST_DATA` is not set. If it is set, a missing file
/// fails the test.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("AGOGE_TEST_DATA") else {
        eprintln!("skipped: AGOGE_TEST_DATA is not set");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    assert!(path.exists(), "AGOGE_TEST_DATA is set, but {} is not there", path.display());
    // The program runs in a different folder from the test.
    Some(std::fs::canonicalize(&path).expect("the path exists"))
}

/// Three simulated squats with the noise of a good markerless system.
pub(crate) fn squats() -> Recording {
    let mut recording =
        SimulatedSet { repetitions: 3, rate_hz: 30.0, ..SimulatedSet::new(Exercise::Squat) }
            .simulate()
            .recording;
    Corruption { noise: 0.004, dropout: 0.02, swaps: 0.01, outliers: 0.0, seed: 1 }
        .apply_to(&mut recording);
    recording
}

/// Every file and folder below a folder, as sorted relative paths.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).into_iter().flatten().flatten() {
            found.push(entry.path().strip_prefix(folder).expect("below the folder").to_owned());
            if entry.path().is_dir() {
                open.push(entry.path());
            }
        }
    }
    found.sort();
    found
}
