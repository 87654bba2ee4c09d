//! Simulation study of whether personal plans are worth it: virtual athletes whose true response to
//! load is known get plans based on what their logs and tests show.

use super::problem::PlanProblem;
use super::response::{LoadResponse, PerformanceTest, ResponsePrior};
use super::{
    CompletedSession, EventPriority, Plan, PlanBasis, PlanChoice, PlanEvent, PlanRequest,
    PlannedSession, SessionLibrary, TrainingHistory, TrainingNeed, make_plan,
};
use agoge_motion::Day;
use rayon::prelude::*;
use serde::Serialize;

/// Days of the log that the planner sees, and days between tests.
const LOG_DAYS: usize = 112;
const TEST_DAYS: usize = 14;
/// Standard deviation of a test, share of performance.
const TEST_NOISE: f64 = 0.015;
/// Share of planned sessions that are missed.
const MISSED_SHARE: f64 = 0.1;
const STUDY_WEEKS: usize = 12;

/// What the planner bases its response on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannerKnowledge {
    /// The athlete's own log.
    OwnLog,
    /// Another athlete's log: the planner is misled.
    AnotherLog,
}

/// The true response of a virtual athlete: gains in shares of performance as in [`ResponsePrior`],
/// time constants in days.
#[derive(Clone, Copy, Debug)]
struct TrueResponse {
    gains: [f64; 3],
    fitness: f64,
    fatigue: f64,
    dose: Option<f64>,
    usual: f64,
}

impl TrueResponse {
    fn draw_random(random: &mut fastrand::Rng, usual: f64) -> TrueResponse {
        let spread = |random: &mut fastrand::Rng| (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
        let mut near = |centre: f64, sd: f64| centre * (sd * spread(random)).exp();
        let (fitness, fatigue) = (near(42.0, 0.25), near(11.0, 0.25));
        let (gain, tired) = (near(0.20, 0.3), near(0.12, 0.3));
        let dose = random.bool().then_some(5.0);
        TrueResponse { gains: [0.92, gain, tired], fitness, fatigue, dose, usual }
    }

    /// Performance on the morning after these loads, AU a day; 1 is about what usual training
    /// gives. Written as the sums in the papers.
    fn performance_after(&self, loads: &[f64]) -> f64 {
        let end = loads.len() as f64;
        let decay = |tau: f64, ago: f64| (-ago / tau).exp();
        let unit = |tau: f64| 1.0 / ((1.0 / tau).exp() - 1.0);
        let relative: Vec<f64> = loads.iter().map(|load| load / self.usual).collect();
        let fitness: f64 =
            relative.iter().enumerate().map(|(i, w)| w * decay(self.fitness, end - i as f64)).sum();
        let strength = |i: usize| match self.dose {
            None => 1.0,
            Some(tau) => {
                let sum: f64 = (0..=i).map(|j| relative[j] * decay(tau, (i - j) as f64)).sum();
                sum * (1.0 - (-1.0 / tau).exp())
            }
        };
        let fatigue: f64 = relative
            .iter()
            .enumerate()
            .map(|(i, w)| strength(i) * w * decay(self.fatigue, end - i as f64))
            .sum();
        self.gains[0] + self.gains[1] * fitness / unit(self.fitness)
            - self.gains[2] * fatigue / unit(self.fatigue)
    }
}

/// The results of one athlete under each plan: performance at the event, percent of what usual
/// training gives, and sessions more than a tenth longer than before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyOutcome {
    /// Performance under the personal plan.
    pub personal: f64,
    /// Sessions of the personal plan that are too long.
    pub personal_spikes: usize,
    /// Performance under each template, in the order of [`TEMPLATES`].
    pub templates: Vec<f64>,
    /// Sessions of each template that are too long.
    pub template_spikes: Vec<usize>,
    /// Time the plan took, s.
    pub seconds: f64,
    /// The plan's gap to the upper bound.
    pub gap: f64,
    /// Violations found by the independent checker.
    pub violations: usize,
}

/// The templates: load of each week as a share of the usual. The first is the generic periodised
/// plan: three weeks up, one down, two weeks of taper.
pub const TEMPLATES: [(&str, [f64; STUDY_WEEKS]); 6] = [
    ("periodised 3:1, taper", [1.0, 1.1, 1.2, 0.7, 1.1, 1.2, 1.3, 0.8, 1.2, 1.3, 0.65, 0.45]),
    ("steady, taper", [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.6, 0.4]),
    ("steady", [1.0; STUDY_WEEKS]),
    ("linear growth, taper", [1.0, 1.04, 1.08, 1.12, 1.16, 1.2, 1.24, 1.28, 1.32, 1.36, 0.7, 0.5]),
    (
        "linear growth, one week of taper",
        [1.0, 1.04, 1.08, 1.12, 1.16, 1.2, 1.24, 1.28, 1.32, 1.36, 1.36, 0.5],
    ),
    ("2:1, taper", [1.05, 1.15, 0.7, 1.15, 1.25, 0.75, 1.25, 1.35, 0.8, 1.35, 0.65, 0.45]),
];

