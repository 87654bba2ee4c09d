//! Reads lines and cells of text files one by one in bounded memory.

use crate::ReadError;
use crate::error::{FileLocation, quote_text};
use std::io::BufRead;
use std::path::Path;

/// Longest line that is read, bytes.
const LONGEST_LINE: u64 = 16 << 20;

/// Reads the lines of a text, without line endings or a byte-order mark.
pub(crate) struct LineReader<'a, R> {
    pub(crate) path: &'a Path,
    reader: R,
    /// Number of the line read last, counted from 1.
    pub(crate) number: usize,
    buffer: Vec<u8>,
    text: String,
}

impl<'a, R: BufRead> LineReader<'a, R> {
    pub(crate) fn new(path: &'a Path, reader: R) -> Self {
        LineReader { path, reader, number: 0, buffer: Vec::new(), text: String::new() }
    }

    /// The next line; none at the end.
    pub(crate) fn next_line(&mut self) -> Result<Option<&str>, ReadError> {
        self.buffer.clear();
        let mut limited = std::io::Read::take(&mut self.reader, LONGEST_LINE);
        let length = limited
            .read_until(b'\n', &mut self.buffer)
            .map_err(|e| ReadError::cannot_read(self.path, e))?;
        if length == 0 {
            return Ok(None);
        }
        self.number += 1;
        if length as u64 == LONGEST_LINE {
            return Err(self.error_at_line(
                format!("a line of more than {LONGEST_LINE} bytes"),
                "is this a text file?",
            ));
        }
        self.text.clear();
        self.text.push_str(&String::from_utf8_lossy(&self.buffer));
        let text = self.text.trim_end_matches(['\n', '\r']);
        Ok(Some(if self.number == 1 { text.trim_start_matches('\u{feff}') } else { text }))
    }

    /// The next line that is not blank (see [`is_blank`]).
    pub(crate) fn next_filled(&mut self) -> Result<Option<&str>, ReadError> {
        loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(line) if is_blank(line) => {}
                Some(_) => break,
            }
        }
        let text = self.text.trim_end_matches(['\n', '\r']);
        Ok(Some(text.trim_start_matches('\u{feff}')))
    }

    /// An error located at the line read last.
    pub(crate) fn error_at_line(&self, what: impl Into<String>, hint: &'static str) -> ReadError {
        ReadError::bad_format(self.path, FileLocation::Line(self.number), what, hint)
    }
}

/// The first lines of a text file.
pub(crate) struct TextStart<'a> {
    /// All of them, without a byte-order mark.
    pub(crate) text: &'a str,
    /// The first that is not blank.
    pub(crate) first_line: &'a str,
    /// The first cell of that line.
    pub(crate) first_cell: &'a str,
}

impl<'a> TextStart<'a> {
    /// The start of a text file; none if it is blank.
    pub(crate) fn parse_start(text: &'a str) -> Option<TextStart<'a>> {
        let text = text.trim_start_matches('\u{feff}');
        let first_line = text.lines().find(|line| !is_blank(line))?;
        let first_cell = split_cells(first_line, find_delimiter(first_line)).next().unwrap_or("");
        Some(TextStart { text, first_line, first_cell })
    }
}

/// Whether a line holds nothing but whitespace, commas and semicolons.
pub(crate) fn is_blank(line: &str) -> bool {
    line.chars().all(|c| c.is_whitespace() || matches!(c, ',' | ';'))
}

/// The delimiter of a header line: the most frequent of tab, semicolon and comma.
pub(crate) fn find_delimiter(header: &str) -> char {
    let count = |delimiter: char| header.matches(delimiter).count();
    ['\t', ';', ','].into_iter().max_by_key(|&delimiter| count(delimiter)).unwrap_or(',')
}

/// Splits a line into cells, without quotes and surrounding blanks.
pub(crate) fn split_cells(line: &str, delimiter: char) -> impl Iterator<Item = &str> {
    line.split(delimiter).map(|cell| cell.trim().trim_matches('"').trim())
}

/// Parses the number in a cell: NaN if the cell is empty or says `nan`, `na`, `null` or `none`.
/// With `;` as the delimiter, a comma is a decimal point.
pub(crate) fn parse_number(cell: &str, delimiter: char) -> Result<f64, String> {
    if cell.is_empty()
        || ["nan", "na", "null", "none"].iter().any(|word| cell.eq_ignore_ascii_case(word))
    {
        return Ok(f64::NAN);
    }
    let parsed = match delimiter {
        ';' if cell.contains(',') => cell.replacen(',', ".", 1).parse(),
        _ => cell.parse(),
    };
    parsed.map_err(|_| format!("{} is no number", quote_text(cell)))
}

/// Metres per unit of length; `None` for pixels.
pub(crate) fn metres_per_unit(unit: &str) -> Result<Option<f64>, String> {
    match unit.trim().to_ascii_lowercase().as_str() {
        "m" | "meters" | "metres" | "meter" | "metre" => Ok(Some(1.0)),
        "cm" => Ok(Some(0.01)),
        "mm" | "millimeters" | "millimetres" => Ok(Some(0.001)),
        "px" | "pixel" | "pixels" => Ok(None),
        other => Err(format!("unit {} is not one of m, cm, mm, px", quote_text(other))),
    }
}

/// Makes names unique: the second `a` becomes `a#2`; an empty name becomes `joint` and its
/// position, counted from 1.
pub(crate) fn unique_names(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = std::collections::HashMap::<String, usize>::new();
    let mut used: std::collections::HashSet<String> = Default::default();
    let mut unique = Vec::new();
    for (place, name) in names.into_iter().enumerate() {
        let name = if name.is_empty() { format!("joint{}", place + 1) } else { name };
        let mut candidate = name.clone();
        while !used.insert(candidate.clone()) {
            let count = seen.entry(name.clone()).or_insert(1);
            *count += 1;
            candidate = format!("{name}#{count}");
        }
        unique.push(candidate);
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_cells() {
        let mut lines =
            LineReader::new(Path::new("a"), "\u{feff}a;b\r\n;;\r\n\n 1,5 ;\"x\"".as_bytes());
        assert_eq!(lines.next_filled().unwrap(), Some("a;b"));
        assert_eq!(lines.next_filled().unwrap(), Some(" 1,5 ;\"x\""));
        assert_eq!(lines.number, 4);
        assert_eq!(split_cells(" 1,5 ;\"x\"", ';').collect::<Vec<_>>(), ["1,5", "x"]);
        assert_eq!(parse_number("1,5", ';'), Ok(1.5));
        assert!(parse_number("", ',').unwrap().is_nan());
        assert!(parse_number("1,5", '\t').is_err());
        assert!(lines.next_filled().unwrap().is_none());
    }

    #[test]
    fn names_become_unique() {
        let names = ["a", "a#2", "a", "", "a"].map(String::from);
        assert_eq!(unique_names(names), ["a", "a#2", "a#3", "joint4", "a#4"]);
    }
}
