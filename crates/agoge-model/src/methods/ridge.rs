//! Ridge regression (Hoerl & Kennard 1970) on standardised features; the penalty is the one with
//! the least squared error when each group of examples is left out.

use nalgebra::{DMatrix, DVector};

/// Candidate penalties: 10⁻³ to 10⁵, the range usual for MiniRocket with scikit-learn.
const PENALTIES: [f64; 9] = [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4, 1e5];

/// A linear map from features to targets.
///
/// ```
/// use agoge_model::methods::ridge::Ridge;
/// // The line y = 2x + 1 through examples of two groups is found again.
/// let x: Vec<f32> = (0..20).map(|i| i as f32).collect();
/// let y: Vec<f64> = x.iter().map(|x| 2.0 * f64::from(*x) + 1.0).collect();
/// let groups: Vec<usize> = (0..20).map(|i| i % 2).collect();
/// let line = Ridge::fit(&x, &y, &groups).unwrap();
/// assert!((line.predict(&[30.0])[0] - 61.0).abs() < 0.1);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Ridge {
    /// `[target, feature]`.
    weights: Vec<f64>,
    /// `[target]`.
    offsets: Vec<f64>,
    /// The chosen penalty.
    penalty: f64,
}

impl Ridge {
    /// Fits the map to examples. Shapes: `features` is `[example, feature]`, `targets` is
    /// `[example, target]`, and `groups` gives the group of each example. The penalty is the one
    /// with the least squared error when whole groups are left out, for example everything one
    /// athlete did, so that it suits unseen groups. With a single group, every example is its own
    /// group. `None` without examples.
    pub fn fit(features: &[f32], targets: &[f64], groups: &[usize]) -> Option<Ridge> {
        Ridge::fit_left_out(features, targets, groups).map(|(ridge, _)| ridge)
    }

    /// Like [`Ridge::fit`], but also returns the prediction for each example from the other groups,
    /// `[example, target]`.
    ///
    /// With more features than examples it is cheaper to work on the examples' products, K = X Xᵀ =
    /// Q Λ Qᵀ: the residuals r of all penalties α follow from one decomposition, and so do those
    /// with a group left out, without refitting: (I − h)⁻¹ r over the group, where h is the matrix
    /// that takes targets to predictions (Golub, Heath & Wahba 1979, for one example at a time).
    pub fn fit_left_out(
        features: &[f32],
        targets: &[f64],
        groups: &[usize],
    ) -> Option<(Ridge, Vec<f64>)> {
        let examples = groups.len();
        if examples == 0 || features.len() < examples || targets.len() < examples {
            return None;
        }
        let (width, outputs) = (features.len() / examples, targets.len() / examples);
        let groups = group_members(groups);
        // Columns are examples, so that the values of an example are contiguous.
        let mut x = DMatrix::from_iterator(width, examples, features.iter().map(|v| f64::from(*v)));
        let mut y = DMatrix::from_row_slice(examples, outputs, targets);
        let scales = standardise_rows(&mut x);
        let means: Vec<f64> = y.column_iter().map(|column| column.mean()).collect();
        for (mut column, mean) in y.column_iter_mut().zip(&means) {
            column.add_scalar_mut(-mean);
        }
        let eigen = x.tr_mul(&x).symmetric_eigen();
        let (q, lambda) = (eigen.eigenvectors, eigen.eigenvalues.map(|value| value.max(0.0)));
        let projected = q.tr_mul(&y);
        // The dual coefficients c = (K + α)⁻¹ y; the residuals are α c.
        let dual = |penalty: f64| {
            let shrunk = DMatrix::from_fn(examples, outputs, |i, j| {
                projected[(i, j)] / (lambda[i] + penalty)
            });
            &q * shrunk
        };
        // The error of each example when its group is left out; `None` where the rest determines
        // nothing about it.
        let held_out_errors = |penalty: f64| {
            let shrinkage = lambda.map(|value| penalty / (value + penalty));
            let residuals = dual(penalty) * penalty;
            let mut held_out_errors = DMatrix::zeros(examples, outputs);
            for group in &groups {
                let rows = q.select_rows(group);
                let mut scaled = rows.clone();
                scaled
                    .column_iter_mut()
                    .zip(&shrinkage)
                    .for_each(|(mut column, shrinkage)| column *= *shrinkage);
                // The mean is learned as well: it takes a share of 1/n of every prediction from the
                // examples themselves.
                let mut residual_operator = scaled * rows.transpose();
                residual_operator.add_scalar_mut(-1.0 / examples as f64);
                (0..group.len())
                    .for_each(|i| residual_operator[(i, i)] = residual_operator[(i, i)].max(1e-12));
                let errors = residual_operator.lu().solve(&residuals.select_rows(group))?;
                group
                    .iter()
                    .enumerate()
                    .for_each(|(i, &example)| held_out_errors.set_row(example, &errors.row(i)));
            }
            Some(held_out_errors)
        };
        let tried =
            PENALTIES.into_iter().filter_map(|penalty| Some((penalty, held_out_errors(penalty)?)));
        let (penalty, held_out_errors) = tried
            .min_by(|a, b| a.1.norm_squared().total_cmp(&b.1.norm_squared()))
            .unwrap_or_else(|| (1.0, DMatrix::zeros(examples, outputs)));
        let left_out = (0..examples * outputs)
            .map(|i| targets[i] - held_out_errors[(i / outputs, i % outputs)])
            .collect();
        let mut weights = &x * dual(penalty);
        for (mut row, (_, scale)) in weights.row_iter_mut().zip(&scales) {
            row *= *scale;
        }
        let centre = DVector::from_iterator(width, scales.iter().map(|(mean, _)| *mean));
        let offsets = weights
            .column_iter()
            .zip(means)
            .map(|(column, mean)| mean - column.dot(&centre))
            .collect();
        Some((Ridge { weights: weights.as_slice().to_vec(), offsets, penalty }, left_out))
    }

