//! Stylesheets and scripts, built into the program.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const ASSETS: [(&str, &str, &str); 11] = [
    ("report.css", "text/css", agoge::report::STYLE),
    ("server.css", "text/css", include_str!("../assets/server.css")),
    ("enter.js", "text/javascript", include_str!("../assets/enter.js")),
    ("upload.js", "text/javascript", include_str!("../assets/upload.js")),
    ("watch.js", "text/javascript", include_str!("../assets/watch.js")),
    ("borders.js", "text/javascript", include_str!("../assets/borders.js")),
    ("compare.js", "text/javascript", include_str!("../assets/compare.js")),
    ("label.js", "text/javascript", include_str!("../assets/label.js")),
    ("plot.js", "text/javascript", include_str!("../assets/plot.js")),
    ("words.js", "text/javascript", include_str!("../assets/words.js")),
    ("figure.js", "text/javascript", include_str!("../assets/figure.js")),
];

/// `/assets/{name}`: only names in the table are served, so no name can become a path.
pub(crate) async fn serve_asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(file, ..)| *file == name) {
        Some((_, kind, text)) => {
            ([(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))], *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
