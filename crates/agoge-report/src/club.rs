//! Renders as text what was learned from a club's log: how much data there is, how good the model
//! is on held-out athletes, and what it says about each athlete.

use crate::text::capitalize_first;
use agoge_load::club::{AthleteWarning, CalibrationGroup, ClubResult, HeldOutReport};
use std::fmt::Write;

/// Why the model's warnings are no forecast; shown below every club report.
pub(crate) const CLUB_NOTE: &str = "No probability of an injury is shown for an athlete: a warning says that a day is like the twentieth of all days that the model weighs highest, and what moved it. \
It is no diagnosis and no forecast; preventive training goes to everyone (Bahr 2016).";

/// Renders a club's result for the terminal.
pub fn club_terminal(club: &ClubResult) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} from {}.", capitalize_first(club.model), log_amount_text(club));
    let speaks = if club.may_speak { "It may speak" } else { "It may not speak" };
    let _ = writeln!(out, "{speaks}: {}.", club.reason);
    if let Some(report) = &club.report {
        let _ = writeln!(out, "\nOn athletes left out");
        for (name, value) in report_figures(report) {
            let _ = writeln!(out, "  {name:52} {value}");
        }
        let _ = writeln!(out, "\nDays by rising odds: said, came (95 % interval)");
        for (expected, observed) in calibration_rows(report) {
            let _ = writeln!(out, "  {expected:>8}   {observed}");
        }
    }
    if !club.words.is_empty() {
        let _ = writeln!(out, "\nThe last day of each athlete");
        club.words.iter().for_each(|entry| {
            _ = writeln!(out, "  {}: {}", entry.athlete, athlete_warning_text(entry))
        });
    }
    let _ = writeln!(out, "\n{CLUB_NOTE}");
    out
}

/// Renders the model's result for an athlete: whether it warns, and what changed.
pub fn athlete_warning_text(word: &AthleteWarning) -> String {
    let warns = if word.warns { "warns" } else { "does not warn" };
    let moved: Vec<String> = word
        .moved
        .iter()
        .map(|factor| {
            let direction = if factor.raises { "raises" } else { "lowers" };
            format!(
                "{} {:.2}, usually {:.2} ({direction} the odds)",
                factor.name, factor.now, factor.usual
            )
        })
        .collect();
    let moved =
        if moved.is_empty() { "nothing is far from usual".to_owned() } else { moved.join("; ") };
    format!("until {} the model {warns}: {moved}", word.day)
}

pub(crate) fn log_amount_text(club: &ClubResult) -> String {
    let amount = club.amount;
    format!(
        "{} athletes, {:.1} athlete-years, {} injuries without contact",
        amount.athletes, amount.years, amount.injuries
    )
}

fn format_percent(part: f64) -> String {
    format!("{:.2} %", 100.0 * part)
}

/// Names and values of the report's figures, with their uncertainty.
pub(crate) fn report_figures(report: &HeldOutReport) -> Vec<(&'static str, String)> {
    let judged = &report.judged;
    let [low, high] = judged.auc_interval;
    let [least, most] = report.predictive_interval;
    vec![
        ("AUC (95 % interval over athletes)", format!("{:.3} ({low:.3} to {high:.3})", judged.auc)),
        (
            "calibration slope (95 % interval); 1 is right",
            format!("{:.2} ± {:.2}", judged.calibration_slope, judged.slope_error),
        ),
        (
            "Brier score; that of the base rate alone",
            format!("{:.6}; {:.6}", judged.brier, judged.brier_of_base_rate),
        ),
        ("days followed by an injury: the base rate", format_percent(judged.base_rate)),
        ("days on which it warns", format_percent(report.warned)),
        (
            "of those followed by an injury (95 % interval)",
            format!(
                "{} ({} to {})",
                format_percent(report.predictive_value),
                format_percent(least),
                format_percent(most)
            ),
        ),
    ]
}

/// Expected and observed share of injuries in each group of days.
pub(crate) fn calibration_rows(report: &HeldOutReport) -> Vec<(String, String)> {
    let row = |group: &CalibrationGroup| {
        let [low, high] = group.interval;
        (
            format_percent(group.said),
            format!(
                "{} ({} to {}) of {} days",
                format_percent(group.came),
                format_percent(low),
                format_percent(high),
                group.days
            ),
        )
    };
    report.calibration.iter().map(row).collect()
}
