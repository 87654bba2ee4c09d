//! Renders an [`Analysis`] for people: an HTML page, a terminal summary, JSON and tables.
//!
//! Invariants: every function returns text and writes nothing; pages load nothing from outside; the
//! same analysis gives the same bytes.

mod angles;
mod catalog;
mod club;
mod csv;
mod explanation;
mod gait;
mod html;
mod landing;
mod language;
mod load;
mod moments;
mod plan;
mod resemblance;
mod steps;
mod terminal;
mod text;

pub use angles::opensim_angles;
pub use catalog::MessageCatalog;
pub use club::{athlete_warning_text as club_word, club_terminal};
pub use csv::repetitions_csv;
pub use explanation::explanation_terminal;
pub use html::{
    PageFrame, SCRIPT, STYLE, Scene, Still, club_html, figure_json, load_html, load_html_in,
    plan_html, plan_html_in, render_comparison, render_development, report_html, report_html_in,
    scene_json,
};
pub use language::Language;
pub use load::{load_terminal, risk_terminal};
pub use plan::{
    drill_effects_terminal, plan_calendar, plan_comparison_terminal, plan_csv, plan_terminal,
    today_terminal,
};
pub use resemblance::resemblance_sentences;
pub use steps::intervals_workout;
pub use terminal::analysis_terminal;
pub use text::count_noun;

use agoge_analysis::Analysis;

/// Renders the analysis as indented JSON (docs/reference/analysis.md); unknown values are `null`.
pub fn analysis_json(analysis: &Analysis) -> String {
    // Serialising plain structures of strings and numbers to memory cannot fail.
    serde_json::to_string_pretty(analysis).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests;
