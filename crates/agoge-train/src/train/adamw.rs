//! AdamW (Kingma & Ba 2015; Loshchilov & Hutter 2019) in one pass over all parameters, including
//! gradient clipping, and the average of the weights.

use agoge_engine::kernel::{Isa, Kernel, SimdLanes};
use rayon::prelude::*;

/// Values that one thread processes at a time.
const PIECE: usize = 1 << 14;

/// Settings of the optimiser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Decay rate of the mean of the gradients.
    pub first_beta: f32,
    /// Decay rate of the mean of the squared gradients.
    pub second_beta: f32,
    /// Added to the root of the mean square.
    pub epsilon: f32,
    /// Weight decay: share of the weights removed per step, times the learning rate.
    pub decay: f32,
}

impl Default for AdamW {
    /// The settings of the paper and of PyTorch.
    fn default() -> AdamW {
        AdamW { first_beta: 0.9, second_beta: 0.999, epsilon: 1e-8, decay: 0.01 }
    }
}

/// The state of the optimiser, one value per parameter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    pub(crate) first: Vec<f32>,
    pub(crate) second: Vec<f32>,
}

/// The parameters of one update.
pub(crate) struct StepUpdate {
    /// Number of steps, including this one.
    pub(crate) step: usize,
    pub(crate) rate: f64,
    /// Factor applied to the gradient.
    pub(crate) factor: f32,
    /// Share of the average that is kept; `None` without an average.
    pub(crate) average_share: Option<f32>,
}

/// Adds the gradients in order into the first one and returns its Euclidean norm. The result is the
/// same to the bit for any number of threads.
pub(crate) fn sum_gradients(gradients: &mut [Vec<f32>]) -> f64 {
    let Some((sum, others)) = gradients.split_first_mut() else { return 0.0 };
    let others = &*others;
    let pieces = sum.par_chunks_mut(PIECE).enumerate();
    let squares: Vec<f64> = pieces
        .map(|(i, sum)| {
            Isa::best_supported().run_kernel(SumGradients { sum, others, from: i * PIECE })
        })
        .collect();
    squares.iter().sum::<f64>().sqrt()
}

struct SumGradients<'a> {
    sum: &'a mut [f32],
    others: &'a [Vec<f32>],
    from: usize,
}

impl Kernel for SumGradients<'_> {
    /// Sum of the squares.
    type Output = f64;
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, _: L) -> f64 {
        for other in self.others {
            for (sum, value) in self.sum.iter_mut().zip(&other[self.from..]) {
                *sum += value;
            }
        }
        let mut strands = [0.0f64; 8];
        for values in self.sum.chunks(8) {
            for (strand, &value) in strands.iter_mut().zip(values) {
                *strand += f64::from(value) * f64::from(value);
            }
        }
        strands.iter().sum()
    }
}

impl AdamW {
    /// Updates the weights, and their average if there is one.
    pub(crate) fn update_weights(
        &self,
        weights: &mut [f32],
        gradient: &[f32],
        moments: &mut Moments,
        average: &mut [f32],
        update: &StepUpdate,
    ) {
        let correct = |beta: f32| {
            (1.0 - f64::from(beta).powi(update.step.min(i32::MAX as usize) as i32)) as f32
        };
        let numbers = StepConstants {
            settings: *self,
            step_size: update.rate as f32 / correct(self.first_beta),
            root_correction: 1.0 / correct(self.second_beta).sqrt(),
            decay_factor: 1.0 - update.rate as f32 * self.decay,
            factor: update.factor,
            average_share: update.average_share.unwrap_or(1.0),
        };
        weights
            .par_chunks_mut(PIECE)
            .zip(gradient.par_chunks(PIECE))
            .zip(moments.first.par_chunks_mut(PIECE))
            .zip(moments.second.par_chunks_mut(PIECE))
            .for_each(|(((weights, gradient), first), second)| {
                Isa::best_supported().run_kernel(MoveWeights {
                    weights,
                    gradient,
                    first,
                    second,
                    numbers,
                });
            });
        weights.par_chunks(PIECE).zip(average.par_chunks_mut(PIECE)).for_each(
            |(weights, average)| {
                Isa::best_supported().run_kernel(AverageWeights {
                    weights,
                    average,
                    average_share: numbers.average_share,
                });
            },
        );
    }
}

#[derive(Clone, Copy)]
struct StepConstants {
    settings: AdamW,
    step_size: f32,
    root_correction: f32,
    decay_factor: f32,
    factor: f32,
    average_share: f32,
}

struct MoveWeights<'a> {
    weights: &'a mut [f32],
    gradient: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    numbers: StepConstants,
}

impl Kernel for MoveWeights<'_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, _: L) {
        let StepConstants {
            settings: AdamW { first_beta: slow, second_beta: slower, epsilon, .. },
            step_size: size,
            root_correction: root,
            decay_factor: left,
            factor,
            ..
        } = self.numbers;
        let moments = self.first.iter_mut().zip(self.second);
        for ((weight, &gradient), (first, second)) in
            self.weights.iter_mut().zip(self.gradient).zip(moments)
        {
            let gradient = gradient * factor;
            *first = slow * *first + (1.0 - slow) * gradient;
            *second = slower * *second + (1.0 - slower) * gradient * gradient;
            *weight = *weight * left - size * *first / (second.sqrt() * root + epsilon);
        }
    }
}

struct AverageWeights<'a> {
    weights: &'a [f32],
    average: &'a mut [f32],
    average_share: f32,
}

impl Kernel for AverageWeights<'_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, _: L) {
        for (average, &weight) in self.average.iter_mut().zip(self.weights) {
            *average = self.average_share * *average + (1.0 - self.average_share) * weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five steps on the sum of squares; expected values from `torch.optim.AdamW` (PyTorch 2.15,
    /// double precision, learning rate 0.1, weight decay 0.01). The tolerance 2e-6 is five steps of
    /// f32 rounding at 3. (Burn's own optimiser is not the reference: it raises the betas to powers
    /// in f32, which is off by 6e-5 in the first steps.)
    #[test]
    fn steps_are_those_of_pytorch() {
        let (mut weights, mut moments) =
            (vec![0.5f32, -2.0, 3.0], Moments { first: vec![0.0; 3], second: vec![0.0; 3] });
        let mut average = weights.clone();
        for step in 1..=5 {
            let gradient: Vec<f32> = weights.iter().map(|w| w + w).collect();
            let update = StepUpdate { step, rate: 0.1, factor: 1.0, average_share: Some(0.0) };
            AdamW::default().update_weights(
                &mut weights,
                &gradient,
                &mut moments,
                &mut average,
                &update,
            );
        }
        for (ours, expected) in weights.iter().zip([0.026_528_202_f32, -1.494_045_7, 2.487_869_3]) {
            assert!((ours - expected).abs() < 2e-6, "{weights:?}");
        }
        assert_eq!(weights, average);
    }

    #[test]
    fn sums_and_norm_are_those_of_the_definition() {
        let mut parts = vec![vec![1.0; 40_000], vec![2.0; 40_000]];
        assert!((sum_gradients(&mut parts) - 3.0 * 200.0).abs() < 1e-9);
        assert!(parts[0].iter().all(|&v| v == 3.0));
    }
}
