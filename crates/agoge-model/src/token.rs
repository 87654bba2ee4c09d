//! Converts a motion to tokens: body part × time interval.

mod sensor;

pub use sensor::{SAMPLE_CHANNELS, SENSOR_CHANNELS, SensorTokens};

use crate::motion::Motion;
use crate::sensor::Inertial;
use agoge_motion::Part;
use fastrand::Rng;
use sensor::{SENSOR_SAMPLE_S, SensorTokenizer};
use std::ops::Range;

/// The parts that become tokens, in token order: those measured by nearly every source.
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

/// Number of tokens per instant: the parts, then the worn sensor.
pub const SLOTS: usize = PARTS.len() + 1;
/// Index of the worn sensor's slot.
pub const SENSOR_SLOT: usize = PARTS.len();

/// Number of instants at which a clip is sampled, evenly spaced. Each has one token per part;
/// rotary positions give attention the seconds between them.
pub const TIMES: usize = 12;
/// Positions per token: at its instant and at three earlier times.
pub const SAMPLES: usize = 4;
/// Time between the positions of a token, s. A token thus covers 0.2 s whatever the token rate, so
/// the same weights read a clip and a live stream.
pub const SAMPLE_S: f64 = 1.0 / 15.0;
/// Factor that brings displacements within a token to the scale of positions.
const DISPLACEMENT_SCALE: f32 = 4.0;
/// Motion channels of a token, which pre-training reconstructs: position and three backward
/// displacements.
pub const MOTION_CHANNELS: usize = 3 * SAMPLES;
/// Index of the confidence channel; zero where the part was not seen.
pub const CONFIDENCE_CHANNEL: usize = MOTION_CHANNELS + 3;
/// Channels of a token: motion, bone direction, confidence, whether depth is known, phase of the
/// repetition (cosine, sine, known), logarithm of its duration in seconds.
pub const CHANNELS: usize = MOTION_CHANNELS + 3 + 1 + 1 + 3 + 1;

/// A repetition for training or evaluation.
#[derive(Clone, Debug)]
pub struct LabelledClip {
    /// Name of the athlete.
    pub athlete: String,
    /// The movement's name.
    pub movement: String,
    /// Quality label, 0 (incorrect) to 1 (correct), if the repetition was judged.
    pub label: Option<f32>,
    /// The recorded motion.
    pub motion: Motion,
}

impl LabelledClip {
    /// Whether the label is closer to correct than to incorrect, if the repetition was judged.
    pub fn is_correct(&self) -> Option<bool> {
        self.label.map(|label| label > 0.5)
    }

    /// Target of quality training, if the repetition was judged: 2 · label − 1, so correct is 1 and
    /// incorrect −1.
    pub fn quality_target(&self) -> Option<f64> {
        self.label.map(|label| 2.0 * f64::from(label) - 1.0)
    }

    /// Index of its movement in `movements`.
    pub fn class_index(&self, movements: &[String]) -> Option<usize> {
        movements.iter().position(|name| *name == self.movement)
    }
}

/// The tokens of one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipTokens {
    /// `[time, part, channel]`, flattened.
    pub values: Vec<f32>,
    /// Tokens of the worn sensor, if there was one.
    pub sensor: Option<SensorTokens>,
    /// True for parts that are never seen and, in the last slot, if no sensor was worn, `[slot]`.
    pub hidden: Vec<bool>,
    /// Time stamps in seconds, `[time]`.
    pub times: Vec<f32>,
}

/// Sensor channels if no sensor was worn.
static NO_SENSOR: [f32; TIMES * SENSOR_CHANNELS] = [0.0; TIMES * SENSOR_CHANNELS];

impl ClipTokens {
    /// Sensor channels, `[time, channel]`; zero if no sensor was worn.
    pub fn sensor_values(&self) -> &[f32] {
        self.sensor.as_ref().map_or(&NO_SENSOR, |worn| &worn.values)
    }

    /// Index in [`PARTS`] of the part that carries the sensor; 0 if no sensor was worn.
    pub fn carrier_index(&self) -> usize {
        self.sensor.as_ref().map_or(0, |worn| worn.carrier)
    }

