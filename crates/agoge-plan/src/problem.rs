//! The planning problem in numbers: which sessions fit on which day, which rules a plan breaks and
//! by how much, and what the plan is worth.
//!
//! [`PlanProblem::rule_breaches`] states the rules for the search and [`PlanProblem::plan_value`]
//! the goal. The rules are stated a second time, straight from the request, in `check`, which
//! shares none of this code.

use super::library::{
    HARD_RPE, RegionDemand, SessionItem, SessionKind, SessionLibrary, TissueRegion,
};
use super::request::{
    EventPriority, FixedSession, PlanEvent, PlanLimits, PlanRequest, TrainingHistory, TrainingNeed,
    sport_family,
};
use super::response::{LoadResponse, PerformanceSurface, ResponsePrior};
use super::rule::RuleBreaches;
use super::state::PlanState;
use agoge_load::CTL_DAYS;
use agoge_motion::Day;
use std::collections::BTreeMap;

/// Weight of the athlete's own response in the goal; the rest is the population's
/// (docs/results/plans.md shows what other weights do when the fitted response is wrong).
const INDIVIDUAL_WEIGHT: f64 = 0.2;
/// Without an event, performance is judged this many days after the plan, when little fatigue is
/// left: judged on the morning after, the best plan would rest towards its end.
const AFTER_DAYS: usize = 14;
/// Days of the taper, and of the training before it that it is compared with.
pub(super) const TAPER_DAYS: i32 = 14;
pub(super) const BEFORE_TAPER_DAYS: i32 = 28;
/// Volume in the taper as a share of the volume before: 41 to 60 % less (Bosquet 2007).
pub(super) const TAPER_VOLUME: [f64; 2] = [0.40, 0.59];
/// Load of a deload week as a share of the mean of the weeks before.
pub(super) const DELOAD_SHARE: f64 = 0.60;
/// Days that the spike rule looks back (Frandsen 2025).
pub(super) const SPIKE_DAYS: i32 = 30;
/// Days without heavy and without moderate load after notable pain (3 of 10 or more), and the pain
/// score from which not even light load is planned.
pub(super) const PAIN_DAYS: [i32; 2] = [14, 7];
pub(super) const NOTABLE_PAIN: f64 = 3.0;
pub(super) const STRONG_PAIN: f64 = 7.0;
/// A session this short is never a spike, min.
const MIN_SPIKE_MINUTES: f64 = 30.0;
/// RPE assumed for minutes about which nothing else is known.
pub(super) const USUAL_RPE: f64 = 4.0;
/// Value of working on a finding in a week the first, second and third time, percent of performance
/// for a gain of 1. This is our choice: it ranks sessions and promises nothing.
pub(super) const EXPOSURE_VALUES: [f64; 3] = [0.10, 0.07, 0.04];
/// Value of each different session in a week, and weight of the coach's preference.
pub(super) const VARIETY_VALUE: f64 = 0.01;
const PREFERENCE_VALUE: f64 = 0.02;
/// Value of load in an event's sport, percent of performance per AU: about half of what load as
/// such is worth, so that running prepares for a run.
const SPECIFICITY_VALUE: f64 = 0.00025;

/// A session as the rules see it.
#[derive(Clone, Debug)]
pub(super) struct SessionDemand {
    pub(super) minutes: f64,
    pub(super) load: f64,
    pub(super) hard: bool,
    pub(super) heavy: u8,
    pub(super) moderate: u8,
    pub(super) light: u8,
    pub(super) technique: bool,
    /// The family of its sport, if its length may only grow step by step.
    pub(super) steady_family: Option<usize>,
}

impl SessionDemand {
    /// Creates a session that is neither technique work nor limited in its growth.
    fn from_effort(
        minutes: f64,
        rpe: f64,
        regions: &BTreeMap<TissueRegion, RegionDemand>,
    ) -> SessionDemand {
        let mask = |wanted: RegionDemand| {
            let matching = regions.iter().filter(|(_, demand)| **demand == wanted);
            matching.fold(0, |mask, (region, _)| mask | 1 << *region as u8)
        };
        SessionDemand {
            minutes,
            load: rpe * minutes,
            hard: rpe >= HARD_RPE,
            heavy: mask(RegionDemand::Heavy),
            moderate: mask(RegionDemand::Moderate),
            light: mask(RegionDemand::Light),
            technique: false,
            steady_family: None,
        }
    }
}

