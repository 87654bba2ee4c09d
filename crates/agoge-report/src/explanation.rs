//! Renders the explanation of an analysis as sentences.

use crate::language::{Language, Sentences};
use crate::text::format_ranges;
use agoge_analysis::Analysis;
use agoge_analysis::{Explanation, Gain, PaceFault, SuggestedChange};
use agoge_kinematics::coordination::CouplingPattern;
use std::fmt::Write;

/// Renders the explanation of an analysis for a terminal, in the given language, coloured with ANSI
/// codes if requested. Says so if there is none.
pub fn explanation_terminal(analysis: &Analysis, language: Language, color: bool) -> String {
    let sentences = Sentences::for_language(language);
    let Some(explanation) = &analysis.explanation else {
        return "Nothing to explain: no complete repetition, no named movement, or nothing to compare with; hint: give --movement and --reference\n".to_owned();
    };
    let bold = |text: &str| if color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
    let mut out = String::new();
    let title = [
        ("movement", analysis.movement.title.as_str()),
        ("reference", explanation.reference.as_str()),
    ];
    let _ = writeln!(out, "{}", bold(&sentences.format_message("heading", &title)));
    let total = analysis.repetitions.iter().filter(|repetition| repetition.complete).count();
    let changes = change_texts(explanation, total, &sentences);
    if changes.is_empty() {
        let _ = writeln!(out, "{}", sentences.format_message("nothing", &[]));
    } else {
        let _ = writeln!(out, "\n{}", bold(&sentences.format_message("change-first", &[])));
    }
    for (index, change) in changes.iter().enumerate() {
        let _ = writeln!(out, "  {}. {}", index + 1, bold(&change.title));
        change.lines.iter().for_each(|line| {
            let _ = writeln!(out, "     {line}");
        });
    }
    for (heading, lines) in explanation_sections(explanation, &sentences) {
        let _ = writeln!(out, "\n{}", bold(&heading));
        lines.iter().for_each(|line| {
            let _ = writeln!(out, "  {line}");
        });
    }
    out
}

/// The text of a change.
pub(crate) struct ChangeText {
    /// Short title.
    pub(crate) title: String,
    /// Sentences below the title.
    pub(crate) lines: Vec<String>,
}

/// Renders the changes as text; `total` is the number of complete repetitions.
pub(crate) fn change_texts(
    explanation: &Explanation,
    total: usize,
    sentences: &Sentences,
) -> Vec<ChangeText> {
    explanation.changes.iter().map(|change| describe_change(change, total, sentences)).collect()
}

fn describe_change(change: &SuggestedChange, total: usize, sentences: &Sentences) -> ChangeText {
    let joint = sentences.joint_name(change.joint);
    let place = match &change.phase {
        Some(phase) => sentences.format_message(
            "place-phase",
            &[("joint", &joint), ("phase", &sentences.phase_name(phase))],
        ),
        None => sentences.format_message("place-whole", &[("joint", &joint)]),
    };
    let mut lines = Vec::new();
    let (times, total) = (change.repetitions.len().to_string(), total.to_string());
    let pace = change.timing.as_ref().and_then(|timing| Some((timing, timing.clear?)));
    let place = pace.map_or(place, |(timing, pace)| {
        let phase =
            timing.phase.as_deref().map_or_else(String::new, |phase| sentences.phase_name(phase));
        let name = match pace {
            PaceFault::Hurried => "pace-hurried",
            PaceFault::Dragged => "pace-dragged",
            PaceFault::Jerky => "pace-jerky",
        };
        sentences.format_message(name, &[("phase", &phase)])
    });
    if let Some((timing, pace)) = pace {
        let format_smoothness = |value: Option<f64>| format!("{:.2}", value.unwrap_or(f64::NAN));
        let (name, value, expected) = match pace {
            PaceFault::Jerky => (
                "pace-smoothness",
                format_smoothness(timing.smoothness),
                format_smoothness(timing.expected_smoothness),
            ),
            _ => (
                "pace-length",
                format!("{:.0}", timing.value_ms),
                format!("{:.0}", timing.expected_ms),
            ),
        };
        lines.push(sentences.format_message(
            name,
            &[("value", &value), ("expected", &expected), ("times", &times), ("of", &total)],
        ));
    }
    let title = if change.title.is_empty() { place } else { format!("{place}: {}", change.title) };
    if let Some(difference) = &change.difference {
        lines.push(match &difference.curve {
            Some(curve) => {
                let degrees = |value: f64| format!("{value:.0}");
                let spread = match (curve.sd, curve.mdc) {
                    (Some(sd), Some(mdc)) => sentences.format_message(
                        "spread-mdc",
                        &[("sd", &format!("{sd:.1}")), ("mdc", &format!("{mdc:.1}"))],
                    ),
                    (Some(sd), None) => {
                        sentences.format_message("spread-sd", &[("sd", &format!("{sd:.1}"))])
                    }
                    _ => String::new(),
                };
                let curve_name = sentences.curve_name(&curve.name, curve.side);
                sentences.format_message(
                    "difference",
                    &[
                        ("curve", &curve_name),
                        ("value", &degrees(curve.value)),
                        ("expected", &degrees(curve.expected)),
                        ("spread", &spread),
                        ("times", &times),
                        ("of", &total),
                    ],
                )
            }
            None => {
                let angle = format!("{:.0}", difference.angle_deg);
                sentences.format_message(
                    "direction",
                    &[("angle", &angle), ("times", &times), ("of", &total)],
                )
            }
        });
    }
    let gain_message = if change.difference.is_some() { "gain" } else { "gain-kept" };
    match &change.gain {
        Some(gain) if gain.low > 0.0 => {
            lines.push(gain_sentence(gain_message, gain, sentences));
            if !change.with.is_empty() {
                let joints: Vec<String> = change
                    .with
                    .iter()
                    .map(|joint| sentences.joint_name(*joint).to_lowercase())
                    .collect();
                lines.push(sentences.format_message("with", &[("joints", &joints.join(", "))]));
            }
        }
        Some(_) if change.difference.is_some() => {
            lines.push(sentences.format_message("gain-none", &[]))
        }
        _ => {}
    }
    if !change.repetitions.is_empty() && change.repetitions.len().to_string() != total {
        lines.push(
            sentences
                .format_message("repetitions", &[("which", &format_ranges(&change.repetitions))]),
        );
    }
    if !change.cue.is_empty() {
        lines.push(sentences.format_message("say", &[("cue", &change.cue)]));
        lines.push(sentences.format_message("do", &[("drill", &change.drill)]));
    }
    ChangeText { title, lines }
}

