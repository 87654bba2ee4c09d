//! CSV table with one row per repetition.

use agoge_analysis::Analysis;
use agoge_kinematics::{Metric, curve};
use std::collections::BTreeSet;

/// Renders `repetitions.csv`: the file, the repetition, its events in frames and seconds, every
/// metric as `movement_metric[_side]_unit`, score and plausibility checks. Unknown values are
/// empty; the columns have a fixed order.
pub fn repetitions_csv(analysis: &Analysis) -> String {
    let mut events: Vec<&str> = Vec::new();
    let mut metrics: Vec<(String, &Metric)> = Vec::new();
    let mut seen = BTreeSet::new();
    for repetition in &analysis.repetitions {
        for event in &repetition.events {
            if !["start", "end"].contains(&event.name.as_str())
                && !events.contains(&event.name.as_str())
            {
                events.push(&event.name);
            }
        }
        for metric in &repetition.metrics {
            let name = column_name(&analysis.movement.name, metric);
            if seen.insert(name.clone()) {
                metrics.push((name, metric));
            }
        }
    }
    let mut header: Vec<String> =
        ["file", "repetition", "side", "complete", "start_frame", "end_frame", "start_s", "end_s"]
            .map(str::to_owned)
            .to_vec();
    header.extend(events.iter().flat_map(|event| [format!("{event}_frame"), format!("{event}_s")]));
    header.extend(metrics.iter().map(|(name, _)| name.clone()));
    header.extend(["score", "score_low", "score_high", "qa_pose", "qa_biomech"].map(str::to_owned));

    let mut text = csv_row(&header);
    for repetition in &analysis.repetitions {
        let [start, end] = repetition.frames;
        let frame_to_seconds = |frame: usize| {
            let share = (frame - start) as f64 / (end - start).max(1) as f64;
            repetition.start_s + share * (repetition.end_s - repetition.start_s)
        };
        let mut cells = vec![
            analysis.input.source.name.clone(),
            repetition.number.to_string(),
            repetition.side.map_or(String::new(), |side| side.name().to_owned()),
            repetition.complete.to_string(),
            start.to_string(),
            end.to_string(),
            format!("{:.4}", repetition.start_s),
            format!("{:.4}", repetition.end_s),
        ];
        for name in &events {
            let found_event = repetition.events.iter().find(|event| event.name == **name);
            cells.push(found_event.map_or(String::new(), |event| event.frame.to_string()));
            cells
                .push(found_event.map_or(String::new(), |event| {
                    format!("{:.4}", frame_to_seconds(event.frame))
                }));
        }
        for (_, kind) in &metrics {
            let is_same_measure = |metric: &&Metric| {
                metric.name == kind.name && metric.side == kind.side && metric.phase == kind.phase
            };
            cells.push(
                repetition
                    .metrics
                    .iter()
                    .find(is_same_measure)
                    .map_or(String::new(), |metric| format_number(metric.value)),
            );
        }
        let score = repetition.score.as_ref();
        cells.push(score.map_or(String::new(), |score| format_number(score.value)));
        cells.push(score.map_or(String::new(), |score| format_number(score.low)));
        cells.push(score.map_or(String::new(), |score| format_number(score.high)));
        cells.push(repetition.qa_pose.to_string());
        cells.push(repetition.qa_biomech.to_string());
        text += &csv_row(&cells);
    }
    text
}

fn column_name(movement: &str, metric: &Metric) -> String {
    let unit = match metric.unit.symbol() {
        "1" => String::new(),
        "%" => "_percent".to_owned(),
        symbol => format!("_{}", symbol.replace('/', "_per_")),
    };
    format!("{movement}_{}{unit}", curve::curve_key(&metric.name, metric.side))
}

fn format_number(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { String::new() }
}

/// Renders a row with the quoting of RFC 4180.
fn csv_row(cells: &[String]) -> String {
    let quoted = |cell: &String| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    cells.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}
