//! How good warning models become with more athlete-years, held against the oracle of the
//! simulator.

use super::club::quantile;
use super::simulate::Squad;
use super::windows::windows;
use agoge_attention::Error;
use agoge_attention::warning::{Kind, Window, judge, learn, left_out};
use serde::Serialize;

/// Draws of athletes behind an interval.
const DRAWS: usize = 200;

/// Athletes to be judged on, over as many days as the others: some 1400 injuries, so that a slope
/// is known to 0.05 and what is told is the model's error, not the judge's.
const JUDGES: usize = 200;

/// A question to the simulator.
#[derive(Clone, Debug)]
pub struct Study {
    /// The squad that is learned from; its athletes are as many as the years need.
    pub squad: Squad,
    /// Athlete-years to learn from.
    pub years: f64,
    /// Part of the days on which a model should warn.
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
    /// Seed of the squad.
    pub seed: u64,
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
    /// Part of other athletes' days on which the model warns, its limit set on the days it was
    /// learned from.
    pub warning_rate: f64,
    /// Part of the warned days followed by an injury: the predictive value at the base rate.
    pub predictive_value: f64,
    /// The base rate of a day.
    pub base_rate: f64,
    /// Whether, judged on the athletes learned from, each left out in turn, the model may speak.
    pub may_speak: bool,
}

/// Windows of a squad's athletes, with the simulator's own log odds of each.
fn told(squad: &Squad, athletes: std::ops::Range<usize>) -> (Vec<Window>, Vec<f64>) {
    let of = |athlete: usize| {
        let life = squad.life(athlete);
        let odds = life.log_odds;
        windows(athlete, &life.days).into_iter().map(move |(day, window)| (window, odds[day]))
    };
    athletes.flat_map(of).unzip()
}

/// Each model learns from some athletes of a squad and is judged on others, who are simulated by
/// the same hazard.
///
/// # Errors
/// If no injury is among the days learned from.
pub fn study(ask: &Study, kinds: &[Kind]) -> Result<Vec<StudyRow>, Error> {
    let learners = ((ask.years * 365.0 / ask.squad.days as f64).round() as usize).max(2);
    let (known, _) = told(&ask.squad, 0..learners);
    let (new, truth) = told(&ask.squad, learners..learners + JUDGES);
    let (known, new): (Vec<&Window>, Vec<&Window>) = (known.iter().collect(), new.iter().collect());
    let seed = ask.squad.seed;
    let oracle_auc = judge(&truth, &new, 0, seed).auc;
    let row = |kind: &Kind| {
        let model = learn(*kind, &known, seed)?;
        let (said, said_before) = (model.log_odds(&new), model.log_odds(&known));
        let limit = quantile(said_before, 1.0 - ask.nominal);
        let warned: Vec<bool> = said.iter().map(|odds| *odds > limit).collect();
        let hits =
            warned.iter().zip(&new).filter(|(warned, window)| **warned && window.outcome).count()
                as f64;
        let warnings = warned.iter().filter(|warned| **warned).count() as f64;
        let own = judge(&said, &new, 0, seed);
        Ok(StudyRow {
            model: kind.name(),
            effect: ask.squad.effect,
            years: ask.years,
            seed,
            injuries: known.iter().filter(|window| window.outcome).count(),
            auc: own.auc,
            oracle_auc,
            calibration_slope: own.calibration_slope,
            brier: [own.brier, own.brier_of_base_rate],
            warning_rate: warnings / new.len() as f64,
            predictive_value: hits / warnings,
            base_rate: own.base_rate,
            may_speak: left_out(*kind, &known, seed)
                .is_ok_and(|odds| judge(&odds, &known, DRAWS, seed).may_speak()),
        })
    };
    kinds.iter().map(row).collect()
}
