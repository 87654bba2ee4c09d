//! The server's own pages in English and Simplified Chinese, from the Fluent files in `lang/`.
//! Reports are translated by `agoge-report`.

use crate::cookie::cookie_value;
use agoge::report::{Language, MessageCatalog};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::LazyLock;

const ENGLISH: &str = include_str!("../lang/en.ftl");
const CHINESE: &str = include_str!("../lang/zh.ftl");

static ENGLISH_CATALOG: LazyLock<MessageCatalog> =
    LazyLock::new(|| MessageCatalog::for_language(Language::English, ENGLISH, CHINESE));
static CHINESE_CATALOG: LazyLock<MessageCatalog> =
    LazyLock::new(|| MessageCatalog::for_language(Language::Chinese, ENGLISH, CHINESE));

/// The reader of a page: language, and which address of this server was requested.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageReader {
    pub(crate) language: Language,
    /// Path and query of the request; empty where a page is shared between readers.
    pub(crate) path_and_query: String,
}

impl PageReader {
    /// The text with this id in the reader's language.
    pub(crate) fn say(&self, id: &str) -> String {
        self.say_with(id, &[])
    }

    /// The text with this id in the reader's language, filled with values.
    pub(crate) fn say_with(&self, id: &str, values: &[(&str, &str)]) -> String {
        self.catalog().format_message(id, values)
    }

    fn catalog(&self) -> &'static MessageCatalog {
        match self.language {
            Language::English => &ENGLISH_CATALOG,
            Language::Chinese => &CHINESE_CATALOG,
        }
    }

    /// The language's code in HTML.
    pub(crate) fn language_code(&self) -> &'static str {
        match self.language {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
        }
    }

    /// Whether a program made the request and wants no page.
    pub(crate) fn is_program(&self) -> bool {
        self.path_and_query.starts_with("/api/")
    }

    /// Link to the same page in the other language: URL, language code and name; none where the
    /// address is unknown.
    pub(crate) fn other_language(&self) -> Option<(String, &'static str, &'static str)> {
        let (to, code, name) = match self.language {
            Language::English => ("zh", "zh-Hans", "中文"),
            Language::Chinese => ("en", "en", "English"),
        };
        let mut back = String::new();
        for byte in self.path_and_query.bytes() {
            match byte {
                b'/' | b'-' | b'.' | b'_' => back.push(char::from(byte)),
                _ if byte.is_ascii_alphanumeric() => back.push(char::from(byte)),
                _ => _ = write!(back, "%{byte:02X}"),
            }
        }
        (!back.is_empty()).then(|| (format!("/language?to={to}&back={back}"), code, name))
    }

    /// All texts for scripts: a module that exports them by their ids. Values to be filled in
    /// appear as `{$name}`.
    pub(crate) fn script_texts(&self) -> String {
        let catalog = self.catalog();
        let texts: serde_json::Map<String, serde_json::Value> = catalog
            .message_ids()
            .map(|id| (id.to_owned(), catalog.format_message(id, &[]).into()))
            .collect();
        format!("export default {};\n", serde_json::Value::from(texts))
    }
}

/// The language of the cookie, or else the one of the two that the browser prefers.
fn preferred_language(headers: &HeaderMap) -> Language {
    let accepts = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut known =
        cookie_value(headers, "lang").into_iter().chain(accepts.split(',').map(str::trim));
    let first = known.find(|tag| tag.starts_with("zh") || tag.starts_with("en"));
    if first.is_some_and(|tag| tag.starts_with("zh")) {
        Language::Chinese
    } else {
        Language::English
    }
}

impl<S: Sync> FromRequestParts<S> for PageReader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<PageReader, Infallible> {
        let here = parts.uri.path_and_query().map_or(String::new(), ToString::to_string);
        Ok(PageReader { language: preferred_language(&parts.headers), path_and_query: here })
    }
}

/// Query parameters: the language, and where to return to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageChoice {
    to: String,
    back: String,
}

