//! Backups: a backup is itself a library, so that it can be opened, checked and copied back.

use crate::check::{below, is_internal};
use crate::lock::{lock_library, share_library};
use crate::name::ContentHash;
use crate::store::DATA_BASE;
use crate::{Error, Store, files};
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
    /// [`Error::NotEmpty`]; [`Error::Damaged`] if the file of a recording is missing; if the folder
    /// cannot be written.
    pub fn backup(&self, to: &Path) -> Result<(), Error> {
        if !files::entries(to)?.is_empty() {
            return Err(Error::NotEmpty {
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
            fs::rename(&partial, to).map_err(Error::io("write", to))
        });
        if copied.is_err() {
            // The first error is the one to report.
            let _ = fs::remove_dir_all(&partial);
        }
        copied?;
        // A path of one part lies in the folder where the program runs.
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        files::sync(folder.unwrap_or(Path::new(".")))
    }

    fn copy_to(&self, partial: &Path) -> Result<(), Error> {
        files::remove(partial)?;
        files::make(partial)?;
        let copy = partial.join(DATA_BASE);
        self.connection()
            .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
            .map_err(|error| Error::from(error).in_library(partial))?;
        let file = fs::File::open(&copy).and_then(|file| file.sync_all());
        file.map_err(Error::io("write", &copy))?;
        // What was deleted since is missed here: such a backup would not be whole.
        let hashes: Vec<ContentHash> = {
            let rows = Connection::open(&copy)?;
            let mut statement = rows.prepare("SELECT DISTINCT hash FROM recordings")?;
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for hash in &hashes {
            let missing =
                || Error::Damaged { what: "missing", path: files::place(self.folder(), hash) };
            let path = files::find(self.folder(), hash).ok_or_else(missing)?;
            copy_file(&path, &files::place(partial, hash))?;
        }
        copy_folder(&self.folder().join(files::ATHLETES), &partial.join(files::ATHLETES))?;
        files::sync(partial)
    }

    /// Puts a backup into the place of the library of a folder. The backup is copied and checked
    /// first; a library in which there is something stays as it is unless it is to be replaced.
    /// What else is in the folder stays.
    ///
    /// # Errors
    /// [`Error::NoLibrary`] where no backup is, [`Error::Backup`] if it is not whole,
    /// [`Error::NotEmpty`]; [`Error::Database`] if another program uses the library; if the folder
    /// cannot be written.
    pub fn restore(from: &Path, folder: &Path, replace: bool) -> Result<(), Error> {
        if !from.join(DATA_BASE).is_file() {
            return Err(Error::NoLibrary { folder: from.to_owned() });
        }
        let is_library = folder.join(DATA_BASE).is_file() || folder.join(files::ATHLETES).is_dir();
        let own = match is_library.then(|| Store::open(folder)).transpose() {
            // A damaged library is what backups are for.
            Err(error) if replace && error.is_damage() => None,
            opened => opened?,
        };
        if let Some(own) = &own
            && !replace
            && !own.athletes()?.is_empty()
        {
            let hint = "name an empty one with --library DIR, or say --replace: then what is there is deleted";
            return Err(Error::NotEmpty { hint, folder: folder.to_owned() });
        }
        let partial = folder.join(PARTIAL);
        files::remove(&partial)?;
        let copied = copy_library(from, &partial).and_then(|()| check_copy(from, &partial));
        if copied.is_err() {
            let _ = fs::remove_dir_all(&partial);
        }
        copied?;
        let lock = lock_library(folder)?;
        own.map_or(Ok(()), Store::leave_log_mode)?;
        let ready = folder.join(READY);
        fs::rename(&partial, &ready).map_err(Error::io("write", &ready))?;
        files::sync(folder)?;
        put_in_place(folder, &lock)
    }

    /// Refuses if another program has the library open: only who is alone can leave the mode with a
    /// log.
    fn leave_log_mode(self) -> Result<(), Error> {
        let left =
            self.connection().pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()));
        match left.map_err(|error| Error::from(error).in_library(self.folder())) {
            Err(error) if error.is_damage() => Ok(()),
            left => left,
        }
    }
}

/// Puts a restored library into its place, if one waits; what is done already is not done again.
/// Until what this returns is dropped nobody exchanges the library.
pub(crate) fn finish_restoring(folder: &Path) -> Result<File, Error> {
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
fn put_in_place(folder: &Path, _alone: &File) -> Result<(), Error> {
    let ready = folder.join(READY);
    if !ready.is_dir() {
        return Ok(());
    }
    for part in [files::ATHLETES, files::RECORDINGS, files::INCOMING, DATA_BASE] {
        let from = ready.join(part);
        if from.exists() {
            if part == DATA_BASE {
                files::remove(&folder.join(format!("{DATA_BASE}-wal")))?;
                files::remove(&folder.join(format!("{DATA_BASE}-shm")))?;
            }
            let to = folder.join(part);
            files::remove(&to)?;
            fs::rename(&from, &to).map_err(Error::io("write", &to))?;
        }
    }
    files::sync(folder)?;
    files::remove(&ready)
}

/// Copies what makes a library.
fn copy_library(from: &Path, to: &Path) -> Result<(), Error> {
    files::make(to)?;
    for name in [DATA_BASE.to_owned(), format!("{DATA_BASE}-wal")] {
        if from.join(&name).is_file() {
            copy_file(&from.join(&name), &to.join(&name))?;
        }
    }
    for part in [files::RECORDINGS, files::ATHLETES] {
        copy_folder(&from.join(part), &to.join(part))?;
    }
    files::sync(to)
}

/// Refuses a copy that is not clean; leaves it in the form in which it can be moved.
fn check_copy(from: &Path, copy: &Path) -> Result<(), Error> {
    let store = Store::open(copy)?;
    let check = store.check()?;
    match check.faults.into_iter().next() {
        None => store.leave_log_mode(),
        Some(fault) => Err(Error::Backup { what: fault.what, folder: from.to_owned() }),
    }
}

/// Copies every file below a folder but temporary ones.
fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    files::make(to)?;
    for path in below(from)?.iter().filter(|path| !is_internal(&files::name_of(path))) {
        copy_file(path, &to.join(path.strip_prefix(from).unwrap_or(path)))?;
    }
    files::sync(to)
}

/// Copies a file to the disk.
fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    let folder = to.parent().unwrap_or(to);
    files::make(folder)?;
    fs::copy(from, to).map_err(Error::io("copy", from))?;
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(Error::io("write", to))?;
    files::sync(folder)
}
