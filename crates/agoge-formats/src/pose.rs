//! Turns the output of pose networks (people in frames) into a recording of one person.

use crate::options::{check_size, recording_source};
use crate::people::{Detection, choose_person};
use crate::{Format, ReadError, ReadOptions, error::FileLocation, skeletons};
use agoge_motion::recording::MISSING;
use agoge_motion::{Recording, Skeleton, Space, UpAxis};
use std::path::Path;
use std::sync::Arc;

/// Picture size assumed for normalised coordinates when none is given, px: its aspect ratio affects
/// every angle.
const ASSUMED_IMAGE: (f64, f64) = (1920.0, 1080.0);

/// The unit and direction of a pose file's coordinates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CoordinateUnit {
    /// Pixels, y down.
    Pixels,
    /// Fractions of the picture's width and height, y down.
    Normalised,
    /// The same, with the network's depth as a fraction of the width.
    NormalisedWithDepth,
    /// Metres, y down (MediaPipe's world landmarks).
    MetresDown,
}

/// The content of a pose file.
pub(crate) struct Poses {
    pub(crate) format: Format,
    pub(crate) skeleton: Arc<Skeleton>,
    pub(crate) unit: CoordinateUnit,
    /// Picture size, px, if the file gives it.
    pub(crate) image: Option<(f64, f64)>,
    /// Frames per second, if the file gives it.
    pub(crate) rate_hz: Option<f64>,
    /// Time of each frame from `first` on, s, if the file gives it.
    pub(crate) time: Option<Vec<f64>>,
    /// Number of the first frame.
    pub(crate) first_frame: u64,
    /// Number of frames, including those without anybody.
    pub(crate) frames: usize,
    pub(crate) detections: Vec<Detection>,
    pub(crate) notes: Vec<String>,
}

impl Poses {
    /// Builds the recording of the requested person.
    pub(crate) fn into_recording(
        mut self,
        path: &Path,
        options: &ReadOptions,
    ) -> Result<Recording, ReadError> {
        let joints = self.skeleton.len();
        check_size(path, self.frames, joints)?;
        if let Some(odd) = self.detections.iter().find(|d| d.points.len() != joints) {
            let what =
                format!("{} joints where {} has {joints}", odd.points.len(), self.skeleton.name);
            let hint = "all people of a file must come from one pose network";
            return Err(ReadError::bad_format(path, FileLocation::Frame(odd.frame), what, hint));
        }
        self.detections.sort_by_key(|d| d.frame);
        let (person, note) = choose_person(path, self.detections, options.person)?;
        self.notes.extend(note);
        let image = options.image_size.or(self.image);
        let (space, up_axis, turn) = space_and_map(self.unit, image, &mut self.notes);
        let time = match self.time {
            Some(time) => time,
            None => {
                let rate = self.rate_hz.filter(|v| v.is_finite() && *v > 0.0);
                let rate = rate.unwrap_or_else(|| options.rate_or_default(&mut self.notes));
                (0..self.frames).map(|frame| frame as f64 / rate).collect()
            }
        };
        let mut position = vec![MISSING; self.frames * joints];
        let mut confidence = vec![0.0f32; self.frames * joints];
        for Detection { frame, points, .. } in person {
            let Some(row) = frame
                .checked_sub(self.first_frame)
                .map(|row| row as usize)
                .filter(|&row| row < self.frames)
            else {
                continue;
            };
            for (joint, [x, y, z, c]) in points.into_iter().enumerate() {
                if x.is_finite() && y.is_finite() {
                    position[row * joints + joint] = turn([x, y, z]);
                    confidence[row * joints + joint] =
                        if c.is_nan() { 1.0 } else { c.clamp(0.0, 1.0) as f32 };
                }
            }
        }
        let source = recording_source(path, self.format, up_axis, self.notes);
        Recording::new(source, self.skeleton, space, time, position, confidence)
            .map_err(|e| ReadError::from_recording(path, e))
    }
}

/// Maps a point from the source's coordinates to the recording's.
type CoordinateMap = Box<dyn Fn([f64; 3]) -> [f64; 3]>;

