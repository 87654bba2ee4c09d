//! Evaluates the log odds of a model: discrimination, calibration, and whether they carry any
//! information.

use super::DayWindow;
use super::logistic::maximise_likelihood;
use agoge_load::club::OddsEvaluation;
use agoge_model::metric::roc_auc;
use fastrand::Rng;

/// Evaluates log odds, `[window]`, on windows that were not used for learning. `draws` is the
/// number of resamplings for the interval; without any it is NaN.
pub fn evaluate_odds(
    log_odds: &[f64],
    windows: &[&DayWindow],
    draws: usize,
    seed: u64,
) -> OddsEvaluation {
    let outcomes: Vec<bool> = windows.iter().map(|window| window.outcome).collect();
    let athletes: Vec<usize> = windows.iter().map(|window| window.athlete).collect();
    let count = outcomes.len().max(1) as f64;
    let base_rate = outcomes.iter().filter(|outcome| **outcome).count() as f64 / count;
    let square = |p: f64, outcome: bool| (p - f64::from(u8::from(outcome))).powi(2);
    let pairs = || log_odds.iter().zip(&outcomes);
    let brier =
        pairs().map(|(odds, outcome)| square(1.0 / (1.0 + (-odds).exp()), *outcome)).sum::<f64>()
            / count;
    let brier_of_base_rate =
        outcomes.iter().map(|outcome| square(base_rate, *outcome)).sum::<f64>() / count;
    let rows: Vec<Vec<f64>> = log_odds.iter().map(|odds| vec![*odds]).collect();
    // Constant odds have no slope; none must be fitted to rounding errors.
    let spread = log_odds.iter().copied().fold(f64::MIN, f64::max)
        - log_odds.iter().copied().fold(f64::MAX, f64::min);
    let (offset, calibration_slope) = match maximise_likelihood(&rows, &outcomes, 1, 0.0) {
        line if spread > 1e-6 => (line[0], line[1]),
        _ => (f64::NAN, f64::NAN),
    };
    let slope_error = 1.96 * slope_variance(log_odds, calibration_slope, offset).sqrt();
    let scores: Vec<f32> = log_odds.iter().map(|odds| *odds as f32).collect();
    OddsEvaluation {
        auc: roc_auc(&scores, &outcomes),
        auc_interval: auc_interval(&scores, &outcomes, &athletes, draws, seed),
        brier,
        brier_of_base_rate,
        calibration_slope,
        slope_error,
        base_rate,
    }
}

/// Variance of a slope, from the curvature of the likelihood at the given offset.
fn slope_variance(log_odds: &[f64], slope: f64, offset: f64) -> f64 {
    let (mut a, mut b, mut c) = (0.0, 0.0, 0.0);
    for odds in log_odds {
        let p = 1.0 / (1.0 + (-(offset + slope * odds)).exp());
        let weight = p * (1.0 - p);
        (a, b, c) = (a + weight, b + weight * odds, c + weight * odds * odds);
    }
    a / (a * c - b * b)
}

/// The 2.5 % and 97.5 % quantiles of the AUC when athletes are resampled with replacement; NaN
/// without draws. Windows are sorted once; a draw only changes their weights.
fn auc_interval(
    scores: &[f32],
    outcomes: &[bool],
    athletes: &[usize],
    draws: usize,
    seed: u64,
) -> [f64; 2] {
    let mut distinct: Vec<usize> = athletes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let place = |athlete: &usize| distinct.binary_search(athlete).unwrap_or(0);
    let mut ordered: Vec<(f32, bool, usize)> = scores
        .iter()
        .zip(outcomes)
        .zip(athletes)
        .map(|((score, outcome), whose)| (*score, *outcome, place(whose)))
        .collect();
    ordered.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rng = Rng::with_seed(seed);
    let mut drawn: Vec<f64> = (0..draws)
        .map(|_| {
            let mut times = vec![0.0; distinct.len()];
            (0..distinct.len()).for_each(|_| times[rng.usize(..distinct.len())] += 1.0);
            weighted_auc(&ordered, &times)
        })
        .filter(|auc| auc.is_finite())
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |part: f64| {
        drawn
            .get((part * drawn.len().saturating_sub(1) as f64).round() as usize)
            .copied()
            .unwrap_or(f64::NAN)
    };
    [at(0.025), at(0.975)]
}

/// The AUC of windows sorted by rising score, each weighted by how often its athlete was drawn;
/// ties count half.
fn weighted_auc(ordered: &[(f32, bool, usize)], times: &[f64]) -> f64 {
    let (mut area, mut below, mut happened) = (0.0, 0.0, 0.0);
    for tied in ordered.chunk_by(|a, b| a.0 == b.0) {
        let weight = |outcome: bool| {
            tied.iter()
                .filter(|window| window.1 == outcome)
                .map(|window| times[window.2])
                .sum::<f64>()
        };
        let (with, without) = (weight(true), weight(false));
        area += with * (below + 0.5 * without);
        below += without;
        happened += with;
    }
    area / (happened * below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A weight of two is the same as having the window twice.
    #[test]
    fn weights_are_repetitions() {
        let mut rng = Rng::with_seed(3);
        let windows: Vec<(f32, bool, usize)> =
            (0..60).map(|i| ((rng.f32() * 10.0).floor(), rng.f32() < 0.3, i % 5)).collect();
        let times = [2.0, 0.0, 1.0, 3.0, 1.0];
        let repeated = windows
            .iter()
            .flat_map(|window| std::iter::repeat_n(*window, times[window.2] as usize));
        let (scores, outcomes): (Vec<f32>, Vec<bool>) =
            repeated.map(|window| (window.0, window.1)).unzip();
        let mut ordered = windows.clone();
        ordered.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!((weighted_auc(&ordered, &times) - roc_auc(&scores, &outcomes)).abs() < 1e-12);
    }
}
