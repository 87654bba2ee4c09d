//! Shared by the test binaries.

use agoge_motion::Recording;
use std::path::PathBuf;

/// A real file; none, with a word, if `AGOGE_TEST_DATA` is not set. A file that is missing where it is set fails the test.
pub fn data(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("AGOGE_TEST_DATA") else {
        eprintln!("skipped: AGOGE_TEST_DATA is not set");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    assert!(path.exists(), "AGOGE_TEST_DATA is set, but {} is not there", path.display());
    Some(path)
}

/// Whether two recordings are the same bit for bit, NaN being equal to NaN.
#[allow(dead_code, reason = "not every test binary uses it")]
pub fn same(a: &Recording, b: &Recording) -> bool {
    let bits = |r: &Recording| -> Vec<u64> { r.position.iter().flatten().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect() };
    let channels = |r: &Recording| -> Vec<u64> { r.channels.iter().flat_map(|c| &c.values).map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect() };
    let heads = |r: &Recording| -> Vec<String> { r.channels.iter().map(|c| format!("{} {} {:?} {} {}", c.name, c.unit, c.part, c.rate_hz, c.start_s)).collect() };
    (&a.source, &a.skeleton, a.space, &a.time, &a.confidence) == (&b.source, &b.skeleton, b.space, &b.time, &b.confidence)
        && bits(a) == bits(b)
        && channels(a) == channels(b)
        && heads(a) == heads(b)
}
