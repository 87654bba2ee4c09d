//! Scaled dot-product attention (Vaswani et al. 2017) that never materialises the attention matrix,
//! in either the forward or the backward pass.

use super::operation::{Operation, Side, Values, apply};
use super::rotary::Rotary;
use crate::kernel::attention::scratch;
use crate::kernel::back::{Back, attend_back};
use crate::kernel::{Attend as KernelInputs, Isa, Matrix, MatrixMut, Window, attend};
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, Tensor};
use std::cell::RefCell;
use std::sync::Arc;

/// Options of attention: scale, masks, bias and positions.
#[derive(Clone, Debug, Default)]
pub struct Sight {
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
    pub rotary: Option<[Rotary; 2]>,
}

/// Computes the attention of each query over the keys of its sequence. Shapes: `query` `[sequence,
/// head, query, channel]`, `key` and `value` `[sequence, head, key, channel]`; returns the shape of
/// `query`. A query that sees no key gets zeros and contributes no gradient.
pub fn attention(query: Tensor<4>, key: Tensor<4>, value: Tensor<4>, sight: &Sight) -> Tensor<4> {
    let [outer, heads, queries, channels] = query.dims();
    let keys = key.dims()[2];
    let sides = (Side::of(&query), Side::of(&key), Side::of(&value));
    let (true, (Some(q), Some(k), Some(v))) = (tiled(sight, queries, keys), sides) else {
        return plain(query, key, value, sight);
    };
    let layout = |tokens: usize| Layout {
        start: 0,
        outer: heads * tokens * channels,
        inner: 0,
        head: tokens * channels,
        token: channels,
    };
    let shape = Shape { outer, inner: 1, heads, queries, keys, channels };
    let parts = [layout(queries), layout(keys), layout(keys)];
    apply(
        Attend { shape, rules: Rules::new(sight, &shape), parts, out: layout(queries) },
        [q, k, v],
    )
}

/// Self-attention along the second dimension. Shapes: `joined` `[outer, token, inner, 3 · width]`
/// (queries, keys and values of all heads concatenated, as produced by one linear map); returns
/// `[outer, token, inner, width]`. With `[batch · time, part, 1, …]` parts attend to parts; with
/// `[batch, time, part, …]` each part attends over time; neither copies memory. `width` is a
/// multiple of `heads`.
pub fn self_attention(joined: Tensor<4>, heads: usize, sight: &Sight) -> Tensor<4> {
    let [outer, tokens, inner, triple] = joined.dims();
    let (width, channels) = (triple / 3, triple / 3 / heads);
    let (true, Some(side)) = (tiled(sight, tokens, tokens), Side::of(&joined)) else {
        let hidden = sight.hidden.clone();
        let hidden =
            hidden.map(|hidden| hidden.swap_dims(1, 2).reshape([outer * inner, tokens, 1]));
        let spread = |rotary: &Rotary| rotary.repeated(outer, inner);
        let each = |bias: Tensor<4>| {
            let [outer, heads, queries, keys] = bias.dims();
            let times = if outer > 1 { inner } else { 1 };
            let bias = bias.unsqueeze_dim::<5>(1).repeat_dim(1, times);
            bias.reshape([outer * times, heads, queries, keys])
        };
        let sight = Sight {
            hidden,
            bias: sight.bias.clone().map(each),
            rotary: sight.rotary.as_ref().map(|both| both.each_ref().map(spread)),
            ..sight.clone()
        };
        let [query, key, value] = split(joined, heads);
        let out =
            plain(query, key, value, &sight).swap_dims(1, 2).reshape([outer, inner, tokens, width]);
        return out.swap_dims(1, 2);
    };
    let layout = |start: usize, row: usize| Layout {
        start,
        outer: tokens * inner * row,
        inner: row,
        head: channels,
        token: inner * row,
    };
    let shape = Shape { outer, inner, heads, queries: tokens, keys: tokens, channels };
    let parts = [layout(0, triple), layout(width, triple), layout(2 * width, triple)];
    apply(Attend { shape, rules: Rules::new(sight, &shape), parts, out: layout(0, width) }, [side])
}

/// Splits the output of the joint linear map into queries, keys and values, each `[outer · inner,
/// head, token, channel]`; `joined` is as in [`self_attention`].
pub(crate) fn split(joined: Tensor<4>, heads: usize) -> [Tensor<4>; 3] {
    let [outer, tokens, inner, triple] = joined.dims();
    let width = triple / 3;
    [0, 1, 2].map(|i| {
        let part = joined.clone().narrow(3, i * width, width).swap_dims(1, 2);
        part.reshape([outer * inner, tokens, heads, width / heads]).swap_dims(1, 2)
    })
}

