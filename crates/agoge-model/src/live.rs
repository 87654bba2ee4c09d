//! Converts the frames of a camera or motion capture system to a live stream of tokens. The
//! athlete's own coordinate frame is estimated from past frames only.

use crate::error::ModelError;
use crate::stream::{StreamState, StreamingEncoder};
use crate::token::{self, CHANNELS, PARTS, SAMPLE_S, SAMPLES};
use agoge_motion::vector::{add, cross, dot, norm, scale, sub, unit_vector};
use agoge_motion::{Part, Skeleton, Space};

/// Time constant of the smoothed facing and size of the athlete, s.
const SMOOTHING_S: f64 = 1.0;
/// Frames kept for the displacements within a token: 0.2 s at 120 frames per second, plus one.
const REMEMBERED: usize = 26;

/// Where the position of a part comes from.
#[derive(Clone, Copy, Debug)]
enum PartSource {
    Joint(usize),
    Midpoint(usize, usize),
    Nothing,
}

/// Position and confidence (0 is missing) of every part in a frame.
type PartFrame = [([f64; 3], f32); PARTS.len()];

/// A live stream of frames of one skeleton. Frames may be lost, the clock may be irregular, joints
/// may come and go.
#[derive(Debug)]
pub struct LiveStream {
    encoder: StreamingEncoder,
    sources: [PartSource; PARTS.len()],
    joints: usize,
    is_3d: bool,
    /// Past frames, newest last: time and, per part, position in the source's axes relative to the
    /// pelvis (the pelvis relative to the ankles) and confidence.
    past: Vec<(f64, PartFrame)>,
    /// Smoothed direction to the athlete's right.
    right: [f64; 3],
    /// Smoothed length of the trunk.
    trunk: f64,
    /// Midpoint of the ankles when both were last seen; until then the pelvis's first position.
    ground: Option<[f64; 3]>,
    values: Vec<f32>,
    patch: Vec<([f32; 3], f32)>,
}

impl LiveStream {
    /// A stream of a skeleton's frames into an encoder ([`crate::Model::start_stream`]).
    pub fn new(encoder: StreamingEncoder, skeleton: &Skeleton, space: Space) -> LiveStream {
        let joint = |part: Part| skeleton.joint_for_part(part);
        let middle = |a: Part, b: Part| match (joint(a), joint(b)) {
            (Some(a), Some(b)) => PartSource::Midpoint(a, b),
            _ => PartSource::Nothing,
        };
        let sources = PARTS.map(|part| match (joint(part), part) {
            (Some(joint), _) => PartSource::Joint(joint),
            (None, Part::Pelvis) => middle(Part::LeftHip, Part::RightHip),
            (None, Part::Neck) => middle(Part::LeftShoulder, Part::RightShoulder),
            (None, Part::Head) => middle(Part::LeftEar, Part::RightEar),
            _ => PartSource::Nothing,
        });
        LiveStream {
            encoder,
            sources,
            joints: skeleton.len(),
            is_3d: space.is_3d(),
            past: Vec::with_capacity(REMEMBERED),
            right: [0.0; 3],
            trunk: 0.0,
            ground: None,
            values: Vec::with_capacity(PARTS.len() * CHANNELS),
            patch: vec![([0.0; 3], 0.0); SAMPLES * PARTS.len()],
        }
    }

    /// The output for the newest frame.
    pub fn state(&self) -> &StreamState {
        self.encoder.state()
    }

