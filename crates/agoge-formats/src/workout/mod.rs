//! Reads workouts from FIT, TCX, GPX, and a diary in CSV, told apart by their content: a module
//! and a row of `WORKOUT_FORMATS` for each.
//!
//! [`read_workouts`] returns what the file says, value for value; [`clean_workout`] repairs values
//! that no device can have measured, and counts the repairs; [`is_same_workout`] recognises that
//! two devices, or a device and a diary, recorded the same workout.

mod clean;
mod diary;
mod fit;
mod gpx;
mod instant;
mod same;
mod tcx;
mod xml;

pub use clean::{UnusableWorkout, clean_workout};
pub use diary::{DiaryInjury, read_diary_injuries};
pub use fit::{PlannedStep, PlannedWorkout, StepKind, StepLength, encode_planned_fit};
pub use instant::parse_instant;
pub use same::is_same_workout;

use crate::{ReadError, text};
use agoge_motion::Day;
use std::path::Path;

/// Largest workout file, bytes: 64 MiB, which is two weeks of a watch sampling every second.
pub const MAX_WORKOUT_BYTES: u64 = 64 << 20;

/// When a workout began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WorkoutStart {
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

impl WorkoutStart {
    /// The day in the athlete's local time. `default_offset_s` is used if the file has no time
    /// zone.
    pub fn local_day(self, default_offset_s: f64) -> Day {
        match self {
            WorkoutStart::At { unix_s, offset_s } => {
                Day::from_unix(unix_s, offset_s.unwrap_or(default_offset_s))
            }
            WorkoutStart::On(day) => day,
        }
    }
}

/// What was measured during a workout, `[sample]`; NaN means missing. A quantity that was never
/// measured has an empty list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkoutSamples {
    /// Seconds since the start by the device's clock, which may jump (see [`clean_workout`]).
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

impl WorkoutSamples {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether nothing was sampled.
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The quantities other than time that have values, by name.
    pub fn named_columns(&self) -> impl Iterator<Item = (&str, &[f64])> {
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
    fn value_lists(&mut self) -> impl Iterator<Item = &mut Vec<f64>> {
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

    /// Removes quantities without any value, and sorts [`WorkoutSamples::other`].
    fn drop_empty(&mut self) {
        for list in self.value_lists() {
            if list.iter().all(|value| value.is_nan()) {
                list.clear();
            }
        }
        self.other.retain(|(_, values)| !values.is_empty());
        self.other.sort_by(|a, b| a.0.cmp(&b.0));
    }

    /// The samples in a range of indices.
    fn samples_in(&self, range: std::ops::Range<usize>) -> WorkoutSamples {
        let mut part = self.clone();
        part.time = self.time[range.clone()].to_vec();
        for list in part.value_lists() {
            *list = list.get(range.clone()).map(<[f64]>::to_vec).unwrap_or_default();
        }
        part.drop_empty();
        part
    }
}

/// A workout as recorded in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Workout {
    /// When it began.
    pub start: WorkoutStart,
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
    pub samples: WorkoutSamples,
    /// Notes on what the reader assumed or left out, and on what [`clean_workout`] repaired.
    pub notes: Vec<String>,
}

impl Workout {
    /// A workout with only its start and sport known.
    pub fn new(start: WorkoutStart, sport: impl Into<String>) -> Workout {
        Workout {
            start,
            sport: sport.into(),
            duration_s: f64::NAN,
            distance_m: f64::NAN,
            rpe: f64::NAN,
            load_au: f64::NAN,
            volume_kg: f64::NAN,
            comment: String::new(),
            samples: WorkoutSamples::default(),
            notes: Vec::new(),
        }
    }

