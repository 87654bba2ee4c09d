//! An athlete's development: for each movement the score, and the metric behind its newest first
//! finding, with the change needed to be real.

use super::figures::{axis_ticks, tick_label};
use crate::Language;
use crate::language::Sentences;
use crate::text::{format_metric, unit_symbol};
use agoge_analysis::{Analysis, MetricSummary, Score};
use agoge_coach::findings::display_name;
use agoge_motion::Day;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 170.0;
/// Margins for the labels at the left, right, top and bottom, px.
const MARGIN: [f64; 4] = [42.0, 12.0, 8.0, 22.0];

/// A value on a day, with the ends of its interval.
struct DatedValue {
    day: Day,
    value: f64,
    ends: Option<[f64; 2]>,
}

/// Renders a pair of charts for each movement: its scores with their intervals, and the metric
/// behind its newest first finding with the band of the minimal detectable change around the first
/// day. The analyses may be in any order; movements without a score are left out.
pub fn render_development(language: Language, analyses: &[(Day, Analysis)]) -> Markup {
    let sentences = Sentences::for_language(language);
    let mut sorted: Vec<&(Day, Analysis)> = analyses.iter().collect();
    sorted.sort_by_key(|(day, _)| *day);
    let mut movements: Vec<&str> = Vec::new();
    for (_, analysis) in sorted.iter().rev() {
        if analysis.score.is_some() && !movements.contains(&analysis.movement.name.as_str()) {
            movements.push(&analysis.movement.name);
        }
    }
    html! {
        @for movement in movements {
            @let of_movement: Vec<&(Day, Analysis)> = sorted.iter().copied().filter(|(_, analysis)| analysis.movement.name == movement).collect();
            section.development {
                h3 { (of_movement.last().map_or("", |(_, analysis)| &analysis.movement.title)) }
                div.figures { (score_figure(&sentences, &of_movement)) (finding_metric_figure(&sentences, &of_movement)) }
            }
        }
    }
}

/// Chart of the scores by the method of the newest one: another method is another scale.
fn score_figure(sentences: &Sentences, analyses: &[&(Day, Analysis)]) -> Markup {
    let scored: Vec<(Day, &Score)> = analyses
        .iter()
        .filter_map(|(day, analysis)| Some((*day, analysis.score.as_ref()?)))
        .filter(|(_, score)| score.value.is_finite())
        .collect();
    let points: Vec<DatedValue> = scored
        .iter()
        .filter(|(_, score)| scored.last().is_some_and(|(_, newest)| newest.method == score.method))
        .map(|(day, score)| DatedValue {
            day: *day,
            value: score.value,
            ends: Some([score.low, score.high]),
        })
        .collect();
    let others = scored.len() - points.len();
    html! { figure {
        figcaption { (sentences.format_message("over-score", &[])) " " span.unit { (sentences.format_message("over-bars", &[])) } }
        @if others > 0 { p.small { (sentences.format_message("over-other-scale", &[("count", &others.to_string())])) } }
        (dated_plot(&sentences.format_message("over-scores", &[("count", &points.len().to_string())]), &points, None, Some([0.0, 100.0])))
    } }
}

