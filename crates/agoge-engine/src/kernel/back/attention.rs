//! The gradient of attention without a T×T matrix: each tile of the attention is recomputed from
//! the logarithms of the sums that the forward pass saved (Dao 2023, FlashAttention-2, algorithm
//! 2).
#![allow(unsafe_code)]

use super::super::attention::{
    AttentionInputs, KEYS, compute_energies, mask_energies, pack_queries,
};
use super::super::gemm::next_tile_rows;
use super::super::isa::{Isa, Kernel};
use super::super::lanes::SimdLanes;
use super::super::math::{LOG2_E, exp2_lanes};
use super::super::matrix::{Matrix, MatrixMut};
use super::super::tile::{ExistingValues, PANEL, Tile};

/// Inputs of the backward pass of attention.
#[derive(Clone, Copy, Debug)]
pub struct BackwardInputs<'a> {
    /// The inputs of the forward pass.
    pub attend: AttentionInputs<'a>,
    /// Its output, `[query, channel out]`.
    pub out: Matrix<'a>,
    /// Logarithm of each query's sum, `[query]`, from the forward pass.
    pub sums: &'a [f32],
    /// Gradient of the output, `[query, channel out]`.
    pub out_gradient: Matrix<'a>,
}

/// Computes the gradients of queries, keys and values, which have their shapes, overwriting the
/// outputs. A query that saw no key contributes nothing. `scratch` grows as needed; reuse it to
/// avoid allocating.
///
/// # Panics
/// If the shapes do not match.
pub fn attend_backward(
    isa: Isa,
    back: BackwardInputs,
    query_gradient: &mut MatrixMut,
    key_gradient: &mut MatrixMut,
    value_gradient: &mut MatrixMut,
    scratch: &mut Vec<f32>,
) {
    let a = &back.attend;
    a.check_shapes(query_gradient.rows(), value_gradient.columns());
    let (queries, keys, out) = (a.query.rows(), a.key.rows(), a.value.columns());
    let fits = |m: Matrix| m.rows() == queries && m.columns() == out && m.column_stride() == 1;
    assert!(
        fits(back.out) && fits(back.out_gradient) && back.sums.len() == queries,
        "the shapes of attention's output"
    );
    assert!(
        query_gradient.columns() == a.query.columns()
            && key_gradient.columns() == a.query.columns(),
        "gradients' channels"
    );
    assert!(key_gradient.rows() == keys && value_gradient.rows() == keys, "gradients' keys");
    let needed = PANEL * (a.query.columns() + out + 2 + 2 * KEYS);
    if scratch.len() < needed {
        scratch.resize(needed, 0.0);
    }
    let (query_gradient, key_gradient, value_gradient) =
        (query_gradient.reborrow(), key_gradient.reborrow(), value_gradient.reborrow());
    isa.run_kernel(AttentionGradient {
        back,
        query_gradient,
        key_gradient,
        value_gradient,
        scratch: &mut scratch[..needed],
    });
}

struct AttentionGradient<'a, 'b> {
    back: BackwardInputs<'a>,
    query_gradient: MatrixMut<'b>,
    key_gradient: MatrixMut<'b>,
    value_gradient: MatrixMut<'b>,
    scratch: &'b mut [f32],
}

impl Kernel for AttentionGradient<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(mut self, l: L) {
        let BackwardInputs { attend: a, out, sums, out_gradient } = self.back;
        let (queries, channels) = (a.query.rows(), a.query.columns());
        let (query_panel, rest) = self.scratch.split_at_mut(PANEL * channels);
        let (slope_panel, rest) = rest.split_at_mut(PANEL * out.columns());
        let (logs, rest) = rest.split_at_mut(PANEL);
        let (shares, rest) = rest.split_at_mut(PANEL);
        let (energies, changes) = rest.split_at_mut(PANEL * KEYS);
        // The values stand in for the keys to compute the gradient of the attention.
        let values = AttentionInputs { key: a.value, key_bias: None, ..a };
        for matrix in [&mut self.key_gradient, &mut self.value_gradient] {
            for i in 0..matrix.rows() {
                matrix.row_mut(i).fill(0.0);
            }
        }
        for from in (0..queries).step_by(PANEL) {
            let height = PANEL.min(queries - from);
            pack_queries(l, a.query.sub_rows(from, height), a.scale * LOG2_E, query_panel);
            pack_queries(l, out_gradient.sub_rows(from, height), 1.0, slope_panel);
            for i in 0..height {
                // If nothing was seen the sum is zero, and the attention must be too.
                let sum = sums[from + i];
                logs[i] = if sum > f32::NEG_INFINITY { sum * LOG2_E } else { f32::INFINITY };
                shares[i] = dot_product(l, out_gradient.row(from + i), out.row(from + i));
            }
            let (start, stop) = a.visible_keys(from, from + height);
            let mut first_key = start;
            while first_key < stop {
                let keys = next_tile_rows(stop - first_key, KEYS);
                let (energies, changes) =
                    (&mut energies[..keys * PANEL], &mut changes[..keys * PANEL]);
                compute_energies(l, &a, first_key, keys, query_panel, height, energies);
                mask_energies(&a, from, height, first_key, energies);
                compute_energies(l, &values, first_key, keys, slope_panel, height, changes);
                attention_gradients(l, energies, changes, height, logs, shares, a.scale);
                add_to_keys(
                    l,
                    energies,
                    out_gradient.sub_rows(from, height),
                    first_key,
                    &mut self.value_gradient,
                );
                add_to_keys(
                    l,
                    changes,
                    a.query.sub_rows(from, height),
                    first_key,
                    &mut self.key_gradient,
                );
                add_to_queries(
                    l,
                    changes,
                    a.key.sub_rows(first_key, keys),
                    from,
                    height,
                    first_key > start,
                    &mut self.query_gradient,
                );
                first_key += keys;
            }
            for i in 0..if start == stop { height } else { 0 } {
                self.query_gradient.row_mut(from + i).fill(0.0);
            }
        }
    }
}

