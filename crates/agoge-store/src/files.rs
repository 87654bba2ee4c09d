//! The files of recordings: named by the SHA-256 of their content, written whole or not at all.
//!
//! A file is first written to `incoming`, then its row is committed, then it is moved to its place.
//! What a killed program left in `incoming` therefore has a row, and is moved when the library is
//! opened next, or has none, and is removed.

use crate::StoreError;
use crate::name::ContentHash;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of files that are being written.
pub(crate) const INCOMING: &str = "incoming";
/// The folder of recordings.
pub(crate) const RECORDINGS: &str = "recordings";
/// The folder of athletes' open files.
pub(crate) const ATHLETES: &str = "athletes";

/// The hash that a file of a recording is named by.
pub(crate) fn hash_from_name(name: &str) -> Option<ContentHash> {
    ContentHash::from_hex(name.strip_suffix(".parquet")?)
}

/// Where a recording's file is.
pub(crate) fn recording_path(library: &Path, hash: &ContentHash) -> PathBuf {
    library.join(RECORDINGS).join(hash.get(..2).unwrap_or_default()).join(format!("{hash}.parquet"))
}

/// Where it is written first.
pub(crate) fn incoming_path(library: &Path, hash: &ContentHash) -> PathBuf {
    library.join(INCOMING).join(format!("{hash}.parquet"))
}

/// Where the file is, if it is anywhere.
pub(crate) fn find_recording(library: &Path, hash: &ContentHash) -> Option<PathBuf> {
    [recording_path(library, hash), incoming_path(library, hash)]
        .into_iter()
        .find(|path| path.is_file())
}

/// Writes a file to `incoming`: after this it is on the disk.
pub(crate) fn write_incoming(
    library: &Path,
    hash: &ContentHash,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let path = incoming_path(library, hash);
    let written = (|| {
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_all()
    })();
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&path);
    }
    written.map_err(StoreError::io_at("write", &path))?;
    sync_folder(&library.join(INCOMING))
}

/// Moves a file from `incoming` to its place; nothing if somebody else did so already.
pub(crate) fn move_from_incoming(library: &Path, hash: &ContentHash) -> Result<(), StoreError> {
    let place = recording_path(library, hash);
    let folder = place.parent().unwrap_or(library);
    if !folder.is_dir() {
        create_folder(folder)?;
        sync_folder(&library.join(RECORDINGS))?;
    }
    match fs::rename(incoming_path(library, hash), &place) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && place.is_file() => Ok(()),
        Err(error) => Err(StoreError::io_at("write", &place)(error)),
        Ok(()) => {
            sync_folder(folder)?;
            sync_folder(&library.join(INCOMING))
        }
    }
}

/// Removes what is in a place, file or folder; nothing if nothing is there.
pub(crate) fn remove_path(path: &Path) -> Result<(), StoreError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::io_at("delete", path)(error)),
        Ok(()) => path.parent().map_or(Ok(()), sync_folder),
    }
}

/// Makes a folder that only its owner may look into.
pub(crate) fn create_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(StoreError::io_at("make a folder", folder))
}

/// Refuses a folder of the library that is a link: what lies behind it is not the library's to
/// write or to delete. Nothing being there is fine.
pub(crate) fn refuse_link(folder: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_symlink() => Err(StoreError::Link { path: folder.to_owned() }),
        _ => Ok(()),
    }
}

/// Brings the names in a folder to the disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    // Windows writes names through and opens no folder as a file.
    if cfg!(unix) {
        File::open(folder)
            .and_then(|open| open.sync_all())
            .map_err(StoreError::io_at("write", folder))
    } else {
        Ok(())
    }
}

/// The entries of a folder by name; none if it is not there.
pub(crate) fn list_entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(StoreError::io_at("read", folder))?,
    };
    let paths: Result<Vec<PathBuf>, _> = read.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(StoreError::io_at("read", folder))?;
    paths.sort();
    Ok(paths)
}

/// The name of an entry; one that is no Unicode is shown as it can be.
pub(crate) fn entry_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a file has the content that its name promises.
pub(crate) fn matches_hash(path: &Path, hash: &ContentHash) -> Result<bool, StoreError> {
    let bytes = fs::read(path).map_err(StoreError::io_at("read", path))?;
    Ok(ContentHash::from_content(&bytes) == *hash)
}
