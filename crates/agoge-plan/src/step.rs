//! The steps of a session, as a watch guides through them: warm-up, work with its repetitions and
//! rests, cool-down.

use serde::{Deserialize, Serialize};

/// The role of a step in its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepPart {
    /// Before the work.
    WarmUp,
    /// The purpose of the session.
    #[default]
    Work,
    /// Rest or easy movement in between.
    Rest,
    /// After the work.
    CoolDown,
}

/// A step of a session, done once or several times with rests in between. It has at most one of
/// minutes, metres and repetitions; steps with none of them share equally what the others leave of
/// the session's minutes, and last until the athlete ends them where that is unknown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionStep {
    /// Its role in the session.
    #[serde(default)]
    pub part: StepPart,
    /// What to do, in a few words.
    pub what: String,
    /// How many times.
    #[serde(default = "default_times")]
    pub times: u32,
    /// Duration of each time, min.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
    /// Distance of each time, m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metres: Option<f64>,
    /// Repetitions of a movement each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetitions: Option<u32>,
    /// Rest between the times, min.
    #[serde(default)]
    pub rest: f64,
    /// Effort, CR-10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpe: Option<f64>,
    /// Range in percent of threshold power (cycling) or of the speed at threshold (running,
    /// swimming).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<[f64; 2]>,
}

fn default_times() -> u32 {
    1
}

impl SessionStep {
    /// Minutes of all its times and the rests between them, if it is measured in minutes.
    fn total_minutes(&self) -> Option<f64> {
        Some(
            f64::from(self.times) * self.minutes?
                + f64::from(self.times.saturating_sub(1)) * self.rest,
        )
    }

    fn is_open(&self) -> bool {
        self.minutes.is_none() && self.metres.is_none() && self.repetitions.is_none()
    }

    fn find_fault(&self) -> Option<&'static str> {
        let lengths = [self.minutes.is_some(), self.metres.is_some(), self.repetitions.is_some()];
        let within = |value: f64, low: f64, high: f64| (low..=high).contains(&value);
        match () {
            () if lengths.iter().filter(|given| **given).count() > 1 => {
                Some("has more than one of minutes, metres and repetitions")
            }
            () if self.minutes.is_some_and(|minutes| !within(minutes, 0.05, 600.0)) => {
                Some("must have minutes in 0.05 to 600")
            }
            () if self.metres.is_some_and(|metres| !within(metres, 1.0, 200_000.0)) => {
                Some("must have metres in 1 to 200000")
            }
            () if self.repetitions.is_some_and(|count| !(1..=1000).contains(&count)) => {
                Some("must have repetitions in 1 to 1000")
            }
            () if !(1..=100).contains(&self.times) || !within(self.rest, 0.0, 60.0) => {
                Some("must have times in 1 to 100 and a rest in 0 to 60")
            }
            () if self.is_open() && self.times > 1 => {
                Some("must say how long each of its times is")
            }
            () if self.rpe.is_some_and(|rpe| !within(rpe, 0.5, 10.0)) => {
                Some("must have an rpe in 0.5 to 10")
            }
            () if self
                .threshold
                .is_some_and(|[low, high]| !(1.0 <= low && low <= high && high <= 400.0)) =>
            {
                Some("must have a threshold from 1 to 400 %")
            }
            () => None,
        }
    }
}

/// Assigns the steps of a session of this duration their lengths as far as they are known; an error
/// says what is wrong with the steps.
pub(super) fn resolve_steps(
    steps: &[SessionStep],
    minutes: f64,
) -> Result<Vec<SessionStep>, String> {
    if let Some((step, fault)) = steps.iter().find_map(|step| Some((step, step.find_fault()?))) {
        return Err(format!("the step `{}` {fault}", step.what));
    }
    let minutes_left = minutes - steps.iter().filter_map(SessionStep::total_minutes).sum::<f64>();
    let open_steps = steps.iter().filter(|step| step.is_open()).count();
    let is_timed = steps.iter().all(|step| step.is_open() || step.minutes.is_some());
    // Session durations are only accurate to about a minute.
    if minutes_left < -1.0
        || (is_timed && open_steps == 0 && minutes_left > 1.0 && !steps.is_empty())
        || (is_timed && open_steps > 0 && minutes_left <= 0.0)
    {
        return Err(format!("the steps do not take its {minutes} minutes"));
    }
    let minutes_each = (is_timed && open_steps > 0).then(|| minutes_left / open_steps as f64);
    let fill = |step: &SessionStep| SessionStep {
        minutes: if step.is_open() { minutes_each } else { step.minutes },
        ..step.clone()
    };
    Ok(steps.iter().map(fill).collect())
}