/// A virtual athlete with a log.
struct VirtualAthlete {
    request: PlanRequest,
    past: TrainingHistory,
    truth: TrueResponse,
}

fn simulate_athlete(seed: u64) -> VirtualAthlete {
    let mut random = fastrand::Rng::with_seed(seed);
    let start = Day(20_000);
    let mut minutes = [0.0; 7];
    for day in &mut minutes {
        *day = [0.0, 45.0, 60.0, 60.0, 90.0, 90.0, 120.0][random.usize(..7)];
    }
    minutes[5] = 120.0;
    minutes[2] = 60.0;
    minutes[0] = 60.0;
    let mut request = PlanRequest::new(start, STUDY_WEEKS, minutes);
    request.sports = std::iter::once("running".to_owned()).collect();
    let at = 7 * STUDY_WEEKS - 1;
    request.events = vec![PlanEvent {
        day: start.plus_days(at as i32),
        title: "race".into(),
        priority: EventPriority::A,
        sport: "running".into(),
        minutes: 60.0,
        rpe: 9.0,
        regions: None,
        recover: None,
    }];
    // The log: a third of the free time is used, mostly for easy runs.
    let mut past = TrainingHistory::default();
    let mut unused = 0.0;
    for d in 0..LOG_DAYS {
        let day = start.plus_days(d as i32 - LOG_DAYS as i32);
        let free = request.minutes_on(day);
        let minutes_done = if free > 0.0 && random.f64() < 0.75 {
            (free * (0.5 + 0.5 * random.f64()) / 5.0).round() * 5.0
        } else {
            0.0
        };
        let rpe = if random.f64() < 0.2 { 7.0 } else { 3.5 };
        unused += free - minutes_done;
        past.loads.push(minutes_done * rpe);
        if minutes_done > 0.0 {
            past.sessions.push(CompletedSession {
                day,
                sport: "running".into(),
                minutes: minutes_done,
                load: minutes_done * rpe,
            });
        }
    }
    let usual = past.loads.iter().sum::<f64>() / LOG_DAYS as f64;
    let truth = TrueResponse::draw_random(&mut random, usual.max(1.0));
    let noise = |random: &mut fastrand::Rng| {
        TEST_NOISE * ((0..12).map(|_| random.f64()).sum::<f64>() - 6.0)
    };
    for day in (TEST_DAYS..=LOG_DAYS).step_by(TEST_DAYS) {
        let value = 300.0
            * (truth.performance_after(&prepend_usual_training(&past.loads[..day], usual))
                + noise(&mut random));
        past.tests.push(PerformanceTest { day, value });
    }
    debug_assert!(unused >= 0.0);
    VirtualAthlete { request, past, truth }
}

/// Prepends half a year of usual training to the log, so that the athlete does not start untrained.
fn prepend_usual_training(loads: &[f64], usual: f64) -> Vec<f64> {
    std::iter::repeat_n(usual, 200).chain(loads.iter().copied()).collect()
}

/// Turns a template into sessions: on each free day the run whose load is nearest to the day's
/// share of the week.
fn choice_from_template(
    problem: &PlanProblem,
    weekly: f64,
    factors: &[f64; STUDY_WEEKS],
) -> PlanChoice {
    // Relative load of the days by rank of free minutes: one long, two hard, the others easy.
    const SHARE: [f64; 7] = [0.28, 0.22, 0.18, 0.14, 0.11, 0.07, 0.0];
    let mut choice: PlanChoice = vec![Vec::new(); problem.day_count()];
    for (week, factor) in factors.iter().enumerate() {
        let mut days: Vec<usize> =
            (7 * week..7 * week + 7).filter(|d| !problem.fits[*d].is_empty()).collect();
        days.sort_by(|a, b| problem.minutes[*b].total_cmp(&problem.minutes[*a]).then(a.cmp(b)));
        days.truncate(6);
        let all: f64 = SHARE[..days.len()].iter().sum();
        for (rank, d) in days.into_iter().enumerate() {
            let wanted_load = weekly * factor * SHARE[rank] / all;
            let distance = |i: &&u16| (problem.sessions[usize::from(**i)].load - wanted_load).abs();
            let runs = problem.fits[d]
                .iter()
                .filter(|i| problem.items[usize::from(**i)].sport == "running");
            let best = runs.min_by(|a, b| distance(a).total_cmp(&distance(b)));
            choice[d].extend(best.filter(|i| distance(i) < wanted_load));
        }
    }
    choice
}

