//! Athletes, their consent and sessions.

use crate::rows::{Athlete, AthleteId, Consent, Session, SessionId, day};
use crate::store::{must_exist, now};
use crate::{Error, Store, check_name, files};
use agoge_motion::Day;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::path::PathBuf;

/// The columns of an [`Athlete`], in the order of [`athlete`].
pub(crate) const ATHLETE: &str = "athletes.id, athletes.name, athletes.note, athletes.added_unix_s";

/// An athlete from the first columns of a row.
pub(crate) fn athlete(row: &Row<'_>) -> rusqlite::Result<Athlete> {
    Ok(Athlete { id: row.get(0)?, name: row.get(1)?, note: row.get(2)?, added_unix_s: row.get(3)? })
}

/// What names are told apart by: folders of some systems know no capitals.
fn key(name: &str) -> String {
    name.to_lowercase()
}

fn find(transaction: &Transaction<'_>, name: &str) -> Result<Option<Athlete>, Error> {
    let sql = format!("SELECT {ATHLETE} FROM athletes WHERE key = ?1");
    Ok(transaction.query_row(&sql, [key(name)], athlete).optional()?)
}

fn insert(transaction: &Transaction<'_>, name: &str, note: &str) -> Result<AthleteId, Error> {
    let sql = "INSERT INTO athletes (name, key, note, added_unix_s) VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(sql, params![name, key(name), note, now()])?;
    Ok(AthleteId(transaction.last_insert_rowid()))
}

impl Store {
    /// Adds an athlete.
    ///
    /// # Errors
    /// [`Error::Name`], [`Error::AthleteExists`], or if the library cannot be changed.
    pub fn add_athlete(&self, name: &str, note: &str) -> Result<AthleteId, Error> {
        check_name(name)?;
        self.write(|change| match find(change, name)? {
            Some(other) => Err(Error::AthleteExists { name: other.name.to_string() }),
            None => insert(change, name, note),
        })
    }

    /// The athlete of a name, whatever its capitals, who is added if nobody has it.
    ///
    /// # Errors
    /// [`Error::Name`], or if the library cannot be changed.
    pub fn athlete_or_new(&self, name: &str) -> Result<Athlete, Error> {
        check_name(name)?;
        self.write(|change| {
            if find(change, name)?.is_none() {
                insert(change, name, "")?;
            }
            find(change, name)?.ok_or(Error::NoAthlete { name: name.to_owned() })
        })
    }

    /// The athlete of a name, whatever its capitals.
    ///
    /// # Errors
    /// [`Error::NoAthlete`], or if the library cannot be read.
    pub fn find_athlete(&self, name: &str) -> Result<Athlete, Error> {
        self.read(|now| find(now, name)?.ok_or_else(|| Error::NoAthlete { name: name.to_owned() }))
    }

    /// The athlete of a number.
    ///
    /// # Errors
    /// [`Error::Nothing`], or if the library cannot be read.
    pub fn athlete(&self, id: AthleteId) -> Result<Athlete, Error> {
        self.read(|now| {
            let sql = format!("SELECT {ATHLETE} FROM athletes WHERE id = ?1");
            let found = now.query_row(&sql, [id], athlete).optional()?;
            found.ok_or(Error::Nothing { what: "athlete", id: id.0 })
        })
    }

