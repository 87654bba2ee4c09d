//! `agoge setup`

use super::{print_json, print_text};
use crate::args::{GlobalArgs, SetupArgs};
use crate::outcome::{CommandError, Exit};
use agoge::vision::setup;
use std::fmt::Write;

/// Installs the pose network and prints its files, their sizes and the licence.
pub(crate) fn run_setup(args: &SetupArgs, shared: &GlobalArgs) -> Result<Exit, CommandError> {
    let weights = setup::install_weights(args.from.as_deref(), &agoge::pose_folder()?)
        .map_err(agoge::Error::from)?;
    if shared.json {
        print_json(&weights)?;
    } else if !shared.quiet {
        let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
        let already = if weights.already_there { "is already" } else { "is now" };
        let mut text = format!("The pose network {already} in {}\n", weights.folder.display());
        for (name, bytes) in &weights.files {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {name:16} {:>8}", megabytes(*bytes));
        }
        let _ = writeln!(
            text,
            "From {}, licence {} (see NOTICE.txt beside it).",
            weights.package, weights.licence
        );
        print_text(&text)?;
    }
    Ok(Exit::Done)
}
