//! Pre-training without labels: some tokens of a clip are masked, and the encoder learns to restore their motion from the rest (masked modelling, Devlin et al. 2019;
//! on skeletons Wu et al. 2023). What it learns there of how bodies move needs no labels again.

use crate::encoder::{Encoder, Size};
use crate::error::Error;
use crate::motion::Motion;
use crate::token::{CHANNELS, CONFIDENCE, MOVING, PARTS, TIMES, Tokens};
use crate::train::{self, AdamW, Checkpoint, Config, Course, Order, Plan, Progress, Task, cut, identity};
use crate::weights;
use burn::tensor::{Tensor, TensorData};
use fastrand::Rng;

/// Share of the tokens that is masked.
const MASKED: f64 = 0.4;
/// In this share of the clips whole parts are masked for their whole length, in as many whole instants for the whole body, in the rest single tokens.
const WHOLE: f64 = 0.3;

/// Trains an encoder on motions without labels; the sizes, steps and variation are those of the config. The same motions and config give the same weights, whatever the
/// number of threads.
///
/// # Errors
/// Without motions, or if the loss is no longer a number.
pub fn pretrain(
    motions: &[Motion],
    config: &Config,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Encoder, Size), Error> {
    resume(motions, config, None, progress)
}

/// As [`pretrain`], with a checkpoint after every epoch, and going on from one: the losses and weights are those of a training that was never broken off.
///
/// # Errors
/// As [`pretrain`], for a checkpoint of another training, and if a checkpoint could not be kept.
pub fn resume(
    motions: &[Motion],
    config: &Config,
    checkpoint: Option<Checkpoint>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Encoder, Size), Error> {
    if motions.is_empty() {
        let hint = "give manifests of recordings in which a body is seen";
        return Err(Error::Clips { what: "there are no clips".to_owned(), hint });
    }
    let size = config.size(1);
    let encoder = weights::seed(Encoder::new(&size, &train::device()), config.seed);
    let order = Order { count: motions.len(), batch: config.batch, seed: config.seed ^ 0xba5e };
    let plan = Plan {
        optimiser: AdamW { decay: config.weight_decay, ..AdamW::default() },
        ..Plan::new(config.epochs * order.round(), config.learning_rate)
    };
    let course = Course { plan, order, epochs: config.epochs, identity: identity(config, motions.iter()) };
    let encoder = course.run(&encoder, &Restore { motions, config, order }, checkpoint, progress)?;
    Ok((encoder, size))
}

/// Restoring masked motion.
struct Restore<'a> {
    motions: &'a [Motion],
    config: &'a Config,
    order: Order,
}

#[derive(Clone)]
struct Row {
    tokens: Tokens,
    /// `[time, part]`.
    masked: Vec<bool>,
}

struct Shard {
    rows: Vec<Row>,
    causal: bool,
    /// Masked tokens of the whole batch that were seen.
    targets: usize,
}

impl Task for Restore<'_> {
    type Model = Encoder;
    type Shard = Shard;

    fn shards(&self, step: usize) -> Vec<Shard> {
        let mut rng = self.order.random(step);
        let causal = rng.f64() < self.config.augment.live;
        let rows: Vec<Row> = self
            .order
            .examples(step)
            .into_iter()
            .map(|i| {
                let tokens = self.motions[i].varied(&mut rng, &self.config.augment);
                Row { masked: mask(&mut rng), tokens }
            })
            .collect();
        let targets = rows.iter().map(|row| row.targets().filter(|target| *target).count()).sum();
        cut(&rows, train::SHARDS).into_iter().map(|rows| Shard { rows, causal, targets }).collect()
    }

    fn loss(&self, encoder: &Encoder, shard: Shard) -> Tensor<1> {
        let Shard { rows, causal, targets } = shard;
        let (n, parts) = (rows.len(), PARTS.len());
        let device = encoder.device();
        let masked: Vec<bool> = rows.iter().flat_map(|row| row.masked.iter().copied()).collect();
        let count: Vec<f32> = rows.iter().flat_map(Row::targets).map(|target| if target { 1.0 } else { 0.0 }).collect();
        let moving: Vec<f32> = rows
            .iter()
            .flat_map(|row| row.tokens.values.chunks_exact(CHANNELS).flat_map(|token| &token[..MOVING]))
            .copied()
            .collect();
        let mut batch = train::batch(rows.into_iter().map(|row| row.tokens), causal, &device);
        batch.masked = Some(Tensor::from_data(TensorData::new(masked, [n, TIMES, parts]), &device));
        let restored = encoder.restore(batch);
        let moving = Tensor::<4>::from_data(TensorData::new(moving, [n, TIMES, parts, MOVING]), &device);
        let count = Tensor::<4>::from_data(TensorData::new(count, [n, TIMES, parts, 1]), &device);
        let off = restored - moving;
        ((off.clone() * off) * count).sum().div_scalar((targets * MOVING).max(1) as f64)
    }
}

impl Row {
    /// Whether each token is masked and was seen, `[time, part]`.
    fn targets(&self) -> impl Iterator<Item = bool> + '_ {
        self.masked
            .iter()
            .zip(self.tokens.values.chunks_exact(CHANNELS))
            .map(|(masked, token)| *masked && token[CONFIDENCE] > 0.0)
    }
}

/// Which tokens are masked, `[time, part]`.
fn mask(rng: &mut Rng) -> Vec<bool> {
    let how = rng.f64();
    let parts: Vec<bool> = PARTS.iter().map(|_| rng.f64() < MASKED).collect();
    let times: Vec<bool> = (0..TIMES).map(|_| rng.f64() < MASKED).collect();
    (0..TIMES * PARTS.len())
        .map(|token| {
            if how < WHOLE {
                parts[token % PARTS.len()]
            } else if how < 2.0 * WHOLE {
                times[token / PARTS.len()]
            } else {
                rng.f64() < MASKED
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion::tests::motion;
    use agoge_motion::simulate::{Exercise, Set};

    /// Motion can be foretold from the rest of the body: the loss falls well below that of a guess at zero.
    #[test]
    fn masked_motion_is_restored() {
        let motions: Vec<Motion> = (0..12u32)
            .flat_map(|seed| {
                [Exercise::Squat, Exercise::OverheadReach].map(|exercise| {
                    let set = Set { repetitions: 1, seed: u64::from(seed), rate_hz: 30.0, ..Set::new(exercise) };
                    motion(&set)
                })
            })
            .collect();
        let config = Config {
            width: 24,
            heads: 2,
            blocks: 1,
            feed_forward: 48,
            epochs: 60,
            batch: 12,
            learning_rate: 5e-3,
            ..Config::default()
        };
        let mut losses = Vec::new();
        pretrain(&motions, &config, &mut |progress| losses.push(progress.loss)).unwrap();
        let (first, last) = (losses[0], losses[losses.len() - 1]);
        assert!(last < 0.25 * first, "{first} to {last}");
    }
}
