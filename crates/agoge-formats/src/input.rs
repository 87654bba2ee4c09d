//! A file or folder that is opened once: its format is determined from the bytes that are then read
//! as a recording.

use crate::error::FileLocation;
use crate::file::{open_file, read_bytes, read_rest, read_whole_file};
use crate::openpose::{self, FrameFolder};
use crate::probe::{format_from_bytes, json_format, refuse_content, starts_as_json};
use crate::registry::FormatReader;
use crate::{Format, ReadError, ReadOptions};
use agoge_motion::Recording;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// How many bytes at the start of a file are examined to determine its format.
const PROBED_BYTES: u64 = 64 << 10;
/// Size of the buffer of a file that is read line by line, bytes.
const LINE_BUFFER_BYTES: usize = 64 << 10;

/// A file or folder that has been opened and whose format is known.
pub struct OpenedInput {
    path: PathBuf,
    format: Format,
    content: InputContent,
}

/// What has been read of an input so far.
enum InputContent {
    /// A folder with one file per frame.
    Folder(FrameFolder),
    /// A whole file.
    Whole(Vec<u8>),
    /// The start of a file, and the open file behind it.
    Start(Vec<u8>, File),
}

/// Opens a file or folder and determines its format from its content; the name does not matter.
///
/// # Errors
/// [`ReadError::Io`], [`ReadError::Empty`], [`ReadError::NotUnderstood`] with what was found
/// instead; [`ReadError::Format`] for broken JSON.
pub fn open_input(path: &Path) -> Result<OpenedInput, ReadError> {
    let metadata = std::fs::metadata(path).map_err(|e| ReadError::cannot_read(path, e))?;
    if metadata.is_dir() {
        return open_folder(path);
    }
    if metadata.len() == 0 {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let file = open_file(path)?;
    let mut start = Vec::new();
    read_bytes(path, &file, PROBED_BYTES, &mut start)?;
    let (format, content) = match starts_as_json(&start) {
        true => {
            let bytes = read_rest(path, file, start)?;
            (json_format(path, &bytes)?, InputContent::Whole(bytes))
        }
        false => (format_from_bytes(path, &start)?, InputContent::Start(start, file)),
    };
    Ok(OpenedInput { path: path.to_owned(), format, content })
}

/// Opens a folder: one file per frame if its first numbered JSON file is of a format that is kept
/// so.
fn open_folder(path: &Path) -> Result<OpenedInput, ReadError> {
    let files = openpose::numbered_files(path)?;
    let Some((_, first)) = files.first() else {
        let mut entries = std::fs::read_dir(path).map_err(|e| ReadError::cannot_read(path, e))?;
        return Err(match entries.next() {
            None => ReadError::Empty { path: path.to_owned() },
            Some(_) => {
                refuse_content(path, "a folder without pictures (PNG, JPEG) or numbered JSON files")
            }
        });
    };
    let first_content = read_whole_file(first)?;
    let format = json_format(first, &first_content)?;
    match format.table_row().reader {
        FormatReader::WholeOrFolder(..) => {
            let content = InputContent::Folder(FrameFolder { files, first_content });
            Ok(OpenedInput { path: path.to_owned(), format, content })
        }
        _ => Err(refuse_content(
            path,
            "a folder of JSON files that are not from OpenPose (give the files one by one)",
        )),
    }
}

impl OpenedInput {
    /// The input's format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Reads the recording of one person.
    ///
    /// # Errors
    /// As [`crate::read_recording`].
    pub fn read_recording(self, options: &ReadOptions) -> Result<Recording, ReadError> {
        let OpenedInput { path, format, content } = self;
        let path = path.as_path();
        options.check_values(path)?;
        let recording = match (format.table_row().reader, content) {
            (FormatReader::WholeOrFolder(_, read), InputContent::Folder(folder)) => {
                read(path, folder, options)
            }
            (FormatReader::Lines(read), InputContent::Start(start, rest)) => {
                let bytes = Cursor::new(start).chain(rest);
                read(path, &mut BufReader::with_capacity(LINE_BUFFER_BYTES, bytes), options)
            }
            (FormatReader::NotUnderstood(reason), _) => Err(refuse_content(path, reason)),
            (FormatReader::Refused(what, hint), _) => Err(refuse_format(path, what, hint)),
            (_, InputContent::Start(start, rest)) => {
                decode_recording(path, format, &read_rest(path, rest, start)?, options)
            }
            (_, InputContent::Whole(bytes)) => decode_recording(path, format, &bytes, options),
            (_, InputContent::Folder(_)) => Err(refuse_content(path, "a folder")),
        }?;
        Ok(options.undo_slow_motion(recording))
    }
}

/// Reads a recording from the whole content of a file of a known format.
pub(crate) fn decode_recording(
    path: &Path,
    format: Format,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    match format.table_row().reader {
        FormatReader::Whole(read) | FormatReader::WholeOrFolder(read, _) => {
            read(path, bytes, options)
        }
        FormatReader::Lines(read) => read(path, &mut &*bytes, options),
        FormatReader::NotUnderstood(reason) => Err(refuse_content(path, reason)),
        FormatReader::Refused(what, hint) => Err(refuse_format(path, what, hint)),
    }
}

/// The error for a file of a format that holds no positions.
fn refuse_format(path: &Path, what: &str, hint: &'static str) -> ReadError {
    ReadError::bad_format(path, FileLocation::Whole, what, hint)
}
