//! Formats numbers and states as text.

use agoge_analysis::Analysis;
use agoge_analysis::{Certainty, DataVerdict};
use agoge_coach::findings::display_name;
use agoge_kinematics::{CameraView, RefusedQuantity, Unit};

/// Formats a number with the decimals that its unit deserves; a dash if unknown.
pub(crate) fn format_metric(value: f64, unit: Unit) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = match unit {
        Unit::Degree | Unit::DegreePerSecond | Unit::Percent | Unit::Newton | Unit::NewtonMetre => {
            format!("{value:.0}")
        }
        Unit::Metre | Unit::Trunk | Unit::MetrePerSecond | Unit::TrunkPerSecond => {
            format!("{value:.3}")
        }
        Unit::PerMinute => format!("{value:.0}"),
        Unit::Second | Unit::One => format!("{value:.2}"),
    };
    // A value that rounds to zero has no sign.
    match text.strip_prefix('-') {
        Some(zero) if !zero.contains(|c: char| ('1'..='9').contains(&c)) => zero.to_owned(),
        _ => text,
    }
}

/// Unit symbol after a number; empty for plain numbers.
pub(crate) fn unit_symbol(unit: Unit) -> &'static str {
    match unit {
        Unit::Degree => "°",
        Unit::DegreePerSecond => "°/s",
        Unit::PerMinute => "a minute",
        Unit::One => "",
        Unit::NewtonMetre => "N·m",
        other => other.symbol(),
    }
}

pub(crate) fn verdict_text(verdict: DataVerdict) -> &'static str {
    match verdict {
        DataVerdict::Good => "good",
        DataVerdict::Usable => "usable",
        DataVerdict::Poor => "poor",
    }
}

pub(crate) fn certainty_text(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::High => "quite sure",
        Certainty::Moderate => "fairly sure",
        Certainty::Low => "not sure",
    }
}

/// View from which the movement was seen, and how certain that is.
pub(crate) fn view_text(analysis: &Analysis) -> String {
    let from = match analysis.input.view {
        _ if analysis.quality.seen == 0.0 => return "felt by a worn sensor".to_owned(),
        CameraView::Spatial => return "three dimensions".to_owned(),
        CameraView::Frontal => "seen from the front or back",
        CameraView::Sagittal => "seen from the side",
        CameraView::Oblique => "seen at an angle",
    };
    match analysis.input.view_certainty {
        Some(certainty) if certainty <= 0.5 => "from which side it is seen is not clear".to_owned(),
        Some(certainty) => format!("{from} ({:.0} % sure)", 100.0 * certainty),
        None => from.to_owned(),
    }
}

/// Capitalises the first letter.
pub(crate) fn capitalize_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Counts something: "1 repetition", "3 repetitions".
///
/// ```
/// use agoge_report::count_noun;
/// assert_eq!(count_noun(1, "repetition"), "1 repetition");
/// assert_eq!(count_noun(3, "repetition"), "3 repetitions");
/// ```
pub fn count_noun(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Formats numbers as short ranges: "1–4, 7".
pub(crate) fn format_ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let texts =
        runs.into_iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}–{b}") });
    texts.collect::<Vec<_>>().join(", ")
}

/// Number of quantities named per reason before the rest is only counted.
const MAX_NAMED: usize = 6;

/// Groups what could not be measured by reason: the quantities as text and the reason. Otherwise a
/// file without feet would fill the page.
pub(crate) fn group_by_reason(refused: &[RefusedQuantity]) -> Vec<(String, &str)> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for refused in refused {
        let name = display_name(refused.name.trim_end_matches("_left").trim_end_matches("_right"))
            .to_lowercase();
        match reasons.iter_mut().find(|(reason, _)| *reason == refused.reason) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => reasons.push((&refused.reason, vec![name])),
        }
    }
    let joined = |names: Vec<String>| {
        let more = names.len().saturating_sub(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names[..names.len().min(MAX_NAMED)].join(", "))
    };
    reasons.into_iter().map(|(reason, names)| (joined(names), reason)).collect()
}

/// Text shown instead of findings. A model may see that something is wrong where no limit says
/// what.
pub(crate) fn no_findings_text(analysis: &Analysis) -> &'static str {
    let model_counts = analysis.model.as_ref().is_some_and(|model| model.counts);
    match &analysis.score {
        None => "Nothing could be judged in this recording; the reasons are below.",
        Some(score) if model_counts && score.value < 50.0 => {
            "No limit of the movement's definition says why, but the model reads these repetitions as not done correctly: compare them with a good one (--reference)."
        }
        Some(_) if analysis.refused.is_empty() => {
            "Nothing passes its limit by more than the error of measurement."
        }
        Some(_) => {
            "Nothing that could be judged passes its limit by more than the error of measurement; what could not be judged is below."
        }
    }
}
