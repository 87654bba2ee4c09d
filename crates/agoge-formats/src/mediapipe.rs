//! Lists of frames with landmarks, as tools built on MediaPipe (BlazePose) and MoveNet write them.
//!
//! A file is a list of frames, or an object with such a list under `frames`, `poses`, `landmarks`,
//! `results` or `data`; `fps` (or `frame_rate`, `rate_hz`), `width` and `height` beside the list
//! are read too. A frame is a list of landmarks, or an object with `pose_world_landmarks` (metres,
//! preferred where present) or `pose_landmarks` (also `landmarks`, `keypoints`), and optionally
//! `time_s` or `timestamp_ms`. A landmark is `{x, y, z, visibility}` or `[x, y, z, visibility]`; z
//! and visibility may be left out, and with fewer than 33 landmarks a third number is the
//! confidence. A frame may hold a list of several people. `null` means nobody.

use crate::error::FileLocation;
use crate::json::{self, JsonNode, JsonOutline};
use crate::people::Detection;
use crate::pose::{CoordinateUnit, Poses, is_normalised, require_skeleton};
use crate::{Format, ReadError, ReadOptions, skeletons};
use agoge_motion::{Part, Recording, Skeleton};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::path::Path;

/// Keys under which an object holds the list of frames.
const FRAME_LIST_KEYS: [&str; 5] = ["frames", "poses", "landmarks", "results", "data"];

/// Keys of a frame that hold landmarks.
const LANDMARK_KEYS: [&str; 8] = [
    "pose_landmarks",
    "poseLandmarks",
    "landmarks",
    "keypoints",
    "pose_world_landmarks",
    "poseWorldLandmarks",
    "world_landmarks",
    "keypoints3D",
];

/// The people in one frame, each `[joint]` of x, y, z, confidence.
type People = Vec<Vec<[f64; 4]>>;

#[derive(Default)]
struct LandmarkFrame {
    seconds: Option<f64>,
    picture: People,
    world: People,
}

#[derive(Default)]
struct LandmarkFile {
    frames: Vec<LandmarkFrame>,
    rate_hz: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
}

/// Whether JSON that no other format claims is a list of frames.
pub(crate) fn is_mediapipe(outline: &JsonOutline) -> bool {
    let any = |keys: &[&str]| keys.iter().any(|key| outline.has_key(key));
    match outline.is_list {
        true => outline.keys.is_empty() || any(&LANDMARK_KEYS),
        false => any(&FRAME_LIST_KEYS),
    }
}