/// A taper within the plan.
#[derive(Clone, Debug)]
pub(super) struct Taper {
    /// Plan days of the taper.
    pub(super) days: std::ops::Range<usize>,
    /// Plan days of the weeks before it, and minutes, hard minutes and known days of the log in
    /// these weeks.
    pub(super) before: std::ops::Range<usize>,
    pub(super) logged: [f64; 3],
}

impl Taper {
    /// Days before the taper that are known, from the plan or the log.
    pub(super) fn known_days(&self) -> f64 {
        self.before.len() as f64 + self.logged[2]
    }
}

/// The events of a day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DayEvents {
    /// Load, AU.
    pub(super) load: f64,
    pub(super) minutes: f64,
    pub(super) hard_minutes: f64,
}

impl DayEvents {
    pub(super) fn has_event(self) -> bool {
        self.load > 0.0
    }

    fn is_hard(self) -> bool {
        self.hard_minutes > 0.0
    }
}

/// What a week has room for.
#[derive(Clone, Debug)]
pub(super) struct WeekRoom {
    /// The limits as tightened by the risks.
    pub(super) limits: PlanLimits,
    /// Allowed growth of CTL, AU a day: the limit, or what the week's events alone add if that is
    /// more.
    pub(super) max_ctl_growth: f64,
    /// Hard sessions allowed beside the hard events.
    pub(super) max_hard_sessions: usize,
    /// Load of the events, AU.
    pub(super) event_load: f64,
    /// Whether it must be lighter than the weeks before.
    pub(super) deload: bool,
}

/// For each day its sessions, as indices into [`PlanProblem::items`].
pub(super) type PlanChoice = Vec<Vec<u16>>;

/// The request in numbers.
pub(super) struct PlanProblem<'a> {
    pub(super) request: &'a PlanRequest,
    /// Sessions that may be planned.
    pub(super) items: Vec<&'a SessionItem>,
    pub(super) sessions: Vec<SessionDemand>,
    /// `[item]`: index of the session of which the item is one length.
    pub(super) session_of: Vec<usize>,
    /// `[day][…]`: the items that fit on a day on their own.
    pub(super) fits: Vec<Vec<u16>>,
    pub(super) minutes: Vec<f64>,
    /// `[day]`: settled sessions.
    pub(super) fixed: Vec<Vec<SessionDemand>>,
    /// `[day]`: number of settled sessions that load a painful region.
    pub(super) fixed_pain_conflicts: Vec<f64>,
    /// `[week]`: what it has room for.
    pub(super) weeks: Vec<WeekRoom>,
    /// `[day]`: events.
    pub(super) events_by_day: Vec<DayEvents>,
    /// Whether the day before the plan was hard.
    pub(super) hard_day_before: bool,
    /// CTL at the start, AU a day; its growth is measured relative to it.
    pub(super) ctl: f64,
    /// Share of CTL left after a day without load.
    pub(super) ctl_retention: f64,
    /// `[family][day]`: the longest session already done in the 30 days before (from the log),
    /// events included, min.
    pub(super) longest: Vec<Vec<f64>>,
    /// Length that needs no history, min.
    pub(super) base_minutes: f64,
    pub(super) tapers: Vec<Taper>,
    /// The goal: percent of the reference performance, weighted over events.
    pub(super) surface: PerformanceSurface,
    pub(super) needs: &'a [TrainingNeed],
    /// `[need][item]`: whether the item works on the need.
    pub(super) serves: Vec<Vec<bool>>,
    pub(super) preferences: Vec<f64>,
    pub(super) previous: Option<PlanChoice>,
}

impl<'a> PlanProblem<'a> {
    /// Value of each day left unchanged when a plan is revised, percent of performance.
    pub(super) const UNCHANGED_VALUE: f64 = 0.05;

