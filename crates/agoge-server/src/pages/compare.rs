//! The pages that compare two recordings.

use super::render_page;
use crate::compare::ComparedAnalysis;
use crate::translation::PageReader;
use agoge::report::{self, Scene, scene_json};
use agoge::store::{AnalysisRow, Athlete};
use maud::{Markup, PreEscaped, html};

/// Nothing is chosen yet: where to choose the first.
pub(crate) fn render_first_choice(reader: &PageReader) -> Markup {
    let say = |text| reader.say(text);
    let body = html! {
        p { (say("Choose the first recording on an athlete’s page: every analysis there can be compared with another of the same movement.")) }
        p { a href="/athletes" { (say("Athletes")) } }
    };
    render_page(reader, say("Compare two recordings"), "/athletes", &[], &body)
}

/// The first is chosen: lists all other analyses of its movement.
pub(crate) fn render_second_choice(
    reader: &PageReader,
    first: &AnalysisRow,
    others: &[(Athlete, AnalysisRow)],
) -> Markup {
    let say = |text| reader.say(text);
    let others: Vec<_> = others.iter().filter(|(_, row)| row.id != first.id).collect();
    let body = html! {
        @if others.is_empty() { p { (say("There is no other analysis of this movement yet.")) } } @else {
            p { (first.movement.replace('_', " ")) ", " (first.day) }
            h2 { (say("Compare with:")) }
            ul.list { @for (athlete, row) in others {
                li { a href={ "/compare?first=" (first.id.0) "&second=" (row.id.0) } { (athlete.name) ", " (row.day) } " · " (row.repetitions) (say(" repetitions")) @if let Some(score) = row.score { (say(" · score ")) (format!("{score:.0}")) } }
            } }
        }
    };
    render_page(reader, say("Compare two recordings"), "/athletes", &[], &body)
}

/// The two chosen are of different movements.
pub(crate) fn render_not_comparable(
    reader: &PageReader,
    first: &AnalysisRow,
    second: &AnalysisRow,
) -> Markup {
    let say = |text| reader.say(text);
    let movement_name = |row: &AnalysisRow| row.movement.replace('_', " ");
    let body = html! {
        p { (say("Only recordings of one movement can be compared.")) " (" (movement_name(first)) ", " (movement_name(second)) ")" }
        p { a href={ "/compare?first=" (first.id.0) } { (say("Choose another to compare with")) } }
    };
    render_page(reader, say("Compare two recordings"), "/athletes", &[], &body)
}

/// Both recordings, played by one control.
pub(crate) fn render_comparison(
    reader: &PageReader,
    first: &ComparedAnalysis,
    second: &ComparedAnalysis,
) -> Markup {
    let say = |text| reader.say(text);
    let title = format!("{}{}", first.analyzed.analysis.movement.title, say(": two recordings"));
    let is_3d =
        first.analyzed.analysis.input.space.is_3d() || second.analyzed.analysis.input.space.is_3d();
    let body = html! {
        section.player aria-label=(say("Both movements")) {
            div.pair { (render_recording(reader, "first", say("First"), first)) (render_recording(reader, "second", say("Second"), second)) }
            div.controls {
                button #play type="button" { (say("Play")) }
                input #time type="range" min="0" max="1" value="0" step="any" aria-label=(say("Time within the repetition"));
                span #clock { "0.00 s" }
                label { (say("Speed ")) select #speed { option value="0.25" { "¼" } option value="0.5" { "½" } option value="1" selected { "1" } } }
            }
            p #where .small aria-live="off" {}
            @if is_3d { p.views { button type="button" data-view="0" { (say("Front")) } button type="button" data-view="90" { (say("Side")) } } }
            div.row { label for="pick" { (say("Curve")) } select #pick {} span.small { (say("Solid: the first. Dashed: the second.")) } }
            svg #curves role="img" aria-label=(say("The chosen curve of both repetitions above each other")) {}
            p.legend { span.left { (say("left")) } span.right { (say("right")) } span.middle { (say("midline")) } }
        }
        (report::render_comparison(reader.language, &first.analyzed.analysis, &second.analyzed.analysis))
        (embed_data("first", first))
        (embed_data("second", second))
    };
    render_page(reader, &title, "/athletes", &["compare.js"], &body)
}

fn render_recording(reader: &PageReader, id: &str, word: &str, side: &ComparedAnalysis) -> Markup {
    let say = |text| reader.say(text);
    let complete =
        side.analyzed.analysis.repetitions.iter().filter(|repetition| repetition.complete);
    html! {
        div {
            h2 { (word) ": " a href={ "/library/analyses/" (side.row.id.0) } { (side.athlete.name) ", " (side.row.day) } }
            p.small { (side.analyzed.analysis.input.source.name) @if let Some(score) = side.row.score { (say(" · score ")) (format!("{score:.0}")) } }
            canvas id={ (id) "-figure" } width="460" height="400" role="img" aria-label={ (say("Moving stick figure")) ": " (word) } {}
            div.row {
                label for={ (id) "-repetition" } { (say("Repetition")) }
                select id={ (id) "-repetition" } { @for repetition in complete { option value=(repetition.number) { (repetition.number) } } }
            }
        }
    }
}

/// Data for the script, as JSON that is safe inside a script element.
fn embed_data(id: &str, side: &ComparedAnalysis) -> Markup {
    let analyzed = &side.analyzed;
    let scene =
        Scene { figure: analyzed.figure_recording(), curves: &analyzed.curves, stills: &[] };
    html! { script type="application/json" id=(id) { (PreEscaped(scene_json(&analyzed.analysis, &scene))) } }
}