fn gain_sentence(name: &str, gain: &Gain, sentences: &Sentences) -> String {
    let points = |value: f64| format!("{value:.1}");
    sentences.format_message(
        name,
        &[("gain", &points(gain.value)), ("low", &points(gain.low)), ("high", &points(gain.high))],
    )
}

/// Renders what follows the changes: headings with their sentences.
pub(crate) fn explanation_sections(
    explanation: &Explanation,
    sentences: &Sentences,
) -> Vec<(String, Vec<String>)> {
    let whole = |value: f64| format!("{value:.0}");
    let timing =
        explanation.timing.iter().filter(|timing| timing.ahead_ms.is_finite()).map(|timing| {
            let doubt = if timing.within_error {
                sentences.format_message("timing-within", &[])
            } else {
                String::new()
            };
            let direction = sentences
                .format_message(if timing.ahead_ms >= 0.0 { "ahead" } else { "behind" }, &[]);
            let phase = timing
                .phase
                .as_deref()
                .map_or_else(String::new, |phase| sentences.phase_name(phase));
            let phase = phase
                .chars()
                .take(1)
                .flat_map(char::to_uppercase)
                .chain(phase.chars().skip(1))
                .collect::<String>();
            sentences.format_message(
                "timing-line",
                &[
                    ("phase", &phase),
                    ("value", &whole(timing.value_ms)),
                    ("expected", &whole(timing.expected_ms)),
                    ("doubt", &doubt),
                    ("ahead", &whole(timing.ahead_ms.abs())),
                    ("way", &direction),
                ],
            )
        });
    let links = explanation.links.iter().take(3).map(|link| {
        let name = |(joint, curve): &(agoge_motion::Part, String)| {
            sentences.curve_name(curve, joint.side())
        };
        let pattern = |pattern: CouplingPattern| {
            sentences.format_message(&format!("pattern-{}", pattern.name()), &[])
        };
        sentences.format_message(
            "link",
            &[
                ("a", &name(&link.proximal)),
                ("b", &name(&link.distal).to_lowercase()),
                ("pattern", &pattern(link.pattern)),
                ("value", &whole(link.value_deg)),
                ("expected-pattern", &pattern(link.expected_pattern)),
                ("expected", &whole(link.expected_deg)),
            ],
        )
    });
    let gate = &explanation.gate;
    let mut gate_lines = Vec::new();
    gate_lines.push(match (&gate.withheld, gate.insertion, gate.as_good) {
        (Some(why), ..) => sentences.format_message("gate-withheld", &[("why", why)]),
        (None, Some(insertion), Some(as_good)) => {
            let orders = gate.orders;
            sentences.format_message(
                "gate-passed",
                &[
                    ("orders", &orders.to_string()),
                    ("as-good", &whole(as_good * orders as f64)),
                    ("insertion", &format!("{insertion:.1}")),
                    ("random", &format!("{:.1}", gate.insertion_random.unwrap_or(0.0))),
                ],
            )
        }
        _ => sentences.format_message("gate-none", &[]),
    });
    if !gate.planted.is_empty() {
        let planted_result = |control: &agoge_analysis::PlantedResult| {
            sentences.format_message(
                "gate-planted-one",
                &[("method", &control.method), ("hit", &whole(100.0 * control.hit))],
            )
        };
        let list: Vec<String> = gate.planted.iter().map(planted_result).collect();
        gate_lines.push(sentences.format_message("gate-planted", &[("list", &list.join(", "))]));
    }
    let within_count =
        explanation.differences.iter().filter(|difference| difference.within_error).count();
    let total = explanation.differences.len().to_string();
    gate_lines.push(
        sentences.format_message("within", &[("count", &within_count.to_string()), ("of", &total)]),
    );
    let aspects = explanation.aspects.iter().map(|aspect| {
        let name = sentences.format_message(&format!("aspect-{}", aspect.name.name()), &[]);
        let values = [("value", aspect.percentile), ("low", aspect.low), ("high", aspect.high)];
        let values = values.map(|(name, value)| (name, whole(value)));
        let mut args = vec![("name", name.as_str())];
        args.extend(values.iter().map(|(name, value)| (*name, value.as_str())));
        sentences.format_message("aspect", &args)
    });
    let mut sections = vec![
        (sentences.format_message("aspects", &[]), aspects.collect::<Vec<_>>()),
        (sentences.format_message("timing", &[]), timing.collect::<Vec<_>>()),
        (sentences.format_message("links", &[]), links.collect()),
        (sentences.format_message("gate", &[]), gate_lines),
    ];
    sections.retain(|(_, lines)| !lines.is_empty());
    sections
}
