//! The rows of the library, as programs see them.

use crate::name::{AthleteName, ContentHash};
use agoge_analysis::DataVerdict;
use agoge_motion::Day;
use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use serde::{Deserialize, Serialize};

macro_rules! id_types {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(
            /// The number; it is never given twice.
            pub i64,
        );

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<$name> {
                i64::column_result(value).map($name)
            }
        }
    )*};
}

id_types! {
    /// Number of an athlete.
    AthleteId;
    /// Number of a session.
    SessionId;
    /// Number of a recording.
    RecordingId;
    /// Number of an analysis.
    AnalysisId;
    /// Number of a label.
    LabelId;
    /// Number of a plan.
    PlanId;
    /// Number of a live recording.
    LiveId;
}

/// An athlete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Athlete {
    /// The number.
    pub id: AthleteId,
    /// The name, which is also that of the folder of load and injuries.
    pub name: AthleteName,
    /// What somebody wrote about the athlete.
    pub note: String,
    /// When the athlete came into the library, s since 1970 in UTC.
    pub added_unix_s: i64,
}

/// What an athlete agreed to, or no longer agrees to. The newest statement about a purpose holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consent {
    /// The day on which it was said.
    pub day: Day,
    /// To what, in words.
    pub purpose: String,
    /// Whether it was given; else it was refused or withdrawn.
    pub given: bool,
    /// Who said so, and how: a signed form, a parent.
    pub note: String,
}

/// A session: what one athlete recorded on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionRow {
    /// The number.
    pub id: SessionId,
    /// Whose.
    pub athlete: AthleteId,
    /// The athlete's own day.
    pub day: Day,
    /// What was written about it.
    pub note: String,
}

/// A recording; its movement is in a Parquet file ([`crate::Store::load_recording`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecordingRow {
    /// The number.
    pub id: RecordingId,
    /// In which session.
    pub session: SessionId,
    /// Whose.
    pub athlete: AthleteId,
    /// The session's day.
    pub day: Day,
    /// SHA-256 of the file.
    pub hash: ContentHash,
    /// Name of what it was read from.
    pub name: String,
    /// Format of what it was read from.
    pub format: String,
    /// How many frames.
    pub frames: u32,
    /// Length, s.
    pub duration_s: f64,
    /// When it was stored, s since 1970 in UTC.
    pub added_unix_s: i64,
}

/// What made an analysis, beside the program's version, which the analysis itself names.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AnalysisProvenance {
    /// The trained model; none if the limits of the definition judged alone.
    pub model: Option<String>,
    /// The options.
    pub options: serde_json::Value,
}

/// What lists show of an analysis; all of it is in its JSON ([`crate::Store::load_analysis`]).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnalysisRow {
    /// The number.
    pub id: AnalysisId,
    /// Of which recording.
    pub recording: RecordingId,
    /// The session's day.
    pub day: Day,
    /// When it was stored, s since 1970 in UTC.
    pub made_unix_s: i64,
    /// Version of the program.
    pub program: String,
    /// The trained model, if there was one.
    pub model: Option<String>,
    /// Name of the movement (`squat`).
    pub movement: String,
    /// The score, 0 to 100.
    pub score: Option<f64>,
    /// How good the data were.
    pub verdict: DataVerdict,
    /// How many repetitions.
    pub repetitions: u32,
    /// What to change first.
    pub finding: Option<String>,
}

/// One athlete in the overview of the squad.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AthleteStanding {
    /// Who.
    pub athlete: Athlete,
    /// How many recordings.
    pub recordings: u32,
    /// How many analyses.
    pub analyses: u32,
    /// The newest analysis of the newest day.
    pub last: Option<AnalysisRow>,
}

/// What a person said of a recording, to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLabel<'a> {
    /// Of which recording.
    pub recording: RecordingId,
    /// The other recording, if two were compared.
    pub other: Option<RecordingId>,
    /// What kind of label: `quality`, `event`, `pair` …
    pub kind: &'a str,
    /// What was said.
    pub value: &'a serde_json::Value,
    /// Who said so.
    pub author: &'a str,
}

/// What a person said of a recording.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelRow {
    /// The number.
    pub id: LabelId,
    /// Of which recording.
    pub recording: RecordingId,
    /// The other recording, if two were compared.
    pub other: Option<RecordingId>,
    /// What kind of label.
    pub kind: String,
    /// What was said.
    pub value: serde_json::Value,
    /// Who said so.
    pub author: String,
    /// When, s since 1970 in UTC.
    pub made_unix_s: i64,
}

/// A training plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanRow {
    /// The number.
    pub id: PlanId,
    /// Whose.
    pub athlete: AthleteId,
    /// Its first day.
    pub day: Day,
    /// When it was stored, s since 1970 in UTC.
    pub made_unix_s: i64,
    /// The plan.
    pub plan: serde_json::Value,
}

/// A live recording that was not ended yet; its parts are read by [`crate::Store::live_parts`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveRow {
    /// The number.
    pub id: LiveId,
    /// Of whom.
    pub athlete: AthleteId,
    /// The athlete's own day.
    pub day: Day,
    /// When it began, s since 1970 in UTC.
    pub begun_unix_s: i64,
    /// What is needed to read the parts.
    pub head: serde_json::Value,
}

/// A day in a column.
pub(crate) fn day_from_column(row: &Row<'_>, column: usize) -> rusqlite::Result<Day> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error| conversion_error(column, error))
}

/// JSON in a column.
pub(crate) fn json_from_column(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<serde_json::Value> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| conversion_error(column, error))
}

/// How a verdict is kept.
pub(crate) fn verdict_text(verdict: DataVerdict) -> &'static str {
    match verdict {
        DataVerdict::Good => "good",
        DataVerdict::Usable => "usable",
        DataVerdict::Poor => "poor",
    }
}

/// A verdict in a column.
pub(crate) fn verdict_from_column(row: &Row<'_>, column: usize) -> rusqlite::Result<DataVerdict> {
    let text: String = row.get(column)?;
    let found = [DataVerdict::Good, DataVerdict::Usable, DataVerdict::Poor]
        .into_iter()
        .find(|own| verdict_text(*own) == text);
    found.ok_or_else(|| conversion_error(column, std::io::Error::other("no verdict")))
}

fn conversion_error(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
