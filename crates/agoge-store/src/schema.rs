//! The tables, and how a library of an older version becomes one of this.

use crate::StoreError;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::path::Path;
use std::time::{Duration, Instant};

/// Tells a library from any other SQLite file: `Agog` in ASCII.
const APPLICATION_ID: i64 = 0x4167_6f67;

/// What leads from each version to the next; the first from nothing to version 1. Never changed
/// once released, only added to.
pub(crate) const MIGRATIONS: [&str; 2] =
    [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// How long to wait for another program that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// Opens the database of a library and brings it to the newest version.
pub(crate) fn open_database(library: &Path, file: &Path) -> Result<Connection, StoreError> {
    // The folder may have been there before; nobody else may read what comes into it. SQLite gives
    // its log the same rights.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let made = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(file);
        made.map_err(StoreError::io_at("write", file))?;
    }
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    // In this order: who begins the library at this moment commits all three at once.
    let has_tables = pragma("schema_version")? != 0;
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application != APPLICATION_ID && (application != 0 || has_tables) {
        return Err(StoreError::NotALibrary { folder: library.to_owned() });
    }
    let known = MIGRATIONS.len() as i64;
    if version > known {
        return Err(StoreError::NewerVersion { found: version, known, folder: library.to_owned() });
    }
    apply_settings(&connection)?;
    if version < known {
        migrate_schema(&mut connection)?;
    }
    Ok(connection)
}

/// What holds for every connection: what is acknowledged is on the disk; what is deleted is
/// overwritten, and never goes to a folder of temporary files.
fn apply_settings(connection: &Connection) -> Result<(), StoreError> {
    let set = |name: &str, value: &str| match connection.pragma_update_and_check(
        None,
        name,
        value,
        |_| Ok(()),
    ) {
        // Most answer nothing.
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(()),
        answered => answered,
    };
    // Where two begin a library at once, SQLite does not wait for the one that is faster.
    let start = Instant::now();
    while let Err(error) = set("journal_mode", "wal") {
        if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy)
            || start.elapsed() > BUSY_TIMEOUT
        {
            return Err(error.into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    for (name, value) in [
        ("synchronous", "full"),
        ("fullfsync", "on"),
        ("checkpoint_fullfsync", "on"),
        ("foreign_keys", "on"),
        ("secure_delete", "on"),
        ("temp_store", "memory"),
        ("trusted_schema", "off"),
        ("cell_size_check", "on"),
    ] {
        set(name, value)?;
    }
    Ok(())
}

/// Takes every step from the version of the file to the newest, all or none.
fn migrate_schema(connection: &mut Connection) -> Result<(), StoreError> {
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have been faster.
    let version: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for sql in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        step.execute_batch(sql)?;
    }
    step.pragma_update(None, "application_id", APPLICATION_ID)?;
    step.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    Ok(step.commit()?)
}
