//! Attention without a T×T matrix: an online softmax over tiles of keys (Milakov and Gimelshein
//! 2018; FlashAttention, Dao et al. 2022).
//!
//! Each SIMD lane holds one query. The energies of 32 queries against a tile of keys are one matrix
//! product of the keys, in place at any stride, with the packed queries. Maximum, exp and sum are
//! then computed lane by lane, and the weighted sum of values is another product with the values in
//! place.
#![allow(unsafe_code)]

use super::gemm::next_tile_rows;
use super::isa::{Isa, Kernel};
use super::lanes::SimdLanes;
use super::math::{LOG2_E, exp2_lanes};
use super::matrix::{Matrix, MatrixMut};
use super::tile::{ExistingValues, PANEL, Tile};

/// Keys per tile: their energies against 32 queries take 16 KiB, a third of a typical L1 cache.
pub const KEYS: usize = 128;
/// Panels of 32 queries that reuse a tile of keys while it is cached.
const PANELS: usize = 4;
/// Initial running maximum: finite, but lower than any energy.
const LOW: f32 = -1e30;

/// Which keys a query may attend to by position: with `p = first + i`, query i sees key j if `p −
/// back ≤ j ≤ p + ahead`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyWindow {
    /// Position of the first query, counted in keys.
    pub first: usize,
    /// How many keys before its own position a query sees.
    pub back: usize,
    /// How many keys after it; 0 is causal.
    pub ahead: usize,
}

/// The inputs of one head of attention.
#[derive(Clone, Copy, Debug)]
pub struct AttentionInputs<'a> {
    /// Queries, `[query, channel]`.
    pub query: Matrix<'a>,
    /// Keys, `[key, channel]`.
    pub key: Matrix<'a>,
    /// Values, `[key, channel out]`.
    pub value: Matrix<'a>,
    /// Factor applied to the energies, usually 1/√channels.
    pub scale: f32,
    /// Added to the energies of each key, `[key]`: 0, or −∞ for a hidden key.
    pub key_bias: Option<&'a [f32]>,
    /// Restriction by position.
    pub window: Option<KeyWindow>,
}

impl AttentionInputs<'_> {
    pub(super) fn check_shapes(&self, out_rows: usize, out_columns: usize) {
        let (queries, keys) = (self.query.rows(), self.key.rows());
        assert!(
            self.query.columns() == self.key.columns() && keys == self.value.rows(),
            "attention's shapes"
        );
        assert!(out_rows == queries && out_columns == self.value.columns(), "attention's output");
        assert!(self.key_bias.is_none_or(|bias| bias.len() == keys), "a bias for other keys");
        assert!(
            self.key.column_stride() == 1 && self.value.column_stride() == 1,
            "channels must lie side by side"
        );
        assert!(self.query.column_stride() == 1, "channels must lie side by side");
    }

    /// Range of keys that any of the queries `from .. to` may see.
    pub fn visible_keys(&self, from: usize, to: usize) -> (usize, usize) {
        let keys = self.key.rows();
        match self.window {
            None => (0, keys),
            Some(w) => {
                let start = (w.first + from).saturating_sub(w.back).min(keys);
                let end = (w.first + to).saturating_add(w.ahead).min(keys);
                (start, end.max(start))
            }
        }
    }
}

/// Length of the scratch slice that [`attend_head`] needs for heads of `channels`.
pub fn scratch_len(channels: usize) -> usize {
    PANELS * PANEL * (channels + 4) + KEYS * PANEL
}

