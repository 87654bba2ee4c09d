//! Page of load and injuries: what changed, why it matters, what to do, how certain it is; then the
//! days, with injuries marked.

use super::{PageFrame, render_page};
use crate::text::{certainty_text, count_noun};
use agoge_analysis::Certainty;
use agoge_load::injury::{Area, Injury, Warning, screening_text};
use agoge_load::{LoadOverview, LoadTrend, WorkloadMethod};
use maud::{Markup, html};

use super::days::{ChartLine, DayChart};

/// Styles that only this page needs.
const LOAD_STYLE: &str = include_str!("../../assets/load.css");

/// Renders the page.
pub fn load_html(overview: &LoadOverview) -> String {
    load_page(None, overview)
}

/// Renders the page inside a server's frame.
pub fn load_html_in(around: &PageFrame, overview: &LoadOverview) -> String {
    load_page(Some(around), overview)
}

fn load_page(around: Option<&PageFrame>, overview: &LoadOverview) -> String {
    let title = format!("Load – {}", overview.athlete);
    let body = html! {
        header {
            h1 { "Load and injury" }
            p.what { (overview.athlete) " · until " (overview.today) " · " (overview.method.name()) ", " (overview.method.unit()) " (" (overview.method.source()) ")" }
        }
        main #main {
            (summary_section(overview))
            (warnings_section(overview))
            (days_section(overview))
            (figures_section(overview))
            (injury_and_pain_sections(overview))
            (limits_section(overview))
        }
        footer { p { "Made by Agoge. Nothing left this machine. This is no diagnosis and no forecast: pain belongs to a physician or physiotherapist." } }
    };
    render_page(&title, LOAD_STYLE, around, &body)
}

fn find_trend(overview: &LoadOverview, method: WorkloadMethod) -> Option<&LoadTrend> {
    overview.trends.iter().find(|trend| trend.method == method)
}

/// Formats a figure with as many digits as it deserves; a dash if unknown.
pub(crate) fn format_figure(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "–".to_owned(),
        size if size < 20.0 => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
}

fn summary_section(overview: &LoadOverview) -> Markup {
    let loads = &overview.daily.values;
    let week = &loads[loads.len().saturating_sub(7)..];
    let known = week.iter().filter(|load| load.is_finite()).count();
    let sum: f64 = week.iter().filter(|load| load.is_finite()).sum();
    html! {
        section.summary aria-label="Summary" {
            div.tile {
                h2 { "The last 7 days" }
                p.big { (format_figure(sum)) span.of { " " (overview.method.unit()) } }
                p.small { @if known < week.len() { (known) " of " (week.len()) " days known" } @else { "every day known" } }
            }
            div.tile {
                h2 { "To look at" }
                p.big { (overview.warnings.len()) }
                p.small { @if overview.warnings.is_empty() { "no rule has anything to say" } @else { "by rules, not by a model" } }
            }
            div.tile {
                h2 { "Days" }
                p.big { (loads.len()) }
                p.small { (overview.missing_days) " without an entry; a day of rest is an entry" }
            }
        }
    }
}

fn warnings_section(overview: &LoadOverview) -> Markup {
    html! {
        section {
            h2 { "What changed" }
            @if overview.warnings.is_empty() { p { "No rule has anything to say." } }
            div.cards { @for (index, warning) in overview.warnings.iter().enumerate() { (warning_card(index + 1, warning)) } }
        }
    }
}

fn warning_card(rank: usize, warning: &Warning) -> Markup {
    let certainty_class = match warning.certainty {
        Certainty::High => "sure3",
        Certainty::Moderate => "sure2",
        Certainty::Low => "sure1",
    };
    html! {
        article.card.still {
            h3 { span.rank { (rank) } (warning.what) "." }
            dl {
                dt { "Why" } dd { (warning.why) "." }
                dt { "Do" } dd { (warning.action) "." }
                dt { "Sure" } dd { span class=(certainty_class) { (certainty_text(warning.certainty)) } }
                dt { "From" } dd.small { (warning.source) " · " (warning.day) }
            }
        }
    }
}

/// Injury marks in the charts: day index, label, whether caused by contact.
fn injury_marks(overview: &LoadOverview) -> Vec<(usize, String, bool)> {
    let mark = |injury: &Injury| {
        let index = usize::try_from(injury.day.0.checked_sub(overview.daily.first.0)?).ok()?;
        let label = if injury.area == Area::Unspecified { "injury" } else { injury.area.label() };
        Some((index, label.to_owned(), injury.contact))
    };
    overview.injuries.iter().filter_map(mark).collect()
}

