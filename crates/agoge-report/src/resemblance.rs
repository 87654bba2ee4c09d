//! Tells that what was done does not look like the movement it was named.

use crate::Language;
use crate::language::Sentences;
use agoge_analysis::{Analysis, FailedFeature, ResemblanceVerdict};
use agoge_kinematics::FailedGate;
use agoge_kinematics::gate::{GateBound, GateUnit};

/// Maximum number of reasons named.
const MAX_REASONS: usize = 3;

/// The sentences on whether the recording looks like its movement; none if all of it does, or if
/// that was not asked.
pub fn resemblance_sentences(analysis: &Analysis, language: Language) -> Vec<String> {
    let Some(resemblance) = &analysis.resemblance else { return Vec::new() };
    if resemblance.failed.is_empty() {
        return Vec::new();
    }
    let sentences = Sentences::for_language(language);
    let separator = if language == Language::Chinese { "；" } else { "; " };
    let reason = |feature: &FailedFeature| format_reason(&feature.rule, &sentences);
    let reasons: Vec<String> = resemblance.failed.iter().take(MAX_REASONS).map(reason).collect();
    let count = (resemblance.of - resemblance.passed).to_string();
    let title = format!("“{}”", analysis.movement.title);
    let values = [
        ("movement", title.as_str()),
        ("reasons", &reasons.join(separator)),
        ("count", &count),
        ("of", &resemblance.of.to_string()),
    ];
    let mut lines = vec![sentences.format_message(
        match resemblance.verdict {
            ResemblanceVerdict::Alike => "unlike-some",
            ResemblanceVerdict::Unlike => "unlike-set",
            ResemblanceVerdict::Trusted => "unlike-trusted",
        },
        &values,
    )];
    if !resemblance.looks_like.is_empty() {
        let titles: Vec<&str> =
            resemblance.looks_like.iter().map(|guess| guess.title.as_str()).collect();
        let separator = if language == Language::Chinese { "、" } else { ", " };
        let guess = [("movements", titles.join(separator))];
        lines.push(sentences.format_message("unlike-guess", &[(guess[0].0, &guess[0].1)]));
    }
    if resemblance.verdict == ResemblanceVerdict::Unlike {
        lines.push(sentences.format_message("unlike-nothing", &[]));
    }
    lines
}

/// A failed rule in words, with its numbers: "the feet leave the ground (0.24 s, at most 0.12 s)".
fn format_reason(rule: &FailedGate, sentences: &Sentences) -> String {
    let side = match rule.bound {
        GateBound::AtLeast => "low",
        GateBound::AtMost => "high",
    };
    let curve = rule.curve.as_deref().map_or_else(String::new, |curve| {
        let name = sentences.curve_name(curve, None);
        // Inside a sentence.
        name.chars().next().map_or_else(String::new, |first| {
            first.to_lowercase().chain(name.chars().skip(1)).collect()
        })
    });
    let reason = sentences
        .format_message(&format!("unlike-{}-{side}", rule.measure.name()), &[("curve", &curve)]);
    let number = |value: f64| {
        let (text, unit) = match rule.unit {
            GateUnit::Second => (format!("{value:.2}"), "s"),
            GateUnit::Degree => (format!("{value:.0}"), "deg"),
            GateUnit::Height => (format!("{value:.2}"), "height"),
            GateUnit::HeightPerSecond => (format!("{value:.1}"), "speed"),
            GateUnit::One => return format!("{value:.2}"),
        };
        sentences.format_message(&format!("unlike-unit-{unit}"), &[("value", &text)])
    };
    let values = [("reason", reason), ("value", number(rule.value)), ("limit", number(rule.limit))];
    let values: Vec<(&str, &str)> =
        values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sentences.format_message(&format!("unlike-number-{side}"), &values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_kinematics::gate::GateMeasure;

    #[test]
    fn every_measure_has_words_in_both_languages() {
        for language in [Language::English, Language::Chinese] {
            let sentences = Sentences::for_language(language);
            for measure in GateMeasure::ALL {
                for bound in [GateBound::AtLeast, GateBound::AtMost] {
                    let rule = FailedGate {
                        measure,
                        curve: measure.needs_curve().then(|| "knee_flexion".to_owned()),
                        sides: agoge_kinematics::gate::GateSides::Greater,
                        value: 1.0,
                        bound,
                        limit: 2.0,
                        unit: measure.unit().unwrap_or(GateUnit::Degree),
                    };
                    let text = format_reason(&rule, &sentences);
                    assert!(!text.contains("unlike-") && !text.contains('$'), "{text}");
                }
            }
        }
    }
}
