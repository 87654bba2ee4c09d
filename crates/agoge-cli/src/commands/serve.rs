//! `agoge serve`

use super::print;
use crate::args::{Serve, Shared};
use crate::outcome::{Exit, Failure};
use agoge_server::{Config, Limits};

/// Serves until Ctrl-C.
pub(crate) fn run(args: &Serve, shared: &Shared) -> Result<Exit, Failure> {
    let config = Config { address: args.address, library: Some(args.library.folder()?), limits: Limits::default() };
    agoge_server::run(config, |address| {
        if !shared.quiet {
            // Who closed standard output does not want to hear it.
            let _ = print(&format!("Agoge serves http://{address}/ – end with Ctrl-C\n"));
        }
    })?;
    Ok(Exit::Done)
}
