//! Attention within one sequence, forward and backward, in tiles of 32 queries by some keys: no more than a tile of the attention exists at a time, and the
//! backward pass makes it anew from the logarithm of each row's sum (Dao 2023, FlashAttention-2).
//!
//! The queries of a tile lie side by side in vectors and the keys below each other, so that the softmax needs no sum across a vector, and both products of the
//! forward pass read the tile as the panel that it is.

use super::functions::{exp, sum};
use super::product::transpose;
use super::tile::{FEW, Left, MANY, Place, panel};
use pulp::{Arch, Simd, WithSimd};

/// Queries side by side.
const SIDE: usize = 32;
/// Keys of a tile.
const KEYS: usize = 128;

type Row = [f32; SIDE];

/// Which keys a query sees and how strongly.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// Factor of the energies.
    pub(crate) scale: f32,
    /// Keys that are not attended to; empty if there are none.
    pub(crate) hidden: &'a [bool],
    /// Whether a query sees the keys up to its own place only, the last query being at the last key.
    pub(crate) causal: bool,
    /// What is added to the energies, `[query, key]`; empty if nothing.
    pub(crate) bias: &'a [f32],
}

/// The rows of one sequence, `[token, width]`, of which the first `channels` values count and the rest are 0; `width` is [`width`] of `channels`.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) query: Vec<f32>,
    pub(crate) key: Vec<f32>,
    pub(crate) value: Vec<f32>,
    /// The result, or in the backward pass its gradient's row sums with the result.
    pub(crate) out: Vec<f32>,
    /// Logarithm of each query's sum; infinite where it sees no key.
    pub(crate) log: Vec<f32>,
    /// Gradient of the result.
    pub(crate) of_out: Vec<f32>,
    pub(crate) of_query: Vec<f32>,
    pub(crate) of_key: Vec<f32>,
    pub(crate) of_value: Vec<f32>,
    tile: Tile,
}

/// What lives within one tile.
#[derive(Default)]
struct Tile {
    /// Queries, and gradients of the result, as columns, `[channel][SIDE]`.
    query: Vec<Row>,
    slope: Vec<Row>,
    /// Scaled queries and gradients as rows, `[SIDE, width]`.
    query_rows: Vec<f32>,
    slope_rows: Vec<f32>,
    /// Attention and its gradient, `[key][SIDE]`.
    energy: Vec<Row>,
    change: Vec<Row>,
    /// Sums over the keys, `[channel][SIDE]`.
    sums: Vec<Row>,
    /// Keys or values, `[panel of channels][key][rows of a tile]`.
    packed: Vec<f32>,
}

/// Length of the rows for a number of channels: a multiple of every vector's length.
pub(crate) fn width(channels: usize) -> usize {
    channels.next_multiple_of(16)
}

impl Rows {
    /// The result and the logarithms of the sums from queries, keys and values. A query that sees no key gets zeros.
    pub(crate) fn forward(&mut self, channels: usize, rules: Rules) {
        Arch::new().dispatch(Pass { rows: self, channels, rules, back: false });
    }

    /// The gradients of queries, keys and values from the result, its gradient and the logarithms.
    pub(crate) fn backward(&mut self, channels: usize, rules: Rules) {
        Arch::new().dispatch(Pass { rows: self, channels, rules, back: true });
    }
}

struct Pass<'a> {
    rows: &'a mut Rows,
    channels: usize,
    rules: Rules<'a>,
    back: bool,
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Pass { rows, channels, rules, back } = self;
        match (back, S::REGISTER_COUNT >= 32) {
            (false, true) => forward::<S, MANY>(simd, rows, channels, rules),
            (false, false) => forward::<S, FEW>(simd, rows, channels, rules),
            (true, true) => backward::<S, MANY>(simd, rows, channels, rules),
            (true, false) => backward::<S, FEW>(simd, rows, channels, rules),
        }
    }
}

