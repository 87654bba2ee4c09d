//! The tables of an athlete's folder: CSV with the columns of docs/reference/load.md; a wrong row
//! is named by its line.

use crate::Error;
use agoge_load::injury::{
    Area, BodySide, FactorChange, Injury, Onset, Pain, Tissue, WeeklyQuestionnaire,
};
use agoge_motion::Day;
use agoge_plan::{MovementFactor, SessionLibrary};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The rows of a table; none if the file is not there.
pub(super) fn read_table<Row: DeserializeOwned>(path: &Path) -> Result<Vec<Row>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => parse_table(path, &bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io_at(path)(error)),
    }
}

pub(super) fn parse_table<Row: DeserializeOwned>(
    path: &Path,
    bytes: &[u8],
) -> Result<Vec<Row>, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let fault = |error: csv::Error| {
        let line = error.position().map_or(1, |position| position.line());
        let what = match error.kind() {
            csv::ErrorKind::Deserialize { err, .. } => format!(
                "{}{}",
                err.kind(),
                err.field().map_or(String::new(), |field| format!(" in column {}", field + 1))
            ),
            _ => "the row has more or fewer cells than there are columns".to_owned(),
        };
        Error::Table { path: path.to_owned(), line, what }
    };
    reader.deserialize().map(|row| row.map_err(fault)).collect()
}

/// Writes a table whole or not at all.
pub(super) fn write_table<Row: Serialize>(path: &Path, rows: &[Row]) -> Result<(), Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut done = Ok(());
    for row in rows {
        done = done.and_then(|()| writer.serialize(row).map_err(std::io::Error::from));
    }
    let bytes = done.and_then(|()| {
        writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
    });
    crate::write_bytes(path, &bytes.map_err(Error::io_at(path))?)
}

/// Writes rows of cells, the first of which are the names.
pub(super) fn write_records(path: &Path, rows: &[Vec<&str>]) -> Result<(), Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let done =
        rows.iter().try_for_each(|row| writer.write_record(row)).map_err(std::io::Error::from);
    let bytes = done.and_then(|()| {
        writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
    });
    crate::write_bytes(path, &bytes.map_err(Error::io_at(path))?)
}

/// A row of `injuries.csv`: areas and tissues by code or name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InjuryRow {
    pub(super) day: Day,
    pub(super) area: String,
    #[serde(default)]
    pub(super) side: String,
    #[serde(default)]
    pub(super) tissue: String,
    #[serde(default)]
    pub(super) onset: String,
    #[serde(default)]
    pub(super) contact: String,
    #[serde(default)]
    pub(super) days_lost: Option<u32>,
    #[serde(default)]
    pub(super) notes: String,
}

/// A row of `pain.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PainRow {
    pub(super) day: Day,
    pub(super) area: String,
    #[serde(default)]
    pub(super) side: String,
    pub(super) score: f64,
}

/// What a cell names, or a fault of its line.
fn parse_cell<T>(
    path: &Path,
    line: usize,
    text: &str,
    found: Option<T>,
    empty: T,
    all: &str,
) -> Result<T, Error> {
    match found {
        Some(found) => Ok(found),
        None if text.trim().is_empty() => Ok(empty),
        None => Err(Error::Table {
            path: path.to_owned(),
            line: line as u64,
            what: format!("{:?} is none of {all}", text.chars().take(40).collect::<String>()),
        }),
    }
}

/// Where on the body.
fn parse_location(
    path: &Path,
    line: usize,
    area: &str,
    side: &str,
) -> Result<(Area, BodySide), Error> {
    Ok((
        parse_cell(path, line, area, Area::find(area), Area::Unspecified, "the IOC areas")?,
        parse_cell(
            path,
            line,
            side,
            BodySide::find(side),
            BodySide::Unspecified,
            "left, right, both, middle",
        )?,
    ))
}

pub(super) fn read_injuries(path: &Path) -> Result<Vec<Injury>, Error> {
    let rows: Vec<InjuryRow> = read_table(path)?;
    let coded = |(index, row): (usize, InjuryRow)| -> Result<Injury, Error> {
        let line = index + 2;
        let (area, side) = parse_location(path, line, &row.area, &row.side)?;
        Ok(Injury {
            day: row.day,
            area,
            side,
            tissue: parse_cell(
                path,
                line,
                &row.tissue,
                Tissue::find(&row.tissue),
                Tissue::Unspecified,
                "the IOC tissues",
            )?,
            onset: parse_cell(
                path,
                line,
                &row.onset,
                Onset::find(&row.onset),
                Onset::Unspecified,
                "sudden, repetitive_sudden, repetitive_gradual",
            )?,
            contact: matches!(row.contact.to_lowercase().as_str(), "1" | "yes" | "true"),
            days_lost: row.days_lost,
            notes: row.notes,
        })
    };
    rows.into_iter().enumerate().map(coded).collect()
}

