//! Personal plans: sessions and drills chosen from a library to fit an athlete's calendar,
//! findings, load and events, under rules that no plan breaks.
//!
//! [`plan`] finds a plan and says how far from the best it can be; [`check`] verifies it by
//! independent means; [`today`] says what may be done today. docs/PLAN.md gives the rules with
//! their sources. A plan is a proposal for a coach: it promises no result, and forecasts of
//! performance come with their intervals.

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

/// Search steps per day of the plan; more change the value by only a few thousandths
/// (docs/PLAN.md).
const STEPS_PER_DAY: usize = 64_000;
/// Partial plans examined before a clash is called likely rather than certain.
const MOST_TRIED: usize = 200_000;

/// Everything a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The request; [`Request::fault`] must return `None`.
    pub request: &'a Request,
    /// The sessions to choose from.
    pub library: &'a Library,
    /// The training log before the plan.
    pub past: &'a Past,
    /// How the athlete responds to load.
    pub response: &'a Response,
    /// What the movement analysis found.
    pub needs: &'a [Need],
}

/// Makes a plan. If an earlier plan is given, as few days as possible change.
///
/// # Errors
/// The rules that clash, with the smallest relaxations that would make a plan possible.
pub fn plan(basis: &Basis, before: Option<&Plan>) -> Result<Plan, Clash> {
    plan_in(basis, before, STEPS_PER_DAY)
}

fn plan_in(
    basis: &Basis,
    previous_plan: Option<&Plan>,
    steps_per_day: usize,
) -> Result<Plan, Clash> {
    let mut problem =
        Problem::new(basis.request, basis.library, basis.past, basis.response, basis.needs);
    problem.previous =
        previous_plan.map(|previous_plan| result::choice_of(&problem, previous_plan));
    let start: Choice =
        problem.previous.clone().unwrap_or_else(|| vec![Vec::new(); problem.days()]);
    let steps = steps_per_day * problem.days();
    let (mut choice, mut keeps_rules) = search::search_twice(&problem, &start, None, steps / 2);
    if !keeps_rules {
        let proven = match bound(&problem, None, 0.01).0 {
            Bound::Impossible => true,
            _ => match search::exhaust(&problem, MOST_TRIED) {
                Some(None) => true,
                exhausted => {
                    // Search once more from the plan that was found, or longer from nothing.
                    let start =
                        exhausted.flatten().unwrap_or_else(|| vec![Vec::new(); problem.days()]);
                    (choice, keeps_rules) = search::search(&problem, start, None, 4 * steps, 3);
                    false
                }
            },
        };
        if !keeps_rules {
            let rules = problem.broken(&choice, problem.days()).rules();
            return Err(relax::clash(basis, rules, proven, steps));
        }
    }
    let (bound_on_value, shares) = bound(&problem, Some(&choice), 0.01);
    if !shares.is_empty() {
        let (improved, keeps) = search::search_twice(&problem, &choice, Some(&shares), steps);
        if keeps && problem.value(&improved) > problem.value(&choice) {
            choice = improved;
        }
    }
    Ok(result::plan_of(basis, &problem, &choice, &bound_on_value))
}

/// Whether some plan keeps every rule: `Some(true)` if one was found, `Some(false)` if that is
/// impossible for certain, `None` if unknown.
fn feasible(basis: &Basis, steps: usize) -> Option<bool> {
    let problem =
        Problem::new(basis.request, basis.library, basis.past, basis.response, basis.needs);
    let (_, keeps_rules) =
        search::search(&problem, vec![Vec::new(); problem.days()], None, steps, 1);
    match keeps_rules {
        true => Some(true),
        false => search::exhaust(&problem, MOST_TRIED / 10).map(|choice| choice.is_some()),
    }
}

#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod tests;
