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

pub(crate) use columns::Columns;
pub(crate) use read::read;
pub use write::{parquet_bytes, write_parquet};

use agoge_motion::{Part, Skeleton, Source, Space};
use serde::{Deserialize, Serialize};

/// Key of our entry in the file's metadata.
const KEY: &str = "agoge";
/// Version of the format, raised when an older reader would misread it.
const VERSION: u32 = 1;
/// Prefix of the names of channel columns.
const CHANNEL: &str = "channel:";

/// The metadata of a recording.
#[derive(Serialize, Deserialize)]
struct Metadata {
    version: u32,
    source: Source,
    skeleton: Skeleton,
    space: Space,
    channels: Vec<ChannelHead>,
}

/// A channel without its samples.
#[derive(Serialize, Deserialize)]
struct ChannelHead {
    name: String,
    unit: String,
    part: Option<Part>,
    rate_hz: f64,
    start_s: f64,
}

/// The joint names used in column names, made unique.
fn column_names(skeleton: &Skeleton) -> Vec<String> {
    crate::text::unique(skeleton.joints.iter().map(|joint| joint.name.clone()))
}

#[cfg(test)]
mod tests;
