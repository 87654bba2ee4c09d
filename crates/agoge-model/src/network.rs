//! The encoder and its heads for inference: the same weights on the engine's runtime.

use crate::size::{EPSILON, EncoderSize, PERIODS_S};
use crate::token::{self, CHANNELS, PARTS, SENSOR_CHANNELS, SENSOR_SLOT, TIMES, visible_slots};
use crate::weights::WeightValues;
use agoge_engine::kernel::{Axis, Epilogue, Isa, Matrix, MatrixMut};
use agoge_engine::runtime::{
    AttentionLayer, AttentionMaps, FeedForward, PackedLinear, RotaryFrequencies, RuntimeBlock,
    RuntimeEncoder, RuntimeLayerNorm, RuntimeSelfAttention, TokenGrid, Workspace,
};
use std::ops::Range;

/// Input channels: those of a token followed by a one-hot vector of its part, which selects the
/// part's embedding.
pub const INPUTS: usize = CHANNELS + PARTS.len();

/// An encoder with its heads.
#[derive(Clone, Debug)]
pub struct InferenceNetwork {
    /// The blocks, on the engine.
    pub encoder: RuntimeEncoder,
    /// Maps the sensor's channels, followed by a one-hot vector of the part that carries it, to the
    /// embedding; the slot's embedding is in the bias.
    sensor: PackedLinear,
    /// `[2 · width, movement]`.
    movement: PackedLinear,
    quality: PackedLinear,
}

/// Output of the heads for one clip or instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeadOutputs {
    /// Probability of each movement, `[movement]`.
    pub movement: Vec<f32>,
    /// Probability of being correct, given each movement, `[movement]`.
    pub quality: Vec<f32>,
}

impl InferenceNetwork {
    /// Builds the network from all parameter values. Their shapes are those of
    /// [`EncoderSize::parameter_layout`], so none can be missing.
    pub fn new(values: &WeightValues, size: &EncoderSize, isa: Isa) -> InferenceNetwork {
        let parameter =
            |path: &str| values.get(path).map_or(&[][..], |(_, values)| values.as_slice());
        let linear = |path: &str, inputs: usize, outputs: usize| {
            let weight = Matrix::new(parameter(&format!("{path}.weight")), inputs, outputs);
            PackedLinear::new(isa, weight, parameter(&format!("{path}.bias")))
        };
        let norm = |path: &str| {
            RuntimeLayerNorm::new(
                isa,
                parameter(&format!("{path}.gamma")),
                parameter(&format!("{path}.beta")),
                EPSILON as f32,
            )
        };
        let (width, inner) = (size.width, size.feed_forward);
        let [fastest, slowest] = PERIODS_S.map(|period| std::f32::consts::TAU / period);
        let attention = |path: String, axis: Axis| {
            let project = linear(&format!("{path}_attention.joined"), width, 3 * width);
            let join = linear(&format!("{path}_attention.out"), width, width);
            let attention = RuntimeSelfAttention::new(project, join, size.heads);
            let attention = match axis {
                Axis::Part => attention,
                Axis::Time => attention.with_rotary(RotaryFrequencies::from_range(
                    width / size.heads,
                    fastest,
                    slowest,
                )),
            };
            AttentionLayer { norm: norm(&format!("{path}_norm")), attention, axis }
        };
        let block = |i: usize| RuntimeBlock {
            attentions: vec![
                attention(format!("blocks.{i}.part"), Axis::Part),
                attention(format!("blocks.{i}.time"), Axis::Time),
            ],
            norm: norm(&format!("blocks.{i}.norm")),
            feed_forward: FeedForward::new(
                linear(&format!("blocks.{i}.wide"), width, inner),
                linear(&format!("blocks.{i}.narrow"), inner, width),
            ),
        };
        let input = [parameter("input.weight"), parameter("parts")].concat();
        let sensor = [parameter("sensor.weight"), parameter("parts")].concat();
        let sensor_bias: Vec<f32> = parameter("sensor.bias")
            .iter()
            .zip(parameter("worn"))
            .map(|(bias, slot)| bias + slot)
            .collect();
        InferenceNetwork {
            encoder: RuntimeEncoder {
                input: PackedLinear::new(
                    isa,
                    Matrix::new(&input, INPUTS, width),
                    parameter("input.bias"),
                ),
                blocks: (0..size.blocks).map(block).collect(),
                norm: norm("norm"),
            },
            sensor: PackedLinear::new(
                isa,
                Matrix::new(&sensor, SENSOR_CHANNELS + PARTS.len(), width),
                &sensor_bias,
            ),
            movement: linear("movement", 2 * width, size.movements),
            quality: linear("quality", 2 * width, size.movements),
        }
    }

