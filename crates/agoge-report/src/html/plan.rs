//! Page of a plan: what is expected, the weeks as a calendar, and why each session is there.

use super::{PageFrame, render_page};
use crate::plan::{forecast_text, plan_quality_text, response_text};
use agoge_plan::{Plan, PlannedSession, PlannedWeek, Weekday};
use maud::{Markup, html};

/// Styles that only this page needs.
const PLAN_STYLE: &str = include_str!("../../assets/plan.css");

/// Renders the page; the athlete's name may be empty.
pub fn plan_html(plan: &Plan, athlete: &str) -> String {
    plan_page(None, plan, athlete)
}

/// Renders the page inside a server's frame.
pub fn plan_html_in(around: &PageFrame, plan: &Plan, athlete: &str) -> String {
    plan_page(Some(around), plan, athlete)
}

fn plan_page(around: Option<&PageFrame>, plan: &Plan, athlete: &str) -> String {
    let last = plan.start.plus_days(plan.days as i32 - 1);
    let body = html! {
        header {
            h1 { "Plan" }
            p.what { @if !athlete.is_empty() { (athlete) " · " } (plan.start) " to " (last) " · " (plan.sessions.len()) " sessions" }
        }
        main #main {
            (summary_section(plan))
            section.weeks aria-label="Calendar" {
                h2 { "The weeks" }
                p.key.small { @for kind in agoge_plan::SessionKind::ALL { span class=(kind.label()) { (kind.label()) } } }
                @for (number, week) in plan.weeks.iter().enumerate() { (week_article(plan, number + 1, week)) }
            }
            section {
                h2 { "What this plan does not know" }
                ul { @for risk in &plan.risks { li { "Care: " (risk) "." } } @for note in &plan.notes { li { (note) } } }
            }
        }
        footer { p { "Made by Agoge. Nothing left this machine. A plan is a proposal for a coach and promises no result; pain belongs to a physician or physiotherapist." } }
    };
    render_page(
        if athlete.is_empty() { "Plan" } else { "Plan of an athlete" },
        PLAN_STYLE,
        around,
        &body,
    )
}

fn summary_section(plan: &Plan) -> Markup {
    let percent = plan.response.tests == 0;
    html! {
        section.summary aria-label="Summary" {
            @for event in &plan.events {
                div.tile {
                    h2 { (event.title) ", " (Weekday::from_day(event.day).short_name()) " " (event.day) }
                    p.big { (crate::plan::format_performance(event.expected.value, percent)) }
                    p.small { (forecast_text(event, percent)) }
                }
            }
            div.tile {
                h2 { "Answer to load" }
                p { (response_text(plan)) "." }
            }
            div.tile {
                h2 { "How good a plan" }
                p { (plan_quality_text(plan)) "." }
            }
        }
    }
}

fn week_article(plan: &Plan, number: usize, week: &PlannedWeek) -> Markup {
    html! {
        article.week {
            h3 { "Week " (number) @if let Some(phase) = week.phase.name() { " · " (phase) } }
            p.small { (format!("{:.0} min · {:.0} AU · {} hard · CTL {:.0}", week.minutes, week.load, week.hard, week.ctl)) @if let Some(monotony) = week.monotony { (format!(" · monotony {monotony:.1}")) } }
            ol.grid {
                @for day in (0..7).map(|d| week.first.plus_days(d)) {
                    li.day {
                        p.date { (Weekday::from_day(day).short_name()) " " (day.year_month_day().2) }
                        @for event in plan.events.iter().filter(|event| event.day == day) { p.event { (event.title) } }
                        @for session in plan.sessions.iter().filter(|session| session.day == day) { (session_details(session)) }
                    }
                }
            }
        }
    }
}

fn session_details(session: &PlannedSession) -> Markup {
    html! {
        details class=(session.kind.label()) {
            summary { (session.title) span.small { (format!(" {:.0} min · RPE {}", session.minutes, session.rpe)) } }
            @if !session.what.is_empty() { p { (session.what) } }
            p.small { "Serves: " (session.serves.join(", ")) "." }
            @if !session.without.is_empty() { p.small { "Without it: " (session.without) "." } }
        }
    }
}
