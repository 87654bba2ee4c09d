//! The tokens of a worn sensor: what it felt in the half second before an instant, as its own axes
//! tell it and with down made known.

use super::PARTS;
use crate::sensor::{AXES, Inertial};
use agoge_motion::Part;
use agoge_motion::vector::{cross, dot, norm, unit};
use fastrand::Rng;

/// Samples in a token of the sensor: at its instant and at as many before it, so that the same
/// weights could read a live stream.
pub(crate) const FELT_SAMPLES: usize = 16;
/// Between them, s. A token looks half a second back: over twelve instants nothing of a clip of up
/// to 5.3 s is skipped (of UTD-MHAD's, 97 %), and what it does in its own band, up to 16 Hz, is
/// more than a body can do on purpose.
pub(crate) const FELT_S: f64 = 0.03;
/// The channels of a sensor's token that pre-training restores: the samples in the sensor's own
/// axes, `[sample, axis]`.
pub const FELT: usize = AXES * FELT_SAMPLES;
/// Channels of a sensor's token: samples in its own axes, the same turned so that the first
/// acceleration points to +z, the sizes of acceleration (less 1 g) and angular velocity at each
/// sample, where in the repetition and its length as in the body's tokens.
pub const SENSOR_CHANNELS: usize = 2 * FELT + 2 * FELT_SAMPLES + 3 + 1;
/// Over this long from the beginning the acceleration is averaged to find what was up, s.
const FIRST_S: f64 = 0.3;

/// The tokens of the sensor of one clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Worn {
    /// `[time, channel]`, flattened.
    pub values: Vec<f32>,
    /// The part that carries it, as its place in [`PARTS`].
    pub carrier: usize,
}

/// A sensor whose tokens are being made.
pub(super) struct Reader<'a> {
    sensor: &'a Inertial,
    /// From its own axes to those with +z up.
    upright: [[f32; 3]; 3],
    worn: Worn,
}

impl<'a> Reader<'a> {
    /// A sensor whose clip begins at a time, s.
    pub(super) fn new(sensor: &'a Inertial, from: f64) -> Reader<'a> {
        let worn = Worn { values: Vec::new(), carrier: carrier(sensor.part) };
        Reader { upright: upright(first(sensor, from)), sensor, worn }
    }

    /// Adds the token of an instant; samples lie `step` seconds apart, `cycle` and `length` are as
    /// in the body's tokens.
    pub(super) fn push(&mut self, time: f64, step: f64, cycle: [f32; 3], length: f32) {
        let felt: [[f32; AXES]; FELT_SAMPLES] =
            std::array::from_fn(|back| self.sensor.at(time - back as f64 * step));
        let values = &mut self.worn.values;
        values.extend(felt.as_flattened());
        for [acceleration, turning] in felt.map(halves) {
            values.extend(turned(&self.upright, acceleration));
            values.extend(turned(&self.upright, turning));
        }
        let size = |v: [f32; 3]| v.iter().map(|v| v * v).sum::<f32>().sqrt();
        for [acceleration, turning] in felt.map(halves) {
            values.extend([size(acceleration) - 1.0, size(turning)]);
        }
        values.extend(cycle);
        values.push(length);
    }

    pub(super) fn finish(self) -> Worn {
        self.worn
    }
}

impl Inertial {
    /// The sensor as another would have felt it, strapped on a little differently: turned by up to
    /// 0.3 rad about any axis, each half read too high or low by up to a tenth, with noise. At
    /// another tempo (seconds for each of the clip's) it turns more slowly by as much; what gravity
    /// and what movement is in an acceleration is not known, so that it stays.
    pub(super) fn varied(&self, rng: &mut Rng, tempo: f64) -> Inertial {
        let mut spread = |width: f64| (2.0 * rng.f64() - 1.0) * width;
        let turn = rotation([(); 3].map(|()| spread(1.0)), spread(0.3));
        let scales = [1.0 + spread(0.1), (1.0 + spread(0.1)) / tempo].map(|scale| scale as f32);
        let mut varied = self.clone();
        for sample in &mut varied.values {
            let [a, w] = halves(*sample).map(|half| turned(&turn, half));
            let other = [a.map(|a| a * scales[0]), w.map(|w| w * scales[1])];
            *sample = std::array::from_fn(|axis| other.as_flattened()[axis] + spread(0.03) as f32);
        }
        varied
    }

