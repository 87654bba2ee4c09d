//! The entry page for a browser on another machine.

use super::{render_page, respond_missing};
use crate::access::token_cookie;
use crate::app::AppState;
use crate::guard::PeerAddress;
use crate::translation::PageReader;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use maud::html;
use serde::Deserialize;
use std::sync::Arc;

/// How long a browser keeps the token before it has to be entered again, s.
const COOKIE_LIFETIME_S: u32 = 30 * 24 * 3600;

/// `/enter`
pub(crate) async fn serve_enter(State(app): State<Arc<AppState>>, reader: PageReader) -> Response {
    // Without a path there is no language link: the page that it leads back through asks for the
    // token.
    let reader = PageReader { path_and_query: String::new(), ..reader };
    let say = |text| reader.say(text);
    if app.access.is_none() {
        return respond_missing(
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
    render_page(&reader, say("Enter"), "/enter", &["enter.js"], &body).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnteredToken {
    token: String,
}

/// `/api/enter`
pub(crate) async fn check_entered_token(
    State(app): State<Arc<AppState>>,
    Extension(PeerAddress(from)): Extension<PeerAddress>,
    Json(given): Json<EnteredToken>,
) -> Response {
    let Some(access) = &app.access else { return StatusCode::NOT_FOUND.into_response() };
    match access.try_token(given.token.trim(), from) {
        Ok(()) => (
            StatusCode::NO_CONTENT,
            [(header::SET_COOKIE, token_cookie(given.token.trim(), COOKIE_LIFETIME_S))],
        )
            .into_response(),
        Err(status) => status.into_response(),
    }
}

/// `/certificate`
pub(crate) async fn serve_certificate(State(app): State<Arc<AppState>>) -> Response {
    match &app.access {
        Some(access) => (
            [(header::CONTENT_TYPE, "application/x-x509-ca-cert")],
            access.authority_certificate().to_owned(),
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
