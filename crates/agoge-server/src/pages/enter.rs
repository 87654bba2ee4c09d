//! The entry page for a browser on another machine.

use crate::access::token_cookie;
use crate::api_error::{ApiError, MissingThing};
use crate::frame::render_page;
use crate::guard::PeerAddress;
use crate::state::AppState;
use crate::translation::PageReader;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// How long a browser keeps the token before it has to be entered again, s.
const COOKIE_LIFETIME_S: u32 = 30 * 24 * 3600;

/// `/enter`
pub(crate) async fn serve_enter(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
) -> Result<Markup, ApiError> {
    // Without a path there is no language link: the page that it leads back through asks for the
    // token.
    let reader = PageReader { path_and_query: String::new(), ..reader };
    if app.access.is_none() {
        return Err(ApiError::Missing(reader, MissingThing::Token));
    }
    let say = |id| reader.say(id);
    let body = html! {
        p.what { (say("enter-token")) }
        form.row #enter {
            label for="token" { (say("token")) }
            input #token name="token" type="password" required maxlength="100" autocomplete="off" autocapitalize="none" spellcheck="false";
            button { (say("enter")) }
        }
        p #state role="status" aria-live="polite" {}
        p.small { (say("trust-certificate")) " " a href="/certificate" { (say("certificate")) } }
    };
    Ok(render_page(&reader, &say("enter"), "/enter", &["enter.js"], &body))
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
) -> Result<impl IntoResponse, ApiError> {
    let access = app.access.as_ref().ok_or(StatusCode::NOT_FOUND)?;
    let token = given.token.trim();
    access.try_token(token, from)?;
    let cookie = [(header::SET_COOKIE, token_cookie(token, COOKIE_LIFETIME_S))];
    Ok((StatusCode::NO_CONTENT, cookie))
}

/// `/certificate`
pub(crate) async fn serve_certificate(
    State(app): State<Arc<AppState>>,
) -> Result<impl IntoResponse, ApiError> {
    let access = app.access.as_ref().ok_or(StatusCode::NOT_FOUND)?;
    let kind = [(header::CONTENT_TYPE, "application/x-x509-ca-cert")];
    Ok((kind, access.authority_certificate().to_owned()))
}
