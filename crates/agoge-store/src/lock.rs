//! Locks between programs: who writes an athlete's open files, and who exchanges a whole library.
//!
//! The operating system holds these locks (`flock`, `LockFileEx`): it frees them when their holder
//! ends, however it ends, so that a killed program leaves nothing to clean up.

use crate::name::AthleteName;
use crate::{StoreError, files};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The file that is locked, in an athlete's folder and in the library's own.
pub(crate) const LOCK_FILE: &str = ".lock";

/// The right to write one athlete's open files, until it is dropped. The library cannot be
/// restored over meanwhile.
#[derive(Debug)]
pub struct AthleteLock {
    _athlete: File,
    _library: File,
}

/// Waits for the right to write the open files of an athlete, whose folder is made if it is not
/// there. `on_wait` is called once if another program has it at present.
///
/// # Errors
/// If the folder cannot be made or its lock not be opened.
pub fn lock_athlete(
    library: &Path,
    name: &AthleteName,
    on_wait: impl FnOnce(),
) -> Result<AthleteLock, StoreError> {
    let mut on_wait = Some(on_wait);
    let mut wait = || {
        if let Some(on_wait) = on_wait.take() {
            on_wait();
        }
    };
    let library_lock = lock_file(library, false, &mut wait)?;
    let athletes = library.join(files::ATHLETES);
    files::create_folder(&athletes)?;
    files::refuse_link(&athletes)?;
    let folder = athletes.join(name.as_str());
    files::refuse_link(&folder)?;
    let athlete_lock = lock_file(&folder, true, &mut wait)?;
    Ok(AthleteLock { _athlete: athlete_lock, _library: library_lock })
}

/// Waits until nobody else writes open files or exchanges the library.
pub(crate) fn lock_library(library: &Path) -> Result<File, StoreError> {
    lock_file(library, true, &mut || {})
}

/// Waits until nobody exchanges the library, and keeps it so.
pub(crate) fn share_library(library: &Path) -> Result<File, StoreError> {
    lock_file(library, false, &mut || {})
}

/// Locks the lock file of a folder, alone or together with others who share it.
fn lock_file(folder: &Path, alone: bool, on_wait: &mut dyn FnMut()) -> Result<File, StoreError> {
    let path = folder.join(LOCK_FILE);
    loop {
        files::create_folder(folder)?;
        let file = open_lock(&path)?;
        let tried = if alone { file.try_lock() } else { file.try_lock_shared() };
        match tried {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                on_wait();
                let waited = if alone { file.lock() } else { file.lock_shared() };
                waited.map_err(StoreError::io_at("lock", &path))?;
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::io_at("lock", &path)(error)),
        }
        // While this program waited the folder may have been deleted, and the lock with it.
        if is_same_file(&file, &path) {
            return Ok(file);
        }
    }
}

fn open_lock(path: &PathBuf) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(StoreError::io_at("lock", path))
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |data: std::fs::Metadata| (data.dev(), data.ino());
    let opened = file.metadata().ok().map(identity);
    opened.is_some() && opened == std::fs::symlink_metadata(path).ok().map(identity)
}

/// Elsewhere an open file cannot be deleted.
#[cfg(not(unix))]
fn is_same_file(_: &File, _: &Path) -> bool {
    true
}
