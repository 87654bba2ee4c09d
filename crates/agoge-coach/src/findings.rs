//! Findings, or what to change first: limits exceeded beyond the measurement error, drifts over the
//! set, and differences from a reference.

use crate::limit::judged_limit;
use crate::precision::Precision;
use crate::summary::{distinct_metrics, metric_value, metric_values};
use agoge_analysis::{Certainty, DataVerdict, Finding, FindingEvidence};
use agoge_kinematics::movement::{CheckRule, EvidenceStrength};
use agoge_kinematics::{Metric, Movement, Repetition, Unit};
use agoge_motion::Side;
use agoge_motion::statistics::{finite_mean, half_width, student_deviate};

/// Smallest share of repetitions with a fault that is not put down to chance.
const MIN_FAULT_SHARE: f64 = 0.25;
/// Fewest repetitions in which a drift can be told from scatter.
const MIN_DRIFT_REPETITIONS: usize = 5;
/// Normal deviate that a drift must exceed, in its own standard errors, to count: by chance alone
/// one in 1000 metrics without a drift does.
const CLEAR_DRIFT_DEVIATE: f64 = 3.29;

/// Everything the findings rest on.
pub struct FindingsInput<'a> {
    /// The movement and its checks.
    pub movement: &'a Movement,
    /// The complete repetitions with their numbers.
    pub repetitions: Vec<(usize, &'a Repetition)>,
    /// The complete repetitions of the reference, if there is one.
    pub reference: Option<Vec<&'a Repetition>>,
    /// How precisely the recording measures.
    pub precision: &'a Precision,
    /// Verdict on the data; poor data give no findings.
    pub data: DataVerdict,
}

/// Computes the findings, most important first. A value within its measurement error gives none.
pub fn ranked_findings(evidence: &FindingsInput) -> Vec<Finding> {
    if evidence.data == DataVerdict::Poor || evidence.repetitions.is_empty() {
        return Vec::new();
    }
    let repetitions: Vec<&Repetition> =
        evidence.repetitions.iter().map(|(_, repetition)| *repetition).collect();
    let mut findings = Vec::new();
    // Humanly impossible values say nothing about the athlete; tolerate one such repetition in
    // four.
    let is_possible = |kind: &&Metric| {
        let values_of_kind = || {
            repetitions.iter().flat_map(|r| &r.metrics).filter(|metric| metric.name == kind.name)
        };
        4 * values_of_kind().filter(|metric| !evidence.movement.is_possible(metric)).count()
            <= values_of_kind().count()
    };
    for kind in distinct_metrics(&repetitions).into_iter().filter(is_possible) {
        for check in evidence.movement.checks.iter().filter(|check| check.metric == kind.name) {
            let failed_check = limit_finding(evidence, check, kind);
            // A fault in only the later repetitions already implies the drift: report it once.
            let implies_drift =
                failed_check.as_ref().is_some_and(|finding| finding.repetitions.len() < finding.of);
            findings.extend(failed_check);
            if !implies_drift {
                findings.extend(drift_finding(evidence, check, kind));
            }
        }
        findings.extend(reference_finding(evidence, kind, &repetitions));
    }
    findings.sort_by(|a: &Finding, b| b.importance.total_cmp(&a.importance));
    findings
}

