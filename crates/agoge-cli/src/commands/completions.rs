//! `agoge completions SHELL`

use crate::args::Arguments;
use crate::outcome::{CommandError, Exit};
use clap::CommandFactory;

/// Prints the completions for a shell.
pub(crate) fn run_completions(shell: clap_complete::Shell) -> Result<Exit, CommandError> {
    clap_complete::generate(shell, &mut Arguments::command(), "agoge", &mut std::io::stdout());
    Ok(Exit::Done)
}
