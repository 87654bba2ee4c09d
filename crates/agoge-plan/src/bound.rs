//! An upper bound on the value of any plan: the rules become linear inequalities between shares of
//! sessions, and the resulting linear program is solved.
//!
//! Leaving a rule out (spikes) or loosening it (monotony, number of different sessions) only raises
//! the program's optimum, so it remains an upper bound on every plan's value. Performance is a
//! concave quadratic function of the loads, a linear term minus a sum of squares, and each square
//! lies above its tangents.

use super::problem::{
    BEFORE_TAPER_DAYS, DELOAD_SHARE, EXPOSURE_VALUES, PlanChoice, PlanProblem, TAPER_VOLUME, Taper,
    VARIETY_VALUE,
};
use good_lp::{
    Expression, ProblemVariables, ResolutionError, Solution, SolverModel, Variable, constraint,
    microlp, variable,
};

/// Most linear programs solved; each adds tangents to the one before.
const MAX_ROUNDS: usize = 5;
/// Where the first tangents lie, as multiples of the loads of the starting plan.
const TANGENT_SCALES: [f64; 5] = [0.5, 0.8, 1.0, 1.2, 1.6];
/// Directions whose curvature is below this share of the largest are ignored.
const MIN_CURVATURE: f64 = 1e-6;
/// Shares of sessions below this are rounding errors.
const MIN_SHARE: f64 = 1e-6;

/// How much of each session the program's optimum has on each day: `[day]` of session index and
/// share, 0 to 1. Good plans are rounded from these.
pub(super) type DayShares = Vec<Vec<(u16, f64)>>;

/// The outcome of the linear program.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PlanBound {
    /// No plan is worth more, percent of performance.
    AtMost(f64),
    /// No plan keeps every rule.
    Impossible,
    /// The solver gave up, for this reason.
    Unknown(String),
}

struct LinearProgram {
    variables: ProblemVariables,
    /// `[day]`: session indices with the variables of their shares.
    shares: Vec<Vec<(usize, Variable)>>,
    /// `[day]`: load, AU.
    load: Vec<Variable>,
    goal: Expression,
    constraints: Vec<good_lp::Constraint>,
}

fn sum_expressions(terms: impl Iterator<Item = Expression>) -> Expression {
    terms.sum()
}

