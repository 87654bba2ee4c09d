//! MiniRocket features with ridge regression: among the strongest methods for time series of this
//! size, and fast.

use super::fusion::{Sense, SenseExamples, SenseLearner, SensePredictor};
use super::minirocket::MiniRocket;
use super::ridge::Ridge;
use super::series::{self, MotionSeries, SeriesRegion};
use super::{LABEL_SMOOTHING, LearningTask};
use crate::motion::Motion;
use crate::network::softmax_in_place;
use crate::token::LabelledClip;
use fastrand::Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Samples per series, for the body and for a sensor, which is sampled faster.
const LENGTHS: [usize; 2] = [64, 128];

/// With fewer examples than this, views are not selected.
const SELECTION_MINIMUM: usize = 40;
/// Maximum number of views combined.
const MOST_VIEWS: usize = 3;

/// MiniRocket with ridge regression; with several views or draws, their decisions are averaged.
pub struct RocketMethod {
    /// Approximate number of features for quality, per member.
    pub quality_features: usize,
    /// Approximate number of features for recognition, per member.
    pub movement_features: usize,
    /// Whether the members' views are selected among several candidates, or one is given.
    pub selects_views: bool,
    /// Number of draws of the kernels' channels and biases per view.
    pub draws_per_view: usize,
}

/// Which signals of the body a member uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RocketView {
    /// Positions of the parts.
    Positions,
    /// Directions of the bones.
    Directions,
    /// Positions and directions.
    Pose,
    /// Positions of the parts and their velocities.
    Motion,
    /// Pose and motion.
    Whole,
    /// The pose of the arms.
    Arms,
    /// The pose of arms, trunk and head.
    Upper,
    /// Pose and motion of the arms.
    Gesture,
}

impl RocketView {
    /// The region of the body, and whether its positions, velocities and directions are used.
    fn region_and_signals(self) -> (SeriesRegion, [bool; 3]) {
        match self {
            RocketView::Positions => (SeriesRegion::Body, [true, false, false]),
            RocketView::Directions => (SeriesRegion::Body, [false, false, true]),
            RocketView::Pose => (SeriesRegion::Body, [true, false, true]),
            RocketView::Motion => (SeriesRegion::Body, [true, true, false]),
            RocketView::Whole => (SeriesRegion::Body, [true; 3]),
            RocketView::Arms => (SeriesRegion::Arms, [true, false, true]),
            RocketView::Upper => (SeriesRegion::Upper, [true, false, true]),
            RocketView::Gesture => (SeriesRegion::Arms, [true; 3]),
        }
    }

    /// Number of channels.
    pub fn channel_count(self) -> usize {
        let (region, looks) = self.region_and_signals();
        let counts = [
            region.part_indices().count(),
            region.part_indices().count(),
            region.bone_indices().count(),
        ];
        3 * looks
            .into_iter()
            .zip(counts)
            .map(|(looks, count)| if looks { count } else { 0 })
            .sum::<usize>()
    }

    /// The series of this view of a motion.
    fn motion_series(self, motion: &Motion) -> MotionSeries {
        let (region, [positions, velocities, directions]) = self.region_and_signals();
        let length = series_length(Sense::Body);
        let mut parts = Vec::with_capacity(3);
        if positions || velocities {
            let position = series::part_positions(motion, length, region);
            let velocity = velocities.then(|| position.channel_velocities());
            parts.extend(positions.then_some(position).into_iter().chain(velocity));
        }
        parts.extend(directions.then(|| series::bone_directions(motion, length, region)));
        parts
            .into_iter()
            .reduce(MotionSeries::join_channels)
            .unwrap_or(MotionSeries { length, values: Vec::new() })
    }
}

impl RocketMethod {
    /// One member that uses the pose, or for recognition the motion.
    pub fn single_view() -> RocketMethod {
        RocketMethod {
            quality_features: 2_000,
            movement_features: 10_000,
            selects_views: false,
            draws_per_view: 1,
        }
    }

    /// Three draws of each of up to three views, which are selected by the examples alone.
    pub fn many_views() -> RocketMethod {
        RocketMethod {
            quality_features: 2_000,
            movement_features: 6_000,
            selects_views: true,
            draws_per_view: 3,
        }
    }