    /// Computes the embeddings of clips, `[clip, 2 · width]`.
    pub fn embed_clips(&self, clips: &[token::ClipTokens], workspace: &mut Workspace) -> Vec<f32> {
        self.embed_slots(clips, visible_slots(clips), workspace)
    }

    /// Computes the embeddings of clips in which only these slots are visible, `[clip, 2 · width]`.
    pub fn embed_slots(
        &self,
        clips: &[token::ClipTokens],
        slots: Range<usize>,
        workspace: &mut Workspace,
    ) -> Vec<f32> {
        let (count, width) = (slots.len(), self.encoder.width());
        let sensed = slots.contains(&SENSOR_SLOT).then(|| self.embed_sensors(clips));
        let mut values = Vec::with_capacity(clips.len() * TIMES * count * INPUTS);
        for clip in clips {
            for tokens in clip.values.chunks_exact(PARTS.len() * CHANNELS) {
                if slots.contains(&0) {
                    push_with_parts(tokens, &mut values);
                }
                // The sensor's token has its own input layer.
                values.resize(values.len() + if sensed.is_some() { INPUTS } else { 0 }, 0.0);
            }
        }
        let hidden: Vec<bool> =
            clips.iter().flat_map(|clip| clip.hidden[slots.clone()].repeat(TIMES)).collect();
        let seconds: Vec<f32> = clips.iter().flat_map(|clip| clip.times.iter().copied()).collect();
        let tokens = TokenGrid {
            values: &values,
            embedded: sensed.as_deref(),
            batch: clips.len(),
            times: TIMES,
            parts: count,
            hidden: Some(&hidden),
            seconds: Some(&seconds),
        };
        let mut out = vec![0.0; clips.len() * 2 * width];
        self.encoder.encode_batch(tokens, workspace, &mut out, |clip, encoded, out| {
            let seen = |row: usize| !hidden[clip * TIMES * count + row];
            pool_tokens(
                (0..encoded.rows()).filter(|&row| seen(row)).map(|row| encoded.row(row)),
                out,
            );
        });
        out
    }

    /// How much parts attend to parts in a clip without its sensor, `[part, part]` (query, key),
    /// relative to uniform attention (1): mean over blocks, heads and instants.
    pub fn attention_between_parts(&self, clip: &token::ClipTokens) -> Vec<f32> {
        let n = PARTS.len();
        let mut values = Vec::with_capacity(TIMES * n * INPUTS);
        push_with_parts(&clip.values, &mut values);
        let hidden = clip.hidden[..n].repeat(TIMES);
        let tokens = TokenGrid {
            values: &values,
            embedded: None,
            batch: 1,
            times: TIMES,
            parts: n,
            hidden: Some(&hidden),
            seconds: Some(&clip.times),
        };
        // Of each block the first attention is the one over parts.
        let blocks = self.encoder.blocks.len();
        let requested = (0..blocks).map(|block| 2 * block).collect();
        let mut maps = AttentionMaps { requested, maps: Vec::new() };
        self.encoder.encode_with_maps(
            tokens,
            &mut Workspace::new(),
            &mut maps,
            &mut [0.0],
            |_, _, _| {},
        );
        let mut mean = vec![0.0; n * n];
        for map in &maps.maps {
            let matrices = map.len() / (n * n);
            for matrix in map.chunks_exact(n * n) {
                let weight = n as f32 / (matrices * blocks) as f32;
                mean.iter_mut().zip(matrix).for_each(|(sum, v)| *sum += v * weight);
            }
        }
        mean
    }

