//! What every request passes: Host, Origin, rate; and the headers of every answer.

use crate::app::App;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Scripts, styles and connections of this server alone; no inline script.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A bucket that fills by so many requests a second and holds as many.
pub(crate) struct Rate {
    a_second: f64,
    state: Mutex<(f64, Instant)>,
}

impl Rate {
    pub(crate) fn new(a_second: f64) -> Rate {
        Rate { a_second, state: Mutex::new((a_second, Instant::now())) }
    }

    /// Whether one more may pass.
    fn take(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = *state;
        let left = (left + since.elapsed().as_secs_f64() * self.a_second).min(self.a_second);
        let may = left >= 1.0;
        *state = (if may { left - 1.0 } else { left }, Instant::now());
        may
    }
}

/// Whether a Host (or the authority of an Origin) names this machine: a page elsewhere whose name was pointed here (DNS rebinding) has another one.
fn is_own(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.contains(']'));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok());
    is_port && ["127.0.0.1", "localhost", "::1"].contains(&name.to_ascii_lowercase().as_str())
}

/// Why a request is refused, if it is.
fn refused(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = text(header::HOST).or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
    let hosts = headers.get_all(header::HOST).iter().count();
    if hosts > 1 || !is_own(host) {
        return Some((StatusCode::MISDIRECTED_REQUEST, "this server answers to 127.0.0.1, localhost and [::1] only"));
    }
    let is_socket = headers.contains_key(header::UPGRADE);
    if matches!(*method, Method::GET | Method::HEAD) && !is_socket {
        return None;
    }
    // Browsers say where a page that writes, or opens a socket, is from. Programs do not.
    let other = "this may only be asked by this server's own pages";
    match text(header::ORIGIN) {
        Some(origin) if origin.strip_prefix("http://") != Some(host) => return Some((StatusCode::FORBIDDEN, other)),
        _ => {}
    }
    let site = text(HeaderName::from_static("sec-fetch-site"));
    (!matches!(site, None | Some("same-origin" | "none"))).then_some((StatusCode::FORBIDDEN, other))
}

/// Lets a request pass or refuses it.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    app.metrics.requests.add(1);
    let refused = refused(request.method(), request.uri(), request.headers());
    let refused = refused
        .or_else(|| (!app.rate.take()).then_some((StatusCode::TOO_MANY_REQUESTS, "too many requests; wait a second")));
    match refused {
        None => next.run(request).await,
        Some((status, why)) => {
            app.metrics.refused.add(1);
            (status, format!("{why}\n")).into_response()
        }
    }
}

/// Puts the headers on an answer that every answer has.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CACHE_CONTROL, "no-store");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(self), microphone=(), geolocation=()");
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_own() {
        for host in ["127.0.0.1", "127.0.0.1:8420", "localhost:1", "LOCALHOST", "[::1]:8420", "[::1]"] {
            assert!(is_own(host), "{host}");
        }
        for host in
            ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "127.0.0.1:x", "10.0.0.1", "[::2]"]
        {
            assert!(!is_own(host), "{host}");
        }
    }

    #[test]
    fn the_rate_is_bounded() {
        let rate = Rate::new(5.0);
        let passed = (0..100).filter(|_| rate.take()).count();
        assert!((5..100).contains(&passed), "{passed}");
    }
}
