//! The routes and their shared state.

use crate::access::AccessControl;
use crate::analyses::RecentReports;
use crate::metrics::ServerMetrics;
use crate::{
    ServerError, ServerOptions, analyses, assets, compare, guard, labelling, library, live,
    openapi, over_time, pages, translation,
};
use agoge::Store;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Limits on what clients may use.
#[derive(Clone, Debug)]
pub struct ServerLimits {
    /// Maximum number of open connections.
    pub connections: usize,
    /// Maximum number of live sessions.
    pub live: usize,
    /// Maximum number of camera sessions: each takes most of a core.
    pub cameras: usize,
    /// Maximum size of an uploaded recording or video, bytes.
    pub upload: u64,
    /// Requests per second in the long run; also the size of a burst.
    pub requests: f64,
    /// How long a client may be silent within a request, before its hello, or between two live
    /// frames.
    pub silence: Duration,
}

impl Default for ServerLimits {
    fn default() -> ServerLimits {
        ServerLimits {
            connections: 512,
            live: 256,
            cameras: 2,
            upload: 1 << 30,
            requests: 300.0,
            silence: Duration::from_secs(20),
        }
    }
}

/// State shared by all requests.
pub(crate) struct AppState {
    pub(crate) limits: ServerLimits,
    pub(crate) metrics: ServerMetrics,
    pub(crate) store: Option<Store>,
    pub(crate) live: Arc<Semaphore>,
    pub(crate) cameras: Arc<Semaphore>,
    pub(crate) workers: live::WorkerPool,
    /// Analyses run one at a time: each uses all cores, and live sessions need their share.
    pub(crate) analysis_permit: Semaphore,
    pub(crate) recent: RecentReports,
    pub(crate) rate: guard::RateLimiter,
    /// Access control, if other machines can reach the server.
    pub(crate) access: Option<AccessControl>,
}

impl AppState {
    pub(crate) fn new(
        config: &ServerOptions,
        access: Option<AccessControl>,
    ) -> Result<AppState, ServerError> {
        let limits = config.limits.clone();
        let store =
            config.library.as_deref().map(Store::open).transpose().map_err(agoge::Error::from)?;
        if let Some(store) = &store {
            live::recover_sessions(store);
        }
        Ok(AppState {
            metrics: ServerMetrics::default(),
            store,
            live: Arc::new(Semaphore::new(limits.live)),
            cameras: Arc::new(Semaphore::new(limits.cameras)),
            workers: live::WorkerPool::new().map_err(ServerError::Runtime)?,
            analysis_permit: Semaphore::new(1),
            recent: RecentReports::default(),
            rate: guard::RateLimiter::new(limits.requests, limits.requests),
            access,
            limits,
        })
    }
}

