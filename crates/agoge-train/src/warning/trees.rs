//! Boosted trees on the summary: shallow and few, because outcomes are rare.

use super::{DayWindow, OddsModel};
use agoge_model::error::ModelError;
use forust_ml::{GradientBooster, Matrix};

/// Trees of depth two with a low learning rate: with a few hundred outcomes, deeper trees memorise
/// the athletes.
const TREES: usize = 60;
const RATE: f32 = 0.05;
const DEPTH: usize = 2;

/// Boosted trees.
pub(super) struct BoostedOdds {
    booster: GradientBooster,
    /// The columns that vary; forust accepts no constant ones.
    columns: Vec<usize>,
}

impl BoostedOdds {
    pub(super) fn fit(windows: &[&DayWindow], seed: u64) -> Result<BoostedOdds, ModelError> {
        let width = windows.first().map_or(0, |window| window.summary.len());
        let differs = |c: &usize| {
            windows
                .iter()
                .any(|window| window.summary[*c].to_bits() != windows[0].summary[*c].to_bits())
        };
        let columns: Vec<usize> = (0..width).filter(differs).collect();
        let outcomes: Vec<f64> =
            windows.iter().map(|window| f64::from(u8::from(window.outcome))).collect();
        // Boosting starts from the base rate: forust would start at even odds, which few trees
        // cannot correct.
        let base = outcomes.iter().sum::<f64>() / outcomes.len() as f64;
        let mut booster = GradientBooster::default()
            .set_iterations(TREES)
            .set_learning_rate(RATE)
            .set_max_depth(DEPTH)
            .set_base_score((base / (1.0 - base)).ln())
            .set_initialize_base_score(false)
            .set_seed(seed)
            .set_parallel(false);
        let values = summary_columns(windows, &columns);
        let fitted = booster.fit_unweighted(
            &Matrix::new(&values, windows.len(), columns.len()),
            &outcomes,
            None,
        );
        fitted.map_err(|error| ModelError::Training {
            what: format!("boosted trees: {error}"),
            hint: "are there two different windows?",
        })?;
        Ok(BoostedOdds { booster, columns })
    }
}

impl OddsModel for BoostedOdds {
    fn log_odds(&self, windows: &[&DayWindow]) -> Vec<f64> {
        let values = summary_columns(windows, &self.columns);
        self.booster.predict(&Matrix::new(&values, windows.len(), self.columns.len()), false)
    }
}

/// The selected columns of the summaries, column by column; forust takes NaN as missing.
fn summary_columns(windows: &[&DayWindow], columns: &[usize]) -> Vec<f64> {
    columns
        .iter()
        .flat_map(|c| windows.iter().map(move |window| f64::from(window.summary[*c])))
        .collect()
}
