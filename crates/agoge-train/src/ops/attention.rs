//! Scaled dot-product attention (Vaswani et al. 2017) that never materialises the attention matrix,
//! in either the forward or the backward pass.

use super::operation::{GradientOperation, Operand, TensorValues, apply_operation};
use super::rotary::RotaryAngles;
use agoge_engine::kernel::attention::scratch_len;
use agoge_engine::kernel::back::{BackwardInputs, attend_backward};
use agoge_engine::kernel::{
    AttentionInputs as KernelInputs, Isa, KeyWindow, Matrix, MatrixMut, attend_head,
};
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, Tensor};
use std::cell::RefCell;
use std::sync::Arc;

/// Options of attention: scale, masks, bias and positions.
#[derive(Clone, Debug, Default)]
pub struct AttentionOptions {
    /// Factor applied to the energies; defaults to one over the square root of a head's channels.
    pub scale: Option<f32>,
    /// True for keys that must not be attended to, `[sequence, key, 1]`, or `[outer, key, inner]`
    /// for [`self_attention`].
    pub hidden: Option<Tensor<3, Bool>>,
    /// Whether a query sees only the keys up to its own position; the last query is aligned with
    /// the last key.
    pub causal: bool,
    /// Added to the energies, `[1 or sequence, 1 or head, query, key]` (for [`self_attention`] the
    /// sequences are the outer ones). It is a constant: no gradient reaches it. With a bias the
    /// attention matrix is materialised by plain Burn operations.
    pub bias: Option<Tensor<4>>,
    /// Rotary positions of the queries and the keys.
    pub rotary: Option<[RotaryAngles; 2]>,
}

/// Computes the attention of each query over the keys of its sequence. Shapes: `query` `[sequence,
/// head, query, channel]`, `key` and `value` `[sequence, head, key, channel]`; returns the shape of
/// `query`. A query that sees no key gets zeros and contributes no gradient.
pub fn dot_product_attention(
    query: Tensor<4>,
    key: Tensor<4>,
    value: Tensor<4>,
    sight: &AttentionOptions,
) -> Tensor<4> {
    let [outer, heads, queries, channels] = query.dims();
    let keys = key.dims()[2];
    let sides =
        (Operand::from_tensor(&query), Operand::from_tensor(&key), Operand::from_tensor(&value));
    let (true, (Some(q), Some(k), Some(v))) = (supports_tiling(sight, queries, keys), sides) else {
        return burn_attention(query, key, value, sight);
    };
    let layout = |tokens: usize| SequenceLayout {
        start: 0,
        outer: heads * tokens * channels,
        inner: 0,
        head: tokens * channels,
        token: channels,
    };
    let shape = AttentionShape { outer, inner: 1, heads, queries, keys, channels };
    let parts = [layout(queries), layout(keys), layout(keys)];
    apply_operation(
        AttentionOperation {
            shape,
            rules: AttentionRules::new(sight, &shape),
            parts,
            out: layout(queries),
        },
        [q, k, v],
    )
}

/// Self-attention along the second dimension. Shapes: `joined` `[outer, token, inner, 3 · width]`
/// (queries, keys and values of all heads concatenated, as produced by one linear map); returns
/// `[outer, token, inner, width]`. With `[batch · time, part, 1, …]` parts attend to parts; with
/// `[batch, time, part, …]` each part attends over time; neither copies memory. `width` is a
/// multiple of `heads`.
pub fn self_attention(joined: Tensor<4>, heads: usize, sight: &AttentionOptions) -> Tensor<4> {
    let [outer, tokens, inner, triple] = joined.dims();
    let (width, channels) = (triple / 3, triple / 3 / heads);
    let (true, Some(side)) =
        (supports_tiling(sight, tokens, tokens), Operand::from_tensor(&joined))
    else {
        let hidden = sight.hidden.clone();
        let hidden =
            hidden.map(|hidden| hidden.swap_dims(1, 2).reshape([outer * inner, tokens, 1]));
        let spread = |rotary: &RotaryAngles| rotary.repeat_sequences(outer, inner);
        let each = |bias: Tensor<4>| {
            let [outer, heads, queries, keys] = bias.dims();
            let times = if outer > 1 { inner } else { 1 };
            let bias = bias.unsqueeze_dim::<5>(1).repeat_dim(1, times);
            bias.reshape([outer * times, heads, queries, keys])
        };
        let sight = AttentionOptions {
            hidden,
            bias: sight.bias.clone().map(each),
            rotary: sight.rotary.as_ref().map(|both| both.each_ref().map(spread)),
            ..sight.clone()
        };
        let [query, key, value] = split_heads(joined, heads);
        let out = burn_attention(query, key, value, &sight)
            .swap_dims(1, 2)
            .reshape([outer, inner, tokens, width]);
        return out.swap_dims(1, 2);
    };
    let layout = |start: usize, row: usize| SequenceLayout {
        start,
        outer: tokens * inner * row,
        inner: row,
        head: channels,
        token: inner * row,
    };
    let shape = AttentionShape { outer, inner, heads, queries: tokens, keys: tokens, channels };
    let parts = [layout(0, triple), layout(width, triple), layout(2 * width, triple)];
    apply_operation(
        AttentionOperation {
            shape,
            rules: AttentionRules::new(sight, &shape),
            parts,
            out: layout(0, width),
        },
        [side],
    )
}

