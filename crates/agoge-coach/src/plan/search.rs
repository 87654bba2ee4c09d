//! Searches for a plan: simulated annealing over whole plans, then the best single changes until
//! none helps; then again, cooler, drawing days from the linear program's optimum. The search is
//! seeded: the same request gives the same plan.

use super::bound::Shares;
use super::problem::{Choice, Problem};
use super::state::State;

/// Cost of a broken rule, percent of performance: more than any plan can gain by breaking it.
const PENALTY: f64 = 100.0;
/// Initial temperature, percent of performance: for a search from nothing, and for one that
/// improves a plan. It falls geometrically to the final temperature.
const HEAT: [f64; 2] = [0.5, 0.1];
const LAST: f64 = 0.001;
/// Share of the steps of an improving search that draw a day from the program's shares.
const DRAWN: f64 = 0.3;
/// A compensating session is chosen among this many lighter and this many heavier ones.
const NEAR: usize = 4;
/// Probability that another day of the week compensates for what a step adds to a day or takes from
/// it: in a search from nothing, and for drawn days. CTL may grow only so much a week and good
/// plans use that up, so few steps keep the rule on their own.
const MADE_UP: [f64; 2] = [0.8, 0.5];
/// Breaches below this are rounding errors.
pub(super) const KEPT: f64 = 1e-9;

/// The cost of a plan: its priced breaches minus its value, and whether it keeps every rule.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    total: f64,
    kept: bool,
}

impl Cost {
    /// Whether it is better than another: a plan that keeps every rule always beats one that does
    /// not.
    fn beats(self, other: Cost) -> bool {
        if self.kept == other.kept { self.total < other.total - 1e-12 } else { self.kept }
    }
}

/// The day and the change of its load in a step, AU.
type Change = (usize, f64);

struct Walk<'a, 'b> {
    problem: &'a Problem<'b>,
    random: fastrand::Rng,
    now: Choice,
    state: State,
    cost: Cost,
    /// Performance with the current loads, its slope with respect to each of them, and the change
    /// of that slope, `[day · days + day]`: performance is quadratic in the loads.
    performance: f64,
    slope: Vec<f64>,
    bend: Vec<f64>,
    /// `[week]`: value other than performance.
    soft: Vec<f64>,
    /// In an improving search, the shares that days are drawn from.
    shares: Option<&'a Shares>,
    /// `[day]`: the items that fit, by increasing load.
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

    /// Recomputes everything from the current choice.
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

