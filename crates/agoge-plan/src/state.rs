//! A choice summarised day by day, so that a search step that changes two days only looks at the
//! sessions of those two days.

use super::problem::{DELOAD_SHARE, PlanProblem, SPIKE_DAYS, SessionDemand, TAPER_VOLUME, Taper};
use super::rule::{PlanRule, RuleBreaches, breach_amount};
use agoge_load::week_monotony;

/// What the rules need to know about a day's sessions (settled ones included) and its events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct DaySummary {
    /// AU, events included.
    load: f64,
    /// Minutes of sessions and events.
    minutes: f64,
    hard_minutes: f64,
    /// Minutes of sessions only.
    planned: f64,
    count: usize,
    hard: usize,
    heavy: u8,
    /// Number of regions that two sessions of the day load heavily.
    twice: u32,
    technique: bool,
}

/// A summarised choice and the rules it breaks.
#[derive(Clone, Debug)]
pub(super) struct PlanState {
    days: Vec<DaySummary>,
    /// `[day]`: copies from [`DaySummary`], contiguous for the sums over weeks.
    loads: Vec<f64>,
    /// `[family][day]`: the longest session that is done in one piece, min.
    longest: Vec<Vec<f64>>,
    /// `[family][day]`: by how much the longest session is too long, as a share of what is allowed.
    too_long: Vec<Vec<f64>>,
    /// The sum of `too_long`.
    all_too_long: f64,
    /// `[day]`: by how much the rules of a day and the day before it are broken.
    broken: Vec<f64>,
    weeks: Vec<WeekSummary>,
}

/// A summarised week.
#[derive(Clone, Copy, Debug, Default)]
struct WeekSummary {
    /// AU.
    load: f64,
    /// What its loads contribute to CTL at its end, AU a day.
    ctl: f64,
    /// By how much the rules of its days, and those that concern no other week, are broken.
    broken: f64,
}

impl PlanState {
    pub(super) fn new(problem: &PlanProblem, choice: &[Vec<u16>]) -> PlanState {
        let days = problem.day_count();
        let mut state = PlanState {
            days: vec![DaySummary::default(); days],
            loads: vec![0.0; days],
            longest: vec![vec![0.0; days]; problem.family_count()],
            too_long: vec![vec![0.0; days]; problem.family_count()],
            all_too_long: 0.0,
            broken: vec![0.0; days],
            weeks: vec![WeekSummary::default(); days / 7],
        };
        for (d, sessions) in choice.iter().enumerate() {
            state.set_day(problem, d, sessions);
        }
        state
    }

    /// Load of each day, events included, AU.
    pub(super) fn daily_loads(&self) -> &[f64] {
        &self.loads
    }

    /// The load that a day would have with these sessions, events included, AU.
    pub(super) fn load_with(problem: &PlanProblem, d: usize, sessions: &[u16]) -> f64 {
        DaySummary::from_sessions(problem, d, sessions).load
    }

    /// Summarises a day again with new sessions.
    pub(super) fn set_day(&mut self, problem: &PlanProblem, d: usize, sessions: &[u16]) {
        for family in 0..self.longest.len() {
            let steady = sessions_of_day(problem, d, sessions)
                .filter(|session| session.steady_family == Some(family));
            let longest = steady.map(|session| session.minutes).fold(0.0, f64::max);
            if longest != self.longest[family][d] {
                self.longest[family][d] = longest;
                self.update_too_long(problem, family, d);
            }
        }
        self.days[d] = DaySummary::from_sessions(problem, d, sessions);
        self.loads[d] = self.days[d].load;
        // The rules of the next day depend on this one.
        let until = (d + 2).min(self.days.len());
        for d in d..until {
            let mut broken = 0.0;
            self.add_day_breaches(problem, d, &mut |_, amount| broken += breach_amount(amount));
            self.broken[d] = broken;
        }
        for week in d / 7..(until - 1) / 7 + 1 {
            let loads = &self.loads[7 * week..7 * week + 7];
            let mut broken = self.broken[7 * week..7 * week + 7].iter().sum();
            self.add_week_breaches(problem, week, &mut |_, amount| broken += breach_amount(amount));
            self.weeks[week] = WeekSummary {
                load: loads.iter().sum(),
                ctl: loads.iter().fold(0.0, |ctl, load| {
                    problem.ctl_retention * ctl + (1.0 - problem.ctl_retention) * load
                }),
                broken,
            };
        }
    }

