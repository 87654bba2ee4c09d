//! A linear layer.

use crate::kernel::{Epilogue, Isa, Matrix, MatrixMut, PackedMatrix, linear_layer};

/// A linear layer `y = x·W + b`, with `W` packed for the CPU.
///
/// ```
/// use agoge_engine::kernel::{Epilogue, Isa, Matrix, MatrixMut};
/// use agoge_engine::runtime::PackedLinear;
/// let layer =
///     PackedLinear::new(Isa::best_supported(), Matrix::new(&[2.0, 3.0], 2, 1), &[1.0]);
/// assert_eq!((layer.inputs(), layer.outputs()), (2, 1));
/// let mut out = [100.0];
/// // Added to what is there: 100 + (10 · 2 + 1 · 3 + 1).
/// let x = Matrix::new(&[10.0, 1.0], 1, 2);
/// layer.apply_to_rows(x, Epilogue::Add, &mut MatrixMut::new(&mut out, 1, 1));
/// assert_eq!(out, [124.0]);
/// ```
#[derive(Clone, Debug)]
pub struct PackedLinear {
    weights: PackedMatrix,
    bias: Vec<f32>,
    isa: Isa,
}

impl PackedLinear {
    /// Packs a layer. Shapes: `weights` `[in, out]` with any strides (PyTorch's `[out, in]` is
    /// `Matrix::transposed`), `bias` `[out]`, or empty for none.
    ///
    /// # Panics
    /// If `bias` is neither empty nor `out` long.
    pub fn new(isa: Isa, weights: Matrix, bias: &[f32]) -> PackedLinear {
        assert!(bias.is_empty() || bias.len() == weights.columns(), "a bias of another width");
        PackedLinear { weights: PackedMatrix::new(isa, weights), bias: bias.to_vec(), isa }
    }

    /// Input channels.
    pub fn inputs(&self) -> usize {
        self.weights.rows()
    }

    /// Output channels.
    pub fn outputs(&self) -> usize {
        self.weights.columns()
    }

    /// The instruction set it was packed for.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Applies the layer to rows `[row, in]`; `after` says what happens to the product. `out` is
    /// `[row, out]`.
    ///
    /// # Panics
    /// If the shapes do not match.
    pub fn apply_to_rows(&self, x: Matrix, after: Epilogue, out: &mut MatrixMut) {
        let bias = if self.bias.is_empty() { None } else { Some(self.bias.as_slice()) };
        linear_layer(self.isa, x, &self.weights, bias, after, out);
    }
}
