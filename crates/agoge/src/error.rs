//! What can go wrong, one line each.

use std::path::PathBuf;

/// Everything that can go wrong between an input and its analysis. Every message says what, where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written as a recording.
    #[error(transparent)]
    Format(#[from] agoge_formats::Error),
    /// A video could not be read.
    #[error(transparent)]
    Video(#[from] agoge_vision::Error),
    /// The recording cannot be worked on.
    #[error(transparent)]
    Recording(#[from] agoge_motion::Error),
    /// A movement definition is at fault.
    #[error(transparent)]
    Movement(#[from] agoge_kinematics::movement::Error),
    /// The recording can be read, but no movement can be in it.
    #[error("nothing to analyse: {what}; hint: {hint}; file: {}", path.display())]
    NothingToAnalyze {
        /// The file or folder.
        path: PathBuf,
        /// What is missing.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// Weights, training or evaluation failed.
    #[error(transparent)]
    Model(#[from] agoge_attention::Error),
    /// The model that comes with Agoge cannot be used.
    #[error("the model that comes with Agoge cannot be read; hint: build Agoge again from a whole copy of its source")]
    NoModel,
    /// No movement of this name.
    #[error(
        "there is no movement `{name}`; hint: `agoge movements list` names them all, or give the path of a definition file"
    )]
    NoSuchMovement {
        /// The name that was asked for.
        name: String,
    },
    /// No method of this name.
    #[error("there is no method `{name}`; hint: `agoge evaluate --help` names them all")]
    NoSuchMethod {
        /// The name that was asked for.
        name: String,
    },
    /// A file of folds is something else.
    #[error("{}: {what}; hint: give the file of an evaluation of the same protocol and method, or a new name", .path.display())]
    Folds {
        /// The file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// The configuration is at fault.
    #[error("{}: {what}; hint: the sections and keys are listed in docs/CONFIG.md", .path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// The map of an import is at fault.
    #[error("{}: {what}; hint: the map of keys is described in docs/MODELS.md", .path.display())]
    KeyMap {
        /// The map.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// The operating system refused.
    #[error("{}: {source}; hint: check that the path exists and that you may use it", .path.display())]
    Io {
        /// Which path.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
}

impl Error {
    /// Wraps an operating system error with its path.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
