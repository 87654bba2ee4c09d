//! The feed-forward half of a block.

use super::linear::PackedLinear;
use super::workspace::{UnitScratch, padded_stride};
use crate::kernel::{Epilogue, Matrix, MatrixMut};

/// `x + narrow(GELU(wide(x)))`, for each token independently.
#[derive(Clone, Debug)]
pub struct FeedForward {
    wide: PackedLinear,
    narrow: PackedLinear,
}

impl FeedForward {
    /// `wide` is `[width, inner]`, `narrow` `[inner, width]`.
    ///
    /// # Panics
    /// If the shapes do not match.
    pub fn new(wide: PackedLinear, narrow: PackedLinear) -> FeedForward {
        assert!(
            wide.outputs() == narrow.inputs() && wide.inputs() == narrow.outputs(),
            "a feed-forward's layers"
        );
        FeedForward { wide, narrow }
    }

    /// Length of the scratch memory for `rows` rows.
    pub fn scratch_len(&self, rows: usize) -> usize {
        rows * padded_stride(self.wide.outputs())
    }

    /// Adds the output for the normalised rows to `x`, `[row, channel]`.
    pub fn add_output(&self, normed: Matrix, x: &mut MatrixMut, scratch: &mut UnitScratch) {
        let (rows, inner) = (normed.rows(), self.wide.outputs());
        let mut hidden = MatrixMut::with_stride(
            scratch.inner_buffer(self.scratch_len(rows)),
            rows,
            inner,
            padded_stride(inner),
        );
        self.wide.apply_to_rows(normed, Epilogue::Gelu, &mut hidden);
        self.narrow.apply_to_rows(hidden.as_matrix(), Epilogue::Add, x);
    }
}
