//! Backups: a backup is itself a library, so that it can be opened, checked and copied back.

use crate::check::{files_below, is_internal};
use crate::lock::{lock_library, share_library};
use crate::name::ContentHash;
use crate::store::DATABASE_FILE;
use crate::{Store, StoreError, files};
use rusqlite::Connection;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A library that is being copied into the place of another.
pub(crate) const PARTIAL: &str = "restoring.partial";
/// The same, complete: whoever opens the library puts it into its place.
const READY: &str = "restoring";

impl Store {
    /// Copies the library into a folder that must not be there or be empty. It is complete as soon
    /// as it has its name. Other programs may go on working; the copy has the state of the
    /// beginning.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`]; [`StoreError::Damaged`] if the file of a recording is missing; if
    /// the folder cannot be written.
    pub fn write_backup(&self, to: &Path) -> Result<(), StoreError> {
        if !files::list_entries(to)?.is_empty() {
            return Err(StoreError::NotEmpty {
                hint: "name a new folder for the backup",
                folder: to.to_owned(),
            });
        }
        let mut partial = to.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let copied = self.copy_to(&partial).and_then(|()| {
            // An empty folder may be in the way.
            let _ = fs::remove_dir(to);
            fs::rename(&partial, to).map_err(StoreError::io_at("write", to))
        });
        if copied.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_dir_all(&partial);
        }
        copied?;
        // A path of one part lies in the folder where the program runs.
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        files::sync_folder(folder.unwrap_or(Path::new(".")))
    }

    fn copy_to(&self, partial: &Path) -> Result<(), StoreError> {
        files::remove_path(partial)?;
        files::create_folder(partial)?;
        let copy = partial.join(DATABASE_FILE);
        self.connection()
            .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
            .map_err(|error| StoreError::from(error).in_library(partial))?;
        let file = fs::File::open(&copy).and_then(|file| file.sync_all());
        file.map_err(StoreError::io_at("write", &copy))?;
        // What was deleted since is missed here: such a backup would not be whole.
        let hashes: Vec<ContentHash> = {
            let rows = Connection::open(&copy)?;
            let mut statement = rows.prepare("SELECT DISTINCT hash FROM recordings")?;
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for hash in &hashes {
            let missing = || StoreError::Damaged {
                what: "missing",
                path: files::recording_path(self.folder(), hash),
            };
            let path = files::find_recording(self.folder(), hash).ok_or_else(missing)?;
            copy_file(&path, &files::recording_path(partial, hash))?;
        }
        copy_folder(&self.folder().join(files::ATHLETES), &partial.join(files::ATHLETES))?;
        files::sync_folder(partial)
    }

    /// Puts a backup into the place of the library of a folder. The backup is copied and checked
    /// first; a library in which there is something stays as it is unless it is to be replaced.
    /// What else is in the folder stays.
    ///
    /// # Errors
    /// [`StoreError::NoLibrary`] where no backup is, [`StoreError::Backup`] if it is not whole,
    /// [`StoreError::NotEmpty`]; [`StoreError::Database`] if another program uses the library; if
    /// the folder cannot be written.
    pub fn restore_backup(from: &Path, folder: &Path, replace: bool) -> Result<(), StoreError> {
        if !from.join(DATABASE_FILE).is_file() {
            return Err(StoreError::NoLibrary { folder: from.to_owned() });
        }
        let is_library =
            folder.join(DATABASE_FILE).is_file() || folder.join(files::ATHLETES).is_dir();
        let own = match is_library.then(|| Store::open(folder)).transpose() {
            // A damaged library is what backups are for.
            Err(error) if replace && error.is_damaged() => None,
            opened => opened?,
        };
        if let Some(own) = &own
            && !replace
            && !own.list_athletes()?.is_empty()
        {
            let hint = "name an empty one with --library DIR, or say --replace: then what is there is deleted";
            return Err(StoreError::NotEmpty { hint, folder: folder.to_owned() });
        }
        let partial = folder.join(PARTIAL);
        files::remove_path(&partial)?;
        let copied = copy_library(from, &partial).and_then(|()| check_copy(from, &partial));
        if copied.is_err() {
            let _ = fs::remove_dir_all(&partial);
        }
        copied?;
        let lock = lock_library(folder)?;
        own.map_or(Ok(()), Store::leave_log_mode)?;
        let ready = folder.join(READY);
        fs::rename(&partial, &ready).map_err(StoreError::io_at("write", &ready))?;
        files::sync_folder(folder)?;
        put_in_place(folder, &lock)
    }

    /// Refuses if another program has the library open: only who is alone can leave the mode with a
    /// log.
    fn leave_log_mode(self) -> Result<(), StoreError> {
        let left =
            self.connection().pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()));
        match left.map_err(|error| StoreError::from(error).in_library(self.folder())) {
            Err(error) if error.is_damaged() => Ok(()),
            left => left,
        }
    }
}

