//! Scaled dot-product attention (Vaswani et al. 2017) whose attention never exists as a whole, in either direction.

use super::operation::{Operation, Side, Values, apply};
use super::rotary::Rotary;
use super::sequence::{Rows, Rules, width};
use burn::tensor::activation::softmax;
use burn::tensor::{Bool, Tensor};
use std::cell::RefCell;
use std::sync::Arc;

/// Which keys a query sees, how strongly, and where tokens are in time.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// Factor of the energies; one over the root of a head's channels if none is given.
    pub scale: Option<f32>,
    /// Keys that are not attended to, `[sequence, key, 1]`, or `[outer, key, inner]` for [`self_attention`].
    pub hidden: Option<Tensor<3, Bool>>,
    /// Whether a query sees the keys up to its own place only; the last query is at the last key.
    pub causal: bool,
    /// What is added to the energies, `[1 or sequence, 1 or head, query, key]` (for [`self_attention`] the sequences are the outer ones); a constant, no gradient
    /// reaches it.
    pub bias: Option<Tensor<4>>,
    /// Rotary positions of the queries and of the keys.
    pub rotary: Option<[Rotary; 2]>,
}

/// Attention of each query over the keys of its sequence. Shapes: `query` `[sequence, head, query, channel]`, `key` and `value` `[sequence, head, key, channel]`;
/// returns the shape of `query`. A query that sees no key gets zeros and gives no gradient.
pub fn attention(query: Tensor<4>, key: Tensor<4>, value: Tensor<4>, sight: &Sight) -> Tensor<4> {
    let sides = (Side::of(&query), Side::of(&key), Side::of(&value));
    let (Some(q), Some(k), Some(v)) = sides else { return plain(query, key, value, sight) };
    let [outer, heads, queries, channels] = query.dims();
    let keys = key.dims()[2];
    let layout = |tokens: usize| Layout {
        start: 0,
        outer: heads * tokens * channels,
        inner: 0,
        head: tokens * channels,
        token: channels,
    };
    let shape = Shape { outer, inner: 1, heads, queries, keys, channels };
    let parts = [layout(queries), layout(keys), layout(keys)];
    apply(Attend { shape, rules: Shared::new(sight, &shape), parts, out: layout(queries) }, [q, k, v])
}

