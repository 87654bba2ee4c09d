//! What a judge is worth on athletes it was made without.

use super::{JudgeFold, JudgeReading, JudgedClips};
use agoge_model::athlete::{AthleteEffect, LabelledReading};
use agoge_model::card::{JudgedMovement, ScoreCalibration, SkeletonRecord};
use agoge_model::metric::{mean_sd, roc_auc};
use agoge_motion::statistics::nearest_quantile;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Results of a judge, by skeleton.
#[derive(Clone, Debug, Serialize)]
pub struct JudgeEvaluation {
    /// The figures for each skeleton.
    pub figures: Vec<JudgeFigures>,
    /// What the card of a judge holds, fitted to all athletes.
    #[serde(skip)]
    pub records: Vec<SkeletonRecord>,
}

/// Figures of one skeleton: mean and standard deviation over the seeds. Whatever turns readings
/// into the scores of an athlete was fitted to the other athletes' readings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JudgeFigures {
    /// Name of the skeleton.
    pub skeleton: String,
    /// Number of repetitions.
    pub clips: usize,
    /// Each repetition judged beside the athlete's others of the movement, without their labels:
    /// correct ranked above incorrect, mean over the movements.
    pub auc: (f64, f64),
    /// Share on the right side of one half.
    pub accuracy: (f64, f64),
    /// Share of labels inside the 90 % interval.
    pub coverage: (f64, f64),
    /// The same for one repetition at a time.
    pub auc_alone: (f64, f64),
    /// Accuracy of one repetition at a time.
    pub accuracy_alone: (f64, f64),
    /// Coverage of one repetition at a time.
    pub coverage_alone: (f64, f64),
    /// Accuracy in sets that hold only correct repetitions, and only incorrect ones.
    pub accuracy_one_kind: [(f64, f64); 2],
    /// Mean score of sets of correct and of sets of incorrect repetitions, 0 to 100.
    pub mean_score: [(f64, f64); 2],
    /// One correct repetition of the athlete marked as such: accuracy of the others.
    pub accuracy_marked: (f64, f64),
    /// Share of planted faults that lower the score of a set of correct repetitions, all of which
    /// have the fault, by 10 points or more.
    pub planted_set_lower: (f64, f64),
    /// The same for the score of a single repetition.
    pub planted_alone_lower: (f64, f64),
    /// How well readings of likeness alone tell planted faults from none: area under the ROC curve,
    /// mean over the movements.
    pub planted_auc: (f64, f64),
    /// The AUC beside the athlete's others, by movement.
    pub movements: BTreeMap<String, f64>,
}

/// One repetition with its readings.
struct ReadClip<'a> {
    athlete: &'a str,
    movement: &'a str,
    correct: bool,
    reading: JudgeReading,
    planted: &'a [JudgeReading],
}

impl JudgeEvaluation {
    /// Evaluates folds of `clips`. None without two athletes that have correct and incorrect
    /// repetitions of a movement.
    pub fn from_folds(clips: &JudgedClips, folds: &[JudgeFold]) -> Option<JudgeEvaluation> {
        let seeds: BTreeSet<u64> = folds.iter().map(|fold| fold.seed).collect();
        let (mut figures, mut records) = (Vec::new(), Vec::new());
        for skeleton in clips.skeleton_names() {
            let by_seed: Vec<Vec<ReadClip>> =
                seeds.iter().map(|&seed| read_clips(clips, folds, skeleton, seed)).collect();
            let measured: Vec<SeedFigures> =
                by_seed.iter().map(|read| SeedFigures::measure(read)).collect::<Option<_>>()?;
            let count = by_seed.first().map_or(0, Vec::len);
            figures.push(summarize_seeds(skeleton, count, &measured));
            let everything: Vec<&ReadClip> = by_seed.iter().flatten().collect();
            let mut record = fit_record(skeleton, &everything)?;
            for (movement, measured) in &mut record.movements {
                measured.auc = figures
                    .last()
                    .and_then(|figures| figures.movements.get(movement).copied())
                    .unwrap_or(f64::NAN);
            }
            record.movements.retain(|_, measured| measured.auc.is_finite());
            records.push(record);
        }
        Some(JudgeEvaluation { figures, records })
    }
}

