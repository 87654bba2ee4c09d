//! Pages and API of the athletes' library.

use crate::analyses::{error_response, render_report, report_response};
use crate::app::AppState;
use crate::pages;
use crate::translation::PageReader;
use agoge::library::borders::{Borders, latest_corrections, save_correction};
use agoge::motion::Day;
use agoge::store::{AnalysisId, AnalysisRow, AthleteId, StoreError};
use agoge::{Analysis, AnalysisOptions, Analyzed, Models, Store, analyze};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Maximum number of analyses on an athlete's page.
const MAX_ANALYSES: usize = 200;

/// Runs `work` with the library on a thread that may block; its errors become responses.
pub(crate) async fn with_store<T: Send + 'static>(
    app: Arc<AppState>,
    reader: &PageReader,
    work: impl FnOnce(&Store) -> Result<T, agoge::Error> + Send + 'static,
) -> Result<T, Response> {
    if app.store.is_none() {
        return Err(pages::respond_missing(
            reader,
            "No library",
            "Start the server with --library DIR to keep athletes and their analyses.",
        ));
    }
    let result = tokio::task::spawn_blocking(move || app.store.as_ref().map(work)).await;
    match result {
        Ok(Some(Ok(value))) => Ok(value),
        Ok(Some(Err(agoge::Error::Store(StoreError::NotFound { .. })))) => {
            Err(pages::respond_missing(reader, "Not in the library", "It may have been deleted."))
        }
        Ok(Some(Err(agoge::Error::Store(StoreError::Name)))) => {
            Err((StatusCode::UNPROCESSABLE_ENTITY, StoreError::Name.to_string()).into_response())
        }
        // The recording is at fault, not the library: it was analysed by another version of the
        // program, or with options that no longer apply.
        Ok(Some(Err(error))) if !matches!(error, agoge::Error::Store(_)) => {
            Err(pages::respond_not_analysed(reader, &error.to_string()))
        }
        _ => Err((
            StatusCode::INTERNAL_SERVER_ERROR,
            "the library cannot be used; hint: `agoge library check`\n",
        )
            .into_response()),
    }
}

/// Same as [`with_store`], for work that analyses recordings: only one at a time runs.
pub(crate) async fn with_store_in_turn<T: Send + 'static>(
    app: Arc<AppState>,
    reader: &PageReader,
    work: impl FnOnce(&Store) -> Result<T, agoge::Error> + Send + 'static,
) -> Result<T, Response> {
    let shared = app.clone();
    let Ok(_turn) = shared.analysis_permit.acquire().await else {
        return Err(error_response(StatusCode::SERVICE_UNAVAILABLE, "the server stops"));
    };
    with_store(app, reader, work).await
}

/// `/athletes`
pub(crate) async fn serve_athletes(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
) -> Response {
    match with_store(app, &reader, |store| Ok(store.squad_overview()?)).await {
        Ok(standings) => pages::render_athletes(&reader, &standings).into_response(),
        Err(response) => response,
    }
}

/// `/athletes/{athlete}`
pub(crate) async fn serve_athlete(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
) -> Response {
    let read = move |store: &Store| {
        let id = AthleteId(id);
        let analyses = store.list_analyses(id, MAX_ANALYSES)?;
        // Analyses that an older version wrote and this one cannot read are left out of the charts.
        let readable = |row: &AnalysisRow| Some((row.day, store.load_analysis(row.id).ok()?));
        let over_time: Vec<(Day, Analysis)> = analyses.iter().filter_map(readable).collect();
        Ok((
            store.load_athlete(id)?,
            store.list_sessions(id)?,
            store.list_recordings(id)?,
            analyses,
            over_time,
        ))
    };
    match with_store(app, &reader, read).await {
        Ok((athlete, sessions, recordings, analyses, over_time)) => {
            pages::render_athlete(&reader, &athlete, &sessions, &recordings, &analyses, &over_time)
                .into_response()
        }
        Err(response) => response,
    }
}

/// Repeats a stored analysis: analyses the stored recording with the stored options.
pub(crate) fn repeat_analysis(store: &Store, id: AnalysisId) -> Result<Analyzed, agoge::Error> {
    let row = store.analysis_row(id)?;
    let options: AnalysisOptions =
        serde_json::from_value(store.analysis_options(id)?).map_err(StoreError::from)?;
    analyze(&store.load_recording(row.recording)?, None, Models::bundled(), &options)
}

/// `/library/analyses/{analysis}`: the report, with its events open to correction.
pub(crate) async fn serve_analysis(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
) -> Response {
    let read = move |store: &Store| {
        let analyzed = repeat_analysis(store, AnalysisId(id))?;
        let below = pages::render_corrections(
            id,
            &analyzed.analysis,
            &latest_corrections(store, AnalysisId(id))?,
        );
        Ok(render_report(&analyzed, below))
    };
    match with_store_in_turn(app, &reader, read).await {
        Ok(page) => report_response(page),
        Err(response) => response,
    }
}

/// `POST /api/library/analyses/{analysis}/borders`: stores corrected borders of a repetition as a
/// label.
pub(crate) async fn store_borders(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
    Json(borders): Json<Borders>,
) -> Response {
    // The corrector is whoever sits at this machine; there are no accounts.
    let work = move |store: &Store| Ok(save_correction(store, AnalysisId(id), &borders, "coach"));
    match with_store(app, &reader, work).await {
        Ok(Ok(label)) => Json(json!({ "label": label })).into_response(),
        Ok(Err(agoge::Error::Store(StoreError::NotFound { .. }))) => error_response(
            StatusCode::NOT_FOUND,
            "there is no such analysis; hint: it may have been deleted",
        ),
        Ok(Err(error @ agoge::Error::Borders { .. })) => {
            error_response(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string())
        }
        Ok(Err(_)) => error_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the library cannot be changed; hint: `agoge library check` says what is wrong with it",
        ),
        Err(response) => response,
    }
}

/// Query parameters: letters to search for in names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AthleteSearch {
    search: Option<String>,
}

/// `GET /api/athletes`
pub(crate) async fn serve_athlete_search(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Query(query): Query<AthleteSearch>,
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
pub(crate) struct NewAthlete {
    name: String,
}

/// `POST /api/athletes`
pub(crate) async fn add_athlete(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Json(new_athlete): Json<NewAthlete>,
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