/// Returns a finding if a check fails often enough and by enough.
fn limit_finding(evidence: &FindingsInput, check: &CheckRule, kind: &Metric) -> Option<Finding> {
    let limit = judged_limit(evidence.movement, check, kind, evidence.precision)?;
    let excess_over = |value: f64| (value - limit.high).max(limit.low - value);
    let faulty: Vec<(usize, f64)> = evidence
        .repetitions
        .iter()
        .map(|(number, repetition)| (*number, metric_value(repetition, kind)))
        .filter(|(_, value)| excess_over(*value) > 0.0)
        .collect();
    // Values beyond both limits are two faults: the more frequent one is told.
    let (above, below): (Vec<_>, Vec<_>) =
        faulty.into_iter().partition(|(_, value)| *value > limit.high);
    let faulty = if above.len() >= below.len() { above } else { below };
    let share = faulty.len() as f64 / evidence.repetitions.len() as f64;
    let fault_values: Vec<f64> = faulty.iter().map(|(_, value)| *value).collect();
    let centre = finite_mean(&fault_values);
    let count = if limit.is_error_repeated { fault_values.len().max(1) } else { 1 };
    let uncertainty = mean_half_width(&fault_values, limit.error / (count as f64).sqrt());
    if faulty.is_empty() || share < MIN_FAULT_SHARE || excess_over(centre) <= uncertainty {
        return None;
    }
    let expected = if centre > limit.high { limit.high } else { limit.low };
    let excess = excess_over(centre) / (0.3 * expected.abs()).max(2.5 * limit.spread);
    let direction = if centre > expected { "above" } else { "below" };
    let bound = match limit.moved_by {
        Some(_) => "what correct repetitions reach,",
        None => "the limit of",
    };
    let detail = format!(
        "{} {} on average, {direction} {bound} {}, in {} of {} repetitions.",
        display_name(&kind.name),
        format_uncertain_value(centre, uncertainty, kind.unit),
        format_value(expected, kind.unit),
        faulty.len(),
        evidence.repetitions.len()
    );
    let clearness = FindingClearness {
        spreads: excess_over(centre) / limit.spread,
        repetitions: evidence.repetitions.len(),
        strength: limit.strength,
    };
    Some(Finding {
        title: check.title_for(kind.side, centre),
        detail,
        repetitions: faulty.iter().map(|(number, _)| *number).collect(),
        value: centre,
        expected,
        uncertainty,
        importance: check.importance * (0.4 + 0.6 * excess.min(1.0)) * (0.5 + 0.5 * share),
        certainty: limit_certainty(clearness, evidence.data),
        source: match limit.moved_by {
            Some(text) => format!("{}; {text}", check.source),
            None => check.source.clone(),
        },
        cue: check.cue.clone(),
        drill: check.drill.clone(),
        ..finding_template(evidence, FindingEvidence::Check, check, kind, centre)
    })
}

/// Returns a finding if a metric drifts over the set towards or beyond its limit (a tiring
/// athlete), by linear regression on the repetition's number.
fn drift_finding(evidence: &FindingsInput, check: &CheckRule, kind: &Metric) -> Option<Finding> {
    let points: Vec<(f64, f64)> = evidence
        .repetitions
        .iter()
        .map(|(number, repetition)| (*number as f64, metric_value(repetition, kind)))
        .filter(|(_, value)| value.is_finite())
        .collect();
    let (slope, slope_error) = fit_line(&points)?;
    let (first, last) = (points.first()?.0, points.last()?.0);
    let change = slope * (last - first);
    let limit = judged_limit(evidence.movement, check, kind, evidence.precision)?;
    // Both ends are measured by the same sensor, so only what differs between repetitions counts;
    // how much a correct set drifts is in the spread of repetitions.
    let error = evidence.precision.metric_error(evidence.movement, kind);
    let error = error.repeated.map_or(error.half_width, |sd| 1.96 * sd * 2f64.sqrt());
    let uncertainty = (1.96 * slope_error * (last - first)).max(error).max(limit.error);
    let nearing_limit = if change > 0.0 { limit.high } else { limit.low };
    if !nearing_limit.is_finite()
        || change.abs() <= 1.5 * uncertainty
        || slope.abs() < student_deviate(CLEAR_DRIFT_DEVIATE, points.len() - 2) * slope_error
    {
        return None;
    }
    let direction = if change > 0.0 { "rises" } else { "falls" };
    let name = display_name(&kind.name);
    let title = format!(
        "{name} {direction} over the set{}",
        kind.side.map_or(String::new(), |side| format!(" ({})", side.name()))
    );
    let detail = format!(
        "{} from the first to the last repetition, steadily; the limit is {}. A sign of tiring.",
        format_uncertain_value(change, uncertainty, kind.unit),
        format_value(nearing_limit, kind.unit)
    );
    Some(Finding {
        title,
        detail,
        repetitions: evidence.repetitions.iter().map(|(number, _)| *number).collect(),
        value: change,
        expected: 0.0,
        uncertainty,
        importance: 0.5 * check.importance,
        certainty: finding_certainty(change.abs() / uncertainty, evidence.data),
        source: "the athlete's own repetitions (linear regression)".to_owned(),
        cue: "Stop the set at the repetition before the form goes.".to_owned(),
        drill: "The same load in more, shorter sets.".to_owned(),
        ..finding_template(evidence, FindingEvidence::Trend, check, kind, change)
    })
}

