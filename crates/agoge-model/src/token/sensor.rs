//! Tokens of a worn sensor: its samples in the half second before an instant, in its own axes and
//! rotated so that up is known.

use super::PARTS;
use crate::sensor::{AXES, Inertial};
use agoge_motion::Part;
use agoge_motion::vector::{cross, dot, norm, unit_vector};
use fastrand::Rng;

/// Samples per sensor token: the one at its instant and earlier ones, so that the same weights
/// could read a live stream.
pub(super) const SENSOR_SAMPLES: usize = 16;
/// Time between the samples, s. A token covers half a second, so twelve instants cover clips of up
/// to 5.3 s without gaps (97 % of UTD-MHAD's), and its bandwidth of 16 Hz exceeds that of voluntary
/// movement.
pub(super) const SENSOR_SAMPLE_S: f64 = 0.03;
/// Channels of a sensor token that pre-training reconstructs: the samples in the sensor's own axes,
/// `[sample, axis]`.
pub const SAMPLE_CHANNELS: usize = AXES * SENSOR_SAMPLES;
/// Channels of a sensor token: samples in its own axes; the same rotated so that the initial
/// acceleration points to +z; the magnitudes of acceleration (minus 1 g) and angular velocity at
/// each sample; phase and duration of the repetition as in the body's tokens.
pub const SENSOR_CHANNELS: usize = 2 * SAMPLE_CHANNELS + 2 * SENSOR_SAMPLES + 3 + 1;
/// The acceleration is averaged over this initial time to find the upward direction, s.
const INITIAL_S: f64 = 0.3;

/// The sensor tokens of one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct SensorTokens {
    /// `[time, channel]`, flattened.
    pub values: Vec<f32>,
    /// Index in [`PARTS`] of the part that carries the sensor.
    pub carrier: usize,
}

/// Builds the tokens of a sensor.
pub(super) struct SensorTokenizer<'a> {
    sensor: &'a Inertial,
    /// Rotation from the sensor's axes to axes with +z up.
    upright: [[f32; 3]; 3],
    tokens: SensorTokens,
}

impl<'a> SensorTokenizer<'a> {
    /// Starts the tokens of a clip that begins at time `from`, s.
    pub(super) fn new(sensor: &'a Inertial, from: f64) -> SensorTokenizer<'a> {
        let tokens = SensorTokens { values: Vec::new(), carrier: carrier_index(sensor.part) };
        SensorTokenizer {
            upright: upright_rotation(initial_acceleration(sensor, from)),
            sensor,
            tokens,
        }
    }

    /// Appends the token of an instant; samples are `step` seconds apart, `cycle` and `length` are
    /// as in the body's tokens.
    pub(super) fn push_token(&mut self, time: f64, step: f64, cycle: [f32; 3], length: f32) {
        let felt: [[f32; AXES]; SENSOR_SAMPLES] =
            std::array::from_fn(|back| self.sensor.sample_at(time - back as f64 * step));
        let values = &mut self.tokens.values;
        values.extend(felt.as_flattened());
        for [acceleration, turning] in felt.map(split_sample) {
            values.extend(rotate_vector(&self.upright, acceleration));
            values.extend(rotate_vector(&self.upright, turning));
        }
        let size = |v: [f32; 3]| v.iter().map(|v| v * v).sum::<f32>().sqrt();
        for [acceleration, turning] in felt.map(split_sample) {
            values.extend([size(acceleration) - 1.0, size(turning)]);
        }
        values.extend(cycle);
        values.push(length);
    }

    pub(super) fn into_tokens(self) -> SensorTokens {
        self.tokens
    }
}

impl Inertial {
    /// The sensor as if strapped on slightly differently: rotated by up to 0.3 rad about a random
    /// axis, acceleration and angular velocity scaled by up to a tenth, with added noise. At
    /// another tempo (seconds per second of the clip) the angular velocity is scaled accordingly;
    /// the acceleration is not, because gravity and movement cannot be separated in it.
    pub fn with_variation(&self, rng: &mut Rng, tempo: f64) -> Inertial {
        let mut spread = |width: f64| (2.0 * rng.f64() - 1.0) * width;
        let turn = rotation_matrix([(); 3].map(|()| spread(1.0)), spread(0.3));
        let scales = [1.0 + spread(0.1), (1.0 + spread(0.1)) / tempo].map(|scale| scale as f32);
        let mut varied = self.clone();
        for sample in &mut varied.values {
            let [a, w] = split_sample(*sample).map(|half| rotate_vector(&turn, half));
            let other = [a.map(|a| a * scales[0]), w.map(|w| w * scales[1])];
            *sample = std::array::from_fn(|axis| other.as_flattened()[axis] + spread(0.03) as f32);
        }
        varied
    }

