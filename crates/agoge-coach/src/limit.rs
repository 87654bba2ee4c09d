//! The limit by which a value is judged: that of the movement's definition, but never within what
//! correct repetitions of other athletes reach by the same class of sensor.

use crate::measured::PopulationRow;
use crate::precision::{Precision, marker_error};
use crate::summary::{distinct_metrics, metric_values};
use agoge_kinematics::movement::{CheckRule, EvidenceStrength, human_range, to_curve_unit};
use agoge_kinematics::{Metric, Movement, Repetition, Unit};

/// Widest error of an angle by which it is still judged where no range of the joint is known,
/// degrees.
const MAX_ANGLE_ERROR: f64 = 45.0;
/// Widest error of any other value, as a share of its limit.
const MAX_ERROR_SHARE: f64 = 3.0;

/// A limit, as a class of sensor can judge it.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedLimit {
    /// Lowest value that passes, in the metric's unit; −∞ if there is none.
    pub low: f64,
    /// Highest value that passes; ∞ if there is none.
    pub high: f64,
    /// Half width of the 95 % interval of one value: beyond the limit by more than this (divided by
    /// the root of the number of repetitions where only their scatter is in it) it counts.
    pub error: f64,
    /// Whether the error is only that of repetitions, so that it shrinks with their number: what
    /// is systematic is in the limit.
    pub is_error_repeated: bool,
    /// Standard deviation by which an excess is told from an odd athlete or sensor.
    pub spread: f64,
    /// Strength of the evidence for the limit.
    pub strength: EvidenceStrength,
    /// What the definition's limit was compared with, if that moved it.
    pub moved_by: Option<String>,
}

/// The limit by which a sensor judges a check; `None` if it measures too coarsely to judge it.
///
/// Where correct repetitions were measured by the same class of sensor, the definition's limit is
/// shifted by the sensor's bias and then moved outward to the edge of the range that holds 95 % of
/// the repetitions of athletes who were not measured; that range holds the sensor's error.
/// Otherwise it is moved to the edge of the range by markers, or of the literature's, and the
/// sensor's error is the margin.
pub fn judged_limit(
    movement: &Movement,
    check: &CheckRule,
    metric: &Metric,
    precision: &Precision,
) -> Option<JudgedLimit> {
    let error = precision.metric_error(movement, metric);
    let limit = check.limit_in_unit(metric.unit);
    let [same_sensor, by_markers] = precision.find_populations(movement, metric);
    let shift = if same_sensor.is_some() { error.bias } else { 0.0 };
    let usual: Option<([f64; 2], String)> = same_sensor.or(by_markers).map_or_else(
        || {
            check.usual.as_ref().map(|usual| {
                let range = [usual.low, usual.high].map(|value| to_curve_unit(value, metric.unit));
                (range, usual.source.clone())
            })
        },
        |row| Some((row.usual_range(), population_text(row))),
    );
    let (mut low, mut high) = (limit.low + shift, limit.high + shift);
    let mut moved_by = None;
    if let Some(([usual_low, usual_high], text)) = &usual {
        if high.is_finite() && *usual_high > high {
            (high, moved_by) = (*usual_high, Some(text.clone()));
        }
        if low.is_finite() && *usual_low < low {
            (low, moved_by) = (*usual_low, Some(text.clone()));
        }
    }
    let strength = if usual.is_some() { EvidenceStrength::Normative } else { check.strength };
    if let Some(row) = same_sensor {
        // Nobody is more alike than markers can tell.
        let least = marker_error(metric.unit);
        return Some(JudgedLimit {
            low,
            high,
            error: (1.96 * row.sd_within).max(least),
            is_error_repeated: true,
            spread: row.total_spread().max(least / 1.96),
            strength,
            moved_by,
        });
    }
    let curve = movement.metric_rule(&metric.name).and_then(|rule| rule.curve.as_deref());
    can_judge(metric.unit, curve, [low, high], error.half_width).then_some(JudgedLimit {
        low,
        high,
        error: error.half_width,
        is_error_repeated: false,
        spread: by_markers.map_or(0.0, PopulationRow::total_spread).hypot(error.half_width / 1.96),
        strength,
        moved_by,
    })
}

