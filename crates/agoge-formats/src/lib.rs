//! Reads and writes motion, pose and workout file formats: one module per format, and [`probe`] to
//! tell them apart by content.
//!
//! [`read`] turns any file or folder with joint positions into a [`Recording`]: Y up, in metres or
//! pixels, with missing values left missing. Everything it had to assume is listed in
//! [`agoge_motion::Source::notes`]. docs/FORMATS.md lists the formats that are read and written.
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
//! let recording = agoge_formats::read(&path, &agoge_formats::ReadOptions::default())?;
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
pub use error::{Error, Place};
pub use manifest::{Manifest, Row, Split};
pub use openpose::write_openpose;
pub use options::{MAX_BYTES, MAX_FRAMES, MAX_JOINTS, MAX_VALUES, ReadOptions};
pub use parquet::{parquet_bytes, write_parquet};
pub use probe::{Format, probe};
pub use table::{Table, read_table, write_mot};
pub use trc::write_trc;

use agoge_motion::Recording;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// How many bytes at the start of a file are examined to determine its format.
const PROBED: u64 = 64 << 10;

/// Reads the recording of one person from a file, or from a folder of OpenPose JSON. The format is
/// determined from the content; the file name does not matter.
///
/// # Errors
/// Any [`Error`]; its one-line message says what is wrong, where, and what to do. Tables without
/// positions (MOT, STO) are refused.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Recording, Error> {
    options.check(path)?;
    let format = probe(path)?;
    let recording = match format {
        Format::OpenPoseFolder => openpose::read_folder(path, options),
        Format::Trc => trc::read(path, lines(path)?, options),
        Format::Csv => csv::read(path, lines(path)?, options),
        Format::NexusCsv => nexus::read(path, lines(path)?, options),
        Format::Table => {
            let hint = "give the positions the angles were made from (TRC, C3D)";
            Err(Error::format(
                path,
                Place::Whole,
                "a table of values without joint positions",
                hint,
            ))
        }
        Format::Video => {
            let reason = "a video, which has no positions before a pose network has seen it".into();
            Err(Error::NotUnderstood { path: path.to_owned(), reason })
        }
        other => read_bytes(path, other, &bytes(path)?, options),
    }?;
    Ok(options.undo_slow_motion(recording))
}

/// Reads a recording from the whole content of a file, already in memory.
fn read_bytes(
    path: &Path,
    format: Format,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, Error> {
    match format {
        Format::OpenPoseFile => openpose::read_file(path, bytes, options),
        Format::MediaPipe => mediapipe::read(path, bytes, options),
        Format::Coco => coco::read_annotations(path, bytes, options),
        Format::AlphaPose => coco::read_list(path, bytes, options),
        Format::MmPose => coco::read_mmpose(path, bytes, options),
        Format::KeraalJson => keraal::read_json(path, bytes, options),
        Format::KeraalRows => keraal::read_rows(path, bytes, options),
        Format::C3d => c3d::read(path, bytes, options),
        Format::Parquet => parquet::read(path, bytes),
        Format::Trc => trc::read(path, bytes, options),
        Format::Csv => csv::read(path, bytes, options),
        Format::NexusCsv => nexus::read(path, bytes, options),
        Format::OpenPoseFolder | Format::Table | Format::Video => {
            Err(Error::NotUnderstood { path: path.to_owned(), reason: "no joint positions".into() })
        }
    }
}

/// Opens a file for buffered reading, line by line.
fn lines(path: &Path) -> Result<BufReader<File>, Error> {
    Ok(BufReader::with_capacity(1 << 16, File::open(path).map_err(|e| Error::read(path, e))?))
}

/// Reads a whole file of at most [`MAX_BYTES`] and strips a byte-order mark.
fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| Error::read(path, e))?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|e| Error::read(path, e))?;
    if bytes.len() as u64 > MAX_BYTES {
        let what = format!("more than {MAX_BYTES} bytes");
        return Err(Error::TooLarge { path: path.to_owned(), what });
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

/// Reads the first [`PROBED`] bytes of a file.
fn first_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let mut start = Vec::new();
    let file = File::open(path).map_err(|e| Error::read(path, e))?;
    file.take(PROBED).read_to_end(&mut start).map_err(|e| Error::read(path, e))?;
    Ok(start)
}
