//! CSV with one row per frame: `time_s` or `frame`, then `<joint>_x_<unit>`, `_y_`, optionally
//! `_z_`, and optionally `<joint>_c` (confidence).
//!
//! The unit (m, cm, mm, px) is part of each name, or in a second row under names without it. The
//! delimiter is a comma, a semicolon (then a comma may be the decimal point) or a tab. Positions in
//! metres without depth lie in a plane. In pixels, y points down, as in pictures. Empty cells are
//! missing. Alongside positions, or alone, there may be worn sensors, each with six columns
//! `[<part>_]acc_x_<unit>` … `gyr_z_<unit>`. Other columns are left out, with a note.

mod sensor;

use crate::error::{FileLocation, quote_text};
use crate::options::check_size;
use crate::text::{self, LineReader, TextStart};
use crate::trc::marker_recording;
use crate::{Format, ReadError, ReadOptions, skeletons, up, write_atomic};
use agoge_motion::{Recording, Space, UpAxis};
use sensor::SensorColumns;
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::Path;

const JOINT_HINT: &str =
    "name columns <joint>_x_m, <joint>_y_m, <joint>_z_m (or _cm, _mm, _px), and <joint>_c";
const SENSOR_HINT: &str = "name the columns of a worn sensor <part>_acc_x_g (or _m/s2), … <part>_gyr_z_deg/s (or _rad/s), all six of them";

/// The meaning of a column of the table.
enum CsvColumn {
    Time,
    Frame,
    /// Index of a joint, and its axis (0 to 2, or 3 for the confidence).
    Joint(usize, usize),
    /// Index of a worn sensor, and its axis (0 to 5).
    Sensor(usize, usize),
    LeftOut,
}

