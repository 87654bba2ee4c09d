//! Explains why no plan keeps every rule, and finds the smallest change of the request that makes
//! one possible.

use super::request::{PlanLimits, PlanRequest, Weekday};
use super::{PlanBasis, PlanRule, check_feasibility};
use serde::Serialize;
use std::fmt;

/// Each relaxation is tried with the search steps of a plan divided by this.
const STEP_DIVISOR: usize = 5;
/// Most relaxations named.
const MAX_RELAXATIONS: usize = 4;

/// A request that no plan fulfils.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleClash {
    /// The rules that the nearest plan breaks.
    pub rules: Vec<PlanRule>,
    /// Changes of the request, each of which by itself makes a plan possible; the smallest step of
    /// each kind.
    pub relaxations: Vec<String>,
    /// Whether every possibility was ruled out; if not, the search merely found no plan.
    pub proven: bool,
}

impl fmt::Display for RuleClash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<&str> = self.rules.iter().map(|rule| rule.label()).collect();
        let sure = if self.proven { "no plan keeps" } else { "no plan was found that keeps" };
        write!(f, "{sure} every rule; in the nearest one these clash: {}", rules.join(", "))?;
        match self.relaxations.is_empty() {
            true => {
                write!(
                    f,
                    "; hint: no single change of the limits, the free minutes or the settled sessions is enough"
                )
            }
            false => write!(f, "; hint: one of these is enough: {}", self.relaxations.join("; ")),
        }
    }
}

impl std::error::Error for RuleClash {}

/// One kind of relaxation: its steps from small to large, each with its description.
type RelaxationLadder = Vec<(String, PlanRequest)>;

fn relaxation_ladders(request: &PlanRequest) -> Vec<RelaxationLadder> {
    let limits = &request.limits;
    let with = |change: &dyn Fn(&mut PlanLimits)| {
        let mut other = request.clone();
        change(&mut other.limits);
        other
    };
    let mut all: Vec<RelaxationLadder> = Vec::new();
    for (place, fixed) in request.fixed.iter().enumerate() {
        let mut without = request.clone();
        without.fixed.remove(place);
        all.push(vec![(format!("leave out the settled session `{}`", fixed.title), without)]);
    }
    for (place, event) in request.events.iter().enumerate() {
        let mut without = request.clone();
        without.events.remove(place);
        all.push(vec![(format!("leave out the event `{}`", event.title), without)]);
    }
    for (place, risk) in request.risks.iter().enumerate() {
        let mut without = request.clone();
        without.risks.remove(place);
        all.push(vec![(format!("do without the care for `{}`", risk.what), without)]);
    }
    if !request.facilities.is_empty() || !request.facilities_on.is_empty() {
        let mut always = request.clone();
        let all_facilities =
            request.facilities.values().chain(request.facilities_on.values()).flatten().cloned();
        always.equipment.extend(all_facilities);
        all.push(vec![("have every facility every day".into(), always)]);
    }
    let fewer =
        |n: usize| (format!("least_sessions = {n}"), with(&|limits| limits.least_sessions = n));
    all.push((0..limits.least_sessions).rev().map(fewer).collect());
    let more_minutes = |minutes: f64| {
        let mut other = request.clone();
        for day in [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ] {
            *other.minutes.entry(day).or_insert(0.0) += minutes;
        }
        other.days.values_mut().for_each(|minutes_of_day| *minutes_of_day += minutes);
        (format!("{minutes} more free minutes every day"), other)
    };
    all.push([15.0, 30.0, 60.0, 120.0].into_iter().map(more_minutes).collect());
    let fewer_rest_days =
        |n: usize| (format!("rest_days = {n}"), with(&|limits| limits.rest_days = n));
    all.push((0..limits.rest_days).rev().map(fewer_rest_days).collect());
    let more_sessions =
        |n: usize| (format!("sessions_per_day = {n}"), with(&|limits| limits.sessions_per_day = n));
    all.push((limits.sessions_per_day + 1..=4).map(more_sessions).collect());
    let more_hard =
        |n: usize| (format!("hard_per_week = {n}"), with(&|limits| limits.hard_per_week = n));
    all.push((limits.hard_per_week + 1..=7).map(more_hard).collect());
    let ramp = |step: f64| {
        let to = limits.ramp + step;
        (format!("ramp = {to:.2}"), with(&|limits| limits.ramp = to))
    };
    all.push([0.02, 0.05, 0.1, 0.2, 0.5].into_iter().map(ramp).collect());
    let monotony = |to: f64| (format!("monotony = {to}"), with(&|limits| limits.monotony = to));
    all.push(
        [2.25, 2.5, 3.0, 10.0]
            .into_iter()
            .filter(|to| *to > limits.monotony)
            .map(monotony)
            .collect(),
    );
    let spike = |to: f64| (format!("spike = {to}"), with(&|limits| limits.spike = to));
    all.push([0.3, 1.0].into_iter().filter(|to| *to > limits.spike).map(spike).collect());
    if limits.deload_every > 1 {
        all.push(vec![("deload_every = 0".into(), with(&|limits| limits.deload_every = 0))]);
    }
    if limits.taper {
        all.push(vec![("taper = false".into(), with(&|limits| limits.taper = false))]);
    }
    all
}

/// Describes the clash of a request that has no plan: the rules that the nearest plan breaks, and
/// the changes that would be enough.
pub(super) fn explain_clash(
    basis: &PlanBasis,
    rules: Vec<PlanRule>,
    proven: bool,
    steps: usize,
) -> RuleClash {
    let mut relaxations = Vec::new();
    for ladder in relaxation_ladders(basis.request) {
        let enough = ladder.into_iter().find(|(_, request)| {
            check_feasibility(&PlanBasis { request, ..*basis }, steps / STEP_DIVISOR) == Some(true)
        });
        relaxations.extend(enough.map(|(words, _)| words));
        if relaxations.len() == MAX_RELAXATIONS {
            break;
        }
    }
    RuleClash { rules, relaxations, proven }
}
