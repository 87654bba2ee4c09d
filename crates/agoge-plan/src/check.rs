//! Checks whether a plan keeps its rules, recomputed from the plan and the request alone. Nothing
//! of the search or the linear program is used here, so that a mistake there shows up.

use super::library::{RegionDemand, TissueRegion};
use super::request::{EventPriority, PlanEvent, PlanRequest, TrainingHistory, Weekday};
use super::{Plan, PlannedSession};
use agoge_motion::Day;
use std::collections::{BTreeMap, BTreeSet};

/// A broken rule: which one, where, and the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation(pub String);

/// Lists every violation; the list is empty for a sound plan.
///
/// ```
/// use agoge_motion::Day;
/// use agoge_plan::{LoadResponse, PlanBasis, PlanRequest, SessionLibrary, TrainingHistory};
/// use agoge_plan::{check_plan, make_plan};
/// let request = PlanRequest::new(Day::from_date(2026, 3, 30).unwrap(), 1, [45.0; 7]);
/// let (past, response) = (TrainingHistory::default(), LoadResponse::from_population(40.0));
/// let library = SessionLibrary::bundled();
/// let basis =
///     PlanBasis { request: &request, library, past: &past, response: &response, needs: &[] };
/// let mut plan = make_plan(&basis, None).expect("nothing clashes");
/// // Moved out of the plan, its first session breaks a rule.
/// plan.sessions[0].day = request.start.plus_days(-1);
/// assert!(check_plan(&plan, &request, &past)[0].0.contains("outside the plan"));
/// ```
pub fn check_plan(plan: &Plan, request: &PlanRequest, past: &TrainingHistory) -> Vec<Violation> {
    let mut wrong: Vec<String> = Vec::new();
    let (start, weeks) = (request.start, request.weeks as i32);
    let days: Vec<Day> = (0..7 * weeks).map(|d| start.plus_days(d)).collect();
    let mut calendar: BTreeMap<Day, Vec<&PlannedSession>> =
        days.iter().map(|day| (*day, Vec::new())).collect();
    for session in &plan.sessions {
        match calendar.get_mut(&session.day) {
            Some(list) => list.push(session),
            None => wrong.push(format!("{}: outside the plan", session.day)),
        }
    }
    let event_days: BTreeSet<Day> = request.events.iter().map(|event| event.day).collect();
    let race_is_hard =
        |day: Day| request.events.iter().any(|event| event.day == day && event.rpe >= 7.0);
    let hard = |session: &&PlannedSession| session.rpe >= 7.0;
    let limits = &request.limits;
    // Limits are the request's or the tightest of the risks that last until the first day of the
    // week.
    let first_of_week = |day: Day| start.plus_days(7 * ((day.0 - start.0).div_euclid(7)));

    for (day, sessions) in &calendar {
        let minutes: f64 = sessions.iter().map(|session| session.minutes).sum();
        let free = request.minutes_on(*day);
        if minutes > free + 1e-6 {
            wrong.push(format!("{day}: {minutes} minutes, {free} are free"));
        }
        if sessions.len() > limits.sessions_per_day {
            wrong.push(format!("{day}: {} sessions", sessions.len()));
        }
        let settled: Vec<&str> = request.fixed_on(*day).map(|fixed| fixed.title.as_str()).collect();
        let planned_fixed: Vec<&str> =
            sessions.iter().filter(|s| s.fixed).map(|s| s.title.as_str()).collect();
        if settled != planned_fixed {
            wrong.push(format!("{day}: settled sessions are not those of the request"));
        }
        for session in sessions.iter().filter(|session| !session.fixed) {
            if !session.sport.is_empty() && !request.sports.contains(&session.sport) {
                wrong.push(format!("{day}: {} is none of the athlete's sports", session.sport));
            }
            let facilities = match request.facilities_on.get(day) {
                Some(facilities) => Some(facilities),
                None => request.facilities.get(&Weekday::from_day(*day)),
            };
            for missing in session.equipment.difference(&request.equipment) {
                if !facilities.is_some_and(|there| there.contains(missing)) {
                    wrong.push(format!("{day}: there is no {missing}"));
                }
            }
            for risk in request.risks.iter().filter(|risk| *day <= risk.until) {
                for (region, demand) in &session.regions {
                    if risk.spare.get(region).is_some_and(|spared| spared <= demand) {
                        wrong.push(format!(
                            "{day}: {} does not spare the {}",
                            session.name,
                            region.label()
                        ));
                    }
                }
            }
            if request.avoid.contains(&session.name) {
                wrong.push(format!("{day}: {} is ruled out", session.name));
            }
            if event_days.contains(day) {
                wrong.push(format!("{day}: a session on the day of an event"));
            }
            let eve = request
                .events
                .iter()
                .any(|event| event.day == day.plus_days(1) && event.priority != EventPriority::C);
            let heavy = session.regions.values().any(|demand| *demand == RegionDemand::Heavy);
            if eve && (session.rpe >= 7.0 || heavy) {
                wrong.push(format!("{day}: {} on the eve of an event", session.name));
            }
            for event in &request.events {
                let (since, strained) = (day.0 - event.day.0, strained_regions(event));
                let rest = match event.recover {
                    Some(days) => days as i32,
                    None if event.rpe >= 7.0 => (event.minutes / 60.0).ceil() as i32,
                    None => 1,
                };
                if since != -1 && !(since > 0 && since <= rest) {
                    continue;
                }
                if event.rpe >= 7.0 && session.rpe >= 7.0 {
                    wrong.push(format!("{day}: {} near the event of {}", session.name, event.day));
                }
                if let Some(region) = strained
                    .iter()
                    .find(|region| session.regions.get(*region) == Some(&RegionDemand::Heavy))
                {
                    wrong.push(format!(
                        "{day}: no rest for the {} beside the event of {}",
                        region.label(),
                        event.day
                    ));
                }
            }
        }
        // After pain: nothing heavy for 14 days, nothing moderate for 7, and after strong pain
        // nothing light for 7.
        for session in sessions {
            for pain in past.pains.iter().filter(|pain| pain.day < start && pain.score >= 3.0) {
                let since = day.0 - pain.day.0;
                let Some(demand) = TissueRegion::from_area(pain.area)
                    .and_then(|region| session.regions.get(&region))
                else {
                    continue;
                };
                let too_much = match demand {
                    RegionDemand::Heavy => since <= 14,
                    RegionDemand::Moderate => since <= 7,
                    RegionDemand::Light => since <= 7 && pain.score >= 7.0,
                };
                if too_much {
                    wrong.push(format!("{day}: {} loads what hurt on {}", session.title, pain.day));
                }
            }
        }
        let hard_today = sessions.iter().filter(|s| hard(s)).count();
        if hard_today > 1 {
            wrong.push(format!("{day}: {hard_today} hard sessions"));
        }
        let eve = day.plus_days(-1);
        let logged_eve = past
            .sessions
            .iter()
            .any(|done| done.day == eve && done.load >= 7.0 * done.minutes && done.minutes > 0.0);
        let hard_eve = match calendar.get(&eve) {
            Some(before) => before.iter().any(hard) || race_is_hard(eve),
            None => logged_eve,
        };
        let both_race = event_days.contains(day) && event_days.contains(&eve);
        if hard_eve && (hard_today > 0 || race_is_hard(*day)) && !both_race {
            wrong.push(format!("{day}: a hard day after a hard day"));
        }
        let skill = sessions.iter().any(|session| session.kind == super::SessionKind::Technique);
        if skill && (hard_today > 0 || hard_eve) {
            wrong.push(format!("{day}: technique, but not fresh"));
        }
        for region in [
            TissueRegion::LowerLegs,
            TissueRegion::Legs,
            TissueRegion::Trunk,
            TissueRegion::Shoulders,
            TissueRegion::Arms,
        ] {
            let heavy = |day: Day| {
                calendar.get(&day).map_or(0, |list| {
                    list.iter()
                        .filter(|session| {
                            session.regions.get(&region) == Some(&RegionDemand::Heavy)
                        })
                        .count()
                })
            };
            if heavy(*day) > 1 || (heavy(*day) > 0 && heavy(eve) > 0) {
                wrong.push(format!("{day}: heavy load of the {} within 48 hours", region.label()));
            }
        }
        // Length: a session done in one piece may only be so much longer than the longest of its
        // sport in the 30 days before.
        let usual = request.usual_weekly_minutes.unwrap_or(request.level.weekly_minutes());
        let base_minutes = if past.sessions.is_empty() { (usual / 4.0).max(30.0) } else { 30.0 };
        for session in sessions.iter().filter(|session| {
            !session.fixed
                && matches!(
                    session.kind,
                    super::SessionKind::Endurance | super::SessionKind::Intensity
                )
        }) {
            let near = |other: Day| other < *day && other.plus_days(30) >= *day;
            let planned = plan.sessions.iter().filter(|other| {
                near(other.day)
                    && !other.fixed
                    && other.sport == session.sport
                    && matches!(
                        other.kind,
                        super::SessionKind::Endurance | super::SessionKind::Intensity
                    )
            });
            let done = past
                .sessions
                .iter()
                .filter(|done| near(done.day) && same_sport(&done.sport, &session.sport));
            let races = request
                .events
                .iter()
                .filter(|event| near(event.day) && same_sport(&event.sport, &session.sport));
            let longest = planned
                .map(|other| other.minutes)
                .chain(done.map(|done| done.minutes).filter(|minutes| minutes.is_finite()))
                .chain(races.map(|event| event.minutes))
                .fold(base_minutes, f64::max);
            let spike = request
                .risks
                .iter()
                .filter(|risk| risk.until >= first_of_week(*day))
                .filter_map(|risk| risk.spike)
                .fold(limits.spike, f64::min);
            if session.minutes > longest * (1.0 + spike) + 1e-6 && session.minutes > base_minutes {
                wrong.push(format!("{day}: {} minutes after at most {longest}", session.minutes));
            }
        }
    }

    check_weeks(&calendar, request, past, &event_days, &mut wrong);
    check_tapers(&calendar, request, past, &mut wrong);
    wrong.into_iter().map(Violation).collect()
}

