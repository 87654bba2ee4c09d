//! The tables, and how a library of an older version becomes one of this.

use crate::Error;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// Tells a library from any other SQLite file: `Agog` in ASCII.
const APPLICATION: i64 = 0x4167_6f67;

/// What leads from each version to the next; the first from nothing to version 1. Never changed once released, only added to.
pub(crate) const MIGRATIONS: [&str; 2] = [include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// How long to wait for another program that writes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens the data base of a library and brings it to the newest version.
pub(crate) fn open(library: &Path, file: &Path) -> Result<Connection, Error> {
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(PATIENCE)?;
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application != APPLICATION && (application != 0 || pragma("schema_version")? != 0) {
        return Err(Error::NotALibrary { folder: library.to_owned() });
    }
    let known = MIGRATIONS.len() as i64;
    if version > known {
        return Err(Error::Newer { found: version, known, folder: library.to_owned() });
    }
    settings(&connection)?;
    if version < known {
        migrate(&mut connection)?;
    }
    Ok(connection)
}

/// What holds for every connection: what is acknowledged is on the disk; what is deleted is overwritten, and never goes to a folder of temporary files.
fn settings(connection: &Connection) -> Result<(), Error> {
    for (name, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "full"),
        ("fullfsync", "on"),
        ("checkpoint_fullfsync", "on"),
        ("foreign_keys", "on"),
        ("secure_delete", "on"),
        ("temp_store", "memory"),
        ("trusted_schema", "off"),
        ("cell_size_check", "on"),
    ] {
        connection.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(|error| match error {
            // Most answer nothing.
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            other => Err(other),
        })?;
    }
    Ok(())
}

/// Takes every step from the version of the file to the newest, all or none.
fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have been faster.
    let version: i64 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for sql in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        step.execute_batch(sql)?;
    }
    step.pragma_update(None, "application_id", APPLICATION)?;
    step.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    Ok(step.commit()?)
}
