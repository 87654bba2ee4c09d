//! The inner loop of every matrix product: a register tile of outer products (Goto and van de Geijn
//! 2008).
//!
//! The same tile serves linear layers, the energies of attention and its weighted sum of values;
//! the fields of [`Tile`] express the differences.
#![allow(unsafe_code)]

use super::lanes::SimdLanes;

/// Columns of a packed panel: two vectors of AVX-512, four of AVX2, eight of NEON.
pub(super) const PANEL: usize = 32;

/// `C = (keep · C + A·B + column bias + row bias) · row scale` for a tile that fits in registers.
/// All strides are in numbers.
///
/// # Safety
/// The caller guarantees: A can be read at `a + i·a_row + k·a_step`, B at `b + k·b_step .. +
/// columns` (rounded up to whole vectors if `b_whole`), C can be written at `c + i·c_row .. +
/// columns`, for `i < rows` and `k < depth`; each optional vector has `rows` or `columns` numbers;
/// C overlaps nothing else.
pub struct Tile {
    /// Rows, `1 ..= Lanes::ROWS`.
    pub rows: usize,
    /// Columns, `1 ..= 2 · LANES`.
    pub columns: usize,
    /// Length of the sums.
    pub depth: usize,
    /// First element of A.
    pub a: *const f32,
    /// Row stride of A.
    pub a_row: usize,
    /// Column stride of A.
    pub a_step: usize,
    /// First element of B.
    pub b: *const f32,
    /// Row stride of B.
    pub b_step: usize,
    /// Whether B can be read in whole vectors.
    pub b_whole: bool,
    /// First element of C.
    pub c: *mut f32,
    /// Row stride of C.
    pub c_row: usize,
    /// What happens to the existing values of C.
    pub keep: ExistingValues,
    /// Added to each row, one number per column; or null.
    pub column_bias: *const f32,
    /// Added to each column, one number per row; or null.
    pub row_bias: *const f32,
    /// Factor of each row, one number per row; or null.
    pub row_scale: *const f32,
}

/// What happens to the existing values of C.
#[derive(Clone, Copy)]
pub enum ExistingValues {
    /// They are overwritten.
    Nothing,
    /// The product is added to them.
    All,
    /// They are multiplied by one number per row, then the product is added.
    Scaled(*const f32),
}

/// Computes a tile of exactly `M` rows and at most `N` vectors of columns.
///
/// # Safety
/// See [`Tile`], with `rows = M` and `columns ≤ N · LANES`.
// Index loops are unrolled before register allocation; iterating over the sums halves the speed.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
pub(super) unsafe fn compute_tile<L: SimdLanes, const M: usize, const N: usize>(l: L, t: &Tile) {
    let mut acc = [[l.splat(0.0); N]; M];
    // SAFETY: all addresses are within the caller's guarantees.
    unsafe {
        let mut b = t.b;
        if t.b_whole || t.columns == N * L::LANES {
            let rows: [*const f32; M] = std::array::from_fn(|i| t.a.add(i * t.a_row));
            let mut at = 0;
            for _ in 0..t.depth {
                let columns: [L::V; N] = std::array::from_fn(|j| l.load(b.add(j * L::LANES)));
                for i in 0..M {
                    let a = l.splat(*rows[i].add(at));
                    for j in 0..N {
                        acc[i][j] = l.fma(a, columns[j], acc[i][j]);
                    }
                }
                at += t.a_step;
                // (Past the last row the pointer may be out of bounds; it is not read there.)
                b = b.wrapping_add(t.b_step);
            }
        } else {
            for k in 0..t.depth {
                let columns: [L::V; N] = std::array::from_fn(|j| load_columns(l, b, j, t.columns));
                for (i, row) in acc.iter_mut().enumerate() {
                    let a = l.splat(*t.a.add(i * t.a_row + k * t.a_step));
                    for (sum, column) in row.iter_mut().zip(columns) {
                        *sum = l.fma(a, column, *sum);
                    }
                }
                b = b.wrapping_add(t.b_step);
            }
        }
        if !t.column_bias.is_null() {
            for j in 0..N {
                let bias = load_columns(l, t.column_bias, j, t.columns);
                for i in 0..M {
                    acc[i][j] = l.add(acc[i][j], bias);
                }
            }
        }
        for i in 0..M {
            let c = t.c.add(i * t.c_row);
            for j in 0..N {
                let mut sum = acc[i][j];
                match t.keep {
                    ExistingValues::Nothing => {}
                    ExistingValues::All => sum = l.add(load_columns(l, c, j, t.columns), sum),
                    ExistingValues::Scaled(by) => {
                        sum = l.fma(load_columns(l, c, j, t.columns), l.splat(*by.add(i)), sum)
                    }
                }
                if !t.row_bias.is_null() {
                    sum = l.add(sum, l.splat(*t.row_bias.add(i)));
                }
                if !t.row_scale.is_null() {
                    sum = l.mul(sum, l.splat(*t.row_scale.add(i)));
                }
                store_columns(l, c, j, t.columns, sum);
            }
        }
    }
}

/// Loads the `j`-th vector of `columns` numbers, padded with zeros.
///
/// # Safety
/// `columns` numbers can be read at `from`.
#[inline(always)]
unsafe fn load_columns<L: SimdLanes>(l: L, from: *const f32, j: usize, columns: usize) -> L::V {
    let left = columns.saturating_sub(j * L::LANES);
    // SAFETY: reads stay below `columns`; a vector that begins past it is not read at all.
    unsafe {
        if left >= L::LANES {
            l.load(from.add(j * L::LANES))
        } else if left > 0 {
            l.load_first(from.add(j * L::LANES), left)
        } else {
            l.splat(0.0)
        }
    }
}

/// Stores the `j`-th vector of `columns` numbers.
///
/// # Safety
/// `columns` numbers can be written at `to`.
#[inline(always)]
unsafe fn store_columns<L: SimdLanes>(l: L, to: *mut f32, j: usize, columns: usize, v: L::V) {
    let left = columns.saturating_sub(j * L::LANES);
    // SAFETY: writes stay below `columns`.
    unsafe {
        if left >= L::LANES {
            l.store(to.add(j * L::LANES), v);
        } else if left > 0 {
            l.store_first(to.add(j * L::LANES), left, v);
        }
    }
}

/// Implements `SimdLanes::tile` by dispatching to a tile with constant row count, one or two
/// vectors wide, so that the sums stay in registers.
macro_rules! tiles {
    ($($rows:literal)*) => {
        #[inline(always)]
        unsafe fn tile(self, t: &Tile) {
            // SAFETY: guaranteed by the caller, for each row count.
            unsafe {
                if t.columns > Self::LANES {
                    match t.rows {
                        $($rows => $crate::kernel::tile::compute_tile::<Self, $rows, 2>(self, t),)*
                        _ => {}
                    }
                } else {
                    match t.rows {
                        $($rows => $crate::kernel::tile::compute_tile::<Self, $rows, 1>(self, t),)*
                        _ => {}
                    }
                }
            }
        }
    };
}
pub(crate) use tiles;
