//! Uploads: takes a recording or video and responds with its analysis.

use crate::app::AppState;
use crate::pages;
use crate::translation::PageReader;
use agoge::kinematics::dynamics::Sex;
use agoge::library::{current_day, save_analysis};
use agoge::report::{PageFrame, Scene, report_html_in};
use agoge::store::{AnalysisId, AthleteId};
use agoge::{AnalysisOptions, Analyzed, Models, analyze, read_to_analyze};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use maud::Markup;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Number of reports kept in memory; the oldest are dropped first.
const MAX_REPORTS: usize = 16;

/// A report of an upload that was not stored in the library.
struct RecentReport {
    id: u64,
    title: String,
    page: Arc<str>,
}

/// The most recent reports.
#[derive(Default)]
pub(crate) struct RecentReports(Mutex<VecDeque<RecentReport>>);

impl RecentReports {
    fn add_report(&self, title: String, page: String) -> u64 {
        // Below 2^52, so that every id is exact as a JSON number.
        let id = fastrand::u64(1..1 << 52);
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() >= MAX_REPORTS {
            reports.pop_front();
        }
        reports.push_back(RecentReport { id, title, page: page.into() });
        id
    }

    fn find_page(&self, id: u64) -> Option<Arc<str>> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().find(|report| report.id == id).map(|report| report.page.clone())
    }

    /// Id and title of each report, the newest first.
    pub(crate) fn list_titles(&self) -> Vec<(u64, String)> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().rev().map(|report| (report.id, report.title.clone())).collect()
    }
}

/// Content security policy of a report: its own inline script, named by its hash, the server's
/// scripts, and inline styles.
static REPORT_POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = data_encoding::BASE64.encode(&Sha256::digest(agoge::report::SCRIPT));
    format!(
        "default-src 'none'; script-src 'self' 'sha256-{hash}'; style-src 'self' 'unsafe-inline'; img-src data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
});

/// Responds with a report page.
pub(crate) fn report_response(page: String) -> Response {
    let kind = "text/html; charset=utf-8".to_owned();
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, REPORT_POLICY.clone())], page)
        .into_response()
}

/// Renders the report page of an analysis; `below_figure` goes below its moving figure.
pub(crate) fn render_report(analyzed: &Analyzed, below_figure: Markup) -> String {
    let scene =
        Scene { figure: analyzed.figure_recording(), curves: &analyzed.curves, stills: &[] };
    report_html_in(
        &PageFrame { above: pages::report_navigation(), below_figure },
        &analyzed.analysis,
        &scene,
    )
}

/// `/analyses/{analysis}`
pub(crate) async fn serve_recent(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<u64>,
) -> Response {
    match app.recent.find_page(id) {
        Some(page) => report_response(page.to_string()),
        None => pages::respond_missing(
            &reader,
            "That report is no longer kept",
            "Only the newest are kept in memory. Upload the recording again, for an athlete to keep it.",
        ),
    }
}

/// Query parameters of an upload; the file itself is the body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadQuery {
    /// The file's name, for display; only the letters after its last dot are used, as the file
    /// type.
    name: String,
    movement: Option<String>,
    height_m: Option<f64>,
    mass_kg: Option<f64>,
    sex: Option<Sex>,
    athlete: Option<i64>,
}

/// Responds with an error as JSON.
pub(crate) fn error_response(status: StatusCode, what: &str) -> Response {
    (status, Json(json!({ "error": what }))).into_response()
}

/// The file name for display: its last path component without control characters, at most 100
/// characters. It is never opened.
fn display_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = base.chars().filter(|letter| !letter.is_control()).take(100).collect();
    if clean.trim().is_empty() { "upload".to_owned() } else { clean }
}

/// The name under which the upload is stored: `upload`, with an extension if the name ends in one
/// of 1 to 8 ASCII letters or digits.
fn stored_name(name: &str) -> String {
    let letters = name.rsplit_once('.').map_or("", |(_, kind)| kind);
    let is_kind = (1..=8).contains(&letters.len())
        && letters.chars().all(|letter| letter.is_ascii_alphanumeric());
    if is_kind { format!("upload.{}", letters.to_ascii_lowercase()) } else { "upload".to_owned() }
}

