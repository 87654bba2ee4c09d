//! C3D: markers, analog signals and force plates, in Intel, DEC or MIPS byte order, as floats or
//! scaled integers.
//!
//! A negative residual marks a missing point. Labels beyond 255 are read from LABELS2, LABELS3…;
//! points that are model outputs (listed in POINT:ANGLES, FORCES, MOMENTS, POWERS, SCALARS,
//! REACTIONS) are left out. Format: Motion Lab Systems, *The C3D File Format User Guide* (2008). No
//! length stated in the file is trusted.

mod parameters;
mod plates;
mod processor;

use crate::error::{FileLocation, quote_text};
use crate::options::check_size;
use crate::trc::marker_recording;
use crate::{Format, ReadError, ReadOptions, skeletons, text, up};
use agoge_motion::recording::MISSING;
use agoge_motion::{Channel, Recording, Space, UpAxis};
use parameters::C3dParameters;
use plates::PlateReader;
use processor::Processor;
use std::path::Path;

/// Bytes per block, the unit of the file's offsets.
const BLOCK_BYTES: usize = 512;

/// Parameters of group POINT that list points which are model outputs, not positions.
const MODEL_OUTPUTS: [&str; 6] = ["ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS"];

/// Whether the bytes begin like a C3D file.
pub(crate) fn is_c3d(bytes: &[u8]) -> bool {
    bytes.get(1) == Some(&0x50)
        && bytes.first().is_some_and(|&block| block > 0)
        && bytes.len() >= BLOCK_BYTES
}

/// Layout of the data section.
struct DataLayout {
    processor: Processor,
    points: usize,
    /// Number of analog channels.
    channels: usize,
    /// Samples of each analog channel per frame.
    samples_per_frame: usize,
    frames: usize,
    rate_hz: f64,
    /// Zero or negative if the data are floats; otherwise the factor of its integers.
    scale: f64,
    /// First byte of the data.
    start: usize,
}

impl DataLayout {
    fn is_float(&self) -> bool {
        self.scale <= 0.0
    }

    fn number_bytes(&self) -> usize {
        if self.is_float() { 4 } else { 2 }
    }

    fn frame_bytes(&self) -> usize {
        (self.points * 4 + self.channels * self.samples_per_frame) * self.number_bytes()
    }
}

/// Reads a C3D file.
pub(crate) fn read_c3d(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let mut notes = Vec::new();
    let (processor, parameters) = parameters::read_parameters(path, bytes)?;
    let layout = data_layout(path, bytes, processor, &parameters, options, &mut notes)?;
    check_size(path, layout.frames, layout.points.max(1))?;

    let unit = parameters.first_text("POINT", "UNITS").unwrap_or_default();
    let scale = match text::metres_per_unit(&unit) {
        Ok(Some(scale)) => scale,
        _ => {
            notes.push(format!("unit {} of the points is unknown: mm assumed", quote_text(&unit)));
            0.001
        }
    };
    let mut labels = parameters.all_texts("POINT", "LABELS");
    labels.resize(layout.points, String::new());
    let results: Vec<String> =
        MODEL_OUTPUTS.iter().flat_map(|name| parameters.all_texts("POINT", name)).collect();
    let markers: Vec<usize> = (0..layout.points)
        .filter(|&p| labels[p].is_empty() || !results.contains(&labels[p]))
        .collect();
    if markers.len() < layout.points {
        notes.push(format!(
            "{} points are results of a model, no positions: left out",
            layout.points - markers.len()
        ));
    }
    if markers.is_empty() {
        let hint = "export the marker trajectories too: joint positions are needed";
        return Err(ReadError::NoPerson {
            path: path.to_owned(),
            what: "no marker positions in the file".into(),
            hint,
        });
    }
    let names = text::unique_names(markers.iter().map(|&p| labels[p].clone()));

    let mut position = Vec::with_capacity(layout.frames * markers.len());
    for frame in 0..layout.frames {
        let at = layout.start + frame * layout.frame_bytes();
        position.extend(
            markers
                .iter()
                .map(|&p| read_point(&layout, bytes, at + p * 4 * layout.number_bytes(), scale)),
        );
    }
    let mut channels = analog_channels(&layout, bytes, &parameters);
    let events = parameters.first_number("EVENT", "USED").unwrap_or(0.0);
    if events > 0.0 {
        notes.push(format!("{events} events left out"));
    }

    let skeleton = skeletons::skeleton_from_names("C3D markers", &names);
    let stated = match parameters.first_text("POINT", "Y_SCREEN").as_deref() {
        Some("+Z") => Some((UpAxis::Z, "POINT:Y_SCREEN says so")),
        Some("+Y") => Some((UpAxis::Y, "POINT:Y_SCREEN says so")),
        Some("-Y") => Some((UpAxis::YDown, "POINT:Y_SCREEN says so")),
        _ => None,
    };
    let up_axis = up::find_up_axis(&skeleton, &position, options.up_axis, stated, &mut notes);
    position.iter_mut().for_each(|p| *p = up_axis.to_y_up(*p));
    let (parameters, samples) = (&parameters, layout.samples_per_frame);
    let laboratory = PlateReader {
        parameters,
        analogs: &channels,
        metres_per_unit: scale,
        up_axis,
        samples_per_frame: samples,
    };
    let plates = plates::read_plates(&laboratory, &mut notes);
    channels.extend(plates);
    let time = (0..layout.frames).map(|frame| frame as f64 / layout.rate_hz).collect();
    let recording = marker_recording(
        path,
        Format::C3d,
        skeleton,
        Space::World,
        up_axis,
        time,
        position,
        notes,
    )?;
    Ok(Recording { channels, ..recording })
}

