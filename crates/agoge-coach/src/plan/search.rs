//! Finding a plan: annealing over whole plans, then the best single steps until none helps; once more, cooler, with days drawn from the linear program's best plan.
//! Seeded: the same request gives the same plan.

use super::bound::Shares;
use super::problem::{Choice, Problem};

/// What a broken rule costs, percent of performance: more than any plan can gain by it.
const PENALTY: f64 = 100.0;
/// Heat at the beginning, percent of performance: of a search from nothing, and of one that mends a plan. It falls geometrically to LAST.
const HEAT: [f64; 2] = [0.5, 0.1];
const LAST: f64 = 0.001;
/// Of the steps of a mending search, so many draw a day from the program's shares.
const DRAWN: f64 = 0.3;
/// Below this what is broken is rounding.
pub(super) const KEPT: f64 = 1e-9;

struct Walk<'a, 'b> {
    problem: &'a Problem<'b>,
    random: fastrand::Rng,
    now: Choice,
    cost: f64,
    /// What days are drawn from, of a mending search.
    shares: Option<&'a Shares>,
}

impl Walk<'_, '_> {
    fn cost_of(&self, choice: &Choice) -> f64 {
        PENALTY * self.problem.broken(choice, self.problem.days()).total() - self.problem.value(choice)
    }

    /// A step at random: the days that it touches with what they were before.
    fn step(&mut self) -> Option<[(usize, Vec<u16>); 2]> {
        let days = self.problem.days();
        let (a, b) = (self.random.usize(..days), self.random.usize(..days));
        let before = [(a, self.now[a].clone()), (b, self.now[b].clone())];
        if let Some(shares) = self.shares
            && self.random.f64() < DRAWN
        {
            self.draw(a, &shares[a]);
            return Some(before);
        }
        match self.random.u8(..8) {
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
            }
            4..6 if a != b => {
                let moved = std::mem::take(&mut self.now[a]);
                self.now[a] = std::mem::replace(&mut self.now[b], moved);
                let fit = |d: usize| self.now[d].iter().all(|own| self.problem.fits[d].contains(own));
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
        for step in 0..steps {
            let heat = first * (LAST / first).powf(step as f64 / steps as f64);
            let Some(before) = self.step() else { continue };
            let cost = self.cost_of(&self.now);
            if cost <= self.cost || self.random.f64() < ((self.cost - cost) / heat).exp() {
                self.cost = cost;
                if cost < best.0 {
                    best = (cost, self.now.clone());
                }
            } else {
                self.undo(before);
            }
        }
        (self.cost, self.now) = best;
    }

    /// Every change of one day by one session, the best for each day in turn, until nothing helps.
    fn polish(&mut self) {
        loop {
            let before = self.cost;
            for d in 0..self.problem.days() {
                let was = self.now[d].clone();
                let mut best = (self.cost, was.clone());
                let mut tries = vec![Vec::new()];
                for own in &self.problem.fits[d] {
                    tries.push(vec![*own]);
                    let mut more = was.clone();
                    put(&mut more, *own);
                    tries.push(more);
                    for at in 0..was.len() {
                        let mut other = was.clone();
                        other.remove(at);
                        put(&mut other, *own);
                        tries.push(other);
                    }
                }
                for choice in tries {
                    self.now[d] = choice;
                    let cost = self.cost_of(&self.now);
                    if cost < best.0 - 1e-12 {
                        best = (cost, self.now[d].clone());
                    }
                }
                (self.cost, self.now[d]) = best;
            }
            if self.cost > before - 1e-9 {
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

/// The best plan found from a start, and whether it keeps every rule. With the shares of the linear program's best plan the start is mended, and what is found is no worse.
pub(super) fn search(
    problem: &Problem,
    start: Choice,
    shares: Option<&Shares>,
    steps: usize,
    seed: u64,
) -> (Choice, bool) {
    let mut walk = Walk { problem, random: fastrand::Rng::with_seed(seed), now: start, cost: 0.0, shares };
    walk.cost = walk.cost_of(&walk.now);
    walk.anneal(steps);
    walk.polish();
    let kept = problem.broken(&walk.now, problem.days()).total() <= KEPT;
    (walk.now, kept)
}

/// Two searches, one for each core of a small machine; the better one counts.
pub(super) fn search_twice(problem: &Problem, start: &Choice, shares: Option<&Shares>, steps: usize) -> (Choice, bool) {
    let (one, other) = rayon::join(
        || search(problem, start.clone(), shares, steps, 1),
        || search(problem, start.clone(), shares, steps, 2),
    );
    let better = (other.1, problem.value(&other.0)) > (one.1, problem.value(&one.0));
    if better { other } else { one }
}

/// Whether any plan keeps every rule, by trying all: `None` if there are more than `most` beginnings to look at.
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
