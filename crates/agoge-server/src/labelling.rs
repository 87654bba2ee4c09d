//! Judging of repetitions by a coach: which to ask about, how they look, and storing the
//! judgements.

use crate::api_error::ApiError;
use crate::library::{with_store, with_store_in_turn};
use crate::pages;
use crate::state::AppState;
use crate::translation::PageReader;
use agoge::library::labelling::{
    Judgement, LabelQueue, RepetitionRef, label_queue, repetition_figure, save_judgement,
};
use agoge::report::figure_json;
use agoge::store::AnalysisId;
use agoge::{Error, Store};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use maud::Markup;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Number of repetitions to judge before the next ones are chosen.
const QUEUE_LENGTH: usize = 24;

/// Query parameters: the movement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelQuery {
    movement: Option<String>,
}

/// `/label`: lists the movements; for a chosen one, shows its repetitions to judge.
pub(crate) async fn serve_label_page(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Query(query): Query<LabelQuery>,
) -> Result<Markup, ApiError> {
    let movements = with_store(app, &reader, |store| Ok(store.list_movements()?)).await?;
    let chosen =
        query.movement.filter(|name| movements.iter().any(|(movement, _)| movement == name));
    Ok(pages::render_label(&reader, &movements, chosen.as_deref()))
}

/// `GET /api/label`: which repetitions of a movement to judge next.
pub(crate) async fn serve_next_repetitions(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Query(query): Query<LabelQuery>,
) -> Result<Json<LabelQueue>, ApiError> {
    let Some(movement) = query.movement else {
        let reason = "no movement is named; hint: add ?movement=squat";
        return Err(ApiError::refuse(StatusCode::BAD_REQUEST, reason));
    };
    let choose = move |store: &Store| label_queue(store, &movement, QUEUE_LENGTH);
    Ok(Json(with_store_in_turn(app, &reader, choose).await?))
}

/// `POST /api/label`: stores a coach's judgement.
pub(crate) async fn store_judgement(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Json(judgement): Json<Judgement>,
) -> Result<Json<Value>, ApiError> {
    // The judge is whoever sits at this machine; there are no accounts.
    let save = move |store: &Store| Ok(save_judgement(store, &judgement, "coach"));
    let label = with_store(app, &reader, save).await?.map_err(judgement_error)?;
    Ok(Json(json!({ "label": label })))
}

/// `GET /api/library/analyses/{analysis}/repetitions/{repetition}`: the moving figure of a
/// repetition.
pub(crate) async fn serve_repetition_figure(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path((analysis, repetition)): Path<(i64, usize)>,
) -> Result<Json<Value>, ApiError> {
    let which = RepetitionRef { analysis: AnalysisId(analysis), repetition };
    let read = move |store: &Store| Ok(repetition_figure(store, which));
    let figure = with_store(app, &reader, read).await?.map_err(judgement_error)?;
    Ok(Json(figure_json(&figure)))
}

/// What is answered if a repetition cannot be judged or shown.
fn judgement_error(error: Error) -> ApiError {
    match error {
        Error::Store(agoge::store::StoreError::NotFound { .. }) => ApiError::no_analysis(),
        Error::Judgement { .. } => ApiError::unprocessable(error.to_string()),
        _ => ApiError::internal(
            "the library cannot be used; hint: `agoge library check` says what is wrong with it",
        ),
    }
}
