//! Recordings: a row here, the movement in a Parquet file.

use crate::athletes::ensure_session;
use crate::name::ContentHash;
use crate::rows::{AthleteId, RecordingId, RecordingRow, day_from_column};
use crate::store::{now_unix_s, sql_count};
use crate::{Store, StoreError, files};
use agoge_formats::ReadOptions;
use agoge_motion::{Day, Recording};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use std::path::PathBuf;

/// The columns of a [`RecordingRow`].
const RECORDING_COLUMNS: &str =
    "recordings.id, session, athlete, day, hash, name, format, frames, duration_s, added_unix_s
    FROM recordings JOIN sessions ON sessions.id = recordings.session";

fn recording_from_row(row: &Row<'_>) -> rusqlite::Result<RecordingRow> {
    Ok(RecordingRow {
        id: row.get(0)?,
        session: row.get(1)?,
        athlete: row.get(2)?,
        day: day_from_column(row, 3)?,
        hash: row.get(4)?,
        name: row.get(5)?,
        format: row.get(6)?,
        frames: row.get(7)?,
        duration_s: row.get(8)?,
        added_unix_s: row.get(9)?,
    })
}

/// Whether a row needs the file of a hash.
pub(crate) fn is_hash_used(
    transaction: &Transaction<'_>,
    hash: &ContentHash,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM recordings WHERE hash = ?1 LIMIT 1";
    Ok(transaction.query_row(sql, [hash], |_| Ok(())).optional()?.is_some())
}

impl Store {
    /// Stores a recording in the athlete's session of a day. One that the athlete has already stays
    /// where it is, and its number is returned.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such an athlete; if the recording cannot be written as
    /// Parquet; if the library cannot be changed.
    ///
    /// ```
    /// use agoge_motion::simulate::{Exercise, SimulatedSet};
    /// use agoge_store::Store;
    /// let folder = tempfile::tempdir()?;
    /// let store = Store::open(folder.path())?;
    /// let ada = store.add_athlete("Ada K.", "")?;
    /// let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
    /// let id = store.save_recording(ada, "2026-03-31".parse()?, &recording)?;
    /// assert_eq!(store.load_recording(id)?, recording);
    /// // The same recording again is the same row.
    /// assert_eq!(store.save_recording(ada, "2026-03-31".parse()?, &recording)?, id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save_recording(
        &self,
        athlete: AthleteId,
        day: Day,
        recording: &Recording,
    ) -> Result<RecordingId, StoreError> {
        let bytes = agoge_formats::encode_parquet(recording)?;
        let (hash, source) = (ContentHash::from_content(&bytes), &recording.source);
        let id = self.write_transaction(|change| {
            let sql = "SELECT recordings.id FROM recordings JOIN sessions ON sessions.id = session WHERE hash = ?1 AND athlete = ?2";
            let known = change.query_row(sql, params![hash, athlete], |row| row.get(0)).optional()?;
            if !(is_hash_used(change, &hash)? && files::find_recording(self.folder(), &hash).is_some()) {
                files::write_incoming(self.folder(), &hash, &bytes)?;
            }
            if let Some(id) = known {
                return Ok(id);
            }
            let session = ensure_session(change, athlete, day)?;
            change.execute(
                "INSERT INTO recordings (session, hash, name, format, frames, duration_s, added_unix_s)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![session, hash, source.name, source.format, sql_count(recording.frame_count()), length_s(recording), now_unix_s()],
            )?;
            Ok(RecordingId(change.last_insert_rowid()))
        })?;
        files::move_from_incoming(self.folder(), &hash)?;
        Ok(id)
    }

    /// The recordings of an athlete, the newest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn list_recordings(&self, athlete: AthleteId) -> Result<Vec<RecordingRow>, StoreError> {
        self.read_transaction(|now| {
            let sql = format!(
                "SELECT {RECORDING_COLUMNS} WHERE athlete = ?1 ORDER BY day DESC, recordings.id DESC"
            );
            Ok(now.prepare(&sql)?.query_map([athlete], recording_from_row)?.collect::<Result<_, _>>()?)
        })
    }

    /// What is known of a recording.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or if the library cannot be read.
    pub fn recording_row(&self, id: RecordingId) -> Result<RecordingRow, StoreError> {
        self.read_transaction(|now| {
            let sql = format!("SELECT {RECORDING_COLUMNS} WHERE recordings.id = ?1");
            let found = now.query_row(&sql, [id], recording_from_row).optional()?;
            found.ok_or(StoreError::NotFound { what: "recording", id: id.0 })
        })
    }

    /// The Parquet file of a recording, only to be read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Damaged`] if the file is missing, or if the library
    /// cannot be read.
    pub fn recording_file(&self, id: RecordingId) -> Result<PathBuf, StoreError> {
        let hash = self.recording_row(id)?.hash;
        let missing = || StoreError::Damaged {
            what: "missing",
            path: files::recording_path(self.folder(), &hash),
        };
        files::find_recording(self.folder(), &hash).ok_or_else(missing)
    }

    /// The movement of a recording, as it was stored, bit for bit.
    ///
    /// # Errors
    /// As [`Store::recording_file`], and if the file is no longer what it was.
    pub fn load_recording(&self, id: RecordingId) -> Result<Recording, StoreError> {
        Ok(agoge_formats::read_recording(&self.recording_file(id)?, &ReadOptions::default())?)
    }
}

/// Length of a recording, s.
fn length_s(recording: &Recording) -> f64 {
    recording.time.first().zip(recording.time.last()).map_or(0.0, |(first, last)| last - first)
}
