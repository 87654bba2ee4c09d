//! Comparison of two analyses of the same movement.

use crate::app::AppState;
use crate::library::{repeat_analysis, with_store, with_store_in_turn};
use crate::pages;
use crate::translation::PageReader;
use agoge::store::{AnalysisId, AnalysisRow, Athlete};
use agoge::{Analyzed, Store};
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

/// One of the two: its athlete, its row in the library, and its recording analysed again with the
/// stored options.
pub(crate) struct ComparedAnalysis {
    pub(crate) athlete: Athlete,
    pub(crate) row: AnalysisRow,
    pub(crate) analyzed: Analyzed,
}

fn load_compared(store: &Store, id: i64) -> Result<ComparedAnalysis, agoge::Error> {
    let id = AnalysisId(id);
    Ok(ComparedAnalysis {
        athlete: store.analysis_athlete(id)?,
        row: store.analysis_row(id)?,
        analyzed: repeat_analysis(store, id)?,
    })
}

/// `/compare`: asks for the analyses that are not chosen yet, then shows both.
pub(crate) async fn serve_compare(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Query(query): Query<CompareQuery>,
) -> Response {
    let (first, second) = match (query.first, query.second) {
        (Some(first), Some(second)) => (first, second),
        (Some(first), None) | (None, Some(first)) => {
            let read = move |store: &Store| {
                let row = store.analysis_row(AnalysisId(first))?;
                let others = store.analyses_of_movement(&row.movement, MAX_CANDIDATES)?;
                Ok((row, others))
            };
            return match with_store(app, &reader, read).await {
                Ok((row, others)) => {
                    pages::render_second_choice(&reader, &row, &others).into_response()
                }
                Err(response) => response,
            };
        }
        (None, None) => return pages::render_first_choice(&reader).into_response(),
    };
    match with_store_in_turn(app, &reader, move |store| {
        Ok((load_compared(store, first)?, load_compared(store, second)?))
    })
    .await
    {
        Ok((first, second)) if first.row.movement != second.row.movement => (
            StatusCode::UNPROCESSABLE_ENTITY,
            pages::render_not_comparable(&reader, &first.row, &second.row),
        )
            .into_response(),
        Ok((first, second)) => pages::render_comparison(&reader, &first, &second).into_response(),
        Err(response) => response,
    }
}
