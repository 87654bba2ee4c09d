//! FIT: samples come from `record` messages, sports from `session` messages, and the local time
//! zone from the `activity` message.

mod decode;
mod encode;
mod profile;
mod value;

pub(super) use decode::is_fit;
pub use encode::{PlannedStep, PlannedWorkout, StepKind, StepLength, encode_planned_fit};

use super::{Workout, WorkoutSamples, WorkoutStart};
use crate::ReadError;
use crate::error::FileLocation;
use decode::{FitFile, FitMessage};
use profile::{ACTIVITY, EPOCH_S, FILE_ID, RECORD, SESSION, TIMESTAMP};
use std::collections::HashMap;
use std::path::Path;
use value::FitValue;

const BROKEN_HINT: &str = "--lenient reads what is there; or copy the file from the device again";

/// Reads the workouts of a FIT file, or of several chained in one.
pub(super) fn read_fit(
    path: &Path,
    bytes: &[u8],
    lenient: bool,
) -> Result<Vec<Workout>, ReadError> {
    let parts = decode::decode_files(bytes);
    let faults = parts.iter().flat_map(|part| &part.faults);
    if let Some(fault) = faults.clone().next().filter(|_| !lenient) {
        return Err(ReadError::bad_format(
            path,
            FileLocation::Byte(fault.byte),
            fault.what.clone(),
            BROKEN_HINT,
        ));
    }
    let notes: Vec<String> =
        faults.map(|fault| format!("{} (byte {})", fault.what, fault.byte)).collect();
    let mut workouts: Vec<Workout> = parts.iter().flat_map(workouts_from_file).collect();
    for workout in &mut workouts {
        workout.notes.splice(0..0, notes.iter().cloned());
    }
    if workouts.is_empty() {
        let kinds =
            parts.iter().flat_map(|part| &part.messages).filter(|message| message.kind == FILE_ID);
        let kind = kinds.map(|message| message.field_number(0)).next().unwrap_or(f64::NAN);
        let what = format!("no workout: a FIT file {}", profile::file_purpose(kind));
        let broken = notes.first().map_or(String::new(), |note| format!(" ({note})"));
        return Err(ReadError::bad_format(
            path,
            FileLocation::Whole,
            what + &broken,
            "give the file of an activity",
        ));
    }
    Ok(workouts)
}

/// The workouts of one of the chained files: one per session, or one in all if there is no session.
fn workouts_from_file(part: &FitFile) -> Vec<Workout> {
    let of_kind = |kind: u16| part.messages.iter().filter(move |message| message.kind == kind);
    let (times, samples) = samples_from_records(of_kind(RECORD));
    let mut sessions: Vec<&FitMessage> = of_kind(SESSION).collect();
    sessions.sort_by(|a, b| a.field_number(2).total_cmp(&b.field_number(2)));
    if sessions.is_empty() && times.is_empty() {
        return Vec::new();
    }
    let offset_s = of_kind(ACTIVITY).find_map(local_offset_s);
    // Each sample belongs to the last session that has begun; samples before the first session
    // belong to the first.
    let starts: Vec<f64> = sessions.iter().map(|session| session.field_number(2)).collect();
    let mut cuts: Vec<usize> = vec![0];
    for start in starts.iter().skip(1) {
        let from = cuts.last().copied().unwrap_or(0);
        cuts.push(
            from + times[from..]
                .iter()
                .position(|time| time >= start)
                .unwrap_or(times.len() - from),
        );
    }
    cuts.push(times.len());
    let whole = sessions.len() <= 1;
    let build = |index: usize, range: std::ops::Range<usize>| {
        let session = sessions.get(index);
        let session_start = session.map_or(f64::NAN, |session| session.field_number(2));
        let first = times
            .get(range.clone())
            .and_then(|times| times.iter().copied().find(|time| time.is_finite()));
        // The workout starts with its first sample; a session that begins a little earlier only
        // shows when the button was pressed.
        let start =
            first.unwrap_or(if session_start.is_finite() { session_start } else { f64::NAN });
        let begin = WorkoutStart::At {
            unix_s: EPOCH_S + if start.is_finite() { start } else { 0.0 },
            offset_s,
        };
        let mut workout = Workout::new(
            begin,
            session.map_or(String::new(), |s| profile::sport_name(s.field_number(5))),
        );
        workout.samples = if whole { samples.clone() } else { samples.samples_in(range) };
        for time in &mut workout.samples.time {
            *time -= start;
        }
        if let Some(session) = session {
            workout.duration_s = [8, 7]
                .map(|field| session.field_number(field) / 1000.0)
                .into_iter()
                .find(|s| s.is_finite())
                .unwrap_or(f64::NAN);
            workout.distance_m = session.field_number(9) / 100.0;
        }
        if !(profile::FIRST_DATE..).contains(&start) {
            workout.notes.push("the device's clock was not set: the day is not known".into());
        }
        workout
    };
    cuts.windows(2).enumerate().map(|(index, cut)| build(index, cut[0]..cut[1])).collect()
}