#[inline(always)]
fn forward<S: Simd, const R: usize>(simd: S, rows: &mut Rows, channels: usize, rules: Rules) {
    let width = width(channels);
    let (queries, keys) = (rows.query.len() / width, rows.key.len() / width);
    rows.out.resize(queries * width, 0.0);
    rows.log.resize(queries, 0.0);
    let tile = &mut rows.tile;
    pack::<R>(&rows.value, width, channels, &mut tile.packed);
    for from in (0..queries).step_by(SIDE) {
        let count = SIDE.min(queries - from);
        columns(&rows.query[from * width..], width, channels, count, rules.scale, &mut tile.query);
        tile.sums.clear();
        tile.sums.resize(channels, [0.0; SIDE]);
        let (mut most, mut total) = ([f32::NEG_INFINITY; SIDE], [0.0f32; SIDE]);
        let seen = if rules.causal { (from + count + keys).saturating_sub(queries).min(keys) } else { keys };
        for start in (0..seen).step_by(KEYS) {
            let n = KEYS.min(seen - start);
            tile.energy.resize(KEYS, [0.0; SIDE]);
            let energy = &mut tile.energy[..n];
            against::<S, R>(simd, &rows.key[start * width..], width, channels, &tile.query, energy);
            restrict(energy, rules, [queries, keys], from, count, start);
            let before = most;
            for row in energy.iter() {
                for (most, &value) in most.iter_mut().zip(row) {
                    *most = if value > *most { value } else { *most };
                }
            }
            // Where nothing is seen the energies are minus infinity, and so is their difference to any number.
            let base = most.map(|most| if most > f32::NEG_INFINITY { most } else { 0.0 });
            let mut factor = [0.0; SIDE];
            for j in 0..SIDE {
                factor[j] = exp(before[j] - base[j]);
                total[j] *= factor[j];
            }
            for sums in &mut tile.sums {
                for (sum, factor) in sums.iter_mut().zip(&factor) {
                    *sum *= factor;
                }
            }
            for row in energy.iter_mut() {
                for j in 0..SIDE {
                    row[j] = exp(row[j] - base[j]);
                    total[j] += row[j];
                }
            }
            onto::<S, R>(simd, &tile.packed, keys, start, energy, &mut tile.sums);
        }
        for j in 0..count {
            let (row, total) = (&mut rows.out[(from + j) * width..(from + j + 1) * width], total[j]);
            let share = if total > 0.0 { 1.0 / total } else { 0.0 };
            for (value, sums) in row.iter_mut().zip(&tile.sums) {
                *value = sums[j] * share;
            }
            rows.log[from + j] = if total > 0.0 { most[j] + total.ln() } else { f32::INFINITY };
        }
    }
}

#[inline(always)]
fn backward<S: Simd, const R: usize>(simd: S, rows: &mut Rows, channels: usize, rules: Rules) {
    let width = width(channels);
    let (queries, keys) = (rows.query.len() / width, rows.key.len() / width);
    for (gradient, tokens) in [(&mut rows.of_query, queries), (&mut rows.of_key, keys), (&mut rows.of_value, keys)] {
        gradient.clear();
        gradient.resize(tokens * width, 0.0);
    }
    let tile = &mut rows.tile;
    pack::<R>(&rows.key, width, channels, &mut tile.packed);
    tile.energy.resize(KEYS, [0.0; SIDE]);
    tile.change.resize(KEYS, [0.0; SIDE]);
    for from in (0..queries).step_by(SIDE) {
        let count = SIDE.min(queries - from);
        let block = from * width..(from + count) * width;
        columns(&rows.query[block.clone()], width, channels, count, rules.scale, &mut tile.query);
        columns(&rows.of_out[block.clone()], width, channels, count, 1.0, &mut tile.slope);
        for (of, to, factor) in [
            (&rows.query[block.clone()], &mut tile.query_rows, rules.scale),
            (&rows.of_out[block.clone()], &mut tile.slope_rows, 1.0),
        ] {
            to.clear();
            to.extend(of.iter().map(|v| v * factor));
            to.resize(SIDE * width, 0.0);
        }
        // Beyond the last query the attention is zero.
        let (mut log, mut share) = ([f32::INFINITY; SIDE], [0.0f32; SIDE]);
        for j in 0..count {
            let row = (from + j) * width..(from + j + 1) * width;
            let out = &rows.out[row.clone()];
            log[j] = rows.log[from + j];
            share[j] = sum(&rows.of_out[row], |c, v| v * out[c]);
        }
        tile.sums.clear();
        tile.sums.resize(channels, [0.0; SIDE]);
        let seen = if rules.causal { (from + count + keys).saturating_sub(queries).min(keys) } else { keys };
        for start in (0..seen).step_by(KEYS) {
            let n = KEYS.min(seen - start);
            let (energy, change) = (&mut tile.energy[..n], &mut tile.change[..n]);
            against::<S, R>(simd, &rows.key[start * width..], width, channels, &tile.query, energy);
            against::<S, R>(simd, &rows.value[start * width..], width, channels, &tile.slope, change);
            restrict(energy, rules, [queries, keys], from, count, start);
            for (energy, change) in energy.iter_mut().zip(change.iter_mut()) {
                for j in 0..SIDE {
                    energy[j] = exp(energy[j] - log[j]);
                    change[j] = energy[j] * (change[j] - share[j]);
                }
            }
            spread::<S, R>(simd, energy, &tile.slope_rows, width, &mut rows.of_value[start * width..]);
            spread::<S, R>(simd, change, &tile.query_rows, width, &mut rows.of_key[start * width..]);
            onto::<S, R>(simd, &tile.packed, keys, start, change, &mut tile.sums);
        }
        for j in 0..count {
            let row = &mut rows.of_query[(from + j) * width..(from + j + 1) * width];
            for (value, sums) in row.iter_mut().zip(&tile.sums) {
                *value = sums[j] * rules.scale;
            }
        }
    }
}

