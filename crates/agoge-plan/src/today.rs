//! What may be done today: a range of load for each kind of session, under the same rules as a
//! plan.

use super::library::{SessionItem, SessionKind};
use super::problem::{PlanChoice, PlanProblem};
use super::search::BREACH_TOLERANCE;
use super::{PlanBasis, PlanRule};
use agoge_motion::Day;
use serde::Serialize;

/// The answer for a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TodayAdvice {
    /// The day.
    pub day: Day,
    /// What may be done.
    pub kinds: Vec<AllowedRange>,
    /// What may not be done, with the rules against it.
    pub refused: Vec<RefusedSession>,
}

/// A kind of session with the range that is allowed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AllowedRange {
    /// The kind.
    pub kind: SessionKind,
    /// Lowest and highest allowed load, AU.
    pub load: [f64; 2],
    /// Titles with their longest allowed duration, by load.
    pub sessions: Vec<String>,
}

/// A session that may not be done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusedSession {
    /// Its title.
    pub title: String,
    /// The rules against it. If empty, it does not fit into the free minutes, loads a painful or
    /// spared region, needs something unavailable, or is too close to an event.
    pub rules: Vec<PlanRule>,
}

/// Determines what may be done on the first day of the request, considered on its own, if the rest
/// of its week stays free for what is needed.
pub fn advise_today(basis: &PlanBasis) -> TodayAdvice {
    let problem =
        PlanProblem::new(basis.request, basis.library, basis.past, basis.response, basis.needs);
    let empty: PlanChoice = vec![Vec::new(); problem.day_count()];
    let before = problem.rule_breaches(&empty, problem.day_count());
    let mut allowed: Vec<&SessionItem> = Vec::new();
    let mut refused = Vec::new();
    for (place, item) in problem.items.iter().enumerate() {
        let mut with = empty.clone();
        with[0].push(place as u16);
        let broken = problem.rule_breaches(&with, problem.day_count());
        let fits = problem.fits[0].contains(&(place as u16));
        if fits && broken.total() <= before.total() + BREACH_TOLERANCE {
            allowed.push(item);
        } else {
            let rules = if fits {
                broken
                    .broken_rules()
                    .into_iter()
                    .filter(|rule| broken.amount_of(*rule) > before.amount_of(*rule))
                    .collect()
            } else {
                Vec::new()
            };
            refused.push((*item, rules));
        }
    }
    // Of a session in several lengths, naming the longest is enough.
    let longest = |item: &SessionItem| {
        let lengths =
            allowed.iter().filter(|other| other.name == item.name).map(|other| other.minutes);
        lengths.fold(0.0, f64::max)
    };
    refused.retain(|(item, _): &(&SessionItem, Vec<PlanRule>)| longest(item) == 0.0);
    refused.dedup_by_key(|(item, _)| item.name.as_str());
    let refused = refused
        .into_iter()
        .map(|(item, rules)| RefusedSession { title: item.title.clone(), rules })
        .collect();
    let kinds = SessionKind::ALL
        .into_iter()
        .filter_map(|kind| {
            let mut items: Vec<&&SessionItem> =
                allowed.iter().filter(|item| item.kind == kind).collect();
            items.sort_by(|a, b| a.load().total_cmp(&b.load()));
            let load = [items.first()?.load(), items.last()?.load()];
            items.retain(|item| item.minutes == longest(item));
            let title =
                |item: &&&SessionItem| format!("{} (up to {:.0} min)", item.title, item.minutes);
            Some(AllowedRange { kind, load, sessions: items.iter().map(title).collect() })
        })
        .collect();
    TodayAdvice { day: basis.request.start, kinds, refused }
}
