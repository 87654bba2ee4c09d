//! A buffer of the last seconds of a stream.

use agoge_motion::{Recording, RecordingSource, Skeleton, Space};
use std::collections::VecDeque;
use std::sync::Arc;

/// Length of the buffer, s: longer than any repetition may last.
const BUFFER_S: f64 = 30.0;
/// Maximum number of buffered frames at any rate: KEPT_S at 120 frames per second.
const MAX_FRAMES: usize = 3600;

/// The newest frames of one skeleton, bounded in time and number.
#[derive(Debug)]
pub(super) struct FrameBuffer {
    skeleton: Arc<Skeleton>,
    space: Space,
    time: VecDeque<f64>,
    /// Positions, `[frame, joint]`.
    position: VecDeque<[f64; 3]>,
    confidence: VecDeque<f32>,
}

impl FrameBuffer {
    pub(super) fn new(skeleton: Arc<Skeleton>, space: Space) -> FrameBuffer {
        FrameBuffer {
            skeleton,
            space,
            time: VecDeque::new(),
            position: VecDeque::new(),
            confidence: VecDeque::new(),
        }
    }

    /// Appends a frame and drops those that are too old.
    pub(super) fn push(&mut self, time_s: f64, position: &[[f64; 3]], confidence: &[f32]) {
        let joints = self.skeleton.len();
        while self.time.len() >= MAX_FRAMES
            || self.time.front().is_some_and(|first| time_s - first > BUFFER_S)
        {
            self.time.pop_front();
            self.position.drain(..joints);
            self.confidence.drain(..joints);
        }
        self.time.push_back(time_s);
        self.position.extend(position);
        self.confidence.extend(confidence);
    }

    /// Time of the newest frame, s.
    pub(super) fn last_time_s(&self) -> Option<f64> {
        self.time.back().copied()
    }

    /// The frames from an instant on, as a recording; none if there are fewer than `least`.
    pub(super) fn recording_since(&self, from_s: f64, least: usize) -> Option<Recording> {
        let first = self.time.partition_point(|time| *time < from_s);
        if self.time.len() - first < least {
            return None;
        }
        let at = first * self.skeleton.len();
        Recording::new(
            RecordingSource {
                skeleton: None,
                name: "live".to_owned(),
                format: "live".to_owned(),
                ..RecordingSource::default()
            },
            self.skeleton.clone(),
            self.space,
            self.time.range(first..).copied().collect(),
            self.position.range(at..).copied().collect(),
            self.confidence.range(at..).copied().collect(),
        )
        .ok()
    }
}