/// Determines the layout of the data section. The number of frames is the largest of those claimed
/// in the header and parameters that fits into the file.
fn data_layout(
    path: &Path,
    bytes: &[u8],
    processor: Processor,
    parameters: &C3dParameters,
    options: &ReadOptions,
    notes: &mut Vec<String>,
) -> Result<DataLayout, ReadError> {
    // Header words are counted from 1, as in the guide.
    let word =
        |number: usize| usize::from(processor.read_u16(bytes, 2 * (number - 1)).unwrap_or(0));
    let float = |number: usize| processor.read_f32(bytes, 2 * (number - 1)).unwrap_or(0.0);
    let (points, analogs, samples) = (word(2), word(3), word(10));
    let samples = if analogs > 0 { samples.max(1) } else { 0 };
    let channels = analogs.checked_div(samples).unwrap_or(0);
    let block = if word(9) > 0 {
        word(9)
    } else {
        parameters.first_number("POINT", "DATA_START").unwrap_or(0.0).max(0.0) as usize
    };
    if block == 0 {
        let hint = "export the file again";
        return Err(ReadError::bad_format(
            path,
            FileLocation::Field("POINT:DATA_START".into()),
            "the file does not say where its data begins",
            hint,
        ));
    }
    let rate = [f64::from(float(11)), parameters.first_number("POINT", "RATE").unwrap_or(0.0)];
    let rate = rate.into_iter().find(|&rate| rate.is_finite() && (1e-3..1e6).contains(&rate));
    let rate_hz = rate.unwrap_or_else(|| options.rate_or_default(notes));
    let start = (block - 1) * BLOCK_BYTES;
    let mut layout = DataLayout {
        processor,
        points,
        channels,
        samples_per_frame: samples,
        frames: 0,
        rate_hz,
        scale: f64::from(float(7)),
        start,
    };
    if layout.frame_bytes() == 0 {
        let hint = "export the marker trajectories too: joint positions are needed";
        return Err(ReadError::NoPerson {
            path: path.to_owned(),
            what: "no marker positions in the file".into(),
            hint,
        });
    }

    let room = bytes.len().saturating_sub(start) / layout.frame_bytes();
    let mut claims = vec![(word(5) + 1).saturating_sub(word(4))];
    let field = |name: &str| match parameters.all_numbers("TRIAL", name).as_slice() {
        [low, high, ..] => Some((*low as u16) as usize + ((*high as u16) as usize) * 65536),
        _ => None,
    };
    if let (Some(from), Some(to)) = (field("ACTUAL_START_FIELD"), field("ACTUAL_END_FIELD")) {
        claims.push((to + 1).saturating_sub(from));
    }
    claims.extend(
        ["LONG_FRAMES", "FRAMES"]
            .iter()
            .filter_map(|name| parameters.first_number("POINT", name))
            .map(unsigned_frames),
    );
    claims.retain(|&frames| frames > 0);
    let Some(&least) = claims.iter().min() else {
        return Err(ReadError::Empty { path: path.to_owned() });
    };
    if least > room {
        let what = format!("the file ends after {room} of {least} frames");
        return Err(ReadError::bad_format(
            path,
            FileLocation::Byte(bytes.len()),
            what,
            "the file was cut off: copy or export it again",
        ));
    }
    layout.frames = claims.into_iter().filter(|&frames| frames <= room).max().unwrap_or(least);
    Ok(layout)
}

