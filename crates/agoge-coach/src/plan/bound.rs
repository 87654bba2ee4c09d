//! The best that any plan could be worth: the rules as linear inequalities between shares of sessions, solved as a linear program.
//!
//! Every rule that is left out (spikes) or loosened (monotony, counts of different sessions) makes the program's optimum larger, so it stays an upper bound of every
//! plan's value. Performance is a concave function of the loads, so it lies below each of its tangents; a few are enough.

use super::problem::{BEFORE_TAPER_DAYS, Choice, DELOAD, EXPOSURES, Problem, TAPER, Taper, VARIETY};
use crate::load::CTL_DAYS;
use good_lp::{
    Expression, ProblemVariables, ResolutionError, Solution, SolverModel, Variable, constraint, microlp, variable,
};

/// Tangents that are laid at most; each costs a program.
const TANGENTS: usize = 5;
/// Shares of sessions below this are rounding.
const NOTHING: f64 = 1e-6;

/// How much of each session the program's best plan has on each day, `[day]` of numbers of sessions with their shares, 0 to 1: what good plans are rounded from.
pub(super) type Shares = Vec<Vec<(u16, f64)>>;

/// What the linear program says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    /// No plan is worth more, percent of performance.
    AtMost(f64),
    /// No plan keeps every rule.
    Impossible,
    /// The solver gave up; the reason.
    Unknown(String),
}

struct Program {
    variables: ProblemVariables,
    /// `[day]`: numbers of sessions, and their shares.
    x: Vec<Vec<(usize, Variable)>>,
    /// `[day]`: load, AU.
    load: Vec<Variable>,
    goal: Expression,
    rows: Vec<good_lp::Constraint>,
}

fn sum(terms: impl Iterator<Item = Expression>) -> Expression {
    terms.sum()
}

