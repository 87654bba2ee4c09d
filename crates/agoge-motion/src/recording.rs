//! [`Recording`]: the canonical form of a recorded movement.

use crate::statistics::upper_median;
use crate::{Part, Skeleton};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why a recording could not be created or changed.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RecordingError {
    /// The arrays have inconsistent lengths.
    #[error("{what}: expected {expected} values, found {found}; hint: frames × joints must agree")]
    Shape {
        /// Which array.
        what: &'static str,
        /// The length that the other arrays imply.
        expected: usize,
        /// The actual length.
        found: usize,
    },
    /// The recording has no frames.
    #[error("the recording has no frames; hint: check that the file was written to its end")]
    NoFrames,
    /// The times are not strictly increasing.
    #[error(
        "frame {frame}: time {time} s does not come after the frame before; hint: sort the frames and remove doubles"
    )]
    Clock {
        /// The first frame that is out of order.
        frame: usize,
        /// Its time, s.
        time: f64,
    },
    /// A parameter is outside the valid range.
    #[error("{what}; hint: {hint}")]
    Parameter {
        /// What is wrong, including the value.
        what: String,
        /// What the user should do.
        hint: &'static str,
    },
}

/// The coordinate space of a recording's positions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Space {
    /// Three dimensions in metres: Y up, right-handed.
    World,
    /// Two dimensions in the image plane, in pixels: x to the image's right, y **up** (the image's
    /// y axis is flipped), z missing.
    Image {
        /// Image width, px, if known.
        width: Option<f64>,
        /// Image height, px, if known.
        height: Option<f64>,
    },
    /// Two dimensions in metres (an image scaled by a known length): x to the image's right, y up,
    /// z missing.
    Plane,
}

impl Space {
    /// Whether positions include depth.
    pub fn is_3d(self) -> bool {
        matches!(self, Space::World)
    }

    /// The unit of the positions: `m` or `px`.
    pub fn length_unit(self) -> &'static str {
        match self {
            Space::World | Space::Plane => "m",
            Space::Image { .. } => "px",
        }
    }
}

/// Which axis points up in the source. Readers convert everything to Y up; writers can convert it
/// back.
///
/// ```
/// use agoge_motion::UpAxis;
/// assert_eq!(UpAxis::Z.to_y_up([1.0, 2.0, 3.0]), [1.0, 3.0, -2.0]);
/// assert_eq!(UpAxis::Z.from_y_up([1.0, 3.0, -2.0]), [1.0, 2.0, 3.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpAxis {
    /// Y up, as in OpenSim, TRC and BVH.
    #[default]
    Y,
    /// Z up, as in Vicon, Pose2Sim and most laboratories' C3D files.
    Z,
    /// Y down, as in images and some depth cameras.
    YDown,
}

impl UpAxis {
    /// Converts a source position to Y up (a rotation, except for images, where y is mirrored).
    pub fn to_y_up(self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        match self {
            UpAxis::Y => [x, y, z],
            UpAxis::Z => [x, z, -y],
            UpAxis::YDown => [x, -y, -z],
        }
    }

    /// The inverse of [`UpAxis::to_y_up`].
    pub fn from_y_up(self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        match self {
            UpAxis::Y => [x, y, z],
            UpAxis::Z => [x, -z, y],
            UpAxis::YDown => [x, -y, -z],
        }
    }
}

/// Where a recording came from, and what the reader assumed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordingSource {
    /// The name of the file or folder, without its path.
    pub name: String,
    /// The format's name, as in `openpose-json`.
    pub format: String,
    /// Which axis points up in the source.
    pub up_axis: UpAxis,
    /// Whether the simulator produced the recording.
    pub simulated: bool,
    /// What the reader assumed or left out, one sentence each ("no frame rate in the file: 30
    /// frames a second assumed").
    pub notes: Vec<String>,
    /// On the body skeleton: the name of the skeleton that it was made from, since the kind of
    /// sensor may follow from it. `keypoints` for joints without a skeleton's name that a pose
    /// network placed (it names a nose, or OpenCap's marker names).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skeleton: Option<String>,
}

/// A signal recorded alongside the positions: an IMU axis, a force plate component, or an angle
/// computed by the source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Name as in the source.
    pub name: String,
    /// Unit as in the source, for example `N`, `g`, `deg/s`.
    pub unit: String,
    /// The part that wears the sensor, if known.
    pub part: Option<Part>,
    /// Sampling rate, Hz.
    pub rate_hz: f64,
    /// Time of the first sample on the recording's clock, s.
    pub start_s: f64,
    /// The samples, `[sample]`; NaN where missing.
    pub values: Vec<f64>,
}