/// Fits a least-squares line and returns its slope with the standard error; `None` with too few
/// points.
fn fit_line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < MIN_DRIFT_REPETITIONS {
        return None;
    }
    let n = points.len() as f64;
    let (mx, my) =
        (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let sxx: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
    let slope = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>() / sxx;
    let residual: f64 = points.iter().map(|p| (p.1 - my - slope * (p.0 - mx)).powi(2)).sum();
    Some((slope, (residual / (n - 2.0) / sxx).sqrt()))
}

/// Returns a finding if a metric differs from the reference's by more than both scatter and
/// measurement error.
fn reference_finding(
    evidence: &FindingsInput,
    kind: &Metric,
    repetitions: &[&Repetition],
) -> Option<Finding> {
    let reference_values = metric_values(evidence.reference.as_ref()?, kind);
    let athlete_values = metric_values(repetitions, kind);
    let error = evidence.precision.metric_error(evidence.movement, kind).half_width;
    let (centre, expected) = (finite_mean(&athlete_values), finite_mean(&reference_values));
    let uncertainty =
        mean_half_width(&athlete_values, error).hypot(mean_half_width(&reference_values, error));
    let difference = centre - expected;
    if difference.is_nan() || difference.abs() <= 1.5 * uncertainty {
        return None;
    }
    let check = evidence.movement.checks.iter().find(|check| check.metric == kind.name)?;
    let direction = if difference > 0.0 { "more" } else { "less" };
    let side = kind.side.map_or(String::new(), |side| format!(" ({})", side.name()));
    Some(Finding {
        title: format!("{}{side} is {direction} than the reference's", display_name(&kind.name)),
        detail: format!(
            "{} against {} in the reference.",
            format_uncertain_value(centre, uncertainty, kind.unit),
            format_value(expected, kind.unit)
        ),
        repetitions: evidence.repetitions.iter().map(|(number, _)| *number).collect(),
        value: centre,
        expected,
        uncertainty,
        importance: 0.6 * check.importance * (difference.abs() / (5.0 * uncertainty)).min(1.0),
        certainty: finding_certainty(difference.abs() / uncertainty, evidence.data),
        source: "the reference recording".to_owned(),
        cue: check.cue.clone(),
        drill: check.drill.clone(),
        ..finding_template(evidence, FindingEvidence::Reference, check, kind, difference)
    })
}

/// A finding with only the fields that follow from the evidence, the check and the metric; the rest
/// is empty.
fn finding_template(
    evidence: &FindingsInput,
    rests_on: FindingEvidence,
    check: &CheckRule,
    kind: &Metric,
    value: f64,
) -> Finding {
    let curve = evidence.movement.metric_rule(&kind.name).and_then(|rule| rule.curve.clone());
    Finding {
        title: String::new(),
        detail: String::new(),
        part: check.body_part(
            kind.side
                .or_else(|| is_about_right(&check.title_for(None, value)).then_some(Side::Right)),
        ),
        curve,
        side: kind.side,
        phase: kind.phase.clone(),
        repetitions: Vec::new(),
        of: evidence.repetitions.len(),
        metric: kind.name.clone(),
        value,
        expected: f64::NAN,
        uncertainty: f64::NAN,
        unit: kind.unit,
        importance: 0.0,
        certainty: Certainty::Low,
        evidence: rests_on,
        source: String::new(),
        cue: String::new(),
        drill: String::new(),
    }
}

/// Whether a title names the right side, as a word of its own: not in "upright".
fn is_about_right(title: &str) -> bool {
    title.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "right")
}

/// Half width of the 95 % interval of a mean: from its standard error, but never less than the
/// measurement error.
fn mean_half_width(values: &[f64], error: f64) -> f64 {
    let scatter = half_width(values, 1.96);
    if scatter.is_finite() { scatter.max(error) } else { error }
}

/// How clearly a limit is passed.
struct FindingClearness {
    /// Excess over the limit, in standard deviations between athletes and sensors.
    spreads: f64,
    /// Number of repetitions.
    repetitions: usize,
    /// Strength of the evidence for the limit.
    strength: EvidenceStrength,
}

/// Excess from which a finding is highly certain, and from which it is moderately so, in standard
/// deviations: of such findings 9 in 10 and 8 in 10 were true on athletes who had no part in the
/// limits (docs/results/findings.md). The share of faulty repetitions says nothing more: what is in
/// all of them is as often an athlete's own manner as a fault.
const HIGH_SPREADS: f64 = 1.5;
const MODERATE_SPREADS: f64 = 0.5;
/// Fewest repetitions behind a highly certain finding.
const MIN_CERTAIN_REPETITIONS: usize = 4;