/// A frame count; many files store it as an unsigned 16-bit number, which is read back as signed.
fn unsigned_frames(value: f64) -> usize {
    if value < 0.0 { (value + 65536.0).max(0.0) as usize } else { value as usize }
}

/// The point that begins at byte `at`, in metres and the file's axes; missing if its residual is
/// negative.
fn read_point(layout: &DataLayout, bytes: &[u8], at: usize, scale: f64) -> [f64; 3] {
    let DataLayout { processor, .. } = layout;
    let component = |k: usize| match layout.is_float() {
        true => processor.read_f32(bytes, at + 4 * k).map(f64::from),
        false => processor.read_i16(bytes, at + 2 * k).map(f64::from),
    };
    let (Some(x), Some(y), Some(z), Some(residual)) =
        (component(0), component(1), component(2), component(3))
    else {
        return MISSING;
    };
    if residual < 0.0 {
        return MISSING;
    }
    let scale = if layout.is_float() { scale } else { scale * layout.scale };
    [x * scale, y * scale, z * scale]
}

/// The analog channels: (raw − OFFSET) × SCALE × GEN_SCALE.
fn analog_channels(layout: &DataLayout, bytes: &[u8], parameters: &C3dParameters) -> Vec<Channel> {
    let labels = parameters.all_texts("ANALOG", "LABELS");
    let units = parameters.all_texts("ANALOG", "UNITS");
    let (scales, offsets) =
        (parameters.all_numbers("ANALOG", "SCALE"), parameters.all_numbers("ANALOG", "OFFSET"));
    let general = parameters.first_number("ANALOG", "GEN_SCALE").unwrap_or(1.0);
    let is_unsigned = parameters
        .first_text("ANALOG", "FORMAT")
        .is_some_and(|format| format.eq_ignore_ascii_case("UNSIGNED"));
    let raw = |at: usize| {
        let value = match (layout.is_float(), is_unsigned) {
            (true, _) => layout.processor.read_f32(bytes, at).map(f64::from),
            (false, true) => layout.processor.read_u16(bytes, at).map(f64::from),
            (false, false) => layout.processor.read_i16(bytes, at).map(f64::from),
        };
        value.filter(|value| value.is_finite()).unwrap_or(f64::NAN)
    };
    let size = layout.number_bytes();
    let label = |channel: usize| labels.get(channel).cloned().unwrap_or_default();
    let names = text::unique_names(
        (0..layout.channels)
            .map(|c| if label(c).is_empty() { format!("channel{}", c + 1) } else { label(c) }),
    );
    let mut channels = Vec::with_capacity(layout.channels);
    for (channel, name) in names.into_iter().enumerate() {
        let scale = scales.get(channel).copied().unwrap_or(1.0) * general;
        let offset = offsets.get(channel).copied().unwrap_or(0.0);
        let offset = if is_unsigned && offset < 0.0 { offset + 65536.0 } else { offset };
        let mut values = Vec::with_capacity(layout.frames * layout.samples_per_frame);
        for frame in 0..layout.frames {
            let at = layout.start + frame * layout.frame_bytes() + layout.points * 4 * size;
            values.extend(
                (0..layout.samples_per_frame)
                    .map(|s| (raw(at + (s * layout.channels + channel) * size) - offset) * scale),
            );
        }
        let unit = units.get(channel).cloned().unwrap_or_default();
        let rate_hz = layout.rate_hz * layout.samples_per_frame as f64;
        channels.push(Channel { name, unit, part: None, rate_hz, start_s: 0.0, values });
    }
    channels
}

#[cfg(test)]
pub(crate) mod tests;
