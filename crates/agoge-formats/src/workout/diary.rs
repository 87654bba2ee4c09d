//! The training diary, which needs no device: a CSV with one row per workout — date, sport,
//! minutes, RPE, distance, sets, repetitions and kg of a lift, notes.
//!
//! Column names are case-insensitive. A table may number days (`day`, where 1 is 2000-01-01)
//! instead of `date`, give the product of minutes and RPE (`load`, `RPE.Load`) instead of both, and
//! name injuries (`location`, `type`). A row of 0 minutes or load is a recorded day of rest.

use super::{Start, Workout};
use crate::Error;
use crate::error::{Place, quoted};
use crate::text::{self, number};
use agoge_motion::Day;
use std::path::Path;

/// Most rows that are read: 10 per day for 270 years.
const MOST_ROWS: usize = 1_000_000;

const HINT: &str = "the columns are date, sport, minutes, rpe, distance_km, sets, reps, kg, notes";

/// A column of the diary.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Column {
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
const LIFT: [Column; 3] = [Column::Sets, Column::Repetitions, Column::Kilograms];

/// The column with this name; none if it is unknown.
fn column(name: &str) -> Option<Column> {
    let name = name
        .trim()
        .trim_start_matches('\u{feff}')
        .trim_matches('"')
        .to_lowercase()
        .replace([' ', '.'], "_");
    Some(match name.as_str() {
        "date" => Column::Date,
        "day" => Column::DayNumber,
        "sport" | "activity" => Column::Sport,
        "minutes" | "min" | "duration_min" => Column::Minutes,
        "rpe" => Column::Rpe,
        "load" | "rpe_load" | "srpe" => Column::Load,
        "distance_km" | "km" => Column::Kilometres,
        "distance" | "distance_m" | "total_distance" => Column::Metres,
        "sets" => Column::Sets,
        "reps" | "repetitions" => Column::Repetitions,
        "kg" | "mass_kg" | "weight_kg" => Column::Kilograms,
        "notes" | "comment" => Column::Notes,
        "location" => Column::Location,
        "type" => Column::Kind,
        _ => return None,
    })
}

/// Whether a CSV file's first line is that of a diary.
pub(super) fn is_diary(header: &str) -> bool {
    let names: Vec<Column> =
        text::cells(header, text::delimiter(header)).filter_map(column).collect();
    let has = |column: Column| names.contains(&column);
    let lifts = LIFT.iter().all(|column| has(*column));
    (has(Column::Date) || has(Column::DayNumber))
        && (has(Column::Minutes) || has(Column::Load) || lifts)
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
struct Cells<'a> {
    path: &'a Path,
    line: usize,
    delimiter: char,
    columns: &'a [Option<Column>],
    row: &'a csv::StringRecord,
}

impl Cells<'_> {
    /// The trimmed text of a cell; empty if there is no such column.
    fn text(&self, column: Column) -> &str {
        let place = self.columns.iter().position(|named| *named == Some(column));
        place.and_then(|place| self.row.get(place)).map_or("", str::trim)
    }

    /// An error located at this row.
    fn fault(&self, what: impl Into<String>) -> Error {
        Error::format(self.path, Place::Line(self.line), what, HINT)
    }

    /// The number in a cell, at most `most`; NaN if the cell is empty.
    fn number(&self, column: Column, most: f64) -> Result<f64, Error> {
        let value = number(self.text(column), self.delimiter).map_err(|what| self.fault(what))?;
        if value.is_nan() || (0.0..=most).contains(&value) {
            return Ok(value);
        }
        Err(self.fault(format!("{} is not between 0 and {most}", quoted(self.text(column)))))
    }

    /// The volume lifted, sets × repetitions × kg; NaN if none of them is given. The bounds are
    /// beyond any lifter's.
    fn volume_kg(&self) -> Result<f64, Error> {
        let filled = LIFT.iter().filter(|column| !self.text(**column).is_empty()).count();
        if filled != 0 && filled != LIFT.len() {
            return Err(self
                .fault("sets, reps and kg make a volume together: a row has all of them or none"));
        }
        let [sets, repetitions, mass] = LIFT;
        Ok(self.number(sets, 1000.0)?
            * self.number(repetitions, 10_000.0)?
            * self.number(mass, 2000.0)?)
    }

    /// The day of this row, from its date or day number.
    fn day(&self) -> Result<Day, Error> {
        if self.columns.contains(&Some(Column::Date)) {
            return self.text(Column::Date).parse().map_err(|_| {
                self.fault(format!(
                    "{} is no date, as in 2026-03-31",
                    quoted(self.text(Column::Date))
                ))
            });
        }
        let number = self.number(Column::DayNumber, 1e6)?;
        let first = Day::of(2000, 1, 1).unwrap_or_default();
        if number.is_nan() || number.fract() != 0.0 {
            return Err(self.fault("days are counted with whole numbers"));
        }
        Ok(first.plus(number as i32 - 1))
    }
}

