//! Searches for a plan: simulated annealing over whole plans, then the best single changes until
//! none helps; then again, cooler, drawing days from the linear program's optimum. The search is
//! seeded: the same request gives the same plan.

use super::bound::DayShares;
use super::problem::{PlanChoice, PlanProblem};
use super::state::PlanState;

/// Cost of a broken rule, percent of performance: more than any plan can gain by breaking it.
const BREACH_PENALTY: f64 = 100.0;
/// Initial temperature, percent of performance: for a search from nothing, and for one that
/// improves a plan. It falls geometrically to the final temperature.
const START_TEMPERATURES: [f64; 2] = [0.5, 0.1];
const END_TEMPERATURE: f64 = 0.001;
/// Share of the steps of an improving search that draw a day from the program's shares.
const DRAW_SHARE: f64 = 0.3;
/// A compensating session is chosen among this many lighter and this many heavier ones.
const COMPENSATION_CANDIDATES: usize = 4;
/// Probability that another day of the week compensates for what a step adds to a day or takes from
/// it: in a search from nothing, and for drawn days. CTL may grow only so much a week and good
/// plans use that up, so few steps keep the rule on their own.
const COMPENSATION_PROBABILITIES: [f64; 2] = [0.8, 0.5];
/// Breaches below this are rounding errors.
pub(super) const BREACH_TOLERANCE: f64 = 1e-9;

/// The cost of a plan: its priced breaches minus its value, and whether it keeps every rule.
#[derive(Clone, Copy, Debug, PartialEq)]
struct PlanCost {
    total: f64,
    keeps_rules: bool,
}

impl PlanCost {
    /// Whether it is better than another: a plan that keeps every rule always beats one that does
    /// not.
    fn is_better_than(self, other: PlanCost) -> bool {
        if self.keeps_rules == other.keeps_rules {
            self.total < other.total - 1e-12
        } else {
            self.keeps_rules
        }
    }
}

/// The day and the change of its load in a step, AU.
type LoadChange = (usize, f64);

struct AnnealingSearch<'a, 'b> {
    problem: &'a PlanProblem<'b>,
    random: fastrand::Rng,
    choice: PlanChoice,
    state: PlanState,
    cost: PlanCost,
    /// Performance with the current loads, its slope with respect to each of them, and the change
    /// of that slope, `[day · days + day]`: performance is quadratic in the loads.
    performance: f64,
    slope: Vec<f64>,
    bend: Vec<f64>,
    /// `[week]`: value other than performance.
    soft_values: Vec<f64>,
    /// In an improving search, the shares that days are drawn from.
    shares: Option<&'a DayShares>,
    /// `[day]`: the items that fit, by increasing load.
    by_load: Vec<Vec<u16>>,
}

impl<'a, 'b> AnnealingSearch<'a, 'b> {
    fn new(
        problem: &'a PlanProblem<'b>,
        start: PlanChoice,
        shares: Option<&'a DayShares>,
        seed: u64,
    ) -> AnnealingSearch<'a, 'b> {
        let days = problem.day_count();
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
        let mut walk = AnnealingSearch {
            problem,
            by_load,
            random: fastrand::Rng::with_seed(seed),
            choice: start,
            state: PlanState::new(problem, &[]),
            cost: PlanCost { total: 0.0, keeps_rules: false },
            performance: 0.0,
            slope: Vec::new(),
            bend,
            soft_values: Vec::new(),
            shares,
        };
        walk.recompute_state();
        walk
    }

    /// Recomputes everything from the current choice.
    fn recompute_state(&mut self) {
        let problem = self.problem;
        self.state = PlanState::new(problem, &self.choice);
        debug_assert!(
            (self.state.total_breach(problem)
                - problem.rule_breaches(&self.choice, problem.day_count()).total())
            .abs()
                < 1e-9
        );
        self.performance = problem.performance_gain(&self.choice);
        self.slope = problem.surface.slope_at(self.state.daily_loads());
        self.soft_values = self
            .choice
            .chunks(7)
            .enumerate()
            .map(|(week, days)| problem.soft_value_in_week(week, days))
            .collect();
        self.cost = self.plan_cost(self.performance, self.soft_values.iter().sum());
    }

