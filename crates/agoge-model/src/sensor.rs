//! Samples of a worn inertial sensor during a movement.

mod clock;

pub use clock::ClockAlignment;

use crate::motion::bracket_time;
use agoge_motion::{Channel, Part, Recording};
use clock::{GRAVITY, SEARCH_S};
use std::ops::RangeInclusive;

/// Channels of a sensor: three of acceleration, then three of angular velocity.
pub const AXES: usize = 6;
/// Unit of angular velocity, degrees per second, chosen so that both halves have similar magnitude.
const TURN_UNIT_DEG_S: f64 = 100.0;
/// Samples of faster sensors are averaged down to about this rate, Hz.
const MAX_RATE_HZ: f64 = 50.0;
/// Minimum correlation of sensor and body for their clocks to be aligned.
const MIN_CORRELATION: f64 = 0.8;
/// Minimum clock offset to be corrected, s: two samples are within measurement error.
const MIN_OFFSET_S: f64 = 0.04;

/// The samples of one sensor, in its own axes.
///
/// ```
/// use agoge_model::Motion;
/// use agoge_motion::simulate::{Exercise, SimulatedSet};
/// let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
/// // There are no channels `acc_x` … `gyr_z`: no sensor was worn.
/// let motion = Motion::new(&body, 0, 90).unwrap();
/// assert!(motion.has_body() && !motion.has_sensor());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Inertial {
    /// The part of the body that carries it.
    pub part: Part,
    /// Seconds on the clock of the motion, `[sample]`, ascending.
    pub time: Vec<f64>,
    /// Acceleration including gravity in g, angular velocity in units of 100 degrees per second,
    /// `[sample, axis]`.
    pub values: Vec<[f32; AXES]>,
    /// How far the sensor's clock is ahead of the motion's, s.
    pub offset_s: f64,
}

impl Inertial {
    /// The sensor of a recording between two instants, s; time 0 is `from`. None if the recording
    /// lacks the six channels `acc_x` … `gyr_z` of one part and clock, or has fewer than two
    /// samples there. Missing samples are left out.
    pub fn new(recording: &Recording, from: f64, to: f64) -> Option<Inertial> {
        Inertial::from_time_range(recording, from, from..=to)
    }

    /// The sensor of a recording between two frames, both included; time 0 is the first. If the
    /// signal shows that its clock differs from that of the frames ([`Inertial::offset_against`]),
    /// the offset is corrected.
    pub fn from_frames(body: &Recording, start: usize, end: usize) -> Option<Inertial> {
        let (from, to) = (body.time[start], body.time[end]);
        let around = Inertial::from_time_range(body, from, from - SEARCH_S..=to + SEARCH_S)?;
        let clocks = around.offset_against(body, start, end);
        let trusted = |clocks: &ClockAlignment| {
            clocks.correlation >= MIN_CORRELATION && clocks.offset_s.abs() > MIN_OFFSET_S
        };
        let aligned = clocks.filter(trusted).and_then(|ClockAlignment { offset_s, .. }| {
            Some(Inertial { offset_s, ..Inertial::new(body, from + offset_s, to + offset_s)? })
        });
        aligned.or_else(|| Inertial::new(body, from, to))
    }

    /// How far the sensor's clock was ahead of that of the body's frames, s, if an offset was found
    /// and corrected; otherwise 0.
    pub fn offset_s(&self) -> f64 {
        self.offset_s
    }

    /// The sample at a time, by linear interpolation (held constant beyond both ends).
    pub fn sample_at(&self, time: f64) -> [f32; AXES] {
        let (below, above, share) = bracket_time(&self.time, time);
        let (a, b) = (self.values[below], self.values[above]);
        std::array::from_fn(|axis| a[axis] + share * (b[axis] - a[axis]))
    }

