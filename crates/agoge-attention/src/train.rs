//! Training: the movement by cross-entropy, its quality by logistic loss, on varied repetitions. The modules below are the loop for any model.

mod adamw;
mod checkpoint;
mod parameters;
mod plan;
mod trainer;
pub mod trial;

pub use adamw::AdamW;
pub use parameters::Parameters;
pub use plan::{Order, Plan, cut};
pub use trainer::{Report, Task, Trainer, Watch};

use crate::alone::alone;
use crate::encoder::{Batch, Encoder, Size};
use crate::error::Error;
use crate::token::{Augment, CHANNELS, Clip, PARTS, TIMES, Tokens};
use crate::weights;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Device, Tensor, TensorData};
use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// How to train. The defaults were fixed before any evaluation on held-out athletes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Width of the embedding.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Blocks.
    pub blocks: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
    /// How many times each repetition is seen.
    pub epochs: usize,
    /// Repetitions in a step.
    pub batch: usize,
    /// Highest learning rate; it rises over the first tenth of the steps and falls to zero along a cosine.
    pub learning_rate: f64,
    /// Weight decay (Loshchilov & Hutter 2019).
    pub weight_decay: f32,
    /// How clips are varied.
    pub augment: Augment,
    /// Seed of weights, order and variation.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            width: 48,
            heads: 4,
            blocks: 2,
            feed_forward: 96,
            epochs: 24,
            batch: 32,
            learning_rate: 2e-3,
            weight_decay: 0.05,
            augment: Augment { flat: 0.15, drop: 0.2, mirror: 0.3, live: 0.15 },
            seed: 1,
        }
    }
}

/// How the movement's loss is weighed against the quality's.
const MOVEMENT_WEIGHT: f64 = 0.2;
/// Labels are softened by this much: some correct repetitions are poor and some incorrect ones are good.
const SOFT: f32 = 0.05;

/// Words in a movement's name that tell a direction.
const SIDED: [&str; 4] = ["left", "right", "clockwise", "counterclockwise"];

/// What is told after each epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Epochs done.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Mean loss of the epoch.
    pub loss: f64,
}

/// The movements of some clips, sorted.
pub fn movements(clips: &[Clip]) -> Vec<String> {
    let names: std::collections::BTreeSet<&str> = clips.iter().map(|clip| clip.movement.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// Trains an encoder on clips whose movements are among `movements`. The same clips, config and movements give the same weights, whatever the number of
/// threads.
///
/// # Errors
/// Without clips, or for a clip of another movement.
pub fn train(
    clips: &[Clip],
    movements: &[String],
    config: &Config,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Encoder, Size), Error> {
    alone(|| train_here(clips, movements, config, progress))
}

fn train_here(
    clips: &[Clip],
    movements: &[String],
    config: &Config,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Encoder, Size), Error> {
    let hint = "give a manifest with labelled recordings of several athletes";
    if clips.is_empty() {
        return Err(Error::Clips { what: "there are no clips".to_owned(), hint });
    }
    let class = |clip: &Clip| movements.iter().position(|name| *name == clip.movement);
    if let Some(stranger) = clips.iter().find(|clip| class(clip).is_none()) {
        return Err(Error::Clips { what: format!("movement {} is not among those to learn", stranger.movement), hint });
    }
    let size = Size {
        width: config.width,
        heads: config.heads,
        blocks: config.blocks,
        feed_forward: config.feed_forward,
        movements: movements.len(),
    };
    let device = Device::flex().autodiff();
    let mut encoder = weights::seed(Encoder::new(&size, &device), config.seed).train();
    let mut optimizer = AdamWConfig::new().with_weight_decay(config.weight_decay).init();
    let mut rng = Rng::with_seed(config.seed ^ 0x5eed);
    let mut order: Vec<usize> = (0..clips.len()).collect();
    let steps = config.epochs * clips.len().div_ceil(config.batch);
    let mut step = 0;
    for epoch in 1..=config.epochs {
        rng.shuffle(&mut order);
        let mut sum = 0.0;
        for chunk in order.chunks(config.batch) {
            let causal = rng.f64() < config.augment.live;
            let augment = Augment { live: if causal { 1.0 } else { 0.0 }, ..config.augment };
            let rows = chunk.iter().map(|&i| {
                // A movement that is named after a side would be another one in the mirror.
                let sided = clips[i].movement.split('_').any(|word| SIDED.contains(&word));
                clips[i].motion.varied(&mut rng, &Augment { mirror: if sided { 0.0 } else { augment.mirror }, ..augment })
            });
            let output = encoder.forward(batch(rows, causal, &device));
            let classes = movements.len();
            let mut chosen = vec![0.0f32; chunk.len() * classes];
            let (mut target, mut judged) = (vec![0.5f32; chunk.len()], vec![0.0f32; chunk.len()]);
            for (row, &i) in chunk.iter().enumerate() {
                if let Some(class) = class(&clips[i]) {
                    chosen[row * classes + class] = 1.0;
                }
                if let Some(label) = clips[i].label {
                    target[row] = if label { 1.0 - SOFT } else { SOFT };
                    judged[row] = 1.0;
                }
            }
            let rows = chunk.len();
            let matrix = |values: Vec<f32>, columns: usize| {
                Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), &device)
            };
            let (chosen, target, judged) = (matrix(chosen, classes), matrix(target, 1), matrix(judged, 1));
            let movement = -(log_softmax(output.movement, 1) * chosen.clone()).sum_dim(1).mean();
            let logit = (output.quality * chosen).sum_dim(1);
            let right = log_sigmoid(logit.clone()) * target.clone();
            let wrong = log_sigmoid(-logit) * (-target + 1.0);
            let quality = -((right + wrong) * judged.clone()).sum() / judged.sum().clamp_min(1.0);
            let loss = quality + movement.mul_scalar(MOVEMENT_WEIGHT);
            sum += loss.clone().into_scalar::<f32>() as f64 * rows as f64;
            let gradients = GradientsParams::from_grads(loss.backward(), &encoder);
            encoder = optimizer.step(rate(config.learning_rate, step, steps), encoder, gradients);
            step += 1;
        }
        progress(Progress { epoch, epochs: config.epochs, loss: sum / clips.len() as f64 });
    }
    Ok((encoder.valid(), size))
}

/// The learning rate of a step: a straight rise over the first tenth, then half a cosine down to zero.
fn rate(highest: f64, step: usize, steps: usize) -> f64 {
    let warm = (steps / 10).max(1);
    if step < warm {
        return highest * (step + 1) as f64 / warm as f64;
    }
    let share = (step - warm) as f64 / (steps - warm).max(1) as f64;
    highest * 0.5 * (1.0 + (std::f64::consts::PI * share).cos()).max(1e-3)
}

/// The batch of some clips' tokens.
pub(crate) fn batch(rows: impl Iterator<Item = Tokens>, causal: bool, device: &Device) -> Batch {
    let (mut tokens, mut hidden, mut times, mut n) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for row in rows {
        tokens.extend(row.values);
        hidden.extend(row.hidden);
        times.extend(row.times);
        n += 1;
    }
    Batch {
        tokens: Tensor::from_data(TensorData::new(tokens, [n, TIMES, PARTS.len(), CHANNELS]), device),
        hidden: Tensor::from_data(TensorData::new(hidden, [n, PARTS.len()]), device),
        times,
        masked: None,
        causal,
    }
}
