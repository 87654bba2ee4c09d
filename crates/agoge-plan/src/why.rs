//! Explains what each session is for by judging the plan again without it.

use super::problem::{PlanChoice, PlanProblem};
use super::result::UPHELD_RULES;
use super::search::BREACH_TOLERANCE;

/// Effects on performance below this are not mentioned, percent.
const MIN_NOTABLE_EFFECT: f64 = 0.005;

/// What a session serves, and what would be different without it.
pub(super) fn explain_session(
    problem: &PlanProblem,
    choice: &PlanChoice,
    d: usize,
    item: u16,
) -> (Vec<String>, String) {
    let mut without = choice.clone();
    without[d].retain(|other| *other != item);
    let (mut serves, mut lost) = (Vec::new(), Vec::new());
    let week = 7 * (d / 7)..7 * (d / 7) + 7;
    for (need, serving) in problem.needs.iter().zip(&problem.serves) {
        if serving[usize::from(item)] {
            let times = choice[week.clone()]
                .iter()
                .flatten()
                .filter(|other| serving[usize::from(**other)])
                .count();
            serves.push(format!("finding: {need}"));
            lost.push(format!(
                "{}: worked on {} instead of {times} times in this week",
                need.title,
                times - 1
            ));
        }
    }
    let change = problem.performance_gain(choice) - problem.performance_gain(&without);
    let goal = if problem.request.events.is_empty() {
        "two weeks after the plan"
    } else {
        "at the events"
    };
    if change >= MIN_NOTABLE_EFFECT {
        serves.push(format!("performance {goal}"));
        lost.push(format!("{change:.2} % less performance expected {goal}"));
    } else if change <= -MIN_NOTABLE_EFFECT {
        lost.push(format!("{:.2} % more performance expected {goal}", -change));
    }
    let broken = problem.rule_breaches(&without, problem.day_count());
    if broken.total() > BREACH_TOLERANCE {
        for rule in broken.broken_rules().into_iter().filter(|rule| UPHELD_RULES.contains(rule)) {
            serves.push(format!("rule: {}", rule.label()));
            lost.push(format!("the rule `{}` would be broken", rule.label()));
        }
    }
    if serves.is_empty() {
        serves.push("variety".into());
    }
    let without = if lost.is_empty() { "nothing measurable".into() } else { lost.join("; ") };
    (serves, without)
}

/// The risks in force on a day, if only they prevent a session from being its next longer version.
pub(super) fn limiting_risks(
    problem: &PlanProblem,
    problem_without_risks: &PlanProblem,
    choice: &PlanChoice,
    d: usize,
    item: u16,
) -> Vec<String> {
    let week = problem.request.start.plus_days(7 * (d / 7) as i32);
    let session = problem.items[usize::from(item)];
    let longer = (0..problem.items.len())
        .filter(|i| {
            problem.items[*i].name == session.name && problem.items[*i].minutes > session.minutes
        })
        .min_by(|a, b| problem.items[*a].minutes.total_cmp(&problem.items[*b].minutes));
    let Some(longer) = longer.map(|i| i as u16) else { return Vec::new() };
    let mut longer_choice = choice.clone();
    longer_choice[d]
        .iter_mut()
        .filter(|session| **session == item)
        .for_each(|session| *session = longer);
    let is_allowed = |problem: &PlanProblem| {
        problem.fits[d].contains(&longer)
            && problem.rule_breaches(&longer_choice, problem.day_count()).total()
                <= BREACH_TOLERANCE
    };
    match is_allowed(problem_without_risks) && !is_allowed(problem) {
        true => problem
            .request
            .risks
            .iter()
            .filter(|risk| risk.until >= week)
            .map(|risk| risk.what.clone())
            .collect(),
        false => Vec::new(),
    }
}