/// The space of the recording, the source's up axis, and the map from the source's coordinates.
fn space_and_map(
    unit: CoordinateUnit,
    image: Option<(f64, f64)>,
    notes: &mut Vec<String>,
) -> (Space, UpAxis, CoordinateMap) {
    let picture =
        |(width, height): (f64, f64)| Space::Image { width: Some(width), height: Some(height) };
    match unit {
        CoordinateUnit::MetresDown => {
            (Space::World, UpAxis::YDown, Box::new(|p| UpAxis::YDown.to_y_up(p)))
        }
        CoordinateUnit::Normalised | CoordinateUnit::NormalisedWithDepth => {
            if image.is_none() {
                let (width, height) = ASSUMED_IMAGE;
                notes.push(format!(
                    "normalised coordinates without a picture size: {width} × {height} px assumed; angles are wrong if its shape is another"
                ));
            }
            let (width, height) = image.unwrap_or(ASSUMED_IMAGE);
            if unit == CoordinateUnit::NormalisedWithDepth {
                // In picture heights: a picture does not show how far away, and so how large, the
                // body is.
                let wide = width / height;
                return (
                    Space::World,
                    UpAxis::YDown,
                    Box::new(move |[x, y, z]| UpAxis::YDown.to_y_up([x * wide, y, z * wide])),
                );
            }
            let turn = move |[x, y, _]: [f64; 3]| [x * width, height - y * height, f64::NAN];
            (picture((width, height)), UpAxis::YDown, Box::new(turn))
        }
        CoordinateUnit::Pixels => match image {
            Some((width, height)) => (
                picture((width, height)),
                UpAxis::YDown,
                Box::new(move |[x, y, _]| [x, height - y, f64::NAN]),
            ),
            None => {
                notes.push("picture size unknown: y counts up from the picture's upper edge, so it is negative".into());
                let unknown = Space::Image { width: None, height: None };
                (unknown, UpAxis::YDown, Box::new(|[x, y, _]| [x, -y, f64::NAN]))
            }
        },
    }
}

/// Whether coordinates are fractions of a picture rather than pixels: at least 95 % lie between
/// −0.5 and 1.5.
pub(crate) fn is_normalised<'a>(detections: impl IntoIterator<Item = &'a Detection>) -> bool {
    let (mut inside, mut all) = (0usize, 0usize);
    for p in detections
        .into_iter()
        .flat_map(|d| &d.points)
        .filter(|p| p[0].is_finite() && p[1].is_finite())
    {
        all += 1;
        inside += usize::from((-0.5..=1.5).contains(&p[0]) && (-0.5..=1.5).contains(&p[1]));
    }
    all > 0 && inside * 100 >= all * 95
}

/// The skeleton of a pose network by its number of joints, and how many of these belong to the
/// body; further joints are hands and face.
pub(crate) fn require_skeleton(
    path: &Path,
    place: FileLocation,
    count: usize,
) -> Result<(Arc<Skeleton>, usize), ReadError> {
    skeletons::skeleton_by_count(count).ok_or_else(|| {
        let what = format!("{count} joints, which no known skeleton has");
        let hint =
            "known are 17 (COCO), 18 and 25 (OpenPose), 26 and 136 (HALPE), 33 (MediaPipe), 133 (COCO-WholeBody)";
        ReadError::bad_format(path, place, what, hint)
    })
}

/// Points from a flat list x, y, c, x, y, c…; 0, 0 is missing, whatever its confidence.
pub(crate) fn points_from_triples(flat: &[f64]) -> Vec<[f64; 4]> {
    flat.chunks_exact(3).map(|p| point_or_missing(p[0], p[1], f64::NAN, p[2])).collect()
}

/// A point, made missing if it lies exactly at the origin, which is how pose networks write "not
/// seen".
pub(crate) fn point_or_missing(x: f64, y: f64, z: f64, c: f64) -> [f64; 4] {
    if x == 0.0 && y == 0.0 && (z == 0.0 || z.is_nan()) {
        [f64::NAN, f64::NAN, f64::NAN, 0.0]
    } else {
        [x, y, z, c]
    }
}

/// The last run of digits in a name: the frame number in `clip_000012_keypoints`.
pub(crate) fn last_number(name: &str) -> Option<u64> {
    let end = name.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = name[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    name[start..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names() {
        assert_eq!(last_number("clip2_000000000012_keypoints"), Some(12));
        assert_eq!(last_number("0.jpg"), Some(0));
        assert_eq!(last_number("bild№7é"), Some(7));
        assert_eq!(last_number("none"), None);
        assert_eq!(last_number(&"9".repeat(40)), None);
    }

    #[test]
    fn the_origin_is_not_a_place() {
        let points = points_from_triples(&[0.0, 0.0, 0.0, 4.0, 0.0, 0.5, 7.0]);
        assert_eq!(points.len(), 2);
        assert!(points[0][0].is_nan());
        assert_eq!(points[1][..2], [4.0, 0.0]);
    }
}
