//! UTD-MHAD: 27 actions, each trial with a Kinect skeleton and one worn inertial sensor (Chen,
//! Jafari, Kehtarnavaz, ICIP 2015).
//!
//! The sensor is on the right wrist for actions 1 to 21 and on the right thigh for 22 to 27. No
//! [`Part`] represents a thigh; the sensor is assigned to the right knee, because it sits on the
//! bone from hip to knee.
//!
//! The dataset states 30 skeleton frames and 50 sensor samples per second, which is inconsistent:
//! at these rates the sensor data last 1.57 times as long as the skeleton's (median of 754 trials).
//! The sensor's rate is right (in sit-to-stand, the thigh's rotation integrated from the gyroscope
//! at 50 Hz agrees with its tilt from the accelerometer, which needs no rate: 78° and 79°), and the
//! thigh's angle from the skeleton fits the sensor's best when both begin and end together. So the
//! skeleton's frames are spread over the sensor's time.

use super::{ItemSink, clips};
use crate::error::FileLocation;
use crate::options::recording_source;
use crate::{Format, ManifestRow, ReadError, Split, skeletons};
use agoge_motion::{Channel, Part, Recording, Space, UpAxis};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Action names by number, from 1.
pub(super) const ACTIONS: [&str; 27] = [
    "swipe_left",
    "swipe_right",
    "wave",
    "clap",
    "throw",
    "arm_cross",
    "basketball_shoot",
    "draw_x",
    "draw_circle_clockwise",
    "draw_circle_counter_clockwise",
    "draw_triangle",
    "bowling",
    "boxing",
    "baseball_swing",
    "tennis_swing",
    "arm_curl",
    "tennis_serve",
    "push",
    "knock",
    "catch",
    "pick_up_and_throw",
    "jog",
    "walk",
    "sit_to_stand",
    "stand_to_sit",
    "lunge",
    "squat",
];

/// Number of the last action with the sensor on the wrist; later ones have it on the thigh.
const LAST_WRIST_ACTION: usize = 21;
/// Frame rate assumed for a trial without sensor data.
const SKELETON_HZ: f64 = 30.0;
/// Sampling rate of the sensor.
const SENSOR_HZ: f64 = 50.0;
/// The sensor's channels and units, in column order.
const SENSOR_CHANNELS: [(&str, &str); 6] = [
    ("acc_x", "g"),
    ("acc_y", "g"),
    ("acc_z", "g"),
    ("gyr_x", "deg/s"),
    ("gyr_y", "deg/s"),
    ("gyr_z", "deg/s"),
];

/// Imports the trials from the dataset's two Parquet files.
pub(super) fn import_utd_mhad(src: &Path, sink: &mut ItemSink) -> Result<(), ReadError> {
    let keys = ["action", "subject", "trial"];
    let worn = src.join("inertial.parquet");
    let mut sensor: HashMap<Vec<String>, Vec<f32>> = HashMap::new();
    let clips = clips::ClipTable::open_file(&worn, &keys)?;
    if clips.names.iter().map(String::as_str).ne(SENSOR_CHANNELS.map(|(name, _)| name)) {
        let what = "the columns are not acc_x … gyr_z";
        return Err(ReadError::bad_format(
            &worn,
            FileLocation::Whole,
            what,
            "is this the set's own file?",
        ));
    }
    clips.for_each_clip(|clip| {
        sensor.insert(clip.key, clip.values);
        Ok(())
    })?;

    let path = &src.join("skeleton.parquet");
    let clips = clips::ClipTable::open_file(path, &keys)?;
    let skeleton =
        skeletons::skeleton_from_names("Kinect-20", &clips::joint_names(path, &clips.names, 3)?);
    sink.total = clips.count_clips()?;
    clips.for_each_clip(|clip| {
        let (number, subject, trial) = (clip.key_number(path, 0)?, clip.key_number(path, 1)?, clip.key_number(path, 2)?);
        let action = number.checked_sub(1).and_then(|k| ACTIONS.get(k)).copied().ok_or_else(|| {
            ReadError::bad_format(path, FileLocation::Field("action".into()), format!("no action {number}"), "actions are 1 to 27")
        })?;
        let position: Vec<[f64; 3]> = clip.values.chunks_exact(3).map(|p| [0, 1, 2].map(|k| f64::from(p[k]))).collect();
        let frames = position.len() / skeleton.len();
        let confidence = position.iter().map(|p| if p[0].is_finite() { 1.0 } else { 0.0 }).collect();
        let name = format!("s{subject}_t{trial}");
        let mut notes = Vec::new();
        let part = if number <= LAST_WRIST_ACTION { Part::RightWrist } else { Part::RightKnee };
        let values = sensor.remove(&clip.key);
        match (&values, part) {
            (None, _) => notes.push("no sensor data for this trial: 30 frames a second assumed".into()),
            (_, Part::RightKnee) => notes.push("the sensor was worn on the right thigh".into()),
            _ => {}
        }
        let samples = values.as_ref().map_or(0, |values| values.len() / SENSOR_CHANNELS.len());
        let step = match samples > 1 && frames > 1 {
            true => (samples - 1) as f64 / SENSOR_HZ / (frames - 1) as f64,
            false => 1.0 / SKELETON_HZ,
        };
        if samples > 1 {
            notes.push(
                "the skeleton's frames are spread over the time of the sensor, which began and ended with it".into(),
            );
        }
        let time = (0..frames).map(|frame| frame as f64 * step).collect();
        let channel = |(axis, (name, unit)): (usize, (&str, &str)), values: &[f32]| Channel {
            name: name.to_owned(),
            unit: unit.to_owned(),
            part: Some(part),
            rate_hz: SENSOR_HZ,
            start_s: 0.0,
            values: values.iter().skip(axis).step_by(SENSOR_CHANNELS.len()).copied().map(f64::from).collect(),
        };
        let source = recording_source(Path::new(&format!("{action}_{name}")), Format::UtdMhad, UpAxis::Y, notes);
        let recording = Recording::new(source, skeleton.clone(), Space::World, time, position, confidence);
        let mut recording = recording.map_err(|e| ReadError::from_recording(path, e))?;
        if let Some(values) = values {
            recording.channels = SENSOR_CHANNELS.into_iter().enumerate().map(|column| channel(column, &values)).collect();
        }
        // The dataset's protocol: odd subjects for training, even ones for testing.
        let split = if subject % 2 == 1 { Split::Train } else { Split::Test };
        let row = ManifestRow {
            file: PathBuf::new(),
            athlete: format!("s{subject}"),
            movement: action.to_owned(),
            label: None,
            split: Some(split),
        };
        sink.put_item(&name, recording, row)
    })
}
