//! How good a model is on athletes it was not trained on.

use crate::Card;
use crate::calibration::{self, Calibration};
use crate::error::Error;
use crate::metric::{auc, mean_sd};
use crate::model::Model;
use crate::motion::Motion;
use crate::token::Clip;
use crate::train::{Config, movements, train};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Figures of one movement: each mean and standard deviation over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByMovement {
    /// The movement.
    pub movement: String,
    /// How many judged repetitions.
    pub clips: usize,
    /// Area under the ROC curve, correct above incorrect, athletes pooled.
    pub auc: (f64, f64),
    /// The same within each athlete, averaged.
    pub auc_within: (f64, f64),
    /// Share of repetitions on the right side of one half.
    pub accuracy: (f64, f64),
    /// The distance from the movement's prototype that holds 95 % of the repetitions of athletes left out.
    pub reach: f64,
}

/// The result of an evaluation: each mean and standard deviation over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// How many athletes, each left out once.
    pub athletes: usize,
    /// How many seeds.
    pub seeds: u64,
    /// Mean over the movements of the area under the ROC curve.
    pub auc: (f64, f64),
    /// Mean over the movements of the within-athlete area.
    pub auc_within: (f64, f64),
    /// Mean over the movements of the accuracy.
    pub accuracy: (f64, f64),
    /// Share of repetitions whose movement was recognised.
    pub recognition: (f64, f64),
    /// Each movement.
    pub movements: Vec<ByMovement>,
    /// What the readings are worth.
    pub calibration: Calibration,
}

/// What a model said of a clip it was not trained on.
struct Judged {
    quality: f32,
    recognised: bool,
    distance: f64,
}

