//! Why a file could not be read or written: one line, with what, where and what to do.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where in a file something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a text file, counted from 1.
    Line(usize),
    /// A frame, counted as the file counts.
    Frame(u64),
    /// A byte of a binary file, counted from 0.
    Byte(usize),
    /// A named field, column, parameter or key.
    Field(String),
    /// The file as a whole.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, " in line {line}"),
            Place::Frame(frame) => write!(f, " in frame {frame}"),
            Place::Byte(byte) => write!(f, " at byte {byte}"),
            Place::Field(field) => write!(f, " in {}", quoted(field)),
            Place::Whole => Ok(()),
        }
    }
}

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {action}: {source}; hint: {hint}; file: {}", path.display())]
    Io {
        /// What was tried, for example `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
        /// What to do.
        hint: &'static str,
    },
    /// There is nothing in the file or folder.
    #[error("nothing to read: the file or folder is empty; hint: check that it was written to its end; file: {}", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
    },
    /// The content is none of the formats that are read.
    #[error("not a recording that can be read: {reason}; hint: {}; file: {}", crate::probe::KNOWN, path.display())]
    NotUnderstood {
        /// The file or folder.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The format is known, the content breaks it.
    #[error("{what}{place}; hint: {hint}; file: {}", path.display())]
    Format {
        /// The file or folder.
        path: PathBuf,
        /// Where.
        place: Place,
        /// What is wrong.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// Nobody was seen, or not the person asked for.
    #[error("{what}; hint: {hint}; file: {}", path.display())]
    NoPerson {
        /// The file or folder.
        path: PathBuf,
        /// What is missing.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// More than can be held in memory ([`crate::MAX_VALUES`], [`crate::MAX_BYTES`]).
    #[error("too large: {what}; hint: split the recording into shorter ones or lower its frame rate; file: {}", path.display())]
    TooLarge {
        /// The file or folder.
        path: PathBuf,
        /// How much there is, and how much is allowed.
        what: String,
    },
}

impl Error {
    pub(crate) fn format(
        path: &Path,
        place: Place,
        what: impl Into<String>,
        hint: &'static str,
    ) -> Error {
        Error::Format { path: path.to_owned(), place, what: what.into(), hint }
    }

    pub(crate) fn read(path: &Path, source: std::io::Error) -> Error {
        Error::Io {
            action: "read",
            path: path.to_owned(),
            source,
            hint: "check that the path exists and may be read",
        }
    }

    /// The operating system refused to write a file.
    pub fn write(path: &Path, source: std::io::Error) -> Error {
        let hint = "check that the folder exists, may be written and has room";
        Error::Io { action: "write", path: path.to_owned(), source, hint }
    }

    /// A recording that the arrays of a file do not make.
    pub(crate) fn recording(path: &Path, error: agoge_motion::Error) -> Error {
        let hint = "the frames of the file must be in order and complete";
        match error {
            agoge_motion::Error::NoFrames => Error::Empty { path: path.to_owned() },
            agoge_motion::Error::Clock { frame, time } => {
                let what = format!("the clock stands or runs backward (time {time} s)");
                Error::format(path, Place::Frame(frame as u64), what, hint)
            }
            other => Error::format(path, Place::Whole, other.to_string(), hint),
        }
    }
}

/// Text of a file, safe in a one-line message: control characters escaped, at most 40 characters.
pub(crate) fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
