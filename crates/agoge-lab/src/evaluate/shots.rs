//! How much a few labelled clips achieve: a model adapted from a pre-trained one, compared with
//! another method that learns from the same clips alone, such as the same model trained from
//! scratch.

use crate::methods::{AttentionMethod, method_by_name};
use agoge_model::card::Card;
use agoge_model::error::ModelError;
use agoge_model::methods::{LearningTask, Predictor};
use agoge_model::metric::{mean_sd, roc_auc};
use agoge_model::model::Model;
use agoge_model::sides::movement_names;
use agoge_model::token::LabelledClip;
use agoge_train::adapt::{AdaptMethod, adapt_model};
use agoge_train::train::{TrainingConfig, train_encoder};
use fastrand::Rng;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Numbers of labelled clips per class.
pub const SHOTS: [usize; 3] = [1, 5, 10];
/// Minimum number of steps when training from scratch: few clips make few batches per epoch, and
/// training must converge.
const SCRATCH_STEPS: usize = 400;
/// Display name of the adapted model.
const ADAPTED: &str = "adapted";
/// Display name of the attention model trained on the few clips only.
const SCRATCH: &str = "from scratch";

/// The figure of merit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ShotMeasure {
    /// AUC of quality.
    Auc,
    /// Share of clips recognised among all movements.
    Recognised,
}

/// The result with some number of clips.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FewShotRow {
    /// The movement or sport; empty for the mean over all of them.
    pub of: String,
    /// Labelled clips per class.
    pub shots: usize,
    /// Clips judged per draw; 0 in a mean.
    pub judged: usize,
    /// Mean and standard deviation over the draws, `[method]`.
    pub reached: Vec<(f64, f64)>,
}

/// The result of an evaluation with few clips.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FewShotEvaluation {
    /// The figure of merit.
    pub measure: ShotMeasure,
    /// How often the clips were drawn.
    pub draws: u64,
    /// Names of the methods compared.
    pub methods: Vec<String>,
    /// Every movement or sport with every number of clips, then the means.
    pub rows: Vec<FewShotRow>,
    /// How often each adaptation method was chosen: clips per class, method, times.
    pub ways: Vec<(usize, AdaptMethod, usize)>,
}

/// Called with the number of steps done and the total.
type StepListener<'a> = dyn FnMut(usize, usize) + Send + 'a;

/// Counts steps that finish concurrently, and reports them.
struct StepCounter<'a, 'b> {
    progress: Mutex<(usize, &'a mut StepListener<'b>)>,
    total: usize,
}

impl<'a, 'b> StepCounter<'a, 'b> {
    fn new(total: usize, tell: &'a mut StepListener<'b>) -> StepCounter<'a, 'b> {
        StepCounter { progress: Mutex::new((0, tell)), total }
    }

    fn count_step(&self) {
        if let Ok(mut progress) = self.progress.lock() {
            progress.0 += 1;
            let done = progress.0;
            (progress.1)(done, self.total);
        }
    }
}

/// Evaluates quality: for every movement, equal numbers of correct and incorrect clips are drawn
/// for learning and all others are judged. The clips of a draw are a subset of those of the same
/// draw with more clips. A number of clips that leaves none of a class to judge is skipped.
/// `against` is the name of a method; `attention` is the model from scratch, of the same sizes.
///
/// # Errors
/// If no movement has two correct and two incorrect clips, and whatever learning returns.
pub fn evaluate_quality_shots(
    clips: &[LabelledClip],
    base: &Model,
    against: &str,
    draws: u64,
    tell: &mut StepListener,
) -> Result<FewShotEvaluation, ModelError> {
    let mut jobs = Vec::new();
    for name in movement_names(clips) {
        let kinds = [true, false].map(|kind| {
            clips
                .iter()
                .filter(|clip| clip.movement == name && clip.is_correct() == Some(kind))
                .collect::<Vec<&LabelledClip>>()
        });
        for (draw, shots) in (1..=draws).flat_map(|draw| SHOTS.map(|shots| (draw, shots))) {
            if kinds.iter().any(|kind| kind.len() <= shots) {
                continue;
            }
            let mut rng = Rng::with_seed(draw);
            let (mut learn, mut judge) = (Vec::new(), Vec::new());
            for kind in &kinds {
                let mut kind = kind.clone();
                rng.shuffle(&mut kind);
                let (few, rest) = kind.split_at(shots);
                learn.extend_from_slice(few);
                judge.extend_from_slice(rest);
            }
            let names = vec![name.clone()];
            jobs.push(ShotJob {
                group: name.clone(),
                base,
                names,
                learn,
                judge,
                task: LearningTask::Quality,
                draw,
                shots,
            });
        }
    }
    run_jobs(ShotMeasure::Auc, against, draws, &jobs, &StepCounter::new(jobs.len(), tell))
}