    pub(super) fn new(
        request: &'a PlanRequest,
        library: &'a SessionLibrary,
        past: &'a TrainingHistory,
        response: &LoadResponse,
        needs: &'a [TrainingNeed],
    ) -> PlanProblem<'a> {
        let days = request.day_count();
        let start = request.start;
        let day = |d: usize| start.plus_days(d as i32);
        let items: Vec<&SessionItem> =
            library.items().iter().filter(|item| request.allows_item(item)).collect();
        let mut families: Vec<&str> = Vec::new();
        let mut family_of = |sport: &'a str| {
            let name = sport_family(sport);
            families.iter().position(|known| *known == name).unwrap_or_else(|| {
                families.push(name);
                families.len() - 1
            })
        };
        let sessions: Vec<SessionDemand> = items
            .iter()
            .map(|item| SessionDemand {
                technique: item.kind == SessionKind::Technique,
                steady_family: item.is_steady().then(|| family_of(&item.sport)),
                ..SessionDemand::from_effort(item.minutes, item.rpe, &item.regions)
            })
            .collect();
        let mut names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
        names.dedup();
        let session_of = items
            .iter()
            .map(|item| names.iter().position(|name| *name == item.name).unwrap_or(0))
            .collect();
        let settled = |fixed: &FixedSession| {
            SessionDemand::from_effort(fixed.minutes, fixed.rpe, &fixed.regions)
        };
        let fixed: Vec<Vec<SessionDemand>> =
            (0..days).map(|d| request.fixed_on(day(d)).map(settled).collect()).collect();
        let painful = |d: usize| {
            fixed[d].iter().map(|session| count_pain_conflicts(session, past, start, d)).sum()
        };
        let fixed_hurts = (0..days).map(painful).collect();
        let mut raced = vec![DayEvents::default(); days];
        for event in &request.events {
            let day_events = &mut raced[(event.day.0 - start.0) as usize];
            day_events.load += event.load();
            day_events.minutes += event.minutes;
            day_events.hard_minutes += if event.is_hard() { event.minutes } else { 0.0 };
        }
        let hard_eve = past.sessions.iter().any(|done| {
            done.day.plus_days(1) == start
                && done.minutes > 0.0
                && done.load / done.minutes >= HARD_RPE
        });
        let keep = (-1.0 / CTL_DAYS).exp();
        let usual = request.usual_weekly_minutes.unwrap_or(request.level.weekly_minutes());
        let longest = families
            .iter()
            .map(|name| {
                (0..days as i32)
                    .map(|d| {
                        let before = |other: Day| {
                            other < start.plus_days(d) && other >= start.plus_days(d - SPIKE_DAYS)
                        };
                        let done = past
                            .sessions
                            .iter()
                            .filter(|done| before(done.day) && sport_family(&done.sport) == *name);
                        let raced = request.events.iter().filter(|event| {
                            before(event.day) && sport_family(&event.sport) == *name
                        });
                        let known = |minutes: f64| if minutes.is_finite() { minutes } else { 0.0 };
                        done.map(|done| known(done.minutes))
                            .chain(raced.map(|event| event.minutes))
                            .fold(0.0, f64::max)
                    })
                    .collect()
            })
            .collect();
        let fits = (0..days)
            .map(|d| {
                let item_fits = |i: &usize| {
                    let session = &sessions[*i];
                    let rested = !(d == 0 && hard_eve && (session.hard || session.technique));
                    !raced[d].has_event()
                        && rested
                        && request.events.iter().all(|event| leaves_room(event, session, day(d)))
                        && session.minutes <= request.minutes_on(day(d))
                        && request.has_equipment_for(items[*i], day(d))
                        && !request
                            .risks
                            .iter()
                            .any(|risk| risk.rules_out(&items[*i].regions, day(d)))
                        && count_pain_conflicts(session, past, start, d) == 0.0
                };
                (0..items.len()).filter(item_fits).map(|i| i as u16).collect()
            })
            .collect();
        let mut problem = PlanProblem {
            fits,
            minutes: (0..days).map(|d| request.minutes_on(day(d))).collect(),
            fixed,
            fixed_pain_conflicts: fixed_hurts,
            weeks: Vec::new(),
            events_by_day: raced,
            hard_day_before: hard_eve,
            ctl: initial_ctl(&past.loads, usual * USUAL_RPE / 7.0, keep),
            ctl_retention: keep,
            longest,
            base_minutes: match past.sessions.is_empty() {
                true => (usual / 4.0).max(MIN_SPIKE_MINUTES),
                false => MIN_SPIKE_MINUTES,
            },
            tapers: request
                .events
                .iter()
                .filter_map(|event| build_taper(request, past, event))
                .collect(),
            surface: goal_surface(request, past, response),
            needs,
            serves: needs
                .iter()
                .map(|need| items.iter().map(|item| item.skills.contains(&need.curve)).collect())
                .collect(),
            preferences: items.iter().map(|item| preference_value(request, item)).collect(),
            previous: None,
            request,
            items,
            sessions,
            session_of,
        };
        problem.weeks = (0..request.weeks).map(|week| problem.week_room(week)).collect();
        problem.remove_unreachable();
        problem
    }

    fn week_room(&self, week: usize) -> WeekRoom {
        let (limits, raced) =
            (self.request.limits_in_week(week), &self.events_by_day[7 * week..7 * week + 7]);
        let keep = self.ctl_retention;
        let events_alone =
            raced.iter().fold(0.0, |ctl, event_day| ctl * keep + event_day.load * (1.0 - keep));
        let every = limits.deload_every;
        let tapered = self
            .tapers
            .iter()
            .any(|taper| taper.days.start < 7 * week + 7 && 7 * week < taper.days.end);
        WeekRoom {
            max_ctl_growth: events_alone.max(limits.ramp * self.ctl),
            max_hard_sessions: limits
                .hard_per_week
                .saturating_sub(raced.iter().filter(|event_day| event_day.is_hard()).count()),
            event_load: raced.iter().map(|event_day| event_day.load).sum(),
            deload: every > 1 && (week + 1).is_multiple_of(every) && !tapered,
            limits,
        }
    }

    /// Removes items that are too long for their day whatever comes before: lengths grow by at most
    /// one step a day.
    fn remove_unreachable(&mut self) {
        for sport in 0..self.longest.len() {
            let mut reached = vec![self.base_minutes; self.day_count()];
            for d in 0..self.day_count() {
                let limit = 1.0 + self.weeks[d / 7].limits.spike;
                let from = d.saturating_sub(SPIKE_DAYS as usize);
                let before = reached[from..d]
                    .iter()
                    .copied()
                    .fold(self.longest[sport][d].max(self.base_minutes), f64::max);
                let sessions = &self.sessions;
                let long = |i: &u16| {
                    let session = &sessions[usize::from(*i)];
                    session.steady_family == Some(sport)
                        && session.minutes > self.base_minutes
                        && session.minutes > limit * before + 1e-9
                };
                self.fits[d].retain(|i| !long(i));
                let lengths = self.fits[d]
                    .iter()
                    .map(|i| &sessions[usize::from(*i)])
                    .filter(|session| session.steady_family == Some(sport));
                reached[d] =
                    lengths.map(|session| session.minutes).fold(self.base_minutes, f64::max);
            }
        }
    }

    /// The largest loads a day can carry, AU, events included: without a hard session, and with at
    /// most one. With more than two sessions a day only the minutes bound it.
    pub(super) fn largest_loads(&self, d: usize) -> [f64; 2] {
        let fixed = &self.fixed[d];
        let most = self.request.limits.sessions_per_day;
        let settled =
            fixed.iter().map(|session| session.load).sum::<f64>() + self.events_by_day[d].load;
        let candidates: Vec<&SessionDemand> =
            self.fits[d].iter().map(|i| &self.sessions[usize::from(*i)]).collect();
        if most > 2 {
            let densest =
                candidates.iter().map(|session| session.load / session.minutes).fold(0.0, f64::max);
            return [settled + densest * self.minutes[d]; 2];
        }
        let mut best = [settled; 2];
        let mut judge = |set: &[&SessionDemand]| {
            let all = || set.iter().copied().chain(fixed);
            let hard = all().filter(|session| session.hard).count();
            let fits = all().map(|session| session.minutes).sum::<f64>() <= self.minutes[d]
                && all().count() <= most
                && hard <= 1
                && !(hard > 0 && all().any(|session| session.technique));
            let load = all().map(|session| session.load).sum::<f64>() + self.events_by_day[d].load;
            if fits {
                best[1] = best[1].max(load);
                if hard == 0 {
                    best[0] = best[0].max(load);
                }
            }
        };
        for (place, one) in candidates.iter().enumerate() {
            judge(&[one]);
            candidates[place + 1..].iter().for_each(|other| judge(&[one, other]));
        }
        best
    }

    pub(super) fn day_count(&self) -> usize {
        self.minutes.len()
    }

    pub(super) fn sessions_on<'b>(
        &'b self,
        choice: &'b PlanChoice,
        d: usize,
    ) -> impl Iterator<Item = &'b SessionDemand> {
        choice[d].iter().map(|i| &self.sessions[usize::from(*i)]).chain(&self.fixed[d])
    }

    /// The number of sport families with sessions that are done in one piece.
    pub(super) fn family_count(&self) -> usize {
        self.longest.len()
    }

    /// Load of each day, events included, AU.
    pub(super) fn daily_loads(&self, choice: &PlanChoice) -> Vec<f64> {
        PlanState::new(self, choice).daily_loads().to_vec()
    }

    /// The rules broken by the first `until` days of a plan; incomplete weeks are not judged.
    pub(super) fn rule_breaches(&self, choice: &PlanChoice, until: usize) -> RuleBreaches {
        PlanState::new(self, choice).rules_broken(self, until)
    }

    /// Value of a plan, percent of performance; the constants say which parts are preference rather
    /// than forecast.
    pub(super) fn plan_value(&self, choice: &PlanChoice) -> f64 {
        self.performance_gain(choice) + self.soft_value(choice)
    }

    /// Performance at the events relative to resting, percent.
    pub(super) fn performance_gain(&self, choice: &PlanChoice) -> f64 {
        self.surface.performance_at(&self.daily_loads(choice)) - self.surface.rest
    }

    /// The part of the value that is not performance at the events.
    pub(super) fn soft_value(&self, choice: &PlanChoice) -> f64 {
        choice.chunks(7).enumerate().map(|(week, days)| self.soft_value_in_week(week, days)).sum()
    }

    /// That part for one week, given the sessions of its days.
    pub(super) fn soft_value_in_week(&self, week: usize, days: &[Vec<u16>]) -> f64 {
        let (mut value, mut seen) = (0.0, [0u64; 4]);
        for i in days.iter().flatten() {
            let i = usize::from(*i);
            let session = self.session_of[i];
            seen[(session / 64) % 4] |= 1 << (session % 64);
            value += self.preferences[i];
        }
        value += VARIETY_VALUE * seen.iter().map(|word| f64::from(word.count_ones())).sum::<f64>();
        for (need, serves) in self.needs.iter().zip(&self.serves) {
            let times = days.iter().flatten().filter(|i| serves[usize::from(**i)]).count();
            value += need.gain * EXPOSURE_VALUES.iter().take(times).sum::<f64>();
        }
        if let Some(previous) = &self.previous {
            let same = days.iter().zip(&previous[7 * week..]).filter(|(now, before)| now == before);
            value += Self::UNCHANGED_VALUE * same.count() as f64;
        }
        value
    }
}