/// Self-attention along the second dimension. Shapes: `joined` `[outer, token, inner, 3 · width]` (queries, keys and values of all heads beside each other, as one
/// linear map makes them); returns `[outer, token, inner, width]`. With `[batch · time, part, 1, …]` parts attend to parts, with `[batch, time, part, …]` each part
/// attends over time, and nothing is moved in memory for it. `width` is a multiple of `heads`.
pub fn self_attention(joined: Tensor<4>, heads: usize, sight: &Sight) -> Tensor<4> {
    let [outer, tokens, inner, triple] = joined.dims();
    let (all, channels) = (triple / 3, triple / 3 / heads);
    let Some(side) = Side::of(&joined) else {
        let part = |i: usize| {
            let part = joined.clone().narrow(3, i * all, all).swap_dims(1, 2);
            part.reshape([outer * inner, tokens, heads, channels]).swap_dims(1, 2)
        };
        let hidden = sight.hidden.clone();
        let hidden = hidden.map(|hidden| hidden.swap_dims(1, 2).reshape([outer * inner, tokens, 1]));
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
        let out = plain(part(0), part(1), part(2), &sight).swap_dims(1, 2).reshape([outer, inner, tokens, all]);
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
    let parts = [layout(0, triple), layout(all, triple), layout(2 * all, triple)];
    apply(Attend { shape, rules: Shared::new(sight, &shape), parts, out: layout(0, all) }, [side])
}

/// The same by Burn's own operations, for other backends and as what the tests compare with.
pub(crate) fn plain(query: Tensor<4>, key: Tensor<4>, value: Tensor<4>, sight: &Sight) -> Tensor<4> {
    let [sequences, heads, queries, channels] = query.dims();
    let keys = key.dims()[2];
    let (query, key) = match &sight.rotary {
        Some([of_query, of_key]) => (of_query.turn(query), of_key.turn(key)),
        None => (query, key),
    };
    let scale = sight.scale.unwrap_or_else(|| (channels as f32).powf(-0.5));
    let mut energy = query.matmul(key.swap_dims(2, 3)).mul_scalar(scale);
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
        let later = Tensor::<2, Bool>::tril_mask([queries, keys], keys as i64 - queries as i64, &device);
        unseen = unseen.bool_or(later.reshape([1, 1, queries, keys]).expand([sequences, heads, queries, keys]));
    }
    let attention = softmax(energy.mask_fill(unseen.clone(), -1e9), 3).mask_fill(unseen, 0.0);
    attention.matmul(value)
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

/// Where the rows of a sequence are.
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

/// The rules of all sequences, on the host.
#[derive(Clone, Debug)]
struct Shared {
    scale: f32,
    /// `[outer, inner, key]`.
    hidden: Arc<[bool]>,
    causal: bool,
    /// With the steps from one outer sequence and one head to the next.
    bias: Option<(Values, [usize; 2])>,
    rotary: Option<[Rotary; 2]>,
}

impl Shared {
    fn new(sight: &Sight, shape: &Shape) -> Shared {
        let hidden = sight.hidden.clone().map(|hidden| hidden.swap_dims(1, 2).into_data().iter::<bool>().collect());
        let bias = sight.bias.clone().map(|bias| {
            let [outer, heads, queries, keys] = bias.dims();
            let values: Vec<f32> = bias.into_data().iter::<f32>().collect();
            let head = if heads > 1 { queries * keys } else { 0 };
            let step = if outer > 1 { heads * queries * keys } else { 0 };
            (Values::new(values, &[outer, heads, queries, keys]), [step, head])
        });
        Shared {
            scale: sight.scale.unwrap_or_else(|| (shape.channels as f32).powf(-0.5)),
            hidden: hidden.unwrap_or_default(),
            causal: sight.causal,
            bias,
            rotary: sight.rotary.clone(),
        }
    }

    fn of(&self, shape: &Shape, [outer, inner, head]: [usize; 3]) -> Rules<'_> {
        let first = (outer * shape.inner + inner) * shape.keys;
        let bias = self.bias.as_ref().map(|(values, [step, each])| {
            let first = outer * step + head * each;
            &values.slice()[first..first + shape.queries * shape.keys]
        });
        Rules {
            scale: self.scale,
            hidden: self.hidden.get(first..first + shape.keys).unwrap_or_default(),
            causal: self.causal,
            bias: bias.unwrap_or_default(),
        }
    }
}

struct Attend<const N: usize> {
    shape: Shape,
    rules: Shared,
    parts: [Layout; 3],
    out: Layout,
}

#[derive(Clone, Debug)]
struct Kept<const N: usize> {
    shape: Shape,
    rules: Shared,
    parts: [Layout; 3],
    out: Layout,
    inputs: [Values; N],
    result: Values,
    logs: Arc<[f32]>,
}

thread_local! {
    /// Rows of the sequence at hand, kept from call to call.
    static ROWS: RefCell<Rows> = RefCell::default();
}

impl Shape {
    /// Outer and inner sequence and head, in order of memory.
    fn sequences(self) -> impl Iterator<Item = [usize; 3]> {
        let Shape { outer, inner, heads, .. } = self;
        (0..outer * inner * heads).map(move |i| [i / heads / inner, i / heads % inner, i % heads])
    }
}

/// Takes a sequence's rows out of a tensor, turned to their positions, padded to the width of [`Rows`].
fn gather(from: &[f32], layout: &Layout, which: [usize; 3], tokens: usize, channels: usize, to: &mut Vec<f32>) {
    let width = width(channels);
    let first = layout.first(which);
    to.clear();
    to.resize(tokens * width, 0.0);
    for (token, row) in to.chunks_exact_mut(width.max(1)).enumerate() {
        let start = first + token * layout.token;
        row[..channels].copy_from_slice(&from[start..start + channels]);
    }
}

