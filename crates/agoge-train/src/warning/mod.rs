//! Models that estimate the log odds of an outcome in the coming days from an athlete's last days:
//! attention over the days, logistic regression and boosted trees. The caller defines the meaning
//! of a day's values and the outcome.

mod attention;
mod evaluation;
mod logistic;
mod trees;

pub use evaluation::evaluate_odds;

use agoge_model::error::ModelError;

/// An athlete's days before a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct DayWindow {
    /// Index of the athlete: an athlete is never on both sides of an evaluation.
    pub athlete: usize,
    /// The known values of each day, `[day, number]`, most recent last. NaN is missing; a day
    /// without any value is a missing token.
    pub days: Vec<Vec<f32>>,
    /// A summary of the days, `[summary]`, for the models that do not take sequences; NaN is
    /// missing.
    pub summary: Vec<f32>,
    /// Whether the outcome occurred.
    pub outcome: bool,
}

/// The kind of model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OddsModelKind {
    /// Ridge-penalised logistic regression on the summary (Cox 1958).
    Logistic,
    /// Boosted trees on the summary (Friedman 2001).
    Boosted,
    /// Attention over the days.
    Attention,
}

impl OddsModelKind {
    /// All kinds, the simplest first.
    pub const ALL: [OddsModelKind; 3] =
        [OddsModelKind::Logistic, OddsModelKind::Boosted, OddsModelKind::Attention];

    /// The display name.
    pub fn name(self) -> &'static str {
        match self {
            OddsModelKind::Logistic => "logistic regression",
            OddsModelKind::Boosted => "boosted trees",
            OddsModelKind::Attention => "attention",
        }
    }
}

/// A model learned from windows.
pub trait OddsModel: Send + Sync {
    /// The log odds of the outcome for each window.
    fn log_odds(&self, windows: &[&DayWindow]) -> Vec<f64>;
}

/// Learns from windows with both outcomes; the log odds of attention are recalibrated on athletes
/// left out in turn. The same windows and seed give the same model.
///
/// # Errors
/// Without windows of both outcomes, or if training fails.
pub fn learn_odds(
    kind: OddsModelKind,
    windows: &[&DayWindow],
    seed: u64,
) -> Result<Box<dyn OddsModel>, ModelError> {
    check_both_outcomes(windows)?;
    let model = fit_odds(kind, windows, seed)?;
    // With few parameters and a penalty the slope is within a tenth of the right one anyway, and
    // recalibrating on athletes left out adds more noise than it removes (docs/journal/load.md); a
    // network may have overfitted.
    if kind != OddsModelKind::Attention {
        return Ok(model);
    }
    // If some fold leaves one outcome only, no recalibration is possible.
    let (offset, slope) = recalibrate_left_out(kind, windows, seed).unwrap_or((0.0, 1.0));
    Ok(Box::new(CalibratedOdds { model, offset, slope }))
}

/// Checks that both outcomes occur.
fn check_both_outcomes(windows: &[&DayWindow]) -> Result<(), ModelError> {
    match windows.iter().filter(|window| window.outcome).count() {
        happened if happened == 0 || happened == windows.len() => Err(ModelError::Clips {
            what: format!("{happened} of {} windows have the outcome", windows.len()),
            hint: "a warning is learned from days before which it happened and days before which it did not",
        }),
        _ => Ok(()),
    }
}

/// Fits a model without recalibration.
fn fit_odds(
    kind: OddsModelKind,
    windows: &[&DayWindow],
    seed: u64,
) -> Result<Box<dyn OddsModel>, ModelError> {
    match kind {
        OddsModelKind::Logistic => Ok(Box::new(logistic::LogisticOdds::fit(windows))),
        OddsModelKind::Boosted => trees::BoostedOdds::fit(windows, seed)
            .map(|trees| Box::new(trees) as Box<dyn OddsModel>),
        OddsModelKind::Attention => attention::AttentionOdds::fit(windows, seed)
            .map(|model| Box::new(model) as Box<dyn OddsModel>),
    }
}

/// Number of folds of athletes used to check a model's log odds.
const FOLDS: usize = 4;

/// Log odds, `[window]`, each from a model learned from other athletes: what a club can know about
/// a model from its own log. The models are those of [`learn_odds`], recalibrated within the
/// athletes they learned from.
///
/// # Errors
/// If the other athletes of some window have one outcome only.
pub fn left_out_odds(
    kind: OddsModelKind,
    windows: &[&DayWindow],
    seed: u64,
) -> Result<Vec<f64>, ModelError> {
    odds_by_other_athletes(windows, |known| learn_odds(kind, known, seed))
}

