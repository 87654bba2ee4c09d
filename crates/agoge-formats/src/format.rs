//! The closed set of formats and other origins of recordings, with their names.

use serde::{Deserialize, Serialize};

/// Where a recording comes from: a format of files, or another origin whose name recordings carry.
/// [`crate::list_formats`] says of each what it is; its serde name is [`Format::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Format {
    /// OpenPose JSON: a folder with one file per frame, or a single such file.
    OpenPose,
    /// A list of frames with landmarks (MediaPipe and similar).
    MediaPipe,
    /// Positions by frame and joint name, as in the Keraal dataset.
    KeraalJson,
    /// COCO annotations.
    Coco,
    /// A list of people with picture identifiers (AlphaPose, COCO results).
    AlphaPose,
    /// MMPose's `instance_info`.
    MmPose,
    /// A TRC marker table.
    Trc,
    /// C3D.
    C3d,
    /// The CSV export of Vicon Nexus.
    NexusCsv,
    /// MOT or STO: a table without positions ([`crate::read_table`]).
    Table,
    /// CSV in wide form: one row per frame.
    Csv,
    /// Rows of positions and quaternions of Kinect joints, as in the Keraal dataset.
    KeraalKinect,
    /// Rows of positions and quaternions of Vicon rigid bodies, as in the Keraal dataset.
    KeraalVicon,
    /// Agoge's own Parquet; a recording in it keeps the format that it came from.
    Parquet,
    /// A video, from which `agoge-vision` computes positions.
    Video,
    /// Videos by several calibrated cameras.
    Cameras,
    /// A live session.
    Live,
    /// The simulator.
    Simulated,
    /// The UI-PRMD dataset ([`crate::dataset`]).
    UiPrmd,
    /// The UTD-MHAD dataset.
    UtdMhad,
    /// The Pose Trainer dataset.
    PoseTrainer,
}

impl Format {
    /// All formats, in the order of [`crate::list_formats`].
    pub const ALL: [Format; 21] = [
        Format::OpenPose,
        Format::MediaPipe,
        Format::KeraalJson,
        Format::Coco,
        Format::AlphaPose,
        Format::MmPose,
        Format::Trc,
        Format::C3d,
        Format::NexusCsv,
        Format::Table,
        Format::Csv,
        Format::KeraalKinect,
        Format::KeraalVicon,
        Format::Parquet,
        Format::Video,
        Format::Cameras,
        Format::Live,
        Format::Simulated,
        Format::UiPrmd,
        Format::UtdMhad,
        Format::PoseTrainer,
    ];

    /// The name in results and stored recordings ([`agoge_motion::RecordingSource::format`]).
    pub const fn name(self) -> &'static str {
        match self {
            Format::OpenPose => "openpose-json",
            Format::MediaPipe => "mediapipe-json",
            Format::KeraalJson => "keraal-json",
            Format::Coco => "coco-json",
            Format::AlphaPose => "alphapose-json",
            Format::MmPose => "mmpose-json",
            Format::Trc => "trc",
            Format::C3d => "c3d",
            Format::NexusCsv => "nexus-csv",
            Format::Table => "mot",
            Format::Csv => "csv",
            Format::KeraalKinect => "keraal-kinect",
            Format::KeraalVicon => "keraal-vicon",
            Format::Parquet => "parquet",
            Format::Video => "video",
            Format::Cameras => "cameras",
            Format::Live => "live",
            Format::Simulated => "simulated",
            Format::UiPrmd => "ui-prmd",
            Format::UtdMhad => "utd-mhad",
            Format::PoseTrainer => "pose-trainer",
        }
    }

    /// What the hint to a file that is not understood calls the format, if it is offered there.
    const fn hint_words(self) -> Option<&'static str> {
        match self {
            Format::OpenPose => Some("OpenPose"),
            Format::MediaPipe => Some("MediaPipe"),
            Format::Coco => Some("COCO"),
            Format::AlphaPose => Some("AlphaPose"),
            Format::MmPose => Some("MMPose"),
            Format::Trc => Some("TRC"),
            Format::C3d => Some("C3D"),
            Format::Csv => Some("CSV with named columns and units"),
            Format::Parquet => Some("Agoge's Parquet"),
            Format::Video => Some("videos"),
            _ => None,
        }
    }

    /// The format with this name; none for a recording that was put together by other means.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}

impl From<Format> for &'static str {
    fn from(format: Format) -> &'static str {
        format.name()
    }
}

impl TryFrom<String> for Format {
    type Error = String;

    fn try_from(name: String) -> Result<Format, String> {
        Format::from_name(&name).ok_or_else(|| format!("no format {name:?}"))
    }
}

/// The formats of recordings that can be read, in words: the hint to a file of none of them.
pub(crate) fn readable_formats() -> String {
    let words = |is_json: bool| -> Vec<&str> {
        let of_kind = |format: &Format| format.name().ends_with("-json") == is_json;
        Format::ALL.into_iter().filter(of_kind).filter_map(Format::hint_words).collect()
    };
    let (json, other) = (words(true), words(false));
    let listed = |words: &[&str], last: &str| match words {
        [start @ .., end] if !start.is_empty() => format!("{}{last}{end}", start.join(", ")),
        _ => words.concat(),
    };
    format!("read are {} JSON, {}", listed(&json, " and "), listed(&other, ", and "))
}
