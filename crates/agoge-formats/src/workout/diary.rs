//! The training diary, which needs no device: a CSV with one row per workout — date, sport,
//! minutes, RPE, distance, sets, repetitions and kg of a lift, notes.
//!
//! Column names are case-insensitive. A table may number days (`day`, where 1 is 2000-01-01)
//! instead of `date`, give the product of minutes and RPE (`load`, `RPE.Load`) instead of both, and
//! name injuries (`location`, `type`). A row of 0 minutes or load is a recorded day of rest.

use super::{Workout, WorkoutStart};
use crate::ReadError;
use crate::error::{FileLocation, quote_text};
use crate::text::{self, parse_number};
use agoge_motion::Day;
use std::path::Path;

/// Most rows that are read: 10 per day for 270 years.
const MOST_ROWS: usize = 1_000_000;

const HINT: &str = "the columns are date, sport, minutes, rpe, distance_km, sets, reps, kg, notes";

/// A column of the diary.
#[derive(Clone, Copy, Debug, PartialEq)]
enum DiaryColumn {
    Date,
    DayNumber,
    Sport,
    Minutes,
    Rpe,
    Load,
    Kilometres,
    Metres,
    Sets,
    Repetitions,
    Kilograms,
    Notes,
    Location,
    Kind,
}

/// The columns that together describe a lift.
const LIFT_COLUMNS: [DiaryColumn; 3] =
    [DiaryColumn::Sets, DiaryColumn::Repetitions, DiaryColumn::Kilograms];

/// The column with this name; none if it is unknown.
fn column_from_name(name: &str) -> Option<DiaryColumn> {
    let name = name
        .trim()
        .trim_start_matches('\u{feff}')
        .trim_matches('"')
        .to_lowercase()
        .replace([' ', '.'], "_");
    Some(match name.as_str() {
        "date" => DiaryColumn::Date,
        "day" => DiaryColumn::DayNumber,
        "sport" | "activity" => DiaryColumn::Sport,
        "minutes" | "min" | "duration_min" => DiaryColumn::Minutes,
        "rpe" => DiaryColumn::Rpe,
        "load" | "rpe_load" | "srpe" => DiaryColumn::Load,
        "distance_km" | "km" => DiaryColumn::Kilometres,
        "distance" | "distance_m" | "total_distance" => DiaryColumn::Metres,
        "sets" => DiaryColumn::Sets,
        "reps" | "repetitions" => DiaryColumn::Repetitions,
        "kg" | "mass_kg" | "weight_kg" => DiaryColumn::Kilograms,
        "notes" | "comment" => DiaryColumn::Notes,
        "location" => DiaryColumn::Location,
        "type" => DiaryColumn::Kind,
        _ => return None,
    })
}

/// Whether a CSV file's first line is that of a diary.
pub(super) fn is_diary_header(header: &str) -> bool {
    let names: Vec<DiaryColumn> = text::split_cells(header, text::find_delimiter(header))
        .filter_map(column_from_name)
        .collect();
    let has = |column: DiaryColumn| names.contains(&column);
    let lifts = LIFT_COLUMNS.iter().all(|column| has(*column));
    (has(DiaryColumn::Date) || has(DiaryColumn::DayNumber))
        && (has(DiaryColumn::Minutes) || has(DiaryColumn::Load) || lifts)
}

/// An injury recorded in a diary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiaryInjury {
    /// The day of the row.
    pub day: Day,
    /// Body location, as written.
    pub location: String,
    /// Kind of injury, as written.
    pub kind: String,
}

/// The cells of a row by column, with the context for error messages.
struct DiaryRow<'a> {
    path: &'a Path,
    line: usize,
    delimiter: char,
    columns: &'a [Option<DiaryColumn>],
    row: &'a csv::StringRecord,
}

impl DiaryRow<'_> {
    /// The trimmed text of a cell; empty if there is no such column.
    fn cell_text(&self, column: DiaryColumn) -> &str {
        let place = self.columns.iter().position(|named| *named == Some(column));
        place.and_then(|place| self.row.get(place)).map_or("", str::trim)
    }

    /// An error located at this row.
    fn error_at_row(&self, what: impl Into<String>) -> ReadError {
        ReadError::bad_format(self.path, FileLocation::Line(self.line), what, HINT)
    }

    /// The number in a cell, at most `most`; NaN if the cell is empty.
    fn cell_number(&self, column: DiaryColumn, most: f64) -> Result<f64, ReadError> {
        let value = parse_number(self.cell_text(column), self.delimiter)
            .map_err(|what| self.error_at_row(what))?;
        if value.is_nan() || (0.0..=most).contains(&value) {
            return Ok(value);
        }
        Err(self.error_at_row(format!(
            "{} is not between 0 and {most}",
            quote_text(self.cell_text(column))
        )))
    }

    /// The volume lifted, sets × repetitions × kg; NaN if none of them is given. The bounds are
    /// beyond any lifter's.
    fn volume_kg(&self) -> Result<f64, ReadError> {
        let filled =
            LIFT_COLUMNS.iter().filter(|column| !self.cell_text(**column).is_empty()).count();
        if filled != 0 && filled != LIFT_COLUMNS.len() {
            return Err(self.error_at_row(
                "sets, reps and kg make a volume together: a row has all of them or none",
            ));
        }
        let [sets, repetitions, mass] = LIFT_COLUMNS;
        Ok(self.cell_number(sets, 1000.0)?
            * self.cell_number(repetitions, 10_000.0)?
            * self.cell_number(mass, 2000.0)?)
    }

    /// The day of this row, from its date or day number.
    fn parse_day(&self) -> Result<Day, ReadError> {
        if self.columns.contains(&Some(DiaryColumn::Date)) {
            return self.cell_text(DiaryColumn::Date).parse().map_err(|_| {
                self.error_at_row(format!(
                    "{} is no date, as in 2026-03-31",
                    quote_text(self.cell_text(DiaryColumn::Date))
                ))
            });
        }
        let number = self.cell_number(DiaryColumn::DayNumber, 1e6)?;
        let first = Day::from_date(2000, 1, 1).unwrap_or_default();
        if number.is_nan() || number.fract() != 0.0 {
            return Err(self.error_at_row("days are counted with whole numbers"));
        }
        Ok(first.plus_days(number as i32 - 1))
    }
}

