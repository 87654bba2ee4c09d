//! What a worn inertial sensor felt during a movement.

use agoge_motion::{Channel, Part, Recording};

/// Axes of a sensor: acceleration, then angular velocity.
pub(crate) const AXES: usize = 6;
/// Names of the channels, in the order of the axes.
const NAMES: [&str; AXES] = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"];
/// Angular velocity is told in this many degrees a second, so that both halves are of one size.
const TURN: f64 = 100.0;

/// The samples of one sensor, in its own axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Inertial {
    /// The part of the body that carries it.
    pub(crate) part: Part,
    /// Seconds on the clock of the motion, `[sample]`, rising.
    pub(crate) time: Vec<f64>,
    /// Acceleration with gravity in g, angular velocity in 100 degrees a second, `[sample, axis]`.
    pub(crate) values: Vec<[f32; AXES]>,
}

impl Inertial {
    /// The sensor of a recording between two instants, s; time 0 is `from`. None if the recording has no six channels `acc_x` … `gyr_z` of one part and clock, or no two
    /// samples there. A missing sample is left out.
    pub fn new(recording: &Recording, from: f64, to: f64) -> Option<Inertial> {
        let find = |name: &str| recording.channels.iter().find(|channel| channel.name == name);
        let channels: Vec<&Channel> = NAMES.iter().map(|name| find(name)).collect::<Option<_>>()?;
        let part = channels[0].part?;
        let (rate, start) = (channels[0].rate_hz, channels[0].start_s);
        let count = channels.iter().map(|channel| channel.values.len()).min()?;
        let scales: Vec<f64> = channels.iter().map(|channel| scale(&channel.unit)).collect::<Option<_>>()?;
        let mut sensor = Inertial { part, time: Vec::new(), values: Vec::new() };
        for sample in 0..count {
            let time = start + sample as f64 / rate;
            let values: [f32; AXES] = std::array::from_fn(|axis| (channels[axis].values[sample] * scales[axis]) as f32);
            if (from..=to).contains(&time) && values.iter().all(|v| v.is_finite()) {
                sensor.time.push(time - from);
                sensor.values.push(values);
            }
        }
        (sensor.time.len() > 1).then_some(sensor)
    }
}

/// What a value in a unit is multiplied with.
fn scale(unit: &str) -> Option<f64> {
    match unit {
        "g" => Some(1.0),
        "m/s^2" | "m/s²" => Some(1.0 / 9.806_65),
        "deg/s" | "°/s" => Some(1.0 / TURN),
        "rad/s" => Some(1f64.to_degrees() / TURN),
        _ => None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What a sensor on the right wrist felt at 50 Hz for so many seconds.
    pub(crate) fn felt(seconds: f64, at: impl Fn(f32) -> [f32; AXES]) -> Inertial {
        let time: Vec<f64> = (0..=(seconds * 50.0) as usize).map(|sample| sample as f64 / 50.0).collect();
        let values = time.iter().map(|time| at(*time as f32)).collect();
        Inertial { part: Part::RightWrist, time, values }
    }
}
