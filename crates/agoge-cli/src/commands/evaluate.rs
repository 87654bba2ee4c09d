//! `agoge evaluate MANIFEST`

use super::{print, print_json};
use crate::args::{Evaluate, Shared};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::attention::{Config, Evaluation, Model};
use std::path::Path;

/// Measures how well a model does on athletes it was not trained on.
pub(crate) fn run(args: &Evaluate, shared: &Shared) -> Result<Exit, Failure> {
    let config = super::train::config(1, args.epochs);
    let base = super::train::base(args.base.as_deref())?;
    let evaluation = measured(&args.manifest, &config, base.as_ref(), args.seeds, shared)?;
    if shared.json {
        print_json(&evaluation)?;
    } else {
        print(&table(&evaluation))?;
    }
    Ok(Exit::Done)
}

/// Evaluates with a progress bar.
pub(crate) fn measured(
    manifest: &Path,
    config: &Config,
    base: Option<&Model>,
    seeds: u64,
    shared: &Shared,
) -> Result<Evaluation, Failure> {
    let bar = progress::bar(0, "trainings", shared);
    let evaluation = agoge::evaluate(manifest, config, base, seeds, &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    Ok(evaluation)
}

/// The figures as a table.
pub(crate) fn table(evaluation: &Evaluation) -> String {
    let mut text = format!(
        "Leave one athlete out: {} athletes, {} seed(s); mean ± SD over the seeds\n\n{:24} {:>5}  {:>13}  {:>13}  {:>13}\n",
        evaluation.athletes, evaluation.seeds, "movement", "clips", "AUC", "AUC within", "accuracy"
    );
    let cell = |(mean, sd): (f64, f64)| format!("{mean:.3} ± {sd:.3}");
    for row in &evaluation.movements {
        text += &format!(
            "{:24} {:>5}  {:>13}  {:>13}  {:>13}\n",
            row.movement,
            row.clips,
            cell(row.auc),
            cell(row.auc_within),
            cell(row.accuracy)
        );
    }
    text += &format!(
        "{:24} {:>5}  {:>13}  {:>13}  {:>13}\n\nmovement recognised: {}\n",
        "mean",
        "",
        cell(evaluation.auc),
        cell(evaluation.auc_within),
        cell(evaluation.accuracy),
        cell(evaluation.recognition)
    );
    text
}
