//! The nearest example by dynamic time warping (Sakoe & Chiba 1978): two series are aligned so that
//! they differ least, where one may run ahead of the other by a little. The only thing learned is
//! from which distance on two series count as different.

use agoge_model::methods::LearningTask;
use agoge_model::methods::fusion::{Sense, SenseExamples, SenseLearner, SensePredictor};
use agoge_model::methods::series::{self, SeriesRegion};
use agoge_model::motion::Motion;
use rayon::prelude::*;
use std::borrow::Cow;
use std::cmp::Reverse;

/// Samples per series.
const LENGTH: usize = 32;
/// Number of samples by which one series may run ahead of the other: a tenth of the series.
const BAND: usize = LENGTH.div_ceil(10);

/// Classifies by the nearest example under dynamic time warping.
pub(super) struct WarpingMethod;

/// An example to compare with.
struct WarpingExample {
    /// `[time, channel]`.
    values: Vec<f32>,
    class: usize,
}

/// The examples and the typical distances.
struct LearnedWarping {
    sense: Sense,
    task: LearningTask,
    examples: Vec<WarpingExample>,
    /// The distance that separates correct from incorrect, or the typical distance within a
    /// movement, `[movement]`; `None` where it could not be learned.
    typical_distances: Vec<Option<f32>>,
}

impl SenseLearner for WarpingMethod {
    fn learn_sense(&self, examples: &SenseExamples, _: u64) -> Option<Box<dyn SensePredictor>> {
        let problems = examples.binary_problems();
        let all: Vec<WarpingExample> = (examples.oriented_motions().par_iter())
            .zip(&examples.classes)
            .map(|(motion, &class)| WarpingExample {
                values: compared_values(motion, examples.sense),
                class,
            })
            .collect();
        // Templates that others are compared with: the correct examples, or all of them.
        let is_template = |i: usize| {
            examples.task == LearningTask::Movement || examples.clips[i].is_correct() == Some(true)
        };
        // An athlete is nearest to themselves: distances are measured to other athletes, if there
        // are any.
        let one_athlete = examples.clips.windows(2).all(|pair| pair[0].athlete == pair[1].athlete);
        let comparable = |i: usize, j: usize| {
            i != j && (one_athlete || examples.clips[i].athlete != examples.clips[j].athlete)
        };
        let distance = |i: usize| {
            let others = (0..all.len())
                .filter(|&j| is_template(j) && all[j].class == all[i].class && comparable(i, j));
            nearest_distance(&all[i].values, others.map(|j| &all[j]))
        };
        let distances: Vec<f32> = (0..all.len()).into_par_iter().map(distance).collect();
        let usual: Vec<Option<f32>> = problems
            .iter()
            .map(|problem| {
                let known = problem.as_ref()?.iter().filter(|(i, _)| distances[*i].is_finite());
                match examples.task {
                    LearningTask::Quality => {
                        best_threshold(known.map(|&(i, correct)| (distances[i], correct)).collect())
                    }
                    LearningTask::Movement => {
                        let within: Vec<f32> = known
                            .filter(|(_, is_movement)| *is_movement)
                            .map(|(i, _)| distances[*i])
                            .collect();
                        (!within.is_empty())
                            .then(|| within.iter().sum::<f32>() / within.len() as f32)
                    }
                }
            })
            .collect();
        if usual.iter().all(Option::is_none) {
            return None;
        }
        let templates = all
            .into_iter()
            .enumerate()
            .filter(|(i, _)| is_template(*i))
            .map(|(_, example)| example)
            .collect();
        Some(Box::new(LearnedWarping {
            sense: examples.sense,
            task: examples.task,
            examples: templates,
            typical_distances: usual,
        }))
    }
}

impl SensePredictor for LearnedWarping {
    fn decision_values(&self, motions: &[Cow<Motion>]) -> Vec<Vec<f32>> {
        let mean = || {
            let known = self.typical_distances.iter().flatten();
            known.clone().sum::<f32>() / known.count().max(1) as f32
        };
        // One unit for all movements; otherwise the nearest would not be the likeliest.
        let unit = mean().max(f32::MIN_POSITIVE);
        let decide = |motion: &Cow<Motion>| -> Vec<f32> {
            let values = compared_values(motion, self.sense);
            let distance_to = |class: usize| {
                nearest_distance(
                    &values,
                    self.examples.iter().filter(|example| example.class == class),
                )
            };
            let decision = |(class, usual): (usize, &Option<f32>)| match (self.task, usual) {
                (LearningTask::Quality, None) => 0.0,
                (LearningTask::Quality, Some(usual)) => {
                    1.0 - distance_to(class) / usual.max(f32::MIN_POSITIVE)
                }
                (LearningTask::Movement, _) => -distance_to(class).min(1e6 * unit) / unit,
            };
            self.typical_distances.iter().enumerate().map(decision).collect()
        };
        motions.par_iter().map(decide).collect()
    }

    fn parameter_count(&self) -> usize {
        self.examples.iter().map(|example| example.values.len()).sum::<usize>()
            + self.typical_distances.iter().flatten().count()
    }
}

/// The values compared, `[time, channel]`: the positions of the body parts, or the sensor's
/// signals.
fn compared_values(motion: &Motion, sense: Sense) -> Vec<f32> {
    match sense {
        Sense::Body => series::part_positions(motion, LENGTH, SeriesRegion::Body).to_rows(),
        Sense::Worn => series::sensor_channels(motion, LENGTH).to_rows(),
    }
}

