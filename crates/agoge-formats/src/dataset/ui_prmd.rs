//! UI-PRMD: one correct or incorrect repetition per recording (Vakanski, Jun, Paul, Baker, *Data*
//! 3, 2018).

use super::{ItemSink, clips};
use crate::error::FileLocation;
use crate::options::recording_source;
use crate::{Format, ManifestRow, ReadError};
use agoge_motion::{Recording, Space, UpAxis};
use std::path::{Path, PathBuf};

/// Movement names by number, from 1.
pub(super) const MOVEMENTS: [&str; 10] = [
    "deep_squat",
    "hurdle_step",
    "inline_lunge",
    "side_lunge",
    "sit_to_stand",
    "straight_leg_raise",
    "shoulder_abduction",
    "shoulder_extension",
    "shoulder_rotation",
    "shoulder_scaption",
];

/// The motion capture system: the dataset has a file for each.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum CaptureSystem {
    /// 22 joints, 30 Hz, units of 0.2 mm, Y up.
    Kinect,
    /// 39 markers, 100 Hz, units of 0.1 mm, Z up.
    Vicon,
}

/// Imports one system's Parquet file.
pub(super) fn import_ui_prmd(
    path: &Path,
    sensor: CaptureSystem,
    sink: &mut ItemSink,
) -> Result<(), ReadError> {
    let clips =
        clips::ClipTable::open_file(path, &["movement", "subject", "repetition", "correct"])?;
    let names = clips::joint_names(path, &clips.names, 3)?;
    let (skeleton, rate, unit, up_axis) = match sensor {
        CaptureSystem::Kinect => (agoge_motion::Skeleton::kinect_22(), 30.0, 0.0002, UpAxis::Y),
        CaptureSystem::Vicon => {
            (agoge_motion::Skeleton::plug_in_gait_39(), 100.0, 0.0001, UpAxis::Z)
        }
    };
    let joints = skeleton.len();
    // The Vicon columns are numbered (p00, p01…), in the order of the markers.
    let is_expected = |(index, name): (usize, &String)| match sensor {
        CaptureSystem::Kinect => skeleton.joint_by_name(name) == Some(index),
        CaptureSystem::Vicon => *name == format!("p{index:02}"),
    };
    if names.len() != joints || !names.iter().enumerate().all(is_expected) {
        let what = format!("the columns are not the positions of {}", skeleton.name);
        return Err(ReadError::bad_format(
            path,
            FileLocation::Whole,
            what,
            "is this the set's own file?",
        ));
    }
    sink.total = clips.count_clips()?;
    clips.for_each_clip(|clip| {
        let (subject, repetition) = (clip.key_number(path, 1)?, clip.key_number(path, 2)?);
        let number = clip.key_number(path, 0)?;
        let movement =
            number.checked_sub(1).and_then(|k| MOVEMENTS.get(k)).copied().ok_or_else(|| {
                ReadError::bad_format(
                    path,
                    FileLocation::Field("movement".into()),
                    format!("no movement {number}"),
                    "movements are 1 to 10",
                )
            })?;
        let is_correct = clip.key.get(3).is_some_and(|key| key == "1");
        // Rounded to single precision so that the file can store floats: 0.2 mm units lose less
        // than a micrometre.
        let place = |p: &[f32]| {
            up_axis.to_y_up([0, 1, 2].map(|k| f64::from((f64::from(p[k]) * unit) as f32)))
        };
        let position: Vec<[f64; 3]> = clip.values.chunks_exact(3).map(place).collect();
        let frames = position.len() / joints;
        let time = (0..frames).map(|frame| frame as f64 / rate).collect();
        let confidence =
            position.iter().map(|p| if p[0].is_finite() { 1.0 } else { 0.0 }).collect();
        let name = format!(
            "s{subject}_r{repetition:02}_{}",
            if is_correct { "correct" } else { "incorrect" }
        );
        let source = recording_source(
            Path::new(&format!("{movement}_{name}")),
            Format::UiPrmd,
            up_axis,
            Vec::new(),
        );
        let recording =
            Recording::new(source, skeleton.clone(), Space::World, time, position, confidence);
        let recording = recording.map_err(|e| ReadError::from_recording(path, e))?;
        let row = ManifestRow {
            file: PathBuf::new(),
            athlete: format!("s{subject}"),
            movement: movement.to_owned(),
            label: Some(f32::from(u8::from(is_correct))),
            split: None,
        };
        sink.put_item(&name, recording, row)
    })
}
