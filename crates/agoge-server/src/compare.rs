//! Comparison of two analyses of the same movement.

use crate::api_error::ApiError;
use crate::library::{with_store, with_store_in_turn};
use crate::pages::{self, ComparedAnalysis};
use crate::state::AppState;
use crate::translation::PageReader;
use agoge::Store;
use agoge::library::stored::load_stored;
use agoge::store::AnalysisId;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

/// Maximum number of analyses to choose the second from.
const MAX_CANDIDATES: usize = 200;

/// Query parameters: the two analyses to compare.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareQuery {
    first: Option<i64>,
    second: Option<i64>,
}

fn load_compared(store: &Store, id: i64) -> Result<ComparedAnalysis, agoge::Error> {
    let id = AnalysisId(id);
    Ok(ComparedAnalysis {
        athlete: store.analysis_athlete(id)?,
        row: store.analysis_row(id)?,
        stored: load_stored(store, id)?,
    })
}

/// `/compare`: asks for the analyses that are not chosen yet, then shows both.
pub(crate) async fn serve_compare(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Query(query): Query<CompareQuery>,
) -> Result<Response, ApiError> {
    let (first, second) = match (query.first, query.second) {
        (Some(first), Some(second)) => (first, second),
        (Some(first), None) | (None, Some(first)) => {
            let read = move |store: &Store| {
                let row = store.analysis_row(AnalysisId(first))?;
                let others = store.analyses_of_movement(&row.movement, MAX_CANDIDATES)?;
                Ok((row, others))
            };
            let (row, others) = with_store(app, &reader, read).await?;
            return Ok(pages::render_second_choice(&reader, &row, &others).into_response());
        }
        (None, None) => return Ok(pages::render_first_choice(&reader).into_response()),
    };
    let read =
        move |store: &Store| Ok((load_compared(store, first)?, load_compared(store, second)?));
    let (first, second) = with_store_in_turn(app, &reader, read).await?;
    if first.row.movement != second.row.movement {
        let page = pages::render_not_comparable(&reader, &first.row, &second.row);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    Ok(pages::render_comparison(&reader, &first, &second).into_response())
}
