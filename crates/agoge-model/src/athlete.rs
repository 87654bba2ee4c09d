//! Estimates how a method's readings are biased for an individual athlete, from their repetitions
//! alone, without knowing which of them were correct.
//!
//! A method reads unseen athletes too high or too low, but all repetitions of one athlete alike. A
//! reading is therefore decomposed (a random-intercept mixture) into the middle of the movement,
//! the athlete's offset, plus half the effect if it was correct (minus half if not), and noise. The
//! offset, the size of the effect and the share of correct repetitions are weighted by all
//! repetitions seen (Bayesian inference on a grid). A single repetition says little about its
//! athlete; ten that fall into two groups say nearly everything.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A reading of a labelled repetition, by a method that was not trained on its athlete.
#[derive(Clone, Copy, Debug)]
pub struct LabelledReading<'a> {
    /// The athlete.
    pub athlete: &'a str,
    /// The movement.
    pub movement: &'a str,
    /// The method's reading; higher is better.
    pub reading: f64,
    /// Whether the repetition was correct.
    pub correct: bool,
}

/// How readings differ between athletes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AthleteEffect {
    /// Middle between correct and incorrect readings, and the difference between them, for each
    /// movement.
    pub movements: BTreeMap<String, MovementLevels>,
    /// Standard deviation of the athletes' middles around the movement's.
    pub between: f64,
    /// Standard deviation of an athlete's repetitions of one label around their mean.
    pub within: f64,
    /// Standard deviation of the athletes' effects around the movement's.
    pub effect: f64,
}

/// Levels of the readings of one movement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovementLevels {
    /// The middle between the means of correct and of incorrect repetitions.
    pub middle: f64,
    /// Mean of the correct minus mean of the incorrect repetitions.
    pub effect: f64,
}

/// Athlete offsets on the grid, in standard deviations.
const OFFSETS: [f64; 25] = {
    let mut places = [0.0; 25];
    let mut i = 0;
    while i < 25 {
        places[i] = (i as f64 - 12.0) * 0.25;
        i += 1;
    }
    places
};
/// Shares of correct repetitions on the grid, equally likely a priori.
const SHARES: [f64; 9] = [0.02, 0.15, 0.27, 0.39, 0.5, 0.61, 0.73, 0.85, 0.98];
/// Effects on the grid, in standard deviations.
const EFFECTS: [f64; 9] = [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0];
/// The effect is never taken to be less than this share of the movement's mean effect.
const LEAST_EFFECT: f64 = 0.2;
/// Lower bound of an outlier's density, as a share of the density at the mean.
const DENSITY_FLOOR: f64 = 1e-4;

impl AthleteEffect {
    /// Fits the levels of each movement, and the deviations, which all movements share. `None` if
    /// no movement has two athletes with both correct and incorrect repetitions.
    pub fn fit(reads: &[LabelledReading]) -> Option<AthleteEffect> {
        let mut groups: BTreeMap<(&str, &str), [Vec<f64>; 2]> = BTreeMap::new();
        for read in reads {
            let group = groups.entry((read.movement, read.athlete)).or_default();
            group[usize::from(read.correct)].push(read.reading);
        }
        let (mut squares, mut freedom) = (0.0, 0.0);
        let mut levels: BTreeMap<&str, Vec<MovementLevels>> = BTreeMap::new();
        for ((movement, _), kinds) in &groups {
            for kind in kinds {
                squares += kind.iter().map(|v| (v - mean_value(kind)).powi(2)).sum::<f64>();
                freedom += (kind.len() as f64 - 1.0).max(0.0);
            }
            if kinds.iter().all(|kind| !kind.is_empty()) {
                let [wrong, right] = [mean_value(&kinds[0]), mean_value(&kinds[1])];
                let athlete_levels =
                    MovementLevels { middle: 0.5 * (wrong + right), effect: right - wrong };
                levels.entry(movement).or_default().push(athlete_levels);
            }
        }
        levels.retain(|_, athletes| athletes.len() > 1);
        let movements: BTreeMap<String, MovementLevels> = levels
            .iter()
            .map(|(&movement, athletes)| {
                let middle = mean_value(&athletes.iter().map(|l| l.middle).collect::<Vec<_>>());
                let effect = mean_value(&athletes.iter().map(|l| l.effect).collect::<Vec<_>>());
                (movement.to_owned(), MovementLevels { middle, effect })
            })
            .collect();
        let spread = |value: fn(&MovementLevels) -> f64| {
            let (mut sum, mut free) = (0.0, 0.0);
            for (&movement, athletes) in &levels {
                sum += athletes
                    .iter()
                    .map(|l| (value(l) - value(&movements[movement])).powi(2))
                    .sum::<f64>();
                free += athletes.len() as f64 - 1.0;
            }
            (sum / free).sqrt()
        };
        let (between, effect) = (spread(|l| l.middle), spread(|l| l.effect));
        let within = (squares / freedom).sqrt();
        (within > 0.0 && between.is_finite()).then_some(AthleteEffect {
            movements,
            between,
            within,
            effect,
        })
    }