/// Evaluates recognition of sports that the encoder has not seen. For each sport, an encoder is
/// trained on the clips in `learn` of all other movements. Then some clips of every movement,
/// including the sport's, are drawn from `learn`, and the sport's clips in `judge`, of other
/// athletes, are recognised among all movements. Only the body is used: a sensor worn elsewhere for
/// other movements would give them away by its place.
///
/// # Errors
/// If a sport has no clips on either side or an athlete is on both sides, and whatever learning
/// returns.
pub fn evaluate_sport_shots(
    learn: &[LabelledClip],
    judge: &[LabelledClip],
    sports: &[(&str, &[&str])],
    config: &TrainingConfig,
    against: &str,
    draws: u64,
    tell: &mut StepListener,
) -> Result<FewShotEvaluation, ModelError> {
    let bodies = |clips: &[LabelledClip]| -> Vec<LabelledClip> {
        let with_body = clips.iter().filter(|clip| clip.motion.has_body());
        with_body
            .map(|clip| LabelledClip { motion: clip.motion.without_sensor(), ..clip.clone() })
            .collect()
    };
    let (learn, judge) = (bodies(learn), bodies(judge));
    super::recognition::check_split(&learn, &judge)?;
    let steps = StepCounter::new(sports.len() * (1 + draws as usize * SHOTS.len()), tell);
    let bases = sports
        .par_iter()
        .map(|(_, sport_movements)| {
            let others: Vec<LabelledClip> = learn
                .iter()
                .filter(|clip| !sport_movements.contains(&clip.movement.as_str()))
                .cloned()
                .collect();
            let names = movement_names(&others);
            let (encoder, size) = train_encoder(&others, &names, config, None, &mut |_| {})?;
            steps.count_step();
            Ok(encoder.to_model(size, Card { movements: names, ..Card::default() }, &others))
        })
        .collect::<Result<Vec<Model>, ModelError>>()?;
    let names = movement_names(&learn);
    let mut jobs = Vec::new();
    for ((sport, sport_movements), base) in sports.iter().zip(&bases) {
        let tested: Vec<&LabelledClip> =
            judge.iter().filter(|clip| sport_movements.contains(&clip.movement.as_str())).collect();
        for (draw, shots) in (1..=draws).flat_map(|draw| SHOTS.map(|shots| (draw, shots))) {
            let mut rng = Rng::with_seed(draw);
            let mut few = Vec::new();
            for name in &names {
                let mut kind: Vec<&LabelledClip> =
                    learn.iter().filter(|clip| clip.movement == *name).collect();
                rng.shuffle(&mut kind);
                few.extend(kind.into_iter().take(shots));
            }
            let (names, judge) = (names.clone(), tested.clone());
            jobs.push(ShotJob {
                group: (*sport).to_owned(),
                base,
                names,
                learn: few,
                judge,
                task: LearningTask::Movement,
                draw,
                shots,
            });
        }
    }
    run_jobs(ShotMeasure::Recognised, against, draws, &jobs, &steps)
}

/// One draw of training clips.
struct ShotJob<'a> {
    group: String,
    base: &'a Model,
    names: Vec<String>,
    learn: Vec<&'a LabelledClip>,
    judge: Vec<&'a LabelledClip>,
    task: LearningTask,
    draw: u64,
    shots: usize,
}

