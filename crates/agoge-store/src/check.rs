//! Whether everything in a library is as it should be.

use crate::delete::{Removal, listed_removals};
use crate::name::{AthleteName, ContentHash};
use crate::recordings::is_hash_used;
use crate::{Store, StoreError, backup, delete, files, lock};
use rusqlite::{Row, Transaction};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreFaultKind {
    /// SQLite finds the database damaged.
    Database,
    /// A row belongs to one that is not there.
    Reference,
    /// A row holds a name that Agoge did not write; nothing is done with it.
    Name,
    /// An analysis, a label or a plan is no JSON.
    Json,
    /// The file of a recording is missing.
    Missing,
    /// The file of a recording is not what it was.
    Changed,
    /// A file or folder that belongs to nothing.
    Orphan,
    /// A file that a killed program left half-written.
    Leftover,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StoreFault {
    /// Of which kind.
    pub kind: StoreFaultKind,
    /// What, in one line; paths are seen from the library's folder.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoreCheck {
    /// How many athletes there are.
    pub athletes: u32,
    /// How many recordings.
    pub recordings: u32,
    /// How many analyses.
    pub analyses: u32,
    /// How long the files of recordings are together, bytes.
    pub bytes: u64,
    /// What is wrong; nothing in a clean library.
    pub faults: Vec<StoreFault>,
}

impl StoreCheck {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    fn add_fault(&mut self, kind: StoreFaultKind, what: impl Into<String>) {
        self.faults.push(StoreFault { kind, what: what.into().replace(char::is_control, " ") });
    }
}

impl Store {
    /// Reads everything: the database by SQLite's own checks, every recording's file against its
    /// hash, and looks for files that belong to nothing. Other programs may go on working.
    ///
    /// # Errors
    /// If the library cannot be read; what is wrong in it is no error.
    pub fn check_library(&self) -> Result<StoreCheck, StoreError> {
        let mut check = StoreCheck::default();
        let library = self.folder();
        // Left half done by a program that was killed since this store was opened.
        self.write_transaction(|change| delete::settle_incoming(change, library))?;
        let hashes = self.read_transaction(|now| {
            check.check_rows(now)?;
            let mut statement =
                now.prepare("SELECT DISTINCT hash FROM recordings ORDER BY hash")?;
            let texts =
                statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            Ok(texts.iter().filter_map(|text| ContentHash::from_hex(text)).collect::<Vec<_>>())
        })?;
        let is_needed = |hash: &ContentHash| self.read_transaction(|now| is_hash_used(now, hash));
        for hash in &hashes {
            match files::find_recording(library, hash) {
                // Deleted since the rows were read?
                None if is_needed(hash)? => check.add_fault(
                    StoreFaultKind::Missing,
                    path_in_library(library, &files::recording_path(library, hash)),
                ),
                None => {}
                Some(path) if files::matches_hash(&path, hash)? => {
                    check.bytes += std::fs::metadata(&path).map_or(0, |data| data.len());
                }
                Some(path) => {
                    check.add_fault(StoreFaultKind::Changed, path_in_library(library, &path))
                }
            }
        }
        let known: BTreeSet<&ContentHash> = hashes.iter().collect();
        for path in files_below(&library.join(files::RECORDINGS))? {
            let hash = files::entry_name(&path);
            let hash = files::hash_from_name(&hash)
                .filter(|hash| files::recording_path(library, hash) == path);
            let belongs = match &hash {
                Some(hash) => known.contains(hash) || is_needed(hash)?,
                None => false,
            };
            if !belongs && path.exists() {
                check.add_fault(StoreFaultKind::Orphan, path_in_library(library, &path));
            }
        }
        check.check_folders(self)?;
        if self.is_deletion_pending()? {
            check.add_fault(
                StoreFaultKind::Leftover,
                "traces of a deletion, which could not be overwritten yet",
            );
        }
        check.faults.sort();
        Ok(check)
    }
}

impl StoreCheck {
    /// The database.
    fn check_rows(&mut self, now: &Transaction<'_>) -> Result<(), StoreError> {
        let lines = |sql: &str,
                     line: &dyn Fn(&Row<'_>) -> rusqlite::Result<String>|
         -> Result<Vec<String>, StoreError> {
            Ok(now.prepare(sql)?.query_map([], |row| line(row))?.collect::<Result<_, _>>()?)
        };
        for line in lines("PRAGMA integrity_check", &|row| row.get(0))? {
            if line != "ok" {
                self.add_fault(StoreFaultKind::Database, line);
            }
        }
        let reference = |row: &Row<'_>| {
            Ok(format!(
                "row {} of {} has no {}",
                row.get::<_, i64>(1)?,
                row.get::<_, String>(0)?,
                row.get::<_, String>(2)?
            ))
        };
        for line in lines("PRAGMA foreign_key_check", &reference)? {
            self.add_fault(StoreFaultKind::Reference, line);
        }
        for (table, id, column) in [
            ("documents", "analysis", "json"),
            ("documents", "analysis", "options"),
            ("labels", "id", "value"),
            ("plans", "id", "json"),
            ("live", "id", "head"),
        ] {
            let sql = format!("SELECT {id} FROM {table} WHERE NOT json_valid({column})");
            for id in lines(&sql, &|row| Ok(row.get::<_, i64>(0)?.to_string()))? {
                self.add_fault(StoreFaultKind::Json, format!("row {id} of {table}"));
            }
        }
        for id in lines(
            "SELECT id FROM analyses WHERE id NOT IN (SELECT analysis FROM documents)",
            &|row| Ok(row.get::<_, i64>(0)?.to_string()),
        )? {
            self.add_fault(
                StoreFaultKind::Reference,
                format!("row {id} of analyses has no documents"),
            );
        }
        for (row, removal) in listed_removals(now)? {
            if matches!(removal, Removal::Foreign) {
                self.add_fault(
                    StoreFaultKind::Name,
                    format!("row {row} of removals names nothing that was deleted; it is ignored"),
                );
            }
        }
        let mut statement = now.prepare("SELECT id, name FROM athletes")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, AthleteName>(1).is_err() {
                let id: i64 = row.get(0)?;
                self.add_fault(
                    StoreFaultKind::Name,
                    format!("row {id} of athletes has a name that cannot be an athlete's"),
                );
            }
        }
        let mut statement = now.prepare("SELECT id, hash FROM recordings")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, ContentHash>(1).is_err() {
                let id: i64 = row.get(0)?;
                self.add_fault(
                    StoreFaultKind::Name,
                    format!("row {id} of recordings has a hash that is none"),
                );
            }
        }
        let count = |table: &str| {
            now.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, u32>(0))
        };
        (self.athletes, self.recordings, self.analyses) =
            (count("athletes")?, count("recordings")?, count("analyses")?);
        Ok(())
    }

    /// The folders of athletes, and what a killed program left.
    fn check_folders(&mut self, store: &Store) -> Result<(), StoreError> {
        let library = store.folder();
        store.adopt_folders()?;
        // A row with a foreign name is reported above; here it only has no folder.
        let names: Vec<String> = store.read_transaction(|now| {
            let mut statement = now.prepare("SELECT name FROM athletes")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })?;
        for path in files::list_entries(&library.join(files::ATHLETES))? {
            let name = files::entry_name(&path);
            if !names.contains(&name) && path.exists() {
                self.add_fault(StoreFaultKind::Orphan, path_in_library(library, &path));
            }
            for file in
                files_below(&path)?.iter().filter(|file| is_temporary(&files::entry_name(file)))
            {
                self.add_fault(StoreFaultKind::Leftover, path_in_library(library, file));
            }
        }
        let partial = library.join(backup::PARTIAL);
        if partial.exists() {
            self.add_fault(StoreFaultKind::Leftover, path_in_library(library, &partial));
        }
        Ok(())
    }
}

/// Whether a file is one that is written before it gets its name.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with('.') && (name.ends_with(".tmp") || name.ends_with(".trial"))
}

/// Whether a file is the program's alone: not copied, not exported.
pub(crate) fn is_internal(name: &str) -> bool {
    is_temporary(name) || name == lock::LOCK_FILE
}

/// A path as seen from the library.
fn path_in_library(library: &Path, path: &Path) -> String {
    path.strip_prefix(library).unwrap_or(path).display().to_string()
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<std::path::PathBuf>, StoreError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for path in files::list_entries(folder)? {
        // A link is never followed out of the library.
        match std::fs::symlink_metadata(&path).is_ok_and(|data| data.is_dir()) {
            true => found.extend(files_below(&path)?),
            false => found.push(path),
        }
    }
    Ok(found)
}
