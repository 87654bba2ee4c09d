//! From a repetition to tokens: body part × stretch of time.

use agoge_motion::vector::{add, cross, dot, norm, scale, sub, unit};
use agoge_motion::{Part, Recording};
use fastrand::Rng;

/// The parts that become tokens, in token order: those that nearly every source measures.
pub const PARTS: [Part; 17] = [
    Part::Pelvis,
    Part::Neck,
    Part::Head,
    Part::LeftShoulder,
    Part::RightShoulder,
    Part::LeftElbow,
    Part::RightElbow,
    Part::LeftWrist,
    Part::RightWrist,
    Part::LeftHip,
    Part::RightHip,
    Part::LeftKnee,
    Part::RightKnee,
    Part::LeftAnkle,
    Part::RightAnkle,
    Part::LeftBigToe,
    Part::RightBigToe,
];

/// Stretches of time a repetition is cut into: its cycle is normalised, so that a slow and a quick repetition have the same tokens; how long it
/// lasted is a channel.
pub const PATCHES: usize = 8;
/// Samples in a stretch.
const SAMPLES: usize = 4;
/// Channels of a token: the positions of its samples, the mean direction of its bone, and the logarithm of the repetition's length.
pub const CHANNELS: usize = 3 * SAMPLES + 3 + 1;
/// Samples that are kept of a repetition before augmentation cuts them down.
const KEPT: usize = 64;

/// A repetition for training or evaluation.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Who moves.
    pub athlete: String,
    /// The movement's name.
    pub movement: String,
    /// Whether it was done correctly, if somebody judged it.
    pub label: Option<bool>,
    /// What was recorded.
    pub motion: Motion,
}

/// A repetition brought to the athlete's own frame: the origin at the pelvis of the first frame, facing +X, in trunk lengths.
#[derive(Clone, Debug, PartialEq)]
pub struct Motion {
    /// Positions, `[sample, part]`: of the pelvis from where it began, of the others from the pelvis. NaN is missing.
    positions: Vec<[f64; 3]>,
    /// How long it lasted, s.
    duration_s: f64,
}

impl Motion {
    /// The repetition of a recording on the body skeleton between two frames, both included; none if pelvis and neck are never seen together there. In two
    /// dimensions depth is zero and the facing stays as it is.
    pub fn new(body: &Recording, start: usize, end: usize) -> Option<Motion> {
        let end = end.min(body.frames().checked_sub(1)?);
        if start >= end {
            return None;
        }
        let is_3d = body.space.is_3d();
        let at = |frame: usize, part: Part| {
            let p = body.at(frame, part.index());
            if is_3d { p } else { [p[0], p[1], 0.0] }
        };
        let mut trunks: Vec<f64> =
            (start..=end).map(|f| norm(sub(at(f, Part::Neck), at(f, Part::Pelvis)))).filter(|l| *l > 1e-9).collect();
        trunks.sort_by(f64::total_cmp);
        let trunk = *trunks.get(trunks.len() / 2)?;
        let origin = (start..=end).map(|f| at(f, Part::Pelvis)).find(|p| p[0].is_finite())?;
        let forward = if is_3d { forward(body, start, end) } else { [1.0, 0.0, 0.0] };
        let right = cross(forward, [0.0, 1.0, 0.0]);
        let own = |v: [f64; 3]| {
            let v = scale(v, 1.0 / trunk);
            if is_3d { [dot(v, forward), v[1], dot(v, right)] } else { v }
        };
        let mut positions = Vec::with_capacity(KEPT * PARTS.len());
        for sample in 0..KEPT {
            let time = start as f64 + (end - start) as f64 * sample as f64 / (KEPT - 1) as f64;
            let (low, share) = (time.floor() as usize, time.fract());
            let between = |part: Part| {
                let (p, q) = (at(low, part), at((low + 1).min(end), part));
                if share == 0.0 { p } else { add(p, scale(sub(q, p), share)) }
            };
            let pelvis = between(Part::Pelvis);
            for part in PARTS {
                let from = if part == Part::Pelvis { origin } else { pelvis };
                positions.push(own(sub(between(part), from)));
            }
        }
        Some(Motion { positions, duration_s: body.time[end] - body.time[start] })
    }

    /// The tokens, `[patch, part, channel]` flattened, and which parts are seen, `[part]`.
    pub fn tokens(&self) -> (Vec<f32>, Vec<bool>) {
        self.sampled(0.0, 1.0, |_, p| p, 0.0)
    }