/// Every route: method, path and a short summary. A test checks the router against it, and the
/// OpenAPI document is generated from it.
pub fn route_table() -> &'static [(&'static str, &'static str, &'static str)] {
    &[
        ("get", "/", "Start page: upload a recording, see the newest analyses"),
        ("get", "/watch", "Live page: a camera or a simulated athlete"),
        ("get", "/athletes", "Athletes of the library"),
        ("get", "/athletes/{athlete}", "One athlete: analyses over time"),
        (
            "get",
            "/analyses/{analysis}",
            "The report of an upload that was not stored; kept in memory",
        ),
        ("get", "/library/analyses/{analysis}", "The report of a stored analysis"),
        ("get", "/athletes/{athlete}/load", "One athlete: load, injuries and pain"),
        ("get", "/athletes/{athlete}/plan", "One athlete: the newest plan as a calendar"),
        ("get", "/models", "Cards of the models that come with Agoge"),
        ("get", "/language", "Choose the language of the pages, English or Chinese; leads back"),
        (
            "get",
            "/compare",
            "Two analyses of one movement beside each other; without both, what to choose from",
        ),
        ("get", "/label", "Judge repetitions of the library; without a movement, which there are"),
        (
            "get",
            "/api/label",
            "Which repetitions of a movement to judge next, and how many were judged",
        ),
        (
            "post",
            "/api/label",
            "Judge a repetition, or say which of two was done better; stored as a label",
        ),
        (
            "get",
            "/api/library/analyses/{analysis}/repetitions/{repetition}",
            "The moving figure of one repetition",
        ),
        (
            "post",
            "/api/library/analyses/{analysis}/borders",
            "Correct where a repetition and its phases begin and end; stored as a label",
        ),
        ("post", "/api/analyses", "Analyse a recording: the file is the body"),
        (
            "get",
            "/api/athletes",
            "Athletes of the library; `search` keeps those whose name has these letters",
        ),
        ("post", "/api/athletes", "Add an athlete"),
        ("get", "/api/movements", "Movements that can be named"),
        (
            "get",
            "/api/simulated",
            "Frames of a simulated set of squats, as a live session takes them",
        ),
        ("get", "/live", "WebSocket: skeleton frames in, events out (docs/reference/live.md)"),
        (
            "get",
            "/live/camera",
            "WebSocket: pictures in, poses and events out (docs/reference/live.md)",
        ),
        ("get", "/enter", "Where a browser from another machine is asked for the token"),
        ("post", "/api/enter", "Give the token; the browser brings it as a cookie from then on"),
        (
            "get",
            "/certificate",
            "The certificate of this machine's own authority, for a phone to trust",
        ),
        ("get", "/healthz", "Whether the server is up"),
        ("get", "/metrics", "Counters in Prometheus' text format"),
        ("get", "/openapi.json", "This document"),
        ("get", "/assets/{name}", "Styles and scripts of the pages"),
    ]
}

pub(crate) fn build_router(app: Arc<AppState>) -> Router {
    Router::new()
        .route("/", get(pages::serve_start))
        .route("/watch", get(pages::serve_watch))
        .route("/athletes", get(library::serve_athletes))
        .route("/athletes/{athlete}", get(library::serve_athlete))
        .route("/athletes/{athlete}/load", get(over_time::serve_load))
        .route("/athletes/{athlete}/plan", get(over_time::serve_plan))
        .route("/models", get(pages::serve_models))
        .route("/language", get(translation::choose_language))
        .route("/compare", get(compare::serve_compare))
        .route("/label", get(labelling::serve_label_page))
        .route(
            "/api/label",
            get(labelling::serve_next_repetitions).post(labelling::store_judgement),
        )
        .route(
            "/api/library/analyses/{analysis}/repetitions/{repetition}",
            get(labelling::serve_repetition_figure),
        )
        .route("/analyses/{analysis}", get(analyses::serve_recent))
        .route("/library/analyses/{analysis}", get(library::serve_analysis))
        .route("/api/library/analyses/{analysis}/borders", post(library::store_borders))
        .route("/api/analyses", post(analyses::upload_recording).layer(DefaultBodyLimit::disable()))
        .route("/api/athletes", get(library::serve_athlete_search).post(library::add_athlete))
        .route("/api/movements", get(pages::serve_movements))
        .route("/api/simulated", get(live::serve_simulated))
        .route("/live", get(live::serve_skeleton))
        .route("/live/camera", get(live::serve_camera))
        .route("/enter", get(pages::serve_enter))
        .route("/api/enter", post(pages::check_entered_token))
        .route("/certificate", get(pages::serve_certificate))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(crate::metrics::serve_metrics))
        .route("/openapi.json", get(openapi::serve_openapi))
        .route("/assets/{name}", get(assets::serve_asset))
        .fallback(pages::serve_not_found)
        .layer(DefaultBodyLimit::max(64 << 10))
        .layer(from_fn_with_state(app.clone(), guard::check_request))
        .layer(from_fn(guard::errors_as_json))
        .layer(from_fn(guard::set_security_headers))
        .with_state(app)
}