/// Leaves every athlete out once: trains on the others with a fixed number of epochs, from a pre-trained encoder if there is one, then judges the one. No choice looks
/// at the athlete left out; that `base` never saw them is the caller's to see to.
/// `progress` is told how many trainings are done, of how many.
///
/// # Errors
/// With fewer than two athletes or without labels.
pub fn leave_one_athlete_out(
    clips: &[Clip],
    config: &Config,
    base: Option<&Model>,
    seeds: u64,
    progress: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<Evaluation, Error> {
    let athletes: Vec<&str> =
        clips.iter().map(|clip| clip.athlete.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    if athletes.len() < 2 || clips.iter().all(|clip| clip.label.is_none()) {
        return Err(Error::Clips {
            what: format!(
                "{} athletes and {} labels",
                athletes.len(),
                clips.iter().filter(|c| c.label.is_some()).count()
            ),
            hint: "at least two athletes and some labels (1 correct, 0 incorrect) are needed",
        });
    }
    let names = movements(clips);
    let runs: Vec<(u64, &str)> =
        (0..seeds).flat_map(|seed| athletes.iter().map(move |&athlete| (seed, athlete))).collect();
    let done = AtomicUsize::new(0);
    let progress = std::sync::Mutex::new(progress);
    let judged: Vec<Vec<(usize, Judged)>> = runs
        .par_iter()
        .map(|&(seed, athlete)| {
            let judged = fold(clips, &names, athlete, &Config { seed: config.seed + seed, ..config.clone() }, base);
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            if let Ok(mut progress) = progress.lock() {
                progress(count, runs.len());
            }
            judged
        })
        .collect::<Result<_, Error>>()?;

    let mut by_seed: Vec<Vec<Judged>> = Vec::new();
    for chunk in judged.into_iter().collect::<Vec<_>>().chunks_mut(athletes.len()) {
        let mut all: Vec<(usize, Judged)> = chunk.iter_mut().flat_map(std::mem::take).collect();
        all.sort_by_key(|(index, _)| *index);
        by_seed.push(all.into_iter().map(|(_, judged)| judged).collect());
    }
    let over_seeds =
        |of: &dyn Fn(&[Judged]) -> f64| mean_sd(&by_seed.iter().map(|judged| of(judged)).collect::<Vec<_>>());
    let by_movement: Vec<ByMovement> = names
        .iter()
        .map(|name| {
            let own: Vec<usize> =
                (0..clips.len()).filter(|&i| clips[i].movement == *name && clips[i].label.is_some()).collect();
            ByMovement {
                movement: name.clone(),
                clips: own.len(),
                auc: over_seeds(&|judged| area(clips, judged, &own)),
                auc_within: over_seeds(&|judged| {
                    let each: Vec<f64> = athletes
                        .iter()
                        .map(|athlete| {
                            let theirs: Vec<usize> =
                                own.iter().copied().filter(|&i| clips[i].athlete == *athlete).collect();
                            area(clips, judged, &theirs)
                        })
                        .filter(|area| area.is_finite())
                        .collect();
                    mean_sd(&each).0
                }),
                accuracy: over_seeds(&|judged| {
                    let right =
                        own.iter().filter(|&&i| (judged[i].quality > 0.5) == (clips[i].label == Some(true))).count();
                    right as f64 / own.len() as f64
                }),
                reach: reach(clips, &by_seed, name),
            }
        })
        .collect();
    let mean = |of: fn(&ByMovement) -> (f64, f64)| {
        let known: Vec<(f64, f64)> = by_movement.iter().map(of).filter(|(mean, _)| mean.is_finite()).collect();
        let n = known.len() as f64;
        (known.iter().map(|v| v.0).sum::<f64>() / n, known.iter().map(|v| v.1).sum::<f64>() / n)
    };
    Ok(Evaluation {
        athletes: athletes.len(),
        seeds,
        auc: mean(|movement| movement.auc),
        auc_within: mean(|movement| movement.auc_within),
        accuracy: mean(|movement| movement.accuracy),
        recognition: over_seeds(&|judged| judged.iter().filter(|j| j.recognised).count() as f64 / judged.len() as f64),
        movements: by_movement,
        calibration: Calibration::fit(&labelled(clips, &by_seed)),
    })
}

/// The 95th percentile of the distances of a movement's repetitions from its prototype.
fn reach(clips: &[Clip], by_seed: &[Vec<Judged>], movement: &str) -> f64 {
    let own = by_seed.iter().flat_map(|judged| clips.iter().zip(judged)).filter(|(clip, _)| clip.movement == movement);
    let mut distances: Vec<f64> = own.map(|(_, judged)| judged.distance).collect();
    distances.sort_by(f64::total_cmp);
    distances.get(distances.len().saturating_sub(1) * 19 / 20).copied().unwrap_or(0.0)
}

/// Every reading of a labelled repetition, over all seeds.
fn labelled<'a>(clips: &'a [Clip], by_seed: &[Vec<Judged>]) -> Vec<calibration::Judged<'a>> {
    by_seed
        .iter()
        .flat_map(|judged| clips.iter().zip(judged))
        .filter_map(|(clip, judged)| {
            Some(calibration::Judged {
                reading: f64::from(judged.quality),
                correct: clip.label?,
                athlete: &clip.athlete,
            })
        })
        .collect()
}

fn area(clips: &[Clip], judged: &[Judged], which: &[usize]) -> f64 {
    let scores: Vec<f32> = which.iter().map(|&i| judged[i].quality).collect();
    let labels: Vec<bool> = which.iter().map(|&i| clips[i].label == Some(true)).collect();
    auc(&scores, &labels)
}

/// Trains without an athlete and judges that athlete's clips.
fn fold(
    clips: &[Clip],
    names: &[String],
    athlete: &str,
    config: &Config,
    base: Option<&Model>,
) -> Result<Vec<(usize, Judged)>, Error> {
    let (own, others): (Vec<usize>, Vec<usize>) = (0..clips.len()).partition(|&i| clips[i].athlete == athlete);
    let others: Vec<Clip> = others.into_iter().map(|i| clips[i].clone()).collect();
    let (encoder, size) = train(&others, names, config, base, &mut |_| {})?;
    let card = Card { movements: names.to_vec(), ..Card::default() };
    let model = Model::new(encoder, size, card, &others);
    let motions: Vec<&Motion> = own.iter().map(|&i| &clips[i].motion).collect();
    Ok(own
        .iter()
        .zip(model.read_motions(&motions))
        .map(|(&i, reading)| {
            let class = names.iter().position(|name| *name == clips[i].movement).unwrap_or(0);
            let best = (0..names.len()).max_by(|&a, &b| reading.movement[a].total_cmp(&reading.movement[b]));
            let distance = model.distance(&reading, class);
            (i, Judged { quality: reading.quality[class], recognised: best == Some(class), distance })
        })
        .collect())
}
