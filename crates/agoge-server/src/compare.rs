//! Comparison of two analyses of the same movement.

use crate::app::App;
use crate::library::{again, in_turn, with_store};
use crate::pages;
use crate::words::Reader;
use agoge::store::{AnalysisId, AnalysisRow, Athlete};
use agoge::{Analyzed, Store};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

/// Maximum number of analyses to choose the second from.
const OFFERED: usize = 200;

/// Query parameters: the two analyses to compare.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    first: Option<i64>,
    second: Option<i64>,
}

/// One of the two: its athlete, its row in the library, and its recording analysed again with the
/// stored options.
pub(crate) struct Side {
    pub(crate) athlete: Athlete,
    pub(crate) row: AnalysisRow,
    pub(crate) made: Analyzed,
}

fn side(store: &Store, id: i64) -> Result<Side, agoge::Error> {
    let id = AnalysisId(id);
    Ok(Side {
        athlete: store.athlete_of(id)?,
        row: store.analysis_row(id)?,
        made: again(store, id)?,
    })
}

/// `/compare`: asks for the analyses that are not chosen yet, then shows both.
pub(crate) async fn compare(
    State(app): State<Arc<App>>,
    reader: Reader,
    Query(query): Query<Asked>,
) -> Response {
    let (first, second) = match (query.first, query.second) {
        (Some(first), Some(second)) => (first, second),
        (Some(first), None) | (None, Some(first)) => {
            let read = move |store: &Store| {
                let row = store.analysis_row(AnalysisId(first))?;
                let others = store.analyses_of_movement(&row.movement, OFFERED)?;
                Ok((row, others))
            };
            return match with_store(app, &reader, read).await {
                Ok((row, others)) => pages::choose_second(&reader, &row, &others).into_response(),
                Err(response) => response,
            };
        }
        (None, None) => return pages::choose_first(&reader).into_response(),
    };
    match in_turn(app, &reader, move |store| Ok((side(store, first)?, side(store, second)?))).await
    {
        Ok((first, second)) if first.row.movement != second.row.movement => (
            StatusCode::UNPROCESSABLE_ENTITY,
            pages::not_comparable(&reader, &first.row, &second.row),
        )
            .into_response(),
        Ok((first, second)) => pages::compared(&reader, &first, &second).into_response(),
        Err(response) => response,
    }
}
