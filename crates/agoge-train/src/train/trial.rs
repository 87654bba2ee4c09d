//! The two networks on which training speed is compared with another implementation
//! (docs/results/performance.md): an encoder over frames, and one that attends over joints and then
//! over frames. Pre-norm blocks (Xiong et al. 2020), GELU, mean squared error to random targets,
//! AdamW.

use super::parameters::ModelParameters;
use super::plan::{TrainingPlan, split_evenly};
use super::trainer::{Trainer, TrainingTask};
use crate::ops::{AttentionOptions, layer_norm, linear_gelu, linear_map, self_attention};
use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};
use fastrand::Rng;
use std::ops::Range;

/// Shards that a batch is cut into.
const SHARDS: usize = 8;

/// Runs one step of a trial per call and returns the loss.
pub type TrialStep = Box<dyn FnMut() -> f64 + Send>;

/// The trial with a given name: `motion_train`, `[32, 128, 99]` to `[32, 16]`, width 128, 4 blocks,
/// 8 heads, feed-forward 512; `joints_train`, `[8, 64, 25, 3]` to the same shape, width 64, 4
/// blocks, 4 heads, feed-forward 256. Each call of the returned function is one step on the whole
/// batch, on the current rayon pool.
pub fn training_trial(name: &str) -> Option<TrialStep> {
    let device = Device::flex();
    let mut rng = Rng::with_seed(1);
    let mut plan = TrainingPlan {
        warm_up: 0,
        final_share: 1.0,
        gradient_clip: None,
        ..TrainingPlan::new(usize::MAX, 1e-3)
    };
    plan.optimiser.decay = 0.01;
    let mut draw = |n: usize| (0..n).map(|_| draw_normal(&mut rng)).collect::<Vec<f32>>();
    match name {
        "motion_train" => {
            let model = seed_weights(FrameTrialNetwork::new(128, 8, 512, 4, &device));
            let task = FrameTrialTask { x: draw(32 * 128 * 99), y: draw(32 * 16) };
            let mut trainer = Trainer::new(&model, plan);
            Some(Box::new(move || trainer.run_step(&task).0))
        }
        "joints_train" => {
            let model = seed_weights(JointTrialNetwork::new(64, 4, 256, 4, &device));
            let task = JointTrialTask { x: draw(8 * 64 * 25 * 3), y: draw(8 * 64 * 25 * 3) };
            let mut trainer = Trainer::new(&model, plan);
            Some(Box::new(move || trainer.run_step(&task).0))
        }
        _ => None,
    }
}

/// A sample from the standard normal distribution (Box & Muller 1958).
fn draw_normal(rng: &mut Rng) -> f32 {
    (-2.0 * (1.0 - rng.f32()).ln()).sqrt() * (std::f32::consts::TAU * rng.f32()).cos()
}

/// Random weights, the same on every machine, of the scale of PyTorch's initialisation.
fn seed_weights<M: Module>(model: M) -> M {
    let mut rng = Rng::with_seed(2);
    let ModelParameters { layout, .. } = ModelParameters::from_model(&model);
    let mut values = Vec::new();
    for (path, shape) in layout {
        let bound = (1.0 / shape[0] as f32).sqrt();
        let is_gain = path.ends_with("gamma");
        values.extend(
            (0..shape.iter().product())
                .map(|_| if is_gain { 1.0 } else { (2.0 * rng.f32() - 1.0) * bound }),
        );
    }
    ModelParameters::replace_values(model, &values)
}

fn apply_linear(x: Tensor<4>, map: &Linear) -> Tensor<4> {
    linear_map(x, map.weight.val(), map.bias.as_ref().map(|bias| bias.val()))
}

fn apply_norm(x: Tensor<4>, norm: &LayerNorm) -> Tensor<4> {
    let beta = norm.beta.as_ref().map_or_else(|| norm.gamma.val().zeros_like(), |beta| beta.val());
    layer_norm(x, norm.gamma.val(), beta, 1e-5)
}

/// Self-attention along the second dimension, after a norm.
#[derive(Module, Debug)]
struct TrialAttention {
    norm: LayerNorm,
    joined: Linear,
    out: Linear,
    heads: usize,
}

impl TrialAttention {
    fn new(width: usize, heads: usize, device: &Device) -> TrialAttention {
        TrialAttention {
            norm: LayerNormConfig::new(width).init(device),
            joined: LinearConfig::new(width, 3 * width).init(device),
            out: LinearConfig::new(width, width).init(device),
            heads,
        }
    }

    /// The residual to add to `x`; attention runs over the second dimension of `shape`.
    fn attend_tokens(&self, x: Tensor<4>, shape: [usize; 4]) -> Tensor<4> {
        let [outer, tokens, inner, width] = shape;
        let dims = x.dims();
        let joined = apply_linear(apply_norm(x, &self.norm), &self.joined).reshape([
            outer,
            tokens,
            inner,
            3 * width,
        ]);
        apply_linear(self_attention(joined, self.heads, &AttentionOptions::default()), &self.out)
            .reshape(dims)
    }
}

/// Feed-forward layers, after a norm.
#[derive(Module, Debug)]
struct TrialFeedForward {
    norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
}

impl TrialFeedForward {
    fn new(width: usize, inner: usize, device: &Device) -> TrialFeedForward {
        TrialFeedForward {
            norm: LayerNormConfig::new(width).init(device),
            wide: LinearConfig::new(width, inner).init(device),
            narrow: LinearConfig::new(inner, width).init(device),
        }
    }

