//! A choice summed up day by day, so that a step of the search that changes two days looks at two days' sessions and not at all of them.

use super::problem::{DELOAD, Problem, SPIKE_DAYS, Session, TAPER, Taper};
use super::rule::{Broken, Rule};
use crate::load::{CTL_DAYS, week_monotony};

/// What the rules need to know of a day's sessions, settled ones counted, and of its events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    /// AU; events count.
    load: f64,
    /// Of sessions and events.
    minutes: f64,
    hard_minutes: f64,
    /// Of sessions alone.
    planned: f64,
    count: usize,
    hard: usize,
    heavy: u8,
    /// Regions that two sessions of the day load heavily.
    twice: u32,
    technique: bool,
}

/// A choice, summed up.
#[derive(Clone, Debug)]
pub(super) struct State {
    days: Vec<Sum>,
    /// `[day]`: as in [`Sum`], beside each other for the sums over weeks.
    loads: Vec<f64>,
    /// `[family][day]`: the longest session that is done in one piece, min.
    longest: Vec<Vec<f64>>,
    /// `[family][day]`: by how much its longest session is too long, share of what it may be.
    too_long: Vec<Vec<f64>>,
}

impl State {
    pub(super) fn new(problem: &Problem, choice: &[Vec<u16>]) -> State {
        let days = problem.days();
        let mut state = State {
            days: vec![Sum::default(); days],
            loads: vec![0.0; days],
            longest: vec![vec![0.0; days]; problem.families()],
            too_long: vec![vec![0.0; days]; problem.families()],
        };
        for (d, sessions) in choice.iter().enumerate() {
            state.set(problem, d, sessions);
        }
        state
    }

    /// Load of each day, events counted, AU.
    pub(super) fn loads(&self) -> &[f64] {
        &self.loads
    }

    /// Sums a day up anew.
    pub(super) fn set(&mut self, problem: &Problem, d: usize, sessions: &[u16]) {
        let raced = problem.raced[d];
        let mut sum =
            Sum { load: raced.load, minutes: raced.minutes, hard_minutes: raced.hard_minutes, ..Sum::default() };
        let planned = sessions.iter().map(|i| &problem.sessions[usize::from(*i)]);
        let planned = planned.chain(&problem.fixed[d]);
        for own in planned.clone() {
            sum.add(own);
        }
        for family in 0..self.longest.len() {
            let own = planned.clone().filter(|own| own.steady == Some(family)).map(|own| own.minutes);
            let longest = own.fold(0.0, f64::max);
            if longest != self.longest[family][d] {
                self.longest[family][d] = longest;
                self.measure(problem, family, d);
            }
        }
        self.loads[d] = sum.load;
        self.days[d] = sum;
    }

    /// The rules that the first days of a plan break; weeks that are not complete are not judged.
    pub(super) fn broken(&self, problem: &Problem, until: usize) -> Broken {
        let mut broken = Broken::default();
        self.days_broken(problem, until, &mut broken);
        self.lengths_broken(until, &mut broken);
        self.weeks_broken(problem, until / 7, &mut broken);
        for taper in problem.tapers.iter().filter(|taper| taper.days.end <= until / 7 * 7) {
            self.taper_broken(problem, taper, &mut broken);
        }
        broken
    }

    fn days_broken(&self, problem: &Problem, until: usize, broken: &mut Broken) {
        let most = problem.request.limits.sessions_per_day;
        let (mut eve_hard, mut eve_heavy, mut eve_event) = (problem.hard_eve, 0u8, false);
        for (d, own) in self.days[..until].iter().enumerate() {
            broken.add(Rule::Available, (own.planned - problem.minutes[d]) / 60.0);
            broken.add(Rule::SessionsPerDay, own.count as f64 - most as f64);
            broken.add(Rule::Pain, problem.fixed_hurts[d]);
            broken.add(Rule::HardDays, own.hard as f64 - 1.0);
            broken.add(Rule::Tissue, f64::from(own.twice + (own.heavy & eve_heavy).count_ones()));
            let event = problem.raced[d].any();
            let is_hard = own.hard_minutes > 0.0;
            if is_hard && eve_hard && !(event && eve_event) {
                broken.add(Rule::HardDays, 1.0);
            }
            if own.technique && (own.hard > 0 || eve_hard) {
                broken.add(Rule::Fresh, 1.0);
            }
            (eve_hard, eve_heavy, eve_event) = (is_hard, own.heavy, event);
        }
    }