/// `[channel][SIDE]` from `count` rows, times a factor; the other columns are 0.
#[inline(always)]
fn columns(rows: &[f32], width: usize, channels: usize, count: usize, factor: f32, to: &mut Vec<Row>) {
    to.clear();
    to.resize(channels, [0.0; SIDE]);
    transpose(rows, width, count, channels, to.as_flattened_mut(), SIDE);
    if factor != 1.0 {
        to.as_flattened_mut().iter_mut().for_each(|v| *v *= factor);
    }
}

/// `[panel of R channels][token][R]` from rows.
#[inline(always)]
fn pack<const R: usize>(rows: &[f32], width: usize, channels: usize, to: &mut Vec<f32>) {
    let tokens = rows.len() / width;
    to.resize(channels.div_ceil(R) * tokens * R, 0.0);
    for (i, panel) in to.chunks_exact_mut((tokens * R).max(1)).enumerate() {
        for (to, row) in panel.as_chunks_mut::<R>().0.iter_mut().zip(rows.chunks_exact(width)) {
            // Rows are padded to a multiple of R.
            if let Some(of) = row[i * R..].first_chunk::<R>() {
                *to = *of;
            }
        }
    }
}

/// `out[key] = rows[key] · columns`, over the channels.
#[inline(always)]
fn against<S: Simd, const R: usize>(
    simd: S,
    rows: &[f32],
    width: usize,
    channels: usize,
    columns: &[Row],
    out: &mut [Row],
) {
    let n = out.len();
    for first in (0..n).step_by(R) {
        let left = Left::Rows(std::array::from_fn(|r| {
            let start = (first + r).min(n - 1) * width;
            &rows[start..start + channels]
        }));
        let place = Place { at: first * SIDE, stride: SIDE, rows: R.min(n - first), columns: SIDE, add: false };
        panel::<S, R>(simd, left, columns.as_flattened(), SIDE, out.as_flattened_mut(), &place);
    }
}

/// `sums[channel] += packed[channel, keys from start] · tile`, over the keys.
#[inline(always)]
fn onto<S: Simd, const R: usize>(simd: S, packed: &[f32], keys: usize, start: usize, tile: &[Row], sums: &mut [Row]) {
    let channels = sums.len();
    for (i, panel_of) in packed.as_chunks::<R>().0.chunks_exact(keys.max(1)).enumerate() {
        let rows = R.min(channels - i * R);
        let place = Place { at: i * R * SIDE, stride: SIDE, rows, columns: SIDE, add: true };
        let left = Left::Packed(&panel_of[start..start + tile.len()]);
        panel::<S, R>(simd, left, tile.as_flattened(), SIDE, sums.as_flattened_mut(), &place);
    }
}

/// `out[key] += tile[key] · rows`, over the queries.
#[inline(always)]
fn spread<S: Simd, const R: usize>(simd: S, tile: &[Row], rows: &[f32], width: usize, out: &mut [f32]) {
    let n = tile.len();
    for first in (0..n).step_by(R) {
        let left = Left::Rows(std::array::from_fn(|r| &tile[(first + r).min(n - 1)][..]));
        let place = Place { at: first * width, stride: width, rows: R.min(n - first), columns: width, add: true };
        panel::<S, R>(simd, left, rows, width, out, &place);
    }
}

/// Adds the bias and takes what is not seen to minus infinity.
#[inline(always)]
fn restrict(energy: &mut [Row], rules: Rules, [queries, keys]: [usize; 2], from: usize, count: usize, start: usize) {
    if !rules.bias.is_empty() {
        for (i, row) in energy.iter_mut().enumerate() {
            for (j, value) in row.iter_mut().enumerate().take(count) {
                *value += rules.bias[(from + j) * keys + start + i];
            }
        }
    }
    if !rules.hidden.is_empty() {
        for (row, &hidden) in energy.iter_mut().zip(&rules.hidden[start..]) {
            if hidden {
                *row = [f32::NEG_INFINITY; SIDE];
            }
        }
    }
    if rules.causal {
        for (i, row) in energy.iter_mut().enumerate() {
            // Query q sees key k if k + queries ≤ q + keys.
            let least = (start + i + queries).saturating_sub(keys + from).min(SIDE);
            row[..least].fill(f32::NEG_INFINITY);
        }
    }
}
