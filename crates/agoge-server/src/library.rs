//! Pages and API of the athletes' library.

use crate::analyses::{render_report, report_response};
use crate::api_error::{ApiError, MissingThing};
use crate::pages;
use crate::state::AppState;
use crate::translation::PageReader;
use agoge::library::borders::{Borders, latest_corrections, save_correction};
use agoge::library::stored::{analyze_again, load_stored, other_analyses};
use agoge::motion::Day;
use agoge::report::Scene;
use agoge::store::{AnalysisId, AnalysisRow, Athlete, AthleteId, StoreError};
use agoge::{Analysis, Models, Store};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Maximum number of analyses on an athlete's page.
const MAX_ANALYSES: usize = 200;

/// Runs `work` with the library on a thread that may block; its errors become responses.
///
/// # Errors
/// If there is no library, or `work` fails.
pub(crate) async fn with_store<T: Send + 'static>(
    app: Arc<AppState>,
    reader: &PageReader,
    work: impl FnOnce(&Store) -> Result<T, agoge::Error> + Send + 'static,
) -> Result<T, ApiError> {
    if app.store.is_none() {
        return Err(ApiError::Missing(reader.clone(), MissingThing::Library));
    }
    let result = tokio::task::spawn_blocking(move || app.store.as_ref().map(work)).await;
    match result {
        Ok(Some(Ok(value))) => Ok(value),
        Ok(Some(Err(agoge::Error::Store(StoreError::NotFound { .. })))) => {
            Err(ApiError::Missing(reader.clone(), MissingThing::Record))
        }
        Ok(Some(Err(agoge::Error::Store(StoreError::Name)))) => {
            Err(ApiError::unprocessable(StoreError::Name.to_string()))
        }
        // The recording is at fault, not the library: it was analysed by another version of the
        // program, or with options that no longer apply.
        Ok(Some(Err(error))) if !matches!(error, agoge::Error::Store(_)) => {
            Err(ApiError::NotAnalysed(reader.clone(), error.to_string()))
        }
        _ => Err(ApiError::internal("the library cannot be used; hint: `agoge library check`\n")),
    }
}

/// Same as [`with_store`], for work that analyses recordings: only one at a time runs.
///
/// # Errors
/// Same as [`with_store`], and if the server stops.
pub(crate) async fn with_store_in_turn<T: Send + 'static>(
    app: Arc<AppState>,
    reader: &PageReader,
    work: impl FnOnce(&Store) -> Result<T, agoge::Error> + Send + 'static,
) -> Result<T, ApiError> {
    let shared = app.clone();
    let Ok(_turn) = shared.analysis_permit.acquire().await else {
        return Err(ApiError::refuse(StatusCode::SERVICE_UNAVAILABLE, "the server stops"));
    };
    with_store(app, reader, work).await
}

/// `/athletes`
pub(crate) async fn serve_athletes(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
) -> Result<Markup, ApiError> {
    let standings = with_store(app, &reader, |store| Ok(store.squad_overview()?)).await?;
    Ok(pages::render_athletes(&reader, &standings))
}

/// `/athletes/{athlete}`
pub(crate) async fn serve_athlete(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
) -> Result<Markup, ApiError> {
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
    let (athlete, sessions, recordings, analyses, over_time) =
        with_store(app, &reader, read).await?;
    Ok(pages::render_athlete(&reader, &athlete, &sessions, &recordings, &analyses, &over_time))
}

/// `/library/analyses/{analysis}`: the report as it was stored, with its events open to correction.
pub(crate) async fn serve_analysis(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    let read = move |store: &Store| {
        let id = AnalysisId(id);
        let stored = load_stored(store, id)?;
        let about = pages::render_provenance(id, &stored, &other_analyses(store, id)?);
        let corrected = latest_corrections(store, id)?;
        let corrections = pages::render_corrections(id.0, &stored.analysis, &corrected);
        let scene = Scene { figure: &stored.figure, curves: &stored.curves, stills: &[] };
        Ok(render_report(&stored.analysis, &scene, html! { (about) (corrections) }))
    };
    Ok(report_response(with_store_in_turn(app, &reader, read).await?))
}

/// `POST /api/library/analyses/{analysis}/again`: analyses the recording again with the stored
/// options and the bundled model, and stores the result beside the first.
pub(crate) async fn repeat_analysis(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
) -> Result<Json<Value>, ApiError> {
    let work = move |store: &Store| Ok(analyze_again(store, AnalysisId(id), Models::bundled()));
    let again = with_store_in_turn(app, &reader, work).await?;
    let AnalysisId(again) = again.map_err(|error| match error {
        agoge::Error::Store(StoreError::Json(_)) => ApiError::unprocessable(
            "its options are of another version of Agoge; hint: analyse the file again",
        ),
        agoge::Error::Store(_) => change_error(&error),
        error => ApiError::unprocessable(error.to_string()),
    })?;
    let url = format!("/library/analyses/{again}");
    Ok(Json(json!({ "analysis": again, "url": url, "changed": again != id })))
}

/// `POST /api/library/analyses/{analysis}/borders`: stores corrected borders of a repetition as a
/// label.
pub(crate) async fn store_borders(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
    Json(borders): Json<Borders>,
) -> Result<Json<Value>, ApiError> {
    // The corrector is whoever sits at this machine; there are no accounts.
    let work = move |store: &Store| Ok(save_correction(store, AnalysisId(id), &borders, "coach"));
    let label = with_store(app, &reader, work).await?.map_err(|error| match error {
        agoge::Error::Borders { .. } => ApiError::unprocessable(error.to_string()),
        error => change_error(&error),
    })?;
    Ok(Json(json!({ "label": label })))
}

/// What is answered if the library could not be changed.
fn change_error(error: &agoge::Error) -> ApiError {
    match error {
        agoge::Error::Store(StoreError::NotFound { .. }) => ApiError::no_analysis(),
        _ => ApiError::internal(
            "the library cannot be changed; hint: `agoge library check` says what is wrong with it",
        ),
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
) -> Result<Json<Vec<Athlete>>, ApiError> {
    let letters = query.search.unwrap_or_default();
    let search = move |store: &Store| Ok(store.search_athletes(&letters)?);
    Ok(Json(with_store(app, &reader, search).await?))
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
) -> Result<Json<Value>, ApiError> {
    let add = move |store: &Store| Ok(store.athlete_or_new(&new_athlete.name)?);
    let athlete = with_store(app, &reader, add).await?;
    Ok(Json(json!({ "id": athlete.id, "url": format!("/athletes/{}", athlete.id.0) })))
}
