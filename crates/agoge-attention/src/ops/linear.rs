//! Linear maps with bias, optionally followed by GELU.

use super::elementwise::{add_rows, multiply};
use super::operation::{Operation, Side, Values, apply};
use crate::kernel::back::gelu_slope;
use crate::kernel::{self, After, Isa, Matrix, MatrixMut, Packed, Spread, gemm};
use burn::tensor::{Tensor, activation, module};
use std::cell::RefCell;

/// `x · weight + bias`. Shapes: `x` `[…, in]`, `weight` `[in, out]`, `bias` `[out]`; returns `[…,
/// out]`.
pub fn linear<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    match sides(&x, &weight, bias.as_ref()) {
        Some(inputs) => apply::<_, 3, D>(Linear { gelu: false }, inputs),
        None => module::linear(x, weight, bias),
    }
}

/// `gelu(x · weight + bias)` with the exact GELU (Hendrycks & Gimpel 2016). Shapes as for
/// [`linear`]. The derivative of GELU is computed in the forward pass, where it is almost free, and
/// is all that is saved of the wide layer.
pub fn linear_gelu<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
) -> Tensor<D> {
    match sides(&x, &weight, bias.as_ref()) {
        Some(inputs) => apply::<_, 3, D>(Linear { gelu: true }, inputs),
        None => activation::gelu(module::linear(x, weight, bias)),
    }
}

fn sides<const D: usize>(
    x: &Tensor<D>,
    weight: &Tensor<2>,
    bias: Option<&Tensor<1>>,
) -> Option<[Side; 3]> {
    let bias = match bias {
        Some(bias) => Side::of(bias)?,
        None => Side::constant(Vec::new()),
    };
    Some([Side::of(x)?, Side::of(weight)?, bias])
}

struct Linear {
    gelu: bool,
}

#[derive(Clone, Debug)]
struct Kept {
    x: Values,
    weight: Values,
    slope: Option<Values>,
}

thread_local! {
    /// A packed matrix whose memory is reused from call to call.
    static PACKED: RefCell<Packed> = RefCell::default();
}

/// `out = a · b` on this thread.
fn product(a: Matrix, b: Matrix) -> Vec<f32> {
    let mut out = vec![0.0; a.rows() * b.columns()];
    let to = &mut MatrixMut::new(&mut out, a.rows(), b.columns());
    PACKED
        .with_borrow_mut(|packed| gemm(Isa::best(), a, b, After::Write, to, Spread::Here, packed));
    out
}

impl Operation<3> for Linear {
    type Kept = Kept;

    fn forward(self, [x, weight, bias]: [Values; 3], keep: bool) -> (Values, Option<Kept>) {
        let (inner, columns) = (x.columns(), weight.columns());
        let rows = x.slice().len() / inner.max(1);
        let mut shape = x.shape();
        shape.pop();
        shape.push(columns);
        let isa = Isa::best();
        let mut out = vec![0.0; rows * columns];
        let bias = Some(bias.slice()).filter(|bias| !bias.is_empty());
        let after = if self.gelu && !keep { After::Gelu } else { After::Write };
        PACKED.with_borrow_mut(|packed| {
            packed.pack(isa, Matrix::new(weight.slice(), inner, columns));
            let x = Matrix::new(x.slice(), rows, inner);
            kernel::linear(
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
            slope = Some(Values::new(slopes, &[rows, columns]));
        }
        (Values::new(out, &shape), keep.then_some(Kept { x, weight, slope }))
    }

    fn backward(kept: Kept, gradient: Values, [x, weight, bias]: [bool; 3]) -> [Option<Values>; 3] {
        let (inner, columns) = (kept.x.columns(), kept.weight.columns());
        let rows = kept.x.slice().len() / inner.max(1);
        let gradient = match kept.slope {
            Some(slope) => multiply(gradient, slope),
            None => gradient,
        };
        let out_gradient = Matrix::new(gradient.slice(), rows, columns);
        let x = x.then(|| {
            let out = product(
                out_gradient,
                Matrix::new(kept.weight.slice(), inner, columns).transposed(),
            );
            Values::new(out, &kept.x.shape())
        });
        let weight = weight.then(|| {
            let out = product(Matrix::new(kept.x.slice(), rows, inner).transposed(), out_gradient);
            Values::new(out, &[inner, columns])
        });
        let bias = bias.then(|| {
            let mut out = vec![0.0; columns];
            add_rows(gradient.slice(), &mut out);
            Values::new(out, &[columns])
        });
        [x, weight, bias]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{compare, draw};
    use super::*;

    #[test]
    fn linear_maps_and_their_gradients_are_those_of_plain_burn() {
        for (rows, inner, columns) in [(1, 1, 1), (37, 13, 29), (130, 99, 50)] {
            let inputs = [
                draw(&[rows, inner], 1, 1.0),
                draw(&[inner, columns], 2, 1.0 / (inner as f32).sqrt()),
                draw(&[columns], 3, 1.0),
            ];
            compare(
                &inputs,
                |t| {
                    linear(
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
            compare(
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