/// Splits the output of the joint linear map into queries, keys and values, each `[outer · inner,
/// head, token, channel]`; `joined` is as in [`self_attention`].
pub(crate) fn split_heads(joined: Tensor<4>, heads: usize) -> [Tensor<4>; 3] {
    let [outer, tokens, inner, triple] = joined.dims();
    let width = triple / 3;
    [0, 1, 2].map(|i| {
        let part = joined.clone().narrow(3, i * width, width).swap_dims(1, 2);
        part.reshape([outer * inner, tokens, heads, width / heads]).swap_dims(1, 2)
    })
}

/// Whether the tiled kernels support these options.
fn supports_tiling(sight: &AttentionOptions, queries: usize, keys: usize) -> bool {
    sight.bias.is_none() && (!sight.causal || queries <= keys)
}

fn energy_scale(sight: &AttentionOptions, channels: usize) -> f32 {
    sight.scale.unwrap_or_else(|| (channels as f32).powf(-0.5))
}

/// Attention by Burn's own operations, for other backends and as the reference of the tests.
pub(crate) fn burn_attention(
    query: Tensor<4>,
    key: Tensor<4>,
    value: Tensor<4>,
    sight: &AttentionOptions,
) -> Tensor<4> {
    attention_weights(query, key, sight).matmul(value)
}

/// Computes the attention matrix, `[sequence, head, query, key]`: how much each query attends to
/// each key. Shapes as in [`dot_product_attention`].
pub(crate) fn attention_weights(
    query: Tensor<4>,
    key: Tensor<4>,
    sight: &AttentionOptions,
) -> Tensor<4> {
    let [sequences, heads, queries, channels] = query.dims();
    let keys = key.dims()[2];
    let (query, key) = match &sight.rotary {
        Some([query_rotary, key_rotary]) => {
            (query_rotary.rotate_tensor(query), key_rotary.rotate_tensor(key))
        }
        None => (query, key),
    };
    let mut energy = query.matmul(key.swap_dims(2, 3)).mul_scalar(energy_scale(sight, channels));
    if let Some(bias) = &sight.bias {
        energy = energy + bias.clone();
    }
    let device = energy.device();
    let mut unseen = Tensor::<4, Bool>::full([sequences, heads, queries, keys], false, &device);
    if let Some(hidden) = &sight.hidden {
        let hidden = hidden.clone().reshape([sequences, 1, 1, keys]);
        unseen = unseen.bool_or(hidden.expand([sequences, heads, queries, keys]));
    }
    if sight.causal {
        let later =
            Tensor::<2, Bool>::tril_mask([queries, keys], keys as i64 - queries as i64, &device);
        unseen = unseen.bool_or(
            later.reshape([1, 1, queries, keys]).expand([sequences, heads, queries, keys]),
        );
    }
    softmax(energy.mask_fill(unseen.clone(), -1e9), 3).mask_fill(unseen, 0.0)
}

#[derive(Clone, Copy, Debug)]
struct AttentionShape {
    outer: usize,
    inner: usize,
    heads: usize,
    queries: usize,
    keys: usize,
    channels: usize,
}

/// Offsets and strides of the rows of a sequence.
#[derive(Clone, Copy, Debug)]
struct SequenceLayout {
    start: usize,
    outer: usize,
    inner: usize,
    head: usize,
    token: usize,
}

impl SequenceLayout {
    fn first_index(&self, [outer, inner, head]: [usize; 3]) -> usize {
        self.start + outer * self.outer + inner * self.inner + head * self.head
    }
}