    /// The predictions for an example, `[target]`.
    pub fn predict(&self, features: &[f32]) -> Vec<f64> {
        let product = |weights: &[f64]| {
            weights.iter().zip(features).map(|(w, x)| w * f64::from(*x)).sum::<f64>()
        };
        let each = self.weights.chunks(features.len().max(1)).zip(&self.offsets);
        each.map(|(weights, offset)| offset + product(weights)).collect()
    }

    /// Multiplies all predictions by a factor.
    pub fn scale_predictions(&mut self, factor: f64) {
        self.weights.iter_mut().chain(&mut self.offsets).for_each(|value| *value *= factor);
    }

    /// Weights, `[target, feature]`, and offsets, `[target]`, in single precision.
    pub fn weights_and_offsets(&self) -> [Vec<f32>; 2] {
        [&self.weights, &self.offsets].map(|values| values.iter().map(|v| *v as f32).collect())
    }

    /// The map with these weights and offsets; the penalty is unknown.
    pub fn from_weights(weights: &[f32], offsets: &[f32]) -> Ridge {
        let [weights, offsets] =
            [weights, offsets].map(|values| values.iter().map(|v| f64::from(*v)).collect());
        Ridge { weights, offsets, penalty: f64::NAN }
    }

    /// The weights and the offset of every target.
    pub fn target_functions(&self) -> impl Iterator<Item = (Vec<f64>, f64)> + '_ {
        let width = (self.weights.len() / self.offsets.len().max(1)).max(1);
        self.weights.chunks(width).map(<[f64]>::to_vec).zip(self.offsets.iter().copied())
    }

    /// Number of learned parameters.
    pub fn parameter_count(&self) -> usize {
        self.weights.len() + self.offsets.len()
    }
}

/// The examples of each group, in order of the groups' first examples; with a single group, every
/// example is its own group.
fn group_members(groups: &[usize]) -> Vec<Vec<usize>> {
    let mut members: Vec<(usize, Vec<usize>)> = Vec::new();
    for (example, group) in groups.iter().enumerate() {
        match members.iter_mut().find(|(known, _)| known == group) {
            Some((_, examples)) => examples.push(example),
            None => members.push((*group, vec![example])),
        }
    }
    let members: Vec<Vec<usize>> = members.into_iter().map(|(_, examples)| examples).collect();
    if members.len() > 1 {
        members
    } else {
        (0..groups.len()).map(|example| vec![example]).collect()
    }
}

