//! Models that look over an athlete's last days and say how the odds of something within the next ones stand: attention over the days, logistic regression and
//! boosted trees. What a day's numbers mean, and what is foretold, is the caller's.

mod attention;
mod judge;
mod logistic;
mod trees;

pub use judge::{Judged, judge};

use crate::error::Error;

/// An athlete's days before a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Whose: athletes are never on both sides of an evaluation.
    pub athlete: usize,
    /// What is known of each day, `[day, number]`, the last day last; NaN is missing, and a day without any number is a missing token.
    pub days: Vec<Vec<f32>>,
    /// The days said in a few numbers, `[summary]`, for the models that take no sequences; NaN is missing.
    pub summary: Vec<f32>,
    /// Whether what is foretold came about.
    pub outcome: bool,
}

/// Which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Logistic regression on the summary (Cox 1958), with a ridge.
    Logistic,
    /// Boosted trees on the summary (Friedman 2001).
    Boosted,
    /// Attention over the days.
    Attention,
}

impl Kind {
    /// All of them, the simplest first.
    pub const ALL: [Kind; 3] = [Kind::Logistic, Kind::Boosted, Kind::Attention];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Logistic => "logistic regression",
            Kind::Boosted => "boosted trees",
            Kind::Attention => "attention",
        }
    }
}

/// Something that was learned from windows.
pub trait Foretell: Send + Sync {
    /// The log odds for each window.
    fn log_odds(&self, windows: &[&Window]) -> Vec<f64>;
}

/// Learns from windows with both outcomes. The same windows and seed give the same model.
///
/// # Errors
/// Without windows of both outcomes, or when a training goes wrong.
pub fn learn(kind: Kind, windows: &[&Window], seed: u64) -> Result<Box<dyn Foretell>, Error> {
    let happened = windows.iter().filter(|window| window.outcome).count();
    if happened == 0 || happened == windows.len() {
        let what = format!("{happened} of {} windows have the outcome", windows.len());
        return Err(Error::Clips {
            what,
            hint: "a warning is learned from days before which it happened and days before which it did not",
        });
    }
    match kind {
        Kind::Logistic => Ok(Box::new(logistic::Logistic::fit(windows))),
        Kind::Boosted => trees::Trees::fit(windows, seed).map(|trees| Box::new(trees) as Box<dyn Foretell>),
        Kind::Attention => attention::Attentive::fit(windows, seed).map(|model| Box::new(model) as Box<dyn Foretell>),
    }
}

/// Means and scales of columns, from what is known of them; missing numbers become the mean.
struct Scaler {
    /// Mean and standard deviation, `[column]`.
    columns: Vec<(f64, f64)>,
}

impl Scaler {
    fn of<'a>(rows: impl Iterator<Item = &'a [f32]> + Clone, width: usize) -> Scaler {
        let column = |c: usize| {
            let known =
                || rows.clone().filter_map(move |row| row.get(c)).map(|v| f64::from(*v)).filter(|v| v.is_finite());
            let count = known().count().max(1) as f64;
            let mean = known().sum::<f64>() / count;
            let variance = known().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
            (mean, if variance > 1e-12 { variance.sqrt() } else { 1.0 })
        };
        Scaler { columns: (0..width).map(column).collect() }
    }

    fn scaled(&self, row: &[f32]) -> Vec<f64> {
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