/// The distance to the nearest of some examples; infinite without any.
fn nearest_distance<'a>(values: &[f32], examples: impl Iterator<Item = &'a WarpingExample>) -> f32 {
    let nearer = |best, example: &WarpingExample| {
        warping_distance(values, &example.values, LENGTH, BAND, best).min(best)
    };
    (examples.fold(f32::INFINITY, nearer) / LENGTH as f32).sqrt()
}

/// The least sum of squared differences over all alignments of two series that shift each sample by
/// at most `band`; infinite as soon as it cannot be less than `bound`. Shapes: `a` and `b` are
/// `[length, channel]`.
fn warping_distance(a: &[f32], b: &[f32], length: usize, band: usize, bound: f32) -> f32 {
    let channels = a.len() / length.max(1);
    let cost = |i: usize, j: usize| -> f32 {
        let (a, b) = (&a[i * channels..(i + 1) * channels], &b[j * channels..(j + 1) * channels]);
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
    };
    let mut previous = vec![f32::INFINITY; length + 1];
    let mut current = vec![f32::INFINITY; length + 1];
    previous[0] = 0.0;
    for i in 0..length {
        current.fill(f32::INFINITY);
        let (from, to) = (i.saturating_sub(band), (i + band + 1).min(length));
        let mut least = f32::INFINITY;
        for j in from..to {
            let before = previous[j].min(previous[j + 1]).min(current[j]);
            if before < bound {
                current[j + 1] = before + cost(i, j);
                least = least.min(current[j + 1]);
            }
        }
        if least >= bound {
            return f32::INFINITY;
        }
        std::mem::swap(&mut previous, &mut current);
    }
    previous[length]
}

/// The distance that best separates correct (below) from incorrect (above), with both classes
/// weighted equally. `None` without both classes.
fn best_threshold(mut known: Vec<(f32, bool)>) -> Option<f32> {
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let correct = known.iter().filter(|(_, correct)| *correct).count();
    let incorrect = known.len() - correct;
    if correct == 0 || incorrect == 0 {
        return None;
    }
    let mut score = 0i64;
    let mut cuts = Vec::new();
    for (i, (distance, is_correct)) in known.iter().enumerate() {
        // In units of 1 / (correct · incorrect), so that ties are exact.
        score += if *is_correct { incorrect as i64 } else { -(correct as i64) };
        let next = known.get(i + 1).map_or(*distance, |(next, _)| *next);
        cuts.push((score, i, 0.5 * (distance + next)));
    }
    cuts.into_iter().max_by_key(|(score, i, _)| (*score, Reverse(*i))).map(|(_, _, cut)| cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    /// The recursion as written in the paper, over the whole matrix.
    fn reference_distance(a: &[f32], b: &[f32], length: usize, band: usize) -> f64 {
        let channels = a.len() / length;
        let mut sums = vec![vec![f64::INFINITY; length + 1]; length + 1];
        sums[0][0] = 0.0;
        for i in 1..=length {
            for j in 1..=length {
                if i.abs_diff(j) <= band {
                    let cost: f64 = (0..channels)
                        .map(|c| {
                            f64::from(a[(i - 1) * channels + c] - b[(j - 1) * channels + c]).powi(2)
                        })
                        .sum();
                    sums[i][j] = cost + sums[i - 1][j].min(sums[i][j - 1]).min(sums[i - 1][j - 1]);
                }
            }
        }
        sums[length][length]
    }

    #[test]
    fn the_distance_is_that_of_the_definition() {
        let mut rng = Rng::with_seed(2);
        for band in [0, 2, 20] {
            let mut draw = || (0..20 * 3).map(|_| rng.f32()).collect::<Vec<f32>>();
            let (a, b) = (draw(), draw());
            let (fast, slow) = (
                f64::from(warping_distance(&a, &b, 20, band, f32::INFINITY)),
                reference_distance(&a, &b, 20, band),
            );
            assert!((fast - slow).abs() < 1e-4, "{fast} {slow}");
            assert_eq!(f64::from(warping_distance(&a, &b, 20, band, 1.01 * fast as f32)), fast);
            assert_eq!(warping_distance(&a, &b, 20, band, 0.9 * fast as f32), f32::INFINITY);
        }
        // A shift by one sample costs nothing.
        let early: Vec<f32> = (0..20).map(|i| if i < 9 { 0.0 } else { 1.0 }).collect();
        let late: Vec<f32> = (0..20).map(|i| if i < 10 { 0.0 } else { 1.0 }).collect();
        assert_eq!(warping_distance(&early, &late, 20, 2, f32::INFINITY), 0.0);
    }

    #[test]
    fn the_threshold_separates() {
        assert_eq!(
            best_threshold(vec![(3.0, false), (1.0, true), (2.0, true), (5.0, false)]),
            Some(2.5)
        );
        assert_eq!(
            best_threshold(vec![
                (1.0, true),
                (2.0, false),
                (3.0, true),
                (4.0, false),
                (5.0, false)
            ]),
            Some(3.5)
        );
        assert_eq!(best_threshold(vec![(1.0, true)]), None);
    }
}