/// Standardises every row (a feature over all examples) to mean 0 and standard deviation 1; returns
/// the subtracted mean and the factor of each row. A feature that never changes becomes zero.
fn standardise_rows(x: &mut DMatrix<f64>) -> Vec<(f64, f64)> {
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

    fn random_data() -> (Vec<f32>, Vec<f64>) {
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

    /// Solves the normal equations with an unpenalised offset, [XᵀX + αD] w = Xᵀy over standardised
    /// features and a column of ones, without some examples.
    fn solve_directly(
        features: &[f32],
        targets: &[f64],
        penalty: f64,
        left_out: &[usize],
    ) -> Vec<f64> {
        let mut all =
            DMatrix::from_iterator(WIDTH, EXAMPLES, features.iter().map(|v| f64::from(*v)));
        standardise_rows(&mut all);
        let training: Vec<usize> = (0..EXAMPLES).filter(|i| !left_out.contains(i)).collect();
        let x = DMatrix::from_fn(training.len(), WIDTH + 1, |i, j| {
            if j == WIDTH { 1.0 } else { all[(j, training[i])] }
        });
        let y = DMatrix::from_fn(training.len(), 2, |i, j| targets[2 * training[i] + j]);
        let mut normal = x.tr_mul(&x);
        (0..WIDTH).for_each(|j| normal[(j, j)] += penalty);
        let weights = normal.lu().solve(&x.tr_mul(&y)).unwrap();
        let whole =
            DMatrix::from_fn(
                EXAMPLES,
                WIDTH + 1,
                |i, j| if j == WIDTH { 1.0 } else { all[(j, i)] },
            );
        (whole * weights).transpose().as_slice().to_vec()
    }

    /// Asserts that the fit for groups solves the normal equations, that its penalty has the least
    /// error when each group is left out, and that the left-out predictions match.
    fn assert_leaves_groups_out(groups: &[usize], members: &[Vec<usize>]) {
        let (features, targets) = random_data();
        let (ridge, left_out) = Ridge::fit_left_out(&features, &targets, groups).unwrap();
        let without = |penalty: f64| -> Vec<f64> {
            let mut all = vec![0.0; 2 * EXAMPLES];
            for group in members {
                let predicted = solve_directly(&features, &targets, penalty, group);
                group.iter().flat_map(|i| [2 * i, 2 * i + 1]).for_each(|i| all[i] = predicted[i]);
            }
            all
        };
        let error = |penalty: f64| -> f64 {
            without(penalty)
                .iter()
                .zip(&targets)
                .map(|(predicted, target)| (predicted - target).powi(2))
                .sum()
        };
        let best = PENALTIES.into_iter().min_by(|a, b| error(*a).total_cmp(&error(*b))).unwrap();
        assert_eq!(ridge.penalty, best);
        let near = |a: &[f64], b: &[f64]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6)
        };
        let predicted: Vec<f64> =
            features.chunks(WIDTH).flat_map(|row| ridge.predict(row)).collect();
        let expected = solve_directly(&features, &targets, best, &[]);
        assert!(near(&predicted, &expected), "{predicted:?} {expected:?}");
        assert!(near(&left_out, &without(best)), "{left_out:?}");
    }

    #[test]
    fn the_solution_is_that_of_the_normal_equations_and_the_penalty_that_of_leaving_out() {
        let each: Vec<Vec<usize>> = (0..EXAMPLES).map(|i| vec![i]).collect();
        assert_leaves_groups_out(&[7; EXAMPLES], &each);
        // Groups need not be contiguous.
        let groups: Vec<usize> = (0..EXAMPLES).map(|i| [9, 2, 5][i % 3]).collect();
        let members: Vec<Vec<usize>> =
            (0..3).map(|first| (first..EXAMPLES).step_by(3).collect()).collect();
        assert_leaves_groups_out(&groups, &members);
    }

    #[test]
    fn a_feature_that_never_changes_says_nothing() {
        let (mut features, targets) = random_data();
        features.iter_mut().step_by(WIDTH).for_each(|v| *v = 7.0);
        let ridge = Ridge::fit(&features, &targets, &[0; EXAMPLES]).unwrap();
        assert_eq!(ridge.weights[0], 0.0);
        assert!(Ridge::fit(&[], &[], &[]).is_none());
    }
}