    /// The sensor mirrored to the other side of the body, in the plane perpendicular to its x axis:
    /// acceleration changes sign in x, angular velocity, being a pseudovector, in y and z. These
    /// are the values it would measure if strapped on as in a mirror image; any other plane would
    /// only rotate it on its strap.
    pub fn mirrored(&self) -> Inertial {
        let values =
            self.values.iter().map(|[a, b, c, d, e, f]| [-a, *b, *c, *d, -e, -f]).collect();
        Inertial { part: self.part.mirror(), values, ..self.clone() }
    }
}

/// Splits a sample into acceleration and angular velocity.
fn split_sample([a, b, c, d, e, f]: [f32; AXES]) -> [[f32; 3]; 2] {
    [[a, b, c], [d, e, f]]
}

/// Sum of the initial accelerations, which gives the upward direction.
fn initial_acceleration(sensor: &Inertial, from: f64) -> [f64; 3] {
    let early = sensor
        .time
        .iter()
        .zip(&sensor.values)
        .filter(|(time, _)| (from..=from + INITIAL_S).contains(*time));
    let sum = early
        .fold([0.0; 3], |sum, (_, values)| std::array::from_fn(|k| sum[k] + f64::from(values[k])));
    if norm(sum) > 0.0 {
        sum
    } else {
        std::array::from_fn(|k| f64::from(sensor.sample_at(from)[k]))
    }
}

/// The smallest rotation that takes a direction to +z.
fn upright_rotation(up: [f64; 3]) -> [[f32; 3]; 3] {
    const Z: [f64; 3] = [0.0, 0.0, 1.0];
    if norm(up) < 1e-6 {
        return rotation_matrix(Z, 0.0);
    }
    let axis = cross(up, Z);
    // If it is opposite to +z, any perpendicular axis will do.
    let axis = if norm(axis) < 1e-6 * norm(up) { [1.0, 0.0, 0.0] } else { axis };
    rotation_matrix(axis, dot(unit_vector(up), Z).clamp(-1.0, 1.0).acos())
}

/// Matrix of the rotation by an angle, rad, about an axis of any length (identity if the axis is
/// zero; Rodrigues 1840).
fn rotation_matrix(axis: [f64; 3], angle: f64) -> [[f32; 3]; 3] {
    let axis = if norm(axis) > 1e-9 { unit_vector(axis) } else { [0.0; 3] };
    let (sin, cos) = if norm(axis) > 0.0 { angle.sin_cos() } else { (0.0, 1.0) };
    let column = |k: usize| {
        let e: [f64; 3] = std::array::from_fn(|i| if i == k { 1.0 } else { 0.0 });
        let (across, along) = (cross(axis, e), dot(axis, e));
        let turned: [f64; 3] =
            std::array::from_fn(|i| cos * e[i] + sin * across[i] + (1.0 - cos) * along * axis[i]);
        turned
    };
    let columns = [column(0), column(1), column(2)];
    std::array::from_fn(|row| std::array::from_fn(|k| columns[k][row] as f32))
}

fn rotate_vector(rotation: &[[f32; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    rotation.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// Token index of the part that carries a sensor, or of its nearest ancestor that has a token.
fn carrier_index(part: Part) -> usize {
    let mut part = part;
    loop {
        match PARTS.iter().position(|token_part| *token_part == part) {
            Some(index) => return index,
            // Every chain of parents ends at the pelvis, which has a token.
            None => part = part.parent(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::simulated_sensor;

    fn two_tokens(sensor: &Inertial) -> SensorTokens {
        let mut reader = SensorTokenizer::new(sensor, 0.0);
        reader.push_token(0.6, SENSOR_SAMPLE_S, [0.0; 3], 0.0);
        reader.push_token(1.0, SENSOR_SAMPLE_S, [0.0; 3], 0.0);
        reader.into_tokens()
    }

    /// The samples with +z up, of all tokens.
    fn upright_samples(worn: &SensorTokens) -> Vec<f32> {
        worn.values
            .chunks_exact(SENSOR_CHANNELS)
            .flat_map(|token| token[SAMPLE_CHANNELS..2 * SAMPLE_CHANNELS].to_vec())
            .collect()
    }

    fn max_difference(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn at_rest_what_is_up_points_to_z_however_it_is_strapped_on() {
        for up in [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.6, -0.48, 0.64]] {
            let sensor = simulated_sensor(1.2, |_| [up[0], up[1], up[2], 0.0, 0.0, 0.0]);
            for sample in upright_samples(&two_tokens(&sensor)).chunks_exact(AXES) {
                assert!(
                    max_difference(sample, &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]) < 1e-6,
                    "{up:?}: {sample:?}"
                );
            }
        }
    }

    #[test]
    fn a_token_is_what_was_felt_before_its_instant() {
        let sensor = simulated_sensor(1.2, |time| [time, 0.0, 1.0, 0.0, -3.0, 4.0]);
        let worn = two_tokens(&sensor);
        assert_eq!((worn.values.len(), worn.carrier), (2 * SENSOR_CHANNELS, 8));
        for (back, sample) in
            worn.values[SENSOR_CHANNELS..][..SAMPLE_CHANNELS].chunks_exact(AXES).enumerate()
        {
            // Samples of a straight line at 50 Hz, in single precision.
            assert!((sample[0] - (1.0 - back as f32 * 0.03)).abs() < 1e-5 && sample[5] == 4.0);
        }
        assert!((worn.values[2 * SAMPLE_CHANNELS + 1] - 5.0).abs() < 1e-6, "how fast it turns");
        // Before the first sample its value is held.
        let mut reader = SensorTokenizer::new(&sensor, 0.0);
        reader.push_token(0.0, SENSOR_SAMPLE_S, [0.0; 3], 0.0);
        assert!(
            reader.into_tokens().values[..SAMPLE_CHANNELS].iter().step_by(AXES).all(|v| *v == 0.0)
        );
    }

    /// With +z up, a mirrored sensor measures the mirror image of the original.
    #[test]
    fn a_mirrored_sensor_is_the_mirror_image() {
        let sensor = simulated_sensor(1.2, |t| [0.3 + t, t * t, 0.8 - t, 2.0 * t, 1.0 - t, 0.5]);
        let mirrored = sensor.mirrored();
        assert_eq!((mirrored.part, &mirrored.mirrored()), (sensor.part.mirror(), &sensor));
        let image = upright_samples(&two_tokens(&mirrored));
        let back: Vec<f32> = image
            .as_chunks::<AXES>()
            .0
            .iter()
            .flat_map(|[a, b, c, d, e, f]| [-a, *b, *c, *d, -e, -f])
            .collect();
        assert!(max_difference(&upright_samples(&two_tokens(&sensor)), &back) < 1e-5);
    }

    #[test]
    fn a_variation_is_small_and_turns_more_slowly_when_it_takes_longer() {
        let sensor = simulated_sensor(1.2, |_| [0.0, 0.6, 0.8, 0.0, 0.0, 2.0]);
        for seed in 0..50 {
            let varied = sensor.with_variation(&mut Rng::with_seed(seed), 1.1);
            let [a, w] = split_sample(varied.values[7]);
            let size = |v: [f32; 3]| v.iter().map(|v| v * v).sum::<f32>().sqrt();
            assert!(
                (size(a) - 1.0).abs() < 0.1 + 0.06 && (size(w) - 2.0 / 1.1).abs() < 0.19 + 0.06
            );
            let cosine = (0.6 * a[1] + 0.8 * a[2]) / size(a);
            assert!(cosine > 0.3f32.cos() - 0.03, "turned by more than 0.3 rad: {cosine}");
        }
    }

    #[test]
    fn a_part_without_a_token_is_carried_by_the_next_up_the_body() {
        assert_eq!(PARTS[carrier_index(Part::RightKnee)], Part::RightKnee);
        for part in Part::ALL {
            assert!(carrier_index(part) < PARTS.len());
        }
    }
}
