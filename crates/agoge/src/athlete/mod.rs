//! An athlete's load: a folder of open files in the library that a person can read and edit.
//!
//! `athlete.toml` (what the loads need to know), `workouts.csv`, `samples/ID.csv`, `injuries.csv`,
//! `pain.csv`, `weekly.csv`, `tests.csv`, `movement.csv`, `drills.csv`. Each is written whole or
//! not at all; importing the same file twice changes nothing. docs/reference/load.md describes the
//! columns.

mod import;
mod profile;
mod rows;
mod tables;

pub use import::{ImportOptions, RefusedFile, WorkoutImport};
pub use profile::LoadProfile;
pub use rows::WorkoutRow;

use crate::Error;
use agoge_load::{
    AthleteLog, LoadOverview, LoggedSession, WorkloadMethod, load_overview, usual_method,
};
use agoge_motion::Day;
use agoge_plan::{MovementFactor, SessionLibrary};
use agoge_store::{AthleteName, Store};
use std::path::{Path, PathBuf};

/// An athlete's folder.
#[derive(Clone, Debug)]
pub struct LoadFolder {
    library: PathBuf,
    name: AthleteName,
    folder: PathBuf,
    /// Jumps and throws that were counted in recordings.
    counted_sessions: Vec<LoggedSession>,
}

impl LoadFolder {
    /// The load of the athlete of this name in a library; the folder may not exist yet.
    ///
    /// # Errors
    /// A name that cannot be a folder's.
    pub fn new(library: &Path, name: &str) -> Result<LoadFolder, Error> {
        let name = AthleteName::new(name)?;
        Ok(LoadFolder {
            folder: library.join("athletes").join(name.as_str()),
            library: library.to_owned(),
            name,
            counted_sessions: Vec::new(),
        })
    }

    /// The load of an athlete of a store, with the jumps and throws that were counted in the
    /// recordings there.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn from_store(store: &Store, athlete: &agoge_store::Athlete) -> Result<LoadFolder, Error> {
        let counted = crate::library::counted_sessions(store, athlete.id)?;
        Ok(LoadFolder {
            counted_sessions: counted,
            ..LoadFolder::new(store.folder(), &athlete.name)?
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn file_path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What the loads need to know; all unknown if the file is not there.
    ///
    /// # Errors
    /// A file that cannot be read, unknown keys, values that no person has.
    pub fn read_profile(&self) -> Result<LoadProfile, Error> {
        LoadProfile::read_file(&self.file_path("athlete.toml"))
    }

    /// The workouts, by start.
    ///
    /// # Errors
    /// A file that cannot be read or has other columns.
    pub fn read_workouts(&self) -> Result<Vec<WorkoutRow>, Error> {
        rows::read_workout_rows(&self.file_path("workouts.csv"))
    }

    /// Everything that is kept.
    ///
    /// # Errors
    /// A file that cannot be read or has a wrong row, with its line.
    pub fn read_log(&self) -> Result<AthleteLog, Error> {
        Ok(AthleteLog {
            sessions: self
                .read_workouts()?
                .iter()
                .map(WorkoutRow::to_session)
                .chain(self.counted_sessions.iter().cloned())
                .collect(),
            injuries: tables::read_injuries(&self.file_path("injuries.csv"))?,
            pains: tables::read_pains(&self.file_path("pain.csv"))?,
            weeks: tables::read_weeks(&self.file_path("weekly.csv"))?,
            changes: tables::read_changes(&self.file_path("movement.csv"))?,
        })
    }

    /// Tests of performance, by day: `tests.csv`.
    ///
    /// # Errors
    /// A file that cannot be read or has a wrong row, with its line.
    pub fn read_tests(&self) -> Result<Vec<(Day, f64)>, Error> {
        tables::read_tests(&self.file_path("tests.csv"))
    }

    /// Factors of movement over time: `movement.csv`.
    ///
    /// # Errors
    /// A file that cannot be read or has a wrong row, with its line.
    pub fn read_factors(&self) -> Result<Vec<MovementFactor>, Error> {
        tables::read_factors(&self.file_path("movement.csv"))
    }

    /// Sessions and drills of a library that were done, by day and name: `drills.csv`.
    ///
    /// # Errors
    /// As [`LoadFolder::read_factors`]; a name that is not in the library.
    pub fn read_drills(&self, library: &SessionLibrary) -> Result<Vec<(Day, String)>, Error> {
        tables::read_drills(&self.file_path("drills.csv"), Some(library))
    }

    /// The figures until the last entry, by one method or the one that most workouts have.
    ///
    /// # Errors
    /// As [`LoadFolder::read_log`]; no load by this method.
    pub fn load_overview(&self, method: Option<WorkloadMethod>) -> Result<LoadOverview, Error> {
        let (log, profile) = (self.read_log()?, self.read_profile()?);
        let made = method
            .or_else(|| usual_method(&log.sessions))
            .and_then(|method| load_overview(&self.name, &log, method, profile.missing_is_rest));
        made.ok_or_else(|| Error::NoLoad { folder: self.folder.clone() })
    }
}

#[cfg(test)]
mod tests;
