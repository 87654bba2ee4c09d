//! Shared by the test binaries.

use std::path::PathBuf;

/// A real file; none, with a word, if `AGOGE_TEST_DATA` is not set. A file that is missing where it
/// is set fails the test.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("AGOGE_TEST_DATA") else {
        eprintln!("skipped: AGOGE_TEST_DATA is not set");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    assert!(path.exists(), "AGOGE_TEST_DATA is set, but {} is not there", path.display());
    Some(path)
}
