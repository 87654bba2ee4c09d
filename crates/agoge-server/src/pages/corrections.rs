//! The section of a stored analysis's page in which events are corrected by hand.

use agoge::Analysis;
use agoge::analysis::RepetitionReport;
use agoge::library::borders::Borders;
use maud::{Markup, PreEscaped, html};
use serde_json::json;

/// Renders draggable borders of every repetition, as detected or as corrected; nothing if there are
/// no repetitions.
pub(crate) fn render_corrections(id: i64, analysis: &Analysis, corrected: &[Borders]) -> Markup {
    if analysis.repetitions.is_empty() {
        return Markup::default();
    }
    let repetition_json = |repetition: &RepetitionReport| {
        let detected = Borders::from_report(repetition);
        // A newer version of the program may detect other phases: earlier corrections are kept, but
        // do not apply here.
        let correction = corrected.iter().find(|correction| {
            correction.repetition == detected.repetition
                && correction.at_s.len() == detected.at_s.len()
        });
        let at_s = correction.map_or(&detected.at_s, |correction| &correction.at_s);
        json!({ "number": detected.repetition, "names": Borders::border_names(repetition), "found_s": detected.at_s, "at_s": at_s })
    };
    let repetitions: Vec<_> = analysis.repetitions.iter().map(repetition_json).collect();
    // No text of a movement definition may end the script element.
    let data =
        json!({ "analysis": id, "repetitions": repetitions }).to_string().replace('<', "\\u003c");
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