/// Attention of one head: `out = softmax(scale · query·keyᵀ + bias) · value`; memory is linear in
/// channels and independent of the number of keys. A query that sees no key gets zeros. `sums`, if
/// given, receives the logarithm of each query's sum of exponentials, `[query]`, from which the
/// backward pass recomputes the attention.
///
/// Shapes: as in [`AttentionInputs`]; `out` `[query, channel out]`; `scratch` holds at least
/// [`scratch_len`] numbers.
///
/// # Panics
/// If the shapes do not match.
///
/// ```
/// use agoge_engine::kernel::attention::scratch_len;
/// use agoge_engine::kernel::{AttentionInputs, Isa, Matrix, MatrixMut, attend_head};
/// // One query and two keys with energies 0 and ln 3: weights 1/4 and 3/4.
/// let (query, key, value) = ([1.0], [0.0, 3f32.ln()], [8.0, 4.0]);
/// let attend = AttentionInputs {
///     query: Matrix::new(&query, 1, 1),
///     key: Matrix::new(&key, 2, 1),
///     value: Matrix::new(&value, 2, 1),
///     scale: 1.0,
///     key_bias: None,
///     window: None,
/// };
/// let (mut out, mut scratch) = ([0.0], vec![0.0; scratch_len(1)]);
/// let mut rows = MatrixMut::new(&mut out, 1, 1);
/// attend_head(Isa::best_supported(), attend, &mut rows, None, &mut scratch);
/// assert!((out[0] - 5.0).abs() < 1e-5);
/// ```
pub fn attend_head(
    isa: Isa,
    attend: AttentionInputs,
    out: &mut MatrixMut,
    sums: Option<&mut [f32]>,
    scratch: &mut [f32],
) {
    attend.check_shapes(out.rows(), out.columns());
    assert!(scratch.len() >= self::scratch_len(attend.query.columns()), "too little scratch");
    assert!(
        sums.as_ref().is_none_or(|sums| sums.len() == attend.query.rows()),
        "sums of other queries"
    );
    isa.run_kernel(FlashKernel { attend, out, sums, scratch });
}

struct FlashKernel<'a, 'b> {
    attend: AttentionInputs<'a>,
    out: &'a mut MatrixMut<'b>,
    sums: Option<&'a mut [f32]>,
    scratch: &'a mut [f32],
}

/// Running softmax state of each query: largest energy so far, sum of exponentials, factor that
/// rescales the output so far, and one over the sum.
struct SoftmaxState<'a> {
    maximum: &'a mut [f32],
    sum: &'a mut [f32],
    rescale: &'a mut [f32],
    inverse_sum: &'a mut [f32],
}

impl Kernel for FlashKernel<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let a = &self.attend;
        let (queries, depth) = (a.query.rows(), a.query.columns());
        let (packed, rest) = self.scratch.split_at_mut(PANELS * PANEL * depth);
        let (state, energies) = rest.split_at_mut(PANELS * PANEL * 4);
        let mut sums = self.sums;
        for block in (0..queries).step_by(PANELS * PANEL) {
            let end = queries.min(block + PANELS * PANEL);
            for (index, from) in (block..end).step_by(PANEL).enumerate() {
                let panel = &mut packed[index * PANEL * depth..(index + 1) * PANEL * depth];
                pack_queries(
                    l,
                    a.query.sub_rows(from, PANEL.min(end - from)),
                    a.scale * LOG2_E,
                    panel,
                );
            }
            for state in state.chunks_exact_mut(PANEL * 4) {
                state[..PANEL].fill(LOW);
                state[PANEL..].fill(0.0);
            }
            let (first, past) = a.visible_keys(block, end);
            let mut first_key = first;
            while first_key < past {
                let keys = next_tile_rows(past - first_key, KEYS);
                for (index, from) in (block..end).step_by(PANEL).enumerate() {
                    let height = PANEL.min(end - from);
                    let (start, stop) = a.visible_keys(from, from + height);
                    if start >= first_key + keys || stop <= first_key {
                        continue;
                    }
                    let state = &mut state[index * PANEL * 4..(index + 1) * PANEL * 4];
                    let begun = start < first_key;
                    let (most, rest) = state.split_at_mut(PANEL);
                    let (sum, rest) = rest.split_at_mut(PANEL);
                    let (fade, last) = rest.split_at_mut(PANEL);
                    let mut state =
                        SoftmaxState { maximum: most, sum, rescale: fade, inverse_sum: last };
                    let panel = &packed[index * PANEL * depth..(index + 1) * PANEL * depth];
                    let energies = &mut energies[..keys * PANEL];
                    compute_energies(l, a, first_key, keys, panel, height, energies);
                    mask_energies(a, from, height, first_key, energies);
                    exponentiate_energies(l, energies, height, &mut state);
                    let (begun, ends) = (
                        begun.then_some(&*state.rescale),
                        (stop <= first_key + keys).then_some(&*state.inverse_sum),
                    );
                    accumulate_output(
                        l,
                        a.value.sub_rows(first_key, keys),
                        energies,
                        begun,
                        ends,
                        from,
                        height,
                        self.out,
                    );
                }
                first_key += keys;
            }
            for (index, from) in (block..end).step_by(PANEL).enumerate() {
                let height = PANEL.min(end - from);
                let (start, stop) = a.visible_keys(from, from + height);
                for i in 0..if start == stop { height } else { 0 } {
                    self.out.row_mut(from + i).fill(0.0);
                }
                if let Some(sums) = &mut sums {
                    let state = &state[index * PANEL * 4..];
                    for i in 0..height {
                        sums[from + i] = state[PANEL + i].ln() + state[i] / LOG2_E;
                    }
                }
            }
        }
    }
}

