//! Whether everything in a library is as it should be.

use crate::delete::{Removal, listed_removals};
use crate::name::{AthleteName, ContentHash};
use crate::recordings::is_needed;
use crate::{Error, Store, backup, delete, files, lock};
use rusqlite::{Row, Transaction};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// SQLite finds the data base damaged.
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
pub struct Fault {
    /// Of which kind.
    pub kind: FaultKind,
    /// What, in one line; paths are seen from the library's folder.
    pub what: String,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Check {
    /// How many athletes there are.
    pub athletes: u32,
    /// How many recordings.
    pub recordings: u32,
    /// How many analyses.
    pub analyses: u32,
    /// How long the files of recordings are together, bytes.
    pub bytes: u64,
    /// What is wrong; nothing in a clean library.
    pub faults: Vec<Fault>,
}

impl Check {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, kind: FaultKind, what: impl Into<String>) {
        self.faults.push(Fault { kind, what: what.into().replace(char::is_control, " ") });
    }
}

impl Store {
    /// Reads everything: the data base by SQLite's own checks, every recording's file against its
    /// hash, and looks for files that belong to nothing. Other programs may go on working.
    ///
    /// # Errors
    /// If the library cannot be read; what is wrong in it is no error.
    pub fn check(&self) -> Result<Check, Error> {
        let mut check = Check::default();
        let library = self.folder();
        // What a program left that was killed since this store was opened.
        self.write(|change| delete::put_right(change, library))?;
        let hashes = self.read(|now| {
            check.rows(now)?;
            let mut statement =
                now.prepare("SELECT DISTINCT hash FROM recordings ORDER BY hash")?;
            let texts =
                statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            Ok(texts.iter().filter_map(|text| ContentHash::parse(text)).collect::<Vec<_>>())
        })?;
        let is_needed = |hash: &ContentHash| self.read(|now| is_needed(now, hash));
        for hash in &hashes {
            match files::find(library, hash) {
                // Deleted since the rows were read?
                None if is_needed(hash)? => {
                    check.fault(FaultKind::Missing, inside(library, &files::place(library, hash)))
                }
                None => {}
                Some(path) if files::is_whole(&path, hash)? => {
                    check.bytes += std::fs::metadata(&path).map_or(0, |data| data.len());
                }
                Some(path) => check.fault(FaultKind::Changed, inside(library, &path)),
            }
        }
        let known: BTreeSet<&ContentHash> = hashes.iter().collect();
        for path in below(&library.join(files::RECORDINGS))? {
            let hash = files::name_of(&path);
            let hash =
                files::hash_of_name(&hash).filter(|hash| files::place(library, hash) == path);
            let belongs = match &hash {
                Some(hash) => known.contains(hash) || is_needed(hash)?,
                None => false,
            };
            if !belongs && path.exists() {
                check.fault(FaultKind::Orphan, inside(library, &path));
            }
        }
        check.folders(self)?;
        if self.is_deletion_left()? {
            check.fault(
                FaultKind::Leftover,
                "traces of a deletion, which could not be overwritten yet",
            );
        }
        check.faults.sort();
        Ok(check)
    }
}

impl Check {
    /// The data base.
    fn rows(&mut self, now: &Transaction<'_>) -> Result<(), Error> {
        let lines = |sql: &str,
                     line: &dyn Fn(&Row<'_>) -> rusqlite::Result<String>|
         -> Result<Vec<String>, Error> {
            Ok(now.prepare(sql)?.query_map([], |row| line(row))?.collect::<Result<_, _>>()?)
        };
        for line in lines("PRAGMA integrity_check", &|row| row.get(0))? {
            if line != "ok" {
                self.fault(FaultKind::Database, line);
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
            self.fault(FaultKind::Reference, line);
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
                self.fault(FaultKind::Json, format!("row {id} of {table}"));
            }
        }
        for id in lines(
            "SELECT id FROM analyses WHERE id NOT IN (SELECT analysis FROM documents)",
            &|row| Ok(row.get::<_, i64>(0)?.to_string()),
        )? {
            self.fault(FaultKind::Reference, format!("row {id} of analyses has no documents"));
        }
        for (row, removal) in listed_removals(now)? {
            if matches!(removal, Removal::Foreign) {
                self.fault(
                    FaultKind::Name,
                    format!("row {row} of removals names nothing that was deleted; it is ignored"),
                );
            }
        }
        let mut statement = now.prepare("SELECT id, name FROM athletes")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, AthleteName>(1).is_err() {
                let id: i64 = row.get(0)?;
                self.fault(
                    FaultKind::Name,
                    format!("row {id} of athletes has a name that cannot be an athlete's"),
                );
            }
        }
        let mut statement = now.prepare("SELECT id, hash FROM recordings")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if row.get::<_, ContentHash>(1).is_err() {
                let id: i64 = row.get(0)?;
                self.fault(
                    FaultKind::Name,
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
    fn folders(&mut self, store: &Store) -> Result<(), Error> {
        let library = store.folder();
        store.take_in_folders()?;
        // A row with a foreign name is reported above; here it only has no folder.
        let names: Vec<String> = store.read(|now| {
            let mut statement = now.prepare("SELECT name FROM athletes")?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })?;
        for path in files::entries(&library.join(files::ATHLETES))? {
            let name = files::name_of(&path);
            if !names.contains(&name) && path.exists() {
                self.fault(FaultKind::Orphan, inside(library, &path));
            }
            for file in below(&path)?.iter().filter(|file| is_temporary(&files::name_of(file))) {
                self.fault(FaultKind::Leftover, inside(library, file));
            }
        }
        let partial = library.join(backup::PARTIAL);
        if partial.exists() {
            self.fault(FaultKind::Leftover, inside(library, &partial));
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
    is_temporary(name) || name == lock::LOCK
}

/// A path as seen from the library.
fn inside(library: &Path, path: &Path) -> String {
    path.strip_prefix(library).unwrap_or(path).display().to_string()
}

/// Every file below a folder.
pub(crate) fn below(folder: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for path in files::entries(folder)? {
        // A link is never followed out of the library.
        match std::fs::symlink_metadata(&path).is_ok_and(|data| data.is_dir()) {
            true => found.extend(below(&path)?),
            false => found.push(path),
        }
    }
    Ok(found)
}