/// Value of a session beside performance and findings: the coach's preference, and whether it is of
/// an event's sport.
fn preference_value(request: &PlanRequest, item: &SessionItem) -> f64 {
    let specific = request
        .events
        .iter()
        .any(|event| !item.sport.is_empty() && sport_family(&event.sport) == item.sport);
    let specific = if specific { SPECIFICITY_VALUE * item.load() } else { 0.0 };
    PREFERENCE_VALUE * request.prefer.get(&item.name).copied().unwrap_or(0.0) + specific
}

/// Whether an event leaves room for a session on a day before or after it: nothing hard or heavy
/// the day before an A or B event; nothing hard next to any hard event, nor technique the day after
/// it; and nothing heavy for the regions it loads heavily, the day before and during recovery.
fn leaves_room(event: &PlanEvent, session: &SessionDemand, day: Day) -> bool {
    let after = day.0 - event.day.0;
    let regions =
        SessionDemand::from_effort(event.minutes, event.rpe, &event.region_demands()).heavy;
    let is_recovery = after >= 1 && after <= event.recovery_days() as i32;
    let is_near = after == -1 || is_recovery;
    !(after == -1 && event.priority != EventPriority::C && (session.hard || session.heavy != 0)
        || is_near && (session.hard && event.is_hard() || session.heavy & regions != 0)
        || after == 1 && session.technique && event.is_hard())
}

