//! All figures of an athlete's load until today, as the page, the terminal and JSON show them.

use super::{
    ATL_DAYS, CTL_DAYS, Daily, Method, Ratio, Spike, acwr, form, impulse, load_for_form, monotony,
    redi, spikes, strain,
};
use crate::injury::{Change, History, Injury, Pain, Warning, Weekly, own_limit, warnings};
use agoge_motion::Day;
use serde::Serialize;
use std::collections::BTreeMap;

/// Decay of the REDI shown, a day: its weights reach back as far as those of a mean over 28 days
/// (Williams' 2/(N+1)).
const REDI_DECAY: f64 = 2.0 / 29.0;

/// A session, as far as load is concerned.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Session {
    /// The athlete's own day.
    pub day: Day,
    /// The sport in lower case; empty if nobody said.
    pub sport: String,
    /// How long, min; NaN if not known.
    pub minutes: f64,
    /// How far, m; NaN if not known.
    pub distance_m: f64,
    /// Its loads by every method that the data allowed.
    pub loads: BTreeMap<Method, f64>,
}

impl Session {
    /// Whether its distance was run: sessions without a sport are taken for runs, because tables of
    /// team sports rarely name one.
    fn is_run(&self) -> bool {
        self.sport.is_empty() || self.sport.contains("run")
    }
}

/// Everything that is kept of an athlete.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Sessions in any order; a written day of rest is one with loads of 0.
    pub sessions: Vec<Session>,
    /// Injuries.
    pub injuries: Vec<Injury>,
    /// Pain reports.
    pub pains: Vec<Pain>,
    /// Weekly questionnaires.
    pub weeks: Vec<Weekly>,
    /// Movement factors that were measured again.
    pub changes: Vec<Change>,
}

/// A figure a day, with the method that gives it its meaning.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// Method.
    pub method: Method,
    /// Its name.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Its source.
    pub source: &'static str,
    /// What is known against it.
    pub criticism: &'static str,
    /// `[day]`, NaN where it cannot be said.
    pub values: Vec<f64>,
}

impl Trend {
    fn new(method: Method, values: Vec<f64>) -> Trend {
        Trend {
            method,
            name: method.name(),
            unit: method.unit(),
            source: method.source(),
            criticism: method.criticism(),
            values,
        }
    }

    /// The figure of the last day; NaN if there is none.
    pub fn last(&self) -> f64 {
        self.values.last().copied().unwrap_or(f64::NAN)
    }
}

/// Load and injuries of an athlete until a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// Who.
    pub athlete: String,
    /// The last day with an entry.
    pub today: Day,
    /// By which method the days are weighed.
    pub method: Method,
    /// Load of each day.
    pub daily: Daily,
    /// Days between the first and the last without an entry.
    pub missing_days: usize,
    /// Figures of each day: CTL, ATL, TSB, three ACWR, monotony, strain, REDI.
    pub trends: Vec<Trend>,
    /// The athlete's own limit of strain for each day; NaN while it cannot be said.
    pub strain_limit: Vec<f64>,
    /// Sessions more than a tenth longer than the longest of the 30 days before.
    pub spikes: Vec<Spike>,
    /// Load tomorrow's TSB of 0 would take today; below 0 if rest alone does not reach it.
    pub load_for_even_form: f64,
    /// Injuries until today.
    pub injuries: Vec<Injury>,
    /// Pain reports until today.
    pub pains: Vec<Pain>,
    /// What the rules say.
    pub warnings: Vec<Warning>,
    /// What can and cannot be concluded.
    pub limits: Vec<String>,
}

/// The method that most sessions have a load of; the earlier one where two have as many.
pub fn usual_method(sessions: &[Session]) -> Option<Method> {
    let mut counts: BTreeMap<Method, usize> = BTreeMap::new();
    // Days of rest have loads of 0 by many methods, and are told by none of them.
    for (method, load) in sessions.iter().flat_map(|session| &session.loads) {
        *counts.entry(*method).or_default() += usize::from(*load > 0.0);
    }
    // Metres, kilograms and counts say least about effort: they are chosen only where nothing else
    // is known.
    let plain = [Method::Distance, Method::StrengthVolume, Method::Jumps, Method::Throws];
    let of_effort = |method: Method| !plain.contains(&method);
    counts
        .into_iter()
        .rev()
        .max_by_key(|(method, count)| (of_effort(*method) && *count > 0, *count))
        .map(|(method, _)| method)
}