#[inline(always)]
fn dot_product<L: SimdLanes>(l: L, a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let whole = n - n % L::LANES;
    let mut sum = l.splat(0.0);
    // SAFETY: whole vectors and the rest of both rows.
    unsafe {
        for at in (0..whole).step_by(L::LANES) {
            sum = l.fma(l.load(a.as_ptr().add(at)), l.load(b.as_ptr().add(at)), sum);
        }
        if whole < n {
            let rest = n - whole;
            sum = l.fma(
                l.load_first(a.as_ptr().add(whole), rest),
                l.load_first(b.as_ptr().add(whole), rest),
                sum,
            );
        }
    }
    l.sum(sum)
}

/// Turns energies (in units of log 2) into attention, and gradients of the attention into gradients
/// of the energies.
#[inline(always)]
fn attention_gradients<L: SimdLanes>(
    l: L,
    energies: &mut [f32],
    changes: &mut [f32],
    height: usize,
    logs: &[f32],
    shares: &[f32],
    scale: f32,
) {
    let keys = energies.len().min(changes.len()) / PANEL;
    let (e, c) = (energies.as_mut_ptr(), changes.as_mut_ptr());
    let scale = l.splat(scale);
    for lane in (0..height).step_by(L::LANES) {
        // SAFETY: whole vectors within rows of 32 (`height` is at most 32, a multiple of every
        // vector's length).
        unsafe {
            let (log, share) = (l.load(logs.as_ptr().add(lane)), l.load(shares.as_ptr().add(lane)));
            for at in (lane..keys * PANEL).step_by(PANEL) {
                let attention = exp2_lanes(l, l.sub(l.load(e.add(at)), log));
                l.store(e.add(at), attention);
                l.store(c.add(at), l.mul(l.mul(attention, scale), l.sub(l.load(c.add(at)), share)));
            }
        }
    }
}

/// `out[first + key] += tile[key, query] · rows[query]`
#[inline(always)]
fn add_to_keys<L: SimdLanes>(l: L, tile: &[f32], rows: Matrix, first: usize, out: &mut MatrixMut) {
    let (keys, columns, c_row) = (tile.len() / PANEL, out.columns(), out.row_stride());
    let c = out.as_mut_ptr();
    for column in (0..columns).step_by(2 * L::LANES) {
        let mut row = 0;
        while row < keys {
            let height = next_tile_rows(keys - row, L::ROWS);
            // SAFETY: keys `row .. row + height` of the tile, all of `rows`, and rows of `out` that
            // `attend_backward` checked to exist.
            unsafe {
                l.tile(&Tile {
                    rows: height,
                    columns: (columns - column).min(2 * L::LANES),
                    depth: rows.rows(),
                    a: tile.as_ptr().add(row * PANEL),
                    a_row: PANEL,
                    a_step: 1,
                    b: rows.as_ptr().add(column),
                    b_step: rows.row_stride(),
                    b_whole: false,
                    c: c.add((first + row) * c_row + column),
                    c_row,
                    keep: ExistingValues::All,
                    column_bias: std::ptr::null(),
                    row_bias: std::ptr::null(),
                    row_scale: std::ptr::null(),
                });
            }
            row += height;
        }
    }
}