/// Puts a restored library into its place, if one waits; what is done already is not done again.
/// Until what this returns is dropped nobody exchanges the library.
pub(crate) fn finish_restoring(folder: &Path) -> Result<File, StoreError> {
    loop {
        if folder.join(READY).is_dir() {
            put_in_place(folder, &lock_library(folder)?)?;
        }
        let shared = share_library(folder)?;
        // Another program may have restored while this one waited.
        if !folder.join(READY).is_dir() {
            return Ok(shared);
        }
    }
}

/// Moves a restored library into its place. The lock shows that the caller is alone with the
/// folder: a second program would delete what the first has just moved.
fn put_in_place(folder: &Path, _alone: &File) -> Result<(), StoreError> {
    let ready = folder.join(READY);
    if !ready.is_dir() {
        return Ok(());
    }
    for part in [files::ATHLETES, files::RECORDINGS, files::INCOMING, DATABASE_FILE] {
        let from = ready.join(part);
        if from.exists() {
            if part == DATABASE_FILE {
                files::remove_path(&folder.join(format!("{DATABASE_FILE}-wal")))?;
                files::remove_path(&folder.join(format!("{DATABASE_FILE}-shm")))?;
            }
            let to = folder.join(part);
            files::remove_path(&to)?;
            fs::rename(&from, &to).map_err(StoreError::io_at("write", &to))?;
        }
    }
    files::sync_folder(folder)?;
    files::remove_path(&ready)
}

/// Copies what makes a library.
fn copy_library(from: &Path, to: &Path) -> Result<(), StoreError> {
    files::create_folder(to)?;
    for name in [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal")] {
        if from.join(&name).is_file() {
            copy_file(&from.join(&name), &to.join(&name))?;
        }
    }
    for part in [files::RECORDINGS, files::ATHLETES] {
        copy_folder(&from.join(part), &to.join(part))?;
    }
    files::sync_folder(to)
}

/// Refuses a copy that is not clean; leaves it in the form in which it can be moved.
fn check_copy(from: &Path, copy: &Path) -> Result<(), StoreError> {
    let store = Store::open(copy)?;
    let check = store.check_library()?;
    match check.faults.into_iter().next() {
        None => store.leave_log_mode(),
        Some(fault) => Err(StoreError::Backup { what: fault.what, folder: from.to_owned() }),
    }
}

/// Copies every file below a folder but temporary ones.
fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    files::create_folder(to)?;
    for path in files_below(from)?.iter().filter(|path| !is_internal(&files::entry_name(path))) {
        copy_file(path, &to.join(path.strip_prefix(from).unwrap_or(path)))?;
    }
    files::sync_folder(to)
}

/// Copies a file to the disk.
fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let folder = to.parent().unwrap_or(to);
    files::create_folder(folder)?;
    fs::copy(from, to).map_err(StoreError::io_at("copy", from))?;
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(StoreError::io_at("write", to))?;
    files::sync_folder(folder)
}
