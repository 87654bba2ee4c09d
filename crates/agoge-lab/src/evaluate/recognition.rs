//! How well a method recognises the movements of athletes it was not trained on, from the body, a
//! worn sensor, or both.

use super::Fold;
use agoge_model::error::ModelError;
use agoge_model::methods::{LearningMethod, LearningTask};
use agoge_model::metric::mean_sd;
use agoge_model::sides::movement_names;
use agoge_model::token::LabelledClip;
use rayon::prelude::*;
use serde::Serialize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The inputs a method is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SenseSet {
    /// The body's positions.
    Skeleton,
    /// The worn sensor.
    Sensor,
    /// Both.
    Both,
}

impl SenseSet {
    /// The clip restricted to these senses.
    fn restrict_clip(self, clip: &LabelledClip) -> LabelledClip {
        let motion = match self {
            SenseSet::Skeleton => clip.motion.without_sensor(),
            SenseSet::Sensor => clip.motion.without_body(),
            SenseSet::Both => clip.motion.clone(),
        };
        LabelledClip { motion, ..clip.clone() }
    }

    fn is_available_in(self, clip: &LabelledClip) -> bool {
        let (body, sensor) = (clip.motion.has_body(), clip.motion.has_sensor());
        match self {
            SenseSet::Skeleton => body,
            SenseSet::Sensor => sensor,
            SenseSet::Both => body && sensor,
        }
    }
}

/// Recognition with one combination of senses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SenseAccuracy {
    /// Senses available in training.
    pub trained: SenseSet,
    /// Senses available in the test.
    pub tested: SenseSet,
    /// Share of the clips recognised: mean and standard deviation over the seeds.
    pub accuracy: (f64, f64),
    /// Number of parameters the method learned.
    pub parameters: usize,
}

/// The result of the recognition evaluation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecognitionEvaluation {
    /// Number of training clips.
    pub learned: usize,
    /// Number of test clips.
    pub judged: usize,
    /// Number of movements.
    pub movements: usize,
    /// Number of seeds.
    pub seeds: u64,
    /// Each combination of senses.
    pub senses: Vec<SenseAccuracy>,
    /// The most frequently confused pairs, where training and test have the most senses: the
    /// movement, what it was mistaken for, and how often over all seeds.
    pub confused: Vec<(String, String, usize)>,
}

/// The senses of each training, and of its tests.
const SENSE_PLAN: [(SenseSet, &[SenseSet]); 3] = [
    (SenseSet::Skeleton, &[SenseSet::Skeleton]),
    (SenseSet::Sensor, &[SenseSet::Sensor]),
    (SenseSet::Both, &[SenseSet::Both, SenseSet::Skeleton, SenseSet::Sensor]),
];
/// Number of confusions reported.
const REPORTED_CONFUSIONS: usize = 8;