impl ShotJob<'_> {
    /// The scores of the adapted model and of the other method, and the adaptation method chosen.
    fn run_draw(&self, against: &str) -> Result<(Vec<f64>, AdaptMethod), ModelError> {
        let clips: Vec<LabelledClip> = self.learn.iter().map(|&clip| clip.clone()).collect();
        let adapted = adapt_model(self.base, &clips, self.draw, Card::default())?;
        // Only the attention model uses these settings.
        let attention =
            AttentionMethod { config: scratch_config(self.base, self.learn.len()), base: None };
        let unknown_method = || ModelError::Clips {
            what: format!("no method `{against}`"),
            hint: "see --model in --help",
        };
        let other = method_by_name(against, &attention).ok_or_else(unknown_method)?;
        let other = other.learn_task(&self.learn, &self.names, self.task, self.draw)?;
        Ok((
            vec![self.score_predictor(&adapted.model), self.score_predictor(other.as_ref())],
            adapted.method,
        ))
    }

    fn score_predictor(&self, judge: &dyn Predictor) -> f64 {
        let predictions = judge.predict_clips(&self.judge);
        match self.task {
            LearningTask::Quality => {
                let scores: Vec<f32> =
                    predictions.iter().map(|prediction| prediction.quality).collect();
                roc_auc(
                    &scores,
                    &self
                        .judge
                        .iter()
                        .map(|clip| clip.is_correct() == Some(true))
                        .collect::<Vec<_>>(),
                )
            }
            LearningTask::Movement => {
                let recognised =
                    predictions.iter().zip(&self.judge).filter(|(prediction, clip)| {
                        prediction.likeliest_movement() == clip.class_index(&self.names)
                    });
                recognised.count() as f64 / self.judge.len().max(1) as f64
            }
        }
    }
}

/// Settings for training a model of the same sizes as `base` from scratch.
fn scratch_config(base: &Model, clips: usize) -> TrainingConfig {
    let size = base.size();
    let config = TrainingConfig::default();
    let round = clips.div_ceil(config.batch).max(1);
    TrainingConfig {
        width: size.width,
        heads: size.heads,
        blocks: size.blocks,
        feed_forward: size.feed_forward,
        epochs: config.epochs.max(SCRATCH_STEPS.div_ceil(round)),
        ..config
    }
}

