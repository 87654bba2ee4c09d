//! The finished plan in the form that people and programs read.

use super::bound::PlanBound;
use super::library::{RegionDemand, SessionItem, SessionKind, TissueRegion};
use super::problem::{PlanChoice, PlanProblem, SPIKE_DAYS};
use super::request::{EventPriority, PlanRequest, sport_family};
use super::response::{OutOfSampleErrors, PerformancePrediction, out_of_sample};
use super::{PlanBasis, PlanRisk, PlanRule, ResponsePrior, SessionStep, why};
use agoge_load::{CTL_DAYS, week_monotony};
use agoge_motion::Day;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this format.
    pub schema: String,
    /// The first day.
    pub start: Day,
    /// Number of days.
    pub days: usize,
    /// The sessions by day; within a day in the order in which to do them.
    pub sessions: Vec<PlannedSession>,
    /// The weeks.
    pub weeks: Vec<PlannedWeek>,
    /// What is expected at the events.
    pub events: Vec<EventForecast>,
    /// How the athlete's response to load was determined.
    pub response: ResponseNote,
    /// Value of the plan: percent of performance relative to resting, plus the values of findings,
    /// variety and preference.
    pub value: f64,
    /// Upper bound on the value of any plan; none if the solver gave up.
    pub bound: Option<f64>,
    /// (bound − value)/bound.
    pub gap: Option<f64>,
    /// Risks in force: what each asks for and until when, and which sessions are not planned
    /// meanwhile because of it.
    #[serde(default)]
    pub risks: Vec<String>,
    /// What the plan does not know and what it assumes.
    pub notes: Vec<String>,
}

/// A session of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedSession {
    /// When.
    pub day: Day,
    /// Its name in the library; empty for a settled session.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is for.
    pub kind: SessionKind,
    /// Its sport.
    pub sport: String,
    /// Duration, min.
    pub minutes: f64,
    /// Effort, CR-10.
    pub rpe: f64,
    /// Load, AU.
    pub load: f64,
    /// How much it loads each region.
    pub regions: BTreeMap<TissueRegion, RegionDemand>,
    /// Equipment it needs.
    pub equipment: BTreeSet<String>,
    /// Whether it was settled before the plan.
    pub fixed: bool,
    /// What to do.
    pub what: String,
    /// Its steps, if the library gives them.
    #[serde(default)]
    pub steps: Vec<SessionStep>,
    /// The findings, events or rules it serves.
    pub serves: Vec<String>,
    /// What would be different without it.
    pub without: String,
    /// The risks without which it could be longer.
    #[serde(default)]
    pub held: Vec<String>,
}

/// A week of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedWeek {
    /// Its first day.
    pub first: Day,
    /// Minutes of its sessions.
    pub minutes: f64,
    /// Load, AU, events included.
    pub load: f64,
    /// Number of sessions, events excluded.
    pub sessions: usize,
    /// Number of hard sessions.
    pub hard: usize,
    /// Mean over standard deviation of the daily loads; none in a week of rest.
    pub monotony: Option<f64>,
    /// CTL on its last evening, AU a day.
    pub ctl: f64,
    /// Its place in the plan.
    pub phase: WeekPhase,
}

/// A week's place in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeekPhase {
    /// A week of training like others; written as an empty text.
    #[serde(rename = "")]
    Ordinary,
    /// A lighter week, for recovery.
    Deload,
    /// Before an event the load falls.
    Taper,
}

impl WeekPhase {
    /// Name of a special week.
    pub fn name(self) -> Option<&'static str> {
        match self {
            WeekPhase::Ordinary => None,
            WeekPhase::Deload => Some("deload"),
            WeekPhase::Taper => Some("taper"),
        }
    }
}

/// What is expected at an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventForecast {
    /// When.
    pub day: Day,
    /// Its title.
    pub title: String,
    /// How much it matters.
    pub priority: EventPriority,
    /// Its own load, AU.
    #[serde(default)]
    pub load: f64,
    /// Mean and 90 % interval of what a test would show under the plan.
    pub expected: PerformancePrediction,
    /// Mean expected without any training until then.
    pub resting: f64,
}