    /// How much too long the sessions of a family are on a day that has changed and on those that look back at it.
    fn measure(&mut self, problem: &Problem, family: usize, changed: usize) {
        let (own, known) = (&self.longest[family], &problem.longest[family]);
        let until = (changed + SPIKE_DAYS as usize + 1).min(own.len());
        for d in changed..until {
            self.too_long[family][d] = if own[d] > problem.base {
                let before = &own[d.saturating_sub(SPIKE_DAYS as usize)..d];
                let before = before.iter().copied().fold(known[d].max(problem.base), f64::max);
                own[d] / (before * (1.0 + problem.weeks[d / 7].limits.spike)) - 1.0
            } else {
                0.0
            };
        }
    }

    fn lengths_broken(&self, until: usize, broken: &mut Broken) {
        for own in &self.too_long {
            own[..until].iter().for_each(|amount| broken.add(Rule::Spike, *amount));
        }
    }

    fn weeks_broken(&self, problem: &Problem, weeks: usize, broken: &mut Broken) {
        let keep = (-1.0 / CTL_DAYS).exp();
        let mut ctl = problem.ctl;
        let sum = |week: usize| self.loads[7 * week..7 * week + 7].iter().sum::<f64>();
        for (week, room) in problem.weeks[..weeks].iter().enumerate() {
            let (mut rest, mut hard, mut count) = (0usize, 0usize, 0usize);
            let before = ctl;
            for d in 7 * week..7 * week + 7 {
                let own = &self.days[d];
                rest += usize::from(own.count == 0 && !problem.raced[d].any());
                count += own.count;
                hard += own.hard;
                ctl = ctl * keep + own.load * (1.0 - keep);
            }
            broken.add(Rule::Rest, room.limits.rest_days as f64 - rest as f64);
            broken.add(Rule::HardPerWeek, hard as f64 - room.hard as f64);
            broken.add(Rule::Least, room.limits.least_sessions as f64 - count as f64);
            broken.add(Rule::Ramp, (ctl - before - room.growth) / problem.ctl);
            broken.add(Rule::Monotony, week_monotony(&self.loads[7 * week..7 * week + 7]) - room.limits.monotony);
            if room.deload {
                let since = room.limits.deload_every - 1;
                let mean = (week - since..week).map(sum).sum::<f64>() / since as f64;
                broken.add(Rule::Deload, (sum(week) - room.raced.max(DELOAD * mean)) / problem.ctl / 7.0);
            }
        }
    }

    fn taper_broken(&self, problem: &Problem, taper: &Taper, broken: &mut Broken) {
        let sum = |days: &std::ops::Range<usize>| {
            let days = self.days[days.clone()].iter();
            days.fold([0.0, 0.0], |[all, hard], own| [all + own.minutes, hard + own.hard_minutes])
        };
        let [before, before_hard] = sum(&taper.before);
        let [during, during_hard] = sum(&taper.days);
        let share = taper.days.len() as f64 / taper.known();
        let usual = (before + taper.logged[0]) * share;
        let scale = (problem.request.level.weekly_minutes()).max(60.0);
        broken.add(Rule::Taper, (during - TAPER[1] * usual) / scale);
        broken.add(Rule::Taper, (TAPER[0] * usual - during) / scale);
        broken.add(Rule::Taper, (TAPER[0] * (before_hard + taper.logged[1]) * share - during_hard) / scale);
    }
}

impl Sum {
    fn add(&mut self, own: &Session) {
        self.load += own.load;
        self.minutes += own.minutes;
        self.planned += own.minutes;
        self.count += 1;
        self.hard += usize::from(own.hard);
        self.hard_minutes += if own.hard { own.minutes } else { 0.0 };
        self.twice += (self.heavy & own.heavy).count_ones();
        self.heavy |= own.heavy;
        self.technique |= own.technique;
    }
}