    /// Probability that each repetition of one athlete and movement was correct, 0 to 1, given all
    /// their readings, `[repetition]`, and any labels known for them. `None` for an unknown
    /// movement.
    pub fn correct_probabilities(
        &self,
        movement: &str,
        readings: &[f64],
        known: &[Option<bool>],
    ) -> Option<Vec<f64>> {
        let levels = self.movements.get(movement)?;
        let density = |reading: f64, mean: f64| {
            (-0.5 * ((reading - mean) / self.within).powi(2)).exp() + DENSITY_FLOOR
        };
        let mut grid = Vec::with_capacity(OFFSETS.len() * EFFECTS.len() * SHARES.len());
        for place in OFFSETS {
            for step in EFFECTS {
                let middle = levels.middle + place * self.between;
                let effect =
                    (levels.effect + step * self.effect).max(LEAST_EFFECT * levels.effect.abs());
                // Densities of each reading if it was incorrect, and if it was correct.
                let kinds: Vec<[f64; 2]> = readings
                    .iter()
                    .map(|&r| {
                        [density(r, middle - 0.5 * effect), density(r, middle + 0.5 * effect)]
                    })
                    .collect();
                for share in SHARES {
                    let chances: Vec<[f64; 2]> = kinds
                        .iter()
                        .enumerate()
                        .map(|(i, [wrong, right])| match known.get(i).copied().flatten() {
                            Some(true) => [0.0, share * right],
                            Some(false) => [(1.0 - share) * wrong, 0.0],
                            None => [(1.0 - share) * wrong, share * right],
                        })
                        .collect();
                    let evidence: f64 =
                        chances.iter().map(|[wrong, right]| (wrong + right).ln()).sum();
                    let prior = -0.5 * (place * place + step * step);
                    grid.push((evidence + prior, chances));
                }
            }
        }
        let most = grid.iter().map(|(weight, _)| *weight).fold(f64::NEG_INFINITY, f64::max);
        let mut correct = vec![0.0; readings.len()];
        let mut total = 0.0;
        for (weight, chances) in &grid {
            let weight = (weight - most).exp();
            total += weight;
            for (correct, [wrong, right]) in correct.iter_mut().zip(chances) {
                *correct += weight * right / (wrong + right);
            }
        }
        correct.iter_mut().for_each(|p| *p /= total);
        Some(correct)
    }
}

