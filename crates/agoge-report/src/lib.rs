//! Renders an [`Analysis`] for people: an HTML page, a terminal summary, JSON and tables.
//!
//! Invariants: every function returns text and writes nothing; pages load nothing from outside; the
//! same analysis gives the same bytes.

mod angles;
mod club;
mod csv;
mod explanation;
mod html;
mod landing;
mod language;
mod load;
mod moments;
mod plan;
mod steps;
mod terminal;
mod words;

pub use angles::angles;
pub use club::{club_terminal, word as club_word};
pub use csv::repetitions_csv;
pub use explanation::explanation;
pub use html::{
    Around, SCRIPT, STYLE, Scene, Still, club_html, comparison, development, figure_json, html,
    html_in, load_html, load_html_in, plan_html, plan_html_in, scene_json,
};
pub use language::Language;
pub use load::{load_terminal, risk_terminal};
pub use plan::{
    compare_terminal, moved_terminal, plan_calendar, plan_csv, plan_terminal, today_terminal,
};
pub use steps::plan_intervals;
pub use terminal::terminal;
pub use words::count;

use agoge_coach::Analysis;

/// Renders the analysis as indented JSON (docs/ANALYSIS.md); unknown values are `null`.
pub fn json(analysis: &Analysis) -> String {
    // Serialising plain structures of strings and numbers to memory cannot fail.
    serde_json::to_string_pretty(analysis).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests;
