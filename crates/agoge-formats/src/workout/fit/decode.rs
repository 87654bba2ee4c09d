//! Decodes FIT bytes into messages: definitions, data, developer fields, compressed timestamps,
//! chained files, checksums.
//!
//! Follows the FIT protocol as published by Garmin. No length is trusted; decoding ends at a
//! message that is not complete.

use super::profile::{
    ACTIVITY, FIELD_DESCRIPTION, FILE_ID, RECORD, SESSION, TIMESTAMP, WORKOUT, WORKOUT_STEP,
};
use super::value::{FitValue, decode_value};
use std::collections::HashMap;

/// Most messages kept per file: eight weeks at one per second. Without a limit, a hostile file
/// could take a hundred times its size in memory.
const MOST_MESSAGES: usize = 5_000_000;

/// Kinds of messages that are kept: those needed for a completed or a planned workout.
const KEPT_KINDS: [u16; 6] = [FILE_ID, SESSION, RECORD, WORKOUT, WORKOUT_STEP, ACTIVITY];

/// A data message.
#[derive(Clone, Debug, Default)]
pub(super) struct FitMessage {
    /// The kind of message, by the profile's number.
    pub(super) kind: u16,
    /// Raw fields by number.
    pub(super) fields: Vec<(u8, FitValue)>,
    /// Scaled developer fields by name.
    pub(super) developer: Vec<(String, FitValue)>,
    /// Whether its definition is newer than the last message of its kind: then the sums of
    /// compressed fields start again.
    pub(super) redefined: bool,
}

impl FitMessage {
    fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.developer.is_empty()
    }

    /// The raw number of a field; NaN if it is not there.
    pub(super) fn field_number(&self, number: u8) -> f64 {
        self.fields
            .iter()
            .find(|(field, _)| *field == number)
            .map_or(f64::NAN, |(_, value)| value.number_or_nan())
    }
}

/// Where and how the bytes violate the format.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FitFault {
    pub(super) byte: usize,
    pub(super) what: String,
}

/// A field of a definition: number, size in bytes, type.
type FieldLayout = (u8, usize, u8);

/// The definition of a local message type.
#[derive(Default)]
struct MessageDefinition {
    kind: u16,
    big_endian: bool,
    fields: Vec<FieldLayout>,
    /// Number, size and developer index of each developer field.
    developer: Vec<(u8, usize, u8)>,
    /// Whether no message has used this definition yet.
    is_fresh: bool,
}

/// A developer's description of a field.
struct DeveloperField {
    name: String,
    kind: u8,
    scale: f64,
    offset: f64,
}

/// One of the FIT files chained in a file.
#[derive(Debug, Default)]
pub(super) struct FitFile {
    pub(super) messages: Vec<FitMessage>,
    /// What is wrong with it; the messages before a fault are valid.
    pub(super) faults: Vec<FitFault>,
}

/// Whether the bytes begin like a FIT file.
pub(in crate::workout) fn is_fit(start: &[u8]) -> bool {
    start.get(8..12) == Some(b".FIT")
}

/// Decodes the chained FIT files in `bytes`; the last may be truncated.
pub(super) fn decode_files(bytes: &[u8]) -> Vec<FitFile> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (part, next) = decode_file(bytes, at);
        parts.push(part);
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    parts
}

