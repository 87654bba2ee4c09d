//! How well a method tells correct from incorrect repetitions of athletes it was not trained on.

use super::fold::Fold;
use agoge_model::athlete::{AthleteEffect, LabelledReading};
use agoge_model::calibration::Calibration;
use agoge_model::card::ScoreCalibration;
use agoge_model::conformal::Conformal;
use agoge_model::methods::ClipPrediction;
use agoge_model::metric::{mean_sd, roc_auc};
use agoge_model::sides::movement_names;
use agoge_model::token::LabelledClip;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Results for one movement: each a mean and standard deviation over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MovementEvaluation {
    /// The movement.
    pub movement: String,
    /// Number of labelled repetitions.
    pub clips: usize,
    /// Area under the ROC curve, correct above incorrect, athletes pooled.
    pub auc: (f64, f64),
    /// The AUC within each athlete, averaged over the athletes.
    pub auc_within: (f64, f64),
    /// Share of repetitions classified correctly at a probability of one half.
    pub accuracy: (f64, f64),
    /// AUC when each repetition is judged together with the athlete's other repetitions, whose
    /// labels are not given.
    pub auc_in_set: (f64, f64),
    /// Accuracy under the same conditions.
    pub accuracy_in_set: (f64, f64),
    /// Distance from the movement's prototype that holds 95 % of the repetitions of athletes left
    /// out; 0 for a method without prototypes.
    pub reach: f64,
}

/// The result of the quality evaluation: each figure is a mean and standard deviation over the
/// seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Number of athletes, each left out once.
    pub athletes: usize,
    /// Number of seeds.
    pub seeds: u64,
    /// Mean AUC over the movements.
    pub auc: (f64, f64),
    /// Mean within-athlete AUC over the movements.
    pub auc_within: (f64, f64),
    /// Mean accuracy over the movements.
    pub accuracy: (f64, f64),
    /// Share of repetitions whose movement was recognised; NaN for a method that learned quality
    /// only.
    pub recognition: (f64, f64),
    /// Each repetition judged together with the athlete's others; `None` if athletes were not left
    /// out in pairs.
    pub in_set: Option<SetEvaluation>,
    /// Results by movement.
    pub movements: Vec<MovementEvaluation>,
    /// Calibration of the probabilities in a set; empty if athletes were not left out in pairs.
    pub calibration: Calibration,
    /// How readings differ between athletes; `None` with fewer than two athletes that have both
    /// correct and incorrect repetitions.
    pub effect: Option<AthleteEffect>,
    /// The interval around a score that holds nine labels in ten; `None` if athletes were not left
    /// out in pairs.
    pub conformal: Option<Conformal>,
}

/// Results when each repetition is judged together with the athlete's other repetitions of the
/// movement, without their labels. Nothing used for this was fitted to data of that athlete.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetEvaluation {
    /// Mean AUC over the movements.
    pub auc: (f64, f64),
    /// Mean accuracy over the movements.
    pub accuracy: (f64, f64),
    /// The accuracy when the set holds only some of the athlete's repetitions, by the share of
    /// correct ones among them: 0, 1/4, 1/2, 3/4, 1.
    pub accuracy_by_share: Vec<(f64, f64)>,
    /// Share of labels within the 90 % interval: mean and standard deviation over the athletes.
    pub coverage: (f64, f64),
    /// Mean width of the interval, 0 to 100.
    pub width: f64,
}

/// The shares of correct repetitions for which sets are evaluated.
const SHARES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// The predictions of one seed: for each clip by the training without its athlete, and by the
/// trainings without pairs of athletes.
struct SeedPredictions<'a> {
    /// `[clip]`
    predictions: Vec<Option<&'a ClipPrediction>>,
    /// For each athlete, the predictions of trainings without them and one other athlete, for the
    /// other's clips.
    paired_predictions: BTreeMap<&'a str, Vec<(usize, &'a ClipPrediction)>>,
}

