//! [`Store`]: an open library.

use crate::{StoreError, backup, delete, files, schema};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// The database in the folder of a library.
pub(crate) const DATABASE_FILE: &str = "library.sqlite";

/// An open library.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens the library in a folder, which is created if it does not exist. What a killed program
    /// left half done is repaired, an older library is migrated to this version, and athletes of
    /// whom only a folder of load and injuries exists are added.
    ///
    /// # Errors
    /// If the folder cannot be written, is in use for too long, or holds something else or a newer
    /// library.
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        let unchanged = backup::finish_restoring(folder)?;
        for name in [files::INCOMING, files::RECORDINGS, files::ATHLETES] {
            files::create_folder(&folder.join(name))?;
            files::refuse_link(&folder.join(name))?;
        }
        let connection = schema::open_database(folder, &folder.join(DATABASE_FILE))
            .map_err(|error| error.in_library(folder))?;
        // From here on a restoration finds the database in use.
        drop(unchanged);
        let store = Store { folder: folder.to_owned(), connection: Mutex::new(connection) };
        if !files::list_entries(&folder.join(files::INCOMING))?.is_empty() {
            store.write_transaction(|change| delete::settle_incoming(change, folder))?;
        }
        match store.finish_deletions() {
            // The next one who opens it tries again.
            Err(StoreError::Traces { .. }) => {}
            finished => finished?,
        }
        store.adopt_folders()?;
        Ok(store)
    }

    /// Opens a library that is there; else the same as [`Store::open`].
    ///
    /// # Errors
    /// [`StoreError::NoLibrary`], and as [`Store::open`].
    pub fn open_existing(folder: &Path) -> Result<Store, StoreError> {
        let is_there =
            folder.join(DATABASE_FILE).is_file() || folder.join(files::ATHLETES).is_dir();
        if is_there {
            Store::open(folder)
        } else {
            Err(StoreError::NoLibrary { folder: folder.to_owned() })
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The connection; a thread that panicked in a change left it rolled back.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads one state of the library.
    pub(crate) fn read_transaction<T>(
        &self,
        look: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let seen =
            (|| look(&connection.transaction_with_behavior(TransactionBehavior::Deferred)?))();
        seen.map_err(|error| error.in_library(&self.folder))
    }

    /// Makes a change, whole or not at all; on the disk when this returns. While it lasts nobody
    /// else changes the library, neither rows nor files of recordings.
    pub(crate) fn write_transaction<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let made = (|| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            delete::remove_listed_files(&transaction, &self.folder)?;
            let made = change(&transaction)?;
            transaction.commit()?;
            Ok(made)
        })();
        made.map_err(|error: StoreError| error.in_library(&self.folder))
    }
}

/// Now, s since 1970 in UTC.
pub(crate) fn now_unix_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Refuses a number that nothing has.
pub(crate) fn must_exist(
    transaction: &Transaction<'_>,
    table: &'static str,
    what: &'static str,
    id: i64,
) -> Result<(), StoreError> {
    let found = transaction
        .query_row(&format!("SELECT 1 FROM {table} WHERE id = ?1"), [id], |_| Ok(()))
        .optional()?;
    found.ok_or(StoreError::NotFound { what, id })
}

/// A number of things, as SQLite keeps numbers.
pub(crate) fn sql_count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
