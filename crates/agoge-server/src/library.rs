//! Pages and API of the athletes' library.

use crate::analyses::{fault, page_of, report};
use crate::app::App;
use crate::pages;
use crate::words::Reader;
use agoge::library::borders::{Borders, correct, corrections};
use agoge::motion::Day;
use agoge::store::{AnalysisId, AnalysisRow, AthleteId, Error};
use agoge::{Analysis, Analyzed, Models, Options, Store, analyze};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Maximum number of analyses on an athlete's page.
const SHOWN: usize = 200;

/// Runs `work` with the library on a thread that may block; its errors become responses.
pub(crate) async fn with_store<T: Send + 'static>(
    app: Arc<App>,
    reader: &Reader,
    work: impl FnOnce(&Store) -> Result<T, agoge::Error> + Send + 'static,
) -> Result<T, Response> {
    if app.store.is_none() {
        return Err(pages::missing(
            reader,
            "No library",
            "Start the server with --library DIR to keep athletes and their analyses.",
        ));
    }
    let result = tokio::task::spawn_blocking(move || app.store.as_ref().map(work)).await;
    match result {
        Ok(Some(Ok(value))) => Ok(value),
        Ok(Some(Err(agoge::Error::Store(Error::Nothing { .. })))) => {
            Err(pages::missing(reader, "Not in the library", "It may have been deleted."))
        }
        Ok(Some(Err(agoge::Error::Store(Error::Name)))) => {
            Err((StatusCode::UNPROCESSABLE_ENTITY, Error::Name.to_string()).into_response())
        }
        // The recording is at fault, not the library: it was analysed by another version of the
        // program, or with options that no longer apply.
        Ok(Some(Err(error))) if !matches!(error, agoge::Error::Store(_)) => {
            Err(pages::not_analysed(reader, &error.to_string()))
        }
        _ => Err((
            StatusCode::INTERNAL_SERVER_ERROR,
            "the library cannot be used; hint: `agoge library check`\n",
        )
            .into_response()),
    }
}

/// Same as [`with_store`], for work that analyses recordings: only one at a time runs.
pub(crate) async fn in_turn<T: Send + 'static>(
    app: Arc<App>,
    reader: &Reader,
    work: impl FnOnce(&Store) -> Result<T, agoge::Error> + Send + 'static,
) -> Result<T, Response> {
    let shared = app.clone();
    let Ok(_turn) = shared.work.acquire().await else {
        return Err(fault(StatusCode::SERVICE_UNAVAILABLE, "the server stops"));
    };
    with_store(app, reader, work).await
}

/// `/athletes`
pub(crate) async fn overview(State(app): State<Arc<App>>, reader: Reader) -> Response {
    match with_store(app, &reader, |store| Ok(store.overview()?)).await {
        Ok(standings) => pages::athletes(&reader, &standings).into_response(),
        Err(response) => response,
    }
}

/// `/athletes/{athlete}`
pub(crate) async fn athlete(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(id): Path<i64>,
) -> Response {
    let read = move |store: &Store| {
        let id = AthleteId(id);
        let analyses = store.analyses(id, SHOWN)?;
        // Analyses that an older version wrote and this one cannot read are left out of the charts.
        let readable = |row: &AnalysisRow| Some((row.day, store.analysis(row.id).ok()?));
        let over_time: Vec<(Day, Analysis)> = analyses.iter().filter_map(readable).collect();
        Ok((store.athlete(id)?, store.sessions(id)?, store.recordings(id)?, analyses, over_time))
    };
    match with_store(app, &reader, read).await {
        Ok((athlete, sessions, recordings, analyses, over_time)) => {
            pages::athlete(&reader, &athlete, &sessions, &recordings, &analyses, &over_time)
                .into_response()
        }
        Err(response) => response,
    }
}

/// Repeats a stored analysis: analyses the stored recording with the stored options.
pub(crate) fn again(store: &Store, id: AnalysisId) -> Result<Analyzed, agoge::Error> {
    let row = store.analysis_row(id)?;
    let options: Options =
        serde_json::from_value(store.analysis_options(id)?).map_err(Error::from)?;
    analyze(&store.recording(row.recording)?, None, Models::bundled(), &options)
}

/// `/library/analyses/{analysis}`: the report, with its events open to correction.
pub(crate) async fn analysis(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(id): Path<i64>,
) -> Response {
    let read = move |store: &Store| {
        let analyzed = again(store, AnalysisId(id))?;
        let below =
            pages::corrections(id, &analyzed.analysis, &corrections(store, AnalysisId(id))?);
        Ok(page_of(&analyzed, below))
    };
    match in_turn(app, &reader, read).await {
        Ok(page) => report(page),
        Err(response) => response,
    }
}

/// `POST /api/library/analyses/{analysis}/borders`: stores corrected borders of a repetition as a
/// label.
pub(crate) async fn borders(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(id): Path<i64>,
    Json(borders): Json<Borders>,
) -> Response {
    // The corrector is whoever sits at this machine; there are no accounts.
    let work = move |store: &Store| Ok(correct(store, AnalysisId(id), &borders, "coach"));
    match with_store(app, &reader, work).await {
        Ok(Ok(label)) => Json(json!({ "label": label })).into_response(),
        Ok(Err(agoge::Error::Store(Error::Nothing { .. }))) => fault(
            StatusCode::NOT_FOUND,
            "there is no such analysis; hint: it may have been deleted",
        ),
        Ok(Err(error @ agoge::Error::Borders { .. })) => {
            fault(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string())
        }
        Ok(Err(_)) => fault(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the library cannot be changed; hint: `agoge library check` says what is wrong with it",
        ),
        Err(response) => response,
    }
}

/// Query parameters: letters to search for in names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    search: Option<String>,
}

/// `GET /api/athletes`
pub(crate) async fn search(
    State(app): State<Arc<App>>,
    reader: Reader,
    Query(query): Query<Search>,
) -> Response {
    let letters = query.search.unwrap_or_default();
    match with_store(app, &reader, move |store| Ok(store.search_athletes(&letters)?)).await {
        Ok(athletes) => Json(athletes).into_response(),
        Err(response) => response,
    }
}

/// A new athlete.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: String,
}

/// `POST /api/athletes`
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    reader: Reader,
    Json(new_athlete): Json<New>,
) -> Response {
    match with_store(app, &reader, move |store| Ok(store.athlete_or_new(&new_athlete.name)?)).await
    {
        Ok(athlete) => {
            Json(json!({ "id": athlete.id, "url": format!("/athletes/{}", athlete.id.0) }))
                .into_response()
        }
        Err(response) => response,
    }
}
