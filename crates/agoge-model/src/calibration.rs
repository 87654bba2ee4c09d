//! Calibration of a model's probability of "correct": how often repetitions with a given
//! probability were actually correct, for athletes it had never seen.

use serde::{Deserialize, Serialize};

/// Number of equal-width bins for probabilities.
const BINS: usize = 10;

/// The reliability curve of a model, measured on held-out athletes.
///
/// ```
/// use agoge_model::Calibration;
/// // At 0.2 one in four is correct, at 0.8 three in four; in between it is interpolated.
/// let outcome = |p, correct| (0..4).map(move |i| (p, f64::from(u8::from(i < correct))));
/// let outcomes: Vec<(f64, f64)> = outcome(0.2, 1).chain(outcome(0.8, 3)).collect();
/// let calibration = Calibration::fit_outcomes(&outcomes);
/// assert!((calibration.share_at(0.5).unwrap() - 0.5).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The non-empty bins, by increasing probability.
    pub points: Vec<CalibrationBin>,
}

/// One bin of probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationBin {
    /// Mean probability, 0 to 1.
    pub said: f64,
    /// Share of correct repetitions, made non-decreasing in the probability (isotonic regression,
    /// Barlow et al. 1972).
    pub correct: f64,
    /// Number of repetitions.
    pub repetitions: usize,
}

impl Calibration {
    /// Fits the curve to probabilities and labels (0 to 1) of held-out clips.
    pub fn fit_outcomes(outcomes: &[(f64, f64)]) -> Calibration {
        let point = |class: usize| {
            let members = outcomes
                .iter()
                .filter(|(p, _)| ((p * BINS as f64) as usize).min(BINS - 1) == class);
            let (count, probability, correct) =
                members.fold((0, 0.0, 0.0), |(count, probability, correct), (p, label)| {
                    (count + 1, probability + p, correct + label)
                });
            let n = count as f64;
            (count > 0).then(|| CalibrationBin {
                said: probability / n,
                correct: correct / n,
                repetitions: count,
            })
        };
        let mut points: Vec<CalibrationBin> = (0..BINS).filter_map(point).collect();
        pool_violators(&mut points);
        Calibration { points }
    }

    /// Share of correct repetitions at a given probability, 0 to 1, interpolated between bins. None
    /// without a curve.
    pub fn share_at(&self, p: f64) -> Option<f64> {
        match self.points.iter().position(|point| point.said >= p) {
            None => self.points.last().map(|point| point.correct),
            Some(0) => self.points.first().map(|point| point.correct),
            Some(above) => {
                let (a, b) = (&self.points[above - 1], &self.points[above]);
                let share = (p - a.said) / (b.said - a.said);
                Some(a.correct + share * (b.correct - a.correct))
            }
        }
    }
}

/// Pools adjacent bins until the share never decreases.
fn pool_violators(points: &mut [CalibrationBin]) {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for point in points.iter() {
        let mut pool = (point.correct, point.repetitions as f64, 1);
        while let Some(&(value, heavy, many)) = pools.last().filter(|last| last.0 > pool.0) {
            pools.pop();
            pool = (
                (value * heavy + pool.0 * pool.1) / (heavy + pool.1),
                heavy + pool.1,
                many + pool.2,
            );
        }
        pools.push(pool);
    }
    let pooled = pools.iter().flat_map(|&(value, _, many)| std::iter::repeat_n(value, many));
    points.iter_mut().zip(pooled).for_each(|(point, value)| point.correct = value);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repetitions whose share of correct ones is a given function of the probability.
    fn simulated_outcomes(share: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        (0..4000)
            .map(|i| {
                let p = (i / 40) as f64 / 100.0;
                (p, if (i % 40) as f64 / 40.0 < share(p) { 1.0 } else { 0.0 })
            })
            .collect()
    }

    #[test]
    fn shares_of_an_overconfident_model_are_found() {
        let curve = Calibration::fit_outcomes(&simulated_outcomes(|p| 0.25 + 0.5 * p));
        // Bins are a tenth wide, so their resolution is 0.05.
        for p in [0.1, 0.33, 0.5, 0.9] {
            let share = curve.share_at(p).unwrap();
            assert!((share - (0.25 + 0.5 * p)).abs() < 0.05, "{p}: {share}");
        }
    }

    #[test]
    fn shares_never_fall() {
        let curve =
            Calibration::fit_outcomes(&simulated_outcomes(|p| if p < 0.5 { 0.6 } else { 0.4 }));
        assert!(curve.points.windows(2).all(|pair| pair[0].correct <= pair[1].correct));
        assert!(
            (curve.share_at(0.2).unwrap() - 0.5).abs() < 0.01,
            "pooled to the mean of both halves"
        );
    }

    #[test]
    fn nothing_measured_is_nothing_known() {
        assert_eq!(Calibration::default().share_at(0.5), None);
        assert_eq!(Calibration::fit_outcomes(&[(0.7, 1.0)]).share_at(0.2), Some(1.0));
    }
}
