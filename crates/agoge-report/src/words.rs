//! Numbers and states in words.

use agoge_coach::analysis::{Certainty, Verdict};
use agoge_kinematics::{Unit, View};

/// A number with the decimals that its unit deserves; a dash if it is not known.
pub(crate) fn number(value: f64, unit: Unit) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = match unit {
        Unit::Degree | Unit::DegreePerSecond | Unit::Percent => format!("{value:.0}"),
        Unit::Metre | Unit::Trunk | Unit::MetrePerSecond | Unit::TrunkPerSecond => format!("{value:.3}"),
        Unit::Second | Unit::One => format!("{value:.2}"),
    };
    // What rounds to zero has no sign.
    match text.strip_prefix('-') {
        Some(zero) if !zero.contains(|c: char| ('1'..='9').contains(&c)) => zero.to_owned(),
        _ => text,
    }
}

/// The unit behind a number; nothing for plain numbers.
pub(crate) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Degree => "°",
        Unit::DegreePerSecond => "°/s",
        Unit::One => "",
        other => other.symbol(),
    }
}

pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Usable => "usable",
        Verdict::Poor => "poor",
    }
}

pub(crate) fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::High => "quite sure",
        Certainty::Moderate => "fairly sure",
        Certainty::Low => "not sure",
    }
}

pub(crate) fn view(view: View) -> &'static str {
    match view {
        View::Spatial => "three dimensions",
        View::Frontal => "seen from the front or back",
        View::Sagittal => "seen from the side",
        View::Oblique => "seen at an angle",
    }
}

/// "1 repetition", "3 repetitions".
pub(crate) fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Numbers as short ranges: "1–4, 7".
pub(crate) fn ranges(numbers: &[usize]) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let texts = runs.into_iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}–{b}") });
    texts.collect::<Vec<_>>().join(", ")
}
