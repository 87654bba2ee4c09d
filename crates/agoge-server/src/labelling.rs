//! What a coach says of repetitions: which to ask about, how they look, and what was said.

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

/// Repetitions that are asked about before the next are chosen anew.
const ASKED: usize = 24;

/// Which movement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    movement: Option<String>,
}

/// `/label`: the movements; of one its repetitions to be judged.
pub(crate) async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Response {
    match with_store(app, &reader, |store| Ok(store.movements()?)).await {
        Ok(movements) => {
            let known =
                asked.movement.filter(|own| movements.iter().any(|(movement, _)| movement == own));
            pages::label(&reader, &movements, known.as_deref()).into_response()
        }
        Err(response) => response,
    }
}

/// `GET /api/label`: what to ask about a movement next.
pub(crate) async fn next(
    State(app): State<Arc<App>>,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Response {
    let Some(movement) = asked.movement else {
        return fault(StatusCode::BAD_REQUEST, "no movement is named; hint: add ?movement=squat");
    };
    match in_turn(app, &reader, move |store| queue(store, &movement, ASKED)).await {
        Ok(queue) => Json(queue).into_response(),
        Err(response) => response,
    }
}

/// `POST /api/label`: stores what a coach says.
pub(crate) async fn said(
    State(app): State<Arc<App>>,
    reader: Reader,
    Json(judgement): Json<Judgement>,
) -> Response {
    // Who said so is whoever sits at this machine; there are no accounts.
    match with_store(app, &reader, move |store| Ok(judge(store, &judgement, "coach"))).await {
        Ok(Ok(label)) => Json(json!({ "label": label })).into_response(),
        Ok(Err(error)) => wrong(&error),
        Err(response) => response,
    }
}

/// `GET /api/library/analyses/{analysis}/repetitions/{repetition}`: how a repetition looks.
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

/// What a program is told.
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