/// Calls `each` for every row that is not blank. Returns whether the table has a date column.
fn for_each_row(
    path: &Path,
    bytes: &[u8],
    mut each: impl FnMut(&DiaryRow) -> Result<(), ReadError>,
) -> Result<bool, ReadError> {
    let text = String::from_utf8_lossy(bytes);
    let delimiter = text::find_delimiter(text.lines().next().unwrap_or_default());
    // All possible delimiters are ASCII, so one byte.
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, |position| position.line() as usize);
        ReadError::bad_format(path, FileLocation::Line(line), "broken CSV", HINT)
    };
    let columns: Vec<Option<DiaryColumn>> =
        reader.headers().map_err(broken)?.iter().map(column_from_name).collect();
    for (count, row) in reader.records().enumerate() {
        let row = row.map_err(broken)?;
        let line = row.position().map_or(0, |position| position.line() as usize);
        if count == MOST_ROWS {
            return Err(ReadError::TooLarge {
                path: path.to_owned(),
                what: format!("more than {MOST_ROWS} rows"),
            });
        }
        if row.iter().any(|cell| !cell.trim().is_empty()) {
            each(&DiaryRow { path, line, delimiter, columns: &columns, row: &row })?;
        }
    }
    Ok(columns.contains(&Some(DiaryColumn::Date)))
}

/// Reads the workouts of a diary.
pub(super) fn read_diary(path: &Path, bytes: &[u8]) -> Result<Vec<Workout>, ReadError> {
    let mut workouts = Vec::new();
    let dated = for_each_row(path, bytes, |cells| {
        let mut workout = Workout::new(
            WorkoutStart::On(cells.parse_day()?),
            cells.cell_text(DiaryColumn::Sport).to_lowercase(),
        );
        // A day has 1440 minutes, but an ultramarathon's entry may extend into the next day.
        workout.duration_s = 60.0 * cells.cell_number(DiaryColumn::Minutes, 2880.0)?;
        workout.rpe = cells.cell_number(DiaryColumn::Rpe, 10.0)?;
        workout.load_au = cells.cell_number(DiaryColumn::Load, 20_000.0)?;
        let kilometres = cells.cell_number(DiaryColumn::Kilometres, 1000.0)?;
        workout.distance_m = if kilometres.is_nan() {
            cells.cell_number(DiaryColumn::Metres, 1e6)?
        } else {
            1000.0 * kilometres
        };
        workout.volume_kg = cells.volume_kg()?;
        workout.comment = cells.cell_text(DiaryColumn::Notes).chars().take(1000).collect();
        if workout.duration_s.is_nan() && workout.load_au.is_nan() && workout.volume_kg.is_nan() {
            return Err(cells.error_at_row("neither minutes nor load nor sets, reps and kg"));
        }
        workouts.push(workout);
        Ok(())
    })?;
    if !dated {
        let note = "days are counted, not dated: day 1 stands at 2000-01-01";
        workouts.iter_mut().for_each(|workout| workout.notes.push(note.into()));
    }
    match workouts.is_empty() {
        true => Err(ReadError::Empty { path: path.to_owned() }),
        false => Ok(workouts),
    }
}

/// Reads the injuries that a diary names in the columns `location` and `type`; files of other
/// formats have none.
///
/// # Errors
/// As [`super::read_workouts`].
pub fn read_diary_injuries(path: &Path, bytes: &[u8]) -> Result<Vec<DiaryInjury>, ReadError> {
    let mut injuries = Vec::new();
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned();
    if super::fit::is_fit(bytes) || !is_diary_header(text.lines().next().unwrap_or_default()) {
        return Ok(injuries);
    }
    for_each_row(path, bytes, |cells| {
        let (location, kind) =
            (cells.cell_text(DiaryColumn::Location), cells.cell_text(DiaryColumn::Kind));
        if !location.is_empty() {
            injuries.push(DiaryInjury {
                day: cells.parse_day()?,
                location: location.to_owned(),
                kind: kind.to_owned(),
            });
        }
        Ok(())
    })?;
    Ok(injuries)
}