    /// By how much all rules together are broken, in shares of their limits.
    pub(super) fn total_breach(&self, problem: &PlanProblem) -> f64 {
        let mut broken = self.all_too_long + self.weeks.iter().map(|week| week.broken).sum::<f64>();
        self.add_trend_breaches(problem, self.weeks.len(), &mut |_, amount| {
            broken += breach_amount(amount)
        });
        broken
    }

    /// The rules broken by the first `until` days of a plan; incomplete weeks are not judged.
    pub(super) fn rules_broken(&self, problem: &PlanProblem, until: usize) -> RuleBreaches {
        let mut broken = RuleBreaches::default();
        let mut add = |rule: PlanRule, amount: f64| broken.add_excess(rule, amount);
        (0..until).for_each(|d| self.add_day_breaches(problem, d, &mut add));
        self.too_long
            .iter()
            .flat_map(|family| &family[..until])
            .for_each(|amount| add(PlanRule::Spike, *amount));
        (0..until / 7).for_each(|week| self.add_week_breaches(problem, week, &mut add));
        self.add_trend_breaches(problem, until / 7, &mut add);
        broken
    }

    /// Adds up the breaches of the rules about a day, and about it and the day before.
    fn add_day_breaches(
        &self,
        problem: &PlanProblem,
        d: usize,
        add: &mut impl FnMut(PlanRule, f64),
    ) {
        let today = &self.days[d];
        let eve =
            d.checked_sub(1).map(|eve| (&self.days[eve], problem.events_by_day[eve].has_event()));
        let eve_hard = eve.map_or(problem.hard_day_before, |(eve, _)| eve.hard_minutes > 0.0);
        let most = problem.request.limits.sessions_per_day;
        add(PlanRule::Available, (today.planned - problem.minutes[d]) / 60.0);
        add(PlanRule::SessionsPerDay, today.count as f64 - most as f64);
        add(PlanRule::Pain, problem.fixed_pain_conflicts[d]);
        add(PlanRule::HardDays, today.hard as f64 - 1.0);
        let twice = today.twice + eve.map_or(0, |(eve, _)| (today.heavy & eve.heavy).count_ones());
        add(PlanRule::Tissue, f64::from(twice));
        let raced_twice =
            problem.events_by_day[d].has_event() && eve.is_some_and(|(_, raced)| raced);
        if today.hard_minutes > 0.0 && eve_hard && !raced_twice {
            add(PlanRule::HardDays, 1.0);
        }
        if today.technique && (today.hard > 0 || eve_hard) {
            add(PlanRule::Fresh, 1.0);
        }
    }

    /// Recomputes by how much the sessions of a family are too long, on a day that has changed and
    /// on those that look back at it.
    fn update_too_long(&mut self, problem: &PlanProblem, family: usize, changed: usize) {
        let (longest, logged) = (&self.longest[family], &problem.longest[family]);
        let until = (changed + SPIKE_DAYS as usize + 1).min(longest.len());
        for d in changed..until {
            self.too_long[family][d] = if longest[d] > problem.base_minutes {
                let before = &longest[d.saturating_sub(SPIKE_DAYS as usize)..d];
                let before =
                    before.iter().copied().fold(logged[d].max(problem.base_minutes), f64::max);
                longest[d] / (before * (1.0 + problem.weeks[d / 7].limits.spike)) - 1.0
            } else {
                0.0
            };
        }
        self.all_too_long =
            self.too_long.iter().flatten().map(|amount| breach_amount(*amount)).sum();
    }

