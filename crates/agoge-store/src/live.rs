//! Live recordings while they are made: each part is on the disk before the next one comes, so that
//! a server that dies loses what it did not yet give away. What is in a part is the caller's
//! business; whoever finds a live recording that nobody ended can make a recording of it.

use crate::rows::{AthleteId, LiveId, LiveRow, day_from_column, json_from_column};
use crate::store::{must_exist, now_unix_s};
use crate::{Store, StoreError};
use agoge_motion::Day;
use rusqlite::{Row, params};

impl Store {
    /// Begins a live recording of an athlete. The head says what is needed to read its parts.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such an athlete, or if the library cannot be changed.
    pub fn begin_live(
        &self,
        athlete: AthleteId,
        day: Day,
        head: &serde_json::Value,
    ) -> Result<LiveId, StoreError> {
        let head = serde_json::to_string(head)?;
        self.write_transaction(|change| {
            must_exist(change, "athletes", "athlete", athlete.0)?;
            let sql = "INSERT INTO live (athlete, day, begun_unix_s, head) VALUES (?1, ?2, ?3, ?4)";
            change.execute(sql, params![athlete, day.to_string(), now_unix_s(), head])?;
            Ok(LiveId(change.last_insert_rowid()))
        })
    }

    /// Adds a part; it is on the disk when this returns. One part a second is a good measure: each
    /// waits for the disk.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such a live recording, or if the library cannot be changed.
    pub fn append_live(&self, live: LiveId, part: &[u8]) -> Result<(), StoreError> {
        self.write_transaction(|change| {
            must_exist(change, "live", "live recording", live.0)?;
            change.execute(
                "INSERT INTO live_parts (live, bytes) VALUES (?1, ?2)",
                params![live, part],
            )?;
            Ok(())
        })
    }

    /// The live recordings that were not ended, the oldest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn list_live(&self) -> Result<Vec<LiveRow>, StoreError> {
        self.read_transaction(|now| {
            let live = |row: &Row<'_>| {
                let (id, athlete, begun_unix_s) = (row.get(0)?, row.get(1)?, row.get(3)?);
                Ok(LiveRow {
                    id,
                    athlete,
                    day: day_from_column(row, 2)?,
                    begun_unix_s,
                    head: json_from_column(row, 4)?,
                })
            };
            let sql = "SELECT id, athlete, day, begun_unix_s, head FROM live ORDER BY id";
            Ok(now.prepare(sql)?.query_map([], live)?.collect::<Result<_, _>>()?)
        })
    }

    /// The parts of a live recording, in order.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn live_parts(&self, live: LiveId) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read_transaction(|now| {
            let mut statement =
                now.prepare("SELECT bytes FROM live_parts WHERE live = ?1 ORDER BY id")?;
            Ok(statement.query_map([live], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    /// Ends a live recording: its parts go. Call it when the recording was saved
    /// ([`Store::save_recording`]), or if it is not wanted.
    ///
    /// # Errors
    /// If the library cannot be changed.
    pub fn end_live(&self, live: LiveId) -> Result<(), StoreError> {
        self.write_transaction(|change| {
            change.execute("DELETE FROM live WHERE id = ?1", [live])?;
            Ok(())
        })
    }
}
