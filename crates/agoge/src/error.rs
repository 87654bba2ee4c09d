//! The error type of the facade; every message is a single line.

use std::path::PathBuf;

/// Everything that can go wrong between reading an input and analysing it. Every message says what
/// went wrong, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written as a recording.
    #[error(transparent)]
    Format(#[from] agoge_formats::ReadError),
    /// A video could not be read.
    #[error(transparent)]
    Video(#[from] agoge_vision::VisionError),
    /// The recording cannot be processed.
    #[error(transparent)]
    Recording(#[from] agoge_motion::RecordingError),
    /// A movement definition is invalid.
    #[error(transparent)]
    Movement(#[from] agoge_kinematics::movement::DefinitionError),
    /// The recording can be read but cannot contain a movement.
    #[error("nothing to analyse: {what}; hint: {hint}; file: {}", path.display())]
    NothingToAnalyze {
        /// The input file or folder.
        path: PathBuf,
        /// What is missing from it.
        what: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// Weights, training or evaluation failed.
    #[error(transparent)]
    Model(#[from] agoge_model::ModelError),
    /// The model bundled with Agoge cannot be loaded.
    #[error(
        "the model that comes with Agoge cannot be read; hint: build Agoge again from a whole copy of its source"
    )]
    NoModel,
    /// There is no movement of this name.
    #[error(
        "there is no movement `{name}`; hint: `agoge movements list` names them all, or give the path of a definition file"
    )]
    NoSuchMovement {
        /// The requested name.
        name: String,
    },
    /// There is no evaluation method of this name.
    #[error("there is no method `{name}`; hint: `agoge evaluate --help` names them all")]
    NoSuchMethod {
        /// The requested name.
        name: String,
    },
    /// A fold file has other contents.
    #[error("{}: {what}; hint: give the file of an evaluation of the same protocol and method, or a new name", .path.display())]
    Folds {
        /// The file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// Repetition borders that are impossible.
    #[error(
        "these borders cannot be stored: {what}; hint: they ascend within the recording, one more than the repetition has phases"
    )]
    Borders {
        /// What is wrong with the borders.
        what: &'static str,
    },
    /// A judgement that cannot be stored or exported.
    #[error(
        "this cannot be judged or learned from: {what}; hint: complete repetitions of one movement can, at /label of `agoge serve`"
    )]
    Judgement {
        /// Why it cannot.
        what: &'static str,
    },
    /// The configuration file is invalid.
    #[error("{}: {what}; hint: the sections and keys are listed in docs/reference/config.md", .path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// A norm file has other contents.
    #[error("{}: {what}; hint: `agoge norm` makes such files", .path.display())]
    Norm {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A norm file has no norm for the movement.
    #[error("{}: no norm of `{movement}`; hint: make one with `agoge norm`, or give a recording as the reference", .path.display())]
    NoNorm {
        /// The file.
        path: PathBuf,
        /// The movement.
        movement: String,
    },
    /// The key map of a model import is invalid.
    #[error("{}: {what}; hint: the map of keys is described in docs/reference/models.md", .path.display())]
    KeyMap {
        /// The key map file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// The athlete library reported an error.
    #[error(transparent)]
    Store(#[from] agoge_store::StoreError),
    /// The user has no data folder.
    #[error("there is no folder for data; hint: name one with --library DIR, or set AGOGE_DATA")]
    NoDataFolder,
    /// No workout has a training load by the requested method.
    #[error(
        "no workout has a load by this method; hint: bring workouts in with `agoge load import`, rate them in the diary (RPE and minutes), or give heart rates and thresholds in athlete.toml before importing (docs/reference/load.md); folder: {}",
        .folder.display()
    )]
    NoLoad {
        /// The athlete's folder.
        folder: PathBuf,
    },
    /// The athlete's load profile (`athlete.toml`) is invalid.
    #[error("{what}; hint: the keys are listed in docs/reference/load.md; file: {}", .path.display())]
    Profile {
        /// The file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// A table in an athlete's folder is invalid.
    #[error("{what}, in line {line}; hint: the columns are listed in docs/reference/load.md; file: {}", .path.display())]
    Table {
        /// The table file.
        path: PathBuf,
        /// The line number, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// A plan request, session library or plan is invalid.
    #[error("{what}; hint: docs/reference/plan.md shows what the file should look like; file: {}", .path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// What is wrong and in which line.
        what: String,
    },
    /// An operating system call failed.
    #[error("{}: {source}; hint: check that the path exists and that you may use it", .path.display())]
    Io {
        /// The path concerned.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
}

impl Error {
    /// Returns a function that wraps an operating system error together with its path.
    pub fn io_at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}

/// Describes a TOML error together with its line number.
pub(crate) fn toml_fault(text: &str, error: &toml::de::Error) -> String {
    let line =
        error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
    format!("line {line}: {}", error.message())
}
