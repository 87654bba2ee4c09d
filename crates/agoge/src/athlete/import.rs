//! Bringing files into an athlete's folder: workouts, diaries, and the tables of injuries, pain and
//! questionnaires.

use super::tables::{self, InjuryRow};
use super::{LoadFolder, WorkoutRow, rows};
use crate::Error;
use agoge_formats::workout::{self, Workout, WorkoutSamples, WorkoutStart};
use agoge_load::injury::Area;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// How files are brought in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ImportOptions {
    /// Read files with a wrong checksum or a missing end as far as they go.
    pub lenient: bool,
    /// How far the athlete's clock is ahead of UTC, s, for files that do not say.
    pub offset_s: f64,
}

/// A file, or a workout of it, that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedFile {
    /// The file.
    pub file: PathBuf,
    /// Why, in one line.
    pub reason: String,
}

/// What became of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WorkoutImport {
    /// New workouts and days of rest.
    pub added: usize,
    /// Workouts that were there from another device or the diary, and were joined with it.
    pub joined: usize,
    /// Workouts that were there from the same file.
    pub known: usize,
    /// New rows of injuries, pain, questionnaires, movement factors, tests or drills.
    pub reports: usize,
    /// What was not taken; nothing of it is lost, the files are as they were.
    pub refused: Vec<RefusedFile>,
    /// What was assumed or repaired, with the number of workouts that it was said of.
    pub notes: BTreeMap<String, usize>,
}

/// The tables that are taken over row by row, with the columns that tell them.
const TABLES: [(&str, [&str; 2]); 6] = [
    ("injuries.csv", ["area", "tissue"]),
    ("pain.csv", ["area", "score"]),
    ("weekly.csv", ["participation", "pain"]),
    ("movement.csv", ["name", "detectable"]),
    ("tests.csv", ["test", "value"]),
    ("drills.csv", ["day", "drill"]),
];

impl LoadFolder {
    /// Brings files in. A file at fault is reported and the others are taken; what was brought in
    /// before changes nothing. Only one program at a time writes an athlete's folder; the others
    /// wait, and `on_wait` is called once if this one has to.
    ///
    /// # Errors
    /// If the athlete's own folder cannot be read or written.
    pub fn import_files(
        &self,
        files: &[PathBuf],
        options: ImportOptions,
        on_wait: impl FnOnce(),
    ) -> Result<WorkoutImport, Error> {
        // From before the tables are read until they are written.
        let _alone = agoge_store::lock_athlete(&self.library, &self.name, on_wait)?;
        let profile = self.read_profile()?;
        let mut rows = self.read_workouts()?;
        let before = rows.clone();
        let mut done = WorkoutImport::default();
        std::fs::create_dir_all(self.file_path("samples")).map_err(Error::io_at(&self.folder))?;
        for file in files {
            let refuse = |reason: String| RefusedFile { file: file.clone(), reason };
            let bytes = match std::fs::read(file) {
                Ok(bytes) => bytes,
                Err(error) => {
                    done.refused.push(refuse(format!(
                        "{error}; hint: check that the path exists and may be read; file: {}",
                        file.display()
                    )));
                    continue;
                }
            };
            if let Some(table) = detect_table(&bytes) {
                match self.merge_table(table, file, &bytes) {
                    Ok(new) => done.reports += new,
                    Err(error) => done.refused.push(refuse(error.to_string())),
                }
                continue;
            }
            let read = workout::decode_workouts(file, &bytes, options.lenient)
                .and_then(|own| Ok((own, workout::read_diary_injuries(file, &bytes)?)));
            let (workouts, injuries) = match read {
                Ok(read) => read,
                Err(error) => {
                    done.refused.push(refuse(error.to_string()));
                    continue;
                }
            };
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            for (id, own) in workout_ids(&bytes, workouts) {
                if rows.iter().any(|row| row.has_source(&id)) {
                    done.known += 1;
                    continue;
                }
                let own = match workout::clean_workout(own) {
                    Ok(own) => own,
                    Err(reason) => {
                        done.refused.push(refuse(format!("{reason}; file: {}", file.display())));
                        continue;
                    }
                };
                for note in &own.notes {
                    *done.notes.entry(note.clone()).or_default() += 1;
                }
                if !own.samples.is_empty() {
                    crate::write_bytes(
                        &self.file_path(&format!("samples/{id}.csv")),
                        samples_csv(&own.samples).as_bytes(),
                    )?;
                }
                let row = WorkoutRow::from_workout(
                    id,
                    &own,
                    &profile.workout_loads(&own),
                    options.offset_s,
                    &name,
                );
                let near = |other: &&mut WorkoutRow| (other.day.0 - row.day.0).abs() <= 1;
                match rows.iter_mut().filter(near).find(|other| {
                    workout::is_same_workout(&other.to_workout(), &own, options.offset_s)
                }) {
                    Some(other) => {
                        other.merge_from(&row);
                        done.joined += 1;
                    }
                    None => {
                        rows.push(row);
                        done.added += 1;
                    }
                }
            }
            done.reports += self.add_injuries(injuries)?;
        }
        if rows != before {
            rows::write_workout_rows(&self.file_path("workouts.csv"), &mut rows)?;
        }
        Ok(done)
    }

