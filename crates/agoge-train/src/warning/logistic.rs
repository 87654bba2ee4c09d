//! Ridge-penalised logistic regression by Newton's method (iteratively reweighted least squares).

use super::{ColumnScaler, DayWindow, OddsModel};
use nalgebra::{DMatrix, DVector};

/// Penalty on the squared weights of standardised columns: as if two windows of both outcomes had
/// been seen at either end of each column.
const RIDGE: f64 = 2.0;
const STEPS: usize = 30;

/// A linear map to log odds.
pub(super) struct LogisticOdds {
    scaler: ColumnScaler,
    /// The offset, then one weight per column.
    weights: DVector<f64>,
}

impl LogisticOdds {
    pub(super) fn fit(windows: &[&DayWindow]) -> LogisticOdds {
        let width = windows.first().map_or(0, |window| window.summary.len());
        let scaler =
            ColumnScaler::from_rows(windows.iter().map(|window| window.summary.as_slice()), width);
        let rows: Vec<Vec<f64>> =
            windows.iter().map(|window| scaler.scale_row(&window.summary)).collect();
        let outcomes: Vec<bool> = windows.iter().map(|window| window.outcome).collect();
        let weights = maximise_likelihood(&rows, &outcomes, width, RIDGE);
        LogisticOdds { scaler, weights }
    }
}

impl OddsModel for LogisticOdds {
    fn log_odds(&self, windows: &[&DayWindow]) -> Vec<f64> {
        let odds = |window: &&DayWindow| {
            let row = self.scaler.scale_row(&window.summary);
            self.weights[0]
                + row.iter().zip(self.weights.iter().skip(1)).map(|(x, w)| x * w).sum::<f64>()
        };
        windows.iter().map(odds).collect()
    }
}

/// The offset and weights that maximise the penalised likelihood; the offset is not penalised.
pub(super) fn maximise_likelihood(
    rows: &[Vec<f64>],
    outcomes: &[bool],
    width: usize,
    ridge: f64,
) -> DVector<f64> {
    let mut weights = DVector::zeros(width + 1);
    let happened = outcomes.iter().filter(|outcome| **outcome).count() as f64;
    weights[0] = ((happened + 0.5) / (outcomes.len() as f64 - happened + 0.5)).ln();
    for _ in 0..STEPS {
        let mut gradient = DVector::zeros(width + 1);
        let mut curvature = DMatrix::zeros(width + 1, width + 1);
        for (row, outcome) in rows.iter().zip(outcomes) {
            let x = |i: usize| if i == 0 { 1.0 } else { row[i - 1] };
            let odds: f64 = (0..=width).map(|i| x(i) * weights[i]).sum();
            let p = 1.0 / (1.0 + (-odds).exp());
            let (miss, weight) = (f64::from(u8::from(*outcome)) - p, (p * (1.0 - p)).max(1e-9));
            for i in 0..=width {
                gradient[i] += miss * x(i);
                for j in 0..=i {
                    curvature[(i, j)] += weight * x(i) * x(j);
                }
            }
        }
        for i in 0..=width {
            for j in i + 1..=width {
                curvature[(i, j)] = curvature[(j, i)];
            }
            if i > 0 {
                gradient[i] -= ridge * weights[i];
                curvature[(i, i)] += ridge;
            }
        }
        let Some(cholesky) = curvature.cholesky() else { break };
        let step = cholesky.solve(&gradient);
        weights += &step;
        if step.amax() < 1e-9 {
            break;
        }
    }
    weights
}
