//! The report as one page that needs nothing from outside.

mod club;
mod compare;
mod data;
mod days;
mod development;
mod figures;
mod load;
mod plan;
mod sections;
mod why;

pub use club::club_html;
pub use compare::render_comparison;
pub use data::{figure_json, scene_json};
pub use development::render_development;
pub(crate) use load::format_figure;
pub use load::{load_html, load_html_in};
pub use plan::{plan_html, plan_html_in};

use agoge_analysis::Analysis;
use agoge_kinematics::Curves;
use agoge_motion::Recording;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Everything the moving figure is drawn from.
pub struct Scene<'a> {
    /// The conditioned recording to draw: on the body skeleton, or with the source's own markers if
    /// they make no body.
    pub figure: &'a Recording,
    /// Its curves, on the same clock.
    pub curves: &'a Curves,
    /// Video stills at notable instants, in order of time; empty for recordings that are no video.
    pub stills: &'a [Still],
}

/// A video still.
#[derive(Clone, Debug, PartialEq)]
pub struct Still {
    /// Frame number in the curves.
    pub frame: usize,
    /// Caption.
    pub caption: String,
    /// JPEG file. It is embedded in the page itself: a few dozen kilobytes each.
    pub jpeg: Vec<u8>,
}

/// Style sheet of every page.
pub const STYLE: &str = include_str!("../../assets/report.css");
/// Script of the report, inline in the page: a server that forbids inline scripts allows this one
/// by its hash.
pub const SCRIPT: &str = include_str!("../../assets/report.js");

/// Content security policy: nothing is fetched or sent; only the page's own scripts and styles
/// apply.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'";

/// What a server inserts into a page. The server's own header, not the page, then says what the
/// page may load.
#[derive(Clone, Debug, Default)]
pub struct PageFrame {
    /// Above everything, such as navigation.
    pub above: Markup,
    /// Below the moving figure of a report.
    pub below_figure: Markup,
}

/// Renders a page from its title and body; `styles` are those that only it needs.
fn render_page(title: &str, styles: &str, around: Option<&PageFrame>, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                @if around.is_none() { meta http-equiv="Content-Security-Policy" content=(POLICY); }
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(styles)) }
            }
            body {
                @if let Some(around) = around { (around.above) }
                (body)
            }
        }
    };
    page.into_string()
}

/// Renders the report page of an analysis.
pub fn report_html(analysis: &Analysis, scene: &Scene) -> String {
    report_page(None, analysis, scene)
}

/// Renders the report page inside a server's frame.
pub fn report_html_in(around: &PageFrame, analysis: &Analysis, scene: &Scene) -> String {
    report_page(Some(around), analysis, scene)
}

fn report_page(around: Option<&PageFrame>, analysis: &Analysis, scene: &Scene) -> String {
    let title = format!("{} – {}", analysis.movement.title, analysis.input.source.name);
    let body = html! {
        (sections::page_header(analysis))
        main #main {
            (sections::summary_section(analysis))
            (why::why_section(analysis, scene))
            (sections::findings_section(analysis))
            @if !scene.figure.time.is_empty() { (sections::player_section(analysis, scene.curves)) }
            (sections::stills_section(scene))
            @if let Some(around) = around { (around.below_figure) }
            (sections::bands_section(analysis))
            (sections::repetitions_section(analysis))
            (sections::gait_section(analysis))
            (sections::jumps_section(analysis))
            (sections::landing_section(analysis))
            (sections::moments_section(analysis))
            (sections::quality_section(analysis))
            (sections::refused_section(analysis))
        }
        (sections::page_footer(analysis))
        script type="application/json" id="data" { (PreEscaped(data::scene_json(analysis, scene))) }
        script { (PreEscaped(SCRIPT)) }
    };
    render_page(&title, "", around, &body)
}
