//! A club's own log: whether there is enough to learn a warning from, whether what was learned may
//! speak, and what it then says of each athlete's last day.

use super::windows::{Days, SUMMARY_NAMES, windows};
use agoge_attention::Error;
use agoge_attention::warning::{Foretell, Judged, Kind, Window, judge, learn, left_out};
use agoge_motion::Day;
use serde::Serialize;

/// Draws of athletes behind an interval.
const DRAWS: usize = 1000;
/// Part of the days on which a model is set to warn.
pub const NOMINAL: f64 = 0.05;
/// Groups of days, by rising odds, of the table of calibration.
const GROUPS: usize = 5;
/// The most factors that are told of an athlete's day.
const FACTORS: usize = 3;
/// A factor that moves the odds by less than a twentieth moves nothing.
const LEAST_MOVE: f64 = 0.05;

/// An athlete of a club.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The name.
    pub name: String,
    /// The last day of `days`.
    pub today: Day,
    /// What is known.
    pub days: Days,
}

/// How much there is to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// Athletes with days that can be learned from.
    pub athletes: usize,
    /// Their days at risk with enough known before them, in years.
    pub years: f64,
    /// Injuries on the day after one of them.
    pub injuries: usize,
}

impl Amount {
    /// The least that a warning is learned from: what was measured on simulated squads
    /// (docs/results/load.md).
    pub const LEAST: Amount = Amount { athletes: 16, years: 50.0, injuries: 100 };

    fn of(windows: &[&Window]) -> Amount {
        let mut athletes: Vec<usize> = windows.iter().map(|window| window.athlete).collect();
        athletes.dedup();
        Amount {
            athletes: athletes.len(),
            years: windows.len() as f64 / 365.25,
            injuries: windows.iter().filter(|window| window.outcome).count(),
        }
    }

    /// Whether it is at least so much.
    pub fn is_enough(&self, least: &Amount) -> bool {
        self.athletes >= least.athletes
            && self.years >= least.years
            && self.injuries >= least.injuries
    }
}

/// Days of similar odds: what was said of them and what came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Days.
    pub days: usize,
    /// Part of them that the model expected to be followed by an injury.
    pub said: f64,
    /// Part that was.
    pub came: f64,
    /// The 95 % interval of `came` (Wilson 1927).
    pub interval: [f64; 2],
}

/// How good the model is on athletes that it did not learn from, each left out in turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Discrimination and calibration.
    pub judged: Judged,
    /// Groups of days by rising odds.
    pub calibration: Vec<Group>,
    /// Part of the days on which it warned.
    pub warned: f64,
    /// Of those days the part that was followed by an injury on the next: the predictive value at
    /// the base rate.
    pub predictive_value: f64,
    /// Its 95 % interval (Wilson 1927).
    pub predictive_interval: [f64; 2],
}

/// Something that moved the odds of an athlete's day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// What, as in [`SUMMARY_NAMES`].
    pub name: &'static str,
    /// Its value on the day.
    pub now: f64,
    /// The athlete's usual value: the median of all days.
    pub usual: f64,
    /// Whether it raised the odds.
    pub raises: bool,
}

/// What the model says of an athlete's last day: no probability, but whether it warns and what
/// changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Word {
    /// Who.
    pub athlete: String,
    /// The day.
    pub day: Day,
    /// Whether the day is like the twentieth of all days that the model weighs highest.
    pub warns: bool,
    /// What moved the odds most, the largest first.
    pub moved: Vec<Moved>,
}

/// What a club's log taught.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Club {
    /// The model.
    pub model: &'static str,
    /// How much there is.
    pub amount: Amount,
    /// How much is needed.
    pub least: Amount,
    /// How good the model is; none where there is too little.
    pub report: Option<Report>,
    /// Whether the model may speak; else the rules speak alone.
    pub may_speak: bool,
    /// Why, or why not.
    pub reason: String,
    /// Its words; empty where it may not speak.
    pub words: Vec<Word>,
}

/// Learns from a club's log where it has enough, and judges what was learned on athletes left out.
/// The same log, model and seed give the same.
///
/// # Errors
/// If a training goes wrong.
pub fn club(members: &[Member], kind: Kind, seed: u64) -> Result<Club, Error> {
    let all: Vec<Window> = members
        .iter()
        .enumerate()
        .flat_map(|(athlete, member)| windows(athlete, &member.days))
        .map(|(_, window)| window)
        .filter(is_known)
        .collect();
    let known: Vec<&Window> = all.iter().collect();
    let (amount, least) = (Amount::of(&known), Amount::LEAST);
    let mut own = Club {
        model: kind.name(),
        amount,
        least,
        report: None,
        may_speak: false,
        reason: String::new(),
        words: Vec::new(),
    };
    if !amount.is_enough(&least) {
        own.reason = format!(
            "there are {} athletes, {:.1} athlete-years and {} injuries without contact to learn from; needed are {}, {:.0} and {} \
             (measured on simulated squads, docs/results/load.md): the rules speak alone",
            amount.athletes,
            amount.years,
            amount.injuries,
            least.athletes,
            least.years,
            least.injuries
        );
        return Ok(own);
    }
    let odds = left_out(kind, &known, seed)?;
    let report = report(&odds, &known, seed);
    let judged = report.judged;
    own.may_speak = judged.may_speak();
    let [low, high] = judged.auc_interval;
    let (auc, slope) = (judged.auc, judged.calibration_slope);
    own.reason = match () {
        () if own.may_speak => format!(
            "on athletes left out its AUC is {auc:.2} ({low:.2} to {high:.2}), wholly above chance, and its calibration slope {slope:.2}"
        ),
        () if low <= 0.5 => format!(
            "on athletes left out its AUC is {auc:.2} ({low:.2} to {high:.2}), which cannot be told from chance: the rules speak alone"
        ),
        () => {
            format!(
                "on athletes left out its calibration slope is {slope:.2}, outside 0.5 to 2: the rules speak alone"
            )
        }
    };
    own.report = Some(report);
    if own.may_speak {
        let model = learn(kind, &known, seed)?;
        let limit = quantile(model.log_odds(&known), 1.0 - NOMINAL);
        own.words = members
            .iter()
            .enumerate()
            .filter_map(|(who, member)| word(&*model, limit, who, member, &all))
            .collect();
    }
    Ok(own)
}

