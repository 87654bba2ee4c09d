//! `agoge train MANIFEST`

use super::evaluate::{measured, table};
use super::{print, print_json};
use crate::args::{Shared, Train};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::attention::Config;

/// Trains a model and writes its weights.
pub(crate) fn run(args: &Train, shared: &Shared) -> Result<Exit, Failure> {
    let mut config = Config { seed: args.seed, ..Config::default() };
    config.epochs = args.epochs.unwrap_or(config.epochs);
    let name = args.out.file_stem().map_or_else(|| "model".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let measured = args.measure.then(|| measured(&args.manifest, &config, 1, shared)).transpose()?;
    let bar = progress::bar(config.epochs, "epochs", shared);
    let mut loss = f64::NAN;
    let model = agoge::train_model(&args.manifest, &config, &name, measured.as_ref(), &mut |progress| {
        loss = progress.loss;
        bar.set_position(progress.epoch as u64);
    })?;
    bar.finish_and_clear();
    let bytes = model.to_bytes().map_err(agoge::Error::from)?;
    agoge::write_bytes(&args.out, &bytes)?;
    if shared.json {
        print_json(&serde_json::json!({
            "weights": args.out, "parameters": model.parameters(), "loss": loss, "evaluation": measured
        }))?;
    } else {
        if let Some(evaluation) = &measured {
            print(&table(evaluation))?;
        }
        print(&format!("{}: {} parameters, last loss {loss:.3}\n", args.out.display(), model.parameters()))?;
    }
    Ok(Exit::Done)
}
