//! A repetition in the athlete's own coordinate frame: part positions independent of who moves,
//! where they stand and how they were filmed.

use crate::sensor::Inertial;
use crate::token::{PARTS, part_index};
use agoge_motion::vector::{cross, dot, norm, scale, sub, unit_vector};
use agoge_motion::{Part, Recording, vector};
use std::borrow::Cow;

/// Faster recordings are decimated to about this rate, Hz. Conditioning leaves nothing above 6 Hz,
/// so nothing is lost at 30 Hz.
const MAX_RATE_HZ: f64 = 30.0;

/// A side is active if its limbs move this many times as far as the other's.
const ACTIVE_RATIO: f32 = 1.25;

/// A section of movement in the athlete's own frame: x forward, y up, z to the right, in trunk
/// lengths. Parts are relative to the pelvis, and the pelvis to the midpoint of the ankles (where
/// the ankles are not seen, to their last midpoint; if they are never seen, to the pelvis's first
/// position). In two dimensions x is the image's right and depth is unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    /// Seconds from the beginning, `[frame]`, ascending.
    pub time: Vec<f64>,
    /// Positions, `[frame, part]`; zero where a part is missing.
    pub positions: Vec<[f32; 3]>,
    /// Confidence of the source, 0 (missing) to 1, `[frame, part]`.
    pub confidence: Vec<f32>,
    /// Whether depth is known.
    pub is_3d: bool,
    /// Samples of the worn sensor, if there was one.
    pub sensor: Option<Inertial>,
}

impl Motion {
    /// The section of a recording on the body skeleton between two frames, both included; none if
    /// pelvis and neck are never seen together there and no sensor was worn.
    ///
    /// ```
    /// use agoge_model::Motion;
    /// use agoge_motion::simulate::{Exercise, SimulatedSet};
    /// let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
    /// // 90 frame steps at 60 frames per second.
    /// let motion = Motion::new(&body, 0, 90).unwrap();
    /// assert!((motion.duration_s() - 1.5).abs() < 1e-9 && motion.is_3d);
    /// assert!(Motion::new(&body, 90, 90).is_none());
    /// ```
    pub fn new(body: &Recording, start: usize, end: usize) -> Option<Motion> {
        let end = end.min(body.frame_count().checked_sub(1)?);
        if start >= end {
            return None;
        }
        let sensor = Inertial::from_frames(body, start, end);
        match Motion::from_body(body, start, end) {
            Some(motion) => Some(Motion { sensor, ..motion }),
            None => {
                let nothing = Motion {
                    time: Vec::new(),
                    positions: Vec::new(),
                    confidence: Vec::new(),
                    is_3d: true,
                    sensor: None,
                };
                Some(Motion { sensor: Some(sensor?), ..nothing }.without_body())
            }
        }
    }

    /// The motion without the body: only the sensor remains.
    pub fn without_body(&self) -> Motion {
        let time: Vec<f64> = self
            .sensor
            .iter()
            .flat_map(|sensor| [sensor.time[0], sensor.time[sensor.time.len() - 1]])
            .collect();
        let time = if time.is_empty() { self.time.clone() } else { time };
        let n = time.len() * PARTS.len();
        Motion {
            time,
            positions: vec![[0.0; 3]; n],
            confidence: vec![0.0; n],
            is_3d: self.is_3d,
            sensor: self.sensor.clone(),
        }
    }

    /// The motion without the worn sensor.
    pub fn without_sensor(&self) -> Motion {
        Motion { sensor: None, ..self.clone() }
    }

    /// This motion followed, one frame later, by another of the same body; without the sensor.
    pub fn followed_by(&self, next: &Motion) -> Motion {
        let mut both = self.without_sensor();
        let frame = both.duration_s() / (both.time.len().max(2) - 1) as f64;
        let start = both.duration_s() + frame;
        both.time.extend(next.time.iter().map(|time| start + time));
        both.positions.extend(&next.positions);
        both.confidence.extend(&next.confidence);
        both
    }

