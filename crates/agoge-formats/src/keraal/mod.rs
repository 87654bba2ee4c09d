//! Reads the files of the Keraal dataset: `{"positions": {frame: {joint: [x, y(, z)]}}}`
//! (BlazePose, OpenPose, AlphaPose; fractions of the picture), and rows of position and quaternion
//! for each joint (Kinect: metres, Y up; Vicon rigid bodies: millimetres, from which the arm joints
//! are computed).

mod joints;

use crate::error::{FileLocation, quote_text};
use crate::file::read_whole_file;
use crate::options::{check_size, recording_source};
use crate::people::Detection;
use crate::pose::{CoordinateUnit, Poses, is_normalised, point_or_missing, require_skeleton};
use crate::text::TextStart;
use crate::{Format, ReadError, ReadOptions, json, skeletons, up};
use agoge_motion::recording::MISSING;
use agoge_motion::{Recording, Space, UpAxis};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Numbers per joint in a row: x, y, z and a quaternion.
const NUMBERS_PER_JOINT: usize = 7;
/// Numbers in a row of Kinect joints.
const KINECT_NUMBERS: usize = 25 * NUMBERS_PER_JOINT;
/// Numbers in a row of Vicon rigid bodies.
const VICON_NUMBERS: usize = VICON_JOINTS * NUMBERS_PER_JOINT;
/// Number of rigid bodies in the Vicon files.
const VICON_JOINTS: usize = 17;
/// Frame rate of the Vicon rows. The files do not give it, but have twice as many rows as the
/// Kinect's of the same trials.
const VICON_RATE_HZ: f64 = 60.0;

/// A JSON object whose entries keep the order of the file.
struct OrderedObject<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrderedObject<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OrderedVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OrderedVisitor<T> {
            type Value = OrderedObject<T>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<OrderedObject<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(OrderedObject(entries))
            }
        }
        from.deserialize_map(OrderedVisitor(std::marker::PhantomData))
    }
}

#[derive(serde::Deserialize)]
struct KeraalFile {
    positions: OrderedObject<OrderedObject<Vec<Option<f64>>>>,
}

/// Reads the JSON form in two dimensions: picture coordinates.
pub(crate) fn read_json(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    read_network_json(path, bytes, options, false)
}

/// Reads a Keraal JSON file that includes the depth estimated by the network (BlazePose): three
/// dimensions, in picture heights.
///
/// # Errors
/// As [`crate::read_recording`]; a file of any other format is reported as damaged.
pub fn read_json_with_depth(path: &Path, options: &ReadOptions) -> Result<Recording, ReadError> {
    read_network_json(path, &read_whole_file(path)?, options, true)
}

/// Reads the JSON form; with `deep`, normalised coordinates include depth.
fn read_network_json(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
    deep: bool,
) -> Result<Recording, ReadError> {
    let KeraalFile { positions: OrderedObject(frames) } = json::parse_json(path, bytes)?;
    let mut names: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (_, OrderedObject(joints)) in &frames {
        for (name, _) in joints {
            if !places.contains_key(name) {
                places.insert(name.clone(), names.len());
                names.push(name.clone());
            }
        }
    }
    check_size(path, frames.len(), names.len())?;
    let mut numbers = Vec::with_capacity(frames.len());
    for (name, _) in &frames {
        let number =
            name.parse::<f64>().ok().filter(|v| v.fract() == 0.0 && (0.0..1e15).contains(v));
        let Some(number) = number else {
            let what = format!("frame name {} is no number", quote_text(name));
            return Err(ReadError::bad_format(
                path,
                FileLocation::Field("positions".into()),
                what,
                "frames are named by their number, as in \"12.0\"",
            ));
        };
        numbers.push(number as u64);
    }
    let (Some(&first), Some(&last)) = (numbers.iter().min(), numbers.iter().max()) else {
        return Err(ReadError::Empty { path: path.to_owned() });
    };
    // Joints named by number may come in any order; the number is their index.
    if !names.is_empty()
        && names.iter().all(|name| name.parse::<usize>().is_ok_and(|n| n < names.len()))
    {
        places.iter_mut().for_each(|(name, place)| *place = name.parse().unwrap_or(*place));
    }
    let skeleton = match names.iter().all(|name| name.parse::<usize>().is_ok()) {
        true => require_skeleton(path, FileLocation::Field("positions".into()), names.len())?.0,
        false => skeletons::skeleton_from_names("Keraal", &names),
    };
    let mut detections = Vec::with_capacity(frames.len());
    for ((_, OrderedObject(joints)), &frame) in frames.into_iter().zip(&numbers) {
        let mut points = vec![[f64::NAN; 4]; skeleton.len()];
        for (name, values) in joints {
            let value = |k: usize| values.get(k).copied().flatten().unwrap_or(f64::NAN);
            if let Some(point) = places.get(&name).and_then(|&place| points.get_mut(place)) {
                *point = point_or_missing(value(0), value(1), value(2), f64::NAN);
            }
        }
        // One body per frame, but not always the same one: occasionally a bystander was taken for
        // the athlete.
        detections.push(Detection { frame, id: None, points });
    }
    let frames = usize::try_from(last - first).map_or(usize::MAX, |span| span.saturating_add(1));
    let unit = match is_normalised(&detections) {
        true if deep => CoordinateUnit::NormalisedWithDepth,
        true => CoordinateUnit::Normalised,
        false => CoordinateUnit::Pixels,
    };
    let poses = Poses {
        format: Format::KeraalJson,
        skeleton,
        unit,
        image: None,
        rate_hz: None,
        time: None,
        first_frame: first,
        frames,
        detections,
        notes: vec![],
    };
    poses.into_recording(path, options)
}