/// Decodes the FIT file that begins at byte `start`. Also returns where the next one begins; none
/// if decoding cannot go on.
fn decode_file(bytes: &[u8], start: usize) -> (FitFile, Option<usize>) {
    let mut part = FitFile::default();
    let rest = bytes.get(start..).unwrap_or_default();
    let header = usize::from(rest.first().copied().unwrap_or(0));
    if header < 12 || rest.len() < header || !is_fit(rest) {
        part.faults.push(FitFault { byte: start, what: "no FIT header".into() });
        return (part, None);
    }
    let size = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
    let end = header.saturating_add(size);
    let cut = end.saturating_add(2) > rest.len();
    let header_crc = if header >= 14 { u16::from_le_bytes([rest[12], rest[13]]) } else { 0 };
    if header_crc != 0 && header_crc != crc16(0, &rest[..12]) {
        part.faults
            .push(FitFault { byte: start + 12, what: "the header's checksum is wrong".into() });
    }
    let mut reader = MessageReader {
        bytes: rest,
        at: header,
        end: end.min(rest.len()),
        time: 0,
        ..MessageReader::default()
    };
    while reader.at < reader.end {
        match reader.decode_message() {
            Ok(Some(message)) if part.messages.len() == MOST_MESSAGES => {
                let what = format!(
                    "more than {MOST_MESSAGES} messages (the last is of type {})",
                    message.kind
                );
                part.faults.push(FitFault { byte: start + reader.at, what });
                return (part, None);
            }
            Ok(Some(message)) if KEPT_KINDS.contains(&message.kind) && !message.is_empty() => {
                part.messages.push(message)
            }
            Ok(_) => {}
            Err(what) => {
                part.faults.push(FitFault { byte: start + reader.at, what });
                return (part, None);
            }
        }
    }
    if cut {
        let what = format!(
            "the file ends before the {size} bytes that its header promises and their checksum"
        );
        part.faults.push(FitFault { byte: bytes.len(), what });
        return (part, None);
    }
    if crc16(0, &rest[..end]) != u16::from_le_bytes([rest[end], rest[end + 1]]) {
        part.faults.push(FitFault {
            byte: start + end,
            what: "the checksum is wrong: some bytes are not as they were written".into(),
        });
    }
    (part, Some(start + end + 2))
}

/// CRC-16 (polynomial 0xA001, reflected), as the FIT protocol requires.
pub(super) fn crc16(seed: u16, bytes: &[u8]) -> u16 {
    const NIBBLES: [u16; 16] = [
        0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401, 0xA001, 0x6C00, 0x7800,
        0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
    ];
    bytes.iter().fold(seed, |crc, byte| {
        let low = (crc >> 4) ^ NIBBLES[usize::from((crc ^ u16::from(*byte)) & 15)];
        (low >> 4) ^ NIBBLES[usize::from((low ^ u16::from(*byte >> 4)) & 15)]
    })
}

/// Decodes messages one after the other.
#[derive(Default)]
struct MessageReader<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    /// FIT time of the last message, s: the base of compressed timestamps.
    time: u32,
    definitions: HashMap<u8, MessageDefinition>,
    /// Developer fields by developer index and number.
    developer_fields: HashMap<(u8, u8), DeveloperField>,
}

impl<'a> MessageReader<'a> {
    /// The next `count` bytes.
    fn take_bytes(&mut self, count: usize) -> Result<&'a [u8], String> {
        let end = self.at.saturating_add(count);
        if end > self.end {
            return Err("the file ends in a message".into());
        }
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn take_byte(&mut self) -> Result<u8, String> {
        Ok(self.take_bytes(1)?[0])
    }

    /// Decodes the next message; none if it is a definition.
    fn decode_message(&mut self) -> Result<Option<FitMessage>, String> {
        let begin = self.at;
        let header = self.take_byte()?;
        let message = if header & 0x80 != 0 {
            self.decode_data((header >> 5) & 3, Some(header & 31)).map(Some)
        } else if header & 0x40 != 0 {
            self.decode_definition(header & 15, header & 0x20 != 0).map(|()| None)
        } else {
            self.decode_data(header & 15, None).map(Some)
        };
        if message.is_err() {
            self.at = begin;
        }
        message
    }

    /// Decodes the definition of a local message type.
    fn decode_definition(&mut self, local: u8, with_developer: bool) -> Result<(), String> {
        self.take_byte()?;
        let big_endian = self.take_byte()? == 1;
        let kind = self.take_bytes(2)?;
        let kind = [kind[0], kind[1]];
        let kind = if big_endian { u16::from_be_bytes(kind) } else { u16::from_le_bytes(kind) };
        let mut layouts = || -> Result<Vec<FieldLayout>, String> {
            let count = usize::from(self.take_byte()?);
            let fields = self.take_bytes(count * 3)?;
            Ok(fields
                .chunks_exact(3)
                .map(|field| (field[0], usize::from(field[1]), field[2]))
                .collect())
        };
        let fields = layouts()?;
        let developer = if with_developer { layouts()? } else { Vec::new() };
        self.definitions.insert(
            local,
            MessageDefinition { kind, big_endian, fields, developer, is_fresh: true },
        );
        Ok(())
    }