fn program(problem: &Problem) -> Program {
    let days = problem.days();
    let limits = &problem.request.limits;
    let mut variables = ProblemVariables::new();
    let mut share = |most: f64| variables.add(variable().min(0.0).max(most));
    let x: Vec<Vec<(usize, Variable)>> =
        problem.fits.iter().map(|fits| fits.iter().map(|i| (usize::from(*i), share(1.0))).collect()).collect();
    let rest: Vec<Variable> = (0..days).map(|_| share(1.0)).collect();
    let raced = |d: usize| problem.raced[d].load;
    let most_load = |d: usize| {
        problem.minutes[d].max(0.0) * 10.0 + problem.fixed[d].iter().map(|own| own.load).sum::<f64>() + raced(d)
    };
    let load: Vec<Variable> = (0..days).map(|d| share(most_load(d))).collect();
    let mut goal = Expression::from(0.0);
    let mut rows = Vec::new();
    let of = |d: usize, weight: &dyn Fn(usize) -> f64| -> Expression {
        sum(x[d].iter().map(|(i, x)| (*i, *x)).filter_map(|(i, x)| {
            let weight = weight(i);
            (weight != 0.0).then(|| x * weight)
        }))
    };
    let yes = |is: bool| if is { 1.0 } else { 0.0 };
    let session = |i: usize| &problem.sessions[i];
    let settled = |d: usize, of: &dyn Fn(&super::problem::Session) -> f64| problem.fixed[d].iter().map(of).sum::<f64>();
    let hard = |d: usize| of(d, &|i| yes(session(i).hard)) + settled(d, &|own| yes(own.hard));
    let technique = |d: usize| of(d, &|i| yes(problem.items[i].kind == super::Kind::Technique));
    let largest: Vec<[f64; 2]> = (0..days).map(|d| problem.largest(d)).collect();
    let most = limits.sessions_per_day as f64;
    for d in 0..days {
        // Of the next day; nothing after the last.
        let next = |of: &dyn Fn(usize) -> Expression| if d + 1 < days { of(d + 1) } else { Expression::from(0.0) };
        let count = problem.fixed[d].len() as f64;
        rows.push(constraint!(of(d, &|i| session(i).load) + settled(d, &|own| own.load) + raced(d) - load[d] == 0.0));
        rows.push(constraint!(of(d, &|i| session(i).minutes) + settled(d, &|own| own.minutes) <= problem.minutes[d]));
        rows.push(constraint!(of(d, &|_| 1.0) + count + most * rest[d] <= most));
        if problem.raced[d].any() {
            rows.push(constraint!(rest[d] <= 0.0));
        }
        // Whole sessions fill a day less well than parts of them: no more than its best set, and without a hard session than its best easy one.
        let [easy, any] = largest[d];
        rows.push(constraint!(load[d] - hard(d) * (any - easy) + rest[d] * easy <= easy));
        // On the morrow technique is not fresh, and no day is hard.
        rows.push(constraint!(hard(d) + next(&hard) <= 1.0));
        rows.push(constraint!(hard(d) + next(&technique) * (1.0 / most) <= 1.0));
        rows.push(constraint!(hard(d) + technique(d) * (1.0 / most) <= 1.0));
        for region in 0..5u8 {
            let heavy = |d: usize| {
                of(d, &|i| yes(session(i).heavy >> region & 1 == 1))
                    + settled(d, &|own| yes(own.heavy >> region & 1 == 1))
            };
            rows.push(constraint!(heavy(d) + next(&heavy) <= 1.0));
        }
    }
    let keep = (-1.0 / CTL_DAYS).exp();
    for week in 0..problem.request.weeks {
        let (limits, span) = (&problem.limits[week], 7 * week..7 * week + 7);
        rows.push(constraint!(sum(span.clone().map(|d| rest[d].into())) >= limits.rest_days as f64));
        rows.push(constraint!(sum(span.clone().map(&hard)) <= problem.hard_left(week) as f64));
        let count = sum(span.clone().map(|d| of(d, &|_| 1.0) + problem.fixed[d].len() as f64));
        rows.push(constraint!(count >= limits.least_sessions as f64));
        // CTL is a weighted sum of the loads, and so is its growth.
        let end = 7 * week as i32 + 6;
        let weight = |d: usize| {
            let ago = end - d as i32;
            (1.0 - keep) * (keep.powi(ago) - if ago >= 7 { keep.powi(ago - 7) } else { 0.0 })
        };
        let old = problem.ctl * (keep.powi(end + 1) - keep.powi(end - 6));
        let growth = sum((0..=end as usize).map(|d| load[d] * weight(d))) + old;
        rows.push(constraint!(growth <= (limits.ramp * problem.ctl).max(problem.raced_ctl(week))));
        // With days between 0 and their largest, the variance is at most mean × (largest − mean).
        let largest = span.clone().map(|d| largest[d][1]).fold(0.0, f64::max);
        let square = limits.monotony * limits.monotony;
        rows.push(constraint!(sum(span.clone().map(|d| load[d].into())) <= 7.0 * largest * square / (1.0 + square)));
        if problem.deload.contains(&week) {
            let since = 7 * (week + 1 - limits.deload_every)..7 * week;
            let mean = DELOAD * 7.0 / since.len() as f64;
            let light = sum(span.clone().map(|d| load[d].into())) - sum(since.map(|d| load[d] * mean));
            // Events alone may weigh more than that, and then nothing is added to them.
            rows.push(constraint!(light <= span.clone().map(raced).sum::<f64>()));
        }
        for (need, serves) in problem.needs.iter().zip(&problem.serves) {
            let times = sum(span.clone().map(|d| of(d, &|i| yes(serves[i]))));
            let mut counted = Expression::from(0.0);
            for worth in EXPOSURES {
                let step = variables.add(variable().min(0.0).max(1.0));
                goal += step * (need.gain * worth);
                counted += step;
            }
            rows.push(constraint!(counted <= times));
        }
        for i in 0..problem.items.len() {
            let times =
                sum(span.clone().flat_map(|d| x[d].iter().filter(|(own, _)| *own == i)).map(|(_, x)| (*x).into()));
            let new = variables.add(variable().min(0.0).max(1.0));
            goal += new * VARIETY;
            rows.push(constraint!(new - times <= 0.0));
        }
    }
    for (d, row) in x.iter().enumerate() {
        for (i, x) in row {
            goal += *x * problem.taste[*i];
        }
        if let Some(previous) = &problem.previous {
            // A day is left as it was only as far as each of its sessions is.
            let kept = variables.add(variable().min(0.0).max(1.0));
            goal += kept * Problem::UNCHANGED;
            for (_, x) in row.iter().filter(|(i, _)| previous[d].contains(&(*i as u16))) {
                rows.push(constraint!(kept - *x <= 0.0));
            }
            if previous[d].is_empty() {
                rows.push(constraint!(most * kept + sum(row.iter().map(|(_, x)| (*x).into())) <= most));
            }
        }
    }
    let minutes = |d: usize| {
        of(d, &|i| session(i).minutes) + settled(d, &|own| own.minutes) + problem.raced[d].minutes
    };
    let hard_minutes = |d: usize| {
        let own = of(d, &|i| session(i).minutes * yes(session(i).hard));
        own + settled(d, &|own| own.minutes * yes(own.hard)) + problem.raced[d].hard_minutes
    };
    for taper in &problem.tapers {
        let Taper { days, before, logged } = taper;
        let share = days.len() as f64 / taper.known();
        debug_assert!(taper.known() <= f64::from(BEFORE_TAPER_DAYS));
        let usual = sum(before.clone().map(minutes)) * share + logged[0] * share;
        let usual_hard = sum(before.clone().map(hard_minutes)) * share + logged[1] * share;
        let during = sum(days.clone().map(minutes));
        rows.push(constraint!(during.clone() - usual.clone() * TAPER[1] <= 0.0));
        rows.push(constraint!(usual * TAPER[0] - during <= 0.0));
        rows.push(constraint!(usual_hard * TAPER[0] - sum(days.clone().map(hard_minutes)) <= 0.0));
    }
    Program { variables, x, load, goal, rows }
}