/// Packs queries across the lanes as `[channel, 32]`, scaled by `factor` and padded with zeros.
#[inline(always)]
pub fn pack_queries<L: SimdLanes>(l: L, query: Matrix, factor: f32, panel: &mut [f32]) {
    let (rows, depth) = (query.rows(), query.columns());
    if rows < PANEL {
        panel.fill(0.0);
    }
    let (q, row, to) = (query.as_ptr(), query.row_stride(), panel.as_mut_ptr());
    let whole = rows / L::LANES * L::LANES;
    let deep = depth / L::LANES * L::LANES;
    // SAFETY: reads (i, k) for i < rows and k < depth; writes `panel[k · 32 + i]`, and the panel
    // has `32 · depth` numbers.
    unsafe {
        for i in (0..whole).step_by(L::LANES) {
            for k in (0..deep).step_by(L::LANES) {
                l.transpose_block(q.add(i * row + k), row, to.add(k * PANEL + i), PANEL, factor);
            }
        }
        for i in 0..rows {
            for k in if i < whole { deep } else { 0 }..depth {
                *to.add(k * PANEL + i) = factor * *q.add(i * row + k);
            }
        }
    }
}

/// Computes the energies `[key, 32]` of a tile of keys against a panel of queries.
#[inline(always)]
pub fn compute_energies<L: SimdLanes>(
    l: L,
    a: &AttentionInputs,
    from: usize,
    keys: usize,
    panel: &[f32],
    height: usize,
    energies: &mut [f32],
) {
    let key = a.key.sub_rows(from, keys);
    let mut row = 0;
    while row < keys {
        let rows = next_tile_rows(keys - row, L::ROWS);
        for column in (0..height.next_multiple_of(L::LANES)).step_by(2 * L::LANES) {
            // SAFETY: keys `row .. row + rows` of the tile; whole vectors of a panel, which is 32
            // wide; `energies` holds `keys · 32` numbers.
            unsafe {
                l.tile(&Tile {
                    rows,
                    columns: (height.next_multiple_of(L::LANES) - column).min(2 * L::LANES),
                    depth: key.columns(),
                    a: key.as_ptr().add(row * key.row_stride()),
                    a_row: key.row_stride(),
                    a_step: 1,
                    b: panel.as_ptr().add(column),
                    b_step: PANEL,
                    b_whole: true,
                    c: energies.as_mut_ptr().add(row * PANEL + column),
                    c_row: PANEL,
                    keep: ExistingValues::Nothing,
                    column_bias: std::ptr::null(),
                    row_bias: a
                        .key_bias
                        .map_or(std::ptr::null(), |bias| bias.as_ptr().add(from + row)),
                    row_scale: std::ptr::null(),
                });
            }
        }
        row += rows;
    }
}

/// Sets the energies outside the window to −∞.
pub fn mask_energies(
    a: &AttentionInputs,
    from: usize,
    height: usize,
    first_key: usize,
    energies: &mut [f32],
) {
    let Some(w) = a.window else { return };
    for (j, row) in energies.chunks_exact_mut(PANEL).enumerate() {
        let key = first_key + j;
        // Query `i` is at position `w.first + from + i`; it sees the key if key − ahead ≤ position
        // ≤ key + back.
        let start = w.first + from;
        let low = key.saturating_sub(w.ahead).saturating_sub(start).min(height);
        let high = (key.saturating_add(w.back).saturating_add(1)).saturating_sub(start).min(height);
        row[..low].fill(f32::NEG_INFINITY);
        row[high.max(low)..height].fill(f32::NEG_INFINITY);
    }
}

