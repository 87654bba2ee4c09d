//! Stylesheets and scripts, built into the program.

use crate::api_error::ApiError;
use crate::translation::PageReader;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use std::borrow::Cow;

const ASSETS: [(&str, &str, &str); 12] = [
    ("report.css", "text/css", agoge::report::STYLE),
    ("server.css", "text/css", include_str!("../assets/server.css")),
    ("enter.js", "text/javascript", include_str!("../assets/enter.js")),
    ("upload.js", "text/javascript", include_str!("../assets/upload.js")),
    ("watch.js", "text/javascript", include_str!("../assets/watch.js")),
    ("again.js", "text/javascript", include_str!("../assets/again.js")),
    ("borders.js", "text/javascript", include_str!("../assets/borders.js")),
    ("compare.js", "text/javascript", include_str!("../assets/compare.js")),
    ("label.js", "text/javascript", include_str!("../assets/label.js")),
    ("plot.js", "text/javascript", include_str!("../assets/plot.js")),
    ("words.js", "text/javascript", include_str!("../assets/words.js")),
    ("figure.js", "text/javascript", include_str!("../assets/figure.js")),
];

/// `/assets/{name}`: only names in the table are served, so no name can become a path. The texts of
/// the scripts are in the reader's language.
pub(crate) async fn serve_asset(
    reader: PageReader,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, ApiError> {
    let (kind, text) = match ASSETS.iter().find(|(file, ..)| *file == name) {
        Some((_, kind, text)) => (*kind, Cow::Borrowed(*text)),
        None if name == "texts.js" => ("text/javascript", Cow::Owned(reader.script_texts())),
        None => return Err(StatusCode::NOT_FOUND.into()),
    };
    Ok(([(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))], text))
}
