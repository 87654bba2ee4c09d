//! Finding a plan: annealing over whole plans, then the best single steps until none helps; once
//! more, cooler, with days drawn from the linear program's best plan. Seeded: the same request
//! gives the same plan.

use super::bound::Shares;
use super::problem::{Choice, Problem};
use super::state::State;

/// What a broken rule costs, percent of performance: more than any plan can gain by it.
const PENALTY: f64 = 100.0;
/// Heat at the beginning, percent of performance: of a search from nothing, and of one that mends a
/// plan. It falls geometrically to LAST.
const HEAT: [f64; 2] = [0.5, 0.1];
const LAST: f64 = 0.001;
/// Of the steps of a mending search, so many draw a day from the program's shares.
const DRAWN: f64 = 0.3;
/// A session that makes up for another is one of so many lighter and so many heavier ones.
const NEAR: usize = 4;
/// How often another day of the week makes up for what a step adds to a day or takes from it: in a
/// search from nothing, and of days that are drawn. CTL may grow by so much a week and good plans
/// use it up, so that few steps keep the rule by themselves.
const MADE_UP: [f64; 2] = [0.8, 0.5];
/// Below this what is broken is rounding.
pub(super) const KEPT: f64 = 1e-9;

/// What a plan costs: its breaches, priced, less its value; and whether it keeps every rule.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    total: f64,
    kept: bool,
}

impl Cost {
    /// Whether it is better than another: a plan that keeps every rule is, whatever the other is
    /// worth.
    fn beats(self, other: Cost) -> bool {
        if self.kept == other.kept { self.total < other.total - 1e-12 } else { self.kept }
    }
}

/// A step's change of the load of a day, AU.
type Change = (usize, f64);

struct Walk<'a, 'b> {
    problem: &'a Problem<'b>,
    random: fastrand::Rng,
    now: Choice,
    state: State,
    cost: Cost,
    /// Performance with the loads as they are, its slope by each of them, and how the slope bends,
    /// `[day · days + day]`: performance is quadratic in the loads.
    performance: f64,
    slope: Vec<f64>,
    bend: Vec<f64>,
    /// `[week]`: what is no performance.
    soft: Vec<f64>,
    /// What days are drawn from, of a mending search.
    shares: Option<&'a Shares>,
    /// `[day]`: what fits, from little load to much.
    by_load: Vec<Vec<u16>>,
}

impl<'a, 'b> Walk<'a, 'b> {
    fn new(
        problem: &'a Problem<'b>,
        start: Choice,
        shares: Option<&'a Shares>,
        seed: u64,
    ) -> Walk<'a, 'b> {
        let days = problem.days();
        let mut bend = vec![0.0; days * days];
        for (i, row) in problem.surface.square.iter().enumerate() {
            for (j, a) in row.iter().enumerate() {
                bend[i * days + j] += a;
                bend[j * days + i] += a;
            }
        }
        let by_load = problem
            .fits
            .iter()
            .map(|fits| {
                let mut fits = fits.clone();
                let load = |i: u16| problem.sessions[usize::from(i)].load;
                fits.sort_by(|a, b| load(*a).total_cmp(&load(*b)));
                fits
            })
            .collect();
        let mut walk = Walk {
            problem,
            by_load,
            random: fastrand::Rng::with_seed(seed),
            now: start,
            state: State::new(problem, &[]),
            cost: Cost { total: 0.0, kept: false },
            performance: 0.0,
            slope: Vec::new(),
            bend,
            soft: Vec::new(),
            shares,
        };
        walk.settle();
        walk
    }

    /// Works everything out from the choice as it is.
    fn settle(&mut self) {
        let problem = self.problem;
        self.state = State::new(problem, &self.now);
        debug_assert!(
            (self.state.broken(problem) - problem.broken(&self.now, problem.days()).total()).abs()
                < 1e-9
        );
        self.performance = problem.performance(&self.now);
        self.slope = problem.surface.slope(self.state.loads());
        self.soft = self
            .now
            .chunks(7)
            .enumerate()
            .map(|(week, days)| problem.soft_in(week, days))
            .collect();
        self.cost = self.priced(self.performance, self.soft.iter().sum());
    }

