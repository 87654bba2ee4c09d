//! The live page.

use super::start::render_movement_options;
use crate::frame::render_page;
use crate::translation::PageReader;
use maud::{Markup, html};

/// `/watch`
pub(crate) async fn serve_watch(reader: PageReader) -> Markup {
    let say = |id| reader.say(id);
    let is_set_up = agoge::pose_folder().is_ok_and(|folder| folder.join("lite.tflite").exists());
    let body = html! {
        div.row {
            label for="movement" { (say("movement")) }
            select #movement { (render_movement_options(&reader)) }
            button #camera type="button" disabled[!is_set_up] { (say("start-camera")) }
            button #worn type="button" { (say("wear-device")) }
            button #simulated type="button" { (say("simulate")) }
            button #stop type="button" disabled { (say("stop")) }
            label.check { input #speech type="checkbox"; " " (say("speak-cues")) }
        }
        @if !is_set_up { p.simulated role="note" { (say("setup-before")) " " code { "agoge setup" } (say("setup-after")) } }
        p.simulated #note role="note" hidden { strong { (say("simulated")) } (say("simulated-note")) }
        div.live {
            div.player {
                video #video playsinline muted hidden {}
                canvas #figure width="640" height="480" role="img" aria-label=(say("stick-figure")) {}
            }
            div.says {
                div.tile { h2 { (say("repetitions")) } p.big #count { "0" } p.small #attempts { (say("no-attempts")) } }
                div.tile.cue { h2 { (say("cue")) } p.word #cue role="status" aria-live="assertive" { "–" } p.small #why {} }
                div.tile { h2 { (say("now")) } p.word #phase { "–" } p.small #metric {} }
                div.tile { h2 { (say("frame-to-event")) } p.small #latency { "–" } }
            }
        }
        p #state role="status" aria-live="polite" {}
        section { h2 { (say("repetitions")) } ol.list #log {} }
    };
    render_page(&reader, &say("live"), "/watch", &["watch.js"], &body)
}
