//! What stands around and instead of the pages of load and plan.

use super::{page, way_back};
use agoge::coach::load::Log;
use agoge::report::Around;
use agoge::store::Athlete;
use maud::{Markup, html};

/// The way to an athlete's other pages.
fn others(athlete: &Athlete) -> Markup {
    let path = format!("/athletes/{}", athlete.id.0);
    html! {
        nav.site.small aria-label="Athlete" {
            a href=(path) { (athlete.name) }
            a href={ (path) "/load" } { "Load and injury" }
            a href={ (path) "/plan" } { "Plan" }
        }
    }
}

/// What stands above an athlete's pages that are made elsewhere.
pub(crate) fn way_to(athlete: &Athlete) -> Around {
    Around { above: html! { (way_back()) (others(athlete)) }, ..Around::default() }
}

/// An athlete without load: what to do, and what was said of injuries and pain.
pub(crate) fn no_load(athlete: &Athlete, log: &Log, wrong: Option<&String>) -> Markup {
    let body = html! {
        @match wrong {
            Some(what) => { p.simulated role="note" { (what) } }
            None => {
                p { "No workout of " (athlete.name) " with a load is in the library yet." }
                p { "Bring in a diary (CSV) or workouts (FIT, TCX, GPX):" }
                p { code { "agoge load import diary.csv --athlete \"" (athlete.name) "\"" } }
                p { "Session RPE needs minutes and a rating of effort; docs/LOAD.md names the columns." }
            }
        }
        @if !log.injuries.is_empty() {
            section { h2 { "Injuries" } ul.list { @for injury in &log.injuries { li { (injury.day) " · " (injury.area.label()) " · " (injury.side.label()) @if !injury.notes.is_empty() { " · " (injury.notes) } } } } }
        }
        @if !log.pains.is_empty() {
            section { h2 { "Pain" } ul.list { @for pain in &log.pains { li { (pain.day) " · " (pain.area.label()) " · " (pain.side.label()) (format!(" · {:.0} of 10", pain.score)) } } } }
        }
        (others(athlete))
    };
    page("Load and injury", "/athletes", &[], &body)
}

/// An athlete without a plan that can be shown.
pub(crate) fn no_plan(athlete: &Athlete, is_unreadable: bool) -> Markup {
    let body = html! {
        @if is_unreadable { p { "The newest plan of " (athlete.name) " was made by another version of Agoge and cannot be shown. Make it again:" } }
        @else { p { "No plan of " (athlete.name) " is in the library yet. Write down free minutes and events (docs/PLAN.md), then:" } }
        p { code { "agoge plan make request.toml --athlete \"" (athlete.name) "\"" } }
        (others(athlete))
    };
    page("Plan", "/athletes", &[], &body)
}
