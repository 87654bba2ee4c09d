//! Curves of a worn inertial sensor: its tilt from the orientation at rest, and the acceleration it
//! is subject to.
//!
//! At rest, an accelerometer shows which direction is up. During movement, the gyroscope updates
//! that direction, and the acceleration averaged over the last seconds in room coordinates corrects
//! it: every acceleration of a part is followed by a deceleration, so movement averages out and
//! gravity remains (Laidig & Seel 2023). The heading about the vertical is unknown, and is not
//! needed here.

use crate::{Curve, Unit};
use agoge_motion::vector::{add, cross, dot, norm, rotate_about, scale, sub};
use agoge_motion::{Channel, Recording};

/// Standard gravity, m/s².
pub const GRAVITY: f64 = 9.80665;
/// Time constant of the accelerometer's correction, s: a repetition or more.
const CORRECTION_S: f64 = 3.0;
/// At rest, the acceleration equals gravity within this share.
const GRAVITY_TOLERANCE: f64 = 0.15;
/// A sensor that rotates more slowly than this, rad/s, and measures about gravity is still.
const STILL_RATE: f64 = 0.35;
/// A sensor is at rest after being still for this long, s.
const AT_REST_S: f64 = 0.4;
/// A still sensor's angular velocity up to this, rad/s, counts as the gyroscope's offset.
const MAX_OFFSET: f64 = 0.06;
/// Time constant of the estimation of the offset, s.
const OFFSET_S: f64 = 0.5;
/// Samples further apart than this are separated by a gap, s.
const GAP_S: f64 = 0.5;

/// One sample in the sensor's axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InertialSample {
    /// Acceleration including gravity, m/s² (in either of the two sign conventions).
    pub acceleration: [f64; 3],
    /// Angular velocity, rad/s.
    pub angular_velocity: [f64; 3],
}

/// The sensor's state at a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SensorState {
    /// Angle between the directions of gravity now and at rest, in the sensor's axes, 0 to 180
    /// degrees; NaN before the sensor was first at rest.
    pub tilt_deg: f64,
    /// Acceleration as a multiple of gravity: 1 at rest, 0 in free fall.
    pub load: f64,
}

/// Tracks a worn sensor sample by sample.
#[derive(Clone, Debug, Default)]
pub struct SensorTracker {
    /// Time of the previous sample, s.
    last_s: Option<f64>,
    /// Gravity in the sensor's axes, m/s², and how long it has been tracked, s.
    up: Option<([f64; 3], f64)>,
    /// Angular velocity of the previous sample, rad/s.
    turning: [f64; 3],
    /// Gravity in the sensor's axes at rest.
    rest: Option<[f64; 3]>,
    /// The gyroscope's offset: its reading without rotation, rad/s.
    offset: [f64; 3],
    /// How long the sensor has been still, s.
    still_s: f64,
}

impl SensorTracker {
    /// A tracker before its first sample.
    pub fn new() -> SensorTracker {
        SensorTracker::default()
    }

    /// Processes the next sample, at a time in s. A sample that is not finite, or not later than
    /// the previous one, is ignored; its tilt is NaN.
    pub fn push(&mut self, time_s: f64, sample: &InertialSample) -> SensorState {
        let InertialSample { acceleration, angular_velocity: turning } = *sample;
        let load = norm(acceleration) / GRAVITY;
        let is_known = time_s.is_finite()
            && acceleration.iter().chain(&turning).all(|value| value.is_finite());
        if !is_known || self.last_s.is_some_and(|last| time_s <= last) {
            return SensorState { tilt_deg: f64::NAN, load };
        }
        let step_s = time_s - self.last_s.unwrap_or(time_s);
        self.last_s = Some(time_s);
        if step_s > GAP_S {
            // The movement during the gap is unknown; the orientation at rest stays valid.
            (self.up, self.still_s) = (None, 0.0);
        }
        let (up, tracked_s) = match self.up {
            None => (acceleration, 0.0),
            Some((up, tracked_s)) => {
                // A direction fixed in the room rotates opposite to the sensor; use the mean
                // angular velocity of both samples.
                let turning = sub(scale(add(self.turning, turning), 0.5), self.offset);
                let carried = rotate_vector(up, scale(turning, -step_s));
                let tracked_s = tracked_s + step_s;
                // At first all samples count equally, since a single one is noisy.
                let share = step_s / tracked_s.min(CORRECTION_S);
                (add(carried, scale(sub(acceleration, carried), share.min(1.0))), tracked_s)
            }
        };
        (self.up, self.turning) = (Some((up, tracked_s)), turning);
        let shows_gravity = (load - 1.0).abs() < GRAVITY_TOLERANCE;
        self.still_s =
            if shows_gravity && norm(turning) < STILL_RATE { self.still_s + step_s } else { 0.0 };
        if self.rest.is_none() && self.still_s >= AT_REST_S {
            self.rest = Some(up);
        }
        if self.still_s > 0.0 && norm(turning) < MAX_OFFSET {
            let share = (step_s / OFFSET_S).min(1.0);
            self.offset = add(self.offset, scale(sub(turning, self.offset), share));
        }
        let tilt_deg = self
            .rest
            .map_or(f64::NAN, |rest| norm(cross(rest, up)).atan2(dot(rest, up)).to_degrees());
        SensorState { tilt_deg, load }
    }
}

