//! The section of a stored analysis's page that says what it was made with.

use agoge::library::stored::StoredAnalysis;
use agoge::store::{AnalysisId, AnalysisRow};
use maud::{Markup, html};

/// Renders what a stored analysis was made with, links to the other analyses of its recording, and
/// the button that analyses the recording again.
pub(crate) fn render_provenance(
    id: AnalysisId,
    stored: &StoredAnalysis,
    others: &[AnalysisRow],
) -> Markup {
    let analysis = &stored.analysis;
    let provenance = analysis.provenance.as_ref();
    let model = match provenance {
        Some(provenance) => provenance.model.as_ref().map(|model| &model.name),
        None => analysis.model.as_ref().map(|note| &note.name),
    };
    html! {
        section.player #provenance aria-labelledby="provenance-title" {
            h2 #provenance-title { "A stored analysis" }
            p {
                "This is analysis " (id.0) " as Agoge " (analysis.version) " stored it, "
                @match model {
                    Some(name) => { "with the model " (name) }
                    None => "with the limits of the movement definition alone",
                }
                "."
                @if let Some(command) = provenance.and_then(|known| known.command.as_ref()) {
                    " Asked for by: " (command) "."
                }
            }
            @if let Some(doubt) = &stored.doubt { p.small { (doubt) } }
            @if !others.is_empty() {
                p { "Other analyses of this recording:" }
                ul.list { @for row in others { li { (render_other(row)) } } }
            }
            div.row {
                button #again type="button" data-analysis=(id.0) {
                    "Analyse again with today’s model"
                }
                span.small { "The result is stored beside this one, which stays as it is." }
            }
            p #again-state .small role="status" aria-live="polite" {}
        }
        script type="module" src="/assets/again.js" {}
    }
}

/// Another analysis: its number, what judged it, and its score.
fn render_other(row: &AnalysisRow) -> Markup {
    html! {
        a href={ "/library/analyses/" (row.id.0) } { "analysis " (row.id.0) }
        " · " (row.movement.replace('_', " "))
        " · " (row.model.as_deref().unwrap_or("no model"))
        @if let Some(score) = row.score { " · score " (format!("{score:.0}")) }
    }
}
