//! Still figures of curves: mean and spread over the cycle, left and right.

use agoge_analysis::Band;
use agoge_kinematics::Unit;
use agoge_motion::Side;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 170.0;
/// Margins for the labels at the left, right, top and bottom, px.
const MARGIN: [f64; 4] = [38.0, 8.0, 8.0, 22.0];

/// Renders one figure for the sides of a curve: lines for the means, bands for one standard
/// deviation, a dashed line for the reference. `turns` are the boundaries between phases in
/// percent, with the name of the phase that begins there.
pub(super) fn band_figure(title: &str, sides: &[&Band], turns: &[(f64, String)]) -> Markup {
    let finite = |v: &f64| v.is_finite();
    let mut values: Vec<f64> = Vec::new();
    for band in sides {
        for (mean, sd) in band.mean.iter().zip(&band.sd) {
            let sd = if sd.is_finite() { *sd } else { 0.0 };
            values.extend([mean - sd, mean + sd]);
        }
        values.extend(band.reference.iter().flatten().flatten());
    }
    let low = values.iter().copied().filter(|v| finite(v)).fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().filter(|v| finite(v)).fold(f64::NEG_INFINITY, f64::max);
    let Some(unit) = sides.first().map(|band| band.unit).filter(|_| low.is_finite()) else {
        return html! {};
    };
    // A nearly constant curve must not fill the figure with its noise.
    let widen = 0.5 * (min_axis_span(unit) - (high - low)).max(0.0);
    let (low, high) = (low - widen, high + widen);
    let [left, right, top, bottom] = MARGIN;
    let x = |percent: f64| left + (WIDTH - left - right) * percent / 100.0;
    let y = |value: f64| top + (HEIGHT - top - bottom) * (high - value) / (high - low);
    let mut svg = String::new();
    let mut append = |text: String| svg.push_str(&text);
    for tick in axis_ticks(low, high) {
        append(format!(
            r#"<line class="grid" x1="{left}" x2="{:.1}" y1="{1:.1}" y2="{1:.1}"/>"#,
            WIDTH - right,
            y(tick)
        ));
        append(format!(
            r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
            left - 4.0,
            y(tick) + 3.5,
            tick_label(tick)
        ));
    }
    for percent in [0.0, 50.0, 100.0] {
        let anchor = if percent == 0.0 {
            "start"
        } else if percent == 100.0 {
            "end"
        } else {
            "middle"
        };
        append(format!(
            r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">{percent:.0} %</text>"#,
            x(percent),
            HEIGHT - 6.0
        ));
    }
    for (percent, _) in turns.iter().filter(|(percent, _)| *percent > 1.0) {
        append(format!(
            r#"<line class="turn" x1="{0:.1}" x2="{0:.1}" y1="{top}" y2="{1:.1}"/>"#,
            x(*percent),
            HEIGHT - bottom
        ));
    }
    for band in sides {
        let class = match band.side {
            Some(Side::Left) => "left",
            Some(Side::Right) => "right",
            None => "middle",
        };
        let sd = |i: usize| band.sd.get(i).copied().filter(finite).unwrap_or(0.0);
        let known: Vec<usize> =
            (0..band.mean.len()).filter(|&i| band.mean[i].is_finite()).collect();
        let mut outline = String::new();
        for &i in &known {
            let _ = write!(outline, "{:.1},{:.1} ", x(i as f64), y(band.mean[i] + sd(i)));
        }
        for &i in known.iter().rev() {
            let _ = write!(outline, "{:.1},{:.1} ", x(i as f64), y(band.mean[i] - sd(i)));
        }
        append(format!(r#"<polygon class="{class}" points="{}"/>"#, outline.trim_end()));
        append(svg_polyline(class, known.iter().map(|&i| (x(i as f64), y(band.mean[i])))));
        if let Some(reference) = &band.reference {
            let points =
                reference.iter().enumerate().filter_map(|(i, v)| Some((x(i as f64), y((*v)?))));
            append(svg_polyline(&format!("{class} reference"), points));
        }
    }
    html! {
        figure {
            figcaption { (title) @if unit != Unit::One { " " span.unit { "(" (crate::text::unit_symbol(unit)) ")" } } }
            svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(format!("{title} over the repetition, mean and standard deviation")) {
                (PreEscaped(svg))
            }
        }
    }
}

/// Smallest range of an axis.
fn min_axis_span(unit: Unit) -> f64 {
    match unit {
        Unit::Degree | Unit::Percent => 20.0,
        Unit::DegreePerSecond | Unit::Newton => 50.0,
        Unit::NewtonMetre => 20.0,
        Unit::Metre | Unit::Trunk => 0.1,
        Unit::MetrePerSecond | Unit::TrunkPerSecond | Unit::Second | Unit::One => 0.5,
        Unit::PerMinute => 10.0,
    }
}

fn svg_polyline(class: &str, points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut text = String::new();
    for (x, y) in points {
        let _ = write!(text, "{x:.1},{y:.1} ");
    }
    format!(r#"<polyline class="{class}" points="{}"/>"#, text.trim_end())
}

/// Formats a tick's value without trailing zeros.
pub(super) fn tick_label(tick: f64) -> String {
    let text = format!("{tick:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Three to six round values in a range.
pub(super) fn axis_ticks(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 4.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    (first..first + 10).map(|i| i as f64 * step).take_while(|v| *v <= high).collect()
}
