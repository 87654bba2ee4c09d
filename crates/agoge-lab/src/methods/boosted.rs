//! Boosted trees (Friedman 2001; Chen & Guestrin 2016) on summary statistics of a movement: the
//! location, spread and speed of each channel.

use agoge_model::methods::fusion::{Sense, SenseExamples, SenseLearner, SensePredictor};
use agoge_model::methods::series::{self, SeriesRegion};
use agoge_model::motion::Motion;
use forust_ml::{GradientBooster, Matrix};
use rayon::prelude::*;
use std::borrow::Cow;

/// Samples per series.
const LENGTH: usize = 64;

/// Boosted trees to be trained.
pub(super) struct BoostedMethod {
    /// Number of trees per problem.
    pub(super) trees: usize,
    /// Learning rate: the share of each tree's output that is added.
    pub(super) rate: f32,
    /// Maximum depth of a tree.
    pub(super) depth: usize,
}

impl Default for BoostedMethod {
    fn default() -> BoostedMethod {
        BoostedMethod { trees: 100, rate: 0.1, depth: 4 }
    }
}

struct LearnedTrees {
    sense: Sense,
    /// `[movement]`.
    heads: Vec<Option<MovementTrees>>,
}

/// The trees of one problem.
struct MovementTrees {
    booster: GradientBooster,
    /// The summaries that vary; forust accepts no constant ones.
    columns: Vec<usize>,
}

impl SenseLearner for BoostedMethod {
    fn learn_sense(&self, examples: &SenseExamples, seed: u64) -> Option<Box<dyn SensePredictor>> {
        let rows = summarise_motions(&examples.oriented_motions(), examples.sense);
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
            booster
                .fit_unweighted(&select_columns(&problem_rows, &columns).as_matrix(), &kinds, None)
                .ok()?;
            Some(MovementTrees { booster, columns })
        };
        let heads: Vec<Option<MovementTrees>> =
            examples.binary_problems().into_par_iter().map(learn).collect();
        if heads.iter().all(Option::is_none) {
            return None;
        }
        Some(Box::new(LearnedTrees { sense: examples.sense, heads }))
    }
}

impl SensePredictor for LearnedTrees {
    fn decision_values(&self, motions: &[Cow<Motion>]) -> Vec<Vec<f32>> {
        let rows = summarise_motions(motions, self.sense);
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        let mut decided = vec![vec![0.0; self.heads.len()]; rows.len()];
        for (movement, head) in self.heads.iter().enumerate() {
            let Some(MovementTrees { booster, columns }) = head else { continue };
            let values = booster.predict(&select_columns(&rows, columns).as_matrix(), false);
            decided
                .iter_mut()
                .zip(values)
                .for_each(|(decided, value)| decided[movement] = value as f32);
        }
        decided
    }

    fn parameter_count(&self) -> usize {
        // A node is a feature, a threshold and a value.
        let trees = self.heads.iter().flatten().flat_map(|head| &head.booster.trees);
        trees.map(|tree| 3 * tree.nodes.len()).sum()
    }
}

/// Values in the layout that forust expects, `[column, row]`.
struct SummaryMatrix {
    values: Vec<f64>,
    rows: usize,
    columns: usize,
}

impl SummaryMatrix {
    fn as_matrix(&self) -> Matrix<'_, f64> {
        Matrix::new(&self.values, self.rows, self.columns)
    }
}

fn select_columns(rows: &[&[f64]], columns: &[usize]) -> SummaryMatrix {
    let values =
        columns.iter().flat_map(|&column| rows.iter().map(move |row| row[column])).collect();
    SummaryMatrix { values, rows: rows.len(), columns: columns.len() }
}

/// The summaries of several motions, `[motion][summary]`.
fn summarise_motions(motions: &[Cow<Motion>], sense: Sense) -> Vec<Vec<f64>> {
    motions.par_iter().map(|motion| summarise_motion(motion, sense)).collect()
}

/// Mean, standard deviation, minimum, maximum, range and mean absolute speed (per sample) of each
/// channel, then the duration, s.
fn summarise_motion(motion: &Motion, sense: Sense) -> Vec<f64> {
    let series = match sense {
        Sense::Body => series::part_positions(motion, LENGTH, SeriesRegion::Body)
            .join_channels(series::bone_directions(motion, LENGTH, SeriesRegion::Body)),
        Sense::Worn => series::sensor_channels(motion, LENGTH),
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
    use agoge_model::simulated::simulated_motion;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    #[test]
    fn a_summary_is_what_it_says() {
        let motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let summary = summarise_motion(&motion, Sense::Body);
        assert_eq!(summary.len(), 6 * (51 + 81) + 1);
        assert_eq!(summary.last(), Some(&motion.duration_s()));
        // The height of the pelvis above the ankles, in trunk lengths.
        let heights =
            series::part_positions(&motion, LENGTH, SeriesRegion::Body).channel(1).to_vec();
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