fn build_program(problem: &PlanProblem) -> LinearProgram {
    let days = problem.day_count();
    let limits = &problem.request.limits;
    let mut variables = ProblemVariables::new();
    let mut share = |most: f64| variables.add(variable().min(0.0).max(most));
    let x: Vec<Vec<(usize, Variable)>> = (0..days)
        .map(|d| candidate_items(problem, d).into_iter().map(|i| (i, share(1.0))).collect())
        .collect();
    let rest: Vec<Variable> = (0..days).map(|_| share(1.0)).collect();
    let event_load = |d: usize| problem.events_by_day[d].load;
    let most_load = |d: usize| {
        problem.minutes[d].max(0.0) * 10.0
            + problem.fixed[d].iter().map(|fixed| fixed.load).sum::<f64>()
            + event_load(d)
    };
    let load: Vec<Variable> = (0..days).map(|d| share(most_load(d))).collect();
    let mut goal = Expression::from(0.0);
    let mut rows = Vec::new();
    let weighted = |d: usize, weight: &dyn Fn(usize) -> f64| -> Expression {
        sum_expressions(x[d].iter().map(|(i, x)| (*i, *x)).filter_map(|(i, x)| {
            let weight = weight(i);
            (weight != 0.0).then(|| x * weight)
        }))
    };
    let indicator = |is: bool| if is { 1.0 } else { 0.0 };
    let session = |i: usize| &problem.sessions[i];
    let settled = |d: usize, amount: &dyn Fn(&super::problem::SessionDemand) -> f64| {
        problem.fixed[d].iter().map(amount).sum::<f64>()
    };
    let hard = |d: usize| {
        weighted(d, &|i| indicator(session(i).hard)) + settled(d, &|fixed| indicator(fixed.hard))
    };
    let technique = |d: usize| {
        weighted(d, &|i| indicator(problem.items[i].kind == super::SessionKind::Technique))
    };
    let largest: Vec<[f64; 2]> = (0..days).map(|d| problem.largest_loads(d)).collect();
    let most = limits.sessions_per_day as f64;
    for d in 0..days {
        // The expression for the next day; zero after the last day.
        let next = |on_day: &dyn Fn(usize) -> Expression| {
            if d + 1 < days { on_day(d + 1) } else { Expression::from(0.0) }
        };
        let count = problem.fixed[d].len() as f64;
        rows.push(constraint!(
            weighted(d, &|i| session(i).load) + settled(d, &|fixed| fixed.load) + event_load(d)
                - load[d]
                == 0.0
        ));
        rows.push(constraint!(
            weighted(d, &|i| session(i).minutes) + settled(d, &|fixed| fixed.minutes)
                <= problem.minutes[d]
        ));
        rows.push(constraint!(weighted(d, &|_| 1.0) + count + most * rest[d] <= most));
        if problem.events_by_day[d].has_event() {
            rows.push(constraint!(rest[d] <= 0.0));
        }
        // Whole sessions fill a day less well than fractions of them: the load is at most that of
        // the best set for the day, and without a hard session at most that of the best easy set.
        let [easy, any] = largest[d];
        rows.push(constraint!(load[d] - hard(d) * (any - easy) + rest[d] * easy <= easy));
        // The day after a hard day, technique is not fresh and nothing hard is allowed.
        rows.push(constraint!(hard(d) + next(&hard) <= 1.0));
        rows.push(constraint!(hard(d) + next(&technique) * (1.0 / most) <= 1.0));
        rows.push(constraint!(hard(d) + technique(d) * (1.0 / most) <= 1.0));
        for region in 0..5u8 {
            let heavy = |d: usize| {
                weighted(d, &|i| indicator(session(i).heavy >> region & 1 == 1))
                    + settled(d, &|fixed| indicator(fixed.heavy >> region & 1 == 1))
            };
            rows.push(constraint!(heavy(d) + next(&heavy) <= 1.0));
        }
    }
    let keep = problem.ctl_retention;
    for week in 0..problem.request.weeks {
        let (room, span) = (&problem.weeks[week], 7 * week..7 * week + 7);
        let limits = &room.limits;
        rows.push(constraint!(
            sum_expressions(span.clone().map(|d| rest[d].into())) >= limits.rest_days as f64
        ));
        rows.push(constraint!(
            sum_expressions(span.clone().map(&hard)) <= room.max_hard_sessions as f64
        ));
        let count = sum_expressions(
            span.clone().map(|d| weighted(d, &|_| 1.0) + problem.fixed[d].len() as f64),
        );
        rows.push(constraint!(count >= limits.least_sessions as f64));
        // CTL is a weighted sum of the loads, and therefore so is its growth.
        let end = 7 * week as i32 + 6;
        let weight = |d: usize| {
            let ago = end - d as i32;
            (1.0 - keep) * (keep.powi(ago) - if ago >= 7 { keep.powi(ago - 7) } else { 0.0 })
        };
        let old = problem.ctl * (keep.powi(end + 1) - keep.powi(end - 6));
        let growth = sum_expressions((0..=end as usize).map(|d| load[d] * weight(d))) + old;
        rows.push(constraint!(growth <= room.max_ctl_growth));
        // With daily loads between 0 and the largest, the variance is at most mean × (largest −
        // mean).
        let largest = span.clone().map(|d| largest[d][1]).fold(0.0, f64::max);
        let square = limits.monotony * limits.monotony;
        rows.push(constraint!(
            sum_expressions(span.clone().map(|d| load[d].into()))
                <= 7.0 * largest * square / (1.0 + square)
        ));
        if room.deload {
            let since = 7 * (week + 1 - limits.deload_every)..7 * week;
            let mean = DELOAD_SHARE * 7.0 / since.len() as f64;
            let light = sum_expressions(span.clone().map(|d| load[d].into()))
                - sum_expressions(since.map(|d| load[d] * mean));
            // If the events alone exceed that, nothing may be added to them.
            rows.push(constraint!(light <= room.event_load));
        }
        for (need, serves) in problem.needs.iter().zip(&problem.serves) {
            let times =
                sum_expressions(span.clone().map(|d| weighted(d, &|i| indicator(serves[i]))));
            let mut counted = Expression::from(0.0);
            for worth in EXPOSURE_VALUES {
                let step = variables.add(variable().min(0.0).max(1.0));
                goal += step * (need.gain * worth);
                counted += step;
            }
            rows.push(constraint!(counted <= times));
        }
        let mut times =
            vec![Expression::from(0.0); problem.session_of.last().map_or(0, |last| last + 1)];
        for (i, x) in span.clone().flat_map(|d| &x[d]) {
            times[problem.session_of[*i]] += *x;
        }
        for times in times {
            let included = variables.add(variable().min(0.0).max(1.0));
            goal += included * VARIETY_VALUE;
            rows.push(constraint!(included - times <= 0.0));
        }
    }
    for (d, row) in x.iter().enumerate() {
        for (i, x) in row {
            goal += *x * problem.preferences[*i];
        }
        if let Some(previous) = &problem.previous {
            // A day counts as unchanged only as far as each of its sessions is kept.
            let unchanged = variables.add(variable().min(0.0).max(1.0));
            goal += unchanged * PlanProblem::UNCHANGED_VALUE;
            for (_, x) in row.iter().filter(|(i, _)| previous[d].contains(&(*i as u16))) {
                rows.push(constraint!(unchanged - *x <= 0.0));
            }
            if previous[d].is_empty() {
                rows.push(constraint!(
                    most * unchanged + sum_expressions(row.iter().map(|(_, x)| (*x).into()))
                        <= most
                ));
            }
        }
    }
    let minutes = |d: usize| {
        weighted(d, &|i| session(i).minutes)
            + settled(d, &|fixed| fixed.minutes)
            + problem.events_by_day[d].minutes
    };
    let hard_minutes = |d: usize| {
        let planned = weighted(d, &|i| session(i).minutes * indicator(session(i).hard));
        planned
            + settled(d, &|fixed| fixed.minutes * indicator(fixed.hard))
            + problem.events_by_day[d].hard_minutes
    };
    for taper in &problem.tapers {
        let Taper { days, before, logged } = taper;
        let share = days.len() as f64 / taper.known_days();
        debug_assert!(taper.known_days() <= f64::from(BEFORE_TAPER_DAYS));
        let usual = sum_expressions(before.clone().map(minutes)) * share + logged[0] * share;
        let usual_hard =
            sum_expressions(before.clone().map(hard_minutes)) * share + logged[1] * share;
        let during = sum_expressions(days.clone().map(minutes));
        rows.push(constraint!(during.clone() - usual.clone() * TAPER_VOLUME[1] <= 0.0));
        rows.push(constraint!(usual * TAPER_VOLUME[0] - during <= 0.0));
        rows.push(constraint!(
            usual_hard * TAPER_VOLUME[0] - sum_expressions(days.clone().map(hard_minutes)) <= 0.0
        ));
    }
    LinearProgram { variables, shares: x, load, goal, constraints: rows }
}

