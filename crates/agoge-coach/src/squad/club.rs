//! Learns from a club's own log: whether there is enough data to learn a warning model, whether the
//! model may be used, and what it then says about each athlete's last day.

use super::windows::{Days, SUMMARY_NAMES, windows};
use agoge_attention::Error;
use agoge_attention::warning::{Foretell, Judged, Kind, Window, judge, learn, left_out};
use agoge_motion::Day;
use serde::Serialize;

/// Bootstrap draws of athletes behind an interval.
const DRAWS: usize = 1000;
/// Share of the days on which a model is set to warn.
pub const NOMINAL: f64 = 0.05;
/// Number of groups of days, by rising odds, in the calibration table.
const GROUPS: usize = 5;
/// Most factors reported for an athlete's day.
const FACTORS: usize = 3;
/// Smallest change of the log odds (about a twentieth of the odds) that counts as a factor.
const LEAST_MOVE: f64 = 0.05;

/// An athlete of a club.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Name.
    pub name: String,
    /// Last day of `days`.
    pub today: Day,
    /// The athlete's recorded days.
    pub days: Days,
}

/// How much data there is to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// Number of athletes with days that can be learned from.
    pub athletes: usize,
    /// Their days at risk with enough known before them, in years.
    pub years: f64,
    /// Injuries on the day after one of them.
    pub injuries: usize,
}

impl Amount {
    /// Least data from which a warning model is learned: measured on simulated squads
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

    /// Whether there is at least as much as in `least`.
    pub fn is_enough(&self, least: &Amount) -> bool {
        self.athletes >= least.athletes
            && self.years >= least.years
            && self.injuries >= least.injuries
    }
}

/// A group of days with similar odds: what was predicted and what happened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Group {
    /// Number of days.
    pub days: usize,
    /// Share of them that the model expected to be followed by an injury.
    pub said: f64,
    /// Share that was followed by an injury.
    pub came: f64,
    /// 95 % interval of `came` (Wilson 1927).
    pub interval: [f64; 2],
}

/// How good the model is on athletes it did not learn from, leaving out each in turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Discrimination and calibration.
    pub judged: Judged,
    /// Groups of days by rising odds.
    pub calibration: Vec<Group>,
    /// Share of the days on which it warned.
    pub warned: f64,
    /// Share of the warned days that were followed by an injury on the next day: the predictive
    /// value at the base rate.
    pub predictive_value: f64,
    /// 95 % interval of `predictive_value` (Wilson 1927).
    pub predictive_interval: [f64; 2],
}

/// A factor that changed the odds of an athlete's day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// Name, one of [`SUMMARY_NAMES`].
    pub name: &'static str,
    /// Value on the day.
    pub now: f64,
    /// Usual value of the athlete: the median of all days.
    pub usual: f64,
    /// Whether it raised the odds.
    pub raises: bool,
}

/// The model's result for an athlete's last day: no probability, but whether it warns and what
/// changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Word {
    /// Name of the athlete.
    pub athlete: String,
    /// Day.
    pub day: Day,
    /// Whether the day is like the twentieth of all days with the highest odds.
    pub warns: bool,
    /// Factors that changed the odds most, largest first.
    pub moved: Vec<Moved>,
}

/// Result of learning from a club's log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Club {
    /// Name of the model.
    pub model: &'static str,
    /// How much data there is.
    pub amount: Amount,
    /// How much data is needed.
    pub least: Amount,
    /// How good the model is; `None` with too little data.
    pub report: Option<Report>,
    /// Whether the model may be used; otherwise only the rules apply.
    pub may_speak: bool,
    /// Why, or why not.
    pub reason: String,
    /// The model's results per athlete; empty if it may not be used.
    pub words: Vec<Word>,
}

