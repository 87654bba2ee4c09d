//! `agoge train MANIFEST`

use super::evaluate::{evaluate_with_progress, quality_table};
use super::{print_json, print_text};
use crate::args::{GlobalArgs, TrainArgs};
use crate::outcome::{CommandError, Exit};
use crate::progress;
use agoge::Models;
use agoge::model::Model;
use agoge_lab::Evaluation;
use agoge_lab::learn::{self, ClipSet, ProtocolResult};
use agoge_train::TrainingConfig;
use std::path::Path;

/// Trains a model and writes its weights.
pub(crate) fn run_train(args: &TrainArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let clips = ClipSet::from_manifest(&args.manifest, |_| true)?;
    let config = TrainingConfig {
        pairs: args.pairs,
        ..training_config(args.seed, args.epochs, clips.clips.len())
    };
    let base = load_base(args.base.as_deref())?;
    let evaluation = if args.measure {
        evaluate_method(args, &clips, &config, base.as_ref(), shared)?
    } else {
        None
    };
    let bar = progress::progress_bar(config.epochs, "epochs", shared);
    let mut loss = f64::NAN;
    let model = agoge_lab::learn::train_model(
        &args.manifest,
        &config,
        base.as_ref(),
        &model_name(&args.out),
        evaluation.as_ref(),
        args.checkpoint.as_deref(),
        &mut |progress| {
            loss = progress.loss;
            bar.set_position(progress.epoch as u64);
        },
    )?;
    bar.finish_and_clear();
    write_model(&args.out, &model)?;
    if shared.json {
        print_json(&serde_json::json!({
            "weights": args.out, "parameters": model.parameter_count(), "loss": loss, "evaluation": evaluation
        }))?;
    } else {
        if let Some(evaluation) = &evaluation {
            print_text(&quality_table(evaluation))?;
        }
        print_text(&format!(
            "{}: {} parameters, last loss {loss:.3}\n",
            args.out.display(),
            model.parameter_count()
        ))?;
    }
    Ok(Exit::Done)
}

/// Evaluates such a model on athletes left out; none if the manifest allows only recognition.
fn evaluate_method(
    args: &TrainArgs,
    clips: &ClipSet,
    config: &TrainingConfig,
    base: Option<&Model>,
    shared: &GlobalArgs,
) -> Result<Option<Evaluation>, CommandError> {
    let method = learn::build_method("committee", config, base)?;
    match evaluate_with_progress(clips, method.as_ref(), true, 1, args.keep.as_deref(), shared)? {
        ProtocolResult::Quality(evaluation) => Ok(Some(evaluation)),
        ProtocolResult::Recognition(_) | ProtocolResult::Shots(_) => Ok(None),
    }
}

/// The training settings for a number of clips.
pub(crate) fn training_config(seed: u64, epochs: Option<usize>, clips: usize) -> TrainingConfig {
    let config = TrainingConfig { seed, ..TrainingConfig::default() }.scale_epochs(clips);
    TrainingConfig { epochs: epochs.unwrap_or(config.epochs), ..config }
}

/// Loads the pre-trained model to start from, if a path is given.
pub(crate) fn load_base(path: Option<&Path>) -> Result<Option<Model>, CommandError> {
    Ok(path.map(Models::from_file).transpose()?.and_then(|models| models.model))
}

/// Name of a model: the stem of its file name.
pub(crate) fn model_name(out: &Path) -> String {
    out.file_stem().map_or_else(|| "model".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Writes a model's weights; the file is complete or not written at all.
pub(crate) fn write_model(out: &Path, model: &Model) -> Result<(), CommandError> {
    write_file(out, model.to_bytes())
}

/// Writes bytes, or reports why they could not be made; the file is complete or not written at all.
pub(crate) fn write_file(
    out: &Path,
    content: Result<Vec<u8>, agoge::model::ModelError>,
) -> Result<(), CommandError> {
    let bytes = content.map_err(agoge::Error::from)?;
    Ok(agoge::write_bytes(out, &bytes)?)
}