/// The repetitions of one skeleton with the readings of one seed.
fn read_clips<'a>(
    clips: &'a JudgedClips,
    folds: &'a [JudgeFold],
    skeleton: &str,
    seed: u64,
) -> Vec<ReadClip<'a>> {
    folds
        .iter()
        .filter(|fold| fold.seed == seed)
        .flat_map(|fold| &fold.readings)
        .filter_map(|(index, reading, planted)| {
            let judged = clips.clips.get(*index).filter(|judged| judged.skeleton == skeleton)?;
            Some(ReadClip {
                athlete: &judged.clip.athlete,
                movement: &judged.clip.movement,
                correct: judged.clip.is_correct()?,
                reading: *reading,
                planted,
            })
        })
        .collect()
}

/// Fits everything that turns readings into scores.
fn fit_record(skeleton: &str, read: &[&ReadClip]) -> Option<SkeletonRecord> {
    let readings: Vec<LabelledReading> = read
        .iter()
        .map(|clip| LabelledReading {
            athlete: clip.athlete,
            movement: clip.movement,
            reading: f64::from(clip.reading.quality),
            correct: clip.correct,
        })
        .collect();
    let effect = AthleteEffect::fit(&readings)?;
    let movements = effect
        .movements
        .keys()
        .filter_map(|name| {
            let theirs = || read.iter().filter(|clip| clip.movement == name && clip.correct);
            let mut full: Vec<f64> =
                theirs().map(|clip| f64::from(clip.reading.likeness)).collect();
            let mut none: Vec<f64> = theirs()
                .flat_map(|clip| clip.planted)
                .map(|reading| f64::from(reading.likeness))
                .collect();
            let full = nearest_quantile(&mut full, 0.3)?;
            let none = nearest_quantile(&mut none, 0.5)?.min(full - 1e-3);
            let measured = JudgedMovement { auc: f64::NAN, likeness: [none, full] };
            Some((name.clone(), measured))
        })
        .collect();
    let athletes: BTreeSet<&str> = read.iter().map(|clip| clip.athlete).collect();
    let nothing = ScoreCalibration {
        calibration: agoge_model::Calibration::default(),
        conformal: agoge_model::Conformal { deviations: 0.0 },
    };
    let mut record = SkeletonRecord {
        skeleton: skeleton.to_owned(),
        athletes: athletes.len(),
        movements,
        effect,
        together: nothing.clone(),
        alone: nothing,
    };
    let outcomes = |alone: bool| -> Vec<Vec<(f64, f64)>> {
        athletes
            .iter()
            .map(|athlete| {
                sets_of_athlete(read, athlete)
                    .into_values()
                    .flat_map(|set| {
                        // Sets of every share of correct repetitions weigh alike.
                        let groups: Vec<Vec<&ReadClip>> = if alone {
                            set.iter().map(|clip| vec![*clip]).collect()
                        } else {
                            let kind = |correct: bool| -> Vec<&ReadClip> {
                                set.iter().copied().filter(|c| c.correct == correct).collect()
                            };
                            vec![set.clone(), kind(true), kind(false)]
                        };
                        groups.into_iter().flat_map(|group| {
                            let raw = raw_scores(&record, &group, &[]).unwrap_or_default();
                            let labels: Vec<f64> = group
                                .iter()
                                .map(|clip| f64::from(u8::from(clip.correct)))
                                .collect();
                            raw.into_iter().zip(labels).collect::<Vec<_>>()
                        })
                    })
                    .collect()
            })
            .collect()
    };
    let (together, alone) = (outcomes(false), outcomes(true));
    record.together = ScoreCalibration::fit_outcomes(&together)?;
    record.alone = ScoreCalibration::fit_outcomes(&alone)?;
    Some(record)
}

