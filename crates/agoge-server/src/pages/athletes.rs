//! The pages of the athletes.

use crate::frame::render_page;
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
    let say = |id| reader.say(id);
    let body = html! {
        form.row #add {
            label for="name" { (say("new-athlete")) }
            input #name name="name" required maxlength="100" autocomplete="off";
            button { (say("add")) }
        }
        p #state role="status" aria-live="polite" {}
        @if standings.is_empty() { p { (say("nobody")) } } @else {
            div.scroll { table {
                thead { tr { th scope="col" { (say("athlete")) } th scope="col" { (say("recordings")) } th scope="col" { (say("analyses")) } th scope="col" { (say("last")) } th scope="col" { (say("score")) } th.text scope="col" { (say("change-first")) } } }
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
    render_page(reader, &say("athletes"), "/athletes", &["upload.js"], &body)
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
    let say = |id| reader.say(id);
    let counts = reader.say_with(
        "athlete-counts",
        &[
            ("sessions", &sessions.len().to_string()),
            ("recordings", &recordings.len().to_string()),
            ("analyses", &analyses.len().to_string()),
        ],
    );
    let body = html! {
        p.what { (counts) @if !athlete.note.is_empty() { " · " (athlete.note) } }
        p.row { a href={ (path) "/load" } { (say("load")) } a href={ (path) "/plan" } { (say("plan")) } }
        @if over_time.iter().any(|(_, analysis)| analysis.score.is_some()) {
            section { h2 { (say("development")) } (render_development(reader.language, over_time)) }
        }
        section {
            h2 { (say("analyses")) }
            @if analyses.is_empty() { p { (say("no-analyses")) } } @else {
                div.scroll { table {
                    thead { tr { th scope="col" { (say("day")) } th scope="col" { (say("movement")) } th scope="col" { (say("score")) } th scope="col" { (say("repetitions")) } th.text scope="col" { (say("change-first")) } td {} } }
                    tbody { @for row in analyses { tr {
                        th scope="row" { a href={ "/library/analyses/" (row.id.0) } { (row.day) } }
                        td { (row.movement.replace('_', " ")) } td { (score_text(row.score)) } td { (row.repetitions) } td.text { (row.finding.as_deref().unwrap_or("–")) }
                        td { a href={ "/compare?first=" (row.id.0) } aria-label=(format!("{}: {}, {}", say("compare"), row.movement.replace('_', " "), row.day)) { (say("compare")) } }
                    } } }
                } }
            }
        }
        @if !recordings.is_empty() {
            section {
                h2 { (say("recordings")) }
                ul.list { @for row in recordings { li { (row.day) " · " (row.name) " · " (format!("{:.1} s", row.duration_s)) } } }
            }
        }
    };
    render_page(reader, &athlete.name, "/athletes", &[], &body)
}
