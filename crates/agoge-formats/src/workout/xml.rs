//! XML reading shared by TCX and GPX: walks the elements one by one, and refuses document types,
//! entities and deep nesting, which could be an attack.

use crate::ReadError;
use crate::error::FileLocation;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::path::Path;

/// Deepest nesting that is followed; TCX and GPX need ten.
const DEEPEST_NESTING: usize = 64;

/// An event during the walk through a document.
pub(super) enum XmlNode<'a> {
    /// An element begins: its name without prefix, its attributes.
    Open(&'a str, &'a [(String, String)]),
    /// An element ends: its name and the text in it.
    Close(&'a str, &'a str),
}

/// Walks through a document and calls `meet` at the start and end of each element.
pub(super) fn walk_elements(
    path: &Path,
    bytes: &[u8],
    mut meet: impl FnMut(XmlNode) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let document = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&document);
    reader.config_mut().trim_text(true);
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let fault = |what: String| {
            ReadError::bad_format(
                path,
                FileLocation::Byte(at),
                what,
                "write the file again from the device or service",
            )
        };
        let event = reader.read_event().map_err(|e| fault(format!("broken XML: {e}")))?;
        match event {
            Event::DocType(_) => {
                // Entities declared in a document type can expand a few bytes to gigabytes;
                // workouts never need one.
                let hint = "remove the DOCTYPE; TCX and GPX have none";
                return Err(ReadError::bad_format(
                    path,
                    FileLocation::Byte(at),
                    "a document type declaration, which is refused",
                    hint,
                ));
            }
            Event::Start(ref element) | Event::Empty(ref element) => {
                let name = element.local_name().as_ref().to_owned();
                let attributes: Vec<(String, String)> = element
                    .attributes()
                    .filter_map(Result::ok)
                    .map(|attribute| {
                        let name = attribute.key.local_name().as_ref().to_owned();
                        (name, attribute.value.into_owned())
                    })
                    .collect();
                meet(XmlNode::Open(&name, &attributes))?;
                text.clear();
                if matches!(event, Event::Empty(_)) {
                    meet(XmlNode::Close(&name, ""))?;
                } else {
                    open.push(name);
                    if open.len() > DEEPEST_NESTING {
                        return Err(fault(format!(
                            "elements nested more than {DEEPEST_NESTING} deep"
                        )));
                    }
                }
            }
            Event::Text(ref piece) => text.push_str(piece),
            Event::CData(ref piece) => text.push_str(piece),
            Event::End(_) => {
                let name = open.pop().unwrap_or_default();
                meet(XmlNode::Close(&name, text.trim()))?;
                text.clear();
            }
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => {
                return Err(fault(format!(
                    "the file ends inside <{}>",
                    open.last().map_or("", String::as_str)
                )));
            }
            _ => {}
        }
    }
}

/// Parses the number in an element; NaN if it is empty.
pub(super) fn parse_number(path: &Path, element: &str, text: &str) -> Result<f64, ReadError> {
    if text.is_empty() {
        return Ok(f64::NAN);
    }
    text.parse().map_err(|_| {
        let what = format!("{} is no number", crate::error::quote_text(text));
        ReadError::bad_format(
            path,
            FileLocation::Field(element.to_owned()),
            what,
            "write the file again from the device or service",
        )
    })
}

/// Parses the instant in an element.
pub(super) fn parse_instant_element(
    path: &Path,
    element: &str,
    text: &str,
) -> Result<(f64, Option<f64>), ReadError> {
    super::parse_instant(text).ok_or_else(|| {
        let what = format!("{} is no time", crate::error::quote_text(text));
        ReadError::bad_format(
            path,
            FileLocation::Field(element.to_owned()),
            what,
            "times are written as 2026-03-31T17:05:09Z",
        )
    })
}
