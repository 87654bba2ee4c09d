//! Writes Agoge's Parquet format.

use super::{
    CHANNEL_PREFIX, ChannelHeader, FORMAT_VERSION, METADATA_KEY, RecordingMetadata,
    joint_column_names,
};
use crate::error::{FileLocation, quote_text};
use crate::{ReadError, text, write_atomic};
use agoge_motion::{Channel, Recording, Skeleton};
use parquet::basic::{Compression, Encoding, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{DataType, DoubleType, FloatType};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Zstandard compression level; higher levels hardly shrink the files.
const ZSTD_LEVEL: i32 = 6;

/// The content of one column.
enum ParquetColumn<'a> {
    Float(Vec<f32>),
    Double(Vec<f64>),
    /// Samples of a channel, and how many of them belong to each row.
    Lists(&'a [f64], Vec<usize>),
}

/// Writes a recording such that [`crate::read_recording`] returns the same bits.
///
/// # Errors
/// [`ReadError::Format`] if a channel has no positive rate, [`ReadError::Io`].
pub fn write_parquet(path: &Path, recording: &Recording) -> Result<(), ReadError> {
    check_channels(path, recording)?;
    let columns = recording_columns(recording);
    write_atomic(path, |out| {
        encode_file(out, recording, &columns).map_err(|failure| failure.into_read_error(path))
    })
}

/// Encodes a recording as a Parquet file in memory; a recording always gives the same bytes.
///
/// # Errors
/// As [`write_parquet`]; the path in messages is the recording's source name.
///
/// ```
/// use agoge_formats::{ReadOptions, encode_parquet, read_recording};
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
/// let bytes = encode_parquet(&recording)?;
/// assert_eq!(bytes, encode_parquet(&recording)?);
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("squat.parquet");
/// std::fs::write(&path, &bytes)?;
/// assert_eq!(read_recording(&path, &ReadOptions::default())?, recording);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn encode_parquet(recording: &Recording) -> Result<Vec<u8>, ReadError> {
    let path = Path::new(&recording.source.name);
    check_channels(path, recording)?;
    let mut bytes = Vec::new();
    encode_file(&mut bytes, recording, &recording_columns(recording))
        .map_err(|failure| failure.into_read_error(path))?;
    Ok(bytes)
}

/// Refuses channels that could not be read back: without a rate or a start.
fn check_channels(path: &Path, recording: &Recording) -> Result<(), ReadError> {
    let has_clock =
        |c: &&Channel| c.rate_hz.is_finite() && c.rate_hz > 0.0 && c.start_s.is_finite();
    match recording.channels.iter().find(|c| !has_clock(c)) {
        None => Ok(()),
        Some(channel) => {
            let what = format!("channel {} has no rate or no start", quote_text(&channel.name));
            let hint = "give the rate in samples a second and the start in seconds";
            Err(ReadError::bad_format(path, FileLocation::Whole, what, hint))
        }
    }
}

/// The columns of a recording with their names, in order.
fn recording_columns(recording: &Recording) -> Vec<(String, ParquetColumn<'_>)> {
    let mut columns = vec![("time_s".to_owned(), ParquetColumn::Double(recording.time.clone()))];
    let letters = if recording.space.is_3d() { &["x", "y", "z"][..] } else { &["x", "y"] };
    for (joint, name) in joint_column_names(&recording.skeleton).into_iter().enumerate() {
        for (axis, letter) in letters.iter().enumerate() {
            columns.push((
                format!("{name}_{letter}"),
                smallest_column(recording.joint_track(joint).map(|p| p[axis]).collect()),
            ));
        }
        let confidence: Vec<f32> = recording
            .confidence
            .iter()
            .skip(joint)
            .step_by(recording.joint_count())
            .copied()
            .collect();
        let implied = recording
            .joint_track(joint)
            .zip(&confidence)
            .all(|(p, c)| c.to_bits() == if p[0].is_finite() { 1.0f32 } else { 0.0 }.to_bits());
        if !implied {
            columns.push((format!("{name}_c"), ParquetColumn::Float(confidence)));
        }
    }
    let names = text::unique_names(recording.channels.iter().map(|channel| channel.name.clone()));
    for (channel, name) in recording.channels.iter().zip(names) {
        columns.push((
            format!("{CHANNEL_PREFIX}{name}"),
            ParquetColumn::Lists(&channel.values, samples_per_frame(channel, &recording.time)),
        ));
    }
    columns
}

