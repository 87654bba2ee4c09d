//! Agoge's own form: Parquet, one row a frame.
//!
//! Columns: `time_s` (double); for each joint `<joint>_x`, `_y`, and `_z` where depth is measured
//! (float where that loses nothing, else double; NaN is missing; Y up, metres or pixels), and
//! `<joint>_c`, the confidence, left out where it is 1 for all that was seen; for each channel a
//! list `channel:<name>` of the samples from this frame's time to the next. The file's metadata has
//! under `agoge` a JSON object: version, source, skeleton, space, channels (name, unit, part, rate,
//! start). Compressed with Zstandard.

mod columns;
mod read;
mod write;

pub(crate) use columns::Columns;
pub(crate) use read::read;
pub use write::{parquet_bytes, write_parquet};

use agoge_motion::{Part, Skeleton, Source, Space};
use serde::{Deserialize, Serialize};

/// Key of the metadata.
const KEY: &str = "agoge";
/// Version of the form, raised when an older reader would misread it.
const VERSION: u32 = 1;
/// What the names of channel columns begin with.
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

/// Names that stand in the columns of the joints.
fn column_names(skeleton: &Skeleton) -> Vec<String> {
    crate::text::unique(skeleton.joints.iter().map(|joint| joint.name.clone()))
}

#[cfg(test)]
mod tests;
