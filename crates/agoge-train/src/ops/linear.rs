//! Linear maps with bias, optionally followed by GELU.

use super::elementwise::{add_rows, multiply_elements};
use super::operation::{GradientOperation, Operand, TensorValues, apply_operation};
use agoge_engine::kernel::back::gelu_slope;
use agoge_engine::kernel::{
    self, Epilogue, Isa, Matrix, MatrixMut, PackedMatrix, Parallelism, matrix_product,
};
use burn::tensor::{Tensor, activation, module};
use std::cell::RefCell;

/// `x · weight + bias`. Shapes: `x` `[…, in]`, `weight` `[in, out]`, `bias` `[out]`; returns `[…,
/// out]`.
pub fn linear_map<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    match linear_operands(&x, &weight, bias.as_ref()) {
        Some(inputs) => apply_operation::<_, 3, D>(LinearOperation { gelu: false }, inputs),
        None => module::linear(x, weight, bias),
    }
}

/// `gelu(x · weight + bias)` with the exact GELU (Hendrycks & Gimpel 2016). Shapes as for
/// [`linear_map`]. The derivative of GELU is computed in the forward pass, where it is almost free,
/// and is all that is saved of the wide layer.
pub fn linear_gelu<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    match linear_operands(&x, &weight, bias.as_ref()) {
        Some(inputs) => apply_operation::<_, 3, D>(LinearOperation { gelu: true }, inputs),
        None => activation::gelu(module::linear(x, weight, bias)),
    }
}

fn linear_operands<const D: usize>(
    x: &Tensor<D>,
    weight: &Tensor<2>,
    bias: Option<&Tensor<1>>,
) -> Option<[Operand; 3]> {
    let bias = match bias {
        Some(bias) => Operand::from_tensor(bias)?,
        None => Operand::from_values(Vec::new()),
    };
    Some([Operand::from_tensor(x)?, Operand::from_tensor(weight)?, bias])
}

struct LinearOperation {
    gelu: bool,
}

#[derive(Clone, Debug)]
struct SavedLinear {
    x: TensorValues,
    weight: TensorValues,
    slope: Option<TensorValues>,
}

thread_local! {
    /// A packed matrix whose memory is reused from call to call.
    static PACKED: RefCell<PackedMatrix> = RefCell::default();
}

/// `out = a · b` on this thread.
fn multiply_matrices(a: Matrix, b: Matrix) -> Vec<f32> {
    let mut out = vec![0.0; a.rows() * b.columns()];
    let to = &mut MatrixMut::new(&mut out, a.rows(), b.columns());
    PACKED.with_borrow_mut(|packed| {
        matrix_product(Isa::best_supported(), a, b, Epilogue::Write, to, Parallelism::Here, packed)
    });
    out
}

impl GradientOperation<3> for LinearOperation {
    type Saved = SavedLinear;

    fn run_forward(
        self,
        [x, weight, bias]: [TensorValues; 3],
        keep: bool,
    ) -> (TensorValues, Option<SavedLinear>) {
        let (inner, columns) = (x.columns(), weight.columns());
        let rows = x.as_slice().len() / inner.max(1);
        let mut shape = x.shape();
        shape.pop();
        shape.push(columns);
        let isa = Isa::best_supported();
        let mut out = vec![0.0; rows * columns];
        let bias = Some(bias.as_slice()).filter(|bias| !bias.is_empty());
        let after = if self.gelu && !keep { Epilogue::Gelu } else { Epilogue::Write };
        PACKED.with_borrow_mut(|packed| {
            packed.pack_matrix(isa, Matrix::new(weight.as_slice(), inner, columns));
            let x = Matrix::new(x.as_slice(), rows, inner);
            kernel::linear_layer(
                isa,
                x,
                packed,
                bias,
                after,
                &mut MatrixMut::new(&mut out, rows, columns),
            );
        });
        let mut slope = None;
        if self.gelu && keep {
            let mut slopes = vec![0.0; out.len()];
            gelu_slope(isa, &mut out, &mut slopes);
            slope = Some(TensorValues::new(slopes, &[rows, columns]));
        }
        (TensorValues::new(out, &shape), keep.then_some(SavedLinear { x, weight, slope }))
    }

    fn run_backward(
        kept: SavedLinear,
        gradient: TensorValues,
        [x, weight, bias]: [bool; 3],
    ) -> [Option<TensorValues>; 3] {
        let (inner, columns) = (kept.x.columns(), kept.weight.columns());
        let rows = kept.x.as_slice().len() / inner.max(1);
        let gradient = match kept.slope {
            Some(slope) => multiply_elements(gradient, slope),
            None => gradient,
        };
        let out_gradient = Matrix::new(gradient.as_slice(), rows, columns);
        let x = x.then(|| {
            let out = multiply_matrices(
                out_gradient,
                Matrix::new(kept.weight.as_slice(), inner, columns).transposed(),
            );
            TensorValues::new(out, &kept.x.shape())
        });
        let weight = weight.then(|| {
            let out = multiply_matrices(
                Matrix::new(kept.x.as_slice(), rows, inner).transposed(),
                out_gradient,
            );
            TensorValues::new(out, &[inner, columns])
        });
        let bias = bias.then(|| {
            let mut out = vec![0.0; columns];
            add_rows(gradient.as_slice(), &mut out);
            TensorValues::new(out, &[columns])
        });
        [x, weight, bias]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_same_gradients, random_values};
    use super::*;

    #[test]
    fn linear_maps_and_their_gradients_are_those_of_plain_burn() {
        for (rows, inner, columns) in [(1, 1, 1), (37, 13, 29), (130, 99, 50)] {
            let inputs = [
                random_values(&[rows, inner], 1, 1.0),
                random_values(&[inner, columns], 2, 1.0 / (inner as f32).sqrt()),
                random_values(&[columns], 3, 1.0),
            ];
            assert_same_gradients(
                &inputs,
                |t| {
                    linear_map(
                        t[0].clone().reshape([1, rows, inner]),
                        t[1].clone().reshape([inner, columns]),
                        Some(t[2].clone()),
                    )
                },
                |t| {
                    module::linear(
                        t[0].clone().reshape([1, rows, inner]),
                        t[1].clone().reshape([inner, columns]),
                        Some(t[2].clone()),
                    )
                },
            );
            assert_same_gradients(
                &inputs[..2],
                |t| {
                    linear_gelu(
                        t[0].clone().reshape([1, rows, inner]),
                        t[1].clone().reshape([inner, columns]),
                        None,
                    )
                },
                |t| {
                    activation::gelu(module::linear(
                        t[0].clone().reshape([1, rows, inner]),
                        t[1].clone().reshape([inner, columns]),
                        None,
                    ))
                },
            );
        }
    }
}
