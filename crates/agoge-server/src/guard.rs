//! Checks that every request passes (Host, Origin, rate, token), and headers of every response.

use crate::access::{AccessControl, token_cookie};
use crate::state::AppState;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Content security policy: scripts, styles and connections of this server only; no inline scripts.
pub(crate) const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Address of the client at the other end of a connection.
#[derive(Clone, Copy)]
pub(crate) struct PeerAddress(pub(crate) IpAddr);

/// The host name in a Host header or in the authority of an Origin; none if a malformed port
/// follows.
fn host_name(host: &str) -> Option<&str> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => host.find(':').map_or((host, ""), |at| host.split_at(at)),
    };
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    is_port.then_some(name)
}

/// Whether a Host header names this machine. A page from elsewhere whose name was pointed at this
/// machine (DNS rebinding) sends another name.
fn is_own_host(host: &str, access: Option<&AccessControl>) -> bool {
    let Some(name) = host_name(host) else { return false };
    match access {
        Some(access) => access.is_own_host(name),
        None => {
            ["127.0.0.1", "localhost", "::1"].iter().any(|local| local.eq_ignore_ascii_case(name))
        }
    }
}

/// Checks method, Host and Origin; returns status and reason if the request must be refused.
fn refusal_reason(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    access: Option<&AccessControl>,
) -> Option<(StatusCode, &'static str)> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST)
        .or_else(|| uri.authority().map(|authority| authority.as_str()))
        .unwrap_or_default();
    let hosts = headers.get_all(header::HOST).iter().count();
    if hosts > 1 || !is_own_host(host, access) {
        let names = match access {
            Some(_) => {
                "this server answers to the names and addresses only that it told at its start"
            }
            None => "this server answers to 127.0.0.1, localhost and [::1] only",
        };
        return Some((StatusCode::MISDIRECTED_REQUEST, names));
    }
    let is_socket = headers.contains_key(header::UPGRADE);
    if matches!(*method, Method::GET | Method::HEAD) && !is_socket {
        return None;
    }
    // Browsers name the origin of a page that writes or opens a socket; programs do not.
    let other = "this may only be asked by this server's own pages";
    match text(header::ORIGIN) {
        Some(origin)
            if origin.strip_prefix(if access.is_some() { "https://" } else { "http://" })
                != Some(host) =>
        {
            return Some((StatusCode::FORBIDDEN, other));
        }
        _ => {}
    }
    let site = text(HeaderName::from_static("sec-fetch-site"));
    (!matches!(site, None | Some("same-origin" | "none"))).then_some((StatusCode::FORBIDDEN, other))
}

/// Paths open without a token: the entry page, what it needs, and the health check.
fn is_open_path(path: &str) -> bool {
    matches!(path, "/enter" | "/api/enter" | "/certificate" | "/healthz")
        || path.starts_with("/assets/")
}

/// Responds to a request without a valid token: sends browsers to the entry page and deletes a
/// wrong cookie.
fn reject_without_token(status: StatusCode, headers: &HeaderMap) -> Response {
    let wants_page = headers
        .get(header::ACCEPT)
        .is_some_and(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html")));
    let forget = [(header::SET_COOKIE, token_cookie("", 0))];
    match status {
        StatusCode::UNAUTHORIZED if wants_page => {
            (StatusCode::SEE_OTHER, forget, [(header::LOCATION, "/enter")]).into_response()
        }
        StatusCode::UNAUTHORIZED => {
            let bearer = [(header::WWW_AUTHENTICATE, "Bearer")];
            (
                status,
                forget,
                bearer,
                "this needs the token that was told when the server was started\n",
            )
                .into_response()
        }
        _ => (status, "too many wrong tokens; wait a minute\n").into_response(),
    }
}

/// Maximum length of an error message, bytes.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// Turns plain-text errors below `/api/` into JSON, `{"error": …}`.
pub(crate) async fn errors_as_json(request: Request, next: Next) -> Response {
    let is_program = request.uri().path().starts_with("/api/");
    let answer = next.run(request).await;
    let kind = answer.headers().get(header::CONTENT_TYPE);
    let is_text = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let is_fault = answer.status().is_client_error() || answer.status().is_server_error();
    if !(is_program && is_fault && is_text) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let text = axum::body::to_bytes(body, MAX_ERROR_BYTES).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let what = if text.trim().is_empty() {
        parts.status.canonical_reason().unwrap_or_default()
    } else {
        text.trim()
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    (parts, Json(json!({ "error": what }))).into_response()
}

/// Lets a request pass or refuses it.
pub(crate) async fn check_request(
    State(app): State<Arc<AppState>>,
    request: Request,
    next: Next,
) -> Response {
    app.metrics.requests.increase_by(1);
    let access = app.access.as_ref();
    let refusal = refusal_reason(request.method(), request.uri(), request.headers(), access);
    let refusal = refusal.or_else(|| {
        (!app.rate.try_take())
            .then_some((StatusCode::TOO_MANY_REQUESTS, "too many requests; wait a second"))
    });
    let barred = access
        .filter(|_| refusal.is_none() && !is_open_path(request.uri().path()))
        .and_then(|access| {
            let from = request
                .extensions()
                .get::<PeerAddress>()
                .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
            access.check_access(request.headers(), from).err()
        });
    if let Some(status) = barred {
        app.metrics.refused.increase_by(1);
        return reject_without_token(status, request.headers());
    }
    match refusal {
        None => next.run(request).await,
        Some((status, why)) => {
            app.metrics.refused.increase_by(1);
            (status, format!("{why}\n")).into_response()
        }
    }
}

/// Sets the security headers of every response.
pub(crate) async fn set_security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(), geolocation=()",
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_own() {
        for host in
            ["127.0.0.1", "127.0.0.1:8420", "localhost:1", "LOCALHOST", "[::1]:8420", "[::1]"]
        {
            assert!(is_own_host(host, None), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil:80",
            "127.0.0.1:x",
            "10.0.0.1",
            "[::2]",
        ] {
            assert!(!is_own_host(host, None), "{host}");
        }
    }
}