impl<'a> SeedPredictions<'a> {
    fn new(clips: &'a [LabelledClip], folds: &'a [Fold], seed: u64) -> SeedPredictions<'a> {
        let mut of_seed = SeedPredictions {
            predictions: vec![None; clips.len()],
            paired_predictions: BTreeMap::new(),
        };
        for fold in folds.iter().filter(|fold| fold.seed == seed) {
            for (clip, prediction) in &fold.said {
                match fold.without.as_slice() {
                    [_] => of_seed.predictions[*clip] = Some(prediction),
                    pair => {
                        let others = pair.iter().filter(|name| **name != clips[*clip].athlete);
                        others.for_each(|name| {
                            of_seed
                                .paired_predictions
                                .entry(name)
                                .or_default()
                                .push((*clip, prediction))
                        });
                    }
                }
            }
        }
        of_seed
    }

    /// The quality reading of a clip; 0 if there is none.
    fn quality_reading(&self, clip: usize) -> f32 {
        self.predictions[clip].map_or(0.0, |prediction| prediction.quality)
    }
}

impl Evaluation {
    /// Evaluates folds; `clips` are the clips they were made from.
    pub fn from_folds(clips: &[LabelledClip], folds: &[Fold]) -> Evaluation {
        let names = movement_names(clips);
        let athletes: BTreeSet<&str> = clips.iter().map(|clip| clip.athlete.as_str()).collect();
        let seeds: BTreeSet<u64> = folds.iter().map(|fold| fold.seed).collect();
        let by_seed: Vec<SeedPredictions> =
            seeds.iter().map(|&seed| SeedPredictions::new(clips, folds, seed)).collect();
        let sets: Vec<Option<SetPredictions>> =
            by_seed.iter().map(|seed| SetPredictions::from_seed(clips, seed)).collect();
        let over = |value: &dyn Fn(&SeedPredictions) -> f64| {
            mean_sd(&by_seed.iter().map(value).collect::<Vec<_>>())
        };
        let over_sets = |value: &dyn Fn(&SetPredictions) -> f64| {
            let each: Vec<f64> = sets.iter().flatten().map(value).collect();
            if each.is_empty() { (f64::NAN, f64::NAN) } else { mean_sd(&each) }
        };
        let by_movement: Vec<MovementEvaluation> = names
            .iter()
            .map(|name| {
                let of_movement: Vec<usize> = (0..clips.len())
                    .filter(|&i| clips[i].movement == *name && clips[i].label.is_some())
                    .collect();
                let auc_of = |reading: &dyn Fn(usize) -> f32, which: &[usize]| {
                    let scores: Vec<f32> = which.iter().map(|&i| reading(i)).collect();
                    roc_auc(
                        &scores,
                        &which
                            .iter()
                            .map(|&i| clips[i].is_correct() == Some(true))
                            .collect::<Vec<_>>(),
                    )
                };
                let accuracy_of = |reading: &dyn Fn(usize) -> f32| {
                    let correct = of_movement
                        .iter()
                        .filter(|&&i| (reading(i) > 0.0) == (clips[i].is_correct() == Some(true)))
                        .count();
                    correct as f64 / of_movement.len() as f64
                };
                MovementEvaluation {
                    movement: name.clone(),
                    clips: of_movement.len(),
                    auc: over(&|seed| auc_of(&|i| seed.quality_reading(i), &of_movement)),
                    auc_within: over(&|seed| {
                        let each = athletes.iter().map(|athlete| {
                            let theirs: Vec<usize> = of_movement
                                .iter()
                                .copied()
                                .filter(|&i| clips[i].athlete == *athlete)
                                .collect();
                            auc_of(&|i| seed.quality_reading(i), &theirs)
                        });
                        mean_sd(&each.filter(|auc| auc.is_finite()).collect::<Vec<_>>()).0
                    }),
                    accuracy: over(&|seed| accuracy_of(&|i| seed.quality_reading(i))),
                    auc_in_set: over_sets(&|sets| {
                        auc_of(&|i| sets.probabilities[i] as f32, &of_movement)
                    }),
                    accuracy_in_set: over_sets(&|sets| {
                        accuracy_of(&|i| (sets.probabilities[i] - 0.5) as f32)
                    }),
                    reach: prototype_radius(clips, &by_seed, name),
                }
            })
            .collect();
        let mean = |value: fn(&MovementEvaluation) -> (f64, f64)| {
            let known: Vec<(f64, f64)> =
                by_movement.iter().map(value).filter(|(mean, _)| mean.is_finite()).collect();
            let n = known.len() as f64;
            (known.iter().map(|v| v.0).sum::<f64>() / n, known.iter().map(|v| v.1).sum::<f64>() / n)
        };
        let in_set = sets.iter().any(Option::is_some).then(|| SetEvaluation {
            auc: mean(|movement| movement.auc_in_set),
            accuracy: mean(|movement| movement.accuracy_in_set),
            accuracy_by_share: SHARES
                .iter()
                .enumerate()
                .map(|(i, &share)| (share, over_sets(&|sets| sets.accuracy_by_share[i]).0))
                .collect(),
            coverage: mean_sd(
                &sets.iter().flatten().flat_map(|sets| sets.coverage.clone()).collect::<Vec<_>>(),
            ),
            width: over_sets(&|sets| sets.width).0,
        });
        let outcomes: Vec<Vec<(f64, f64)>> = athletes
            .iter()
            .map(|athlete| {
                let is_theirs =
                    |i: &usize| clips[*i].athlete == *athlete && clips[*i].label.is_some();
                let outcomes_in = |sets: &SetPredictions| -> Vec<(f64, f64)> {
                    (0..clips.len())
                        .filter(is_theirs)
                        .map(|i| (sets.probabilities[i], label_value(&clips[i])))
                        .collect()
                };
                sets.iter().flatten().flat_map(outcomes_in).collect()
            })
            .filter(|outcomes: &Vec<(f64, f64)>| !outcomes.is_empty())
            .collect();
        let fitted = ScoreCalibration::fit_outcomes(&outcomes);
        Evaluation {
            athletes: athletes.len(),
            seeds: seeds.len() as u64,
            auc: mean(|movement| movement.auc),
            auc_within: mean(|movement| movement.auc_within),
            accuracy: mean(|movement| movement.accuracy),
            recognition: over(&|seed| recognition_share(clips, &names, seed)),
            in_set,
            movements: by_movement,
            calibration: fitted
                .as_ref()
                .map(|fitted| fitted.calibration.clone())
                .unwrap_or_default(),
            effect: AthleteEffect::fit(&labelled_readings(clips, &by_seed)),
            conformal: fitted.map(|fitted| fitted.conformal),
        }
    }
}

