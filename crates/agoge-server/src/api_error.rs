//! What a request that cannot be served is answered: the one error of all handlers.

use crate::frame::render_page;
use crate::translation::PageReader;
use agoge::report::Language;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::borrow::Cow;

/// Why a request cannot be served. Below `/api/` the guard turns plain text into JSON.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// Something is not there: 404, as a page, for programs as text.
    Missing(PageReader, MissingThing),
    /// A stored recording cannot be analysed: 422 with the reason, as a page, for programs as text.
    NotAnalysed(PageReader, String),
    /// This status, with the reason as text.
    Refused(StatusCode, Cow<'static, str>),
    /// This status, which says everything.
    Status(StatusCode),
}

/// What may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissingThing {
    /// A page of this path.
    Page,
    /// The library: the server was started without.
    Library,
    /// An athlete, analysis or the like of the library.
    Record,
    /// A report of an upload, kept in memory.
    Report,
    /// The token: other machines are not served.
    Token,
}

impl MissingThing {
    /// Ids of the messages: what is missing, and the hint what to do.
    fn message_ids(self) -> (&'static str, &'static str) {
        match self {
            MissingThing::Page => ("no-page", "no-page-hint"),
            MissingThing::Library => ("no-library", "no-library-hint"),
            MissingThing::Record => ("no-record", "no-record-hint"),
            MissingThing::Report => ("no-report", "no-report-hint"),
            MissingThing::Token => ("no-token", "no-token-hint"),
        }
    }
}

impl ApiError {
    /// A status with the reason as text.
    pub(crate) fn refuse(status: StatusCode, reason: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError::Refused(status, reason.into())
    }

    /// 404: there is no such analysis.
    pub(crate) fn no_analysis() -> ApiError {
        let reason = "there is no such analysis; hint: it may have been deleted";
        ApiError::refuse(StatusCode::NOT_FOUND, reason)
    }

    /// 422: what was sent cannot be.
    pub(crate) fn unprocessable(reason: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError::refuse(StatusCode::UNPROCESSABLE_ENTITY, reason)
    }

    /// 500: something is wrong with the library or the program.
    pub(crate) fn internal(reason: &'static str) -> ApiError {
        ApiError::refuse(StatusCode::INTERNAL_SERVER_ERROR, reason)
    }
}

impl From<StatusCode> for ApiError {
    fn from(status: StatusCode) -> ApiError {
        ApiError::Status(status)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            ApiError::Missing(reader, thing) => {
                let (what, hint) = thing.message_ids();
                if reader.is_program() {
                    let program = PageReader { language: Language::English, ..reader };
                    let text = format!("{}; hint: {}", program.say(what), program.say(hint));
                    return (StatusCode::NOT_FOUND, text).into_response();
                }
                let page = render_error(&reader, &reader.say(what), &reader.say(hint));
                (StatusCode::NOT_FOUND, page).into_response()
            }
            ApiError::NotAnalysed(reader, why) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                if reader.is_program() {
                    return (status, why).into_response();
                }
                (status, render_error(&reader, &reader.say("not-analysed"), &why)).into_response()
            }
            ApiError::Refused(status, reason) => (status, reason).into_response(),
            ApiError::Status(status) => status.into_response(),
        }
    }
}

fn render_error(reader: &PageReader, title: &str, what: &str) -> Markup {
    render_page(reader, title, "", &[], &html! { p { (what) } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn answer(error: ApiError) -> (u16, String) {
        let response = error.into_response();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn people_get_a_page_in_their_language_and_programs_get_english_text() {
        let reader = |path: &str| PageReader {
            language: Language::Chinese,
            path_and_query: path.to_owned(),
        };
        let missing = |path: &str| ApiError::Missing(reader(path), MissingThing::Record);
        let (status, page) = answer(missing("/athletes/9")).await;
        assert!(status == 404 && page.contains("<h1>资料库中没有</h1>"), "{page}");
        assert_eq!(
            answer(missing("/api/athletes/9")).await,
            (404, "Not in the library; hint: It may have been deleted.".to_owned())
        );
        let not_analysed = |path: &str| ApiError::NotAnalysed(reader(path), "a < b".to_owned());
        let (status, page) = answer(not_analysed("/compare")).await;
        assert!(status == 422 && page.contains("<p>a &lt; b</p>"), "{page}");
        assert_eq!(answer(not_analysed("/api/label")).await, (422, "a < b".to_owned()));
        assert_eq!(answer(StatusCode::UNAUTHORIZED.into()).await, (401, String::new()));
        assert_eq!(answer(ApiError::unprocessable("no")).await, (422, "no".to_owned()));
    }
}
