//! What can go wrong, one line each.

use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// Why the library could not do what was asked. Every message says what, what to do, and where; a
/// name or a path comes last.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused.
    #[error("the library {what} ({source}); hint: {hint}; folder: {}", .folder.display())]
    Database {
        /// What it is or did.
        what: &'static str,
        /// What to do.
        hint: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
        /// The library.
        folder: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {action}: {source}; hint: check that the folder exists, may be written and has room; path: {}", .path.display())]
    Io {
        /// What was tried, for example `write`.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
        /// Which path.
        path: PathBuf,
    },
    /// A recording could not be read or written.
    #[error(transparent)]
    Format(#[from] agoge_formats::ReadError),
    /// What is to be stored cannot be written as JSON, or what is stored is none.
    #[error(
        "not the JSON that the library keeps ({0}); hint: was it written by a newer version of Agoge?"
    )]
    Json(#[from] serde_json::Error),
    /// A name that cannot be an athlete's.
    #[error(
        "not a name for an athlete; hint: at most 100 bytes, without slash, colon and control characters, not beginning with a dot, not beginning or ending with a blank"
    )]
    Name,
    /// Nobody of this name.
    #[error(
        "there is no such athlete in the library; hint: `agoge athlete list` names them all, `agoge athlete add` begins one; name: {name:?}"
    )]
    NoAthlete {
        /// The name.
        name: String,
    },
    /// Somebody of this name, or of one that differs by capitals alone, is there.
    #[error(
        "there is such an athlete already; hint: tell the two apart by their names; name: {name:?}"
    )]
    AthleteExists {
        /// The name.
        name: String,
    },
    /// A number that is nothing's, or no longer.
    #[error(
        "there is no such {what} in the library; hint: it may have been deleted in the meantime; number: {id}"
    )]
    NotFound {
        /// What was looked for, for example `recording`.
        what: &'static str,
        /// Its number.
        id: i64,
    },
    /// There is no library in the folder.
    #[error("there is no library here; hint: `agoge athlete add NAME` begins one, --library DIR names another; folder: {}", .folder.display())]
    NoLibrary {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder of the library that leads elsewhere.
    #[error("a folder of the library is a link, which is not followed; hint: put a folder in its place, or name another library with --library DIR; path: {}", .path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The database is another program's.
    #[error("this is no library of Agoge's; hint: name another folder with --library DIR; folder: {}", .folder.display())]
    NotALibrary {
        /// The folder.
        folder: PathBuf,
    },
    /// The library was written by a newer version.
    #[error("the library is of version {found}, this program knows versions up to {known}; hint: use a newer version of Agoge; folder: {}", .folder.display())]
    NewerVersion {
        /// The library's version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
        /// The folder.
        folder: PathBuf,
    },
    /// What was deleted may still stand in the database's pages or its log.
    #[error(
        "all of it is deleted, but {why}, so that traces of it remain; hint: {hint}, then `agoge library check` overwrites them; folder: {}",
        .folder.display()
    )]
    Traces {
        /// What prevents the database from being written anew.
        why: &'static str,
        /// What to do.
        hint: &'static str,
        /// The library.
        folder: PathBuf,
    },
    /// A folder that has to be empty is not.
    #[error("there is something in the folder already; hint: {hint}; folder: {}", .folder.display())]
    NotEmpty {
        /// What to do.
        hint: &'static str,
        /// The folder.
        folder: PathBuf,
    },
    /// A backup that is not whole.
    #[error("the backup is not whole ({what}), nothing was changed; hint: take another backup; folder: {}", .folder.display())]
    Backup {
        /// The first thing that is wrong with it.
        what: String,
        /// The backup.
        folder: PathBuf,
    },
    /// A recording's file is not what it was.
    #[error("the file of a recording is {what}; hint: `agoge library check` finds all that is wrong, a backup has the file; file: {}", .path.display())]
    Damaged {
        /// Missing or changed.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// Wraps an operating system error with its path.
    pub(crate) fn io_at(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> StoreError {
        let path = path.into();
        move |source| StoreError::Io { action, source, path }
    }

    /// Whether the database is damaged.
    pub(crate) fn is_damaged(&self) -> bool {
        let code = match self {
            StoreError::Database { source, .. } => source.sqlite_error_code(),
            _ => None,
        };
        matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }

    /// The same error, which says in which library it happened.
    pub(crate) fn in_library(self, library: &Path) -> StoreError {
        match self {
            StoreError::Database { what, hint, source, .. } => {
                StoreError::Database { what, hint, source, folder: library.to_owned() }
            }
            other => other,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(source: rusqlite::Error) -> StoreError {
        if matches!(
            source,
            rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..)
        ) {
            let what = "holds a row that Agoge did not write, and nothing was done with it";
            let hint = "`agoge library check` names the row; restore a backup";
            return StoreError::Database { what, hint, source, folder: PathBuf::new() };
        }
        let (what, hint) = match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => (
                "has no room on its disk",
                "make room and try again; what was stored before is safe",
            ),
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
                "cannot be opened or written",
                "check that the folder exists and that you may write in it",
            ),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                ("is in use by another program", "end that program, or try again when it is done")
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                ("is damaged", "`agoge library check` says how; restore a backup")
            }
            Some(ErrorCode::SystemIoFailure) => (
                "cannot be read from or written to its disk",
                "check the disk and its limits, and try again; what was stored before is safe",
            ),
            _ => {
                ("failed", "this is a mistake of ours, please report it with the command you gave")
            }
        };
        StoreError::Database { what, hint, source, folder: PathBuf::new() }
    }
}
