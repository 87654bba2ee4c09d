//! `agoge demo`

use super::{print_json, print_text, use_color};
use crate::args::{DemoArgs, GlobalArgs};
use crate::outcome::{CommandError, Exit};
use agoge::demo::{Demonstration, run_demonstration};
use serde::Serialize;
use std::path::PathBuf;

/// One simulated set, as `--json` prints it.
#[derive(Serialize)]
struct DemoSummary<'a> {
    simulated: bool,
    movement: &'a str,
    repetitions_planted: usize,
    repetitions_found: usize,
    faults: &'a [(String, Option<String>)],
    folder: PathBuf,
}

/// Simulates an athlete with known faults, analyses the recordings, and shows what was found beside
/// what was planted.
pub(crate) fn run_demo(args: &DemoArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let demonstrations = run_demonstration(args.seed)?;
    let mut summaries = Vec::new();
    for demonstration in &demonstrations {
        let folder = args.out.join(demonstration.movement);
        agoge::write_results(&demonstration.analyzed, &[], &folder)?;
        let analysis = &demonstration.analyzed.analysis;
        let repetitions_found =
            analysis.repetitions.iter().filter(|repetition| repetition.complete).count();
        if !shared.json && !shared.quiet {
            print_text(&agoge::report::analysis_terminal(analysis, use_color(), 100))?;
            print_text(&planted_table(demonstration, repetitions_found))?;
            print_text(&format!("\nReport: {}\n\n", folder.join("report.html").display()))?;
        }
        summaries.push(DemoSummary {
            simulated: true,
            movement: demonstration.movement,
            repetitions_planted: demonstration.repetitions,
            repetitions_found,
            faults: &demonstration.planted,
            folder,
        });
    }
    if shared.json {
        print_json(&summaries)?;
    }
    Ok(Exit::Done)
}

/// A table of what was planted beside what was found.
fn planted_table(demonstration: &Demonstration, repetitions_found: usize) -> String {
    let rows: Vec<(String, String)> = std::iter::once((
        format!("{} repetitions", demonstration.repetitions),
        format!("{repetitions_found} repetitions"),
    ))
    .chain(demonstration.planted.iter().map(|(planted, found)| {
        (planted.clone(), found.clone().unwrap_or_else(|| "not found".to_owned()))
    }))
    .collect();
    let width = rows.iter().map(|(planted, _)| planted.chars().count()).max().unwrap_or(0);
    let mut text = format!("\nSimulated athlete\n  {:width$}  Found\n", "Planted");
    for (planted, found) in rows {
        text += &format!("  {planted:width$}  {found}\n");
    }
    text
}