fn mean_value(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    const ATHLETES: [&str; 40] = ["x"; 40];

    fn draw_normal(rng: &mut Rng) -> f64 {
        (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
    }

    /// Readings with planted parameters: middle 0.3, effect 2 ± 0.2, within 0.5, between 0.8.
    fn planted_readings(names: &[String], share: f64, rng: &mut Rng) -> Vec<(usize, f64, bool)> {
        let mut reads = Vec::new();
        for (athlete, _) in names.iter().enumerate() {
            let level = 0.3 + 0.8 * draw_normal(rng);
            let effect = 2.0 + 0.2 * draw_normal(rng);
            for _ in 0..20 {
                let correct = rng.f64() < share;
                let side = if correct { 0.5 } else { -0.5 };
                reads.push((athlete, level + side * effect + 0.5 * draw_normal(rng), correct));
            }
        }
        reads
    }

    fn fit_planted(rng: &mut Rng) -> AthleteEffect {
        let names: Vec<String> = (0..ATHLETES.len()).map(|i| format!("a{i}")).collect();
        let planted = planted_readings(&names, 0.5, rng);
        let reads: Vec<LabelledReading> = planted
            .iter()
            .map(|&(athlete_index, reading, correct)| LabelledReading {
                athlete: &names[athlete_index],
                movement: "squat",
                reading,
                correct,
            })
            .collect();
        AthleteEffect::fit(&reads).unwrap()
    }

    #[test]
    fn what_was_planted_is_found() {
        let effect = fit_planted(&mut Rng::with_seed(1));
        let levels = effect.movements["squat"];
        // Forty athletes determine a middle to 0.8 / √40 = 0.13; twice that is allowed, and a fifth
        // of each deviation.
        assert!(
            (levels.middle - 0.3).abs() < 0.26 && (levels.effect - 2.0).abs() < 0.2,
            "{levels:?}"
        );
        assert!(
            (effect.within - 0.5).abs() < 0.1 && (effect.between - 0.8).abs() < 0.16,
            "{effect:?}"
        );
    }

    #[test]
    fn a_set_knows_its_athlete_whatever_the_share_of_correct_ones() {
        let mut rng = Rng::with_seed(2);
        let effect = fit_planted(&mut rng);
        let names: Vec<String> = (0..200).map(|i| format!("b{i}")).collect();
        for share in [0.0, 0.2, 0.5, 0.8, 1.0] {
            let reads = planted_readings(&names, share, &mut rng);
            let (mut alone, mut together, mut sum) = (0, 0, 0.0);
            for set in reads.chunks(20) {
                let readings: Vec<f64> = set.iter().map(|read| read.1).collect();
                let probabilities = effect.correct_probabilities("squat", &readings, &[]).unwrap();
                for ((_, reading, correct), p) in set.iter().zip(probabilities) {
                    let single =
                        effect.correct_probabilities("squat", &[*reading], &[]).unwrap()[0];
                    alone += usize::from((single > 0.5) == *correct);
                    together += usize::from((p > 0.5) == *correct);
                    sum += p;
                }
            }
            let n = reads.len();
            assert!(together > alone, "{share}: {together} of {n} together, {alone} alone");
            // In a set of equal labels it remains open whether the athlete is read too high or too
            // low: the mean of the probabilities matches the share of correct ones to within a
            // quarter.
            assert!((sum / n as f64 - share).abs() < 0.25, "{share}: {}", sum / n as f64);
        }
    }

    #[test]
    fn marked_repetitions_tell_of_the_others() {
        let effect = fit_planted(&mut Rng::with_seed(3));
        // An athlete who is read 1.5 too high: five repetitions at the usual level of correct ones
        // that are in fact incorrect.
        let readings = [0.8, 0.9, 0.7, 0.85, 0.8];
        let unmarked = effect.correct_probabilities("squat", &readings, &[]).unwrap();
        let marked = effect
            .correct_probabilities("squat", &readings, &[Some(false), Some(false), Some(false)])
            .unwrap();
        assert!(marked[4] < unmarked[4] && marked[4] < 0.2, "{} {}", marked[4], unmarked[4]);
        assert!(effect.correct_probabilities("jump", &readings, &[]).is_none());
    }
}
