//! An athlete's load and injuries, and the newest plan.

use crate::analyses::report_response;
use crate::api_error::ApiError;
use crate::library::with_store;
use crate::pages;
use crate::state::AppState;
use crate::translation::PageReader;
use agoge::planning::Plan;
use agoge::report::{load_html_in, plan_html_in};
use agoge::store::AthleteId;
use agoge::{Error, LoadFolder, Store};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// `/athletes/{athlete}/load`: what `agoge load show` and `agoge risk` report; where there is no
/// load, what to do.
pub(crate) async fn serve_load(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    let read = move |store: &Store| {
        let athlete = store.load_athlete(AthleteId(id))?;
        let folder = LoadFolder::from_store(store, &athlete)?;
        let overview = folder.load_overview(None);
        let log = folder.read_log().unwrap_or_default();
        // The path of the library must not reach the client; which line of a file is wrong may.
        let library = store.folder().display().to_string();
        Ok((
            athlete,
            log,
            overview.map_err(|error| {
                (matches!(error, Error::NoLoad { .. }), error.to_string().replace(&library, "…"))
            }),
        ))
    };
    let (athlete, log, overview) = with_store(app, &reader, read).await?;
    Ok(match overview {
        Ok(overview) => {
            report_response(load_html_in(&pages::athlete_navigation(&athlete), &overview))
        }
        Err((is_none, what)) => {
            pages::render_no_load(&reader, &athlete, &log, (!is_none).then_some(&what))
                .into_response()
        }
    })
}

/// `/athletes/{athlete}/plan`: the newest plan; where there is none, what to do.
pub(crate) async fn serve_plan(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<i64>,
) -> Result<Response, ApiError> {
    let read = move |store: &Store| {
        let id = AthleteId(id);
        Ok((store.load_athlete(id)?, store.list_plans(id)?.into_iter().max_by_key(|plan| plan.id)))
    };
    let (athlete, newest) = with_store(app, &reader, read).await?;
    let Some(newest) = newest else {
        return Ok(pages::render_no_plan(&reader, &athlete, false).into_response());
    };
    Ok(match serde_json::from_value::<Plan>(newest.plan) {
        Ok(plan) => report_response(plan_html_in(
            &pages::athlete_navigation(&athlete),
            &plan,
            &athlete.name,
        )),
        Err(_) => pages::render_no_plan(&reader, &athlete, true).into_response(),
    })
}
