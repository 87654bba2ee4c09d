//! Sections of the page, in the order in which a coach reads them.

use super::{Scene, figures};
use crate::Language;
use crate::resemblance::resemblance_sentences;
use crate::terminal::FIRST_FINDINGS;
use crate::text::{
    certainty_text, count_noun, format_metric, format_ranges, group_by_reason, no_findings_text,
    unit_symbol, verdict_text, view_text,
};
use crate::{gait, landing, moments};
use agoge_analysis::{Analysis, MovementOrigin};
use agoge_analysis::{Band, Certainty, Finding};
use agoge_coach::findings::display_name;
use agoge_kinematics::Curves;
use maud::{Markup, html};

pub(super) fn page_header(analysis: &Analysis) -> Markup {
    let input = &analysis.input;
    html! {
        header {
            h1 { (analysis.movement.title) }
            p.what {
                (input.source.name) " · " (format!("{:.1}", input.duration_s)) " s · " (view_text(analysis))
                @if analysis.movement.how == MovementOrigin::Unknown { " · the movement was not named" }
            }
            @if input.source.simulated {
                p.simulated role="note" { strong { "Simulated." } " No athlete was recorded: this movement comes from Agoge's simulator." }
            }
        }
    }
}

pub(super) fn summary_section(analysis: &Analysis) -> Markup {
    let complete = analysis.repetitions.iter().filter(|repetition| repetition.complete).count();
    let unlike =
        analysis.repetitions.iter().filter(|r| !r.complete && !r.unlike.is_empty()).count();
    let attempts = analysis.repetitions.len() - complete - unlike;
    let notice = resemblance_sentences(analysis, Language::English);
    html! {
        @if !notice.is_empty() {
            section role="note" aria-label="Movement" { p { strong { (notice[0]) } @for sentence in &notice[1..] { " " (sentence) } } }
        }
        section.summary aria-label="Summary" {
            div.tile {
                h2 { "Score" }
                @match &analysis.score {
                    Some(score) => {
                        p.big { (format!("{:.0}", score.value)) span.of { " / 100" } }
                        div.scale role="img" aria-label=(format!("90 % interval from {:.0} to {:.0}", score.low, score.high)) {
                            div.span style=(format!("left:{:.1}%;width:{:.1}%", score.low, (score.high - score.low).max(1.0))) {}
                            div.mark style=(format!("left:{:.1}%", score.value)) {}
                        }
                        p.small { "between " (format!("{:.0}", score.low)) " and " (format!("{:.0}", score.high)) " (90 %), by the " (score.method) }
                    }
                    None => { p.big { "–" } p.small { "Not scored; see what this recording cannot tell." } }
                }
                @if let Some(model) = &analysis.model {
                    p.small { "The model " (model.name) @if model.counts { " counts here: " } @else { " does not count here: " } (model.reason) "." }
                }
            }
            div.tile {
                h2 { "Repetitions" }
                p.big { (complete) }
                p.small {
                    @if attempts > 0 { "and " (count_noun(attempts, "attempt")) " that did not get there" } @else if unlike > 0 { (unlike) " that look like something else" } @else if complete == 0 { "nothing that comes and goes was found" } @else { "all of them complete" }
                }
            }
            div.tile {
                h2 { "Data" }
                p.big.word { (verdict_text(analysis.quality.verdict)) }
                p.small { (analysis.quality.reasons.first().map_or("", String::as_str)) }
            }
        }
    }
}

pub(super) fn findings_section(analysis: &Analysis) -> Markup {
    let (first, more) = analysis.findings.split_at(analysis.findings.len().min(FIRST_FINDINGS));
    html! {
        section {
            h2 { @if analysis.explanation.is_some() { "By the limits of the movement alone" } @else { "Change this first" } }
            @if first.is_empty() {
                p { (no_findings_text(analysis)) }
            }
            div.cards { @for (index, finding) in first.iter().enumerate() { (finding_card(index + 1, finding, analysis)) } }
            @if !more.is_empty() {
                details {
                    summary { (count_noun(more.len(), "lesser finding")) }
                    ul.lesser { @for finding in more { li { strong { (finding.title) } ". " (finding.detail) } } }
                }
            }
        }
    }
}

