//! The personal plan: sessions and drills chosen from a library for an athlete's calendar,
//! findings, load and events, under rules that no plan breaks.
//!
//! [`plan`] finds it and says how far from the best it can be; [`check`] judges it by other means;
//! [`today`] answers what may be done today. docs/PLAN.md has the rules with their sources. A plan
//! is a proposal for a coach: it promises no result, and performance is said with its interval.

mod bound;
mod check;
mod effect;
mod library;
mod problem;
mod relax;
mod request;
mod response;
mod result;
mod risk;
mod rule;
mod search;
mod state;
mod step;
pub mod study;
mod today;
mod why;

pub use check::{Violation, check};
pub use effect::{Effect, Factor, Interval, Moved, moved};
pub use library::{Demand, HARD_RPE, Item, Kind, Library, LibraryFault, Region};
pub use relax::Clash;
pub use request::{Done, Event, Fixed, Level, Limits, Need, Past, Priority, Request, Weekday};
pub use response::{
    LEAST_TESTS, OutOfSample, Prediction, Prior, Response, Surface, Test, out_of_sample,
    squad_prior,
};
pub use result::{EventForecast, Plan, Planned, ResponseNote, Week};
pub use risk::Risk;
pub use rule::Rule;
pub use step::{Part, Step};
pub use today::{Today, today};

use bound::{Bound, bound};
use problem::{Choice, Problem};

/// Steps of each search for each day of the plan; more change the value by a few thousandths
/// (docs/PLAN.md).
const STEPS_PER_DAY: usize = 64_000;
/// Beginnings of plans that are looked at before a clash is called likely instead of certain.
const MOST_TRIED: usize = 200_000;

/// Everything that a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// What is asked for; [`Request::fault`] must have nothing to say.
    pub request: &'a Request,
    /// The sessions to choose from.
    pub library: &'a Library,
    /// The time before.
    pub past: &'a Past,
    /// How the athlete answers to load.
    pub response: &'a Response,
    /// What the analysis of movement found.
    pub needs: &'a [Need],
}

/// The plan, or why there is none. With a plan that was made before, as few days as possible
/// change.
///
/// # Errors
/// The rules that clash, with the smallest relaxations that make a plan possible.
pub fn plan(basis: &Basis, before: Option<&Plan>) -> Result<Plan, Clash> {
    plan_in(basis, before, STEPS_PER_DAY)
}

fn plan_in(basis: &Basis, before: Option<&Plan>, steps_per_day: usize) -> Result<Plan, Clash> {
    let mut problem =
        Problem::new(basis.request, basis.library, basis.past, basis.response, basis.needs);
    problem.previous = before.map(|before| result::choice_of(&problem, before));
    let start: Choice =
        problem.previous.clone().unwrap_or_else(|| vec![Vec::new(); problem.days()]);
    let steps = steps_per_day * problem.days();
    let (mut choice, mut kept) = search::search_twice(&problem, &start, None, steps / 2);
    if !kept {
        let proven = match bound(&problem, None, 0.01).0 {
            Bound::Impossible => true,
            _ => match search::exhaust(&problem, MOST_TRIED) {
                Some(None) => true,
                found => {
                    // Once more from what was found, or longer from nothing.
                    let start = found.flatten().unwrap_or_else(|| vec![Vec::new(); problem.days()]);
                    (choice, kept) = search::search(&problem, start, None, 4 * steps, 3);
                    false
                }
            },
        };
        if !kept {
            let rules = problem.broken(&choice, problem.days()).rules();
            return Err(relax::clash(basis, rules, proven, steps));
        }
    }
    let (most, shares) = bound(&problem, Some(&choice), 0.01);
    if !shares.is_empty() {
        let (mended, keeps) = search::search_twice(&problem, &choice, Some(&shares), steps);
        if keeps && problem.value(&mended) > problem.value(&choice) {
            choice = mended;
        }
    }
    Ok(result::plan_of(basis, &problem, &choice, &most))
}

/// Whether some plan keeps every rule: found, impossible for certain, or not known.
fn feasible(basis: &Basis, steps: usize) -> Option<bool> {
    let problem =
        Problem::new(basis.request, basis.library, basis.past, basis.response, basis.needs);
    let (_, kept) = search::search(&problem, vec![Vec::new(); problem.days()], None, steps, 1);
    match kept {
        true => Some(true),
        false => search::exhaust(&problem, MOST_TRIED / 10).map(|found| found.is_some()),
    }
}

#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod tests;