/// The sessions the program needs on a day: the shortest and longest length of each session,
/// because every rule and the goal treat a length in between as a mixture of the two, and those in
/// the plan being revised.
fn candidate_items(problem: &PlanProblem, d: usize) -> Vec<usize> {
    let fits = &problem.fits[d];
    let end = |i: &u16| {
        let (session, minutes) =
            (problem.session_of[usize::from(*i)], problem.sessions[usize::from(*i)].minutes);
        let lengths =
            fits.iter().filter(|other| problem.session_of[usize::from(**other)] == session);
        let [low, high] = lengths
            .map(|other| problem.sessions[usize::from(*other)].minutes)
            .fold([f64::INFINITY, 0.0], |[low, high]: [f64; 2], length| {
                [low.min(length), high.max(length)]
            });
        minutes == low
            || minutes == high
            || problem.previous.as_ref().is_some_and(|all| all[d].contains(i))
    };
    fits.iter().filter(|i| end(i)).map(|i| usize::from(*i)).collect()
}

/// Replaces mixtures of lengths of one session by the single length nearest to their mean.
fn merge_lengths(problem: &PlanProblem, d: usize, mixed: &[(usize, f64)]) -> Vec<(u16, f64)> {
    let mut shares: Vec<(u16, f64)> = Vec::new();
    for session in mixed.chunk_by(|(a, _), (b, _)| problem.session_of[*a] == problem.session_of[*b])
    {
        let share: f64 = session.iter().map(|(_, share)| share).sum();
        let mean =
            session.iter().map(|(i, share)| share * problem.sessions[*i].minutes).sum::<f64>()
                / share;
        let distance = |i: &&u16| (problem.sessions[usize::from(**i)].minutes - mean).abs();
        let lengths = problem.fits[d]
            .iter()
            .filter(|i| problem.session_of[usize::from(**i)] == problem.session_of[session[0].0]);
        shares.extend(
            lengths.min_by(|a, b| distance(a).total_cmp(&distance(b))).map(|i| (*i, share)),
        );
    }
    shares
}

