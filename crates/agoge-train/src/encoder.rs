//! The encoder: blocks that attend over slots (the body parts and a worn sensor), then over time,
//! then apply a feed-forward layer (pre-norm; Vaswani et al. 2017, Xiong et al. 2020).

use crate::attention::{SelfAttention, apply_linear};
use crate::ops::{self, AttentionOptions, RotaryAngles};
use agoge_model::size::{EPSILON, EncoderSize, PERIODS_S};
use agoge_model::token::{CHANNELS, MOTION_CHANNELS, PARTS, SAMPLE_CHANNELS, SENSOR_CHANNELS};
use burn::module::{Module, Param};
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Bool, Device, Int, Tensor};

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
pub struct TokenBatch {
    /// The tokens.
    pub tokens: BatchTokens,
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
pub enum BatchTokens {
    /// Bodies only, `[batch, time, part, channel]`.
    Body(Tensor<4>),
    /// Worn sensors only.
    Sensor(SensorBatch),
    /// Bodies and sensors.
    Both(Tensor<4>, SensorBatch),
}

/// The tokens of worn sensors.
#[derive(Clone, Debug)]
pub struct SensorBatch {
    /// `[batch, time, 1, channel]`.
    pub tokens: Tensor<4>,
    /// The part that carries it, `[batch]`.
    pub carrier: Tensor<1, Int>,
}

/// Channels of every token as the encoder reconstructs them.
pub struct RestoredTokens {
    /// Body tokens, `[batch, time, part, moving channel]`.
    pub motion: Option<Tensor<4>>,
    /// Sensor tokens, `[batch, time, 1, felt channel]`.
    pub sensed: Option<Tensor<4>>,
}

/// Output of the heads for a batch.
pub struct EncoderOutput {
    /// Logits of the movements (before the softmax), `[batch, movement]`.
    pub movement: Tensor<2>,
    /// Logits of quality, given each movement (before the logistic function), `[batch, movement]`.
    pub quality: Tensor<2>,
    /// Embedding, `[batch, 2 · width]`: mean and maximum over the tokens.
    pub embedding: Tensor<2>,
}

impl Encoder {
    /// An encoder with these sizes; initialise its weights with
    /// [`agoge_model::weights::seed_values`].
    pub fn new(size: &EncoderSize, device: &Device) -> Encoder {
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
            motion: LinearConfig::new(size.width, MOTION_CHANNELS).init(device),
            sensor: LinearConfig::new(SENSOR_CHANNELS, size.width).init(device),
            worn: Param::from_tensor(Tensor::zeros([1, size.width], device)),
            sensed: LinearConfig::new(size.width, SAMPLE_CHANNELS).init(device),
        }
    }

    /// Applies the encoder and its heads to a batch.
    pub fn predict_batch(&self, batch: TokenBatch) -> EncoderOutput {
        let hidden = batch.hidden.clone();
        let x = self.encode_tokens(batch, &mut PlainAttender);
        self.apply_heads(x, hidden)
    }

    /// As [`Encoder::predict_batch`], but computes the attention through `by`, which may record it.
    pub(crate) fn predict_with_attender(
        &self,
        batch: TokenBatch,
        by: &mut dyn Attender,
    ) -> EncoderOutput {
        let hidden = batch.hidden.clone();
        let x = self.encode_tokens(batch, by);
        self.apply_heads(x, hidden)
    }

    /// Applies the heads to encoded tokens, `[batch, time, slot, embedding]`.
    fn apply_heads(&self, x: Tensor<4>, hidden: Tensor<2, Bool>) -> EncoderOutput {
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
        EncoderOutput {
            movement: self.movement.forward(embedding.clone()),
            quality: self.quality.forward(embedding.clone()),
            embedding,
        }
    }

    /// Reconstructs the channels of every token.
    pub fn restore_tokens(&self, batch: TokenBatch) -> RestoredTokens {
        let (parts, sensors) = match batch.tokens {
            BatchTokens::Body(_) => (PARTS.len(), 0),
            BatchTokens::Sensor(_) => (0, 1),
            BatchTokens::Both(..) => (PARTS.len(), 1),
        };
        let x = self.encode_tokens(batch, &mut PlainAttender);
        let reconstruct = |head: &Linear, from: usize, slots: usize| {
            (slots > 0).then(|| apply_linear(head, x.clone().narrow(2, from, slots)))
        };
        RestoredTokens {
            motion: reconstruct(&self.motion, 0, parts),
            sensed: reconstruct(&self.sensed, parts, sensors),
        }
    }

