//! Judging of repetitions by a coach: which to ask about, how they look, and storing the
//! judgements.

use crate::analyses::error_response;
use crate::app::AppState;
use crate::library::{with_store, with_store_in_turn};
use crate::pages;
use crate::translation::PageReader;
use agoge::Error;
use agoge::library::labelling::{
    Judgement, RepetitionRef, label_queue, repetition_figure, save_judgement,
};
use agoge::report::figure_json;
use agoge::store::AnalysisId;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
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
) -> Response {
    match with_store(app, &reader, |store| Ok(store.list_movements()?)).await {
        Ok(movements) => {
            let chosen = query
                .movement
                .filter(|name| movements.iter().any(|(movement, _)| movement == name));
            pages::render_label(&reader, &movements, chosen.as_deref()).into_response()
        }
        Err(response) => response,
    }
}

/// `GET /api/label`: which repetitions of a movement to judge next.
pub(crate) async fn serve_next_repetitions(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Query(query): Query<LabelQuery>,
) -> Response {
    let Some(movement) = query.movement else {
        return error_response(
            StatusCode::BAD_REQUEST,
            "no movement is named; hint: add ?movement=squat",
        );
    };
    match with_store_in_turn(app, &reader, move |store| label_queue(store, &movement, QUEUE_LENGTH))
        .await
    {
        Ok(queue) => Json(queue).into_response(),
        Err(response) => response,
    }
}

/// `POST /api/label`: stores a coach's judgement.
pub(crate) async fn store_judgement(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Json(judgement): Json<Judgement>,
) -> Response {
    // The judge is whoever sits at this machine; there are no accounts.
    match with_store(app, &reader, move |store| Ok(save_judgement(store, &judgement, "coach")))
        .await
    {
        Ok(Ok(label)) => Json(json!({ "label": label })).into_response(),
        Ok(Err(error)) => judgement_error(&error),
        Err(response) => response,
    }
}

/// `GET /api/library/analyses/{analysis}/repetitions/{repetition}`: the moving figure of a
/// repetition.
pub(crate) async fn serve_repetition_figure(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path((analysis, repetition)): Path<(i64, usize)>,
) -> Response {
    let which = RepetitionRef { analysis: AnalysisId(analysis), repetition };
    match with_store(app, &reader, move |store| Ok(repetition_figure(store, which))).await {
        Ok(Ok(figure)) => Json(figure_json(&figure)).into_response(),
        Ok(Err(error)) => judgement_error(&error),
        Err(response) => response,
    }
}

/// Responds with an error as JSON.
fn judgement_error(error: &Error) -> Response {
    match error {
        Error::Store(agoge::store::StoreError::NotFound { .. }) => error_response(
            StatusCode::NOT_FOUND,
            "there is no such analysis; hint: it may have been deleted",
        ),
        Error::Judgement { .. } => {
            error_response(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string())
        }
        _ => error_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the library cannot be used; hint: `agoge library check` says what is wrong with it",
        ),
    }
}