/// `POST /api/analyses`
pub(crate) async fn upload_recording(
    State(app): State<Arc<AppState>>,
    Query(query): Query<UploadQuery>,
    body: Body,
) -> Response {
    let options = AnalysisOptions {
        movement: query.movement.clone().unwrap_or_else(|| "auto".to_owned()),
        height_m: query.height_m,
        mass_kg: query.mass_kg,
        sex: query.sex,
        ..AnalysisOptions::default()
    };
    // Only names are accepted here; definition files can be given on the command line alone.
    let is_known = options.movement == "auto"
        || agoge::kinematics::movement::find_movement(&options.movement).is_some();
    if !is_known {
        return error_response(
            StatusCode::UNPROCESSABLE_ENTITY,
            "there is no such movement; hint: /api/movements names them all",
        );
    }
    if let Err(error) = options.check_values() {
        return error_response(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string());
    }
    if query.athlete.is_some() && app.store.is_none() {
        return error_response(
            StatusCode::NOT_FOUND,
            "the server was started without a library; hint: start it with --library DIR",
        );
    }
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(_) => return error_response(StatusCode::INSUFFICIENT_STORAGE, "no room for the file"),
    };
    let path = folder.path().join(stored_name(&query.name));
    match receive_file(&app, body, path.clone()).await {
        Ok(()) => {}
        Err((status, what)) => return error_response(status, what),
    }
    let Ok(_turn) = app.analysis_permit.acquire().await else {
        return error_response(StatusCode::SERVICE_UNAVAILABLE, "the server stops");
    };
    let shared = app.clone();
    let result = tokio::task::spawn_blocking(move || {
        let _folder = folder;
        let result = analyze_upload(
            &shared,
            &path,
            &display_name(&query.name),
            &options,
            query.athlete.map(AthleteId),
        );
        // The path of the temporary file must not reach the client.
        result.map_err(|error| {
            error.to_string().replace(&path.display().to_string(), &display_name(&query.name))
        })
    })
    .await;
    app.metrics.analyses.increase_by(1);
    match result {
        Ok(Ok((url, title))) => Json(json!({ "url": url, "title": title })).into_response(),
        Ok(Err(what)) => error_response(StatusCode::UNPROCESSABLE_ENTITY, &what),
        Err(_) => error_response(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Agoge failed; hint: this is a mistake of ours, please report it",
        ),
    }
}

/// Writes a request body to a file chunk by chunk; refuses bodies that are too large or too slow.
async fn receive_file(
    app: &AppState,
    body: Body,
    path: std::path::PathBuf,
) -> Result<(), (StatusCode, &'static str)> {
    let (sender, mut receiver) = mpsc::channel::<axum::body::Bytes>(8);
    let writer = tokio::task::spawn_blocking(move || {
        let mut file = File::create(path)?;
        while let Some(chunk) = receiver.blocking_recv() {
            file.write_all(&chunk)?;
        }
        Ok::<(), std::io::Error>(())
    });
    let mut stream = body.into_data_stream();
    let mut size = 0u64;
    loop {
        let next = tokio::time::timeout(app.limits.silence, stream.next()).await;
        let chunk = match next {
            Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "the upload stands still")),
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err((StatusCode::BAD_REQUEST, "the upload broke off")),
            Ok(Some(Ok(chunk))) => chunk,
        };
        size += chunk.len() as u64;
        if size > app.limits.upload {
            return Err((
                StatusCode::PAYLOAD_TOO_LARGE,
                "the file is too large; hint: analyse it with `agoge analyze`",
            ));
        }
        if sender.send(chunk).await.is_err() {
            break;
        }
    }
    drop(sender);
    match writer.await {
        Ok(Ok(())) => Ok(()),
        _ => Err((StatusCode::INSUFFICIENT_STORAGE, "no room for the file")),
    }
}

/// Reads and analyses a file; returns URL and title of the report.
fn analyze_upload(
    app: &AppState,
    path: &std::path::Path,
    name: &str,
    options: &AnalysisOptions,
    athlete: Option<AthleteId>,
) -> Result<(String, String), agoge::Error> {
    let mut reading = read_to_analyze(path, options, &|_, _| ())?;
    reading.recording.source.name = name.to_owned();
    let models = Models::bundled();
    let analyzed = analyze(&reading.recording, None, models, options)?;
    let title = format!("{} – {name}", analyzed.analysis.movement.title);
    if let (Some(store), Some(athlete)) = (&app.store, athlete) {
        let AnalysisId(id) = save_analysis(
            store,
            (athlete, current_day()),
            &reading.recording,
            &analyzed.analysis,
            models,
            options,
        )?;
        return Ok((format!("/library/analyses/{id}"), title));
    }
    let id = app.recent.add_report(title.clone(), render_report(&analyzed, Markup::default()));
    Ok((format!("/analyses/{id}"), title))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_becomes_a_path() {
        for name in [
            "../../etc/passwd",
            "..\\..\\boot.ini",
            "/etc/shadow",
            "a/../../b.json",
            "x.js/on",
            "name.\0trc",
            "..",
            ".",
            "",
        ] {
            let stored = stored_name(name);
            assert!(
                !stored.contains(['/', '\\', '\0']) && stored.starts_with("upload"),
                "{name}: {stored}"
            );
            assert!(!display_name(name).contains(['/', '\\', '\0']), "{name}");
        }
        assert_eq!(stored_name("Walk.TRC"), "upload.trc");
        assert_eq!(display_name("../../etc/passwd"), "passwd");
    }
}
