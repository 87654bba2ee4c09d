//! OpenPose JSON: a folder with one `*_keypoints.json` per frame, or a single such file;
//! `people[].pose_keypoints_2d` holds x, y, confidence.
//!
//! Supports BODY_25, BODY_25B, and COCO with 18 and 17 joints. Frames are ordered by the last
//! number in the file name; a skipped number is a frame without anybody. 0, 0, 0 means missing.
//! `person_id` is used only when every person has one.

use crate::error::FileLocation;
use crate::file::read_whole_file;
use crate::people::Detection;
use crate::pose::{
    CoordinateUnit, Poses, is_normalised, last_number, points_from_triples, require_skeleton,
};
use crate::{Format, ReadError, ReadOptions, atomic, json, skeletons};
use agoge_motion::{Recording, Space};
use serde::Deserialize;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct OpenPoseFrame {
    people: Vec<OpenPosePerson>,
}

#[derive(Deserialize)]
struct OpenPosePerson {
    person_id: Option<json::JsonNode>,
    #[serde(alias = "pose_keypoints")]
    pose_keypoints_2d: Option<Vec<Option<f64>>>,
}

/// A folder with one file per frame, the first of which has been read.
pub(crate) struct FrameFolder {
    /// Frame numbers and files, in frame order.
    pub(crate) files: Vec<(u64, PathBuf)>,
    /// Content of the first file.
    pub(crate) first_content: Vec<u8>,
}

/// The pose files in a folder with their frame numbers, in frame order.
pub(crate) fn numbered_files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, ReadError> {
    let mut numbered = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| ReadError::cannot_read(folder, e))? {
        let path = entry.map_err(|e| ReadError::cannot_read(folder, e))?.path();
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
            continue;
        };
        let Some(stem) = name.strip_suffix(".json").filter(|_| !name.starts_with('.')) else {
            continue;
        };
        if let Some(number) = last_number(stem.strip_suffix("_keypoints").unwrap_or(stem)) {
            numbered.push((number, path));
        }
    }
    numbered.sort();
    Ok(numbered)
}

/// Reads a folder with one file per frame.
pub(crate) fn read_folder(
    folder: &Path,
    frames: FrameFolder,
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let FrameFolder { files, first_content } = frames;
    let (Some((first, _)), Some((last, _))) = (files.first(), files.last()) else {
        return Err(ReadError::Empty { path: folder.to_owned() });
    };
    let (first, span) = (*first, *last - *first);
    if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let names = [&pair[0].1, &pair[1].1]
            .map(|p| p.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let what = format!("two files for one frame: {} and {}", names[0], names[1]);
        let hint = "keep the frames of one video in a folder of their own";
        return Err(ReadError::bad_format(folder, FileLocation::Frame(pair[0].0), what, hint));
    }
    let mut detections = Vec::new();
    let mut first_content = Some(first_content);
    for (frame, path) in &files {
        let bytes = match first_content.take() {
            Some(bytes) => bytes,
            None => read_whole_file(path)?,
        };
        detections.extend(parse_people(path, *frame, &bytes)?);
    }
    let frames =
        usize::try_from(span).ok().and_then(|span| span.checked_add(1)).unwrap_or(usize::MAX);
    let mut notes = Vec::new();
    if frames != files.len() {
        notes.push(format!(
            "{} of {frames} frame numbers have no file: nobody seen there",
            frames - files.len()
        ));
    }
    build_recording(folder, first, frames, detections, notes, options)
}

/// Reads a single file: a recording of one frame.
pub(crate) fn read_file(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    build_recording(path, 0, 1, parse_people(path, 0, bytes)?, Vec::new(), options)
}

/// The people detected in one frame's file.
fn parse_people(path: &Path, frame: u64, bytes: &[u8]) -> Result<Vec<Detection>, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let file: OpenPoseFrame = json::parse_json(path, bytes)?;
    let mut detections = Vec::new();
    for person in file.people {
        let flat: Vec<f64> = person
            .pose_keypoints_2d
            .unwrap_or_default()
            .into_iter()
            .map(|v| v.unwrap_or(f64::NAN))
            .collect();
        if flat.is_empty() {
            continue;
        }
        if !flat.len().is_multiple_of(3) {
            let what = format!("{} numbers, not a multiple of three", flat.len());
            let hint = "each joint is x, y, confidence";
            return Err(ReadError::bad_format(
                path,
                FileLocation::Field("pose_keypoints_2d".into()),
                what,
                hint,
            ));
        }
        let id = person
            .person_id
            .and_then(|id| id.first_number())
            .filter(|&id| id >= 0.0)
            .map(|id| id as u64);
        detections.push(Detection { frame, id, points: points_from_triples(&flat) });
    }
    Ok(detections)
}

