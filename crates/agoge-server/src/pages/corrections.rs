//! The part of a stored analysis's page in which events are corrected by hand.

use agoge::Analysis;
use agoge::coach::analysis::RepetitionReport;
use agoge::library::borders::Borders;
use maud::{Markup, PreEscaped, html};
use serde_json::json;

/// Borders of every repetition that can be dragged, as they were found or as they were corrected;
/// nothing without a repetition.
pub(crate) fn corrections(id: i64, analysis: &Analysis, corrected: &[Borders]) -> Markup {
    if analysis.repetitions.is_empty() {
        return Markup::default();
    }
    let of = |repetition: &RepetitionReport| {
        let found = Borders::found(repetition);
        // A newer version of the program may find other phases: what was corrected then is kept,
        // but means nothing here.
        let own = corrected
            .iter()
            .find(|own| own.repetition == found.repetition && own.at_s.len() == found.at_s.len());
        let at_s = own.map_or(&found.at_s, |own| &own.at_s);
        json!({ "number": found.repetition, "names": Borders::names(repetition), "found_s": found.at_s, "at_s": at_s })
    };
    let all: Vec<_> = analysis.repetitions.iter().map(of).collect();
    // No text of a movement definition may end the script element.
    let data = json!({ "analysis": id, "repetitions": all }).to_string().replace('<', "\\u003c");
    html! {
        section.player #correct aria-labelledby="correct-title" {
            h2 #correct-title { "Correct the events" }
            p.small { "Drag a line along the curve, or choose it and press the arrow keys (with Shift ten frames). What you correct is kept beside the recording, for judging and training; the figures of this report stay as they were measured." }
            div.row {
                label for="which" { "Repetition" }
                select #which { @for repetition in &analysis.repetitions {
                    option value=(repetition.number) { (repetition.number) @if !repetition.complete { " (attempt)" } }
                } }
                button #undo type="button" disabled { "Back to what was found" }
            }
            svg #borders role="group" aria-label="Events of the repetition along the curve" {}
            ul #events .small {}
            p #kept .small role="status" aria-live="polite" {}
        }
        script type="application/json" id="corrections" { (PreEscaped(data)) }
        script type="module" src="/assets/borders.js" {}
    }
}
