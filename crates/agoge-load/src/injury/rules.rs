//! The warning rules that apply until a model has enough data: each looks for a change against the
//! athlete's own past.

use super::{Area, Pain, WeeklyQuestionnaire};
use crate::{DailyLoads, WorkloadMethod, find_spikes, rolling_monotony, rolling_strain};
use agoge_analysis::Certainty;
use agoge_motion::Day;
use agoge_motion::statistics::hazen_quantile;
use serde::Serialize;

/// Quantile of an athlete's past days that a value must exceed to be unusual: by chance alone it
/// does so on one day in twenty.
pub const PERSONAL_LIMIT_QUANTILE: f64 = 0.95;
/// How many past days a personal limit looks back over (half a year), and how many of them must be
/// known (twelve weeks).
const PAST_DAYS: usize = 182;
const MIN_KNOWN_DAYS: usize = 84;
/// How many days back a warning may look.
const RECENT_DAYS: i32 = 7;
/// Pain of at least this much is reported at once; lesser pain only when it comes twice in a week.
/// Our choice, not a published limit.
const NOTABLE_PAIN: f64 = 3.0;

/// A movement factor that was measured again.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactorChange {
    /// What was measured, such as `knee valgus, left`.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Mean of the earlier measurements.
    pub before: f64,
    /// Newest measurement.
    pub now: f64,
    /// Minimal detectable change of the athlete's repetitions, in the same unit (1.96 · √2 · SEM).
    pub detectable: f64,
}

/// Everything the rules know about an athlete up to today.
#[derive(Clone, Debug)]
pub struct AthleteHistory<'a> {
    /// Today, or the last day with an entry.
    pub today: Day,
    /// Load of each day, all by one method.
    pub loads: &'a DailyLoads,
    /// Method behind `loads`.
    pub method: WorkloadMethod,
    /// Running sessions as day and distance in m.
    pub runs: &'a [(Day, f64)],
    /// Pain reports.
    pub pains: &'a [Pain],
    /// Weekly questionnaires.
    pub weeks: &'a [WeeklyQuestionnaire],
    /// Movement factors that were measured again.
    pub changes: &'a [FactorChange],
}

/// A rule that warns; the order is that of warnings of equal certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningRule {
    /// A movement factor changed.
    Movement,
    /// The week exceeds what is usual for the athlete.
    OwnLimit,
    /// Pain was reported.
    Pain,
    /// The weekly questionnaire gives cause.
    Questionnaire,
    /// A run was much longer than those before.
    Spike,
}

/// A warning: something for the coach to look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Warning {
    /// The rule.
    pub rule: WarningRule,
    /// Day the warning is about.
    pub day: Day,
    /// Body area the warning is about, if any.
    pub area: Option<Area>,
    /// What changed, with the numbers.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub action: &'static str,
    /// How certain the rule is.
    pub certainty: Certainty,
    /// Source of the rule.
    pub source: &'static str,
}

/// Applies every rule as of today and returns the warnings, most certain first.
pub fn rule_warnings(history: &AthleteHistory) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = spike_warning(history)
        .into_iter()
        .chain(weekly_load_warning(history))
        .chain(pain_warning(history))
        .chain(questionnaire_warning(history))
        .chain(movement_warnings(history))
        .collect();
    warnings.sort_by(|a, b| b.certainty.cmp(&a.certainty).then(a.rule.cmp(&b.rule)));
    warnings
}

fn is_recent(history: &AthleteHistory, day: Day) -> bool {
    day <= history.today && day.plus_days(RECENT_DAYS) > history.today
}

fn spike_warning(history: &AthleteHistory) -> Option<Warning> {
    let all_spikes = find_spikes(history.runs);
    let longest = all_spikes
        .iter()
        .filter(|spike| is_recent(history, spike.day))
        .max_by(|a, b| a.relative_excess().total_cmp(&b.relative_excess()))?;
    let ratio = longest.hazard_ratio()?;
    Some(Warning {
        rule: WarningRule::Spike,
        day: longest.day,
        area: None,
        what: format!(
            "The run of {} was {:.1} km: {:.0} % more than the longest of the 30 days before ({:.1} km)",
            longest.day,
            longest.distance_m / 1000.0,
            100.0 * longest.relative_excess(),
            longest.longest_m / 1000.0
        ),
        why: format!(
            "Among 5205 runners, overuse injuries began {ratio:.2} times as often after such runs as after runs of at most 10 % more. Most such runs were followed by none"
        ),
        action: "Keep the next runs within the longest of the last month plus a tenth",
        certainty: Certainty::Moderate,
        source: WorkloadMethod::Spike.source(),
    })
}