/// Rotates a vector by a rotation vector, axis times angle in radians (Rodrigues 1840).
fn rotate_vector(v: [f64; 3], rotation: [f64; 3]) -> [f64; 3] {
    let angle = norm(rotation);
    if angle < 1e-12 {
        return v;
    }
    rotate_about(v, scale(rotation, 1.0 / angle), angle)
}

/// Tilt (`sensor_tilt`, degrees) and load (`sensor_load`, multiples of gravity) of a recording's
/// sensor on the recording's clock, each `[frame]`; empty without the six channels
/// ([`Recording::inertial_channels`]) in known units. The orientation at the first rest is also
/// used for the tilt before it.
pub fn sensor_curves(recording: &Recording) -> Vec<Curve> {
    let Some(channels) = recording.inertial_channels() else { return Vec::new() };
    let Some(scales) =
        channels.iter().map(|channel| si_factor(&channel.unit)).collect::<Option<Vec<f64>>>()
    else {
        return Vec::new();
    };
    let Channel { rate_hz, start_s, .. } = *channels[0];
    if !(rate_hz > 0.0 && rate_hz.is_finite()) {
        return Vec::new();
    }
    let count = channels.iter().map(|channel| channel.values.len()).min().unwrap_or(0);
    let sample_at = |index: usize| {
        let value = |axis: usize| scales[axis] * channels[axis].values[index];
        InertialSample {
            acceleration: [0, 1, 2].map(value),
            angular_velocity: [3, 4, 5].map(value),
        }
    };
    let time_of = |index: usize| start_s + index as f64 / rate_hz;
    let mut sensor = SensorTracker::new();
    // A first pass finds the orientation at rest, without which there is no tilt.
    (0..count)
        .take_while(|&index| sensor.push(time_of(index), &sample_at(index)).tilt_deg.is_nan())
        .for_each(drop);
    let mut sensor = SensorTracker { rest: sensor.rest, ..SensorTracker::new() };
    let states: Vec<SensorState> =
        (0..count).map(|index| sensor.push(time_of(index), &sample_at(index))).collect();
    let at_frames = |quantity: &dyn Fn(&SensorState) -> f64| -> Vec<f64> {
        let value = |&time: &f64| {
            let index = (time - start_s) * rate_hz;
            let (below, above) = (index.floor().max(0.0) as usize, index.ceil().max(0.0) as usize);
            match (states.get(below), states.get(above)) {
                (Some(a), Some(b)) if index > -1.0 => {
                    let share = (index - below as f64).max(0.0);
                    quantity(a) + share * (quantity(b) - quantity(a))
                }
                _ => f64::NAN,
            }
        };
        recording.time.iter().map(value).collect()
    };
    vec![
        Curve {
            name: "sensor_tilt".to_owned(),
            side: None,
            unit: Unit::Degree,
            values: at_frames(&|state| state.tilt_deg),
        },
        Curve {
            name: "sensor_load".to_owned(),
            side: None,
            unit: Unit::One,
            values: at_frames(&|state| state.load),
        },
    ]
}