    /// The motion mirrored if the left limbs move more, so that left-handed athletes can be
    /// compared with right-handed ones. It stays unchanged if both sides move similarly (ratio
    /// below 1.25) or a sensor is worn, because the sensor is tied to its side.
    pub fn active_right(&self) -> Cow<'_, Motion> {
        let moved =
            |parts: [Part; 4]| parts.iter().map(|part| self.path_length(*part)).sum::<f32>();
        let left = moved([Part::LeftWrist, Part::LeftElbow, Part::LeftAnkle, Part::LeftKnee]);
        let right = moved([Part::RightWrist, Part::RightElbow, Part::RightAnkle, Part::RightKnee]);
        let mirror = self.sensor.is_none() && left > ACTIVE_RATIO * right;
        if mirror { Cow::Owned(self.mirrored()) } else { Cow::Borrowed(self) }
    }

    /// The mirror image of the body.
    fn mirrored(&self) -> Motion {
        let mut mirrored = self.clone();
        let n = PARTS.len();
        for (part, name) in PARTS.iter().enumerate() {
            let from = part_index(name.mirror());
            for frame in 0..self.time.len() {
                let [x, y, z] = self.positions[frame * n + from];
                mirrored.positions[frame * n + part] =
                    if self.is_3d { [x, y, -z] } else { [-x, y, z] };
                mirrored.confidence[frame * n + part] = self.confidence[frame * n + from];
            }
        }
        mirrored
    }

    /// Path length of a part over the motion, trunk lengths.
    fn path_length(&self, part: Part) -> f32 {
        let positions: Vec<[f32; 3]> =
            self.positions.iter().skip(part_index(part)).step_by(PARTS.len()).copied().collect();
        let step = |pair: &[[f32; 3]]| {
            [0, 1, 2].map(|k| (pair[1][k] - pair[0][k]).powi(2)).iter().sum::<f32>().sqrt()
        };
        positions.windows(2).map(step).sum()
    }

    /// Whether a body was seen.
    pub fn has_body(&self) -> bool {
        self.confidence.iter().any(|&sure| sure > 0.0)
    }

    /// The worn sensor, if there was one.
    pub fn sensor(&self) -> Option<&Inertial> {
        self.sensor.as_ref()
    }

    /// Whether a sensor was worn.
    pub fn has_sensor(&self) -> bool {
        self.sensor.is_some()
    }

    fn from_body(body: &Recording, start: usize, end: usize) -> Option<Motion> {
        let is_3d = body.space.is_3d();
        let at = |frame: usize, part: Part| {
            let p = body.position_at(frame, part.index());
            if is_3d { p } else { [p[0], p[1], 0.0] }
        };
        let mut trunks: Vec<f64> = (start..=end)
            .map(|f| norm(sub(at(f, Part::Neck), at(f, Part::Pelvis))))
            .filter(|l| *l > 1e-9)
            .collect();
        trunks.sort_by(f64::total_cmp);
        let trunk = *trunks.get(trunks.len() / 2)?;
        let forward = if is_3d { facing_direction(body, start, end) } else { [1.0, 0.0, 0.0] };
        let right = cross(forward, [0.0, 1.0, 0.0]);
        let to_own_frame = |v: [f64; 3]| {
            let v = scale(v, 1.0 / trunk);
            (if is_3d { [dot(v, forward), v[1], dot(v, right)] } else { v }).map(|v| v as f32)
        };
        // Feet that are not seen are assumed to stay where they were, so that the pelvis does not
        // jump when an ankle is hidden.
        let mut ground: Vec<[f64; 3]> = (start..=end)
            .map(|f| vector::mean_point(&[at(f, Part::LeftAnkle), at(f, Part::RightAnkle)]))
            .collect();
        vector::fill_track_gaps(&mut ground);
        if !ground[0][0].is_finite() {
            ground.fill((start..=end).map(|f| at(f, Part::Pelvis)).find(|p| p[0].is_finite())?);
        }
        let rate = (end - start) as f64 / (body.time[end] - body.time[start]);
        let step = ((rate / MAX_RATE_HZ).round() as usize).clamp(1, end - start);
        let frames: Vec<usize> = (start..=end).step_by(step).collect();
        let mut motion = Motion {
            time: Vec::new(),
            positions: Vec::new(),
            confidence: Vec::new(),
            is_3d,
            sensor: None,
        };
        for frame in frames {
            motion.time.push(body.time[frame] - body.time[start]);
            let pelvis = at(frame, Part::Pelvis);
            for part in PARTS {
                let from = if part == Part::Pelvis { ground[frame - start] } else { pelvis };
                let p = to_own_frame(sub(at(frame, part), from));
                let seen = p[0].is_finite();
                let sure = body.confidence[frame * body.joint_count() + part.index()];
                motion.positions.push(if seen { p } else { [0.0; 3] });
                motion.confidence.push(if seen { sure.clamp(0.05, 1.0) } else { 0.0 });
            }
        }
        Some(motion)
    }

    /// Duration, s.
    pub fn duration_s(&self) -> f64 {
        self.time.last().copied().unwrap_or(0.0)
    }

    /// Whether each part is ever seen, `[part]`.
    pub fn seen_parts(&self) -> Vec<bool> {
        let n = PARTS.len();
        (0..n)
            .map(|part| self.confidence.iter().skip(part).step_by(n).any(|&sure| sure > 0.0))
            .collect()
    }

    /// Position and confidence of every part at a time, by linear interpolation (held constant
    /// beyond both ends). A part missing in one of the two frames is taken from the other. Shapes:
    /// `out` is `[part]`.
    pub fn sample_at(&self, time: f64, out: &mut [([f32; 3], f32)]) {
        let n = PARTS.len();
        let (below, above, share) = bracket_time(&self.time, time);
        for (part, out) in out.iter_mut().enumerate().take(n) {
            let (a, b) = (below * n + part, above * n + part);
            *out = match (self.confidence[a] > 0.0, self.confidence[b] > 0.0) {
                (true, true) => {
                    let (p, q) = (self.positions[a], self.positions[b]);
                    let mix = |x: f32, y: f32| x + share * (y - x);
                    (
                        [0, 1, 2].map(|k| mix(p[k], q[k])),
                        mix(self.confidence[a], self.confidence[b]),
                    )
                }
                (true, false) => (self.positions[a], self.confidence[a]),
                (false, true) => (self.positions[b], self.confidence[b]),
                (false, false) => ([0.0; 3], 0.0),
            };
        }
    }
}

