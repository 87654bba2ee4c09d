//! Analyses, and the overview of the squad that they make.

use crate::athletes::{ATHLETE_COLUMNS, athlete_from_row};
use crate::rows::{
    AnalysisId, AnalysisProvenance, AnalysisRow, Athlete, AthleteId, AthleteStanding, RecordingId,
    day_from_column, verdict_from_column, verdict_text,
};
use crate::store::{must_exist, now_unix_s, sql_count};
use crate::{Store, StoreError};
use agoge_analysis::Analysis;
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// The columns of an [`AnalysisRow`], in the order of [`analysis_row`].
const ANALYSIS_COLUMNS: &str = "analyses.id, analyses.recording, sessions.day, analyses.made_unix_s, analyses.program, analyses.model, analyses.movement,
    analyses.score, analyses.verdict, analyses.repetitions, analyses.finding";
/// Where they come from.
const ANALYSIS_TABLES: &str = "analyses JOIN recordings ON recordings.id = analyses.recording JOIN sessions ON sessions.id = recordings.session";

/// An analysis from the columns of a row, beginning with the `first`.
fn analysis_from_row(row: &Row<'_>, first: usize) -> rusqlite::Result<AnalysisRow> {
    Ok(AnalysisRow {
        id: row.get(first)?,
        recording: row.get(first + 1)?,
        day: day_from_column(row, first + 2)?,
        made_unix_s: row.get(first + 3)?,
        program: row.get(first + 4)?,
        model: row.get(first + 5)?,
        movement: row.get(first + 6)?,
        score: row.get(first + 7)?,
        verdict: verdict_from_column(row, first + 8)?,
        repetitions: row.get(first + 9)?,
        finding: row.get(first + 10)?,
    })
}

/// The stored analysis that differs from this one in nothing but the command that asked for it.
fn find_same(
    change: &Transaction<'_>,
    recording: RecordingId,
    json: &str,
    made: &AnalysisProvenance,
    options: &str,
) -> Result<Option<AnalysisId>, StoreError> {
    let sql = "SELECT id, json FROM analyses JOIN documents ON analysis = id
        WHERE recording = ?1 AND model IS ?2 AND options = ?3 ORDER BY id";
    let mut statement = change.prepare(sql)?;
    let mut rows = statement.query(params![recording, made.model, options])?;
    // Read back, as the others are: the last digit of a number may change on the way.
    let wanted = json_without_command(json)?;
    while let Some(row) = rows.next()? {
        let stored: String = row.get(1)?;
        // A row that is no analysis is not the same.
        let same =
            stored == json || json_without_command(&stored).is_ok_and(|stored| stored == wanted);
        if same {
            return Ok(Some(row.get(0)?));
        }
    }
    Ok(None)
}

/// The JSON of an analysis without the command that asked for it.
fn json_without_command(json: &str) -> serde_json::Result<String> {
    let mut analysis: Analysis = serde_json::from_str(json)?;
    if let Some(provenance) = &mut analysis.provenance {
        provenance.command = None;
    }
    serde_json::to_string(&analysis)
}