    /// The sensor on the other side of the body, in the mirror of the plane across its x axis:
    /// acceleration is reflected there, angular velocity, which is no arrow but a sense of turning,
    /// in its two other axes. That is what it would feel if it were strapped on there as the mirror
    /// shows it; any other plane would only turn it on its strap.
    pub(super) fn mirrored(&self) -> Inertial {
        let values =
            self.values.iter().map(|[a, b, c, d, e, f]| [-a, *b, *c, *d, -e, -f]).collect();
        Inertial { part: self.part.mirror(), values, ..self.clone() }
    }
}

/// Acceleration and angular velocity.
fn halves([a, b, c, d, e, f]: [f32; AXES]) -> [[f32; 3]; 2] {
    [[a, b, c], [d, e, f]]
}

/// The mean acceleration in the beginning.
fn first(sensor: &Inertial, from: f64) -> [f64; 3] {
    let early = sensor
        .time
        .iter()
        .zip(&sensor.values)
        .filter(|(time, _)| (from..=from + FIRST_S).contains(*time));
    let sum = early
        .fold([0.0; 3], |sum, (_, values)| std::array::from_fn(|k| sum[k] + f64::from(values[k])));
    if norm(sum) > 0.0 { sum } else { std::array::from_fn(|k| f64::from(sensor.at(from)[k])) }
}

/// The shortest rotation that brings a direction to +z.
fn upright(up: [f64; 3]) -> [[f32; 3]; 3] {
    const Z: [f64; 3] = [0.0, 0.0, 1.0];
    if norm(up) < 1e-6 {
        return rotation(Z, 0.0);
    }
    let axis = cross(up, Z);
    // Opposite to +z any axis across it will do.
    let axis = if norm(axis) < 1e-6 * norm(up) { [1.0, 0.0, 0.0] } else { axis };
    rotation(axis, dot(unit(up), Z).clamp(-1.0, 1.0).acos())
}

/// The rotation about an axis of any length (none if it has none) by an angle, rad (Rodrigues
/// 1840).
fn rotation(axis: [f64; 3], angle: f64) -> [[f32; 3]; 3] {
    let axis = if norm(axis) > 1e-9 { unit(axis) } else { [0.0; 3] };
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

fn turned(rotation: &[[f32; 3]; 3], v: [f32; 3]) -> [f32; 3] {
    rotation.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// The token of the part that carries a sensor, or of the nearest up the body that has one.
fn carrier(part: Part) -> usize {
    let mut part = part;
    loop {
        match PARTS.iter().position(|own| *own == part) {
            Some(index) => return index,
            // Every way up ends at the pelvis, which has a token.
            None => part = part.parent(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::tests::felt;

    fn tokens(sensor: &Inertial) -> Worn {
        let mut reader = Reader::new(sensor, 0.0);
        reader.push(0.6, FELT_S, [0.0; 3], 0.0);
        reader.push(1.0, FELT_S, [0.0; 3], 0.0);
        reader.finish()
    }

    /// The samples with +z up of each token.
    fn uprights(worn: &Worn) -> Vec<f32> {
        worn.values
            .chunks_exact(SENSOR_CHANNELS)
            .flat_map(|token| token[FELT..2 * FELT].to_vec())
            .collect()
    }

    fn apart(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn at_rest_what_is_up_points_to_z_however_it_is_strapped_on() {
        for up in [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [0.6, -0.48, 0.64]] {
            let sensor = felt(1.2, |_| [up[0], up[1], up[2], 0.0, 0.0, 0.0]);
            for sample in uprights(&tokens(&sensor)).chunks_exact(AXES) {
                assert!(
                    apart(sample, &[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]) < 1e-6,
                    "{up:?}: {sample:?}"
                );
            }
        }
    }

    #[test]
    fn a_token_is_what_was_felt_before_its_instant() {
        let sensor = felt(1.2, |time| [time, 0.0, 1.0, 0.0, -3.0, 4.0]);
        let worn = tokens(&sensor);
        assert_eq!((worn.values.len(), worn.carrier), (2 * SENSOR_CHANNELS, 8));
        for (back, sample) in worn.values[SENSOR_CHANNELS..][..FELT].chunks_exact(AXES).enumerate()
        {
            // Samples at 50 Hz of a straight line, in single precision.
            assert!((sample[0] - (1.0 - back as f32 * 0.03)).abs() < 1e-5 && sample[5] == 4.0);
        }
        assert!((worn.values[2 * FELT + 1] - 5.0).abs() < 1e-6, "how fast it turns");
        // Before the beginning it is held.
        let mut reader = Reader::new(&sensor, 0.0);
        reader.push(0.0, FELT_S, [0.0; 3], 0.0);
        assert!(reader.finish().values[..FELT].iter().step_by(AXES).all(|v| *v == 0.0));
    }

    /// What a mirrored sensor feels with +z up is the mirror image of what it felt with +z up.
    #[test]
    fn a_mirrored_sensor_is_the_mirror_image() {
        let sensor = felt(1.2, |t| [0.3 + t, t * t, 0.8 - t, 2.0 * t, 1.0 - t, 0.5]);
        let mirrored = sensor.mirrored();
        assert_eq!((mirrored.part, &mirrored.mirrored()), (sensor.part.mirror(), &sensor));
        let image = uprights(&tokens(&mirrored));
        let back: Vec<f32> = image
            .as_chunks::<AXES>()
            .0
            .iter()
            .flat_map(|[a, b, c, d, e, f]| [-a, *b, *c, *d, -e, -f])
            .collect();
        assert!(apart(&uprights(&tokens(&sensor)), &back) < 1e-5);
    }

    #[test]
    fn a_variation_is_small_and_turns_more_slowly_when_it_takes_longer() {
        let sensor = felt(1.2, |_| [0.0, 0.6, 0.8, 0.0, 0.0, 2.0]);
        for seed in 0..50 {
            let varied = sensor.varied(&mut Rng::with_seed(seed), 1.1);
            let [a, w] = halves(varied.values[7]);
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
        assert_eq!(PARTS[carrier(Part::RightKnee)], Part::RightKnee);
        for part in Part::ALL {
            assert!(carrier(part) < PARTS.len());
        }
    }
}
