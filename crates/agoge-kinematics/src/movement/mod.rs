//! Movement definitions: TOML files that define what a repetition of a movement is, which phases it
//! has, what to measure in it and which limits apply.
//!
//! `docs/reference/movements.md` explains the format for coaches; the bundled definitions are in
//! `movements/`.

mod bundled;
mod catalogue;
mod check;
mod rule;

pub use bundled::{bundled_movements, bundled_text, find_movement};
pub use catalogue::{CURVES, CurveKind, Quantity, curve_kind, human_range};
pub use check::{DefinitionProblem, check_definition};
pub use rule::{
    CheckLimit, CheckRule, CountedAs, EventCriterion, EventRule, EvidenceStrength, FrameCondition,
    LandingScreen, MetricRule, MetricSides, MovementKind, PhaseRule, RepetitionRule,
    SignalDirection, SignalRule, SignalSides, Statistic, UsualRange, to_curve_unit,
};

use crate::gate::GateRule;
use crate::{Metric, Unit};
use serde::{Deserialize, Serialize};

/// The error for an invalid definition: its first problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{problem}")]
pub struct DefinitionError {
    /// Name of the file or the definition.
    pub name: String,
    /// What is wrong.
    pub problem: DefinitionProblem,
}

/// The definition of a movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// Name in snake case, as used on the command line: `squat`.
    pub name: String,
    /// Display name: "Squat".
    pub title: String,
    /// Other names by which it can be looked up.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// A description of the movement in a sentence or two.
    pub description: String,
    /// The sources of the definition ("author year", or the convention it follows).
    #[serde(default)]
    pub sources: Vec<String>,
    /// What each complete repetition counts as in the day's load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts_as: Option<CountedAs>,
    /// The screening test that scores its landing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<LandingScreen>,
    /// How repetitions are found.
    pub repetition: RepetitionRule,
    /// What must hold of a repetition for it to be this movement at all.
    #[serde(default, rename = "gate", skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<GateRule>,
    /// Instants inside a repetition. `start` and `end` always exist and need no definition.
    #[serde(default, rename = "event")]
    pub events: Vec<EventRule>,
    /// Stretches between events, which cover the repetition without gaps.
    #[serde(default, rename = "phase")]
    pub phases: Vec<PhaseRule>,
    /// What is measured in each repetition.
    #[serde(default, rename = "metric")]
    pub metrics: Vec<MetricRule>,
    /// Limits; a failed check becomes a finding.
    #[serde(default, rename = "check")]
    pub checks: Vec<CheckRule>,
}

impl Movement {
    /// Parses and checks a definition. `name`, such as a file name, is only used in the error. The
    /// error is the first of the problems that [`check_definition`] lists.
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
    /// # Ok::<(), agoge_kinematics::movement::DefinitionError>(())
    /// ```
    pub fn parse(text: &str, name: &str) -> Result<Movement, DefinitionError> {
        check::parse_definition(text).map_err(|mut problems| DefinitionError {
            name: name.to_owned(),
            problem: problems.swap_remove(0),
        })
    }

    /// The rule of the metric with this name.
    pub fn metric_rule(&self, name: &str) -> Option<&MetricRule> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Whether a metric's value is possible for a human body; true if no limit is known.
    pub fn is_possible(&self, metric: &Metric) -> bool {
        let value = metric.value;
        // No joint rotates faster than a pitcher's shoulder, about 7000 deg/s (Fleisig et al.
        // 1995).
        if metric.unit == Unit::DegreePerSecond && value.abs() > 8000.0 {
            return false;
        }
        let rule = self.metric_rule(&metric.name);
        let is_outside = |[low, high]: [f64; 2]| {
            let (low, high) = (to_curve_unit(low, metric.unit), to_curve_unit(high, metric.unit));
            value < low || value > high
        };
        if rule.and_then(|rule| rule.possible).is_some_and(is_outside) {
            return false;
        }
        let is_curve_value = |rule: &&MetricRule| {
            matches!(
                rule.statistic,
                Statistic::Max | Statistic::Min | Statistic::Mean | Statistic::ValueAt
            )
        };
        let limits =
            rule.filter(is_curve_value).and_then(|rule| human_range(rule.curve.as_deref()?));
        limits.is_none_or(|[low, high]| value.is_nan() || (low..=high).contains(&value))
    }
}
