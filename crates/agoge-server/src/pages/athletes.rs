//! The pages of the athletes.

use super::render_page;
use crate::translation::PageReader;
use agoge::Analysis;
use agoge::motion::Day;
use agoge::report::render_development;
use agoge::store::{AnalysisRow, Athlete, AthleteStanding, RecordingRow, SessionRow};
use maud::{Markup, html};

fn score_text(score: Option<f64>) -> String {
    score.map_or_else(|| "–".to_owned(), |score| format!("{score:.0}"))
}

/// `/athletes`
pub(crate) fn render_athletes(reader: &PageReader, standings: &[AthleteStanding]) -> Markup {
    let say = |text| reader.say(text);
    let body = html! {
        form.row #add {
            label for="name" { (say("New athlete")) }
            input #name name="name" required maxlength="100" autocomplete="off";
            button { (say("Add")) }
        }
        p #state role="status" aria-live="polite" {}
        @if standings.is_empty() { p { (say("Nobody is here yet.")) } } @else {
            div.scroll { table {
                thead { tr { th scope="col" { (say("Athlete")) } th scope="col" { (say("Recordings")) } th scope="col" { (say("Analyses")) } th scope="col" { (say("Last")) } th scope="col" { (say("Score")) } th.text scope="col" { (say("To change first")) } } }
                tbody { @for AthleteStanding { athlete, recordings, analyses, last } in standings { tr {
                    th scope="row" { a href={ "/athletes/" (athlete.id.0) } { (athlete.name) } }
                    td { (recordings) } td { (analyses) }
                    @match last {
                        Some(last) => { td { (last.day) " " (last.movement.replace('_', " ")) } td { (score_text(last.score)) } td.text { (last.finding.as_deref().unwrap_or("–")) } }
                        None => { td { "–" } td { "–" } td.text { "–" } }
                    }
                } } }
            } }
        }
    };
    render_page(reader, say("Athletes"), "/athletes", &["upload.js"], &body)
}

/// `/athletes/{athlete}`
pub(crate) fn render_athlete(
    reader: &PageReader,
    athlete: &Athlete,
    sessions: &[SessionRow],
    recordings: &[RecordingRow],
    analyses: &[AnalysisRow],
    over_time: &[(Day, Analysis)],
) -> Markup {
    let path = format!("/athletes/{}", athlete.id.0);
    let say = |text| reader.say(text);
    let body = html! {
        p.what { (sessions.len()) (say(" sessions · ")) (recordings.len()) (say(" recordings · ")) (analyses.len()) (say(" analyses")) @if !athlete.note.is_empty() { " · " (athlete.note) } }
        p.row { a href={ (path) "/load" } { (say("Load and injury")) } a href={ (path) "/plan" } { (say("Plan")) } }
        @if over_time.iter().any(|(_, analysis)| analysis.score.is_some()) {
            section { h2 { (say("Development")) } (render_development(reader.language, over_time)) }
        }
        section {
            h2 { (say("Analyses")) }
            @if analyses.is_empty() { p { (say("None yet: choose this athlete when you upload a recording.")) } } @else {
                div.scroll { table {
                    thead { tr { th scope="col" { (say("Day")) } th scope="col" { (say("Movement")) } th scope="col" { (say("Score")) } th scope="col" { (say("Repetitions")) } th.text scope="col" { (say("To change first")) } td {} } }
                    tbody { @for row in analyses { tr {
                        th scope="row" { a href={ "/library/analyses/" (row.id.0) } { (row.day) } }
                        td { (row.movement.replace('_', " ")) } td { (score_text(row.score)) } td { (row.repetitions) } td.text { (row.finding.as_deref().unwrap_or("–")) }
                        td { a href={ "/compare?first=" (row.id.0) } aria-label=(format!("{}: {}, {}", say("Compare"), row.movement.replace('_', " "), row.day)) { (say("Compare")) } }
                    } } }
                } }
            }
        }
        @if !recordings.is_empty() {
            section {
                h2 { (say("Recordings")) }
                ul.list { @for row in recordings { li { (row.day) " · " (row.name) " · " (format!("{:.1} s", row.duration_s)) } } }
            }
        }
    };
    render_page(reader, &athlete.name, "/athletes", &[], &body)
}