    /// Embeds the channels of the tokens, `[batch, time, slot, embedding]`; also returns the
    /// embedding of the slots, `[batch or 1, 1, slot, embedding]`.
    fn embed_tokens(&self, tokens: BatchTokens) -> (Tensor<4>, Tensor<4>) {
        let parts = self.parts.val();
        let [count, width] = parts.dims();
        let body = |tokens: Tensor<4>| {
            (apply_linear(&self.input, tokens), parts.clone().reshape([1, 1, count, width]))
        };
        let sensor = |SensorBatch { tokens, carrier }: SensorBatch| {
            let batch = tokens.dims()[0];
            let slot = parts.clone().select(0, carrier) + self.worn.val();
            (apply_linear(&self.sensor, tokens), slot.reshape([batch, 1, 1, width]))
        };
        match tokens {
            BatchTokens::Body(tokens) => body(tokens),
            BatchTokens::Sensor(sensed) => sensor(sensed),
            BatchTokens::Both(tokens, sensed) => {
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
    fn encode_tokens(&self, batch: TokenBatch, by: &mut dyn Attender) -> Tensor<4> {
        let TokenBatch { tokens, hidden, times: seconds, masked, causal } = batch;
        let (mut x, slot_embedding) = self.embed_tokens(tokens);
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
        let over_slots = AttentionOptions {
            hidden: Some(unseen.reshape([batch * times, slots, 1])),
            ..AttentionOptions::default()
        };
        let pairs = width / self.head_count() / 2;
        let [short, long] = PERIODS_S.map(|period| std::f32::consts::TAU / period);
        let rotary = RotaryAngles::from_times(&seconds, times, pairs, short, long);
        let over_time = AttentionOptions {
            causal,
            rotary: Some([rotary.clone(), rotary]),
            ..AttentionOptions::default()
        };
        for block in &self.blocks {
            let flat =
                apply_norm(&block.part_norm, x.clone()).reshape([batch * times, slots, 1, width]);
            x = x + by
                .attend_tokens(&block.part_attention, flat, &over_slots)
                .reshape([batch, times, slots, width]);
            x = x.clone()
                + by.attend_tokens(
                    &block.time_attention,
                    apply_norm(&block.time_norm, x),
                    &over_time,
                );
            let wide = apply_norm(&block.norm, x.clone());
            let wide = ops::linear_gelu(
                wide,
                block.wide.weight.val(),
                block.wide.bias.as_ref().map(|b| b.val()),
            );
            x = x + apply_linear(&block.narrow, wide);
        }
        apply_norm(&self.norm, x)
    }

    /// The device of the parameters.
    pub(crate) fn device(&self) -> Device {
        self.parts.val().device()
    }

    fn head_count(&self) -> usize {
        self.blocks.first().map_or(1, |block| block.time_attention.head_count())
    }
}

/// Computes the attention of a pass, possibly recording it. Called for each block, first over
/// slots, then over time.
pub(crate) trait Attender {
    /// Computes the attention like [`SelfAttention::attend_tokens`].
    fn attend_tokens(
        &mut self,
        attention: &SelfAttention,
        x: Tensor<4>,
        sight: &AttentionOptions,
    ) -> Tensor<4>;
}

/// Attention without recording.
struct PlainAttender;

impl Attender for PlainAttender {
    fn attend_tokens(
        &mut self,
        attention: &SelfAttention,
        x: Tensor<4>,
        sight: &AttentionOptions,
    ) -> Tensor<4> {
        attention.attend_tokens(x, sight)
    }
}

/// Applies layer norm (Ba, Kiros & Hinton 2016) with hand-written gradients.
fn apply_norm(norm: &LayerNorm, x: Tensor<4>) -> Tensor<4> {
    match &norm.beta {
        Some(beta) => ops::layer_norm(x, norm.gamma.val(), beta.val(), EPSILON),
        None => norm.forward(x),
    }
}

#[cfg(test)]
mod tests;
