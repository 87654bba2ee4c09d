//! The live page.

use super::{movements_choice, page};
use axum::response::{IntoResponse, Response};
use maud::html;

/// `/watch`
pub(crate) async fn watch() -> Response {
    let is_set_up = agoge::pose_folder().is_ok_and(|folder| folder.join("lite.tflite").exists());
    let body = html! {
        div.row {
            label for="movement" { "Movement" }
            select #movement { (movements_choice()) }
            button #camera type="button" disabled[!is_set_up] { "Start the camera" }
            button #simulated type="button" { "Show a simulated athlete" }
            button #stop type="button" disabled { "Stop" }
            label.check { input #speech type="checkbox"; " Speak the cues" }
        }
        @if !is_set_up { p.simulated role="note" { "The camera needs the pose network: run " code { "agoge setup" } " once. Skeletons of other devices and the simulated athlete work without it." } }
        p.simulated #note role="note" hidden { strong { "Simulated." } " No athlete stands here: this movement comes from Agoge's simulator." }
        div.live {
            div.player {
                video #video playsinline muted hidden {}
                canvas #figure width="640" height="480" role="img" aria-label="Stick figure of the athlete" {}
            }
            div.says {
                div.tile { h2 { "Repetitions" } p.big #count { "0" } p.small #attempts { "no attempts" } }
                div.tile.cue { h2 { "Cue" } p.word #cue role="status" aria-live="assertive" { "–" } p.small #why {} }
                div.tile { h2 { "Now" } p.word #phase { "–" } p.small #metric {} }
                div.tile { h2 { "Frame to event" } p.small #latency { "–" } }
            }
        }
        p #state role="status" aria-live="polite" {}
        section { h2 { "Repetitions" } ol.list #log {} }
    };
    page("Live", "/watch", &["watch.js"], &body).into_response()
}
