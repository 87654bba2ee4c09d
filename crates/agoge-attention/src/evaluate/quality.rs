//! How well a method tells correct from incorrect repetitions of athletes it was not trained on.

use super::fold::Fold;
use crate::athlete::{AthleteEffect, Read};
use crate::calibration::Calibration;
use crate::conformal::Conformal;
use crate::metric::{auc, mean_sd};
use crate::peers::Said;
use crate::token::Clip;
use crate::train::movements;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Results for one movement: each a mean and standard deviation over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByMovement {
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
    pub in_set: Option<InSet>,
    /// Results by movement.
    pub movements: Vec<ByMovement>,
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
pub struct InSet {
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
struct Seed<'a> {
    /// `[clip]`
    said: Vec<Option<&'a Said>>,
    /// For each athlete, the predictions of trainings without them and one other athlete, for the
    /// other's clips.
    others: BTreeMap<&'a str, Vec<(usize, &'a Said)>>,
}

impl<'a> Seed<'a> {
    fn new(clips: &'a [Clip], folds: &'a [Fold], seed: u64) -> Seed<'a> {
        let mut of_seed = Seed { said: vec![None; clips.len()], others: BTreeMap::new() };
        for fold in folds.iter().filter(|fold| fold.seed == seed) {
            for (clip, prediction) in &fold.said {
                match fold.without.as_slice() {
                    [_] => of_seed.said[*clip] = Some(prediction),
                    pair => {
                        let others = pair.iter().filter(|name| **name != clips[*clip].athlete);
                        others.for_each(|name| {
                            of_seed.others.entry(name).or_default().push((*clip, prediction))
                        });
                    }
                }
            }
        }
        of_seed
    }

    /// The quality reading of a clip; 0 if there is none.
    fn reading(&self, clip: usize) -> f32 {
        self.said[clip].map_or(0.0, |prediction| prediction.quality)
    }
}

