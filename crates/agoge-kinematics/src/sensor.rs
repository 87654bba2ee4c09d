//! What a worn inertial sensor tells of the part that carries it, without any picture: how far it
//! has tilted from how it was held at rest, and how hard it was shaken.
//!
//! An accelerometer at rest shows which way is up. While it moves, the gyroscope carries that
//! direction on, and the mean of the acceleration over the last seconds, seen in the room, draws it
//! back: what speeds a part up must slow it down again, so that movement is evened out and gravity
//! stays (Laidig & Seel 2023). How the sensor is turned about the vertical cannot be known this
//! way, and nothing here needs it.

use crate::{Curve, Unit};
use agoge_motion::vector::{add, cross, dot, norm, scale, sub};
use agoge_motion::{Channel, Recording};

/// Standard gravity, m/s².
pub const GRAVITY: f64 = 9.80665;
/// The acceleration draws the direction back within about this time, s: a repetition or more.
const DRAWN_BACK_S: f64 = 3.0;
/// At rest it is that of gravity within this share.
const ABOUT_GRAVITY: f64 = 0.15;
/// A sensor that turns slower than this, rad/s, and feels about gravity is still,
const STILL: f64 = 0.35;
/// and has been held at rest once it was still for so long, s.
const AT_REST_S: f64 = 0.4;
/// What the gyroscope shows of a still sensor, up to this, rad/s, is its offset,
const OFFSET: f64 = 0.06;
/// which is learned within about this time, s.
const LEARNED_S: f64 = 0.5;
/// Samples farther apart than this do not belong together, s.
const GAP_S: f64 = 0.5;

/// One sample in the sensor's own axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Acceleration with gravity, m/s² (which of the two signs a device uses does not matter).
    pub acceleration: [f64; 3],
    /// Angular velocity, rad/s.
    pub turning: [f64; 3],
}

/// What is known with a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Felt {
    /// Angle between the direction of gravity now and at rest, as the sensor sees it, degrees, 0 to
    /// 180; NaN before it was ever at rest.
    pub tilt_deg: f64,
    /// Acceleration, in multiples of gravity: 1 at rest, 0 in free fall.
    pub load: f64,
}

/// Follows a worn sensor sample by sample.
#[derive(Clone, Debug, Default)]
pub struct Worn {
    last_s: Option<f64>,
    /// Gravity in the sensor's axes, m/s², and for how long it has been followed, s.
    up: Option<([f64; 3], f64)>,
    /// What the gyroscope showed of the sample before, rad/s.
    turning: [f64; 3],
    /// Gravity in the sensor's axes at rest.
    rest: Option<[f64; 3]>,
    /// What the gyroscope shows where nothing turns, rad/s.
    offset: [f64; 3],
    still_s: f64,
}

impl Worn {
    /// A sensor of which nothing is known yet.
    pub fn new() -> Worn {
        Worn::default()
    }

    /// Takes the next sample; its time in s. What is not finite, or does not come after the sample
    /// before, is not known and changes nothing.
    pub fn push(&mut self, time_s: f64, sample: &Sample) -> Felt {
        let Sample { acceleration, turning } = *sample;
        let load = norm(acceleration) / GRAVITY;
        let is_known = time_s.is_finite()
            && acceleration.iter().chain(&turning).all(|value| value.is_finite());
        if !is_known || self.last_s.is_some_and(|last| time_s <= last) {
            return Felt { tilt_deg: f64::NAN, load };
        }
        let step_s = time_s - self.last_s.unwrap_or(time_s);
        self.last_s = Some(time_s);
        if step_s > GAP_S {
            // What happened meanwhile is not known; how it was held at rest is.
            (self.up, self.still_s) = (None, 0.0);
        }
        let (up, followed_s) = match self.up {
            None => (acceleration, 0.0),
            Some((up, followed_s)) => {
                // A direction that stands still in the room turns against the sensor: by the mean
                // of both samples.
                let turning = sub(scale(add(self.turning, turning), 0.5), self.offset);
                let carried = turned(up, scale(turning, -step_s));
                let followed_s = followed_s + step_s;
                // At first each sample counts alike: one alone is noisy.
                let share = step_s / followed_s.min(DRAWN_BACK_S);
                (add(carried, scale(sub(acceleration, carried), share.min(1.0))), followed_s)
            }
        };
        (self.up, self.turning) = (Some((up, followed_s)), turning);
        let shows_gravity = (load - 1.0).abs() < ABOUT_GRAVITY;
        self.still_s =
            if shows_gravity && norm(turning) < STILL { self.still_s + step_s } else { 0.0 };
        if self.rest.is_none() && self.still_s >= AT_REST_S {
            self.rest = Some(up);
        }
        if self.still_s > 0.0 && norm(turning) < OFFSET {
            let share = (step_s / LEARNED_S).min(1.0);
            self.offset = add(self.offset, scale(sub(turning, self.offset), share));
        }
        let tilt_deg = self
            .rest
            .map_or(f64::NAN, |rest| norm(cross(rest, up)).atan2(dot(rest, up)).to_degrees());
        Felt { tilt_deg, load }
    }
}

