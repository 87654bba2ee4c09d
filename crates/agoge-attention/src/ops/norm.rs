//! Layer normalisation (Ba et al. 2016).

use super::operation::{Operation, Side, Values, apply};
use crate::kernel::back::layer_norm_back;
use crate::kernel::{self, Isa, Matrix, MatrixMut};
use burn::tensor::Tensor;

/// Normalises each row to zero mean and unit standard deviation, then multiplies by `gamma` and
/// adds `beta`. Shapes: `x` `[…, channel]`, `gamma` and `beta` `[channel]`; returns the shape of
/// `x`. `epsilon` is added to the variance.
pub fn layer_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    if let (Some(x), Some(gamma), Some(beta)) = (Side::of(&x), Side::of(&gamma), Side::of(&beta)) {
        return apply::<_, 3, D>(LayerNorm { epsilon: epsilon as f32 }, [x, gamma, beta]);
    }
    plain(x, gamma, beta, epsilon)
}

fn plain<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    centred / (variance + epsilon).sqrt() * gamma.unsqueeze() + beta.unsqueeze()
}

struct LayerNorm {
    epsilon: f32,
}

#[derive(Clone, Debug)]
struct Kept {
    x: Values,
    gamma: Values,
    epsilon: f32,
}

impl Operation<3> for LayerNorm {
    type Kept = Kept;

    fn forward(self, [x, gamma, beta]: [Values; 3], keep: bool) -> (Values, Option<Kept>) {
        let (columns, epsilon) = (x.columns(), self.epsilon);
        let rows = x.slice().len() / columns.max(1);
        let mut out = vec![0.0; rows * columns];
        let view = Matrix::new(x.slice(), rows, columns);
        let to = &mut MatrixMut::new(&mut out, rows, columns);
        kernel::layer_norm(Isa::best(), view, gamma.slice(), beta.slice(), epsilon, to);
        (Values::new(out, &x.shape()), keep.then_some(Kept { x, gamma, epsilon }))
    }

    fn backward(kept: Kept, gradient: Values, _: [bool; 3]) -> [Option<Values>; 3] {
        let columns = kept.x.columns();
        let rows = kept.x.slice().len() / columns.max(1);
        let mut out = vec![0.0; rows * columns];
        let (mut gamma_gradient, mut beta_gradient) = (vec![0.0; columns], vec![0.0; columns]);
        layer_norm_back(
            Isa::best(),
            Matrix::new(kept.x.slice(), rows, columns),
            kept.gamma.slice(),
            kept.epsilon,
            Matrix::new(gradient.slice(), rows, columns),
            &mut MatrixMut::new(&mut out, rows, columns),
            &mut gamma_gradient,
            &mut beta_gradient,
        );
        [
            Some(Values::new(out, &kept.x.shape())),
            Some(Values::new(gamma_gradient, &[columns])),
            Some(Values::new(beta_gradient, &[columns])),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{compare, draw};
    use super::*;

    #[test]
    fn layer_norm_and_its_gradients_are_those_of_plain_burn() {
        for (rows, columns) in [(1, 1), (1, 5), (37, 48), (11, 67)] {
            let inputs = [
                draw(&[rows, columns], 1, 2.0),
                draw(&[columns], 2, 1.0),
                draw(&[columns], 3, 1.0),
            ];
            let x = |t: &[Tensor<1>]| t[0].clone().reshape([1, rows, columns]);
            compare(
                &inputs,
                |t| layer_norm(x(t), t[1].clone(), t[2].clone(), 1e-5),
                |t| plain(x(t), t[1].clone(), t[2].clone(), 1e-5),
            );
        }
    }
}
