//! The manifest of a set of recordings: for each file, which athlete performs which movement, and
//! how well.

use crate::error::{FileLocation, quote_text};
use crate::{ReadError, write_atomic};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The columns, in order.
const COLUMNS: [&str; 5] = ["file", "athlete", "movement", "label", "split"];

/// The part of an evaluation that a recording belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Used for training.
    Train,
    /// Used for model selection.
    Validation,
    /// Used for the final evaluation.
    Test,
}

/// One recording of a set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestRow {
    /// Path of the recording, relative to the manifest's folder.
    pub file: PathBuf,
    /// The athlete; an evaluation never has recordings of one athlete in both training and test.
    pub athlete: String,
    /// The movement's name, as in `deep_squat`.
    pub movement: String,
    /// How well the movement was done, 0 (incorrect) to 1 (correct); none if it was not judged.
    #[serde(with = "label")]
    pub label: Option<f32>,
    /// The part of the evaluation; none where the split is by athlete.
    pub split: Option<Split>,
}

impl ManifestRow {
    /// Whether the label is above 0.5; none if the movement was not judged.
    pub fn is_correct(&self) -> Option<bool> {
        self.label.map(|label| label > 0.5)
    }
}

/// Serde form of the label: `1` is correct, `0` incorrect, values between are partial; empty means
/// not judged.
mod label {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(super) fn serialize<S: Serializer>(label: &Option<f32>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&label.map_or(String::new(), |label| label.to_string()))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f32>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(None);
        }
        let label = text.parse().ok().filter(|label| (0.0..=1.0).contains(label));
        let fault = || format!("label {} is not 0 to 1 or empty", crate::error::quote_text(&text));
        label.map(Some).ok_or_else(|| D::Error::custom(fault()))
    }
}

/// A set of recordings, stored in `manifest.csv` with the columns file, athlete, movement, label
/// and split.
///
/// ```
/// use agoge_formats::Manifest;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("manifest.csv");
/// std::fs::write(&path, "file,athlete,movement,label,split\na.csv,Ada,squat,1,train\n")?;
/// let manifest = Manifest::read_file(&path)?;
/// assert_eq!(manifest.rows[0].is_correct(), Some(true));
/// manifest.write_file(&path)?;
/// assert_eq!(Manifest::read_file(&path)?, manifest);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// The recordings.
    pub rows: Vec<ManifestRow>,
}

impl Manifest {
    /// Reads and validates a manifest.
    ///
    /// # Errors
    /// [`ReadError::Io`]; [`ReadError::Empty`] if there are no rows; [`ReadError::Format`] with the
    /// line of an unknown or missing column, a bad value, an empty file name, or a file listed
    /// twice.
    pub fn read_file(path: &Path) -> Result<Manifest, ReadError> {
        let file = std::fs::File::open(path).map_err(|e| ReadError::cannot_read(path, e))?;
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(std::io::BufReader::new(file));
        let header = reader.headers().map_err(|e| csv_error(path, &e))?.clone();
        let hint = "the columns are file, athlete, movement, label, split";
        let names: Vec<&str> =
            header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        if let Some(unknown) = names.iter().find(|name| !COLUMNS.contains(name)) {
            return Err(ReadError::bad_format(
                path,
                FileLocation::Line(1),
                format!("unknown column {}", quote_text(unknown)),
                hint,
            ));
        }
        if let Some(missing) =
            COLUMNS.iter().find(|name| names.iter().filter(|other| other == name).count() != 1)
        {
            return Err(ReadError::bad_format(
                path,
                FileLocation::Line(1),
                format!("column {missing} must stand there once"),
                hint,
            ));
        }
        let header = csv::StringRecord::from(names);
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| csv_error(path, &e))?;
            let line = record.position().map_or(0, |p| p.line() as usize);
            let row: ManifestRow = record.deserialize(Some(&header)).map_err(|e| match e.kind() {
                csv::ErrorKind::Deserialize { err, .. } => {
                    let column = err.field().and_then(|k| header.get(k as usize));
                    let what =
                        column.map_or(err.kind().to_string(), |column| format!("column {column}: {}", err.kind()));
                    ReadError::bad_format(
                        path,
                        FileLocation::Line(line),
                        what,
                        "label is 0 (incorrect) to 1 (correct) or empty; split is train, validation, test or empty",
                    )
                }
                _ => csv_error(path, &e),
            })?;
            rows.push((line, row));
        }
        validate_rows(path, &rows)?;
        Ok(Manifest { rows: rows.into_iter().map(|(_, row)| row).collect() })
    }

    /// Validates the manifest and writes it.
    ///
    /// # Errors
    /// As [`Manifest::read_file`].
    pub fn write_file(&self, path: &Path) -> Result<(), ReadError> {
        let numbered: Vec<(usize, ManifestRow)> =
            self.rows.iter().cloned().enumerate().map(|(k, row)| (k + 2, row)).collect();
        validate_rows(path, &numbered)?;
        write_atomic(path, |out| {
            let mut writer = csv::Writer::from_writer(out);
            for row in &self.rows {
                writer.serialize(row).map_err(|e| csv_error(path, &e))?;
            }
            writer.flush().map_err(|e| ReadError::cannot_write(path, e))
        })
    }
}

