//! Personal plans: sessions and drills chosen from a library to fit an athlete's calendar,
//! findings, load and events, under rules that no plan breaks.
//!
//! [`make_plan`] finds a plan and says how far from the best it can be; [`check_plan`] verifies it
//! by independent means; [`advise_today`] says what may be done today. docs/reference/plan.md gives
//! the rules with their sources. A plan is a proposal for a coach: it promises no result, and
//! forecasts of performance come with their intervals.

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

pub use check::{Violation, check_plan};
pub use effect::{DrillEffect, EffectInterval, FactorEffects, MovementFactor, estimate_effects};
pub use library::{
    HARD_RPE, LibraryError, RegionDemand, SessionItem, SessionKind, SessionLibrary, TissueRegion,
};
pub use relax::RuleClash;
pub use request::{
    CompletedSession, EventPriority, FixedSession, PlanEvent, PlanLimits, PlanRequest,
    TrainingHistory, TrainingLevel, TrainingNeed, Weekday,
};
pub use response::{
    LoadResponse, MIN_TESTS, OutOfSampleErrors, PerformancePrediction, PerformanceSurface,
    PerformanceTest, ResponsePrior, out_of_sample,
};
pub use result::{EventForecast, Plan, PlannedSession, PlannedWeek, ResponseNote, WeekPhase};
pub use risk::PlanRisk;
pub use rule::PlanRule;
pub use step::{SessionStep, StepPart};
pub use today::{TodayAdvice, advise_today};

use bound::{PlanBound, upper_bound};
use problem::{PlanChoice, PlanProblem};

/// Search steps per day of the plan; more change the value by only a few thousandths
/// (docs/reference/plan.md).
const STEPS_PER_DAY: usize = 64_000;
/// Partial plans examined before a clash is called likely rather than certain.
const MAX_PARTIAL_PLANS: usize = 200_000;

/// Everything a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct PlanBasis<'a> {
    /// The request; [`PlanRequest::find_fault`] must return `None`.
    pub request: &'a PlanRequest,
    /// The sessions to choose from.
    pub library: &'a SessionLibrary,
    /// The training log before the plan.
    pub past: &'a TrainingHistory,
    /// How the athlete responds to load.
    pub response: &'a LoadResponse,
    /// What the movement analysis found.
    pub needs: &'a [TrainingNeed],
}

/// Makes a plan. If an earlier plan is given, as few days as possible change.
///
/// # Errors
/// The rules that clash, with the smallest relaxations that would make a plan possible.
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
/// let plan = make_plan(&basis, None).expect("nothing clashes");
/// assert_eq!(plan.days, 7);
/// assert!(check_plan(&plan, &request, &past).is_empty());
/// ```
pub fn make_plan(basis: &PlanBasis, before: Option<&Plan>) -> Result<Plan, RuleClash> {
    make_plan_with_steps(basis, before, STEPS_PER_DAY)
}

fn make_plan_with_steps(
    basis: &PlanBasis,
    previous_plan: Option<&Plan>,
    steps_per_day: usize,
) -> Result<Plan, RuleClash> {
    let mut problem =
        PlanProblem::new(basis.request, basis.library, basis.past, basis.response, basis.needs);
    problem.previous =
        previous_plan.map(|previous_plan| result::choice_from_plan(&problem, previous_plan));
    let start: PlanChoice =
        problem.previous.clone().unwrap_or_else(|| vec![Vec::new(); problem.day_count()]);
    let steps = steps_per_day * problem.day_count();
    let (mut choice, mut keeps_rules) = search::search_twice(&problem, &start, None, steps / 2);
    if !keeps_rules {
        let proven = match upper_bound(&problem, None, 0.01).0 {
            PlanBound::Impossible => true,
            _ => match search::search_exhaustively(&problem, MAX_PARTIAL_PLANS) {
                Some(None) => true,
                exhausted => {
                    // Search once more from the plan that was found, or longer from nothing.
                    let start = exhausted
                        .flatten()
                        .unwrap_or_else(|| vec![Vec::new(); problem.day_count()]);
                    (choice, keeps_rules) =
                        search::search_choice(&problem, start, None, 4 * steps, 3);
                    false
                }
            },
        };
        if !keeps_rules {
            let rules = problem.rule_breaches(&choice, problem.day_count()).broken_rules();
            return Err(relax::explain_clash(basis, rules, proven, steps));
        }
    }
    let (bound_on_value, shares) = upper_bound(&problem, Some(&choice), 0.01);
    if !shares.is_empty() {
        let (improved, keeps) = search::search_twice(&problem, &choice, Some(&shares), steps);
        if keeps && problem.plan_value(&improved) > problem.plan_value(&choice) {
            choice = improved;
        }
    }
    Ok(result::build_plan(basis, &problem, &choice, &bound_on_value))
}

/// Whether some plan keeps every rule: `Some(true)` if one was found, `Some(false)` if that is
/// impossible for certain, `None` if unknown.
fn check_feasibility(basis: &PlanBasis, steps: usize) -> Option<bool> {
    let problem =
        PlanProblem::new(basis.request, basis.library, basis.past, basis.response, basis.needs);
    let (_, keeps_rules) =
        search::search_choice(&problem, vec![Vec::new(); problem.day_count()], None, steps, 1);
    match keeps_rules {
        true => Some(true),
        false => search::search_exhaustively(&problem, MAX_PARTIAL_PLANS / 10)
            .map(|choice| choice.is_some()),
    }
}

#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod tests;
