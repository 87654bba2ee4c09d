//! Pose Trainer: front raises and shoulder presses in good and bad form, detected by OpenPose with
//! 18 joints (Chen and Yang, 2018).
//!
//! The dataset gives neither the athletes, nor the frame rate, nor the picture size: athletes are
//! `unknown`, and 30 frames per second are assumed.

use super::{ItemSink, clips};
use crate::error::{FileLocation, quote_text};
use crate::people::Detection;
use crate::pose::{CoordinateUnit, Poses, point_or_missing};
use crate::{Format, ManifestRow, ReadError, ReadOptions};
use std::path::{Path, PathBuf};

/// Imports the dataset from its Parquet file.
pub(super) fn import_pose_trainer(path: &Path, sink: &mut ItemSink) -> Result<(), ReadError> {
    let clips = clips::ClipTable::open_file(path, &["exercise", "clip", "good_form"])?;
    let skeleton = agoge_motion::Skeleton::openpose_18();
    let joints = clips::joint_names(path, &clips.names, 3)?.len();
    if joints != skeleton.len() {
        let what = format!("{joints} joints where {} has {}", skeleton.name, skeleton.len());
        return Err(ReadError::bad_format(
            path,
            FileLocation::Whole,
            what,
            "is this the set's own file?",
        ));
    }
    sink.total = clips.count_clips()?;
    clips.for_each_clip(|clip| {
        let [exercise, name, good] = clip.key.as_slice() else { return Ok(()) };
        let movement = match exercise.as_str() {
            "frontraise" => "front_raise",
            "shoulderpress" => "shoulder_press",
            other => {
                let what = format!("no exercise {}", quote_text(other));
                return Err(ReadError::bad_format(
                    path,
                    FileLocation::Field("exercise".into()),
                    what,
                    "is this the set's own file?",
                ));
            }
        };
        let point = |p: &[f32]| {
            point_or_missing(f64::from(p[0]), f64::from(p[1]), f64::NAN, f64::from(p[2]))
        };
        let points: Vec<[f64; 4]> = clip.values.chunks_exact(3).map(point).collect();
        let detections: Vec<Detection> = points
            .chunks_exact(joints)
            .enumerate()
            .map(|(frame, points)| Detection {
                frame: frame as u64,
                id: Some(0),
                points: points.to_vec(),
            })
            .collect();
        let poses = Poses {
            format: Format::PoseTrainer,
            skeleton: skeleton.clone(),
            unit: CoordinateUnit::Pixels,
            image: None,
            rate_hz: None,
            time: None,
            first_frame: 0,
            frames: detections.len(),
            detections,
            notes: Vec::new(),
        };
        let recording = poses.into_recording(Path::new(name), &ReadOptions::default())?;
        let row = ManifestRow {
            file: PathBuf::new(),
            athlete: "unknown".to_owned(),
            movement: movement.to_owned(),
            label: Some(f32::from(u8::from(good == "1"))),
            split: None,
        };
        sink.put_item(name, recording, row)
    })
}
