//! The encoder: blocks that attend over slots (the body parts and a worn sensor), then over time,
//! then apply a feed-forward layer (pre-norm; Vaswani et al. 2017, Xiong et al. 2020).

use crate::attention::{SelfAttention, map};
use crate::ops::{self, Rotary, Sight};
use crate::token::{CHANNELS, FELT, MOVING, PARTS, SENSOR_CHANNELS};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Bool, Device, Int, Tensor};
use serde::{Deserialize, Serialize};

/// Sizes of an encoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Width of the embedding; a multiple of `heads`, such that a head's width is even.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Blocks.
    pub blocks: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
    /// Number of movements the heads distinguish.
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
    /// Embedding of each part, added to its tokens, `[part, embedding]`.
    parts: Param<Tensor<2>>,
    /// Embedding that replaces a token masked in pre-training, `[1, embedding]`.
    masked: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: LayerNorm,
    movement: Linear,
    quality: Linear,
    /// Reconstructs the motion of masked tokens.
    motion: Linear,
    /// Maps the channels of the sensor's tokens to the embedding.
    sensor: Linear,
    /// Embedding of the sensor's slot, added to its tokens along with the embedding of the part
    /// that carries it, `[1, embedding]`.
    worn: Param<Tensor<2>>,
    /// Reconstructs the samples of masked sensor tokens.
    sensed: Linear,
}

/// A batch of tokens. The slots are those visible in some clip: the body parts, the sensor, or the
/// parts followed by the sensor.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The tokens.
    pub tokens: Input,
    /// True where a slot is never seen, `[batch, slot]`.
    pub hidden: Tensor<2, Bool>,
    /// Time stamps of the tokens in seconds, `[batch, time]`.
    pub times: Vec<f32>,
    /// True for tokens masked in pre-training, `[batch, time, slot]`.
    pub masked: Option<Tensor<3, Bool>>,
    /// Whether attention looks back only, as it must in a live stream.
    pub causal: bool,
}

/// The tokens of a batch.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one a step")]
pub enum Input {
    /// Bodies only, `[batch, time, part, channel]`.
    Body(Tensor<4>),
    /// Worn sensors only.
    Sensor(Sensed),
    /// Bodies and sensors.
    Both(Tensor<4>, Sensed),
}

/// The tokens of worn sensors.
#[derive(Clone, Debug)]
pub struct Sensed {
    /// `[batch, time, 1, channel]`.
    pub tokens: Tensor<4>,
    /// The part that carries it, `[batch]`.
    pub carrier: Tensor<1, Int>,
}

/// Channels of every token as the encoder reconstructs them.
pub struct Restored {
    /// Body tokens, `[batch, time, part, moving channel]`.
    pub motion: Option<Tensor<4>>,
    /// Sensor tokens, `[batch, time, 1, felt channel]`.
    pub sensed: Option<Tensor<4>>,
}

/// Output of the heads for a batch.
pub struct Output {
    /// Logits of the movements (before the softmax), `[batch, movement]`.
    pub movement: Tensor<2>,
    /// Logits of quality, given each movement (before the logistic function), `[batch, movement]`.
    pub quality: Tensor<2>,
    /// Embedding, `[batch, 2 · width]`: mean and maximum over the tokens.
    pub embedding: Tensor<2>,
}