    /// The samples of a recording within a time range, s; time 0 is `zero`.
    fn from_time_range(
        recording: &Recording,
        zero: f64,
        within: RangeInclusive<f64>,
    ) -> Option<Inertial> {
        let channels = recording.inertial_channels()?;
        let Channel { part, rate_hz: rate, start_s: start, .. } = *channels[0];
        let count = channels.iter().map(|channel| channel.values.len()).min()?;
        let scales: Vec<f64> =
            channels.iter().map(|channel| unit_scale(&channel.unit)).collect::<Option<_>>()?;
        let step = ((rate / MAX_RATE_HZ).round() as usize).max(1);
        // Out-of-range times saturate at 0 and at the last sample.
        let first = ((within.start() - start) * rate).ceil() as usize;
        let last = (((within.end() - start) * rate).floor() + 1.0) as usize;
        let samples: Vec<usize> = (first..last.min(count)).collect();
        let mut sensor =
            Inertial { part: part?, time: Vec::new(), values: Vec::new(), offset_s: 0.0 };
        for samples in samples.chunks(step) {
            let known = |sample: &&usize| {
                channels.iter().all(|channel| channel.values[**sample].is_finite())
            };
            let known: Vec<usize> = samples.iter().filter(known).copied().collect();
            if known.is_empty() {
                continue;
            }
            let mean = |value: &dyn Fn(usize) -> f64| {
                known.iter().map(|&i| value(i)).sum::<f64>() / known.len() as f64
            };
            sensor.time.push(start + mean(&|i| i as f64) / rate - zero);
            sensor.values.push(std::array::from_fn(|axis| {
                mean(&|i| channels[axis].values[i] * scales[axis]) as f32
            }));
        }
        (sensor.time.len() > 1).then_some(sensor)
    }
}

