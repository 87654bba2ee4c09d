//! Agoge's own format: Parquet with one row per frame.
//!
//! Columns: `time_s` (double); for each joint `<joint>_x`, `_y`, and `_z` where depth is measured
//! (float where that is exact, otherwise double; NaN means missing; Y up, metres or pixels), and
//! `<joint>_c`, the confidence, left out if it is 1 wherever the joint was seen and 0 elsewhere;
//! for each channel a list `channel:<name>` of the samples from this frame's time to the next. The
//! file's metadata holds a JSON object under the key `agoge`: version, source, skeleton, space,
//! channels (name, unit, part, rate, start). Compressed with Zstandard.

mod columns;
mod read;
mod write;

pub(crate) use columns::ParquetColumns;
pub(crate) use read::{is_parquet, read_parquet};
pub use write::{encode_parquet, write_parquet};

use agoge_motion::{Part, RecordingSource, Skeleton, Space};
use serde::{Deserialize, Serialize};

/// Key of our entry in the file's metadata.
const METADATA_KEY: &str = "agoge";
/// Version of the format, raised when an older reader would misread it.
const FORMAT_VERSION: u32 = 1;
/// Prefix of the names of channel columns.
const CHANNEL_PREFIX: &str = "channel:";

/// The metadata of a recording.
#[derive(Serialize, Deserialize)]
struct RecordingMetadata {
    version: u32,
    source: RecordingSource,
    skeleton: Skeleton,
    space: Space,
    channels: Vec<ChannelHeader>,
}

/// A channel without its samples.
#[derive(Serialize, Deserialize)]
struct ChannelHeader {
    name: String,
    unit: String,
    part: Option<Part>,
    rate_hz: f64,
    start_s: f64,
}

/// The joint names used in column names, made unique.
fn joint_column_names(skeleton: &Skeleton) -> Vec<String> {
    crate::text::unique_names(skeleton.joints.iter().map(|joint| joint.name.clone()))
}

#[cfg(test)]
mod tests;
