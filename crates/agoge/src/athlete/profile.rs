//! What the loads need to know of an athlete, in `athlete.toml`.

use crate::Error;
use agoge_formats::workout::Workout;
use agoge_kinematics::dynamics::Sex;
use agoge_load::{
    WorkloadMethod, banister_trimp, edwards_trimp, lucia_trimp, normalized_power, pace_load,
    power_load, session_rpe_load,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What the loads need to know. What is not known leaves out the loads that need it; nothing is
/// guessed from age.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoadProfile {
    /// Which of Banister's constants apply.
    pub sex: Option<Sex>,
    /// Heart rate at rest, beats a minute.
    pub resting_heart_rate: Option<f64>,
    /// Highest heart rate that was measured.
    pub maximal_heart_rate: Option<f64>,
    /// Heart rate at the first ventilatory threshold.
    pub first_threshold_heart_rate: Option<f64>,
    /// Heart rate at the second.
    pub second_threshold_heart_rate: Option<f64>,
    /// Power that can be held for an hour, W.
    pub threshold_power_w: Option<f64>,
    /// Speed that can be held for an hour on level ground, m/s.
    pub threshold_speed_m_s: Option<f64>,
    /// Whether days without an entry are days of rest: only if every session is written down.
    pub missing_is_rest: bool,
}

impl LoadProfile {
    pub(super) fn read_file(path: &Path) -> Result<LoadProfile, Error> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(LoadProfile::default());
            }
            Err(error) => return Err(Error::io_at(path)(error)),
        };
        let fault = |what: String| Error::Profile { path: path.to_owned(), what };
        let own: LoadProfile = toml::from_str(&text).map_err(|error| {
            let line = error
                .span()
                .map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            fault(format!("line {line}: {}", error.message()))
        })?;
        let rates = [
            own.resting_heart_rate,
            own.maximal_heart_rate,
            own.first_threshold_heart_rate,
            own.second_threshold_heart_rate,
        ];
        if rates.iter().flatten().any(|rate| !(20.0..=250.0).contains(rate)) {
            return Err(fault("a heart rate is not between 20 and 250".into()));
        }
        if [own.threshold_power_w, own.threshold_speed_m_s]
            .iter()
            .flatten()
            .any(|value| value.is_nan() || *value <= 0.0)
        {
            return Err(fault("a threshold is not above 0".into()));
        }
        if own
            .resting_heart_rate
            .zip(own.maximal_heart_rate)
            .is_some_and(|(rest, most)| rest >= most)
        {
            return Err(fault("the resting heart rate is not below the maximal one".into()));
        }
        Ok(own)
    }

    /// The loads of a cleaned workout by every method that the data and this profile allow.
    pub fn workout_loads(&self, workout: &Workout) -> BTreeMap<WorkloadMethod, f64> {
        let samples = &workout.samples;
        let minutes = workout.duration_s / 60.0;
        let rested = minutes == 0.0;
        let mut loads = vec![
            (
                WorkloadMethod::SessionRpe,
                if rested { 0.0 } else { session_rpe_load(workout.rpe, minutes) },
            ),
            (WorkloadMethod::Distance, if rested { 0.0 } else { workout.distance_m }),
            (
                WorkloadMethod::StrengthVolume,
                if rested && workout.volume_kg.is_nan() { 0.0 } else { workout.volume_kg },
            ),
        ];
        if workout.load_au.is_finite() {
            loads.push((WorkloadMethod::SessionRpe, workout.load_au));
        }
        if let (Some(sex), Some(rest), Some(most)) =
            (self.sex, self.resting_heart_rate, self.maximal_heart_rate)
        {
            loads.push((
                WorkloadMethod::TrimpBanister,
                banister_trimp(&samples.time, &samples.heart_rate, rest, most, sex),
            ));
        }
        if let Some(most) = self.maximal_heart_rate {
            loads.push((
                WorkloadMethod::TrimpEdwards,
                edwards_trimp(&samples.time, &samples.heart_rate, most),
            ));
        }
        if let (Some(first), Some(second)) =
            (self.first_threshold_heart_rate, self.second_threshold_heart_rate)
        {
            loads.push((
                WorkloadMethod::TrimpLucia,
                lucia_trimp(&samples.time, &samples.heart_rate, first, second),
            ));
        }
        if let Some(threshold) = self.threshold_power_w {
            loads.push((
                WorkloadMethod::Tss,
                power_load(
                    workout.duration_s,
                    normalized_power(&samples.time, &samples.power),
                    threshold,
                ),
            ));
        }
        if let Some(threshold) = self.threshold_speed_m_s.filter(|_| workout.sport.contains("run"))
        {
            loads.push((
                WorkloadMethod::Pace,
                pace_load(workout.duration_s, workout.distance_m / workout.duration_s, threshold),
            ));
        }
        loads.into_iter().filter(|(_, load)| load.is_finite()).collect()
    }
}