    fn priced(&self, performance: f64, soft: f64) -> Cost {
        let broken = self.state.broken(self.problem);
        Cost { total: PENALTY * broken - performance - soft, kept: broken <= KEPT }
    }

    /// Keeps the choice after one or two of its days have changed if its cost is accepted, or else
    /// makes them again what they were before; whether it was kept.
    fn judge(&mut self, before: [(usize, Vec<u16>); 2], accepts: impl Fn(Cost) -> bool) -> bool {
        let problem = self.problem;
        let [a, b] = [before[0].0, before[1].0];
        let by = |d: usize| State::load_with(problem, d, &self.now[d]) - self.state.loads()[d];
        let changes = [(a, by(a)), (b, if b == a { 0.0 } else { by(b) })];
        let [(_, da), (_, db)] = changes;
        let bend = |i: usize, j: usize| self.bend[i * problem.days() + j];
        let performance = self.performance + self.slope[a] * da + self.slope[b] * db
            - 0.5 * (bend(a, a) * da * da + bend(b, b) * db * db)
            - bend(a, b) * da * db;
        let weeks = self.soft_after([a, b]);
        let soft = weeks
            .into_iter()
            .fold(self.soft.iter().sum(), |sum: f64, (week, soft)| sum + soft - self.soft[week]);
        // What it costs if it breaks no rule is known first, and often too much already.
        if !accepts(Cost { total: -performance - soft, kept: true }) {
            self.undo(before);
            return false;
        }
        self.set([a, b]);
        let cost = self.priced(performance, soft);
        if !accepts(cost) {
            self.undo(before);
            self.set([a, b]);
            return false;
        }
        self.keep(cost, changes, weeks);
        true
    }

    /// Tells the state what two days are now.
    fn set(&mut self, [a, b]: [usize; 2]) {
        self.state.set(self.problem, a, &self.now[a]);
        if b != a {
            self.state.set(self.problem, b, &self.now[b]);
        }
    }

    /// What the weeks of two days are worth beside performance; a week in which both are is named
    /// once and once with what it was.
    fn soft_after(&self, [a, b]: [usize; 2]) -> [(usize, f64); 2] {
        let of = |week: usize| self.problem.soft_in(week, &self.now[7 * week..7 * week + 7]);
        let (a, b) = (a / 7, b / 7);
        [(a, of(a)), (b, if a == b { self.soft[b] } else { of(b) })]
    }

    /// Keeps a change that was looked at, with what its weeks are worth beside performance.
    fn keep(
        &mut self,
        cost: Cost,
        changes: [Change; 2],
        [(a, soft), (b, other)]: [(usize, f64); 2],
    ) {
        self.cost = cost;
        let days = self.problem.days();
        for (d, by) in changes.into_iter().filter(|(_, by)| *by != 0.0) {
            let bend = &self.bend[d * days..(d + 1) * days];
            self.performance += self.slope[d] * by - 0.5 * bend[d] * by * by;
            self.slope.iter_mut().zip(bend).for_each(|(slope, bend)| *slope -= bend * by);
        }
        self.soft[a] = soft;
        if b != a {
            self.soft[b] = other;
        }
    }

