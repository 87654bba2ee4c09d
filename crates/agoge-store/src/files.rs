//! The files of recordings: named by the SHA-256 of their content, written whole or not at all.
//!
//! A file is first written to `incoming`, then its row is committed, then it is moved to its place.
//! What a killed program left in `incoming` therefore has a row, and is moved when the library is
//! opened next, or has none, and is removed.

use crate::Error;
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
pub(crate) fn hash_of_name(name: &str) -> Option<ContentHash> {
    ContentHash::parse(name.strip_suffix(".parquet")?)
}

/// Where a recording's file is.
pub(crate) fn place(library: &Path, hash: &ContentHash) -> PathBuf {
    library.join(RECORDINGS).join(hash.get(..2).unwrap_or_default()).join(format!("{hash}.parquet"))
}

/// Where it is written first.
pub(crate) fn waiting(library: &Path, hash: &ContentHash) -> PathBuf {
    library.join(INCOMING).join(format!("{hash}.parquet"))
}

/// Where the file is, if it is anywhere.
pub(crate) fn find(library: &Path, hash: &ContentHash) -> Option<PathBuf> {
    [place(library, hash), waiting(library, hash)].into_iter().find(|path| path.is_file())
}

/// Writes a file to `incoming`: after this it is on the disk.
pub(crate) fn put(library: &Path, hash: &ContentHash, bytes: &[u8]) -> Result<(), Error> {
    let path = waiting(library, hash);
    let written = (|| {
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.sync_all()
    })();
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&path);
    }
    written.map_err(Error::io("write", &path))?;
    sync(&library.join(INCOMING))
}

/// Moves a file from `incoming` to its place; nothing if somebody else did so already.
pub(crate) fn settle(library: &Path, hash: &ContentHash) -> Result<(), Error> {
    let place = place(library, hash);
    let folder = place.parent().unwrap_or(library);
    if !folder.is_dir() {
        make(folder)?;
        sync(&library.join(RECORDINGS))?;
    }
    match fs::rename(waiting(library, hash), &place) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && place.is_file() => Ok(()),
        Err(error) => Err(Error::io("write", &place)(error)),
        Ok(()) => {
            sync(folder)?;
            sync(&library.join(INCOMING))
        }
    }
}

/// Removes what is in a place, file or folder; nothing if nothing is there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::io("delete", path)(error)),
        Ok(()) => path.parent().map_or(Ok(()), sync),
    }
}

/// Makes a folder that only its owner may look into.
pub(crate) fn make(folder: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(Error::io("make a folder", folder))
}

/// Refuses a folder of the library that is a link: what lies behind it is not the library's to
/// write or to delete. Nothing being there is fine.
pub(crate) fn refuse_link(folder: &Path) -> Result<(), Error> {
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_symlink() => Err(Error::Link { path: folder.to_owned() }),
        _ => Ok(()),
    }
}

/// Brings the names in a folder to the disk.
pub(crate) fn sync(folder: &Path) -> Result<(), Error> {
    // Windows writes names through and opens no folder as a file.
    if cfg!(unix) {
        File::open(folder).and_then(|open| open.sync_all()).map_err(Error::io("write", folder))
    } else {
        Ok(())
    }
}

/// The entries of a folder by name; none if it is not there.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(Error::io("read", folder))?,
    };
    let paths: Result<Vec<PathBuf>, _> = read.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(Error::io("read", folder))?;
    paths.sort();
    Ok(paths)
}

/// The name of an entry; one that is no Unicode is shown as it can be.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a file has the content that its name promises.
pub(crate) fn is_whole(path: &Path, hash: &ContentHash) -> Result<bool, Error> {
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    Ok(ContentHash::from_content(&bytes) == *hash)
}