/// Adds the days up; none without a single load of the method.
pub fn overview(
    athlete: &str,
    log: &Log,
    method: Method,
    missing_is_rest: bool,
) -> Option<Overview> {
    let entries: Vec<(Day, f64)> = log
        .sessions
        .iter()
        .filter_map(|session| Some((session.day, *session.loads.get(&method)?)))
        .collect();
    let daily = Daily::of(&entries, missing_is_rest);
    let loads = &daily.values;
    let last = loads.len().checked_sub(1)?;
    let today = daily.day(last);
    let (ctl, atl) = (impulse(loads, CTL_DAYS), impulse(loads, ATL_DAYS));
    let strained = strain(loads);
    let strain_limit =
        (0..loads.len()).map(|day| own_limit(&strained, day).unwrap_or(f64::NAN)).collect();
    let runs: Vec<(Day, f64)> = log
        .sessions
        .iter()
        .filter(|session| session.is_run())
        .map(|session| (session.day, session.distance_m))
        .collect();
    let history = History {
        today,
        loads: &daily,
        method,
        runs: &runs,
        pains: &log.pains,
        weeks: &log.weeks,
        changes: &log.changes,
    };
    let until = |day: Day| day <= today;
    let mut own = Overview {
        athlete: athlete.to_owned(),
        today,
        method,
        missing_days: daily.missing(),
        load_for_even_form: last
            .checked_sub(1)
            .map_or(f64::NAN, |eve| load_for_form(0.0, ctl[eve], atl[eve])),
        trends: vec![
            Trend::new(Method::Tsb, form(&ctl, &atl)),
            Trend::new(Method::Ctl, ctl),
            Trend::new(Method::Atl, atl),
            Trend::new(Method::Monotony, monotony(loads)),
            Trend::new(Method::Strain, strained),
            Trend::new(Method::AcwrCoupled, acwr(loads, Ratio::Coupled)),
            Trend::new(Method::AcwrUncoupled, acwr(loads, Ratio::Uncoupled)),
            Trend::new(Method::AcwrEwma, acwr(loads, Ratio::Ewma)),
            Trend::new(Method::Redi, redi(loads, REDI_DECAY)),
        ],
        strain_limit,
        spikes: spikes(&runs)
            .into_iter()
            .filter(|spike| spike.hazard_ratio().is_some() && until(spike.day))
            .collect(),
        injuries: log.injuries.iter().filter(|injury| until(injury.day)).cloned().collect(),
        pains: log.pains.iter().filter(|pain| until(pain.day)).copied().collect(),
        warnings: warnings(&history),
        limits: Vec::new(),
        daily,
    };
    own.limits = limits(&own);
    Some(own)
}

/// What one athlete's days allow to say, and what they do not.
fn limits(own: &Overview) -> Vec<String> {
    let days = own.daily.values.len();
    let by_load = own.injuries.iter().filter(|injury| !injury.contact).count();
    let mut limits = vec![format!(
        "{days} days of one athlete, {} without an entry, {} injuries, {} of them by contact.",
        own.missing_days,
        own.injuries.len(),
        own.injuries.len() - by_load
    )];
    if by_load > 0 {
        let strain = own
            .trends
            .iter()
            .find(|trend| trend.method == Method::Strain)
            .map_or(&[][..], |trend| &trend.values);
        let before = |injury: &&crate::injury::Injury| {
            let place = usize::try_from(injury.day.0 - own.daily.first.0).unwrap_or(0);
            let week = place.saturating_sub(7)..place.min(days);
            week.into_iter().any(|day| strain.get(day) > own.strain_limit.get(day))
        };
        let preceded = own.injuries.iter().filter(|injury| !injury.contact).filter(before).count();
        let known: Vec<bool> = strain
            .iter()
            .zip(&own.strain_limit)
            .filter(|(_, limit)| limit.is_finite())
            .map(|(now, limit)| now > limit)
            .collect();
        let above = known.iter().filter(|above| **above).count();
        limits.push(format!(
            "In the week before {preceded} of {by_load} injuries without contact, strain was above the athlete's own limit; so it was on {above} of {} days on which there was a limit. With so few injuries \
             the two cannot be told apart.",
            known.len()
        ));
    }
    limits.push("It can be said how load changed, when it was unusual for this athlete, and what was reported.".into());
    limits.push("It cannot be said that load caused an injury, nor how likely the next one is: that takes the logs of many athletes over years (docs/LOAD.md).".into());
    limits
}
