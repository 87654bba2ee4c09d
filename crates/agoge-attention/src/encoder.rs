//! The encoder: blocks that attend over slots (the parts of the body and a worn sensor), then over
//! time, then think (pre-norm; Vaswani et al. 2017, Xiong et al. 2020).

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
    /// From the channels of the sensor's tokens to the embedding.
    sensor: Linear,
    /// What the sensor's slot adds to its tokens, beside what the part adds that carries it, `[1,
    /// embedding]`.
    worn: Param<Tensor<2>>,
    /// Restores the samples of masked tokens of the sensor.
    sensed: Linear,
}

/// A batch of tokens. The slots are those that some clip shows: the parts of the body, the sensor,
/// or the parts and then the sensor.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The tokens.
    pub tokens: Input,
    /// True where a slot is never seen, `[batch, slot]`.
    pub hidden: Tensor<2, Bool>,
    /// Seconds of the tokens, `[batch, time]`.
    pub times: Vec<f32>,
    /// True for tokens that pre-training masks, `[batch, time, slot]`.
    pub masked: Option<Tensor<3, Bool>>,
    /// Attention looks back only, as it must in a live stream.
    pub causal: bool,
}

/// The tokens of a batch.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one a step")]
pub enum Input {
    /// Of bodies alone, `[batch, time, part, channel]`.
    Body(Tensor<4>),
    /// Of worn sensors alone.
    Sensor(Sensed),
    /// Of both.
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

/// What the encoder expects in every token.
pub struct Restored {
    /// Of a body, `[batch, time, part, moving channel]`.
    pub motion: Option<Tensor<4>>,
    /// Of a sensor, `[batch, time, 1, felt channel]`.
    pub sensed: Option<Tensor<4>>,
}

/// What the heads say of a batch.
pub struct Output {
    /// Which movement, before the softmax, `[batch, movement]`.
    pub movement: Tensor<2>,
    /// How well it was done if it was that movement, before the logistic function, `[batch,
    /// movement]`.
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
            sensor: LinearConfig::new(SENSOR_CHANNELS, size.width).init(device),
            worn: Param::from_tensor(Tensor::zeros([1, size.width], device)),
            sensed: LinearConfig::new(size.width, FELT).init(device),
        }
    }

    /// What the heads say of a batch.
    pub fn forward(&self, batch: Batch) -> Output {
        let hidden = batch.hidden.clone();
        let x = self.encode(batch, &mut Closed);
        self.read(x, hidden)
    }

    /// As [`Encoder::forward`], by an attention that can be looked into.
    pub(crate) fn forward_by(&self, batch: Batch, by: &mut dyn Attend) -> Output {
        let hidden = batch.hidden.clone();
        let x = self.encode(batch, by);
        self.read(x, hidden)
    }

    /// What the heads read in encoded tokens, `[batch, time, slot, embedding]`.
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

    /// What the encoder expects in every token.
    pub fn restore(&self, batch: Batch) -> Restored {
        let (parts, sensors) = match batch.tokens {
            Input::Body(_) => (PARTS.len(), 0),
            Input::Sensor(_) => (0, 1),
            Input::Both(..) => (PARTS.len(), 1),
        };
        let x = self.encode(batch, &mut Closed);
        let of = |head: &Linear, from: usize, slots: usize| {
            (slots > 0).then(|| map(head, x.clone().narrow(2, from, slots)))
        };
        Restored { motion: of(&self.motion, 0, parts), sensed: of(&self.sensed, parts, sensors) }
    }

    /// Tokens by their own channels, `[batch, time, slot, embedding]`, and what their slots add,
    /// `[batch or 1, 1, slot, embedding]`.
    fn embed(&self, tokens: Input) -> (Tensor<4>, Tensor<4>) {
        let parts = self.parts.val();
        let [count, width] = parts.dims();
        let body = |tokens: Tensor<4>| {
            (map(&self.input, tokens), parts.clone().reshape([1, 1, count, width]))
        };
        let sensor = |Sensed { tokens, carrier }: Sensed| {
            let batch = tokens.dims()[0];
            let own = parts.clone().select(0, carrier) + self.worn.val();
            (map(&self.sensor, tokens), own.reshape([batch, 1, 1, width]))
        };
        match tokens {
            Input::Body(tokens) => body(tokens),
            Input::Sensor(sensed) => sensor(sensed),
            Input::Both(tokens, sensed) => {
                let ((x, own), (y, worn)) = (body(tokens), sensor(sensed));
                let batch = x.dims()[0];
                (
                    Tensor::cat(vec![x, y], 2),
                    Tensor::cat(vec![own.expand([batch, 1, count, width]), worn], 2),
                )
            }
        }
    }

    /// Encoded tokens, `[batch, time, slot, embedding]`.
    fn encode(&self, batch: Batch, by: &mut dyn Attend) -> Tensor<4> {
        let Batch { tokens, hidden, times: seconds, masked, causal } = batch;
        let (mut x, own) = self.embed(tokens);
        let [batch, times, slots, width] = x.dims();
        if let Some(masked) = masked {
            let instead =
                self.masked.val().reshape([1, 1, 1, width]).expand([batch, times, slots, width]);
            x = x.mask_where(
                masked.reshape([batch, times, slots, 1]).expand([batch, times, slots, width]),
                instead,
            );
        }
        x = x + own;
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

    /// Where the parameters are.
    pub(crate) fn device(&self) -> Device {
        self.parts.val().device()
    }

    fn heads(&self) -> usize {
        self.blocks.first().map_or(1, |block| block.time_attention.heads())
    }
}

/// How attention is made in a pass: as it is, or so that it can be looked into. Called for each
/// block's slots and then its times.
pub(crate) trait Attend {
    /// Attends as [`SelfAttention::forward`] does.
    fn attend(&mut self, attention: &SelfAttention, x: Tensor<4>, sight: &Sight) -> Tensor<4>;
}

/// Attention as it is.
struct Closed;

impl Attend for Closed {
    fn attend(&mut self, attention: &SelfAttention, x: Tensor<4>, sight: &Sight) -> Tensor<4> {
        attention.forward(x, sight)
    }
}

/// The shortest and longest period of the rotary positions, s: from the finest that a token
/// resolves to longer than most repetitions.
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