/// How the athlete's response to load was determined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseNote {
    /// Number of the athlete's own tests it rests on; 0 if it is the population's response.
    pub tests: usize,
    /// Mean time constant of fitness, days.
    pub fitness_days: f64,
    /// Mean time constant of fatigue, days.
    pub fatigue_days: f64,
    /// Weight of the variable-dose model (Busso 2003), 0 to 1; the rest is Banister's.
    pub variable_dose: f64,
    /// 100 if performance is in percent, else the mean of the tests.
    pub reference: f64,
    /// Errors of out-of-sample forecasts.
    pub out_of_sample: Option<OutOfSampleErrors>,
}

/// The choice that corresponds to an earlier plan; sessions no longer in the library and days
/// outside the request are left out.
pub(super) fn choice_from_plan(problem: &PlanProblem, plan: &Plan) -> PlanChoice {
    let mut choice: PlanChoice = vec![Vec::new(); problem.day_count()];
    for session in plan.sessions.iter().filter(|session| !session.fixed) {
        let at = usize::try_from(session.day.0 - problem.request.start.0)
            .ok()
            .filter(|d| *d < choice.len());
        let item = problem
            .items
            .iter()
            .position(|item| item.name == session.name && item.minutes == session.minutes);
        if let (Some(d), Some(item)) = (at, item.map(|item| item as u16))
            && problem.fits[d].contains(&item)
        {
            choice[d].push(item);
        }
    }
    choice.iter_mut().for_each(|day| day.sort_unstable());
    choice.iter_mut().for_each(Vec::dedup);
    choice
}

impl PlannedSession {
    /// A session of the library on a day, without explanations yet.
    pub fn from_item(day: Day, item: &SessionItem) -> PlannedSession {
        PlannedSession {
            day,
            name: item.name.clone(),
            title: item.title.clone(),
            kind: item.kind,
            sport: item.sport.clone(),
            minutes: item.minutes,
            rpe: item.rpe,
            load: item.load(),
            regions: item.regions.clone(),
            equipment: item.equipment.clone(),
            fixed: false,
            what: item.what.clone(),
            steps: item.steps.clone(),
            serves: Vec::new(),
            without: String::new(),
            held: Vec::new(),
        }
    }
}

/// Order within a day, fresh first: technique, then explosive, heavy, hard, long, easy.
fn order_in_day(kind: SessionKind) -> usize {
    [
        SessionKind::Technique,
        SessionKind::Power,
        SessionKind::Strength,
        SessionKind::Intensity,
        SessionKind::Endurance,
        SessionKind::Recovery,
    ]
    .iter()
    .position(|other| *other == kind)
    .unwrap_or(0)
}

pub(super) fn build_plan(
    basis: &PlanBasis,
    problem: &PlanProblem,
    choice: &PlanChoice,
    bound_on_value: &PlanBound,
) -> Plan {
    let (request, response) = (basis.request, basis.response);
    let mut sessions = Vec::new();
    let request_without_risks = PlanRequest { risks: Vec::new(), ..request.clone() };
    let free = (!request.risks.is_empty()).then(|| {
        PlanProblem::new(
            &request_without_risks,
            basis.library,
            basis.past,
            basis.response,
            basis.needs,
        )
    });
    for (d, items) in choice.iter().enumerate() {
        let day = request.start.plus_days(d as i32);
        let mut day_sessions: Vec<PlannedSession> = request
            .fixed_on(day)
            .map(|fixed| PlannedSession {
                day,
                name: String::new(),
                title: fixed.title.clone(),
                kind: SessionKind::Endurance,
                sport: fixed.sport.clone(),
                minutes: fixed.minutes,
                rpe: fixed.rpe,
                load: fixed.minutes * fixed.rpe,
                regions: fixed.regions.clone(),
                equipment: BTreeSet::new(),
                fixed: true,
                what: String::new(),
                steps: Vec::new(),
                serves: vec!["settled before the plan".into()],
                without: String::new(),
                held: Vec::new(),
            })
            .collect();
        day_sessions.extend(items.iter().map(|i| {
            let item = problem.items[usize::from(*i)];
            let (serves, without) = why::explain_session(problem, choice, d, *i);
            let held = free
                .as_ref()
                .map_or_else(Vec::new, |free| why::limiting_risks(problem, free, choice, d, *i));
            PlannedSession { serves, without, held, ..PlannedSession::from_item(day, item) }
        }));
        day_sessions.sort_by_key(|session| (session.fixed, order_in_day(session.kind)));
        sessions.extend(day_sessions);
    }
    let value = problem.plan_value(choice);
    let bound = match bound_on_value {
        PlanBound::AtMost(upper) => Some(upper.max(value)),
        _ => None,
    };
    Plan {
        schema: "agoge/plan/1".into(),
        start: request.start,
        days: problem.day_count(),
        weeks: summarise_weeks(problem, choice),
        events: forecast_events(basis, problem, choice),
        response: describe_response(basis),
        value,
        bound,
        gap: bound.map(|bound| (bound - value) / bound.abs().max(1e-9)),
        risks: describe_risks(problem, free.as_ref()),
        notes: plan_notes(basis, problem, &planned_lengths(&sessions), response.tests),
        sessions,
    }
}

