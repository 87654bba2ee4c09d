//! TRC, OpenSim's marker table: cells separated by tabs or commas, five header lines and an
//! optional blank sixth.
//!
//! Units are m, cm, mm or px. Empty cells are missing. The header's frame count is not trusted.
//! Depth that never changes means that the movement was measured in a plane (Sports2D).

use crate::error::quote_text;
use crate::options::{check_size, recording_source};
use crate::text::{self, LineReader, TextStart};
use crate::{Format, ReadError, ReadOptions, skeletons, up, write_atomic};
use agoge_motion::{Recording, Space, UpAxis};
use std::io::{BufRead, Write};
use std::path::Path;

/// Whether a text begins like a TRC file.
pub(crate) fn is_trc(start: &TextStart) -> bool {
    start.first_cell == "PathFileType"
}

/// Reads a TRC file.
pub(crate) fn read_trc(
    path: &Path,
    reader: &mut dyn BufRead,
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let mut lines = LineReader::new(path, reader);
    let hint = "a TRC has five header lines: export the file again";
    let mut header = Vec::new();
    for _ in 0..5 {
        match lines.next_line()? {
            Some(line) => header.push(line.to_owned()),
            None => return Err(lines.error_at_line("the header ends too early", hint)),
        }
    }
    let delimiter = text::find_delimiter(&header[3]);
    let keys: Vec<&str> = text::split_cells(&header[1], delimiter).collect();
    let values: Vec<&str> = text::split_cells(&header[2], delimiter).collect();
    let field = |key: &str| {
        let at = keys.iter().position(|known| known.eq_ignore_ascii_case(key))?;
        values.get(at).copied().filter(|value| !value.is_empty())
    };
    let unit = field("Units").ok_or_else(|| {
        lines.error_at_line("no Units in the header", "write m, cm, mm or px there")
    })?;
    let scale = text::metres_per_unit(unit)
        .map_err(|what| lines.error_at_line(what, "correct Units in line 3"))?;
    let rate =
        field("DataRate").and_then(|v| v.parse::<f64>().ok()).filter(|v| v.is_finite() && *v > 0.0);
    let mut names: Vec<String> =
        text::split_cells(&header[3], delimiter).skip(2).step_by(3).map(str::to_owned).collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    if names.is_empty() {
        return Err(lines.error_at_line("no marker names in line 4", hint));
    }
    check_size(path, 1, names.len())?;
    let names = text::unique_names(names);
    let mut notes = Vec::new();
    if let Some(count) = field("NumMarkers").filter(|count| count.parse() != Ok(names.len())) {
        notes.push(format!(
            "the header says {} markers, {} are named: the names are believed",
            quote_text(count),
            names.len()
        ));
    }
    let claimed = field("NumFrames").map(str::to_owned);

    let width = 2 + 3 * names.len();
    let (mut time, mut position) = (Vec::new(), Vec::new());
    let mut row: Vec<f64> = Vec::with_capacity(width);
    let mut rows = 0;
    while let Some(line) = lines.next_filled()? {
        row.clear();
        let mut fault = None;
        for cell in text::split_cells(line, delimiter) {
            match text::parse_number(cell, delimiter) {
                Ok(value) => row.push(value),
                Err(what) => fault = fault.or(Some(what)),
            }
        }
        if let Some(what) = fault {
            return Err(lines.error_at_line(what, "leave a missing value empty"));
        }
        if row.len() < width || row[width..].iter().any(|v| !v.is_nan()) {
            let what = format!("{} cells where {} markers need {width}", row.len(), names.len());
            return Err(lines.error_at_line(what, "the file was cut off or a delimiter is missing"));
        }
        rows += 1;
        check_size(path, rows, names.len())?;
        time.push(row[1]);
        position.extend(row[2..width].chunks_exact(3).map(|p| [p[0], p[1], p[2]]));
    }
    if let Some(claimed) = claimed.filter(|claimed| claimed.parse() != Ok(rows)) {
        notes.push(format!("the header says {} frames, the file has {rows}", quote_text(&claimed)));
    }
    if !time.windows(2).all(|w| w[1] > w[0]) || time.first().is_some_and(|t| t.is_nan()) {
        notes.push("the Time column does not run forward: times made from the rate".into());
        let rate = rate.unwrap_or_else(|| options.rate_or_default(&mut notes));
        time = (0..rows).map(|frame| frame as f64 / rate).collect();
    }

    let skeleton = skeletons::skeleton_from_names("TRC markers", &names);
    let (space, up_axis) = match scale {
        None => {
            let stated = Some((UpAxis::Y, "usual for a TRC in pixels"));
            (
                Space::Image { width: None, height: None },
                up::find_up_axis(&skeleton, &position, options.up_axis, stated, &mut notes),
            )
        }
        Some(scale) => {
            position.iter_mut().flatten().for_each(|v| *v *= scale);
            match is_flat(&position, names.len()) {
                true => (Space::Plane, UpAxis::Y),
                false => (
                    Space::World,
                    up::find_up_axis(&skeleton, &position, options.up_axis, None, &mut notes),
                ),
            }
        }
    };
    position.iter_mut().for_each(|p| *p = up_axis.to_y_up(*p));
    marker_recording(path, Format::Trc, skeleton, space, up_axis, time, position, notes)
}