/// The bound, with tangents of the goal laid at a plan that was found and at the program's own optima; and where that optimum is, if there is one.
pub(super) fn bound(problem: &Problem, found: Option<&Choice>, gap: f64) -> (Bound, Shares) {
    if problem.fixed_hurts.iter().any(|hurts| *hurts > 0.0) {
        return (Bound::Impossible, Shares::new());
    }
    let empty = vec![Vec::new(); problem.days()];
    let at = problem.loads(found.unwrap_or(&empty));
    let value = found.map_or(f64::NEG_INFINITY, |choice| problem.value(choice));
    let mut tangents = vec![at];
    let bent = problem.surface.square.iter().flatten().any(|a| *a != 0.0);
    loop {
        let Program { mut variables, x, load, goal, rows } = program(problem);
        let high = variables.add(variable().min(-1e6).max(1e6));
        let mut model = variables.maximise(goal.clone() + high).using(microlp);
        for row in rows {
            model = model.with(row);
        }
        for loads in &tangents {
            let slope = problem.surface.slope(loads);
            let there: f64 = slope.iter().zip(loads).map(|(s, w)| s * w).sum();
            let height = problem.surface.at(loads) - problem.surface.rest - there;
            let plane = sum(load.iter().zip(&slope).map(|(w, s)| *w * *s)) + height;
            model = model.with(constraint!(high - plane <= 0.0));
        }
        let solved = match model.solve() {
            Ok(solved) => solved,
            Err(ResolutionError::Infeasible) => return (Bound::Impossible, Shares::new()),
            Err(fault) => return (Bound::Unknown(fault.to_string()), Shares::new()),
        };
        let best = solved.eval(&goal) + solved.value(high);
        let loads: Vec<f64> = load.iter().map(|load| solved.value(*load)).collect();
        let true_there = problem.surface.at(&loads) - problem.surface.rest;
        let done = solved.value(high) - true_there < 1e-3 * best.abs() || best - value < 0.5 * gap * best.abs();
        if !bent || done || tangents.len() == TANGENTS {
            let shares = |row: &Vec<(usize, Variable)>| {
                let all = row.iter().map(|(i, x)| (*i as u16, solved.value(*x)));
                all.filter(|(_, share)| *share > NOTHING).collect()
            };
            return (Bound::AtMost(best), x.iter().map(shares).collect());
        }
        tangents.push(loads);
    }
}