/// Whether the tiled kernels support these options.
fn tiled(sight: &Sight, queries: usize, keys: usize) -> bool {
    sight.bias.is_none() && (!sight.causal || queries <= keys)
}

fn scale(sight: &Sight, channels: usize) -> f32 {
    sight.scale.unwrap_or_else(|| (channels as f32).powf(-0.5))
}

/// Attention by Burn's own operations, for other backends and as the reference of the tests.
pub(crate) fn plain(
    query: Tensor<4>,
    key: Tensor<4>,
    value: Tensor<4>,
    sight: &Sight,
) -> Tensor<4> {
    weights(query, key, sight).matmul(value)
}

/// Computes the attention matrix, `[sequence, head, query, key]`: how much each query attends to
/// each key. Shapes as in [`attention()`].
pub(crate) fn weights(query: Tensor<4>, key: Tensor<4>, sight: &Sight) -> Tensor<4> {
    let [sequences, heads, queries, channels] = query.dims();
    let keys = key.dims()[2];
    let (query, key) = match &sight.rotary {
        Some([query_rotary, key_rotary]) => (query_rotary.turn(query), key_rotary.turn(key)),
        None => (query, key),
    };
    let mut energy = query.matmul(key.swap_dims(2, 3)).mul_scalar(scale(sight, channels));
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
struct Shape {
    outer: usize,
    inner: usize,
    heads: usize,
    queries: usize,
    keys: usize,
    channels: usize,
}

/// Offsets and strides of the rows of a sequence.
#[derive(Clone, Copy, Debug)]
struct Layout {
    start: usize,
    outer: usize,
    inner: usize,
    head: usize,
    token: usize,
}

impl Layout {
    fn first(&self, [outer, inner, head]: [usize; 3]) -> usize {
        self.start + outer * self.outer + inner * self.inner + head * self.head
    }
}

/// The options shared by all sequences, in host memory.
#[derive(Clone, Debug)]
struct Rules {
    scale: f32,
    /// 0, or minus infinity where a key is hidden, `[outer, inner, key]`; empty if none is.
    hidden: Arc<[f32]>,
    window: Option<Window>,
    rotary: Option<[Rotary; 2]>,
}

impl Rules {
    fn new(sight: &Sight, shape: &Shape) -> Rules {
        let hidden = sight.hidden.clone().map(|hidden| {
            let hidden = hidden.swap_dims(1, 2).into_data();
            hidden
                .iter::<bool>()
                .map(|hidden| if hidden { f32::NEG_INFINITY } else { 0.0 })
                .collect()
        });
        let first = shape.keys.saturating_sub(shape.queries);
        Rules {
            scale: scale(sight, shape.channels),
            hidden: hidden.unwrap_or_default(),
            window: sight.causal.then_some(Window { first, back: usize::MAX, ahead: 0 }),
            rotary: sight.rotary.clone(),
        }
    }
}

#[derive(Clone, Debug)]
struct Attend<const N: usize> {
    shape: Shape,
    rules: Rules,
    /// Queries, keys and values.
    parts: [Layout; 3],
    out: Layout,
}

#[derive(Clone, Debug)]
struct Kept<const N: usize> {
    attend: Attend<N>,
    inputs: [Values; N],
    result: Values,
    /// Logarithm of each query's sum, `[outer, inner, head, query]`.
    sums: Arc<[f32]>,
}

/// Buffers reused from call to call.
#[derive(Default)]
struct Room {
    scratch: Vec<f32>,
    /// Queries and keys rotated by their positions.
    turned: [Vec<f32>; 2],
    /// Gradients of a sequence's queries, keys and values.
    of: [Vec<f32>; 3],
}

thread_local! {
    static ROOM: RefCell<Room> = RefCell::default();
}

impl Shape {
    /// Indices of outer sequence, inner sequence and head, in memory order.
    fn sequences(self) -> impl Iterator<Item = [usize; 3]> {
        let Shape { outer, inner, heads, .. } = self;
        (0..outer * inner * heads).map(move |i| [i / heads / inner, i / heads % inner, i % heads])
    }

    /// Numbers of query, key and value tokens.
    fn tokens(&self) -> [usize; 3] {
        [self.queries, self.keys, self.keys]
    }
}

impl Layout {
    /// View of the rows of a sequence.
    fn view<'a>(
        &self,
        values: &'a [f32],
        which: [usize; 3],
        tokens: usize,
        channels: usize,
    ) -> Matrix<'a> {
        Matrix::strided(&values[self.first(which)..], tokens, channels, self.token, 1)
    }

    fn view_mut<'a>(
        &self,
        values: &'a mut [f32],
        which: [usize; 3],
        tokens: usize,
        channels: usize,
    ) -> MatrixMut<'a> {
        MatrixMut::strided(&mut values[self.first(which)..], tokens, channels, self.token)
    }
}