    /// The tokens as if no sensor had been worn.
    pub fn without_sensor(mut self) -> ClipTokens {
        self.hidden[SENSOR_SLOT] = true;
        ClipTokens { sensor: None, ..self }
    }
}

/// Range of slots visible in some clip, so that a body or sensor absent from all of them costs
/// nothing.
pub fn visible_slots(clips: &[ClipTokens]) -> Range<usize> {
    let (mut body, mut sensor) = (false, false);
    for clip in clips {
        body |= clip.hidden[..SENSOR_SLOT].contains(&false);
        sensor |= !clip.hidden[SENSOR_SLOT];
    }
    if sensor && !body { SENSOR_SLOT..SLOTS } else { 0..if sensor { SLOTS } else { SENSOR_SLOT } }
}

/// Random transformation of a clip before it is converted to tokens.
#[derive(Clone, Debug)]
struct ClipVariation {
    /// Positions of the first and last token, as fractions of the clip.
    ends: [f64; 2],
    /// Seconds of tokens per second of the clip.
    tempo: f64,
    /// Matrix applied to positions: rotation about the vertical and stretching along the axes.
    matrix: [[f32; 3]; 3],
    /// Offset of each part, mimicking another body or sensor, `[part]`.
    offsets: [[f32; 3]; PARTS.len()],
    /// Hidden parts, `[part]`.
    dropped: [bool; PARTS.len()],
    /// Whether depth is removed, as with a single camera.
    flat: bool,
    /// Whether left and right are swapped.
    mirrored: bool,
    /// Whether the phase of the repetition is included; a live stream does not know it.
    has_phase: bool,
}

impl ClipVariation {
    fn no_change() -> ClipVariation {
        ClipVariation {
            ends: [0.0, 1.0],
            tempo: 1.0,
            matrix: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            offsets: [[0.0; 3]; PARTS.len()],
            dropped: [false; PARTS.len()],
            flat: false,
            mirrored: false,
            has_phase: true,
        }
    }

    /// Draws a small random variation, mimicking another athlete, sensor or camera.
    fn draw_random(rng: &mut Rng, augment: &Augmentation) -> ClipVariation {
        let mut spread = |width: f64| (2.0 * rng.f64() - 1.0) * width;
        let (sin, cos) = spread(0.3).sin_cos();
        let (sx, sy, sz) = (1.0 + spread(0.06), 1.0 + spread(0.06), 1.0 + spread(0.06));
        let tempo = spread(0.15).exp();
        let offsets = [(); PARTS.len()].map(|()| [(); 3].map(|()| spread(0.03) as f32));
        let flat = rng.f64() < augment.flat;
        // A camera may stand anywhere around the athlete.
        let (sin, cos) =
            if flat { (std::f64::consts::TAU * rng.f64()).sin_cos() } else { (sin, cos) };
        let drops = rng.f64() < augment.drop;
        let dropped = [(); PARTS.len()].map(|()| drops && rng.f64() < 0.15);
        ClipVariation {
            ends: [0.08 * rng.f64(), 1.0 - 0.08 * rng.f64()],
            tempo,
            matrix: [
                [(sx * cos) as f32, 0.0, (sx * sin) as f32],
                [0.0, sy as f32, 0.0],
                [(-sz * sin) as f32, 0.0, (sz * cos) as f32],
            ],
            offsets,
            dropped,
            flat,
            mirrored: rng.f64() < augment.mirror,
            has_phase: rng.f64() >= augment.live,
        }
    }
}

/// Probabilities of the augmentations applied to clips during training, each 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Augmentation {
    /// Depth is removed, viewed from a random side.
    pub flat: f64,
    /// Some parts are hidden.
    pub drop: f64,
    /// Left and right are swapped (only where the movement's name has no side).
    pub mirror: f64,
    /// The phase of the repetition is left out, and attention looks back only.
    pub live: f64,
    /// Either the body or the worn sensor is hidden, with equal probability, if both are present.
    pub sense: f64,
}

impl Motion {
    /// The tokens of the whole clip.
    pub fn to_tokens(&self) -> ClipTokens {
        self.tokens_with_variation(&ClipVariation::no_change(), self.sensor.as_ref())
    }

