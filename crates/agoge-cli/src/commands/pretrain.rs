//! `agoge pretrain MANIFEST…`

use super::print;
use super::train::{config, name_of, write};
use crate::args::{Pretrain, Shared};
use crate::outcome::{Exit, Failure};
use crate::progress;

/// Trains an encoder without labels and writes its weights.
pub(crate) fn run(args: &Pretrain, shared: &Shared) -> Result<Exit, Failure> {
    let config = config(args.seed, args.epochs, usize::MAX);
    let bar = progress::bar(config.epochs, "epochs", shared);
    let mut loss = f64::NAN;
    let model = agoge::pretrain_model(
        &args.manifests,
        &config,
        &name_of(&args.out),
        args.checkpoint.as_deref(),
        &mut |progress| {
            loss = progress.loss;
            bar.set_position(progress.epoch as u64);
        },
    )?;
    bar.finish_and_clear();
    write(&args.out, &model)?;
    if shared.json {
        super::print_json(
            &serde_json::json!({ "weights": args.out, "parameters": model.parameters(), "loss": loss }),
        )?;
    } else {
        print(&format!(
            "{}: {} parameters, last loss {loss:.4}\n",
            args.out.display(),
            model.parameters()
        ))?;
    }
    Ok(Exit::Done)
}