/// Describes each risk with the sessions that it keeps out of the plan while it lasts.
fn describe_risks(problem: &PlanProblem, free: Option<&PlanProblem>) -> Vec<String> {
    let (Some(free), start) = (free, problem.request.start) else { return Vec::new() };
    let describe = |risk: &PlanRisk| {
        let barred = |i: &&u16| {
            let item = problem.items[usize::from(**i)];
            (0..problem.day_count()).any(|d| {
                free.fits[d].contains(i) && risk.rules_out(&item.regions, start.plus_days(d as i32))
            })
        };
        let all: BTreeSet<u16> = free.fits.iter().flatten().copied().collect();
        let titles: BTreeSet<&str> = all
            .iter()
            .filter(barred)
            .map(|i| problem.items[usize::from(*i)].title.as_str())
            .collect();
        match titles.is_empty() {
            true => risk.to_string(),
            false => format!(
                "{risk}; not planned meanwhile: {}",
                titles.into_iter().collect::<Vec<_>>().join(", ")
            ),
        }
    };
    problem.request.risks.iter().filter(|risk| risk.until >= start).map(describe).collect()
}

/// Day, sport and minutes of the sessions that are done in one piece.
fn planned_lengths(sessions: &[PlannedSession]) -> Vec<(Day, String, f64)> {
    let steady = sessions
        .iter()
        .filter(|session| matches!(session.kind, SessionKind::Endurance | SessionKind::Intensity));
    steady.map(|session| (session.day, session.sport.clone(), session.minutes)).collect()
}

fn summarise_weeks(problem: &PlanProblem, choice: &PlanChoice) -> Vec<PlannedWeek> {
    let loads = problem.daily_loads(choice);
    let keep = (-1.0 / CTL_DAYS).exp();
    let mut ctl = problem.ctl;
    (0..problem.request.weeks)
        .map(|week| {
            let span = 7 * week..7 * week + 7;
            ctl =
                loads[span.clone()].iter().fold(ctl, |ctl, load| ctl * keep + load * (1.0 - keep));
            let sessions: Vec<_> =
                span.clone().flat_map(|d| problem.sessions_on(choice, d)).collect();
            let load: f64 = loads[span.clone()].iter().sum();
            let monotony = week_monotony(&loads[span.clone()]);
            let tapers = problem
                .tapers
                .iter()
                .any(|taper| taper.days.start < span.end && span.start < taper.days.end);
            let phase = match () {
                () if tapers => WeekPhase::Taper,
                () if problem.weeks[week].deload => WeekPhase::Deload,
                () => WeekPhase::Ordinary,
            };
            PlannedWeek {
                first: problem.request.start.plus_days(7 * week as i32),
                // An empty sum is −0.
                minutes: sessions.iter().map(|session| session.minutes).sum::<f64>() + 0.0,
                load,
                sessions: sessions.len(),
                hard: sessions.iter().filter(|session| session.hard).count(),
                monotony: monotony.is_finite().then_some(monotony),
                ctl,
                phase,
            }
        })
        .collect()
}

fn forecast_events(
    basis: &PlanBasis,
    problem: &PlanProblem,
    choice: &PlanChoice,
) -> Vec<EventForecast> {
    let loads = problem.daily_loads(choice);
    let until = |at: usize, planned: &[f64]| -> Vec<f64> {
        basis.past.loads.iter().chain(&planned[..at]).copied().collect()
    };
    let mut events: Vec<EventForecast> = basis
        .request
        .events
        .iter()
        .map(|event| {
            let at = (event.day.0 - basis.request.start.0) as usize;
            EventForecast {
                day: event.day,
                title: event.title.clone(),
                priority: event.priority,
                load: event.load(),
                expected: basis.response.predict(&until(at, &loads)),
                resting: basis.response.predict(&until(at, &vec![0.0; loads.len()])).value,
            }
        })
        .collect();
    events.sort_by_key(|event| event.day);
    events
}