/// Runs all draws and summarises them by movement or sport and number of clips.
fn run_jobs(
    measure: ShotMeasure,
    against: &str,
    draws: u64,
    jobs: &[ShotJob],
    steps: &StepCounter,
) -> Result<FewShotEvaluation, ModelError> {
    if jobs.is_empty() || jobs.iter().any(|job| job.judge.is_empty()) {
        let hint = "give a set with correct and incorrect clips, or with clips of the sports in training and test";
        return Err(ModelError::Clips { what: "nothing is left to judge".to_owned(), hint });
    }
    let results = jobs
        .par_iter()
        .map(|job| {
            let result = job.run_draw(against)?;
            steps.count_step();
            Ok(result)
        })
        .collect::<Result<Vec<(Vec<f64>, AdaptMethod)>, ModelError>>()?;

    let mut groups: BTreeMap<(&str, usize), Vec<usize>> = BTreeMap::new();
    let mut means: BTreeMap<usize, BTreeMap<u64, Vec<usize>>> = BTreeMap::new();
    let mut ways: BTreeMap<(usize, AdaptMethod), usize> = BTreeMap::new();
    for (i, (job, (_, way))) in jobs.iter().zip(&results).enumerate() {
        groups.entry((&job.group, job.shots)).or_default().push(i);
        means.entry(job.shots).or_default().entry(job.draw).or_default().push(i);
        *ways.entry((job.shots, *way)).or_default() += 1;
    }
    let methods =
        vec![ADAPTED.to_owned(), if against == "attention" { SCRATCH } else { against }.to_owned()];
    let all = 0..methods.len();
    let scores_of = |method: usize, which: &[usize]| {
        which.iter().map(|&i| results[i].0[method]).collect::<Vec<f64>>()
    };
    let mut rows: Vec<FewShotRow> = groups
        .into_iter()
        .map(|((name, shots), which)| FewShotRow {
            of: name.to_owned(),
            shots,
            judged: jobs[which[0]].judge.len(),
            reached: all.clone().map(|method| mean_sd(&scores_of(method, &which))).collect(),
        })
        .collect();
    rows.extend(means.into_iter().map(|(shots, draws)| {
        let mean = |method: usize| {
            draws.values().map(|which| mean_sd(&scores_of(method, which)).0).collect::<Vec<f64>>()
        };
        let reached = all.clone().map(|method| mean_sd(&mean(method))).collect();
        FewShotRow { of: String::new(), shots, judged: 0, reached }
    }));
    let ways = ways.into_iter().map(|((shots, way), times)| (shots, way, times)).collect();
    Ok(FewShotEvaluation { measure, draws, methods, rows, ways })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::pretrained_base;
    use agoge_model::simulated::simulated_exercise_clips as simulated_clips;
    use agoge_motion::simulate::{Exercise, SimulatedFaultKind};

    #[test]
    fn what_was_learned_from_is_not_judged_and_draws_come_again() {
        let curls =
            simulated_clips(Exercise::BicepsCurl, Some(SimulatedFaultKind::Asymmetry), 0..6);
        let mut reports = Vec::new();
        let shots =
            evaluate_quality_shots(&curls, pretrained_base(), "rocket", 2, &mut |done, total| {
                reports.push((done, total))
            })
            .unwrap();
        // With three of a class, only one of each leaves some to judge.
        assert_eq!(reports, [(1, 2), (2, 2)]);
        assert_eq!(
            shots
                .rows
                .iter()
                .map(|row| (row.of.as_str(), row.shots, row.judged))
                .collect::<Vec<_>>(),
            [("BicepsCurl", 1, 4), ("", 1, 0)]
        );
        assert_eq!(shots.rows[0].reached, shots.rows[1].reached, "the mean over one movement");
        assert_eq!(shots.ways, [(1, AdaptMethod::Committee, 2)]);
        assert_eq!(
            evaluate_quality_shots(&curls, pretrained_base(), "rocket", 2, &mut |_, _| {}).unwrap(),
            shots
        );
        let message =
            evaluate_quality_shots(&curls[..2], pretrained_base(), "rocket", 2, &mut |_, _| {})
                .unwrap_err()
                .to_string();
        assert!(message.contains("nothing is left to judge"), "{message}");
    }

    #[test]
    fn a_sport_that_the_encoder_never_saw_is_recognised() {
        let all = |athletes: std::ops::Range<usize>| {
            let exercises = [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl];
            exercises.map(|exercise| simulated_clips(exercise, None, athletes.clone())).concat()
        };
        let config = TrainingConfig {
            width: 16,
            heads: 2,
            blocks: 1,
            feed_forward: 32,
            epochs: 400,
            ..TrainingConfig::default()
        };
        let sports: [(&str, &[&str]); 1] = [("curling", &["BicepsCurl"])];
        let (learn, judge) = (all(0..1), all(10..14));
        let mut reports = Vec::new();
        let mut tell = |done, total| reports.push((done, total));
        let shots =
            evaluate_sport_shots(&learn, &judge, &sports, &config, "rocket", 1, &mut tell).unwrap();
        assert_eq!(
            reports,
            [(1, 4), (2, 4), (3, 4), (4, 4)],
            "the encoder, then each number of clips"
        );
        assert_eq!(shots.rows[0].judged, 4);
        assert!(shots.rows.iter().all(|row| row.reached[0].0 > 0.9), "{shots:?}");
        let same =
            evaluate_sport_shots(&learn, &learn, &sports, &config, "rocket", 1, &mut |_, _| {})
                .unwrap_err()
                .to_string();
        assert!(same.contains("training and test"), "{same}");
    }
}