    /// Adds the rows of a table that are not there yet; how many they were.
    fn merge_table(&self, table: &str, file: &Path, bytes: &[u8]) -> Result<usize, Error> {
        let own = self.file_path(table);
        check_table(table, file)?;
        let mut lines: Vec<BTreeMap<String, String>> = tables::read_table(&own)?;
        let new: Vec<BTreeMap<String, String>> = tables::parse_table(file, bytes)?;
        let before = lines.len();
        let mut from = Vec::new();
        for (index, row) in new.into_iter().enumerate() {
            if !lines.contains(&row) {
                lines.push(row);
                from.push(index as u64 + 2);
            }
        }
        if lines.len() == before {
            return Ok(0);
        }
        let columns: std::collections::BTreeSet<&str> =
            lines.iter().flat_map(|row| row.keys().map(String::as_str)).collect();
        let mut text: Vec<Vec<&str>> = vec![columns.iter().copied().collect()];
        text.extend(lines.iter().map(|row| {
            columns.iter().map(|column| row.get(*column).map_or("", String::as_str)).collect()
        }));
        // Written to a trial file first: only a table whose every row can be read, and goes with
        // the others, replaces the old one.
        let trial = self.file_path(&format!(".{table}.trial"));
        tables::write_records(&trial, &text)?;
        let checked = check_table(table, &trial).map_err(|error| match error {
            // The line is the trial's; who reads it has the table of the folder and the file that
            // came in.
            Error::Table { line, what, .. } => match line.checked_sub(before as u64 + 2) {
                Some(place) => {
                    let line = from.get(place as usize).copied().unwrap_or(1);
                    Error::Table { path: file.to_owned(), line, what }
                }
                None => Error::Table { path: own.clone(), line, what },
            },
            error => error,
        });
        let moved =
            checked.and_then(|()| std::fs::rename(&trial, &own).map_err(Error::io_at(&own)));
        if moved.is_err() {
            // The first error is the one to report.
            let _ = std::fs::remove_file(&trial);
        }
        moved.map(|()| lines.len() - before)
    }

    /// Adds the injuries that a diary names.
    fn add_injuries(&self, found: Vec<workout::DiaryInjury>) -> Result<usize, Error> {
        let path = self.file_path("injuries.csv");
        let mut rows: Vec<InjuryRow> = tables::read_table(&path)?;
        let before = rows.len();
        for injury in found {
            // Words that say how it began are taken over; the tissue is not guessed.
            let words = format!("{} {}", injury.location, injury.kind).to_lowercase();
            let contact = words.contains("contact") && !words.contains("non");
            let onset = match () {
                () if contact => "sudden",
                () if words.contains("overuse") => "repetitive_gradual",
                () => "",
            };
            let row = InjuryRow {
                day: injury.day,
                area: Area::from_everyday_word(&injury.location).label().to_owned(),
                onset: onset.to_owned(),
                contact: if contact { "yes".into() } else { "no".into() },
                notes: format!("{}, {}", injury.location, injury.kind)
                    .trim_matches([',', ' '])
                    .to_owned(),
                ..InjuryRow::default()
            };
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        if rows.len() > before {
            tables::write_table(&path, &rows)?;
        }
        Ok(rows.len() - before)
    }
}

/// Whether every row of a table can be read.
fn check_table(table: &str, path: &Path) -> Result<(), Error> {
    match table {
        "injuries.csv" => tables::read_injuries(path).map(|_| ()),
        "pain.csv" => tables::read_pains(path).map(|_| ()),
        "weekly.csv" => tables::read_weeks(path).map(|_| ()),
        "tests.csv" => tables::read_tests(path).map(|_| ()),
        "drills.csv" => tables::read_drills(path, None).map(|_| ()),
        _ => tables::read_changes(path).map(|_| ()),
    }
}

/// The table that a CSV of ours is, by its columns.
fn detect_table(bytes: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1000)]).to_lowercase();
    let names: Vec<&str> =
        head.lines().next()?.trim_start_matches('\u{feff}').split(',').map(str::trim).collect();
    TABLES
        .iter()
        .find(|(_, columns)| {
            names.contains(&"day") && columns.iter().all(|column| names.contains(column))
        })
        .map(|(table, _)| *table)
}

/// Fingerprints: of the file and the place in it for devices; of the row itself for a diary, which
/// grows.
fn workout_ids(bytes: &[u8], workouts: Vec<Workout>) -> Vec<(String, Workout)> {
    let file = fnv1a_hash(bytes);
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    let mut id = |index: usize, own: &Workout| match own.start {
        WorkoutStart::At { .. } => format!("{file:016x}-{index}"),
        WorkoutStart::On(day) => {
            let row = format!(
                "{day}|{}|{}|{}|{}|{}|{}",
                own.sport, own.duration_s, own.rpe, own.load_au, own.distance_m, own.comment
            );
            // Rows without a lift keep the fingerprint that they had before lifts were read.
            let row =
                if own.volume_kg.is_finite() { format!("{row}|{}", own.volume_kg) } else { row };
            let print = fnv1a_hash(row.as_bytes());
            let times = seen.entry(print).or_default();
            *times += 1;
            format!("{print:016x}-d{times}")
        }
    };
    workouts.into_iter().enumerate().map(|(index, own)| (id(index, &own), own)).collect()
}

/// FNV-1a (Fowler, Noll & Vo), 64 bits: tells files apart, and is the same on every machine.
fn fnv1a_hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn samples_csv(samples: &WorkoutSamples) -> String {
    let columns: Vec<(&str, &[f64])> = samples.named_columns().collect();
    let mut text = String::from("time_s");
    for (name, _) in &columns {
        // A developer's field may be called anything.
        let _ = write!(text, ",{}", name.replace([',', '"', '\n', '\r'], "_"));
    }
    text.push('\n');
    for (row, time) in samples.time.iter().enumerate() {
        let _ = write!(text, "{time}");
        for (_, values) in &columns {
            match values.get(row) {
                Some(value) if value.is_finite() => _ = write!(text, ",{value}"),
                _ => text.push(','),
            }
        }
        text.push('\n');
    }
    text
}