    /// Embeds the sensor tokens of clips, `[clip, time, width]`.
    fn embed_sensors(&self, clips: &[token::ClipTokens]) -> Vec<f32> {
        let (rows, inputs, width) =
            (clips.len() * TIMES, self.sensor.inputs(), self.encoder.width());
        let mut values = Vec::with_capacity(rows * inputs);
        for clip in clips {
            for channels in clip.sensor_values().chunks_exact(SENSOR_CHANNELS) {
                push_with_part(channels, clip.carrier_index(), &mut values);
            }
        }
        let mut out = vec![0.0; rows * width];
        self.sensor.apply_to_rows(
            Matrix::new(&values, rows, inputs),
            Epilogue::Write,
            &mut MatrixMut::new(&mut out, rows, width),
        );
        out
    }

    /// Applies the heads to an embedding `[2 · width]`, overwriting `heads`.
    pub fn apply_heads(&self, embedding: &[f32], heads: &mut HeadOutputs) {
        let classes = self.movement.outputs();
        let x = Matrix::new(embedding, 1, embedding.len());
        for (head, out) in
            [(&self.movement, &mut heads.movement), (&self.quality, &mut heads.quality)]
        {
            out.resize(classes, 0.0);
            head.apply_to_rows(x, Epilogue::Write, &mut MatrixMut::new(out, 1, classes));
        }
        softmax_in_place(&mut heads.movement);
        heads.quality.iter_mut().for_each(|v| *v = 1.0 / (1.0 + (-*v).exp()));
    }
}

/// Turns logits into probabilities, in place.
///
/// ```
/// use agoge_model::network::softmax_in_place;
/// let mut values = [0.0, 3f32.ln()];
/// softmax_in_place(&mut values);
/// assert!((values[0] - 0.25).abs() < 1e-6 && (values[1] - 0.75).abs() < 1e-6);
/// ```
pub fn softmax_in_place(values: &mut [f32]) {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    values.iter_mut().for_each(|v| *v = (*v - most).exp());
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|v| *v /= sum);
}

/// Writes the mean and maximum over tokens to `out`, `[2 · width]`; without tokens zeros and a very
/// low maximum, as in training.
pub fn pool_tokens<'a>(tokens: impl Iterator<Item = &'a [f32]>, out: &mut [f32]) {
    let (mean, most) = out.split_at_mut(out.len() / 2);
    mean.fill(0.0);
    most.fill(-1e4);
    let mut n = 0;
    for token in tokens {
        n += 1;
        mean.iter_mut().zip(token).for_each(|(mean, v)| *mean += v);
        most.iter_mut().zip(token).for_each(|(most, v)| *most = most.max(*v));
    }
    mean.iter_mut().for_each(|mean| *mean /= n.max(1) as f32);
}

/// Appends tokens `[…, part, channel]`, each followed by a one-hot vector of its part, `[…, part,
/// INPUTS]`.
pub fn push_with_parts(values: &[f32], out: &mut Vec<f32>) {
    for (token, channels) in values.chunks_exact(CHANNELS).enumerate() {
        push_with_part(channels, token % PARTS.len(), out);
    }
}

/// Appends the channels of a token followed by a one-hot vector of a part.
fn push_with_part(channels: &[f32], part: usize, out: &mut Vec<f32>) {
    out.extend_from_slice(channels);
    out.extend((0..PARTS.len()).map(|candidate| if candidate == part { 1.0 } else { 0.0 }));
}
