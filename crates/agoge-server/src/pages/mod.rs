//! The pages, made here; they ask nothing from outside and have no inline script.

mod athletes;
mod compare;
mod corrections;
mod enter;
mod over_time;
mod watch;

pub(crate) use athletes::{athlete, athletes};
pub(crate) use compare::{choose_first, choose_second, compared, not_comparable};
pub(crate) use corrections::corrections;
pub(crate) use enter::{certificate, enter, give};
pub(crate) use over_time::{no_load, no_plan, way_to};
pub(crate) use watch::watch;

use crate::app::App;
use agoge::kinematics::movement::bundled;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use serde_json::{Value, json};
use std::sync::Arc;

/// A page: its title, the script that it needs, what stands in it.
fn page(title: &str, here: &str, scripts: &[&str], body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Agoge" }
                link rel="stylesheet" href="/assets/report.css";
                link rel="stylesheet" href="/assets/server.css";
                link rel="icon" href="data:,";
                @for script in scripts { script type="module" src={ "/assets/" (script) } {} }
            }
            body {
                a.skip href="#main" { "To the content" }
                (navigation(here))
                header { h1 { (title) } }
                main #main { (body) }
                footer { p { "Everything stays on this machine." } }
            }
        }
    }
}

fn navigation(here: &str) -> Markup {
    html! {
        nav.site aria-label="Site" {
            @for (path, name) in [("/", "Analyse"), ("/watch", "Live"), ("/athletes", "Athletes")] {
                a href=(path) aria-current=[(path == here).then_some("page")] { (name) }
            }
        }
    }
}

/// What stands above a report.
pub(crate) fn way_back() -> Markup {
    html! {
        link rel="stylesheet" href="/assets/server.css";
        a.skip href="#main" { "To the content" }
        (navigation(""))
    }
}

/// A page that says that something is not there.
pub(crate) fn missing(what: &str, hint: &str) -> Response {
    (StatusCode::NOT_FOUND, page(what, "", &[], &html! { p { (hint) } })).into_response()
}

/// Every other path.
pub(crate) async fn nothing() -> Response {
    missing("There is nothing here", "The pages are named above.")
}

/// A choice of movements.
fn movements_choice() -> Markup {
    html! {
        option value="auto" { "Recognise it" }
        @for movement in bundled() { option value=(movement.name) { (movement.title) } }
    }
}

/// `/`
pub(crate) async fn start(State(app): State<Arc<App>>) -> Response {
    let athletes = match app.store.as_ref() {
        Some(_) => {
            let own = app.clone();
            let all =
                tokio::task::spawn_blocking(move || own.store.as_ref().and_then(|store| store.athletes().ok())).await;
            all.ok().flatten().unwrap_or_default()
        }
        None => Vec::new(),
    };
    let recent = app.recent.titles();
    let body = html! {
        p.what { "A recording or video of a movement in; what to change first out." }
        form.upload #upload {
            div.row {
                label for="movement" { "Movement" }
                select #movement name="movement" { (movements_choice()) }
                @if !athletes.is_empty() {
                    label for="athlete" { "Athlete" }
                    select #athlete name="athlete" {
                        option value="" { "Do not store" }
                        @for athlete in &athletes { option value=(athlete.id.0) { (athlete.name) } }
                    }
                }
            }
            div.drop #drop {
                p { label.button for="file" { "Choose a file" } " or drop it here" }
                p.small { "Videos (MP4) and pose files: TRC, C3D, CSV, OpenPose, MediaPipe, COCO, Parquet." }
                input.unseen #file type="file" name="file";
            }
            progress #progress max="1" value="0" hidden aria-label="Upload" {}
            p #state role="status" aria-live="polite" {}
        }
        @if !recent.is_empty() {
            section {
                h2 { "Just analysed" }
                ul.list { @for (id, title) in &recent { li { a href={ "/analyses/" (id) } { (title) } } } }
            }
        }
    };
    page("Analyse a movement", "/", &["upload.js"], &body).into_response()
}

/// `/api/movements`
pub(crate) async fn movements() -> Json<Value> {
    Json(bundled().iter().map(|movement| json!({ "name": movement.name, "title": movement.title })).collect())
}