fn same_sport(logged: &str, planned: &str) -> bool {
    let stem = match planned {
        "running" => ["run", "jog", "run"],
        "cycling" => ["cycl", "bik", "ride"],
        "swimming" => ["swim"; 3],
        other => return logged == other,
    };
    stem.iter().any(|stem| logged.contains(stem))
}

/// The regions an event strains: those given in the request, or else those its sport is known for.
fn strained_regions(event: &PlanEvent) -> Vec<TissueRegion> {
    if let Some(regions) = &event.regions {
        return regions
            .iter()
            .filter(|(_, demand)| **demand == RegionDemand::Heavy)
            .map(|(region, _)| *region)
            .collect();
    }
    let is = |sport: &str| event.rpe >= 7.0 && same_sport(&event.sport, sport);
    match () {
        () if is("running") => vec![TissueRegion::LowerLegs, TissueRegion::Legs],
        () if is("cycling") => vec![TissueRegion::Legs],
        () if is("swimming") => vec![TissueRegion::Shoulders],
        () => Vec::new(),
    }
}

fn check_weeks(
    calendar: &BTreeMap<Day, Vec<&PlannedSession>>,
    request: &PlanRequest,
    past: &TrainingHistory,
    raced: &BTreeSet<Day>,
    wrong: &mut Vec<String>,
) {
    let limits = &request.limits;
    let race_load = |day: &Day| -> f64 {
        request
            .events
            .iter()
            .filter(|event| event.day == *day)
            .map(|event| event.rpe * event.minutes)
            .sum()
    };
    let loads: Vec<f64> = calendar
        .iter()
        .map(|(day, list)| list.iter().map(|s| s.rpe * s.minutes).sum::<f64>() + race_load(day))
        .collect();
    // CTL by its definition, from the first day of the log on (Banister's exponential mean over 42
    // days).
    let assumed =
        request.usual_weekly_minutes.unwrap_or(request.level.weekly_minutes()) * 4.0 / 7.0;
    let decay = (-1.0f64 / 42.0).exp();
    let known: Vec<f64> = past.loads.iter().copied().filter(|load| !load.is_nan()).collect();
    let opening: Vec<f64> =
        past.loads.iter().take(28).copied().filter(|load| !load.is_nan()).collect();
    let mut ctl = assumed;
    if !opening.is_empty() {
        ctl = opening.iter().sum::<f64>() / opening.len() as f64;
        for load in known {
            ctl = decay * ctl + (1.0 - decay) * load;
        }
        ctl = ctl.max(assumed / 2.0);
    }
    let first_ctl = ctl;
    for (week, span) in calendar.iter().collect::<Vec<_>>().chunks(7).enumerate() {
        let ctl_before = ctl;
        let mut ctl_from_races = 0.0;
        for ((day, _), load) in span.iter().zip(&loads[7 * week..7 * week + 7]) {
            ctl = decay * ctl + (1.0 - decay) * load;
            ctl_from_races = decay * ctl_from_races + (1.0 - decay) * race_load(day);
        }
        let monday = request.start.plus_days(7 * week as i32);
        let risks: Vec<_> = request.risks.iter().filter(|risk| risk.until >= monday).collect();
        let ramp = risks.iter().filter_map(|risk| risk.ramp).fold(limits.ramp, f64::min);
        if ctl - ctl_before > (ramp + 1e-6) * first_ctl && ctl - ctl_before > ctl_from_races + 1e-6
        {
            wrong.push(format!("week {}: CTL grows by {:.1}", week + 1, ctl - ctl_before));
        }
        let free =
            span.iter().filter(|(day, list)| list.is_empty() && !raced.contains(day)).count();
        if free < risks.iter().filter_map(|risk| risk.rest_days).fold(limits.rest_days, usize::max)
        {
            wrong.push(format!("week {}: {free} days of rest", week + 1));
        }
        let sessions: Vec<&&PlannedSession> =
            span.iter().flat_map(|(_, list)| list.iter()).collect();
        let hard_races = span.iter().filter(|(day, _)| {
            let mut events = request.events.iter().filter(|event| event.day == **day);
            events.any(|event| event.rpe >= 7.0)
        });
        let most = risks
            .iter()
            .filter_map(|risk| risk.hard_per_week)
            .fold(limits.hard_per_week, usize::min);
        let hard = sessions.iter().filter(|session| session.rpe >= 7.0).count();
        if hard > 0 && hard + hard_races.count() > most {
            wrong.push(format!("week {}: too many hard sessions", week + 1));
        }
        if sessions.len() < limits.least_sessions {
            wrong.push(format!("week {}: {} sessions", week + 1, sessions.len()));
        }
        let week_loads = &loads[7 * week..7 * week + 7];
        let mean = week_loads.iter().sum::<f64>() / 7.0;
        let variance = week_loads.iter().map(|load| load * load).sum::<f64>() / 7.0 - mean * mean;
        let monotony = if mean == 0.0 { 0.0 } else { (mean / variance.max(0.0).sqrt()).min(10.0) };
        if monotony
            > risks.iter().filter_map(|risk| risk.monotony).fold(limits.monotony, f64::min) + 1e-6
        {
            wrong.push(format!("week {}: monotony {monotony:.2}", week + 1));
        }
        let every = limits.deload_every;
        let tapering = limits.taper
            && counted_tapers(request, past)
                .iter()
                .any(|(from, until)| span.iter().any(|(day, _)| **day >= *from && **day < *until));
        if every > 1 && (week + 1) % every == 0 && !tapering {
            let since = &loads[7 * (week + 1 - every)..7 * week];
            let usual = since.iter().sum::<f64>() / (every - 1) as f64;
            let raced: f64 = span.iter().map(|(day, _)| race_load(day)).sum();
            let total = week_loads.iter().sum::<f64>();
            if total > 0.6 * usual + 1e-6 && total > raced + 1e-6 {
                wrong.push(format!("week {}: no lighter than the weeks before", week + 1));
            }
        }
    }
}