    /// Every athlete, by name.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn athletes(&self) -> Result<Vec<Athlete>, Error> {
        self.search_athletes("")
    }

    /// The athletes with these letters, small or capital, anywhere in their names; by name.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn search_athletes(&self, letters: &str) -> Result<Vec<Athlete>, Error> {
        self.read(|now| {
            let sql =
                format!("SELECT {ATHLETE} FROM athletes WHERE instr(key, ?1) > 0 ORDER BY key");
            Ok(now.prepare(&sql)?.query_map([key(letters)], athlete)?.collect::<Result<_, _>>()?)
        })
    }

    /// Writes a note about an athlete, in place of the old one.
    ///
    /// # Errors
    /// [`Error::Nothing`], or if the library cannot be changed.
    pub fn note_athlete(&self, athlete: AthleteId, note: &str) -> Result<(), Error> {
        self.write(|change| {
            match change
                .execute("UPDATE athletes SET note = ?2 WHERE id = ?1", params![athlete, note])?
            {
                0 => Err(Error::Nothing { what: "athlete", id: athlete.0 }),
                _ => Ok(()),
            }
        })
    }

    /// The folder of an athlete's open files of load and injuries, which may not exist yet.
    pub fn load_folder(&self, athlete: &Athlete) -> PathBuf {
        self.folder().join(files::ATHLETES).join(athlete.name.as_str())
    }

    /// Writes down what an athlete said about a purpose; older statements stay.
    ///
    /// # Errors
    /// [`Error::Nothing`], or if the library cannot be changed.
    pub fn add_consent(&self, athlete: AthleteId, consent: &Consent) -> Result<(), Error> {
        self.write(|change| {
            must_exist(change, "athletes", "athlete", athlete.0)?;
            let Consent { day, purpose, given, note } = consent;
            change.execute(
                "INSERT INTO consents (athlete, day, purpose, given, note) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![athlete, day.to_string(), purpose, given, note],
            )?;
            Ok(())
        })
    }

    /// Everything that an athlete said about consent, in order.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn consents(&self, athlete: AthleteId) -> Result<Vec<Consent>, Error> {
        self.read(|now| {
            let sql = "SELECT day, purpose, given, note FROM consents WHERE athlete = ?1 ORDER BY day, id";
            let consent = |row: &Row<'_>| {
                Ok(Consent { day: day(row, 0)?, purpose: row.get(1)?, given: row.get(2)?, note: row.get(3)? })
            };
            Ok(now.prepare(sql)?.query_map([athlete], consent)?.collect::<Result<_, _>>()?)
        })
    }

    /// The sessions of an athlete, the newest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn sessions(&self, athlete: AthleteId) -> Result<Vec<Session>, Error> {
        self.read(|now| {
            let sql =
                "SELECT id, athlete, day, note FROM sessions WHERE athlete = ?1 ORDER BY day DESC";
            let session = |row: &Row<'_>| {
                Ok(Session {
                    id: row.get(0)?,
                    athlete: row.get(1)?,
                    day: day(row, 2)?,
                    note: row.get(3)?,
                })
            };
            Ok(now.prepare(sql)?.query_map([athlete], session)?.collect::<Result<_, _>>()?)
        })
    }

    /// Writes a note about an athlete's session of a day, which begins with it if there was none.
    ///
    /// # Errors
    /// [`Error::Nothing`], or if the library cannot be changed.
    pub fn note_session(
        &self,
        athlete: AthleteId,
        day: Day,
        note: &str,
    ) -> Result<SessionId, Error> {
        self.write(|change| {
            let session = session_of(change, athlete, day)?;
            change
                .execute("UPDATE sessions SET note = ?2 WHERE id = ?1", params![session, note])?;
            Ok(session)
        })
    }

    /// Takes in the athletes of whom there is a folder and no row.
    pub(crate) fn take_in_folders(&self) -> Result<(), Error> {
        let folders = files::entries(&self.folder().join(files::ATHLETES))?;
        let names = folders.iter().filter(|path| path.is_dir()).map(|path| files::name_of(path));
        let names: Vec<String> = names.filter(|name| check_name(name).is_ok()).collect();
        let known = |change: &Transaction<'_>| -> Result<Vec<String>, Error> {
            let mut statement = change.prepare("SELECT key FROM athletes")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        let is_new = |keys: &[String], name: &String| !keys.contains(&key(name));
        let keys = self.read(known)?;
        if !names.iter().any(|name| is_new(&keys, name)) {
            return Ok(());
        }
        self.write(|change| {
            for name in &names {
                if is_new(&known(change)?, name) {
                    insert(change, name, "")?;
                }
            }
            Ok(())
        })
    }
}

/// An athlete's session of a day, made if there was none.
pub(crate) fn session_of(
    change: &Transaction<'_>,
    athlete: AthleteId,
    day: Day,
) -> Result<SessionId, Error> {
    must_exist(change, "athletes", "athlete", athlete.0)?;
    let day = day.to_string();
    change.execute(
        "INSERT OR IGNORE INTO sessions (athlete, day, note) VALUES (?1, ?2, '')",
        params![athlete, day],
    )?;
    let sql = "SELECT id FROM sessions WHERE athlete = ?1 AND day = ?2";
    Ok(change.query_row(sql, params![athlete, day], |row| row.get(0))?)
}
