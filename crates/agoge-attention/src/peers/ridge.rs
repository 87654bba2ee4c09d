//! Ridge regression (Hoerl & Kennard 1970) on standardised features; the penalty is the one with the least squared error when each example is left out.

use nalgebra::{DMatrix, DVector};

/// The penalties to choose from: 10⁻³ to 10⁵, as scikit-learn's users have them for MiniRocket.
const PENALTIES: [f64; 9] = [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4, 1e5];

/// A linear map from features to targets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ridge {
    /// `[target, feature]`.
    weights: Vec<f64>,
    /// `[target]`.
    offsets: Vec<f64>,
    /// What was chosen.
    penalty: f64,
}

impl Ridge {
    /// Learns from examples. Shapes: `features` is `[example, feature]`, `targets` is `[example, target]`. None without examples.
    ///
    /// With more features than examples it is cheaper to look at the examples' products, K = X Xᵀ = Q Λ Qᵀ: the residuals of all penalties α follow from one
    /// decomposition, and so do those with an example left out, without learning again: rᵢ / (1 − hᵢᵢ), where h is the matrix that takes targets to predictions (Golub, Heath & Wahba 1979).
    pub(crate) fn fit(features: &[f32], targets: &[f64], examples: usize) -> Option<Ridge> {
        Ridge::fit_groups(features, targets, examples, 1)
    }

