//! Renders an analysis as a terminal summary.

use crate::Language;
use crate::resemblance::resemblance_sentences;
use crate::text::{
    certainty_text, count_noun, format_metric, format_ranges, group_by_reason, no_findings_text,
    unit_symbol, verdict_text, view_text,
};
use agoge_analysis::Analysis;
use agoge_coach::findings::display_name;
use std::fmt::Write;

/// Number of findings shown as "change this first".
pub(crate) const FIRST_FINDINGS: usize = 3;

/// Renders the summary of an analysis for a terminal of `width` columns: what was recorded, the
/// score, what to change first, the metrics, and the quality of the data. Plain text, coloured with
/// ANSI codes if requested.
pub fn analysis_terminal(analysis: &Analysis, color: bool, width: usize) -> String {
    let bold = |text: &str| if color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() };
    let mut out = String::new();
    let mut line = |text: String| {
        let _ = writeln!(out, "{text}");
    };
    let input = &analysis.input;
    let simulated = if input.source.simulated { "  [SIMULATED]" } else { "" };
    line(bold(&format!("{}: {}{simulated}", analysis.movement.title, input.source.name)));
    line(format!(
        "{:.1} s at {:.0} frames a second, {}; the data are {}.",
        input.duration_s,
        input.rate_hz,
        view_text(analysis),
        verdict_text(analysis.quality.verdict)
    ));
    let complete = analysis.repetitions.iter().filter(|repetition| repetition.complete).count();
    let unlike =
        analysis.repetitions.iter().filter(|r| !r.complete && !r.unlike.is_empty()).count();
    let attempts = analysis.repetitions.len() - complete - unlike;
    let attempts_text = if attempts > 0 {
        format!(" and {}", count_noun(attempts, "attempt"))
    } else {
        String::new()
    };
    line(format!("{}{attempts_text}.", count_noun(complete, "complete repetition")));
    for sentence in resemblance_sentences(analysis, Language::English) {
        wrap_text(&sentence, width).into_iter().for_each(&mut line);
    }
    if let Some(score) = &analysis.score {
        line(format!(
            "{} of 100 (90 % interval {:.0} to {:.0}; {})",
            bold(&format!("Score {:.0}", score.value)),
            score.low,
            score.high,
            score.method
        ));
    }
    if !analysis.findings.is_empty() {
        line(format!("\n{}", bold("Change this first")));
        for (index, finding) in analysis.findings.iter().take(FIRST_FINDINGS).enumerate() {
            line(format!(
                "  {}. {}  ({})",
                index + 1,
                bold(&finding.title),
                certainty_text(finding.certainty)
            ));
            for text in wrap_text(&finding.detail, width.saturating_sub(5)) {
                line(format!("     {text}"));
            }
            line(format!("     Repetitions {}.", format_ranges(&finding.repetitions)));
            for text in wrap_text(
                &format!("Say: \"{}\"  Do: {}", finding.cue, finding.drill),
                width.saturating_sub(5),
            ) {
                line(format!("     {text}"));
            }
        }
        let more = analysis.findings.len().saturating_sub(FIRST_FINDINGS);
        if more > 0 {
            line(format!("  and {} in the report.", count_noun(more, "lesser finding")));
        }
    } else if analysis.score.is_some() {
        line(String::new());
        wrap_text(no_findings_text(analysis), width).into_iter().for_each(&mut line);
    }
    if !analysis.metrics.is_empty() {
        line(format!("\n{}", bold("Measured over the complete repetitions (mean ± SD)")));
        let names: Vec<String> = analysis
            .metrics
            .iter()
            .map(|metric| {
                display_name(&metric.name)
                    + metric
                        .side
                        .map_or(String::new(), |side| format!(", {}", side.name()))
                        .as_str()
            })
            .collect();
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (metric, name) in analysis.metrics.iter().zip(&names) {
            let value = format!(
                "{} ± {} {}",
                format_metric(metric.mean, metric.unit),
                format_metric(metric.sd, metric.unit),
                unit_symbol(metric.unit)
            );
            line(format!("  {name:longest$}  {}", value.trim_end()));
        }
    }
    if let Some(gait) = &analysis.gait {
        line(format!("\n{}", bold(&crate::gait::gait_title(gait))));
        wrap_text(&crate::gait::gait_reason(gait), width.saturating_sub(2))
            .into_iter()
            .for_each(|text| line(format!("  {text}")));
        for value in &gait.values {
            line(format!(
                "  {:28} {}",
                crate::gait::value_name(value),
                crate::gait::value_text(value)
            ));
        }
        if !gait.norms.is_empty() {
            line("  Usual, and no limit:".to_owned());
        }
        for norm in &gait.norms {
            for text in wrap_text(&crate::gait::norm_text(norm), width.saturating_sub(4)) {
                line(format!("    {text}"));
            }
        }
    }
    if !analysis.jumps.is_empty() {
        line(format!(
            "\n{}",
            bold("Jumps, by the time in the air (± what positions and frames leave open)")
        ));
        for jump in &analysis.jumps {
            line(format!("  {}. {}", jump.repetition, crate::landing::jump_text(jump)));
        }
    }
    if let Some(landing) = &analysis.landing {
        line(format!("\n{}", bold(&crate::landing::landing_title(landing))));
        for item in &landing.items {
            line(format!(
                "  {:>2}. {:58} {}",
                item.number,
                item.item,
                crate::landing::item_points_text(item)
            ));
        }
        wrap_text(crate::landing::LANDING_NOTE, width).into_iter().for_each(&mut line);
    }
    if let Some(moments) = &analysis.moments {
        line(format!("\n{}", bold(&crate::moments::moments_title(moments))));
        for peak in &moments.peaks {
            line(format!(
                "  {:16} {}",
                crate::moments::peak_name(peak),
                crate::moments::moment_range_text(peak)
            ));
        }
        wrap_text(&moments.limits.join(" "), width).into_iter().for_each(&mut line);
    }
    line(format!("\nData: {}", analysis.quality.reasons.join(" ")));
    let refused = group_by_reason(&analysis.refused);
    if !refused.is_empty() {
        line(format!("\n{}", bold("Not told by this recording")));
        for (names, reason) in refused {
            for (index, text) in wrap_text(&format!("{names}: {reason}"), width.saturating_sub(4))
                .into_iter()
                .enumerate()
            {
                line(format!("{}{text}", if index == 0 { "  " } else { "    " }));
            }
        }
    }
    out
}

/// Wraps text into lines of at most `width` characters, broken at spaces.
fn wrap_text(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let current = &mut lines[last];
        if !current.is_empty() && current.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
    }
    lines
}