fn days_section(overview: &LoadOverview) -> Markup {
    let marks = injury_marks(overview);
    let values = |method: WorkloadMethod| {
        find_trend(overview, method).map_or(&[][..], |trend| &trend.values)
    };
    let spikes: Vec<(usize, f64)> = overview
        .spikes
        .iter()
        .filter_map(|spike| {
            Some((
                usize::try_from(spike.day.0.checked_sub(overview.daily.first.0)?).ok()?,
                spike.relative_excess(),
            ))
        })
        .collect();
    let first = overview.daily.first;
    let panel = |title: &str,
                 method: WorkloadMethod,
                 lines: Vec<ChartLine>,
                 bars: Option<&[f64]>,
                 spikes: &[(usize, f64)]| {
        DayChart {
            title,
            unit: method.unit(),
            source: method.source(),
            first,
            lines,
            bars,
            marks: &marks,
            spikes,
        }
        .render_chart()
    };
    html! {
        section {
            h2 { "Day by day" }
            p.small.key { span.hurt { "injury" } span.contact { "injury by contact" } span.jump { "session more than a tenth longer than the longest of 30 days" } }
            div.days {
                (panel(&format!("Load, with CTL (42 days) and ATL (7 days): {}", overview.method.name()), overview.method, vec![
                    ChartLine { class: "left", name: "CTL", values: values(WorkloadMethod::Ctl) },
                    ChartLine { class: "right", name: "ATL", values: values(WorkloadMethod::Atl) },
                ], Some(&overview.daily.values), &spikes))
                (panel("Strain, with the athlete's own limit (dashed)", WorkloadMethod::Strain, vec![
                    ChartLine { class: "left", name: "strain", values: values(WorkloadMethod::Strain) },
                    ChartLine { class: "middle reference", name: "own limit", values: &overview.strain_limit },
                ], None, &[]))
                (panel("Monotony (population SD, at most 10)", WorkloadMethod::Monotony, vec![ChartLine { class: "left", name: "monotony", values: values(WorkloadMethod::Monotony) }], None, &[]))
                (panel("ACWR, three ways: a description, not a risk", WorkloadMethod::AcwrEwma, vec![
                    ChartLine { class: "left", name: "coupled", values: values(WorkloadMethod::AcwrCoupled) },
                    ChartLine { class: "right", name: "uncoupled", values: values(WorkloadMethod::AcwrUncoupled) },
                    ChartLine { class: "middle", name: "EWMA", values: values(WorkloadMethod::AcwrEwma) },
                ], None, &[]))
            }
        }
    }
}

fn figures_section(overview: &LoadOverview) -> Markup {
    html! {
        section {
            h2 { "Figures of today" }
            div.scroll tabindex="0" { table.joints {
                thead { tr { th scope="col" { "Figure" } th scope="col" { "Today" } th scope="col" { "Unit" } td.text { "From" } td.text { "Known against it" } } }
                tbody {
                    @for trend in &overview.trends {
                        tr { th scope="row" { (trend.name) } td { (format_figure(trend.latest_value())) } td { (trend.unit) } td.text { (trend.source) } td.text { (trend.criticism) } }
                    }
                }
            } }
            @if overview.load_for_even_form >= 0.0 {
                p.small { "For a TSB of 0 tomorrow, today's load would be " (format_figure(overview.load_for_even_form)) " " (overview.method.unit()) "." }
            }
        }
    }
}

fn injury_and_pain_sections(overview: &LoadOverview) -> Markup {
    html! {
        @if !overview.injuries.is_empty() {
            section {
                h2 { "Injuries" }
                div.scroll tabindex="0" { table.joints {
                    thead { tr { th scope="col" { "Day" } td.text { "Area (IOC 2020)" } td.text { "Side" } td.text { "Tissue" } td.text { "Onset" } td.text { "Contact" } td.text { "Notes" } } }
                    tbody { @for injury in &overview.injuries {
                        tr {
                            th scope="row" { (injury.day) }
                            td.text { (injury.area.label()) " (" (injury.area.code()) ")" } td.text { (injury.side.label()) } td.text { (injury.tissue.label()) } td.text { (injury.onset.label()) }
                            td.text { @if injury.contact { "yes" } @else { "no" } } td.text { (injury.notes) }
                        }
                    } }
                } }
            }
        }
        @if !overview.pains.is_empty() {
            section {
                h2 { "Pain" }
                p { (count_noun(overview.pains.len(), "report")) ", the last: " @if let Some(last) = overview.pains.iter().max_by_key(|pain| pain.day) { (last.day) ", " (last.area.label()) " (" (last.side.label()) "), " (format!("{:.0}", last.score)) " of 10" } "." }
            }
        }
    }
}

fn limits_section(overview: &LoadOverview) -> Markup {
    html! {
        section {
            h2 { "What can and cannot be concluded" }
            ul { @for limit in &overview.limits { li { (limit) } } }
            p.small { (screening_text()) }
        }
    }
}
