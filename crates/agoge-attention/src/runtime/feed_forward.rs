//! The feed-forward half of a block.

use super::linear::Linear;
use super::workspace::{Scratch, padded};
use crate::kernel::{After, Matrix, MatrixMut};

/// `x + narrow(GELU(wide(x)))`, for each token independently.
#[derive(Clone, Debug)]
pub struct FeedForward {
    wide: Linear,
    narrow: Linear,
}

impl FeedForward {
    /// `wide` is `[width, inner]`, `narrow` `[inner, width]`.
    ///
    /// # Panics
    /// If the shapes do not match.
    pub fn new(wide: Linear, narrow: Linear) -> FeedForward {
        assert!(
            wide.outputs() == narrow.inputs() && wide.inputs() == narrow.outputs(),
            "a feed-forward's layers"
        );
        FeedForward { wide, narrow }
    }

    /// Length of the scratch memory for `rows` rows.
    pub(crate) fn scratch(&self, rows: usize) -> usize {
        rows * padded(self.wide.outputs())
    }

    /// Adds the output for the normalised rows to `x`, `[row, channel]`.
    pub(crate) fn add(&self, normed: Matrix, x: &mut MatrixMut, scratch: &mut Scratch) {
        let (rows, inner) = (normed.rows(), self.wide.outputs());
        let mut hidden =
            MatrixMut::strided(scratch.inner(self.scratch(rows)), rows, inner, padded(inner));
        self.wide.forward(normed, After::Gelu, &mut hidden);
        self.narrow.forward(hidden.as_matrix(), After::Add, x);
    }
}
