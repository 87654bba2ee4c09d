//! Charts of values over days, with injuries and spikes marked.

use super::figures::{axis_ticks, tick_label};
use agoge_motion::Day;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

const WIDTH: f64 = 1080.0;
const HEIGHT: f64 = 190.0;
/// Margins for the labels at the left, right, top and bottom, px.
const MARGIN: [f64; 4] = [46.0, 10.0, 20.0, 22.0];
/// Most days drawn one by one; in longer series each point shows the highest of its days.
const MOST_PLACES: usize = 1000;

/// A line of a chart.
pub(super) struct ChartLine<'a> {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    /// `[day]`, NaN where unknown: the line is broken there.
    pub(super) values: &'a [f64],
}

/// A chart.
pub(super) struct DayChart<'a> {
    pub(super) title: &'a str,
    pub(super) unit: &'a str,
    pub(super) source: &'a str,
    /// The day of index 0.
    pub(super) first: Day,
    pub(super) lines: Vec<ChartLine<'a>>,
    /// Values drawn as bars from 0.
    pub(super) bars: Option<&'a [f64]>,
    /// Injuries: day index, label, whether by contact.
    pub(super) marks: &'a [(usize, String, bool)],
    /// Sessions much longer than those before: day index and relative excess.
    pub(super) spikes: &'a [(usize, f64)],
}

impl DayChart<'_> {
    /// Renders the chart, or only its caption if there is no value.
    pub(super) fn render_chart(&self) -> Markup {
        let all =
            self.lines.iter().flat_map(|line| line.values).chain(self.bars.into_iter().flatten());
        let high = all.copied().filter(|value| value.is_finite()).fold(f64::NAN, f64::max);
        let days = self
            .lines
            .iter()
            .map(|line| line.values.len())
            .chain(self.bars.map(<[f64]>::len))
            .max()
            .unwrap_or(0);
        if high.is_nan() || high <= 0.0 || days < 2 {
            return html! { figure { figcaption { (self.title) ": " span.unit { "too few days yet" } } } };
        }
        let [left, right, top, bottom] = MARGIN;
        let (high, floor) = (high * 1.05, HEIGHT - bottom);
        let x = |index: f64| left + (WIDTH - left - right) * (index + 0.5) / days as f64;
        let y = |value: f64| top + (floor - top) * (high - value) / high;
        let mut svg = String::new();
        for tick in axis_ticks(0.0, high) {
            let _ = write!(
                svg,
                r#"<line class="grid" x1="{left}" x2="{:.1}" y1="{1:.1}" y2="{1:.1}"/>"#,
                WIDTH - right,
                y(tick)
            );
            let _ = write!(
                svg,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{}</text>"#,
                left - 5.0,
                y(tick) + 3.5,
                tick_label(tick)
            );
        }
        for tick_index in 0..=5 {
            let index = tick_index * (days - 1) / 5;
            let anchor = ["start", "middle", "middle", "middle", "middle", "end"][tick_index];
            let day = self.first.plus_days(i32::try_from(index).unwrap_or(0));
            let _ = write!(
                svg,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">{day}</text>"#,
                x(index as f64),
                HEIGHT - 6.0
            );
        }
        if let Some(bars) = self.bars {
            let width = ((WIDTH - left - right) / days as f64 * 0.8).max(0.4);
            for (index, value) in thin_values(bars) {
                let _ = write!(
                    svg,
                    r#"<rect class="load" x="{:.1}" y="{:.1}" width="{width:.2}" height="{:.1}"/>"#,
                    x(index) - width / 2.0,
                    y(value),
                    floor - y(value)
                );
            }
        }
        for line in &self.lines {
            self.write_polyline(&mut svg, line, x, y);
        }
        for (index, _) in self.spikes {
            let mark_x = x(*index as f64);
            let _ = write!(
                svg,
                r#"<polygon class="jump" points="{:.1},{floor} {:.1},{floor} {mark_x:.1},{:.1}"/>"#,
                mark_x - 4.0,
                mark_x + 4.0,
                floor - 8.0
            );
        }
        for (index, label_text, contact) in self.marks.iter().filter(|(index, ..)| *index < days) {
            let (mark_x, class) =
                (x(*index as f64), if *contact { "hurt contact" } else { "hurt" });
            let _ = write!(
                svg,
                r#"<line class="{class}" x1="{mark_x:.1}" x2="{mark_x:.1}" y1="{top}" y2="{floor}"/>"#
            );
            // Labels from a file never become markup.
            let label_text: String = html! { (label_text) }.into_string();
            let _ = write!(
                svg,
                r#"<text class="hurt" x="{mark_x:.1}" y="12" text-anchor="middle">{label_text}</text>"#
            );
        }
        let names = self.lines.iter().map(|line| line.name).collect::<Vec<_>>().join(", ");
        html! {
            figure {
                figcaption {
                    (self.title) " " span.unit { "(" (self.unit) "; " (self.source) ")" }
                    @if self.lines.len() > 1 { span.legend { @for line in &self.lines { span class=(line.class) { (line.name) } } } }
                }
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(format!("{}: {names} over {days} days, {} injuries marked", self.title, self.marks.len())) { (PreEscaped(svg)) }
            }
        }
    }

    fn write_polyline(
        &self,
        svg: &mut String,
        line: &ChartLine,
        x: impl Fn(f64) -> f64,
        y: impl Fn(f64) -> f64,
    ) {
        let step = line.values.len().div_ceil(MOST_PLACES).max(1) as f64;
        let mut previous = f64::NEG_INFINITY;
        let mut is_open = false;
        for (index, value) in thin_values(line.values) {
            if index - previous > step * 1.5 && is_open {
                svg.push_str(r#""/>"#);
                is_open = false;
            }
            if !is_open {
                let _ = write!(svg, r#"<polyline class="{}" points=""#, line.class);
                is_open = true;
            }
            let _ = write!(svg, "{:.1},{:.1} ", x(index), y(value));
            previous = index;
        }
        if is_open {
            svg.push_str(r#""/>"#);
        }
    }
}

/// Day indices and values to draw.
fn thin_values(values: &[f64]) -> impl Iterator<Item = (f64, f64)> + '_ {
    let step = values.len().div_ceil(MOST_PLACES).max(1);
    values.chunks(step).enumerate().filter_map(move |(index, chunk)| {
        let highest = chunk.iter().copied().filter(|value| value.is_finite()).reduce(f64::max)?;
        Some((((index * step) as f64) + (chunk.len() - 1) as f64 / 2.0, highest))
    })
}
