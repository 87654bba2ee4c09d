//! How a command ends.

use std::process::ExitCode;

/// The exit codes of `agoge`; the argument parser itself exits with 2 on wrong usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: success.
    Done,
    /// 1: some input was at fault; the rest was done.
    InputAtFault,
    /// 2: the command line was at fault.
    Usage,
    /// 3: Agoge failed.
    OurFault,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::InputAtFault => 1,
            Exit::Usage => 2,
            Exit::OurFault => 3,
        })
    }
}

/// Why a command failed; printed as one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The library refused the input.
    #[error(transparent)]
    Library(#[from] agoge::Error),
    /// The server could not start, or stopped.
    #[error(transparent)]
    Server(#[from] agoge_server::ServerError),
    /// A line of input that names no task.
    #[error(
        "not a task and its iterations: {line}; hint: `agoge bench tasks` lists the tasks, `quit` ends"
    )]
    Bench {
        /// The line.
        line: String,
    },
    /// An option that the chosen protocol takes no notice of.
    #[error(
        "{option} has no meaning for the protocol {protocol}; hint: leave it out, `agoge evaluate --help` says what each is for"
    )]
    IgnoredOption {
        /// The option.
        option: &'static str,
        /// The protocol.
        protocol: String,
    },
    /// Standard output cannot be written to.
    #[error("cannot write to standard output: {0}; hint: is the pipe still open?")]
    Output(#[from] std::io::Error),
}

impl CommandError {
    /// The exit code for this error.
    pub(crate) fn exit_code(&self) -> Exit {
        match self {
            CommandError::Server(
                agoge_server::ServerError::Runtime(_) | agoge_server::ServerError::Bench(_),
            ) => Exit::OurFault,
            CommandError::IgnoredOption { .. } => Exit::Usage,
            CommandError::Server(_)
            | CommandError::Library(_)
            | CommandError::Bench { .. }
            | CommandError::Output(_) => Exit::InputAtFault,
        }
    }
}