/// Learns from a club's log if it has enough data, and evaluates the model on held-out athletes.
/// The same log, model and seed give the same result.
///
/// # Errors
/// Returns the error of a failed training.
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
    let mut result = Club {
        model: kind.name(),
        amount,
        least,
        report: None,
        may_speak: false,
        reason: String::new(),
        words: Vec::new(),
    };
    if !amount.is_enough(&least) {
        result.reason = format!(
            "there are {} athletes, {:.1} athlete-years and {} injuries without contact to learn from; needed are {}, {:.0} and {} \
             (measured on simulated squads, docs/results/load.md): the rules speak alone",
            amount.athletes,
            amount.years,
            amount.injuries,
            least.athletes,
            least.years,
            least.injuries
        );
        return Ok(result);
    }
    let odds = left_out(kind, &known, seed)?;
    let report = report(&odds, &known, seed);
    let judged = report.judged;
    result.may_speak = judged.may_speak();
    let [low, high] = judged.auc_interval;
    let (auc, slope) = (judged.auc, judged.calibration_slope);
    result.reason = match () {
        () if result.may_speak => format!(
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
    result.report = Some(report);
    if result.may_speak {
        let model = learn(kind, &known, seed)?;
        let limit = quantile(model.log_odds(&known), 1.0 - NOMINAL);
        result.words = members
            .iter()
            .enumerate()
            .filter_map(|(who, member)| word(&*model, limit, who, member, &all))
            .collect();
    }
    Ok(result)
}

/// Whether at least half of the days looked back on have a load; otherwise the athlete did not keep
/// the log.
fn is_known(window: &Window) -> bool {
    let known_days =
        window.days.iter().filter(|day| day.first().is_some_and(|load| load.is_finite())).count();
    2 * known_days >= window.days.len()
}

fn report(odds: &[f64], windows: &[&Window], seed: u64) -> Report {
    let mut order: Vec<usize> = (0..odds.len()).collect();
    order.sort_by(|a, b| odds[*a].total_cmp(&odds[*b]));
    let count_injured = |days: &[usize]| days.iter().filter(|day| windows[**day].outcome).count();
    let group = |days: &[usize]| {
        let expected: f64 = days.iter().map(|day| 1.0 / (1.0 + (-odds[*day]).exp())).sum();
        let (n, count) = (days.len() as f64, count_injured(days));
        Group {
            days: days.len(),
            said: expected / n,
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
    let hits = count_injured(&warned);
    Report {
        judged: judge(odds, windows, DRAWS, seed),
        calibration,
        warned: warned.len() as f64 / odds.len() as f64,
        predictive_value: hits as f64 / warned.len() as f64,
        predictive_interval: wilson(hits, warned.len()),
    }
}

/// 95 % interval of a proportion (Wilson 1927).
fn wilson(hits: usize, trials: usize) -> [f64; 2] {
    let (n, z) = (trials as f64, 1.96f64);
    let p = hits as f64 / n;
    let (middle, half) =
        (p + z * z / (2.0 * n), z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt());
    [-1.0, 1.0].map(|sign| (middle + sign * half) / (1.0 + z * z / n))
}

/// Evaluates an athlete's last day with the model; `None` while the athlete is injured or has not
/// kept the log.
fn word(
    model: &dyn Foretell,
    limit: f64,
    athlete: usize,
    member: &Member,
    all_windows: &[Window],
) -> Option<Word> {
    // The day after the last is not known yet: an empty day stands in for it.
    let mut ahead = member.days.clone();
    ahead.load.push(f64::NAN);
    ahead.wellness.push(f64::NAN);
    ahead.movement.push(f64::NAN);
    ahead.injured.push(false);
    ahead.at_risk.push(true);
    let (day, window) = windows(athlete, &ahead).pop()?;
    if day + 1 != member.days.load.len() || !is_known(&window) {
        return None;
    }
    let odds = |window: &Window| model.log_odds(&[window]).first().copied().unwrap_or(f64::NAN);
    let now = odds(&window);
    let mut moved: Vec<(f64, Moved)> = SUMMARY_NAMES
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let values = all_windows
                .iter()
                .filter(|window| window.athlete == athlete)
                .map(|window| f64::from(window.summary[index]));
            let usual = quantile(values.filter(|value| value.is_finite()).collect(), 0.5);
            let value = f64::from(window.summary[index]);
            let mut other = window.clone();
            other.summary[index] = usual as f32;
            let change = now - odds(&other);
            let is_factor = value.is_finite() && usual.is_finite() && change.abs() >= LEAST_MOVE;
            is_factor.then_some((change, Moved { name, now: value, usual, raises: change > 0.0 }))
        })
        .collect();
    moved.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    moved.truncate(FACTORS);
    let moved = moved.into_iter().map(|(_, moved)| moved).collect();
    Some(Word { athlete: member.name.clone(), day: member.today, warns: now > limit, moved })
}

/// Quantile of some values; NaN if there are none.
pub(super) fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get((part * values.len().saturating_sub(1) as f64).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}