    fn plan_cost(&self, performance: f64, soft: f64) -> PlanCost {
        let broken = self.state.total_breach(self.problem);
        PlanCost {
            total: BREACH_PENALTY * broken - performance - soft,
            keeps_rules: broken <= BREACH_TOLERANCE,
        }
    }

    /// Keeps the choice after one or two of its days have changed if its cost is accepted, and
    /// restores those days otherwise. Returns whether it was kept.
    fn accept_or_restore(
        &mut self,
        before: [(usize, Vec<u16>); 2],
        accepts: impl Fn(PlanCost) -> bool,
    ) -> bool {
        let problem = self.problem;
        let [a, b] = [before[0].0, before[1].0];
        let load_change = |d: usize| {
            PlanState::load_with(problem, d, &self.choice[d]) - self.state.daily_loads()[d]
        };
        let changes = [(a, load_change(a)), (b, if b == a { 0.0 } else { load_change(b) })];
        let [(_, change_a), (_, change_b)] = changes;
        let bend = |i: usize, j: usize| self.bend[i * problem.day_count() + j];
        let performance = self.performance + self.slope[a] * change_a + self.slope[b] * change_b
            - 0.5 * (bend(a, a) * change_a * change_a + bend(b, b) * change_b * change_b)
            - bend(a, b) * change_a * change_b;
        let weeks = self.soft_values_after([a, b]);
        let soft =
            weeks.into_iter().fold(self.soft_values.iter().sum(), |sum: f64, (week, soft)| {
                sum + soft - self.soft_values[week]
            });
        // The cost without breaches is known first, and is often too high already.
        if !accepts(PlanCost { total: -performance - soft, keeps_rules: true }) {
            self.restore_days(before);
            return false;
        }
        self.update_days([a, b]);
        let cost = self.plan_cost(performance, soft);
        if !accepts(cost) {
            self.restore_days(before);
            self.update_days([a, b]);
            return false;
        }
        self.apply_change(cost, changes, weeks);
        true
    }

    /// Updates the state with two days of the current choice.
    fn update_days(&mut self, [a, b]: [usize; 2]) {
        self.state.set_day(self.problem, a, &self.choice[a]);
        if b != a {
            self.state.set_day(self.problem, b, &self.choice[b]);
        }
    }

    /// Value other than performance of the weeks of two days; if both are in one week, the second
    /// entry is the week's previous value.
    fn soft_values_after(&self, [a, b]: [usize; 2]) -> [(usize, f64); 2] {
        let soft_of = |week: usize| {
            self.problem.soft_value_in_week(week, &self.choice[7 * week..7 * week + 7])
        };
        let (a, b) = (a / 7, b / 7);
        [(a, soft_of(a)), (b, if a == b { self.soft_values[b] } else { soft_of(b) })]
    }

    /// Applies an accepted change, with the new values of its weeks other than performance.
    fn apply_change(
        &mut self,
        cost: PlanCost,
        changes: [LoadChange; 2],
        [(a, soft), (b, other)]: [(usize, f64); 2],
    ) {
        self.cost = cost;
        let days = self.problem.day_count();
        for (d, by) in changes.into_iter().filter(|(_, by)| *by != 0.0) {
            let bend = &self.bend[d * days..(d + 1) * days];
            self.performance += self.slope[d] * by - 0.5 * bend[d] * by * by;
            self.slope.iter_mut().zip(bend).for_each(|(slope, bend)| *slope -= bend * by);
        }
        self.soft_values[a] = soft;
        if b != a {
            self.soft_values[b] = other;
        }
    }

