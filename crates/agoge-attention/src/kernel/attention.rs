//! Attention without a T×T matrix: the softmax is taken as the keys come by (Milakov and Gimelshein
//! 2018; FlashAttention, Dao et al. 2022).
//!
//! Queries lie across the lanes: the energies of 32 queries to a tile of keys are one product of
//! the keys as they lie in memory (any stride) with the packed queries; maximum, exp and sum then
//! go lane by lane, and the weighted sum of values is again a product with the values as they lie.
#![allow(unsafe_code)]

use super::gemm::share;
use super::isa::{Isa, Work};
use super::lanes::Lanes;
use super::math::{LOG2_E, exp2};
use super::matrix::{Matrix, MatrixMut};
use super::tile::{Keep, PANEL, Tile};

/// Keys of a tile: their energies to 32 queries are 16 KiB, a third of a first cache.
pub(super) const KEYS: usize = 128;
/// Panels of 32 queries that share a tile of keys while it is in the cache.
const PANELS: usize = 4;
/// Lower than any energy, and finite: the maximum before the first key.
const LOW: f32 = -1e30;

/// Which keys a query may see by its place: query i sees key j if `i − back ≤ j ≤ i + ahead`, after
/// both were shifted by where they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The place of the first query, in the numbering of the keys.
    pub first: usize,
    /// How many keys before its own place a query sees.
    pub back: usize,
    /// How many after it: 0 is causal.
    pub ahead: usize,
}

/// What is attended to and how.
#[derive(Clone, Copy, Debug)]
pub struct Attend<'a> {
    /// Queries, `[query, channel]`.
    pub query: Matrix<'a>,
    /// Keys, `[key, channel]`.
    pub key: Matrix<'a>,
    /// Values, `[key, channel out]`.
    pub value: Matrix<'a>,
    /// What energies are multiplied by, usually 1/√channels.
    pub scale: f32,
    /// Added to the energies of each key, `[key]`: 0, or −∞ where a key is hidden.
    pub key_bias: Option<&'a [f32]>,
    /// Restriction by place.
    pub window: Option<Window>,
}

impl Attend<'_> {
    pub(super) fn check(&self, out_rows: usize, out_columns: usize) {
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

    /// The keys that some of the queries `from .. to` may see.
    pub(super) fn seen(&self, from: usize, to: usize) -> (usize, usize) {
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

/// Numbers of scratch that [`attend`] needs for `channels` a head.
pub fn scratch(channels: usize) -> usize {
    PANELS * PANEL * (channels + 4) + KEYS * PANEL
}

/// Attention of one head: `out = softmax(scale · query·keyᵀ + bias) · value`; memory linear in
/// channels, whatever the number of keys. A query that may see nothing gets zeros. `sums`, if
/// given, receives the logarithm of each query's sum of exponentials, `[query]`, from which a
/// backward pass recomputes the attention.
///
/// Shapes: as in [`Attend`]; `out` `[query, channel out]`; `scratch` at least [`scratch`] numbers.
///
/// # Panics
/// If shapes do not fit.
pub fn attend(
    isa: Isa,
    attend: Attend,
    out: &mut MatrixMut,
    sums: Option<&mut [f32]>,
    scratch: &mut [f32],
) {
    attend.check(out.rows(), out.columns());
    assert!(scratch.len() >= self::scratch(attend.query.columns()), "too little scratch");
    assert!(
        sums.as_ref().is_none_or(|sums| sums.len() == attend.query.rows()),
        "sums of other queries"
    );
    isa.run(Flash { attend, out, sums, scratch });
}

struct Flash<'a, 'b> {
    attend: Attend<'a>,
    out: &'a mut MatrixMut<'b>,
    sums: Option<&'a mut [f32]>,
    scratch: &'a mut [f32],
}

/// Per query: the largest energy so far, the sum of exponentials, what the output so far is
/// multiplied by, and one over the sum.
struct State<'a> {
    most: &'a mut [f32],
    sum: &'a mut [f32],
    fade: &'a mut [f32],
    last: &'a mut [f32],
}

impl Work for Flash<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
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
            let (first, past) = a.seen(block, end);
            let mut done = first;
            while done < past {
                let keys = share(past - done, KEYS);
                for (index, from) in (block..end).step_by(PANEL).enumerate() {
                    let height = PANEL.min(end - from);
                    let (start, stop) = a.seen(from, from + height);
                    if start >= done + keys || stop <= done {
                        continue;
                    }
                    let state = &mut state[index * PANEL * 4..(index + 1) * PANEL * 4];
                    let begun = start < done;
                    let (most, rest) = state.split_at_mut(PANEL);
                    let (sum, rest) = rest.split_at_mut(PANEL);
                    let (fade, last) = rest.split_at_mut(PANEL);
                    let mut state = State { most, sum, fade, last };
                    let panel = &packed[index * PANEL * depth..(index + 1) * PANEL * depth];
                    let energies = &mut energies[..keys * PANEL];
                    products(l, a, done, keys, panel, height, energies);
                    hide(a, from, height, done, energies);
                    weigh(l, energies, height, &mut state);
                    let (begun, ends) = (
                        begun.then_some(&*state.fade),
                        (stop <= done + keys).then_some(&*state.last),
                    );
                    gather(
                        l,
                        a.value.sub_rows(done, keys),
                        energies,
                        begun,
                        ends,
                        from,
                        height,
                        self.out,
                    );
                }
                done += keys;
            }
            for (index, from) in (block..end).step_by(PANEL).enumerate() {
                let height = PANEL.min(end - from);
                let (start, stop) = a.seen(from, from + height);
                for i in 0..if start == stop { height } else { 0 } {
                    self.out.row(from + i).fill(0.0);
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

/// Queries across the lanes: `[channel, 32]`, times `factor`, filled up with zeros.
#[inline(always)]
pub(super) fn pack_queries<L: Lanes>(l: L, query: Matrix, factor: f32, panel: &mut [f32]) {
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
                l.transpose(q.add(i * row + k), row, to.add(k * PANEL + i), PANEL, factor);
            }
        }
        for i in 0..rows {
            for k in if i < whole { deep } else { 0 }..depth {
                *to.add(k * PANEL + i) = factor * *q.add(i * row + k);
            }
        }
    }
}

