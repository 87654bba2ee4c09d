//! Layer normalisation (Ba et al. 2016).

use super::functions::{sum, vectors};
use super::operation::{Operation, Side, Values, apply};
use burn::tensor::Tensor;

/// Each row less its mean, over its standard deviation, times `gamma` plus `beta`. Shapes: `x` `[…, channel]`, `gamma` and `beta` `[channel]`; returns the shape
/// of `x`. `epsilon` is added to the variance.
pub fn layer_norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f64) -> Tensor<D> {
    if let (Some(x), Some(gamma), Some(beta)) = (Side::of(&x), Side::of(&gamma), Side::of(&beta)) {
        return apply::<_, 3, D>(LayerNorm { epsilon: epsilon as f32 }, [x, gamma, beta]);
    }
    plain(x, gamma, beta, epsilon)
}

fn plain<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f64) -> Tensor<D> {
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
    /// Mean and one over the deviation of each row.
    rows: Vec<(f32, f32)>,
}

impl Operation<3> for LayerNorm {
    type Kept = Kept;

    fn forward(self, [x, gamma, beta]: [Values; 3], keep: bool) -> (Values, Option<Kept>) {
        let columns = x.columns();
        let mut out = vec![0.0f32; x.slice().len()];
        let mut rows = Vec::with_capacity(if keep { out.len() / columns.max(1) } else { 0 });
        vectors(|| {
            let (gamma, beta) = (gamma.slice(), beta.slice());
            for (row, out) in x.slice().chunks_exact(columns.max(1)).zip(out.chunks_exact_mut(columns.max(1))) {
                let mean = sum(row, |_, v| v) / columns as f32;
                let variance = sum(row, |_, v| (v - mean) * (v - mean)) / columns as f32;
                let scale = 1.0 / (variance + self.epsilon).sqrt();
                for (((out, v), gamma), beta) in out.iter_mut().zip(row).zip(gamma).zip(beta) {
                    *out = (v - mean) * scale * gamma + beta;
                }
                if keep {
                    rows.push((mean, scale));
                }
            }
        });
        (Values::new(out, &x.shape()), keep.then_some(Kept { x, gamma, rows }))
    }

    fn backward(kept: Kept, gradient: Values, _: [bool; 3]) -> [Option<Values>; 3] {
        let columns = kept.x.columns();
        let mut out = vec![0.0f32; kept.x.slice().len()];
        let (mut of_gamma, mut of_beta) = (vec![0.0f32; columns], vec![0.0f32; columns]);
        vectors(|| {
            let gamma = kept.gamma.slice();
            let pairs = gradient.slice().chunks_exact(columns.max(1)).zip(kept.x.slice().chunks_exact(columns.max(1)));
            for (((g, x), out), &(mean, scale)) in pairs.zip(out.chunks_exact_mut(columns.max(1))).zip(&kept.rows) {
                let (g, x, gamma) = (&g[..columns], &x[..columns], &gamma[..columns]);
                // dx = (h - mean(h) - x̂ · mean(h x̂)) / deviation, with h = gradient · gamma and x̂ the normalised row.
                let share = sum(g, |j, g| g * gamma[j]) / columns as f32;
                let tilt = sum(g, |j, g| g * gamma[j] * (x[j] - mean) * scale) / columns as f32;
                for (j, (((out, g), x), gamma)) in out.iter_mut().zip(g).zip(x).zip(gamma).enumerate() {
                    let normal = (x - mean) * scale;
                    *out = (g * gamma - share - normal * tilt) * scale;
                    of_gamma[j] += g * normal;
                    of_beta[j] += g;
                }
            }
        });
        [
            Some(Values::new(out, &kept.x.shape())),
            Some(Values::new(of_gamma, &[columns])),
            Some(Values::new(of_beta, &[columns])),
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
            let inputs = [draw(&[rows, columns], 1, 2.0), draw(&[columns], 2, 1.0), draw(&[columns], 3, 1.0)];
            let x = |t: &[Tensor<1>]| t[0].clone().reshape([1, rows, columns]);
            compare(
                &inputs,
                |t| layer_norm(x(t), t[1].clone(), t[2].clone(), 1e-5),
                |t| plain(x(t), t[1].clone(), t[2].clone(), 1e-5),
            );
        }
    }
}
