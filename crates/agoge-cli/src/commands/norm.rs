//! `agoge norm MANIFEST`

use super::{print, print_json};
use crate::args::{NormOf, Shared};
use crate::outcome::{Exit, Failure};

/// Writes the norm of each movement of a manifest.
pub(crate) fn run(args: &NormOf, shared: &Shared) -> Result<Exit, Failure> {
    let norms = agoge::learn::norms(&args.manifest, &args.source)?;
    let text = serde_json::to_string(&norms).map_err(std::io::Error::from)?;
    agoge::write_bytes(&args.out, text.as_bytes())?;
    if shared.json {
        print_json(&norms)?;
    } else if !shared.quiet {
        for norm in &norms {
            print(&format!(
                "{:22} {:>5} repetitions of {} athletes\n",
                norm.movement, norm.repetitions, norm.athletes
            ))?;
        }
        print(&format!("\n{}: give it to `agoge explain --reference`\n", args.out.display()))?;
    }
    Ok(Exit::Done)
}
