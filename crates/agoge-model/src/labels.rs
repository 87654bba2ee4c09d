//! Suggests which repetitions a coach should label next, so that a model of a movement learns the
//! most from each label.
//!
//! A label is informative about similar repetitions, and most where the model is uncertain. A
//! suggestion is therefore worth how much closer it brings all repetitions to a labelled one, each
//! weighted by the doubt about it (facility location, Nemhauser, Wolsey & Fisher 1978; uncertainty
//! sampling, Lewis & Gale 1994). Repetitions suggested together are chosen one after the other, so
//! that they differ.

use crate::methods::ridge::Ridge;
use crate::methods::rocket::PoseFeatures;
use crate::motion::Motion;
use serde::Serialize;

/// A repetition to label next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// Index of the repetition, counted from 0.
    pub clip: usize,
    /// The model's uncertainty, 0 (certain) to 1 (undecided); 1 while nothing is labelled.
    pub doubt: f64,
    /// Share of the information about the movement's repetitions that this label would add, 0 to 1.
    pub gain: f64,
}

/// Repetitions of one movement with features for comparing them, which need no label.
pub struct RepetitionPool {
    features: Vec<f32>,
    width: usize,
    /// Distances between repetitions, `[repetition, repetition]`.
    distances: Vec<f64>,
}

/// Suggests up to `count` repetitions of one movement to label next, the most useful first.
/// `labels` are the labels so far, `[repetition]`. Returns nothing without a body.
pub fn suggest_labels(
    motions: &[&Motion],
    labels: &[Option<bool>],
    count: usize,
    seed: u64,
) -> Vec<Suggestion> {
    RepetitionPool::new(motions, seed)
        .map_or_else(Vec::new, |pool| pool.suggest_repetitions(labels, count))
}

impl RepetitionPool {
    /// `None` for fewer than two repetitions.
    pub fn new(motions: &[&Motion], seed: u64) -> Option<RepetitionPool> {
        let features = PoseFeatures::fit(motions, seed)?;
        let mut pool = RepetitionPool {
            features: features.transform_motions(motions),
            width: features.feature_count(),
            distances: Vec::new(),
        };
        let n = motions.len();
        pool.distances = (0..n * n).map(|i| pool.feature_distance(i / n, i % n)).collect();
        Some(pool)
    }

    /// See [`suggest_labels`].
    pub fn suggest_repetitions(&self, labels: &[Option<bool>], count: usize) -> Vec<Suggestion> {
        let n = labels.len();
        let judge = self.learn_labels(labels);
        let doubt = |i: usize| match &judge {
            Some(judge) => 1.0 - self.predict_repetition(judge, i).abs().min(1.0),
            None => 1.0,
        };
        let doubts: Vec<f64> = (0..n).map(doubt).collect();
        // Before anything is labelled, every repetition counts as far away as its farthest
        // neighbour.
        let mut nearest: Vec<f64> = (0..n)
            .map(|i| (0..n).map(|j| self.distance_between(i, j)).fold(0.0, f64::max))
            .collect();
        let weight: Vec<f64> = doubts.iter().map(|doubt| doubt + LEAST_DOUBT).collect();
        let whole: f64 = nearest.iter().zip(&weight).map(|(apart, weight)| apart * weight).sum();
        let approach = |nearest: &mut [f64], known: usize| {
            for (i, nearest) in nearest.iter_mut().enumerate() {
                *nearest = nearest.min(self.distance_between(i, known));
            }
        };
        (0..n).filter(|&i| labels[i].is_some()).for_each(|known| approach(&mut nearest, known));
        let mut open: Vec<usize> = (0..n).filter(|&i| labels[i].is_none()).collect();
        let mut chosen = Vec::new();
        while chosen.len() < count {
            let gain = |i: usize| -> f64 {
                (0..n)
                    .map(|j| weight[j] * (nearest[j] - self.distance_between(i, j)).max(0.0))
                    .sum::<f64>()
                    / whole.max(1e-12)
            };
            let gains: Vec<f64> = open.iter().map(|&i| gain(i)).collect();
            let Some(place) =
                (0..open.len()).max_by(|&a, &b| gains[a].total_cmp(&gains[b]).then(b.cmp(&a)))
            else {
                break;
            };
            let clip = open.remove(place);
            chosen.push(Suggestion { clip, doubt: doubts[clip], gain: gains[place] });
            approach(&mut nearest, clip);
        }
        chosen
    }