fn finding_card(rank: usize, finding: &Finding, analysis: &Analysis) -> Markup {
    let certainty_class = match finding.certainty {
        Certainty::High => "sure3",
        Certainty::Moderate => "sure2",
        Certainty::Low => "sure1",
    };
    let phase = finding
        .phase
        .as_ref()
        .map_or(String::new(), |phase| format!(", {}", phase.replace('_', " ")));
    let curve = finding.curve.as_deref().unwrap_or("");
    html! {
        article.card data-part=(finding.part.name()) data-curve=(curve) tabindex="0" {
            h3 { span.rank { (rank) } (finding.title) }
            p { (finding.detail) }
            p.where_ { (display_name(finding.part.name())) (phase) " · repetitions " (format_ranges(&finding.repetitions)) " · " span class=(certainty_class) { (certainty_text(finding.certainty)) } }
            p.dots aria-hidden="true" {
                @for repetition in analysis.repetitions.iter().filter(|repetition| repetition.complete) {
                    span class=(if finding.repetitions.contains(&repetition.number) { "dot on" } else { "dot" }) {}
                }
            }
            dl {
                dt { "Say" } dd { "“" (finding.cue) "”" }
                dt { "Do" } dd { (finding.drill) }
                dt { "Limit from" } dd.small { (finding.source) }
            }
        }
    }
}