    /// A step at random: the days that it touches with what they were before.
    fn step(&mut self) -> Option<[(usize, Vec<u16>); 2]> {
        let days = self.problem.days();
        let a = self.random.usize(..days);
        let drawn = self.shares.filter(|_| self.random.f64() < DRAWN);
        let kind = self.random.u8(..8);
        // Days are exchanged over the whole plan, and made up for within a week.
        let b = if drawn.is_some() || kind < 4 {
            a / 7 * 7 + self.random.usize(..7)
        } else {
            self.random.usize(..days)
        };
        let before = [(a, self.now[a].clone()), (b, self.now[b].clone())];
        if let Some(shares) = drawn {
            self.draw(a, &shares[a]);
            self.make_up(&before, MADE_UP[1]);
            return Some(before);
        }
        match kind {
            0..4 => {
                let fits = &self.problem.fits[a];
                let remove = !self.now[a].is_empty() && self.random.u8(..3) > 0;
                if remove {
                    let at = self.random.usize(..self.now[a].len());
                    self.now[a].remove(at);
                }
                if !fits.is_empty() && (!remove || self.random.u8(..3) > 0) {
                    let own = fits[self.random.usize(..fits.len())];
                    put(&mut self.now[a], own);
                }
                self.make_up(&before, MADE_UP[0]);
            }
            4..6 if a != b => {
                let moved = std::mem::take(&mut self.now[a]);
                self.now[a] = std::mem::replace(&mut self.now[b], moved);
                let fit =
                    |d: usize| self.now[d].iter().all(|own| self.problem.fits[d].contains(own));
                if !fit(a) || !fit(b) {
                    self.undo(before);
                    return None;
                }
            }
            _ if a != b && !self.now[a].is_empty() => {
                let at = self.random.usize(..self.now[a].len());
                let own = self.now[a].remove(at);
                if !self.problem.fits[b].contains(&own) {
                    self.undo(before);
                    return None;
                }
                put(&mut self.now[b], own);
            }
            _ => return None,
        }
        Some(before)
    }

    /// Exchanges, so often, a session of the second day for one of about so much less load as the
    /// first day now has more, or takes it out.
    fn make_up(&mut self, before: &[(usize, Vec<u16>); 2], often: f64) {
        let [(first, was), (day, _)] = before;
        if first == day || self.now[*day].is_empty() || self.random.f64() >= often {
            return;
        }
        let load = |i: u16| self.problem.sessions[usize::from(i)].load;
        let sum = |sessions: &[u16]| sessions.iter().map(|i| load(*i)).sum::<f64>();
        let at = self.random.usize(..self.now[*day].len());
        let wanted = load(self.now[*day].remove(at)) - sum(&self.now[*first]) + sum(was);
        let fits = &self.by_load[*day];
        let near = fits.partition_point(|i| load(*i) < wanted);
        let near = near.saturating_sub(NEAR)..(near + NEAR).min(fits.len());
        // Less than half of the lightest session is nearer to none.
        if !near.is_empty() && wanted >= 0.5 * load(fits[0]) {
            put(&mut self.now[*day], fits[self.random.usize(near)]);
        }
    }

    /// Draws a day anew: each session as likely as its share, from one at random on.
    fn draw(&mut self, day: usize, shares: &[(u16, f64)]) {
        self.now[day].clear();
        let (later, first) = shares.split_at(self.random.usize(..shares.len().max(1)));
        for (own, share) in first.iter().chain(later) {
            let has_room = self.now[day].len() < self.problem.request.limits.sessions_per_day;
            if has_room && self.random.f64() < *share {
                put(&mut self.now[day], *own);
            }
        }
    }

    fn undo(&mut self, before: [(usize, Vec<u16>); 2]) {
        for (day, was) in before {
            self.now[day] = was;
        }
    }

    fn anneal(&mut self, steps: usize) {
        let mut best = (self.cost, self.now.clone());
        let first = HEAT[usize::from(self.shares.is_some())];
        let cooling = (LAST / first).powf(1.0 / steps.max(1) as f64);
        let mut heat = first;
        for _ in 0..steps {
            heat *= cooling;
            let Some(before) = self.step() else { continue };
            // What is worse may be kept too, the warmer the more often (Metropolis 1953).
            let most = self.cost.total - heat * self.random.f64().ln();
            if self.judge(before, |cost| cost.total <= most) && self.cost.beats(best.0) {
                best = (self.cost, self.now.clone());
            }
        }
        self.now = best.1;
        self.settle();
    }

