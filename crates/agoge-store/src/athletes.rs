//! Athletes, their consent and sessions.

use crate::rows::{Athlete, AthleteId, Consent, SessionId, SessionRow, day_from_column};
use crate::store::{must_exist, now_unix_s};
use crate::{Store, StoreError, check_name, files};
use agoge_motion::Day;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::path::PathBuf;

/// The columns of an [`Athlete`], in the order of [`athlete`].
pub(crate) const ATHLETE_COLUMNS: &str =
    "athletes.id, athletes.name, athletes.note, athletes.added_unix_s";

/// An athlete from the first columns of a row.
pub(crate) fn athlete_from_row(row: &Row<'_>) -> rusqlite::Result<Athlete> {
    Ok(Athlete { id: row.get(0)?, name: row.get(1)?, note: row.get(2)?, added_unix_s: row.get(3)? })
}

/// What names are told apart by: folders of some systems know no capitals.
fn name_key(name: &str) -> String {
    name.to_lowercase()
}

fn find_by_name(transaction: &Transaction<'_>, name: &str) -> Result<Option<Athlete>, StoreError> {
    let sql = format!("SELECT {ATHLETE_COLUMNS} FROM athletes WHERE key = ?1");
    Ok(transaction.query_row(&sql, [name_key(name)], athlete_from_row).optional()?)
}

fn insert_athlete(
    transaction: &Transaction<'_>,
    name: &str,
    note: &str,
) -> Result<AthleteId, StoreError> {
    let sql = "INSERT INTO athletes (name, key, note, added_unix_s) VALUES (?1, ?2, ?3, ?4)";
    transaction.execute(sql, params![name, name_key(name), note, now_unix_s()])?;
    Ok(AthleteId(transaction.last_insert_rowid()))
}

impl Store {
    /// Adds an athlete.
    ///
    /// # Errors
    /// [`StoreError::Name`], [`StoreError::AthleteExists`], or if the library cannot be changed.
    pub fn add_athlete(&self, name: &str, note: &str) -> Result<AthleteId, StoreError> {
        check_name(name)?;
        self.write_transaction(|change| match find_by_name(change, name)? {
            Some(other) => Err(StoreError::AthleteExists { name: other.name.to_string() }),
            None => insert_athlete(change, name, note),
        })
    }