/// Reads a file of MediaPipe or MoveNet landmarks.
pub(crate) fn read_mediapipe(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
) -> Result<Recording, ReadError> {
    let file: LandmarkFile = json::parse_json(path, bytes)?;
    if file.frames.is_empty() {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let frames = file.frames.len();
    let frames_with = |people: fn(&LandmarkFrame) -> &People| {
        file.frames.iter().filter(|f| !people(f).is_empty()).count()
    };
    let use_world = frames_with(|f| &f.world) * 2 > frames_with(|f| &f.picture);
    let seconds: Option<Vec<f64>> = file.frames.iter().map(|f| f.seconds).collect();
    let mut detections = Vec::new();
    for (index, frame) in file.frames.into_iter().enumerate() {
        for points in if use_world { frame.world } else { frame.picture } {
            detections.push(Detection { frame: index as u64, id: None, points });
        }
    }
    let count = detections.first().map_or(33, |d| d.points.len());
    let place = FileLocation::Frame(detections.first().map_or(0, |d| d.frame));
    let (skeleton, body_joints) = require_skeleton(path, place, count)?;
    detections.iter_mut().for_each(|d| {
        d.points.truncate(if d.points.len() == count { body_joints } else { d.points.len() })
    });
    let mut notes = Vec::new();
    let unit = match use_world || is_hip_centred(&skeleton, &detections) {
        true => {
            notes.push(
                "world landmarks are centred on the hips: how the whole body moves through the room is not in them"
                    .into(),
            );
            CoordinateUnit::MetresDown
        }
        false if is_normalised(&detections) => CoordinateUnit::Normalised,
        false => CoordinateUnit::Pixels,
    };
    let image = file.width.zip(file.height).filter(|&(w, h)| w > 0.0 && h > 0.0);
    let mut time = seconds.filter(|time| time.windows(2).all(|w| w[1] > w[0]));
    if let Some((first, time)) = time.as_ref().and_then(|t| t.first().copied()).zip(time.as_mut()) {
        time.iter_mut().for_each(|t| *t -= first);
    }
    let poses = Poses {
        format: Format::MediaPipe,
        skeleton,
        unit,
        image,
        rate_hz: file.rate_hz,
        time,
        first_frame: 0,
        frames,
        detections,
        notes,
    };
    poses.into_recording(path, options)
}

/// Whether landmarks of an unnamed kind are world landmarks: the middle of the hips lies at the
/// origin, and there is depth.
fn is_hip_centred(skeleton: &Skeleton, detections: &[Detection]) -> bool {
    let (Some(left), Some(right)) =
        (skeleton.joint_for_part(Part::LeftHip), skeleton.joint_for_part(Part::RightHip))
    else {
        return false;
    };
    let mut offs: Vec<f64> = detections
        .iter()
        .filter_map(|d| Some((d.points.get(left)?, d.points.get(right)?)))
        .filter(|(l, _)| l[2].is_finite())
        .map(|(l, r)| (0.5 * (l[0] + r[0])).hypot(0.5 * (l[1] + r[1])))
        .filter(|v| v.is_finite())
        .collect();
    offs.sort_by(f64::total_cmp);
    offs.get(offs.len() / 2).is_some_and(|&median| median < 0.05)
}

/// The people in a frame, given as a list of landmarks or a list of such lists.
fn people_from_node(node: JsonNode) -> People {
    let JsonNode::List(nodes) = node else { return Vec::new() };
    let nested = matches!(nodes.first(), Some(JsonNode::List(inner)) if !matches!(inner.first(), Some(JsonNode::Number(_)) | None));
    if nested {
        return nodes.into_iter().filter_map(person_from_node).collect();
    }
    person_from_node(JsonNode::List(nodes)).into_iter().collect()
}

/// One person from a list of landmarks; none if it is empty.
fn person_from_node(node: JsonNode) -> Option<Vec<[f64; 4]>> {
    let JsonNode::List(nodes) = node else { return None };
    if nodes.is_empty() {
        return None;
    }
    let depth = nodes.len() == skeletons::MEDIAPIPE_JOINTS;
    Some(nodes.into_iter().map(|landmark| landmark_point(landmark, depth)).collect())
}

/// One landmark as x, y, z, confidence; `depth` says whether a third number is z.
fn landmark_point(landmark: JsonNode, depth: bool) -> [f64; 4] {
    let numbers = match landmark {
        JsonNode::Point(p) => return p,
        JsonNode::Number(_) => return [f64::NAN; 4],
        JsonNode::List(nodes) => nodes,
    };
    let number = |k: usize| numbers.get(k).and_then(JsonNode::first_number).unwrap_or(f64::NAN);
    match numbers.len() {
        3 if !depth => [number(0), number(1), f64::NAN, number(2)],
        _ => [number(0), number(1), number(2), number(3)],
    }
}

impl<'de> Deserialize<'de> for LandmarkFrame {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct FrameVisitor;
        impl<'de> Visitor<'de> for FrameVisitor {
            type Value = LandmarkFrame;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a frame: a list of landmarks, an object that has one, or null")
            }
            fn visit_unit<E>(self) -> Result<LandmarkFrame, E> {
                Ok(LandmarkFrame::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LandmarkFrame, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = list.next_element::<JsonNode>()? {
                    nodes.push(node);
                }
                Ok(LandmarkFrame {
                    picture: people_from_node(JsonNode::List(nodes)),
                    ..LandmarkFrame::default()
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LandmarkFrame, A::Error> {
                let mut frame = LandmarkFrame::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "time_s" | "time" | "timestamp" | "timestamp_s" => {
                            frame.seconds = map.next_value::<JsonNode>()?.first_number()
                        }
                        "timestamp_ms" | "time_ms" => {
                            frame.seconds =
                                map.next_value::<JsonNode>()?.first_number().map(|ms| ms / 1000.0);
                        }
                        "pose_world_landmarks"
                        | "poseWorldLandmarks"
                        | "world_landmarks"
                        | "keypoints3D" => {
                            frame.world = people_from_node(map.next_value()?);
                        }
                        key if LANDMARK_KEYS.contains(&key) => {
                            frame.picture = people_from_node(map.next_value()?)
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(frame)
            }
        }
        from.deserialize_any(FrameVisitor)
    }
}

impl<'de> Deserialize<'de> for LandmarkFile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct FileVisitor;
        impl<'de> Visitor<'de> for FileVisitor {
            type Value = LandmarkFile;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of frames, or an object that has one")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LandmarkFile, A::Error> {
                let mut frames = Vec::new();
                while let Some(frame) = list.next_element()? {
                    frames.push(frame);
                }
                Ok(LandmarkFile { frames, ..LandmarkFile::default() })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LandmarkFile, A::Error> {
                let mut file = LandmarkFile::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "fps" | "frame_rate" | "rate_hz" => {
                            file.rate_hz = map.next_value::<JsonNode>()?.first_number()
                        }
                        "width" | "image_width" => {
                            file.width = map.next_value::<JsonNode>()?.first_number()
                        }
                        "height" | "image_height" => {
                            file.height = map.next_value::<JsonNode>()?.first_number()
                        }
                        key if FRAME_LIST_KEYS.contains(&key) => file.frames = map.next_value()?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(file)
            }
        }
        from.deserialize_any(FileVisitor)
    }
}
