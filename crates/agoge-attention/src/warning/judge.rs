//! How far a model's odds may be believed: discrimination, calibration, and whether they say anything at all.

use super::logistic::newton;
use crate::metric::auc;
use fastrand::Rng;

/// How good log odds are on athletes that were not learned from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Its 2.5 % and 97.5 % quantiles over draws of athletes with replacement (Efron 1979).
    pub auc_interval: [f64; 2],
    /// Mean squared error of the probabilities (Brier 1950).
    pub brier: f64,
    /// The same of the base rate alone: a model that is no better says nothing.
    pub brier_of_base_rate: f64,
    /// Slope of the outcomes' log odds over the model's: 1 is right, below 1 too extreme (Cox 1958).
    pub calibration_slope: f64,
    /// Part of the windows with the outcome.
    pub base_rate: f64,
}

impl Judged {
    /// Whether a model may speak: the whole interval of the AUC above chance and a calibration slope between a half and two.
    pub fn may_speak(&self) -> bool {
        self.auc_interval[0] > 0.5 && (0.5..=2.0).contains(&self.calibration_slope)
    }
}

/// Judges log odds, `[window]`, against outcomes; `athletes` says whose each window is.
pub fn judge(log_odds: &[f64], outcomes: &[bool], athletes: &[usize], draws: usize, seed: u64) -> Judged {
    let count = outcomes.len().max(1) as f64;
    let base_rate = outcomes.iter().filter(|outcome| **outcome).count() as f64 / count;
    let square = |p: f64, outcome: bool| (p - f64::from(u8::from(outcome))).powi(2);
    let pairs = || log_odds.iter().zip(outcomes);
    let brier = pairs().map(|(odds, outcome)| square(1.0 / (1.0 + (-odds).exp()), *outcome)).sum::<f64>() / count;
    let brier_of_base_rate = outcomes.iter().map(|outcome| square(base_rate, *outcome)).sum::<f64>() / count;
    let rows: Vec<Vec<f64>> = log_odds.iter().map(|odds| vec![*odds]).collect();
    // Odds that are all the same have no slope; nothing is learned from rounding.
    let spread = log_odds.iter().copied().fold(f64::MIN, f64::max) - log_odds.iter().copied().fold(f64::MAX, f64::min);
    let calibration_slope = if spread > 1e-6 { newton(&rows, outcomes, 1, 0.0)[1] } else { f64::NAN };
    let scores: Vec<f32> = log_odds.iter().map(|odds| *odds as f32).collect();
    Judged {
        auc: auc(&scores, outcomes),
        auc_interval: interval(&scores, outcomes, athletes, draws, seed),
        brier,
        brier_of_base_rate,
        calibration_slope,
        base_rate,
    }
}

fn interval(scores: &[f32], outcomes: &[bool], athletes: &[usize], draws: usize, seed: u64) -> [f64; 2] {
    let most = athletes.iter().copied().max().map_or(0, |most| most + 1);
    let mut of_athlete: Vec<Vec<usize>> = vec![Vec::new(); most];
    for (window, athlete) in athletes.iter().enumerate() {
        of_athlete[*athlete].push(window);
    }
    of_athlete.retain(|windows| !windows.is_empty());
    let mut rng = Rng::with_seed(seed);
    let mut drawn: Vec<f64> = (0..draws)
        .filter_map(|_| {
            let windows: Vec<usize> =
                (0..of_athlete.len()).flat_map(|_| of_athlete[rng.usize(..of_athlete.len())].iter().copied()).collect();
            let (scores, outcomes): (Vec<f32>, Vec<bool>) = windows.iter().map(|w| (scores[*w], outcomes[*w])).unzip();
            Some(auc(&scores, &outcomes)).filter(|auc| auc.is_finite())
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |part: f64| {
        drawn.get((part * drawn.len().saturating_sub(1) as f64).round() as usize).copied().unwrap_or(f64::NAN)
    };
    [at(0.025), at(0.975)]
}
