//! Learns from a club's own log: whether there is enough data to learn a warning model, whether the
//! model may be used, and what it then says about each athlete's last day.

use super::windows::{AthleteDays, SUMMARY_NAMES, warning_windows};
use agoge_load::club::{
    AthleteWarning, CalibrationGroup, ClubResult, HeldOutReport, LogAmount, OddsFactor,
};
use agoge_model::ModelError;
use agoge_motion::Day;
use agoge_train::warning::{
    DayWindow, OddsModel, OddsModelKind, evaluate_odds, learn_odds, left_out_odds,
};

/// Bootstrap draws of athletes behind an interval.
const BOOTSTRAP_DRAWS: usize = 1000;
/// Share of the days on which a model is set to warn.
pub const NOMINAL_WARNING_RATE: f64 = 0.05;
/// Number of groups of days, by rising odds, in the calibration table.
const CALIBRATION_GROUPS: usize = 5;
/// Most factors reported for an athlete's day.
const MAX_FACTORS: usize = 3;
/// Smallest change of the log odds (about a twentieth of the odds) that counts as a factor.
const MIN_LOG_ODDS_CHANGE: f64 = 0.05;

/// An athlete of a club.
#[derive(Clone, Debug, PartialEq)]
pub struct ClubMember {
    /// Name.
    pub name: String,
    /// Last day of `days`.
    pub today: Day,
    /// The athlete's recorded days.
    pub days: AthleteDays,
}

fn count_windows(windows: &[&DayWindow]) -> LogAmount {
    let mut athletes: Vec<usize> = windows.iter().map(|window| window.athlete).collect();
    athletes.dedup();
    LogAmount {
        athletes: athletes.len(),
        years: windows.len() as f64 / 365.25,
        injuries: windows.iter().filter(|window| window.outcome).count(),
    }
}

/// Learns from a club's log if it has enough data, and evaluates the model on held-out athletes.
/// The same log, model and seed give the same result.
///
/// # Errors
/// Returns the error of a failed training.
pub fn learn_from_club(
    members: &[ClubMember],
    kind: OddsModelKind,
    seed: u64,
) -> Result<ClubResult, ModelError> {
    let all: Vec<DayWindow> = members
        .iter()
        .enumerate()
        .flat_map(|(athlete, member)| warning_windows(athlete, &member.days))
        .map(|(_, window)| window)
        .filter(is_well_logged)
        .collect();
    let known: Vec<&DayWindow> = all.iter().collect();
    let (amount, least) = (count_windows(&known), LogAmount::MINIMUM);
    let mut result = ClubResult {
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
    let odds = left_out_odds(kind, &known, seed)?;
    let report = held_out_report(&odds, &known, seed);
    let judged = report.judged;
    result.may_speak = judged.is_reliable();
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
        let model = learn_odds(kind, &known, seed)?;
        let limit = sample_quantile(model.log_odds(&known), 1.0 - NOMINAL_WARNING_RATE);
        result.words = members
            .iter()
            .enumerate()
            .filter_map(|(who, member)| athlete_warning(&*model, limit, who, member, &all))
            .collect();
    }
    Ok(result)
}

/// Whether at least half of the days looked back on have a load; otherwise the athlete did not keep
/// the log.
fn is_well_logged(window: &DayWindow) -> bool {
    let known_days =
        window.days.iter().filter(|day| day.first().is_some_and(|load| load.is_finite())).count();
    2 * known_days >= window.days.len()
}

fn held_out_report(odds: &[f64], windows: &[&DayWindow], seed: u64) -> HeldOutReport {
    let mut order: Vec<usize> = (0..odds.len()).collect();
    order.sort_by(|a, b| odds[*a].total_cmp(&odds[*b]));
    let count_injured = |days: &[usize]| days.iter().filter(|day| windows[**day].outcome).count();
    let group = |days: &[usize]| {
        let expected: f64 = days.iter().map(|day| 1.0 / (1.0 + (-odds[*day]).exp())).sum();
        let (n, count) = (days.len() as f64, count_injured(days));
        CalibrationGroup {
            days: days.len(),
            said: expected / n,
            came: count as f64 / n,
            interval: wilson_interval(count, days.len()),
        }
    };
    let calibration = (0..CALIBRATION_GROUPS)
        .map(|k| {
            &order[k * order.len() / CALIBRATION_GROUPS..(k + 1) * order.len() / CALIBRATION_GROUPS]
        })
        .filter(|days| !days.is_empty())
        .map(group)
        .collect();
    let limit = sample_quantile(odds.to_vec(), 1.0 - NOMINAL_WARNING_RATE);
    let warned: Vec<usize> = (0..odds.len()).filter(|day| odds[*day] > limit).collect();
    let hits = count_injured(&warned);
    HeldOutReport {
        judged: evaluate_odds(odds, windows, BOOTSTRAP_DRAWS, seed),
        calibration,
        warned: warned.len() as f64 / odds.len() as f64,
        predictive_value: hits as f64 / warned.len() as f64,
        predictive_interval: wilson_interval(hits, warned.len()),
    }
}

/// 95 % interval of a proportion (Wilson 1927).
fn wilson_interval(hits: usize, trials: usize) -> [f64; 2] {
    let (n, z) = (trials as f64, 1.96f64);
    let p = hits as f64 / n;
    let (middle, half) =
        (p + z * z / (2.0 * n), z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt());
    [-1.0, 1.0].map(|sign| (middle + sign * half) / (1.0 + z * z / n))
}

/// Evaluates an athlete's last day with the model; `None` while the athlete is injured or has not
/// kept the log.
fn athlete_warning(
    model: &dyn OddsModel,
    limit: f64,
    athlete: usize,
    member: &ClubMember,
    all_windows: &[DayWindow],
) -> Option<AthleteWarning> {
    // The day after the last is not known yet: an empty day stands in for it.
    let mut ahead = member.days.clone();
    ahead.load.push(f64::NAN);
    ahead.wellness.push(f64::NAN);
    ahead.movement.push(f64::NAN);
    ahead.injured.push(false);
    ahead.at_risk.push(true);
    let (day, window) = warning_windows(athlete, &ahead).pop()?;
    if day + 1 != member.days.load.len() || !is_well_logged(&window) {
        return None;
    }
    let odds = |window: &DayWindow| model.log_odds(&[window]).first().copied().unwrap_or(f64::NAN);
    let now = odds(&window);
    let mut moved: Vec<(f64, OddsFactor)> = SUMMARY_NAMES
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let values = all_windows
                .iter()
                .filter(|window| window.athlete == athlete)
                .map(|window| f64::from(window.summary[index]));
            let usual = sample_quantile(values.filter(|value| value.is_finite()).collect(), 0.5);
            let value = f64::from(window.summary[index]);
            let mut other = window.clone();
            other.summary[index] = usual as f32;
            let change = now - odds(&other);
            let is_factor =
                value.is_finite() && usual.is_finite() && change.abs() >= MIN_LOG_ODDS_CHANGE;
            is_factor
                .then_some((change, OddsFactor { name, now: value, usual, raises: change > 0.0 }))
        })
        .collect();
    moved.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    moved.truncate(MAX_FACTORS);
    let moved = moved.into_iter().map(|(_, moved)| moved).collect();
    Some(AthleteWarning {
        athlete: member.name.clone(),
        day: member.today,
        warns: now > limit,
        moved,
    })
}

/// Quantile of some values; NaN if there are none.
pub(super) fn sample_quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values
        .get((part * values.len().saturating_sub(1) as f64).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}
