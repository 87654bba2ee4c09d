//! Boosted trees (Friedman 2001; Chen & Guestrin 2016) on summary statistics of a movement: the
//! location, spread and speed of each channel.

use super::fusion::{Decide, Examples, Learner, Sense};
use super::series::{self, Region};
use crate::motion::Motion;
use forust_ml::{GradientBooster, Matrix};
use rayon::prelude::*;
use std::borrow::Cow;

/// Samples per series.
const LENGTH: usize = 64;

/// Boosted trees to be trained.
pub(super) struct Boosted {
    /// Number of trees per problem.
    pub(super) trees: usize,
    /// Learning rate: the share of each tree's output that is added.
    pub(super) rate: f32,
    /// Maximum depth of a tree.
    pub(super) depth: usize,
}

impl Default for Boosted {
    fn default() -> Boosted {
        Boosted { trees: 100, rate: 0.1, depth: 4 }
    }
}

struct Learned {
    sense: Sense,
    /// `[movement]`.
    heads: Vec<Option<Head>>,
}

/// The trees of one problem.
struct Head {
    booster: GradientBooster,
    /// The summaries that vary; forust accepts no constant ones.
    columns: Vec<usize>,
}

impl Learner for Boosted {
    fn learn(&self, examples: &Examples, seed: u64) -> Option<Box<dyn Decide>> {
        let rows = summaries(&examples.motions(), examples.sense);
        let learn = |problem: Option<Vec<(usize, bool)>>| {
            let problem = problem?;
            let problem_rows: Vec<&[f64]> =
                problem.iter().map(|(i, _)| rows[*i].as_slice()).collect();
            let kinds: Vec<f64> =
                problem.iter().map(|(_, first)| f64::from(u8::from(*first))).collect();
            let columns: Vec<usize> = (0..problem_rows.first()?.len())
                .filter(|&c| problem_rows.iter().any(|row| row[c] != problem_rows[0][c]))
                .collect();
            let mut booster = GradientBooster::default()
                .set_iterations(self.trees)
                .set_learning_rate(self.rate)
                .set_max_depth(self.depth)
                .set_seed(seed)
                // Problems are learned in parallel instead; within one, summing in another order
                // would change the result.
                .set_parallel(false);
            booster.fit_unweighted(&matrix(&problem_rows, &columns).of(), &kinds, None).ok()?;
            Some(Head { booster, columns })
        };
        let heads: Vec<Option<Head>> = examples.problems().into_par_iter().map(learn).collect();
        if heads.iter().all(Option::is_none) {
            return None;
        }
        Some(Box::new(Learned { sense: examples.sense, heads }))
    }
}

impl Decide for Learned {
    fn decide(&self, motions: &[Cow<Motion>]) -> Vec<Vec<f32>> {
        let rows = summaries(motions, self.sense);
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let mut decided = vec![vec![0.0; self.heads.len()]; rows.len()];
        for (movement, head) in self.heads.iter().enumerate() {
            let Some(Head { booster, columns }) = head else { continue };
            let values = booster.predict(&matrix(&rows, columns).of(), false);
            decided
                .iter_mut()
                .zip(values)
                .for_each(|(decided, value)| decided[movement] = value as f32);
        }
        decided
    }

    fn parameters(&self) -> usize {
        // A node is a feature, a threshold and a value.
        let trees = self.heads.iter().flatten().flat_map(|head| &head.booster.trees);
        trees.map(|tree| 3 * tree.nodes.len()).sum()
    }
}

/// Values in the layout that forust expects, `[column, row]`.
struct Columns {
    values: Vec<f64>,
    rows: usize,
    columns: usize,
}

impl Columns {
    fn of(&self) -> Matrix<'_, f64> {
        Matrix::new(&self.values, self.rows, self.columns)
    }
}

fn matrix(rows: &[&[f64]], columns: &[usize]) -> Columns {
    let values =
        columns.iter().flat_map(|&column| rows.iter().map(move |row| row[column])).collect();
    Columns { values, rows: rows.len(), columns: columns.len() }
}

/// The summaries of several motions, `[motion][summary]`.
fn summaries(motions: &[Cow<Motion>], sense: Sense) -> Vec<Vec<f64>> {
    motions.par_iter().map(|motion| summary(motion, sense)).collect()
}

/// Mean, standard deviation, minimum, maximum, range and mean absolute speed (per sample) of each
/// channel, then the duration, s.
fn summary(motion: &Motion, sense: Sense) -> Vec<f64> {
    let series = match sense {
        Sense::Body => series::positions(motion, LENGTH, Region::Body).and(series::directions(
            motion,
            LENGTH,
            Region::Body,
        )),
        Sense::Worn => series::worn(motion, LENGTH),
    };
    let statistics = |channel: &[f32]| {
        let n = channel.len() as f64;
        let values = || channel.iter().map(|v| f64::from(*v));
        let mean = values().sum::<f64>() / n;
        let deviation = (values().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        let (least, most) =
            values().fold((f64::MAX, f64::MIN), |(least, most), v| (least.min(v), most.max(v)));
        let path: f64 = channel.windows(2).map(|pair| f64::from((pair[1] - pair[0]).abs())).sum();
        [mean, deviation, least, most, most - least, path / (n - 1.0)]
    };
    series.channels().flat_map(statistics).chain([motion.duration_s()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion::tests::motion;
    use agoge_motion::simulate::{Exercise, Set};

    #[test]
    fn a_summary_is_what_it_says() {
        let motion = motion(&Set { repetitions: 1, ..Set::new(Exercise::Squat) });
        let summary = summary(&motion, Sense::Body);
        assert_eq!(summary.len(), 6 * (51 + 81) + 1);
        assert_eq!(summary.last(), Some(&motion.duration_s()));
        // The height of the pelvis above the ankles, in trunk lengths.
        let heights = series::positions(&motion, LENGTH, Region::Body).channel(1).to_vec();
        let (most, least) = (
            heights.iter().copied().fold(0.0, f32::max),
            heights.iter().copied().fold(9.0, f32::min),
        );
        let pelvis = &summary[6..12];
        assert!(
            (pelvis[3] - f64::from(most)).abs() < 1e-6
                && (pelvis[2] - f64::from(least)).abs() < 1e-6
        );
        assert!((pelvis[4] - f64::from(most - least)).abs() < 1e-6);
        // Down and up again.
        assert!(
            (pelvis[5] * (LENGTH - 1) as f64 / (2.0 * pelvis[4]) - 1.0).abs() < 0.05,
            "{pelvis:?}"
        );
    }
}
