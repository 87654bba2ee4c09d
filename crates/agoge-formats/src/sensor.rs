//! The class of sensor behind a recording: what its measurement error depends on.

use crate::{Format, FormatTrait};
use agoge_motion::Recording;
use serde::{Deserialize, Serialize};

/// A class of sensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorClass {
    /// Markers on the body, followed by several cameras; the simulator, which is as precise.
    Markers,
    /// Joints found by a pose network in the pictures of several calibrated cameras.
    SeveralCameras,
    /// Joints as a depth camera reports them (Kinect).
    DepthCamera,
    /// Joints rebuilt from the joint angles that a depth camera's software computed (the 22 joints
    /// of UI-PRMD): the legs can be far from where they were.
    DepthCameraAngles,
    /// Joints in the picture of one camera.
    Picture,
    /// Joints of one camera with depth that a network guessed.
    GuessedDepth,
    /// Not known.
    Unknown,
}

impl SensorClass {
    /// All classes.
    pub const ALL: [SensorClass; 7] = [
        SensorClass::Markers,
        SensorClass::SeveralCameras,
        SensorClass::DepthCamera,
        SensorClass::DepthCameraAngles,
        SensorClass::Picture,
        SensorClass::GuessedDepth,
        SensorClass::Unknown,
    ];

    /// The class of a recording, on its own or on the body skeleton, by its dimensions, its format
    /// and its skeleton.
    ///
    /// ```
    /// use agoge_formats::SensorClass;
    /// use agoge_motion::simulate::{Exercise, SimulatedCamera, SimulatedSet};
    /// let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
    /// assert_eq!(SensorClass::from_recording(&body), SensorClass::Markers);
    /// let film = SimulatedCamera::phone(90.0).film_recording(&body);
    /// assert_eq!(SensorClass::from_recording(&film), SensorClass::Picture);
    /// ```
    pub fn from_recording(recording: &Recording) -> SensorClass {
        if !recording.space.is_3d() {
            return SensorClass::Picture;
        }
        let source = &recording.source;
        let skeleton = source.skeleton.as_deref().unwrap_or(&recording.skeleton.name);
        let format = Format::from_name(&source.format);
        let has_trait = |wanted| format.is_some_and(|format| format.has_trait(wanted));
        if has_trait(FormatTrait::GuessedDepth) {
            return SensorClass::GuessedDepth;
        }
        if source.simulated || format == Some(Format::Simulated) {
            return SensorClass::Markers;
        }
        match skeleton {
            "Kinect-22" => SensorClass::DepthCameraAngles,
            "Kinect-20" | "Kinect-25" => SensorClass::DepthCamera,
            "Plug-in-Gait-39" | "Keraal-Vicon" => SensorClass::Markers,
            "MediaPipe-33" => SensorClass::GuessedDepth,
            _ if format == Some(Format::Cameras) => SensorClass::SeveralCameras,
            // A pose network's joints in a file of marker paths come from several cameras.
            "keypoints" | "COCO-17" | "HALPE-26" | "BODY_25" | "BODY_25B" | "OpenPose-18"
                if has_trait(FormatTrait::Markers) =>
            {
                SensorClass::SeveralCameras
            }
            "keypoints" => SensorClass::Unknown,
            _ if has_trait(FormatTrait::Markers) || format == Some(Format::KeraalVicon) => {
                SensorClass::Markers
            }
            _ => SensorClass::Unknown,
        }
    }

    /// The class in plain words.
    pub fn class_title(self) -> &'static str {
        match self {
            SensorClass::Markers => "markers",
            SensorClass::SeveralCameras => "several cameras",
            SensorClass::DepthCamera => "a depth camera",
            SensorClass::DepthCameraAngles => "a depth camera's joint angles",
            SensorClass::Picture => "one camera",
            SensorClass::GuessedDepth => "one camera with guessed depth",
            SensorClass::Unknown => "a sensor that is not known",
        }
    }
}
