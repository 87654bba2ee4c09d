//! Linear maps with bias, alone or followed by the GELU.

use super::functions::{add_rows, gelu, vectors};
use super::operation::{Operation, Side, Values, apply};
use super::product::{View, product};
use burn::tensor::{Tensor, activation, module};

/// `x · weight + bias`. Shapes: `x` `[…, in]`, `weight` `[in, out]`, `bias` `[out]`; returns `[…, out]`.
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<D> {
    match sides(&x, &weight, bias.as_ref()) {
        Some(inputs) => apply::<_, 3, D>(Linear { gelu: false }, inputs),
        None => module::linear(x, weight, bias),
    }
}

/// `gelu(x · weight + bias)` with the exact GELU (Hendrycks & Gimpel 2016). Shapes as for [`linear`]. The derivative is taken along in the forward pass, where it
/// costs next to nothing, and is all that is kept of the wide layer.
pub fn linear_gelu<const D: usize>(x: Tensor<D>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<D> {
    match sides(&x, &weight, bias.as_ref()) {
        Some(inputs) => apply::<_, 3, D>(Linear { gelu: true }, inputs),
        None => activation::gelu(module::linear(x, weight, bias)),
    }
}

fn sides<const D: usize>(x: &Tensor<D>, weight: &Tensor<2>, bias: Option<&Tensor<1>>) -> Option<[Side; 3]> {
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

impl Operation<3> for Linear {
    type Kept = Kept;

    fn forward(self, [x, weight, bias]: [Values; 3], keep: bool) -> (Values, Option<Kept>) {
        let (inner, columns) = (x.columns(), weight.columns());
        let rows = x.slice().len() / inner.max(1);
        let mut shape = x.shape();
        shape.pop();
        shape.push(columns);
        let mut out = Vec::with_capacity(rows * columns);
        let biased = !bias.slice().is_empty();
        if biased {
            (0..rows).for_each(|_| out.extend_from_slice(bias.slice()));
        } else {
            out.resize(rows * columns, 0.0);
        }
        let sizes = [rows, columns, inner];
        product(sizes, View::rows(x.slice(), inner), View::rows(weight.slice(), columns), &mut out, biased);
        let mut slope = None;
        if self.gelu {
            let mut slopes = if keep { vec![0.0f32; out.len()] } else { Vec::new() };
            vectors(|| {
                if keep {
                    for (value, slope) in out.iter_mut().zip(&mut slopes) {
                        (*value, *slope) = gelu(*value);
                    }
                } else {
                    out.iter_mut().for_each(|value| *value = gelu(*value).0);
                }
            });
            slope = Some(Values::new(slopes, &[rows, if keep { columns } else { 0 }]));
        }
        (Values::new(out, &shape), keep.then_some(Kept { x, weight, slope }))
    }

    fn backward(kept: Kept, gradient: Values, [x, weight, bias]: [bool; 3]) -> [Option<Values>; 3] {
        let (inner, columns) = (kept.x.columns(), kept.weight.columns());
        let rows = kept.x.slice().len() / inner.max(1);
        let before: Vec<f32>;
        let gradient = match &kept.slope {
            Some(slope) => {
                before = vectors(|| gradient.slice().iter().zip(slope.slice()).map(|(g, s)| g * s).collect());
                &before[..]
            }
            None => gradient.slice(),
        };
        let of = View::rows(gradient, columns);
        let x = x.then(|| {
            let mut out = vec![0.0; rows * inner];
            product([rows, inner, columns], of, View::rows(kept.weight.slice(), columns).t(), &mut out, false);
            Values::new(out, &kept.x.shape())
        });
        let weight = weight.then(|| {
            let mut out = vec![0.0; inner * columns];
            product([inner, columns, rows], View::rows(kept.x.slice(), inner).t(), of, &mut out, false);
            Values::new(out, &[inner, columns])
        });
        let bias = bias.then(|| {
            let mut out = vec![0.0; columns];
            add_rows(gradient, &mut out);
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
                |t| linear_gelu(t[0].clone().reshape([1, rows, inner]), t[1].clone().reshape([inner, columns]), None),
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