    /// The views to select from, in order of preference when there are too few examples to select;
    /// a worn sensor has only one.
    fn candidate_views(&self, sense: Sense, task: LearningTask) -> &'static [RocketView] {
        use RocketView::{Arms, Directions, Gesture, Motion, Pose, Positions, Upper, Whole};
        match (sense, task, self.selects_views) {
            (Sense::Worn, ..) | (Sense::Body, LearningTask::Movement, false) => &[Motion],
            (Sense::Body, LearningTask::Quality, false) => &[Pose],
            (Sense::Body, LearningTask::Quality, true) => {
                &[Pose, Arms, Directions, Positions, Upper, Motion]
            }
            (Sense::Body, LearningTask::Movement, true) => {
                &[Motion, Gesture, Directions, Positions, Whole, Arms]
            }
        }
    }
}

/// MiniRocket features of a body's pose, fitted without labels.
pub struct PoseFeatures(MiniRocket);

impl PoseFeatures {
    /// Fits about 2 000 features; `None` for fewer than two motions.
    pub fn fit(motions: &[&Motion], seed: u64) -> Option<PoseFeatures> {
        let series = PoseFeatures::pose_series(motions);
        (series.len() > 1)
            .then(|| MiniRocket::fit(&series, 2_000, &mut Rng::with_seed(seed)))?
            .map(PoseFeatures)
    }

    /// Number of features.
    pub fn feature_count(&self) -> usize {
        self.0.feature_count()
    }

    /// The features of some motions, `[motion, feature]`.
    pub fn transform_motions(&self, motions: &[&Motion]) -> Vec<f32> {
        self.0.transform_series(&PoseFeatures::pose_series(motions))
    }

    fn pose_series(motions: &[&Motion]) -> Vec<MotionSeries> {
        motions
            .par_iter()
            .map(|motion| RocketView::Pose.motion_series(&motion.active_right()))
            .collect()
    }
}

/// Trained rockets.
#[derive(Clone, Debug, PartialEq)]
pub struct Rockets {
    pub(crate) sense: Sense,
    pub(crate) members: Vec<RocketMember>,
}

/// MiniRocket on one view, with its ridge regressions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RocketMember {
    pub view: RocketView,
    pub rocket: MiniRocket,
    pub heads: RidgeHeads,
}

/// The ridge regressions of a member.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RidgeHeads {
    /// One regression per movement, where both classes were available.
    Each(Vec<Option<Ridge>>),
    /// One regression for all movements.
    All(Ridge),
}

impl SenseLearner for RocketMethod {
    fn learn_sense(&self, examples: &SenseExamples, seed: u64) -> Option<Box<dyn SensePredictor>> {
        Some(Box::new(self.fit_members(examples, seed)?.0))
    }
}

impl RocketMethod {
    /// Learns; also returns the left-out decisions of each example, by regressions without its
    /// athlete, `[example][movement]`.
    fn fit_members(&self, examples: &SenseExamples, seed: u64) -> Option<(Rockets, Vec<Vec<f32>>)> {
        let sense = examples.sense;
        if examples.binary_problems().iter().all(Option::is_none) {
            return None;
        }
        let motions = examples.oriented_motions();
        let candidates = self.candidate_views(sense, examples.task);
        let series: Vec<Vec<MotionSeries>> =
            candidates.iter().map(|&view| series_of_motions(&motions, sense, view)).collect();
        let learn = |place: usize, draw: usize| {
            let count = if examples.task == LearningTask::Quality {
                self.quality_features
            } else {
                self.movement_features
            };
            let mut rng = Rng::with_seed(seed + 1000 * place as u64 + 100_000 * draw as u64);
            let rocket = MiniRocket::fit(&series[place], count, &mut rng)?;
            let (heads, left_out) = fit_heads(
                examples,
                &rocket.transform_series(&series[place]),
                rocket.feature_count(),
            )?;
            Some((RocketMember { view: candidates[place], rocket, heads }, left_out))
        };
        let few = examples.clips.len() < SELECTION_MINIMUM
            || examples.athlete_numbers().iter().all(|athlete| *athlete == 0);
        let mut first = (0..candidates.len())
            .take(if few { MOST_VIEWS } else { candidates.len() })
            .map(|place| learn(place, 0).map(Some))
            .collect::<Option<Vec<_>>>()?;
        let decisions: Vec<&[Vec<f32>]> =
            first.iter().flatten().map(|(_, left_out)| left_out.as_slice()).collect();
        let chosen = if few {
            (0..decisions.len()).collect()
        } else {
            select_judges(&decisions, MOST_VIEWS, &|mean| examples.mean_squared_error(mean))
        };
        let left_out =
            mean_decisions(&chosen.iter().map(|&place| decisions[place]).collect::<Vec<_>>());
        let mut members = Vec::new();
        for place in chosen {
            members.extend(first[place].take().map(|(member, _)| member));
            for draw in 1..self.draws_per_view {
                members.push(learn(place, draw)?.0);
            }
        }
        Some((Rockets { sense, members }, left_out))
    }
}