/// The reverse of [`gather`].
fn scatter(from: &[f32], layout: &Layout, which: [usize; 3], channels: usize, to: &mut [f32]) {
    let first = layout.first(which);
    for (token, row) in from.chunks_exact(width(channels).max(1)).enumerate() {
        let start = first + token * layout.token;
        to[start..start + channels].copy_from_slice(&row[..channels]);
    }
}

impl<const N: usize> Attend<N> {
    fn load(kept: (&Shape, &Shared, &[Layout; 3]), inputs: &[Values; N], which: [usize; 3], rows: &mut Rows) {
        let (shape, rules, parts) = kept;
        let tokens = [shape.queries, shape.keys, shape.keys];
        for (i, to) in [&mut rows.query, &mut rows.key, &mut rows.value].into_iter().enumerate() {
            gather(inputs[i % N].slice(), &parts[i], which, tokens[i], shape.channels, to);
        }
        if let Some([of_query, of_key]) = &rules.rotary {
            of_query.turn_rows(&mut rows.query, which[0], shape.channels, false);
            of_key.turn_rows(&mut rows.key, which[0], shape.channels, false);
        }
    }
}

impl<const N: usize> Operation<N> for Attend<N> {
    type Kept = Kept<N>;

    fn forward(self, inputs: [Values; N], keep: bool) -> (Values, Option<Kept<N>>) {
        let Attend { shape, rules, parts, out: layout } = self;
        let Shape { outer, inner, heads, queries, channels, .. } = shape;
        let mut out = vec![0.0f32; outer * inner * heads * queries * channels];
        let mut logs = vec![0.0f32; if keep { outer * inner * heads * queries } else { 0 }];
        ROWS.with_borrow_mut(|rows| {
            for (i, which) in shape.sequences().enumerate() {
                Self::load((&shape, &rules, &parts), &inputs, which, rows);
                rows.forward(channels, rules.of(&shape, which));
                scatter(&rows.out, &layout, which, channels, &mut out);
                if keep {
                    logs[i * queries..(i + 1) * queries].copy_from_slice(&rows.log);
                }
            }
        });
        let dims = if N == 1 { [outer, queries, inner, heads * channels] } else { [outer, heads, queries, channels] };
        let result = Values::new(out, &dims);
        let logs = logs.into();
        let kept = keep.then(|| Kept { shape, rules, parts, out: layout, inputs, result: result.clone(), logs });
        (result, kept)
    }

    fn backward(kept: Kept<N>, gradient: Values, _: [bool; N]) -> [Option<Values>; N] {
        let Kept { shape, rules, parts, out, inputs, result, logs } = kept;
        let Shape { queries, channels, .. } = shape;
        let mut gradients = inputs.each_ref().map(|input| vec![0.0f32; input.slice().len()]);
        ROWS.with_borrow_mut(|rows| {
            for (i, which) in shape.sequences().enumerate() {
                Self::load((&shape, &rules, &parts), &inputs, which, rows);
                gather(result.slice(), &out, which, queries, channels, &mut rows.out);
                gather(gradient.slice(), &out, which, queries, channels, &mut rows.of_out);
                rows.log.clear();
                rows.log.extend_from_slice(&logs[i * queries..(i + 1) * queries]);
                rows.backward(channels, rules.of(&shape, which));
                if let Some([of_query, of_key]) = &rules.rotary {
                    of_query.turn_rows(&mut rows.of_query, which[0], channels, true);
                    of_key.turn_rows(&mut rows.of_key, which[0], channels, true);
                }
                for (part, of) in [&rows.of_query, &rows.of_key, &rows.of_value].into_iter().enumerate() {
                    scatter(of, &parts[part], which, channels, &mut gradients[part % N]);
                }
            }
        });
        let mut shapes = inputs.iter().map(Values::shape);
        gradients.map(|values| shapes.next().map(|shape| Values::new(values, &shape)))
    }
}

#[cfg(test)]
mod tests;
