//! An athlete's load and injuries, and the newest plan.

use crate::analyses::report;
use crate::app::App;
use crate::library::with_store;
use crate::pages;
use crate::words::Reader;
use agoge::coach::plan::Plan;
use agoge::report::{load_html_in, plan_html_in};
use agoge::store::AthleteId;
use agoge::{Athlete, Error, Store};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// `/athletes/{athlete}/load`: what `agoge load show` and `agoge risk` report; where there is no
/// load, what to do.
pub(crate) async fn load(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(id): Path<i64>,
) -> Response {
    let read = move |store: &Store| {
        let athlete = store.athlete(AthleteId(id))?;
        let folder = Athlete::of(store, &athlete)?;
        let overview = folder.overview(None);
        let log = folder.log().unwrap_or_default();
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
    match with_store(app, &reader, read).await {
        Ok((athlete, _, Ok(overview))) => report(load_html_in(&pages::way_to(&athlete), &overview)),
        Ok((athlete, log, Err((is_none, what)))) => {
            pages::no_load(&reader, &athlete, &log, (!is_none).then_some(&what)).into_response()
        }
        Err(response) => response,
    }
}

/// `/athletes/{athlete}/plan`: the newest plan; where there is none, what to do.
pub(crate) async fn plan(
    State(app): State<Arc<App>>,
    reader: Reader,
    Path(id): Path<i64>,
) -> Response {
    let read = move |store: &Store| {
        let id = AthleteId(id);
        Ok((store.athlete(id)?, store.plans(id)?.into_iter().max_by_key(|plan| plan.id)))
    };
    let (athlete, newest) = match with_store(app, &reader, read).await {
        Ok(result) => result,
        Err(response) => return response,
    };
    let Some(newest) = newest else {
        return pages::no_plan(&reader, &athlete, false).into_response();
    };
    match serde_json::from_value::<Plan>(newest.plan) {
        Ok(plan) => report(plan_html_in(&pages::way_to(&athlete), &plan, &athlete.name)),
        Err(_) => pages::no_plan(&reader, &athlete, true).into_response(),
    }
}
