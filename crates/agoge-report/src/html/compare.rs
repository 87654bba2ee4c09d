//! Two recordings of one movement beside each other: their curves, and by how much their metrics differ.

use super::figures;
use crate::words::{number, unit};
use agoge_coach::Analysis;
use agoge_coach::analysis::{Band, MetricSummary};
use agoge_coach::findings::words;
use maud::{Markup, html};

/// The curves of both above each other (the second dashed), and the differences of their metrics beside the minimal detectable change.
pub fn comparison(first: &Analysis, second: &Analysis) -> Markup {
    html! {
        (curves(first, second))
        (metrics(first, second))
    }
}

fn curves(first: &Analysis, second: &Analysis) -> Markup {
    let mut both: Vec<Band> = Vec::new();
    for band in &first.bands {
        let other = second.bands.iter().find(|other| (&other.name, other.side) == (&band.name, band.side));
        if let Some(other) = other {
            let reference = Some(other.mean.iter().map(|&value| value.is_finite().then_some(value)).collect());
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
            h2 { "Over the repetition" }
            @if names.is_empty() { p { "No curve could be measured in both." } } @else {
                p.small {
                    "Means from start to end of a repetition; the shade is one standard deviation of the first. Dashed: the second."
                    span.legend { span.left { "left" } span.right { "right" } span.middle { "midline" } }
                }
                div.figures { @for name in names {
                    (figures::bands(&words(name), &both.iter().filter(|band| band.name == name).collect::<Vec<_>>(), &[]))
                } }
            }
        }
    }
}

/// The larger of two minimal detectable changes: that of the less certain recording.
fn detectable(first: &MetricSummary, second: &MetricSummary) -> Option<f64> {
    first.mdc.into_iter().chain(second.mdc).filter(|mdc| mdc.is_finite()).reduce(f64::max)
}

fn metrics(first: &Analysis, second: &Analysis) -> Markup {
    let same = |metric: &MetricSummary| {
        let key = |own: &MetricSummary| (own.name.clone(), own.side, own.phase.clone(), own.unit);
        second.metrics.iter().find(|other| key(other) == key(metric))
    };
    let pairs: Vec<(&MetricSummary, &MetricSummary)> =
        first.metrics.iter().filter_map(|metric| Some((metric, same(metric)?))).collect();
    html! {
        section {
            h2 { "What differs" }
            @if pairs.is_empty() { p { "Nothing was measured in both." } } @else {
                p.small { "Bold: more than the minimal detectable change (MDC, 95 %) between two repetitions. Means of several repetitions are surer than that, so what is bold is sure." }
                div.scroll tabindex="0" { table {
                    thead { tr { th scope="col" { "Metric" } th scope="col" { "First" } th scope="col" { "Second" } th scope="col" { "Second − first" } th scope="col" { "MDC" } } }
                    tbody { @for (one, two) in pairs {
                        @let change = two.mean - one.mean;
                        @let mdc = detectable(one, two);
                        tr {
                            th scope="row" { (words(&one.name)) @if let Some(side) = one.side { ", " (side.name()) } @if let Some(phase) = &one.phase { ", " (phase.replace('_', " ")) } " " span.unit { (unit(one.unit)) } }
                            td { (number(one.mean, one.unit)) " ± " (number(one.sd, one.unit)) }
                            td { (number(two.mean, two.unit)) " ± " (number(two.sd, two.unit)) }
                            td { @if mdc.is_some_and(|mdc| change.abs() > mdc) { strong { (signed(change, one)) } } @else { (signed(change, one)) } }
                            td { (mdc.map_or("–".to_owned(), |mdc| number(mdc, one.unit))) }
                        }
                    } }
                } }
            }
        }
    }
}

/// A difference with its sign.
fn signed(change: f64, of: &MetricSummary) -> String {
    let text = number(change, of.unit);
    if change > 0.0 && text.contains(|letter: char| ('1'..='9').contains(&letter)) { format!("+{text}") } else { text }
}