    /// Takes a random step; returns the days it touches with their previous sessions.
    fn random_step(&mut self) -> Option<[(usize, Vec<u16>); 2]> {
        let days = self.problem.day_count();
        let a = self.random.usize(..days);
        let shares_to_draw = self.shares.filter(|_| self.random.f64() < DRAW_SHARE);
        let move_kind = self.random.u8(..8);
        // Days are exchanged over the whole plan, but compensated for within a week.
        let b = if shares_to_draw.is_some() || move_kind < 4 {
            a / 7 * 7 + self.random.usize(..7)
        } else {
            self.random.usize(..days)
        };
        let before = [(a, self.choice[a].clone()), (b, self.choice[b].clone())];
        if let Some(shares) = shares_to_draw {
            self.draw_day(a, &shares[a]);
            self.compensate_load(&before, COMPENSATION_PROBABILITIES[1]);
            return Some(before);
        }
        match move_kind {
            0..4 => {
                let fits = &self.problem.fits[a];
                let remove = !self.choice[a].is_empty() && self.random.u8(..3) > 0;
                if remove {
                    let at = self.random.usize(..self.choice[a].len());
                    self.choice[a].remove(at);
                }
                if !fits.is_empty() && (!remove || self.random.u8(..3) > 0) {
                    let item = fits[self.random.usize(..fits.len())];
                    insert_sorted(&mut self.choice[a], item);
                }
                self.compensate_load(&before, COMPENSATION_PROBABILITIES[0]);
            }
            4..6 if a != b => {
                let moved = std::mem::take(&mut self.choice[a]);
                self.choice[a] = std::mem::replace(&mut self.choice[b], moved);
                let fit = |d: usize| {
                    self.choice[d].iter().all(|item| self.problem.fits[d].contains(item))
                };
                if !fit(a) || !fit(b) {
                    self.restore_days(before);
                    return None;
                }
            }
            _ if a != b && !self.choice[a].is_empty() => {
                let at = self.random.usize(..self.choice[a].len());
                let item = self.choice[a].remove(at);
                if !self.problem.fits[b].contains(&item) {
                    self.restore_days(before);
                    return None;
                }
                insert_sorted(&mut self.choice[b], item);
            }
            _ => return None,
        }
        Some(before)
    }

    /// With the given probability, replaces a session of the second day by one whose load is lower
    /// by about what the first day has gained, or removes it.
    fn compensate_load(&mut self, before: &[(usize, Vec<u16>); 2], probability: f64) {
        let [(first, previous), (day, _)] = before;
        if first == day || self.choice[*day].is_empty() || self.random.f64() >= probability {
            return;
        }
        let load = |i: u16| self.problem.sessions[usize::from(i)].load;
        let total_load = |sessions: &[u16]| sessions.iter().map(|i| load(*i)).sum::<f64>();
        let at = self.random.usize(..self.choice[*day].len());
        let wanted_load = load(self.choice[*day].remove(at)) - total_load(&self.choice[*first])
            + total_load(previous);
        let fits = &self.by_load[*day];
        let near = fits.partition_point(|i| load(*i) < wanted_load);
        let near = near.saturating_sub(COMPENSATION_CANDIDATES)
            ..(near + COMPENSATION_CANDIDATES).min(fits.len());
        // Less than half of the lightest session is closer to none.
        if !near.is_empty() && wanted_load >= 0.5 * load(fits[0]) {
            insert_sorted(&mut self.choice[*day], fits[self.random.usize(near)]);
        }
    }

    /// Redraws a day: each session is as likely as its share, starting from a random one.
    fn draw_day(&mut self, day: usize, shares: &[(u16, f64)]) {
        self.choice[day].clear();
        let (later, first) = shares.split_at(self.random.usize(..shares.len().max(1)));
        for (item, share) in first.iter().chain(later) {
            let has_room = self.choice[day].len() < self.problem.request.limits.sessions_per_day;
            if has_room && self.random.f64() < *share {
                insert_sorted(&mut self.choice[day], *item);
            }
        }
    }

    fn restore_days(&mut self, before: [(usize, Vec<u16>); 2]) {
        for (day, previous) in before {
            self.choice[day] = previous;
        }
    }