/// The certainty of a passed limit.
fn limit_certainty(clearness: FindingClearness, data: DataVerdict) -> Certainty {
    let FindingClearness { spreads, repetitions, strength } = clearness;
    let is_high = spreads > HIGH_SPREADS
        && repetitions >= MIN_CERTAIN_REPETITIONS
        && data == DataVerdict::Good
        && strength.allows_high_certainty();
    match spreads {
        _ if is_high => Certainty::High,
        _ if spreads > MODERATE_SPREADS => Certainty::Moderate,
        _ => Certainty::Low,
    }
}

/// The certainty of a difference from a reference or of a drift: nobody measured how often such a
/// finding is a fault, so it is never high.
fn finding_certainty(clearness: f64, data: DataVerdict) -> Certainty {
    if data == DataVerdict::Good && clearness > 1.5 { Certainty::Moderate } else { Certainty::Low }
}

/// Turns a snake-case name into display text: "Knee valgus ascent".
///
/// ```
/// assert_eq!(agoge_coach::findings::display_name("knee_valgus_ascent"), "Knee valgus ascent");
/// ```
pub fn display_name(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut letters = spaced.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Formats a value with its unit, as people write it.
///
/// ```
/// use agoge_coach::findings::format_value;
/// use agoge_kinematics::Unit;
/// assert_eq!(format_value(14.2, Unit::Degree), "14°");
/// assert_eq!(format_value(0.052, Unit::Metre), "5.2 cm");
/// ```
pub fn format_value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Degree => format!("{value:.0}°"),
        Unit::DegreePerSecond => format!("{value:.0}°/s"),
        Unit::Metre => format!("{:.1} cm", 100.0 * value),
        Unit::MetrePerSecond => format!("{value:.2} m/s"),
        Unit::Trunk => format!("{value:.2} trunk lengths"),
        Unit::TrunkPerSecond => format!("{value:.2} trunk lengths/s"),
        Unit::Second => format!("{value:.2} s"),
        Unit::Percent => format!("{value:.0} %"),
        Unit::Newton => format!("{value:.0} N"),
        Unit::NewtonMetre => format!("{value:.0} N·m"),
        Unit::PerMinute => format!("{value:.0} a minute"),
        Unit::One => format!("{value:.2}"),
    }
}

/// Formats a value with its uncertainty and unit: "14 ± 3°".
///
/// ```
/// use agoge_coach::findings::format_uncertain_value;
/// use agoge_kinematics::Unit;
/// assert_eq!(format_uncertain_value(-0.052, 0.011, Unit::Metre), "-5.2 ± 1.1 cm");
/// ```
pub fn format_uncertain_value(value: f64, uncertainty: f64, unit: Unit) -> String {
    let (value, uncertainty) = (format_value(value, unit), format_value(uncertainty, unit));
    let number_end =
        value.find(|c: char| !c.is_ascii_digit() && !".-".contains(c)).unwrap_or(value.len());
    let uncertainty_digits: String =
        uncertainty.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    format!("{} ± {uncertainty_digits}{}", &value[..number_end], &value[number_end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        assert_eq!(format_uncertain_value(14.2, 3.0, Unit::Degree), "14 ± 3°");
        assert_eq!(format_uncertain_value(-0.052, 0.011, Unit::Metre), "-5.2 ± 1.1 cm");
        assert_eq!(format_uncertain_value(0.5, 0.05, Unit::Second), "0.50 ± 0.05 s");
        assert_eq!(display_name("knee_valgus_ascent"), "Knee valgus ascent");
    }

    #[test]
    fn only_the_word_right_is_the_side() {
        for (title, is_right) in [
            ("The weight shifts to the right", true),
            ("More on the right, less on the left", true),
            ("The trunk is not upright", false),
            ("The trunk comes upright too soon", false),
        ] {
            assert_eq!(is_about_right(title), is_right, "{title}");
        }
    }

    #[test]
    fn a_line_has_its_slope_and_no_error() {
        let points: Vec<(f64, f64)> =
            (0..8).map(|i| (f64::from(i), 3.0 - 2.0 * f64::from(i))).collect();
        let (slope, error) = fit_line(&points).unwrap();
        assert!((slope + 2.0).abs() < 1e-12 && error < 1e-12);
        assert!(fit_line(&points[..4]).is_none());
    }
}