/// Positions of named joints over time.
///
/// Shapes: `time` is `[frame]`, `position` and `confidence` are `[frame, joint]`, frame-major. A
/// missing position is NaN in every coordinate; in two dimensions z is always NaN. Y points up. The
/// [`Space`] determines the units.
///
/// ```
/// use agoge_motion::{Recording, RecordingSource, Skeleton, Space};
/// use std::sync::Arc;
/// let skeleton = Arc::new(Skeleton::from_names("one marker", ["right_knee"]));
/// let time = vec![0.0, 0.02, 0.04];
/// let position = vec![[0.0, 0.5, 0.0], [0.1, 0.5, 0.0], [f64::NAN; 3]];
/// let source = RecordingSource::default();
/// let recording =
///     Recording::new(source, skeleton, Space::World, time, position, vec![1.0; 3])?;
/// assert!((recording.rate_hz() - 50.0).abs() < 1e-9);
/// assert_eq!(recording.position_at(1, 0), [0.1, 0.5, 0.0]);
/// assert!(!recording.is_seen(2, 0));
/// # Ok::<(), agoge_motion::RecordingError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Where the recording came from.
    pub source: RecordingSource,
    /// The joints and the parts they stand for.
    pub skeleton: Arc<Skeleton>,
    /// The coordinate space of the positions.
    pub space: Space,
    /// Time since the start of the trial, s, strictly increasing, `[frame]`.
    pub time: Vec<f64>,
    /// Positions, `[frame, joint]`, each x, y, z.
    pub position: Vec<[f64; 3]>,
    /// The source's confidence in each position, 0 to 1 (1 where the source gives none), `[frame,
    /// joint]`.
    pub confidence: Vec<f32>,
    /// Signals recorded alongside the positions.
    pub channels: Vec<Channel>,
}

/// Channel names of a worn inertial sensor: acceleration, then angular velocity.
pub const INERTIAL: [&str; 6] = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"];

/// A missing position.
pub const MISSING: [f64; 3] = [f64::NAN; 3];

impl Recording {
    /// Builds a recording from arrays of the shapes documented on the type. Fails if there are no
    /// frames, the arrays' lengths disagree or the times do not strictly increase. Infinite
    /// coordinates become missing.
    pub fn new(
        source: RecordingSource,
        skeleton: Arc<Skeleton>,
        space: Space,
        time: Vec<f64>,
        mut position: Vec<[f64; 3]>,
        confidence: Vec<f32>,
    ) -> Result<Recording, RecordingError> {
        if time.is_empty() {
            return Err(RecordingError::NoFrames);
        }
        let expected = time.len() * skeleton.len();
        for (what, found) in [("positions", position.len()), ("confidences", confidence.len())] {
            if found != expected {
                return Err(RecordingError::Shape { what, expected, found });
            }
        }
        let bad_clock = |frame: usize| {
            !time[frame].is_finite() || (frame > 0 && time[frame] <= time[frame - 1])
        };
        if let Some(frame) = (0..time.len()).find(|&frame| bad_clock(frame)) {
            return Err(RecordingError::Clock { frame, time: time[frame] });
        }
        for p in &mut position {
            let known = if space.is_3d() { &p[..] } else { &p[..2] };
            if known.iter().any(|v| !v.is_finite()) {
                *p = MISSING;
            } else if !space.is_3d() {
                p[2] = f64::NAN;
            }
        }
        Ok(Recording { source, skeleton, space, time, position, confidence, channels: Vec::new() })
    }

    /// The number of frames.
    pub fn frame_count(&self) -> usize {
        self.time.len()
    }

    /// The number of joints.
    pub fn joint_count(&self) -> usize {
        self.skeleton.len()
    }

    /// Time from the first to the last frame, s.
    pub fn duration_s(&self) -> f64 {
        match (self.time.first(), self.time.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0.0,
        }
    }

    /// Frame rate, Hz, from the median time step; NaN with fewer than two frames.
    pub fn rate_hz(&self) -> f64 {
        let mut steps: Vec<f64> = self.time.windows(2).map(|w| w[1] - w[0]).collect();
        upper_median(&mut steps).map_or(f64::NAN, |step| 1.0 / step)
    }

    /// The position of a joint in a frame; [`MISSING`] if the joint was not seen.
    pub fn position_at(&self, frame: usize, joint: usize) -> [f64; 3] {
        self.position[frame * self.joint_count() + joint]
    }

