//! The pages that compare two recordings.

use crate::frame::render_page;
use crate::translation::PageReader;
use agoge::library::stored::StoredAnalysis;
use agoge::report::{self, Scene, scene_json};
use agoge::store::{AnalysisRow, Athlete};
use maud::{Markup, PreEscaped, html};

/// One of the two: its athlete, its row in the library, and the analysis as it was stored.
pub(crate) struct ComparedAnalysis {
    pub(crate) athlete: Athlete,
    pub(crate) row: AnalysisRow,
    pub(crate) stored: StoredAnalysis,
}

/// Nothing is chosen yet: where to choose the first.
pub(crate) fn render_first_choice(reader: &PageReader) -> Markup {
    let say = |id| reader.say(id);
    let body = html! {
        p { (say("choose-first")) }
        p { a href="/athletes" { (say("athletes")) } }
    };
    render_page(reader, &say("compare-title"), "/athletes", &[], &body)
}

/// The first is chosen: lists all other analyses of its movement.
pub(crate) fn render_second_choice(
    reader: &PageReader,
    first: &AnalysisRow,
    others: &[(Athlete, AnalysisRow)],
) -> Markup {
    let say = |id| reader.say(id);
    let others: Vec<_> = others.iter().filter(|(_, row)| row.id != first.id).collect();
    let body = html! {
        @if others.is_empty() { p { (say("no-others")) } } @else {
            p { (first.movement.replace('_', " ")) ", " (first.day) }
            h2 { (say("compare-with")) }
            ul.list { @for (athlete, row) in others {
                li { a href={ "/compare?first=" (first.id.0) "&second=" (row.id.0) } { (athlete.name) ", " (row.day) } " · " (reader.say_with("repetition-count", &[("count", &row.repetitions.to_string())])) (render_score(reader, row)) }
            } }
        }
    };
    render_page(reader, &say("compare-title"), "/athletes", &[], &body)
}

/// The two chosen are of different movements.
pub(crate) fn render_not_comparable(
    reader: &PageReader,
    first: &AnalysisRow,
    second: &AnalysisRow,
) -> Markup {
    let say = |id| reader.say(id);
    let movement_name = |row: &AnalysisRow| row.movement.replace('_', " ");
    let body = html! {
        p { (say("two-movements")) " (" (movement_name(first)) ", " (movement_name(second)) ")" }
        p { a href={ "/compare?first=" (first.id.0) } { (say("choose-other")) } }
    };
    render_page(reader, &say("compare-title"), "/athletes", &[], &body)
}

/// Both recordings, played by one control.
pub(crate) fn render_comparison(
    reader: &PageReader,
    first: &ComparedAnalysis,
    second: &ComparedAnalysis,
) -> Markup {
    let say = |id| reader.say(id);
    let title =
        reader.say_with("two-recordings", &[("movement", &first.stored.analysis.movement.title)]);
    let is_3d =
        first.stored.analysis.input.space.is_3d() || second.stored.analysis.input.space.is_3d();
    let body = html! {
        section.player aria-label=(say("both-movements")) {
            div.pair { (render_recording(reader, "first", &say("first"), first)) (render_recording(reader, "second", &say("second"), second)) }
            div.controls {
                button #play type="button" { (say("play")) }
                input #time type="range" min="0" max="1" value="0" step="any" aria-label=(say("time-within"));
                span #clock { "0.00 s" }
                label { (say("speed")) " " select #speed { option value="0.25" { "¼" } option value="0.5" { "½" } option value="1" selected { "1" } } }
            }
            p #where .small aria-live="off" {}
            @if is_3d { p.views { button type="button" data-view="0" { (say("front")) } button type="button" data-view="90" { (say("side")) } } }
            div.row { label for="pick" { (say("curve")) } select #pick {} span.small { (say("line-key")) } }
            svg #curves role="img" aria-label=(say("curves-above")) {}
            p.legend { span.left { (say("left")) } span.right { (say("right")) } span.middle { (say("midline")) } }
        }
        (report::render_comparison(reader.language, &first.stored.analysis, &second.stored.analysis))
        (embed_data("first", first))
        (embed_data("second", second))
    };
    render_page(reader, &title, "/athletes", &["compare.js"], &body)
}

/// The score after what stands before it, if there is one.
fn render_score(reader: &PageReader, row: &AnalysisRow) -> Markup {
    html! {
        @if let Some(score) = row.score {
            " · " (reader.say_with("score-value", &[("score", &format!("{score:.0}"))]))
        }
    }
}

fn render_recording(reader: &PageReader, id: &str, word: &str, side: &ComparedAnalysis) -> Markup {
    let say = |id| reader.say(id);
    let complete = side.stored.analysis.repetitions.iter().filter(|repetition| repetition.complete);
    html! {
        div {
            h2 { (word) ": " a href={ "/library/analyses/" (side.row.id.0) } { (side.athlete.name) ", " (side.row.day) } }
            p.small { (side.stored.analysis.input.source.name) (render_score(reader, &side.row)) }
            canvas id={ (id) "-figure" } width="460" height="400" role="img" aria-label={ (say("moving-figure")) ": " (word) } {}
            div.row {
                label for={ (id) "-repetition" } { (say("repetition")) }
                select id={ (id) "-repetition" } { @for repetition in complete { option value=(repetition.number) { (repetition.number) } } }
            }
        }
    }
}

/// Data for the script, as JSON that is safe inside a script element.
fn embed_data(id: &str, side: &ComparedAnalysis) -> Markup {
    let stored = &side.stored;
    let scene = Scene { figure: &stored.figure, curves: &stored.curves, stills: &[] };
    html! { script type="application/json" id=(id) { (PreEscaped(scene_json(&stored.analysis, &scene))) } }
}