/// A vector after a rotation, axis times angle in radians (Rodrigues 1840).
fn turned(v: [f64; 3], rotation: [f64; 3]) -> [f64; 3] {
    let angle = norm(rotation);
    if angle < 1e-12 {
        return v;
    }
    let axis = scale(rotation, 1.0 / angle);
    let (sin, cos) = angle.sin_cos();
    add(add(scale(v, cos), scale(cross(axis, v), sin)), scale(axis, dot(axis, v) * (1.0 - cos)))
}

/// Tilt (`sensor_tilt`, degrees) and load (`sensor_load`, multiples of gravity) of the sensor of a
/// recording, on the recording's clock, each `[frame]`; nothing without the six channels
/// ([`Recording::inertial`]) in known units. Until it was first at rest the tilt is taken back to
/// the beginning from there.
pub fn worn(recording: &Recording) -> Vec<Curve> {
    let Some(channels) = recording.inertial() else { return Vec::new() };
    let Some(scales) =
        channels.iter().map(|channel| in_si(&channel.unit)).collect::<Option<Vec<f64>>>()
    else {
        return Vec::new();
    };
    let Channel { rate_hz, start_s, .. } = *channels[0];
    if !(rate_hz > 0.0 && rate_hz.is_finite()) {
        return Vec::new();
    }
    let count = channels.iter().map(|channel| channel.values.len()).min().unwrap_or(0);
    let sample = |at: usize| {
        let value = |axis: usize| scales[axis] * channels[axis].values[at];
        Sample { acceleration: [0, 1, 2].map(value), turning: [3, 4, 5].map(value) }
    };
    let time_of = |at: usize| start_s + at as f64 / rate_hz;
    let mut sensor = Worn::new();
    // Before the rest is known there is no tilt: it is looked for first.
    (0..count)
        .take_while(|&at| sensor.push(time_of(at), &sample(at)).tilt_deg.is_nan())
        .for_each(drop);
    let mut sensor = Worn { rest: sensor.rest, ..Worn::new() };
    let felt: Vec<Felt> = (0..count).map(|at| sensor.push(time_of(at), &sample(at))).collect();
    let at_frames = |of: &dyn Fn(&Felt) -> f64| -> Vec<f64> {
        let value = |&time: &f64| {
            let place = (time - start_s) * rate_hz;
            let (below, above) = (place.floor().max(0.0) as usize, place.ceil().max(0.0) as usize);
            match (felt.get(below), felt.get(above)) {
                (Some(a), Some(b)) if place > -1.0 => {
                    of(a) + (place - below as f64).max(0.0) * (of(b) - of(a))
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
            values: at_frames(&|felt| felt.tilt_deg),
        },
        Curve {
            name: "sensor_load".to_owned(),
            side: None,
            unit: Unit::One,
            values: at_frames(&|felt| felt.load),
        },
    ]
}

/// What a value in a unit is multiplied with to be m/s² or rad/s.
pub fn in_si(unit: &str) -> Option<f64> {
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
    use agoge_motion::{Part, Skeleton, Source, Space};

    /// What a sensor feels that swings about its x axis, `angle` rad at a time, 0.3 m from the
    /// joint, tilted at rest by 20 degrees about its z axis, with a gyroscope that is off by one
    /// degree a second and shaken by `noise` m/s².
    fn swing(time_s: f64, angle: impl Fn(f64) -> f64, noise: &mut dyn FnMut() -> f64) -> Sample {
        let step = 1e-4;
        let speed = (angle(time_s + step) - angle(time_s - step)) / (2.0 * step);
        let change =
            (angle(time_s + step) - 2.0 * angle(time_s) + angle(time_s - step)) / (step * step);
        let a = angle(time_s);
        // Gravity, the pull towards the joint and the push along the way (z behind the swing), in
        // axes that swing with the limb (y towards the joint).
        let own = [0.0, GRAVITY * a.cos() + 0.3 * speed * speed, -GRAVITY * a.sin() - 0.3 * change];
        let mounted = |v: [f64; 3]| turned(v, [0.0, 0.0, 20f64.to_radians()]);
        let bias = 1f64.to_radians();
        Sample {
            acceleration: mounted(own).map(|value| value + noise()),
            turning: mounted([speed, 0.0, 0.0]).map(|value| value + bias),
        }
    }

    /// A limb that hangs for a second and then swings by 70 degrees and back, every two seconds.
    fn squatting(time_s: f64) -> f64 {
        let t = (time_s - 1.0).max(0.0);
        35f64.to_radians() * (1.0 - (std::f64::consts::PI * t).cos())
    }

    #[test]
    fn tilt_is_the_angle_that_was_swung_through() {
        // Enough of a chance for this: steps of a sine that never repeat.
        let mut count = 0.0;
        let mut noise = || {
            count += 1.0;
            0.3 * (count * count * 0.618f64).sin()
        };
        let mut sensor = Worn::new();
        let mut worst: f64 = 0.0;
        let mut known = 0;
        for sample in 0..1500 {
            let time_s = f64::from(sample) / 50.0;
            let felt = sensor.push(time_s, &swing(time_s, squatting, &mut noise));
            if felt.tilt_deg.is_finite() {
                known += 1;
                worst = worst.max((felt.tilt_deg - squatting(time_s).to_degrees()).abs());
            }
        }
        // The first repetition is not evened out before it is over: accelerations of up to 1.8 m/s²
        // for a third of a second, of the three in which they draw.
        assert!(worst < 3.0 && known > 1400, "{worst} {known}");
    }

    #[test]
    fn what_is_not_known_is_missing_and_a_gap_is_survived() {
        let mut sensor = Worn::new();
        let still = Sample { acceleration: [0.0, GRAVITY, 0.0], turning: [0.0; 3] };
        for sample in 0..50 {
            sensor.push(f64::from(sample) / 50.0, &still);
        }
        assert!(sensor.push(1.0, &still).tilt_deg < 1e-6);
        let lost = Sample { acceleration: [f64::NAN, 0.0, 0.0], ..still };
        assert!(sensor.push(1.02, &lost).tilt_deg.is_nan());
        assert!(sensor.push(0.5, &still).tilt_deg.is_nan(), "time runs forward");
        assert!(sensor.push(f64::INFINITY, &still).tilt_deg.is_nan());
        // After a gap it lies on its side: the rest of before holds.
        let side = Sample { acceleration: [GRAVITY, 0.0, 0.0], turning: [0.0; 3] };
        assert!((sensor.push(9.0, &side).tilt_deg - 90.0).abs() < 1e-6);
        let falling = Sample { acceleration: [0.0; 3], turning: [0.0; 3] };
        let felt = Worn::new().push(0.0, &falling);
        assert!(felt.tilt_deg.is_nan() && felt.load == 0.0);
    }

    #[test]
    fn a_recording_has_the_curves_on_its_own_clock() {
        let rate_hz = 50.0;
        let samples: Vec<Sample> =
            (0..500).map(|at| swing(f64::from(at) / rate_hz, squatting, &mut || 0.0)).collect();
        let time: Vec<f64> = (0..300).map(|frame| f64::from(frame) / 30.0).collect();
        let skeleton = Skeleton::body();
        let positions = vec![[f64::NAN; 3]; time.len() * skeleton.len()];
        let confidence = vec![0.0; positions.len()];
        let made =
            Recording::new(Source::default(), skeleton, Space::World, time, positions, confidence);
        let mut recording = made.unwrap();
        assert!(worn(&recording).is_empty());
        for (axis, name) in INERTIAL.iter().enumerate() {
            let value = |sample: &Sample| match axis {
                0..=2 => sample.acceleration[axis] / GRAVITY,
                _ => sample.turning[axis - 3].to_degrees(),
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
        let curves = worn(&recording);
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
        assert!(worn(&recording).is_empty());
    }
}
