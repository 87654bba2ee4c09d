//! Hostile weights files are rejected with an error naming the fault or tensor, and no allocation
//! exceeds the size of the file.
#![allow(
    unsafe_code,
    clippy::unwrap_used,
    reason = "a counting allocator; functions of tests fail by panicking"
)]

use agoge_model::EncoderSize;
use agoge_model::{Card, Model, weights};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Records the largest block requested.
struct Noting;

static LARGEST: AtomicUsize = AtomicUsize::new(0);
/// The allocator records for the whole process, so tests must run one at a time.
static ALONE: Mutex<()> = Mutex::new(());

// SAFETY: every call is forwarded to the system allocator.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: guaranteed by the caller.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: guaranteed by the caller.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static NOTING: Noting = Noting;

/// Size of blocks that are allocated regardless of the file (paths, messages, backend tables).
const SMALL: usize = 64 << 10;

fn model() -> Vec<u8> {
    let size = EncoderSize { width: 16, heads: 2, blocks: 2, feed_forward: 32, movements: 3 };
    let encoder = weights::seed_values(&size, 1);
    let movements = ["a", "b", "c"].map(str::to_owned).to_vec();
    Model::new(encoder, size, Card { name: "test".to_owned(), movements, ..Card::default() }, &[])
        .to_bytes()
        .unwrap()
}

/// Asserts that the file is rejected with a one-line message with a hint, and that no block was
/// larger than the file; returns the message.
fn refused(bytes: &[u8]) -> String {
    LARGEST.store(0, Ordering::Relaxed);
    let error = Model::from_bytes(bytes, "x").map(|_| ()).unwrap_err().to_string();
    let largest = LARGEST.load(Ordering::Relaxed);
    assert!(
        largest <= bytes.len().max(SMALL),
        "{largest} bytes at once for a file of {}: {error}",
        bytes.len()
    );
    assert!(
        error.contains("weights x: ") && error.contains("hint: ") && error.lines().count() == 1,
        "{error}"
    );
    error
}

/// Replaces a part of the file's header and corrects the header's length.
fn with_header(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    assert!(header.contains(from), "{from} is not in {header}");
    let header = header.replacen(from, to, 1);
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes[8 + length..]].concat()
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let _alone = ALONE.lock();
    let bytes = model();
    assert!(Model::from_bytes(&bytes, "x").is_ok());
    for part in 0..16 {
        assert!(
            refused(&bytes[..bytes.len() * part / 16]).contains("not a whole safetensors file"),
            "{part}/16"
        );
    }
    for cut in [1, 7, 8, 9, bytes.len() - 1] {
        assert!(refused(&bytes[..cut]).contains("not a whole safetensors file"), "cut at {cut}");
    }
    assert!(
        refused(&[bytes.as_slice(), &[0; 4]].concat()).contains("not a whole safetensors file")
    );
}

#[test]
fn a_header_of_any_length_is_refused() {
    let _alone = ALONE.lock();
    let bytes = model();
    let true_length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let sizes = [
        0,
        1,
        true_length - 1,
        true_length + 1,
        bytes.len() as u64,
        u64::from(u32::MAX),
        99_999_999,
    ];
    for length in sizes.into_iter().chain([1 << 40, i64::MAX as u64, u64::MAX]) {
        let mut hostile = bytes.clone();
        hostile[..8].copy_from_slice(&length.to_le_bytes());
        assert!(refused(&hostile).contains("not a whole safetensors file"), "{length}");
    }
}

#[test]
fn the_tensor_at_fault_is_named() {
    let _alone = ALONE.lock();
    let bytes = model();
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut broken = bytes.clone();
        let end = broken.len();
        broken[end - 4..].copy_from_slice(&value.to_le_bytes());
        let message = refused(&broken);
        assert!(message.contains("tensor ") && message.contains("is not a number"), "{message}");
    }
    let told = |from: &str, to: &str, words: &[&str]| {
        let message = refused(&with_header(&bytes, from, to));
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    };
    // 17 parts of 16 channels, with the dimensions swapped; then another type, another name, and
    // sizes that overflow.
    told(r#""shape":[17,16]"#, r#""shape":[16,17]"#, &["tensor parts", "[16, 17]", "[17, 16]"]);
    told(r#""parts":{"dtype":"F32""#, r#""parts":{"dtype":"I32""#, &["tensor parts", "I32"]);
    told(r#""parts":"#, r#""strap":"#, &["tensor parts is missing"]);
    told(
        r#""shape":[17,16]"#,
        r#""shape":[18446744073709551615,16]"#,
        &["not a whole safetensors file"],
    );
    told(
        r#""shape":[17,16]"#,
        r#""shape":[4294967296,4294967296]"#,
        &["not a whole safetensors file"],
    );
}

#[test]
fn other_versions_and_sizes_are_refused() {
    let _alone = ALONE.lock();
    let bytes = model();
    let told = |from: &str, to: &str, word: &str| {
        let message = refused(&with_header(&bytes, from, to));
        assert!(message.contains(word), "{message}");
    };
    told(r#"\"version\":3"#, r#"\"version\":2"#, "version 2 is not 3");
    told(r#"\"version\":3"#, r#"\"version\":-3"#, "agoge:");
    told(r#""agoge":"#, r#""other":"#, "the entry `agoge` is missing");
    let impossible = "sizes that no encoder has";
    for width in ["0", "15", "18", "1026", "18446744073709551615"] {
        told(r#"\"width\":16"#, &format!(r#"\"width\":{width}"#), impossible);
    }
    told(r#"\"heads\":2"#, r#"\"heads\":0"#, impossible);
    told(r#"\"movements\":3"#, r#"\"movements\":1000"#, impossible);
    // Sizes that are allowed but larger than the file.
    let small = "cannot hold the sizes it states";
    told(r#"\"width\":16"#, r#"\"width\":1024"#, small);
    told(r#"\"blocks\":2"#, r#"\"blocks\":24"#, small);
    told(r#"\"feed_forward\":32"#, r#"\"feed_forward\":4096"#, small);
    let movements = format!(r#"\"movements\":[{}]"#, vec![r#"\"\""#; 1000].join(","));
    let many = with_header(&bytes, r#"\"movements\":3"#, r#"\"movements\":1000"#);
    let many = with_header(&many, r#"\"movements\":[\"a\",\"b\",\"c\"]"#, &movements);
    assert!(refused(&many).contains(small));
    // A size that is allowed but does not match the tensors.
    told(r#"\"width\":16"#, r#"\"width\":12"#, "tensor ");
}
