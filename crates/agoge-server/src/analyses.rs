//! Uploads: takes a recording or video and responds with its analysis.

use crate::api_error::{ApiError, MissingThing};
use crate::frame::report_navigation;
use crate::state::AppState;
use crate::translation::PageReader;
use agoge::kinematics::dynamics::Sex;
use agoge::library::{local_today, save_analysis};
use agoge::provenance::hash_file;
use agoge::report::{PageFrame, Scene, report_html_in};
use agoge::store::{AnalysisId, AthleteId};
use agoge::{Analysis, AnalysisOptions, Models, analyze, read_to_analyze};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use maud::Markup;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, LazyLock};
use tokio::sync::mpsc;

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
pub(crate) fn render_report(analysis: &Analysis, scene: &Scene, below_figure: Markup) -> String {
    let frame = PageFrame { above: report_navigation(), below_figure };
    report_html_in(&frame, analysis, scene)
}

/// `/analyses/{analysis}`
pub(crate) async fn serve_recent(
    State(app): State<Arc<AppState>>,
    reader: PageReader,
    Path(id): Path<u64>,
) -> Result<Response, ApiError> {
    match app.recent.find_page(id) {
        Some(page) => Ok(report_response(page.to_string())),
        None => Err(ApiError::Missing(reader, MissingThing::Report)),
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
) -> Result<Json<Value>, ApiError> {
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
        return Err(ApiError::unprocessable(
            "there is no such movement; hint: /api/movements names them all",
        ));
    }
    options.check_values().map_err(|error| ApiError::unprocessable(error.to_string()))?;
    if query.athlete.is_some() && app.store.is_none() {
        return Err(ApiError::refuse(
            StatusCode::NOT_FOUND,
            "the server was started without a library; hint: start it with --library DIR",
        ));
    }
    let folder = tempfile::tempdir().map_err(|_| no_room())?;
    let path = folder.path().join(stored_name(&query.name));
    receive_file(&app, body, path.clone()).await?;
    let Ok(_turn) = app.analysis_permit.acquire().await else {
        return Err(ApiError::refuse(StatusCode::SERVICE_UNAVAILABLE, "the server stops"));
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
        Ok(Ok((url, title))) => Ok(Json(json!({ "url": url, "title": title }))),
        Ok(Err(what)) => Err(ApiError::unprocessable(what)),
        Err(_) => Err(ApiError::internal(
            "Agoge failed; hint: this is a mistake of ours, please report it",
        )),
    }
}

/// Writes a request body to a file chunk by chunk; refuses bodies that are too large or too slow.
async fn receive_file(
    app: &AppState,
    body: Body,
    path: std::path::PathBuf,
) -> Result<(), ApiError> {
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
            Err(_) => {
                let reason = "the upload stands still";
                return Err(ApiError::refuse(StatusCode::REQUEST_TIMEOUT, reason));
            }
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                return Err(ApiError::refuse(StatusCode::BAD_REQUEST, "the upload broke off"));
            }
            Ok(Some(Ok(chunk))) => chunk,
        };
        size += chunk.len() as u64;
        if size > app.limits.upload {
            return Err(ApiError::refuse(
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
        _ => Err(no_room()),
    }
}

fn no_room() -> ApiError {
    ApiError::refuse(StatusCode::INSUFFICIENT_STORAGE, "no room for the file")
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
    let mut analyzed = analyze(&reading.recording, None, models, options)?;
    if let Some(provenance) = &mut analyzed.analysis.provenance {
        provenance.input_sha256 = hash_file(path);
        provenance.command = Some("POST /api/analyses".to_owned());
    }
    let title = format!("{} – {name}", analyzed.analysis.movement.title);
    if let (Some(store), Some(athlete)) = (&app.store, athlete) {
        let AnalysisId(id) = save_analysis(
            store,
            (athlete, local_today()),
            &reading.recording,
            &analyzed.analysis,
            models,
            options,
        )?;
        return Ok((format!("/library/analyses/{id}"), title));
    }
    let scene =
        Scene { figure: analyzed.figure_recording(), curves: &analyzed.curves, stills: &[] };
    let page = render_report(&analyzed.analysis, &scene, Markup::default());
    let id = app.recent.add_report(title.clone(), page);
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
