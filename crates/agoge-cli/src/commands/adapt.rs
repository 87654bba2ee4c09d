//! `agoge adapt --clips DIR`

use super::train::{base, name_of, write};
use super::{print, print_json};
use crate::args::{Adapt, Shared};
use crate::outcome::{Exit, Failure};
use agoge::attention::Adapted;
use agoge::attention::adapt::Way;

/// Makes a model of new movements from few clips and writes its weights.
pub(crate) fn run(args: &Adapt, shared: &Shared) -> Result<Exit, Failure> {
    let base = base(args.model.as_deref())?.map_or_else(agoge::bundled_base, Ok)?;
    let manifest = args.clips.join("manifest.csv");
    let Adapted { model, way, inside } =
        agoge::adapt_model(&base, &manifest, &name_of(&args.out), args.seed)?;
    write(&args.out, &model)?;
    if shared.json {
        print_json(&serde_json::json!({
            "weights": args.out, "parameters": model.parameters(), "movements": model.card().movements, "way": way, "inside": inside
        }))?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{}: {}\n", args.out.display(), model.card().movements.join(", "));
    text += &format!("made by {}: ", name(way));
    text += match inside.is_empty() {
        true => "a single clip of a kind leaves none to compare the ways on\n",
        false => "of the ways below, judged by labelled clips put aside\n",
    };
    for inside in &inside {
        text += &format!("  {:10} {:.3}\n", name(inside.way), inside.reached);
    }
    print(&text)?;
    Ok(Exit::Done)
}

/// The printed name of a method of adaptation.
pub(super) fn name(way: Way) -> &'static str {
    match way {
        Way::Prototype => "prototype",
        Way::Linear => "linear",
        Way::Committee => "committee",
        Way::Adapters => "adapters",
    }
}