/// `out[from + query] = tile[key, query] · rows[key]`, or added to the existing values if `begun`.
#[inline(always)]
fn add_to_queries<L: SimdLanes>(
    l: L,
    tile: &[f32],
    rows: Matrix,
    from: usize,
    height: usize,
    begun: bool,
    out: &mut MatrixMut,
) {
    let (columns, c_row) = (out.columns(), out.row_stride());
    let c = out.as_mut_ptr();
    for column in (0..columns).step_by(2 * L::LANES) {
        let mut row = 0;
        while row < height {
            let high = next_tile_rows(height - row, L::ROWS);
            // SAFETY: queries `row .. row + high` of the tile's 32, all of `rows`, and rows of
            // `out` that `attend_backward` checked to exist.
            unsafe {
                l.tile(&Tile {
                    rows: high,
                    columns: (columns - column).min(2 * L::LANES),
                    depth: rows.rows(),
                    a: tile.as_ptr().add(row),
                    a_row: 1,
                    a_step: PANEL,
                    b: rows.as_ptr().add(column),
                    b_step: rows.row_stride(),
                    b_whole: false,
                    c: c.add((from + row) * c_row + column),
                    c_row,
                    keep: if begun { ExistingValues::All } else { ExistingValues::Nothing },
                    column_bias: std::ptr::null(),
                    row_bias: std::ptr::null(),
                    row_scale: std::ptr::null(),
                });
            }
            row += high;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::attention::{KeyWindow, attend_head, scratch_len};
    use super::*;

    fn random_values(random: &mut fastrand::Rng, n: usize) -> Vec<f32> {
        (0..n).map(|_| random.f32() * 2.0 - 1.0).collect()
    }

    /// Output of the definition in double precision, for finite differences.
    fn exact_output(
        parts: &[Vec<f64>; 3],
        [queries, keys, channels]: [usize; 3],
        scale: f64,
        sees: &dyn Fn(usize, usize) -> bool,
    ) -> Vec<f64> {
        let mut out = vec![0.0; queries * channels];
        for i in 0..queries {
            let weight = |j: usize| {
                let energy: f64 = (0..channels)
                    .map(|c| parts[0][i * channels + c] * parts[1][j * channels + c])
                    .sum();
                if sees(i, j) { (energy * scale).exp() } else { 0.0 }
            };
            let weights: Vec<f64> = (0..keys).map(weight).collect();
            let sum: f64 = weights.iter().sum::<f64>().max(1e-300);
            for (j, weight) in weights.iter().enumerate() {
                for c in 0..channels {
                    out[i * channels + c] += weight / sum * parts[2][j * channels + c];
                }
            }
        }
        out
    }

    /// Compared with central differences of the definition in f64 (step 1e-5, error about 1e-9).
    /// The tolerance of 1e-5 allows for f32 sums of about a hundred terms.
    #[test]
    fn gradients_are_the_slopes_of_the_definition() {
        let mut random = fastrand::Rng::with_seed(6);
        for (queries, keys, channels) in
            [(1usize, 1usize, 1usize), (3, 5, 7), (33, 40, 16), (7, 150, 5)]
        {
            for hidden in [false, true] {
                for window in [
                    None,
                    Some(KeyWindow {
                        first: keys.saturating_sub(queries),
                        back: usize::MAX,
                        ahead: 0,
                    }),
                ] {
                    let sizes =
                        [queries * channels, keys * channels, keys * channels, queries * channels];
                    let [q, k, v, g] = sizes.map(|n| random_values(&mut random, n));
                    let bias: Vec<f32> = (0..keys)
                        .map(|j| if j % 3 == 1 { f32::NEG_INFINITY } else { 0.0 })
                        .collect();
                    let sees = |i: usize, j: usize| {
                        (!hidden || j % 3 != 1) && window.is_none_or(|w| j <= w.first + i)
                    };
                    let parts = [&q, &k, &v]
                        .map(|part| part.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>());
                    let loss = |parts: &[Vec<f64>; 3]| -> f64 {
                        let out = exact_output(parts, [queries, keys, channels], 0.7, &sees);
                        out.iter().zip(&g).map(|(out, g)| out * f64::from(*g)).sum()
                    };
                    let inputs = AttentionInputs {
                        query: Matrix::new(&q, queries, channels),
                        key: Matrix::new(&k, keys, channels),
                        value: Matrix::new(&v, keys, channels),
                        scale: 0.7,
                        key_bias: hidden.then_some(&bias[..]),
                        window,
                    };
                    for isa in Isa::all_supported() {
                        let (mut out, mut sums) =
                            (vec![0.0; queries * channels], vec![0.0; queries]);
                        let mut memory = vec![0.0; scratch_len(channels)];
                        let to = &mut MatrixMut::new(&mut out, queries, channels);
                        attend_head(isa, inputs, to, Some(&mut sums), &mut memory);
                        let back = BackwardInputs {
                            attend: inputs,
                            out: Matrix::new(&out, queries, channels),
                            sums: &sums,
                            out_gradient: Matrix::new(&g, queries, channels),
                        };
                        let mut gradients =
                            [vec![9.0; q.len()], vec![9.0; k.len()], vec![9.0; v.len()]];
                        let [query_gradient, key_gradient, value_gradient] = &mut gradients;
                        attend_backward(
                            isa,
                            back,
                            &mut MatrixMut::new(query_gradient, queries, channels),
                            &mut MatrixMut::new(key_gradient, keys, channels),
                            &mut MatrixMut::new(value_gradient, keys, channels),
                            &mut Vec::new(),
                        );
                        for (part, gradient) in gradients.iter().enumerate() {
                            for at in (0..gradient.len()).step_by(1 + gradient.len() / 20) {
                                let moved = |by: f64| {
                                    let mut parts = parts.clone();
                                    parts[part][at] += by;
                                    loss(&parts)
                                };
                                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                                let off = (slope - f64::from(gradient[at])).abs();
                                assert!(
                                    off < 1e-5,
                                    "{} {queries}×{keys}×{channels} {part} {at}: off by {off}",
                                    isa.name()
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}
