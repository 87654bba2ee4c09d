//! Surroundings and replacements of the load and plan pages.

use crate::frame::{render_page, report_navigation};
use crate::translation::PageReader;
use agoge::load::AthleteLog;
use agoge::report::PageFrame;
use agoge::store::Athlete;
use maud::{Markup, html};

/// Links to an athlete's other pages.
fn render_athlete_links(reader: &PageReader, athlete: &Athlete) -> Markup {
    let path = format!("/athletes/{}", athlete.id.0);
    html! {
        nav.site.small aria-label=(reader.say("athlete")) {
            a href=(path) { (athlete.name) }
            a href={ (path) "/load" } { (reader.say("load")) }
            a href={ (path) "/plan" } { (reader.say("plan")) }
        }
    }
}

/// What surrounds a page of an athlete that `agoge-report` renders: navigation above it.
pub(crate) fn athlete_navigation(athlete: &Athlete) -> PageFrame {
    PageFrame {
        above: html! { (report_navigation()) (render_athlete_links(&PageReader::default(), athlete)) },
        ..PageFrame::default()
    }
}

/// Load page of an athlete without load: what to do, and the injuries and pain that were reported.
pub(crate) fn render_no_load(
    reader: &PageReader,
    athlete: &Athlete,
    log: &AthleteLog,
    wrong: Option<&String>,
) -> Markup {
    let say = |id| reader.say(id);
    let body = html! {
        @match wrong {
            Some(what) => { p.simulated role="note" { (what) } }
            None => {
                p.what { (athlete.name) }
                p { (say("no-load")) }
                p { (say("import-load")) }
                p { code { "agoge load import diary.csv --athlete \"" (athlete.name) "\"" } }
                p { (say("session-rpe")) }
            }
        }
        @if !log.injuries.is_empty() {
            section { h2 { (say("injuries")) } ul.list { @for injury in &log.injuries { li { (injury.day) " · " (injury.area.label()) " · " (injury.side.label()) @if !injury.notes.is_empty() { " · " (injury.notes) } } } } }
        }
        @if !log.pains.is_empty() {
            section { h2 { (say("pain")) } ul.list { @for pain in &log.pains { li { (pain.day) " · " (pain.area.label()) " · " (pain.side.label()) (format!(" · {:.0} / 10", pain.score)) } } } }
        }
        (render_athlete_links(reader, athlete))
    };
    render_page(reader, &say("load"), "/athletes", &[], &body)
}

/// Plan page of an athlete without a plan that can be shown.
pub(crate) fn render_no_plan(
    reader: &PageReader,
    athlete: &Athlete,
    is_unreadable: bool,
) -> Markup {
    let say = |id| reader.say(id);
    let body = html! {
        p.what { (athlete.name) }
        @if is_unreadable { p { (say("old-plan")) } }
        @else { p { (say("no-plan")) } }
        p { code { "agoge plan make request.toml --athlete \"" (athlete.name) "\"" } }
        (render_athlete_links(reader, athlete))
    };
    render_page(reader, &say("plan"), "/athletes", &[], &body)
}