    /// Decodes a data message; `offset` is the low five bits of a compressed timestamp.
    fn decode_data(&mut self, local: u8, offset: Option<u8>) -> Result<FitMessage, String> {
        // Taken out of the table while its fields are decoded, because both borrow the reader.
        let mut definition = self
            .definitions
            .remove(&local)
            .ok_or_else(|| format!("a message of the undefined local type {local}"))?;
        let message = self.decode_fields(&definition, offset);
        definition.is_fresh = false;
        self.definitions.insert(local, definition);
        let message = message?;
        if message.kind == FIELD_DESCRIPTION {
            self.add_developer_field(&message);
        }
        Ok(message)
    }

    /// Decodes the fields of a data message.
    fn decode_fields(
        &mut self,
        definition: &MessageDefinition,
        offset: Option<u8>,
    ) -> Result<FitMessage, String> {
        let mut message = FitMessage {
            kind: definition.kind,
            redefined: definition.is_fresh,
            ..FitMessage::default()
        };
        for &(number, size, kind) in &definition.fields {
            let value = decode_value(self.take_bytes(size)?, kind, definition.big_endian);
            if number == TIMESTAMP && value.number_or_nan().is_finite() {
                self.time = value.number_or_nan() as u32;
            }
            message.fields.push((number, value));
        }
        for &(number, size, index) in &definition.developer {
            let raw = self.take_bytes(size)?;
            let (name, scaled_value) = match self.developer_fields.get(&(index, number)) {
                Some(field) => {
                    let scaled = |v: f64| v / field.scale - field.offset;
                    let scaled_value = match decode_value(raw, field.kind, definition.big_endian) {
                        FitValue::Number(v) => FitValue::Number(scaled(v)),
                        FitValue::List(list) => {
                            FitValue::List(list.into_iter().map(scaled).collect())
                        }
                        text => text,
                    };
                    (field.name.clone(), scaled_value)
                }
                None => (
                    format!("developer_{index}_{number}"),
                    decode_value(raw, 13, definition.big_endian),
                ),
            };
            message.developer.push((name, scaled_value));
        }
        if let Some(offset) = offset {
            // The low five bits of the time; a number smaller than before means that they wrapped.
            let ahead = u32::from(offset).wrapping_sub(self.time & 31) & 31;
            self.time = self.time.wrapping_add(ahead);
            message.fields.push((TIMESTAMP, FitValue::Number(f64::from(self.time))));
        }
        Ok(message)
    }

    /// Stores a developer's description of a field.
    fn add_developer_field(&mut self, message: &FitMessage) {
        let [index, number, kind, scale, offset] =
            [0, 1, 2, 6, 7].map(|field| message.field_number(field));
        let name = message.fields.iter().find_map(|(field, value)| match value {
            FitValue::Text(text) if *field == 3 => Some(text.clone()),
            _ => None,
        });
        if !(0.0..256.0).contains(&index) || !(0.0..256.0).contains(&number) {
            return;
        }
        let (index, number) = (index as u8, number as u8);
        let described = DeveloperField {
            name: name.unwrap_or_else(|| format!("developer_{index}_{number}")),
            kind: if kind.is_nan() { 13 } else { kind as u8 },
            scale: if scale > 0.0 { scale } else { 1.0 },
            offset: if offset.is_finite() { offset } else { 0.0 },
        };
        self.developer_fields.insert((index, number), described);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_checksum_of_the_protocol() {
        // CRC-16/ARC of "123456789" is 0xBB3D (Greg Cook's catalogue of parametrised CRC
        // algorithms).
        assert_eq!(crc16(0, b"123456789"), 0xBB3D);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400), size in 0u8..60) {
            if bytes.len() > 14 {
                bytes[0] = 12 + size % 4;
                bytes[4..8].copy_from_slice(&u32::from(size).to_le_bytes());
                bytes[8..12].copy_from_slice(b".FIT");
            }
            decode_files(&bytes);
        }
    }
}
