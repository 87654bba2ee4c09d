//! The encoder and its heads for inference: the same weights on the crate's own runtime.

use crate::encoder::{EPSILON, PERIODS_S, Size};
use crate::kernel::{After, Axis, Isa, Matrix, MatrixMut};
use crate::runtime::{
    Attention, Block, Encoder, FeedForward, LayerNorm, Linear, Rotary, SelfAttention, Tokens,
    Workspace,
};
use crate::token::{self, CHANNELS, PARTS, SENSOR, SENSOR_CHANNELS, TIMES, shown};
use crate::weights::Values;
use std::ops::Range;

/// Input channels: those of a token followed by a one-hot vector of its part, which selects the
/// part's embedding.
pub(crate) const INPUTS: usize = CHANNELS + PARTS.len();

/// An encoder with its heads.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) encoder: Encoder,
    /// Maps the sensor's channels, followed by a one-hot vector of the part that carries it, to the
    /// embedding; the slot's embedding is in the bias.
    sensor: Linear,
    /// `[2 · width, movement]`.
    movement: Linear,
    quality: Linear,
}

/// Output of the heads for one clip or instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Heads {
    /// Probability of each movement, `[movement]`.
    pub(crate) movement: Vec<f32>,
    /// Probability of being correct, given each movement, `[movement]`.
    pub(crate) quality: Vec<f32>,
}

impl Network {
    /// Builds the network from all parameter values. Their shapes are those of
    /// [`crate::encoder::Encoder`], so none can be missing.
    pub(crate) fn new(values: &Values, size: &Size, isa: Isa) -> Network {
        let parameter =
            |path: &str| values.get(path).map_or(&[][..], |(_, values)| values.as_slice());
        let linear = |path: &str, inputs: usize, outputs: usize| {
            let weight = Matrix::new(parameter(&format!("{path}.weight")), inputs, outputs);
            Linear::new(isa, weight, parameter(&format!("{path}.bias")))
        };
        let norm = |path: &str| {
            LayerNorm::new(
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
            let attention = SelfAttention::new(project, join, size.heads);
            let attention = match axis {
                Axis::Part => attention,
                Axis::Time => {
                    attention.with_rotary(Rotary::geometric(width / size.heads, fastest, slowest))
                }
            };
            Attention { norm: norm(&format!("{path}_norm")), attention, axis }
        };
        let block = |i: usize| Block {
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
        Network {
            encoder: Encoder {
                input: Linear::new(
                    isa,
                    Matrix::new(&input, INPUTS, width),
                    parameter("input.bias"),
                ),
                blocks: (0..size.blocks).map(block).collect(),
                norm: norm("norm"),
            },
            sensor: Linear::new(
                isa,
                Matrix::new(&sensor, SENSOR_CHANNELS + PARTS.len(), width),
                &sensor_bias,
            ),
            movement: linear("movement", 2 * width, size.movements),
            quality: linear("quality", 2 * width, size.movements),
        }
    }

    /// Computes the embeddings of clips, `[clip, 2 · width]`.
    pub(crate) fn embed(&self, clips: &[token::Tokens], workspace: &mut Workspace) -> Vec<f32> {
        self.embed_slots(clips, shown(clips), workspace)
    }

    /// Computes the embeddings of clips in which only these slots are visible, `[clip, 2 · width]`.
    fn embed_slots(
        &self,
        clips: &[token::Tokens],
        slots: Range<usize>,
        workspace: &mut Workspace,
    ) -> Vec<f32> {
        let (count, width) = (slots.len(), self.encoder.width());
        let sensed = slots.contains(&SENSOR).then(|| self.embed_sensors(clips));
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
        let tokens = Tokens {
            values: &values,
            embedded: sensed.as_deref(),
            batch: clips.len(),
            times: TIMES,
            parts: count,
            hidden: Some(&hidden),
            seconds: Some(&seconds),
        };
        let mut out = vec![0.0; clips.len() * 2 * width];
        self.encoder.forward(tokens, workspace, &mut out, |clip, encoded, out| {
            let seen = |row: usize| !hidden[clip * TIMES * count + row];
            pool((0..encoded.rows()).filter(|&row| seen(row)).map(|row| encoded.row(row)), out);
        });
        out
    }

    /// Embeds the sensor tokens of clips, `[clip, time, width]`.
    fn embed_sensors(&self, clips: &[token::Tokens]) -> Vec<f32> {
        let (rows, inputs, width) =
            (clips.len() * TIMES, self.sensor.inputs(), self.encoder.width());
        let mut values = Vec::with_capacity(rows * inputs);
        for clip in clips {
            for channels in clip.felt().chunks_exact(SENSOR_CHANNELS) {
                push_at(channels, clip.carrier(), &mut values);
            }
        }
        let mut out = vec![0.0; rows * width];
        self.sensor.forward(
            Matrix::new(&values, rows, inputs),
            After::Write,
            &mut MatrixMut::new(&mut out, rows, width),
        );
        out
    }

    /// Applies the heads to an embedding `[2 · width]`, overwriting `heads`.
    pub(crate) fn heads(&self, embedding: &[f32], heads: &mut Heads) {
        let classes = self.movement.outputs();
        let x = Matrix::new(embedding, 1, embedding.len());
        for (head, out) in
            [(&self.movement, &mut heads.movement), (&self.quality, &mut heads.quality)]
        {
            out.resize(classes, 0.0);
            head.forward(x, After::Write, &mut MatrixMut::new(out, 1, classes));
        }
        softmax(&mut heads.movement);
        heads.quality.iter_mut().for_each(|v| *v = 1.0 / (1.0 + (-*v).exp()));
    }
}

/// Turns logits into probabilities, in place.
pub(crate) fn softmax(values: &mut [f32]) {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    values.iter_mut().for_each(|v| *v = (*v - most).exp());
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|v| *v /= sum);
}

/// Writes the mean and maximum over tokens to `out`, `[2 · width]`; without tokens zeros and a very
/// low maximum, as in training.
pub(crate) fn pool<'a>(tokens: impl Iterator<Item = &'a [f32]>, out: &mut [f32]) {
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
        push_at(channels, token % PARTS.len(), out);
    }
}