    /// Processes a frame: positions `[joint]` (NaN is missing; Y up, m or px as the space says),
    /// confidences `[joint]`, its time in seconds.
    ///
    /// # Errors
    /// If the number of joints does not match, or the time is not after that of the previous frame;
    /// the stream is then unchanged.
    pub fn push(
        &mut self,
        positions: &[[f64; 3]],
        confidence: &[f32],
        time_s: f64,
    ) -> Result<&StreamState, ModelError> {
        let fault = |what: String, hint| Err(ModelError::Stream { what, hint });
        if positions.len() != self.joints || confidence.len() != self.joints {
            let what =
                format!("{} positions and {} confidences", positions.len(), confidence.len());
            return fault(
                format!("{what} for a skeleton of {} joints", self.joints),
                "send every joint in every frame",
            );
        }
        let last = self.past.last().map_or(f64::NEG_INFINITY, |(time, _)| *time);
        if !time_s.is_finite() || time_s <= last {
            return fault(
                format!("time {time_s} s after {last} s"),
                "leave out frames that come late",
            );
        }
        let mut frame =
            self.sources.map(|origin| self.source_position(origin, positions, confidence));
        self.smooth_orientation(&frame, time_s - last);
        let pelvis = part_position(&frame, Part::Pelvis);
        let ankles =
            (part_position(&frame, Part::LeftAnkle), part_position(&frame, Part::RightAnkle));
        self.ground = match ankles {
            (Some(left), Some(right)) => Some(scale(add(left, right), 0.5)),
            _ => self.ground.or(pelvis),
        };
        for (part, (p, sure)) in PARTS.iter().zip(&mut frame) {
            match if *part == Part::Pelvis { self.ground } else { pelvis } {
                Some(from) => *p = sub(*p, from),
                // Without a pelvis there is no origin.
                None => *sure = 0.0,
            }
        }
        if self.past.len() == REMEMBERED {
            self.past.remove(0);
        }
        self.past.push((time_s, frame));
        let &StreamState { time_s: encoded_s, frames, .. } = self.encoder.state();
        if frames > 0 && time_s < encoded_s + self.encoder.live_config().step_s - 1e-9 {
            return Ok(self.encoder.state());
        }
        self.update_tokens(time_s);
        let mut hidden = [false; PARTS.len()];
        for (hidden, (_, sure)) in hidden.iter_mut().zip(&frame) {
            *hidden = *sure == 0.0;
        }
        Ok(self.encoder.push(&self.values, &hidden, time_s))
    }

    fn source_position(
        &self,
        origin: PartSource,
        positions: &[[f64; 3]],
        confidence: &[f32],
    ) -> ([f64; 3], f32) {
        let (p, sure) = match origin {
            PartSource::Joint(joint) => (positions[joint], confidence[joint]),
            PartSource::Midpoint(a, b) => {
                (scale(add(positions[a], positions[b]), 0.5), confidence[a].min(confidence[b]))
            }
            PartSource::Nothing => ([f64::NAN; 3], 0.0),
        };
        let p = if self.is_3d { p } else { [p[0], p[1], 0.0] };
        if p.iter().all(|v| v.is_finite()) { (p, sure.clamp(0.05, 1.0)) } else { ([0.0; 3], 0.0) }
    }

    /// Updates the smoothed facing and trunk length with the frame.
    fn smooth_orientation(&mut self, frame: &PartFrame, step_s: f64) {
        let share = if step_s.is_finite() { 1.0 - (-step_s / SMOOTHING_S).exp() } else { 1.0 };
        let mut right = [0.0; 3];
        for (a, b) in [(Part::LeftHip, Part::RightHip), (Part::LeftShoulder, Part::RightShoulder)] {
            if let (Some(a), Some(b)) = (part_position(frame, a), part_position(frame, b)) {
                right = add(right, [b[0] - a[0], 0.0, b[2] - a[2]]);
            }
        }
        if norm(right) > 1e-9 {
            let share = if norm(self.right) < 1e-9 { 1.0 } else { share };
            self.right = add(scale(self.right, 1.0 - share), scale(unit_vector(right), share));
        }
        if let (Some(neck), Some(pelvis)) =
            (part_position(frame, Part::Neck), part_position(frame, Part::Pelvis))
        {
            let trunk = norm(sub(neck, pelvis));
            let share = if self.trunk > 0.0 { share } else { 1.0 };
            self.trunk += share * (trunk - self.trunk);
        }
    }