/// Reads the wide form: one row per frame.
pub(crate) fn read_csv(
    path: &Path,
    reader: &mut dyn BufRead,
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let mut lines = LineReader::new(path, reader);
    let header = lines
        .next_filled()?
        .map(str::to_owned)
        .ok_or_else(|| ReadError::Empty { path: path.to_owned() })?;
    let delimiter = text::find_delimiter(&header);
    let names: Vec<&str> = text::split_cells(&header, delimiter).collect();
    let mut pending = lines.next_filled()?.map(str::to_owned);
    let units_row: Option<Vec<String>> =
        pending.as_deref().and_then(|line| parse_units_row(line, delimiter));
    if units_row.is_some() {
        pending = None;
    }

    let mut joints: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut columns = Vec::with_capacity(names.len());
    let mut unit: Option<String> = None;
    let mut left_out = Vec::new();
    let mut sensors: Vec<SensorColumns> = Vec::new();
    for (place, &name) in names.iter().enumerate() {
        let below = units_row
            .as_ref()
            .and_then(|row| row.get(place))
            .map(String::as_str)
            .filter(|unit| !unit.is_empty());
        let column = match name.to_ascii_lowercase().as_str() {
            "time_s" | "time" | "time [s]" | "t_s" => CsvColumn::Time,
            "frame" | "frame#" => CsvColumn::Frame,
            _ => match split_joint_column(name) {
                _ if let Some((part, axis, unit)) = sensor::split_sensor_column(name) => {
                    let index = sensors
                        .iter()
                        .position(|sensor| sensor.name == part)
                        .unwrap_or_else(|| {
                            sensors.push(SensorColumns::new(part));
                            sensors.len() - 1
                        });
                    let SensorColumns { units, has_axis: has, .. } = &mut sensors[index];
                    let known = &mut units[axis / 3];
                    if has[axis]
                        || known.is_some_and(|known| unit.is_some_and(|unit| unit != known))
                    {
                        return Err(lines.error_at_line(
                            format!(
                                "column {} is there twice, or in another unit",
                                quote_text(name)
                            ),
                            SENSOR_HINT,
                        ));
                    }
                    has[axis] = true;
                    *known = known.or(unit);
                    CsvColumn::Sensor(index, axis)
                }
                None => {
                    left_out.push(name);
                    CsvColumn::LeftOut
                }
                Some((joint, axis, name_unit)) => {
                    if axis < 3 {
                        let column_unit = name_unit.or(below).ok_or_else(|| {
                            lines.error_at_line(
                                format!("column {} has no unit", quote_text(name)),
                                JOINT_HINT,
                            )
                        })?;
                        if unit.as_deref().is_some_and(|unit| unit != column_unit) {
                            return Err(lines.error_at_line(
                                format!(
                                    "column {} has another unit than the others",
                                    quote_text(name)
                                ),
                                JOINT_HINT,
                            ));
                        }
                        unit = Some(column_unit.to_owned());
                    }
                    let place = *places.entry(joint.to_owned()).or_insert_with(|| {
                        joints.push(joint.to_owned());
                        joints.len() - 1
                    });
                    CsvColumn::Joint(place, axis)
                }
            },
        };
        columns.push(column);
    }
    let scale = match &unit {
        // A sensor alone: the part that carries it becomes a joint that is never seen.
        None if !sensors.is_empty() && joints.is_empty() => Some(1.0),
        _ => text::metres_per_unit(unit.as_deref().unwrap_or("none"))
            .map_err(|_| lines.error_at_line("no columns of joint positions", JOINT_HINT))?,
    };
    check_size(path, 1, joints.len() + 2 * sensors.len())?;
    let mut counts = vec![[0usize; 4]; joints.len()];
    for column in &columns {
        if let CsvColumn::Joint(joint, axis) = column {
            counts[*joint][*axis] += 1;
        }
    }
    let has_depth = counts.first().is_some_and(|count| count[2] == 1);
    for (name, [x, y, z, c]) in joints.iter().zip(&counts) {
        if [*x, *y] != [1, 1] || *z != usize::from(has_depth) || *c > 1 {
            let what = format!(
                "joint {} needs one x and one y column, and one z if the others have it",
                quote_text(name)
            );
            return Err(lines.error_at_line(what, JOINT_HINT));
        }
    }
    let mut notes = Vec::new();
    if !left_out.is_empty() {
        let examples: Vec<String> = left_out.iter().take(5).map(|name| quote_text(name)).collect();
        notes.push(format!("{} columns left out: {}", left_out.len(), examples.join(", ")));
    }

    let (mut seconds, mut frames) = (Vec::new(), Vec::new());
    let (mut position, mut confidence) = (Vec::new(), Vec::new());
    let mut rows = 0;
    loop {
        let line = match pending.as_deref() {
            Some(line) => line,
            None => match lines.next_filled()? {
                Some(line) => line,
                None => break,
            },
        };
        check_size(path, rows + 1, joints.len() + 2 * sensors.len())?;
        sensors.iter_mut().for_each(|sensor| sensor.rows.push([f64::NAN; 6]));
        let start = position.len();
        position.resize(start + joints.len(), [f64::NAN; 3]);
        confidence.resize(start + joints.len(), 1.0f32);
        let mut count = 0;
        let mut fault = None;
        for (place, cell) in text::split_cells(line, delimiter).enumerate() {
            count += 1;
            let column = columns.get(place);
            let value = match column {
                None if cell.is_empty() => continue,
                Some(CsvColumn::LeftOut) => continue,
                _ => text::parse_number(cell, delimiter).map_err(|what| {
                    format!("{what} (column {})", quote_text(names.get(place).unwrap_or(&"")))
                }),
            };
            match (column, value) {
                (_, Err(what)) => fault = fault.or(Some(what)),
                (Some(CsvColumn::Time), Ok(v)) => seconds.push(v),
                (Some(CsvColumn::Frame), Ok(v)) => frames.push(v),
                (Some(CsvColumn::Joint(joint, 3)), Ok(v)) => confidence[start + joint] = v as f32,
                (Some(CsvColumn::Joint(joint, axis)), Ok(v)) => position[start + joint][*axis] = v,
                (Some(CsvColumn::Sensor(sensor, axis)), Ok(v)) => {
                    sensors[*sensor].rows[rows][*axis] = v
                }
                (None, Ok(_)) => {
                    fault = fault.or(Some("more cells than the header has names".into()))
                }
                (Some(CsvColumn::LeftOut), Ok(_)) => {}
            }
        }
        if count < columns.len() {
            fault = fault.or(Some(format!("{count} cells where the header has {}", columns.len())));
        }
        if let Some(what) = fault {
            return Err(lines.error_at_line(
                what,
                "each row needs a number, or nothing, in each column; the file may be cut off",
            ));
        }
        rows += 1;
        pending = None;
    }
    let time = row_times(path, rows, seconds, &frames, options, &mut notes)?;
    let has_depth = has_depth || joints.is_empty();
    let mut channels = Vec::new();
    for sensor in &sensors {
        let sensor_channels = sensor
            .resampled_channels(&time, &mut notes)
            .map_err(|what| ReadError::bad_format(path, FileLocation::Whole, what, SENSOR_HINT))?;
        channels.extend(sensor_channels);
    }
    if joints.is_empty() {
        let carrier =
            sensors.first().map(|sensor| sensor.name.as_str()).filter(|name| !name.is_empty());
        joints.push(carrier.unwrap_or("sensor").to_owned());
        (position, confidence) = (vec![[f64::NAN; 3]; rows], vec![0.0; rows]);
    }

    let skeleton = skeletons::skeleton_from_names("CSV joints", &joints);
    let (space, up_axis) = match scale {
        None => (
            Space::Image {
                width: options.image_size.map(|s| s.0),
                height: options.image_size.map(|s| s.1),
            },
            UpAxis::YDown,
        ),
        Some(scale) => {
            position.iter_mut().flatten().for_each(|v| *v *= scale);
            match has_depth {
                true => (
                    Space::World,
                    up::find_up_axis(
                        &skeleton,
                        &position,
                        options.up_axis,
                        Some((UpAxis::Y, "documented for CSV")),
                        &mut notes,
                    ),
                ),
                false => (Space::Plane, UpAxis::Y),
            }
        }
    };
    let top = if scale.is_none() { options.image_size.map_or(0.0, |s| s.1) } else { 0.0 };
    for p in &mut position {
        *p = up_axis.to_y_up(*p);
        p[1] += top;
    }
    let recording =
        marker_recording(path, Format::Csv, skeleton, space, up_axis, time, position, notes)?;
    let confidence = confidence
        .iter()
        .zip(&recording.position)
        .map(|(c, p)| if p[0].is_finite() { c.clamp(0.0, 1.0) } else { 0.0 });
    let confidence = confidence.map(|c| if c.is_nan() { 0.0 } else { c }).collect();
    Ok(Recording { confidence, channels, ..recording })
}