    /// Tokens of a randomly varied clip: cut, rotated, stretched and perturbed slightly, mimicking
    /// another athlete, camera or strap.
    pub fn varied_tokens(&self, rng: &mut Rng, augment: &Augmentation) -> ClipTokens {
        let mut vary = ClipVariation::draw_random(rng, augment);
        let mut worn = self.sensor.as_ref().map(|sensor| {
            let sensor = sensor.with_variation(rng, vary.tempo);
            if vary.mirrored { sensor.mirrored() } else { sensor }
        });
        if worn.is_some() && self.has_body() && rng.f64() < augment.sense {
            if rng.bool() {
                worn = None;
            } else {
                vary.dropped = [true; PARTS.len()];
            }
        }
        self.tokens_with_variation(&vary, worn.as_ref())
    }

    /// The motion itself with the same variation, for methods that take no tokens.
    pub fn varied_motion(&self, rng: &mut Rng, augment: &Augmentation) -> Motion {
        let vary = ClipVariation::draw_random(rng, augment);
        let [first, last] = vary.ends.map(|share| share * self.duration_s());
        let varied_time = |time: f64| (time - first) * vary.tempo;
        let mut motion = Motion {
            positions: Vec::new(),
            confidence: Vec::new(),
            is_3d: self.is_3d && !vary.flat,
            ..self.clone()
        };
        let mut sample = [([0.0f32; 3], 0.0f32); PARTS.len()];
        for (frame, out) in motion.time.iter_mut().enumerate() {
            let time = first + (last - first) * frame as f64 / (self.time.len().max(2) - 1) as f64;
            *out = varied_time(time);
            self.sample_at(time, &mut sample);
            for (part, name) in PARTS.iter().enumerate() {
                let (p, sure) =
                    sample[if vary.mirrored { part_index(name.mirror()) } else { part }];
                let sure = if vary.dropped[part] { 0.0 } else { sure };
                motion.positions.push(apply_variation(p, part, sure, &vary));
                motion.confidence.push(sure);
            }
        }
        motion.sensor = self.sensor.as_ref().map(|sensor| {
            let sensor = sensor.with_variation(rng, vary.tempo);
            if vary.mirrored { sensor.mirrored() } else { sensor }
        });
        motion
    }

    fn tokens_with_variation(&self, vary: &ClipVariation, worn: Option<&Inertial>) -> ClipTokens {
        let parts = PARTS.len();
        let from: [usize; PARTS.len()] = std::array::from_fn(|part| {
            if vary.mirrored { part_index(PARTS[part].mirror()) } else { part }
        });
        let seen = self.seen_parts();
        let mut hidden: Vec<bool> =
            (0..parts).map(|part| !seen[from[part]] || vary.dropped[part]).collect();
        hidden.push(worn.is_none());
        let [first, last] = vary.ends.map(|share| share * self.duration_s());
        let length = ((last - first) * vary.tempo).max(0.05);
        let is_3d = self.is_3d && !vary.flat;
        let mut reader = worn.map(|sensor| SensorTokenizer::new(sensor, first));
        let mut sample = vec![([0.0f32; 3], 0.0f32); parts];
        let mut patch = vec![([0.0f32; 3], 0.0f32); SAMPLES * parts];
        let mut values = Vec::with_capacity(TIMES * parts * CHANNELS);
        let mut times = Vec::with_capacity(TIMES);
        for step in 0..TIMES {
            let share = step as f64 / (TIMES - 1) as f64;
            let time = first + (last - first) * share;
            times.push((share * length) as f32);
            for back in 0..SAMPLES {
                self.sample_at(time - back as f64 * SAMPLE_S / vary.tempo, &mut sample);
                for part in 0..parts {
                    let (p, sure) = sample[from[part]];
                    let sure = if vary.dropped[part] { 0.0 } else { sure };
                    patch[back * parts + part] = (apply_variation(p, part, sure, vary), sure);
                }
            }
            let (sin, cos) = (std::f64::consts::PI * share).sin_cos();
            let cycle = if vary.has_phase { [cos as f32, sin as f32, 1.0] } else { [0.0; 3] };
            let length = if vary.has_phase { length.ln() as f32 } else { 0.0 };
            push_tokens(&patch, is_3d, cycle, length, &mut values);
            if let Some(reader) = &mut reader {
                reader.push_token(time, SENSOR_SAMPLE_S / vary.tempo, cycle, length);
            }
        }
        ClipTokens { values, sensor: reader.map(SensorTokenizer::into_tokens), hidden, times }
    }
}