    fn feed_forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = apply_norm(x, &self.norm);
        apply_linear(
            linear_gelu(x, self.wide.weight.val(), self.wide.bias.as_ref().map(|bias| bias.val())),
            &self.narrow,
        )
    }
}

/// Encoder with attention over frames.
#[derive(Module, Debug)]
struct FrameTrialNetwork {
    input: Linear,
    blocks: Vec<(TrialAttention, TrialFeedForward)>,
    norm: LayerNorm,
    head: Linear,
}

impl FrameTrialNetwork {
    fn new(
        width: usize,
        heads: usize,
        inner: usize,
        blocks: usize,
        device: &Device,
    ) -> FrameTrialNetwork {
        let block = || {
            (TrialAttention::new(width, heads, device), TrialFeedForward::new(width, inner, device))
        };
        FrameTrialNetwork {
            input: LinearConfig::new(99, width).init(device),
            blocks: (0..blocks).map(|_| block()).collect(),
            norm: LayerNormConfig::new(width).init(device),
            head: LinearConfig::new(width, 16).init(device),
        }
    }

    /// `[batch, frame, 1, 99]` to `[batch, 16]`.
    fn predict_clips(&self, x: Tensor<4>) -> Tensor<2> {
        let mut x = apply_linear(x, &self.input);
        for (attention, feed_forward) in &self.blocks {
            let shape = x.dims();
            x = x.clone() + attention.attend_tokens(x, shape);
            x = x.clone() + feed_forward.feed_forward(x);
        }
        let x = apply_norm(x, &self.norm).mean_dim(1);
        let batch = x.dims()[0];
        apply_linear(x, &self.head).reshape([batch, 16])
    }
}

/// Encoder with attention over joints, then over frames.
#[derive(Module, Debug)]
struct JointTrialNetwork {
    input: Linear,
    blocks: Vec<(TrialAttention, TrialAttention, TrialFeedForward)>,
    norm: LayerNorm,
    head: Linear,
}

impl JointTrialNetwork {
    fn new(
        width: usize,
        heads: usize,
        inner: usize,
        blocks: usize,
        device: &Device,
    ) -> JointTrialNetwork {
        let attention = || TrialAttention::new(width, heads, device);
        JointTrialNetwork {
            input: LinearConfig::new(3, width).init(device),
            blocks: (0..blocks)
                .map(|_| (attention(), attention(), TrialFeedForward::new(width, inner, device)))
                .collect(),
            norm: LayerNormConfig::new(width).init(device),
            head: LinearConfig::new(width, 3).init(device),
        }
    }

    /// `[batch, frame, joint, 3]` to the same shape.
    fn predict_joints(&self, x: Tensor<4>) -> Tensor<4> {
        let mut x = apply_linear(x, &self.input);
        let [batch, frames, joints, width] = x.dims();
        for (space, time, feed_forward) in &self.blocks {
            x = x.clone() + space.attend_tokens(x, [batch * frames, joints, 1, width]);
            x = x.clone() + time.attend_tokens(x, [batch, frames, joints, width]);
            x = x.clone() + feed_forward.feed_forward(x);
        }
        apply_linear(apply_norm(x, &self.norm), &self.head)
    }
}

/// The given rows of `values` as a tensor; the first dimension of `shape` is replaced by their
/// number.
fn batch_rows<const D: usize>(
    values: &[f32],
    rows: Range<usize>,
    mut shape: [usize; D],
) -> Tensor<D> {
    let size: usize = shape[1..].iter().product();
    shape[0] = rows.len();
    let row_values = values[rows.start * size..rows.end * size].to_vec();
    Tensor::from_data(TensorData::new(row_values, shape), &Device::flex().autodiff())
}

fn shard_ranges(rows: usize) -> Vec<Range<usize>> {
    let all: Vec<usize> = (0..rows).collect();
    split_evenly(&all, SHARDS).iter().map(|part| part[0]..part[0] + part.len()).collect()
}

struct FrameTrialTask {
    x: Vec<f32>,
    y: Vec<f32>,
}

impl TrainingTask for FrameTrialTask {
    type Model = FrameTrialNetwork;
    type Shard = Range<usize>;

    fn batch_shards(&self, _: usize) -> Vec<Range<usize>> {
        shard_ranges(32)
    }

    fn shard_loss(&self, model: &FrameTrialNetwork, rows: Range<usize>) -> Tensor<1> {
        let error = model.predict_clips(batch_rows(&self.x, rows.clone(), [32, 128, 1, 99]))
            - batch_rows(&self.y, rows, [32, 16]);
        error.square().sum().div_scalar(self.y.len() as f32)
    }
}

struct JointTrialTask {
    x: Vec<f32>,
    y: Vec<f32>,
}

impl TrainingTask for JointTrialTask {
    type Model = JointTrialNetwork;
    type Shard = Range<usize>;

    fn batch_shards(&self, _: usize) -> Vec<Range<usize>> {
        shard_ranges(8)
    }

    fn shard_loss(&self, model: &JointTrialNetwork, rows: Range<usize>) -> Tensor<1> {
        let error = model.predict_joints(batch_rows(&self.x, rows.clone(), [8, 64, 25, 3]))
            - batch_rows(&self.y, rows, [8, 64, 25, 3]);
        error.square().sum().div_scalar(self.y.len() as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_learn() {
        for name in ["motion_train", "joints_train"] {
            let mut step = training_trial(name).unwrap();
            let losses: Vec<f64> = (0..3).map(|_| step()).collect();
            assert!(losses[2] < losses[0] && losses[0] < 3.0, "{name}: {losses:?}");
        }
        assert!(training_trial("motion").is_none());
    }
}
