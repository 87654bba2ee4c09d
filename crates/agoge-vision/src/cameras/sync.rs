//! Synchronises the clocks of two cameras by what both saw.

use agoge_motion::Recording;
use agoge_motion::condition::condition_recording;

/// Largest lag between the clocks, s, and the step in which it is searched.
const MAX_LAG_S: f64 = 2.0;
const LAG_STEP_S: f64 = 1.0 / 120.0;
/// Share of the shorter recording that must overlap at a lag, and the least correlation of the
/// movements.
const MIN_OVERLAP: f64 = 0.5;
const MIN_CORRELATION: f64 = 0.6;

/// Finds the lag of another camera's clock behind the first one's, s (what the first sees at t, the
/// other sees at t + lag), and the correlation at that lag. It correlates the vertical speeds of
/// all joints, which look alike from any upright camera. Between steps the lag is the top of the
/// parabola through three of them. `None` if the movements are not alike at any lag up to 2 s.
///
/// ```
/// use agoge_motion::simulate::{Exercise, SimulatedCamera, SimulatedSet};
/// use agoge_vision::cameras::find_lag;
/// let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
/// let first = SimulatedCamera::phone(0.0).film_recording(&recording);
/// let mut other = SimulatedCamera::phone(60.0).film_recording(&recording);
/// other.time.iter_mut().for_each(|time| *time += 0.4);
/// let (lag_s, correlation) = find_lag(&first, &other).unwrap();
/// assert!((lag_s - 0.4).abs() < 0.02 && correlation > 0.9);
/// ```
pub fn find_lag(first: &Recording, other: &Recording) -> Option<(f64, f64)> {
    // Speeds of raw positions are mostly noise.
    let conditioned = |raw: &Recording| {
        condition_recording(raw, &Default::default())
            .map_or_else(|_| raw.clone(), |done| done.recording)
    };
    let (first, other) = (conditioned(first), conditioned(other));
    let (first, other) =
        (VerticalSpeeds::from_recording(&first), VerticalSpeeds::from_recording(&other));
    let steps = (MAX_LAG_S / LAG_STEP_S) as i32;
    let correlations: Vec<Option<f64>> = (-steps..=steps)
        .map(|step| first.correlation_at(&other, f64::from(step) * LAG_STEP_S))
        .collect();
    let best =
        (0..correlations.len()).filter(|&k| correlations[k].is_some()).max_by(|&a, &b| {
            correlations[a].partial_cmp(&correlations[b]).unwrap_or(std::cmp::Ordering::Equal)
        })?;
    let top = correlations[best].filter(|&top| top >= MIN_CORRELATION)?;
    let beside = |k: Option<usize>| k.and_then(|k| *correlations.get(k)?);
    let shift = match (beside(best.checked_sub(1)), beside(Some(best + 1))) {
        (Some(before), Some(after)) if before + after < 2.0 * top => {
            0.5 * (before - after) / (before - 2.0 * top + after)
        }
        _ => 0.0,
    };
    Some(((best as f64 - f64::from(steps) + shift) * LAG_STEP_S, top))
}

/// Vertical speeds of a recording's joints.
struct VerticalSpeeds<'a> {
    recording: &'a Recording,
    /// `[joint][step]`, px/s, NaN where unknown; step k lies between frames k and k + 1.
    speed: Vec<Vec<f64>>,
    /// Middle of each step, s.
    time: Vec<f64>,
}

impl VerticalSpeeds<'_> {
    fn from_recording(recording: &Recording) -> VerticalSpeeds<'_> {
        let steps = recording.frame_count().saturating_sub(1);
        let speed = (0..recording.joint_count())
            .map(|joint| {
                let up = |frame: usize| recording.position_at(frame, joint)[1];
                (0..steps)
                    .map(|k| (up(k + 1) - up(k)) / (recording.time[k + 1] - recording.time[k]))
                    .collect()
            })
            .collect();
        let time = (0..steps).map(|k| 0.5 * (recording.time[k] + recording.time[k + 1])).collect();
        VerticalSpeeds { recording, speed, time }
    }

    /// The correlation with another recording's speeds at a lag; `None` if too little of the two
    /// overlaps.
    fn correlation_at(&self, other: &VerticalSpeeds, lag_s: f64) -> Option<f64> {
        let (mut n, mut sums, mut squares, mut product) = (0.0, [0.0; 2], [0.0; 2], 0.0);
        let mut shared = 0usize;
        for (k, time_s) in self.time.iter().enumerate() {
            let after = other.time.partition_point(|&time| time < time_s + lag_s);
            let Some(before) = after.checked_sub(1).filter(|_| after < other.time.len()) else {
                continue;
            };
            shared += 1;
            let share =
                (time_s + lag_s - other.time[before]) / (other.time[after] - other.time[before]);
            for (ours, theirs) in self.speed.iter().zip(&other.speed) {
                let pair = [ours[k], theirs[before] + share * (theirs[after] - theirs[before])];
                if pair.iter().all(|v| v.is_finite()) {
                    n += 1.0;
                    product += pair[0] * pair[1];
                    for axis in 0..2 {
                        sums[axis] += pair[axis];
                        squares[axis] += pair[axis].powi(2);
                    }
                }
            }
        }
        let shorter = self.recording.frame_count().min(other.recording.frame_count()) as f64;
        let spread = [0, 1].map(|axis| squares[axis] - sums[axis].powi(2) / n);
        let correlation = (product - sums[0] * sums[1] / n) / (spread[0] * spread[1]).sqrt();
        (shared as f64 >= MIN_OVERLAP * shorter && correlation.is_finite()).then_some(correlation)
    }
}
