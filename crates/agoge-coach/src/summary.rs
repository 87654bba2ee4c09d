//! Summarises each metric over the complete repetitions, with how precisely it was measured.

use crate::precision::Precision;
use agoge_analysis::MetricSummary;
use agoge_kinematics::{Metric, Movement, Repetition};
use agoge_motion::statistics::{finite_mean, minimal_detectable_change, sample_sd, standard_error};

/// Fewest repetitions for which a measurement error is stated: with fewer, the standard deviation
/// itself is too uncertain.
const MIN_REPETITIONS_FOR_ERROR: usize = 4;

/// Mean and standard deviation of every metric over the complete repetitions, in the order of the
/// first repetition's metrics. The standard error of measurement comes from the athlete's
/// successive repetitions, and is never less than the sensor's measured scatter.
///
/// ```
/// use agoge_coach::{Precision, summary::summarize_metrics};
/// use agoge_kinematics::movement::find_movement;
/// use agoge_kinematics::{Metric, Repetition, Unit};
/// let repetition = |value: f64| Repetition {
///     start: 0, end: 60, side: None, complete: true, phases: Vec::new(), events: Vec::new(),
///     metrics: vec![Metric {
///         name: "depth".to_owned(), side: None, phase: None, value, unit: Unit::Degree,
///     }],
/// };
/// let (first, second) = (repetition(100.0), repetition(110.0));
/// let squat = find_movement("squat").unwrap();
/// let summary = &summarize_metrics(squat, &[&first, &second], &Precision::in_space())[0];
/// assert_eq!((summary.mean, summary.sd, summary.n), (105.0, 50f64.sqrt(), 2));
/// assert!(summary.sem.is_none(), "two repetitions are too few for an error of measurement");
/// ```
pub fn summarize_metrics(
    movement: &Movement,
    repetitions: &[&Repetition],
    precision: &Precision,
) -> Vec<MetricSummary> {
    distinct_metrics(repetitions)
        .into_iter()
        .filter_map(|kind| {
            let values = metric_values(repetitions, kind);
            if values.is_empty() {
                return None;
            }
            let error = precision.metric_error(movement, kind);
            let sem = (values.len() >= MIN_REPETITIONS_FOR_ERROR)
                .then(|| standard_error(&values).max(error.repeated.unwrap_or(0.0)));
            Some(MetricSummary {
                name: kind.name.clone(),
                side: kind.side,
                phase: kind.phase.clone(),
                unit: kind.unit,
                mean: finite_mean(&values),
                sd: sample_sd(&values),
                n: values.len(),
                error: error.half_width,
                error_source: error.source.clone(),
                sem,
                mdc: sem.map(minimal_detectable_change),
            })
        })
        .collect()
}

/// One example of each distinct metric, in order of first appearance.
pub(crate) fn distinct_metrics<'a>(repetitions: &[&'a Repetition]) -> Vec<&'a Metric> {
    let mut kinds: Vec<&Metric> = Vec::new();
    for metric in repetitions.iter().flat_map(|repetition| &repetition.metrics) {
        if !kinds.iter().any(|kind| is_same_measure(kind, metric)) {
            kinds.push(metric);
        }
    }
    kinds
}

/// Whether two metrics (of different repetitions) are the same measure.
pub(crate) fn is_same_measure(a: &Metric, b: &Metric) -> bool {
    a.name == b.name && a.side == b.side && a.phase == b.phase
}

/// Value of a metric in a repetition; NaN if the repetition lacks it.
pub(crate) fn metric_value(repetition: &Repetition, kind: &Metric) -> f64 {
    repetition
        .metrics
        .iter()
        .find(|metric| is_same_measure(metric, kind))
        .map_or(f64::NAN, |metric| metric.value)
}

/// Known values of one metric over repetitions, in order.
pub(crate) fn metric_values(repetitions: &[&Repetition], kind: &Metric) -> Vec<f64> {
    repetitions
        .iter()
        .map(|repetition| metric_value(repetition, kind))
        .filter(|value| value.is_finite())
        .collect()
}
