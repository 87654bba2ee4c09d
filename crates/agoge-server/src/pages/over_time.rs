//! Surroundings and replacements of the load and plan pages.

use super::{render_page, report_navigation};
use crate::translation::PageReader;
use agoge::load::AthleteLog;
use agoge::report::PageFrame;
use agoge::store::Athlete;
use maud::{Markup, html};

/// Links to an athlete's other pages.
fn render_athlete_links(reader: &PageReader, athlete: &Athlete) -> Markup {
    let path = format!("/athletes/{}", athlete.id.0);
    html! {
        nav.site.small aria-label=(reader.say("Athlete")) {
            a href=(path) { (athlete.name) }
            a href={ (path) "/load" } { (reader.say("Load and injury")) }
            a href={ (path) "/plan" } { (reader.say("Plan")) }
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
    let say = |text| reader.say(text);
    let body = html! {
        @match wrong {
            Some(what) => { p.simulated role="note" { (what) } }
            None => {
                p.what { (athlete.name) }
                p { (say("No workout with a load is in the library yet.")) }
                p { (say("Bring in a diary (CSV) or workouts (FIT, TCX, GPX):")) }
                p { code { "agoge load import diary.csv --athlete \"" (athlete.name) "\"" } }
                p { (say("Session RPE needs minutes and a rating of effort; docs/reference/load.md names the columns.")) }
            }
        }
        @if !log.injuries.is_empty() {
            section { h2 { (say("Injuries")) } ul.list { @for injury in &log.injuries { li { (injury.day) " · " (injury.area.label()) " · " (injury.side.label()) @if !injury.notes.is_empty() { " · " (injury.notes) } } } } }
        }
        @if !log.pains.is_empty() {
            section { h2 { (say("Pain")) } ul.list { @for pain in &log.pains { li { (pain.day) " · " (pain.area.label()) " · " (pain.side.label()) (format!(" · {:.0} / 10", pain.score)) } } } }
        }
        (render_athlete_links(reader, athlete))
    };
    render_page(reader, say("Load and injury"), "/athletes", &[], &body)
}

/// Plan page of an athlete without a plan that can be shown.
pub(crate) fn render_no_plan(
    reader: &PageReader,
    athlete: &Athlete,
    is_unreadable: bool,
) -> Markup {
    let say = |text| reader.say(text);
    let body = html! {
        p.what { (athlete.name) }
        @if is_unreadable { p { (say("The newest plan was made by another version of Agoge and cannot be shown. Make it again:")) } }
        @else { p { (say("No plan is in the library yet. Write down free minutes and events (docs/reference/plan.md), then:")) } }
        p { code { "agoge plan make request.toml --athlete \"" (athlete.name) "\"" } }
        (render_athlete_links(reader, athlete))
    };
    render_page(reader, say("Plan"), "/athletes", &[], &body)
}