/// Refuses a manifest without rows, with empty cells, or with a file listed twice.
fn validate_rows(path: &Path, rows: &[(usize, ManifestRow)]) -> Result<(), ReadError> {
    if rows.is_empty() {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let mut lines: HashMap<&Path, usize> = HashMap::new();
    for (line, row) in rows {
        for (name, is_empty) in [
            ("file", row.file.as_os_str().is_empty()),
            ("athlete", row.athlete.is_empty()),
            ("movement", row.movement.is_empty()),
        ] {
            if is_empty {
                return Err(ReadError::bad_format(
                    path,
                    FileLocation::Line(*line),
                    format!("column {name} is empty"),
                    "write unknown if it is not known",
                ));
            }
        }
        if let Some(before) = lines.insert(&row.file, *line) {
            let what = format!(
                "file {} stands in line {before} already",
                quote_text(&row.file.to_string_lossy())
            );
            return Err(ReadError::bad_format(
                path,
                FileLocation::Line(*line),
                what,
                "name each file once",
            ));
        }
    }
    Ok(())
}

/// Turns an error of the CSV library into ours, with the line.
fn csv_error(path: &Path, error: &csv::Error) -> ReadError {
    let place =
        error.position().map_or(FileLocation::Whole, |p| FileLocation::Line(p.line() as usize));
    let what = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} cells where the header has {expected_len}")
        }
        _ => error.to_string().replace(['\n', '\r'], " "),
    };
    ReadError::bad_format(
        path,
        place,
        what,
        "a manifest is a CSV with the columns file, athlete, movement, label, split",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_manifest_text(text: &str) -> Result<Manifest, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.csv");
        std::fs::write(&path, text).unwrap();
        Manifest::read_file(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn there_and_back() {
        let row = |file: &str, label, split| ManifestRow {
            file: file.into(),
            athlete: "s1".into(),
            movement: "squat".into(),
            label,
            split,
        };
        let manifest = Manifest {
            rows: vec![
                row("a.parquet", Some(1.0), None),
                row("b, c.parquet", None, Some(Split::Test)),
                row("d", Some(0.7), None),
            ],
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.csv");
        manifest.write_file(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "file,athlete,movement,label,split\na.parquet,s1,squat,1,\n\"b, c.parquet\",s1,squat,,test\nd,s1,squat,0.7,\n"
        );
        assert_eq!(Manifest::read_file(&path).unwrap(), manifest);
        assert!(Manifest::default().write_file(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn faults_name_line_and_column() {
        let head = "file,athlete,movement,label,split\n";
        let cases = [
            ("file,athlete,movement,label,splitt\n", "unknown column \"splitt\" in line 1"),
            ("file,athlete,movement,label\n", "column split must stand there once in line 1"),
            (&format!("{head}a,s,m,2,\n"), "label \"2\" is not 0 to 1 or empty in line 2"),
            (&format!("{head}a,s,m,NaN,\n"), "label \"NaN\" is not 0 to 1 or empty in line 2"),
            (&format!("{head}a,s,m,,dev\n"), "unknown variant `dev`"),
            (
                &format!("{head}a,s,m,,\nb,s,m,,\na,s,m,1,\n"),
                "file \"a\" stands in line 2 already in line 4",
            ),
            (&format!("{head}a,,m,,\n"), "column athlete is empty in line 2"),
            (&format!("{head}a,s,m\n"), "3 cells where the header has 5 in line 2"),
            (head, "nothing to read"),
            ("", "column file must stand there once in line 1"),
        ];
        for (text, expected) in cases {
            let error = read_manifest_text(text).unwrap_err();
            assert!(error.starts_with(expected) && error.lines().count() == 1, "{error}");
        }
    }
}
