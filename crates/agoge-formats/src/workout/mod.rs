//! Reads workouts from FIT, TCX, GPX, and a diary in CSV, told apart by their content.
//!
//! [`read`] returns what the file says, value for value; [`clean`] repairs values that no device
//! can have measured, and counts the repairs; [`same`] recognises that two devices, or a device and
//! a diary, recorded the same workout.

mod clean;
mod diary;
mod fit;
mod gpx;
mod instant;
mod same;
mod tcx;
mod xml;

pub use clean::{Unusable, clean};
pub use diary::{DiaryInjury, diary_injuries};
pub use fit::{Length, Planned, PlannedStep, StepKind, planned_fit};
pub use instant::parse_instant;
pub use same::same;

use crate::{Error, text};
use agoge_motion::Day;
use std::path::Path;

/// Largest workout file, bytes: 64 MiB, which is two weeks of a watch sampling every second.
pub const MAX_WORKOUT_BYTES: u64 = 64 << 20;

/// When a workout began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// An instant, and the athlete's time zone if the file gives it.
    At {
        /// Seconds since 1970-01-01 00:00 UTC.
        unix_s: f64,
        /// Seconds by which local time is ahead of UTC, if the file gives them.
        offset_s: Option<f64>,
    },
    /// A day; a diary gives no time of day.
    On(Day),
}

impl Start {
    /// The day in the athlete's local time. `default_offset_s` is used if the file has no time
    /// zone.
    pub fn day(self, default_offset_s: f64) -> Day {
        match self {
            Start::At { unix_s, offset_s } => Day::at(unix_s, offset_s.unwrap_or(default_offset_s)),
            Start::On(day) => day,
        }
    }
}

/// What was measured during a workout, `[sample]`; NaN means missing. A quantity that was never
/// measured has an empty list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// Seconds since the start by the device's clock, which may jump (see [`clean`]).
    pub time: Vec<f64>,
    /// Heart rate, beats per minute.
    pub heart_rate: Vec<f64>,
    /// Power, W.
    pub power: Vec<f64>,
    /// Speed, m/s.
    pub speed: Vec<f64>,
    /// Distance from the start, m.
    pub distance: Vec<f64>,
    /// Cadence: steps of one leg, or revolutions, per minute.
    pub cadence: Vec<f64>,
    /// Altitude above sea level, m.
    pub altitude: Vec<f64>,
    /// Latitude, degrees north.
    pub latitude: Vec<f64>,
    /// Longitude, degrees east.
    pub longitude: Vec<f64>,
    /// All other numeric quantities by the file's name and in the file's unit, sorted by name.
    pub other: Vec<(String, Vec<f64>)>,
}

impl Samples {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether nothing was sampled.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The quantities other than time that have values, by name.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &[f64])> {
        let named: [(&str, &Vec<f64>); 8] = [
            ("heart_rate", &self.heart_rate),
            ("power", &self.power),
            ("speed", &self.speed),
            ("distance", &self.distance),
            ("cadence", &self.cadence),
            ("altitude", &self.altitude),
            ("latitude", &self.latitude),
            ("longitude", &self.longitude),
        ];
        let other = self.other.iter().map(|(name, values)| (name.as_str(), values.as_slice()));
        named
            .into_iter()
            .map(|(name, values)| (name, values.as_slice()))
            .chain(other)
            .filter(|(_, v)| !v.is_empty())
    }

    /// Every list of values other than time.
    fn lists(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        let named = [
            &mut self.heart_rate,
            &mut self.power,
            &mut self.speed,
            &mut self.distance,
            &mut self.cadence,
            &mut self.altitude,
            &mut self.latitude,
            &mut self.longitude,
        ];
        named.into_iter().chain(self.other.iter_mut().map(|(_, values)| values))
    }

    /// Removes quantities without any value, and sorts [`Samples::other`].
    fn settle(&mut self) {
        for list in self.lists() {
            if list.iter().all(|value| value.is_nan()) {
                list.clear();
            }
        }
        self.other.retain(|(_, values)| !values.is_empty());
        self.other.sort_by(|a, b| a.0.cmp(&b.0));
    }

    /// The samples in a range of indices.
    fn part(&self, range: std::ops::Range<usize>) -> Samples {
        let mut part = self.clone();
        part.time = self.time[range.clone()].to_vec();
        for list in part.lists() {
            *list = list.get(range.clone()).map(<[f64]>::to_vec).unwrap_or_default();
        }
        part.settle();
        part
    }
}

