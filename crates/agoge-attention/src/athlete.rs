//! What is particular to an athlete in how a method reads their movements, learned from their
//! repetitions without asking whether these were correct.
//!
//! A method reads athletes whom it has never seen too high or too low, but all their repetitions
//! alike. So a reading is taken apart (a random-intercept mixture): `reading = middle of the
//! movement + athlete ± effect / 2 + noise`, with `+` for correct repetitions, and the athlete's
//! own part, the size of the effect and the share of correct repetitions are weighed by all
//! repetitions seen (Bayes, on a grid). A single repetition says little of its athlete; ten that
//! fall into two groups say nearly all.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A reading of a repetition that was judged, by a method that never saw its athlete.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    /// Who.
    pub athlete: &'a str,
    /// Which movement.
    pub movement: &'a str,
    /// What the method read; higher is better.
    pub reading: f64,
    /// Whether it was correct.
    pub correct: bool,
}

/// How readings differ between athletes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AthleteEffect {
    /// Middle between correct and incorrect readings, and what lies between them, of each movement.
    pub movements: BTreeMap<String, Levels>,
    /// Standard deviation of the athletes' middles about the movement's.
    pub between: f64,
    /// Standard deviation of the repetitions of one kind about their mean, within an athlete.
    pub within: f64,
    /// Standard deviation of the athletes' effects about the movement's.
    pub effect: f64,
}

/// Readings of one movement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// The middle between the means of correct and of incorrect repetitions.
    pub middle: f64,
    /// Mean of the correct less mean of the incorrect.
    pub effect: f64,
}

/// Places of the athlete's own part on the grid, in standard deviations.
const PLACES: [f64; 25] = {
    let mut places = [0.0; 25];
    let mut i = 0;
    while i < 25 {
        places[i] = (i as f64 - 12.0) * 0.25;
        i += 1;
    }
    places
};
/// Shares of correct repetitions on the grid, all alike before anything is seen.
const SHARES: [f64; 9] = [0.02, 0.15, 0.27, 0.39, 0.5, 0.61, 0.73, 0.85, 0.98];
/// Effects on the grid, in standard deviations.
const EFFECTS: [f64; 9] = [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0];
/// An effect is never taken to be less than this share of the usual one.
const LEAST_EFFECT: f64 = 0.2;
/// What an outlier's density cannot fall below, as a share of the density at the mean.
const FLOOR: f64 = 1e-4;

