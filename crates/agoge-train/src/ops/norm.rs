//! Layer normalisation (Ba et al. 2016).

use super::operation::{GradientOperation, Operand, TensorValues, apply_operation};
use agoge_engine::kernel::back::layer_norm_backward;
use agoge_engine::kernel::{self, Isa, Matrix, MatrixMut};
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
    if let (Some(x), Some(gamma), Some(beta)) =
        (Operand::from_tensor(&x), Operand::from_tensor(&gamma), Operand::from_tensor(&beta))
    {
        return apply_operation::<_, 3, D>(
            LayerNormOperation { epsilon: epsilon as f32 },
            [x, gamma, beta],
        );
    }
    burn_layer_norm(x, gamma, beta, epsilon)
}

fn burn_layer_norm<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
) -> Tensor<D> {
    let centred = x.clone() - x.mean_dim(D - 1);
    let variance = centred.clone().square().mean_dim(D - 1);
    centred / (variance + epsilon).sqrt() * gamma.unsqueeze() + beta.unsqueeze()
}

struct LayerNormOperation {
    epsilon: f32,
}

#[derive(Clone, Debug)]
struct SavedLayerNorm {
    x: TensorValues,
    gamma: TensorValues,
    epsilon: f32,
}

impl GradientOperation<3> for LayerNormOperation {
    type Saved = SavedLayerNorm;

    fn run_forward(
        self,
        [x, gamma, beta]: [TensorValues; 3],
        keep: bool,
    ) -> (TensorValues, Option<SavedLayerNorm>) {
        let (columns, epsilon) = (x.columns(), self.epsilon);
        let rows = x.as_slice().len() / columns.max(1);
        let mut out = vec![0.0; rows * columns];
        let view = Matrix::new(x.as_slice(), rows, columns);
        let to = &mut MatrixMut::new(&mut out, rows, columns);
        kernel::layer_norm(
            Isa::best_supported(),
            view,
            gamma.as_slice(),
            beta.as_slice(),
            epsilon,
            to,
        );
        (TensorValues::new(out, &x.shape()), keep.then_some(SavedLayerNorm { x, gamma, epsilon }))
    }

    fn run_backward(
        kept: SavedLayerNorm,
        gradient: TensorValues,
        _: [bool; 3],
    ) -> [Option<TensorValues>; 3] {
        let columns = kept.x.columns();
        let rows = kept.x.as_slice().len() / columns.max(1);
        let mut out = vec![0.0; rows * columns];
        let (mut gamma_gradient, mut beta_gradient) = (vec![0.0; columns], vec![0.0; columns]);
        layer_norm_backward(
            Isa::best_supported(),
            Matrix::new(kept.x.as_slice(), rows, columns),
            kept.gamma.as_slice(),
            kept.epsilon,
            Matrix::new(gradient.as_slice(), rows, columns),
            &mut MatrixMut::new(&mut out, rows, columns),
            &mut gamma_gradient,
            &mut beta_gradient,
        );
        [
            Some(TensorValues::new(out, &kept.x.shape())),
            Some(TensorValues::new(gamma_gradient, &[columns])),
            Some(TensorValues::new(beta_gradient, &[columns])),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_same_gradients, random_values};
    use super::*;

    #[test]
    fn layer_norm_and_its_gradients_are_those_of_plain_burn() {
        for (rows, columns) in [(1, 1), (1, 5), (37, 48), (11, 67)] {
            let inputs = [
                random_values(&[rows, columns], 1, 2.0),
                random_values(&[columns], 2, 1.0),
                random_values(&[columns], 3, 1.0),
            ];
            let x = |t: &[Tensor<1>]| t[0].clone().reshape([1, rows, columns]);
            assert_same_gradients(
                &inputs,
                |t| layer_norm(x(t), t[1].clone(), t[2].clone(), 1e-5),
                |t| burn_layer_norm(x(t), t[1].clone(), t[2].clone(), 1e-5),
            );
        }
    }
}