/// The options shared by all sequences, in host memory.
#[derive(Clone, Debug)]
struct AttentionRules {
    scale: f32,
    /// 0, or minus infinity where a key is hidden, `[outer, inner, key]`; empty if none is.
    hidden: Arc<[f32]>,
    window: Option<KeyWindow>,
    rotary: Option<[RotaryAngles; 2]>,
}

impl AttentionRules {
    fn new(sight: &AttentionOptions, shape: &AttentionShape) -> AttentionRules {
        let hidden = sight.hidden.clone().map(|hidden| {
            let hidden = hidden.swap_dims(1, 2).into_data();
            hidden
                .iter::<bool>()
                .map(|hidden| if hidden { f32::NEG_INFINITY } else { 0.0 })
                .collect()
        });
        let first = shape.keys.saturating_sub(shape.queries);
        AttentionRules {
            scale: energy_scale(sight, shape.channels),
            hidden: hidden.unwrap_or_default(),
            window: sight.causal.then_some(KeyWindow { first, back: usize::MAX, ahead: 0 }),
            rotary: sight.rotary.clone(),
        }
    }
}

#[derive(Clone, Debug)]
struct AttentionOperation<const N: usize> {
    shape: AttentionShape,
    rules: AttentionRules,
    /// Queries, keys and values.
    parts: [SequenceLayout; 3],
    out: SequenceLayout,
}

#[derive(Clone, Debug)]
struct SavedAttention<const N: usize> {
    attend: AttentionOperation<N>,
    inputs: [TensorValues; N],
    result: TensorValues,
    /// Logarithm of each query's sum, `[outer, inner, head, query]`.
    sums: Arc<[f32]>,
}

/// Buffers reused from call to call.
#[derive(Default)]
struct AttentionBuffers {
    scratch: Vec<f32>,
    /// Queries and keys rotated by their positions.
    turned: [Vec<f32>; 2],
    /// Gradients of a sequence's queries, keys and values.
    gradients: [Vec<f32>; 3],
}

thread_local! {
    static BUFFERS: RefCell<AttentionBuffers> = RefCell::default();
}

impl AttentionShape {
    /// Indices of outer sequence, inner sequence and head, in memory order.
    fn sequence_indices(self) -> impl Iterator<Item = [usize; 3]> {
        let AttentionShape { outer, inner, heads, .. } = self;
        (0..outer * inner * heads).map(move |i| [i / heads / inner, i / heads % inner, i % heads])
    }

    /// Numbers of query, key and value tokens.
    fn token_counts(&self) -> [usize; 3] {
        [self.queries, self.keys, self.keys]
    }
}

impl SequenceLayout {
    /// View of the rows of a sequence.
    fn sequence_view<'a>(
        &self,
        values: &'a [f32],
        which: [usize; 3],
        tokens: usize,
        channels: usize,
    ) -> Matrix<'a> {
        Matrix::with_strides(&values[self.first_index(which)..], tokens, channels, self.token, 1)
    }

    fn sequence_view_mut<'a>(
        &self,
        values: &'a mut [f32],
        which: [usize; 3],
        tokens: usize,
        channels: usize,
    ) -> MatrixMut<'a> {
        MatrixMut::with_stride(&mut values[self.first_index(which)..], tokens, channels, self.token)
    }
}

impl<const N: usize> AttentionOperation<N> {
    /// The kernel inputs of one sequence; its queries and keys are rotated if they have positions.
    fn sequence_inputs<'a>(
        &'a self,
        inputs: &'a [TensorValues; N],
        which: [usize; 3],
        turned: &'a mut [Vec<f32>; 2],
    ) -> KernelInputs<'a> {
        let AttentionShape { inner, keys, channels, .. } = self.shape;
        let tokens = self.shape.token_counts();
        let view = |i: usize| {
            self.parts[i].sequence_view(inputs[i % N].as_slice(), which, tokens[i], channels)
        };
        let (mut query, mut key) = (view(0), view(1));
        if let Some(rotary) = &self.rules.rotary {
            for ((rotary, part), turned) in rotary.iter().zip([query, key]).zip(turned.iter_mut()) {
                turned.clear();
                (0..part.rows()).for_each(|i| turned.extend_from_slice(part.row(i)));
                rotary.rotate_rows(turned, which[0], channels, false);
            }
            query = Matrix::new(&turned[0], tokens[0], channels);
            key = Matrix::new(&turned[1], tokens[1], channels);
        }
        let first = (which[0] * inner + which[1]) * keys;
        KernelInputs {
            query,
            key,
            value: view(2),
            scale: self.rules.scale,
            key_bias: self.rules.hidden.get(first..first + keys),
            window: self.rules.window,
        }
    }
}