/// The loads as actually done: some sessions are missed.
fn simulate_missed_sessions(planned: &[(usize, f64)], days: usize, seed: u64) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut loads = vec![0.0; days];
    for (day, load) in planned {
        if random.f64() >= MISSED_SHARE {
            loads[*day] += load;
        }
    }
    loads
}

/// Counts the sessions more than a tenth longer than the longest of the 30 days before.
fn count_spikes(past: &TrainingHistory, planned: &[(Day, f64)]) -> usize {
    let known: Vec<(Day, f64)> = past
        .sessions
        .iter()
        .map(|done| (done.day, done.minutes))
        .chain(planned.iter().copied())
        .collect();
    let is_spike = |(day, minutes): &&(Day, f64)| {
        let before = known
            .iter()
            .filter(|(other, _)| other < day && other.0 >= day.0 - 30)
            .map(|(_, m)| *m)
            .fold(0.0, f64::max);
        before > 0.0 && *minutes > 1.1 * before
    };
    planned.iter().filter(is_spike).count()
}

/// Plans for virtual athletes and simulates their training; the result for a seed is the same on
/// any number of threads.
pub fn run_study(athletes: usize, seed: u64, knows: PlannerKnowledge) -> Vec<StudyOutcome> {
    let library = SessionLibrary::bundled();
    let all: Vec<VirtualAthlete> =
        (0..athletes as u64).map(|n| simulate_athlete(seed * 1000 + n)).collect();
    (0..athletes).into_par_iter().filter_map(|n| study_athlete(&all, n, library, knows)).collect()
}

fn study_athlete(
    all: &[VirtualAthlete],
    n: usize,
    library: &SessionLibrary,
    knows: PlannerKnowledge,
) -> Option<StudyOutcome> {
    let athlete = &all[n];
    let fitted = match knows {
        PlannerKnowledge::OwnLog => athlete,
        PlannerKnowledge::AnotherLog => &all[(n + 1) % all.len()],
    };
    let mut response =
        LoadResponse::fit(&fitted.past.loads, &fitted.past.tests, &ResponsePrior::default());
    response.usual_load = athlete.truth.usual;
    let needs: [TrainingNeed; 0] = [];
    let basis = PlanBasis {
        request: &athlete.request,
        library,
        past: &athlete.past,
        response: &response,
        needs: &needs,
    };
    let began = std::time::Instant::now();
    let plan_made: Plan = make_plan(&basis, None).ok()?;
    let seconds = began.elapsed().as_secs_f64();
    let days = athlete.request.day_count() - 1;
    let place = |session: &PlannedSession| (session.day.0 - athlete.request.start.0) as usize;
    let at_event = |planned: &[(usize, f64)]| {
        let loads = simulate_missed_sessions(planned, days, n as u64);
        let all: Vec<f64> = athlete.past.loads.iter().chain(&loads).copied().collect();
        100.0 * athlete.truth.performance_after(&prepend_usual_training(&all, athlete.truth.usual))
    };
    let planned: Vec<(usize, f64)> =
        plan_made.sessions.iter().map(|s| (place(s), s.load)).filter(|(d, _)| *d < days).collect();
    let steady =
        |kind| matches!(kind, super::SessionKind::Endurance | super::SessionKind::Intensity);
    let lengths: Vec<(Day, f64)> = plan_made
        .sessions
        .iter()
        .filter(|s| steady(s.kind) && s.sport == "running")
        .map(|s| (s.day, s.minutes))
        .collect();
    let problem = PlanProblem::new(&athlete.request, library, &athlete.past, &response, &needs);
    let weekly = 7.0 * athlete.truth.usual;
    let (mut templates, mut template_spikes) = (Vec::new(), Vec::new());
    for (_, factors) in &TEMPLATES {
        let choice = choice_from_template(&problem, weekly, factors);
        let sessions: Vec<(usize, &super::SessionItem)> = choice
            .iter()
            .enumerate()
            .flat_map(|(d, items)| items.iter().map(move |i| (d, *i)))
            .map(|(d, i)| (d, problem.items[usize::from(i)]))
            .collect();
        let planned: Vec<(usize, f64)> =
            sessions.iter().map(|(d, item)| (*d, item.load())).filter(|(d, _)| *d < days).collect();
        let lengths: Vec<(Day, f64)> = sessions
            .iter()
            .filter(|(_, item)| item.is_steady())
            .map(|(d, item)| (athlete.request.start.plus_days(*d as i32), item.minutes))
            .collect();
        templates.push(at_event(&planned));
        template_spikes.push(count_spikes(&athlete.past, &lengths));
    }
    Some(StudyOutcome {
        personal: at_event(&planned),
        personal_spikes: count_spikes(&athlete.past, &lengths),
        templates,
        template_spikes,
        seconds,
        gap: plan_made.gap.unwrap_or(f64::NAN),
        violations: super::check_plan(&plan_made, &athlete.request, &athlete.past).len(),
    })
}