impl Store {
    /// Stores an analysis of a recording with what made it. The very same is stored once, by
    /// whichever command it was made.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without such a recording, or if the library cannot be changed.
    pub fn save_analysis(
        &self,
        recording: RecordingId,
        analysis: &Analysis,
        made: &AnalysisProvenance,
    ) -> Result<AnalysisId, StoreError> {
        let (json, options) =
            (serde_json::to_string(analysis)?, serde_json::to_string(&made.options)?);
        self.write_transaction(|change| {
            must_exist(change, "recordings", "recording", recording.0)?;
            if let Some(id) = find_same(change, recording, &json, made, &options)? {
                return Ok(id);
            }
            change.execute(
                "INSERT INTO analyses (recording, made_unix_s, program, model, movement, score, verdict, repetitions, finding)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    recording,
                    now_unix_s(),
                    analysis.version,
                    made.model,
                    analysis.movement.name,
                    analysis.score.as_ref().map(|score| score.value).filter(|value| value.is_finite()),
                    verdict_text(analysis.quality.verdict),
                    sql_count(analysis.repetitions.len()),
                    analysis.findings.first().map(|finding| finding.title.as_str()),
                ],
            )?;
            let id = AnalysisId(change.last_insert_rowid());
            let sql = "INSERT INTO documents (analysis, options, json) VALUES (?1, ?2, ?3)";
            change.execute(sql, params![id, options, json])?;
            Ok(id)
        })
    }

    /// The newest analyses of an athlete, at most `most` of them, the newest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn list_analyses(
        &self,
        athlete: AthleteId,
        most: usize,
    ) -> Result<Vec<AnalysisRow>, StoreError> {
        self.read_transaction(|now| {
            let sql = format!(
                "SELECT {ANALYSIS_COLUMNS} FROM {ANALYSIS_TABLES} WHERE sessions.athlete = ?1 ORDER BY sessions.day DESC, analyses.id DESC LIMIT ?2"
            );
            let rows = now.prepare(&sql)?.query_map(params![athlete, sql_count(most)], |row| analysis_from_row(row, 0))?.collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }

    /// All analyses of a recording, the newest first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn recording_analyses(
        &self,
        recording: RecordingId,
    ) -> Result<Vec<AnalysisRow>, StoreError> {
        self.read_transaction(|now| {
            let sql = format!(
                "SELECT {ANALYSIS_COLUMNS} FROM {ANALYSIS_TABLES}
                 WHERE analyses.recording = ?1 ORDER BY analyses.id DESC"
            );
            let mut statement = now.prepare(&sql)?;
            let rows = statement.query_map([recording], |row| analysis_from_row(row, 0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The newest analyses of a movement with whose they are, at most `most` of them, the newest
    /// first.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn analyses_of_movement(
        &self,
        movement: &str,
        most: usize,
    ) -> Result<Vec<(Athlete, AnalysisRow)>, StoreError> {
        self.read_transaction(|now| {
            let sql = format!(
                "SELECT {ATHLETE_COLUMNS}, {ANALYSIS_COLUMNS} FROM {ANALYSIS_TABLES} JOIN athletes ON athletes.id = sessions.athlete
                 WHERE analyses.movement = ?1 ORDER BY sessions.day DESC, analyses.id DESC LIMIT ?2"
            );
            let both = |row: &Row<'_>| Ok((athlete_from_row(row)?, analysis_from_row(row, 4)?));
            Ok(now.prepare(&sql)?.query_map(params![movement, sql_count(most)], both)?.collect::<Result<_, _>>()?)
        })
    }

    /// The movements of which there are analyses, each with how many recordings show it, by name.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn list_movements(&self) -> Result<Vec<(String, u32)>, StoreError> {
        self.read_transaction(|now| {
            let sql = "SELECT movement, count(DISTINCT recording) FROM analyses GROUP BY movement ORDER BY movement";
            Ok(now.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
        })
    }

    /// Whose an analysis is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or if the library cannot be read.
    pub fn analysis_athlete(&self, id: AnalysisId) -> Result<Athlete, StoreError> {
        self.read_transaction(|now| {
            let sql = format!(
                "SELECT {ATHLETE_COLUMNS} FROM {ANALYSIS_TABLES} JOIN athletes ON athletes.id = sessions.athlete WHERE analyses.id = ?1"
            );
            now.query_row(&sql, [id], athlete_from_row).optional()?.ok_or(StoreError::NotFound { what: "analysis", id: id.0 })
        })
    }

    /// What lists show of an analysis.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or if the library cannot be read.
    pub fn analysis_row(&self, id: AnalysisId) -> Result<AnalysisRow, StoreError> {
        self.read_transaction(|now| {
            let sql =
                format!("SELECT {ANALYSIS_COLUMNS} FROM {ANALYSIS_TABLES} WHERE analyses.id = ?1");
            let found = now.query_row(&sql, [id], |row| analysis_from_row(row, 0)).optional()?;
            found.ok_or(StoreError::NotFound { what: "analysis", id: id.0 })
        })
    }

    /// An analysis, whole.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Json`], or if the library cannot be read.
    pub fn load_analysis(&self, id: AnalysisId) -> Result<Analysis, StoreError> {
        Ok(serde_json::from_str(&self.analysis_json(id)?)?)
    }

    /// An analysis as the JSON that is kept, whichever version of the program wrote it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or if the library cannot be read.
    pub fn analysis_json(&self, id: AnalysisId) -> Result<String, StoreError> {
        self.read_document(id, "json")
    }

    /// The options that an analysis was made with.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Json`], or if the library cannot be read.
    pub fn analysis_options(&self, id: AnalysisId) -> Result<serde_json::Value, StoreError> {
        Ok(serde_json::from_str(&self.read_document(id, "options")?)?)
    }

    fn read_document(&self, id: AnalysisId, column: &'static str) -> Result<String, StoreError> {
        self.read_transaction(|now| {
            let sql = format!("SELECT {column} FROM documents WHERE analysis = ?1");
            now.query_row(&sql, [id], |row| row.get(0))
                .optional()?
                .ok_or(StoreError::NotFound { what: "analysis", id: id.0 })
        })
    }

    /// Every athlete with the newest analysis, by name.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn squad_overview(&self) -> Result<Vec<AthleteStanding>, StoreError> {
        self.read_transaction(|now| {
            let sql = format!(
                "SELECT {ATHLETE_COLUMNS},
                    (SELECT count(*) FROM sessions JOIN recordings ON recordings.session = sessions.id WHERE sessions.athlete = athletes.id),
                    (SELECT count(*) FROM {ANALYSIS_TABLES} WHERE sessions.athlete = athletes.id),
                    {ANALYSIS_COLUMNS}
                 FROM athletes
                 LEFT JOIN analyses ON analyses.id = (
                    SELECT analyses.id FROM {ANALYSIS_TABLES} WHERE sessions.athlete = athletes.id
                    ORDER BY sessions.day DESC, analyses.id DESC LIMIT 1)
                 LEFT JOIN recordings ON recordings.id = analyses.recording
                 LEFT JOIN sessions ON sessions.id = recordings.session
                 ORDER BY athletes.key"
            );
            let standing = |row: &Row<'_>| {
                let last: Option<i64> = row.get(6)?;
                Ok(AthleteStanding {
                    athlete: athlete_from_row(row)?,
                    recordings: row.get(4)?,
                    analyses: row.get(5)?,
                    last: last.map(|_| analysis_from_row(row, 6)).transpose()?,
                })
            };
            Ok(now.prepare(&sql)?.query_map([], standing)?.collect::<Result<_, _>>()?)
        })
    }
}
