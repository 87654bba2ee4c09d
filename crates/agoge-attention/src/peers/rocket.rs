//! MiniRocket's features and ridge: among the strongest methods on time series of this size, and fast.

use super::Task;
use super::fusion::{Decide, Examples, Learner, Sense};
use super::minirocket::MiniRocket;
use super::ridge::Ridge;
use super::series::{self, Series};
use crate::motion::Motion;
use fastrand::Rng;
use rayon::prelude::*;

/// Instants of a series of the body, and of a sensor, which is faster.
const LENGTHS: [usize; 2] = [64, 128];

/// MiniRocket with ridge.
pub(super) struct Rocket {
    /// About how many features judge quality.
    pub(super) quality: usize,
    /// About how many features recognise movements.
    pub(super) movement: usize,
}

impl Default for Rocket {
    fn default() -> Rocket {
        Rocket { quality: 2_000, movement: 10_000 }
    }
}

struct Learned {
    sense: Sense,
    task: Task,
    rocket: MiniRocket,
    heads: Heads,
}

enum Heads {
    /// A ridge a movement, where both kinds were there to learn from.
    Each(Vec<Option<Ridge>>),
    /// One for all movements.
    All(Ridge),
}

impl Learner for Rocket {
    fn learn(&self, examples: &Examples, seed: u64) -> Option<Box<dyn Decide>> {
        let &Examples { sense, task, .. } = examples;
        let problems = examples.problems();
        if problems.iter().all(Option::is_none) {
            return None;
        }
        let series = all_series(&examples.motions(), sense, task);
        let count = if task == Task::Quality { self.quality } else { self.movement };
        let rocket = MiniRocket::fit(&series, count, &mut Rng::with_seed(seed))?;
        let features = rocket.transform(&series);
        let sign = |first: bool| if first { 1.0 } else { -1.0 };
        let heads = match task {
            Task::Movement => {
                let target = |&class: &usize| (0..examples.movements).map(move |movement| sign(movement == class));
                let targets: Vec<f64> = examples.classes.iter().flat_map(target).collect();
                Heads::All(Ridge::fit(&features, &targets, series.len())?)
            }
            Task::Quality => {
                let width = rocket.features();
                let learn = |problem: Option<Vec<(usize, bool)>>| {
                    let problem = problem?;
                    let rows = problem.iter().flat_map(|(i, _)| &features[i * width..(i + 1) * width]);
                    let own: Vec<f32> = rows.copied().collect();
                    let targets: Vec<f64> = problem.iter().map(|(_, correct)| sign(*correct)).collect();
                    Ridge::fit(&own, &targets, targets.len())
                };
                Heads::Each(problems.into_par_iter().map(learn).collect())
            }
        };
        Some(Box::new(Learned { sense, task, rocket, heads }))
    }
}

impl Decide for Learned {
    fn decide(&self, motions: &[&Motion]) -> Vec<Vec<f32>> {
        let features = self.rocket.transform(&all_series(motions, self.sense, self.task));
        let decide = |features: &[f32]| -> Vec<f32> {
            match &self.heads {
                Heads::All(ridge) => ridge.predict(features).into_iter().map(|value| value as f32).collect(),
                Heads::Each(ridges) => {
                    let value = |ridge: &Option<Ridge>| ridge.as_ref()?.predict(features).first().copied();
                    ridges.iter().map(|ridge| value(ridge).unwrap_or(0.0) as f32).collect()
                }
            }
        };
        features.par_chunks(self.rocket.features()).map(decide).collect()
    }

    fn parameters(&self) -> usize {
        let heads = match &self.heads {
            Heads::All(ridge) => ridge.parameters(),
            Heads::Each(ridges) => ridges.iter().flatten().map(Ridge::parameters).sum(),
        };
        self.rocket.features() + heads
    }
}

fn all_series(motions: &[&Motion], sense: Sense, task: Task) -> Vec<Series> {
    motions.par_iter().map(|motion| series_of(motion, sense, task)).collect()
}

/// How a movement was done shows in the directions of the bones, which movement it was in how fast they move.
fn series_of(motion: &Motion, sense: Sense, task: Task) -> Series {
    let [body, worn] = LENGTHS;
    match (sense, task) {
        (Sense::Worn, _) => series::worn(motion, worn),
        (Sense::Body, Task::Quality) => series::positions(motion, body).and(series::directions(motion, body)),
        (Sense::Body, Task::Movement) => {
            let positions = series::positions(motion, body);
            let velocities = positions.velocities();
            positions.and(velocities)
        }
    }
}