    fn anneal(&mut self, steps: usize) {
        let mut best = (self.cost, self.choice.clone());
        let first = START_TEMPERATURES[usize::from(self.shares.is_some())];
        let cooling = (END_TEMPERATURE / first).powf(1.0 / steps.max(1) as f64);
        let mut heat = first;
        for _ in 0..steps {
            heat *= cooling;
            let Some(before) = self.random_step() else { continue };
            // Something worse may be kept too, the more often the higher the temperature
            // (Metropolis 1953).
            let most = self.cost.total - heat * self.random.f64().ln();
            if self.accept_or_restore(before, |cost| cost.total <= most)
                && self.cost.is_better_than(best.0)
            {
                best = (self.cost, self.choice.clone());
            }
        }
        self.choice = best.1;
        self.recompute_state();
    }

    /// Tries other sessions on a day; returns whether that was better.
    fn try_day(&mut self, d: usize, sessions: Vec<u16>) -> bool {
        let previous = std::mem::replace(&mut self.choice[d], sessions);
        let now = self.cost;
        self.accept_or_restore([(d, previous.clone()), (d, previous)], |cost| {
            cost.is_better_than(now)
        })
    }

    /// Tries every change of one day by one session, each day in turn, until nothing helps.
    fn polish_days(&mut self) {
        loop {
            let mut helped = false;
            for d in 0..self.problem.day_count() {
                let mut tries = vec![Vec::new()];
                for item in &self.problem.fits[d] {
                    tries.push(vec![*item]);
                    let mut more = self.choice[d].clone();
                    insert_sorted(&mut more, *item);
                    tries.push(more);
                    for at in 0..self.choice[d].len() {
                        let mut other = self.choice[d].clone();
                        other.remove(at);
                        insert_sorted(&mut other, *item);
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
fn insert_sorted(day: &mut Vec<u16>, item: u16) {
    if let Err(at) = day.binary_search(&item) {
        day.insert(at, item);
    }
}

/// Returns the best plan found from a start, and whether it keeps every rule. With the shares of
/// the linear program's optimum, the start is improved and the result is no worse.
pub(super) fn search_choice(
    problem: &PlanProblem,
    start: PlanChoice,
    shares: Option<&DayShares>,
    steps: usize,
    seed: u64,
) -> (PlanChoice, bool) {
    let mut walk = AnnealingSearch::new(problem, start, shares, seed);
    walk.anneal(steps);
    walk.polish_days();
    (walk.choice, walk.cost.keeps_rules)
}

/// Runs two searches, one for each core of a small machine, and returns the better result.
pub(super) fn search_twice(
    problem: &PlanProblem,
    start: &PlanChoice,
    shares: Option<&DayShares>,
    steps: usize,
) -> (PlanChoice, bool) {
    let (one, other) = rayon::join(
        || search_choice(problem, start.clone(), shares, steps, 1),
        || search_choice(problem, start.clone(), shares, steps, 2),
    );
    let better = (other.1, problem.plan_value(&other.0)) > (one.1, problem.plan_value(&one.0));
    if better { other } else { one }
}

/// Looks for a plan that keeps every rule by exhaustive search: `None` if there are more than
/// `most` partial plans to examine.
pub(super) fn search_exhaustively(
    problem: &PlanProblem,
    most: usize,
) -> Option<Option<PlanChoice>> {
    let mut choice: PlanChoice = vec![Vec::new(); problem.day_count()];
    let mut left = most;
    match extend_choice(problem, &mut choice, 0, &mut left) {
        Some(true) => Some(Some(choice)),
        Some(false) => Some(None),
        None => None,
    }
}

fn extend_choice(
    problem: &PlanProblem,
    choice: &mut PlanChoice,
    d: usize,
    left: &mut usize,
) -> Option<bool> {
    if d == problem.day_count() {
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
        if problem.rule_breaches(choice, d + 1).total() <= BREACH_TOLERANCE
            && extend_choice(problem, choice, d + 1, left)?
        {
            return Some(true);
        }
    }
    choice[d].clear();
    Some(false)
}
