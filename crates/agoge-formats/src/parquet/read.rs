//! Reads Agoge's Parquet format.

use super::{
    CHANNEL_PREFIX, FORMAT_VERSION, METADATA_KEY, ParquetColumns, RecordingMetadata,
    joint_column_names,
};
use crate::error::FileLocation;
use crate::options::check_size;
use crate::{ReadError, ReadOptions};
use agoge_motion::{Channel, Recording, Skeleton};
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;

/// Whether the bytes begin like a Parquet file.
pub(crate) fn is_parquet(start: &[u8]) -> bool {
    start.starts_with(b"PAR1")
}

/// Reads a recording from the bytes of a file, which state all that options could.
pub(crate) fn read_parquet(
    path: &Path,
    bytes: &[u8],
    _: &ReadOptions,
) -> Result<Recording, ReadError> {
    let columns = ParquetColumns::open_source(path, Bytes::copy_from_slice(bytes))?;
    let text = columns.metadata_value(METADATA_KEY).ok_or_else(|| ReadError::NotUnderstood {
        path: path.to_owned(),
        reason: "a Parquet file without the metadata that Agoge writes".into(),
    })?;
    let metadata: RecordingMetadata = serde_json::from_str(text).map_err(|error| {
        ReadError::bad_format(
            path,
            FileLocation::Field(METADATA_KEY.into()),
            error.to_string(),
            "the file is damaged, or of a newer version of Agoge",
        )
    })?;
    check_metadata(path, &metadata)?;
    let RecordingMetadata { source, skeleton, space, channels: heads, .. } = metadata;
    let names = joint_column_names(&skeleton);
    let joints = names.len();
    let groups = columns.group_rows()?;
    let frames = groups.iter().fold(0usize, |sum, rows| sum.saturating_add(*rows));
    check_size(path, frames, joints.max(1))?;

    let mut time = Vec::new();
    let mut position = vec![[f64::NAN; 3]; frames * joints];
    let mut confidence = vec![0.0f32; frames * joints];
    let axes = if space.is_3d() { &["x", "y", "z"][..] } else { &["x", "y"] };
    let time_column = columns.require_column("time_s")?;
    let mut first = 0;
    for (group, rows) in groups.iter().enumerate() {
        time.extend(columns.read_numbers(group, time_column)?);
        for (joint, name) in names.iter().enumerate() {
            for (axis, letter) in axes.iter().enumerate() {
                let values = columns
                    .read_numbers(group, columns.require_column(&format!("{name}_{letter}"))?)?;
                for (row, value) in values.into_iter().enumerate() {
                    position[(first + row) * joints + joint][axis] = value;
                }
            }
            let values = match columns.find_column(&format!("{name}_c")) {
                Some(column) => columns.read_numbers(group, column)?,
                None => {
                    let seen = |row: usize| {
                        axes.iter()
                            .enumerate()
                            .all(|(k, _)| position[(first + row) * joints + joint][k].is_finite())
                    };
                    (0..*rows).map(|row| f64::from(u8::from(seen(row)))).collect()
                }
            };
            for (row, value) in values.into_iter().enumerate() {
                confidence[(first + row) * joints + joint] = value as f32;
            }
        }
        first += rows;
    }

    let places: Vec<usize> = (0..columns.names().len())
        .filter(|&c| columns.names()[c].starts_with(CHANNEL_PREFIX))
        .collect();
    if places.len() != heads.len() {
        let what = format!("{} channels described, {} columns of them", heads.len(), places.len());
        return Err(ReadError::bad_format(
            path,
            FileLocation::Field(METADATA_KEY.into()),
            what,
            "the file is damaged: make it anew from its source",
        ));
    }
    let mut channels = Vec::with_capacity(heads.len());
    for (head, column) in heads.into_iter().zip(places) {
        let mut values = Vec::new();
        for group in 0..groups.len() {
            values.extend(columns.read_lists(group, column)?);
        }
        channels.push(Channel {
            name: head.name,
            unit: head.unit,
            part: head.part,
            rate_hz: head.rate_hz,
            start_s: head.start_s,
            values,
        });
    }
    let recording = Recording::new(source, Arc::new(skeleton), space, time, position, confidence);
    Ok(Recording { channels, ..recording.map_err(|e| ReadError::from_recording(path, e))? })
}

/// Refuses metadata that breaks what later code relies on.
pub(super) fn check_metadata(path: &Path, metadata: &RecordingMetadata) -> Result<(), ReadError> {
    let fault = |what: String| {
        Err(ReadError::bad_format(
            path,
            FileLocation::Field(METADATA_KEY.into()),
            what,
            "the file is damaged, or of a newer version of Agoge",
        ))
    };
    if metadata.version != FORMAT_VERSION {
        return fault(format!("version {} where {FORMAT_VERSION} is read", metadata.version));
    }
    let Skeleton { joints, .. } = &metadata.skeleton;
    let inside = |index: usize| index < joints.len();
    if joints.is_empty()
        || joints.iter().any(|joint| {
            !inside(joint.mirror) || joint.parent.is_some_and(|parent| !inside(parent))
        })
    {
        return fault("the skeleton has no joints, or links to joints it does not have".into());
    }
    match metadata
        .channels
        .iter()
        .find(|c| !(c.rate_hz.is_finite() && c.rate_hz > 0.0 && c.start_s.is_finite()))
    {
        Some(channel) => {
            fault(format!("channel {} has no rate", crate::error::quote_text(&channel.name)))
        }
        None => Ok(()),
    }
}
