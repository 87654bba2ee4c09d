//! `agoge completions SHELL`

use crate::args::Arguments;
use crate::outcome::{Exit, Failure};
use clap::CommandFactory;

/// Prints the completions for a shell.
pub(crate) fn run(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    clap_complete::generate(shell, &mut Arguments::command(), "agoge", &mut std::io::stdout());
    Ok(Exit::Done)
}
