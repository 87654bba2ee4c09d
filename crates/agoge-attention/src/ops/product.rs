//! Matrix products on slices: plain, with the left or the right side transposed, added to what is there or not. One thread; the caller shares out the work.

use super::tile::{FEW, Left, MANY, Place, panel};
use pulp::{Arch, Simd, WithSimd};
use std::cell::RefCell;

/// A matrix in a slice: element (i, j) is at `i · row + j · column`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// The values.
    pub(crate) data: &'a [f32],
    /// From one row to the next.
    pub(crate) row: usize,
    /// From one column to the next.
    pub(crate) column: usize,
}

impl<'a> View<'a> {
    /// Rows of `columns` values, one after the other.
    pub(crate) fn rows(data: &'a [f32], columns: usize) -> View<'a> {
        View { data, row: columns, column: 1 }
    }

    /// The transpose.
    pub(crate) fn t(self) -> View<'a> {
        View { row: self.column, column: self.row, ..self }
    }
}

/// Columns of a packed panel of the right side: a multiple of every vector's length.
const PANEL: usize = 48;
/// Steps of the shared dimension that are done in one go: a panel then fits into the first cache.
const DEPTH: usize = 192;

thread_local! {
    /// Packed sides, kept from call to call.
    static PACKED: RefCell<(Vec<f32>, Vec<f32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// `out[m, n] = a[m, k] · b[k, n]`, or added to `out` if `add`; `out` has rows of `n` values. Sizes are `[m, n, k]`.
pub(crate) fn product(sizes: [usize; 3], a: View, b: View, out: &mut [f32], add: bool) {
    let [m, n, k] = sizes;
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !add {
            out[..m * n].fill(0.0);
        }
        return;
    }
    PACKED.with_borrow_mut(|(left, right)| Arch::new().dispatch(Product { sizes, a, b, out, add, left, right }));
}

struct Product<'a> {
    sizes: [usize; 3],
    a: View<'a>,
    b: View<'a>,
    out: &'a mut [f32],
    add: bool,
    left: &'a mut Vec<f32>,
    right: &'a mut Vec<f32>,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 { self.run::<S, MANY>(simd) } else { self.run::<S, FEW>(simd) }
    }
}

impl Product<'_> {
    #[inline(always)]
    fn run<S: Simd, const R: usize>(self, simd: S) {
        let [m, n, k] = self.sizes;
        for from in (0..k).step_by(DEPTH) {
            let depth = DEPTH.min(k - from);
            pack_right(self.b, n, from, depth, self.right);
            let packed = self.a.column != 1;
            if packed {
                pack_left::<R>(self.a, m, from, depth, self.left);
            }
            for (j, right) in self.right.chunks_exact(depth * PANEL).enumerate() {
                for i in 0..m.div_ceil(R) {
                    let left = if packed {
                        Left::Packed(&self.left.as_chunks::<R>().0[i * depth..(i + 1) * depth])
                    } else {
                        // Rows beyond the last are the last again; they are not written.
                        Left::Rows(std::array::from_fn(|r| {
                            let start = (i * R + r).min(m - 1) * self.a.row + from;
                            &self.a.data[start..start + depth]
                        }))
                    };
                    let place = Place {
                        at: i * R * n + j * PANEL,
                        stride: n,
                        rows: R.min(m - i * R),
                        columns: PANEL.min(n - j * PANEL),
                        add: self.add || from > 0,
                    };
                    panel::<S, R>(simd, left, right, PANEL, self.out, &place);
                }
            }
        }
    }
}

