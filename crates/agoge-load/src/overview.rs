//! All load figures of an athlete up to today, as the page, the terminal and JSON show them.

use super::{
    ATL_DAYS, AcwrKind, CTL_DAYS, DailyLoads, Spike, WorkloadMethod, acute_chronic_ratio,
    daily_form, exponential_mean, find_spikes, load_for_form, redi_series, rolling_monotony,
    rolling_strain,
};
use crate::injury::{
    AthleteHistory, FactorChange, Injury, Pain, Warning, WeeklyQuestionnaire, personal_limit,
    rule_warnings,
};
use agoge_motion::Day;
use serde::Serialize;
use std::collections::BTreeMap;

/// Decay of the displayed REDI per day: its weights reach back as far as those of a 28-day mean
/// (Williams' 2/(N+1)).
const REDI_DECAY: f64 = 2.0 / 29.0;

/// The parts of a training session that matter for load.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LoggedSession {
    /// Local day of the athlete.
    pub day: Day,
    /// Sport in lower case; empty if not recorded.
    pub sport: String,
    /// Duration, min; NaN if unknown.
    pub minutes: f64,
    /// Distance, m; NaN if unknown.
    pub distance_m: f64,
    /// Loads by every method that the data allowed.
    pub loads: BTreeMap<WorkloadMethod, f64>,
}

impl LoggedSession {
    /// Whether the session's distance was run. A session without a sport counts as a run, because
    /// team-sport tables rarely name one.
    fn is_run(&self) -> bool {
        self.sport.is_empty() || self.sport.contains("run")
    }
}

/// Everything recorded about an athlete.
#[derive(Clone, Debug, Default)]
pub struct AthleteLog {
    /// Sessions in any order; a recorded rest day is a session with loads of 0.
    pub sessions: Vec<LoggedSession>,
    /// Injuries.
    pub injuries: Vec<Injury>,
    /// Pain reports.
    pub pains: Vec<Pain>,
    /// Weekly questionnaires.
    pub weeks: Vec<WeeklyQuestionnaire>,
    /// Movement factors that were measured again.
    pub changes: Vec<FactorChange>,
}

/// One figure per day, with the method that gives it its meaning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadTrend {
    /// Method that computed the values.
    pub method: WorkloadMethod,
    /// Display name of the method.
    pub name: &'static str,
    /// Unit of the values.
    pub unit: &'static str,
    /// Publication behind the method.
    pub source: &'static str,
    /// Known criticism.
    pub criticism: &'static str,
    /// `[day]`, NaN where unknown.
    pub values: Vec<f64>,
}

impl LoadTrend {
    fn new(method: WorkloadMethod, values: Vec<f64>) -> LoadTrend {
        LoadTrend {
            method,
            name: method.name(),
            unit: method.unit(),
            source: method.source(),
            criticism: method.criticism(),
            values,
        }
    }

    /// Value of the last day; NaN if there is none.
    pub fn latest_value(&self) -> f64 {
        self.values.last().copied().unwrap_or(f64::NAN)
    }
}

/// An athlete's load and injuries up to a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoadOverview {
    /// Name of the athlete.
    pub athlete: String,
    /// Last day with an entry.
    pub today: Day,
    /// Method used for the daily loads.
    pub method: WorkloadMethod,
    /// Load of each day.
    pub daily: DailyLoads,
    /// Number of days without an entry between the first and the last.
    pub missing_days: usize,
    /// Daily figures: CTL, ATL, TSB, three kinds of ACWR, monotony, strain, REDI.
    pub trends: Vec<LoadTrend>,
    /// The athlete's personal limit of strain for each day; NaN while unknown.
    pub strain_limit: Vec<f64>,
    /// Sessions more than a tenth longer than the longest of the 30 days before.
    pub spikes: Vec<Spike>,
    /// Load today that would bring tomorrow's TSB to 0; negative if even rest does not achieve
    /// that.
    pub load_for_even_form: f64,
    /// Injuries until today.
    pub injuries: Vec<Injury>,
    /// Pain reports until today.
    pub pains: Vec<Pain>,
    /// Warnings from the rules.
    pub warnings: Vec<Warning>,
    /// What can and cannot be concluded.
    pub limits: Vec<String>,
}

/// Returns the method for which most sessions have a load; on a tie, the method declared first.
pub fn usual_method(sessions: &[LoggedSession]) -> Option<WorkloadMethod> {
    let mut counts: BTreeMap<WorkloadMethod, usize> = BTreeMap::new();
    // Rest days have loads of 0 by many methods and do not indicate which one is used.
    for (method, load) in sessions.iter().flat_map(|session| &session.loads) {
        *counts.entry(*method).or_default() += usize::from(*load > 0.0);
    }
    // Metres, kilograms and counts say least about effort: choose them only when nothing else is
    // known.
    let effortless = [
        WorkloadMethod::Distance,
        WorkloadMethod::StrengthVolume,
        WorkloadMethod::Jumps,
        WorkloadMethod::Throws,
    ];
    let measures_effort = |method: WorkloadMethod| !effortless.contains(&method);
    counts
        .into_iter()
        .rev()
        .max_by_key(|(method, count)| (measures_effort(*method) && *count > 0, *count))
        .map(|(method, _)| method)
}