    /// The instant of the start, s since 1970-01-01 UTC, if it is known.
    pub fn start_s(&self) -> Option<f64> {
        match self.start {
            WorkoutStart::At { unix_s, .. } => Some(unix_s),
            WorkoutStart::On(_) => None,
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
/// [`ReadError::Io`], [`ReadError::Empty`], [`ReadError::TooLarge`] beyond [`MAX_WORKOUT_BYTES`],
/// [`ReadError::Format`] with byte, line or field.
pub fn read_workouts(path: &Path, lenient: bool) -> Result<Vec<Workout>, ReadError> {
    if std::fs::metadata(path).map_err(|e| ReadError::cannot_read(path, e))?.len()
        > MAX_WORKOUT_BYTES
    {
        let what = format!("more than {MAX_WORKOUT_BYTES} bytes");
        return Err(ReadError::TooLarge { path: path.to_owned(), what });
    }
    decode_workouts(path, &crate::file::read_whole_file(path)?, lenient)
}

/// Reads the workouts in a file that is already in memory; `path` is only used in messages.
///
/// # Errors
/// As [`read_workouts`].
///
/// ```
/// use agoge_formats::workout::{WorkoutStart, decode_workouts};
/// let diary = b"date,sport,minutes,rpe\n2026-03-31,running,45,6\n";
/// let workouts = decode_workouts("diary.csv".as_ref(), diary, false)?;
/// assert_eq!(workouts[0].start, WorkoutStart::On("2026-03-31".parse()?));
/// assert_eq!((workouts[0].duration_s, workouts[0].rpe), (2700.0, 6.0));
/// assert!(decode_workouts("x.txt".as_ref(), b"no workout", false).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decode_workouts(
    path: &Path,
    bytes: &[u8],
    lenient: bool,
) -> Result<Vec<Workout>, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let start = FileStart::from_bytes(bytes);
    match WORKOUT_FORMATS.iter().find(|format| (format.is_format)(&start)) {
        Some(format) => (format.read)(path, bytes, lenient),
        None => {
            let known = WORKOUT_FORMATS.map(|format| format.title).join(", ");
            Err(not_a_workout(path, &format!("none of {known}")))
        }
    }
}

/// The beginning of a file, by which its format is recognised.
struct FileStart<'a> {
    /// The whole content.
    bytes: &'a [u8],
    /// The first 4096 bytes as text.
    text: String,
}

impl FileStart<'_> {
    fn from_bytes(bytes: &[u8]) -> FileStart<'_> {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned();
        FileStart { bytes, text }
    }

    /// Whether it is XML that contains this near its beginning.
    fn is_xml_with(&self, word: &str) -> bool {
        self.text.trim_start().starts_with('<') && self.text.contains(word)
    }

    /// The first line that is not blank: the header of a table.
    fn header_line(&self) -> &str {
        self.text.lines().find(|line| !text::is_blank(line)).unwrap_or_default()
    }
}

/// Reads the workouts of a file's content; the path is for messages, and a lenient reader keeps
/// what came before a fault.
type WorkoutReader = fn(&Path, &[u8], bool) -> Result<Vec<Workout>, ReadError>;

/// How workouts of one format are recognised and read.
struct WorkoutFormat {
    /// Its name for people, as in docs/reference/formats.md.
    title: &'static str,
    /// Whether a file is of this format.
    is_format: fn(&FileStart) -> bool,
    /// Reads the whole content of a file; the path is for messages, the flag is `lenient`.
    read: WorkoutReader,
}

/// Every format, in the order in which they are tried.
const WORKOUT_FORMATS: [WorkoutFormat; 4] = [
    WorkoutFormat {
        title: "FIT",
        is_format: |start| fit::is_fit(start.bytes),
        read: fit::read_fit,
    },
    WorkoutFormat {
        title: "GPX",
        is_format: |start| start.is_xml_with("<gpx"),
        read: |path, bytes, _| gpx::read_gpx(path, bytes),
    },
    WorkoutFormat {
        title: "TCX",
        is_format: |start| start.is_xml_with("TrainingCenterDatabase"),
        read: |path, bytes, _| tcx::read_tcx(path, bytes),
    },
    WorkoutFormat {
        title: "diary (CSV)",
        is_format: |start| diary::is_diary_header(start.header_line()),
        read: |path, bytes, _| diary::read_diary(path, bytes),
    },
];

/// The error for a file that holds no workout.
fn not_a_workout(path: &Path, what: &str) -> ReadError {
    let hint = "a diary has the columns date and minutes; docs/reference/formats.md lists what is \
                read of each format";
    ReadError::bad_format(path, crate::FileLocation::Whole, format!("not a workout: {what}"), hint)
}

#[cfg(test)]
mod tests;