/// Selects judges to combine: the best one, then whichever reduces the error of the mean most
/// (Caruana et al. 2004), at most `most`. `decisions` is `[judge][example][movement]`.
fn select_judges(
    decisions: &[&[Vec<f32>]],
    most: usize,
    error: &dyn Fn(&[Vec<f32>]) -> f64,
) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    let mut least = f64::INFINITY;
    while chosen.len() < most {
        let remaining = (0..decisions.len()).filter(|judge| !chosen.contains(judge));
        let tried = remaining.map(|judge| {
            let committee: Vec<&[Vec<f32>]> =
                chosen.iter().chain([&judge]).map(|&judge| decisions[judge]).collect();
            (judge, error(&mean_decisions(&committee)))
        });
        // `min_by` returns the first of equals.
        match tried.min_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, error)| *error < least) {
            Some((judge, error)) => {
                least = error;
                chosen.push(judge);
            }
            None => break,
        }
    }
    chosen
}

/// The mean of several judges' decisions, `[example][movement]`.
fn mean_decisions(judges: &[&[Vec<f32>]]) -> Vec<Vec<f32>> {
    let sum = |example: usize, movement: usize| {
        judges.iter().map(|decisions| decisions[example][movement]).sum::<f32>()
    };
    let first = judges.first().copied().unwrap_or_default();
    let row = |(example, row): (usize, &Vec<f32>)| {
        (0..row.len()).map(|movement| sum(example, movement) / judges.len() as f32).collect()
    };
    first.iter().enumerate().map(row).collect()
}

/// Fits ridge regressions to features, `[example, feature]`; also returns the left-out decisions of
/// each example, by regressions without its athlete, `[example][movement]`.
fn fit_heads(
    examples: &SenseExamples,
    features: &[f32],
    width: usize,
) -> Option<(RidgeHeads, Vec<Vec<f32>>)> {
    let athletes = examples.athlete_numbers();
    match examples.task {
        LearningTask::Movement => {
            let target = |(i, &class): (usize, &usize)| {
                (0..examples.movements)
                    .map(move |movement| examples.target_value(i, movement == class))
            };
            let targets: Vec<f64> = examples.classes.iter().enumerate().flat_map(target).collect();
            let (ridge, left_out) = Ridge::fit_left_out(features, &targets, &athletes)?;
            Some((
                RidgeHeads::All(ridge),
                left_out
                    .chunks(examples.movements)
                    .map(|row| row.iter().map(|v| *v as f32).collect())
                    .collect(),
            ))
        }
        LearningTask::Quality => {
            let learn = |problem: &Option<Vec<(usize, bool)>>| {
                let problem = problem.as_ref()?;
                let rows = problem.iter().flat_map(|(i, _)| &features[i * width..(i + 1) * width]);
                let problem_features: Vec<f32> = rows.copied().collect();
                let targets: Vec<f64> = problem
                    .iter()
                    .map(|(i, correct)| examples.target_value(*i, *correct))
                    .collect();
                let groups: Vec<usize> = problem.iter().map(|(i, _)| athletes[*i]).collect();
                Ridge::fit_left_out(&problem_features, &targets, &groups)
            };
            let problems = examples.binary_problems();
            let learned: Vec<Option<(Ridge, Vec<f64>)>> = problems.par_iter().map(learn).collect();
            let mut left_out = vec![vec![0.0; examples.movements]; examples.clips.len()];
            for (movement, (problem, learned)) in problems.iter().zip(&learned).enumerate() {
                let (Some(problem), Some((_, decisions))) = (problem, learned) else { continue };
                problem
                    .iter()
                    .zip(decisions)
                    .for_each(|((i, _), decision)| left_out[*i][movement] = *decision as f32);
            }
            Some((
                RidgeHeads::Each(learned.into_iter().map(|fit| Some(fit?.0)).collect()),
                left_out,
            ))
        }
    }
}

impl Rockets {
    /// Trains rockets that judge the quality of body motions; `None` if no clip is labelled.
    /// `movements` are those that may be asked for.
    pub fn fit_quality(
        clips: &[&LabelledClip],
        movements: &[String],
        seed: u64,
    ) -> Option<Rockets> {
        let (rockets, _) = RocketMethod::many_views().fit_members(
            &SenseExamples::new(clips, movements, Sense::Body, LearningTask::Quality),
            seed,
        )?;
        Some(rockets.rounded_to_f32())
    }

