//! Force plates recorded alongside the positions.
//!
//! A plate is nine channels, `plate1_force_x` … `plate1_point_z` … `plate1_moment_z`, in the axes
//! of the recording (Y up): the force of the ground on the athlete, N; the point where it acts
//! (centre of pressure), m; the free moment at that point, N·m. On an unloaded plate the force is
//! 0, and point and moment are missing.

use crate::vector::{add, cross};
use crate::{Channel, Recording};

/// The quantities of a plate and their units, in channel order.
const QUANTITIES: [(&str, &str); 3] = [("force", "N"), ("point", "m"), ("moment", "N·m")];
const AXES: [&str; 3] = ["x", "y", "z"];

/// The force and moment of the ground on the athlete at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wrench {
    /// Force on the athlete, N.
    pub force: [f64; 3],
    /// Moment about the recording's origin, N·m, including the free moment.
    pub moment: [f64; 3],
}

/// A force plate of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Plate<'a> {
    /// Force, point and free moment, each x, y, z.
    channels: [&'a Channel; 9],
}

/// The channels of a plate from its samples, `[sample]`: force, point and free moment as described
/// in [`crate::plate`]. `number` counts plates from 1; the first sample is at 0 s.
pub fn plate_channels(number: usize, rate_hz: f64, samples: &[[[f64; 3]; 3]]) -> Vec<Channel> {
    let channel = |quantity: usize, axis: usize| {
        let (name, unit) = QUANTITIES[quantity];
        let name = format!("plate{number}_{name}_{}", AXES[axis]);
        let values = samples.iter().map(|sample| sample[quantity][axis]).collect();
        Channel { name, unit: unit.to_owned(), part: None, rate_hz, start_s: 0.0, values }
    };
    (0..9).map(|k| channel(k / 3, k % 3)).collect()
}

impl Recording {
    /// The force plates, in order. Leaves out a plate if one of its channels is missing or runs on
    /// a different clock.
    ///
    /// ```
    /// use agoge_motion::plate::plate_channels;
    /// use agoge_motion::simulate::{Exercise, SimulatedSet};
    /// let mut recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
    /// // 700 N upwards, 0.1 m in front of the origin: a moment of 70 N·m about the z axis.
    /// let sample = [[0.0, 700.0, 0.0], [0.1, 0.0, 0.0], [0.0; 3]];
    /// recording.channels = plate_channels(1, 1000.0, &[sample; 100]);
    /// let wrench = recording.force_plates()[0].wrenches_at(&[0.05])[0];
    /// assert!((wrench.force[1] - 700.0).abs() < 1e-9 && (wrench.moment[2] - 70.0).abs() < 1e-9);
    /// ```
    pub fn force_plates(&self) -> Vec<Plate<'_>> {
        let find_plate = |number: usize| {
            let start = self
                .channels
                .iter()
                .position(|channel| channel.name == format!("plate{number}_force_x"))?;
            let channels: [&Channel; 9] =
                self.channels[start..].iter().take(9).collect::<Vec<_>>().try_into().ok()?;
            let head = channels[0];
            let belongs = |(k, channel): (usize, &&Channel)| {
                channel.name == format!("plate{number}_{}_{}", QUANTITIES[k / 3].0, AXES[k % 3])
                    && (channel.rate_hz, channel.start_s, channel.values.len())
                        == (head.rate_hz, head.start_s, head.values.len())
            };
            channels.iter().enumerate().all(belongs).then_some(Plate { channels })
        };
        let numbers = self.channels.iter().filter_map(|channel| {
            channel.name.strip_prefix("plate")?.strip_suffix("_force_x")?.parse::<usize>().ok()
        });
        numbers.filter_map(find_plate).collect()
    }
}

