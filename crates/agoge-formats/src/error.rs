//! Errors of reading and writing files. Each message is one line: what is wrong, where, and what to
//! do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// The location of a fault within a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileLocation {
    /// A line of a text file, counted from 1.
    Line(usize),
    /// A frame, by the file's own numbering.
    Frame(u64),
    /// A byte of a binary file, counted from 0.
    Byte(usize),
    /// A named field, column, parameter or key.
    Field(String),
    /// The file as a whole.
    Whole,
}

impl fmt::Display for FileLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileLocation::Line(line) => write!(f, " in line {line}"),
            FileLocation::Frame(frame) => write!(f, " in frame {frame}"),
            FileLocation::Byte(byte) => write!(f, " at byte {byte}"),
            FileLocation::Field(field) => write!(f, " in {}", quote_text(field)),
            FileLocation::Whole => Ok(()),
        }
    }
}

/// An error that prevented a file from being read or written.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused an operation.
    #[error("cannot {action}: {source}; hint: {hint}; file: {}", path.display())]
    Io {
        /// The operation attempted, for example `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
        /// How to fix it.
        hint: &'static str,
    },
    /// The file or folder is empty.
    #[error("nothing to read: the file or folder is empty; hint: check that it was written to its end; file: {}", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
    },
    /// The content matches none of the supported formats.
    #[error("not a recording that can be read: {reason}; hint: {}; file: {}", crate::format::readable_formats(), path.display())]
    NotUnderstood {
        /// The file or folder.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The format was recognised, but the content violates it.
    #[error("{what}{place}; hint: {hint}; file: {}", path.display())]
    Format {
        /// The file or folder.
        path: PathBuf,
        /// Where in the file.
        place: FileLocation,
        /// What is wrong.
        what: String,
        /// How to fix it.
        hint: &'static str,
    },
    /// No person was detected, or not the one requested.
    #[error("{what}; hint: {hint}; file: {}", path.display())]
    NoPerson {
        /// The file or folder.
        path: PathBuf,
        /// What is missing.
        what: String,
        /// How to fix it.
        hint: &'static str,
    },
    /// The content exceeds the memory limits ([`crate::MAX_VALUES`], [`crate::MAX_BYTES`]).
    #[error("too large: {what}; hint: split the recording into shorter ones or lower its frame rate; file: {}", path.display())]
    TooLarge {
        /// The file or folder.
        path: PathBuf,
        /// The size found and the size allowed.
        what: String,
    },
}

impl ReadError {
    /// The content violates its format.
    pub(crate) fn bad_format(
        path: &Path,
        place: FileLocation,
        what: impl Into<String>,
        hint: &'static str,
    ) -> ReadError {
        ReadError::Format { path: path.to_owned(), place, what: what.into(), hint }
    }

    /// The operating system refused to read a file.
    pub(crate) fn cannot_read(path: &Path, source: std::io::Error) -> ReadError {
        ReadError::Io {
            action: "read",
            path: path.to_owned(),
            source,
            hint: "check that the path exists and may be read",
        }
    }

    /// The operating system refused to write a file.
    pub fn cannot_write(path: &Path, source: std::io::Error) -> ReadError {
        let hint = "check that the folder exists, may be written and has room";
        ReadError::Io { action: "write", path: path.to_owned(), source, hint }
    }

    /// The arrays in a file do not form a valid recording.
    pub(crate) fn from_recording(path: &Path, error: agoge_motion::RecordingError) -> ReadError {
        let hint = "the frames of the file must be in order and complete";
        match error {
            agoge_motion::RecordingError::NoFrames => ReadError::Empty { path: path.to_owned() },
            agoge_motion::RecordingError::Clock { frame, time } => {
                let what = format!("the clock stands or runs backward (time {time} s)");
                ReadError::bad_format(path, FileLocation::Frame(frame as u64), what, hint)
            }
            other => ReadError::bad_format(path, FileLocation::Whole, other.to_string(), hint),
        }
    }
}

/// Quotes text from a file for a one-line message: control characters are escaped, and the text is
/// cut to 40 characters.
pub(crate) fn quote_text(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}
