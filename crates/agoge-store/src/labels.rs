//! What people said of recordings. Nothing is overwritten: of two labels that say different things
//! the newer holds.

use crate::rows::{Label, LabelId, NewLabel, RecordingId, json};
use crate::store::{must_exist, now};
use crate::{Error, Store};
use rusqlite::{Row, ToSql, params};

impl Store {
    /// Stores a label.
    ///
    /// # Errors
    /// [`Error::Nothing`] without such a recording, or if the library cannot be changed.
    pub fn save_label(&self, label: &NewLabel<'_>) -> Result<LabelId, Error> {
        let value = serde_json::to_string(label.value)?;
        self.write(|change| {
            for recording in [Some(label.recording), label.other].into_iter().flatten() {
                must_exist(change, "recordings", "recording", recording.0)?;
            }
            change.execute(
                "INSERT INTO labels (recording, other, kind, value, author, made_unix_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![label.recording, label.other, label.kind, value, label.author, now()],
            )?;
            Ok(LabelId(change.last_insert_rowid()))
        })
    }

    /// The labels of a recording, also those by which it was compared with another, the oldest
    /// first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn labels(&self, recording: RecordingId) -> Result<Vec<Label>, Error> {
        self.labels_where("recording = ?1 OR other = ?1", &recording)
    }

    /// The labels of a kind, the oldest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn labels_of_kind(&self, kind: &str) -> Result<Vec<Label>, Error> {
        self.labels_where("kind = ?1", &kind)
    }

    fn labels_where(
        &self,
        condition: &'static str,
        value: &dyn ToSql,
    ) -> Result<Vec<Label>, Error> {
        self.read(|now| {
            let sql = format!("SELECT id, recording, other, kind, value, author, made_unix_s FROM labels WHERE {condition} ORDER BY id");
            Ok(now.prepare(&sql)?.query_map([value], label)?.collect::<Result<_, _>>()?)
        })
    }
}

fn label(row: &Row<'_>) -> rusqlite::Result<Label> {
    Ok(Label {
        id: row.get(0)?,
        recording: row.get(1)?,
        other: row.get(2)?,
        kind: row.get(3)?,
        value: json(row, 4)?,
        author: row.get(5)?,
        made_unix_s: row.get(6)?,
    })
}