    /// Tokens of a varied repetition: cut, turned, stretched and shaken by a little, as another athlete or camera would have it.
    pub fn varied(&self, rng: &mut Rng) -> (Vec<f32>, Vec<bool>) {
        let spread = |rng: &mut Rng, width: f64| (2.0 * rng.f64() - 1.0) * width;
        let (from, to) = (0.08 * rng.f64(), 1.0 - 0.08 * rng.f64());
        let (sin, cos) = spread(rng, 0.3).sin_cos();
        let size = [1.0 + spread(rng, 0.06), 1.0 + spread(rng, 0.06), 1.0 + spread(rng, 0.06)];
        let tempo = spread(rng, 0.15);
        let noise: Vec<[f64; 3]> = (0..PARTS.len()).map(|_| [0; 3].map(|_| spread(rng, 0.03))).collect();
        let vary = |part: usize, p: [f64; 3]| {
            let p = add(p, noise[part]);
            [size[0] * (cos * p[0] + sin * p[2]), size[1] * p[1], size[2] * (cos * p[2] - sin * p[0])]
        };
        self.sampled(from, to, vary, tempo)
    }

    fn sampled(
        &self,
        from: f64,
        to: f64,
        vary: impl Fn(usize, [f64; 3]) -> [f64; 3],
        tempo: f64,
    ) -> (Vec<f32>, Vec<bool>) {
        let parts = PARTS.len();
        let seen: Vec<bool> = (0..parts)
            .map(|part| (0..KEPT).any(|sample| self.positions[sample * parts + part][0].is_finite()))
            .collect();
        let total = PATCHES * SAMPLES;
        let at = |sample: usize, part: usize| {
            let time = (from + (to - from) * sample as f64 / (total - 1) as f64) * (KEPT - 1) as f64;
            let (low, share) = (time.floor() as usize, time.fract());
            let (p, q) = (self.positions[low * parts + part], self.positions[(low + 1).min(KEPT - 1) * parts + part]);
            let p = if share == 0.0 || !q[0].is_finite() { p } else { add(p, scale(sub(q, p), share)) };
            vary(part, if p[0].is_finite() { p } else { [0.0; 3] })
        };
        let length = (self.duration_s * (to - from)).max(0.05).ln() + tempo;
        let mut tokens = Vec::with_capacity(PATCHES * parts * CHANNELS);
        for patch in 0..PATCHES {
            for part in 0..parts {
                let samples: Vec<[f64; 3]> = (0..SAMPLES).map(|i| at(patch * SAMPLES + i, part)).collect();
                tokens.extend(samples.iter().flatten().map(|v| *v as f32));
                let above = parent(part);
                let middle = patch * SAMPLES + SAMPLES / 2;
                let bone = sub(at(middle, part), if above == 0 { [0.0; 3] } else { at(middle, above) });
                let long = norm(bone);
                tokens.extend(bone.map(|v| if long > 1e-9 { (v / long) as f32 } else { 0.0 }));
                tokens.push(length as f32);
            }
        }
        (tokens, seen)
    }
}

/// The token of the nearest part up the body.
fn parent(part: usize) -> usize {
    let mut up = PARTS[part].parent();
    loop {
        if let Some(index) = PARTS.iter().position(|other| *other == up) {
            return index;
        }
        up = up.parent();
    }
}

/// Where the athlete faces on average, level: up × the line from left to right hip and shoulder. +X if neither is seen.
fn forward(body: &Recording, start: usize, end: usize) -> [f64; 3] {
    let mut right = [0.0; 3];
    for frame in start..=end {
        for (a, b) in [(Part::LeftHip, Part::RightHip), (Part::LeftShoulder, Part::RightShoulder)] {
            let line = sub(body.at(frame, b.index()), body.at(frame, a.index()));
            if line[0].is_finite() {
                right = add(right, [line[0], 0.0, line[2]]);
            }
        }
    }
    if norm(right) < 1e-9 { [1.0, 0.0, 0.0] } else { cross([0.0, 1.0, 0.0], unit(right)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::simulate::{Exercise, Set};

    fn tokens(set: Set) -> Vec<f32> {
        let simulation = set.simulate();
        let [start, _, end] = simulation.truth.repetitions[0];
        Motion::new(&simulation.recording.to_body().recording, start, end).unwrap().tokens().0
    }

    #[test]
    fn tokens_know_neither_place_nor_facing_nor_size() {
        let plain = Set { repetitions: 1, ..Set::new(Exercise::Squat) };
        let one = tokens(plain.clone());
        assert_eq!(one.len(), PATCHES * PARTS.len() * CHANNELS);
        let other = tokens(Set { facing_deg: 130.0, height_m: 1.95, ..plain });
        // The simulator is exact; single precision is the only difference.
        assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn nothing_seen_is_no_motion() {
        let mut body = Set::new(Exercise::Squat).simulate().recording.to_body().recording;
        assert!(Motion::new(&body, 5, 5).is_none());
        body.position.fill([f64::NAN; 3]);
        assert!(Motion::new(&body, 0, 50).is_none());
    }
}