/// Computes the load overview of an athlete; `None` without a single load by the method.
pub fn load_overview(
    athlete: &str,
    log: &AthleteLog,
    method: WorkloadMethod,
    missing_is_rest: bool,
) -> Option<LoadOverview> {
    let entries: Vec<(Day, f64)> = log
        .sessions
        .iter()
        .filter_map(|session| Some((session.day, *session.loads.get(&method)?)))
        .collect();
    let daily = DailyLoads::from_entries(&entries, missing_is_rest);
    let loads = &daily.values;
    let last = loads.len().checked_sub(1)?;
    let today = daily.day_at(last);
    let (ctl, atl) = (exponential_mean(loads, CTL_DAYS), exponential_mean(loads, ATL_DAYS));
    let strain_values = rolling_strain(loads);
    let strain_limit = (0..loads.len())
        .map(|day| personal_limit(&strain_values, day).unwrap_or(f64::NAN))
        .collect();
    let runs: Vec<(Day, f64)> = log
        .sessions
        .iter()
        .filter(|session| session.is_run())
        .map(|session| (session.day, session.distance_m))
        .collect();
    let history = AthleteHistory {
        today,
        loads: &daily,
        method,
        runs: &runs,
        pains: &log.pains,
        weeks: &log.weeks,
        changes: &log.changes,
    };
    let is_until_today = |day: Day| day <= today;
    let mut overview = LoadOverview {
        athlete: athlete.to_owned(),
        today,
        method,
        missing_days: daily.missing_days(),
        load_for_even_form: last
            .checked_sub(1)
            .map_or(f64::NAN, |yesterday| load_for_form(0.0, ctl[yesterday], atl[yesterday])),
        trends: vec![
            LoadTrend::new(WorkloadMethod::Tsb, daily_form(&ctl, &atl)),
            LoadTrend::new(WorkloadMethod::Ctl, ctl),
            LoadTrend::new(WorkloadMethod::Atl, atl),
            LoadTrend::new(WorkloadMethod::Monotony, rolling_monotony(loads)),
            LoadTrend::new(WorkloadMethod::Strain, strain_values),
            LoadTrend::new(
                WorkloadMethod::AcwrCoupled,
                acute_chronic_ratio(loads, AcwrKind::Coupled),
            ),
            LoadTrend::new(
                WorkloadMethod::AcwrUncoupled,
                acute_chronic_ratio(loads, AcwrKind::Uncoupled),
            ),
            LoadTrend::new(WorkloadMethod::AcwrEwma, acute_chronic_ratio(loads, AcwrKind::Ewma)),
            LoadTrend::new(WorkloadMethod::Redi, redi_series(loads, REDI_DECAY)),
        ],
        strain_limit,
        spikes: find_spikes(&runs)
            .into_iter()
            .filter(|spike| spike.hazard_ratio().is_some() && is_until_today(spike.day))
            .collect(),
        injuries: log
            .injuries
            .iter()
            .filter(|injury| is_until_today(injury.day))
            .cloned()
            .collect(),
        pains: log.pains.iter().filter(|pain| is_until_today(pain.day)).copied().collect(),
        warnings: rule_warnings(&history),
        limits: Vec::new(),
        daily,
    };
    overview.limits = conclusion_limits(&overview);
    Some(overview)
}

/// States what one athlete's days allow to conclude, and what they do not.
fn conclusion_limits(overview: &LoadOverview) -> Vec<String> {
    let days = overview.daily.values.len();
    let without_contact = overview.injuries.iter().filter(|injury| !injury.contact).count();
    let mut limits = vec![format!(
        "{days} days of one athlete, {} without an entry, {} injuries, {} of them by contact.",
        overview.missing_days,
        overview.injuries.len(),
        overview.injuries.len() - without_contact
    )];
    if without_contact > 0 {
        let strain = overview
            .trends
            .iter()
            .find(|trend| trend.method == WorkloadMethod::Strain)
            .map_or(&[][..], |trend| &trend.values);
        let had_strained_week = |injury: &&crate::injury::Injury| {
            let index = usize::try_from(injury.day.0 - overview.daily.first.0).unwrap_or(0);
            let week = index.saturating_sub(7)..index.min(days);
            week.into_iter().any(|day| strain.get(day) > overview.strain_limit.get(day))
        };
        let preceded_count = overview
            .injuries
            .iter()
            .filter(|injury| !injury.contact)
            .filter(had_strained_week)
            .count();
        let exceeded: Vec<bool> = strain
            .iter()
            .zip(&overview.strain_limit)
            .filter(|(_, limit)| limit.is_finite())
            .map(|(now, limit)| now > limit)
            .collect();
        let exceeded_count = exceeded.iter().filter(|exceeded| **exceeded).count();
        limits.push(format!(
            "In the week before {preceded_count} of {without_contact} injuries without contact, strain was above the athlete's own limit; so it was on {exceeded_count} of {} days on which there was a limit. With so few injuries \
             the two cannot be told apart.",
            exceeded.len()
        ));
    }
    limits.push("It can be said how load changed, when it was unusual for this athlete, and what was reported.".into());
    limits.push("It cannot be said that load caused an injury, nor how likely the next one is: that takes the logs of many athletes over years (docs/reference/load.md).".into());
    limits
}
