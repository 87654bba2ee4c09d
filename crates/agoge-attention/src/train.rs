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
use crate::encoder::{Encoder, Size};
use crate::error::Error;
use crate::token::{CHANNELS, Clip, PARTS, PATCHES};
use crate::weights;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Bool, Device, Tensor, TensorData};
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
            seed: 1,
        }
    }
}

/// How the movement's loss is weighed against the quality's.
const MOVEMENT_WEIGHT: f64 = 0.2;
/// Labels are softened by this much: some correct repetitions are poor and some incorrect ones are good.
const SOFT: f32 = 0.05;

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
            let (tokens, hidden) = batch(chunk.iter().map(|&i| clips[i].motion.varied(&mut rng)), &device);
            let output = encoder.forward(tokens, hidden);
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

/// Tokens `[batch, patch, part, channel]` and hidden parts `[batch, part]` of some repetitions.
pub(crate) fn batch(
    rows: impl Iterator<Item = (Vec<f32>, Vec<bool>)>,
    device: &Device,
) -> (Tensor<4>, Tensor<2, Bool>) {
    let (mut tokens, mut hidden, mut n) = (Vec::new(), Vec::new(), 0);
    for (values, seen) in rows {
        tokens.extend(values);
        hidden.extend(seen.into_iter().map(|seen| !seen));
        n += 1;
    }
    (
        Tensor::from_data(TensorData::new(tokens, [n, PATCHES, PARTS.len(), CHANNELS]), device),
        Tensor::from_data(TensorData::new(hidden, [n, PARTS.len()]), device),
    )
}
