//! MOT and STO, OpenSim's tables of values over time: joint angles, forces, activations. They hold
//! no positions, so they are not recordings.

use crate::error::{FileLocation, quote_text};
use crate::options::MAX_VALUES;
use crate::text::{self, LineReader, TextStart};
use crate::{ReadError, write_atomic};
use std::io::{BufRead, Write};
use std::path::Path;

/// A table of named values over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MotTable {
    /// First line of the file, for example `Coordinates`.
    pub name: String,
    /// Whether angles are in degrees (otherwise radians); none if the file does not say.
    pub in_degrees: Option<bool>,
    /// Seconds, `[row]`.
    pub time: Vec<f64>,
    /// Names and values, `[column]` of `[row]`; NaN means missing.
    pub columns: Vec<(String, Vec<f64>)>,
}

impl MotTable {
    /// The values of the column with this name, `[row]`.
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, values)| values.as_slice())
    }
}

/// Whether a text begins like a MOT or STO file.
pub(crate) fn is_table(start: &TextStart) -> bool {
    let ends_header =
        |line: &str| line.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("endheader"));
    start.text.lines().any(ends_header)
}

/// Reads a MOT or STO file. Cells are separated by tabs, commas or blanks.
///
/// # Errors
/// [`ReadError::Io`], [`ReadError::Empty`], [`ReadError::TooLarge`], [`ReadError::Format`] with the
/// line at fault.
pub fn read_table(path: &Path) -> Result<MotTable, ReadError> {
    let file = std::fs::File::open(path).map_err(|e| ReadError::cannot_read(path, e))?;
    parse_table(path, std::io::BufReader::new(file))
}

/// Reads a MOT or STO table from lines of text.
pub(crate) fn parse_table(path: &Path, reader: impl BufRead) -> Result<MotTable, ReadError> {
    let mut lines = LineReader::new(path, reader);
    let mut table = MotTable::default();
    loop {
        let Some(line) = lines.next_filled()? else {
            let what = if lines.number == 0 { "the file is empty" } else { "no line endheader" };
            return Err(lines.error_at_line(what, "is this a MOT or STO file?"));
        };
        let line = line.trim_end_matches([',', '\t', ' ']).trim();
        if line.eq_ignore_ascii_case("endheader") {
            break;
        }
        if table.name.is_empty() {
            table.name = line.to_owned();
        }
        if let Some((_, value)) =
            line.split_once('=').filter(|(key, _)| key.trim().eq_ignore_ascii_case("inDegrees"))
        {
            table.in_degrees = Some(value.trim().eq_ignore_ascii_case("yes"));
        }
    }
    let labels = lines.next_filled()?.map(str::to_owned);
    let labels = labels.ok_or_else(|| {
        lines.error_at_line("no column names after endheader", "the file was cut off")
    })?;
    let mut names: Vec<&str> = split_row(&labels).collect();
    while names.last().is_some_and(|name| name.is_empty()) {
        names.pop();
    }
    if names.first().is_none_or(|name| !name.eq_ignore_ascii_case("time")) {
        return Err(lines.error_at_line("the first column is not time", "write time first"));
    }
    let names = text::unique_names(names.into_iter().map(str::to_owned));
    table.columns = names[1..].iter().map(|name| (name.clone(), Vec::new())).collect();
    let mut row: Vec<f64> = Vec::new();
    while let Some(line) = lines.next_filled()? {
        row.clear();
        let parsed: Result<Vec<f64>, String> =
            split_row(line).map(|cell| text::parse_number(cell, ',')).collect();
        row.extend(parsed.map_err(|what| lines.error_at_line(what, "each cell is a number"))?);
        if row.len() < names.len() || row[names.len()..].iter().any(|v| !v.is_nan()) {
            let what = format!("{} cells where {} columns are named", row.len(), names.len());
            return Err(lines.error_at_line(what, "the file was cut off or a delimiter is missing"));
        }
        if (table.time.len() + 1).saturating_mul(names.len()) > MAX_VALUES {
            let what = format!("more than {MAX_VALUES} values");
            return Err(ReadError::TooLarge { path: path.to_owned(), what });
        }
        table.time.push(row[0]);
        for ((_, values), &value) in table.columns.iter_mut().zip(&row[1..]) {
            values.push(value);
        }
    }
    match table.time.is_empty() {
        true => Err(ReadError::Empty { path: path.to_owned() }),
        false => Ok(table),
    }
}

/// Splits a row into cells: at tabs or commas where there are any, otherwise at blanks.
fn split_row(line: &str) -> Box<dyn Iterator<Item = &str> + '_> {
    match ['\t', ','].into_iter().find(|&delimiter| line.contains(delimiter)) {
        Some(delimiter) => Box::new(text::split_cells(line, delimiter)),
        None => Box::new(line.split_whitespace()),
    }
}

/// Writes angles in degrees (and lengths in metres) over time as a MOT file for OpenSim: time
/// first, tab-separated, missing values as `nan`.
///
/// The caller chooses the names: OpenSim drives a model only by its own coordinate names, such as
/// `knee_angle_r`.
///
/// # Errors
/// [`ReadError::Format`] if a column is not as long as `time`, [`ReadError::Io`].
///
/// ```
/// use agoge_formats::{read_table, write_mot};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("knee.mot");
/// write_mot(&path, &[0.0, 0.1], &[("knee_angle_r", &[12.5, f64::NAN])])?;
/// let table = read_table(&path)?;
/// assert_eq!((table.time.as_slice(), table.in_degrees), (&[0.0, 0.1][..], Some(true)));
/// let knee = table.column("knee_angle_r").unwrap();
/// assert!(knee[0] == 12.5 && knee[1].is_nan());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_mot(path: &Path, time: &[f64], columns: &[(&str, &[f64])]) -> Result<(), ReadError> {
    if let Some((name, values)) = columns.iter().find(|(_, values)| values.len() != time.len()) {
        let what = format!("{} values for {} times", values.len(), time.len());
        return Err(ReadError::bad_format(
            path,
            FileLocation::Field((*name).to_owned()),
            what,
            "give one value for each time",
        ));
    }
    if let Some((name, _)) =
        columns.iter().find(|(name, _)| name.is_empty() || name.contains(char::is_whitespace))
    {
        let what = format!("{} is no column name", quote_text(name));
        return Err(ReadError::bad_format(
            path,
            FileLocation::Whole,
            what,
            "names have no blanks, as in knee_angle_r",
        ));
    }
    write_atomic(path, |out| {
        let mut text = format!(
            "Coordinates\nversion=1\nnRows={}\nnColumns={}\ninDegrees=yes\n\n\
             Units are S.I. units (second, meters, Newtons, ...)\nAngles are in degrees.\n\nendheader\ntime",
            time.len(),
            columns.len() + 1
        );
        text.extend(columns.iter().map(|(name, _)| format!("\t{name}")));
        text.push('\n');
        for (row, t) in time.iter().enumerate() {
            text.push_str(&t.to_string());
            for value in columns.iter().filter_map(|(_, values)| values.get(row)) {
                text.push_str(&if value.is_nan() {
                    "\tnan".to_owned()
                } else {
                    format!("\t{value}")
                });
            }
            text.push('\n');
            out.write_all(text.as_bytes()).map_err(|e| ReadError::cannot_write(path, e))?;
            text.clear();
        }
        out.write_all(text.as_bytes()).map_err(|e| ReadError::cannot_write(path, e))
    })
}
