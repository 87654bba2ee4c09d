//! `agoge train MANIFEST`

use super::evaluate::{measured, table};
use super::{print, print_json};
use crate::args::{Shared, Train};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::Models;
use agoge::attention::{Config, Evaluation, Model};
use agoge::learn::{self, Clips, Outcome};
use std::path::Path;

/// Trains a model and writes its weights.
pub(crate) fn run(args: &Train, shared: &Shared) -> Result<Exit, Failure> {
    let clips = Clips::of_manifest(&args.manifest, |_| true)?;
    let config = Config { pairs: args.pairs, ..config(args.seed, args.epochs, clips.clips.len()) };
    let base = base(args.base.as_deref())?;
    let evaluation =
        if args.measure { evaluation(args, &clips, &config, base.as_ref(), shared)? } else { None };
    let bar = progress::bar(config.epochs, "epochs", shared);
    let mut loss = f64::NAN;
    let model = agoge::train_model(
        &args.manifest,
        &config,
        base.as_ref(),
        &name_of(&args.out),
        evaluation.as_ref(),
        args.checkpoint.as_deref(),
        &mut |progress| {
            loss = progress.loss;
            bar.set_position(progress.epoch as u64);
        },
    )?;
    bar.finish_and_clear();
    write(&args.out, &model)?;
    if shared.json {
        print_json(&serde_json::json!({
            "weights": args.out, "parameters": model.parameters(), "loss": loss, "evaluation": evaluation
        }))?;
    } else {
        if let Some(evaluation) = &evaluation {
            print(&table(evaluation))?;
        }
        print(&format!(
            "{}: {} parameters, last loss {loss:.3}\n",
            args.out.display(),
            model.parameters()
        ))?;
    }
    Ok(Exit::Done)
}

/// Evaluates such a model on athletes left out; none if the manifest allows only recognition.
fn evaluation(
    args: &Train,
    clips: &Clips,
    config: &Config,
    base: Option<&Model>,
    shared: &Shared,
) -> Result<Option<Evaluation>, Failure> {
    let method = learn::method("committee", config, base)?;
    match measured(clips, method.as_ref(), true, 1, args.keep.as_deref(), shared)? {
        Outcome::Quality(evaluation) => Ok(Some(evaluation)),
        Outcome::Recognition(_) | Outcome::Shots(_) => Ok(None),
    }
}

/// The training settings for a number of clips.
pub(crate) fn config(seed: u64, epochs: Option<usize>, clips: usize) -> Config {
    let config = Config { seed, ..Config::default() }.suited(clips);
    Config { epochs: epochs.unwrap_or(config.epochs), ..config }
}

/// Loads the pre-trained model to start from, if a path is given.
pub(crate) fn base(path: Option<&Path>) -> Result<Option<Model>, Failure> {
    Ok(path.map(Models::from_file).transpose()?.and_then(|models| models.model))
}

/// Name of a model: the stem of its file name.
pub(crate) fn name_of(out: &Path) -> String {
    out.file_stem().map_or_else(|| "model".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Writes a model's weights; the file is complete or not written at all.
pub(crate) fn write(out: &Path, model: &Model) -> Result<(), Failure> {
    write_file(out, model.to_bytes())
}

/// Writes bytes, or reports why they could not be made; the file is complete or not written at all.
pub(crate) fn write_file(
    out: &Path,
    content: Result<Vec<u8>, agoge::attention::Error>,
) -> Result<(), Failure> {
    let bytes = content.map_err(agoge::Error::from)?;
    Ok(agoge::write_bytes(out, &bytes)?)
}
