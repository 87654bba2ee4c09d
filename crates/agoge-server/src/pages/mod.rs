//! The server's pages; they load nothing from outside and have no inline scripts.

mod athletes;
mod compare;
mod corrections;
mod enter;
mod label;
mod models;
mod over_time;
mod watch;

pub(crate) use athletes::{render_athlete, render_athletes};
pub(crate) use compare::{
    render_comparison, render_first_choice, render_not_comparable, render_second_choice,
};
pub(crate) use corrections::render_corrections;
pub(crate) use enter::{check_entered_token, serve_certificate, serve_enter};
pub(crate) use label::render_label;
pub(crate) use models::serve_models;
pub(crate) use over_time::{athlete_navigation, render_no_load, render_no_plan};
pub(crate) use watch::serve_watch;

use crate::app::AppState;
use crate::translation::PageReader;
use agoge::kinematics::movement::bundled_movements;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};
use std::sync::Arc;

/// Renders a page: its title, the path of its navigation entry (`here`), its scripts and its body.
fn render_page(
    reader: &PageReader,
    title: &str,
    here: &str,
    scripts: &[&str],
    body: &Markup,
) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(reader.language_code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Agoge" }
                link rel="stylesheet" href="/assets/report.css";
                link rel="stylesheet" href="/assets/server.css";
                link rel="icon" href="data:,";
                @if let Some(table) = reader.script_table() { script type="application/json" id="words" { (PreEscaped(table)) } }
                @for script in scripts { script type="module" src={ "/assets/" (script) } {} }
            }
            body {
                a.skip href="#main" { (reader.say("To the content")) }
                (render_navigation(reader, here))
                header { h1 { (title) } }
                main #main { (body) }
                footer { p { (reader.say("Everything stays on this machine.")) } }
            }
        }
    }
}

fn render_navigation(reader: &PageReader, here: &str) -> Markup {
    html! {
        nav.site aria-label=(reader.say("Site")) {
            @let links = [("/", reader.say("Analyse")), ("/watch", reader.say("Live")), ("/athletes", reader.say("Athletes")), ("/label", reader.say("Judge")), ("/models", reader.say("Models"))];
            @for (path, name) in links {
                a href=(path) aria-current=[(path == here).then_some("page")] { (name) }
            }
            @if let Some((path, code, name)) = reader.other_language() { a.other href=(path) lang=(code) hreflang=(code) { (name) } }
        }
    }
}

/// Renders the navigation above a report.
pub(crate) fn report_navigation() -> Markup {
    html! {
        link rel="stylesheet" href="/assets/server.css";
        a.skip href="#main" { "To the content" }
        (render_navigation(&PageReader::default(), ""))
    }
}

/// Responds 404 with a page that says what is missing; programs get plain text.
pub(crate) fn respond_missing(
    reader: &PageReader,
    what: &'static str,
    hint: &'static str,
) -> Response {
    if reader.is_program() {
        return (StatusCode::NOT_FOUND, format!("{what}; hint: {hint}")).into_response();
    }
    let body = html! { p { (reader.say(hint)) } };
    (StatusCode::NOT_FOUND, render_page(reader, reader.say(what), "", &[], &body)).into_response()
}

/// Responds 422 with a page that says why a stored recording cannot be analysed; programs get plain
/// text.
pub(crate) fn respond_not_analysed(reader: &PageReader, why: &str) -> Response {
    if reader.is_program() {
        return (StatusCode::UNPROCESSABLE_ENTITY, why.to_owned()).into_response();
    }
    let body = html! { p { (why) } };
    let title = reader.say("This recording cannot be analysed as it was");
    (StatusCode::UNPROCESSABLE_ENTITY, render_page(reader, title, "", &[], &body)).into_response()
}

/// Every other path: not found.
pub(crate) async fn serve_not_found(reader: PageReader) -> Response {
    respond_missing(&reader, "There is nothing here", "The pages are named above.")
}

/// The options of a movement menu.
fn render_movement_options(reader: &PageReader) -> Markup {
    html! {
        option value="auto" { (reader.say("Recognise it")) }
        @for movement in bundled_movements() { option value=(movement.name) { (movement.title) } }
    }
}

/// `/`
pub(crate) async fn serve_start(State(app): State<Arc<AppState>>, reader: PageReader) -> Response {
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
        p.what { (reader.say("A recording or video of a movement in; what to change first out.")) }
        form.upload #upload {
            div.row {
                label for="movement" { (reader.say("Movement")) }
                select #movement name="movement" { (render_movement_options(&reader)) }
                @if !athletes.is_empty() {
                    label for="athlete" { (reader.say("Athlete")) }
                    select #athlete name="athlete" {
                        option value="" { (reader.say("Do not store")) }
                        @for athlete in &athletes { option value=(athlete.id.0) { (athlete.name) } }
                    }
                }
            }
            details {
                summary { (reader.say("Height and mass, for metres and for moments in the joints")) }
                div.row {
                    label for="height_m" { (reader.say("Height, m")) }
                    input #height_m type="number" min="0.5" max="2.6" step="0.01";
                    label for="mass_kg" { (reader.say("Mass, kg")) }
                    input #mass_kg type="number" min="10" max="350" step="0.1";
                    label for="sex" { (reader.say("Sex, for the masses of segments")) }
                    select #sex {
                        option value="" { (reader.say("not given")) }
                        option value="female" { (reader.say("female")) }
                        option value="male" { (reader.say("male")) }
                    }
                }
            }
            div.drop #drop {
                p { label.button for="file" { (reader.say("Choose a file")) } (reader.say(" or drop it here")) }
                p.small { (reader.say("Videos (MP4) and pose files: ")) "TRC, C3D, CSV, OpenPose, MediaPipe, COCO, Parquet." }
                input.unseen #file type="file" name="file";
            }
            progress #progress max="1" value="0" hidden aria-label=(reader.say("Upload")) {}
            p #state role="status" aria-live="polite" {}
        }
        @if !recent.is_empty() {
            section {
                h2 { (reader.say("Just analysed")) }
                ul.list { @for (id, title) in &recent { li { a href={ "/analyses/" (id) } { (title) } } } }
            }
        }
    };
    render_page(&reader, reader.say("Analyse a movement"), "/", &["upload.js"], &body)
        .into_response()
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
