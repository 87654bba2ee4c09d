//! `agoge adapt --clips DIR`

use super::train::{load_base, model_name, write_model};
use super::{print_json, print_text};
use crate::args::{AdaptArgs, GlobalArgs};
use crate::outcome::{CommandError, Exit};
use agoge_train::Adapted;
use agoge_train::adapt::AdaptMethod;

/// Makes a model of new movements from few clips and writes its weights.
pub(crate) fn run_adapt(args: &AdaptArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let base = load_base(args.model.as_deref())?.map_or_else(agoge::bundled_base, Ok)?;
    let manifest = args.clips.join("manifest.csv");
    let Adapted { model, method: way, scores: inside } =
        agoge_lab::learn::adapt_model(&base, &manifest, &model_name(&args.out), args.seed)?;
    write_model(&args.out, &model)?;
    if shared.json {
        print_json(&serde_json::json!({
            "weights": args.out, "parameters": model.parameter_count(), "movements": model.card().movements, "way": way, "inside": inside
        }))?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{}: {}\n", args.out.display(), model.card().movements.join(", "));
    text += &format!("made by {}: ", adaptation_name(way));
    text += match inside.is_empty() {
        true => "a single clip of a kind leaves none to compare the ways on\n",
        false => "of the ways below, judged by labelled clips put aside\n",
    };
    for inside in &inside {
        text += &format!("  {:10} {:.3}\n", adaptation_name(inside.way), inside.reached);
    }
    print_text(&text)?;
    Ok(Exit::Done)
}

/// The printed name of a method of adaptation.
pub(super) fn adaptation_name(way: AdaptMethod) -> &'static str {
    match way {
        AdaptMethod::Prototype => "prototype",
        AdaptMethod::Linear => "linear",
        AdaptMethod::Committee => "committee",
        AdaptMethod::Adapters => "adapters",
    }
}
