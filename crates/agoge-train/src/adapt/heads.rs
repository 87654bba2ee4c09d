//! Heads that are linear in the embedding, computed directly from examples.

use super::examples::EmbeddedExamples;
use agoge_model::methods::LABEL_SMOOTHING;
use agoge_model::methods::ridge::Ridge;
use agoge_model::weights::WeightValues;
use rayon::prelude::*;

/// The movement and quality heads.
pub(super) struct EmbeddingHeads {
    movement: EmbeddingHead,
    quality: EmbeddingHead,
}

/// One head: a linear function of the embedding for each movement.
struct EmbeddingHead {
    /// `[movement]`: weights and offset; `None` where nothing was learned.
    functions: Vec<Option<(Vec<f64>, f64)>>,
    width: usize,
}

impl EmbeddingHeads {
    /// Nearest class means for both heads.
    pub(super) fn from_prototypes(examples: &EmbeddedExamples) -> EmbeddingHeads {
        EmbeddingHeads {
            movement: EmbeddingHead::nearest_movement(examples),
            quality: EmbeddingHead::nearest_quality(examples),
        }
    }

    /// Nearest class means for movement, ridge regression for quality.
    pub(super) fn from_means_and_ridge(examples: &EmbeddedExamples) -> EmbeddingHeads {
        EmbeddingHeads {
            movement: EmbeddingHead::nearest_movement(examples),
            quality: EmbeddingHead::quality_ridge(examples),
        }
    }

    /// Ridge regression for both heads.
    pub(super) fn from_ridge(examples: &EmbeddedExamples) -> EmbeddingHeads {
        EmbeddingHeads {
            movement: EmbeddingHead::movement_ridge(examples),
            quality: EmbeddingHead::quality_ridge(examples),
        }
    }

    /// The heads as parameters of an encoder.
    pub(super) fn parameter_values(&self) -> WeightValues {
        [("movement", &self.movement), ("quality", &self.quality)]
            .into_iter()
            .flat_map(|(name, head)| head.parameter_values(name))
            .collect()
    }
}

impl EmbeddingHead {
    /// Classifies a clip by the nearest movement mean.
    fn nearest_movement(examples: &EmbeddedExamples) -> EmbeddingHead {
        let count = examples.movements.len();
        if count < 2 {
            return EmbeddingHead::new(vec![None; count], examples);
        }
        let kinds: Vec<Vec<usize>> = (0..count)
            .map(|movement| {
                (0..examples.clips.len())
                    .filter(|&clip| examples.classes[clip] == movement)
                    .collect()
            })
            .collect();
        let ClassMeans { means, spread } = ClassMeans::from_classes(examples, &kinds);
        // With the within-class spread as the variance, each coordinate counts as it would in a
        // normal distribution; the share makes correlated coordinates count as one.
        let share = 1.0 / (examples.width as f64).sqrt();
        let mean_function = |(mean, kind): (&Vec<f64>, &Vec<usize>)| {
            let weights: Vec<f64> =
                mean.iter().zip(&spread).map(|(mean, spread)| share * mean / spread).collect();
            let offset = -0.5 * dot_product(&weights, mean);
            (!kind.is_empty()).then_some((weights, offset))
        };
        EmbeddingHead::new(means.iter().zip(&kinds).map(mean_function).collect(), examples)
    }

    /// Scores a clip by the nearest of the correct and incorrect means, at which the score is 1 and
    /// −1 (times [`confident_logit`]).
    fn nearest_quality(examples: &EmbeddedExamples) -> EmbeddingHead {
        let quality_function = |judged: &Vec<(usize, bool)>| {
            let kinds = [true, false].map(|kind| {
                judged
                    .iter()
                    .filter(|(_, label)| *label == kind)
                    .map(|(clip, _)| *clip)
                    .collect::<Vec<usize>>()
            });
            if kinds.iter().any(Vec::is_empty) {
                return None;
            }
            let ClassMeans { means, spread } = ClassMeans::from_classes(examples, &kinds);
            let middle: Vec<f64> =
                means[0].iter().zip(&means[1]).map(|(a, b)| 0.5 * (a + b)).collect();
            let half: Vec<f64> = means[0].iter().zip(&middle).map(|(a, m)| a - m).collect();
            let towards: Vec<f64> =
                half.iter().zip(&spread).map(|(half, spread)| half / spread).collect();
            let scale = confident_logit() / dot_product(&towards, &half).max(1e-12);
            let weights: Vec<f64> = towards.iter().map(|v| scale * v).collect();
            let offset = -dot_product(&weights, &middle);
            Some((weights, offset))
        };
        EmbeddingHead::new(
            examples.labelled_clips().iter().map(quality_function).collect(),
            examples,
        )
    }

