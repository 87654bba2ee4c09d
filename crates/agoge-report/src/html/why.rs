//! The section that explains why: each change with the figure as it was and as it would be, then
//! timing, links and whether the explanation stands.

use super::Scene;
use crate::explanation::{change_texts, explanation_sections};
use crate::language::{Language, Sentences};
use agoge_analysis::Analysis;
use agoge_analysis::{JointLink, PicturedChange};
use agoge_motion::{Part, Recording};
use maud::{Markup, PreEscaped, html};
use std::fmt::Write;

/// Most couplings drawn.
const MAX_LINKS: usize = 3;
/// Height and width of a figure, px.
const PICTURE_SIZE: f64 = 150.0;

pub(super) fn why_section(analysis: &Analysis, scene: &Scene) -> Markup {
    let Some(explanation) = &analysis.explanation else { return html! {} };
    let sentences = Sentences::for_language(Language::English);
    let total = analysis.repetitions.iter().filter(|repetition| repetition.complete).count();
    let texts = change_texts(explanation, total, &sentences);
    html! {
        section.why {
            h2 { "Change this first, beside " (explanation.reference) }
            @if texts.is_empty() { p { (sentences.format_message("nothing", &[])) } }
            div.cards { @for (index, (text, change)) in texts.iter().zip(&explanation.changes).enumerate() {
                article.card tabindex="0" {
                    h3 { span.rank { (index + 1) } (text.title) }
                    @if let Some(pictured) = &change.pictured { (before_after_figures(pictured, scene.figure, change.joint)) }
                    @for line in &text.lines { p { (line) } }
                }
            } }
            @for (heading, lines) in explanation_sections(explanation, &sentences) {
                h3 { (heading) }
                ul { @for line in lines { li { (line) } } }
            }
            @if !explanation.links.is_empty() {
                div.figures { @for link in explanation.links.iter().take(MAX_LINKS) { (coupling_figure(link, &sentences)) } }
            }
        }
    }
}

/// Plots two angles against each other over the repetition: the athlete's solid, the reference's
/// dashed.
fn coupling_figure(link: &JointLink, sentences: &Sentences) -> Markup {
    let name = |(joint, curve): &(Part, String)| sentences.curve_name(curve, joint.side());
    let finite_points = || {
        link.path.iter().chain(&link.expected_path).filter(|[a, b]| a.is_finite() && b.is_finite())
    };
    let range = |k: usize| {
        let low = finite_points().map(|p| p[k]).fold(f64::INFINITY, f64::min);
        (low, finite_points().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max).max(low + 1.0))
    };
    let ((left, right), (bottom, top)) = (range(0), range(1));
    if !left.is_finite() || !bottom.is_finite() {
        return html! {};
    }
    let line = |path: &[[f64; 2]], class: &str| {
        let mut points = String::new();
        for [a, b] in path.iter().filter(|[a, b]| a.is_finite() && b.is_finite()) {
            let x = 10.0 + (PICTURE_SIZE - 20.0) * (a - left) / (right - left);
            let _ = write!(
                points,
                "{x:.1},{:.1} ",
                PICTURE_SIZE - 10.0 - (PICTURE_SIZE - 20.0) * (b - bottom) / (top - bottom)
            );
        }
        format!(r#"<polyline class="{class}" points="{}"/>"#, points.trim_end())
    };
    let title = format!("{} → {}", name(&link.proximal), name(&link.distal).to_lowercase());
    html! {
        figure.coupling {
            figcaption { (title) span.unit { " (" (format!("{left:.0} to {right:.0}°, {bottom:.0} to {top:.0}°")) ")" } }
            svg viewBox=(format!("0 0 {PICTURE_SIZE} {PICTURE_SIZE}")) role="img" aria-label=(format!("{title}: the athlete's in a line, the reference's dashed")) {
                (PreEscaped(line(&link.path, "middle"))) (PreEscaped(line(&link.expected_path, "middle reference")))
            }
        }
    }
}