/// A workout as recorded in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Workout {
    /// When it began.
    pub start: Start,
    /// The sport in lower case, such as `running`; empty if the file does not give it.
    pub sport: String,
    /// Duration without breaks, s; NaN if the file does not give it.
    pub duration_s: f64,
    /// Distance, m; NaN if unknown.
    pub distance_m: f64,
    /// Rating of perceived exertion, 0 to 10 (Borg's CR-10); NaN if there is none.
    pub rpe: f64,
    /// Load given directly in a diary, RPE × minutes; NaN if there is none.
    pub load_au: f64,
    /// Strength volume from a diary, sets × repetitions × kg, kg; NaN if there is none.
    pub volume_kg: f64,
    /// What the athlete or coach wrote.
    pub comment: String,
    /// The measured samples; empty for a diary.
    pub samples: Samples,
    /// Notes on what the reader assumed or left out, and on what [`clean`] repaired.
    pub notes: Vec<String>,
}

impl Workout {
    /// A workout with only its start and sport known.
    pub fn new(start: Start, sport: impl Into<String>) -> Workout {
        Workout {
            start,
            sport: sport.into(),
            duration_s: f64::NAN,
            distance_m: f64::NAN,
            rpe: f64::NAN,
            load_au: f64::NAN,
            volume_kg: f64::NAN,
            comment: String::new(),
            samples: Samples::default(),
            notes: Vec::new(),
        }
    }

    /// The instant of the start, s since 1970-01-01 UTC, if it is known.
    pub fn start_s(&self) -> Option<f64> {
        match self.start {
            Start::At { unix_s, .. } => Some(unix_s),
            Start::On(_) => None,
        }
    }
}

/// Reads every workout in a file. A diary, chained FIT files or a multisport recording give
/// several.
///
/// With `lenient`, a file that is truncated or has a wrong checksum is read as far as possible,
/// with a note.
///
/// # Errors
/// [`Error::Io`], [`Error::Empty`], [`Error::TooLarge`] beyond [`MAX_WORKOUT_BYTES`],
/// [`Error::Format`] with byte, line or field.
pub fn read(path: &Path, lenient: bool) -> Result<Vec<Workout>, Error> {
    if std::fs::metadata(path).map_err(|e| Error::read(path, e))?.len() > MAX_WORKOUT_BYTES {
        let what = format!("more than {MAX_WORKOUT_BYTES} bytes");
        return Err(Error::TooLarge { path: path.to_owned(), what });
    }
    read_bytes(path, &crate::bytes(path)?, lenient)
}

/// Reads the workouts in a file that is already in memory; `path` is only used in messages.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(path: &Path, bytes: &[u8], lenient: bool) -> Result<Vec<Workout>, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty { path: path.to_owned() });
    }
    if fit::is_fit(bytes) {
        return fit::read(path, bytes, lenient);
    }
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    if start.trim_start().starts_with('<') {
        return match () {
            () if start.contains("<gpx") => gpx::read(path, bytes),
            () if start.contains("TrainingCenterDatabase") => tcx::read(path, bytes),
            () => Err(not_understood(path, "XML that is neither TCX nor GPX")),
        };
    }
    let header = start.lines().find(|line| !text::is_blank(line)).unwrap_or_default();
    if diary::is_diary(header) {
        return diary::read(path, bytes);
    }
    Err(not_understood(
        path,
        "neither FIT, TCX, GPX nor a diary (CSV with the columns date, minutes)",
    ))
}

/// The error for a file that holds no workout.
fn not_understood(path: &Path, what: &str) -> Error {
    let hint =
        "workouts are read from FIT, TCX, GPX and CSV (date, sport, minutes, RPE, distance, notes)";
    Error::format(path, crate::Place::Whole, format!("not a workout: {what}"), hint)
}

#[cfg(test)]
mod tests;
