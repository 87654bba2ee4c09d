//! The encoder: blocks that attend over parts, then over time, then think (pre-norm; Vaswani et al. 2017, Xiong et al. 2020).

use crate::attention::{SelfAttention, map};
use crate::ops::{self, Rotary, Sight};
use crate::token::{CHANNELS, MOVING, PARTS};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Bool, Device, Tensor};
use serde::{Deserialize, Serialize};

/// Sizes of an encoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Width of the embedding; a multiple of `heads`, and a head's width is even.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Blocks.
    pub blocks: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
    /// How many movements the heads tell apart.
    pub movements: usize,
}

/// One block of the encoder.
#[derive(Module, Debug)]
pub struct Block {
    part_norm: LayerNorm,
    part_attention: SelfAttention,
    time_norm: LayerNorm,
    time_attention: SelfAttention,
    norm: LayerNorm,
    wide: Linear,
    narrow: Linear,
}

/// The encoder and its heads.
#[derive(Module, Debug)]
pub struct Encoder {
    input: Linear,
    /// What each part adds to its tokens, `[part, embedding]`.
    parts: Param<Tensor<2>>,
    /// What takes the place of a token that is masked in pre-training, `[1, embedding]`.
    masked: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    movement: Linear,
    quality: Linear,
    /// Restores the motion of masked tokens.
    motion: Linear,
}

/// A batch of tokens.
#[derive(Clone, Debug)]
pub struct Batch {
    /// `[batch, time, part, channel]`.
    pub tokens: Tensor<4>,
    /// True where a part is never seen, `[batch, part]`.
    pub hidden: Tensor<2, Bool>,
    /// Seconds of the tokens, `[batch, time]`.
    pub times: Vec<f32>,
    /// True for tokens that pre-training masks, `[batch, time, part]`.
    pub masked: Option<Tensor<3, Bool>>,
    /// Attention looks back only, as it must in a live stream.
    pub causal: bool,
}

/// What the heads say of a batch.
pub struct Output {
    /// Which movement, before the softmax, `[batch, movement]`.
    pub movement: Tensor<2>,
    /// How well it was done if it was that movement, before the logistic function, `[batch, movement]`.
    pub quality: Tensor<2>,
    /// Embedding, `[batch, 2 · width]`: mean and maximum over the tokens.
    pub embedding: Tensor<2>,
}

impl Encoder {
    /// An encoder of a size; its weights are drawn anew by [`crate::weights::seed`].
    pub fn new(size: &Size, device: &Device) -> Encoder {
        let norm = || LayerNormConfig::new(size.width).init(device);
        let block = || Block {
            part_norm: norm(),
            part_attention: SelfAttention::new(size.width, size.heads, device),
            time_norm: norm(),
            time_attention: SelfAttention::new(size.width, size.heads, device),
            norm: norm(),
            wide: LinearConfig::new(size.width, size.feed_forward).init(device),
            narrow: LinearConfig::new(size.feed_forward, size.width).init(device),
        };
        Encoder {
            input: LinearConfig::new(CHANNELS, size.width).init(device),
            parts: Param::from_tensor(Tensor::zeros([PARTS.len(), size.width], device)),
            masked: Param::from_tensor(Tensor::zeros([1, size.width], device)),
            blocks: (0..size.blocks).map(|_| block()).collect(),
            norm: norm(),
            movement: LinearConfig::new(2 * size.width, size.movements).init(device),
            quality: LinearConfig::new(2 * size.width, size.movements).init(device),
            motion: LinearConfig::new(size.width, MOVING).init(device),
        }
    }

    /// What the heads say of a batch.
    pub fn forward(&self, batch: Batch) -> Output {
        let hidden = batch.hidden.clone();
        let x = self.encode(batch);
        let [batch, times, parts, width] = x.dims();
        let mask = hidden.clone().reshape([batch, 1, parts, 1]).expand([batch, times, parts, width]);
        let known = hidden.bool_not().float().sum_dim(1).mul_scalar(times as f32).clamp_min(1.0);
        let tokens = times * parts;
        let mean =
            x.clone().mask_fill(mask.clone(), 0.0).reshape([batch, tokens, width]).sum_dim(1).reshape([batch, width])
                / known;
        let most = x.mask_fill(mask, -1e4).reshape([batch, tokens, width]).max_dim(1).reshape([batch, width]);
        let embedding = Tensor::cat(vec![mean, most], 1);
        Output {
            movement: self.movement.forward(embedding.clone()),
            quality: self.quality.forward(embedding.clone()),
            embedding,
        }
    }

    /// The motion that the encoder expects in every token, `[batch, time, part, moving channel]`.
    pub fn restore(&self, batch: Batch) -> Tensor<4> {
        map(&self.motion, self.encode(batch))
    }

    /// Encoded tokens, `[batch, time, part, embedding]`.
    fn encode(&self, batch: Batch) -> Tensor<4> {
        let Batch { tokens, hidden, times: seconds, masked, causal } = batch;
        let [batch, times, parts, _] = tokens.dims();
        let mut x = map(&self.input, tokens);
        let width = x.dims()[3];
        if let Some(masked) = masked {
            let instead = self.masked.val().reshape([1, 1, 1, width]).expand([batch, times, parts, width]);
            x = x.mask_where(masked.reshape([batch, times, parts, 1]).expand([batch, times, parts, width]), instead);
        }
        x = x + self.parts.val().reshape([1, 1, parts, width]);
        let unseen = hidden.reshape([batch, 1, parts]).expand([batch, times, parts]);
        let over_parts = Sight { hidden: Some(unseen.reshape([batch * times, parts, 1])), ..Sight::default() };
        let pairs = width / self.heads() / 2;
        let [short, long] = PERIODS_S.map(|period| std::f32::consts::TAU / period);
        let rotary = Rotary::of_times(&seconds, times, pairs, short, long);
        let over_time = Sight { causal, rotary: Some([rotary.clone(), rotary]), ..Sight::default() };
        for block in &self.blocks {
            let flat = normed(&block.part_norm, x.clone()).reshape([batch * times, parts, 1, width]);
            x = x + block.part_attention.forward(flat, &over_parts).reshape([batch, times, parts, width]);
            x = x.clone() + block.time_attention.forward(normed(&block.time_norm, x), &over_time);
            let wide = normed(&block.norm, x.clone());
            let wide = ops::linear_gelu(wide, block.wide.weight.val(), block.wide.bias.as_ref().map(|b| b.val()));
            x = x + map(&block.narrow, wide);
        }
        normed(&self.norm, x)
    }

    /// Where the parameters are.
    pub(crate) fn device(&self) -> Device {
        self.parts.val().device()
    }

    fn heads(&self) -> usize {
        self.blocks.first().map_or(1, |block| block.time_attention.heads())
    }
}

/// The shortest and longest period of the rotary positions, s: from the finest that a token resolves to longer than most repetitions.
pub const PERIODS_S: [f32; 2] = [0.25, 16.0];

/// What is added to the variance, as in PyTorch and Burn.
pub(crate) const EPSILON: f64 = 1e-5;

/// Layer norm (Ba, Kiros & Hinton 2016) with gradients of its own.
fn normed(norm: &LayerNorm, x: Tensor<4>) -> Tensor<4> {
    match &norm.beta {
        Some(beta) => ops::layer_norm(x, norm.gamma.val(), beta.val(), EPSILON),
        None => norm.forward(x),
    }
}
