//! Columns of worn inertial sensors in a CSV file: `[<part>_]acc_x[_<unit>]` … `gyr_z[_<unit>]`.

use agoge_motion::Channel;
use agoge_motion::recording::INERTIAL;
use agoge_motion::skeleton::sensor_part;

/// Samples farther than this fraction of a step from a steady clock are resampled onto one.
const STEADY_TOLERANCE: f64 = 0.25;

/// The columns of one sensor while they are read.
pub(super) struct SensorColumns {
    /// The body part as the columns name it; empty if they name none.
    pub(super) name: String,
    /// Units of acceleration and angular velocity, if the column names give them.
    pub(super) units: [Option<&'static str>; 2],
    /// Which axes are present.
    pub(super) has_axis: [bool; 6],
    /// `[row][axis]`; NaN means missing.
    pub(super) rows: Vec<[f64; 6]>,
}

/// The part's name, the axis and the unit of a column; none if it is not a sensor column.
pub(super) fn split_sensor_column(column: &str) -> Option<(String, usize, Option<&'static str>)> {
    let name = column.trim().to_ascii_lowercase().replace(['[', ']', '(', ')'], " ");
    let (name, unit) = match name.trim().rsplit_once([' ', '_']) {
        Some((name, unit)) if canonical_unit(unit).is_some() => {
            (name.trim_end().to_owned(), canonical_unit(unit))
        }
        _ => (name.trim().to_owned(), None),
    };
    let (rest, letter) = name.rsplit_once('_')?;
    let axis = ["x", "y", "z"].iter().position(|known| *known == letter)?;
    let (part, kind) = rest.rsplit_once('_').unwrap_or(("", rest));
    let first = match kind {
        "acc" | "accel" | "acceleration" | "accelerometer" => 0,
        "gyr" | "gyro" | "gyroscope" => 3,
        _ => return None,
    };
    let unit_is_right = unit.is_none_or(|unit| (first == 0) == matches!(unit, "g" | "m/s^2"));
    unit_is_right.then(|| (part.to_owned(), first + axis, unit))
}

/// The canonical spelling of a sensor unit; none if it is unknown.
fn canonical_unit(text: &str) -> Option<&'static str> {
    Some(match text {
        "g" => "g",
        "m/s2" | "m/s^2" | "m/s²" | "mps2" => "m/s^2",
        "deg/s" | "°/s" | "dps" => "deg/s",
        "rad/s" | "rps" => "rad/s",
        _ => return None,
    })
}

impl SensorColumns {
    pub(super) fn new(name: String) -> SensorColumns {
        SensorColumns { name, units: [None; 2], has_axis: [false; 6], rows: Vec::new() }
    }