pub(super) fn player_section(analysis: &Analysis, curves: &Curves) -> Markup {
    let is_3d = analysis.input.space.is_3d();
    let has_curves = !curves.curves.is_empty();
    // A worn sensor alone gives no figure.
    let is_seen = analysis.quality.seen > 0.0;
    html! {
        section.player aria-label="The movement" {
            h2 { "The movement" }
            div.stage {
                div hidden[!is_seen] {
                    canvas #figure width="460" height="420" role="img" aria-label="Moving stick figure" {}
                    @if is_3d {
                        p.views { button type="button" data-view="0" { "Front" } button type="button" data-view="90" { "Side" } span.small { " drag to turn" } }
                    }
                }
                div.curve {
                    @if has_curves {
                        label { "Curve " select #pick {} }
                        canvas #curve width="640" height="330" role="img" aria-label="The chosen curve over time; click to go there" {}
                        p.legend { span.left { "left" } span.right { "right" } span.middle { "midline" } }
                    } @else { p { "No angle could be measured in this recording." } }
                }
            }
            div #track aria-hidden="true" {}
            div.controls {
                button #play type="button" { "Play" }
                input #time type="range" min="0" max="0" value="0" step="1" aria-label="Time";
                span #clock { "0.00 s" }
                label { "Speed " select #speed { option value="0.25" { "¼" } option value="0.5" { "½" } option value="1" selected { "1" } } }
            }
            p #where .small aria-live="off" {}
        }
    }
}

/// Key frames; clicking one moves the figure and the curves there.
pub(super) fn stills_section(scene: &Scene) -> Markup {
    html! {
        @if !scene.stills.is_empty() {
            section {
                h2 { "Key frames" }
                div.stills {
                    @for still in scene.stills {
                        @let time_s = scene.curves.time.get(still.frame).copied().unwrap_or(0.0);
                        figure data-frame=(still.frame) tabindex="0" {
                            img src={ "data:image/jpeg;base64," (data_encoding::BASE64.encode(&still.jpeg)) } alt=(still.caption) loading="lazy";
                            figcaption { (still.caption) span.unit { " " (format!("{time_s:.2}")) " s" } }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn bands_section(analysis: &Analysis) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for band in &analysis.bands {
        if !names.contains(&band.name.as_str()) {
            names.push(&band.name);
        }
    }
    let turns = phase_starts(analysis);
    let complete = analysis.repetitions.iter().filter(|repetition| repetition.complete).count();
    html! {
        @if !names.is_empty() {
            section {
                h2 { "Over the repetition" }
                p.small {
                    "Mean of " (count_noun(complete, "repetition")) ", each from start to end; the shade is one standard deviation."
                    @if analysis.bands.iter().any(|band| band.reference.is_some()) { " Dashed: the reference." }
                    @if !turns.is_empty() { " Vertical lines: where " (turns.iter().skip(1).map(|(_, name)| name.replace('_', " ")).collect::<Vec<_>>().join(", ")) " begins." }
                    span.legend { span.left { "left" } span.right { "right" } span.middle { "midline" } }
                }
                div.figures {
                    @for name in names {
                        (figures::band_figure(&display_name(name), &analysis.bands.iter().filter(|band| band.name == name).collect::<Vec<&Band>>(), &turns))
                    }
                }
            }
        }
    }
}

/// Mean positions, in percent of the repetition, at which the phases begin.
fn phase_starts(analysis: &Analysis) -> Vec<(f64, String)> {
    let complete: Vec<_> =
        analysis.repetitions.iter().filter(|repetition| repetition.complete).collect();
    let Some(first) = complete.first() else { return Vec::new() };
    first
        .phases
        .iter()
        .enumerate()
        .map(|(index, phase)| {
            let shares: Vec<f64> = complete
                .iter()
                .filter_map(|repetition| {
                    let [start, end] = repetition.frames;
                    let begins = repetition.phases.get(index)?.start;
                    Some(100.0 * begins.saturating_sub(start) as f64 / (end - start).max(1) as f64)
                })
                .collect();
            (shares.iter().sum::<f64>() / shares.len().max(1) as f64, phase.name.clone())
        })
        .collect()
}

pub(super) fn repetitions_section(analysis: &Analysis) -> Markup {
    html! {
        @if !analysis.repetitions.is_empty() {
            section {
                h2 { "Every repetition" }
                div.scroll tabindex="0" {
                    table {
                        thead { tr {
                            td {}
                            @for repetition in &analysis.repetitions {
                                th scope="col" { (repetition.number) @if let Some(side) = repetition.side { " " (side.name().chars().next().unwrap_or(' ').to_uppercase()) } }
                            }
                            th scope="col" { "mean ± SD" }
                            th scope="col" title="Half width of the 95 % interval of one value, by the sensor" { "error ±" }
                            th scope="col" title="Minimal detectable change between two repetitions, 95 %" { "MDC" }
                        } }
                        tbody {
                            tr { th scope="row" { "start, s" } @for repetition in &analysis.repetitions { td { (format!("{:.1}", repetition.start_s)) } } td {} td {} td {} }
                            @if analysis.score.is_some() {
                                tr { th scope="row" { "score" } @for repetition in &analysis.repetitions { td { @if let Some(score) = repetition.score.as_ref().filter(|_| repetition.complete) { (format!("{:.0}", score.value)) } @else { "–" } } } td {} td {} td {} }
                            }
                            @for metric in &analysis.metrics {
                                tr {
                                    th scope="row" { (display_name(&metric.name)) @if let Some(side) = metric.side { ", " (side.name()) } " " span.unit { (unit_symbol(metric.unit)) } }
                                    @for repetition in &analysis.repetitions {
                                        @let measured = repetition.metrics.iter().find(|other| other.name == metric.name && other.side == metric.side && other.phase == metric.phase);
                                        td { (measured.map_or("–".to_owned(), |measured| format_metric(measured.value, measured.unit))) }
                                    }
                                    td { (format_metric(metric.mean, metric.unit)) " ± " (format_metric(metric.sd, metric.unit)) }
                                    td { @if metric.error > 0.0 { (format_metric(metric.error, metric.unit)) } @else { "–" } }
                                    td { (metric.mdc.map_or("–".to_owned(), |mdc| format_metric(mdc, metric.unit))) }
                                }
                            }
                        }
                    }
                }
                @for (source, names) in group_errors_by_source(analysis) {
                    p.small { "Error of " (names.join(", ")) ": " (source) "." }
                }
                @if analysis.repetitions.iter().any(|repetition| !repetition.complete) {
                    p.small { "Not complete, and not counted in the means: " (format_ranges(&analysis.repetitions.iter().filter(|r| !r.complete).map(|r| r.number).collect::<Vec<_>>())) "." }
                }
            }
        }
    }
}

pub(super) fn gait_section(analysis: &Analysis) -> Markup {
    html! {
        @if let Some(report) = &analysis.gait {
            section {
                h2 { (gait::gait_title(report)) }
                p { (gait::gait_reason(report)) }
                p.small { "Found by: " (report.method) ". Each foot by itself; the error is that of one stride at " (format!("{:.0}", analysis.input.rate_hz)) " frames a second." }
                div.scroll tabindex="0" { table.joints {
                    thead { tr { th scope="col" { "Quantity" } td.text { "Mean ± SD over the strides" } } }
                    tbody { @for value in &report.values {
                        tr { th scope="row" { (gait::value_name(value)) } td.text { (gait::value_text(value)) } }
                    } }
                } }
                @if !report.norms.is_empty() {
                    p.small { "What is usual, and no limit:" }
                    ul.small { @for norm in &report.norms { li { (gait::norm_text(norm)) } } }
                }
            }
        }
    }
}

pub(super) fn jumps_section(analysis: &Analysis) -> Markup {
    html! {
        @if !analysis.jumps.is_empty() {
            section {
                h2 { "Jumps" }
                p.small { "By the time in the air (Bosco 1983; Young 1995); ± is what the error of positions and half a frame at " (format!("{:.0}", analysis.input.rate_hz)) " a second leave open." }
                ol { @for jump in &analysis.jumps { li value=(jump.repetition) { (landing::jump_text(jump)) } } }
            }
        }
    }
}

pub(super) fn landing_section(analysis: &Analysis) -> Markup {
    html! {
        @if let Some(report) = &analysis.landing {
            section {
                h2 { (landing::landing_title(report)) }
                p.small { "Landings of repetitions " (format_ranges(&report.repetitions)) ". " (landing::LANDING_NOTE) }
                div.scroll tabindex="0" { table.joints {
                    thead { tr { th scope="col" { "Item" } td.text { "At fault if" } td.text { "Points" } } }
                    tbody { @for item in &report.items {
                        tr { th scope="row" { (item.number) } td.text { (item.item) } td.text { (landing::item_points_text(item)) } }
                    } }
                } }
            }
        }
    }
}

pub(super) fn moments_section(analysis: &Analysis) -> Markup {
    html! {
        @if let Some(report) = &analysis.moments {
            section {
                h2 { (moments::moments_title(report)) }
                div.scroll tabindex="0" { table.joints {
                    thead { tr { th scope="col" { "Joint" } td.text { "Most extending to most flexing moment" } } }
                    tbody { @for peak in &report.peaks {
                        tr { th scope="row" { (moments::peak_name(peak)) } td.text { (moments::moment_range_text(peak)) } }
                    } }
                } }
                p.small { (report.limits.join(" ")) }
            }
        }
    }
}

/// Sources of the measurement errors, each with its metrics, in order of first appearance; a single
/// source for all metrics says so instead of listing them.
fn group_errors_by_source(analysis: &Analysis) -> Vec<(&str, Vec<String>)> {
    let mut sources: Vec<(&str, Vec<String>)> = Vec::new();
    for metric in analysis.metrics.iter().filter(|metric| !metric.error_source.is_empty()) {
        let name = display_name(&metric.name).to_lowercase();
        match sources.iter_mut().find(|(source, _)| *source == metric.error_source) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => sources.push((&metric.error_source, vec![name])),
        }
    }
    if let [(_, names)] = &mut sources[..] {
        *names = vec!["all of them".to_owned()];
    }
    sources
}

pub(super) fn quality_section(analysis: &Analysis) -> Markup {
    let quality = &analysis.quality;
    let length_unit = analysis.input.space.length_unit();
    html! {
        section {
            h2 { "How good the data are: " (verdict_text(quality.verdict)) }
            @for reason in &quality.reasons { p { (reason) } }
            @if !analysis.input.source.notes.is_empty() {
                ul.small { @for note in &analysis.input.source.notes { li { (note) } } }
            }
            details {
                summary { "Each of the " (quality.joints.len()) " joints" }
                div.scroll tabindex="0" { table.joints {
                    thead { tr { th scope="col" { "Joint" } th scope="col" { "Seen" } td {} th scope="col" { "Longest gap, s" } th scope="col" { "Jitter, " (length_unit) } } }
                    tbody { @for joint in &quality.joints {
                        tr {
                            th scope="row" { (joint.joint) }
                            td { (format!("{:.0} %", 100.0 * joint.seen)) }
                            td { div.bar aria-hidden="true" { div style=(format!("width:{:.0}%", 100.0 * joint.seen)) {} } }
                            td { (format!("{:.2}", joint.longest_gap_s)) }
                            td { (if length_unit == "m" { format!("{:.4}", joint.jitter) } else { format!("{:.2}", joint.jitter) }) }
                        }
                    } }
                } }
            }
            details {
                summary { "What was repaired" }
                @if analysis.repairs.is_empty() { p { "Nothing." } } @else {
                    div.scroll tabindex="0" { table {
                        thead { tr { th scope="col" { "Joint" } th scope="col" { "Repair" } th scope="col" { "Frames" } th scope="col" { "How" } } }
                        tbody { @for repair in &analysis.repairs {
                            tr { th scope="row" { (repair.joint) } td.text { (repair.kind) } td { (repair.frames) } td.text { (repair.note) } }
                        } }
                    } }
                }
                @if !analysis.input.invented.is_empty() {
                    p { "Made from other joints:" }
                    ul { @for part in &analysis.input.invented { li { (part.replace('_', " ")) } } }
                }
            }
        }
    }
}

pub(super) fn refused_section(analysis: &Analysis) -> Markup {
    html! {
        @if !analysis.refused.is_empty() {
            section {
                h2 { "What this recording cannot tell" }
                ul.refused { @for (names, reason) in group_by_reason(&analysis.refused) { li { strong { (display_name(&names)) } ": " (reason) } } }
            }
        }
    }
}

pub(super) fn page_footer(analysis: &Analysis) -> Markup {
    let input = &analysis.input;
    html! {
        footer {
            p {
                "Made by Agoge " (analysis.version) " from " (input.source.format) ", " (input.skeleton) ", " (input.frames) " frames at " (format!("{:.2}", input.rate_hz)) " Hz. "
                "Nothing left this machine. This is no diagnosis: pain belongs to a physician or physiotherapist."
            }
        }
    }
}
