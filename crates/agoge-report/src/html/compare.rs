//! Compares two recordings of one movement: their curves, and how much their metrics differ.

use super::figures;
use crate::Language;
use crate::language::Sentences;
use crate::text::{format_metric, unit_symbol};
use agoge_analysis::Analysis;
use agoge_analysis::{Band, MetricSummary};
use agoge_coach::findings::display_name;
use maud::{Markup, html};

/// Renders the curves of both in shared figures (the second dashed), and the differences of their
/// metrics next to the minimal detectable change.
pub fn render_comparison(language: Language, first: &Analysis, second: &Analysis) -> Markup {
    let sentences = Sentences::for_language(language);
    let say = |name: &str| sentences.format_message(name, &[("what", "")]).trim().to_owned();
    html! {
        (curves_section(&sentences, &say, first, second))
        (metrics_section(&say, first, second))
    }
}

/// Looks up a text in the report's language.
type TextLookup<'a> = &'a dyn Fn(&str) -> String;

fn curves_section(
    sentences: &Sentences,
    say: TextLookup<'_>,
    first: &Analysis,
    second: &Analysis,
) -> Markup {
    let mut both: Vec<Band> = Vec::new();
    for band in &first.bands {
        let other =
            second.bands.iter().find(|other| (&other.name, other.side) == (&band.name, band.side));
        if let Some(other) = other {
            let reference =
                Some(other.mean.iter().map(|&value| value.is_finite().then_some(value)).collect());
            both.push(Band { reference, ..band.clone() });
        }
    }
    let mut names: Vec<&str> = Vec::new();
    for band in &both {
        if !names.contains(&band.name.as_str()) {
            names.push(&band.name);
        }
    }
    html! {
        section {
            h2 { (say("pair-curves")) }
            @if names.is_empty() { p { (say("pair-no-curves")) } } @else {
                p.small {
                    (say("pair-curves-what"))
                    span.legend { span.left { (say("left")) } span.right { (say("right")) } span.middle { (say("midline")) } }
                }
                div.figures { @for name in names {
                    (figures::band_figure(&sentences.curve_name(name, None), &both.iter().filter(|band| band.name == name).collect::<Vec<_>>(), &[]))
                } }
            }
        }
    }
}

/// The larger of two minimal detectable changes: that of the less certain recording.
fn detectable_change(first: &MetricSummary, second: &MetricSummary) -> Option<f64> {
    first.mdc.into_iter().chain(second.mdc).filter(|mdc| mdc.is_finite()).reduce(f64::max)
}

fn metrics_section(say: TextLookup<'_>, first: &Analysis, second: &Analysis) -> Markup {
    let counterpart = |metric: &MetricSummary| {
        let key = |summary: &MetricSummary| {
            (summary.name.clone(), summary.side, summary.phase.clone(), summary.unit)
        };
        second.metrics.iter().find(|other| key(other) == key(metric))
    };
    let pairs: Vec<(&MetricSummary, &MetricSummary)> =
        first.metrics.iter().filter_map(|metric| Some((metric, counterpart(metric)?))).collect();
    html! {
        section {
            h2 { (say("pair-differs")) }
            @if pairs.is_empty() { p { (say("pair-none")) } } @else {
                p.small { (say("pair-what")) }
                div.scroll tabindex="0" { table {
                    thead { tr { @for name in ["metric", "first", "second", "change", "mdc"] { th scope="col" { (say(&format!("pair-{name}"))) } } } }
                    tbody { @for (one, two) in pairs {
                        @let change = two.mean - one.mean;
                        @let mdc = detectable_change(one, two);
                        tr {
                            th scope="row" { (display_name(&one.name)) @if let Some(side) = one.side { ", " (say(side.name())) } @if let Some(phase) = &one.phase { ", " (phase.replace('_', " ")) } " " span.unit { (unit_symbol(one.unit)) } }
                            td { (format_metric(one.mean, one.unit)) " ± " (format_metric(one.sd, one.unit)) }
                            td { (format_metric(two.mean, two.unit)) " ± " (format_metric(two.sd, two.unit)) }
                            td { @if mdc.is_some_and(|mdc| change.abs() > mdc) { strong { (signed_difference(change, one)) } } @else { (signed_difference(change, one)) } }
                            td { (mdc.map_or("–".to_owned(), |mdc| format_metric(mdc, one.unit))) }
                        }
                    } }
                } }
            }
        }
    }
}

/// Formats a difference with its sign.
fn signed_difference(change: f64, metric: &MetricSummary) -> String {
    let text = format_metric(change, metric.unit);
    if change > 0.0 && text.contains(|letter: char| ('1'..='9').contains(&letter)) {
        format!("+{text}")
    } else {
        text
    }
}