/// One athlete's repetitions by movement.
fn sets_of_athlete<'a, 'b>(
    read: &[&'b ReadClip<'a>],
    athlete: &str,
) -> BTreeMap<&'a str, Vec<&'b ReadClip<'a>>> {
    let mut sets: BTreeMap<&str, Vec<&ReadClip>> = BTreeMap::new();
    for clip in read.iter().filter(|clip| clip.athlete == athlete) {
        sets.entry(clip.movement).or_default().push(clip);
    }
    sets
}

/// Uncalibrated scores of repetitions of one movement, taken together.
fn raw_scores(record: &SkeletonRecord, set: &[&ReadClip], correct: &[bool]) -> Option<Vec<f64>> {
    let readings: Vec<JudgeReading> = set.iter().map(|clip| clip.reading).collect();
    let (quality, likeness) = split_readings(&readings);
    record.raw_scores(set.first()?.movement, &quality, &likeness, correct)
}

fn split_readings(readings: &[JudgeReading]) -> (Vec<f64>, Vec<f64>) {
    readings.iter().map(|r| (f64::from(r.quality), f64::from(r.likeness))).unzip()
}

/// Counts of how often something held.
#[derive(Clone, Copy, Default)]
struct HitCount {
    hits: usize,
    total: usize,
}

impl HitCount {
    fn note(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.total += 1;
    }

    fn share(self) -> f64 {
        self.hits as f64 / self.total as f64
    }
}

/// Figures of one seed.
#[derive(Default)]
struct SeedFigures {
    accuracy: HitCount,
    coverage: HitCount,
    accuracy_alone: HitCount,
    coverage_alone: HitCount,
    one_kind: [HitCount; 2],
    marked: HitCount,
    planted_set: HitCount,
    planted_alone: HitCount,
    set_scores: [Vec<f64>; 2],
    /// Scores and labels by movement: beside others, alone.
    ranked: BTreeMap<String, [Vec<(f32, bool)>; 2]>,
    /// Readings of likeness by movement, and whether nothing was planted.
    likeness: BTreeMap<String, Vec<(f32, bool)>>,
}

impl SeedFigures {
    /// None if nothing can be fitted.
    fn measure(read: &[ReadClip]) -> Option<SeedFigures> {
        let mut figures = SeedFigures::default();
        let all: Vec<&ReadClip> = read.iter().collect();
        let athletes: BTreeSet<&str> = read.iter().map(|clip| clip.athlete).collect();
        for athlete in athletes {
            let others: Vec<&ReadClip> =
                read.iter().filter(|clip| clip.athlete != athlete).collect();
            let record = fit_record("", &others)?;
            for (movement, set) in sets_of_athlete(&all, athlete) {
                if record.movements.contains_key(movement) {
                    figures.add_set(&record, movement, &set)?;
                }
            }
        }
        Some(figures)
    }

