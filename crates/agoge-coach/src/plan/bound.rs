//! The best that any plan could be worth: the rules as linear inequalities between shares of
//! sessions, solved as a linear program.
//!
//! Every rule that is left out (spikes) or loosened (monotony, counts of different sessions) makes
//! the program's optimum larger, so it stays an upper bound of every plan's value. Performance is a
//! concave quadratic function of the loads, a sum of squares taken off, and each square lies above
//! its tangents.

use super::problem::{
    BEFORE_TAPER_DAYS, Choice, DELOAD, EXPOSURES, Problem, TAPER, Taper, VARIETY,
};
use good_lp::{
    Expression, ProblemVariables, ResolutionError, Solution, SolverModel, Variable, constraint,
    microlp, variable,
};

/// Programs that are solved at most, each with more tangents.
const ROUNDS: usize = 5;
/// Where the first tangents lie, shares of what a plan that was found has.
const AROUND: [f64; 5] = [0.5, 0.8, 1.0, 1.2, 1.6];
/// Directions in which performance bends less than this share of the most are left out.
const FLAT: f64 = 1e-6;
/// Shares of sessions below this are rounding.
const NOTHING: f64 = 1e-6;

/// How much of each session the program's best plan has on each day, `[day]` of numbers of sessions
/// with their shares, 0 to 1: what good plans are rounded from.
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
    let x: Vec<Vec<(usize, Variable)>> = (0..days)
        .map(|d| ends(problem, d).into_iter().map(|i| (i, share(1.0))).collect())
        .collect();
    let rest: Vec<Variable> = (0..days).map(|_| share(1.0)).collect();
    let raced = |d: usize| problem.raced[d].load;
    let most_load = |d: usize| {
        problem.minutes[d].max(0.0) * 10.0
            + problem.fixed[d].iter().map(|own| own.load).sum::<f64>()
            + raced(d)
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
    let settled = |d: usize, of: &dyn Fn(&super::problem::Session) -> f64| {
        problem.fixed[d].iter().map(of).sum::<f64>()
    };
    let hard = |d: usize| of(d, &|i| yes(session(i).hard)) + settled(d, &|own| yes(own.hard));
    let technique = |d: usize| of(d, &|i| yes(problem.items[i].kind == super::Kind::Technique));
    let largest: Vec<[f64; 2]> = (0..days).map(|d| problem.largest(d)).collect();
    let most = limits.sessions_per_day as f64;
    for d in 0..days {
        // Of the next day; nothing after the last.
        let next = |of: &dyn Fn(usize) -> Expression| {
            if d + 1 < days { of(d + 1) } else { Expression::from(0.0) }
        };
        let count = problem.fixed[d].len() as f64;
        rows.push(constraint!(
            of(d, &|i| session(i).load) + settled(d, &|own| own.load) + raced(d) - load[d] == 0.0
        ));
        rows.push(constraint!(
            of(d, &|i| session(i).minutes) + settled(d, &|own| own.minutes) <= problem.minutes[d]
        ));
        rows.push(constraint!(of(d, &|_| 1.0) + count + most * rest[d] <= most));
        if problem.raced[d].any() {
            rows.push(constraint!(rest[d] <= 0.0));
        }
        // Whole sessions fill a day less well than parts of them: no more than its best set, and
        // without a hard session than its best easy one.
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
    let keep = problem.keep;
    for week in 0..problem.request.weeks {
        let (room, span) = (&problem.weeks[week], 7 * week..7 * week + 7);
        let limits = &room.limits;
        rows.push(constraint!(
            sum(span.clone().map(|d| rest[d].into())) >= limits.rest_days as f64
        ));
        rows.push(constraint!(sum(span.clone().map(&hard)) <= room.hard as f64));
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
        rows.push(constraint!(growth <= room.growth));
        // With days between 0 and their largest, the variance is at most mean × (largest − mean).
        let largest = span.clone().map(|d| largest[d][1]).fold(0.0, f64::max);
        let square = limits.monotony * limits.monotony;
        rows.push(constraint!(
            sum(span.clone().map(|d| load[d].into())) <= 7.0 * largest * square / (1.0 + square)
        ));
        if room.deload {
            let since = 7 * (week + 1 - limits.deload_every)..7 * week;
            let mean = DELOAD * 7.0 / since.len() as f64;
            let light =
                sum(span.clone().map(|d| load[d].into())) - sum(since.map(|d| load[d] * mean));
            // Events alone may weigh more than that, and then nothing is added to them.
            rows.push(constraint!(light <= room.raced));
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
        let mut times =
            vec![Expression::from(0.0); problem.session_of.last().map_or(0, |last| last + 1)];
        for (i, x) in span.clone().flat_map(|d| &x[d]) {
            times[problem.session_of[*i]] += *x;
        }
        for times in times {
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
                rows.push(constraint!(
                    most * kept + sum(row.iter().map(|(_, x)| (*x).into())) <= most
                ));
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

/// The sessions of a day that the program needs: of a session's lengths the shortest and the
/// longest, because every rule and the goal take one in between for a mixture of the two; and those
/// of the plan that is revised.
fn ends(problem: &Problem, d: usize) -> Vec<usize> {
    let fits = &problem.fits[d];
    let end = |i: &u16| {
        let (session, minutes) =
            (problem.session_of[usize::from(*i)], problem.sessions[usize::from(*i)].minutes);
        let lengths =
            fits.iter().filter(|other| problem.session_of[usize::from(**other)] == session);
        let [low, high] = lengths
            .map(|other| problem.sessions[usize::from(*other)].minutes)
            .fold([f64::INFINITY, 0.0], |[low, high]: [f64; 2], own| [low.min(own), high.max(own)]);
        minutes == low
            || minutes == high
            || problem.previous.as_ref().is_some_and(|all| all[d].contains(i))
    };
    fits.iter().filter(|i| end(i)).map(|i| usize::from(*i)).collect()
}

/// The share of each session in whole lengths: a mixture of lengths stands for the one that is
/// nearest to its mean.
fn whole(problem: &Problem, d: usize, mixed: &[(usize, f64)]) -> Vec<(u16, f64)> {
    let mut shares: Vec<(u16, f64)> = Vec::new();
    for session in mixed.chunk_by(|(a, _), (b, _)| problem.session_of[*a] == problem.session_of[*b])
    {
        let share: f64 = session.iter().map(|(_, share)| share).sum();
        let mean =
            session.iter().map(|(i, share)| share * problem.sessions[*i].minutes).sum::<f64>()
                / share;
        let off = |i: &&u16| (problem.sessions[usize::from(**i)].minutes - mean).abs();
        let lengths = problem.fits[d]
            .iter()
            .filter(|i| problem.session_of[usize::from(**i)] == problem.session_of[session[0].0]);
        shares.extend(lengths.min_by(|a, b| off(a).total_cmp(&off(b))).map(|i| (*i, share)));
    }
    shares
}

/// What bends performance, as squares: it is `linear·loads − Σ (direction·loads)²`, one direction
/// an eigenvector.
fn directions(problem: &Problem) -> Vec<Vec<f64>> {
    let days = problem.days();
    let mut bend = nalgebra::DMatrix::<f64>::zeros(days, days);
    for (i, row) in problem.surface.square.iter().enumerate() {
        for (j, a) in row.iter().enumerate() {
            bend[(i, j)] += 0.5 * a;
            bend[(j, i)] += 0.5 * a;
        }
    }
    let eigen = bend.symmetric_eigen();
    let largest = eigen.eigenvalues.max();
    // Squares are never below 0, so that leaving the smallest out keeps the bound one.
    let counts = |(_, value): &(usize, &f64)| **value > FLAT * largest;
    let scaled = |(k, value): (usize, &f64)| {
        eigen.eigenvectors.column(k).iter().map(|v| v * value.sqrt()).collect()
    };
    eigen.eigenvalues.iter().enumerate().filter(counts).map(scaled).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The bound, with tangents laid at a plan that was found and at the program's own optima; and
/// where that optimum is, if there is one.
pub(super) fn bound(problem: &Problem, found: Option<&Choice>, gap: f64) -> (Bound, Shares) {
    if problem.fixed_hurts.iter().any(|hurts| *hurts > 0.0) {
        return (Bound::Impossible, Shares::new());
    }
    let empty = vec![Vec::new(); problem.days()];
    let at = problem.loads(found.unwrap_or(&empty));
    let value = found.map_or(f64::NEG_INFINITY, |choice| problem.value(choice));
    let directions = directions(problem);
    // `[direction]`: where its square has tangents.
    let mut tangents: Vec<Vec<f64>> =
        directions.iter().map(|own| AROUND.map(|part| part * dot(own, &at)).to_vec()).collect();
    let mut round = 0;
    loop {
        round += 1;
        let Program { mut variables, x, load, mut goal, mut rows } = program(problem);
        goal += sum(load.iter().zip(&problem.surface.linear).map(|(w, b)| *w * *b));
        let mut squares = Vec::new();
        for (own, tangents) in directions.iter().zip(&tangents) {
            let (along, square) = (variables.add(variable()), variables.add(variable().min(0.0)));
            rows.push(constraint!(sum(load.iter().zip(own).map(|(w, v)| *w * *v)) - along == 0.0));
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
            Err(ResolutionError::Infeasible) => return (Bound::Impossible, Shares::new()),
            Err(fault) => return (Bound::Unknown(fault.to_string()), Shares::new()),
        };
        let best = solved.eval(&goal);
        let loads: Vec<f64> = load.iter().map(|load| solved.value(*load)).collect();
        let off: Vec<f64> = directions
            .iter()
            .zip(&squares)
            .map(|(own, square)| dot(own, &loads).powi(2) - solved.value(*square))
            .collect();
        let done =
            off.iter().sum::<f64>() < 3e-4 * best.abs() || best - value < 0.5 * gap * best.abs();
        if done || round == ROUNDS {
            let shares = |(d, row): (usize, &Vec<(usize, Variable)>)| {
                let all = row.iter().map(|(i, x)| (*i, solved.value(*x)));
                whole(problem, d, &all.filter(|(_, share)| *share > NOTHING).collect::<Vec<_>>())
            };
            return (Bound::AtMost(best), x.iter().enumerate().map(shares).collect());
        }
        for ((own, tangents), off) in directions.iter().zip(&mut tangents).zip(off) {
            if off > 1e-5 * best.abs() {
                tangents.push(dot(own, &loads));
            }
        }
    }
}
