//! The encoder and its heads for inference: the same weights on the crate's own runtime.

use crate::encoder::{EPSILON, EncoderSize, PERIODS_S};
use crate::kernel::{Axis, Epilogue, Isa, Matrix, MatrixMut};
use crate::runtime::{
    AttentionLayer, FeedForward, PackedLinear, RotaryFrequencies, RuntimeBlock, RuntimeEncoder,
    RuntimeLayerNorm, RuntimeSelfAttention, TokenGrid, Workspace,
};
use crate::token::{self, CHANNELS, PARTS, SENSOR_CHANNELS, SENSOR_SLOT, TIMES, visible_slots};
use crate::weights::WeightValues;
use std::ops::Range;

/// Input channels: those of a token followed by a one-hot vector of its part, which selects the
/// part's embedding.
pub(crate) const INPUTS: usize = CHANNELS + PARTS.len();

/// An encoder with its heads.
#[derive(Clone, Debug)]
pub(crate) struct InferenceNetwork {
    pub(crate) encoder: RuntimeEncoder,
    /// Maps the sensor's channels, followed by a one-hot vector of the part that carries it, to the
    /// embedding; the slot's embedding is in the bias.
    sensor: PackedLinear,
    /// `[2 · width, movement]`.
    movement: PackedLinear,
    quality: PackedLinear,
}

/// Output of the heads for one clip or instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HeadOutputs {
    /// Probability of each movement, `[movement]`.
    pub(crate) movement: Vec<f32>,
    /// Probability of being correct, given each movement, `[movement]`.
    pub(crate) quality: Vec<f32>,
}