impl Evaluation {
    /// Evaluates folds; `clips` are the clips they were made from.
    pub fn of(clips: &[Clip], folds: &[Fold]) -> Evaluation {
        let names = movements(clips);
        let athletes: BTreeSet<&str> = clips.iter().map(|clip| clip.athlete.as_str()).collect();
        let seeds: BTreeSet<u64> = folds.iter().map(|fold| fold.seed).collect();
        let by_seed: Vec<Seed> = seeds.iter().map(|&seed| Seed::new(clips, folds, seed)).collect();
        let sets: Vec<Option<Sets>> = by_seed.iter().map(|seed| Sets::of(clips, seed)).collect();
        let over =
            |value: &dyn Fn(&Seed) -> f64| mean_sd(&by_seed.iter().map(value).collect::<Vec<_>>());
        let over_sets = |value: &dyn Fn(&Sets) -> f64| {
            let each: Vec<f64> = sets.iter().flatten().map(value).collect();
            if each.is_empty() { (f64::NAN, f64::NAN) } else { mean_sd(&each) }
        };
        let by_movement: Vec<ByMovement> = names
            .iter()
            .map(|name| {
                let of_movement: Vec<usize> = (0..clips.len())
                    .filter(|&i| clips[i].movement == *name && clips[i].label.is_some())
                    .collect();
                let auc_of = |reading: &dyn Fn(usize) -> f32, which: &[usize]| {
                    let scores: Vec<f32> = which.iter().map(|&i| reading(i)).collect();
                    auc(
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
                ByMovement {
                    movement: name.clone(),
                    clips: of_movement.len(),
                    auc: over(&|seed| auc_of(&|i| seed.reading(i), &of_movement)),
                    auc_within: over(&|seed| {
                        let each = athletes.iter().map(|athlete| {
                            let theirs: Vec<usize> = of_movement
                                .iter()
                                .copied()
                                .filter(|&i| clips[i].athlete == *athlete)
                                .collect();
                            auc_of(&|i| seed.reading(i), &theirs)
                        });
                        mean_sd(&each.filter(|auc| auc.is_finite()).collect::<Vec<_>>()).0
                    }),
                    accuracy: over(&|seed| accuracy_of(&|i| seed.reading(i))),
                    auc_in_set: over_sets(&|sets| auc_of(&|i| sets.said[i] as f32, &of_movement)),
                    accuracy_in_set: over_sets(&|sets| {
                        accuracy_of(&|i| (sets.said[i] - 0.5) as f32)
                    }),
                    reach: reach(clips, &by_seed, name),
                }
            })
            .collect();
        let mean = |value: fn(&ByMovement) -> (f64, f64)| {
            let known: Vec<(f64, f64)> =
                by_movement.iter().map(value).filter(|(mean, _)| mean.is_finite()).collect();
            let n = known.len() as f64;
            (known.iter().map(|v| v.0).sum::<f64>() / n, known.iter().map(|v| v.1).sum::<f64>() / n)
        };
        let in_set = sets.iter().any(Option::is_some).then(|| InSet {
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
                let outcomes_in = |sets: &Sets| -> Vec<(f64, f64)> {
                    (0..clips.len())
                        .filter(is_theirs)
                        .map(|i| (sets.said[i], label(&clips[i])))
                        .collect()
                };
                sets.iter().flatten().flat_map(outcomes_in).collect()
            })
            .filter(|outcomes: &Vec<(f64, f64)>| !outcomes.is_empty())
            .collect();
        let fitted = Worth::fit(&outcomes);
        Evaluation {
            athletes: athletes.len(),
            seeds: seeds.len() as u64,
            auc: mean(|movement| movement.auc),
            auc_within: mean(|movement| movement.auc_within),
            accuracy: mean(|movement| movement.accuracy),
            recognition: over(&|seed| recognised(clips, &names, seed)),
            in_set,
            movements: by_movement,
            calibration: fitted
                .as_ref()
                .map(|fitted| fitted.calibration.clone())
                .unwrap_or_default(),
            effect: AthleteEffect::fit(&reads(clips, &by_seed)),
            conformal: fitted.map(|fitted| fitted.conformal),
        }
    }
}

/// Calibration of the probabilities in a set, and the interval around them.
struct Worth {
    calibration: Calibration,
    conformal: Conformal,
}

impl Worth {
    /// Fits both to predictions for athletes left out and their labels, `[athlete][repetition]`.
    fn fit(outcomes: &[Vec<(f64, f64)>]) -> Option<Worth> {
        let calibration = Calibration::fit(&outcomes.concat());
        let calibrated = |pairs: &Vec<(f64, f64)>| -> Option<Vec<(f64, f64)>> {
            pairs.iter().map(|&(p, label)| Some((calibration.at(p)?, label))).collect()
        };
        let conformal =
            Conformal::fit(&outcomes.iter().map(calibrated).collect::<Option<Vec<_>>>()?)?;
        Some(Worth { calibration, conformal })
    }
}

/// The predictions for each repetition judged together with the athlete's others.
struct Sets {
    /// Probability that each clip was correct, before calibration, `[clip]`.
    said: Vec<f64>,
    /// The calibrated probability, `[clip]`.
    correct: Vec<f64>,
    /// Accuracy in sets with each of [`SHARES`].
    accuracy_by_share: Vec<f64>,
    /// Share of labels within their interval, for each athlete.
    coverage: Vec<f64>,
    /// Mean width of the interval, 0 to 100.
    width: f64,
}

impl Sets {
    /// `None` if no athletes were left out in pairs.
    fn of(clips: &[Clip], seed: &Seed) -> Option<Sets> {
        let mut sets = Sets {
            said: vec![0.5; clips.len()],
            correct: vec![0.5; clips.len()],
            accuracy_by_share: Vec::new(),
            coverage: Vec::new(),
            width: 0.0,
        };
        let (mut hits, mut totals) = (vec![0usize; SHARES.len()], vec![0usize; SHARES.len()]);
        let (mut widths, mut count) = (0.0, 0usize);
        for (&athlete, others) in &seed.others {
            let readings: Vec<Read> =
                others.iter().filter_map(|&(i, prediction)| read(&clips[i], prediction)).collect();
            let effect = AthleteEffect::fit(&readings)?;
            let fitted = Worth::fit(&outcomes(&readings))?;
            let (mut held, mut all) = (0usize, 0usize);
            for movement in effect.movements.keys() {
                let set: Vec<usize> = (0..clips.len())
                    .filter(|&i| {
                        clips[i].athlete == athlete
                            && clips[i].movement == *movement
                            && clips[i].label.is_some()
                    })
                    .collect();
                let readings: Vec<f64> = set.iter().map(|&i| f64::from(seed.reading(i))).collect();
                for (&i, p) in set.iter().zip(effect.correct(movement, &readings, &[])?) {
                    sets.said[i] = p;
                    sets.correct[i] = fitted.calibration.at(p)?;
                    let [low, high] = fitted.conformal.interval(sets.correct[i]);
                    held += usize::from((low..=high).contains(&label(&clips[i])));
                    all += 1;
                    widths += 100.0 * (high - low);
                    count += 1;
                }
                for (k, share) in SHARES.into_iter().enumerate() {
                    let some = with_share(clips, &set, share);
                    let readings: Vec<f64> =
                        some.iter().map(|&i| f64::from(seed.reading(i))).collect();
                    let correct = effect.correct(movement, &readings, &[])?;
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
fn with_share(clips: &[Clip], indices: &[usize], share: f64) -> Vec<usize> {
    let half = indices.len() / 2;
    let correct = (share * half as f64).round() as usize;
    let with_label = |kind: bool, count: usize| {
        indices.iter().copied().filter(move |&i| clips[i].is_correct() == Some(kind)).take(count)
    };
    with_label(true, correct).chain(with_label(false, half - correct)).collect()
}

/// Predictions for athletes from their other repetitions and labels, `[athlete][repetition]`; each
/// is made by what was fitted to the other athletes' readings.
fn outcomes(reads: &[Read]) -> Vec<Vec<(f64, f64)>> {
    let athletes: BTreeSet<&str> = reads.iter().map(|read| read.athlete).collect();
    athletes
        .into_iter()
        .filter_map(|athlete| {
            let (theirs, others): (Vec<Read>, Vec<Read>) =
                reads.iter().partition(|read| read.athlete == athlete);
            let effect = AthleteEffect::fit(&others)?;
            let mut outcomes = Vec::new();
            for movement in effect.movements.keys() {
                let set: Vec<&Read> =
                    theirs.iter().filter(|read| read.movement == movement).collect();
                let readings: Vec<f64> = set.iter().map(|read| read.reading).collect();
                let correct = effect.correct(movement, &readings, &[])?;
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
fn label(clip: &Clip) -> f64 {
    if clip.is_correct() == Some(true) { 1.0 } else { 0.0 }
}

/// The reading of a labelled clip; `None` without a label.
fn read<'a>(clip: &'a Clip, prediction: &Said) -> Option<Read<'a>> {
    let Clip { athlete, movement, .. } = clip;
    Some(Read {
        athlete,
        movement,
        reading: f64::from(prediction.quality),
        correct: clip.is_correct()?,
    })
}

/// The readings of all labelled repetitions over all seeds.
fn reads<'a>(clips: &'a [Clip], by_seed: &[Seed]) -> Vec<Read<'a>> {
    let each = |seed: &Seed<'_>| -> Vec<Read<'a>> {
        clips
            .iter()
            .zip(&seed.said)
            .filter_map(|(clip, prediction)| read(clip, (*prediction)?))
            .collect()
    };
    by_seed.iter().flat_map(each).collect()
}

/// Share of the clips whose movement was recognised.
fn recognised(clips: &[Clip], names: &[String], seed: &Seed) -> f64 {
    let is_recognised = |(clip, prediction): (&Clip, &Option<&Said>)| {
        let prediction =
            prediction.filter(|prediction| prediction.movement.len() == names.len())?;
        Some(prediction.recognised().is_some_and(|class| names[class] == clip.movement))
    };
    let known: Vec<bool> = clips.iter().zip(&seed.said).filter_map(is_recognised).collect();
    known.iter().filter(|recognised| **recognised).count() as f64 / known.len() as f64
}

/// The 95th percentile of the distances of a movement's repetitions from its prototype.
fn reach(clips: &[Clip], by_seed: &[Seed], movement: &str) -> f64 {
    let predictions = by_seed.iter().flat_map(|seed| clips.iter().zip(&seed.said));
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
    use crate::error::Error;
    use crate::evaluate::leave_out;
    use crate::motion::tests::motion;
    use crate::peers::{Judge, Method, Task};
    use agoge_motion::simulate::{Exercise, Set};
    use fastrand::Rng;

    /// Predicts a planted reading: an offset per athlete, ±1 by the label, and noise.
    struct Planted {
        own: f64,
        noise: f64,
    }

    impl Method for Planted {
        fn learn(
            &self,
            _: &[&Clip],
            _: &[String],
            _: Task,
            _: u64,
        ) -> Result<Box<dyn Judge>, Error> {
            Ok(Box::new(Planted { ..*self }))
        }
    }

    impl Judge for Planted {
        fn judge(&self, clips: &[&Clip]) -> Vec<Said> {
            let predict = |(i, clip): (usize, &&Clip)| {
                let number: u64 = clip.athlete.parse().unwrap();
                let normal = |seed: u64| {
                    let mut rng = Rng::with_seed(seed);
                    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
                };
                // The position of a clip among its athlete's does not depend on which other
                // athletes are left out.
                let noise = normal(1000 * number + 17 * (i as u64 % 20) + 3);
                let side = if clip.is_correct() == Some(true) { 1.0 } else { -1.0 };
                Said {
                    quality: (side + self.own * normal(number) + self.noise * noise) as f32,
                    ..Said::default()
                }
            };
            clips.iter().enumerate().map(predict).collect()
        }

        fn parameters(&self) -> usize {
            0
        }
    }

    #[test]
    fn a_set_takes_out_what_is_particular_to_its_athlete() {
        let motion = motion(&Set { repetitions: 1, ..Set::new(Exercise::Squat) });
        let clips: Vec<Clip> = (0..9 * 20)
            .map(|i| Clip {
                athlete: (i / 20).to_string(),
                movement: "squat".to_owned(),
                label: Some(f32::from(u8::from(i % 2 == 0))),
                motion: motion.clone(),
            })
            .collect();
        let method = Planted { own: 0.8, noise: 0.5 };
        let folds =
            leave_out(&clips, &method, Task::Quality, true, 1, Vec::new(), &mut |_, _, _| Ok(()))
                .unwrap();
        let evaluation = Evaluation::of(&clips, &folds);
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
