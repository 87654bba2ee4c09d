//! Layer norm (Ba, Kiros and Hinton 2016).

use crate::kernel::{Isa, Matrix, MatrixMut, layer_norm};

/// Layer norm with its gain and shift, each `[channel]`.
#[derive(Clone, Debug)]
pub struct RuntimeLayerNorm {
    gain: Vec<f32>,
    shift: Vec<f32>,
    epsilon: f32,
    isa: Isa,
}

impl RuntimeLayerNorm {
    /// A layer norm; PyTorch's and Burn's `epsilon` is 1e-5.
    ///
    /// # Panics
    /// If `gain` and `shift` differ in length.
    pub fn new(isa: Isa, gain: &[f32], shift: &[f32], epsilon: f32) -> RuntimeLayerNorm {
        assert!(gain.len() == shift.len(), "a gain and a shift of different widths");
        RuntimeLayerNorm { gain: gain.to_vec(), shift: shift.to_vec(), epsilon, isa }
    }

    /// Normalises rows `[row, channel]` into `out`.
    ///
    /// # Panics
    /// If the shapes do not match.
    pub fn normalise_rows(&self, x: Matrix, out: &mut MatrixMut) {
        layer_norm(self.isa, x, &self.gain, &self.shift, self.epsilon, out);
    }

    /// Normalises rows in place.
    ///
    /// # Panics
    /// If the shapes do not match.
    pub fn normalise_in_place(&self, x: &mut MatrixMut) {
        crate::kernel::norm::layer_norm_in_place(
            self.isa,
            x,
            &self.gain,
            &self.shift,
            self.epsilon,
        );
    }
}
