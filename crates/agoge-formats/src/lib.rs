//! Reads and writes motion, pose and workout file formats: one module per format, and
//! [`probe_format`] to tell them apart by content.
//!
//! [`read_recording`] turns any file or folder with joint positions into a [`Recording`]: Y up, in
//! metres or pixels, with missing values left missing. Everything it had to assume is listed in
//! [`agoge_motion::RecordingSource::notes`]. docs/reference/formats.md lists the formats that are
//! read and written.
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
//! assert_eq!((recording.frame_count(), recording.joint_count()), (2, 1));
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
mod file;
mod format;
mod input;
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
mod registry;
mod sensor;
mod skeletons;
mod table;
mod text;
mod trc;
mod up;
mod video;
pub mod workout;

#[cfg(test)]
mod tests;

pub use atomic::{write_atomic, write_text};
pub use csv::write_csv;
pub use error::{FileLocation, ReadError};
pub use format::Format;
pub use input::{OpenedInput, open_input};
pub use manifest::{Manifest, ManifestRow, Split};
pub use openpose::write_openpose;
pub use options::{MAX_BYTES, MAX_FRAMES, MAX_JOINTS, MAX_VALUES, ReadOptions};
pub use parquet::{encode_parquet, write_parquet};
pub use registry::{FormatRow, FormatTrait, FormatWriter, list_formats, source_has_trait};
pub use sensor::SensorClass;
pub use table::{MotTable, read_table, write_mot};
pub use trc::write_trc;

use agoge_motion::Recording;
use std::path::Path;

/// Determines the format of a file or folder from its content.
///
/// # Errors
/// As [`open_input`].
///
/// ```
/// use agoge_formats::{Format, ReadError, probe_format};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("any.name");
/// std::fs::write(&path, r#"{"people": []}"#)?;
/// assert_eq!(probe_format(&path)?, Format::OpenPose);
/// std::fs::write(&path, "")?;
/// assert!(matches!(probe_format(&path), Err(ReadError::Empty { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn probe_format(path: &Path) -> Result<Format, ReadError> {
    Ok(open_input(path)?.format())
}

/// Reads the recording of one person from a file, or from a folder of OpenPose JSON. The format is
/// determined from the content; the file name does not matter.
///
/// # Errors
/// Any [`ReadError`]; its one-line message says what is wrong, where, and what to do. Tables
/// without positions (MOT, STO) are refused.
pub fn read_recording(path: &Path, options: &ReadOptions) -> Result<Recording, ReadError> {
    options.check_values(path)?;
    open_input(path)?.read_recording(options)
}