/// Indices of the two times around `time`, and its position between them, 0 to 1 (clamped at both
/// ends). `times` must be ascending and not empty.
///
/// ```
/// use agoge_model::motion::bracket_time;
/// assert_eq!(bracket_time(&[0.0, 1.0, 3.0], 1.5), (1, 2, 0.25));
/// assert_eq!(bracket_time(&[0.0, 1.0, 3.0], 9.0), (1, 2, 1.0));
/// ```
pub fn bracket_time(times: &[f64], time: f64) -> (usize, usize, f32) {
    let last = times.len() - 1;
    let above = times.partition_point(|&t| t <= time).clamp(1, last.max(1)).min(last);
    let below = above.saturating_sub(1);
    let span = times[above] - times[below];
    let share =
        if span > 0.0 { ((time - times[below]) / span).clamp(0.0, 1.0) as f32 } else { 0.0 };
    (below, above, share)
}

/// Mean horizontal facing direction of the athlete: up × the line from left to right hip and
/// shoulder. +X if neither pair is seen.
fn facing_direction(body: &Recording, start: usize, end: usize) -> [f64; 3] {
    let mut right = [0.0; 3];
    for frame in start..=end {
        for (a, b) in [(Part::LeftHip, Part::RightHip), (Part::LeftShoulder, Part::RightShoulder)] {
            let line = sub(body.position_at(frame, b.index()), body.position_at(frame, a.index()));
            if line[0].is_finite() {
                right = vector::add(right, [line[0], 0.0, line[2]]);
            }
        }
    }
    if norm(right) < 1e-9 { [1.0, 0.0, 0.0] } else { cross([0.0, 1.0, 0.0], unit_vector(right)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::simulated_motion;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    #[test]
    fn a_motion_knows_neither_place_nor_facing_nor_size() {
        let set = SimulatedSet { repetitions: 1, ..SimulatedSet::new(Exercise::Squat) };
        let original = simulated_motion(&set);
        let other = simulated_motion(&SimulatedSet { facing_deg: 130.0, height_m: 1.95, ..set });
        // The simulator is exact; single precision is the only difference.
        let apart = original
            .positions
            .iter()
            .zip(&other.positions)
            .flat_map(|(a, b)| [0, 1, 2].map(|k| (a[k] - b[k]).abs()));
        assert!(apart.fold(0.0, f32::max) < 1e-5);
    }

    #[test]
    fn the_pelvis_does_not_jump_where_an_ankle_is_hidden() {
        let mut body = SimulatedSet { repetitions: 1, ..SimulatedSet::new(Exercise::Squat) }
            .simulate()
            .recording
            .to_body()
            .recording;
        let last = body.frame_count() - 1;
        let heights = |motion: &Motion| -> Vec<f32> {
            motion
                .positions
                .iter()
                .skip(part_index(Part::Pelvis))
                .step_by(PARTS.len())
                .map(|p| p[1])
                .collect()
        };
        let whole = heights(&Motion::new(&body, 0, last).unwrap());
        for frame in (0..=last).filter(|frame| frame % 3 != 1) {
            let ankle = frame * body.joint_count() + Part::LeftAnkle.index();
            body.position[ankle] = [f64::NAN; 3];
        }
        // The simulated feet stand still, so nothing changes.
        let hidden = heights(&Motion::new(&body, 0, last).unwrap());
        assert!(
            whole.iter().zip(&hidden).all(|(a, b)| (a - b).abs() < 1e-5),
            "{whole:?}\n{hidden:?}"
        );
    }

    #[test]
    fn nothing_seen_is_no_motion() {
        let mut body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
        assert!(Motion::new(&body, 5, 5).is_none());
        body.position.fill([f64::NAN; 3]);
        assert!(Motion::new(&body, 0, 50).is_none());
    }

    #[test]
    fn between_frames_is_between_positions() {
        let motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let n = PARTS.len();
        let mut out = vec![([0.0; 3], 0.0); n];
        motion.sample_at(0.5 * (motion.time[3] + motion.time[4]), &mut out);
        for (part, (p, sure)) in out.iter().enumerate() {
            let middle =
                0.5 * (motion.positions[3 * n + part][1] + motion.positions[4 * n + part][1]);
            assert!((p[1] - middle).abs() < 1e-6 && *sure == 1.0);
        }
        motion.sample_at(1e9, &mut out);
        let last = motion.positions[(motion.time.len() - 1) * n + 5];
        assert!((0..3).all(|k| (out[5].0[k] - last[k]).abs() < 1e-6), "held at the end");
    }
}
