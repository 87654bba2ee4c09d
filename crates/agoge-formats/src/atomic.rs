//! Atomic writes: a file or folder is written whole or not at all.

use crate::ReadError;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file through a temporary one in the same folder, which is renamed only once it is
/// complete: a reader never sees half a file, and a failure leaves the previous file untouched.
///
/// # Errors
/// [`ReadError::Io`], or what `fill` returns.
pub fn write_atomic(
    path: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let temporary = temporary_path(path);
    let written = (|| {
        let mut out =
            BufWriter::new(File::create(&temporary).map_err(|e| ReadError::cannot_write(path, e))?);
        fill(&mut out)?;
        out.flush().map_err(|e| ReadError::cannot_write(path, e))?;
        // The content must be on disk before the name is.
        out.get_ref().sync_all().map_err(|e| ReadError::cannot_write(path, e))?;
        drop(out);
        fs::rename(&temporary, path).map_err(|e| ReadError::cannot_write(path, e))
    })();
    if written.is_err() {
        // Report the first error; removing the temporary file also fails if it was never created.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Writes a text file atomically, like [`write_atomic`].
///
/// # Errors
/// [`ReadError::Io`].
///
/// ```
/// use agoge_formats::write_text;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("note.txt");
/// write_text(&path, "first")?;
/// write_text(&path, "second")?;
/// assert_eq!(std::fs::read_to_string(&path)?, "second");
/// assert_eq!(std::fs::read_dir(folder.path())?.count(), 1, "no temporary file is left");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_text(path: &Path, text: &str) -> Result<(), ReadError> {
    write_atomic(path, |out| {
        out.write_all(text.as_bytes()).map_err(|e| ReadError::cannot_write(path, e))
    })
}

/// Writes a folder of files through a temporary one beside it. Refuses to replace an existing
/// folder, so nothing is lost.
pub(crate) fn write_folder(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    if path.exists() {
        let exists =
            std::io::Error::new(std::io::ErrorKind::AlreadyExists, "the folder exists already");
        return Err(ReadError::cannot_write(path, exists));
    }
    let temporary = temporary_path(path);
    let written = (|| {
        fs::create_dir_all(&temporary).map_err(|e| ReadError::cannot_write(path, e))?;
        fill(&temporary)?;
        fs::rename(&temporary, path).map_err(|e| ReadError::cannot_write(path, e))
    })();
    if written.is_err() {
        let _ = fs::remove_dir_all(&temporary);
    }
    written
}

/// A temporary path in the same folder, unique to this process.
fn temporary_path(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_atomic(&path, |out| {
            out.write_all(b"old").map_err(|e| ReadError::cannot_write(&path, e))
        })
        .unwrap();
        let failed = write_atomic(&path, |out| {
            out.write_all(b"new").map_err(|e| ReadError::cannot_write(&path, e))?;
            Err(ReadError::Empty { path: path.clone() })
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_existing_folder_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clip");
        write_folder(&path, |_| Ok(())).unwrap();
        assert!(matches!(write_folder(&path, |_| Ok(())), Err(ReadError::Io { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
