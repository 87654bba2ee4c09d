//! Analyses, and the overview of the squad that they make.

use crate::athletes::{ATHLETE, athlete};
use crate::rows::{
    AnalysisId, AnalysisRow, Athlete, AthleteId, Made, RecordingId, Standing, day, verdict,
    verdict_text,
};
use crate::store::{count, must_exist, now};
use crate::{Error, Store};
use agoge_coach::Analysis;
use rusqlite::{OptionalExtension, Row, params};

/// The columns of an [`AnalysisRow`], in the order of [`analysis_row`].
const COLUMNS: &str = "analyses.id, analyses.recording, sessions.day, analyses.made_unix_s, analyses.program, analyses.model, analyses.movement,
    analyses.score, analyses.verdict, analyses.repetitions, analyses.finding";
/// Where they come from.
const TABLES: &str = "analyses JOIN recordings ON recordings.id = analyses.recording JOIN sessions ON sessions.id = recordings.session";

/// An analysis from the columns of a row, beginning with the `first`.
fn analysis_row(row: &Row<'_>, first: usize) -> rusqlite::Result<AnalysisRow> {
    Ok(AnalysisRow {
        id: row.get(first)?,
        recording: row.get(first + 1)?,
        day: day(row, first + 2)?,
        made_unix_s: row.get(first + 3)?,
        program: row.get(first + 4)?,
        model: row.get(first + 5)?,
        movement: row.get(first + 6)?,
        score: row.get(first + 7)?,
        verdict: verdict(row, first + 8)?,
        repetitions: row.get(first + 9)?,
        finding: row.get(first + 10)?,
    })
}

