//! The gate of a movement: whether a span of a recording looks like the movement at all.
//!
//! A gate is a list of must-features ([`GateRule`], `[[gate]]` in a definition): what has to hold
//! of any execution, good or bad, and what cannot. It answers "not this movement"; it never judges
//! how well something was done. A feature that the view or the skeleton cannot show is not judged,
//! and so never fails. A picture shows lengths and tilts shortened, never lengthened: there they
//! are only held against upper bounds, unless the view shows their plane.

mod feature;
mod rule;
mod scale;
#[cfg(test)]
mod tests;

pub use rule::{GateMeasure, GateRule, GateSides, GateUnit};

use crate::curves::percentile_swing;
use crate::movement::{Movement, bundled_movements, to_curve_unit};
use crate::{CameraView, Curves, segment_repetitions};
use agoge_motion::Recording;
use feature::BodySignals;
use serde::{Deserialize, Serialize};

/// Which bound of a rule a value missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateBound {
    /// The value is below what it must reach.
    AtLeast,
    /// The value is above what it may reach.
    AtMost,
}

/// A rule of a gate that a span does not meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedGate {
    /// What was measured.
    pub measure: GateMeasure,
    /// The curve, for the `curve_` measures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
    /// The side that counted.
    pub sides: GateSides,
    /// The measured value.
    pub value: f64,
    /// The bound that it missed.
    pub bound: GateBound,
    /// The value of that bound.
    pub limit: f64,
    /// Unit of `value` and `limit`.
    pub unit: GateUnit,
}

/// Measures the features of spans of one recording.
pub struct GateJudge<'a> {
    signals: BodySignals<'a>,
}

impl<'a> GateJudge<'a> {
    /// A judge of a recording on the body skeleton, with its curves and the view they were measured
    /// in.
    pub fn new(body: &'a Recording, curves: &'a Curves, view: CameraView) -> GateJudge<'a> {
        GateJudge { signals: BodySignals::from_body(body, curves, view) }
    }

    /// The value of a rule's measure over the frames `[first, last]`, and its unit; `None` if it
    /// cannot be seen.
    pub fn measure_feature(&self, rule: &GateRule, span: [usize; 2]) -> Option<(f64, GateUnit)> {
        let value = self.signals.measure_rule(rule, span)?;
        let unit = match rule.measure.unit() {
            Some(unit) => unit,
            None => self.signals.curve_unit(rule.curve.as_deref()?)?,
        };
        value.is_finite().then_some((value, unit))
    }

    /// The rules of a movement's gate that the frames `[first, last]` do not meet. Empty if all
    /// that can be judged hold, so also for a movement without a gate.
    pub fn failed_rules(&self, movement: &Movement, span: [usize; 2]) -> Vec<FailedGate> {
        movement.gates.iter().filter_map(|rule| self.judge_rule(rule, span)).collect()
    }

    /// The rule as failed, if the span fails it.
    fn judge_rule(&self, rule: &GateRule, span: [usize; 2]) -> Option<FailedGate> {
        let (value, unit) = self.measure_feature(rule, span)?;
        let short = rule
            .at_least
            .filter(|limit| value < *limit && !self.signals.is_shortened(rule.measure))
            .map(|limit| (GateBound::AtLeast, limit));
        let long = rule
            .at_most
            .filter(|limit| value > *limit && !self.signals.is_strayed(rule.measure, span))
            .map(|limit| (GateBound::AtMost, limit));
        let (bound, limit) = short.or(long)?;
        Some(FailedGate {
            measure: rule.measure,
            curve: rule.curve.clone(),
            sides: rule.sides,
            value,
            bound,
            limit,
            unit,
        })
    }
}

/// A movement whose gate holds in a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateCandidate {
    /// The definition.
    pub movement: &'static Movement,
    /// Complete repetitions that its driving signal finds.
    pub found: usize,
    /// Those that pass its gate.
    pub passed: usize,
    /// How far its driving curve moves, in multiples of the least excursion of a repetition.
    pub drive: f64,
}

/// The bundled movements whose gates hold in most of the repetitions that their own driving signals
/// find, the one whose driver moves most first. Movements without a gate are none of them.
pub fn candidate_movements(judge: &GateJudge, curves: &Curves) -> Vec<GateCandidate> {
    let mut candidates: Vec<GateCandidate> = bundled_movements()
        .iter()
        .filter(|movement| !movement.gates.is_empty())
        .filter_map(|movement| {
            let repetitions = segment_repetitions(movement, curves);
            let judged: Vec<bool> = repetitions
                .iter()
                .filter(|repetition| repetition.complete)
                .map(|repetition| {
                    judge.failed_rules(movement, [repetition.start, repetition.end]).is_empty()
                })
                .collect();
            let passed = judged.iter().filter(|passed| **passed).count();
            let candidate = GateCandidate {
                movement,
                found: judged.len(),
                passed,
                drive: drive(movement, curves),
            };
            most_pass(passed, judged.len()).then_some(candidate)
        })
        .collect();
    candidates.sort_by(|a, b| b.drive.total_cmp(&a.drive));
    candidates
}

/// Whether enough repetitions pass for a set to be of the movement: more than half.
pub fn most_pass(passed: usize, found: usize) -> bool {
    2 * passed > found
}

/// The swing of a movement's driving curve in multiples of its least excursion; 0 if no driver can
/// be measured.
fn drive(movement: &Movement, curves: &Curves) -> f64 {
    movement
        .repetition
        .signals
        .iter()
        .find_map(|signal| {
            let swing = curves
                .curves
                .iter()
                .filter(|curve| curve.name == signal.curve)
                .map(|curve| {
                    to_curve_unit(1.0, curve.unit).recip() * percentile_swing(&curve.values)
                })
                .reduce(f64::max)?;
            Some(swing / signal.min_excursion)
        })
        .unwrap_or(0.0)
}
