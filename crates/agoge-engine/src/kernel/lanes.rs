//! A SIMD vector of single-precision numbers, as wide as the instruction set allows.
#![allow(unsafe_code)]

use super::tile::Tile;

/// The vector operations that kernels are written in. A value of an implementing type is proof that
/// the CPU has its instructions.
pub trait SimdLanes: Copy {
    /// The vector type.
    type V: Copy;
    /// Numbers per vector; a divisor of the columns of a packed panel, 32.
    const LANES: usize;
    /// Rows of the largest register tile of a matrix product.
    const ROWS: usize;
    /// The smallest exponent that [`SimdLanes::scale`] accepts; the result is zero there.
    const LEAST: f32;

    /// A vector with all lanes equal to `x`.
    fn splat(self, x: f32) -> Self::V;
    /// Loads a vector from an address.
    ///
    /// # Safety
    /// `LANES` numbers can be read there.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// Stores a vector to an address.
    ///
    /// # Safety
    /// `LANES` numbers can be written there.
    unsafe fn store(self, to: *mut f32, v: Self::V);
    /// Loads the first `n < LANES` numbers at an address and sets the other lanes to zero.
    ///
    /// # Safety
    /// `n` numbers can be read there.
    unsafe fn load_first(self, from: *const f32, n: usize) -> Self::V;
    /// Stores the first `n < LANES` lanes.
    ///
    /// # Safety
    /// `n` numbers can be written there.
    unsafe fn store_first(self, to: *mut f32, n: usize, v: Self::V);
    /// `a + b`
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a · b`
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a / b`
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a · b + c`, fused if the machine supports it.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The lane-wise maximum.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The lane-wise minimum.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// The nearest whole number, for `|x| < 2^22`.
    fn round(self, x: Self::V) -> Self::V;
    /// `x · 2^n` for `x` in [0.5, 2] and whole `n` in `[LEAST, 127]`.
    fn scale(self, x: Self::V, n: Self::V) -> Self::V;
    /// The sum of the lanes.
    fn sum(self, x: Self::V) -> f32;
    /// Computes a register tile of a matrix product; `tile.rows ≤ ROWS`.
    ///
    /// # Safety
    /// See `Tile`.
    unsafe fn tile(self, tile: &Tile);
    /// Writes the transpose of `LANES` rows of `LANES` numbers, `row` apart at `from`, to `LANES`
    /// rows `step` apart at `to`, times `factor`.
    ///
    /// # Safety
    /// Both blocks can be accessed and do not overlap.
    #[inline(always)]
    unsafe fn transpose_block(
        self,
        from: *const f32,
        row: usize,
        to: *mut f32,
        step: usize,
        factor: f32,
    ) {
        for i in 0..Self::LANES {
            for j in 0..Self::LANES {
                // SAFETY: within both blocks.
                unsafe { *to.add(j * step + i) = factor * *from.add(i * row + j) };
            }
        }
    }
}
