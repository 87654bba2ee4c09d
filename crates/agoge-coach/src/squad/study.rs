//! How good warning models become with more athlete-years, held against the oracle of the simulator.

use super::simulate::Squad;
use super::windows::windows;
use agoge_attention::Error;
use agoge_attention::warning::{Judged, Kind, Window, judge, learn};
use serde::Serialize;

/// Draws of athletes behind an interval.
const DRAWS: usize = 200;

/// A question to the simulator.
#[derive(Clone, Debug)]
pub struct Study {
    /// The squad that is learned from; its athletes are cut off where the years are reached.
    pub squad: Squad,
    /// Athlete-years to learn from.
    pub years: f64,
    /// The model.
    pub kind: Kind,
    /// Part of the days on which it should warn.
    pub nominal: f64,
}

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyRow {
    /// The model.
    pub model: &'static str,
    /// Effect in the simulator; 0 is none.
    pub effect: f64,
    /// Athlete-years learned from.
    pub years: f64,
    /// Injuries in them that were learned from.
    pub injuries: usize,
    /// AUC on other athletes.
    pub auc: f64,
    /// The AUC of the true odds on the same athletes.
    pub oracle_auc: f64,
    /// Calibration slope on other athletes.
    pub calibration_slope: f64,
    /// Brier score on other athletes, and that of the base rate.
    pub brier: [f64; 2],
    /// Part of other athletes' days on which the model warns, its limit set on the days it was learned from.
    pub warning_rate: f64,
    /// Part of the warned days followed by an injury: the predictive value at the base rate.
    pub predictive_value: f64,
    /// The base rate of a day.
    pub base_rate: f64,
    /// Whether, judged within the athletes learned from (half of them learned from, half judged), the model may speak.
    pub may_speak: bool,
}

fn is_some_of(window: &&(usize, f64, Window), athletes: std::ops::Range<usize>) -> bool {
    athletes.contains(&window.0)
}

/// Learns from some athletes of a squad and judges on others, who are simulated by the same hazard.
///
/// # Errors
/// If no injury is among the days learned from.
pub fn study(ask: &Study) -> Result<StudyRow, Error> {
    let years = ask.squad.days as f64 / 365.0;
    let learners = ((ask.years / years).round() as usize).max(2);
    // As many again and more to be judged on, so that what is told is the model's error and not the judge's.
    let squad = Squad { athletes: learners + 100, ..ask.squad };
    let all: Vec<(usize, f64, Window)> = squad
        .lives()
        .iter()
        .enumerate()
        .flat_map(|(athlete, life)| {
            windows(athlete, &life.days)
                .into_iter()
                .map(move |(day, window)| (athlete, life.log_odds[day], window))
                .collect::<Vec<_>>()
        })
        .collect();
    let of = |athletes: std::ops::Range<usize>| -> Vec<&(usize, f64, Window)> {
        all.iter().filter(|window| is_some_of(window, athletes.clone())).collect()
    };
    let (known, new) = (of(0..learners), of(learners..squad.athletes));
    let seed = ask.squad.seed;
    let fit = |from: &[&(usize, f64, Window)]| {
        learn(ask.kind, &from.iter().map(|window| &window.2).collect::<Vec<_>>(), seed)
    };
    let model = fit(&known)?;
    let odds = |model: &dyn agoge_attention::warning::Foretell, on: &[&(usize, f64, Window)]| {
        model.log_odds(&on.iter().map(|window| &window.2).collect::<Vec<_>>())
    };
    let judged = |odds: &[f64], on: &[&(usize, f64, Window)]| -> Judged {
        let outcomes: Vec<bool> = on.iter().map(|window| window.2.outcome).collect();
        let athletes: Vec<usize> = on.iter().map(|window| window.0).collect();
        judge(odds, &outcomes, &athletes, DRAWS, seed)
    };
    // May it speak? Asked as a club would: half of its own athletes learn, the other half judge.
    let (first, second) = (of(0..learners / 2), of(learners / 2..learners));
    let may_speak = match fit(&first) {
        Ok(half) => judged(&odds(&*half, &second), &second).may_speak(),
        Err(_) => false,
    };
    let (said, said_before) = (odds(&*model, &new), odds(&*model, &known));
    let limit = quantile(said_before, 1.0 - ask.nominal);
    let warned: Vec<bool> = said.iter().map(|odds| *odds > limit).collect();
    let hits = warned.iter().zip(&new).filter(|(warned, window)| **warned && window.2.outcome).count() as f64;
    let warnings = warned.iter().filter(|warned| **warned).count() as f64;
    let own = judged(&said, &new);
    let truth: Vec<f64> = new.iter().map(|window| window.1).collect();
    Ok(StudyRow {
        model: ask.kind.name(),
        effect: ask.squad.effect,
        years: ask.years,
        injuries: known.iter().filter(|window| window.2.outcome).count(),
        auc: own.auc,
        oracle_auc: judged(&truth, &new).auc,
        calibration_slope: own.calibration_slope,
        brier: [own.brier, own.brier_of_base_rate],
        warning_rate: warnings / new.len() as f64,
        predictive_value: hits / warnings,
        base_rate: own.base_rate,
        may_speak,
    })
}

fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((part * values.len().saturating_sub(1) as f64).round() as usize).copied().unwrap_or(f64::NAN)
}