pub(super) fn read_pains(path: &Path) -> Result<Vec<Pain>, Error> {
    let rows: Vec<PainRow> = read_table(path)?;
    let coded = |(index, row): (usize, PainRow)| -> Result<Pain, Error> {
        let line = index + 2;
        if !(0.0..=10.0).contains(&row.score) {
            return Err(Error::Table {
                path: path.to_owned(),
                line: line as u64,
                what: "pain is scored from 0 to 10".into(),
            });
        }
        let (area, side) = parse_location(path, line, &row.area, &row.side)?;
        Ok(Pain { day: row.day, area, side, score: row.score })
    };
    rows.into_iter().enumerate().map(coded).collect()
}

pub(super) fn read_weeks(path: &Path) -> Result<Vec<WeeklyQuestionnaire>, Error> {
    let weeks: Vec<WeeklyQuestionnaire> = read_table(path)?;
    let wrong =
        weeks.iter().enumerate().find_map(|(index, week)| Some((index, week.invalid_answer()?)));
    match wrong {
        Some((index, what)) => {
            Err(Error::Table { path: path.to_owned(), line: index as u64 + 2, what })
        }
        None => Ok(weeks),
    }
}

/// A row of `movement.csv`: one measurement of a factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureRow {
    day: Day,
    name: String,
    value: f64,
    unit: String,
    detectable: f64,
}

fn read_measurements(path: &Path) -> Result<Vec<MeasureRow>, Error> {
    let mut rows: Vec<MeasureRow> = read_table(path)?;
    rows.sort_by(|a, b| a.name.cmp(&b.name).then(a.day.cmp(&b.day)));
    Ok(rows)
}

/// Factors of movement over time; values that are not finite are left out.
pub(super) fn read_factors(path: &Path) -> Result<Vec<MovementFactor>, Error> {
    let rows = read_measurements(path)?;
    let of = |own: &[MeasureRow]| {
        let last = own.last()?;
        Some(MovementFactor {
            name: last.name.clone(),
            unit: last.unit.clone(),
            detectable: last.detectable,
            values: own
                .iter()
                .filter(|row| row.value.is_finite())
                .map(|row| (row.day, row.value))
                .collect(),
        })
    };
    Ok(rows.chunk_by(|a, b| a.name == b.name).filter_map(of).collect())
}

/// A row of `drills.csv`: a session or drill of the library that was done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DrillRow {
    day: Day,
    drill: String,
}

/// The drills that were done, each of a library if one is given.
pub(super) fn read_drills(
    path: &Path,
    library: Option<&SessionLibrary>,
) -> Result<Vec<(Day, String)>, Error> {
    let rows: Vec<DrillRow> = read_table(path)?;
    let known = |row: &DrillRow| {
        library.is_none_or(|own| own.items().iter().any(|item| item.name == row.drill))
    };
    match rows.iter().position(|row| !known(row)) {
        Some(line) => {
            let what = format!("no session of the library is called {:?}", rows[line].drill);
            Err(Error::Table { path: path.to_owned(), line: line as u64 + 2, what })
        }
        None => Ok(rows.into_iter().map(|row| (row.day, row.drill)).collect()),
    }
}

/// Factors measured at least twice: the newest against the mean of those before it.
pub(super) fn read_changes(path: &Path) -> Result<Vec<FactorChange>, Error> {
    let rows = read_measurements(path)?;
    let change = |own: &[MeasureRow]| {
        let (last, before) = own.split_last()?;
        let mean = before.iter().map(|row| row.value).sum::<f64>() / before.len() as f64;
        (!before.is_empty()).then(|| FactorChange {
            name: last.name.clone(),
            unit: last.unit.clone(),
            before: mean,
            now: last.value,
            detectable: last.detectable,
        })
    };
    Ok(rows.chunk_by(|a, b| a.name == b.name).filter_map(change).collect())
}

/// A row of `tests.csv`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestRow {
    day: Day,
    test: String,
    value: f64,
    unit: String,
}

/// The tests, by day. One kind of test a file: more is better, and another test would be another
/// performance.
pub(super) fn read_tests(path: &Path) -> Result<Vec<(Day, f64)>, Error> {
    let rows: Vec<TestRow> = read_table(path)?;
    let fault = |line: usize, what: &str| Error::Table {
        path: path.to_owned(),
        line: line as u64 + 2,
        what: what.into(),
    };
    let first = rows.first().map(|row| (row.test.clone(), row.unit.clone()));
    for (line, row) in rows.iter().enumerate() {
        if first.as_ref().is_some_and(|(test, unit)| *test != row.test || *unit != row.unit) {
            return Err(fault(line, "another test or unit than in the first row"));
        }
        if !(row.value.is_finite() && row.value > 0.0) {
            return Err(fault(line, "a value must be above 0"));
        }
    }
    let mut tests: Vec<(Day, f64)> = rows.into_iter().map(|row| (row.day, row.value)).collect();
    tests.sort_by_key(|a| a.0);
    Ok(tests)
}
