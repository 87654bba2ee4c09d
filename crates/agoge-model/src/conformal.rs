//! Intervals that contain an athlete's label with a stated probability (conformal prediction, Vovk,
//! Gammerman & Shafer 2005; residuals of held-out clips, Barber et al. 2021).

use serde::{Deserialize, Serialize};

/// Share of labels that an interval contains.
pub const COVERAGE: f64 = 0.9;
/// Added to the expected deviation, so that even a certain prediction has an interval.
const MIN_DEVIATION: f64 = 0.05;

/// Half-width of the intervals, in units of the deviation that each prediction itself implies.
///
/// ```
/// use agoge_model::Conformal;
/// // One athlete whose labels are never as expected: the widest residual bounds the interval.
/// let residuals = Conformal::fit_outcomes(&[vec![(0.5, 1.0), (0.5, 0.5)]]).unwrap();
/// assert!((residuals.deviations - 0.5 / 0.55).abs() < 1e-12);
/// assert_eq!(residuals.interval_around(0.5), [0.0, 1.0]);
/// assert!(Conformal::fit_outcomes(&[]).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conformal {
    /// Nine labels in ten lie within this many expected deviations of the prediction.
    pub deviations: f64,
}

impl Conformal {
    /// Fits the interval to predictions of held-out clips and their labels (0 to 1, binary or
    /// graded). Each group of `outcomes` is an athlete, and all athletes have equal weight. None
    /// without outcomes.
    pub fn fit_outcomes(outcomes: &[Vec<(f64, f64)>]) -> Option<Conformal> {
        let mut residuals: Vec<(f64, f64)> = Vec::new();
        for athlete in outcomes {
            let weight = 1.0 / athlete.len() as f64;
            residuals.extend(
                athlete
                    .iter()
                    .map(|&(p, label)| ((label - p).abs() / expected_deviation(p), weight)),
            );
        }
        residuals.sort_by(|a, b| a.0.total_cmp(&b.0));
        let athletes = outcomes.iter().filter(|athlete| !athlete.is_empty()).count() as f64;
        // Counts one extra repetition, so that a new one is covered.
        let wanted = COVERAGE * athletes * (1.0 + 1.0 / residuals.len() as f64);
        let mut sum = 0.0;
        for &(residual, weight) in &residuals {
            sum += weight;
            if sum >= wanted {
                return Some(Conformal { deviations: residual });
            }
        }
        residuals.last().map(|&(residual, _)| Conformal { deviations: residual })
    }

    /// A prediction with the ends of its interval, 0 to 1.
    pub fn with_interval(&self, p: f64) -> [f64; 3] {
        let [low, high] = self.interval_around(p);
        [p, low, high]
    }

    /// The interval around a prediction, `[low, high]`, 0 to 1.
    pub fn interval_around(&self, p: f64) -> [f64; 2] {
        let half = self.deviations * expected_deviation(p);
        [(p - half).max(0.0), (p + half).min(1.0)]
    }
}

/// Expected deviation of a label from its probability.
fn expected_deviation(p: f64) -> f64 {
    (p * (1.0 - p)).max(0.0).sqrt() + MIN_DEVIATION
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    #[test]
    fn nine_labels_in_ten_are_held() {
        let mut rng = Rng::with_seed(4);
        // An overconfident judge: repetitions it rates p are correct with a probability closer to
        // one half.
        let mut athlete = || -> Vec<(f64, f64)> {
            (0..200)
                .map(|_| {
                    let p = rng.f64();
                    (p, if rng.f64() < 0.2 + 0.6 * p { 1.0 } else { 0.0 })
                })
                .collect()
        };
        let known: Vec<Vec<(f64, f64)>> = (0..20).map(|_| athlete()).collect();
        let conformal = Conformal::fit_outcomes(&known).unwrap();
        let fresh: Vec<(f64, f64)> = (0..20).flat_map(|_| athlete()).collect();
        let held = fresh.iter().filter(|&&(p, label)| {
            let [low, high] = conformal.interval_around(p);
            (low..=high).contains(&label)
        });
        // 4000 repetitions determine a share of 0.9 to ±0.005.
        let share = held.count() as f64 / fresh.len() as f64;
        assert!((share - COVERAGE).abs() < 0.02, "{share}");
        assert!(Conformal::fit_outcomes(&[]).is_none());
    }
}
