//! The pages that compare two recordings.

use super::page;
use crate::compare::Side;
use agoge::report::{Scene, comparison, scene_json};
use agoge::store::{AnalysisRow, Athlete};
use maud::{Markup, PreEscaped, html};

/// Nothing is chosen yet.
pub(crate) fn choose_first() -> Markup {
    let body = html! {
        p { "Choose the first recording on an " a href="/athletes" { "athlete’s page" } ": every analysis there can be compared with another of the same movement." }
    };
    page("Compare two recordings", "/athletes", &[], &body)
}

/// The first is chosen: all others of its movement.
pub(crate) fn choose_second(first: &AnalysisRow, others: &[(Athlete, AnalysisRow)]) -> Markup {
    let others: Vec<_> = others.iter().filter(|(_, row)| row.id != first.id).collect();
    let body = html! {
        @if others.is_empty() { p { "There is no other analysis of this movement yet." } } @else {
            p { "Compare the " (first.movement.replace('_', " ")) " of " (first.day) " with:" }
            ul.list { @for (athlete, row) in others {
                li { a href={ "/compare?first=" (first.id.0) "&second=" (row.id.0) } { (athlete.name) ", " (row.day) } " · " (row.repetitions) " repetitions" @if let Some(score) = row.score { (format!(" · score {score:.0}")) } }
            } }
        }
    };
    page("Compare two recordings", "/athletes", &[], &body)
}

/// Two movements.
pub(crate) fn not_comparable(first: &AnalysisRow, second: &AnalysisRow) -> Markup {
    let words = |row: &AnalysisRow| row.movement.replace('_', " ");
    let body = html! {
        p { "Only recordings of one movement can be compared: these are " (words(first)) " and " (words(second)) "." }
        p { a href={ "/compare?first=" (first.id.0) } { "Choose another to compare with" } }
    };
    page("Compare two recordings", "/athletes", &[], &body)
}

/// Both, played by one control.
pub(crate) fn compared(first: &Side, second: &Side) -> Markup {
    let title = format!("{}: two recordings", first.made.analysis.movement.title);
    let is_3d = first.made.analysis.input.space.is_3d() || second.made.analysis.input.space.is_3d();
    let body = html! {
        section.player aria-label="Both movements" {
            div.pair { (one("first", "First", first)) (one("second", "Second", second)) }
            div.controls {
                button #play type="button" { "Play" }
                input #time type="range" min="0" max="1" value="0" step="any" aria-label="Time within the repetition";
                span #clock { "0.00 s" }
                label { "Speed " select #speed { option value="0.25" { "¼" } option value="0.5" { "½" } option value="1" selected { "1" } } }
            }
            p #where .small aria-live="off" {}
            @if is_3d { p.views { button type="button" data-view="0" { "Front" } button type="button" data-view="90" { "Side" } } }
            div.row { label for="pick" { "Curve" } select #pick {} span.small { "Solid: the first. Dashed: the second." } }
            svg #curves role="img" aria-label="The chosen curve of both repetitions above each other" {}
            p.legend { span.left { "left" } span.right { "right" } span.middle { "midline" } }
        }
        (comparison(&first.made.analysis, &second.made.analysis))
        (data("first", first))
        (data("second", second))
    };
    page(&title, "/athletes", &["compare.js"], &body)
}

fn one(id: &str, word: &str, side: &Side) -> Markup {
    let complete = side.made.analysis.repetitions.iter().filter(|repetition| repetition.complete);
    html! {
        div {
            h2 { (word) ": " a href={ "/library/analyses/" (side.row.id.0) } { (side.athlete.name) ", " (side.row.day) } }
            p.small { (side.made.analysis.input.source.name) @if let Some(score) = side.row.score { (format!(" · score {score:.0}")) } }
            canvas id={ (id) "-figure" } width="460" height="400" role="img" aria-label={ "Moving stick figure of the " (id) } {}
            div.row {
                label for={ (id) "-repetition" } { "Repetition" }
                select id={ (id) "-repetition" } { @for repetition in complete { option value=(repetition.number) { (repetition.number) } } }
            }
        }
    }
}

/// What the script draws; it is safe inside a script element.
fn data(id: &str, side: &Side) -> Markup {
    let analyzed = &side.made;
    let scene = Scene { figure: analyzed.figure(), curves: &analyzed.curves };
    html! { script type="application/json" id=(id) { (PreEscaped(scene_json(&analyzed.analysis, &scene))) } }
}