/// Applies a variation to a position; zero for a missing part.
fn apply_variation(p: [f32; 3], part: usize, sure: f32, vary: &ClipVariation) -> [f32; 3] {
    if sure == 0.0 {
        return [0.0; 3];
    }
    let p = if vary.mirrored { [p[0], p[1], -p[2]] } else { p };
    let p: [f32; 3] = std::array::from_fn(|k| p[k] + vary.offsets[part][k]);
    let [x, y, z] = vary.matrix.map(|row| row[0] * p[0] + row[1] * p[1] + row[2] * p[2]);
    [x, y, if vary.flat { 0.0 } else { z }]
}

/// Appends the tokens of one instant. Shapes: `patch` is `[back, part]`, the newest first; `values`
/// grows by `[part, channel]`.
pub fn push_tokens(
    patch: &[([f32; 3], f32)],
    is_3d: bool,
    cycle: [f32; 3],
    length: f32,
    values: &mut Vec<f32>,
) {
    let parts = PARTS.len();
    for part in 0..parts {
        let at = |back: usize| patch[back * parts + part];
        let (now, sure) = at(0);
        values.extend(now);
        for back in 1..SAMPLES {
            let ((p, newer), (q, older)) = (at(back - 1), at(back));
            let both = newer > 0.0 && older > 0.0;
            values.extend(
                [0, 1, 2].map(|k| if both { DISPLACEMENT_SCALE * (p[k] - q[k]) } else { 0.0 }),
            );
        }
        let up = ancestor_index(part);
        let (root, known) = if up == 0 || up == part { ([0.0; 3], 1.0) } else { patch[up] };
        let bone: [f32; 3] = std::array::from_fn(|k| now[k] - root[k]);
        let long = bone.iter().map(|v| v * v).sum::<f32>().sqrt();
        let whole = sure > 0.0 && known > 0.0 && long > 1e-6;
        values.extend(bone.map(|v| if whole { v / long } else { 0.0 }));
        values.push(sure);
        values.push(if is_3d { 1.0 } else { 0.0 });
        values.extend(cycle);
        values.push(length);
    }
}

/// Token index of a part.
pub fn part_index(part: Part) -> usize {
    PARTS.iter().position(|other| *other == part).unwrap_or(0)
}