    /// Trains one rocket on the pose that tells correct repetitions (label 1) from any others
    /// (label 0, for instance correct ones with planted faults); `None` if no clip is labelled.
    pub fn fit_likeness(
        clips: &[&LabelledClip],
        movements: &[String],
        seed: u64,
    ) -> Option<Rockets> {
        let (rockets, _) = RocketMethod::single_view().fit_members(
            &SenseExamples::new(clips, movements, Sense::Body, LearningTask::Quality),
            seed,
        )?;
        Some(rockets.rounded_to_f32())
    }

    /// Trains one rocket that recognises movements from body motions; `None` if there is nothing to
    /// distinguish. Its decisions are scaled to logits whose probabilities are right on left-out
    /// examples (temperature scaling; Guo et al. 2017).
    pub fn fit_movement(
        clips: &[&LabelledClip],
        movements: &[String],
        seed: u64,
    ) -> Option<Rockets> {
        let examples = SenseExamples::new(clips, movements, Sense::Body, LearningTask::Movement);
        let (mut rockets, left_out) = RocketMethod::single_view().fit_members(&examples, seed)?;
        let sharpness = fit_sharpness(&left_out, &examples.classes);
        for member in &mut rockets.members {
            member.heads.scale_decisions(sharpness);
        }
        Some(rockets.rounded_to_f32())
    }

    /// Number of learned parameters.
    pub fn parameter_count(&self) -> usize {
        self.members
            .iter()
            .map(|member| member.rocket.feature_count() + member.heads.parameter_count())
            .sum()
    }

    /// Logits of the movement of each motion, `[motion][movement]`.
    pub fn movement_logits(&self, motions: &[&Motion]) -> Vec<Vec<f32>> {
        self.decision_values(
            &motions.iter().map(|&motion| Cow::Borrowed(motion)).collect::<Vec<_>>(),
        )
    }

    /// How well each motion was performed if it were each of the movements, `[motion][movement]`:
    /// above 0 means correct.
    pub fn quality_decisions(&self, motions: &[&Motion]) -> Vec<Vec<f32>> {
        let turned: Vec<Cow<Motion>> = motions.iter().map(|motion| motion.active_right()).collect();
        self.decision_values(&turned)
    }
}

impl SensePredictor for Rockets {
    fn decision_values(&self, motions: &[Cow<Motion>]) -> Vec<Vec<f32>> {
        let mut sums: Vec<Vec<f32>> = vec![Vec::new(); motions.len()];
        // Members with the same view are adjacent and share its series.
        let mut current: Option<(RocketView, Vec<MotionSeries>)> = None;
        for member in &self.members {
            let (_, series) = match current.take().filter(|(view, _)| *view == member.view) {
                Some(same) => current.insert(same),
                None => current
                    .insert((member.view, series_of_motions(motions, self.sense, member.view))),
            };
            let features = member.rocket.transform_series(series);
            let decided: Vec<Vec<f32>> = features
                .par_chunks(member.rocket.feature_count())
                .map(|row| member.heads.decision_values(row))
                .collect();
            for (sum, decided) in sums.iter_mut().zip(decided) {
                sum.resize(decided.len(), 0.0);
                sum.iter_mut()
                    .zip(decided)
                    .for_each(|(sum, value)| *sum += value / self.members.len() as f32);
            }
        }
        sums
    }

    fn parameter_count(&self) -> usize {
        Rockets::parameter_count(self)
    }
}

/// The factor by which decisions must be scaled for their softmax to be calibrated on examples that
/// were left out: the one from 1 to 128 with the greatest likelihood of the classes, after label
/// smoothing.
fn fit_sharpness(decisions: &[Vec<f32>], classes: &[usize]) -> f64 {
    let likelihood = |factor: f32| -> f64 {
        let log_likelihood = |(decisions, &class): (&Vec<f32>, &usize)| {
            let mut shares: Vec<f32> = decisions.iter().map(|value| factor * value).collect();
            softmax_in_place(&mut shares);
            let doubt = LABEL_SMOOTHING / shares.len().saturating_sub(1).max(1) as f32;
            let target =
                |movement: usize| if movement == class { 1.0 - LABEL_SMOOTHING } else { doubt };
            shares
                .iter()
                .enumerate()
                .map(|(i, p)| f64::from(target(i) * p.max(1e-12).ln()))
                .sum::<f64>()
        };
        decisions.iter().zip(classes).map(log_likelihood).sum()
    };
    let factors = (0..=28).map(|step| 2f32.powf(step as f32 / 4.0));
    f64::from(factors.min_by(|a, b| likelihood(*b).total_cmp(&likelihood(*a))).unwrap_or(1.0))
}