impl Encoder {
    /// An encoder with these sizes; initialise its weights with [`crate::weights::seed`].
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
            sensor: LinearConfig::new(SENSOR_CHANNELS, size.width).init(device),
            worn: Param::from_tensor(Tensor::zeros([1, size.width], device)),
            sensed: LinearConfig::new(size.width, FELT).init(device),
        }
    }

    /// Applies the encoder and its heads to a batch.
    pub fn forward(&self, batch: Batch) -> Output {
        let hidden = batch.hidden.clone();
        let x = self.encode(batch, &mut Closed);
        self.read(x, hidden)
    }

    /// As [`Encoder::forward`], but computes the attention through `by`, which may record it.
    pub(crate) fn forward_by(&self, batch: Batch, by: &mut dyn Attend) -> Output {
        let hidden = batch.hidden.clone();
        let x = self.encode(batch, by);
        self.read(x, hidden)
    }

    /// Applies the heads to encoded tokens, `[batch, time, slot, embedding]`.
    fn read(&self, x: Tensor<4>, hidden: Tensor<2, Bool>) -> Output {
        let [batch, times, slots, width] = x.dims();
        let mask =
            hidden.clone().reshape([batch, 1, slots, 1]).expand([batch, times, slots, width]);
        let known = hidden.bool_not().float().sum_dim(1).mul_scalar(times as f32).clamp_min(1.0);
        let tokens = times * slots;
        let mean = x
            .clone()
            .mask_fill(mask.clone(), 0.0)
            .reshape([batch, tokens, width])
            .sum_dim(1)
            .reshape([batch, width])
            / known;
        let most = x
            .mask_fill(mask, -1e4)
            .reshape([batch, tokens, width])
            .max_dim(1)
            .reshape([batch, width]);
        let embedding = Tensor::cat(vec![mean, most], 1);
        Output {
            movement: self.movement.forward(embedding.clone()),
            quality: self.quality.forward(embedding.clone()),
            embedding,
        }
    }

    /// Reconstructs the channels of every token.
    pub fn restore(&self, batch: Batch) -> Restored {
        let (parts, sensors) = match batch.tokens {
            Input::Body(_) => (PARTS.len(), 0),
            Input::Sensor(_) => (0, 1),
            Input::Both(..) => (PARTS.len(), 1),
        };
        let x = self.encode(batch, &mut Closed);
        let reconstruct = |head: &Linear, from: usize, slots: usize| {
            (slots > 0).then(|| map(head, x.clone().narrow(2, from, slots)))
        };
        Restored {
            motion: reconstruct(&self.motion, 0, parts),
            sensed: reconstruct(&self.sensed, parts, sensors),
        }
    }

    /// Embeds the channels of the tokens, `[batch, time, slot, embedding]`; also returns the
    /// embedding of the slots, `[batch or 1, 1, slot, embedding]`.
    fn embed(&self, tokens: Input) -> (Tensor<4>, Tensor<4>) {
        let parts = self.parts.val();
        let [count, width] = parts.dims();
        let body = |tokens: Tensor<4>| {
            (map(&self.input, tokens), parts.clone().reshape([1, 1, count, width]))
        };
        let sensor = |Sensed { tokens, carrier }: Sensed| {
            let batch = tokens.dims()[0];
            let slot = parts.clone().select(0, carrier) + self.worn.val();
            (map(&self.sensor, tokens), slot.reshape([batch, 1, 1, width]))
        };
        match tokens {
            Input::Body(tokens) => body(tokens),
            Input::Sensor(sensed) => sensor(sensed),
            Input::Both(tokens, sensed) => {
                let ((x, part_slots), (y, sensor_slot)) = (body(tokens), sensor(sensed));
                let batch = x.dims()[0];
                (
                    Tensor::cat(vec![x, y], 2),
                    Tensor::cat(vec![part_slots.expand([batch, 1, count, width]), sensor_slot], 2),
                )
            }
        }
    }

    /// Encodes tokens, `[batch, time, slot, embedding]`.
    fn encode(&self, batch: Batch, by: &mut dyn Attend) -> Tensor<4> {
        let Batch { tokens, hidden, times: seconds, masked, causal } = batch;
        let (mut x, slot_embedding) = self.embed(tokens);
        let [batch, times, slots, width] = x.dims();
        if let Some(masked) = masked {
            let replacement =
                self.masked.val().reshape([1, 1, 1, width]).expand([batch, times, slots, width]);
            x = x.mask_where(
                masked.reshape([batch, times, slots, 1]).expand([batch, times, slots, width]),
                replacement,
            );
        }
        x = x + slot_embedding;
        let unseen = hidden.reshape([batch, 1, slots]).expand([batch, times, slots]);
        let over_slots =
            Sight { hidden: Some(unseen.reshape([batch * times, slots, 1])), ..Sight::default() };
        let pairs = width / self.heads() / 2;
        let [short, long] = PERIODS_S.map(|period| std::f32::consts::TAU / period);
        let rotary = Rotary::of_times(&seconds, times, pairs, short, long);
        let over_time =
            Sight { causal, rotary: Some([rotary.clone(), rotary]), ..Sight::default() };
        for block in &self.blocks {
            let flat =
                normed(&block.part_norm, x.clone()).reshape([batch * times, slots, 1, width]);
            x = x + by
                .attend(&block.part_attention, flat, &over_slots)
                .reshape([batch, times, slots, width]);
            x = x.clone()
                + by.attend(&block.time_attention, normed(&block.time_norm, x), &over_time);
            let wide = normed(&block.norm, x.clone());
            let wide = ops::linear_gelu(
                wide,
                block.wide.weight.val(),
                block.wide.bias.as_ref().map(|b| b.val()),
            );
            x = x + map(&block.narrow, wide);
        }
        normed(&self.norm, x)
    }

    /// The device of the parameters.
    pub(crate) fn device(&self) -> Device {
        self.parts.val().device()
    }

    fn heads(&self) -> usize {
        self.blocks.first().map_or(1, |block| block.time_attention.heads())
    }
}

/// Computes the attention of a pass, possibly recording it. Called for each block, first over
/// slots, then over time.
pub(crate) trait Attend {
    /// Computes the attention like [`SelfAttention::forward`].
    fn attend(&mut self, attention: &SelfAttention, x: Tensor<4>, sight: &Sight) -> Tensor<4>;
}

/// Attention without recording.
struct Closed;

impl Attend for Closed {
    fn attend(&mut self, attention: &SelfAttention, x: Tensor<4>, sight: &Sight) -> Tensor<4> {
        attention.forward(x, sight)
    }
}

/// The shortest and longest period of the rotary positions, s: from the finest detail a token
/// resolves to longer than most repetitions.
pub const PERIODS_S: [f32; 2] = [0.25, 16.0];

/// Added to the variance, as in PyTorch and Burn.
pub(crate) const EPSILON: f64 = 1e-5;

/// Applies layer norm (Ba, Kiros & Hinton 2016) with hand-written gradients.
fn normed(norm: &LayerNorm, x: Tensor<4>) -> Tensor<4> {
    match &norm.beta {
        Some(beta) => ops::layer_norm(x, norm.gamma.val(), beta.val(), EPSILON),
        None => norm.forward(x),
    }
}
