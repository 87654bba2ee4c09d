//! Pictures of values over days, with injuries and spikes marked.

use super::figures::{label, ticks};
use agoge_motion::Day;
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

const WIDTH: f64 = 1080.0;
const HEIGHT: f64 = 190.0;
/// Room for the labels at the left, right, top and bottom.
const MARGIN: [f64; 4] = [46.0, 10.0, 20.0, 22.0];
/// Most days that are drawn one by one; of longer series each place shows the highest of its days.
const MOST_PLACES: usize = 1000;

/// A line of a picture.
pub(super) struct Line<'a> {
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    /// `[day]`, NaN where it cannot be said: the line is broken there.
    pub(super) values: &'a [f64],
}

/// A picture.
pub(super) struct Panel<'a> {
    pub(super) title: &'a str,
    pub(super) unit: &'a str,
    pub(super) source: &'a str,
    /// The day of place 0.
    pub(super) first: Day,
    pub(super) lines: Vec<Line<'a>>,
    /// Values drawn as bars from 0.
    pub(super) bars: Option<&'a [f64]>,
    /// Injuries: place, word, whether by contact.
    pub(super) marks: &'a [(usize, String, bool)],
    /// Sessions that were much longer than those before: place and excess.
    pub(super) spikes: &'a [(usize, f64)],
}

impl Panel<'_> {
    /// The picture; nothing where there is no value.
    pub(super) fn draw(&self) -> Markup {
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
        let x = |place: f64| left + (WIDTH - left - right) * (place + 0.5) / days as f64;
        let y = |value: f64| top + (floor - top) * (high - value) / high;
        let mut svg = String::new();
        for tick in ticks(0.0, high) {
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
                label(tick)
            );
        }
        for part in 0..=5 {
            let place = part * (days - 1) / 5;
            let anchor = ["start", "middle", "middle", "middle", "middle", "end"][part];
            let day = self.first.plus(i32::try_from(place).unwrap_or(0));
            let _ = write!(
                svg,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">{day}</text>"#,
                x(place as f64),
                HEIGHT - 6.0
            );
        }
        if let Some(bars) = self.bars {
            let width = ((WIDTH - left - right) / days as f64 * 0.8).max(0.4);
            for (place, value) in thinned(bars) {
                let _ = write!(
                    svg,
                    r#"<rect class="load" x="{:.1}" y="{:.1}" width="{width:.2}" height="{:.1}"/>"#,
                    x(place) - width / 2.0,
                    y(value),
                    floor - y(value)
                );
            }
        }
        for line in &self.lines {
            self.line(&mut svg, line, x, y);
        }
        for (place, _) in self.spikes {
            let at = x(*place as f64);
            let _ = write!(
                svg,
                r#"<polygon class="jump" points="{:.1},{floor} {:.1},{floor} {at:.1},{:.1}"/>"#,
                at - 4.0,
                at + 4.0,
                floor - 8.0
            );
        }
        for (place, word, contact) in self.marks.iter().filter(|(place, ..)| *place < days) {
            let (at, class) = (x(*place as f64), if *contact { "hurt contact" } else { "hurt" });
            let _ = write!(
                svg,
                r#"<line class="{class}" x1="{at:.1}" x2="{at:.1}" y1="{top}" y2="{floor}"/>"#
            );
            // Words from a file never become markup.
            let word: String = html! { (word) }.into_string();
            let _ = write!(
                svg,
                r#"<text class="hurt" x="{at:.1}" y="12" text-anchor="middle">{word}</text>"#
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

    fn line(&self, svg: &mut String, line: &Line, x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) {
        let step = line.values.len().div_ceil(MOST_PLACES).max(1) as f64;
        let mut before = f64::NEG_INFINITY;
        let mut open = false;
        for (place, value) in thinned(line.values) {
            if place - before > step * 1.5 && open {
                svg.push_str(r#""/>"#);
                open = false;
            }
            if !open {
                let _ = write!(svg, r#"<polyline class="{}" points=""#, line.class);
                open = true;
            }
            let _ = write!(svg, "{:.1},{:.1} ", x(place), y(value));
            before = place;
        }
        if open {
            svg.push_str(r#""/>"#);
        }
    }
}

/// Places and values that are drawn.
fn thinned(values: &[f64]) -> impl Iterator<Item = (f64, f64)> + '_ {
    let step = values.len().div_ceil(MOST_PLACES).max(1);
    values.chunks(step).enumerate().filter_map(move |(index, chunk)| {
        let highest = chunk.iter().copied().filter(|value| value.is_finite()).reduce(f64::max)?;
        Some((((index * step) as f64) + (chunk.len() - 1) as f64 / 2.0, highest))
    })
}
