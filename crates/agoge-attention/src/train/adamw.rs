//! AdamW (Kingma & Ba 2015; Loshchilov & Hutter 2019) in one pass over all parameters, with the gradient's clipping and the weights' average taken along.

use crate::ops::vectors;
use rayon::prelude::*;

/// Numbers that one thread takes at a time.
const PIECE: usize = 1 << 14;

/// Settings of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// How long the mean of the gradients remembers.
    pub first: f32,
    /// How long the mean of their squares remembers.
    pub second: f32,
    /// Added to the root of the squares.
    pub epsilon: f32,
    /// Share of the weights that is taken away in a step, times the learning rate.
    pub decay: f32,
}

impl Default for AdamW {
    /// The settings of the paper and of PyTorch.
    fn default() -> AdamW {
        AdamW { first: 0.9, second: 0.999, epsilon: 1e-8, decay: 0.01 }
    }
}

/// What the optimiser remembers, a number a parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    pub(crate) first: Vec<f32>,
    pub(crate) second: Vec<f32>,
}

/// One step's numbers.
pub(crate) struct Update {
    /// Steps done, this one included.
    pub(crate) step: usize,
    pub(crate) rate: f64,
    /// Factor of the gradient.
    pub(crate) factor: f32,
    /// Share of the average that is kept; none without an average.
    pub(crate) average: Option<f32>,
}

/// Adds up gradients in their order into the first, and returns their norm (Euclidean). The same to the bit for any number of threads.
pub(crate) fn add_up(gradients: &mut [Vec<f32>]) -> f64 {
    let Some((sum, others)) = gradients.split_first_mut() else { return 0.0 };
    let squares: Vec<f64> = sum
        .par_chunks_mut(PIECE)
        .enumerate()
        .map(|(i, sum)| {
            vectors(|| {
                for other in others.iter() {
                    for (sum, value) in sum.iter_mut().zip(&other[i * PIECE..]) {
                        *sum += value;
                    }
                }
                let mut strands = [0.0f64; 8];
                for values in sum.chunks(8) {
                    for (strand, &value) in strands.iter_mut().zip(values) {
                        *strand += f64::from(value) * f64::from(value);
                    }
                }
                strands.iter().sum()
            })
        })
        .collect();
    squares.iter().sum::<f64>().sqrt()
}

impl AdamW {
    /// Moves the weights, and their average if there is one.
    pub(crate) fn step(
        &self,
        weights: &mut [f32],
        gradient: &[f32],
        moments: &mut Moments,
        average: &mut [f32],
        update: &Update,
    ) {
        let correct = |beta: f32| (1.0 - f64::from(beta).powi(update.step.min(i32::MAX as usize) as i32)) as f32;
        let size = update.rate as f32 / correct(self.first);
        let root = 1.0 / correct(self.second).sqrt();
        let left = 1.0 - update.rate as f32 * self.decay;
        let kept = update.average.unwrap_or(1.0);
        let pieces = weights
            .par_chunks_mut(PIECE)
            .zip(gradient.par_chunks(PIECE))
            .zip(moments.first.par_chunks_mut(PIECE))
            .zip(moments.second.par_chunks_mut(PIECE));
        let one = |(((weights, gradient), first), second): (((&mut [f32], &[f32]), &mut [f32]), &mut [f32])| {
            for (((weight, &gradient), first), second) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
                let gradient = gradient * update.factor;
                *first = self.first * *first + (1.0 - self.first) * gradient;
                *second = self.second * *second + (1.0 - self.second) * gradient * gradient;
                *weight = *weight * left - size * *first / (second.sqrt() * root + self.epsilon);
            }
        };
        if average.is_empty() {
            pieces.for_each(|piece| vectors(|| one(piece)));
            return;
        }
        pieces.zip(average.par_chunks_mut(PIECE)).for_each(|((((weights, gradient), first), second), average)| {
            vectors(|| {
                one((((weights, gradient), first), second));
                for (average, &mut weight) in average.iter_mut().zip(weights) {
                    *average = kept * *average + (1.0 - kept) * weight;
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::{Module, Param};
    use burn::optim::{AdamWConfig, GradientsParams};
    use burn::tensor::{Device, Tensor};

    #[derive(Module, Debug)]
    struct One {
        weight: Param<Tensor<1>>,
    }

    /// Five steps beside Burn's own optimiser; 1e-6 for rounding in another order.
    #[test]
    fn steps_are_those_of_burn() {
        let device = Device::flex().autodiff();
        let start = [0.5f32, -2.0, 3.0];
        let mut module = One { weight: Param::from_tensor(Tensor::from_floats(start, &device)) };
        let mut theirs = AdamWConfig::new().with_weight_decay(0.01).with_epsilon(1e-8).init();
        let (mut weights, mut moments) = (start.to_vec(), Moments { first: vec![0.0; 3], second: vec![0.0; 3] });
        let settings = AdamW::default();
        for step in 1..=5 {
            let loss = (module.weight.val() * module.weight.val()).sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &module);
            module = theirs.step(0.1, module, gradients);
            let gradient: Vec<f32> = weights.iter().map(|w| 2.0 * w).collect();
            let update = Update { step, rate: 0.1, factor: 1.0, average: None };
            settings.step(&mut weights, &gradient, &mut moments, &mut [], &update);
            let right = module.weight.val().into_data().try_to_vec::<f32>().unwrap();
            assert!(weights.iter().zip(&right).all(|(a, b)| (a - b).abs() < 1e-6), "{weights:?} is not {right:?}");
        }
    }

    #[test]
    fn sums_and_norm_are_those_of_the_definition() {
        let mut parts = vec![vec![1.0; 40_000], vec![2.0; 40_000]];
        assert!((add_up(&mut parts) - 3.0 * 200.0).abs() < 1e-9);
        assert!(parts[0].iter().all(|&v| v == 3.0));
    }
}
