//! Reads files within the limits.

use crate::ReadError;
use crate::options::MAX_BYTES;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Opens a file.
pub(crate) fn open_file(path: &Path) -> Result<File, ReadError> {
    File::open(path).map_err(|e| ReadError::cannot_read(path, e))
}

/// Reads a whole file of at most [`MAX_BYTES`] and strips a byte-order mark.
pub(crate) fn read_whole_file(path: &Path) -> Result<Vec<u8>, ReadError> {
    read_rest(path, open_file(path)?, Vec::new())
}

/// Reads at most `limit` of the next bytes of an open file and appends them to `bytes`.
pub(crate) fn read_bytes(
    path: &Path,
    file: &File,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> Result<(), ReadError> {
    match file.take(limit).read_to_end(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(ReadError::cannot_read(path, error)),
    }
}

/// Reads a file to its end, of which `start` has been read, and returns its whole content: at most
/// [`MAX_BYTES`], without a byte-order mark.
pub(crate) fn read_rest(path: &Path, rest: File, start: Vec<u8>) -> Result<Vec<u8>, ReadError> {
    let mut bytes = start;
    read_bytes(path, &rest, (MAX_BYTES + 1).saturating_sub(bytes.len() as u64), &mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let what = format!("more than {MAX_BYTES} bytes");
        return Err(ReadError::TooLarge { path: path.to_owned(), what });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(bytes)
}
