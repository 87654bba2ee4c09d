//! Deleting for good, and putting right what a killed program left.
//!
//! A deletion is first committed with a list of the files that have to go (`removals`); any change
//! after it, in whatever program, and every opening removes them before anything else. A row
//! without a name in that list says that the database itself is still to be rewritten.

use crate::lock::lock_athlete;
use crate::name::{AthleteName, ContentHash};
use crate::recordings::is_hash_used;
use crate::rows::{AthleteId, RecordingId};
use crate::{Store, StoreError, files};
use rusqlite::{ErrorCode, OptionalExtension, Row, Transaction};
use std::path::Path;

impl Store {
    /// Deletes an athlete with everything: rows, recordings that nobody else has, the folder of
    /// load and injuries. Their bytes are overwritten in the database, which is then written anew.
    /// What was exported or backed up is not reached.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such an athlete; if the library cannot be changed;
    /// [`StoreError::Traces`] if another program reads or the disk is full.
    pub fn delete_athlete(&self, athlete: AthleteId) -> Result<(), StoreError> {
        self.write_transaction(|change| {
            let name = change.query_row("SELECT name FROM athletes WHERE id = ?1", [athlete], |row| row.get(0)).optional()?;
            let name: AthleteName = name.ok_or(StoreError::NotFound { what: "athlete", id: athlete.0 })?;
            change.execute(
                "INSERT INTO removals (hash) SELECT DISTINCT hash FROM recordings JOIN sessions ON sessions.id = session WHERE athlete = ?1",
                [athlete],
            )?;
            change.execute("INSERT INTO removals (name) VALUES (?1)", [name])?;
            change.execute("INSERT INTO removals (hash, name) VALUES (NULL, NULL)", [])?;
            change.execute("DELETE FROM athletes WHERE id = ?1", [athlete])?;
            Ok(())
        })?;
        self.finish_deletions()
    }

    /// Deletes a recording with its analyses and labels, for good as [`Store::delete_athlete`]
    /// does.
    ///
    /// # Errors
    /// The same.
    pub fn delete_recording(&self, recording: RecordingId) -> Result<(), StoreError> {
        self.write_transaction(|change| {
            let listed = change.execute(
                "INSERT INTO removals (hash) SELECT hash FROM recordings WHERE id = ?1",
                [recording],
            )?;
            if listed == 0 {
                return Err(StoreError::NotFound { what: "recording", id: recording.0 });
            }
            change.execute("INSERT INTO removals (hash, name) VALUES (NULL, NULL)", [])?;
            change.execute("DELETE FROM recordings WHERE id = ?1", [recording])?;
            Ok(())
        })?;
        self.finish_deletions()
    }

    /// Removes the files of deletions and rewrites the database, if a deletion is not finished.
    pub(crate) fn finish_deletions(&self) -> Result<(), StoreError> {
        if !self.is_deletion_pending()? {
            return Ok(());
        }
        // Every change begins with removing the files.
        self.write_transaction(|_| Ok(()))?;
        self.rewrite_database().map_err(|error| error.in_library(self.folder()))
    }

    /// Writes the database anew, without what was deleted, and empties its log.
    fn rewrite_database(&self) -> Result<(), StoreError> {
        let connection = self.connection();
        let traces = |why, hint| StoreError::Traces { why, hint, folder: self.folder().to_owned() };
        connection.execute_batch("VACUUM").map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                traces("there is no room to write the library anew", "make room")
            }
            _ => error.into(),
        })?;
        let is_read: bool =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_read {
            return Err(traces("another program reads the library", "end that program"));
        }
        connection.execute("DELETE FROM removals WHERE hash IS NULL AND name IS NULL", [])?;
        Ok(())
    }

    /// Whether a deletion waits to be finished.
    pub(crate) fn is_deletion_pending(&self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM removals WHERE hash IS NULL AND name IS NULL LIMIT 1";
        self.read_transaction(|now| Ok(now.query_row(sql, [], |_| Ok(())).optional()?.is_some()))
    }
}

/// Removes the files that deletions listed, but for those that a row needs again. Done again after
/// a failure it does no harm. A row that no deletion of ours can have written (it names no
/// recording and no athlete's folder, or an athlete who is there) removes nothing and stays, so
/// that [`Store::check`] names it.
pub(crate) fn remove_listed_files(
    change: &Transaction<'_>,
    library: &Path,
) -> Result<(), StoreError> {
    for (row, listed) in listed_removals(change)? {
        match listed {
            Removal::Recording(hash) => {
                if !is_hash_used(change, &hash)? {
                    files::remove_path(&files::recording_path(library, &hash))?;
                    files::remove_path(&files::incoming_path(library, &hash))?;
                }
            }
            Removal::Folder(name) => {
                let lock = lock_athlete(library, &name, || {})?;
                files::remove_path(&library.join(files::ATHLETES).join(name.as_str()))?;
                drop(lock);
            }
            Removal::Foreign => continue,
        }
        change.execute("DELETE FROM removals WHERE rowid = ?1", [row])?;
    }
    Ok(())
}

/// What a row of `removals` asks to be removed.
pub(crate) enum Removal {
    /// The file of a recording.
    Recording(ContentHash),
    /// The folder of an athlete who was deleted.
    Folder(AthleteName),
    /// Nothing that a deletion of ours asks for.
    Foreign,
}

/// The rows of `removals` that name something, each with its number.
pub(crate) fn listed_removals(now: &Transaction<'_>) -> Result<Vec<(i64, Removal)>, StoreError> {
    let sql = "SELECT rowid, hash, name, name IN (SELECT name FROM athletes) FROM removals
               WHERE hash IS NOT NULL OR name IS NOT NULL";
    let removal = |row: &Row<'_>| {
        let text = |column| row.get_ref(column).ok().and_then(|value| value.as_str().ok());
        let removal = match (text(1), text(2)) {
            (Some(hash), None) => ContentHash::from_hex(hash).map(Removal::Recording),
            (None, Some(name)) if row.get::<_, Option<bool>>(3)? == Some(false) => {
                AthleteName::new(name).ok().map(Removal::Folder)
            }
            _ => None,
        };
        Ok((row.get(0)?, removal.unwrap_or(Removal::Foreign)))
    };
    Ok(now.prepare(sql)?.query_map([], removal)?.collect::<Result<_, _>>()?)
}

/// Moves what is complete and has a row from `incoming` to its place, and removes the rest.
pub(crate) fn settle_incoming(change: &Transaction<'_>, library: &Path) -> Result<(), StoreError> {
    for path in files::list_entries(&library.join(files::INCOMING))? {
        let name = files::entry_name(&path);
        match files::hash_from_name(&name) {
            Some(hash) if is_hash_used(change, &hash)? && files::matches_hash(&path, &hash)? => {
                files::move_from_incoming(library, &hash)?
            }
            _ => files::remove_path(&path)?,
        }
    }
    Ok(())
}