    /// Learns from the labels; `None` without both classes.
    pub fn learn_labels(&self, labels: &[Option<bool>]) -> Option<Ridge> {
        let known: Vec<usize> = (0..labels.len()).filter(|&i| labels[i].is_some()).collect();
        let targets: Vec<f64> =
            known.iter().map(|&i| if labels[i] == Some(true) { 1.0 } else { -1.0 }).collect();
        let both = targets.contains(&1.0) && targets.contains(&-1.0);
        let rows: Vec<f32> = known.iter().flat_map(|&i| self.feature_row(i)).copied().collect();
        both.then(|| Ridge::fit(&rows, &targets, &known))?
    }

    /// The prediction for a repetition, about −1 to 1.
    pub fn predict_repetition(&self, judge: &Ridge, i: usize) -> f64 {
        judge.predict(self.feature_row(i)).first().copied().unwrap_or(0.0)
    }

    fn feature_row(&self, i: usize) -> &[f32] {
        &self.features[i * self.width..(i + 1) * self.width]
    }

    fn distance_between(&self, i: usize, j: usize) -> f64 {
        let n = self.features.len() / self.width;
        self.distances[i * n + j]
    }

    fn feature_distance(&self, i: usize, j: usize) -> f64 {
        let square: f32 =
            self.feature_row(i).iter().zip(self.feature_row(j)).map(|(a, b)| (a - b).powi(2)).sum();
        f64::from(square).sqrt()
    }
}

/// Minimum weight of a repetition the model is certain about: an unfamiliar repetition may be
/// misjudged with certainty.
const LEAST_DOUBT: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::simulated_motion;
    use agoge_motion::Side;
    use agoge_motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};

    /// One squat from each of some athletes; those with an odd number have a knee moving inward.
    fn simulated_squats(athletes: u64) -> Vec<Motion> {
        (0..athletes)
            .map(|athlete| {
                let fault = SimulatedFault {
                    kind: SimulatedFaultKind::KneeInwardUp,
                    side: Some(Side::Left),
                    repetitions: 1..=1,
                    size: 30.0,
                };
                let faults = if athlete % 2 == 1 { vec![fault] } else { Vec::new() };
                simulated_motion(&SimulatedSet {
                    repetitions: 1,
                    seed: athlete,
                    faults,
                    variation_deg: 4.0,
                    ..SimulatedSet::new(Exercise::Squat)
                })
            })
            .collect()
    }

    #[test]
    fn suggestions_are_open_differ_and_doubt_comes_first() {
        let squats = simulated_squats(12);
        let motions: Vec<&Motion> = squats.iter().collect();
        let first = suggest_labels(&motions, &[None; 12], 4, 1);
        assert_eq!(first.len(), 4);
        assert!(
            first.iter().all(|s| s.doubt == 1.0)
                && first.windows(2).all(|pair| pair[0].gain >= pair[1].gain)
        );
        let mut labels = [None; 12];
        (0..6).for_each(|i| labels[i] = Some(i % 2 == 0));
        let next = suggest_labels(&motions, &labels, 20, 1);
        let mut clips: Vec<usize> = next.iter().map(|s| s.clip).collect();
        clips.sort_unstable();
        assert_eq!(clips, [6, 7, 8, 9, 10, 11], "each once, none that was judged");
        assert!(
            next.iter().all(|s| (0.0..=1.0).contains(&s.doubt))
                && next.iter().any(|s| s.doubt < 1.0)
        );
        assert!(suggest_labels(&motions[..1], &[None], 4, 1).is_empty());
    }
}