impl Plate<'_> {
    /// The height of the plate's surface in the recording, m: the mean height of the centre of
    /// pressure; NaN if the plate was never loaded.
    pub fn height_m(&self) -> f64 {
        let known = || self.channels[4].values.iter().filter(|y| y.is_finite());
        known().sum::<f64>() / known().count() as f64
    }

    /// The wrench at each of the given times, s: a mean of the samples within one time step (at
    /// least one sample), weighted by proximity, so that vibration faster than the frame rate does
    /// not alias. NaN outside the measurement.
    pub fn wrenches_at(&self, time: &[f64]) -> Vec<Wrench> {
        let head = self.channels[0];
        let step = match time {
            [first, .., last] => (last - first) / (time.len() - 1) as f64,
            _ => 0.0,
        };
        let half_width = (step * head.rate_hz).max(1.0);
        let around = |t: f64| {
            let middle = (t - head.start_s) * head.rate_hz;
            let first = (middle - half_width).ceil().max(0.0) as usize;
            let last = ((middle + half_width).floor().max(-1.0) + 1.0) as usize;
            let (mut sum, mut weights) = ([0.0; 6], 0.0);
            for sample in first..last.min(head.values.len()) {
                let weight = (1.0 - (sample as f64 - middle).abs() / half_width).max(0.0);
                let Wrench { force, moment } = self.wrench_at_sample(sample);
                let both = [force[0], force[1], force[2], moment[0], moment[1], moment[2]];
                sum.iter_mut().zip(both).for_each(|(sum, value)| *sum += weight * value);
                weights += weight;
            }
            let [a, b, c, d, e, f] = sum.map(|total| total / weights);
            Wrench { force: [a, b, c], moment: [d, e, f] }
        };
        time.iter().map(|&t| around(t)).collect()
    }

    fn wrench_at_sample(&self, sample: usize) -> Wrench {
        let vector = |quantity: usize| {
            std::array::from_fn(|axis| self.channels[3 * quantity + axis].values[sample])
        };
        let (force, point, moment): ([f64; 3], [f64; 3], [f64; 3]) =
            (vector(0), vector(1), vector(2));
        let moment = if point[0].is_finite() { add(moment, cross(point, force)) } else { [0.0; 3] };
        Wrench { force, moment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RecordingSource, Skeleton, Space};

    fn recording(channels: Vec<Channel>) -> Recording {
        let skeleton = Skeleton::coco_17();
        let n = skeleton.len();
        let without_channels = Recording::new(
            RecordingSource::default(),
            skeleton,
            Space::World,
            vec![0.0],
            vec![[0.0; 3]; n],
            vec![1.0; n],
        );
        Recording { channels, ..without_channels.unwrap() }
    }

    #[test]
    fn a_plate_is_found_again_and_one_without_a_channel_is_not() {
        let sample = [[0.0, 700.0, 0.0], [0.1, 0.02, 0.2], [0.0, 3.0, 0.0]];
        let mut all = plate_channels(2, 1000.0, &[sample; 20]);
        all.insert(0, Channel { name: "EMG".to_owned(), ..all[0].clone() });
        let whole = recording(all.clone());
        let [plate] = whole.force_plates().try_into().unwrap();
        assert!((plate.height_m() - 0.02).abs() < 1e-12);
        // About the origin by hand: (x, y, z) × (0, F, 0) = (−z·F, 0, x·F), and the free moment.
        for at in plate.wrenches_at(&[0.0, 0.005, 0.01]) {
            assert!((at.force[1] - 700.0).abs() < 1e-9);
            assert!(
                at.moment.iter().zip([-140.0, 3.0, 70.0]).all(|(a, b)| (a - b).abs() < 1e-9),
                "{at:?}"
            );
        }
        assert!(plate.wrenches_at(&[5.0])[0].force[1].is_nan());
        all.remove(5);
        assert!(recording(all).force_plates().is_empty());
    }

    /// A linear ramp in force is sampled at the right instants whatever the two rates are; an
    /// unloaded plate has no force.
    #[test]
    fn forces_are_read_at_the_times_of_the_frames() {
        let ramp: Vec<[[f64; 3]; 3]> =
            (0..1000).map(|k| [[0.0, f64::from(k), 0.0], [0.0; 3], [0.0; 3]]).collect();
        for rate_hz in [37.0, 100.0, 1000.0, 2500.0] {
            let ramped = recording(plate_channels(1, 1000.0, &ramp));
            let time: Vec<f64> = (0..8).map(|k| 0.3 + f64::from(k) / rate_hz).collect();
            for (t, at) in time.iter().zip(ramped.force_plates()[0].wrenches_at(&time)) {
                assert!((at.force[1] - 1000.0 * t).abs() < 1.0, "{rate_hz} {t} {at:?}");
            }
        }
        let nothing = [[0.0; 3], crate::recording::MISSING, crate::recording::MISSING];
        let unloaded = recording(plate_channels(1, 100.0, &[nothing; 10]));
        assert_eq!(
            unloaded.force_plates()[0].wrenches_at(&[0.03])[0],
            Wrench { force: [0.0; 3], moment: [0.0; 3] }
        );
    }
}
