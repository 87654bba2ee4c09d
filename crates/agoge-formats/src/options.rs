//! Reader options and the size limits that readers enforce.

use crate::{Format, ReadError, error::FileLocation};
use agoge_motion::{Channel, Recording, RecordingSource, UpAxis};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Most positions (frames × joints) a recording may have: 20 million, which take about 560 MB; 70
/// minutes of 39 markers at 120 frames per second. More is refused ([`ReadError::TooLarge`]) before
/// memory is allocated.
pub const MAX_VALUES: usize = 20_000_000;

/// Most frames a recording may have: a million, nine hours at 30 frames per second or 70 minutes at
/// 240. The body skeleton and the curves take about 1.6 kB per frame however few joints the file
/// has, so [`MAX_VALUES`] alone would not bound the memory of an analysis.
pub const MAX_FRAMES: usize = 1_000_000;

/// Most joints or markers a recording may have.
pub const MAX_JOINTS: usize = 4096;

/// Largest file that is read whole (JSON, C3D, Parquet), bytes: 2 GiB. CSV and TRC are read line by
/// line.
pub const MAX_BYTES: u64 = 2 << 30;

/// Frame rate assumed when neither the file nor the options give one.
pub(crate) const ASSUMED_RATE_HZ: f64 = 30.0;

/// What the caller knows about a file that the file itself may not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// Which person to read where several were seen: the `person_id` or track number if the file
    /// gives them, otherwise the index in order of first appearance, from 0. By default the one
    /// seen longest.
    pub person: Option<usize>,
    /// Frames per second, for a file that does not give a rate; without it, 30 is assumed and
    /// noted. A rate in the file takes precedence.
    pub rate_hz: Option<f64>,
    /// How many times slower than real time the video plays: 4 for 240 frames per second replayed
    /// at
    /// 60. Times are divided by it.
    pub slow_motion_factor: Option<f64>,
    /// Width and height of the picture, px: converts normalised coordinates to pixels.
    pub image_size: Option<(f64, f64)>,
    /// The axis that points up; if none, it is determined from the content.
    pub up_axis: Option<UpAxis>,
}

impl ReadOptions {
    /// Refuses options that are not positive, finite numbers.
    ///
    /// # Errors
    /// [`ReadError::Format`] naming the option.
    pub fn check_values(&self, path: &Path) -> Result<(), ReadError> {
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let faults = [
            ("rate_hz", self.rate_hz.is_some_and(|v| !positive(v))),
            ("slow_motion_factor", self.slow_motion_factor.is_some_and(|v| !positive(v))),
            ("image_size", self.image_size.is_some_and(|(w, h)| !positive(w) || !positive(h))),
        ];
        match faults.iter().find(|(_, bad)| *bad) {
            Some((name, _)) => {
                let what = format!("option {name} must be above zero");
                Err(ReadError::bad_format(
                    path,
                    FileLocation::Whole,
                    what,
                    "leave the option out or give a positive number",
                ))
            }
            None => Ok(()),
        }
    }

    /// The frame rate for a file that does not give one; adds a note if it had to be assumed.
    pub(crate) fn rate_or_default(&self, notes: &mut Vec<String>) -> f64 {
        self.rate_or(ASSUMED_RATE_HZ, notes)
    }

    /// Like [`ReadOptions::rate_or_default`], for formats whose usual rate is not 30.
    pub(crate) fn rate_or(&self, likely: f64, notes: &mut Vec<String>) -> f64 {
        self.rate_hz.unwrap_or_else(|| {
            notes.push(format!("no frame rate in the file: {likely} frames a second assumed"));
            likely
        })
    }

    /// Converts the clock of a slow-motion recording to real time.
    pub fn undo_slow_motion(&self, mut recording: Recording) -> Recording {
        let Some(factor) = self.slow_motion_factor.filter(|&factor| factor != 1.0) else {
            return recording;
        };
        recording.time.iter_mut().for_each(|t| *t /= factor);
        for Channel { rate_hz, start_s, .. } in &mut recording.channels {
            *rate_hz *= factor;
            *start_s /= factor;
        }
        recording.source.notes.push(format!("slow motion: times divided by {factor}"));
        recording
    }
}

/// Refuses a recording that is too large to hold.
pub(crate) fn check_size(path: &Path, frames: usize, joints: usize) -> Result<(), ReadError> {
    if frames > MAX_FRAMES {
        return Err(too_many_frames(path));
    }
    if joints <= MAX_JOINTS && frames.checked_mul(joints).is_some_and(|values| values <= MAX_VALUES)
    {
        return Ok(());
    }
    let what = format!(
        "{frames} frames of {joints} joints; at most {MAX_VALUES} positions of {MAX_JOINTS} joints are read"
    );
    Err(ReadError::TooLarge { path: path.to_owned(), what })
}

/// The error for a recording of more than [`MAX_FRAMES`].
fn too_many_frames(path: &Path) -> ReadError {
    ReadError::TooLarge { path: path.to_owned(), what: format!("more than {MAX_FRAMES} frames") }
}

/// The [`RecordingSource`] of a recording read from `path`.
pub(crate) fn recording_source(
    path: &Path,
    format: Format,
    up_axis: UpAxis,
    notes: Vec<String>,
) -> RecordingSource {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    RecordingSource {
        skeleton: None,
        name,
        format: format.name().to_owned(),
        up_axis,
        simulated: false,
        notes,
    }
}
