//! `agoge pretrain MANIFEST…`

use super::print_text;
use super::train::{model_name, training_config, write_model};
use crate::args::{GlobalArgs, PretrainArgs};
use crate::outcome::{CommandError, Exit};
use crate::progress;

/// Trains an encoder without labels and writes its weights.
pub(crate) fn run_pretrain(args: &PretrainArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let config = training_config(args.seed, args.epochs, usize::MAX);
    let bar = progress::progress_bar(config.epochs, "epochs", shared);
    let mut loss = f64::NAN;
    let model = agoge_lab::learn::pretrain_model(
        &args.manifests,
        &config,
        &model_name(&args.out),
        args.checkpoint.as_deref(),
        &mut |progress| {
            loss = progress.loss;
            bar.set_position(progress.epoch as u64);
        },
    )?;
    bar.finish_and_clear();
    write_model(&args.out, &model)?;
    if shared.json {
        super::print_json(
            &serde_json::json!({ "weights": args.out, "parameters": model.parameter_count(), "loss": loss }),
        )?;
    } else {
        print_text(&format!(
            "{}: {} parameters, last loss {loss:.4}\n",
            args.out.display(),
            model.parameter_count()
        ))?;
    }
    Ok(Exit::Done)
}