/// The predictions for each repetition judged together with the athlete's others.
struct SetPredictions {
    /// Probability that each clip was correct, before calibration, `[clip]`.
    probabilities: Vec<f64>,
    /// The calibrated probability, `[clip]`.
    calibrated: Vec<f64>,
    /// Accuracy in sets with each of [`SHARES`].
    accuracy_by_share: Vec<f64>,
    /// Share of labels within their interval, for each athlete.
    coverage: Vec<f64>,
    /// Mean width of the interval, 0 to 100.
    width: f64,
}

impl SetPredictions {
    /// `None` if no athletes were left out in pairs.
    fn from_seed(clips: &[LabelledClip], seed: &SeedPredictions) -> Option<SetPredictions> {
        let mut sets = SetPredictions {
            probabilities: vec![0.5; clips.len()],
            calibrated: vec![0.5; clips.len()],
            accuracy_by_share: Vec::new(),
            coverage: Vec::new(),
            width: 0.0,
        };
        let (mut hits, mut totals) = (vec![0usize; SHARES.len()], vec![0usize; SHARES.len()]);
        let (mut widths, mut count) = (0.0, 0usize);
        for (&athlete, others) in &seed.paired_predictions {
            let readings: Vec<LabelledReading> = others
                .iter()
                .filter_map(|&(i, prediction)| labelled_reading(&clips[i], prediction))
                .collect();
            let effect = AthleteEffect::fit(&readings)?;
            let fitted = ScoreCalibration::fit_outcomes(&held_out_outcomes(&readings))?;
            let (mut held, mut all) = (0usize, 0usize);
            for movement in effect.movements.keys() {
                let set: Vec<usize> = (0..clips.len())
                    .filter(|&i| {
                        clips[i].athlete == athlete
                            && clips[i].movement == *movement
                            && clips[i].label.is_some()
                    })
                    .collect();
                let readings: Vec<f64> =
                    set.iter().map(|&i| f64::from(seed.quality_reading(i))).collect();
                for (&i, p) in
                    set.iter().zip(effect.correct_probabilities(movement, &readings, &[])?)
                {
                    sets.probabilities[i] = p;
                    sets.calibrated[i] = fitted.calibration.share_at(p)?;
                    let [low, high] = fitted.conformal.interval_around(sets.calibrated[i]);
                    held += usize::from((low..=high).contains(&label_value(&clips[i])));
                    all += 1;
                    widths += 100.0 * (high - low);
                    count += 1;
                }
                for (k, share) in SHARES.into_iter().enumerate() {
                    let some = select_with_share(clips, &set, share);
                    let readings: Vec<f64> =
                        some.iter().map(|&i| f64::from(seed.quality_reading(i))).collect();
                    let correct = effect.correct_probabilities(movement, &readings, &[])?;
                    hits[k] += some
                        .iter()
                        .zip(correct)
                        .filter(|&(&i, p)| (p > 0.5) == (clips[i].is_correct() == Some(true)))
                        .count();
                    totals[k] += some.len();
                }
            }
            sets.coverage.push(held as f64 / all as f64);
        }
        sets.accuracy_by_share =
            hits.iter().zip(&totals).map(|(&hits, &total)| hits as f64 / total as f64).collect();
        sets.width = widths / count as f64;
        (count > 0).then_some(sets)
    }
}