impl<const N: usize> Attend<N> {
    /// The kernel inputs of one sequence; its queries and keys are rotated if they have positions.
    fn of<'a>(
        &'a self,
        inputs: &'a [Values; N],
        which: [usize; 3],
        turned: &'a mut [Vec<f32>; 2],
    ) -> KernelInputs<'a> {
        let Shape { inner, keys, channels, .. } = self.shape;
        let tokens = self.shape.tokens();
        let view = |i: usize| self.parts[i].view(inputs[i % N].slice(), which, tokens[i], channels);
        let (mut query, mut key) = (view(0), view(1));
        if let Some(rotary) = &self.rules.rotary {
            for ((rotary, part), turned) in rotary.iter().zip([query, key]).zip(turned.iter_mut()) {
                turned.clear();
                (0..part.rows()).for_each(|i| turned.extend_from_slice(part.row(i)));
                rotary.turn_rows(turned, which[0], channels, false);
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

impl<const N: usize> Operation<N> for Attend<N> {
    type Kept = Kept<N>;

    fn forward(self, inputs: [Values; N], keep: bool) -> (Values, Option<Kept<N>>) {
        let Shape { outer, inner, heads, queries, channels, .. } = self.shape;
        let mut out = vec![0.0; outer * inner * heads * queries * channels];
        let mut sums = vec![0.0; if keep { outer * inner * heads * queries } else { 0 }];
        ROOM.with_borrow_mut(|room| {
            let needed = scratch(channels).max(room.scratch.len());
            room.scratch.resize(needed, 0.0);
            for (i, which) in self.shape.sequences().enumerate() {
                let sums = keep.then(|| &mut sums[i * queries..(i + 1) * queries]);
                let to = &mut self.out.view_mut(&mut out, which, queries, channels);
                attend(
                    Isa::best(),
                    self.of(&inputs, which, &mut room.turned),
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
        let result = Values::new(out, &dims);
        let kept =
            keep.then(|| Kept { attend: self, inputs, result: result.clone(), sums: sums.into() });
        (result, kept)
    }

    fn backward(kept: Kept<N>, gradient: Values, _: [bool; N]) -> [Option<Values>; N] {
        let Kept { attend, inputs, result, sums } = kept;
        let Shape { queries, channels, .. } = attend.shape;
        let tokens = attend.shape.tokens();
        let mut gradients = inputs.each_ref().map(|input| vec![0.0; input.slice().len()]);
        ROOM.with_borrow_mut(|room| {
            let Room { scratch, turned, of: gradient_rows } = room;
            for (rows, tokens) in gradient_rows.iter_mut().zip(tokens) {
                rows.resize(tokens * channels, 0.0);
            }
            for (i, which) in attend.shape.sequences().enumerate() {
                let back = Back {
                    attend: attend.of(&inputs, which, turned),
                    out: attend.out.view(result.slice(), which, queries, channels),
                    sums: &sums[i * queries..(i + 1) * queries],
                    of_out: attend.out.view(gradient.slice(), which, queries, channels),
                };
                {
                    let [query_gradient, key_gradient, value_gradient] = &mut *gradient_rows;
                    let view = |rows, tokens| MatrixMut::new(rows, tokens, channels);
                    let (mut query_gradient, mut key_gradient, mut value_gradient) = (
                        view(query_gradient, tokens[0]),
                        view(key_gradient, tokens[1]),
                        view(value_gradient, tokens[2]),
                    );
                    attend_back(
                        Isa::best(),
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
                    rotary.turn_rows(rows, which[0], channels, true);
                }
                for (part, rows) in gradient_rows.iter().enumerate() {
                    let to = &mut attend.parts[part].view_mut(
                        &mut gradients[part % N],
                        which,
                        tokens[part],
                        channels,
                    );
                    for (i, row) in rows.chunks_exact(channels.max(1)).enumerate() {
                        to.row(i).copy_from_slice(row);
                    }
                }
            }
        });
        let mut shapes = inputs.iter().map(Values::shape);
        gradients.map(|values| shapes.next().map(|shape| Values::new(values, &shape)))
    }
}

#[cfg(test)]
mod tests;
