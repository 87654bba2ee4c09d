//! The two benchmark networks.

use crate::kernel::{After, Axis, Isa, Matrix, MatrixMut};
use crate::runtime::{
    Attention, Block, Encoder, FeedForward, LayerNorm, Linear, SelfAttention, Tokens, Workspace,
};

/// Supplies weights: given the numbers of inputs and outputs, returns a matrix `[in, out]` (or a
/// vector if the number of inputs is 0).
pub(crate) type Source<'a> = dyn FnMut(usize, usize) -> Vec<f32> + 'a;

/// Random weights with the usual initialisation of linear layers: uniform within ±1/√in; vectors
/// within ±1/√out.
pub fn random(seed: u64) -> impl FnMut(usize, usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    move |inputs, outputs| {
        let (n, fan) = if inputs == 0 { (outputs, outputs) } else { (inputs * outputs, inputs) };
        let bound = 1.0 / (fan as f32).sqrt();
        (0..n).map(|_| (2.0 * random.f32() - 1.0) * bound).collect()
    }
}

fn layer(isa: Isa, source: &mut Source, inputs: usize, outputs: usize) -> Linear {
    let weights = source(inputs, outputs);
    Linear::new(isa, Matrix::new(&weights, inputs, outputs), &source(0, outputs))
}

fn norm(isa: Isa, width: usize) -> LayerNorm {
    LayerNorm::new(isa, &vec![1.0; width], &vec![0.0; width], 1e-5)
}

/// Draws weights in this order: each attention's projection and join, then the feed-forward layers;
/// norms are freshly initialised.
fn block(
    isa: Isa,
    source: &mut Source,
    axes: &[Axis],
    width: usize,
    heads: usize,
    inner: usize,
) -> Block {
    let mut attention = |axis: &Axis| {
        let (project, join) =
            (layer(isa, source, width, 3 * width), layer(isa, source, width, width));
        Attention {
            norm: norm(isa, width),
            attention: SelfAttention::new(project, join, heads),
            axis: *axis,
        }
    };
    let attentions = axes.iter().map(&mut attention).collect();
    let (wide, narrow) = (layer(isa, source, width, inner), layer(isa, source, inner, width));
    Block { attentions, norm: norm(isa, width), feed_forward: FeedForward::new(wide, narrow) }
}

/// Encoder over frames: 128 frames of 99 channels to 16 values; width 128, 4 blocks, 8 heads,
/// feed-forward 512, mean over time.
#[derive(Clone, Debug)]
pub struct Motion {
    encoder: Encoder,
    head: Linear,
}

impl Motion {
    /// Builds the network with weights from `source`.
    pub fn new(isa: Isa, source: &mut Source<'_>) -> Motion {
        let input = layer(isa, source, 99, 128);
        let blocks = (0..4).map(|_| block(isa, source, &[Axis::Time], 128, 8, 512)).collect();
        Motion {
            encoder: Encoder { input, blocks, norm: norm(isa, 128) },
            head: layer(isa, source, 128, 16),
        }
    }

    /// Runs the network. Shapes: `x` `[batch, 128, 99]`, `out` `[batch, 16]`.
    ///
    /// # Panics
    /// If `x` has another shape.
    pub fn forward(&self, x: &[f32], batch: usize, workspace: &mut Workspace, out: &mut [f32]) {
        let tokens = Tokens {
            values: x,
            embedded: None,
            batch,
            times: 128,
            parts: 1,
            hidden: None,
            seconds: None,
        };
        self.encoder.forward(tokens, workspace, out, |_, embedding, out| {
            let mut mean = [0.0f32; 128];
            for i in 0..embedding.rows() {
                mean.iter_mut().zip(embedding.row(i)).for_each(|(mean, x)| *mean += x);
            }
            mean.iter_mut().for_each(|mean| *mean /= embedding.rows() as f32);
            self.head.forward(
                Matrix::new(&mean, 1, 128),
                After::Write,
                &mut MatrixMut::new(out, 1, 16),
            );
        });
    }
}

/// Encoder over joints and frames: 64 frames of 25 joints with 3 channels to 3 values each; width
/// 64, 4 blocks, 4 heads, feed-forward 256.
#[derive(Clone, Debug)]
pub struct Joints {
    encoder: Encoder,
    head: Linear,
}

impl Joints {
    /// Builds the network with weights from `source`.
    pub fn new(isa: Isa, source: &mut Source<'_>) -> Joints {
        let input = layer(isa, source, 3, 64);
        let blocks =
            (0..4).map(|_| block(isa, source, &[Axis::Part, Axis::Time], 64, 4, 256)).collect();
        Joints {
            encoder: Encoder { input, blocks, norm: norm(isa, 64) },
            head: layer(isa, source, 64, 3),
        }
    }

    /// Runs the network. Shapes: `x` and `out` `[batch, 64, 25, 3]`.
    ///
    /// # Panics
    /// If `x` has another shape.
    pub fn forward(&self, x: &[f32], batch: usize, workspace: &mut Workspace, out: &mut [f32]) {
        let tokens = Tokens {
            values: x,
            embedded: None,
            batch,
            times: 64,
            parts: 25,
            hidden: None,
            seconds: None,
        };
        self.encoder.forward(tokens, workspace, out, |_, embedding, out| {
            self.head.forward(
                embedding,
                After::Write,
                &mut MatrixMut::new(out, embedding.rows(), 3),
            );
        });
    }
}