/// Calls `each` for every row that is not blank. Returns whether the table has a date column.
fn rows(
    path: &Path,
    bytes: &[u8],
    mut each: impl FnMut(&Cells) -> Result<(), Error>,
) -> Result<bool, Error> {
    let text = String::from_utf8_lossy(bytes);
    let delimiter = text::delimiter(text.lines().next().unwrap_or_default());
    // All possible delimiters are ASCII, so one byte.
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter as u8)
        .flexible(true)
        .from_reader(text.as_bytes());
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, |position| position.line() as usize);
        Error::format(path, Place::Line(line), "broken CSV", HINT)
    };
    let columns: Vec<Option<Column>> =
        reader.headers().map_err(broken)?.iter().map(column).collect();
    for (count, row) in reader.records().enumerate() {
        let row = row.map_err(broken)?;
        let line = row.position().map_or(0, |position| position.line() as usize);
        if count == MOST_ROWS {
            return Err(Error::TooLarge {
                path: path.to_owned(),
                what: format!("more than {MOST_ROWS} rows"),
            });
        }
        if row.iter().any(|cell| !cell.trim().is_empty()) {
            each(&Cells { path, line, delimiter, columns: &columns, row: &row })?;
        }
    }
    Ok(columns.contains(&Some(Column::Date)))
}

/// Reads the workouts of a diary.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Workout>, Error> {
    let mut workouts = Vec::new();
    let dated = rows(path, bytes, |cells| {
        let mut workout =
            Workout::new(Start::On(cells.day()?), cells.text(Column::Sport).to_lowercase());
        // A day has 1440 minutes, but an ultramarathon's entry may extend into the next day.
        workout.duration_s = 60.0 * cells.number(Column::Minutes, 2880.0)?;
        workout.rpe = cells.number(Column::Rpe, 10.0)?;
        workout.load_au = cells.number(Column::Load, 20_000.0)?;
        let kilometres = cells.number(Column::Kilometres, 1000.0)?;
        workout.distance_m = if kilometres.is_nan() {
            cells.number(Column::Metres, 1e6)?
        } else {
            1000.0 * kilometres
        };
        workout.volume_kg = cells.volume_kg()?;
        workout.comment = cells.text(Column::Notes).chars().take(1000).collect();
        if workout.duration_s.is_nan() && workout.load_au.is_nan() && workout.volume_kg.is_nan() {
            return Err(cells.fault("neither minutes nor load nor sets, reps and kg"));
        }
        workouts.push(workout);
        Ok(())
    })?;
    if !dated {
        let note = "days are counted, not dated: day 1 stands at 2000-01-01";
        workouts.iter_mut().for_each(|workout| workout.notes.push(note.into()));
    }
    match workouts.is_empty() {
        true => Err(Error::Empty { path: path.to_owned() }),
        false => Ok(workouts),
    }
}

/// Reads the injuries that a diary names in the columns `location` and `type`; files of other
/// formats have none.
///
/// # Errors
/// As [`super::read`].
pub fn diary_injuries(path: &Path, bytes: &[u8]) -> Result<Vec<DiaryInjury>, Error> {
    let mut injuries = Vec::new();
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned();
    if super::fit::is_fit(bytes) || !is_diary(text.lines().next().unwrap_or_default()) {
        return Ok(injuries);
    }
    rows(path, bytes, |cells| {
        let (location, kind) = (cells.text(Column::Location), cells.text(Column::Kind));
        if !location.is_empty() {
            injuries.push(DiaryInjury {
                day: cells.day()?,
                location: location.to_owned(),
                kind: kind.to_owned(),
            });
        }
        Ok(())
    })?;
    Ok(injuries)
}
