//! Judging of repetitions by a coach: which to ask about, how they look, and storing the
//! judgements.

use crate::analyses::fault;
use crate::app::App;
use crate::library::{in_turn, with_store};
use crate::pages;
use crate::words::Reader;
use agoge::Error;
use agoge::library::labelling::{Judgement, Which, figure, judge, queue};
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
const ASKED: usize = 24;

/// Query parameters: the movement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    movement: Option<String>,
}

/// `/label`: lists the movements; for a chosen one, shows its repetitions to judge.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    Query(query): Query<Asked>,
) -> Response {
    match with_store(app, &reader, |store| Ok(store.movements()?)).await {
        Ok(movements) => {
            let chosen = query
                .movement
                .filter(|name| movements.iter().any(|(movement, _)| movement == name));
            pages::label(&reader, &movements, chosen.as_deref()).into_response()
        }
        Err(response) => response,
    }
}

/// `GET /api/label`: which repetitions of a movement to judge next.
pub(crate) async fn next(
    State(app): State<Arc<App>>,
    reader: Reader,
    Query(query): Query<Asked>,
) -> Response {
    let Some(movement) = query.movement else {
        return fault(StatusCode::BAD_REQUEST, "no movement is named; hint: add ?movement=squat");
    };
    match in_turn(app, &reader, move |store| queue(store, &movement, ASKED)).await {
        Ok(queue) => Json(queue).into_response(),
        Err(response) => response,
    }
}

/// `POST /api/label`: stores a coach's judgement.
pub(crate) async fn said(
    State(app): State<Arc<App>>,
    reader: Reader,
    Json(judgement): Json<Judgement>,
) -> Response {
    // The judge is whoever sits at this machine; there are no accounts.
    match with_store(app, &reader, move |store| Ok(judge(store, &judgement, "coach"))).await {
        Ok(Ok(label)) => Json(json!({ "label": label })).into_response(),
        Ok(Err(error)) => wrong(&error),
        Err(response) => response,
    }
}

/// `GET /api/library/analyses/{analysis}/repetitions/{repetition}`: the moving figure of a
/// repetition.
pub(crate) async fn repetition(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path((analysis, repetition)): Path<(i64, usize)>,
) -> Response {
    let which = Which { analysis: AnalysisId(analysis), repetition };
    match with_store(app, &reader, move |store| Ok(figure(store, which))).await {
        Ok(Ok(figure)) => Json(figure_json(&figure)).into_response(),
        Ok(Err(error)) => wrong(&error),
        Err(response) => response,
    }
}

/// Responds with an error as JSON.
fn wrong(error: &Error) -> Response {
    match error {
        Error::Store(agoge::store::Error::Nothing { .. }) => fault(
            StatusCode::NOT_FOUND,
            "there is no such analysis; hint: it may have been deleted",
        ),
        Error::Judgement { .. } => fault(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string()),
        _ => fault(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the library cannot be used; hint: `agoge library check` says what is wrong with it",
        ),
    }
}
