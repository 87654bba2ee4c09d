//! Renders load and warnings for the terminal.

use crate::html::format_figure;
use crate::text::certainty_text;
use agoge_load::LoadOverview;
use agoge_load::injury::screening_text;
use std::fmt::Write;

/// Renders today's figures, each with its method, unit and source.
///
/// ```
/// use agoge_load::{AthleteLog, LoggedSession, WorkloadMethod, load_overview};
/// use agoge_motion::Day;
/// use agoge_report::load_terminal;
/// let method = WorkloadMethod::SessionRpe;
/// let session = |day| LoggedSession {
///     day: Day(day), loads: [(method, 270.0)].into(), ..LoggedSession::default()
/// };
/// let log = AthleteLog { sessions: vec![session(0), session(2)], ..AthleteLog::default() };
/// let overview = load_overview("Ada K.", &log, method, false).unwrap();
/// let text = load_terminal(&overview);
/// assert!(text.starts_with("Ada K., until 1970-01-03: "));
/// assert!(text.contains("3 days, 1 without an entry"));
/// ```
pub fn load_terminal(overview: &LoadOverview) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}, until {}: {} in {} ({})",
        overview.athlete,
        overview.today,
        overview.method.name(),
        overview.method.unit(),
        overview.method.source()
    );
    let _ = writeln!(
        out,
        "{} days, {} without an entry; the last seven: {}",
        overview.daily.values.len(),
        overview.missing_days,
        last_week_loads(overview)
    );
    let width = overview.trends.iter().map(|trend| trend.name.chars().count()).max().unwrap_or(0);
    for trend in &overview.trends {
        let _ = writeln!(
            out,
            "  {:width$}  {:>8} {:10} {}",
            trend.name,
            format_figure(trend.latest_value()),
            trend.unit,
            trend.source
        );
    }
    out
}

fn last_week_loads(overview: &LoadOverview) -> String {
    let loads = &overview.daily.values;
    let format_load =
        |load: &f64| if load.is_nan() { "missing".to_owned() } else { format_figure(*load) };
    loads[loads.len().saturating_sub(7)..].iter().map(format_load).collect::<Vec<_>>().join(", ")
}

/// Renders the warnings: what changed, why it matters, what to do, how certain it is.
pub fn risk_terminal(overview: &LoadOverview) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}, until {}. By rules: no model may speak before it has enough injuries to be tested on (docs/reference/load.md).",
        overview.athlete, overview.today
    );
    if overview.warnings.is_empty() {
        let _ = writeln!(out, "\nNo rule has anything to say.");
    }
    for (index, warning) in overview.warnings.iter().enumerate() {
        let _ = writeln!(out, "\n{}. {}.", index + 1, warning.what);
        let _ = writeln!(
            out,
            "   Why:  {}.\n   Do:   {}.\n   Sure: {} ({})",
            warning.why,
            warning.action,
            certainty_text(warning.certainty),
            warning.source
        );
    }
    let _ = writeln!(out, "\nWhat can and cannot be concluded");
    for limit in &overview.limits {
        let _ = writeln!(out, "  - {limit}");
    }
    let _ = writeln!(out, "\n{}", screening_text());
    out
}