/// The factor that converts a value in a unit to m/s² or rad/s; `None` for an unknown unit.
///
/// ```
/// use agoge_kinematics::sensor::si_factor;
/// assert_eq!(si_factor("g"), Some(9.80665));
/// assert!((si_factor("deg/s").unwrap() * 180.0 - std::f64::consts::PI).abs() < 1e-12);
/// assert_eq!(si_factor("furlong"), None);
/// ```
pub fn si_factor(unit: &str) -> Option<f64> {
    match unit {
        "g" => Some(GRAVITY),
        "m/s^2" | "m/s²" | "m/s2" => Some(1.0),
        "deg/s" | "°/s" => Some(1f64.to_radians()),
        "rad/s" => Some(1.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::recording::INERTIAL;
    use agoge_motion::{Part, RecordingSource, Skeleton, Space};

    /// A sample of a sensor 0.3 m from a joint that swings about its x axis, with `angle` rad at a
    /// time. The sensor is mounted with a rotation of 20 degrees about its z axis, its gyroscope
    /// has an offset of 1 degree per second and its acceleration has `noise`, m/s².
    fn swing(
        time_s: f64,
        angle: impl Fn(f64) -> f64,
        noise: &mut dyn FnMut() -> f64,
    ) -> InertialSample {
        let step = 1e-4;
        let speed = (angle(time_s + step) - angle(time_s - step)) / (2.0 * step);
        let change =
            (angle(time_s + step) - 2.0 * angle(time_s) + angle(time_s - step)) / (step * step);
        let a = angle(time_s);
        // Gravity, centripetal and tangential acceleration (z opposite to the swing), in axes that
        // swing with the limb (y towards the joint).
        let limb =
            [0.0, GRAVITY * a.cos() + 0.3 * speed * speed, -GRAVITY * a.sin() - 0.3 * change];
        let mounted = |v: [f64; 3]| rotate_vector(v, [0.0, 0.0, 20f64.to_radians()]);
        let bias = 1f64.to_radians();
        InertialSample {
            acceleration: mounted(limb).map(|value| value + noise()),
            angular_velocity: mounted([speed, 0.0, 0.0]).map(|value| value + bias),
        }
    }

    /// The angle of a limb that hangs for a second and then swings by 70 degrees and back every two
    /// seconds.
    fn squatting(time_s: f64) -> f64 {
        let t = (time_s - 1.0).max(0.0);
        35f64.to_radians() * (1.0 - (std::f64::consts::PI * t).cos())
    }

    #[test]
    fn tilt_is_the_angle_that_was_swung_through() {
        // Pseudo-random noise: samples of a sine that never repeat.
        let mut count = 0.0;
        let mut noise = || {
            count += 1.0;
            0.3 * (count * count * 0.618f64).sin()
        };
        let mut sensor = SensorTracker::new();
        let mut worst: f64 = 0.0;
        let mut known = 0;
        for sample in 0..1500 {
            let time_s = f64::from(sample) / 50.0;
            let state = sensor.push(time_s, &swing(time_s, squatting, &mut noise));
            if state.tilt_deg.is_finite() {
                known += 1;
                worst = worst.max((state.tilt_deg - squatting(time_s).to_degrees()).abs());
            }
        }
        // The first repetition averages out only once it is over: until then, accelerations of up
        // to 1.8 m/s² act for a third of a second, against a time constant of three seconds.
        assert!(worst < 3.0 && known > 1400, "{worst} {known}");
    }

    #[test]
    fn what_is_not_known_is_missing_and_a_gap_is_survived() {
        let mut sensor = SensorTracker::new();
        let still =
            InertialSample { acceleration: [0.0, GRAVITY, 0.0], angular_velocity: [0.0; 3] };
        for sample in 0..50 {
            sensor.push(f64::from(sample) / 50.0, &still);
        }
        assert!(sensor.push(1.0, &still).tilt_deg < 1e-6);
        let lost = InertialSample { acceleration: [f64::NAN, 0.0, 0.0], ..still };
        assert!(sensor.push(1.02, &lost).tilt_deg.is_nan());
        assert!(sensor.push(0.5, &still).tilt_deg.is_nan(), "time runs forward");
        assert!(sensor.push(f64::INFINITY, &still).tilt_deg.is_nan());
        // After a gap the sensor lies on its side: the earlier orientation at rest still applies.
        let side = InertialSample { acceleration: [GRAVITY, 0.0, 0.0], angular_velocity: [0.0; 3] };
        assert!((sensor.push(9.0, &side).tilt_deg - 90.0).abs() < 1e-6);
        let falling = InertialSample { acceleration: [0.0; 3], angular_velocity: [0.0; 3] };
        let state = SensorTracker::new().push(0.0, &falling);
        assert!(state.tilt_deg.is_nan() && state.load == 0.0);
    }

    #[test]
    fn a_recording_has_the_curves_on_its_own_clock() {
        let rate_hz = 50.0;
        let samples: Vec<InertialSample> = (0..500)
            .map(|index| swing(f64::from(index) / rate_hz, squatting, &mut || 0.0))
            .collect();
        let time: Vec<f64> = (0..300).map(|frame| f64::from(frame) / 30.0).collect();
        let skeleton = Skeleton::body();
        let positions = vec![[f64::NAN; 3]; time.len() * skeleton.len()];
        let confidence = vec![0.0; positions.len()];
        let without_channels = Recording::new(
            RecordingSource::default(),
            skeleton,
            Space::World,
            time,
            positions,
            confidence,
        );
        let mut recording = without_channels.unwrap();
        assert!(sensor_curves(&recording).is_empty());
        for (axis, name) in INERTIAL.iter().enumerate() {
            let value = |sample: &InertialSample| match axis {
                0..=2 => sample.acceleration[axis] / GRAVITY,
                _ => sample.angular_velocity[axis - 3].to_degrees(),
            };
            recording.channels.push(Channel {
                name: (*name).to_owned(),
                unit: if axis < 3 { "g".to_owned() } else { "deg/s".to_owned() },
                part: Some(Part::RightKnee),
                rate_hz,
                start_s: 0.0,
                values: samples.iter().map(value).collect(),
            });
        }
        let curves = sensor_curves(&recording);
        let names: Vec<&str> = curves.iter().map(|curve| curve.name.as_str()).collect();
        assert_eq!(names, ["sensor_tilt", "sensor_load"]);
        for (frame, tilt) in
            curves[0].values.iter().enumerate().filter(|(_, tilt)| tilt.is_finite())
        {
            let truth = squatting(recording.time[frame]).to_degrees();
            assert!((tilt - truth).abs() < 3.0, "{frame}: {tilt} {truth}");
        }
        assert!(curves[0].values[0].is_finite() && (curves[1].values[0] - 1.0).abs() < 1e-6);
        recording.channels[2].unit = "furlong".to_owned();
        assert!(sensor_curves(&recording).is_empty());
    }
}
