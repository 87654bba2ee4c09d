//! The page on which repetitions are judged.

use crate::frame::render_page;
use crate::translation::PageReader;
use maud::{Markup, html};

/// `/label`: a movement to choose, and its repetitions one after the other.
pub(crate) fn render_label(
    reader: &PageReader,
    movements: &[(String, u32)],
    chosen: Option<&str>,
) -> Markup {
    let say = |id| reader.say(id);
    let body = html! {
        p.what { (say("judge-purpose")) }
        @if movements.is_empty() {
            p { (say("nothing-to-judge")) }
        } @else {
            div.row role="group" aria-label=(say("movement")) {
                @for (movement, recordings) in movements {
                    a.choice href={ "/label?movement=" (movement) } aria-current=[(chosen == Some(movement.as_str())).then_some("true")] { (movement.replace('_', " ")) " (" (recordings) ")" }
                }
            }
        }
        @if let Some(movement) = chosen { (render_judging(reader, movement)) }
    };
    let scripts: &[&str] = if chosen.is_some() { &["label.js"] } else { &[] };
    render_page(reader, &say("judge-title"), "/label", scripts, &body)
}

fn render_judging(reader: &PageReader, movement: &str) -> Markup {
    let say = |id| reader.say(id);
    html! {
        section.player #judge data-movement=(movement) aria-label=(say("judge-title")) {
            div.row {
                div.row role="radiogroup" aria-label=(say("judge-how")) {
                    label.check { input #one type="radio" name="how" checked; " " (say("one-by-one")) }
                    label.check { input #two type="radio" name="how"; " " (say("which-is-better")) }
                }
                p.views #views { button type="button" data-view="0" { (say("front")) } button type="button" data-view="60" { (say("oblique")) } button type="button" data-view="90" { (say("side")) } }
            }
            div.pair #figures {
                canvas #left width="460" height="400" role="img" aria-label=(say("figure-one")) {}
                canvas #right width="460" height="400" role="img" aria-label=(say("figure-other")) hidden {}
            }
            div.row #single {
                button #good type="button" { (say("correct")) " " kbd { "1" } }
                button #bad type="button" { (say("not-correct")) " " kbd { "0" } }
                button #skip type="button" { (say("skip")) " " kbd { "S" } }
                button #back type="button" disabled { (say("back")) " " kbd { "⌫" } }
            }
            div.row #double hidden {
                button #first type="button" { (say("left-better")) " " kbd { "←" } }
                button #alike type="button" { (say("both-alike")) " " kbd { "↓" } }
                button #second type="button" { (say("right-better")) " " kbd { "→" } }
                button #pass type="button" { (say("skip")) " " kbd { "S" } }
            }
            p #state role="status" aria-live="polite" {}
            p.small { (say("label-export")) }
        }
    }
}
