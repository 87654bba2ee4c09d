//! `agoge norm MANIFEST`

use super::{print_json, print_text};
use crate::args::{GlobalArgs, NormArgs};
use crate::outcome::{CommandError, Exit};

/// Writes the norm of each movement of a manifest.
pub(crate) fn run_norm(args: &NormArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let norms = agoge_lab::learn::compute_norms(&args.manifest, &args.source)?;
    let text = serde_json::to_string(&norms).map_err(std::io::Error::from)?;
    agoge::write_bytes(&args.out, text.as_bytes())?;
    if shared.json {
        print_json(&norms)?;
    } else if !shared.quiet {
        for norm in &norms {
            print_text(&format!(
                "{:22} {:>5} repetitions of {} athletes\n",
                norm.movement, norm.repetitions, norm.athletes
            ))?;
        }
        print_text(&format!("\n{}: give it to `agoge explain --reference`\n", args.out.display()))?;
    }
    Ok(Exit::Done)
}
