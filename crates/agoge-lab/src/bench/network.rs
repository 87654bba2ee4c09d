//! The two benchmark networks.

use agoge_engine::kernel::{Axis, Epilogue, Isa, Matrix, MatrixMut};
use agoge_engine::runtime::{
    AttentionLayer, FeedForward, PackedLinear, RuntimeBlock, RuntimeEncoder, RuntimeLayerNorm,
    RuntimeSelfAttention, TokenGrid, Workspace,
};

/// Supplies weights: given the numbers of inputs and outputs, returns a matrix `[in, out]` (or a
/// vector if the number of inputs is 0).
pub(crate) type WeightSource<'a> = dyn FnMut(usize, usize) -> Vec<f32> + 'a;

/// Random weights with the usual initialisation of linear layers: uniform within ±1/√in; vectors
/// within ±1/√out.
pub fn random_weights(seed: u64) -> impl FnMut(usize, usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(seed);
    move |inputs, outputs| {
        let (n, fan) = if inputs == 0 { (outputs, outputs) } else { (inputs * outputs, inputs) };
        let bound = 1.0 / (fan as f32).sqrt();
        (0..n).map(|_| (2.0 * random.f32() - 1.0) * bound).collect()
    }
}

fn linear_layer(
    isa: Isa,
    source: &mut WeightSource,
    inputs: usize,
    outputs: usize,
) -> PackedLinear {
    let weights = source(inputs, outputs);
    PackedLinear::new(isa, Matrix::new(&weights, inputs, outputs), &source(0, outputs))
}

fn initial_norm(isa: Isa, width: usize) -> RuntimeLayerNorm {
    RuntimeLayerNorm::new(isa, &vec![1.0; width], &vec![0.0; width], 1e-5)
}

/// Draws weights in this order: each attention's projection and join, then the feed-forward layers;
/// norms are freshly initialised.
fn attention_block(
    isa: Isa,
    source: &mut WeightSource,
    axes: &[Axis],
    width: usize,
    heads: usize,
    inner: usize,
) -> RuntimeBlock {
    let mut attention = |axis: &Axis| {
        let (project, join) =
            (linear_layer(isa, source, width, 3 * width), linear_layer(isa, source, width, width));
        AttentionLayer {
            norm: initial_norm(isa, width),
            attention: RuntimeSelfAttention::new(project, join, heads),
            axis: *axis,
        }
    };
    let attentions = axes.iter().map(&mut attention).collect();
    let (wide, narrow) =
        (linear_layer(isa, source, width, inner), linear_layer(isa, source, inner, width));
    RuntimeBlock {
        attentions,
        norm: initial_norm(isa, width),
        feed_forward: FeedForward::new(wide, narrow),
    }
}

/// Encoder over frames: 128 frames of 99 channels to 16 values; width 128, 4 blocks, 8 heads,
/// feed-forward 512, mean over time.
#[derive(Clone, Debug)]
pub struct FrameNetwork {
    encoder: RuntimeEncoder,
    head: PackedLinear,
}

impl FrameNetwork {
    /// Builds the network with weights from `source`.
    pub fn new(isa: Isa, source: &mut WeightSource<'_>) -> FrameNetwork {
        let input = linear_layer(isa, source, 99, 128);
        let blocks =
            (0..4).map(|_| attention_block(isa, source, &[Axis::Time], 128, 8, 512)).collect();
        FrameNetwork {
            encoder: RuntimeEncoder { input, blocks, norm: initial_norm(isa, 128) },
            head: linear_layer(isa, source, 128, 16),
        }
    }

    /// Runs the network. Shapes: `x` `[batch, 128, 99]`, `out` `[batch, 16]`.
    ///
    /// # Panics
    /// If `x` has another shape.
    pub fn infer_batch(&self, x: &[f32], batch: usize, workspace: &mut Workspace, out: &mut [f32]) {
        let tokens = TokenGrid {
            values: x,
            embedded: None,
            batch,
            times: 128,
            parts: 1,
            hidden: None,
            seconds: None,
        };
        self.encoder.encode_batch(tokens, workspace, out, |_, embedding, out| {
            let mut mean = [0.0f32; 128];
            for i in 0..embedding.rows() {
                mean.iter_mut().zip(embedding.row(i)).for_each(|(mean, x)| *mean += x);
            }
            mean.iter_mut().for_each(|mean| *mean /= embedding.rows() as f32);
            self.head.apply_to_rows(
                Matrix::new(&mean, 1, 128),
                Epilogue::Write,
                &mut MatrixMut::new(out, 1, 16),
            );
        });
    }
}

/// Encoder over joints and frames: 64 frames of 25 joints with 3 channels to 3 values each; width
/// 64, 4 blocks, 4 heads, feed-forward 256.
#[derive(Clone, Debug)]
pub struct JointNetwork {
    encoder: RuntimeEncoder,
    head: PackedLinear,
}

impl JointNetwork {
    /// Builds the network with weights from `source`.
    pub fn new(isa: Isa, source: &mut WeightSource<'_>) -> JointNetwork {
        let input = linear_layer(isa, source, 3, 64);
        let blocks = (0..4)
            .map(|_| attention_block(isa, source, &[Axis::Part, Axis::Time], 64, 4, 256))
            .collect();
        JointNetwork {
            encoder: RuntimeEncoder { input, blocks, norm: initial_norm(isa, 64) },
            head: linear_layer(isa, source, 64, 3),
        }
    }

    /// Runs the network. Shapes: `x` and `out` `[batch, 64, 25, 3]`.
    ///
    /// # Panics
    /// If `x` has another shape.
    pub fn infer_batch(&self, x: &[f32], batch: usize, workspace: &mut Workspace, out: &mut [f32]) {
        let tokens = TokenGrid {
            values: x,
            embedded: None,
            batch,
            times: 64,
            parts: 25,
            hidden: None,
            seconds: None,
        };
        self.encoder.encode_batch(tokens, workspace, out, |_, embedding, out| {
            self.head.apply_to_rows(
                embedding,
                Epilogue::Write,
                &mut MatrixMut::new(out, embedding.rows(), 3),
            );
        });
    }
}