/// The athlete's personal limit for a day: the [`PERSONAL_LIMIT_QUANTILE`] quantile (Hazen) of the
/// 182 days before it; `None` when fewer than 84 of them are known.
pub fn personal_limit(values: &[f64], day: usize) -> Option<f64> {
    let past = values.get(day.saturating_sub(PAST_DAYS)..day)?;
    let mut known: Vec<f64> = past.iter().copied().filter(|value| value.is_finite()).collect();
    if known.len() < MIN_KNOWN_DAYS {
        return None;
    }
    hazen_quantile(&mut known, PERSONAL_LIMIT_QUANTILE)
}

fn weekly_load_warning(history: &AthleteHistory) -> Option<Warning> {
    let loads = &history.loads.values;
    let today = usize::try_from(history.today.0.checked_sub(history.loads.first.0)?)
        .ok()?
        .min(loads.len().checked_sub(1)?);
    let if_above_limit = |values: &[f64]| -> Option<(f64, f64)> {
        let limit = personal_limit(values, today)?;
        (values[today] > limit).then_some((values[today], limit))
    };
    let strain_exceeded =
        if_above_limit(&rolling_strain(loads)).map(|exceeded| (WorkloadMethod::Strain, exceeded));
    let (method, (now, limit)) = strain_exceeded.or_else(|| {
        if_above_limit(&rolling_monotony(loads))
            .map(|exceeded| (WorkloadMethod::Monotony, exceeded))
    })?;
    Some(Warning {
        rule: WarningRule::OwnLimit,
        day: history.loads.day_at(today),
        area: None,
        what: format!("The week's {} ({}) is {:.*}, above this athlete's own limit of {:.*}", method.name(), history.method.name(), decimal_places(now), now, decimal_places(limit), limit),
        why: "Foster (1998) found most illnesses of 25 athletes after weeks above their own limits. By chance alone one day in twenty is above this one".into(),
        action: "Make one of the next days a day of rest and another one easy; ask how the athlete slept and feels",
        certainty: Certainty::Low,
        source: WorkloadMethod::Strain.source(),
    })
}

fn decimal_places(value: f64) -> usize {
    if value.abs() < 20.0 { 2 } else { 0 }
}

fn pain_warning(history: &AthleteHistory) -> Option<Warning> {
    let recent_pains: Vec<&Pain> = history
        .pains
        .iter()
        .filter(|pain| is_recent(history, pain.day) && pain.score > 0.0)
        .collect();
    let worst =
        recent_pains.iter().max_by(|a, b| a.score.total_cmp(&b.score).then(a.day.cmp(&b.day)))?;
    let count = recent_pains
        .iter()
        .filter(|pain| (pain.area, pain.side) == (worst.area, worst.side))
        .count();
    if worst.score < NOTABLE_PAIN && count < 2 {
        return None;
    }
    Some(Warning {
        rule: WarningRule::Pain,
        day: worst.day,
        area: Some(worst.area),
        what: format!("Pain of {:.0} of 10 in the {} ({}), reported {count} {} in the last {RECENT_DAYS} days", worst.score, worst.area.label(), worst.side.label(), if count == 1 { "time" } else { "times" }),
        why: "The athlete feels it now; most problems of overuse begin with pain before any training is lost (Clarsen 2013)".into(),
        action: "Talk with the athlete before the next session and take load off this part; pain belongs to a physician or physiotherapist",
        certainty: Certainty::High,
        source: "Clarsen 2013",
    })
}

fn questionnaire_warning(history: &AthleteHistory) -> Option<Warning> {
    let last = history
        .weeks
        .iter()
        .filter(|week| is_recent(history, week.day))
        .max_by_key(|week| week.day)?;
    let before =
        history.weeks.iter().filter(|week| week.day < last.day).max_by_key(|week| week.day);
    if !last.is_substantial() {
        return None;
    }
    let before = before.map_or(String::new(), |week| format!(", {} before", week.severity_score()));
    Some(Warning {
        rule: WarningRule::Questionnaire,
        day: last.day,
        area: None,
        what: format!(
            "The weekly questionnaire gives a severity of {} of 100{before}: a substantial problem",
            last.severity_score()
        ),
        why: "Training or performance is already reduced".into(),
        action: "Plan the week around the problem, and have it looked at by a physician or physiotherapist",
        certainty: Certainty::High,
        source: "Clarsen 2013, 2020",
    })
}

fn movement_warnings(history: &AthleteHistory) -> Vec<Warning> {
    let is_detectable =
        |change: &&FactorChange| (change.now - change.before).abs() > change.detectable;
    let to_warning = |change: &FactorChange| {
        Warning {
        rule: WarningRule::Movement,
        day: history.today,
        area: None,
        what: format!("{}: {:.1} {}, {:.1} before; the error of measurement reaches {:.1}", change.name, change.now, change.unit, change.before, change.detectable),
        why: "The change is larger than repeating the measurement explains. Whether it is for better or worse is for the coach to see".into(),
        action: "Look at the recordings of both days side by side, and measure again",
        certainty: Certainty::Moderate,
        source: "minimal detectable change: Weir 2005",
    }
    };
    history.changes.iter().filter(is_detectable).map(to_warning).collect()
}