/// `/language`: stores the choice in a cookie and leads back.
pub(crate) async fn choose_language(Query(choice): Query<LanguageChoice>) -> Response {
    let to = if choice.to == "zh" { "zh" } else { "en" };
    // Redirects only within this server.
    let is_path = choice.back.starts_with('/')
        && !choice.back.starts_with("//")
        && choice.back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let back = if is_path { choice.back } else { "/".to_owned() };
    let cookie = format!("lang={to}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly");
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, back)])
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// The ids in a Fluent file, each with the names of the values that it takes.
    fn message_values(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut messages = BTreeMap::new();
        for (id, value) in text.lines().filter_map(|line| line.split_once(" = ")) {
            let names = value.split("{ $").skip(1).map(|rest| rest.split(' ').next().unwrap());
            assert!(messages.insert(id, names.collect()).is_none(), "twice: {id}");
        }
        messages
    }

    /// The sources of everything that contains ids: all of the server's code and scripts.
    fn read_sources() -> Vec<String> {
        let mut folders =
            ["src", "assets"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).to_vec();
        let mut sources = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    sources.push(std::fs::read_to_string(path).unwrap());
                }
            }
        }
        sources
    }

    #[test]
    fn both_catalogs_are_whole_and_say_the_same() {
        let english = message_values(ENGLISH);
        assert_eq!(english, message_values(CHINESE));
        // Whatever the parser left out as wrong would be missing here.
        let ids: BTreeSet<&str> = ENGLISH_CATALOG.message_ids().collect();
        assert_eq!(ids, english.keys().copied().collect());
        let only_chinese = MessageCatalog::for_language(Language::English, CHINESE, "");
        assert_eq!(only_chinese.message_ids().collect::<BTreeSet<_>>(), ids);
    }

    #[test]
    fn whatever_is_said_has_a_text_and_every_text_is_said() {
        let sources = read_sources();
        for source in &sources {
            for call in ["say(\"", "say_with(\"", "say_with(\n        \""] {
                for rest in source.split(call).skip(1) {
                    let id = rest.split('"').next().unwrap();
                    let is_known = ENGLISH_CATALOG.has_message(id)
                        // What is said of an outcome is composed.
                        || (id == "outcome-" && rest.starts_with("outcome-\" + event.outcome"));
                    assert!(is_known, "there is no text {id}");
                }
            }
        }
        for id in ENGLISH_CATALOG.message_ids() {
            let quoted = format!("\"{id}\"");
            let is_said = sources.iter().any(|source| source.contains(&quoted));
            let is_outcome = id.strip_prefix("outcome-").is_some_and(|outcome| {
                ["completed", "attempted", "interrupted", "unlike"].contains(&outcome)
            });
            assert!(is_said || is_outcome, "nobody says {id}");
        }
    }

    #[test]
    fn texts_are_filled_here_or_by_scripts() {
        let reader = |language| PageReader { language, ..PageReader::default() };
        let values = [("count", "2"), ("all", "7")];
        let english = reader(Language::English);
        assert_eq!(english.say_with("judged-count", &values), "2 of 7 judged.");
        assert_eq!(reader(Language::Chinese).say_with("judged-count", &values), "已评判 2/7。");
        assert_eq!(english.say("drop-file"), " or drop it here");
        let script = english.script_texts();
        assert!(script.starts_with("export default {") && script.ends_with("};\n"), "{script}");
        assert!(script.contains(r#""judged-count":"{$count} of {$all} judged.""#), "{script}");
    }

    #[test]
    fn the_cookie_holds_before_the_browser() {
        let chosen = |cookie: &'static str, accepts: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepts));
            preferred_language(&headers)
        };
        assert_eq!(chosen("", "zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(chosen("", "de-DE,en;q=0.5,zh;q=0.3"), Language::English);
        assert_eq!(chosen("a=b; lang=en", "zh-CN"), Language::English);
        assert_eq!(chosen("lang=zh", "en"), Language::Chinese);
        assert_eq!(chosen("lang=xx", ""), Language::English);
    }
}