/// Appends the channels of a token followed by a one-hot vector of a part.
fn push_at(channels: &[f32], part: usize, out: &mut Vec<f32>) {
    out.extend_from_slice(channels);
    out.extend((0..PARTS.len()).map(|candidate| if candidate == part { 1.0 } else { 0.0 }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder;
    use crate::motion::tests::motion;
    use crate::sensor::tests::felt;
    use crate::token::SLOTS;
    use crate::{train, weights};
    use agoge_motion::simulate::{Exercise, Set};
    use burn::tensor::Device;
    use burn::tensor::activation::{sigmoid, softmax};

    const SIZE: Size = Size { width: 24, heads: 2, blocks: 2, feed_forward: 48, movements: 5 };

    fn trained() -> encoder::Encoder {
        weights::seed(encoder::Encoder::new(&SIZE, &Device::flex()), 7)
    }

    /// Bodies alone, one with a part hidden; sensors alone; both in one.
    fn clips() -> [Vec<token::Tokens>; 3] {
        let motions =
            [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl].map(|exercise| {
                let mut motion = motion(&Set { repetitions: 1, ..Set::new(exercise) });
                let phase = exercise as u8 as f32;
                let sensor = felt(motion.duration_s(), |t| {
                    [(3.0 * t).sin(), 0.2 * phase, (t - phase).cos(), 0.5, (2.0 * t).cos(), -t]
                });
                motion.sensor = Some(sensor);
                motion
            });
        let mut bodies = motions.each_ref().map(|motion| motion.without_sensor().tokens());
        bodies[2].hidden[3] = true;
        let sensors = motions.each_ref().map(|motion| motion.without_body().tokens());
        [bodies.to_vec(), sensors.to_vec(), motions.map(|motion| motion.tokens()).to_vec()]
    }

    fn off(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    /// The runtime agrees with Burn on every path, to 1e-5: for bodies, sensors, both, and a mixed
    /// batch.
    #[test]
    fn the_network_is_the_encoder() {
        let trained = trained();
        let values = weights::collect(&trained);
        let [bodies, sensors, both] = clips();
        let all = [bodies.clone(), sensors.clone(), both.clone()].concat();
        for (clips, slots) in
            [(bodies, 0..SENSOR), (sensors, SENSOR..SLOTS), (both, 0..SLOTS), (all, 0..SLOTS)]
        {
            assert_eq!(shown(&clips), slots);
            let output = trained.forward(train::batch(&clips, false, &Device::flex()));
            let rows =
                |tensor: burn::tensor::Tensor<2>| tensor.into_data().try_to_vec::<f32>().unwrap();
            let (movement, quality) =
                (rows(softmax(output.movement, 1)), rows(sigmoid(output.quality)));
            let embedding = rows(output.embedding);
            for isa in Isa::all() {
                let network = Network::new(&values, &SIZE, isa);
                let embedded = network.embed(&clips, &mut Workspace::new());
                assert!(
                    off(&embedded, &embedding) < 1e-5,
                    "{}: {}",
                    isa.name(),
                    off(&embedded, &embedding)
                );
                for (i, embedded) in embedded.chunks(48).enumerate() {
                    let mut heads = Heads::default();
                    network.heads(embedded, &mut heads);
                    assert!(off(&heads.movement, &movement[5 * i..5 * i + 5]) < 1e-5);
                    assert!(off(&heads.quality, &quality[5 * i..5 * i + 5]) < 1e-5);
                }
            }
        }
    }

    /// Slots hidden in every clip of a batch are left out without changing the result.
    #[test]
    fn a_slot_that_is_hidden_everywhere_changes_nothing() {
        let trained = trained();
        let network = Network::new(&weights::collect(&trained), &SIZE, Isa::best());
        let [bodies, sensors, both] = clips();
        let without: Vec<token::Tokens> =
            both.iter().map(|clip| clip.clone().without_sensor()).collect();
        let mut hidden = both;
        hidden.iter_mut().for_each(|clip| clip.hidden[SENSOR] = true);
        for clips in [bodies, sensors, without.clone(), hidden.clone()] {
            let few = network.embed(&clips, &mut Workspace::new());
            let all = network.embed_slots(&clips, 0..SLOTS, &mut Workspace::new());
            assert!(off(&few, &all) < 1e-5);
            let whole = train::batch_of(&clips, 0..SLOTS, false, &Device::flex());
            let trained = trained.forward(whole).embedding.into_data().try_to_vec::<f32>().unwrap();
            assert!(off(&few, &trained) < 1e-5);
        }
        // A worn but hidden sensor is equivalent to none.
        assert_eq!(
            network.embed(&without, &mut Workspace::new()),
            network.embed(&hidden, &mut Workspace::new()),
        );
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let network = Network::new(&weights::collect(&trained()), &SIZE, Isa::best());
        let clips = clips().concat();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| network.embed(&clips, &mut Workspace::new()))
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3));
    }
}