    /// The sensor's channels on a steady clock over the rows' `time`, s, or what is wrong with it.
    /// Assumptions are added to `notes`.
    pub(super) fn resampled_channels(
        &self,
        time: &[f64],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Channel>, String> {
        let who = if self.name.is_empty() {
            "the sensor".to_owned()
        } else {
            format!("the sensor on {}", self.name)
        };
        if let Some(missing) = (0..6).find(|&axis| !self.has_axis[axis]) {
            return Err(format!("{who} has no column {}", INERTIAL[missing]));
        }
        let acceleration = match self.units[0] {
            Some(unit) => unit,
            None => {
                let unit = self.unit_by_gravity().ok_or_else(|| {
                    format!(
                        "the acceleration of {who} has no unit, and at rest shows neither 1 nor 9.8"
                    )
                })?;
                notes.push(format!("the acceleration of {who} has no unit: taken for {unit} by what it shows at rest"));
                unit
            }
        };
        let turning =
            self.units[1].ok_or_else(|| format!("the angular velocity of {who} has no unit"))?;
        let (Some(&first), Some(&last)) = (time.first(), time.last()) else {
            return Ok(Vec::new());
        };
        let rate_hz = (time.len() - 1) as f64 / (last - first);
        if !(rate_hz.is_finite() && rate_hz > 0.0) {
            return Err(format!("{who} has one sample only"));
        }
        let steady = |(at, &time): (usize, &f64)| {
            (time - first - at as f64 / rate_hz).abs() * rate_hz <= STEADY_TOLERANCE
        };
        let is_steady = time.iter().enumerate().all(steady);
        if !is_steady {
            notes.push(format!(
                "the clock of {who} is not steady: brought to {rate_hz:.2} samples a second"
            ));
        }
        let values = |axis: usize| -> Vec<f64> {
            if is_steady {
                return self.rows.iter().map(|row| row[axis]).collect();
            }
            let at = |sample: usize| {
                let wanted = first + sample as f64 / rate_hz;
                let above = time.partition_point(|time| *time < wanted).clamp(1, time.len() - 1);
                let (a, b) = (above - 1, above);
                let share = ((wanted - time[a]) / (time[b] - time[a])).clamp(0.0, 1.0);
                self.rows[a][axis] + share * (self.rows[b][axis] - self.rows[a][axis])
            };
            (0..time.len()).map(at).collect()
        };
        let part = sensor_part(&self.name);
        let channel = |axis: usize| Channel {
            name: INERTIAL[axis].to_owned(),
            unit: if axis < 3 { acceleration } else { turning }.to_owned(),
            part,
            rate_hz,
            start_s: first,
            values: values(axis),
        };
        Ok((0..6).map(channel).collect())
    }

    /// The unit in which the accelerometer's median magnitude is about that of gravity.
    fn unit_by_gravity(&self) -> Option<&'static str> {
        let size = |row: &[f64; 6]| row[..3].iter().map(|value| value * value).sum::<f64>().sqrt();
        let mut sizes: Vec<f64> =
            self.rows.iter().map(size).filter(|size| size.is_finite()).collect();
        sizes.sort_by(f64::total_cmp);
        match sizes.get(sizes.len() / 2)? {
            0.8..1.25 => Some("g"),
            8.0..12.0 => Some("m/s^2"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_however_they_are_written() {
        let known = |column: &str| {
            split_sensor_column(column).map(|(part, axis, unit)| (part, INERTIAL[axis], unit))
        };
        assert_eq!(known("acc_x"), Some((String::new(), "acc_x", None)));
        assert_eq!(
            known("right_wrist_acc_y_m/s2"),
            Some(("right_wrist".into(), "acc_y", Some("m/s^2")))
        );
        assert_eq!(known("Gyro_Z [rad/s]"), Some((String::new(), "gyr_z", Some("rad/s"))));
        assert_eq!(known("Acc_X"), Some((String::new(), "acc_x", None)));
        assert_eq!(known("left_knee_x_m"), None);
        assert_eq!(known("acc_x_deg/s"), None, "no unit of acceleration");
        assert_eq!(known("acc_c"), None);
        for column in ["", "_", "acc", "acc_", "_x", "é_x", "acc__x"] {
            let _ = split_sensor_column(column);
        }
    }

    #[test]
    fn a_clock_that_is_not_steady_is_brought_to_one() {
        let time = [0.0, 0.01, 0.04, 0.06, 0.08];
        let rows = time.map(|t| [t, 0.0, 9.8, 0.0, 0.0, t]).to_vec();
        let sensor = SensorColumns {
            units: [Some("m/s^2"), Some("rad/s")],
            has_axis: [true; 6],
            rows,
            ..SensorColumns::new("left_forearm".into())
        };
        let mut notes = Vec::new();
        let channels = sensor.resampled_channels(&time, &mut notes).unwrap();
        assert_eq!(channels[0].part, Some(agoge_motion::Part::LeftWrist));
        assert_eq!((channels.len(), notes.len(), channels[0].rate_hz.round()), (6, 1, 50.0));
        for (sample, value) in channels[5].values.iter().enumerate() {
            assert!((value - 0.02 * sample as f64).abs() < 1e-12, "it rises as steadily as before");
        }
    }
}