    /// Keeps the choice after one or two of its days have changed if its cost is accepted, and
    /// restores those days otherwise. Returns whether it was kept.
    fn judge(&mut self, before: [(usize, Vec<u16>); 2], accepts: impl Fn(Cost) -> bool) -> bool {
        let problem = self.problem;
        let [a, b] = [before[0].0, before[1].0];
        let load_change =
            |d: usize| State::load_with(problem, d, &self.now[d]) - self.state.loads()[d];
        let changes = [(a, load_change(a)), (b, if b == a { 0.0 } else { load_change(b) })];
        let [(_, change_a), (_, change_b)] = changes;
        let bend = |i: usize, j: usize| self.bend[i * problem.days() + j];
        let performance = self.performance + self.slope[a] * change_a + self.slope[b] * change_b
            - 0.5 * (bend(a, a) * change_a * change_a + bend(b, b) * change_b * change_b)
            - bend(a, b) * change_a * change_b;
        let weeks = self.soft_after([a, b]);
        let soft = weeks
            .into_iter()
            .fold(self.soft.iter().sum(), |sum: f64, (week, soft)| sum + soft - self.soft[week]);
        // The cost without breaches is known first, and is often too high already.
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

    /// Updates the state with two days of the current choice.
    fn set(&mut self, [a, b]: [usize; 2]) {
        self.state.set(self.problem, a, &self.now[a]);
        if b != a {
            self.state.set(self.problem, b, &self.now[b]);
        }
    }

    /// Value other than performance of the weeks of two days; if both are in one week, the second
    /// entry is the week's previous value.
    fn soft_after(&self, [a, b]: [usize; 2]) -> [(usize, f64); 2] {
        let soft_of = |week: usize| self.problem.soft_in(week, &self.now[7 * week..7 * week + 7]);
        let (a, b) = (a / 7, b / 7);
        [(a, soft_of(a)), (b, if a == b { self.soft[b] } else { soft_of(b) })]
    }

    /// Applies an accepted change, with the new values of its weeks other than performance.
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

    /// Takes a random step; returns the days it touches with their previous sessions.
    fn step(&mut self) -> Option<[(usize, Vec<u16>); 2]> {
        let days = self.problem.days();
        let a = self.random.usize(..days);
        let shares_to_draw = self.shares.filter(|_| self.random.f64() < DRAWN);
        let move_kind = self.random.u8(..8);
        // Days are exchanged over the whole plan, but compensated for within a week.
        let b = if shares_to_draw.is_some() || move_kind < 4 {
            a / 7 * 7 + self.random.usize(..7)
        } else {
            self.random.usize(..days)
        };
        let before = [(a, self.now[a].clone()), (b, self.now[b].clone())];
        if let Some(shares) = shares_to_draw {
            self.draw(a, &shares[a]);
            self.make_up(&before, MADE_UP[1]);
            return Some(before);
        }
        match move_kind {
            0..4 => {
                let fits = &self.problem.fits[a];
                let remove = !self.now[a].is_empty() && self.random.u8(..3) > 0;
                if remove {
                    let at = self.random.usize(..self.now[a].len());
                    self.now[a].remove(at);
                }
                if !fits.is_empty() && (!remove || self.random.u8(..3) > 0) {
                    let item = fits[self.random.usize(..fits.len())];
                    put(&mut self.now[a], item);
                }
                self.make_up(&before, MADE_UP[0]);
            }
            4..6 if a != b => {
                let moved = std::mem::take(&mut self.now[a]);
                self.now[a] = std::mem::replace(&mut self.now[b], moved);
                let fit =
                    |d: usize| self.now[d].iter().all(|item| self.problem.fits[d].contains(item));
                if !fit(a) || !fit(b) {
                    self.undo(before);
                    return None;
                }
            }
            _ if a != b && !self.now[a].is_empty() => {
                let at = self.random.usize(..self.now[a].len());
                let item = self.now[a].remove(at);
                if !self.problem.fits[b].contains(&item) {
                    self.undo(before);
                    return None;
                }
                put(&mut self.now[b], item);
            }
            _ => return None,
        }
        Some(before)
    }

    /// With the given probability, replaces a session of the second day by one whose load is lower
    /// by about what the first day has gained, or removes it.
    fn make_up(&mut self, before: &[(usize, Vec<u16>); 2], probability: f64) {
        let [(first, previous), (day, _)] = before;
        if first == day || self.now[*day].is_empty() || self.random.f64() >= probability {
            return;
        }
        let load = |i: u16| self.problem.sessions[usize::from(i)].load;
        let total_load = |sessions: &[u16]| sessions.iter().map(|i| load(*i)).sum::<f64>();
        let at = self.random.usize(..self.now[*day].len());
        let wanted_load =
            load(self.now[*day].remove(at)) - total_load(&self.now[*first]) + total_load(previous);
        let fits = &self.by_load[*day];
        let near = fits.partition_point(|i| load(*i) < wanted_load);
        let near = near.saturating_sub(NEAR)..(near + NEAR).min(fits.len());
        // Less than half of the lightest session is closer to none.
        if !near.is_empty() && wanted_load >= 0.5 * load(fits[0]) {
            put(&mut self.now[*day], fits[self.random.usize(near)]);
        }
    }

    /// Redraws a day: each session is as likely as its share, starting from a random one.
    fn draw(&mut self, day: usize, shares: &[(u16, f64)]) {
        self.now[day].clear();
        let (later, first) = shares.split_at(self.random.usize(..shares.len().max(1)));
        for (item, share) in first.iter().chain(later) {
            let has_room = self.now[day].len() < self.problem.request.limits.sessions_per_day;
            if has_room && self.random.f64() < *share {
                put(&mut self.now[day], *item);
            }
        }
    }

    fn undo(&mut self, before: [(usize, Vec<u16>); 2]) {
        for (day, previous) in before {
            self.now[day] = previous;
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
            // Something worse may be kept too, the more often the higher the temperature
            // (Metropolis 1953).
            let most = self.cost.total - heat * self.random.f64().ln();
            if self.judge(before, |cost| cost.total <= most) && self.cost.beats(best.0) {
                best = (self.cost, self.now.clone());
            }
        }
        self.now = best.1;
        self.settle();
    }

    /// Tries other sessions on a day; returns whether that was better.
    fn try_day(&mut self, d: usize, sessions: Vec<u16>) -> bool {
        let previous = std::mem::replace(&mut self.now[d], sessions);
        let now = self.cost;
        self.judge([(d, previous.clone()), (d, previous)], |cost| cost.beats(now))
    }

    /// Tries every change of one day by one session, each day in turn, until nothing helps.
    fn polish(&mut self) {
        loop {
            let mut helped = false;
            for d in 0..self.problem.days() {
                let mut tries = vec![Vec::new()];
                for item in &self.problem.fits[d] {
                    tries.push(vec![*item]);
                    let mut more = self.now[d].clone();
                    put(&mut more, *item);
                    tries.push(more);
                    for at in 0..self.now[d].len() {
                        let mut other = self.now[d].clone();
                        other.remove(at);
                        put(&mut other, *item);
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

/// Inserts a session in order, so that a day has a unique form.
fn put(day: &mut Vec<u16>, item: u16) {
    if let Err(at) = day.binary_search(&item) {
        day.insert(at, item);
    }
}

/// Returns the best plan found from a start, and whether it keeps every rule. With the shares of
/// the linear program's optimum, the start is improved and the result is no worse.
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

/// Runs two searches, one for each core of a small machine, and returns the better result.
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

/// Looks for a plan that keeps every rule by exhaustive search: `None` if there are more than
/// `most` partial plans to examine.
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
    let mut day_sets: Vec<Vec<u16>> = vec![Vec::new()];
    let mut last = day_sets.clone();
    for _ in 0..most {
        let longer = |set: &Vec<u16>| -> Vec<Vec<u16>> {
            let after = fits.iter().filter(|item| set.last().is_none_or(|last| last < item));
            after.map(|item| set.iter().copied().chain([*item]).collect()).collect()
        };
        last = last.iter().flat_map(longer).collect();
        day_sets.extend(last.iter().cloned());
    }
    for set in day_sets {
        *left = left.checked_sub(1)?;
        choice[d] = set;
        if problem.broken(choice, d + 1).total() <= KEPT && deeper(problem, choice, d + 1, left)? {
            return Some(true);
        }
    }
    choice[d].clear();
    Some(false)
}
