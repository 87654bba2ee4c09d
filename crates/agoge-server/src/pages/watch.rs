//! The live page.

use super::{render_movement_options, render_page};
use crate::translation::PageReader;
use axum::response::{IntoResponse, Response};
use maud::html;

/// `/watch`
pub(crate) async fn serve_watch(reader: PageReader) -> Response {
    let say = |text| reader.say(text);
    let is_set_up = agoge::pose_folder().is_ok_and(|folder| folder.join("lite.tflite").exists());
    let body = html! {
        div.row {
            label for="movement" { (say("Movement")) }
            select #movement { (render_movement_options(&reader)) }
            button #camera type="button" disabled[!is_set_up] { (say("Start the camera")) }
            button #worn type="button" { (say("Wear this device")) }
            button #simulated type="button" { (say("Show a simulated athlete")) }
            button #stop type="button" disabled { (say("Stop")) }
            label.check { input #speech type="checkbox"; (say(" Speak the cues")) }
        }
        @if !is_set_up { p.simulated role="note" { (say("The camera needs the pose network: run ")) code { "agoge setup" } (say(" once. Skeletons of other devices and the simulated athlete work without it.")) } }
        p.simulated #note role="note" hidden { strong { (say("Simulated.")) } (say(" No athlete stands here: this movement comes from Agoge's simulator.")) }
        div.live {
            div.player {
                video #video playsinline muted hidden {}
                canvas #figure width="640" height="480" role="img" aria-label=(say("Stick figure of the athlete")) {}
            }
            div.says {
                div.tile { h2 { (say("Repetitions")) } p.big #count { "0" } p.small #attempts { (say("no attempts")) } }
                div.tile.cue { h2 { (say("Cue")) } p.word #cue role="status" aria-live="assertive" { "–" } p.small #why {} }
                div.tile { h2 { (say("Now")) } p.word #phase { "–" } p.small #metric {} }
                div.tile { h2 { (say("Frame to event")) } p.small #latency { "–" } }
            }
        }
        p #state role="status" aria-live="polite" {}
        section { h2 { (say("Repetitions")) } ol.list #log {} }
    };
    render_page(&reader, say("Live"), "/watch", &["watch.js"], &body).into_response()
}
