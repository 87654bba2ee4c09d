//! Page of a plan: what is expected, the weeks as a calendar, and why each session is there.

use super::{Around, page};
use crate::plan::{forecast, quality, response};
use agoge_coach::plan::{Plan, Planned, Week, Weekday};
use maud::{Markup, html};

/// Styles that only this page needs.
const OWN_STYLE: &str = include_str!("../../assets/plan.css");

/// Renders the page; the athlete's name may be empty.
pub fn plan_html(plan: &Plan, athlete: &str) -> String {
    whole(None, plan, athlete)
}

/// Renders the page inside a server's frame.
pub fn plan_html_in(around: &Around, plan: &Plan, athlete: &str) -> String {
    whole(Some(around), plan, athlete)
}

fn whole(around: Option<&Around>, plan: &Plan, athlete: &str) -> String {
    let last = plan.start.plus(plan.days as i32 - 1);
    let body = html! {
        header {
            h1 { "Plan" }
            p.what { @if !athlete.is_empty() { (athlete) " · " } (plan.start) " to " (last) " · " (plan.sessions.len()) " sessions" }
        }
        main #main {
            (summary(plan))
            section.weeks aria-label="Calendar" {
                h2 { "The weeks" }
                p.key.small { @for kind in agoge_coach::plan::Kind::ALL { span class=(kind.label()) { (kind.label()) } } }
                @for (number, week) in plan.weeks.iter().enumerate() { (of_week(plan, number + 1, week)) }
            }
            section {
                h2 { "What this plan does not know" }
                ul { @for risk in &plan.risks { li { "Care: " (risk) "." } } @for note in &plan.notes { li { (note) } } }
            }
        }
        footer { p { "Made by Agoge. Nothing left this machine. A plan is a proposal for a coach and promises no result; pain belongs to a physician or physiotherapist." } }
    };
    page(if athlete.is_empty() { "Plan" } else { "Plan of an athlete" }, OWN_STYLE, around, &body)
}

fn summary(plan: &Plan) -> Markup {
    let percent = plan.response.tests == 0;
    html! {
        section.summary aria-label="Summary" {
            @for event in &plan.events {
                div.tile {
                    h2 { (event.title) ", " (Weekday::of(event.day).short()) " " (event.day) }
                    p.big { (crate::plan::performance(event.expected.value, percent)) }
                    p.small { (forecast(event, percent)) }
                }
            }
            div.tile {
                h2 { "Answer to load" }
                p { (response(plan)) "." }
            }
            div.tile {
                h2 { "How good a plan" }
                p { (quality(plan)) "." }
            }
        }
    }
}

fn of_week(plan: &Plan, number: usize, week: &Week) -> Markup {
    html! {
        article.week {
            h3 { "Week " (number) @if !week.phase.is_empty() { " · " (week.phase) } }
            p.small { (format!("{:.0} min · {:.0} AU · {} hard · CTL {:.0}", week.minutes, week.load, week.hard, week.ctl)) @if let Some(monotony) = week.monotony { (format!(" · monotony {monotony:.1}")) } }
            ol.grid {
                @for day in (0..7).map(|d| week.first.plus(d)) {
                    li.day {
                        p.date { (Weekday::of(day).short()) " " (day.date().2) }
                        @for event in plan.events.iter().filter(|event| event.day == day) { p.event { (event.title) } }
                        @for session in plan.sessions.iter().filter(|session| session.day == day) { (of_session(session)) }
                    }
                }
            }
        }
    }
}

fn of_session(session: &Planned) -> Markup {
    html! {
        details class=(session.kind.label()) {
            summary { (session.title) span.small { (format!(" {:.0} min · RPE {}", session.minutes, session.rpe)) } }
            @if !session.what.is_empty() { p { (session.what) } }
            p.small { "Serves: " (session.serves.join(", ")) "." }
            @if !session.without.is_empty() { p.small { "Without it: " (session.without) "." } }
        }
    }
}
