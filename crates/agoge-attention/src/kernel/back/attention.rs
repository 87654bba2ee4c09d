//! The gradient of attention without a T×T matrix: each tile of the attention is made anew from the
//! logarithms of the sums that the forward pass left (Dao 2023, FlashAttention-2, algorithm 2).
#![allow(unsafe_code)]

use super::super::attention::{Attend, KEYS, hide, pack_queries, products};
use super::super::gemm::share;
use super::super::isa::{Isa, Work};
use super::super::lanes::Lanes;
use super::super::math::{LOG2_E, exp2};
use super::super::matrix::{Matrix, MatrixMut};
use super::super::tile::{Keep, PANEL, Tile};

/// What the gradient of attention is made from.
#[derive(Clone, Copy, Debug)]
pub struct Back<'a> {
    /// The attention.
    pub attend: Attend<'a>,
    /// Its output, `[query, channel out]`.
    pub out: Matrix<'a>,
    /// The logarithm of each query's sum, `[query]`, as the forward pass gives it.
    pub sums: &'a [f32],
    /// Gradient of the output, `[query, channel out]`.
    pub of_out: Matrix<'a>,
}

/// The gradients of queries, keys and values, which have their shapes; what is there is
/// overwritten. A query that saw nothing gives none. `scratch` is grown as needed; keep it to save
/// the allocation.
///
/// # Panics
/// If shapes do not fit.
pub fn attend_back(
    isa: Isa,
    back: Back,
    of_query: &mut MatrixMut,
    of_key: &mut MatrixMut,
    of_value: &mut MatrixMut,
    scratch: &mut Vec<f32>,
) {
    let a = &back.attend;
    a.check(of_query.rows(), of_value.columns());
    let (queries, keys, out) = (a.query.rows(), a.key.rows(), a.value.columns());
    let fits = |m: Matrix| m.rows() == queries && m.columns() == out && m.column_stride() == 1;
    assert!(
        fits(back.out) && fits(back.of_out) && back.sums.len() == queries,
        "the shapes of attention's output"
    );
    assert!(
        of_query.columns() == a.query.columns() && of_key.columns() == a.query.columns(),
        "gradients' channels"
    );
    assert!(of_key.rows() == keys && of_value.rows() == keys, "gradients' keys");
    let needed = PANEL * (a.query.columns() + out + 2 + 2 * KEYS);
    if scratch.len() < needed {
        scratch.resize(needed, 0.0);
    }
    let (of_query, of_key, of_value) =
        (of_query.reborrow(), of_key.reborrow(), of_value.reborrow());
    isa.run(Gradient { back, of_query, of_key, of_value, scratch: &mut scratch[..needed] });
}

struct Gradient<'a, 'b> {
    back: Back<'a>,
    of_query: MatrixMut<'b>,
    of_key: MatrixMut<'b>,
    of_value: MatrixMut<'b>,
    scratch: &'b mut [f32],
}

impl Work for Gradient<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(mut self, l: L) {
        let Back { attend: a, out, sums, of_out } = self.back;
        let (queries, channels) = (a.query.rows(), a.query.columns());
        let (query_panel, rest) = self.scratch.split_at_mut(PANEL * channels);
        let (slope_panel, rest) = rest.split_at_mut(PANEL * out.columns());
        let (logs, rest) = rest.split_at_mut(PANEL);
        let (shares, rest) = rest.split_at_mut(PANEL);
        let (energies, changes) = rest.split_at_mut(PANEL * KEYS);
        // The values take the place of the keys where the gradient of the attention is made.
        let values = Attend { key: a.value, key_bias: None, ..a };
        for matrix in [&mut self.of_key, &mut self.of_value] {
            for i in 0..matrix.rows() {
                matrix.row(i).fill(0.0);
            }
        }
        for from in (0..queries).step_by(PANEL) {
            let height = PANEL.min(queries - from);
            pack_queries(l, a.query.sub_rows(from, height), a.scale * LOG2_E, query_panel);
            pack_queries(l, of_out.sub_rows(from, height), 1.0, slope_panel);
            for i in 0..height {
                // Where nothing was seen the sum is zero; the attention must be as well.
                let sum = sums[from + i];
                logs[i] = if sum > f32::NEG_INFINITY { sum * LOG2_E } else { f32::INFINITY };
                shares[i] = dot(l, of_out.row(from + i), out.row(from + i));
            }
            let (start, stop) = a.seen(from, from + height);
            let mut done = start;
            while done < stop {
                let keys = share(stop - done, KEYS);
                let (energies, changes) =
                    (&mut energies[..keys * PANEL], &mut changes[..keys * PANEL]);
                products(l, &a, done, keys, query_panel, height, energies);
                hide(&a, from, height, done, energies);
                products(l, &values, done, keys, slope_panel, height, changes);
                weigh(l, energies, changes, height, logs, shares, a.scale);
                spread(l, energies, of_out.sub_rows(from, height), done, &mut self.of_value);
                spread(l, changes, a.query.sub_rows(from, height), done, &mut self.of_key);
                collect(
                    l,
                    changes,
                    a.key.sub_rows(done, keys),
                    from,
                    height,
                    done > start,
                    &mut self.of_query,
                );
                done += keys;
            }
            for i in 0..if start == stop { height } else { 0 } {
                self.of_query.row(from + i).fill(0.0);
            }
        }
    }
}