/// How far local time is ahead of UTC, s, rounded to a quarter of an hour as time zones are.
fn local_offset_s(activity: &FitMessage) -> Option<f64> {
    let ahead = activity.field_number(5) - activity.field_number(TIMESTAMP);
    let quarters = (ahead / 900.0).round();
    (quarters.abs() <= 14.0 * 4.0).then_some(quarters * 900.0)
}

/// The times (FIT seconds) and values of `record` messages.
fn samples_from_records<'a>(
    records: impl Iterator<Item = &'a FitMessage>,
) -> (Vec<f64>, WorkoutSamples) {
    let mut times = Vec::new();
    let mut columns: HashMap<&str, Vec<f64>> = HashMap::new();
    let mut sums = CompressedSums::default();
    for (row, record) in records.enumerate() {
        times.push(record.field_number(TIMESTAMP));
        let mut put = |name: &'a str, value: f64| {
            if value.is_finite() {
                let column = columns.entry(name).or_default();
                column.resize(row, f64::NAN);
                column.push(value);
            }
        };
        for (name, value) in sums.expand_fields(record) {
            put(name, value);
        }
        for (number, value) in &record.fields {
            if let Ok(place) =
                profile::RECORD_FIELDS.binary_search_by_key(number, |field| field.number)
            {
                let field = &profile::RECORD_FIELDS[place];
                put(field.name, value.number_or_nan() / field.scale - field.offset);
            }
        }
        for (name, value) in &record.developer {
            put(name, value.number_or_nan());
        }
    }
    for column in columns.values_mut() {
        column.resize(times.len(), f64::NAN);
    }
    let mut take = |name: &str| columns.remove(name).unwrap_or_default();
    let degrees = |mut semicircles: Vec<f64>| {
        semicircles.iter_mut().for_each(|value| *value *= 180.0 / (1u64 << 31) as f64);
        semicircles
    };
    let mut samples = WorkoutSamples {
        time: times.clone(),
        heart_rate: take("heart_rate"),
        power: take("power"),
        speed: merge_columns(take("enhanced_speed"), take("speed")),
        distance: take("distance"),
        cadence: take("cadence"),
        altitude: merge_columns(take("enhanced_altitude"), take("altitude")),
        latitude: degrees(take("position_lat")),
        longitude: degrees(take("position_long")),
        other: Vec::new(),
    };
    samples.other = columns.into_iter().map(|(name, values)| (name.to_owned(), values)).collect();
    samples.drop_empty();
    (times, samples)
}

/// The finer of two lists of the same quantity, with missing values filled from the coarser.
fn merge_columns(mut finer: Vec<f64>, coarser: Vec<f64>) -> Vec<f64> {
    if finer.is_empty() {
        return coarser;
    }
    for (value, substitute) in finer.iter_mut().zip(coarser) {
        if value.is_nan() {
            *value = substitute;
        }
    }
    finer
}

/// Running sums of fields of which a file stores only the low bits.
#[derive(Default)]
struct CompressedSums {
    distance: u64,
    cycles: u64,
    power: u64,
}

impl CompressedSums {
    /// Expands the compressed fields of a record into the fields they stand for.
    fn expand_fields(&mut self, record: &FitMessage) -> Vec<(&'static str, f64)> {
        let mut expanded = Vec::new();
        for (number, value) in &record.fields {
            match (*number, value) {
                (profile::COMPRESSED_SPEED_DISTANCE, FitValue::List(bytes)) if bytes.len() == 3 => {
                    if record.redefined {
                        self.distance = 0;
                    }
                    // The bytes are invalid only all together: 0xFF in one of them is a value.
                    if bytes.iter().all(|byte| byte.is_nan()) {
                        continue;
                    }
                    let [a, b, c] = [bytes[0], bytes[1], bytes[2]]
                        .map(|byte| if byte.is_nan() { 0xFF } else { byte as u64 });
                    expanded.push(("speed", (a | (b & 15) << 8) as f64 / 100.0));
                    self.distance = accumulate_bits(b >> 4 | c << 4, self.distance, 12);
                    expanded.push(("distance", self.distance as f64 / 16.0));
                }
                (profile::CYCLES, FitValue::Number(low)) if low.is_finite() => {
                    self.cycles = accumulate_bits(
                        *low as u64,
                        if record.redefined { 0 } else { self.cycles },
                        8,
                    );
                    expanded.push(("total_cycles", self.cycles as f64));
                }
                (profile::COMPRESSED_ACCUMULATED_POWER, FitValue::Number(low))
                    if low.is_finite() =>
                {
                    self.power = accumulate_bits(
                        *low as u64,
                        if record.redefined { 0 } else { self.power },
                        16,
                    );
                    expanded.push(("accumulated_power", self.power as f64));
                }
                _ => {}
            }
        }
        expanded
    }
}

/// The running sum whose low `bits` bits are `low`, given that it has not decreased since `before`.
fn accumulate_bits(low: u64, before: u64, bits: u32) -> u64 {
    let span = 1u64 << bits;
    let sum = low + (before & !(span - 1));
    if low < before & (span - 1) { sum + span } else { sum }
}
