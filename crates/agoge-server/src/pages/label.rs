//! The page on which repetitions are judged.

use super::render_page;
use crate::translation::PageReader;
use maud::{Markup, html};

/// `/label`: a movement to choose, and its repetitions one after the other.
pub(crate) fn render_label(
    reader: &PageReader,
    movements: &[(String, u32)],
    chosen: Option<&str>,
) -> Markup {
    let say = |text| reader.say(text);
    let body = html! {
        p.what { (say("What you say of repetitions teaches a model of your own. Who moves and what the program found are not shown, so that nothing sways you.")) }
        @if movements.is_empty() {
            p { (say("Nothing is here to be judged yet: choose an athlete when you upload a recording.")) }
        } @else {
            div.row role="group" aria-label=(say("Movement")) {
                @for (movement, recordings) in movements {
                    a.choice href={ "/label?movement=" (movement) } aria-current=[(chosen == Some(movement.as_str())).then_some("true")] { (movement.replace('_', " ")) " (" (recordings) ")" }
                }
            }
        }
        @if let Some(movement) = chosen { (render_judging(reader, movement)) }
    };
    let scripts: &[&str] = if chosen.is_some() { &["label.js"] } else { &[] };
    render_page(reader, say("Judge repetitions"), "/label", scripts, &body)
}

fn render_judging(reader: &PageReader, movement: &str) -> Markup {
    let say = |text| reader.say(text);
    html! {
        section.player #judge data-movement=(movement) aria-label=(say("Judge repetitions")) {
            div.row {
                div.row role="radiogroup" aria-label=(say("How")) {
                    label.check { input #one type="radio" name="how" checked; (say(" One by one")) }
                    label.check { input #two type="radio" name="how"; (say(" Which of two is better")) }
                }
                p.views #views { button type="button" data-view="0" { (say("Front")) } button type="button" data-view="60" { (say("Oblique")) } button type="button" data-view="90" { (say("Side")) } }
            }
            div.pair #figures {
                canvas #left width="460" height="400" role="img" aria-label=(say("Moving stick figure of a repetition")) {}
                canvas #right width="460" height="400" role="img" aria-label=(say("Moving stick figure of the other repetition")) hidden {}
            }
            div.row #single {
                button #good type="button" { (say("Correct")) " " kbd { "1" } }
                button #bad type="button" { (say("Not correct")) " " kbd { "0" } }
                button #skip type="button" { (say("Skip")) " " kbd { "S" } }
                button #back type="button" disabled { (say("Back")) " " kbd { "⌫" } }
            }
            div.row #double hidden {
                button #first type="button" { (say("Left is better")) " " kbd { "←" } }
                button #alike type="button" { (say("Both alike")) " " kbd { "↓" } }
                button #second type="button" { (say("Right is better")) " " kbd { "→" } }
                button #pass type="button" { (say("Skip")) " " kbd { "S" } }
            }
            p #state role="status" aria-live="polite" {}
            p.small { (say("`agoge label export DIR` writes what was said as a set to learn from; `agoge adapt` makes a model of it.")) }
        }
    }
}