    /// Adds up the breaches of the rules that concern a single week.
    fn add_week_breaches(
        &self,
        problem: &PlanProblem,
        week: usize,
        add: &mut impl FnMut(PlanRule, f64),
    ) {
        let (room, days) = (&problem.weeks[week], 7 * week..7 * week + 7);
        let (mut rest, mut hard, mut count) = (0usize, 0usize, 0usize);
        for (day, raced) in self.days[days.clone()].iter().zip(&problem.events_by_day[days.clone()])
        {
            rest += usize::from(day.count == 0 && !raced.has_event());
            count += day.count;
            hard += day.hard;
        }
        add(PlanRule::Rest, room.limits.rest_days as f64 - rest as f64);
        add(PlanRule::HardPerWeek, hard as f64 - room.max_hard_sessions as f64);
        add(PlanRule::Least, room.limits.least_sessions as f64 - count as f64);
        add(PlanRule::Monotony, week_monotony(&self.loads[days]) - room.limits.monotony);
    }

    /// Adds up the breaches, in the first weeks, of the rules that span several weeks.
    fn add_trend_breaches(
        &self,
        problem: &PlanProblem,
        weeks: usize,
        add: &mut impl FnMut(PlanRule, f64),
    ) {
        let (mut ctl, keep) = (problem.ctl, problem.ctl_retention.powi(7));
        for (week, (room, week_sums)) in problem.weeks[..weeks].iter().zip(&self.weeks).enumerate()
        {
            let before = ctl;
            ctl = ctl * keep + week_sums.ctl;
            add(PlanRule::Ramp, (ctl - before - room.max_ctl_growth) / problem.ctl);
            if room.deload {
                let since = room.limits.deload_every - 1;
                let mean = self.weeks[week - since..week].iter().map(|week| week.load).sum::<f64>()
                    / since as f64;
                add(
                    PlanRule::Deload,
                    (week_sums.load - room.event_load.max(DELOAD_SHARE * mean)) / problem.ctl / 7.0,
                );
            }
        }
        for taper in problem.tapers.iter().filter(|taper| taper.days.end <= 7 * weeks) {
            self.add_taper_breaches(problem, taper, add);
        }
    }

    fn add_taper_breaches(
        &self,
        problem: &PlanProblem,
        taper: &Taper,
        add: &mut impl FnMut(PlanRule, f64),
    ) {
        let sum = |days: &std::ops::Range<usize>| {
            let days = self.days[days.clone()].iter();
            days.fold([0.0, 0.0], |[all, hard], day| [all + day.minutes, hard + day.hard_minutes])
        };
        let [before, before_hard] = sum(&taper.before);
        let [during, during_hard] = sum(&taper.days);
        let share = taper.days.len() as f64 / taper.known_days();
        let usual = (before + taper.logged[0]) * share;
        let scale = (problem.request.level.weekly_minutes()).max(60.0);
        add(PlanRule::Taper, (during - TAPER_VOLUME[1] * usual) / scale);
        add(PlanRule::Taper, (TAPER_VOLUME[0] * usual - during) / scale);
        add(
            PlanRule::Taper,
            (TAPER_VOLUME[0] * (before_hard + taper.logged[1]) * share - during_hard) / scale,
        );
    }
}

impl DaySummary {
    fn from_sessions(problem: &PlanProblem, d: usize, sessions: &[u16]) -> DaySummary {
        let raced = problem.events_by_day[d];
        let (load, minutes, hard_minutes) = (raced.load, raced.minutes, raced.hard_minutes);
        let mut sum = DaySummary { load, minutes, hard_minutes, ..DaySummary::default() };
        sessions_of_day(problem, d, sessions).for_each(|session| sum.add_session(session));
        sum
    }

    fn add_session(&mut self, session: &SessionDemand) {
        self.load += session.load;
        self.minutes += session.minutes;
        self.planned += session.minutes;
        self.count += 1;
        self.hard += usize::from(session.hard);
        self.hard_minutes += if session.hard { session.minutes } else { 0.0 };
        self.twice += (self.heavy & session.heavy).count_ones();
        self.heavy |= session.heavy;
        self.technique |= session.technique;
    }
}

/// The sessions of a day, settled ones included.
fn sessions_of_day<'a>(
    problem: &'a PlanProblem,
    d: usize,
    sessions: &'a [u16],
) -> impl Iterator<Item = &'a SessionDemand> {
    sessions.iter().map(|i| &problem.sessions[usize::from(*i)]).chain(&problem.fixed[d])
}