/// Energies `[key, 32]` of a tile of keys to a panel of queries.
#[inline(always)]
pub(super) fn products<L: Lanes>(
    l: L,
    a: &Attend,
    from: usize,
    keys: usize,
    panel: &[f32],
    height: usize,
    energies: &mut [f32],
) {
    let key = a.key.sub_rows(from, keys);
    let mut row = 0;
    while row < keys {
        let rows = share(keys - row, L::ROWS);
        for column in (0..height.next_multiple_of(L::LANES)).step_by(2 * L::LANES) {
            // SAFETY: keys `row .. row + rows` of the tile; whole vectors of a panel, which is 32
            // wide; energies as large as `keys · 32`.
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
                    keep: Keep::Nothing,
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

/// Takes away the energies that the window forbids.
pub(super) fn hide(a: &Attend, from: usize, height: usize, first_key: usize, energies: &mut [f32]) {
    let Some(w) = a.window else { return };
    for (j, row) in energies.chunks_exact_mut(PANEL).enumerate() {
        let key = first_key + j;
        // Query `i` stands at `w.first + from + i`; it is seen if key − ahead ≤ that ≤ key + back.
        let start = w.first + from;
        let low = key.saturating_sub(w.ahead).saturating_sub(start).min(height);
        let high = (key.saturating_add(w.back).saturating_add(1)).saturating_sub(start).min(height);
        row[..low].fill(f32::NEG_INFINITY);
        row[high.max(low)..height].fill(f32::NEG_INFINITY);
    }
}

/// Energies (in units of log 2) become exponentials, lane by lane; the state is brought forward.
#[inline(always)]
fn weigh<L: Lanes>(l: L, energies: &mut [f32], height: usize, state: &mut State) {
    for lane in (0..height).step_by(2 * L::LANES) {
        // SAFETY: whole vectors within rows of 32.
        unsafe {
            if lane + L::LANES < height {
                weigh_lanes::<L, 2>(l, energies, lane, state);
            } else {
                weigh_lanes::<L, 1>(l, energies, lane, state);
            }
        }
    }
}

/// As [`weigh`] for `W` vectors from `lane` on. Even and odd keys have a maximum and a sum each, so
/// that one need not wait for the other.
///
/// # Safety
/// They lie within rows of 32, of the energies and of the state.
#[inline(always)]
unsafe fn weigh_lanes<L: Lanes, const W: usize>(
    l: L,
    energies: &mut [f32],
    lane: usize,
    state: &mut State,
) {
    let keys = energies.len() / PANEL;
    let e = energies.as_mut_ptr().wrapping_add(lane);
    // SAFETY: the caller's promise, for each key.
    unsafe {
        let mut before = [l.splat(0.0); W];
        for (v, before) in before.iter_mut().enumerate() {
            *before = l.load(state.most.as_ptr().add(lane + v * L::LANES));
        }
        let (mut even, mut odd) = (before, before);
        for j in (0..keys / 2 * 2).step_by(2) {
            larger(l, &mut even, e.add(j * PANEL));
            larger(l, &mut odd, e.add((j + 1) * PANEL));
        }
        if keys % 2 == 1 {
            larger(l, &mut even, e.add((keys - 1) * PANEL));
        }
        let (mut most, mut fade) = (even, even);
        for v in 0..W {
            most[v] = l.max(even[v], odd[v]);
            fade[v] = exp2(l, l.sub(before[v], most[v]));
            even[v] = l.mul(fade[v], l.load(state.sum.as_ptr().add(lane + v * L::LANES)));
            odd[v] = l.splat(0.0);
        }
        for j in (0..keys / 2 * 2).step_by(2) {
            weighed(l, &mut even, e.add(j * PANEL), &most);
            weighed(l, &mut odd, e.add((j + 1) * PANEL), &most);
        }
        if keys % 2 == 1 {
            weighed(l, &mut even, e.add((keys - 1) * PANEL), &most);
        }
        for v in 0..W {
            let at = lane + v * L::LANES;
            let sum = l.add(even[v], odd[v]);
            l.store(state.most.as_mut_ptr().add(at), most[v]);
            l.store(state.sum.as_mut_ptr().add(at), sum);
            l.store(state.fade.as_mut_ptr().add(at), fade[v]);
            // A query that saw nothing has a sum, and an output, of zero: anything finite will do.
            l.store(
                state.last.as_mut_ptr().add(at),
                l.div(l.splat(1.0), l.max(sum, l.splat(1e-30))),
            );
        }
    }
}

/// The larger of the maxima so far and a row of energies.
///
/// # Safety
/// `W` vectors can be read at `row`.
#[inline(always)]
unsafe fn larger<L: Lanes, const W: usize>(l: L, most: &mut [L::V; W], row: *const f32) {
    for (v, most) in most.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *most = l.max(*most, unsafe { l.load(row.add(v * L::LANES)) });
    }
}

/// A row of energies becomes exponentials, which are added to the sums.
///
/// # Safety
/// `W` vectors can be read and written at `row`.
#[inline(always)]
unsafe fn weighed<L: Lanes, const W: usize>(
    l: L,
    sum: &mut [L::V; W],
    row: *mut f32,
    most: &[L::V; W],
) {
    for (v, sum) in sum.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        unsafe {
            let p = exp2(l, l.sub(l.load(row.add(v * L::LANES)), most[v]));
            l.store(row.add(v * L::LANES), p);
            *sum = l.add(*sum, p);
        }
    }
}

/// Output rows: (what is there · fade + exponentials · values) · one over the sum, the first only
/// if `begun`, the last only if it `ends` here.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn gather<L: Lanes>(
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
            let rows = share(height - row, L::ROWS);
            // SAFETY: rows and columns of the output, all of the values, and a panel of weights.
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
                    keep: begun.map_or(Keep::Nothing, |fade| Keep::Scaled(fade.as_ptr().add(row))),
                    column_bias: std::ptr::null(),
                    row_bias: std::ptr::null(),
                    row_scale: ends.map_or(std::ptr::null(), |last| last.as_ptr().add(row)),
                });
            }
            row += rows;
        }
    }
}

/// The attention itself, `[query, key]`, for showing it: what [`attend`] never writes down.
/// `energies` is scratch, `32 · (keys + channels + 4)` numbers.
///
/// # Panics
/// If shapes do not fit.
pub fn attention_map(isa: Isa, attend: Attend, map: &mut MatrixMut, scratch: &mut Vec<f32>) {
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
    isa.run(Map { attend, map, scratch });
}

struct Map<'a, 'b> {
    attend: Attend<'a>,
    map: &'a mut MatrixMut<'b>,
    scratch: &'a mut [f32],
}

impl Work for Map<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
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
            products(l, a, 0, keys, panel, height, energies);
            hide(a, from, height, 0, energies);
            weigh(l, energies, height, &mut State { most, sum, fade, last });
            for i in 0..height {
                for (j, to) in self.map.row(from + i).iter_mut().enumerate() {
                    *to = energies[j * PANEL + i] * last[i];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