impl Store {
    /// Stores an analysis of a recording with what made it. The very same is stored once.
    ///
    /// # Errors
    /// [`Error::Nothing`] without such a recording, or if the library cannot be changed.
    pub fn save_analysis(
        &self,
        recording: RecordingId,
        analysis: &Analysis,
        made: &Made,
    ) -> Result<AnalysisId, Error> {
        let (json, options) =
            (serde_json::to_string(analysis)?, serde_json::to_string(&made.options)?);
        self.write(|change| {
            must_exist(change, "recordings", "recording", recording.0)?;
            let sql = "SELECT id FROM analyses JOIN documents ON analysis = id
                WHERE recording = ?1 AND model IS ?2 AND options = ?3 AND json = ?4";
            let same = change.query_row(sql, params![recording, made.model, options, json], |row| row.get(0)).optional()?;
            if let Some(id) = same {
                return Ok(id);
            }
            change.execute(
                "INSERT INTO analyses (recording, made_unix_s, program, model, movement, score, verdict, repetitions, finding)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    recording,
                    now(),
                    analysis.version,
                    made.model,
                    analysis.movement.name,
                    analysis.score.as_ref().map(|score| score.value).filter(|value| value.is_finite()),
                    verdict_text(analysis.quality.verdict),
                    count(analysis.repetitions.len()),
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
    pub fn analyses(&self, athlete: AthleteId, most: usize) -> Result<Vec<AnalysisRow>, Error> {
        self.read(|now| {
            let sql = format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE sessions.athlete = ?1 ORDER BY sessions.day DESC, analyses.id DESC LIMIT ?2"
            );
            let rows = now.prepare(&sql)?.query_map(params![athlete, count(most)], |row| analysis_row(row, 0))?.collect::<Result<_, _>>()?;
            Ok(rows)
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
    ) -> Result<Vec<(Athlete, AnalysisRow)>, Error> {
        self.read(|now| {
            let sql = format!(
                "SELECT {ATHLETE}, {COLUMNS} FROM {TABLES} JOIN athletes ON athletes.id = sessions.athlete
                 WHERE analyses.movement = ?1 ORDER BY sessions.day DESC, analyses.id DESC LIMIT ?2"
            );
            let both = |row: &Row<'_>| Ok((athlete(row)?, analysis_row(row, 4)?));
            Ok(now.prepare(&sql)?.query_map(params![movement, count(most)], both)?.collect::<Result<_, _>>()?)
        })
    }

    /// The movements of which there are analyses, each with how many recordings show it, by name.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn movements(&self) -> Result<Vec<(String, u32)>, Error> {
        self.read(|now| {
            let sql = "SELECT movement, count(DISTINCT recording) FROM analyses GROUP BY movement ORDER BY movement";
            Ok(now.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
        })
    }

    /// Whose an analysis is.
    ///
    /// # Errors
    /// [`Error::Nothing`], or if the library cannot be read.
    pub fn athlete_of(&self, id: AnalysisId) -> Result<Athlete, Error> {
        self.read(|now| {
            let sql = format!(
                "SELECT {ATHLETE} FROM {TABLES} JOIN athletes ON athletes.id = sessions.athlete WHERE analyses.id = ?1"
            );
            now.query_row(&sql, [id], athlete).optional()?.ok_or(Error::Nothing { what: "analysis", id: id.0 })
        })
    }

    /// What lists show of an analysis.
    ///
    /// # Errors
    /// [`Error::Nothing`], or if the library cannot be read.
    pub fn analysis_row(&self, id: AnalysisId) -> Result<AnalysisRow, Error> {
        self.read(|now| {
            let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE analyses.id = ?1");
            let found = now.query_row(&sql, [id], |row| analysis_row(row, 0)).optional()?;
            found.ok_or(Error::Nothing { what: "analysis", id: id.0 })
        })
    }

    /// An analysis, whole.
    ///
    /// # Errors
    /// [`Error::Nothing`], [`Error::Json`], or if the library cannot be read.
    pub fn analysis(&self, id: AnalysisId) -> Result<Analysis, Error> {
        Ok(serde_json::from_str(&self.analysis_json(id)?)?)
    }

    /// An analysis as the JSON that is kept, whichever version of the program wrote it.
    ///
    /// # Errors
    /// [`Error::Nothing`], or if the library cannot be read.
    pub fn analysis_json(&self, id: AnalysisId) -> Result<String, Error> {
        self.document(id, "json")
    }

    /// The options that an analysis was made with.
    ///
    /// # Errors
    /// [`Error::Nothing`], [`Error::Json`], or if the library cannot be read.
    pub fn analysis_options(&self, id: AnalysisId) -> Result<serde_json::Value, Error> {
        Ok(serde_json::from_str(&self.document(id, "options")?)?)
    }

    fn document(&self, id: AnalysisId, column: &'static str) -> Result<String, Error> {
        self.read(|now| {
            let sql = format!("SELECT {column} FROM documents WHERE analysis = ?1");
            now.query_row(&sql, [id], |row| row.get(0))
                .optional()?
                .ok_or(Error::Nothing { what: "analysis", id: id.0 })
        })
    }

    /// Every athlete with the newest analysis, by name.
    ///
    /// # Errors
    /// If the library cannot be read.
    pub fn overview(&self) -> Result<Vec<Standing>, Error> {
        self.read(|now| {
            let sql = format!(
                "SELECT {ATHLETE},
                    (SELECT count(*) FROM sessions JOIN recordings ON recordings.session = sessions.id WHERE sessions.athlete = athletes.id),
                    (SELECT count(*) FROM {TABLES} WHERE sessions.athlete = athletes.id),
                    {COLUMNS}
                 FROM athletes
                 LEFT JOIN analyses ON analyses.id = (
                    SELECT analyses.id FROM {TABLES} WHERE sessions.athlete = athletes.id
                    ORDER BY sessions.day DESC, analyses.id DESC LIMIT 1)
                 LEFT JOIN recordings ON recordings.id = analyses.recording
                 LEFT JOIN sessions ON sessions.id = recordings.session
                 ORDER BY athletes.key"
            );
            let standing = |row: &Row<'_>| {
                let last: Option<i64> = row.get(6)?;
                Ok(Standing {
                    athlete: athlete(row)?,
                    recordings: row.get(4)?,
                    analyses: row.get(5)?,
                    last: last.map(|_| analysis_row(row, 6)).transpose()?,
                })
            };
            Ok(now.prepare(&sql)?.query_map([], standing)?.collect::<Result<_, _>>()?)
        })
    }
}