/// Factor that converts a value from its unit.
fn unit_scale(unit: &str) -> Option<f64> {
    match unit {
        "g" => Some(1.0),
        "m/s^2" | "m/s²" => Some(1.0 / GRAVITY),
        "deg/s" | "°/s" => Some(1.0 / TURN_UNIT_DEG_S),
        "rad/s" => Some(1f64.to_degrees() / TURN_UNIT_DEG_S),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::motion::Motion;
    use agoge_motion::recording::INERTIAL;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    /// Channels `acc_x` … `gyr_z` of one part, `[sample, axis]` in g and degrees per second.
    pub(crate) fn inertial_channels(
        part: Part,
        rate_hz: f64,
        start_s: f64,
        samples: &[[f64; AXES]],
    ) -> Vec<Channel> {
        let channel = |axis: usize| Channel {
            name: INERTIAL[axis].to_owned(),
            unit: if axis < 3 { "g" } else { "deg/s" }.to_owned(),
            part: Some(part),
            rate_hz,
            start_s,
            values: samples.iter().map(|sample| sample[axis]).collect(),
        };
        (0..AXES).map(channel).collect()
    }

    #[test]
    fn a_sensor_is_cut_to_its_time_and_a_fast_one_averaged() {
        let mut recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
        let ramp = |n: usize, rate: f64| -> Vec<[f64; AXES]> {
            (0..n).map(|i| [i as f64 / rate, 0.0, 1.0, 50.0, 0.0, 0.0]).collect()
        };
        recording.channels = inertial_channels(Part::LeftWrist, 50.0, 0.5, &ramp(100, 50.0));
        let sensor = Inertial::new(&recording, 1.0, 2.0).unwrap();
        assert_eq!((sensor.part, sensor.time.len(), sensor.time[0]), (Part::LeftWrist, 51, 0.0));
        assert!((sensor.values[0][0] - 0.5).abs() < 1e-6 && sensor.values[0][3] == 0.5);
        // Longer than the recording.
        assert_eq!(Inertial::new(&recording, -9.0, 99.0).unwrap().time.len(), 100);
        assert!(Inertial::new(&recording, 5.0, 9.0).is_none());
        // Four samples at 200 Hz become one in their middle.
        recording.channels = inertial_channels(Part::LeftWrist, 200.0, 0.0, &ramp(400, 200.0));
        let fast = Inertial::new(&recording, 0.0, 2.0).unwrap();
        assert_eq!(fast.time.len(), 100);
        assert!(
            fast.time
                .iter()
                .zip(&fast.values)
                .all(|(time, values)| (values[0] - *time as f32).abs() < 1e-6)
        );
        assert!((fast.time[0] - 0.0075).abs() < 1e-12);
        // Missing samples are left out; channels with different clocks are not a sensor.
        recording.channels[2].values[..8].fill(f64::NAN);
        assert_eq!(Inertial::new(&recording, 0.0, 2.0).unwrap().time.len(), 98);
        recording.channels[2].start_s = 0.1;
        assert!(Inertial::new(&recording, 0.0, 2.0).is_none());
    }

    /// The simulated movement as measured by a sensor on a part, whose axes rotate all the time and
    /// whose clock is `offset_s` ahead of that of the frames.
    fn recording_with_sensor(set: &SimulatedSet, part: Part, offset_s: f64) -> Recording {
        let mut body =
            SimulatedSet { rate_hz: 100.0, ..set.clone() }.simulate().recording.to_body().recording;
        let p = |frame: usize| body.position_at(frame, part.index());
        let samples: Vec<[f64; AXES]> = (1..body.frame_count() - 1)
            .step_by(2)
            .map(|frame| {
                let [a, b, c] = [p(frame - 1), p(frame), p(frame + 1)];
                let mut felt: [f64; 3] =
                    std::array::from_fn(|k| (a[k] - 2.0 * b[k] + c[k]) * 1e4 / GRAVITY);
                felt[1] += 1.0;
                let (sin, cos) = (0.02 * frame as f64).sin_cos();
                [
                    cos * felt[0] - sin * felt[1],
                    sin * felt[0] + cos * felt[1],
                    felt[2],
                    0.0,
                    0.0,
                    0.0,
                ]
            })
            .collect();
        body.channels = inertial_channels(part, 50.0, 0.01 + offset_s, &samples);
        body
    }

    #[test]
    fn clocks_that_differ_are_found_and_set() {
        for exercise in [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl] {
            let set = SimulatedSet { repetitions: 3, ..SimulatedSet::new(exercise) };
            for offset in [-0.73, -0.2, 0.0, 0.11, 0.6] {
                let body = recording_with_sensor(&set, Part::RightWrist, offset);
                let end = body.frame_count() - 1;
                let around = Inertial::from_time_range(&body, body.time[0], -2.0..=99.0).unwrap();
                let clocks = around.offset_against(&body, 0, end).unwrap();
                assert!(
                    (clocks.offset_s - offset).abs() < 0.02 && clocks.correlation > 0.9,
                    "{exercise:?} {offset}: {clocks:?}"
                );
                let motion = Motion::new(&body, 0, end).unwrap();
                let set = motion.sensor.unwrap();
                assert!((set.offset_s() - offset).abs() < 0.02, "{offset}: {}", set.offset_s());
            }
        }
    }

    #[test]
    fn without_likeness_depth_or_time_the_clock_stays() {
        let mut body = recording_with_sensor(
            &SimulatedSet { repetitions: 2, ..SimulatedSet::new(Exercise::Squat) },
            Part::RightWrist,
            0.3,
        );
        let end = body.frame_count() - 1;
        assert_eq!(
            Motion::new(&body, 0, 60).unwrap().sensor.unwrap().offset_s,
            0.0,
            "half a second"
        );
        let offset = |body: &Recording| Motion::new(body, 0, end).unwrap().sensor.unwrap().offset_s;
        assert!(offset(&body) > 0.2);
        let flat = Recording { space: agoge_motion::Space::Plane, ..body.clone() };
        assert_eq!(offset(&flat), 0.0);
        let mut rng = fastrand::Rng::with_seed(1);
        body.channels
            .iter_mut()
            .flat_map(|channel| &mut channel.values)
            .for_each(|v| *v = rng.f64());
        assert_eq!(offset(&body), 0.0, "noise");
        body.position.fill([f64::NAN; 3]);
        let motion = Motion::new(&body, 0, end).unwrap();
        assert!(motion.has_sensor() && !motion.has_body());
    }
}