/// The curvature of performance as squares: performance is `linear·loads − Σ (direction·loads)²`,
/// with one direction per eigenvector.
fn curvature_directions(problem: &PlanProblem) -> Vec<Vec<f64>> {
    let days = problem.day_count();
    let mut bend = nalgebra::DMatrix::<f64>::zeros(days, days);
    for (i, row) in problem.surface.square.iter().enumerate() {
        for (j, a) in row.iter().enumerate() {
            bend[(i, j)] += 0.5 * a;
            bend[(j, i)] += 0.5 * a;
        }
    }
    let eigen = bend.symmetric_eigen();
    let largest = eigen.eigenvalues.max();
    // Squares are never negative, so ignoring the smallest leaves the result an upper bound.
    let counts = |(_, value): &(usize, &f64)| **value > MIN_CURVATURE * largest;
    let scaled = |(k, value): (usize, &f64)| {
        eigen.eigenvectors.column(k).iter().map(|v| v * value.sqrt()).collect()
    };
    eigen.eigenvalues.iter().enumerate().filter(counts).map(scaled).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Computes the bound, with tangents at the given plan and at the program's own optima, and returns
/// the shares at the optimum if there is one.
pub(super) fn upper_bound(
    problem: &PlanProblem,
    choice: Option<&PlanChoice>,
    gap: f64,
) -> (PlanBound, DayShares) {
    if problem.fixed_pain_conflicts.iter().any(|hurts| *hurts > 0.0) {
        return (PlanBound::Impossible, DayShares::new());
    }
    let empty = vec![Vec::new(); problem.day_count()];
    let at = problem.daily_loads(choice.unwrap_or(&empty));
    let value = choice.map_or(f64::NEG_INFINITY, |choice| problem.plan_value(choice));
    let directions = curvature_directions(problem);
    // `[direction]`: where its square has tangents.
    let mut tangents: Vec<Vec<f64>> = directions
        .iter()
        .map(|direction| TANGENT_SCALES.map(|part| part * dot(direction, &at)).to_vec())
        .collect();
    let mut round = 0;
    loop {
        round += 1;
        let LinearProgram { mut variables, shares: x, load, mut goal, constraints: mut rows } =
            build_program(problem);
        goal += sum_expressions(load.iter().zip(&problem.surface.linear).map(|(w, b)| *w * *b));
        let mut squares = Vec::new();
        for (direction, tangents) in directions.iter().zip(&tangents) {
            let (along, square) = (variables.add(variable()), variables.add(variable().min(0.0)));
            rows.push(constraint!(
                sum_expressions(load.iter().zip(direction).map(|(w, v)| *w * *v)) - along == 0.0
            ));
            rows.extend(
                tangents.iter().map(|at| constraint!(along * (2.0 * at) - square <= at * at)),
            );
            goal -= square;
            squares.push(square);
        }
        let mut model = variables.maximise(goal.clone()).using(microlp);
        for row in rows {
            model = model.with(row);
        }
        let solved = match model.solve() {
            Ok(solved) => solved,
            Err(ResolutionError::Infeasible) => return (PlanBound::Impossible, DayShares::new()),
            Err(fault) => return (PlanBound::Unknown(fault.to_string()), DayShares::new()),
        };
        let best = solved.eval(&goal);
        let loads: Vec<f64> = load.iter().map(|load| solved.value(*load)).collect();
        let errors: Vec<f64> = directions
            .iter()
            .zip(&squares)
            .map(|(direction, square)| dot(direction, &loads).powi(2) - solved.value(*square))
            .collect();
        let converged =
            errors.iter().sum::<f64>() < 3e-4 * best.abs() || best - value < 0.5 * gap * best.abs();
        if converged || round == MAX_ROUNDS {
            let shares = |(d, row): (usize, &Vec<(usize, Variable)>)| {
                let all = row.iter().map(|(i, x)| (*i, solved.value(*x)));
                merge_lengths(
                    problem,
                    d,
                    &all.filter(|(_, share)| *share > MIN_SHARE).collect::<Vec<_>>(),
                )
            };
            return (PlanBound::AtMost(best), x.iter().enumerate().map(shares).collect());
        }
        for ((direction, tangents), error) in directions.iter().zip(&mut tangents).zip(errors) {
            if error > 1e-5 * best.abs() {
                tangents.push(dot(direction, &loads));
            }
        }
    }
}
