//! Errors of reading videos: one line each, saying what went wrong, where, and what to do.

use std::path::{Path, PathBuf};

/// Everything that can go wrong between a video and its recording.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    /// An operation on a file or folder failed.
    #[error("cannot {action}: {source}; hint: check that the path exists, may be used and has room; file: {}", path.display())]
    Io {
        /// What was attempted, for example `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The pose network is not on this machine.
    #[error("the pose network is not on this machine; hint: run `agoge setup` once (about 40 MB by npm), or `agoge setup --from FILE.tgz` without npm; folder: {}", folder.display())]
    NoWeights {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The weights could not be set up.
    #[error("{what}; hint: {hint}")]
    Setup {
        /// What went wrong.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The weights are not the ones this crate was tested with.
    #[error("the pose network is damaged: {what}; hint: run `agoge setup` again; file: {}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The video cannot be decoded.
    #[error("{what}; hint: {hint}; file: {}", path.display())]
    Video {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The frames do not make a recording.
    #[error(transparent)]
    Recording(#[from] agoge_motion::RecordingError),
}

impl VisionError {
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> VisionError {
        let path = path.into();
        move |source| VisionError::Io { action, path, source }
    }

    pub(crate) fn video(path: &Path, what: impl Into<String>, hint: &'static str) -> VisionError {
        VisionError::Video { path: path.to_owned(), what: what.into(), hint }
    }
}
