//! Keypoints with picture numbers: COCO annotations, COCO results and AlphaPose (a list with
//! `image_id` and `keypoints`), and MMPose (`instance_info` with `instances` for each `frame_id`).
//!
//! Supports 17 (COCO) and 26 (HALPE) joints, and the body joints of 133 (COCO-WholeBody) and 136
//! (HALPE with hands and face). COCO's visibility flags 0, 1, 2 are read as missing, seen, seen;
//! any other third number is a confidence.

use crate::error::FileLocation;
use crate::json::{self, JsonNode};
use crate::people::Detection;
use crate::pose::{
    CoordinateUnit, Poses, is_normalised, last_number, point_or_missing, points_from_triples,
    require_skeleton,
};
use crate::{Format, ReadError, ReadOptions};
use agoge_motion::Recording;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// A picture's identifier: a number or a file name.
#[derive(Deserialize, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(untagged)]
enum PictureId {
    Number(u64),
    Name(String),
}

impl PictureId {
    /// The picture's number, taken from the end of its name if it has one.
    fn picture_number(&self) -> Option<u64> {
        match self {
            PictureId::Number(number) => Some(*number),
            PictureId::Name(name) => {
                last_number(name.rsplit_once('.').map_or(name, |(stem, _)| stem))
            }
        }
    }
}

#[derive(Deserialize)]
struct CocoAnnotation {
    image_id: PictureId,
    keypoints: Option<Vec<Option<f64>>>,
    #[serde(alias = "track_id")]
    idx: Option<JsonNode>,
}

#[derive(Deserialize)]
struct CocoImage {
    id: PictureId,
    frame_id: Option<u64>,
    width: Option<f64>,
    height: Option<f64>,
}

#[derive(Deserialize)]
struct CocoFile {
    #[serde(default)]
    images: Vec<CocoImage>,
    annotations: Vec<CocoAnnotation>,
}

#[derive(Deserialize)]
struct MmPoseFile {
    instance_info: Vec<MmPoseFrame>,
}

#[derive(Deserialize)]
struct MmPoseFrame {
    frame_id: Option<u64>,
    instances: Vec<MmPoseInstance>,
}

#[derive(Deserialize)]
struct MmPoseInstance {
    keypoints: Vec<Vec<Option<f64>>>,
    keypoint_scores: Option<Vec<Option<f64>>>,
    track_id: Option<JsonNode>,
}

/// Frame span per picture beyond which picture numbers are no longer taken for frame numbers.
const SPARSE_SPAN: u64 = 10;

/// Reads COCO annotations (`{"images": …, "annotations": …}`).
pub(crate) fn read_annotations(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let CocoFile { images, annotations } = json::parse_json(path, bytes)?;
    let mut order: Vec<&CocoImage> = images.iter().collect();
    order.sort_by(|a, b| a.frame_id.cmp(&b.frame_id).then_with(|| a.id.cmp(&b.id)));
    let places: HashMap<PictureId, u64> =
        order.iter().enumerate().map(|(place, image)| (image.id.clone(), place as u64)).collect();
    let size = order
        .first()
        .and_then(|image| image.width.zip(image.height))
        .filter(|&(w, h)| w > 0.0 && h > 0.0);
    let one_size = images.iter().all(|image| image.width.zip(image.height) == size);
    recording_from_annotations(
        path,
        Format::Coco,
        annotations,
        Some(places),
        size.filter(|_| one_size),
        options,
    )
}

/// Reads a list of people (COCO results, AlphaPose).
pub(crate) fn read_list(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    recording_from_annotations(
        path,
        Format::AlphaPose,
        json::parse_json(path, bytes)?,
        None,
        None,
        options,
    )
}

/// Turns annotations into a recording; `places` maps pictures to frames where the file lists them.
fn recording_from_annotations(
    path: &Path,
    format: Format,
    annotations: Vec<CocoAnnotation>,
    places: Option<HashMap<PictureId, u64>>,
    image: Option<(f64, f64)>,
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let mut notes = Vec::new();
    let places = places.filter(|places| !places.is_empty());
    let span = places.as_ref().map(HashMap::len);
    let numbers = match places {
        Some(places) => places,
        None => number_pictures(annotations.iter().map(|a| &a.image_id), &mut notes),
    };
    let mut detections = Vec::new();
    let mut length = None;
    for annotation in annotations {
        let flat: Vec<f64> = annotation
            .keypoints
            .unwrap_or_default()
            .into_iter()
            .map(|v| v.unwrap_or(f64::NAN))
            .collect();
        if flat.is_empty() {
            continue;
        }
        let Some(&frame) = numbers.get(&annotation.image_id) else {
            let hint = "list each picture of the annotations under images";
            return Err(ReadError::bad_format(
                path,
                FileLocation::Field("image_id".into()),
                "an annotation of a picture that is not listed",
                hint,
            ));
        };
        if !flat.len().is_multiple_of(3) || *length.get_or_insert(flat.len()) != flat.len() {
            let what = format!(
                "{} numbers where x, y, confidence of the same joints were expected",
                flat.len()
            );
            return Err(ReadError::bad_format(
                path,
                FileLocation::Frame(frame),
                what,
                "all people of a file must come from one pose network",
            ));
        }
        let id = annotation
            .idx
            .and_then(|id| id.first_number())
            .filter(|&id| id >= 0.0)
            .map(|id| id as u64);
        detections.push(Detection { frame, id, points: points_from_triples(&flat) });
    }
    let flags = detections.iter().flat_map(|d| &d.points).all(|p| [0.0, 1.0, 2.0].contains(&p[3]));
    if flags {
        for p in detections.iter_mut().flat_map(|d| &mut d.points).filter(|p| p[3] == 0.0) {
            *p = [f64::NAN, f64::NAN, f64::NAN, 0.0];
        }
    }
    let first =
        if span.is_some() { 0 } else { detections.iter().map(|d| d.frame).min().unwrap_or(0) };
    let last = detections.iter().map(|d| d.frame).max().unwrap_or(0);
    let frames = span.unwrap_or_else(|| {
        usize::try_from(last - first).map_or(usize::MAX, |n| n.saturating_add(1))
    });
    build_recording(path, format, image, first, frames, detections, notes, options)
}

