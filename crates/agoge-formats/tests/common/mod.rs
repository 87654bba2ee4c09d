//! Shared by the test binaries.

use std::path::PathBuf;

/// The path of a real file; none, with a message, if `AGOGE_TEST_DATA` is not set. If it is set but
/// the file is missing, the test fails.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("AGOGE_TEST_DATA") else {
        eprintln!("skipped: AGOGE_TEST_DATA is not set");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    assert!(path.exists(), "AGOGE_TEST_DATA is set, but {} is not there", path.display());
    Some(path)
}