/// Token index of the nearest ancestor that has a token.
fn ancestor_index(part: usize) -> usize {
    let mut up = PARTS[part].parent();
    loop {
        if let Some(index) = PARTS.iter().position(|other| *other == up) {
            return index;
        }
        up = up.parent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::simulated_motion;
    use crate::simulated::simulated_sensor;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    #[test]
    fn the_frame_rate_does_not_matter() {
        let set =
            SimulatedSet { repetitions: 1, rate_hz: 60.0, ..SimulatedSet::new(Exercise::Squat) };
        let fast = simulated_motion(&set).to_tokens();
        assert_eq!(fast.values.len(), TIMES * PARTS.len() * CHANNELS);
        let slow = simulated_motion(&SimulatedSet { rate_hz: 25.0, ..set }).to_tokens();
        // A squat's knee moves by at most 0.1 trunk lengths between two frames of 25 Hz;
        // repetitions begin up to a frame apart.
        let apart =
            fast.values.iter().zip(&slow.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 0.3, "{apart}");
    }

    #[test]
    fn a_varied_motion_has_the_tokens_of_its_variation() {
        let motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let augment = Augmentation { flat: 0.0, drop: 1.0, mirror: 1.0, live: 0.0, sense: 0.0 };
        let tokens = motion.varied_tokens(&mut Rng::with_seed(4), &augment);
        let varied = motion.varied_motion(&mut Rng::with_seed(4), &augment).to_tokens();
        assert_eq!(tokens.hidden, varied.hidden);
        // The frames are at other times, so the linear interpolation differs, and before the first
        // frame values are held constant.
        for (a, b) in tokens.values.chunks(CHANNELS).zip(varied.values.chunks(CHANNELS)) {
            assert!(a[..3].iter().zip(&b[..3]).all(|(a, b)| (a - b).abs() < 0.02), "{a:?} {b:?}");
        }
        assert!(tokens.times.iter().zip(&varied.times).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn a_mirrored_squat_is_a_squat() {
        let motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let mirrored = motion.tokens_with_variation(
            &ClipVariation { mirrored: true, ..ClipVariation::no_change() },
            None,
        );
        let original = motion.to_tokens();
        let apart = original
            .values
            .iter()
            .zip(&mirrored.values)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        // The simulated squat is symmetric except for its variation of 1 degree.
        assert!(apart < 0.1, "{apart}");
    }

    #[test]
    fn a_hidden_part_is_zero_and_one_camera_has_no_depth() {
        let motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let mut dropped = [false; PARTS.len()];
        dropped[8] = true;
        let tokens = motion.tokens_with_variation(
            &ClipVariation { dropped, flat: true, ..ClipVariation::no_change() },
            None,
        );
        assert!(tokens.hidden[8] && !tokens.hidden[7]);
        for token in tokens.values.chunks(CHANNELS).skip(8).step_by(PARTS.len()) {
            assert!(token[..MOTION_CHANNELS + 4].iter().all(|v| *v == 0.0));
        }
        for token in tokens.values.chunks(CHANNELS) {
            assert!(
                token[..MOTION_CHANNELS].iter().skip(2).step_by(3).all(|v| *v == 0.0)
                    && token[MOTION_CHANNELS + 4] == 0.0
            );
        }
    }

    #[test]
    fn of_body_and_sensor_one_is_hidden_now_and_then_and_never_both() {
        let mut motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let alone = motion.clone();
        motion.sensor =
            Some(simulated_sensor(motion.duration_s(), |t| [0.0, t.sin(), 1.0, t, 0.0, 0.0]));
        let augment = Augmentation { flat: 0.0, drop: 0.0, mirror: 0.5, live: 0.0, sense: 0.4 };
        let mut rng = Rng::with_seed(3);
        let (mut bodies, mut sensors) = (0, 0);
        for seed in 0..200 {
            let tokens = motion.varied_tokens(&mut rng, &augment);
            let (body, sensor) =
                (tokens.hidden[..SENSOR_SLOT].contains(&false), !tokens.hidden[SENSOR_SLOT]);
            assert!((body || sensor) && sensor == tokens.sensor.is_some());
            bodies += usize::from(!body);
            sensors += usize::from(!sensor);
            // The body is varied as if no sensor were worn, and is never hidden if it is alone.
            let varied = |motion: &Motion| {
                motion.varied_tokens(
                    &mut Rng::with_seed(seed),
                    &Augmentation { sense: 0.0, ..augment },
                )
            };
            assert_eq!(varied(&motion).values, varied(&alone).values);
            assert!(
                !alone
                    .varied_tokens(&mut rng, &Augmentation { sense: 1.0, ..augment })
                    .hidden
                    .starts_with(&[true; SENSOR_SLOT])
            );
        }
        // A fifth of 200 each; the bounds are three standard deviations away.
        assert!((23..=57).contains(&bodies) && (23..=57).contains(&sensors), "{bodies} {sensors}");
    }

    #[test]
    fn slots_that_no_clip_shows_are_left_out() {
        let mut motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let body = motion.to_tokens();
        motion.sensor = Some(simulated_sensor(2.0, |_| [0.0; 6]));
        let (both, sensor) = (motion.to_tokens(), motion.without_body().to_tokens());
        assert_eq!(visible_slots(&[body.clone(), both.clone().without_sensor()]), 0..SENSOR_SLOT);
        assert_eq!(visible_slots(&[sensor.clone(), sensor.clone()]), SENSOR_SLOT..SLOTS);
        assert_eq!((visible_slots(&[both]), visible_slots(&[body, sensor])), (0..SLOTS, 0..SLOTS));
    }
}