/// Log odds of each window from a model learned from the athletes of the other folds. Athletes are
/// dealt to the folds in ascending order.
fn odds_by_other_athletes(
    windows: &[&DayWindow],
    learn: impl Fn(&[&DayWindow]) -> Result<Box<dyn OddsModel>, ModelError>,
) -> Result<Vec<f64>, ModelError> {
    let mut athletes: Vec<usize> = windows.iter().map(|window| window.athlete).collect();
    athletes.sort_unstable();
    athletes.dedup();
    let fold_of = |window: &DayWindow| athletes.binary_search(&window.athlete).unwrap_or(0) % FOLDS;
    let mut all = vec![f64::NAN; windows.len()];
    for fold in 0..FOLDS.min(athletes.len()) {
        let (test, training): (Vec<usize>, Vec<usize>) =
            (0..windows.len()).partition(|w| fold_of(windows[*w]) == fold);
        let model = learn(&training.iter().map(|w| windows[*w]).collect::<Vec<_>>())?;
        let log_odds = model.log_odds(&test.iter().map(|w| windows[*w]).collect::<Vec<_>>());
        test.into_iter().zip(log_odds).for_each(|(window, odds)| all[window] = odds);
    }
    Ok(all)
}

/// Offset and slope that calibrate the log odds for athletes left out (Cox 1958; Platt 1999). An
/// overfitted model has no slope there.
fn recalibrate_left_out(
    kind: OddsModelKind,
    windows: &[&DayWindow],
    seed: u64,
) -> Result<(f64, f64), ModelError> {
    let odds = odds_by_other_athletes(windows, |known| {
        check_both_outcomes(known).and_then(|()| fit_odds(kind, known, seed))
    })?;
    let outcomes: Vec<bool> = windows.iter().map(|window| window.outcome).collect();
    Ok(fit_offset_and_slope(&odds, &outcomes))
}

/// Prior standard deviation of the slope around 1: about as uncertain as a few hundred outcomes
/// alone would leave it.
const SLOPE_SPREAD: f64 = 0.3;

/// The likeliest offset and slope, with the slope expected near 1, by Newton's method.
fn fit_offset_and_slope(odds: &[f64], outcomes: &[bool]) -> (f64, f64) {
    let (mut offset, mut slope) = (0.0, 1.0);
    for _ in 0..50 {
        let stiffness = SLOPE_SPREAD.powi(-2);
        let (mut up, mut along) = (0.0, stiffness * (1.0 - slope));
        let (mut a, mut b, mut c) = (1e-9, 0.0, stiffness);
        for (odds, outcome) in odds.iter().zip(outcomes) {
            let p = 1.0 / (1.0 + (-(offset + slope * odds)).exp());
            let (miss, weight) = (f64::from(u8::from(*outcome)) - p, p * (1.0 - p));
            (up, along) = (up + miss, along + miss * odds);
            (a, b, c) = (a + weight, b + weight * odds, c + weight * odds * odds);
        }
        let determinant = a * c - b * b;
        offset += (c * up - b * along) / determinant;
        slope += (a * along - b * up) / determinant;
    }
    // A slope of 0 would remove any order among the days.
    (offset, slope.max(0.05))
}

/// A model whose log odds were recalibrated on athletes left out.
struct CalibratedOdds {
    model: Box<dyn OddsModel>,
    offset: f64,
    slope: f64,
}

impl OddsModel for CalibratedOdds {
    fn log_odds(&self, windows: &[&DayWindow]) -> Vec<f64> {
        self.model
            .log_odds(windows)
            .into_iter()
            .map(|odds| self.offset + self.slope * odds)
            .collect()
    }
}

/// Means and scales of columns, from their known values; missing values become the mean.
struct ColumnScaler {
    /// Mean and standard deviation, `[column]`.
    columns: Vec<(f64, f64)>,
}

impl ColumnScaler {
    /// Computes the mean and standard deviation of each column.
    fn from_rows<'a>(rows: impl Iterator<Item = &'a [f32]> + Clone, width: usize) -> ColumnScaler {
        let column = |c: usize| {
            let known = || {
                rows.clone()
                    .filter_map(move |row| row.get(c))
                    .map(|v| f64::from(*v))
                    .filter(|v| v.is_finite())
            };
            let count = known().count().max(1) as f64;
            let mean = known().sum::<f64>() / count;
            let variance = known().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
            (mean, if variance > 1e-12 { variance.sqrt() } else { 1.0 })
        };
        ColumnScaler { columns: (0..width).map(column).collect() }
    }

    /// A standardised row, limited to ±5; missing values are 0.
    fn scale_row(&self, row: &[f32]) -> Vec<f64> {
        self.columns
            .iter()
            .enumerate()
            .map(|(c, (mean, deviation))| {
                let value = row.get(c).map_or(f64::NAN, |v| f64::from(*v));
                if value.is_finite() { ((value - mean) / deviation).clamp(-5.0, 5.0) } else { 0.0 }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
