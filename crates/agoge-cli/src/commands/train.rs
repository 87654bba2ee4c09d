//! `agoge train MANIFEST`

use super::{print, print_json};
use crate::args::{Shared, Train};
use crate::outcome::{Exit, Failure};
use crate::progress;
use agoge::attention::{Card, Config};

/// Trains a model and writes its weights.
pub(crate) fn run(args: &Train, shared: &Shared) -> Result<Exit, Failure> {
    let mut config = Config { seed: args.seed, ..Config::default() };
    config.epochs = args.epochs.unwrap_or(config.epochs);
    let name = args.out.file_stem().map_or_else(|| "model".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let card = Card {
        name,
        data: args.manifest.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        movements: Vec::new(),
        protocol: "not measured; run agoge evaluate on the same manifest".to_owned(),
        figures: Vec::new(),
        date: String::new(),
        limits: "Knows only the athletes, movements and sensor of its manifest.".to_owned(),
        licence: "that of the data".to_owned(),
    };
    let bar = progress::bar(config.epochs, "epochs", shared);
    let mut loss = f64::NAN;
    let model = agoge::train_model(&args.manifest, &config, card, &mut |progress| {
        loss = progress.loss;
        bar.set_position(progress.epoch as u64);
    })?;
    bar.finish_and_clear();
    let bytes = model.to_bytes().map_err(agoge::Error::from)?;
    agoge::write_bytes(&args.out, &bytes)?;
    if shared.json {
        print_json(&serde_json::json!({ "weights": args.out, "parameters": model.parameters(), "loss": loss }))?;
    } else {
        print(&format!("{}: {} parameters, last loss {loss:.3}\n", args.out.display(), model.parameters()))?;
    }
    Ok(Exit::Done)
}
