//! Scores repetitions by a movement's own checks: how far, how often and how importantly its limits
//! are exceeded.

use crate::limit::{JudgedLimit, judged_limit};
use crate::precision::Precision;
use agoge_analysis::{Certainty, Finding, Score};
use agoge_kinematics::movement::CheckRule;
use agoge_kinematics::{Metric, Movement, Repetition};
use agoge_motion::Side;

/// Name of this scoring method.
pub const LIMITS_METHOD: &str = "limits of the movement definition";

/// Scores a repetition: 100 minus the exceeded limits, each weighted by its importance and by how
/// far it is exceeded; `None` if none of the movement's checks could be measured. The interval is
/// the score if every value were off by its measurement error, to the athlete's disadvantage and
/// advantage.
///
/// ```
/// use agoge_coach::{Precision, score::score_repetition};
/// use agoge_kinematics::movement::find_movement;
/// use agoge_kinematics::{measure_curves, segment_repetitions};
/// use agoge_motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
/// let squat = find_movement("squat").unwrap();
/// let score = |faults| {
///     let set = SimulatedSet { repetitions: 1, faults, ..SimulatedSet::new(Exercise::Squat) };
///     let curves = measure_curves(&set.simulate().recording.to_body().recording).curves;
///     let repetition = &segment_repetitions(squat, &curves)[0];
///     score_repetition(squat, repetition, &Precision::in_space()).unwrap().value
/// };
/// let kind = SimulatedFaultKind::Shallow;
/// let shallow = SimulatedFault { kind, side: None, repetitions: 1..=1, size: 40.0 };
/// assert!(score(vec![shallow]) < score(Vec::new()));
/// ```
pub fn score_repetition(
    movement: &Movement,
    repetition: &Repetition,
    precision: &Precision,
) -> Option<Score> {
    let score_shifted_by =
        |shift: f64| limit_score(movement, repetition, precision, shift, |_| false);
    Some(Score {
        value: score_shifted_by(0.0)?,
        low: score_shifted_by(1.0)?,
        high: score_shifted_by(-1.0)?,
        method: LIMITS_METHOD.to_owned(),
    })
}

/// Scores a repetition as if a metric (of one side, if it has sides) stayed within its limits.
pub fn score_with_limit_kept(
    movement: &Movement,
    repetition: &Repetition,
    precision: &Precision,
    metric: &str,
    side: Option<Side>,
) -> Option<f64> {
    limit_score(movement, repetition, precision, 0.0, |measured| {
        measured.name == metric && measured.side == side
    })
}

/// 100 minus the exceeded limits, except those for which `is_excused` holds.
fn limit_score(
    movement: &Movement,
    repetition: &Repetition,
    precision: &Precision,
    shift: f64,
    is_excused: impl Fn(&Metric) -> bool,
) -> Option<f64> {
    let (mut lost, mut weights) = (0.0, 0.0);
    for (check, metric) in measured_checks(movement, repetition) {
        let Some(limit) = judged_limit(movement, check, metric, precision) else { continue };
        weights += check.importance;
        if !is_excused(metric) {
            lost += check.importance * excess_severity(&limit, metric.value, shift);
        }
    }
    (weights > 0.0).then(|| 100.0 * (1.0 - lost / weights))
}

/// Scores a set: the mean of its repetitions, with the mean of their intervals widened by the
/// scatter between repetitions (1.645 standard errors: 90 %).
///
/// ```
/// use agoge_analysis::{Certainty, Finding, Score};
/// use agoge_coach::score::score_set;
/// let of = |value: f64| Score { value, low: value, high: value, method: "limits".to_owned() };
/// // The scatter of 70 and 90 is 1.645 · √200 / √2 = 16.45.
/// let score = score_set(&[of(70.0), of(90.0)]).unwrap();
/// assert!((score.value - 80.0).abs() < 1e-9 && (score.low - 63.55).abs() < 1e-9);
/// assert!(score_set(&[]).is_none());
/// ```
pub fn score_set(scores: &[Score]) -> Option<Score> {
    let first = scores.first()?;
    let mean =
        |field: fn(&Score) -> f64| scores.iter().map(field).sum::<f64>() / scores.len() as f64;
    let values: Vec<f64> = scores.iter().map(|score| score.value).collect();
    let scatter = agoge_motion::statistics::half_width(&values, 1.645);
    let scatter = if scatter.is_finite() { scatter } else { 0.0 };
    let value = mean(|score| score.value);
    let below = (value - mean(|score| score.low)).hypot(scatter);
    let above = (mean(|score| score.high) - value).hypot(scatter);
    Some(Score {
        value,
        low: (value - below).max(0.0),
        high: (value + above).min(100.0),
        method: first.method.clone(),
    })
}

/// Highest score beside a finding of high certainty.
pub const MAX_SCORE_WITH_FAULT: f64 = 70.0;

/// Lowers a score to [`MAX_SCORE_WITH_FAULT`] if a finding of high certainty stands beside it: of
/// the repetition with this number, or of any for the score of a set. A coach who reads a clear
/// fault must not read a good mark.
pub fn cap_score(score: &mut Score, findings: &[Finding], repetition: Option<usize>) {
    let concerns = |finding: &Finding| {
        finding.certainty == Certainty::High
            && repetition.is_none_or(|number| finding.repetitions.contains(&number))
    };
    if findings.iter().any(concerns) {
        for value in [&mut score.value, &mut score.low, &mut score.high] {
            *value = value.min(MAX_SCORE_WITH_FAULT);
        }
    }
}

/// Each check with each metric it applies to, where that could be measured.
pub(crate) fn measured_checks<'a>(
    movement: &'a Movement,
    repetition: &'a Repetition,
) -> impl Iterator<Item = (&'a CheckRule, &'a Metric)> {
    movement.checks.iter().flat_map(|check| {
        let is_checked = |metric: &&Metric| metric.name == check.metric && metric.value.is_finite();
        repetition.metrics.iter().filter(is_checked).map(move |metric| (check, metric))
    })
}

/// How far a value exceeds its limit, from 0 (within) to 1 (by 30 % of the limit, or two and a half
/// times the spread of correct repetitions and of the sensor where that is more). `shift` moves the
/// value outward by that many measurement errors.
fn excess_severity(limit: &JudgedLimit, value: f64, shift: f64) -> f64 {
    let full_excess = |bound: f64| (0.3 * bound.abs()).max(2.5 * limit.spread);
    let above = (value + shift * limit.error - limit.high) / full_excess(limit.high);
    let below = (limit.low - value + shift * limit.error) / full_excess(limit.low);
    // An absent bound is infinite: minus infinity over infinity is no severity.
    [above, below].into_iter().filter(|s| s.is_finite()).fold(0.0, f64::max).clamp(0.0, 1.0)
}