    /// The athlete of a name, whatever its capitals, who is added if nobody has it.
    ///
    /// # Errors
    /// [`StoreError::Name`], or if the library cannot be changed.
    ///
    /// ```
    /// use agoge_store::Store;
    /// let folder = tempfile::tempdir()?;
    /// let store = Store::open(folder.path())?;
    /// let ada = store.athlete_or_new("Ada K.")?;
    /// assert_eq!(store.athlete_or_new("ADA K.")?.id, ada.id);
    /// assert_eq!(store.list_athletes()?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn athlete_or_new(&self, name: &str) -> Result<Athlete, StoreError> {
        check_name(name)?;
        self.write_transaction(|change| {
            if find_by_name(change, name)?.is_none() {
                insert_athlete(change, name, "")?;
            }
            find_by_name(change, name)?.ok_or(StoreError::NoAthlete { name: name.to_owned() })
        })
    }

    /// The athlete of a name, whatever its capitals.
    ///
    /// # Errors
    /// [`StoreError::NoAthlete`], or if the library cannot be read.
    pub fn find_athlete(&self, name: &str) -> Result<Athlete, StoreError> {
        self.read_transaction(|now| {
            find_by_name(now, name)?.ok_or_else(|| StoreError::NoAthlete { name: name.to_owned() })
        })
    }

    /// The athlete of a number.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or if the library cannot be read.
    pub fn load_athlete(&self, id: AthleteId) -> Result<Athlete, StoreError> {
        self.read_transaction(|now| {
            let sql = format!("SELECT {ATHLETE_COLUMNS} FROM athletes WHERE id = ?1");
            let found = now.query_row(&sql, [id], athlete_from_row).optional()?;
            found.ok_or(StoreError::NotFound { what: "athlete", id: id.0 })
        })
    }

    /// Every athlete, by name.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn list_athletes(&self) -> Result<Vec<Athlete>, StoreError> {
        self.search_athletes("")
    }

    /// The athletes with these letters, small or capital, anywhere in their names; by name.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn search_athletes(&self, letters: &str) -> Result<Vec<Athlete>, StoreError> {
        self.read_transaction(|now| {
            let sql = format!(
                "SELECT {ATHLETE_COLUMNS} FROM athletes WHERE instr(key, ?1) > 0 ORDER BY key"
            );
            Ok(now
                .prepare(&sql)?
                .query_map([name_key(letters)], athlete_from_row)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Writes a note about an athlete, in place of the old one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or if the library cannot be changed.
    pub fn note_athlete(&self, athlete: AthleteId, note: &str) -> Result<(), StoreError> {
        self.write_transaction(|change| {
            match change
                .execute("UPDATE athletes SET note = ?2 WHERE id = ?1", params![athlete, note])?
            {
                0 => Err(StoreError::NotFound { what: "athlete", id: athlete.0 }),
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
    /// [`StoreError::NotFound`], or if the library cannot be changed.
    pub fn add_consent(&self, athlete: AthleteId, consent: &Consent) -> Result<(), StoreError> {
        self.write_transaction(|change| {
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
    pub fn list_consents(&self, athlete: AthleteId) -> Result<Vec<Consent>, StoreError> {
        self.read_transaction(|now| {
            let sql = "SELECT day, purpose, given, note FROM consents WHERE athlete = ?1 ORDER BY day, id";
            let consent = |row: &Row<'_>| {
                Ok(Consent { day: day_from_column(row, 0)?, purpose: row.get(1)?, given: row.get(2)?, note: row.get(3)? })
            };
            Ok(now.prepare(sql)?.query_map([athlete], consent)?.collect::<Result<_, _>>()?)
        })
    }

    /// The sessions of an athlete, the newest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn list_sessions(&self, athlete: AthleteId) -> Result<Vec<SessionRow>, StoreError> {
        self.read_transaction(|now| {
            let sql =
                "SELECT id, athlete, day, note FROM sessions WHERE athlete = ?1 ORDER BY day DESC";
            let session = |row: &Row<'_>| {
                Ok(SessionRow {
                    id: row.get(0)?,
                    athlete: row.get(1)?,
                    day: day_from_column(row, 2)?,
                    note: row.get(3)?,
                })
            };
            Ok(now.prepare(sql)?.query_map([athlete], session)?.collect::<Result<_, _>>()?)
        })
    }

    /// Writes a note about an athlete's session of a day, which begins with it if there was none.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or if the library cannot be changed.
    pub fn note_session(
        &self,
        athlete: AthleteId,
        day: Day,
        note: &str,
    ) -> Result<SessionId, StoreError> {
        self.write_transaction(|change| {
            let session = ensure_session(change, athlete, day)?;
            change
                .execute("UPDATE sessions SET note = ?2 WHERE id = ?1", params![session, note])?;
            Ok(session)
        })
    }

    /// Takes in the athletes of whom there is a folder and no row.
    pub(crate) fn adopt_folders(&self) -> Result<(), StoreError> {
        let folders = files::list_entries(&self.folder().join(files::ATHLETES))?;
        let names = folders.iter().filter(|path| path.is_dir()).map(|path| files::entry_name(path));
        let names: Vec<String> = names.filter(|name| check_name(name).is_ok()).collect();
        let known = |change: &Transaction<'_>| -> Result<Vec<String>, StoreError> {
            let mut statement = change.prepare("SELECT key FROM athletes")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        let is_new = |keys: &[String], name: &String| !keys.contains(&name_key(name));
        let keys = self.read_transaction(known)?;
        if !names.iter().any(|name| is_new(&keys, name)) {
            return Ok(());
        }
        self.write_transaction(|change| {
            for name in &names {
                if is_new(&known(change)?, name) {
                    insert_athlete(change, name, "")?;
                }
            }
            Ok(())
        })
    }
}

/// An athlete's session of a day, made if there was none.
pub(crate) fn ensure_session(
    change: &Transaction<'_>,
    athlete: AthleteId,
    day: Day,
) -> Result<SessionId, StoreError> {
    must_exist(change, "athletes", "athlete", athlete.0)?;
    let day = day.to_string();
    change.execute(
        "INSERT OR IGNORE INTO sessions (athlete, day, note) VALUES (?1, ?2, '')",
        params![athlete, day],
    )?;
    let sql = "SELECT id FROM sessions WHERE athlete = ?1 AND day = ?2";
    Ok(change.query_row(sql, params![athlete, day], |row| row.get(0))?)
}