/// Half of the given clips, with a given share of correct ones; the same clips are chosen for every
/// method.
fn select_with_share(clips: &[LabelledClip], indices: &[usize], share: f64) -> Vec<usize> {
    let half = indices.len() / 2;
    let correct = (share * half as f64).round() as usize;
    let with_label = |kind: bool, count: usize| {
        indices.iter().copied().filter(move |&i| clips[i].is_correct() == Some(kind)).take(count)
    };
    with_label(true, correct).chain(with_label(false, half - correct)).collect()
}

/// Predictions for athletes from their other repetitions and labels, `[athlete][repetition]`; each
/// is made by what was fitted to the other athletes' readings.
fn held_out_outcomes(reads: &[LabelledReading]) -> Vec<Vec<(f64, f64)>> {
    let athletes: BTreeSet<&str> = reads.iter().map(|read| read.athlete).collect();
    athletes
        .into_iter()
        .filter_map(|athlete| {
            let (theirs, others): (Vec<LabelledReading>, Vec<LabelledReading>) =
                reads.iter().partition(|read| read.athlete == athlete);
            let effect = AthleteEffect::fit(&others)?;
            let mut outcomes = Vec::new();
            for movement in effect.movements.keys() {
                let set: Vec<&LabelledReading> =
                    theirs.iter().filter(|read| read.movement == movement).collect();
                let readings: Vec<f64> = set.iter().map(|read| read.reading).collect();
                let correct = effect.correct_probabilities(movement, &readings, &[])?;
                outcomes.extend(
                    correct
                        .into_iter()
                        .zip(set)
                        .map(|(p, read)| (p, if read.correct { 1.0 } else { 0.0 })),
                );
            }
            (!outcomes.is_empty()).then_some(outcomes)
        })
        .collect()
}

/// The label of a clip as a number: 1 for correct, 0 otherwise.
fn label_value(clip: &LabelledClip) -> f64 {
    if clip.is_correct() == Some(true) { 1.0 } else { 0.0 }
}

/// The reading of a labelled clip; `None` without a label.
fn labelled_reading<'a>(
    clip: &'a LabelledClip,
    prediction: &ClipPrediction,
) -> Option<LabelledReading<'a>> {
    let LabelledClip { athlete, movement, .. } = clip;
    Some(LabelledReading {
        athlete,
        movement,
        reading: f64::from(prediction.quality),
        correct: clip.is_correct()?,
    })
}

/// The readings of all labelled repetitions over all seeds.
fn labelled_readings<'a>(
    clips: &'a [LabelledClip],
    by_seed: &[SeedPredictions],
) -> Vec<LabelledReading<'a>> {
    let each = |seed: &SeedPredictions<'_>| -> Vec<LabelledReading<'a>> {
        clips
            .iter()
            .zip(&seed.predictions)
            .filter_map(|(clip, prediction)| labelled_reading(clip, (*prediction)?))
            .collect()
    };
    by_seed.iter().flat_map(each).collect()
}

/// Share of the clips whose movement was recognised.
fn recognition_share(clips: &[LabelledClip], names: &[String], seed: &SeedPredictions) -> f64 {
    let is_recognised = |(clip, prediction): (&LabelledClip, &Option<&ClipPrediction>)| {
        let prediction =
            prediction.filter(|prediction| prediction.movement.len() == names.len())?;
        Some(prediction.likeliest_movement().is_some_and(|class| names[class] == clip.movement))
    };
    let known: Vec<bool> = clips.iter().zip(&seed.predictions).filter_map(is_recognised).collect();
    known.iter().filter(|recognised| **recognised).count() as f64 / known.len() as f64
}