/// The time of each row, s: the time column, otherwise the frame numbers divided by the rate.
fn row_times(
    path: &Path,
    rows: usize,
    seconds: Vec<f64>,
    frames: &[f64],
    options: &ReadOptions,
    notes: &mut Vec<String>,
) -> Result<Vec<f64>, ReadError> {
    if rows == 0 {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    if seconds.len() == rows {
        return Ok(seconds);
    }
    if frames.len() != rows {
        return Err(ReadError::bad_format(
            path,
            FileLocation::Line(1),
            "no column time_s or frame",
            "begin each row with the time in seconds",
        ));
    }
    let rate = options.rate_or_default(notes);
    let first = frames.first().copied().unwrap_or(0.0);
    Ok(frames.iter().map(|frame| (frame - first) / rate).collect())
}

/// Splits a column name into joint, axis and unit: `left_knee_x_mm` is `left_knee`, 0, `mm`.
fn split_joint_column(name: &str) -> Option<(&str, usize, Option<&str>)> {
    let (rest, unit) = match name.rsplit_once('_') {
        Some((rest, unit)) if text::metres_per_unit(unit).is_ok() && split_axis(rest).is_some() => {
            (rest, Some(unit))
        }
        _ => (name, None),
    };
    let (joint, axis) = split_axis(rest)?;
    Some((joint, axis, unit))
}

/// Splits a column name without unit into joint and axis: `left_knee_x` is `left_knee`, 0.
fn split_axis(name: &str) -> Option<(&str, usize)> {
    let (joint, letter) = name.rsplit_once('_')?;
    let axis = ["x", "y", "z", "c"].iter().position(|known| letter.eq_ignore_ascii_case(known))?;
    (!joint.is_empty()).then_some((joint, axis))
}

/// The units in a row that holds only units; none if it is a row of data.
fn parse_units_row(line: &str, delimiter: char) -> Option<Vec<String>> {
    let is_unit = |cell: &str| {
        cell.is_empty() || cell == "s" || cell == "-" || text::metres_per_unit(cell).is_ok()
    };
    let cells: Vec<String> = text::split_cells(line, delimiter).map(str::to_owned).collect();
    (cells.iter().all(|cell| is_unit(cell))
        && cells.iter().any(|cell| text::metres_per_unit(cell).is_ok()))
    .then_some(cells)
}

/// Whether the first line of a text can be the header of this format.
pub(crate) fn is_csv(start: &TextStart) -> bool {
    let line = start.first_line;
    let delimiter = text::find_delimiter(line);
    let is_joint = |cell: &str| split_joint_column(cell).is_some_and(|(_, axis, _)| axis < 3);
    text::split_cells(line, delimiter)
        .any(|cell| is_joint(cell) || sensor::split_sensor_column(cell).is_some())
}

/// Writes the wide form: `time_s`, then for each joint x, y (and z if measured) in metres or pixels
/// and its confidence.
///
/// Missing positions are empty cells. In pixels, y is flipped back to point down. Values are
/// written with enough digits that reading gives the same bits.
///
/// # Errors
/// [`ReadError::Io`].
///
/// ```
/// use agoge_formats::{ReadOptions, read_recording, write_csv};
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("squat.csv");
/// write_csv(&path, &recording)?;
/// let again = read_recording(&path, &ReadOptions::default())?;
/// assert_eq!(again.position_at(100, 0), recording.position_at(100, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_csv(path: &Path, recording: &Recording) -> Result<(), ReadError> {
    let unit = recording.space.length_unit();
    let top = match recording.space {
        Space::Image { height, .. } => height.or(Some(0.0)),
        _ => None,
    };
    let dimensions = if recording.space.is_3d() { 3 } else { 2 };
    let clean = |name: &str| name.replace([',', ';', '\t', '\n', '\r', '"'], " ");
    write_atomic(path, |out| {
        let mut text = String::from("time_s");
        for joint in &recording.skeleton.joints {
            let name = clean(&joint.name);
            text.extend(
                ["x", "y", "z"]
                    .iter()
                    .take(dimensions)
                    .map(|axis| format!(",{name}_{axis}_{unit}")),
            );
            text.push_str(&format!(",{name}_c"));
        }
        text.push('\n');
        for (frame, time) in recording.time.iter().enumerate() {
            text.push_str(&time.to_string());
            for joint in 0..recording.joint_count() {
                let mut p = recording.position_at(frame, joint);
                p[1] = top.map_or(p[1], |top| top - p[1]);
                for value in &p[..dimensions] {
                    text.push_str(&if value.is_nan() {
                        ",".to_owned()
                    } else {
                        format!(",{value}")
                    });
                }
                text.push_str(&format!(
                    ",{}",
                    recording.confidence[frame * recording.joint_count() + joint]
                ));
            }
            text.push('\n');
            out.write_all(text.as_bytes()).map_err(|e| ReadError::cannot_write(path, e))?;
            text.clear();
        }
        out.write_all(text.as_bytes()).map_err(|e| ReadError::cannot_write(path, e))
    })
}