/// Reads MMPose's JSON.
pub(crate) fn read_mmpose(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let file: MmPoseFile = json::parse_json(path, bytes)?;
    let numbers: Vec<u64> = file
        .instance_info
        .iter()
        .enumerate()
        .map(|(i, f)| f.frame_id.unwrap_or(i as u64))
        .collect();
    let mut detections = Vec::new();
    for (frame_info, &frame) in file.instance_info.into_iter().zip(&numbers) {
        for MmPoseInstance { keypoints, keypoint_scores, track_id } in frame_info.instances {
            let scores = keypoint_scores.unwrap_or_default();
            let point = |(joint, xy): (usize, Vec<Option<f64>>)| {
                let number = |k: usize| xy.get(k).copied().flatten().unwrap_or(f64::NAN);
                point_or_missing(
                    number(0),
                    number(1),
                    f64::NAN,
                    scores.get(joint).copied().flatten().unwrap_or(f64::NAN),
                )
            };
            let points: Vec<[f64; 4]> = keypoints.into_iter().enumerate().map(point).collect();
            let id = track_id
                .and_then(|id| id.first_number())
                .filter(|&id| id >= 0.0)
                .map(|id| id as u64);
            if !points.is_empty() {
                detections.push(Detection { frame, id, points });
            }
        }
    }
    let (first, last) =
        (numbers.iter().min().copied().unwrap_or(0), numbers.iter().max().copied().unwrap_or(0));
    let frames = usize::try_from(last - first).map_or(usize::MAX, |n| n.saturating_add(1));
    build_recording(path, Format::MmPose, None, first, frames, detections, Vec::new(), options)
}

/// The last step that all three formats share: chooses the skeleton and builds the recording.
#[expect(clippy::too_many_arguments, reason = "the last step that all three forms share")]
fn build_recording(
    path: &Path,
    format: Format,
    image: Option<(f64, f64)>,
    first: u64,
    frames: usize,
    mut detections: Vec<Detection>,
    notes: Vec<String>,
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let count = detections.first().map_or(17, |d| d.points.len());
    let (skeleton, body_joints) =
        require_skeleton(path, FileLocation::Field("keypoints".into()), count)?;
    detections
        .iter_mut()
        .filter(|d| d.points.len() == count)
        .for_each(|d| d.points.truncate(body_joints));
    let unit = if is_normalised(&detections) {
        CoordinateUnit::Normalised
    } else {
        CoordinateUnit::Pixels
    };
    let poses = Poses {
        format,
        skeleton,
        unit,
        image,
        rate_hz: None,
        time: None,
        first_frame: first,
        frames,
        detections,
        notes,
    };
    poses.into_recording(path, options)
}

/// Assigns frame numbers to pictures: their own numbers if these are dense, otherwise their order.
fn number_pictures<'a>(
    pictures: impl Iterator<Item = &'a PictureId>,
    notes: &mut Vec<String>,
) -> HashMap<PictureId, u64> {
    let ordered: BTreeMap<(Option<u64>, &PictureId), ()> =
        pictures.map(|picture| ((picture.picture_number(), picture), ())).collect();
    let numbers: Option<Vec<u64>> = ordered.keys().map(|(number, _)| *number).collect();
    let dense = numbers.filter(|numbers| {
        let span = numbers.last().zip(numbers.first()).map_or(0, |(last, first)| last - first);
        numbers.windows(2).all(|w| w[0] < w[1]) && span / SPARSE_SPAN <= numbers.len() as u64
    });
    if dense.is_none() {
        notes.push(
            "picture numbers are no frame numbers: pictures taken in order, one a frame".into(),
        );
    }
    let place = |index: usize| {
        dense.as_ref().and_then(|numbers| numbers.get(index).copied()).unwrap_or(index as u64)
    };
    ordered
        .keys()
        .enumerate()
        .map(|(index, (_, picture))| ((*picture).clone(), place(index)))
        .collect()
}