/// Builds the recording from the detections of all frames.
fn build_recording(
    path: &Path,
    first: u64,
    frames: usize,
    detections: Vec<Detection>,
    notes: Vec<String>,
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let count = detections.first().map_or(25, |d| d.points.len());
    let (mut skeleton, _) =
        require_skeleton(path, FileLocation::Field("pose_keypoints_2d".into()), count)?;
    if count == 25 && is_body_25b(&detections) {
        skeleton = skeletons::body_25b();
    }
    let unit = if is_normalised(&detections) {
        CoordinateUnit::Normalised
    } else {
        CoordinateUnit::Pixels
    };
    let poses = Poses {
        format: Format::OpenPose,
        skeleton,
        unit,
        image: None,
        rate_hz: None,
        time: None,
        first_frame: first,
        frames,
        detections,
        notes,
    };
    poses.into_recording(path, options)
}

/// Whether 25 joints are BODY_25B, whose neck (17) lies between its shoulders (5, 6), rather than
/// BODY_25, whose neck (1) lies between its shoulders (2, 5).
fn is_body_25b(detections: &[Detection]) -> bool {
    let off = |neck: usize, a: usize, b: usize| {
        let mut offs: Vec<f64> = detections
            .iter()
            .filter_map(|d| Some((d.points.get(neck)?, d.points.get(a)?, d.points.get(b)?)))
            .map(|(n, a, b)| {
                let middle = [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
                (n[0] - middle[0]).hypot(n[1] - middle[1])
            })
            .filter(|v| v.is_finite())
            .collect();
        offs.sort_by(f64::total_cmp);
        offs.get(offs.len() / 2).copied()
    };
    match (off(1, 2, 5), off(17, 5, 6)) {
        (Some(body_25), Some(body_25b)) => body_25b < body_25,
        _ => false,
    }
}

/// Writes a recording in the image plane as a folder of OpenPose JSON, one file per frame, with the
/// joints in the skeleton's order.
///
/// y is flipped back to point down (from the picture's height where that is known); missing joints
/// are 0, 0, 0. A frame in which nothing was seen has no people. The folder must not exist yet.
///
/// # Errors
/// [`ReadError::Format`] if the positions are not in pixels, [`ReadError::Io`].
pub fn write_openpose(path: &Path, recording: &Recording) -> Result<(), ReadError> {
    let Space::Image { height, .. } = recording.space else {
        let what = format!(
            "OpenPose JSON holds pixels, the recording is in {}",
            recording.space.length_unit()
        );
        return Err(ReadError::bad_format(
            path,
            FileLocation::Whole,
            what,
            "write TRC, CSV or Parquet",
        ));
    };
    let top = height.unwrap_or(0.0);
    let stem = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    atomic::write_folder(path, |folder| {
        for frame in 0..recording.frame_count() {
            let mut flat = Vec::with_capacity(recording.joint_count() * 3);
            for joint in 0..recording.joint_count() {
                let [x, y, _] = recording.position_at(frame, joint);
                match recording.is_seen(frame, joint) {
                    true => flat.extend([
                        x,
                        top - y,
                        f64::from(recording.confidence[frame * recording.joint_count() + joint]),
                    ]),
                    false => flat.extend([0.0; 3]),
                }
            }
            let people = match flat.iter().any(|&v| v != 0.0) {
                true => vec![serde_json::json!({ "person_id": [-1], "pose_keypoints_2d": flat })],
                false => vec![],
            };
            let text = serde_json::json!({ "version": 1.3, "people": people }).to_string();
            let file = folder.join(format!("{stem}_{frame:012}_keypoints.json"));
            let mut out =
                std::fs::File::create(&file).map_err(|e| ReadError::cannot_write(path, e))?;
            out.write_all(text.as_bytes()).map_err(|e| ReadError::cannot_write(path, e))?;
        }
        Ok(())
    })
}
