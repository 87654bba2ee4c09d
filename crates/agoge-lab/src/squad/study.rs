//! Studies how warning models improve with more athlete-years, compared with the oracle of the
//! simulator.

use super::club::sample_quantile;
use super::simulate::SimulatedSquad;
use super::windows::warning_windows;
use agoge_model::ModelError;
use agoge_train::warning::{DayWindow, OddsModelKind, evaluate_odds, learn_odds, left_out_odds};
use serde::Serialize;

/// Bootstrap draws of athletes behind an interval.
const BOOTSTRAP_DRAWS: usize = 200;

/// Number of test athletes, over as many days as the others: some 1400 injuries, so that a slope is
/// known to 0.05 and the result shows the model's error, not that of the evaluation.
const TEST_ATHLETES: usize = 200;

/// Settings of one study.
#[derive(Clone, Debug)]
pub struct SquadStudy {
    /// Squad to learn from; its number of athletes follows from `years`.
    pub squad: SimulatedSquad,
    /// Athlete-years to learn from.
    pub years: f64,
    /// Share of the days on which a model should warn.
    pub nominal: f64,
}

/// Result of one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SquadStudyRow {
    /// Name of the model.
    pub model: &'static str,
    /// Effect in the simulator; 0 is none.
    pub effect: f64,
    /// Athlete-years learned from.
    pub years: f64,
    /// Random seed of the squad.
    pub seed: u64,
    /// Number of injuries learned from.
    pub injuries: usize,
    /// AUC on held-out athletes.
    pub auc: f64,
    /// AUC of the true odds on the same athletes.
    pub oracle_auc: f64,
    /// Calibration slope on held-out athletes.
    pub calibration_slope: f64,
    /// Brier score on held-out athletes, and that of the base rate.
    pub brier: [f64; 2],
    /// Share of held-out athletes' days on which the model warns, with its limit set on the days it
    /// learned from.
    pub warning_rate: f64,
    /// Share of the warned days followed by an injury: the predictive value at the base rate.
    pub predictive_value: f64,
    /// Base rate of an injury per day.
    pub base_rate: f64,
    /// Whether the model may be used, evaluated on the training athletes with each left out in
    /// turn.
    pub may_speak: bool,
}

/// Simulates the windows of a squad's athletes, with the simulator's own log odds of each.
fn simulate_windows(
    squad: &SimulatedSquad,
    athletes: std::ops::Range<usize>,
) -> (Vec<DayWindow>, Vec<f64>) {
    let windows_of = |athlete: usize| {
        let life = squad.simulate_athlete(athlete);
        let odds = life.log_odds;
        warning_windows(athlete, &life.days)
            .into_iter()
            .map(move |(day, window)| (window, odds[day]))
    };
    athletes.flat_map(windows_of).unzip()
}

/// Trains each model on some athletes of a squad and evaluates it on others who follow the same
/// hazard.
///
/// # Errors
/// Returns an error if there is no injury among the days learned from.
pub fn run_squad_study(
    settings: &SquadStudy,
    kinds: &[OddsModelKind],
) -> Result<Vec<SquadStudyRow>, ModelError> {
    let learners = ((settings.years * 365.0 / settings.squad.days as f64).round() as usize).max(2);
    let (training, _) = simulate_windows(&settings.squad, 0..learners);
    let (test, true_odds) = simulate_windows(&settings.squad, learners..learners + TEST_ATHLETES);
    let (training, test): (Vec<&DayWindow>, Vec<&DayWindow>) =
        (training.iter().collect(), test.iter().collect());
    let seed = settings.squad.seed;
    let oracle_auc = evaluate_odds(&true_odds, &test, 0, seed).auc;
    let row = |kind: &OddsModelKind| {
        let model = learn_odds(*kind, &training, seed)?;
        let (test_odds, training_odds) = (model.log_odds(&test), model.log_odds(&training));
        let limit = sample_quantile(training_odds, 1.0 - settings.nominal);
        let warned: Vec<bool> = test_odds.iter().map(|odds| *odds > limit).collect();
        let hits =
            warned.iter().zip(&test).filter(|(warned, window)| **warned && window.outcome).count()
                as f64;
        let warnings = warned.iter().filter(|warned| **warned).count() as f64;
        let evaluation = evaluate_odds(&test_odds, &test, 0, seed);
        Ok(SquadStudyRow {
            model: kind.name(),
            effect: settings.squad.effect,
            years: settings.years,
            seed,
            injuries: training.iter().filter(|window| window.outcome).count(),
            auc: evaluation.auc,
            oracle_auc,
            calibration_slope: evaluation.calibration_slope,
            brier: [evaluation.brier, evaluation.brier_of_base_rate],
            warning_rate: warnings / test.len() as f64,
            predictive_value: hits / warnings,
            base_rate: evaluation.base_rate,
            may_speak: left_out_odds(*kind, &training, seed).is_ok_and(|odds| {
                evaluate_odds(&odds, &training, BOOTSTRAP_DRAWS, seed).is_reliable()
            }),
        })
    };
    kinds.iter().map(row).collect()
}
