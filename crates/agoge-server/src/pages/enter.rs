//! The entry page for a browser on another machine.

use super::{missing, page};
use crate::access::cookie;
use crate::app::App;
use crate::guard::Peer;
use crate::words::Reader;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use maud::html;
use serde::Deserialize;
use std::sync::Arc;

/// How long a browser keeps the token before it has to be entered again, s.
const KEPT_S: u32 = 30 * 24 * 3600;

/// `/enter`
pub(crate) async fn enter(State(app): State<Arc<App>>, reader: Reader) -> Response {
    // Without a path there is no language link: the page that it leads back through asks for the
    // token.
    let reader = Reader { here: String::new(), ..reader };
    let say = |text| reader.say(text);
    if app.access.is_none() {
        return missing(
            &reader,
            "No token is needed",
            "This server is reached from its own machine only.",
        );
    }
    let body = html! {
        p.what { (say("This server asks for the token that it told when it was started.")) }
        form.row #enter {
            label for="token" { (say("Token")) }
            input #token name="token" type="password" required maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false";
            button { (say("Enter")) }
        }
        p #state role="status" aria-live="polite" {}
        p.small { (say("To be spared your browser's warning next time, trust this certificate once, after comparing its fingerprint:")) " " a href="/certificate" { (say("this machine's certificate")) } }
    };
    page(&reader, say("Enter"), "/enter", &["enter.js"], &body).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    token: String,
}

/// `/api/enter`
pub(crate) async fn give(
    State(app): State<Arc<App>>,
    Extension(Peer(from)): Extension<Peer>,
    Json(given): Json<Given>,
) -> Response {
    let Some(access) = &app.access else { return StatusCode::NOT_FOUND.into_response() };
    match access.try_token(given.token.trim(), from) {
        Ok(()) => {
            (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(given.token.trim(), KEPT_S))])
                .into_response()
        }
        Err(status) => status.into_response(),
    }
}

/// `/certificate`
pub(crate) async fn certificate(State(app): State<Arc<App>>) -> Response {
    match &app.access {
        Some(access) => (
            [(header::CONTENT_TYPE, "application/x-x509-ca-cert")],
            access.certificate().to_owned(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