/// Stores values as floats if these represent every value exactly, otherwise as doubles.
fn smallest_column(values: Vec<f64>) -> ParquetColumn<'static> {
    let exact = values.iter().all(|&v| v.is_nan() || f64::from(v as f32) == v);
    if exact {
        ParquetColumn::Float(values.into_iter().map(|v| v as f32).collect())
    } else {
        ParquetColumn::Double(values)
    }
}

/// The number of a channel's samples that belong to each frame: those from its time to that of the
/// next; the first and last frames take any samples outside.
fn samples_per_frame(channel: &Channel, time: &[f64]) -> Vec<usize> {
    let mut shares = vec![0; time.len()];
    let mut frame = 0;
    for sample in 0..channel.values.len() {
        let t = channel.start_s + sample as f64 / channel.rate_hz;
        while time.get(frame + 1).is_some_and(|&next| next <= t) {
            frame += 1;
        }
        if let Some(share) = shares.get_mut(frame) {
            *share += 1;
        }
    }
    shares
}

/// An error while encoding the file.
enum EncodeError {
    Parquet(ParquetError),
    Json(serde_json::Error),
}

impl EncodeError {
    fn into_read_error(self, path: &Path) -> ReadError {
        match self {
            EncodeError::Parquet(error) => {
                ReadError::cannot_write(path, std::io::Error::other(error))
            }
            EncodeError::Json(error) => ReadError::cannot_write(path, error.into()),
        }
    }
}

impl From<ParquetError> for EncodeError {
    fn from(error: ParquetError) -> Self {
        EncodeError::Parquet(error)
    }
}

/// Encodes the whole file.
fn encode_file(
    out: &mut (impl Write + Send),
    recording: &Recording,
    columns: &[(String, ParquetColumn<'_>)],
) -> Result<(), EncodeError> {
    let mut fields = Vec::with_capacity(columns.len());
    for (name, column) in columns {
        let (physical, repetition) = match column {
            ParquetColumn::Float(_) => (Physical::FLOAT, Repetition::REQUIRED),
            ParquetColumn::Double(_) => (Physical::DOUBLE, Repetition::REQUIRED),
            ParquetColumn::Lists(..) => (Physical::DOUBLE, Repetition::REPEATED),
        };
        fields.push(Arc::new(
            Type::primitive_type_builder(name, physical).with_repetition(repetition).build()?,
        ));
    }
    let schema = Arc::new(Type::group_type_builder("recording").with_fields(fields).build()?);
    let mut writer =
        SerializedFileWriter::new(out, schema, Arc::new(writer_properties(recording)?))?;
    let mut group = writer.next_row_group()?;
    for (_, column) in columns {
        match column {
            ParquetColumn::Float(values) => encode_column::<FloatType>(&mut group, values, None)?,
            ParquetColumn::Double(values) => encode_column::<DoubleType>(&mut group, values, None)?,
            ParquetColumn::Lists(values, shares) => {
                encode_column::<DoubleType>(&mut group, values, Some(shares))?
            }
        }
    }
    group.close()?;
    writer.close()?;
    Ok(())
}

/// Encodes one column; `shares` are the lengths of its lists, if it is one of lists.
fn encode_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    values: &[T::T],
    shares: Option<&[usize]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    match shares {
        None => column.typed::<T>().write_batch(values, None, None)?,
        Some(shares) => {
            // Dremel levels: an empty list has definition level 0; the first value of a list has
            // repetition level 0, the others 1.
            let levels = || {
                shares.iter().flat_map(|&share| {
                    (0..share.max(1)).map(move |k| (i16::from(share > 0), i16::from(k > 0)))
                })
            };
            let definition: Vec<i16> = levels().map(|(defined, _)| defined).collect();
            let repetition: Vec<i16> = levels().map(|(_, repeated)| repeated).collect();
            column.typed::<T>().write_batch(values, Some(&definition), Some(&repetition))?
        }
    };
    column.close()
}

/// The writer's settings, including the recording's metadata.
fn writer_properties(recording: &Recording) -> Result<WriterProperties, EncodeError> {
    let head = |c: &Channel| ChannelHeader {
        name: c.name.clone(),
        unit: c.unit.clone(),
        part: c.part,
        rate_hz: c.rate_hz,
        start_s: c.start_s,
    };
    let metadata = RecordingMetadata {
        version: FORMAT_VERSION,
        source: recording.source.clone(),
        skeleton: Skeleton::clone(&recording.skeleton),
        space: recording.space,
        channels: recording.channels.iter().map(head).collect(),
    };
    let text = serde_json::to_string(&metadata).map_err(EncodeError::Json)?;
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::BYTE_STREAM_SPLIT)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_created_by("agoge".into())
        .set_key_value_metadata(Some(vec![KeyValue::new(METADATA_KEY.to_owned(), text)]))
        .build())
}
