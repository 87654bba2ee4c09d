//! The encoder and its heads for inference: the same weights on the runtime of our own.

use crate::encoder::{EPSILON, PERIODS_S, Size};
use crate::kernel::{After, Axis, Isa, Matrix, MatrixMut};
use crate::runtime::{
    Attention, Block, Encoder, FeedForward, LayerNorm, Linear, Rotary, SelfAttention, Tokens, Workspace,
};
use crate::token::{self, CHANNELS, PARTS, TIMES};
use crate::weights::Values;

/// Channels of a token with the place of its part behind them: that brings in the part's own embedding.
pub(crate) const INPUTS: usize = CHANNELS + PARTS.len();

/// An encoder with its heads.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) encoder: Encoder,
    /// `[2 · width, movement]`.
    movement: Linear,
    quality: Linear,
}

/// What the heads say of one clip or instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Heads {
    /// Probabilities, `[movement]`.
    pub(crate) movement: Vec<f32>,
    /// Probabilities, `[movement]`.
    pub(crate) quality: Vec<f32>,
}

impl Network {
    /// From the values of all parameters (shapes as [`crate::encoder::Encoder`] has them, so that nothing can be missing).
    pub(crate) fn new(values: &Values, size: &Size, isa: Isa) -> Network {
        let of = |path: &str| values.get(path).map_or(&[][..], |(_, values)| values.as_slice());
        let linear = |path: &str, inputs: usize, outputs: usize| {
            let weight = Matrix::new(of(&format!("{path}.weight")), inputs, outputs);
            Linear::new(isa, weight, of(&format!("{path}.bias")))
        };
        let norm =
            |path: &str| LayerNorm::new(isa, of(&format!("{path}.gamma")), of(&format!("{path}.beta")), EPSILON as f32);
        let (width, wide) = (size.width, size.feed_forward);
        let [short, long] = PERIODS_S.map(|period| std::f32::consts::TAU / period);
        let attention = |path: String, axis: Axis| {
            let project = linear(&format!("{path}_attention.joined"), width, 3 * width);
            let join = linear(&format!("{path}_attention.out"), width, width);
            let attention = SelfAttention::new(project, join, size.heads);
            let attention = match axis {
                Axis::Part => attention,
                Axis::Time => attention.with_rotary(Rotary::geometric(width / size.heads, short, long)),
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
                linear(&format!("blocks.{i}.wide"), width, wide),
                linear(&format!("blocks.{i}.narrow"), wide, width),
            ),
        };
        let input = [of("input.weight"), of("parts")].concat();
        Network {
            encoder: Encoder {
                input: Linear::new(isa, Matrix::new(&input, INPUTS, width), of("input.bias")),
                blocks: (0..size.blocks).map(block).collect(),
                norm: norm("norm"),
            },
            movement: linear("movement", 2 * width, size.movements),
            quality: linear("quality", 2 * width, size.movements),
        }
    }

    /// Embeddings of clips, `[clip, 2 · width]`.
    pub(crate) fn embed(&self, clips: &[token::Tokens], workspace: &mut Workspace) -> Vec<f32> {
        let (parts, width) = (PARTS.len(), self.encoder.width());
        let values: Vec<f32> = clips.iter().flat_map(|clip| with_parts(&clip.values)).collect();
        let hidden: Vec<bool> = clips.iter().flat_map(|clip| clip.hidden.repeat(TIMES)).collect();
        let seconds: Vec<f32> = clips.iter().flat_map(|clip| clip.times.iter().copied()).collect();
        let tokens = Tokens {
            values: &values,
            batch: clips.len(),
            times: TIMES,
            parts,
            hidden: Some(&hidden),
            seconds: Some(&seconds),
        };
        let mut out = vec![0.0; clips.len() * 2 * width];
        self.encoder.forward(tokens, workspace, &mut out, |clip, encoded, out| {
            let seen = |row: usize| !hidden[clip * TIMES * parts + row];
            pool((0..encoded.rows()).filter(|&row| seen(row)).map(|row| encoded.row(row)), out);
        });
        out
    }

    /// What the heads say of an embedding `[2 · width]`; `heads` is written over.
    pub(crate) fn heads(&self, embedding: &[f32], heads: &mut Heads) {
        let classes = self.movement.outputs();
        let x = Matrix::new(embedding, 1, embedding.len());
        for (head, out) in [(&self.movement, &mut heads.movement), (&self.quality, &mut heads.quality)] {
            out.resize(classes, 0.0);
            head.forward(x, After::Write, &mut MatrixMut::new(out, 1, classes));
        }
        let most = heads.movement.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        heads.movement.iter_mut().for_each(|v| *v = (*v - most).exp());
        let sum: f32 = heads.movement.iter().sum();
        heads.movement.iter_mut().for_each(|v| *v /= sum);
        heads.quality.iter_mut().for_each(|v| *v = 1.0 / (1.0 + (-*v).exp()));
    }
}

/// Mean and maximum over tokens into `[2 · width]`; zeros, and a very low maximum, as in training, if there are none.
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

/// Tokens `[…, part, channel]` with the place of the part behind each, `[…, part, INPUTS]`.
pub(crate) fn with_parts(values: &[f32]) -> Vec<f32> {
    let mut out = Vec::with_capacity(values.len() / CHANNELS * INPUTS);
    for (token, channels) in values.chunks_exact(CHANNELS).enumerate() {
        out.extend_from_slice(channels);
        out.extend((0..PARTS.len()).map(|part| if part == token % PARTS.len() { 1.0 } else { 0.0 }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder;
    use crate::motion::Motion;
    use crate::{train, weights};
    use agoge_motion::simulate::{Exercise, Set};
    use burn::tensor::Device;
    use burn::tensor::activation::{sigmoid, softmax};

    /// The runtime says what Burn says, on every path, to 1e-5.
    #[test]
    fn the_network_is_the_encoder() {
        let size = Size { width: 24, heads: 2, blocks: 2, feed_forward: 48, movements: 5 };
        let trained = weights::seed(encoder::Encoder::new(&size, &Device::flex()), 7);
        let values = weights::collect(&trained);
        let clips: Vec<token::Tokens> = [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl]
            .into_iter()
            .map(|exercise| {
                let simulation = Set { repetitions: 1, ..Set::new(exercise) }.simulate();
                let [start, _, end] = simulation.truth.repetitions[0];
                let mut tokens = Motion::new(&simulation.recording.to_body().recording, start, end).unwrap().tokens();
                tokens.hidden[3] = exercise == Exercise::BicepsCurl;
                tokens
            })
            .collect();
        let output = trained.forward(train::batch(clips.iter().cloned(), false, &Device::flex()));
        let rows = |tensor: burn::tensor::Tensor<2>| tensor.into_data().try_to_vec::<f32>().unwrap();
        let (movement, quality) = (rows(softmax(output.movement, 1)), rows(sigmoid(output.quality)));
        let embedding = rows(output.embedding);
        for isa in Isa::all() {
            let network = Network::new(&values, &size, isa);
            let embedded = network.embed(&clips, &mut Workspace::new());
            let off = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(off(&embedded, &embedding) < 1e-5, "{}: {}", isa.name(), off(&embedded, &embedding));
            for (i, embedded) in embedded.chunks(48).enumerate() {
                let mut heads = Heads::default();
                network.heads(embedded, &mut heads);
                assert!(off(&heads.movement, &movement[5 * i..5 * i + 5]) < 1e-5);
                assert!(off(&heads.quality, &quality[5 * i..5 * i + 5]) < 1e-5);
            }
        }
    }
}