impl InferenceNetwork {
    /// Builds the network from all parameter values. Their shapes are those of
    /// [`crate::encoder::Encoder`], so none can be missing.
    pub(crate) fn new(values: &WeightValues, size: &EncoderSize, isa: Isa) -> InferenceNetwork {
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
    pub(crate) fn embed_clips(
        &self,
        clips: &[token::ClipTokens],
        workspace: &mut Workspace,
    ) -> Vec<f32> {
        self.embed_slots(clips, visible_slots(clips), workspace)
    }

    /// Computes the embeddings of clips in which only these slots are visible, `[clip, 2 · width]`.
    fn embed_slots(
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
    pub(crate) fn apply_heads(&self, embedding: &[f32], heads: &mut HeadOutputs) {
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
pub(crate) fn softmax_in_place(values: &mut [f32]) {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    values.iter_mut().for_each(|v| *v = (*v - most).exp());
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|v| *v /= sum);
}

/// Writes the mean and maximum over tokens to `out`, `[2 · width]`; without tokens zeros and a very
/// low maximum, as in training.
pub(crate) fn pool_tokens<'a>(tokens: impl Iterator<Item = &'a [f32]>, out: &mut [f32]) {
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
pub(crate) fn push_with_parts(values: &[f32], out: &mut Vec<f32>) {
    for (token, channels) in values.chunks_exact(CHANNELS).enumerate() {
        push_with_part(channels, token % PARTS.len(), out);
    }
}

/// Appends the channels of a token followed by a one-hot vector of a part.
fn push_with_part(channels: &[f32], part: usize, out: &mut Vec<f32>) {
    out.extend_from_slice(channels);
    out.extend((0..PARTS.len()).map(|candidate| if candidate == part { 1.0 } else { 0.0 }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder;
    use crate::motion::tests::simulated_motion;
    use crate::sensor::tests::simulated_sensor;
    use crate::token::SLOTS;
    use crate::{train, weights};
    use agoge_motion::simulate::{Exercise, SimulatedSet};
    use burn::tensor::Device;
    use burn::tensor::activation::{sigmoid, softmax};

    const SIZE: EncoderSize =
        EncoderSize { width: 24, heads: 2, blocks: 2, feed_forward: 48, movements: 5 };

    fn seeded_encoder() -> encoder::Encoder {
        weights::seed_parameters(encoder::Encoder::new(&SIZE, &Device::flex()), 7)
    }

    /// Bodies alone, one with a part hidden; sensors alone; both in one.
    fn sample_clips() -> [Vec<token::ClipTokens>; 3] {
        let motions =
            [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl].map(|exercise| {
                let mut motion = simulated_motion(&SimulatedSet {
                    repetitions: 1,
                    ..SimulatedSet::new(exercise)
                });
                let phase = exercise as u8 as f32;
                let sensor = simulated_sensor(motion.duration_s(), |t| {
                    [(3.0 * t).sin(), 0.2 * phase, (t - phase).cos(), 0.5, (2.0 * t).cos(), -t]
                });
                motion.sensor = Some(sensor);
                motion
            });
        let mut bodies = motions.each_ref().map(|motion| motion.without_sensor().to_tokens());
        bodies[2].hidden[3] = true;
        let sensors = motions.each_ref().map(|motion| motion.without_body().to_tokens());
        [bodies.to_vec(), sensors.to_vec(), motions.map(|motion| motion.to_tokens()).to_vec()]
    }

    fn max_difference(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    /// The runtime agrees with Burn on every path, to 1e-5: for bodies, sensors, both, and a mixed
    /// batch.
    #[test]
    fn the_network_is_the_encoder() {
        let trained = seeded_encoder();
        let values = weights::collect_parameters(&trained);
        let [bodies, sensors, both] = sample_clips();
        let all = [bodies.clone(), sensors.clone(), both.clone()].concat();
        for (clips, slots) in [
            (bodies, 0..SENSOR_SLOT),
            (sensors, SENSOR_SLOT..SLOTS),
            (both, 0..SLOTS),
            (all, 0..SLOTS),
        ] {
            assert_eq!(visible_slots(&clips), slots);
            let output =
                trained.predict_batch(train::encoder_batch(&clips, false, &Device::flex()));
            let rows =
                |tensor: burn::tensor::Tensor<2>| tensor.into_data().try_to_vec::<f32>().unwrap();
            let (movement, quality) =
                (rows(softmax(output.movement, 1)), rows(sigmoid(output.quality)));
            let embedding = rows(output.embedding);
            for isa in Isa::all_supported() {
                let network = InferenceNetwork::new(&values, &SIZE, isa);
                let embedded = network.embed_clips(&clips, &mut Workspace::new());
                assert!(
                    max_difference(&embedded, &embedding) < 1e-5,
                    "{}: {}",
                    isa.name(),
                    max_difference(&embedded, &embedding)
                );
                for (i, embedded) in embedded.chunks(48).enumerate() {
                    let mut heads = HeadOutputs::default();
                    network.apply_heads(embedded, &mut heads);
                    assert!(max_difference(&heads.movement, &movement[5 * i..5 * i + 5]) < 1e-5);
                    assert!(max_difference(&heads.quality, &quality[5 * i..5 * i + 5]) < 1e-5);
                }
            }
        }
    }

    /// Slots hidden in every clip of a batch are left out without changing the result.
    #[test]
    fn a_slot_that_is_hidden_everywhere_changes_nothing() {
        let trained = seeded_encoder();
        let network = InferenceNetwork::new(
            &weights::collect_parameters(&trained),
            &SIZE,
            Isa::best_supported(),
        );
        let [bodies, sensors, both] = sample_clips();
        let without: Vec<token::ClipTokens> =
            both.iter().map(|clip| clip.clone().without_sensor()).collect();
        let mut hidden = both;
        hidden.iter_mut().for_each(|clip| clip.hidden[SENSOR_SLOT] = true);
        for clips in [bodies, sensors, without.clone(), hidden.clone()] {
            let few = network.embed_clips(&clips, &mut Workspace::new());
            let all = network.embed_slots(&clips, 0..SLOTS, &mut Workspace::new());
            assert!(max_difference(&few, &all) < 1e-5);
            let whole = train::encoder_batch_of_slots(&clips, 0..SLOTS, false, &Device::flex());
            let trained =
                trained.predict_batch(whole).embedding.into_data().try_to_vec::<f32>().unwrap();
            assert!(max_difference(&few, &trained) < 1e-5);
        }
        // A worn but hidden sensor is equivalent to none.
        assert_eq!(
            network.embed_clips(&without, &mut Workspace::new()),
            network.embed_clips(&hidden, &mut Workspace::new()),
        );
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let network = InferenceNetwork::new(
            &weights::collect_parameters(&seeded_encoder()),
            &SIZE,
            Isa::best_supported(),
        );
        let clips = sample_clips().concat();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| network.embed_clips(&clips, &mut Workspace::new()))
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3));
    }
}