fn describe_response(basis: &PlanBasis) -> ResponseNote {
    let (fitness_days, fatigue_days, variable_dose) = basis.response.time_constants();
    ResponseNote {
        tests: basis.response.tests,
        fitness_days,
        fatigue_days,
        variable_dose,
        reference: basis.response.reference,
        out_of_sample: out_of_sample(
            &basis.past.loads,
            &basis.past.tests,
            &ResponsePrior::default(),
        ),
    }
}

fn plan_notes(
    basis: &PlanBasis,
    problem: &PlanProblem,
    planned: &[(Day, String, f64)],
    tests: usize,
) -> Vec<String> {
    let (request, past) = (basis.request, basis.past);
    let mut notes = Vec::new();
    if past.loads.is_empty() {
        notes.push(format!(
            "No load log: a CTL of {:.0} AU a day is assumed from the minutes a week that are usual; the first weeks are a guess.",
            problem.ctl
        ));
    }
    if basis.needs.is_empty() {
        notes.push(
            "No movement was analysed: technique is not aimed at anything that was found.".into(),
        );
    }
    let served = |need: usize| problem.serves[need].iter().any(|serves| *serves);
    for (_, need) in basis.needs.iter().enumerate().filter(|(place, _)| !served(*place)) {
        notes
            .push(format!("No session that may be planned works on this finding: {}.", need.title));
    }
    if tests == 0 {
        notes.push(format!(
            "Fewer than {} tests: the answer to load is the population's, not this athlete's.",
            super::MIN_TESTS
        ));
    }
    if request.limits.taper {
        let tapered = problem.tapers.len();
        let wanted =
            request.events.iter().filter(|event| event.priority == EventPriority::A).count();
        if tapered < wanted {
            notes.push(format!(
                "{} A events come too soon, or after too little that is known, for the rule of the taper.",
                wanted - tapered
            ));
        }
    }
    for event in &request.events {
        let near = |day: Day, sport: &str| {
            day < event.day
                && day.plus_days(SPIKE_DAYS) >= event.day
                && sport_family(sport) == sport_family(&event.sport)
        };
        let done = past
            .sessions
            .iter()
            .filter(|done| near(done.day, &done.sport) && done.minutes.is_finite());
        let planned = planned.iter().filter(|(day, sport, _)| near(*day, sport));
        let longest = done
            .map(|done| done.minutes)
            .chain(planned.map(|session| session.2))
            .fold(0.0, f64::max);
        if event.minutes > longest * (1.0 + request.limits.spike) {
            notes.push(format!(
                "The event of {} takes {:.0} min; the longest session of its sport in the 30 days before it takes {longest:.0}.",
                event.day, event.minutes
            ));
        }
    }
    for sport in &request.sports {
        let items_of_sport: Vec<&SessionItem> =
            basis.library.items().iter().filter(|item| item.sport == *sport).collect();
        let lacks: BTreeSet<&str> =
            items_of_sport.iter().flat_map(|item| &item.equipment).map(String::as_str).collect();
        if !items_of_sport.is_empty()
            && !lacks.is_empty()
            && items_of_sport.iter().all(|item| !request.allows_item(item))
        {
            let lacks: Vec<&str> = lacks.into_iter().collect();
            notes.push(format!(
                "No session of {sport} can be planned: they need {}.",
                lacks.join(", ")
            ));
        }
    }
    if past.pains.iter().any(|pain| {
        pain.score >= 3.0 && pain.day < request.start && pain.day.plus_days(14) >= request.start
    }) {
        notes.push("Pain was reported: load is kept off these regions for up to 14 days. Pain belongs to a physician or physiotherapist.".into());
    }
    notes.push("Expected performance is a model's mean with its interval, no promise; what findings count in the plan ranks sessions and is no forecast.".into());
    notes
}

/// Rules that a session can uphold by its presence.
pub(super) const UPHELD_RULES: [PlanRule; 2] = [PlanRule::Taper, PlanRule::Least];