impl<const N: usize> GradientOperation<N> for AttentionOperation<N> {
    type Saved = SavedAttention<N>;

    fn run_forward(
        self,
        inputs: [TensorValues; N],
        keep: bool,
    ) -> (TensorValues, Option<SavedAttention<N>>) {
        let AttentionShape { outer, inner, heads, queries, channels, .. } = self.shape;
        let mut out = vec![0.0; outer * inner * heads * queries * channels];
        let mut sums = vec![0.0; if keep { outer * inner * heads * queries } else { 0 }];
        BUFFERS.with_borrow_mut(|room| {
            let needed = scratch_len(channels).max(room.scratch.len());
            room.scratch.resize(needed, 0.0);
            for (i, which) in self.shape.sequence_indices().enumerate() {
                let sums = keep.then(|| &mut sums[i * queries..(i + 1) * queries]);
                let to = &mut self.out.sequence_view_mut(&mut out, which, queries, channels);
                attend_head(
                    Isa::best_supported(),
                    self.sequence_inputs(&inputs, which, &mut room.turned),
                    to,
                    sums,
                    &mut room.scratch,
                );
            }
        });
        let dims = if N == 1 {
            [outer, queries, inner, heads * channels]
        } else {
            [outer, heads, queries, channels]
        };
        let result = TensorValues::new(out, &dims);
        let kept = keep.then(|| SavedAttention {
            attend: self,
            inputs,
            result: result.clone(),
            sums: sums.into(),
        });
        (result, kept)
    }

    fn run_backward(
        kept: SavedAttention<N>,
        gradient: TensorValues,
        _: [bool; N],
    ) -> [Option<TensorValues>; N] {
        let SavedAttention { attend, inputs, result, sums } = kept;
        let AttentionShape { queries, channels, .. } = attend.shape;
        let tokens = attend.shape.token_counts();
        let mut gradients = inputs.each_ref().map(|input| vec![0.0; input.as_slice().len()]);
        BUFFERS.with_borrow_mut(|room| {
            let AttentionBuffers { scratch, turned, gradients: gradient_rows } = room;
            for (rows, tokens) in gradient_rows.iter_mut().zip(tokens) {
                rows.resize(tokens * channels, 0.0);
            }
            for (i, which) in attend.shape.sequence_indices().enumerate() {
                let back = BackwardInputs {
                    attend: attend.sequence_inputs(&inputs, which, turned),
                    out: attend.out.sequence_view(result.as_slice(), which, queries, channels),
                    sums: &sums[i * queries..(i + 1) * queries],
                    out_gradient: attend.out.sequence_view(
                        gradient.as_slice(),
                        which,
                        queries,
                        channels,
                    ),
                };
                {
                    let [query_gradient, key_gradient, value_gradient] = &mut *gradient_rows;
                    let view = |rows, tokens| MatrixMut::new(rows, tokens, channels);
                    let (mut query_gradient, mut key_gradient, mut value_gradient) = (
                        view(query_gradient, tokens[0]),
                        view(key_gradient, tokens[1]),
                        view(value_gradient, tokens[2]),
                    );
                    attend_backward(
                        Isa::best_supported(),
                        back,
                        &mut query_gradient,
                        &mut key_gradient,
                        &mut value_gradient,
                        scratch,
                    );
                }
                for (rotary, rows) in
                    attend.rules.rotary.iter().flatten().zip(gradient_rows.iter_mut())
                {
                    rotary.rotate_rows(rows, which[0], channels, true);
                }
                for (part, rows) in gradient_rows.iter().enumerate() {
                    let to = &mut attend.parts[part].sequence_view_mut(
                        &mut gradients[part % N],
                        which,
                        tokens[part],
                        channels,
                    );
                    for (i, row) in rows.chunks_exact(channels.max(1)).enumerate() {
                        to.row_mut(i).copy_from_slice(row);
                    }
                }
            }
        });
        let mut shapes = inputs.iter().map(TensorValues::shape);
        gradients.map(|values| shapes.next().map(|shape| TensorValues::new(values, &shape)))
    }
}

#[cfg(test)]
mod tests;