    fn add_set(
        &mut self,
        record: &SkeletonRecord,
        movement: &str,
        set: &[&ReadClip],
    ) -> Option<()> {
        let score = |readings: &[JudgeReading], correct: &[bool]| {
            let (quality, likeness) = split_readings(readings);
            record.score_repetitions(movement, &quality, &likeness, correct)
        };
        let read = |set: &[&ReadClip]| set.iter().map(|clip| clip.reading).collect::<Vec<_>>();
        let holds = |[_, low, high]: [f64; 3], correct: bool| {
            (low..=high).contains(&f64::from(u8::from(correct)))
        };
        let mean = |scores: &[[f64; 3]]| {
            scores.iter().map(|score| score[0]).sum::<f64>() / scores.len() as f64
        };
        let ranked = self.ranked.entry(movement.to_owned()).or_default();
        for (clip, scored) in set.iter().zip(score(&read(set), &[])?) {
            self.accuracy.note((scored[0] > 0.5) == clip.correct);
            self.coverage.note(holds(scored, clip.correct));
            ranked[0].push((scored[0] as f32, clip.correct));
            let alone = score(&[clip.reading], &[])?[0];
            self.accuracy_alone.note((alone[0] > 0.5) == clip.correct);
            self.coverage_alone.note(holds(alone, clip.correct));
            ranked[1].push((alone[0] as f32, clip.correct));
        }
        for (kind, correct) in [true, false].into_iter().enumerate() {
            let same: Vec<&ReadClip> =
                set.iter().copied().filter(|clip| clip.correct == correct).collect();
            if same.is_empty() {
                continue;
            }
            let scores = score(&read(&same), &[])?;
            scores.iter().for_each(|s| self.one_kind[kind].note((s[0] > 0.5) == correct));
            self.set_scores[kind].push(100.0 * mean(&scores));
        }
        let good: Vec<&ReadClip> = set.iter().copied().filter(|clip| clip.correct).collect();
        if let Some(reference) = set.iter().position(|clip| clip.correct) {
            let marks: Vec<bool> = (0..set.len()).map(|i| i == reference).collect();
            let marked = score(&read(set), &marks)?;
            for (i, scored) in marked.into_iter().enumerate().filter(|(i, _)| *i != reference) {
                self.marked.note((scored[0] > 0.5) == set[i].correct);
            }
        }
        if good.is_empty() {
            return Some(());
        }
        let plain = mean(&score(&read(&good), &[])?);
        let faults = good.iter().map(|clip| clip.planted.len()).min().unwrap_or(0);
        for fault in 0..faults {
            let planted: Vec<JudgeReading> = good.iter().map(|clip| clip.planted[fault]).collect();
            self.planted_set.note(plain - mean(&score(&planted, &[])?) >= 0.1);
        }
        let likeness = self.likeness.entry(movement.to_owned()).or_default();
        for clip in &good {
            let before = score(&[clip.reading], &[])?[0][0];
            likeness.push((clip.reading.likeness, true));
            for planted in clip.planted {
                let after = score(&[*planted], &[])?[0][0];
                self.planted_alone.note(before - after >= 0.1);
                likeness.push((planted.likeness, false));
            }
        }
        Some(())
    }
}

fn ranking_auc(pairs: &[(f32, bool)]) -> f64 {
    let (scores, labels): (Vec<f32>, Vec<bool>) = pairs.iter().copied().unzip();
    roc_auc(&scores, &labels)
}

/// Means over the seeds.
fn summarize_seeds(skeleton: &str, clips: usize, seeds: &[SeedFigures]) -> JudgeFigures {
    let over =
        |value: &dyn Fn(&SeedFigures) -> f64| mean_sd(&seeds.iter().map(value).collect::<Vec<_>>());
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let ranked = |seed: &SeedFigures, which: usize| {
        mean(&seed.ranked.values().map(|pairs| ranking_auc(&pairs[which])).collect::<Vec<_>>())
    };
    let names: BTreeSet<&String> = seeds.iter().flat_map(|seed| seed.ranked.keys()).collect();
    JudgeFigures {
        skeleton: skeleton.to_owned(),
        clips,
        auc: over(&|seed| ranked(seed, 0)),
        accuracy: over(&|seed| seed.accuracy.share()),
        coverage: over(&|seed| seed.coverage.share()),
        auc_alone: over(&|seed| ranked(seed, 1)),
        accuracy_alone: over(&|seed| seed.accuracy_alone.share()),
        coverage_alone: over(&|seed| seed.coverage_alone.share()),
        accuracy_one_kind: [0, 1].map(|kind| over(&|seed| seed.one_kind[kind].share())),
        mean_score: [0, 1].map(|kind| over(&|seed| mean(&seed.set_scores[kind]))),
        accuracy_marked: over(&|seed| seed.marked.share()),
        planted_set_lower: over(&|seed| seed.planted_set.share()),
        planted_alone_lower: over(&|seed| seed.planted_alone.share()),
        planted_auc: over(&|seed| {
            mean(&seed.likeness.values().map(|pairs| ranking_auc(pairs)).collect::<Vec<_>>())
        }),
        movements: names
            .into_iter()
            .map(|name| {
                let auc = |seed: &SeedFigures| {
                    seed.ranked.get(name).map_or(f64::NAN, |pairs| ranking_auc(&pairs[0]))
                };
                (name.clone(), over(&auc).0)
            })
            .collect(),
    }
}
