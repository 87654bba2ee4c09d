//! Workouts: FIT, TCX, GPX, and a diary in CSV, told apart by their content.
//!
//! [`read`] gives what the file says, value for value; [`clean`] repairs what no device can have
//! measured, and counts it; [`same`] tells that two devices, or a device and a diary, speak of one
//! workout.

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

/// Most bytes of a workout file: 64 MiB, which is two weeks of a watch's every second.
pub const MAX_WORKOUT_BYTES: u64 = 64 << 20;

/// When a workout began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// An instant: seconds since 1970-01-01 00:00 UTC, and how many seconds the athlete's clock was
    /// ahead of UTC, if the file says.
    At {
        /// Seconds since 1970 in UTC.
        unix_s: f64,
        /// Seconds that local time is ahead of UTC.
        offset_s: Option<f64>,
    },
    /// A day; the diary knows no hour.
    On(Day),
}

impl Start {
    /// The athlete's own day. `default_offset_s` stands in where the file has no time zone.
    pub fn day(self, default_offset_s: f64) -> Day {
        match self {
            Start::At { unix_s, offset_s } => Day::at(unix_s, offset_s.unwrap_or(default_offset_s)),
            Start::On(day) => day,
        }
    }
}

/// What was measured during a workout, `[sample]`; NaN is missing. A quantity that was never
/// measured has no values at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// Seconds since the start, as the device's clock says: it may jump (see [`clean`]).
    pub time: Vec<f64>,
    /// Heart rate, beats a minute.
    pub heart_rate: Vec<f64>,
    /// Power, W.
    pub power: Vec<f64>,
    /// Speed, m/s.
    pub speed: Vec<f64>,
    /// Distance from the start, m.
    pub distance: Vec<f64>,
    /// Steps (of one leg) or turns a minute.
    pub cadence: Vec<f64>,
    /// Height above the sea, m.
    pub altitude: Vec<f64>,
    /// Latitude, degrees north.
    pub latitude: Vec<f64>,
    /// Longitude, degrees east.
    pub longitude: Vec<f64>,
    /// Everything else that is a number, by the name and in the unit of the file, sorted by name.
    pub other: Vec<(String, Vec<f64>)>,
}

impl Samples {
    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether nothing was sampled.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The quantities besides time, by name.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &[f64])> {
        let own: [(&str, &Vec<f64>); 8] = [
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
        own.into_iter()
            .map(|(name, values)| (name, values.as_slice()))
            .chain(other)
            .filter(|(_, v)| !v.is_empty())
    }

    /// Every list of values besides time.
    fn lists(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
        let own = [
            &mut self.heart_rate,
            &mut self.power,
            &mut self.speed,
            &mut self.distance,
            &mut self.cadence,
            &mut self.altitude,
            &mut self.latitude,
            &mut self.longitude,
        ];
        own.into_iter().chain(self.other.iter_mut().map(|(_, values)| values))
    }

    /// Leaves out quantities without any value, and sorts the others.
    fn settle(&mut self) {
        for list in self.lists() {
            if list.iter().all(|value| value.is_nan()) {
                list.clear();
            }
        }
        self.other.retain(|(_, values)| !values.is_empty());
        self.other.sort_by(|a, b| a.0.cmp(&b.0));
    }

    /// The samples of a range.
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

/// A workout, as a file tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Workout {
    /// When it began.
    pub start: Start,
    /// The sport in lower case, as in `running`; empty if the file does not say.
    pub sport: String,
    /// How long it took without breaks, s; NaN if the file does not say.
    pub duration_s: f64,
    /// How far, m; NaN if not known.
    pub distance_m: f64,
    /// Rating of perceived exertion, 0 to 10 (Borg's CR-10); NaN if nobody gave one.
    pub rpe: f64,
    /// Load that a diary gives outright, RPE × minutes; NaN if it does not.
    pub load_au: f64,
    /// Strength volume that a diary tells, sets × repetitions × kg, kg; NaN if it does not.
    pub volume_kg: f64,
    /// What the athlete or coach wrote.
    pub comment: String,
    /// What was measured; empty for a diary.
    pub samples: Samples,
    /// What the reader had to assume or leave out, and what [`clean`] repaired.
    pub notes: Vec<String>,
}

impl Workout {
    /// A workout of which only the start and the sport are known.
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

    /// Instant of the start, s since 1970 in UTC, if it is known.
    pub fn start_s(&self) -> Option<f64> {
        match self.start {
            Start::At { unix_s, .. } => Some(unix_s),
            Start::On(_) => None,
        }
    }
}

/// Reads every workout of a file: several of a diary, of chained FIT files, of a multisport
/// recording.
///
/// With `lenient`, a file whose checksum is wrong or that breaks off is read as far as it goes,
/// with a note.
///
/// # Errors
/// [`Error::Io`], [`Error::Empty`], [`Error::TooLarge`] beyond [`MAX_WORKOUT_BYTES`],
/// [`Error::NotUnderstood`], [`Error::Format`] with byte, line or field.
pub fn read(path: &Path, lenient: bool) -> Result<Vec<Workout>, Error> {
    if std::fs::metadata(path).map_err(|e| Error::read(path, e))?.len() > MAX_WORKOUT_BYTES {
        let what = format!("more than {MAX_WORKOUT_BYTES} bytes");
        return Err(Error::TooLarge { path: path.to_owned(), what });
    }
    read_bytes(path, &crate::bytes(path)?, lenient)
}

/// Reads the workouts of a file that is in memory already; `path` is only named in messages.
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

fn not_understood(path: &Path, what: &str) -> Error {
    let hint =
        "workouts are read from FIT, TCX, GPX and CSV (date, sport, minutes, RPE, distance, notes)";
    Error::format(path, crate::Place::Whole, format!("not a workout: {what}"), hint)
}

#[cfg(test)]
mod tests;