impl AthleteEffect {
    /// Fits the levels of each movement and the deviations, which all movements share; none if no
    /// movement has two athletes with both kinds of repetitions.
    pub fn fit(reads: &[Read]) -> Option<AthleteEffect> {
        let mut groups: BTreeMap<(&str, &str), [Vec<f64>; 2]> = BTreeMap::new();
        for read in reads {
            let group = groups.entry((read.movement, read.athlete)).or_default();
            group[usize::from(read.correct)].push(read.reading);
        }
        let (mut squares, mut freedom) = (0.0, 0.0);
        let mut levels: BTreeMap<&str, Vec<Levels>> = BTreeMap::new();
        for ((movement, _), kinds) in &groups {
            for kind in kinds {
                squares += kind.iter().map(|v| (v - mean(kind)).powi(2)).sum::<f64>();
                freedom += (kind.len() as f64 - 1.0).max(0.0);
            }
            if kinds.iter().all(|kind| !kind.is_empty()) {
                let [wrong, right] = [mean(&kinds[0]), mean(&kinds[1])];
                let own = Levels { middle: 0.5 * (wrong + right), effect: right - wrong };
                levels.entry(movement).or_default().push(own);
            }
        }
        levels.retain(|_, own| own.len() > 1);
        let movements: BTreeMap<String, Levels> = levels
            .iter()
            .map(|(&movement, own)| {
                let middle = mean(&own.iter().map(|l| l.middle).collect::<Vec<_>>());
                let effect = mean(&own.iter().map(|l| l.effect).collect::<Vec<_>>());
                (movement.to_owned(), Levels { middle, effect })
            })
            .collect();
        let spread = |of: fn(&Levels) -> f64| {
            let (mut sum, mut free) = (0.0, 0.0);
            for (&movement, own) in &levels {
                sum += own.iter().map(|l| (of(l) - of(&movements[movement])).powi(2)).sum::<f64>();
                free += own.len() as f64 - 1.0;
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

    /// How likely each repetition of one athlete and movement was correct, 0 to 1, given all their
    /// readings, `[repetition]`, and what somebody said of some of them. None for a movement that
    /// it does not know.
    pub fn correct(
        &self,
        movement: &str,
        readings: &[f64],
        known: &[Option<bool>],
    ) -> Option<Vec<f64>> {
        let levels = self.movements.get(movement)?;
        let density = |reading: f64, mean: f64| {
            (-0.5 * ((reading - mean) / self.within).powi(2)).exp() + FLOOR
        };
        let mut grid = Vec::with_capacity(PLACES.len() * EFFECTS.len() * SHARES.len());
        for place in PLACES {
            for step in EFFECTS {
                let middle = levels.middle + place * self.between;
                let effect =
                    (levels.effect + step * self.effect).max(LEAST_EFFECT * levels.effect.abs());
                // Densities of each reading if it was incorrect and if it was correct.
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

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    const ATHLETES: [&str; 40] = ["x"; 40];

    fn normal(rng: &mut Rng) -> f64 {
        (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
    }

    /// Readings with a planted middle 0.3, effect 2, within 0.5, between 0.8 and effects that vary
    /// by 0.2.
    fn planted(names: &[String], share: f64, rng: &mut Rng) -> Vec<(usize, f64, bool)> {
        let mut reads = Vec::new();
        for (who, _) in names.iter().enumerate() {
            let own = 0.3 + 0.8 * normal(rng);
            let effect = 2.0 + 0.2 * normal(rng);
            for _ in 0..20 {
                let correct = rng.f64() < share;
                let side = if correct { 0.5 } else { -0.5 };
                reads.push((who, own + side * effect + 0.5 * normal(rng), correct));
            }
        }
        reads
    }

    fn fitted(rng: &mut Rng) -> AthleteEffect {
        let names: Vec<String> = (0..ATHLETES.len()).map(|i| format!("a{i}")).collect();
        let planted = planted(&names, 0.5, rng);
        let reads: Vec<Read> = planted
            .iter()
            .map(|&(who, reading, correct)| Read {
                athlete: &names[who],
                movement: "squat",
                reading,
                correct,
            })
            .collect();
        AthleteEffect::fit(&reads).unwrap()
    }

    #[test]
    fn what_was_planted_is_found() {
        let effect = fitted(&mut Rng::with_seed(1));
        let levels = effect.movements["squat"];
        // Forty athletes know a middle to 0.8 / √40 = 0.13; twice that is allowed, and a fifth of
        // each deviation.
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
        let effect = fitted(&mut rng);
        let names: Vec<String> = (0..200).map(|i| format!("b{i}")).collect();
        for share in [0.0, 0.2, 0.5, 0.8, 1.0] {
            let reads = planted(&names, share, &mut rng);
            let (mut alone, mut together, mut sum) = (0, 0, 0.0);
            for own in reads.chunks(20) {
                let readings: Vec<f64> = own.iter().map(|read| read.1).collect();
                let set = effect.correct("squat", &readings, &[]).unwrap();
                for ((_, reading, correct), p) in own.iter().zip(set) {
                    let single = effect.correct("squat", &[*reading], &[]).unwrap()[0];
                    alone += usize::from((single > 0.5) == *correct);
                    together += usize::from((p > 0.5) == *correct);
                    sum += p;
                }
            }
            let n = reads.len();
            assert!(together > alone, "{share}: {together} of {n} together, {alone} alone");
            // Of a set in which all are alike it stays open whether the athlete is read too high or
            // too low: the mean of the probabilities is the share of correct ones to a quarter.
            assert!((sum / n as f64 - share).abs() < 0.25, "{share}: {}", sum / n as f64);
        }
    }

    #[test]
    fn marked_repetitions_tell_of_the_others() {
        let effect = fitted(&mut Rng::with_seed(3));
        // An athlete who is read 1.5 too high: four repetitions at the level of usual correct ones,
        // which are incorrect.
        let readings = [0.8, 0.9, 0.7, 0.85, 0.8];
        let unmarked = effect.correct("squat", &readings, &[]).unwrap();
        let marked =
            effect.correct("squat", &readings, &[Some(false), Some(false), Some(false)]).unwrap();
        assert!(marked[4] < unmarked[4] && marked[4] < 0.2, "{} {}", marked[4], unmarked[4]);
        assert!(effect.correct("jump", &readings, &[]).is_none());
    }
}
