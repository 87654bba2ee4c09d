//! How many labels are needed: suggested labels compared with random ones.

use agoge_model::error::ModelError;
use agoge_model::labels::RepetitionPool;
use agoge_model::metric::{mean_sd, roc_auc};
use agoge_model::motion::Motion;
use agoge_model::sides::movement_names;
use agoge_model::token::LabelledClip;
use fastrand::Rng;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;

/// Labels given at a time.
const BATCH: usize = 8;
/// By how much the AUC may fall short of that with all labels.
const AUC_TOLERANCE: f64 = 0.01;

/// The AUC with some number of labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelCountScore {
    /// Labelled repetitions per movement.
    pub labels: usize,
    /// Mean AUC over the movements when the labels were suggested: mean and standard deviation over
    /// the seeds.
    pub suggested: (f64, f64),
    /// The same for labels drawn at random.
    pub random: (f64, f64),
}

/// The result of the labelling evaluation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabellingEvaluation {
    /// Number of repetitions per movement that could be labelled.
    pub all: usize,
    /// Number of movements.
    pub movements: usize,
    /// Number of athletes, each left out once.
    pub athletes: usize,
    /// Number of seeds.
    pub seeds: u64,
    /// In ascending order of labels; the last entry has all of them.
    pub curve: Vec<LabelCountScore>,
    /// Number of labels at which suggestions come within 0.01 of the AUC with all labels; `None` if
    /// there is no curve.
    pub suggested_enough: Option<usize>,
    /// The same for random labels.
    pub random_enough: Option<usize>,
}

/// The scores for the athlete left out, after each batch of labels, `[step][clip of theirs]`.
type ScoreHistory = Vec<Vec<f32>>;

/// For each movement and each athlete left out, the other athletes' repetitions are labelled
/// eight at a time, as [`agoge_model::labels::suggest_labels`] suggests or at random. After
/// each batch a predictor learns from the labels so far and scores the athlete left out. `progress`
/// is called with the number of jobs done and the total.
///
/// # Errors
/// With fewer than two athletes or without labels.
pub fn evaluate_labelling(
    clips: &[LabelledClip],
    seeds: u64,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<LabellingEvaluation, ModelError> {
    let clips: Vec<&LabelledClip> =
        clips.iter().filter(|clip| clip.label.is_some() && clip.motion.has_body()).collect();
    let athletes: BTreeSet<&str> = clips.iter().map(|clip| clip.athlete.as_str()).collect();
    if athletes.len() < 2 {
        let hint = "at least two athletes with labels (1 correct, 0 incorrect) are needed";
        return Err(ModelError::Clips {
            what: format!("{} athletes with labels", athletes.len()),
            hint,
        });
    }
    let owned: Vec<LabelledClip> = clips.iter().map(|&clip| clip.clone()).collect();
    let names = movement_names(&owned);
    let mut jobs = Vec::new();
    for seed in 1..=seeds {
        for movement in &names {
            jobs.extend(athletes.iter().map(|&athlete| (seed, movement, athlete)));
        }
    }
    let done = std::sync::atomic::AtomicUsize::new(0);
    let courses: Vec<Option<(Vec<bool>, [ScoreHistory; 2])>> = jobs
        .par_iter()
        .map(|&(seed, movement, athlete)| {
            let of_movement: Vec<&LabelledClip> =
                clips.iter().copied().filter(|clip| clip.movement == *movement).collect();
            let course = score_histories(&of_movement, athlete, seed);
            progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, jobs.len());
            course
        })
        .collect();
    let steps = courses.iter().flatten().map(|(_, [course, _])| course.len()).max().unwrap_or(0);
    let all = clips.len() / names.len() * (athletes.len() - 1) / athletes.len();
    let curve: Vec<LabelCountScore> = (0..steps)
        .map(|step| {
            let auc_of = |which: usize| {
                let of_seed = |seed: u64| {
                    let movement_auc = |movement: &String| {
                        let mut scores = Vec::new();
                        let mut labels = Vec::new();
                        for (job, course) in jobs.iter().zip(&courses) {
                            if let (true, Some((truth, course))) =
                                (job.0 == seed && job.1 == movement, course)
                            {
                                // A pool that ran out of labels earlier keeps its last scores.
                                let step_scores = course[which].get(step).or(course[which].last());
                                scores.extend(step_scores.into_iter().flatten());
                                labels.extend(truth);
                            }
                        }
                        roc_auc(&scores, &labels)
                    };
                    let each: Vec<f64> =
                        names.iter().map(movement_auc).filter(|auc| auc.is_finite()).collect();
                    mean_sd(&each).0
                };
                mean_sd(&(1..=seeds).map(of_seed).collect::<Vec<_>>())
            };
            LabelCountScore {
                labels: ((step + 1) * BATCH).min(all),
                suggested: auc_of(0),
                random: auc_of(1),
            }
        })
        .collect();
    let enough = |value: fn(&LabelCountScore) -> f64| {
        let full = curve.last().map(value)?;
        curve.iter().find(|with| value(with) >= full - AUC_TOLERANCE).map(|with| with.labels)
    };
    Ok(LabellingEvaluation {
        all,
        movements: names.len(),
        athletes: athletes.len(),
        seeds,
        suggested_enough: enough(|with| with.suggested.0),
        random_enough: enough(|with| with.random.0),
        curve,
    })
}

/// The scores of one athlete's repetitions as the other athletes' are labelled, suggested and at
/// random, with the true labels; `None` if the movement has too few repetitions.
fn score_histories(
    clips: &[&LabelledClip],
    athlete: &str,
    seed: u64,
) -> Option<(Vec<bool>, [ScoreHistory; 2])> {
    // The athlete left out comes last, so that indices into the pool are those of the others.
    let (test, others): (Vec<&LabelledClip>, Vec<&LabelledClip>) =
        clips.iter().copied().partition(|clip| clip.athlete == athlete);
    let motions: Vec<&Motion> = others.iter().chain(&test).map(|clip| &clip.motion).collect();
    let pool = RepetitionPool::new(&motions, seed)?;
    let truth: Vec<Option<bool>> = others.iter().map(|clip| clip.is_correct()).collect();
    let scores_after = |labels: &[Option<bool>]| -> Vec<f32> {
        let judge = pool.learn_labels(labels);
        let predict = |i: usize| {
            judge
                .as_ref()
                .map_or(0.0, |judge| pool.predict_repetition(judge, others.len() + i) as f32)
        };
        (0..test.len()).map(predict).collect()
    };
    let mut suggested = Vec::new();
    // The repetitions of the athlete left out lie beyond the labels and are never suggested.
    let mut labels = vec![None; others.len()];
    while labels.contains(&None) {
        pool.suggest_repetitions(&labels, BATCH)
            .iter()
            .for_each(|suggestion| labels[suggestion.clip] = truth[suggestion.clip]);
        suggested.push(scores_after(&labels));
    }
    let mut order: Vec<usize> = (0..others.len()).collect();
    Rng::with_seed(seed * 7919 + test.len() as u64).shuffle(&mut order);
    let mut random = Vec::new();
    let mut labels = vec![None; others.len()];
    for chunk in order.chunks(BATCH) {
        chunk.iter().for_each(|&i| labels[i] = truth[i]);
        random.push(scores_after(&labels));
    }
    Some((test.iter().map(|clip| clip.is_correct() == Some(true)).collect(), [suggested, random]))
}
