//! Determines a file's format from its content; the extension is ignored.

use crate::json::{self, JsonOutline};
use crate::registry::{FormatRow, Recogniser};
use crate::text::TextStart;
use crate::{Format, ReadError, list_formats};
use std::path::Path;

/// The error for content of no supported format.
pub(crate) fn refuse_content(path: &Path, reason: impl Into<String>) -> ReadError {
    ReadError::NotUnderstood { path: path.to_owned(), reason: reason.into() }
}

/// Whether the first character that is not blank opens a JSON object or list.
pub(crate) fn starts_as_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    matches!(start.iter().find(|b| !b.is_ascii_whitespace()), Some(b'{' | b'['))
}

/// The first format whose recogniser accepts.
fn find_format(accepts: impl Fn(Recogniser) -> bool) -> Option<Format> {
    list_formats().iter().find(|row| accepts(row.recogniser)).map(|row: &FormatRow| row.format)
}

/// The format of a JSON file, from its outermost keys.
pub(crate) fn json_format(path: &Path, bytes: &[u8]) -> Result<Format, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let outline: JsonOutline = json::parse_json(path, bytes)?;
    if outline.is_empty {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let has_own_key = |recogniser| match recogniser {
        Recogniser::ObjectKey(key) => !outline.is_list && outline.has_key(key),
        Recogniser::ListKey(key) => outline.is_list && outline.has_key(key),
        _ => false,
    };
    let is_other = |recogniser| match recogniser {
        Recogniser::OtherJson(is_format) => is_format(&outline),
        _ => false,
    };
    find_format(has_own_key).or_else(|| find_format(is_other)).ok_or_else(|| {
        let some: Vec<String> =
            outline.keys.iter().take(5).map(|key| crate::error::quote_text(key)).collect();
        refuse_content(path, format!("JSON with the keys {}", some.join(", ")))
    })
}

/// The format of anything but JSON, from its first bytes.
pub(crate) fn format_from_bytes(path: &Path, start: &[u8]) -> Result<Format, ReadError> {
    let is_binary = |recogniser| match recogniser {
        Recogniser::Binary(is_format) => is_format(start),
        _ => false,
    };
    if let Some(format) = find_format(is_binary) {
        return Ok(format);
    }
    if let Some(reason) = foreign_file_kind(start) {
        return Err(refuse_content(path, reason));
    }
    let text = String::from_utf8_lossy(start);
    let Some(lines) = TextStart::parse_start(&text) else {
        return Err(refuse_content(path, "only blanks"));
    };
    let is_text = |recogniser| match recogniser {
        Recogniser::Text(is_format) => is_format(&lines),
        _ => false,
    };
    find_format(is_text).ok_or_else(|| match start.contains(&0) {
        true => refuse_content(path, "binary data of an unknown kind"),
        false => refuse_content(path, "text without a header that names joints, axes and units"),
    })
}

/// Names common kinds of file that are not recordings, so that the error message can say what the
/// file is.
fn foreign_file_kind(start: &[u8]) -> Option<&'static str> {
    let at = |from: usize, magic: &[u8]| start.get(from..from + magic.len()) == Some(magic);
    match () {
        () if at(4, b"ftyp") => Some("a picture"),
        () if at(8, b".FIT") => Some("a FIT workout, which has no joint positions"),
        () if at(0, b"PK\x03\x04") => {
            Some("a ZIP archive or spreadsheet (unpack it, or save it as CSV)")
        }
        () if at(0, b"\x1f\x8b") => Some("a gzip archive (unpack it)"),
        () if at(0, b"\x89PNG") || at(0, b"\xff\xd8\xff") => Some("a picture"),
        () if at(0, b"%PDF") => Some("a PDF"),
        () if at(0, b"<") => Some("XML or HTML"),
        () => None,
    }
}