impl RidgeHeads {
    /// Multiplies every decision.
    fn scale_decisions(&mut self, factor: f64) {
        match self {
            RidgeHeads::All(ridge) => ridge.scale_predictions(factor),
            RidgeHeads::Each(ridges) => {
                ridges.iter_mut().flatten().for_each(|ridge| ridge.scale_predictions(factor))
            }
        }
    }

    /// The decision for each movement.
    fn decision_values(&self, features: &[f32]) -> Vec<f32> {
        match self {
            RidgeHeads::All(ridge) => {
                ridge.predict(features).into_iter().map(|value| value as f32).collect()
            }
            RidgeHeads::Each(ridges) => {
                let value =
                    |ridge: &Option<Ridge>| ridge.as_ref()?.predict(features).first().copied();
                ridges.iter().map(|ridge| value(ridge).unwrap_or(0.0) as f32).collect()
            }
        }
    }

    fn parameter_count(&self) -> usize {
        match self {
            RidgeHeads::All(ridge) => ridge.parameter_count(),
            RidgeHeads::Each(ridges) => ridges.iter().flatten().map(Ridge::parameter_count).sum(),
        }
    }
}

/// Samples per series of a sense.
pub fn series_length(sense: Sense) -> usize {
    let [body, worn] = LENGTHS;
    if sense == Sense::Body { body } else { worn }
}

/// The series of several motions.
fn series_of_motions(motions: &[Cow<Motion>], sense: Sense, view: RocketView) -> Vec<MotionSeries> {
    motions.par_iter().map(|motion| series_of_motion(motion, sense, view)).collect()
}

/// The series of a motion; for a worn sensor the view has no effect.
fn series_of_motion(motion: &Motion, sense: Sense, view: RocketView) -> MotionSeries {
    match sense {
        Sense::Worn => series::sensor_channels(motion, series_length(Sense::Worn)),
        Sense::Body => view.motion_series(motion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_are_asked_together_where_that_is_better() {
        // Of four examples with the labels + + − −, the first judge is sure of one half, the second
        // of the other half, the third of nothing, and the fourth is wrong.
        let judges =
            [[1.0f32, 0.2, -1.0, -0.2], [0.2, 1.0, -0.2, -1.0], [0.0; 4], [-1.0, -1.0, 1.0, 1.0]];
        let judges = judges.map(|decisions| decisions.map(|v| vec![v]).to_vec());
        let decisions: Vec<&[Vec<f32>]> = judges.iter().map(Vec::as_slice).collect();
        let error = |mean: &[Vec<f32>]| {
            mean.iter()
                .zip([1.0f32, 1.0, -1.0, -1.0])
                .map(|(decision, label)| f64::from(decision[0] - label).powi(2))
                .sum()
        };
        assert_eq!(select_judges(&decisions, 3, &error), [0, 1]);
        assert_eq!(select_judges(&decisions, 1, &error), [0]);
        assert!(select_judges(&[], 3, &error).is_empty());
    }

    #[test]
    fn decisions_are_stretched_to_the_probabilities_that_classes_were_drawn_with() {
        // Logits 0 and ±1, shrunk eight times. Label smoothing turns a probability of 0.73 into
        // 0.71, which is that of a logit of 0.89.
        let mut rng = Rng::with_seed(5);
        let (decisions, classes): (Vec<Vec<f32>>, Vec<usize>) = (0..20_000)
            .map(|i| {
                let logit = if i % 2 == 0 { 1.0f32 } else { -1.0 };
                let class = usize::from(rng.f32() < 1.0 / (1.0 + (-logit).exp()));
                (vec![0.0, logit / 8.0], class)
            })
            .unzip();
        let factor = fit_sharpness(&decisions, &classes);
        // The factors are 2^¼ apart.
        assert!((factor / (8.0 * 0.89)).log2().abs() < 0.25, "{factor}");
        // Without any information nothing is scaled; with perfect decisions, only the label
        // smoothing remains.
        assert_eq!(fit_sharpness(&[], &[]), 1.0);
        assert_eq!(fit_sharpness(&[vec![0.0, 0.1], vec![0.1, 0.0]], &[0, 1]), 1.0);
        let factor = fit_sharpness(&[vec![1.0, 0.0], vec![0.0, 1.0]], &[0, 1]);
        assert!(
            (1.0 / (1.0 + (-factor).exp()) - f64::from(1.0 - LABEL_SMOOTHING)).abs() < 0.02,
            "{factor}"
        );
    }
}
