//! The encoder: blocks that attend over parts, then over time, then think (pre-norm; Vaswani et al. 2017, Xiong et al. 2020).

use crate::attention::SelfAttention;
use crate::token::{CHANNELS, PARTS, PATCHES};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::{Bool, Device, Tensor};
use serde::{Deserialize, Serialize};

/// Sizes of an encoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Width of the embedding; a multiple of `heads`.
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
    /// What each stretch of the cycle adds, `[patch, embedding]`.
    times: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    movement: Linear,
    quality: Linear,
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
            times: Param::from_tensor(Tensor::zeros([PATCHES, size.width], device)),
            blocks: (0..size.blocks).map(|_| block()).collect(),
            norm: norm(),
            movement: LinearConfig::new(2 * size.width, size.movements).init(device),
            quality: LinearConfig::new(2 * size.width, size.movements).init(device),
        }
    }

    /// Encodes. Shapes: `tokens` `[batch, patch, part, channel]`, `hidden` `[batch, part]` (true where a part was never seen).
    pub fn forward(&self, tokens: Tensor<4>, hidden: Tensor<2, Bool>) -> Output {
        let [batch, times, parts, _] = tokens.dims();
        let mut x = self.input.forward(tokens);
        let width = x.dims()[3];
        x = x + self.parts.val().reshape([1, 1, parts, width]) + self.times.val().reshape([1, times, 1, width]);
        let unseen = hidden.clone().reshape([batch, 1, 1, parts]);
        let per_time = unseen.clone().expand([batch, times, 1, parts]).reshape([batch * times, 1, 1, parts]);
        for block in &self.blocks {
            let flat = block.part_norm.forward(x.clone()).reshape([batch * times, parts, width]);
            let (seen, _) = block.part_attention.forward(flat, Some(per_time.clone()));
            x = x + seen.reshape([batch, times, parts, width]);
            let flat = block.time_norm.forward(x.clone()).swap_dims(1, 2).reshape([batch * parts, times, width]);
            let (lasting, _) = block.time_attention.forward(flat, None);
            x = x + lasting.reshape([batch, parts, times, width]).swap_dims(1, 2);
            x = x.clone() + block.narrow.forward(gelu(block.wide.forward(block.norm.forward(x))));
        }
        let x = self.norm.forward(x);
        let mask = unseen.reshape([batch, 1, parts, 1]).expand([batch, times, parts, width]);
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
}