/// Draws the athlete at the instant of the largest difference, next to the same with that joint
/// moved as the reference's.
fn before_after_figures(pictured: &PicturedChange, figure: &Recording, joint: Part) -> Markup {
    if figure.joint_count() != Part::COUNT
        || pictured.frame >= figure.frame_count()
        || pictured.mended.len() != Part::COUNT
    {
        return html! {};
    }
    let original: Vec<[f64; 3]> =
        (0..Part::COUNT).map(|part| figure.position_at(pictured.frame, part)).collect();
    let mended: Vec<[f64; 3]> =
        pictured.mended.iter().map(|p| p.unwrap_or([f64::NAN; 3])).collect();
    let to_athlete_axes = |a: [f64; 3]| {
        let [forward, right] = pictured.look;
        [
            a[0] * forward[0] + a[2].max(-1e9) * forward[1],
            a[1],
            a[0] * right[0] + a[2].max(-1e9) * right[1],
        ]
    };
    // From the side or from the front, at the same scale: choose the view in which the two differ
    // more.
    let project = |points: &[[f64; 3]], axis: usize| -> Vec<[f64; 2]> {
        let is_3d = figure.space.is_3d();
        points
            .iter()
            .map(|&p| if is_3d { [to_athlete_axes(p)[axis], p[1]] } else { [p[0], p[1]] })
            .collect()
    };
    let difference_along = |axis: usize| -> f64 {
        let pairs = project(&original, axis).into_iter().zip(project(&mended, axis));
        pairs.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).filter(|d| d.is_finite()).sum()
    };
    let axis = if difference_along(0) >= difference_along(2) { 0 } else { 2 };
    let (original, mended) = (project(&original, axis), project(&mended, axis));
    let all = || original.iter().chain(&mended).filter(|p| p[0].is_finite());
    let range = |k: usize| {
        let low = all().map(|p| p[k]).fold(f64::INFINITY, f64::min);
        (low, all().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max))
    };
    let ((left, right), (bottom, top)) = (range(0), range(1));
    let scale = (PICTURE_SIZE - 20.0) / (right - left).max(top - bottom).max(1e-9);
    let draw = |points: &[[f64; 2]]| {
        let to_canvas = |part: Part| {
            let p = points[part.index()];
            [
                PICTURE_SIZE / 2.0 + scale * (p[0] - 0.5 * (left + right)),
                PICTURE_SIZE / 2.0 - scale * (p[1] - 0.5 * (top + bottom)),
            ]
        };
        let mut svg = String::new();
        for part in Part::ALL {
            let ([x1, y1], [x2, y2]) =
                (to_canvas(nearest_seen_parent(points, part)), to_canvas(part));
            let is_face = matches!(
                part,
                Part::LeftEye | Part::RightEye | Part::LeftEar | Part::RightEar | Part::Nose
            );
            if !is_face && [x1, y1, x2, y2].iter().all(|v| v.is_finite()) {
                let _ = write!(
                    svg,
                    r#"<line class="bone" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#
                );
            }
        }
        let [x, y] = to_canvas(if joint == Part::Chest { Part::Neck } else { joint });
        if x.is_finite() {
            let _ = write!(svg, r#"<circle class="joint" cx="{x:.1}" cy="{y:.1}" r="6"/>"#);
        }
        svg
    };
    html! {
        div.pair {
            figure { svg viewBox=(format!("0 0 {PICTURE_SIZE} {PICTURE_SIZE}")) role="img" aria-label="The athlete at this instant" { (PreEscaped(draw(&original))) } figcaption { "as it is" } }
            figure { svg viewBox=(format!("0 0 {PICTURE_SIZE} {PICTURE_SIZE}")) role="img" aria-label="The same with this joint moved as the reference's" { (PreEscaped(draw(&mended))) } figcaption { "as the reference" } }
        }
    }
}

/// Nearest visible part up the body.
fn nearest_seen_parent(points: &[[f64; 2]], part: Part) -> Part {
    let mut parent = part.parent();
    while !points[parent.index()][0].is_finite() && parent != parent.parent() {
        parent = parent.parent();
    }
    parent
}