/// Turns energies (in units of log 2) into exponentials, lane by lane, and updates the running
/// state.
#[inline(always)]
fn exponentiate_energies<L: SimdLanes>(
    l: L,
    energies: &mut [f32],
    height: usize,
    state: &mut SoftmaxState,
) {
    for lane in (0..height).step_by(2 * L::LANES) {
        // SAFETY: whole vectors within rows of 32.
        unsafe {
            if lane + L::LANES < height {
                exponentiate_lanes::<L, 2>(l, energies, lane, state);
            } else {
                exponentiate_lanes::<L, 1>(l, energies, lane, state);
            }
        }
    }
}

/// As [`exponentiate_energies`] for `W` vectors starting at `lane`. Even and odd keys keep separate
/// maxima and sums so that their dependency chains can overlap.
///
/// # Safety
/// The vectors lie within rows of 32, in both the energies and the state.
#[inline(always)]
unsafe fn exponentiate_lanes<L: SimdLanes, const W: usize>(
    l: L,
    energies: &mut [f32],
    lane: usize,
    state: &mut SoftmaxState,
) {
    let keys = energies.len() / PANEL;
    let e = energies.as_mut_ptr().wrapping_add(lane);
    // SAFETY: the caller guarantees this for each key.
    unsafe {
        let mut before = [l.splat(0.0); W];
        for (v, before) in before.iter_mut().enumerate() {
            *before = l.load(state.maximum.as_ptr().add(lane + v * L::LANES));
        }
        let (mut even, mut odd) = (before, before);
        for j in (0..keys / 2 * 2).step_by(2) {
            update_maxima(l, &mut even, e.add(j * PANEL));
            update_maxima(l, &mut odd, e.add((j + 1) * PANEL));
        }
        if keys % 2 == 1 {
            update_maxima(l, &mut even, e.add((keys - 1) * PANEL));
        }
        let (mut most, mut fade) = (even, even);
        for v in 0..W {
            most[v] = l.max(even[v], odd[v]);
            fade[v] = exp2_lanes(l, l.sub(before[v], most[v]));
            even[v] = l.mul(fade[v], l.load(state.sum.as_ptr().add(lane + v * L::LANES)));
            odd[v] = l.splat(0.0);
        }
        for j in (0..keys / 2 * 2).step_by(2) {
            exponentiate_row(l, &mut even, e.add(j * PANEL), &most);
            exponentiate_row(l, &mut odd, e.add((j + 1) * PANEL), &most);
        }
        if keys % 2 == 1 {
            exponentiate_row(l, &mut even, e.add((keys - 1) * PANEL), &most);
        }
        for v in 0..W {
            let at = lane + v * L::LANES;
            let sum = l.add(even[v], odd[v]);
            l.store(state.maximum.as_mut_ptr().add(at), most[v]);
            l.store(state.sum.as_mut_ptr().add(at), sum);
            l.store(state.rescale.as_mut_ptr().add(at), fade[v]);
            // A query that saw nothing has zero sum and zero output: any finite factor will do.
            l.store(
                state.inverse_sum.as_mut_ptr().add(at),
                l.div(l.splat(1.0), l.max(sum, l.splat(1e-30))),
            );
        }
    }
}

/// Updates the running maxima with a row of energies.
///
/// # Safety
/// `W` vectors can be read at `row`.
#[inline(always)]
unsafe fn update_maxima<L: SimdLanes, const W: usize>(l: L, most: &mut [L::V; W], row: *const f32) {
    for (v, most) in most.iter_mut().enumerate() {
        // SAFETY: guaranteed by the caller.
        *most = l.max(*most, unsafe { l.load(row.add(v * L::LANES)) });
    }
}

/// Turns a row of energies into exponentials and adds them to the sums.
///
/// # Safety
/// `W` vectors can be read and written at `row`.
#[inline(always)]
unsafe fn exponentiate_row<L: SimdLanes, const W: usize>(
    l: L,
    sum: &mut [L::V; W],
    row: *mut f32,
    most: &[L::V; W],
) {
    for (v, sum) in sum.iter_mut().enumerate() {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let p = exp2_lanes(l, l.sub(l.load(row.add(v * L::LANES)), most[v]));
            l.store(row.add(v * L::LANES), p);
            *sum = l.add(*sum, p);
        }
    }
}

