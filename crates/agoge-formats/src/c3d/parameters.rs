//! The parameter section of a C3D file: groups of named arrays.

use super::BLOCK_BYTES;
use super::processor::Processor;
use crate::ReadError;
use crate::error::FileLocation;
use std::collections::HashMap;
use std::path::Path;

/// The values of a parameter.
enum ParameterValues {
    /// Texts, one per row of the last dimension.
    Texts(Vec<String>),
    /// Bytes, integers or floats, and the size of the first dimension.
    Numbers(Vec<f64>, usize),
}

/// All parameters, by group and name in upper case.
pub(super) struct C3dParameters(HashMap<(String, String), ParameterValues>);

/// Highest numbered continuation of an array (LABELS2, LABELS3…) that is looked for: enough for
/// 65 535 points.
const LAST_CONTINUATION: usize = 257;

impl C3dParameters {
    fn get(&self, group: &str, name: &str) -> Option<&ParameterValues> {
        self.0.get(&(group.to_owned(), name.to_owned()))
    }

    /// An array and its numbered continuations.
    fn with_continuations<'a>(
        &'a self,
        group: &'a str,
        name: &'a str,
    ) -> impl Iterator<Item = &'a ParameterValues> {
        let rest = (2..=LAST_CONTINUATION)
            .map_while(move |part| self.get(group, &format!("{name}{part}")));
        self.get(group, name).into_iter().chain(rest)
    }

    /// All texts of a parameter, trimmed.
    pub(super) fn all_texts(&self, group: &str, name: &str) -> Vec<String> {
        let mut all = Vec::new();
        for part in self.with_continuations(group, name) {
            if let ParameterValues::Texts(texts) = part {
                all.extend(texts.iter().cloned());
            }
        }
        all
    }

    /// The first text of a parameter.
    pub(super) fn first_text(&self, group: &str, name: &str) -> Option<String> {
        self.all_texts(group, name).into_iter().next()
    }

    /// All numbers of a parameter.
    pub(super) fn all_numbers(&self, group: &str, name: &str) -> Vec<f64> {
        let mut all = Vec::new();
        for part in self.with_continuations(group, name) {
            if let ParameterValues::Numbers(numbers, _) = part {
                all.extend(numbers);
            }
        }
        all
    }

    /// The size of a numeric array's first dimension.
    pub(super) fn first_dimension(&self, group: &str, name: &str) -> Option<usize> {
        match self.get(group, name)? {
            ParameterValues::Numbers(_, row) => Some(*row),
            ParameterValues::Texts(_) => None,
        }
    }

    /// The first number of a parameter.
    pub(super) fn first_number(&self, group: &str, name: &str) -> Option<f64> {
        self.all_numbers(group, name).into_iter().next()
    }
}

/// Reads the parameter section and the type of processor that wrote the file.
pub(super) fn read_parameters(
    path: &Path,
    bytes: &[u8],
) -> Result<(Processor, C3dParameters), ReadError> {
    let start = usize::from(bytes.first().copied().unwrap_or(0)).saturating_sub(1) * BLOCK_BYTES;
    let cut_off = |at: usize| {
        let what = "the parameter section is cut off or damaged";
        ReadError::bad_format(path, FileLocation::Byte(at), what, "copy or export the file again")
    };
    let byte = *bytes.get(start + 3).ok_or_else(|| cut_off(bytes.len()))?;
    let processor = Processor::from_byte(byte).ok_or_else(|| {
        let what = format!("processor type {byte} is not 84 (Intel), 85 (DEC) or 86 (MIPS)");
        ReadError::bad_format(path, FileLocation::Byte(start + 3), what, "is this a C3D file?")
    })?;

    let mut groups: HashMap<i8, String> = HashMap::new();
    let mut entries: Vec<(i8, String, ParameterValues)> = Vec::new();
    let mut at = start + 4;
    loop {
        let (Some(&length), Some(&id)) = (bytes.get(at), bytes.get(at + 1)) else {
            return Err(cut_off(at));
        };
        let (length, id) = (usize::from((length as i8).unsigned_abs()), id as i8);
        if length == 0 {
            break;
        }
        let name = bytes.get(at + 2..at + 2 + length).ok_or_else(|| cut_off(at))?;
        let name = trim_text(name).to_ascii_uppercase();
        let after_name = at + 2 + length;
        let next =
            usize::from(processor.read_u16(bytes, after_name).ok_or_else(|| cut_off(after_name))?);
        if id < 0 {
            groups.insert(id.wrapping_neg(), name);
        } else if id > 0 {
            let values = read_values(processor, bytes, after_name + 2)
                .ok_or_else(|| cut_off(after_name + 2))?;
            entries.push((id, name, values));
        }
        if next == 0 {
            break;
        }
        at = after_name + next;
    }
    // A parameter may come before its group.
    let named = entries
        .into_iter()
        .filter_map(|(id, name, values)| Some(((groups.get(&id)?.clone(), name), values)));
    Ok((processor, C3dParameters(named.collect())))
}

/// Reads the array that begins at byte `at`: element type, dimensions, elements. None if it does
/// not fit into the file.
fn read_values(processor: Processor, bytes: &[u8], at: usize) -> Option<ParameterValues> {
    let kind = *bytes.get(at)? as i8;
    let count = usize::from(*bytes.get(at + 1)?);
    let dimensions: Vec<usize> =
        bytes.get(at + 2..at + 2 + count)?.iter().map(|&d| usize::from(d)).collect();
    let elements = dimensions.iter().try_fold(1usize, |product, &d| product.checked_mul(d))?;
    let size = usize::from(kind.unsigned_abs()).max(1);
    let start = at + 2 + count;
    let data = bytes.get(start..start.checked_add(elements.checked_mul(size)?)?)?;
    let row = dimensions.first().copied().unwrap_or(1);
    Some(match kind {
        -1 => {
            let rows = data.len().checked_div(row).unwrap_or(0);
            ParameterValues::Texts(
                (0..rows).map(|k| trim_text(&data[k * row..(k + 1) * row])).collect(),
            )
        }
        2 => ParameterValues::Numbers(
            (0..elements).filter_map(|k| processor.read_i16(data, 2 * k)).map(f64::from).collect(),
            row,
        ),
        4 => ParameterValues::Numbers(
            (0..elements).filter_map(|k| processor.read_f32(data, 4 * k)).map(f64::from).collect(),
            row,
        ),
        _ => ParameterValues::Numbers(data.iter().map(|&b| f64::from(b as i8)).collect(), row),
    })
}

/// Text without its padding of blanks and zeros.
fn trim_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()
}