/// Trains on the clips in `learn` with each combination of senses that they have, and recognises
/// the clips in `judge`, whose athletes must be different ones.
///
/// # Errors
/// If either side has no clips or an athlete is on both sides, and whatever the method or `watch`
/// returns.
pub fn evaluate_recognition(
    learn: &[LabelledClip],
    judge: &[LabelledClip],
    method: &dyn LearningMethod,
    seeds: u64,
    watch: &mut super::FoldObserver,
) -> Result<RecognitionEvaluation, ModelError> {
    check_split(learn, judge)?;
    let names = movement_names(learn);
    let plan: Vec<(SenseSet, &[SenseSet])> = SENSE_PLAN
        .into_iter()
        .filter(|(senses, _)| learn.iter().any(|clip| senses.is_available_in(clip)))
        .collect();
    let runs: Vec<(u64, (SenseSet, &[SenseSet]))> =
        (1..=seeds).flat_map(|seed| plan.iter().map(move |&step| (seed, step))).collect();
    let done = AtomicUsize::new(0);
    let watch = Mutex::new(watch);
    let results: Vec<(usize, Vec<Vec<Option<usize>>>)> = runs
        .par_iter()
        .map(|&(seed, (senses, tests))| {
            let training: Vec<LabelledClip> = learn
                .iter()
                .filter(|clip| senses.is_available_in(clip))
                .map(|clip| senses.restrict_clip(clip))
                .collect();
            let fitted = method.learn_task(
                &training.iter().collect::<Vec<_>>(),
                &names,
                LearningTask::Movement,
                seed,
            )?;
            let mut recognised = Vec::new();
            for test in tests {
                let clips: Vec<LabelledClip> =
                    judge.iter().map(|clip| test.restrict_clip(clip)).collect();
                let predictions = fitted.predict_clips(&clips.iter().collect::<Vec<_>>());
                recognised.push(
                    predictions
                        .iter()
                        .map(agoge_model::methods::ClipPrediction::likeliest_movement)
                        .collect(),
                );
            }
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            if let Ok(mut watch) = watch.lock() {
                watch(&Fold { seed, without: Vec::new(), said: Vec::new() }, count, runs.len())?;
            }
            Ok((fitted.parameter_count(), recognised))
        })
        .collect::<Result<_, ModelError>>()?;

    let truth: Vec<Option<usize>> = judge.iter().map(|clip| clip.class_index(&names)).collect();
    let mut senses = Vec::new();
    for (step, &(trained, tests)) in plan.iter().enumerate() {
        let results_of_step = || results.iter().skip(step).step_by(plan.len());
        for (test, &tested) in tests.iter().enumerate() {
            let known: Vec<usize> =
                (0..judge.len()).filter(|&i| tested.is_available_in(&judge[i])).collect();
            let share = |recognised: &[Option<usize>]| {
                known.iter().filter(|&&i| truth[i].is_some() && recognised[i] == truth[i]).count()
                    as f64
                    / known.len() as f64
            };
            let accuracy = mean_sd(
                &results_of_step()
                    .map(|(_, recognised)| share(&recognised[test]))
                    .collect::<Vec<_>>(),
            );
            let parameters = results_of_step().next().map_or(0, |(parameters, _)| *parameters);
            senses.push(SenseAccuracy { trained, tested, accuracy, parameters });
        }
    }
    let mut confused: Vec<(String, String, usize)> = Vec::new();
    for (_, recognised) in results.iter().skip(plan.len() - 1).step_by(plan.len()) {
        for (clip, taken) in judge.iter().zip(&recognised[0]) {
            let Some(taken) =
                taken.map(|class| &names[class]).filter(|name| **name != clip.movement)
            else {
                continue;
            };
            match confused.iter_mut().find(|(a, b, _)| *a == clip.movement && b == taken) {
                Some((_, _, count)) => *count += 1,
                None => confused.push((clip.movement.clone(), taken.clone(), 1)),
            }
        }
    }
    confused.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.cmp(b)));
    confused.truncate(REPORTED_CONFUSIONS);
    Ok(RecognitionEvaluation {
        learned: learn.len(),
        judged: judge.len(),
        movements: names.len(),
        seeds,
        senses,
        confused,
    })
}

/// Checks that there are clips on both sides, of different athletes.
pub(super) fn check_split(
    learn: &[LabelledClip],
    judge: &[LabelledClip],
) -> Result<(), ModelError> {
    let hint = "the manifest's column split must say train and test, and no athlete may be both";
    if learn.is_empty() || judge.is_empty() {
        return Err(ModelError::Clips {
            what: format!("{} clips to learn, {} to judge", learn.len(), judge.len()),
            hint,
        });
    }
    match judge.iter().find(|clip| learn.iter().any(|other| other.athlete == clip.athlete)) {
        Some(both) => Err(ModelError::Clips {
            what: format!("an athlete is in training and test: {}", both.athlete),
            hint,
        }),
        None => Ok(()),
    }
}