    /// Whether a joint was seen in a frame.
    pub fn is_seen(&self, frame: usize, joint: usize) -> bool {
        self.position_at(frame, joint)[0].is_finite()
    }

    /// One joint's positions over time, `[frame]`.
    pub fn joint_track(&self, joint: usize) -> impl ExactSizeIterator<Item = [f64; 3]> + '_ {
        (0..self.frame_count()).map(move |frame| self.position_at(frame, joint))
    }

    /// The channels of a worn inertial sensor, in the order of [`INERTIAL`]; `None` unless all six
    /// exist, belong to the same part and share one clock.
    pub fn inertial_channels(&self) -> Option<[&Channel; 6]> {
        let clock = |channel: &Channel| (channel.part, channel.rate_hz, channel.start_s);
        let find = |name: &&str| self.channels.iter().find(|channel| channel.name == *name);
        let channels: Vec<&Channel> = INERTIAL.iter().map(find).collect::<Option<_>>()?;
        let channels: [&Channel; 6] = channels.try_into().ok()?;
        channels.iter().all(|channel| clock(channel) == clock(channels[0])).then_some(channels)
    }

    /// The part of the recording between `from` and `to` seconds, both included; an error if it has
    /// no frames. Channels are kept whole.
    ///
    /// ```
    /// use agoge_motion::simulate::{Exercise, SimulatedSet};
    /// let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
    /// // One second at 60 frames per second, both ends included.
    /// assert_eq!(recording.time_range(1.0, 2.0)?.frame_count(), 61);
    /// assert!(recording.time_range(1000.0, 1001.0).is_err());
    /// # Ok::<(), agoge_motion::RecordingError>(())
    /// ```
    pub fn time_range(&self, from: f64, to: f64) -> Result<Recording, RecordingError> {
        let first = self.time.partition_point(|&t| t < from);
        let last = self.time.partition_point(|&t| t <= to);
        if first >= last {
            return Err(RecordingError::Parameter {
                what: format!(
                    "no frame between {from} s and {to} s: the recording runs from {} s to {} s",
                    self.time.first().copied().unwrap_or(0.0),
                    self.time.last().copied().unwrap_or(0.0)
                ),
                hint: "choose a time range inside the recording",
            });
        }
        let joints = self.joint_count();
        Ok(Recording {
            time: self.time[first..last].to_vec(),
            position: self.position[first * joints..last * joints].to_vec(),
            confidence: self.confidence[first * joints..last * joints].to_vec(),
            source: self.source.clone(),
            skeleton: self.skeleton.clone(),
            space: self.space,
            channels: self.channels.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(time: Vec<f64>) -> Result<Recording, RecordingError> {
        let skeleton = Skeleton::coco_17();
        let n = time.len() * skeleton.len();
        Recording::new(
            RecordingSource::default(),
            skeleton,
            Space::World,
            time,
            vec![[0.0; 3]; n],
            vec![1.0; n],
        )
    }

    #[test]
    fn refuses_what_cannot_be_a_recording() {
        assert_eq!(line(vec![]).unwrap_err(), RecordingError::NoFrames);
        assert!(matches!(
            line(vec![0.0, 0.0]).unwrap_err(),
            RecordingError::Clock { frame: 1, .. }
        ));
        assert!(matches!(
            line(vec![0.0, f64::NAN]).unwrap_err(),
            RecordingError::Clock { frame: 1, .. }
        ));
        let skeleton = Skeleton::coco_17();
        let short = Recording::new(
            RecordingSource::default(),
            skeleton,
            Space::World,
            vec![0.0],
            vec![MISSING],
            vec![1.0; 17],
        );
        assert!(matches!(short.unwrap_err(), RecordingError::Shape { expected: 17, found: 1, .. }));
    }

    #[test]
    fn rate_is_the_median_step() {
        let recording = line(vec![0.0, 0.02, 0.04, 0.1, 0.12]).unwrap();
        assert!((recording.rate_hz() - 50.0).abs() < 1e-9);
        assert_eq!(recording.time_range(0.03, 0.1).unwrap().frame_count(), 2);
        assert!(recording.time_range(5.0, 6.0).is_err());
    }

    #[test]
    fn axes_turn_there_and_back() {
        for axis in [UpAxis::Y, UpAxis::Z, UpAxis::YDown] {
            assert_eq!(axis.from_y_up(axis.to_y_up([1.0, 2.0, 3.0])), [1.0, 2.0, 3.0]);
        }
        assert_eq!(UpAxis::Z.to_y_up([0.0, 0.0, 1.0]), [0.0, 1.0, 0.0]);
    }
}
