//! What can go wrong, one line each.

use std::path::PathBuf;

/// Everything that can go wrong between an input and its analysis. Every message says what, where
/// and what to do.
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
    #[error(
        "the model that comes with Agoge cannot be read; hint: build Agoge again from a whole copy of its source"
    )]
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
    /// Borders of a repetition that cannot be.
    #[error(
        "these borders cannot be stored: {what}; hint: they ascend within the recording, one more than the repetition has phases"
    )]
    Borders {
        /// What is wrong with them.
        what: &'static str,
    },
    /// What cannot be judged.
    #[error(
        "this cannot be judged or learned from: {what}; hint: complete repetitions of one movement can, at /label of `agoge serve`"
    )]
    Judgement {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The configuration is at fault.
    #[error("{}: {what}; hint: the sections and keys are listed in docs/CONFIG.md", .path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// A file of norms is something else.
    #[error("{}: {what}; hint: `agoge norm` makes such files", .path.display())]
    Norm {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A file of norms does not know a movement.
    #[error("{}: no norm of `{movement}`; hint: make one with `agoge norm`, or give a recording as the reference", .path.display())]
    NoNorm {
        /// The file.
        path: PathBuf,
        /// The movement.
        movement: String,
    },
    /// The map of an import is at fault.
    #[error("{}: {what}; hint: the map of keys is described in docs/MODELS.md", .path.display())]
    KeyMap {
        /// The map.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// The athletes' library refused.
    #[error(transparent)]
    Store(#[from] agoge_store::Error),
    /// The user has no folder for data.
    #[error("there is no folder for data; hint: name one with --library DIR, or set AGOGE_DATA")]
    NoDataFolder,
    /// Nothing is known from which a load follows.
    #[error(
        "no workout has a load by this method; hint: bring workouts in with `agoge load import`, rate them in the diary (RPE and minutes), or give heart rates and thresholds in athlete.toml before importing (docs/LOAD.md); folder: {}",
        .folder.display()
    )]
    NoLoad {
        /// The athlete's folder.
        folder: PathBuf,
    },
    /// What an athlete's loads need is at fault.
    #[error("{what}; hint: the keys are listed in docs/LOAD.md; file: {}", .path.display())]
    Profile {
        /// The file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// A table of an athlete's folder is at fault.
    #[error("{what}, in line {line}; hint: the columns are listed in docs/LOAD.md; file: {}", .path.display())]
    Table {
        /// The table.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// A request, a library of sessions or a plan is at fault.
    #[error("{what}; hint: docs/PLAN.md shows what the file should look like; file: {}", .path.display())]
    Plan {
        /// The file.
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

/// What is wrong with a TOML file, and in which line.
pub(crate) fn toml_fault(text: &str, error: &toml::de::Error) -> String {
    let line =
        error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
    format!("line {line}: {}", error.message())
}