    /// As [`Ridge::fit`], where every `group` examples that follow each other are views of one thing and are left out together: the residuals of such a block are
    /// (I − h)⁻¹ times those of the block, with the block of h.
    pub(crate) fn fit_groups(features: &[f32], targets: &[f64], examples: usize, group: usize) -> Option<Ridge> {
        if examples == 0 || group == 0 || features.len() < examples || targets.len() < examples {
            return None;
        }
        let (width, outputs) = (features.len() / examples, targets.len() / examples);
        // Columns are examples: what belongs together lies together.
        let mut x = DMatrix::from_iterator(width, examples, features.iter().map(|v| f64::from(*v)));
        let mut y = DMatrix::from_row_slice(examples, outputs, targets);
        let scales = standardise(&mut x);
        let means: Vec<f64> = y.column_iter().map(|column| column.mean()).collect();
        for (mut column, mean) in y.column_iter_mut().zip(&means) {
            column.add_scalar_mut(-mean);
        }
        let decomposed = x.tr_mul(&x).symmetric_eigen();
        let (q, lambda) = (decomposed.eigenvectors, decomposed.eigenvalues.map(|value| value.max(0.0)));
        let projected = q.tr_mul(&y);
        // The dual coefficients c = (K + α)⁻¹ y; the residuals are α c.
        let dual = |penalty: f64| {
            let shrunk = DMatrix::from_fn(examples, outputs, |i, j| projected[(i, j)] / (lambda[i] + penalty));
            &q * shrunk
        };
        let left_out = |penalty: f64| {
            let kept = lambda.map(|value| penalty / (value + penalty));
            let residuals = dual(penalty) * penalty;
            let square = |first: usize| {
                let count = group.min(examples - first);
                let own = q.rows(first, count);
                let scaled = DMatrix::from_fn(count, examples, |i, j| own[(i, j)] * kept[j]);
                // The mean is learned as well: it takes a share of 1/n of every prediction from the example itself.
                let mut room = scaled * own.transpose();
                room.add_scalar_mut(-1.0 / examples as f64);
                (0..count).for_each(|i| room[(i, i)] = room[(i, i)].max(1e-12));
                let residuals = residuals.rows(first, count).into_owned();
                room.lu().solve(&residuals).map_or(f64::INFINITY, |left| left.norm_squared())
            };
            (0..examples).step_by(group).map(square).sum::<f64>()
        };
        let penalty = PENALTIES
            .into_iter()
            .map(|penalty| (penalty, left_out(penalty)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(1.0, |(penalty, _)| penalty);
        let mut weights = &x * dual(penalty);
        for (mut row, (_, scale)) in weights.row_iter_mut().zip(&scales) {
            row *= *scale;
        }
        let centre = DVector::from_iterator(width, scales.iter().map(|(mean, _)| *mean));
        let offsets = weights.column_iter().zip(means).map(|(column, mean)| mean - column.dot(&centre)).collect();
        Some(Ridge { weights: weights.as_slice().to_vec(), offsets, penalty })
    }

    /// What it predicts for an example, `[target]`.
    pub(crate) fn predict(&self, features: &[f32]) -> Vec<f64> {
        let product = |weights: &[f64]| weights.iter().zip(features).map(|(w, x)| w * f64::from(*x)).sum::<f64>();
        let each = self.weights.chunks(features.len().max(1)).zip(&self.offsets);
        each.map(|(weights, offset)| offset + product(weights)).collect()
    }

    /// The weights and the offset of every target.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (Vec<f64>, f64)> + '_ {
        let width = (self.weights.len() / self.offsets.len().max(1)).max(1);
        self.weights.chunks(width).map(<[f64]>::to_vec).zip(self.offsets.iter().copied())
    }

    /// Weights, `[target, feature]`, and offsets, `[target]`, in single precision.
    pub(crate) fn numbers(&self) -> [Vec<f32>; 2] {
        [&self.weights, &self.offsets].map(|values| values.iter().map(|v| *v as f32).collect())
    }

    /// The map of such numbers; of how it was learned nothing is known.
    pub(crate) fn from_numbers(weights: &[f32], offsets: &[f32]) -> Ridge {
        let [weights, offsets] = [weights, offsets].map(|values| values.iter().map(|v| f64::from(*v)).collect());
        Ridge { weights, offsets, penalty: f64::NAN }
    }

    /// How many numbers it has learned.
    pub(crate) fn parameters(&self) -> usize {
        self.weights.len() + self.offsets.len()
    }
}

/// Takes every row (a feature over all examples) to mean 0 and standard deviation 1; gives what was taken away and what was multiplied with. A feature that never
/// changes stays zero.
fn standardise(x: &mut DMatrix<f64>) -> Vec<(f64, f64)> {
    let n = x.ncols() as f64;
    let mean = x.column_sum() / n;
    for mut column in x.column_iter_mut() {
        column -= &mean;
    }
    let mut squares = DVector::zeros(x.nrows());
    for column in x.column_iter() {
        squares += column.component_mul(&column);
    }
    let scale = squares.map(|square: f64| {
        let sd = (square / n).sqrt();
        if sd > 1e-9 { 1.0 / sd } else { 0.0 }
    });
    for mut column in x.column_iter_mut() {
        column.component_mul_assign(&scale);
    }
    mean.iter().copied().zip(scale.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    const EXAMPLES: usize = 14;
    const WIDTH: usize = 20;

    fn data() -> (Vec<f32>, Vec<f64>) {
        let mut rng = Rng::with_seed(3);
        let features: Vec<f32> = (0..EXAMPLES * WIDTH).map(|_| 3.0 * rng.f32() + 1.0).collect();
        let targets = (0..EXAMPLES)
            .flat_map(|i| {
                let row = &features[i * WIDTH..];
                [f64::from(row[0] - row[1]) + rng.f64(), if row[2] > 2.5 { 1.0 } else { -1.0 }]
            })
            .collect();
        (features, targets)
    }

    /// The normal equations with an unpenalised offset, [XᵀX + αD] w = Xᵀy over standardised features and a column of ones, without the examples that `left_out` names.
    fn direct(features: &[f32], targets: &[f64], penalty: f64, left_out: Option<usize>) -> Vec<f64> {
        let mut all = DMatrix::from_iterator(WIDTH, EXAMPLES, features.iter().map(|v| f64::from(*v)));
        standardise(&mut all);
        let kept: Vec<usize> = (0..EXAMPLES).filter(|i| Some(*i) != left_out).collect();
        let x = DMatrix::from_fn(kept.len(), WIDTH + 1, |i, j| if j == WIDTH { 1.0 } else { all[(j, kept[i])] });
        let y = DMatrix::from_fn(kept.len(), 2, |i, j| targets[2 * kept[i] + j]);
        let mut normal = x.tr_mul(&x);
        (0..WIDTH).for_each(|j| normal[(j, j)] += penalty);
        let weights = normal.lu().solve(&x.tr_mul(&y)).unwrap();
        let whole = DMatrix::from_fn(EXAMPLES, WIDTH + 1, |i, j| if j == WIDTH { 1.0 } else { all[(j, i)] });
        (whole * weights).transpose().as_slice().to_vec()
    }

    #[test]
    fn the_solution_is_that_of_the_normal_equations_and_the_penalty_that_of_leaving_out() {
        let (features, targets) = data();
        let ridge = Ridge::fit(&features, &targets, EXAMPLES).unwrap();
        let error = |penalty: f64| -> f64 {
            let left_out = |i: usize| {
                let predicted = direct(&features, &targets, penalty, Some(i));
                (0..2).map(|k| (predicted[2 * i + k] - targets[2 * i + k]).powi(2)).sum::<f64>()
            };
            (0..EXAMPLES).map(left_out).sum()
        };
        let best = PENALTIES.into_iter().min_by(|a, b| error(*a).total_cmp(&error(*b))).unwrap();
        assert_eq!(ridge.penalty, best);
        let expected = direct(&features, &targets, best, None);
        let predicted: Vec<f64> = features.chunks(WIDTH).flat_map(|row| ridge.predict(row)).collect();
        assert_eq!(predicted.len(), expected.len());
        assert!(predicted.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6), "{predicted:?} {expected:?}");
    }

    #[test]
    fn a_feature_that_never_changes_says_nothing() {
        let (mut features, targets) = data();
        features.iter_mut().step_by(WIDTH).for_each(|v| *v = 7.0);
        let ridge = Ridge::fit(&features, &targets, EXAMPLES).unwrap();
        assert_eq!(ridge.weights[0], 0.0);
        assert!(Ridge::fit(&[], &[], 0).is_none());
    }
}