/// Panels `[panel][step][PANEL]` of the right side, padded with zeros.
#[inline(always)]
fn pack_right(b: View, n: usize, from: usize, depth: usize, packed: &mut Vec<f32>) {
    packed.resize(n.div_ceil(PANEL) * depth * PANEL, 0.0);
    for (j, panel) in packed.chunks_exact_mut(depth * PANEL).enumerate() {
        let first = j * PANEL;
        let columns = PANEL.min(n - first);
        if columns < PANEL {
            panel.fill(0.0);
        }
        if b.column == 1 {
            for (p, to) in panel.chunks_exact_mut(PANEL).enumerate() {
                let start = (from + p) * b.row + first;
                to[..columns].copy_from_slice(&b.data[start..start + columns]);
            }
        } else {
            transpose(&b.data[first * b.column + from * b.row..], b.column, columns, depth, panel, PANEL);
        }
    }
}

/// Panels `[panel][step][R]` of a left side whose columns lie together.
#[inline(always)]
fn pack_left<const R: usize>(a: View, m: usize, from: usize, depth: usize, packed: &mut Vec<f32>) {
    packed.resize(m.div_ceil(R) * depth * R, 0.0);
    for (i, panel) in packed.chunks_exact_mut(depth * R).enumerate() {
        let rows = R.min(m - i * R);
        for (p, to) in panel.as_chunks_mut::<R>().0.iter_mut().enumerate() {
            let start = (from + p) * a.column + i * R;
            let of = &a.data[start..start + rows];
            match of.first_chunk::<R>() {
                Some(of) => *to = *of,
                None => {
                    *to = [0.0; R];
                    to[..rows].copy_from_slice(of);
                }
            }
        }
    }
}

/// `to[p][j] = of[j][p]` for `rows` rows of `of` (from row to row `stride`) of `columns` values; `to` has rows of `width`. Eight rows at a time.
#[inline(always)]
pub(crate) fn transpose(of: &[f32], stride: usize, rows: usize, columns: usize, to: &mut [f32], width: usize) {
    let eights = rows / 8 * 8;
    for j in (0..eights).step_by(8) {
        let of: [&[f32]; 8] = std::array::from_fn(|r| &of[(j + r) * stride..(j + r) * stride + columns]);
        for (p, to) in to.chunks_exact_mut(width).enumerate().take(columns) {
            if let Some(to) = to[j..].first_chunk_mut::<8>() {
                *to = of.map(|of| of[p]);
            }
        }
    }
    for j in eights..rows {
        let of = &of[j * stride..j * stride + columns];
        for (to, &value) in to[j..].iter_mut().step_by(width).zip(of) {
            *to = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    /// Against sums in f64; 1e-5 is ten rounding errors of sums of some hundred terms of size 1.
    #[test]
    fn products_are_those_of_the_definition() {
        let mut rng = Rng::with_seed(1);
        for [m, n, k] in [[1, 1, 1], [7, 5, 3], [8, 48, 8], [13, 97, 29], [33, 50, 401], [24, 16, 200], [3, 1, 0]] {
            let mut draw = |n: usize| (0..n).map(|_| rng.f32() - 0.5).collect::<Vec<f32>>();
            let (a, b, c) = (draw(m * k), draw(k * n), draw(m * n));
            let sides = [
                (View::rows(&a, k), View::rows(&b, n)),
                (View::rows(&a, m).t(), View::rows(&b, n)),
                (View::rows(&a, k), View::rows(&b, k).t()),
                (View::rows(&a, m).t(), View::rows(&b, k).t()),
            ];
            for (a, b) in sides {
                for add in [false, true] {
                    let mut out = c.clone();
                    product([m, n, k], a, b, &mut out, add);
                    for i in 0..m {
                        for j in 0..n {
                            let term = |p: usize| {
                                f64::from(a.data[i * a.row + p * a.column])
                                    * f64::from(b.data[p * b.row + j * b.column])
                            };
                            let right = (0..k).map(term).sum::<f64>() + if add { f64::from(c[i * n + j]) } else { 0.0 };
                            let off = (f64::from(out[i * n + j]) - right).abs();
                            assert!(off < 1e-5, "{m} {n} {k} ({i}, {j}): off by {off}");
                        }
                    }
                }
            }
        }
    }
}