    /// Tries to give a day other sessions; whether that was better.
    fn try_day(&mut self, d: usize, sessions: Vec<u16>) -> bool {
        let was = std::mem::replace(&mut self.now[d], sessions);
        let now = self.cost;
        self.judge([(d, was.clone()), (d, was)], |cost| cost.beats(now))
    }

    /// Every change of one day by one session, each day in turn, until nothing helps.
    fn polish(&mut self) {
        loop {
            let mut helped = false;
            for d in 0..self.problem.days() {
                let mut tries = vec![Vec::new()];
                for own in &self.problem.fits[d] {
                    tries.push(vec![*own]);
                    let mut more = self.now[d].clone();
                    put(&mut more, *own);
                    tries.push(more);
                    for at in 0..self.now[d].len() {
                        let mut other = self.now[d].clone();
                        other.remove(at);
                        put(&mut other, *own);
                        tries.push(other);
                    }
                }
                for sessions in tries {
                    helped |= self.try_day(d, sessions);
                }
            }
            if !helped {
                return;
            }
        }
    }
}

/// Adds a session, in order, so that a day has one form.
fn put(day: &mut Vec<u16>, own: u16) {
    if let Err(at) = day.binary_search(&own) {
        day.insert(at, own);
    }
}

/// The best plan found from a start, and whether it keeps every rule. With the shares of the linear
/// program's best plan the start is mended, and what is found is no worse.
pub(super) fn search(
    problem: &Problem,
    start: Choice,
    shares: Option<&Shares>,
    steps: usize,
    seed: u64,
) -> (Choice, bool) {
    let mut walk = Walk::new(problem, start, shares, seed);
    walk.anneal(steps);
    walk.polish();
    (walk.now, walk.cost.kept)
}

/// Two searches, one for each core of a small machine; the better one counts.
pub(super) fn search_twice(
    problem: &Problem,
    start: &Choice,
    shares: Option<&Shares>,
    steps: usize,
) -> (Choice, bool) {
    let (one, other) = rayon::join(
        || search(problem, start.clone(), shares, steps, 1),
        || search(problem, start.clone(), shares, steps, 2),
    );
    let better = (other.1, problem.value(&other.0)) > (one.1, problem.value(&one.0));
    if better { other } else { one }
}

/// Whether any plan keeps every rule, by trying all: `None` if there are more than `most`
/// beginnings to look at.
pub(super) fn exhaust(problem: &Problem, most: usize) -> Option<Option<Choice>> {
    let mut choice: Choice = vec![Vec::new(); problem.days()];
    let mut left = most;
    match deeper(problem, &mut choice, 0, &mut left) {
        Some(true) => Some(Some(choice)),
        Some(false) => Some(None),
        None => None,
    }
}

fn deeper(problem: &Problem, choice: &mut Choice, d: usize, left: &mut usize) -> Option<bool> {
    if d == problem.days() {
        return Some(true);
    }
    let fits = &problem.fits[d];
    let most = problem.request.limits.sessions_per_day.min(fits.len());
    let mut sets: Vec<Vec<u16>> = vec![Vec::new()];
    let mut last = sets.clone();
    for _ in 0..most {
        let longer = |set: &Vec<u16>| -> Vec<Vec<u16>> {
            let after = fits.iter().filter(|own| set.last().is_none_or(|last| last < own));
            after.map(|own| set.iter().copied().chain([*own]).collect()).collect()
        };
        last = last.iter().flat_map(longer).collect();
        sets.extend(last.iter().cloned());
    }
    for set in sets {
        *left = left.checked_sub(1)?;
        choice[d] = set;
        if problem.broken(choice, d + 1).total() <= KEPT && deeper(problem, choice, d + 1, left)? {
            return Some(true);
        }
    }
    choice[d].clear();
    Some(false)
}
