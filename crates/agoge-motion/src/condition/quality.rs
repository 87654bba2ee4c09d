//! Measures of data quality.

use crate::recording::Recording;
use serde::{Deserialize, Serialize};

/// The data quality of one joint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JointQuality {
    /// The joint's name in the source.
    pub joint: String,
    /// Share of frames in which the joint was seen, 0 to 1.
    pub seen: f64,
    /// Mean confidence where seen, 0 to 1; 0 if never seen.
    pub confidence: f64,
    /// Longest gap, s.
    pub longest_gap_s: f64,
    /// Jitter: root mean square of what the filter removed, in the recording's unit; 0 if never
    /// seen.
    pub jitter: f64,
}

/// The data quality of a recording before repairs, but without positions of low confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordingQuality {
    /// Share of joint positions that were seen, 0 to 1.
    pub seen: f64,
    /// The quality of each joint of the source.
    pub joints: Vec<JointQuality>,
    /// Stretches of frames `[first, last]` in which more than half of the joints that are ever seen
    /// were missing.
    pub bad_frames: Vec<[usize; 2]>,
    /// Stretches of frames `[first, last]` in which left and right were exchanged, in the whole
    /// body, the arms or the legs, and were put back.
    #[serde(default)]
    pub exchanged_frames: Vec<[usize; 2]>,
    /// Stretches of frames `[first, last]` in which it is not clear what is left and what is right,
    /// and which were left as they are.
    #[serde(default)]
    pub doubtful_frames: Vec<[usize; 2]>,
}

impl RecordingQuality {
    /// Measures a recording; jitter is left at 0 until [`Self::measure_jitter`].
    pub(super) fn from_recording(recording: &Recording) -> RecordingQuality {
        let (frames, joints) = (recording.frame_count(), recording.joint_count());
        let step = 1.0 / recording.rate_hz();
        let all: Vec<JointQuality> = (0..joints)
            .map(|joint| {
                let seen: Vec<usize> =
                    (0..frames).filter(|&frame| recording.is_seen(frame, joint)).collect();
                let confidence: f64 = seen
                    .iter()
                    .map(|frame| f64::from(recording.confidence[frame * joints + joint]))
                    .sum();
                // A gap lasts from the frame after one sighting to the next sighting. The time
                // before the first and after the last sighting counts too.
                let mut longest = 0.0f64;
                let mut gap_start = 0;
                for &frame in seen.iter().chain([&frames]) {
                    longest = longest.max((frame - gap_start) as f64 * step);
                    gap_start = frame + 1;
                }
                JointQuality {
                    joint: recording.skeleton.joints[joint].name.clone(),
                    seen: seen.len() as f64 / frames as f64,
                    confidence: if seen.is_empty() { 0.0 } else { confidence / seen.len() as f64 },
                    longest_gap_s: if longest.is_finite() { longest } else { 0.0 },
                    jitter: 0.0,
                }
            })
            .collect();
        let ever_seen: Vec<usize> = (0..joints).filter(|&joint| all[joint].seen > 0.0).collect();
        let is_bad = |frame: usize| {
            ever_seen.iter().filter(|&&joint| recording.is_seen(frame, joint)).count() * 2
                < ever_seen.len().max(1)
        };
        let mut bad_frames: Vec<[usize; 2]> = Vec::new();
        for frame in (0..frames).filter(|&frame| is_bad(frame)) {
            match bad_frames.last_mut() {
                Some(run) if run[1] + 1 == frame => run[1] = frame,
                _ => bad_frames.push([frame, frame]),
            }
        }
        let seen = all.iter().map(|joint| joint.seen).sum::<f64>() / joints.max(1) as f64;
        RecordingQuality {
            seen,
            joints: all,
            bad_frames,
            exchanged_frames: Vec::new(),
            doubtful_frames: Vec::new(),
        }
    }

    /// Sets each joint's jitter: the root mean square distance between its positions before and
    /// after filtering.
    pub(super) fn measure_jitter(&mut self, before: &[[f64; 3]], after: &Recording) {
        let joints = after.joint_count();
        let axes = if after.space.is_3d() { 3 } else { 2 };
        for (joint, quality) in self.joints.iter_mut().enumerate() {
            let (mut sum, mut n) = (0.0, 0usize);
            for frame in 0..after.frame_count() {
                let (p, q) = (before[frame * joints + joint], after.position_at(frame, joint));
                let square: f64 = (0..axes).map(|k| (p[k] - q[k]).powi(2)).sum();
                if square.is_finite() {
                    sum += square;
                    n += 1;
                }
            }
            quality.jitter = if n > 0 { (sum / n as f64).sqrt() } else { 0.0 };
        }
    }
}
