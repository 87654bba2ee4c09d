//! The one table of routes; the router and the OpenAPI document come from it.

use crate::openapi::{build_document, object_schema};
use crate::route::{Responses, Route};
use crate::state::AppState;
use crate::{
    analyses, assets, compare, guard, labelling, library, live, over_time, pages, translation,
};
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// Maximum size of a request body, bytes; uploads have a limit of their own.
const MAX_BODY_BYTES: usize = 64 << 10;

const FOUND: Responses = &[("200", "Found"), ("404", "Not there")];
const FOUND_REPETITION: Responses = &[
    ("200", "Found"),
    ("404", "Not there"),
    ("422", "No such complete repetition, or the recording cannot be analysed as it was"),
];
const JUDGED: Responses = &[
    ("200", "As the summary says"),
    ("404", "No library"),
    ("422", "A stored recording cannot be analysed"),
];
const ENTRY: Responses = &[("200", "As the summary says"), ("404", "No token is needed")];
const SOCKET: Responses =
    &[("101", "The socket is open"), ("400", "Not a WebSocket"), ("503", "All places are taken")];

/// Every route of the server.
fn list_routes() -> Vec<Route> {
    let schema = |kind: &str| json!({ "type": kind });
    vec![
        Route::get(
            "/",
            "Start page: upload a recording, see the newest analyses",
            pages::serve_start,
        ),
        Route::get("/watch", "Live page: a camera or a simulated athlete", pages::serve_watch),
        Route::get("/athletes", "Athletes of the library", library::serve_athletes)
            .with_responses(&[("200", "The page"), ("404", "No library")]),
        Route::get(
            "/athletes/{athlete}",
            "One athlete: analyses over time",
            library::serve_athlete,
        )
        .with_responses(FOUND),
        Route::get(
            "/analyses/{analysis}",
            "The report of an upload that was not stored; kept in memory",
            analyses::serve_recent,
        )
        .with_responses(FOUND),
        Route::get(
            "/library/analyses/{analysis}",
            "The report of a stored analysis",
            library::serve_analysis,
        )
        .with_responses(FOUND_REPETITION),
        Route::get(
            "/athletes/{athlete}/load",
            "One athlete: load, injuries and pain",
            over_time::serve_load,
        )
        .with_responses(FOUND),
        Route::get(
            "/athletes/{athlete}/plan",
            "One athlete: the newest plan as a calendar",
            over_time::serve_plan,
        )
        .with_responses(FOUND),
        Route::get("/models", "Cards of the models that come with Agoge", pages::serve_models),
        Route::get(
            "/language",
            "Choose the language of the pages, English or Chinese; leads back",
            translation::choose_language,
        )
        .with_required_query("to", schema("string"))
        .with_required_query("back", schema("string"))
        .with_responses(&[("303", "The cookie is set")]),
        Route::get(
            "/compare",
            "Two analyses of one movement beside each other; without both, what to choose from",
            compare::serve_compare,
        )
        .with_query("first", schema("integer"))
        .with_query("second", schema("integer"))
        .with_responses(&[
            ("200", "The page"),
            ("404", "No library or no such analysis"),
            ("422", "Two movements"),
        ]),
        Route::get(
            "/label",
            "Judge repetitions of the library; without a movement, which there are",
            labelling::serve_label_page,
        )
        .with_query("movement", schema("string"))
        .with_responses(JUDGED),
        Route::get(
            "/api/label",
            "Which repetitions of a movement to judge next, and how many were judged",
            labelling::serve_next_repetitions,
        )
        .with_required_query("movement", schema("string"))
        .with_responses(JUDGED),
        Route::post(
            "/api/label",
            "Judge a repetition, or say which of two was done better; stored as a label",
            labelling::store_judgement,
        )
        .with_json_body(judgement_schema())
        .with_responses(&[
            ("200", "The label's number"),
            ("404", "No library or no such analysis"),
            ("415", "Not JSON"),
            ("422", "What cannot be judged"),
        ]),
        Route::get(
            "/api/library/analyses/{analysis}/repetitions/{repetition}",
            "The moving figure of one repetition",
            labelling::serve_repetition_figure,
        )
        .with_responses(FOUND_REPETITION),
        Route::post(
            "/api/library/analyses/{analysis}/borders",
            "Correct where a repetition and its phases begin and end; stored as a label",
            library::store_borders,
        )
        .with_json_body(object_schema(
            &["repetition", "at_s"],
            &json!({
                "repetition": { "type": "integer" },
                "at_s": { "type": "array", "items": { "type": "number" } },
            }),
        ))
        .with_responses(&[
            ("200", "The label's number"),
            ("404", "No library or no such analysis"),
            ("415", "Not JSON"),
            ("422", "Borders that cannot be"),
        ]),
        Route::post(
            "/api/library/analyses/{analysis}/again",
            "Analyse its recording again with today's model; stored beside the first",
            library::repeat_analysis,
        )
        .with_responses(&[
            ("200", "Where the new analysis is, and whether it differs from the first"),
            ("404", "No library or no such analysis"),
            ("422", "The recording cannot be analysed as it was"),
        ]),
        Route::post(
            "/api/analyses",
            "Analyse a recording: the file is the body",
            analyses::upload_recording,
        )
        .with_required_query("name", schema("string"))
        .with_query("movement", schema("string"))
        .with_query("height_m", schema("number"))
        .with_query("mass_kg", schema("number"))
        .with_query("sex", json!({ "type": "string", "enum": ["female", "male"] }))
        .with_query("athlete", schema("integer"))
        .with_file_body()
        .with_responses(&[
            ("200", "Where the report is"),
            ("413", "Too large"),
            ("422", "Cannot be analysed"),
        ]),
        Route::get(
            "/api/athletes",
            "Athletes of the library; `search` keeps those whose name has these letters",
            library::serve_athlete_search,
        )
        .with_query("search", schema("string"))
        .with_responses(&[("200", "Athletes"), ("404", "No library")]),
        Route::post("/api/athletes", "Add an athlete", library::add_athlete)
            .with_json_body(object_schema(
                &["name"],
                &json!({ "name": { "type": "string", "minLength": 1, "maxLength": 100 } }),
            ))
            .with_responses(&[
                ("200", "The athlete's number"),
                ("404", "No library"),
                ("415", "Not JSON"),
                ("422", "Not a name"),
            ]),
        Route::get("/api/movements", "Movements that can be named", pages::serve_movements),
        Route::get(
            "/api/simulated",
            "Frames of a simulated set of squats, as a live session takes them",
            live::serve_simulated,
        ),
        Route::get(
            "/live",
            "WebSocket: skeleton frames in, events out (docs/reference/live.md)",
            live::serve_skeleton,
        )
        .with_responses(SOCKET),
        Route::get(
            "/live/camera",
            "WebSocket: pictures in, poses and events out (docs/reference/live.md)",
            live::serve_camera,
        )
        .with_responses(SOCKET),
        Route::get(
            "/enter",
            "Where a browser from another machine is asked for the token",
            pages::serve_enter,
        )
        .with_responses(ENTRY),
        Route::post(
            "/api/enter",
            "Give the token; the browser brings it as a cookie from then on",
            pages::check_entered_token,
        )
        .with_json_body(object_schema(&["token"], &json!({ "token": schema("string") })))
        .with_responses(&[
            ("204", "The cookie is set"),
            ("401", "Not the token"),
            ("404", "No token is needed"),
            ("415", "Not JSON"),
            ("422", "No token"),
        ]),
        Route::get(
            "/certificate",
            "The certificate of this machine's own authority, for a phone to trust",
            pages::serve_certificate,
        )
        .with_responses(ENTRY),
        Route::get("/healthz", "Whether the server is up", || async { "ok\n" }),
        Route::get("/metrics", "Counters in Prometheus' text format", serve_metrics),
        Route::get("/openapi.json", "This document", serve_openapi),
        Route::get("/assets/{name}", "Styles and scripts of the pages", assets::serve_asset)
            .with_responses(FOUND),
    ]
}