/// Chart of the metric behind the first finding of the newest analysis that has one.
fn finding_metric_figure(sentences: &Sentences, analyses: &[&(Day, Analysis)]) -> Markup {
    let finding = analyses.iter().rev().find_map(|(_, analysis)| analysis.findings.first());
    let Some(finding) = finding else { return html! {} };
    let metric_in = |analysis: &Analysis| -> Option<MetricSummary> {
        let is_behind_finding =
            |metric: &&MetricSummary| metric.name == finding.metric && metric.side == finding.side;
        // A finding without a side may rest on metrics with one: the first of them stands for it.
        let exact_match = analysis.metrics.iter().find(is_behind_finding);
        exact_match
            .or_else(|| analysis.metrics.iter().find(|metric| metric.name == finding.metric))
            .cloned()
    };
    let known: Vec<(Day, MetricSummary)> = analyses
        .iter()
        .filter_map(|(day, analysis)| {
            Some((*day, metric_in(analysis).filter(|metric| metric.mean.is_finite())?))
        })
        .collect();
    let Some((_, first)) = known.first() else { return html! {} };
    let mdc = known
        .iter()
        .filter_map(|(_, metric)| metric.mdc)
        .filter(|mdc| mdc.is_finite())
        .reduce(f64::max);
    let points: Vec<DatedValue> = known
        .iter()
        .map(|(day, metric)| DatedValue { day: *day, value: metric.mean, ends: None })
        .collect();
    let band = mdc.map(|mdc| [first.mean - mdc, first.mean + mdc]);
    let name = display_name(&first.name);
    html! { figure {
        figcaption { (name) @if let Some(side) = first.side { ", " (sentences.format_message(side.name(), &[("what", "")]).trim()) } @if !unit_symbol(first.unit).is_empty() { " " span.unit { "(" (unit_symbol(first.unit)) ")" } } }
        (dated_plot(&sentences.format_message("over-days", &[("name", &name), ("count", &points.len().to_string())]), &points, band, None))
        p.small { @match mdc {
            Some(mdc) => { (sentences.format_message("over-shade", &[("mdc", format!("{} {}", format_metric(mdc, first.unit), unit_symbol(first.unit)).trim())])) }
            None => { (sentences.format_message("over-unknown", &[])) }
        } }
    } }
}

/// Draws connected dots over days; `band` is a shaded range of values, `axis` the range of the axis
/// if fixed.
fn dated_plot(
    description: &str,
    points: &[DatedValue],
    band: Option<[f64; 2]>,
    axis: Option<[f64; 2]>,
) -> Markup {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return html! {} };
    let values = points.iter().map(|point| point.value).chain(band.into_iter().flatten());
    let [low, high] = axis.unwrap_or_else(|| {
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let room = (0.08 * (high - low)).max(1e-6 * high.abs()).max(1e-9);
        [low - room, high + room]
    });
    let [left, right, top, bottom] = MARGIN;
    let days = f64::from(last.day.0 - first.day.0);
    let x = |day: Day| {
        let share = if days > 0.0 { f64::from(day.0 - first.day.0) / days } else { 0.5 };
        left + 8.0 + (WIDTH - left - right - 16.0) * share
    };
    let y =
        |value: f64| top + (HEIGHT - top - bottom) * (high - value.clamp(low, high)) / (high - low);
    let mut svg = String::new();
    for tick in axis_ticks(low, high) {
        let (y, end) = (y(tick), WIDTH - right);
        let _ = write!(
            svg,
            r#"<line class="grid" x1="{left}" x2="{end:.1}" y1="{y:.1}" y2="{y:.1}"/>"#
        );
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
            left - 4.0,
            y + 3.5,
            tick_label(tick)
        );
    }
    if let Some([from, to]) = band {
        let (width, height) = (WIDTH - left - right, y(from) - y(to));
        let _ = write!(
            svg,
            r#"<rect class="mdc" x="{left}" y="{:.1}" width="{width:.1}" height="{height:.1}"/>"#,
            y(to)
        );
    }
    let line: Vec<String> =
        points.iter().map(|point| format!("{:.1},{:.1}", x(point.day), y(point.value))).collect();
    let _ = write!(svg, r#"<polyline class="left" points="{}"/>"#, line.join(" "));
    for point in points {
        let x = x(point.day);
        if let Some([from, to]) = point.ends.filter(|ends| ends.iter().all(|end| end.is_finite())) {
            let _ = write!(
                svg,
                r#"<line class="ends" x1="{x:.1}" x2="{x:.1}" y1="{:.1}" y2="{:.1}"/>"#,
                y(from),
                y(to)
            );
        }
        let (day, value) = (point.day, tick_label(point.value));
        let y = y(point.value);
        let _ = write!(
            svg,
            r#"<circle class="score" cx="{x:.1}" cy="{y:.1}" r="4"><title>{day}: {value}</title></circle>"#
        );
    }
    let base = HEIGHT - 6.0;
    let _ = write!(svg, r#"<text x="{left}" y="{base:.1}">{}</text>"#, first.day);
    if days > 0.0 {
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{base:.1}" text-anchor="end">{}</text>"#,
            WIDTH - right,
            last.day
        );
    }
    html! { svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(description) { (PreEscaped(svg)) } }
}