/// The first day of each taper that counts, with the day of its event.
fn counted_tapers(request: &PlanRequest, past: &TrainingHistory) -> Vec<(Day, Day)> {
    request
        .events
        .iter()
        .filter(|event| event.priority == EventPriority::A)
        .map(|event| (event.day.plus_days(-14), event.day))
        .filter(|(from, until)| {
            let inside = (from.0..until.0).filter(|day| *day >= request.start.0).count();
            inside >= 7 && known_days_before(*from, request, past) >= 14
        })
        .collect()
}

fn known_days_before(from: Day, request: &PlanRequest, past: &TrainingHistory) -> usize {
    (from.0 - 28..from.0)
        .filter(|day| {
            let back = request.start.0 - day;
            back <= 0
                || past.loads.iter().rev().nth(back as usize - 1).is_some_and(|load| !load.is_nan())
        })
        .count()
}

fn check_tapers(
    calendar: &BTreeMap<Day, Vec<&PlannedSession>>,
    request: &PlanRequest,
    past: &TrainingHistory,
    wrong: &mut Vec<String>,
) {
    if !request.limits.taper {
        return;
    }
    for (from, until) in counted_tapers(request, past) {
        let planned = |a: Day, b: Day, only_hard: bool| -> f64 {
            let span = calendar.range(a..b).flat_map(|(_, list)| list.iter());
            let races = request
                .events
                .iter()
                .filter(|e| e.day >= a && e.day < b && calendar.contains_key(&e.day));
            let sessions =
                span.map(|s| (s.rpe, s.minutes)).chain(races.map(|e| (e.rpe, e.minutes)));
            sessions.filter(|(rpe, _)| !only_hard || *rpe >= 7.0).map(|(_, minutes)| minutes).sum()
        };
        let logged = |a: Day, b: Day, only_hard: bool| -> f64 {
            let span = past
                .sessions
                .iter()
                .filter(|done| done.day >= a && done.day < b && done.minutes.is_finite());
            span.filter(|done| {
                !only_hard || (done.minutes > 0.0 && done.load / done.minutes >= 7.0)
            })
            .map(|done| done.minutes)
            .sum()
        };
        let before = from.plus_days(-28);
        let eve = request.start.min(from);
        let days = known_days_before(from, request, past) as f64;
        let inside = (from.0.max(request.start.0)..until.0).count() as f64;
        let usual =
            |hard: bool| (planned(before, from, hard) + logged(before, eve, hard)) / days * inside;
        let during = planned(from, until, false);
        let share = during / usual(false).max(1e-9);
        if usual(false) > 0.0 && !(0.4 - 1e-6..=0.59 + 1e-6).contains(&share) {
            wrong.push(format!("taper before {until}: {:.0} % of the volume", 100.0 * share));
        }
        if usual(false) <= 0.0 && during > 1e-6 {
            wrong.push(format!("taper before {until}: {during} minutes after none"));
        }
        if planned(from, until, true) + 1e-6 < 0.4 * usual(true) {
            wrong.push(format!("taper before {until}: intensity is not kept"));
        }
    }
}