/// The 95th percentile of the distances of a movement's repetitions from its prototype.
fn prototype_radius(clips: &[LabelledClip], by_seed: &[SeedPredictions], movement: &str) -> f64 {
    let predictions = by_seed.iter().flat_map(|seed| clips.iter().zip(&seed.predictions));
    let of_movement = predictions
        .filter(|(clip, _)| clip.movement == movement)
        .filter_map(|(_, prediction)| prediction.as_ref()?.distance);
    let mut distances: Vec<f64> = of_movement.map(f64::from).collect();
    distances.sort_by(f64::total_cmp);
    distances.get(distances.len().saturating_sub(1) * 19 / 20).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::leave_athletes_out;
    use agoge_model::error::ModelError;
    use agoge_model::methods::{LearningMethod, LearningTask, Predictor};
    use agoge_model::simulated::simulated_motion;
    use agoge_motion::simulate::{Exercise, SimulatedSet};
    use fastrand::Rng;

    /// Predicts a planted reading: an offset per athlete, ±1 by the label, and noise.
    struct PlantedMethod {
        offset: f64,
        noise: f64,
    }

    impl LearningMethod for PlantedMethod {
        fn learn_task(
            &self,
            _: &[&LabelledClip],
            _: &[String],
            _: LearningTask,
            _: u64,
        ) -> Result<Box<dyn Predictor>, ModelError> {
            Ok(Box::new(PlantedMethod { ..*self }))
        }
    }

    impl Predictor for PlantedMethod {
        fn predict_clips(&self, clips: &[&LabelledClip]) -> Vec<ClipPrediction> {
            let predict = |(i, clip): (usize, &&LabelledClip)| {
                let number: u64 = clip.athlete.parse().unwrap();
                let normal = |seed: u64| {
                    let mut rng = Rng::with_seed(seed);
                    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
                };
                // The position of a clip among its athlete's does not depend on which other
                // athletes are left out.
                let noise = normal(1000 * number + 17 * (i as u64 % 20) + 3);
                let side = if clip.is_correct() == Some(true) { 1.0 } else { -1.0 };
                ClipPrediction {
                    quality: (side + self.offset * normal(number) + self.noise * noise) as f32,
                    ..ClipPrediction::default()
                }
            };
            clips.iter().enumerate().map(predict).collect()
        }

        fn parameter_count(&self) -> usize {
            0
        }
    }

    #[test]
    fn a_set_takes_out_what_is_particular_to_its_athlete() {
        let motion = simulated_motion(&SimulatedSet {
            repetitions: 1,
            ..SimulatedSet::new(Exercise::Squat)
        });
        let clips: Vec<LabelledClip> = (0..9 * 20)
            .map(|i| LabelledClip {
                athlete: (i / 20).to_string(),
                movement: "squat".to_owned(),
                label: Some(f32::from(u8::from(i % 2 == 0))),
                motion: motion.clone(),
            })
            .collect();
        let method = PlantedMethod { offset: 0.8, noise: 0.5 };
        let folds = leave_athletes_out(
            &clips,
            &method,
            LearningTask::Quality,
            true,
            1,
            Vec::new(),
            &mut |_, _, _| Ok(()),
        )
        .unwrap();
        let evaluation = Evaluation::from_folds(&clips, &folds);
        let in_set = evaluation.in_set.unwrap();
        // ±1 under noise of 0.5 is separated with an AUC of Φ(2 / (0.5 √2)) = 0.998; the athletes'
        // offsets cost some of it when each repetition is judged alone.
        assert!(evaluation.auc_within.0 > 0.98, "{}", evaluation.auc_within.0);
        assert!(
            in_set.auc.0 > evaluation.auc.0 + 0.02 && in_set.auc.0 > 0.97,
            "{} {}",
            in_set.auc.0,
            evaluation.auc.0
        );
        assert!(
            in_set.accuracy.0 > evaluation.accuracy.0 && in_set.accuracy.0 > 0.9,
            "{}",
            in_set.accuracy.0
        );
        assert!((0.85..=1.0).contains(&in_set.coverage.0), "{:?}", in_set.coverage);
        let effect = evaluation.effect.unwrap();
        assert!(
            (effect.movements["squat"].effect - 2.0).abs() < 0.2
                && (effect.within - 0.5).abs() < 0.1,
            "{effect:?}"
        );
    }
}