    /// Writes the tokens of the newest frame to `values`.
    fn update_tokens(&mut self, time_s: f64) {
        let forward = if self.is_3d && norm(self.right) > 1e-9 {
            cross([0.0, 1.0, 0.0], unit_vector(self.right))
        } else {
            [1.0, 0.0, 0.0]
        };
        let right = cross(forward, [0.0, 1.0, 0.0]);
        let size = if self.trunk > 1e-9 { 1.0 / self.trunk } else { 0.0 };
        for back in 0..SAMPLES {
            let time = time_s - back as f64 * SAMPLE_S;
            let above = self.past.partition_point(|(t, _)| *t < time).min(self.past.len() - 1);
            let below = if self.past[above].0 > time { above.saturating_sub(1) } else { above };
            let (a, b) = (&self.past[below], &self.past[above]);
            let share = if b.0 > a.0 { ((time - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 0.0 };
            for part in 0..PARTS.len() {
                let ((p, p_sure), (q, q_sure)) = (a.1[part], b.1[part]);
                let (v, sure) = match (p_sure > 0.0, q_sure > 0.0) {
                    (true, true) => (add(p, scale(sub(q, p), share)), p_sure.min(q_sure)),
                    (true, false) => (p, p_sure),
                    (false, _) => (q, q_sure),
                };
                let v = scale(v, size);
                let v = if self.is_3d { [dot(v, forward), v[1], dot(v, right)] } else { v };
                let v = if sure > 0.0 { v.map(|v| v as f32) } else { [0.0; 3] };
                self.patch[back * PARTS.len() + part] = (v, sure);
            }
        }
        self.values.clear();
        token::push_tokens(&self.patch, self.is_3d, [0.0; 3], 0.0, &mut self.values);
    }
}

/// Position of a part, if it is seen.
fn part_position(frame: &PartFrame, part: Part) -> Option<[f64; 3]> {
    let (p, sure) = frame[PARTS.iter().position(|candidate| *candidate == part)?];
    (sure > 0.0).then_some(p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Card;
    use crate::size::EncoderSize;
    use crate::stream::LiveConfig;
    use crate::{Model, weights};
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    fn small_model() -> Model {
        let size = EncoderSize { width: 24, heads: 2, blocks: 1, feed_forward: 48, movements: 2 };
        let card = Card { movements: vec!["a".to_owned(), "b".to_owned()], ..Card::default() };
        Model::new(weights::seed_values(&size, 3), size, card, &[])
    }

    /// The output does not depend on where the athlete stands, how tall they are and which way they
    /// face.
    #[test]
    fn a_stream_knows_neither_place_nor_facing_nor_size() {
        let model = small_model();
        let run = |set: &SimulatedSet| {
            let recording = set.simulate().recording;
            let mut stream = LiveStream::new(
                model.start_stream(LiveConfig::default()),
                &recording.skeleton,
                recording.space,
            );
            for frame in 0..90 {
                let row = frame * recording.joint_count()..(frame + 1) * recording.joint_count();
                stream
                    .push(
                        &recording.position[row.clone()],
                        &recording.confidence[row],
                        recording.time[frame],
                    )
                    .unwrap();
            }
            stream.state().embedding.clone()
        };
        let plain =
            SimulatedSet { repetitions: 1, rate_hz: 30.0, ..SimulatedSet::new(Exercise::Squat) };
        let one = run(&plain);
        let other = run(&SimulatedSet { facing_deg: 77.0, height_m: 1.55, ..plain });
        // Single precision through three layers.
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-3));
    }

    #[test]
    fn the_pelvis_does_not_jump_where_an_ankle_is_hidden() {
        let recording = SimulatedSet { rate_hz: 30.0, ..SimulatedSet::new(Exercise::Squat) }
            .simulate()
            .recording;
        let ankle = recording.skeleton.joint_for_part(Part::LeftAnkle).unwrap();
        let mut stream = LiveStream::new(
            small_model().start_stream(LiveConfig::default()),
            &recording.skeleton,
            recording.space,
        );
        let mut heights = |hides: bool| -> Vec<f64> {
            let height = |frame: usize| {
                let row = frame * recording.joint_count()..(frame + 1) * recording.joint_count();
                let mut positions = recording.position[row.clone()].to_vec();
                if hides && frame % 2 == 1 {
                    positions[ankle] = [f64::NAN; 3];
                }
                let time = recording.time[frame] + if hides { 100.0 } else { 0.0 };
                stream.push(&positions, &recording.confidence[row], time).unwrap();
                part_position(&stream.past[stream.past.len() - 1].1, Part::Pelvis).unwrap()[1]
            };
            (0..60).map(height).collect()
        };
        let (whole, hidden) = (heights(false), heights(true));
        // The simulated feet stand still, so nothing changes.
        assert!(
            whole.iter().zip(&hidden).all(|(a, b)| (a - b).abs() < 1e-9),
            "{whole:?}\n{hidden:?}"
        );
    }

    #[test]
    fn late_frames_and_other_skeletons_are_refused_and_joints_may_vanish() {
        let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
        let mut stream = LiveStream::new(
            small_model().start_stream(LiveConfig::default()),
            &recording.skeleton,
            recording.space,
        );
        let n = recording.joint_count();
        let (p, c) = (&recording.position[..n], &recording.confidence[..n]);
        stream.push(p, c, 1.0).unwrap();
        assert!(stream.push(p, c, 1.0).unwrap_err().to_string().contains("hint"));
        assert!(stream.push(&p[1..], c, 2.0).is_err());
        assert!(stream.push(p, c, f64::NAN).is_err());
        let state = stream.push(&vec![[f64::NAN; 3]; n], c, 1.1).unwrap();
        assert!(state.embedding.iter().all(|v| v.is_finite()));
        assert_eq!(stream.push(p, c, 9.0).unwrap().frames, 1, "the window has moved on");
    }
}