/// Whether a text begins with a row of Kinect joints.
pub(crate) fn is_kinect_rows(start: &TextStart) -> bool {
    count_numbers(start.first_line) == Some(KINECT_NUMBERS)
}

/// Whether a text begins with a row of Vicon rigid bodies.
pub(crate) fn is_vicon_rows(start: &TextStart) -> bool {
    count_numbers(start.first_line) == Some(VICON_NUMBERS)
}

/// How many numbers a line holds; none if it holds anything else.
fn count_numbers(line: &str) -> Option<usize> {
    line.split_whitespace().try_fold(0, |count, cell| cell.parse::<f64>().ok().map(|_| count + 1))
}

/// Reads rows of 25 Kinect joints or 17 Vicon rigid bodies, each x y z and a quaternion. The arm
/// joints are computed from the rigid bodies and added to them; the Kinect's quaternions are
/// ignored.
pub(crate) fn read_rows(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let text = String::from_utf8_lossy(bytes);
    let width = text.lines().next().map_or(0, |line| line.split_whitespace().count());
    let joints = width / NUMBERS_PER_JOINT;
    let rows = text.lines().filter(|line| !line.trim().is_empty()).count();
    check_size(path, rows, joints)?;
    let is_kinect = width == KINECT_NUMBERS;
    let mut position = Vec::with_capacity(rows * joints);
    let mut bodies: Vec<[joints::TargetPose; VICON_JOINTS]> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let start = position.len();
        let mut numbers = 0;
        let mut point = [f64::NAN; NUMBERS_PER_JOINT];
        let mut poses = [None; VICON_JOINTS];
        for cell in line.split_whitespace() {
            let Ok(value) = cell.parse::<f64>() else {
                let what = format!("{} is no number", quote_text(cell));
                return Err(ReadError::bad_format(
                    path,
                    FileLocation::Line(index + 1),
                    what,
                    "each row is numbers only",
                ));
            };
            point[numbers % NUMBERS_PER_JOINT] = value;
            numbers += 1;
            if numbers % NUMBERS_PER_JOINT == 0 {
                let [x, y, z, ..] = point;
                position.push(if [x, y, z] == [0.0; 3] { MISSING } else { [x, y, z] });
                if let Some(pose) =
                    poses.get_mut(numbers / NUMBERS_PER_JOINT - 1).filter(|_| !is_kinect)
                {
                    *pose = joints::parse_pose(&point);
                }
            }
        }
        if numbers != width || position.len() - start != joints {
            let what = format!("{numbers} numbers where the first row has {width}");
            return Err(ReadError::bad_format(
                path,
                FileLocation::Line(index + 1),
                what,
                "the file was cut off or is damaged",
            ));
        }
        if !is_kinect {
            bodies.push(poses);
        }
    }
    let mut notes = Vec::new();
    let skeleton = if is_kinect {
        agoge_motion::Skeleton::kinect_25()
    } else {
        skeletons::keraal_vicon(&joints::ARM_JOINTS)
    };
    let up_axis = match is_kinect {
        true => UpAxis::Y,
        false => {
            position.iter_mut().flatten().for_each(|v| *v *= 0.001);
            position = append_joints(&position, &joints::find_arm_joints(&bodies, &mut notes));
            up::find_up_axis(
                &skeleton,
                &position,
                options.up_axis,
                Some((UpAxis::Z, "usual in the laboratory")),
                &mut notes,
            )
        }
    };
    position.iter_mut().for_each(|p| *p = up_axis.to_y_up(*p));
    let rate = if is_kinect {
        options.rate_or_default(&mut notes)
    } else {
        options.rate_or(VICON_RATE_HZ, &mut notes)
    };
    let time = (0..rows).map(|row| row as f64 / rate).collect();
    let confidence = position.iter().map(|p| if p[0].is_finite() { 1.0 } else { 0.0 }).collect();
    let format = if is_kinect { Format::KeraalKinect } else { Format::KeraalVicon };
    let source = recording_source(path, format, up_axis, notes);
    Recording::new(source, Arc::clone(&skeleton), Space::World, time, position, confidence)
        .map_err(|e| ReadError::from_recording(path, e))
}

/// Appends further joints `[joint][frame]` to the positions `[frame, target]` of each frame.
fn append_joints(position: &[[f64; 3]], more: &[Vec<[f64; 3]>]) -> Vec<[f64; 3]> {
    let frames = position.chunks_exact(VICON_JOINTS).enumerate();
    frames
        .flat_map(|(frame, targets)| {
            targets.iter().copied().chain(more.iter().map(move |track| track[frame]))
        })
        .collect()
}