/// Updates output rows to (old · rescale + exponentials · values) / sum. The old output is kept
/// only if `begun` is given, and divided by the sum only if `ends` is given because this is the
/// last tile of keys.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn accumulate_output<L: SimdLanes>(
    l: L,
    value: Matrix,
    weights: &[f32],
    begun: Option<&[f32]>,
    ends: Option<&[f32]>,
    from: usize,
    height: usize,
    out: &mut MatrixMut,
) {
    let (columns, c_row) = (out.columns(), out.row_stride());
    let c = out.as_mut_ptr();
    for column in (0..columns).step_by(2 * L::LANES) {
        let mut row = 0;
        while row < height {
            let rows = next_tile_rows(height - row, L::ROWS);
            // SAFETY: rows and columns of the output, all values, and a panel of weights.
            unsafe {
                l.tile(&Tile {
                    rows,
                    columns: (columns - column).min(2 * L::LANES),
                    depth: value.rows(),
                    a: weights.as_ptr().add(row),
                    a_row: 1,
                    a_step: PANEL,
                    b: value.as_ptr().add(column),
                    b_step: value.row_stride(),
                    b_whole: false,
                    c: c.add((from + row) * c_row + column),
                    c_row,
                    keep: begun.map_or(ExistingValues::Nothing, |fade| {
                        ExistingValues::Scaled(fade.as_ptr().add(row))
                    }),
                    column_bias: std::ptr::null(),
                    row_bias: std::ptr::null(),
                    row_scale: ends.map_or(std::ptr::null(), |last| last.as_ptr().add(row)),
                });
            }
            row += rows;
        }
    }
}

/// Computes the attention matrix `[query, key]` itself, for display; [`attend_head`] never
/// materialises it. `scratch` grows to `32 · (keys + channels + 4)` numbers.
///
/// # Panics
/// If the shapes do not match.
pub fn attention_map(
    isa: Isa,
    attend: AttentionInputs,
    map: &mut MatrixMut,
    scratch: &mut Vec<f32>,
) {
    assert!(
        map.rows() == attend.query.rows() && map.columns() == attend.key.rows(),
        "a map's shape"
    );
    assert!(attend.query.columns() == attend.key.columns(), "attention's shapes");
    assert!(
        attend.key_bias.is_none_or(|bias| bias.len() == attend.key.rows()),
        "a bias for other keys"
    );
    assert!(
        attend.key.column_stride() == 1 && attend.query.column_stride() == 1,
        "channels must lie side by side"
    );
    scratch.resize(PANEL * (attend.key.rows() + attend.query.columns() + 4), 0.0);
    isa.run_kernel(MapKernel { attend, map, scratch });
}

struct MapKernel<'a, 'b> {
    attend: AttentionInputs<'a>,
    map: &'a mut MatrixMut<'b>,
    scratch: &'a mut [f32],
}

impl Kernel for MapKernel<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let a = &self.attend;
        let (keys, depth) = (a.key.rows(), a.query.columns());
        let (panel, rest) = self.scratch.split_at_mut(PANEL * depth);
        let (state, energies) = rest.split_at_mut(PANEL * 4);
        for from in (0..a.query.rows()).step_by(PANEL) {
            let height = PANEL.min(a.query.rows() - from);
            pack_queries(l, a.query.sub_rows(from, height), a.scale * LOG2_E, panel);
            state[..PANEL].fill(LOW);
            state[PANEL..].fill(0.0);
            let (most, rest) = state.split_at_mut(PANEL);
            let (sum, rest) = rest.split_at_mut(PANEL);
            let (fade, last) = rest.split_at_mut(PANEL);
            compute_energies(l, a, 0, keys, panel, height, energies);
            mask_energies(a, from, height, 0, energies);
            exponentiate_energies(
                l,
                energies,
                height,
                &mut SoftmaxState { maximum: most, sum, rescale: fade, inverse_sum: last },
            );
            for i in 0..height {
                for (j, to) in self.map.row_mut(from + i).iter_mut().enumerate() {
                    *to = energies[j * PANEL + i] * last[i];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
