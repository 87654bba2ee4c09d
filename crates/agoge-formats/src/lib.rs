//! Reads and writes motion, pose and workout file formats: one module per format, and
//! [`probe_format`] to tell them apart by content.
//!
//! [`read_recording`] turns any file or folder with joint positions into a [`Recording`]: Y up, in
//! metres or pixels, with missing values left missing. Everything it had to assume is listed in
//! [`agoge_motion::Source::notes`]. docs/reference/formats.md lists the formats that are read and
//! written.
//!
//! Invariants: no length stated in a file is trusted; no input makes a reader panic or allocate
//! more memory than [`MAX_VALUES`] positions, [`MAX_FRAMES`] frames and [`MAX_BYTES`] bytes take;
//! every file is written whole or not at all ([`write_atomic`]).
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("step.csv");
//! std::fs::write(&path, "time_s,left_knee_x_m,left_knee_y_m\n0.0,0.1,0.5\n0.1,,\n")?;
//! let recording = agoge_formats::read_recording(&path, &agoge_formats::ReadOptions::default())?;
//! assert_eq!((recording.frames(), recording.joints()), (2, 1));
//! assert!(!recording.is_seen(1, 0)); // an empty cell is missing, never zero
//! # Ok(())
//! # }
//! ```

mod atomic;
mod c3d;
mod coco;
mod csv;
pub mod dataset;
mod error;
mod json;
pub mod keraal;
mod manifest;
mod mediapipe;
mod nexus;
mod openpose;
mod options;
mod parquet;
mod people;
mod pose;
mod probe;
mod skeletons;
mod table;
mod text;
mod trc;
mod up;
pub mod workout;

#[cfg(test)]
mod tests;

pub use atomic::{write_atomic, write_text};
pub use csv::write_csv;
pub use error::{FileLocation, ReadError};
pub use manifest::{Manifest, ManifestRow, Split};
pub use openpose::write_openpose;
pub use options::{MAX_BYTES, MAX_FRAMES, MAX_JOINTS, MAX_VALUES, ReadOptions};
pub use parquet::{encode_parquet, write_parquet};
pub use probe::{Format, probe_format};
pub use table::{MotTable, read_table, write_mot};
pub use trc::write_trc;

use agoge_motion::Recording;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// How many bytes at the start of a file are examined to determine its format.
const PROBED_BYTES: u64 = 64 << 10;

/// Reads the recording of one person from a file, or from a folder of OpenPose JSON. The format is
/// determined from the content; the file name does not matter.
///
/// # Errors
/// Any [`ReadError`]; its one-line message says what is wrong, where, and what to do. Tables
/// without positions (MOT, STO) are refused.
pub fn read_recording(path: &Path, options: &ReadOptions) -> Result<Recording, ReadError> {
    options.check_values(path)?;
    let format = probe_format(path)?;
    let recording = match format {
        Format::OpenPoseFolder => openpose::read_folder(path, options),
        Format::Trc => trc::read_trc(path, open_lines(path)?, options),
        Format::Csv => csv::read_csv(path, open_lines(path)?, options),
        Format::NexusCsv => nexus::read_nexus(path, open_lines(path)?, options),
        Format::Table => {
            let hint = "give the positions the angles were made from (TRC, C3D)";
            Err(ReadError::bad_format(
                path,
                FileLocation::Whole,
                "a table of values without joint positions",
                hint,
            ))
        }
        Format::Video => {
            let reason = "a video, which has no positions before a pose network has seen it".into();
            Err(ReadError::NotUnderstood { path: path.to_owned(), reason })
        }
        other => decode_recording(path, other, &read_whole_file(path)?, options),
    }?;
    Ok(options.undo_slow_motion(recording))
}

/// Reads a recording from the whole content of a file, already in memory.
fn decode_recording(
    path: &Path,
    format: Format,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    match format {
        Format::OpenPoseFile => openpose::read_file(path, bytes, options),
        Format::MediaPipe => mediapipe::read_mediapipe(path, bytes, options),
        Format::Coco => coco::read_annotations(path, bytes, options),
        Format::AlphaPose => coco::read_list(path, bytes, options),
        Format::MmPose => coco::read_mmpose(path, bytes, options),
        Format::KeraalJson => keraal::read_json(path, bytes, options),
        Format::KeraalRows => keraal::read_rows(path, bytes, options),
        Format::C3d => c3d::read_c3d(path, bytes, options),
        Format::Parquet => parquet::read_parquet(path, bytes),
        Format::Trc => trc::read_trc(path, bytes, options),
        Format::Csv => csv::read_csv(path, bytes, options),
        Format::NexusCsv => nexus::read_nexus(path, bytes, options),
        Format::OpenPoseFolder | Format::Table | Format::Video => Err(ReadError::NotUnderstood {
            path: path.to_owned(),
            reason: "no joint positions".into(),
        }),
    }
}

/// Opens a file for buffered reading, line by line.
fn open_lines(path: &Path) -> Result<BufReader<File>, ReadError> {
    Ok(BufReader::with_capacity(
        1 << 16,
        File::open(path).map_err(|e| ReadError::cannot_read(path, e))?,
    ))
}

/// Reads a whole file of at most [`MAX_BYTES`] and strips a byte-order mark.
fn read_whole_file(path: &Path) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| ReadError::cannot_read(path, e))?;
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| ReadError::cannot_read(path, e))?;
    if bytes.len() as u64 > MAX_BYTES {
        let what = format!("more than {MAX_BYTES} bytes");
        return Err(ReadError::TooLarge { path: path.to_owned(), what });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

/// Reads the first [`PROBED_BYTES`] bytes of a file.
fn read_first_bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(|e| ReadError::cannot_read(path, e))?;
    file.take(PROBED_BYTES).read_to_end(&mut start).map_err(|e| ReadError::cannot_read(path, e))?;
    Ok(start)
}