/// The measured metrics that a check names but that the sensor measures too coarsely to judge, each
/// with the half width of its error and its unit; and whether any check could be judged.
pub fn unjudged_metrics(
    movement: &Movement,
    repetitions: &[&Repetition],
    precision: &Precision,
) -> (Vec<(String, f64, Unit)>, bool) {
    let (mut unjudged, mut any_judged): (Vec<(String, f64, Unit)>, bool) = (Vec::new(), false);
    for kind in distinct_metrics(repetitions) {
        let is_known = !metric_values(repetitions, kind).is_empty();
        for check in movement.checks.iter().filter(|check| is_known && check.metric == kind.name) {
            if judged_limit(movement, check, kind, precision).is_some() {
                any_judged = true;
            } else if !unjudged.iter().any(|(name, ..)| *name == kind.name) {
                let error = precision.metric_error(movement, kind).half_width;
                unjudged.push((kind.name.clone(), error, kind.unit));
            }
        }
    }
    (unjudged, any_judged)
}

/// Whether some value that a body can reach lies beyond the limit by more than the error.
fn can_judge(unit: Unit, curve: Option<&str>, limit: [f64; 2], error: f64) -> bool {
    let [low, high] = limit;
    match (unit, curve.and_then(human_range)) {
        (Unit::Degree, Some([least, most])) => low - error > least || high + error < most,
        (Unit::Degree, None) => error <= MAX_ANGLE_ERROR,
        _ => [low, high]
            .into_iter()
            .filter(|bound| bound.is_finite())
            .any(|bound| error <= MAX_ERROR_SHARE * bound.abs().max(f64::MIN_POSITIVE)),
    }
}

/// What a population is, in words.
fn population_text(row: &PopulationRow) -> String {
    format!(
        "95 % of the correct repetitions of {} athletes by {} ({})",
        row.people,
        row.sensor.class_title(),
        row.source
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{FindingsInput, ranked_findings};
    use agoge_analysis::{Certainty, DataVerdict, Finding};
    use agoge_kinematics::movement::find_movement;
    use agoge_motion::simulate::{Exercise, SimulatedSet};
    use agoge_motion::{Recording, Side};

    /// A body whose joints another sensor is said to have measured.
    fn sensed_body(skeleton: &str) -> Recording {
        let mut body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
        body.source.simulated = false;
        body.source.format = "ui-prmd".to_owned();
        body.source.skeleton = Some(skeleton.to_owned());
        body
    }

    fn degree_metric(name: &str, side: Option<Side>, value: f64) -> Metric {
        Metric { name: name.to_owned(), side, phase: None, value, unit: Unit::Degree }
    }

    /// The findings on ten repetitions with one value.
    fn list_findings(movement: &str, skeleton: &str, metric: Metric) -> Vec<Finding> {
        let movement = find_movement(movement).unwrap();
        let repetition = Repetition {
            start: 0,
            end: 60,
            side: None,
            complete: true,
            phases: Vec::new(),
            events: Vec::new(),
            metrics: vec![metric],
        };
        let precision = Precision::from_recording(&sensed_body(skeleton));
        ranked_findings(&FindingsInput {
            movement,
            repetitions: (1..=10).map(|number| (number, &repetition)).collect(),
            reference: None,
            precision: &precision,
            data: DataVerdict::Good,
        })
    }

    #[test]
    fn what_correct_repetitions_reach_is_no_fault() {
        // A correct hurdle step by Kinect: the limit is 15°, but correct ones of others reach 40°.
        let thigh = |value| degree_metric("hip_adduction_drift", Some(Side::Left), value);
        assert_eq!(list_findings("hurdle_step", "Kinect-22", thigh(25.0)), []);
        assert_eq!(list_findings("hurdle_step", "Plug-in-Gait-39", thigh(25.0)).len(), 1);
        // Far beyond both: told, with the people it was compared with.
        let lean = degree_metric("trunk_lean_peak", None, 85.0);
        let finding = &list_findings("deep_squat", "Plug-in-Gait-39", lean)[0];
        assert_eq!(finding.certainty, Certainty::High);
        assert!(finding.uncertainty > 0.0);
    }

    #[test]
    fn a_convention_is_never_highly_certain() {
        // No correct push-up was measured, so that only a convention is passed, however far.
        let elbow = degree_metric("elbow_flexion_peak", Some(Side::Left), 20.0);
        let finding = &list_findings("push_up", "Plug-in-Gait-39", elbow)[0];
        assert_eq!(finding.certainty, Certainty::Moderate);
    }

    #[test]
    fn an_impossible_heel_gives_no_finding() {
        let heel = |value| Metric {
            name: "heel_rise".to_owned(),
            side: Some(Side::Left),
            phase: None,
            value,
            unit: Unit::Metre,
        };
        assert_eq!(list_findings("squat", "Plug-in-Gait-39", heel(0.418)), []);
        assert_eq!(list_findings("squat", "Plug-in-Gait-39", heel(0.10)).len(), 1);
    }
}
