//! The library's pages.

use super::page;
use agoge::store::{AnalysisRow, Athlete, RecordingRow, Session, Standing};
use maud::{Markup, html};

fn score(score: Option<f64>) -> String {
    score.map_or_else(|| "–".to_owned(), |score| format!("{score:.0}"))
}

/// `/athletes`
pub(crate) fn athletes(standings: &[Standing]) -> Markup {
    let body = html! {
        form.row #add {
            label for="name" { "New athlete" }
            input #name name="name" required maxlength="100" autocomplete="off";
            button { "Add" }
        }
        p #state role="status" aria-live="polite" {}
        @if standings.is_empty() { p { "Nobody is here yet." } } @else {
            div.scroll { table {
                thead { tr { th scope="col" { "Athlete" } th scope="col" { "Recordings" } th scope="col" { "Analyses" } th scope="col" { "Last" } th scope="col" { "Score" } th.text scope="col" { "To change first" } } }
                tbody { @for Standing { athlete, recordings, analyses, last } in standings { tr {
                    th scope="row" { a href={ "/athletes/" (athlete.id.0) } { (athlete.name) } }
                    td { (recordings) } td { (analyses) }
                    @match last {
                        Some(last) => { td { (last.day) " " (last.movement.replace('_', " ")) } td { (score(last.score)) } td.text { (last.finding.as_deref().unwrap_or("–")) } }
                        None => { td { "–" } td { "–" } td.text { "–" } }
                    }
                } } }
            } }
        }
    };
    page("Athletes", "/athletes", &["upload.js"], &body)
}

/// `/athletes/{athlete}`
pub(crate) fn athlete(
    athlete: &Athlete,
    sessions: &[Session],
    recordings: &[RecordingRow],
    analyses: &[AnalysisRow],
) -> Markup {
    let body = html! {
        p.what { (sessions.len()) " sessions · " (recordings.len()) " recordings · " (analyses.len()) " analyses" @if !athlete.note.is_empty() { " · " (athlete.note) } }
        section {
            h2 { "Analyses" }
            @if analyses.is_empty() { p { "None yet: choose this athlete when you upload a recording." } } @else {
                (development(analyses))
                div.scroll { table {
                    thead { tr { th scope="col" { "Day" } th scope="col" { "Movement" } th scope="col" { "Score" } th scope="col" { "Repetitions" } th.text scope="col" { "To change first" } } }
                    tbody { @for row in analyses { tr {
                        th scope="row" { a href={ "/library/analyses/" (row.id.0) } { (row.day) } }
                        td { (row.movement.replace('_', " ")) } td { (score(row.score)) } td { (row.repetitions) } td.text { (row.finding.as_deref().unwrap_or("–")) }
                    } } }
                } }
            }
        }
        @if !recordings.is_empty() {
            section {
                h2 { "Recordings" }
                ul.list { @for row in recordings { li { (row.day) " · " (row.name) " · " (format!("{:.1} s", row.duration_s)) } } }
            }
        }
    };
    page(&athlete.name, "/athletes", &[], &body)
}

/// Scores over time, a dot each.
fn development(analyses: &[AnalysisRow]) -> Markup {
    let scored: Vec<(i64, f64)> = analyses.iter().filter_map(|row| Some((row.made_unix_s, row.score?))).collect();
    let (Some(first), Some(last)) = (scored.iter().map(|own| own.0).min(), scored.iter().map(|own| own.0).max()) else {
        return html! {};
    };
    let x = |when: i64| 40.0 + 580.0 * if last > first { (when - first) as f64 / (last - first) as f64 } else { 0.5 };
    let y = |score: f64| 150.0 - 1.3 * score;
    html! {
        figure {
            figcaption { "Scores over time" }
            svg viewBox="0 0 640 170" role="img" aria-label=(format!("{} scores over time", scored.len())) {
                @for level in [0, 50, 100] {
                    line class="grid" x1="36" x2="630" y1=(y(f64::from(level))) y2=(y(f64::from(level))) {}
                    text x="30" y=(y(f64::from(level)) + 4.0) text-anchor="end" { (level) }
                }
                @for (when, score) in &scored { circle class="score" cx=(format!("{:.1}", x(*when))) cy=(format!("{:.1}", y(*score))) r="4" {} }
            }
        }
    }
}