/// Whether at least half of the days looked back on have a load: else the athlete did not write.
fn is_known(window: &Window) -> bool {
    let told =
        window.days.iter().filter(|day| day.first().is_some_and(|load| load.is_finite())).count();
    2 * told >= window.days.len()
}

fn report(odds: &[f64], windows: &[&Window], seed: u64) -> Report {
    let mut order: Vec<usize> = (0..odds.len()).collect();
    order.sort_by(|a, b| odds[*a].total_cmp(&odds[*b]));
    let came = |days: &[usize]| days.iter().filter(|day| windows[**day].outcome).count();
    let group = |days: &[usize]| {
        let said: f64 = days.iter().map(|day| 1.0 / (1.0 + (-odds[*day]).exp())).sum();
        let (n, count) = (days.len() as f64, came(days));
        Group {
            days: days.len(),
            said: said / n,
            came: count as f64 / n,
            interval: wilson(count, days.len()),
        }
    };
    let calibration = (0..GROUPS)
        .map(|k| &order[k * order.len() / GROUPS..(k + 1) * order.len() / GROUPS])
        .filter(|days| !days.is_empty())
        .map(group)
        .collect();
    let limit = quantile(odds.to_vec(), 1.0 - NOMINAL);
    let warned: Vec<usize> = (0..odds.len()).filter(|day| odds[*day] > limit).collect();
    let hits = came(&warned);
    Report {
        judged: judge(odds, windows, DRAWS, seed),
        calibration,
        warned: warned.len() as f64 / odds.len() as f64,
        predictive_value: hits as f64 / warned.len() as f64,
        predictive_interval: wilson(hits, warned.len()),
    }
}

/// The 95 % interval of a part (Wilson 1927).
fn wilson(hits: usize, of: usize) -> [f64; 2] {
    let (n, z) = (of as f64, 1.96f64);
    let p = hits as f64 / n;
    let (middle, half) =
        (p + z * z / (2.0 * n), z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt());
    [-1.0, 1.0].map(|sign| (middle + sign * half) / (1.0 + z * z / n))
}

/// What a model says of an athlete's last day; nothing while the athlete is injured or has not
/// written.
fn word(
    model: &dyn Foretell,
    limit: f64,
    who: usize,
    member: &Member,
    all: &[Window],
) -> Option<Word> {
    // The day after the last is not known yet: one without anything stands in for it.
    let mut ahead = member.days.clone();
    ahead.load.push(f64::NAN);
    ahead.wellness.push(f64::NAN);
    ahead.movement.push(f64::NAN);
    ahead.injured.push(false);
    ahead.at_risk.push(true);
    let (day, window) = windows(who, &ahead).pop()?;
    if day + 1 != member.days.load.len() || !is_known(&window) {
        return None;
    }
    let odds = |window: &Window| model.log_odds(&[window]).first().copied().unwrap_or(f64::NAN);
    let now = odds(&window);
    let mut moved: Vec<(f64, Moved)> = SUMMARY_NAMES
        .iter()
        .enumerate()
        .filter_map(|(k, name)| {
            let own = all
                .iter()
                .filter(|window| window.athlete == who)
                .map(|window| f64::from(window.summary[k]));
            let usual = quantile(own.filter(|value| value.is_finite()).collect(), 0.5);
            let value = f64::from(window.summary[k]);
            let mut other = window.clone();
            other.summary[k] = usual as f32;
            let change = now - odds(&other);
            let told = value.is_finite() && usual.is_finite() && change.abs() >= LEAST_MOVE;
            told.then_some((change, Moved { name, now: value, usual, raises: change > 0.0 }))
        })
        .collect();
    moved.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    moved.truncate(FACTORS);
    let moved = moved.into_iter().map(|(_, moved)| moved).collect();
    Some(Word { athlete: member.name.clone(), day: member.today, warns: now > limit, moved })
}

/// A quantile; NaN of nothing.
pub(super) fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get((part * values.len().saturating_sub(1) as f64).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}
