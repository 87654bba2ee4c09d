//! Page showing what was learned from a club's log.

use super::render_page;
use crate::club::{
    CLUB_NOTE, athlete_warning_text, calibration_rows, log_amount_text, report_figures,
};
use crate::text::capitalize_first;
use agoge_load::club::{ClubResult, HeldOutReport};
use maud::{Markup, html};

/// Renders the page.
pub fn club_html(club: &ClubResult) -> String {
    let body = html! {
        header {
            h1 { "What the club's log taught" }
            p.what { (capitalize_first(club.model)) " · " (log_amount_text(club)) }
        }
        main #main {
            section {
                h2 { @if club.may_speak { "The model may speak" } @else { "The model may not speak" } }
                p { (capitalize_first(&club.reason)) "." }
                p.small { "Least to learn from: " (club.least.athletes) " athletes, " (format!("{:.0}", club.least.years)) " athlete-years, " (club.least.injuries) " injuries." }
            }
            @if let Some(report) = &club.report { (held_out_section(report)) }
            @if !club.words.is_empty() {
                section {
                    h2 { "The last day of each athlete" }
                    ul { @for entry in &club.words { li { strong { (entry.athlete) } ": " (athlete_warning_text(entry)) "." } } }
                }
            }
            section { h2 { "What this is not" } p { (CLUB_NOTE) } }
        }
        footer { p { "Made by Agoge. Nothing left this machine." } }
    };
    render_page("What the club's log taught", "", None, &body)
}

fn held_out_section(report: &HeldOutReport) -> Markup {
    html! {
        section {
            h2 { "How good it is on athletes left out" }
            div.scroll tabindex="0" { table.joints { tbody {
                @for (name, value) in report_figures(report) { tr { th scope="row" { (name) } td.text { (value) } } }
            } } }
            h2 { "Calibration" }
            (calibration_diagram(report))
            div.scroll tabindex="0" { table.joints {
                thead { tr { th scope="col" { "Said" } td.text { "Came (95 % interval)" } } }
                tbody { @for (expected, observed) in calibration_rows(report) { tr { th scope="row" { (expected) } td.text { (observed) } } } }
            } }
        }
    }
}

/// Side length of the calibration diagram, and its margins, px.
const DIAGRAM_SIDE: f64 = 320.0;
const LEFT_MARGIN: f64 = 52.0;
const BOTTOM_MARGIN: f64 = 40.0;

/// Plots the observed over the expected share of injuries; on the dashed line both are equal.
fn calibration_diagram(report: &HeldOutReport) -> Markup {
    let most = report
        .calibration
        .iter()
        .map(|group| group.said.max(group.interval[1]))
        .fold(1e-6, f64::max);
    let x = |share: f64| LEFT_MARGIN + DIAGRAM_SIDE * share / most;
    let y = |share: f64| 10.0 + DIAGRAM_SIDE * (1.0 - share / most);
    let tick = |k: usize| most * k as f64 / 4.0;
    html! {
        svg viewBox=(format!("0 0 {} {}", LEFT_MARGIN + DIAGRAM_SIDE + 24.0, DIAGRAM_SIDE + 10.0 + BOTTOM_MARGIN)) style="max-width:26rem" role="img" aria-label="Calibration: what came over what was said, by groups of days" {
            rect x=(LEFT_MARGIN) y="10" width=(DIAGRAM_SIDE) height=(DIAGRAM_SIDE) fill="none" stroke="currentColor" stroke-opacity="0.3" {}
            line x1=(x(0.0)) y1=(y(0.0)) x2=(x(most)) y2=(y(most)) stroke="currentColor" stroke-opacity="0.5" stroke-dasharray="4 4" {}
            @for group in &report.calibration {
                line x1=(x(group.said)) x2=(x(group.said)) y1=(y(group.interval[0])) y2=(y(group.interval[1])) stroke="currentColor" {}
                circle cx=(x(group.said)) cy=(y(group.came)) r="4" fill="currentColor" {}
            }
            @for k in 0..5 {
                text x=(x(tick(k))) y=(DIAGRAM_SIDE + 26.0) font-size="11" text-anchor="middle" fill="currentColor" { (format!("{:.1} %", 100.0 * tick(k))) }
                text x=(LEFT_MARGIN - 5.0) y=(y(tick(k)) + 4.0) font-size="11" text-anchor="end" fill="currentColor" { (format!("{:.1} %", 100.0 * tick(k))) }
            }
            text x=(LEFT_MARGIN + 0.5 * DIAGRAM_SIDE) y=(DIAGRAM_SIDE + 44.0) font-size="12" text-anchor="middle" fill="currentColor" { "said: days followed by an injury" }
        }
    }
}
