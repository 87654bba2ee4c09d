//! Files with keys: written whole, readable by their owner alone.

use crate::error::ServerError;
use std::path::Path;

/// Turns an error of a file with keys into one of the server.
pub(super) fn key_file_error(path: &Path) -> impl Fn(std::io::Error) -> ServerError {
    let path = path.to_owned();
    move |source| ServerError::Keys { path: path.clone(), what: source.to_string() }
}

/// Writes a file that only its owner may read: to a temporary file, then renamed into place.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), ServerError> {
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        // Temporary files are created readable by their owner alone.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(key_file_error(path))
}