/// The schema of what `agoge::library::labelling::Judgement` reads.
fn judgement_schema() -> Value {
    let which = object_schema(
        &["analysis", "repetition"],
        &json!({ "analysis": { "type": "integer" }, "repetition": { "type": "integer" } }),
    );
    let quality = object_schema(
        &["kind", "of", "correct"],
        &json!({ "kind": { "const": "quality" }, "of": which, "correct": { "type": "boolean" } }),
    );
    let better = json!({ "enum": ["first", "second", "neither"] });
    let pair = object_schema(
        &["kind", "first", "second", "better"],
        &json!({ "kind": { "const": "pair" }, "first": which, "second": which, "better": better }),
    );
    json!({ "oneOf": [quality, pair] })
}

/// Method, path and summary of every route.
pub fn route_table() -> Vec<(&'static str, &'static str, &'static str)> {
    list_routes().iter().map(|route| (route.method.name(), route.path, route.summary)).collect()
}

/// `/metrics`
async fn serve_metrics(State(app): State<Arc<AppState>>) -> String {
    app.metrics.to_prometheus()
}

/// `/openapi.json`
async fn serve_openapi() -> Json<Value> {
    Json(build_document(&list_routes()))
}

/// The router of all routes, with what every request passes through.
pub(crate) fn build_router(app: Arc<AppState>) -> Router {
    list_routes()
        .into_iter()
        .fold(Router::new(), |router, route| router.route(route.path, route.handler))
        .fallback(pages::serve_not_found)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), guard::check_request))
        .layer(from_fn(guard::errors_as_json))
        .layer(from_fn(guard::set_security_headers))
        .with_state(app)
}
