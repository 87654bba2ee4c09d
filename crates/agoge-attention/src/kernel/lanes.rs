//! A vector of single-precision numbers, as wide as the instruction set has them.
#![allow(unsafe_code)]

use super::tile::Tile;

/// The operations that kernels are written in. A value of an implementing type is the proof that
/// its instructions exist.
pub(crate) trait Lanes: Copy {
    /// The vector.
    type V: Copy;
    /// How many numbers it holds; a divisor of [`super::tile::PANEL`].
    const LANES: usize;
    /// Rows of the largest register tile of a matrix product.
    const ROWS: usize;
    /// The least exponent that [`Lanes::scale`] takes; it gives zero there.
    const LEAST: f32;

    /// All lanes the same.
    fn splat(self, x: f32) -> Self::V;
    /// The numbers at an address.
    ///
    /// # Safety
    /// `LANES` numbers can be read there.
    unsafe fn load(self, from: *const f32) -> Self::V;
    /// Writes to an address.
    ///
    /// # Safety
    /// `LANES` numbers can be written there.
    unsafe fn store(self, to: *mut f32, v: Self::V);
    /// The first `n < LANES` numbers at an address, the other lanes zero.
    ///
    /// # Safety
    /// `n` numbers can be read there.
    unsafe fn load_first(self, from: *const f32, n: usize) -> Self::V;
    /// Writes the first `n < LANES` lanes.
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
    /// `a · b + c`, fused where the machine can.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// The nearest whole number, for `|x| < 2^22`.
    fn round(self, x: Self::V) -> Self::V;
    /// `x · 2^n` for `x` in [0.5, 2] and whole `n` in `[LEAST, 127]`.
    fn scale(self, x: Self::V, n: Self::V) -> Self::V;
    /// Sum of the lanes.
    fn sum(self, x: Self::V) -> f32;
    /// Register tile of a matrix product; `tile.rows ≤ ROWS`.
    ///
    /// # Safety
    /// As [`Tile`] says.
    unsafe fn tile(self, tile: &Tile);
    /// Writes the transpose of `LANES` rows of `LANES` numbers, `row` apart at `from`, to `LANES`
    /// rows `step` apart at `to`, times `factor`.
    ///
    /// # Safety
    /// Those can be read and written, and do not overlap.
    #[inline(always)]
    unsafe fn transpose(
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