/// The number of recent pains that rule out a session on a day; 0 if none does.
fn count_pain_conflicts(
    session: &SessionDemand,
    past: &TrainingHistory,
    start: Day,
    d: usize,
) -> f64 {
    let day = start.plus_days(d as i32);
    past.pains
        .iter()
        .filter(|pain| pain.score >= NOTABLE_PAIN && pain.day < start)
        .filter_map(|pain| Some((pain, 1u8 << TissueRegion::from_area(pain.area)? as u8)))
        .filter(|(pain, region)| {
            let since = day.0 - pain.day.0;
            (since <= PAIN_DAYS[0] && session.heavy & region != 0)
                || (since <= PAIN_DAYS[1] && session.moderate & region != 0)
                || (since <= PAIN_DAYS[1]
                    && pain.score >= STRONG_PAIN
                    && session.light & region != 0)
        })
        .count() as f64
}

/// CTL on the day before the plan: computed from the log, starting at the mean of its first four
/// weeks, and never below half of what is usual for the level, so that growth has something to be
/// measured by.
fn initial_ctl(loads: &[f64], assumed: f64, keep: f64) -> f64 {
    let mean_known = |part: &[f64]| {
        let known: Vec<f64> = part.iter().copied().filter(|load| load.is_finite()).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let Some(first) = mean_known(&loads[..loads.len().min(28)]) else { return assumed };
    let ctl = loads
        .iter()
        .filter(|load| load.is_finite())
        .fold(first, |ctl, load| ctl * keep + load * (1.0 - keep));
    ctl.max(0.5 * assumed)
}

fn build_taper(request: &PlanRequest, past: &TrainingHistory, event: &PlanEvent) -> Option<Taper> {
    if !request.limits.taper || event.priority != EventPriority::A {
        return None;
    }
    let at = event.day.0 - request.start.0;
    let begin = at - TAPER_DAYS;
    let days = begin.max(0) as usize..at as usize;
    let before = (begin - BEFORE_TAPER_DAYS).max(0) as usize..begin.max(0) as usize;
    // Of the days that count, those before the plan must be known from the log.
    let from = request.start.plus_days((begin - BEFORE_TAPER_DAYS).min(0));
    let until = request.start.plus_days(begin.min(0));
    let (mut minutes, mut hard) = (0.0, 0.0);
    for done in past
        .sessions
        .iter()
        .filter(|done| done.day >= from && done.day < until && done.minutes.is_finite())
    {
        minutes += done.minutes;
        hard += if done.minutes > 0.0 && done.load / done.minutes >= HARD_RPE {
            done.minutes
        } else {
            0.0
        };
    }
    let days_logged = (from.0..until.0)
        .filter(|day| {
            let back = (request.start.0 - day) as usize;
            past.loads
                .len()
                .checked_sub(back)
                .and_then(|i| past.loads.get(i))
                .is_some_and(|load| load.is_finite())
        })
        .count();
    let taper = Taper { days, before, logged: [minutes, hard, days_logged as f64] };
    // A taper that is half over, or before which nothing is known, cannot be held to these figures.
    (taper.days.len() >= 7 && taper.known_days() >= 14.0).then_some(taper)
}

/// Performance at the events by their weight, percent of the reference; without events,
/// [`AFTER_DAYS`] after the plan.
fn goal_surface(
    request: &PlanRequest,
    past: &TrainingHistory,
    response: &LoadResponse,
) -> PerformanceSurface {
    let days = request.day_count();
    let mut goals: Vec<(usize, f64)> = request
        .events
        .iter()
        .map(|event| ((event.day.0 - request.start.0) as usize, event.priority.weight()))
        .collect();
    if goals.is_empty() {
        goals.push((days + AFTER_DAYS, 1.0));
    }
    let sum: f64 = goals.iter().map(|(_, weight)| weight).sum();
    // The response fitted to an athlete's few tests may be wrong, so the plan must suit the
    // population's response too.
    let population = LoadResponse::fit(&past.loads, &[], &ResponsePrior::default())
        .with_usual_load(response.usual_load);
    let mut total = PerformanceSurface {
        rest: 0.0,
        linear: vec![0.0; days],
        square: (1..=days).map(|n| vec![0.0; n]).collect(),
    };
    for (at, weight) in goals {
        for (response, trust) in
            [(response, INDIVIDUAL_WEIGHT), (&population, 1.0 - INDIVIDUAL_WEIGHT)]
        {
            let surface = response.performance_surface(&past.loads, days, at);
            let scale = trust * 100.0 * weight / sum / response.reference;
            total.rest += scale * surface.rest;
            total.linear.iter_mut().zip(&surface.linear).for_each(|(to, from)| *to += scale * from);
            for (to, from) in total.square.iter_mut().zip(&surface.square) {
                to.iter_mut().zip(from).for_each(|(to, from)| *to += scale * from);
            }
        }
    }
    total
}