/// Builds the recording of a marker table: confidence is 1 for positions that are present, else 0.
#[expect(clippy::too_many_arguments, reason = "the parts of a recording, once")]
pub(crate) fn marker_recording(
    path: &Path,
    format: Format,
    skeleton: std::sync::Arc<agoge_motion::Skeleton>,
    space: Space,
    up_axis: UpAxis,
    time: Vec<f64>,
    position: Vec<[f64; 3]>,
    notes: Vec<String>,
) -> Result<Recording, ReadError> {
    let dimensions = if space.is_3d() { 3 } else { 2 };
    let seen = |p: &[f64; 3]| p[..dimensions].iter().all(|v| v.is_finite());
    let confidence = position.iter().map(|p| if seen(p) { 1.0 } else { 0.0 }).collect();
    let source = recording_source(path, format, up_axis, notes);
    Recording::new(source, skeleton, space, time, position, confidence)
        .map_err(|e| ReadError::from_recording(path, e))
}

/// Whether no marker ever changes its depth, over enough frames to tell (or all depths are 0).
fn is_flat(position: &[[f64; 3]], joints: usize) -> bool {
    let mut depth: Vec<f64> = vec![f64::NAN; joints];
    for row in position.chunks_exact(joints.max(1)) {
        for (p, depth) in row.iter().zip(&mut depth).filter(|(p, _)| p[2].is_finite()) {
            if depth.is_nan() {
                *depth = p[2];
            } else if *depth != p[2] {
                return false;
            }
        }
    }
    depth.iter().all(|&z| z.is_nan() || z == 0.0) || position.len() >= 10 * joints
}

/// Writes positions as a TRC file: tab-separated, six header lines, frames from 1, Y up, in the
/// recording's unit (m or px).
///
/// Missing positions are empty cells. In a plane, depth is written as 0. Values are written with
/// enough digits that reading gives the same bits.
///
/// # Errors
/// [`ReadError::Io`].
///
/// ```
/// use agoge_formats::{ReadOptions, read_recording, write_trc};
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let squats = SimulatedSet { facing_deg: 30.0, ..SimulatedSet::new(Exercise::Squat) };
/// let recording = squats.simulate().recording;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("squat.trc");
/// write_trc(&path, &recording)?;
/// let again = read_recording(&path, &ReadOptions::default())?;
/// assert_eq!(again.position_at(100, 0), recording.position_at(100, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_trc(path: &Path, recording: &Recording) -> Result<(), ReadError> {
    let (rate, frames, joints) =
        (recording.rate_hz(), recording.frame_count(), recording.joint_count());
    let rate = if rate.is_finite() { (rate * 1e6).round() / 1e6 } else { 1.0 };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let unit = recording.space.length_unit();
    let clean = |name: &str| name.replace(['\t', '\n', '\r'], " ");
    write_atomic(path, |out| {
        let mut text = format!(
            "PathFileType\t4\t(X/Y/Z)\t{name}\n\
             DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n\
             {rate}\t{rate}\t{frames}\t{joints}\t{unit}\t{rate}\t1\t{frames}\nFrame#\tTime\t"
        );
        text.extend(
            recording.skeleton.joints.iter().map(|joint| format!("{}\t\t\t", clean(&joint.name))),
        );
        text.push_str("\n\t\t");
        text.extend((1..=joints).map(|joint| format!("X{joint}\tY{joint}\tZ{joint}\t")));
        text.push_str("\n\n");
        for (frame, time) in recording.time.iter().enumerate() {
            text.push_str(&format!("{}\t{time}", frame + 1));
            for joint in 0..joints {
                let p = recording.position_at(frame, joint);
                if p[0].is_nan() {
                    text.push_str("\t\t\t");
                } else {
                    let z = if recording.space.is_3d() { p[2] } else { 0.0 };
                    text.push_str(&format!("\t{}\t{}\t{z}", p[0], p[1]));
                }
            }
            text.push('\n');
            out.write_all(text.as_bytes()).map_err(|e| ReadError::cannot_write(path, e))?;
            text.clear();
        }
        Ok(())
    })
}
