//! What people said of recordings. Nothing is overwritten: of two labels that say different things
//! the newer holds.

use crate::rows::{LabelId, LabelRow, NewLabel, RecordingId, json_from_column};
use crate::store::{must_exist, now_unix_s};
use crate::{Store, StoreError};
use rusqlite::{Row, ToSql, params};

impl Store {
    /// Stores a label.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such a recording, or if the library cannot be changed.
    pub fn save_label(&self, label: &NewLabel<'_>) -> Result<LabelId, StoreError> {
        let value = serde_json::to_string(label.value)?;
        self.write_transaction(|change| {
            for recording in [Some(label.recording), label.other].into_iter().flatten() {
                must_exist(change, "recordings", "recording", recording.0)?;
            }
            change.execute(
                "INSERT INTO labels (recording, other, kind, value, author, made_unix_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![label.recording, label.other, label.kind, value, label.author, now_unix_s()],
            )?;
            Ok(LabelId(change.last_insert_rowid()))
        })
    }

    /// The labels of a recording, also those by which it was compared with another, the oldest
    /// first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn recording_labels(&self, recording: RecordingId) -> Result<Vec<LabelRow>, StoreError> {
        self.labels_where("recording = ?1 OR other = ?1", &recording)
    }

    /// The labels of a kind, the oldest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn labels_of_kind(&self, kind: &str) -> Result<Vec<LabelRow>, StoreError> {
        self.labels_where("kind = ?1", &kind)
    }

    fn labels_where(
        &self,
        condition: &'static str,
        value: &dyn ToSql,
    ) -> Result<Vec<LabelRow>, StoreError> {
        self.read_transaction(|now| {
            let sql = format!("SELECT id, recording, other, kind, value, author, made_unix_s FROM labels WHERE {condition} ORDER BY id");
            Ok(now.prepare(&sql)?.query_map([value], label_from_row)?.collect::<Result<_, _>>()?)
        })
    }
}

fn label_from_row(row: &Row<'_>) -> rusqlite::Result<LabelRow> {
    Ok(LabelRow {
        id: row.get(0)?,
        recording: row.get(1)?,
        other: row.get(2)?,
        kind: row.get(3)?,
        value: json_from_column(row, 4)?,
        author: row.get(5)?,
        made_unix_s: row.get(6)?,
    })
}