#[inline(always)]
fn dot<L: Lanes>(l: L, a: &[f32], b: &[f32]) -> f32 {
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

/// Energies (in units of log 2) become the attention, and its gradients become those of the
/// energies.
#[inline(always)]
fn weigh<L: Lanes>(
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
                let attention = exp2(l, l.sub(l.load(e.add(at)), log));
                l.store(e.add(at), attention);
                l.store(c.add(at), l.mul(l.mul(attention, scale), l.sub(l.load(c.add(at)), share)));
            }
        }
    }
}

/// `out[first + key] += tile[key, query] · rows[query]`
#[inline(always)]
fn spread<L: Lanes>(l: L, tile: &[f32], rows: Matrix, first: usize, out: &mut MatrixMut) {
    let (keys, columns, c_row) = (tile.len() / PANEL, out.columns(), out.row_stride());
    let c = out.as_mut_ptr();
    for column in (0..columns).step_by(2 * L::LANES) {
        let mut row = 0;
        while row < keys {
            let height = share(keys - row, L::ROWS);
            // SAFETY: keys `row .. row + height` of the tile, all of `rows`, and rows of `out` that
            // `attend_back` found to exist.
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
                    keep: Keep::All,
                    column_bias: std::ptr::null(),
                    row_bias: std::ptr::null(),
                    row_scale: std::ptr::null(),
                });
            }
            row += height;
        }
    }
}

/// `out[from + query] = tile[key, query] · rows[key]`, or added to what is there if `begun`.
#[inline(always)]
fn collect<L: Lanes>(
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
            let high = share(height - row, L::ROWS);
            // SAFETY: queries `row .. row + high` of the tile's 32, all of `rows`, and rows of
            // `out` that `attend_back` found to exist.
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
                    keep: if begun { Keep::All } else { Keep::Nothing },
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
    use super::super::super::attention::{Window, attend, scratch};
    use super::*;

    fn draw(random: &mut fastrand::Rng, n: usize) -> Vec<f32> {
        (0..n).map(|_| random.f32() * 2.0 - 1.0).collect()
    }

    /// Output of the definition in double precision, of which differences are taken.
    fn exact(
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

    /// Against central differences of the definition in f64 (step 1e-5: their own error is some
    /// 1e-9); 1e-5 for f32 sums of some hundred terms.
    #[test]
    fn gradients_are_the_slopes_of_the_definition() {
        let mut random = fastrand::Rng::with_seed(6);
        for (queries, keys, channels) in
            [(1usize, 1usize, 1usize), (3, 5, 7), (33, 40, 16), (7, 150, 5)]
        {
            for hidden in [false, true] {
                for window in [
                    None,
                    Some(Window {
                        first: keys.saturating_sub(queries),
                        back: usize::MAX,
                        ahead: 0,
                    }),
                ] {
                    let sizes =
                        [queries * channels, keys * channels, keys * channels, queries * channels];
                    let [q, k, v, g] = sizes.map(|n| draw(&mut random, n));
                    let bias: Vec<f32> = (0..keys)
                        .map(|j| if j % 3 == 1 { f32::NEG_INFINITY } else { 0.0 })
                        .collect();
                    let sees = |i: usize, j: usize| {
                        (!hidden || j % 3 != 1) && window.is_none_or(|w| j <= w.first + i)
                    };
                    let parts = [&q, &k, &v]
                        .map(|part| part.iter().map(|v| f64::from(*v)).collect::<Vec<f64>>());
                    let loss = |parts: &[Vec<f64>; 3]| -> f64 {
                        let out = exact(parts, [queries, keys, channels], 0.7, &sees);
                        out.iter().zip(&g).map(|(out, g)| out * f64::from(*g)).sum()
                    };
                    let attend_of = Attend {
                        query: Matrix::new(&q, queries, channels),
                        key: Matrix::new(&k, keys, channels),
                        value: Matrix::new(&v, keys, channels),
                        scale: 0.7,
                        key_bias: hidden.then_some(&bias[..]),
                        window,
                    };
                    for isa in Isa::all() {
                        let (mut out, mut sums) =
                            (vec![0.0; queries * channels], vec![0.0; queries]);
                        let mut room = vec![0.0; scratch(channels)];
                        let to = &mut MatrixMut::new(&mut out, queries, channels);
                        attend(isa, attend_of, to, Some(&mut sums), &mut room);
                        let back = Back {
                            attend: attend_of,
                            out: Matrix::new(&out, queries, channels),
                            sums: &sums,
                            of_out: Matrix::new(&g, queries, channels),
                        };
                        let mut of = [vec![9.0; q.len()], vec![9.0; k.len()], vec![9.0; v.len()]];
                        let [of_q, of_k, of_v] = &mut of;
                        attend_back(
                            isa,
                            back,
                            &mut MatrixMut::new(of_q, queries, channels),
                            &mut MatrixMut::new(of_k, keys, channels),
                            &mut MatrixMut::new(of_v, keys, channels),
                            &mut Vec::new(),
                        );
                        for (part, of) in of.iter().enumerate() {
                            for at in (0..of.len()).step_by(1 + of.len() / 20) {
                                let moved = |by: f64| {
                                    let mut parts = parts.clone();
                                    parts[part][at] += by;
                                    loss(&parts)
                                };
                                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                                let off = (slope - f64::from(of[at])).abs();
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
