//! The plan of a training: how many steps, at what learning rate, when to validate and when to
//! stop.

use super::adamw::AdamW;

/// The plan of a training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingPlan {
    /// Total number of steps.
    pub steps: usize,
    /// Steps over which the learning rate rises linearly.
    pub warm_up: usize,
    /// Peak learning rate.
    pub rate: f64,
    /// Final learning rate as a share of the peak, reached along half a cosine (Loshchilov & Hutter
    /// 2017).
    pub final_share: f64,
    /// The optimiser.
    pub optimiser: AdamW,
    /// Maximum Euclidean norm of the gradient over all parameters (Pascanu et al. 2013); longer
    /// gradients are scaled down to it.
    pub gradient_clip: Option<f64>,
    /// Share of the averaged weights that a step keeps, 0 to 1 (exponential moving average; Polyak
    /// & Juditsky 1992); early steps keep less. The averaged weights are the ones validated and
    /// returned.
    pub average_decay: Option<f32>,
    /// Steps between validations; 0 for none.
    pub validate_every: usize,
    /// Validations without improvement after which training ends; 0 for never.
    pub patience: usize,
    /// Steps between checkpoints; 0 for none.
    pub checkpoint_every: usize,
    /// Identifies this training by a hash of its settings and data: a checkpoint of another
    /// training is refused.
    pub identity: u64,
}

impl TrainingPlan {
    /// A plan of some number of steps: a tenth of them to warm up, AdamW's usual settings, clipping
    /// at 1, no average, no validation and no checkpoints.
    pub fn new(steps: usize, rate: f64) -> TrainingPlan {
        TrainingPlan {
            steps,
            warm_up: steps / 10,
            rate,
            final_share: 1e-3,
            optimiser: AdamW::default(),
            gradient_clip: Some(1.0),
            average_decay: None,
            validate_every: 0,
            patience: 0,
            checkpoint_every: 0,
            identity: 0,
        }
    }

    /// The learning rate of a step, counted from 0.
    pub fn rate_at(&self, step: usize) -> f64 {
        if step < self.warm_up {
            return self.rate * (step + 1) as f64 / self.warm_up as f64;
        }
        let share =
            (step - self.warm_up) as f64 / self.steps.saturating_sub(self.warm_up).max(1) as f64;
        let cosine = 0.5 * (1.0 + (std::f64::consts::PI * share.min(1.0)).cos());
        self.rate * (self.final_share + (1.0 - self.final_share) * cosine)
    }

    /// The share of the average that a step, counted from 0, keeps. It starts low, because an
    /// average that begins at random weights would remember them.
    pub(crate) fn average_decay_at(&self, step: usize) -> Option<f32> {
        self.average_decay.map(|most| most.min((1.0 + step as f32) / (10.0 + step as f32)))
    }
}

/// The batches of a training. Each round visits every one of `count` examples once, in an order
/// that depends on the seed and the round only, so that an interrupted training resumes as if
/// nothing had happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchOrder {
    /// Number of examples.
    pub count: usize,
    /// Examples per batch; the last batch of a round may be smaller.
    pub batch: usize,
    /// Seed.
    pub seed: u64,
}

impl BatchOrder {
    /// Batches per round.
    pub fn batches_per_round(&self) -> usize {
        self.count.div_ceil(self.batch.max(1)).max(1)
    }

    /// The indices of the examples of a step.
    pub fn step_examples(&self, step: usize) -> Vec<usize> {
        let (round, place) = (step / self.batches_per_round(), step % self.batches_per_round());
        let mut order: Vec<usize> = (0..self.count).collect();
        self.step_rng(round).shuffle(&mut order);
        order.into_iter().skip(place * self.batch).take(self.batch).collect()
    }

    /// An independent random generator for a step (or any other counter), for augmenting the
    /// examples.
    pub fn step_rng(&self, step: usize) -> fastrand::Rng {
        // Consecutive seeds must not give correlated streams: the multiplier of Steele et al. 2014
        // spreads them.
        fastrand::Rng::with_seed(self.seed ^ (step as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// Cuts examples into `shards` parts of nearly equal size, in order; empty parts are left out. The
/// number must not depend on the machine, because summing in another order gives other results.
pub fn split_evenly<T: Clone>(examples: &[T], shards: usize) -> Vec<Vec<T>> {
    let shards = shards.clamp(1, examples.len().max(1));
    let edge = |i: usize| i * examples.len() / shards;
    (0..shards)
        .map(|i| examples[edge(i)..edge(i + 1)].to_vec())
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_falls() {
        let plan = TrainingPlan { warm_up: 10, ..TrainingPlan::new(110, 2.0) };
        assert_eq!(plan.rate_at(0), 0.2);
        assert_eq!(plan.rate_at(9), 2.0);
        assert_eq!(plan.rate_at(10), 2.0);
        // Half way along the cosine is half way between the ends.
        assert!((plan.rate_at(60) - 1.001).abs() < 1e-9);
        assert!((plan.rate_at(110) - 0.002).abs() < 1e-9);
    }

    #[test]
    fn every_example_comes_once_in_a_round() {
        let order = BatchOrder { count: 10, batch: 4, seed: 3 };
        let round = |first: usize| {
            (first..first + 3).flat_map(|step| order.step_examples(step)).collect::<Vec<_>>()
        };
        let sorted = |mut v: Vec<usize>| {
            v.sort_unstable();
            v
        };
        assert_eq!(sorted(round(0)), (0..10).collect::<Vec<_>>());
        assert_ne!(round(0), round(3));
        assert_eq!(round(3), round(3));
    }

    #[test]
    fn parts_hold_everything_in_order() {
        let parts = split_evenly(&[1, 2, 3, 4, 5], 3);
        assert_eq!(parts, [vec![1], vec![2, 3], vec![4, 5]]);
        assert_eq!(split_evenly(&[1, 2], 8).len(), 2);
        assert!(split_evenly::<u8>(&[], 4).is_empty());
    }
}
