//! Movement definitions: text files (TOML) that say what a repetition of a movement is, which
//! phases it has, what to measure in it and which limits to hold it against.
//!
//! `docs/MOVEMENTS.md` explains the file for coaches; the files that come with Agoge lie in
//! `movements/`.

mod bundled;
mod catalogue;
mod check;
mod rule;

pub use bundled::{bundled, find, text};
pub use catalogue::{CURVES, CurveKind, Quantity, curve_kind, humanly_possible};
pub use check::{Problem, check};
pub use rule::{
    At, CheckRule, Counted, Direction, EventRule, Kind, Limit, MetricRule, MetricSides, PhaseRule,
    RepetitionRule, Screen, Sides, SignalRule, Statistic, Strength, in_unit,
};

use crate::{Metric, Unit};
use serde::{Deserialize, Serialize};

/// A definition that cannot be used: the first problem in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{problem}")]
pub struct Error {
    /// Name of the file or of the definition.
    pub name: String,
    /// What is wrong.
    pub problem: Problem,
}

/// The definition of a movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// Name in snake case, as used on the command line: `squat`.
    pub name: String,
    /// Name for people: "Squat".
    pub title: String,
    /// Other names under which it is found.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What is done, in a sentence or two.
    pub description: String,
    /// Where the definition comes from ("author year", or the usage it follows).
    #[serde(default)]
    pub sources: Vec<String>,
    /// What each complete repetition counts as in the load of its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_as: Option<Counted>,
    /// The screen that scores its landing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<Screen>,
    /// What makes a repetition.
    pub repetition: RepetitionRule,
    /// Instants inside a repetition. `start` and `end` exist without being defined.
    #[serde(default, rename = "event")]
    pub events: Vec<EventRule>,
    /// Stretches between events that cover the repetition without a gap.
    #[serde(default, rename = "phase")]
    pub phases: Vec<PhaseRule>,
    /// What is measured in each repetition.
    #[serde(default, rename = "metric")]
    pub metrics: Vec<MetricRule>,
    /// Limits; a check that fails is a finding.
    #[serde(default, rename = "check")]
    pub checks: Vec<CheckRule>,
}

impl Movement {
    /// Reads and checks a definition. `name` is only used in the error (a file name); the error is
    /// the first of the problems that [`check`] lists.
    ///
    /// ```
    /// use agoge_kinematics::movement::Movement;
    /// let squat = Movement::parse(r#"
    ///     name = "squat"
    ///     title = "Squat"
    ///     description = "Bend the knees until the thighs are level, then stand up."
    ///     [repetition]
    ///     [[repetition.signal]]
    ///     curve = "knee_flexion"
    ///     min_excursion = 40
    /// "#, "squat.toml")?;
    /// assert_eq!(squat.title, "Squat");
    /// # Ok::<(), agoge_kinematics::movement::Error>(())
    /// ```
    pub fn parse(text: &str, name: &str) -> Result<Movement, Error> {
        check::read(text).map_err(|mut problems| Error {
            name: name.to_owned(),
            problem: problems.swap_remove(0),
        })
    }

    /// The metric with this name.
    pub fn metric(&self, name: &str) -> Option<&MetricRule> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Whether a body can do what a metric says; true where nothing speaks against it.
    pub fn is_possible(&self, metric: &Metric) -> bool {
        let value = metric.value;
        // No joint turns faster than a pitcher's shoulder, about 7000 deg/s (Fleisig et al. 1995).
        if metric.unit == Unit::DegreePerSecond && value.abs() > 8000.0 {
            return false;
        }
        let rule = self.metric(&metric.name);
        let is_a_value = |rule: &&MetricRule| {
            matches!(
                rule.statistic,
                Statistic::Max | Statistic::Min | Statistic::Mean | Statistic::ValueAt
            )
        };
        let limits =
            rule.filter(is_a_value).and_then(|rule| humanly_possible(rule.curve.as_deref()?));
        limits.is_none_or(|[low, high]| value.is_nan() || (low..=high).contains(&value))
    }
}
