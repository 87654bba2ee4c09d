//! An athlete's load: a folder of open files in the library that a person can read and edit.
//!
//! `athlete.toml` (what the loads need to know), `workouts.csv`, `samples/ID.csv`, `injuries.csv`,
//! `pain.csv`, `weekly.csv`. Each is written whole or not at all; bringing in the same file twice
//! changes nothing. docs/LOAD.md describes the columns.

mod club;
mod import;
mod profile;
mod rows;
mod tables;

pub use club::learn_club;
pub use import::{ImportOptions, Imported, Refused};
pub use profile::Profile;
pub use rows::WorkoutRow;

use crate::Error;
use agoge_coach::load::{Log, Method, Overview, Session, overview, usual_method};
use agoge_coach::plan::{Factor, Library};
use agoge_motion::Day;
use agoge_store::{AthleteName, Store};
use std::path::{Path, PathBuf};

/// An athlete's folder.
#[derive(Clone, Debug)]
pub struct Athlete {
    library: PathBuf,
    name: AthleteName,
    folder: PathBuf,
    /// Jumps and throws that were counted in recordings.
    counted: Vec<Session>,
}

impl Athlete {
    /// The load of the athlete of this name in a library; the folder may not exist yet.
    ///
    /// # Errors
    /// A name that cannot be a folder's.
    pub fn new(library: &Path, name: &str) -> Result<Athlete, Error> {
        let name = AthleteName::new(name)?;
        Ok(Athlete {
            folder: library.join("athletes").join(name.as_str()),
            library: library.to_owned(),
            name,
            counted: Vec::new(),
        })
    }

    /// The load of an athlete of a store, with the jumps and throws that were counted in the
    /// recordings there.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn of(store: &Store, athlete: &agoge_store::Athlete) -> Result<Athlete, Error> {
        let counted = crate::library::counted(store, athlete.id)?;
        Ok(Athlete { counted, ..Athlete::new(store.folder(), &athlete.name)? })
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What the loads need to know; all unknown if the file is not there.
    ///
    /// # Errors
    /// A file that cannot be read, unknown keys, values that no person has.
    pub fn profile(&self) -> Result<Profile, Error> {
        Profile::read(&self.file("athlete.toml"))
    }

    /// The workouts, by start.
    ///
    /// # Errors
    /// A file that cannot be read or has other columns.
    pub fn workouts(&self) -> Result<Vec<WorkoutRow>, Error> {
        rows::read(&self.file("workouts.csv"))
    }

    /// Everything that is kept.
    ///
    /// # Errors
    /// A file that cannot be read or has a wrong row, with its line.
    pub fn log(&self) -> Result<Log, Error> {
        Ok(Log {
            sessions: self
                .workouts()?
                .iter()
                .map(WorkoutRow::session)
                .chain(self.counted.iter().cloned())
                .collect(),
            injuries: tables::injuries(&self.file("injuries.csv"))?,
            pains: tables::pains(&self.file("pain.csv"))?,
            weeks: tables::weeks(&self.file("weekly.csv"))?,
            changes: tables::changes(&self.file("movement.csv"))?,
        })
    }

    /// Tests of performance, by day: `tests.csv`.
    ///
    /// # Errors
    /// A file that cannot be read or has a wrong row, with its line.
    pub fn tests(&self) -> Result<Vec<(Day, f64)>, Error> {
        tables::tests(&self.file("tests.csv"))
    }

    /// Factors of movement over time: `movement.csv`.
    ///
    /// # Errors
    /// A file that cannot be read or has a wrong row, with its line.
    pub fn factors(&self) -> Result<Vec<Factor>, Error> {
        tables::factors(&self.file("movement.csv"))
    }

    /// Sessions and drills of a library that were done, by day and name: `drills.csv`.
    ///
    /// # Errors
    /// As [`Athlete::factors`]; a name that is not in the library.
    pub fn drills(&self, library: &Library) -> Result<Vec<(Day, String)>, Error> {
        tables::drills(&self.file("drills.csv"), Some(library))
    }

    /// The figures until the last entry, by one method or the one that most workouts have.
    ///
    /// # Errors
    /// As [`Athlete::log`]; no load by this method.
    pub fn overview(&self, method: Option<Method>) -> Result<Overview, Error> {
        let (log, profile) = (self.log()?, self.profile()?);
        let made = method
            .or_else(|| usual_method(&log.sessions))
            .and_then(|method| overview(&self.name, &log, method, profile.missing_is_rest));
        made.ok_or_else(|| Error::NoLoad { folder: self.folder.clone() })
    }
}

#[cfg(test)]
mod tests;