    /// Ridge regression of movements onto targets 1 and −1.
    fn movement_ridge(examples: &EmbeddedExamples) -> EmbeddingHead {
        let count = examples.movements.len();
        if count < 2 {
            return EmbeddingHead::new(vec![None; count], examples);
        }
        let all: Vec<usize> = (0..examples.clips.len()).collect();
        let sign = |first: bool| if first { 1.0 } else { -1.0 };
        let target =
            |i: usize| (0..count).map(|movement| sign(examples.classes[i] == movement)).collect();
        EmbeddingHead::new(
            fit_ridge(examples, &all, &target).map_or_else(
                || vec![None; count],
                |functions| functions.into_iter().map(Some).collect(),
            ),
            examples,
        )
    }

    /// Ridge regression of quality onto targets 1 and −1.
    fn quality_ridge(examples: &EmbeddedExamples) -> EmbeddingHead {
        let quality_function = |judged: Vec<(usize, bool)>| {
            let which: Vec<usize> = judged.iter().map(|(clip, _)| *clip).collect();
            let target = |i: usize| examples.clips[which[i]].quality_target().into_iter().collect();
            fit_ridge(examples, &which, &target)?.into_iter().next()
        };
        EmbeddingHead::new(
            examples.labelled_clips().into_par_iter().map(quality_function).collect(),
            examples,
        )
    }

    fn new(functions: Vec<Option<(Vec<f64>, f64)>>, examples: &EmbeddedExamples) -> EmbeddingHead {
        EmbeddingHead { functions, width: examples.width }
    }

    fn parameter_values(&self, name: &str) -> WeightValues {
        let count = self.functions.len();
        let mut weights = vec![0.0f32; self.width * count];
        let mut offsets = vec![0.0f32; count];
        for (movement, function) in self.functions.iter().enumerate() {
            let Some((function_weights, offset)) = function else { continue };
            weights
                .iter_mut()
                .skip(movement)
                .step_by(count)
                .zip(function_weights)
                .for_each(|(to, from)| *to = *from as f32);
            offsets[movement] = *offset as f32;
        }
        WeightValues::from([
            (format!("{name}.weight"), (vec![self.width, count], weights)),
            (format!("{name}.bias"), (vec![count], offsets)),
        ])
    }
}

/// Ridge regression from the embeddings of the given clips to targets 1 and −1 (times
/// [`confident_logit`]): the weights and offset of each target. The penalty is the one with the
/// least error when all views of a clip are left out together.
fn fit_ridge(
    examples: &EmbeddedExamples,
    which: &[usize],
    target: &dyn Fn(usize) -> Vec<f64>,
) -> Option<Vec<(Vec<f64>, f64)>> {
    let rows: Vec<f32> =
        which.iter().flat_map(|&clip| examples.clip_embeddings(clip)).copied().collect();
    let targets: Vec<f64> =
        which.iter().enumerate().flat_map(|(i, _)| target(i).repeat(examples.views)).collect();
    let views: Vec<usize> =
        which.iter().flat_map(|&clip| std::iter::repeat_n(clip, examples.views)).collect();
    let scaled = |(weights, offset): (Vec<f64>, f64)| {
        (
            weights.into_iter().map(|weight| confident_logit() * weight).collect::<Vec<f64>>(),
            confident_logit() * offset,
        )
    };
    Some(Ridge::fit(&rows, &targets, &views)?.target_functions().map(scaled).collect())
}

/// The logit of a target of 1 after label smoothing: what a head outputs for a clip that is
/// certainly correct.
pub(super) fn confident_logit() -> f64 {
    (f64::from(1.0 - LABEL_SMOOTHING) / f64::from(LABEL_SMOOTHING)).ln()
}

/// Class means of clips, and the spread within the classes.
struct ClassMeans {
    /// `[kind][coordinate]`.
    means: Vec<Vec<f64>>,
    /// Within-class variance, averaged half and half with its mean over the coordinates: a few
    /// clips cannot tell a truly small variance from chance. `[coordinate]`.
    spread: Vec<f64>,
}

impl ClassMeans {
    fn from_classes(examples: &EmbeddedExamples, kinds: &[Vec<usize>]) -> ClassMeans {
        let width = examples.width;
        let mut spread = vec![0.0; width];
        let mut rows = 0usize;
        let means: Vec<Vec<f64>> = kinds
            .iter()
            .map(|kind| {
                let views = || {
                    kind.iter().flat_map(|&clip| examples.clip_embeddings(clip).chunks_exact(width))
                };
                let count = kind.len() * examples.views;
                let mut mean = vec![0.0; width];
                views().for_each(|view| {
                    mean.iter_mut().zip(view).for_each(|(m, v)| *m += f64::from(*v))
                });
                mean.iter_mut().for_each(|m| *m /= count.max(1) as f64);
                for view in views() {
                    for ((square, v), m) in spread.iter_mut().zip(view).zip(&mean) {
                        *square += (f64::from(*v) - m).powi(2);
                    }
                }
                rows += count;
                mean
            })
            .collect();
        let mean = spread.iter().sum::<f64>() / width as f64;
        spread
            .iter_mut()
            .for_each(|square| *square = (*square + mean) / (2 * rows.max(1)) as f64 + 1e-9);
        ClassMeans { means, spread }
    }
}

fn dot_product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
