//! The start page, and the answer to unknown paths.

use crate::api_error::{ApiError, MissingThing};
use crate::frame::render_page;
use crate::state::AppState;
use crate::translation::PageReader;
use agoge::kinematics::movement::bundled_movements;
use axum::Json;
use axum::extract::State;
use maud::{Markup, html};
use serde_json::{Value, json};
use std::sync::Arc;

/// Formats of recordings beside videos.
const FILE_FORMATS: &str = "TRC, C3D, CSV, OpenPose, MediaPipe, COCO, Parquet";

/// Every other path: not found.
pub(crate) async fn serve_not_found(reader: PageReader) -> ApiError {
    ApiError::Missing(reader, MissingThing::Page)
}

/// The options of a movement menu.
pub(super) fn render_movement_options(reader: &PageReader) -> Markup {
    html! {
        option value="auto" { (reader.say("recognise")) }
        @for movement in bundled_movements() { option value=(movement.name) { (movement.title) } }
    }
}

/// `/`
pub(crate) async fn serve_start(State(app): State<Arc<AppState>>, reader: PageReader) -> Markup {
    let athletes = match app.store.as_ref() {
        Some(_) => {
            let shared = app.clone();
            let result = tokio::task::spawn_blocking(move || {
                shared.store.as_ref().and_then(|store| store.list_athletes().ok())
            })
            .await;
            result.ok().flatten().unwrap_or_default()
        }
        None => Vec::new(),
    };
    let recent = app.recent.list_titles();
    let body = html! {
        p.what { (reader.say("start-promise")) }
        form.upload #upload {
            div.row {
                label for="movement" { (reader.say("movement")) }
                select #movement name="movement" { (render_movement_options(&reader)) }
                @if !athletes.is_empty() {
                    label for="athlete" { (reader.say("athlete")) }
                    select #athlete name="athlete" {
                        option value="" { (reader.say("do-not-store")) }
                        @for athlete in &athletes { option value=(athlete.id.0) { (athlete.name) } }
                    }
                }
            }
            details {
                summary { (reader.say("body")) }
                div.row {
                    label for="height_m" { (reader.say("height")) }
                    input #height_m type="number" min="0.5" max="2.6" step="0.01";
                    label for="mass_kg" { (reader.say("mass")) }
                    input #mass_kg type="number" min="10" max="350" step="0.1";
                    label for="sex" { (reader.say("sex")) }
                    select #sex {
                        option value="" { (reader.say("sex-unknown")) }
                        option value="female" { (reader.say("sex-female")) }
                        option value="male" { (reader.say("sex-male")) }
                    }
                }
            }
            div.drop #drop {
                p { label.button for="file" { (reader.say("choose-file")) } (reader.say("drop-file")) }
                p.small { (reader.say_with("file-types", &[("formats", FILE_FORMATS)])) "." }
                input.unseen #file type="file" name="file";
            }
            progress #progress max="1" value="0" hidden aria-label=(reader.say("upload")) {}
            p #state role="status" aria-live="polite" {}
        }
        @if !recent.is_empty() {
            section {
                h2 { (reader.say("just-analysed")) }
                ul.list { @for (id, title) in &recent { li { a href={ "/analyses/" (id) } { (title) } } } }
            }
        }
    };
    render_page(&reader, &reader.say("start-title"), "/", &["upload.js"], &body)
}

/// `/api/movements`
pub(crate) async fn serve_movements() -> Json<Value> {
    Json(
        bundled_movements()
            .iter()
            .map(|movement| json!({ "name": movement.name, "title": movement.title }))
            .collect(),
    )
}
