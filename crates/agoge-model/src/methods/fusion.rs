//! Combines two senses in one method: body motion and worn sensor are learned separately, and their
//! decisions are added.

use super::{ClipPrediction, LearningMethod, LearningTask, Predictor};
use crate::error::ModelError;
use crate::motion::Motion;
use crate::token::LabelledClip;
use std::borrow::Cow;

/// The input a method uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// The body's motion.
    Body,
    /// The worn sensor's signals.
    Worn,
}

impl Sense {
    fn is_present_in(self, motion: &Motion) -> bool {
        match self {
            Sense::Body => motion.has_body(),
            Sense::Worn => motion.has_sensor(),
        }
    }
}

/// The clips that have one sense, as training examples.
pub struct SenseExamples<'a> {
    /// The sense that they have.
    pub sense: Sense,
    /// What is learned from them.
    pub task: LearningTask,
    /// The clips.
    pub clips: Vec<&'a LabelledClip>,
    /// Movement index of each clip, `[clip]`.
    pub classes: Vec<usize>,
    /// Number of movements.
    pub movements: usize,
}

impl<'a> SenseExamples<'a> {
    /// The examples among `clips` that have the sense and belong to one of the movements.
    pub fn new(
        clips: &[&'a LabelledClip],
        movements: &[String],
        sense: Sense,
        task: LearningTask,
    ) -> SenseExamples<'a> {
        let sensed = clips.iter().copied().filter(|clip| sense.is_present_in(&clip.motion));
        let (clips, classes) =
            sensed.filter_map(|clip| Some((clip, clip.class_index(movements)?))).unzip();
        SenseExamples { sense, task, clips, classes, movements: movements.len() }
    }

    /// The motions as the predictor will see them too.
    pub fn oriented_motions(&self) -> Vec<Cow<'_, Motion>> {
        self.clips.iter().map(|clip| orient_for_task(&clip.motion, self.task)).collect()
    }

    /// Athlete number of each clip, `[clip]`, counted from 0 in order of appearance.
    pub fn athlete_numbers(&self) -> Vec<usize> {
        let mut known: Vec<&str> = Vec::new();
        let mut number = |clip: &&'a LabelledClip| {
            let place = known.iter().position(|name| *name == clip.athlete);
            place.unwrap_or_else(|| {
                known.push(&clip.athlete);
                known.len() - 1
            })
        };
        self.clips.iter().map(&mut number).collect()
    }

    /// The mean squared distance of decision values, `[clip][movement]`, from their targets
    /// ([`SenseExamples::target_value`]).
    pub fn mean_squared_error(&self, decisions: &[Vec<f32>]) -> f64 {
        let problems = self.binary_problems();
        let known = problems.iter().enumerate().flat_map(|(movement, problem)| {
            problem.iter().flatten().map(move |(i, first)| {
                (f64::from(decisions[*i][movement]) - self.target_value(*i, *first)).powi(2)
            })
        });
        let squares: Vec<f64> = known.collect();
        squares.iter().sum::<f64>() / squares.len().max(1) as f64
    }

    /// The target of a clip: for quality, that of [`LabelledClip::quality_target`]; for
    /// recognition, 1 for its movement and −1 for any other.
    pub fn target_value(&self, clip: usize, first: bool) -> f64 {
        match (self.task, self.clips[clip].quality_target()) {
            (LearningTask::Quality, Some(target)) => target,
            _ if first => 1.0,
            _ => -1.0,
        }
    }

    /// The binary problems that make up the task, `[movement]`: the clips that take part, each with
    /// whether it is in the first class (correct among those of the movement, or of the movement
    /// among all). `None` where a class is missing.
    pub fn binary_problems(&self) -> Vec<Option<Vec<(usize, bool)>>> {
        let problem = |movement: usize| {
            let is_movement = |clip: usize| self.classes[clip] == movement;
            let all = 0..self.clips.len();
            let kinds: Vec<(usize, bool)> = match self.task {
                LearningTask::Quality => all
                    .filter(|&i| is_movement(i))
                    .filter_map(|i| Some((i, self.clips[i].is_correct()?)))
                    .collect(),
                LearningTask::Movement => all.map(|i| (i, is_movement(i))).collect(),
            };
            let both =
                kinds.iter().any(|(_, first)| *first) && kinds.iter().any(|(_, first)| !first);
            both.then_some(kinds)
        };
        (0..self.movements).map(problem).collect()
    }
}

/// A method that learns from one sense.
pub trait SenseLearner: Sync {
    /// Learns; `None` if the examples do not suffice.
    fn learn_sense(&self, examples: &SenseExamples, seed: u64) -> Option<Box<dyn SensePredictor>>;
}

/// What a [`SenseLearner`] has learned.
pub trait SensePredictor: Send + Sync {
    /// Decision values of each motion, `[motion][movement]`: how likely the movement is, or how
    /// well it was performed if it was that movement; 0 for what was not learned.
    fn decision_values(&self, motions: &[Cow<Motion>]) -> Vec<Vec<f32>>;

    /// Number of learned parameters.
    fn parameter_count(&self) -> usize;
}

/// A method that learns from each sense separately and adds the decisions.
pub struct FusionMethod<L>(pub L);

struct FusedPredictor {
    senses: Vec<(Sense, Box<dyn SensePredictor>)>,
    movements: Vec<String>,
    task: LearningTask,
}

impl<L: SenseLearner> LearningMethod for FusionMethod<L> {
    fn learn_task(
        &self,
        clips: &[&LabelledClip],
        movements: &[String],
        task: LearningTask,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, ModelError> {
        let learn = |sense: Sense| {
            Some((
                sense,
                self.0.learn_sense(&SenseExamples::new(clips, movements, sense, task), seed)?,
            ))
        };
        let senses: Vec<(Sense, Box<dyn SensePredictor>)> =
            [Sense::Body, Sense::Worn].into_iter().filter_map(learn).collect();
        if senses.is_empty() {
            return Err(too_few_clips(clips.len()));
        }
        Ok(Box::new(FusedPredictor { senses, movements: movements.to_vec(), task }))
    }
}

impl Predictor for FusedPredictor {
    fn predict_clips(&self, clips: &[&LabelledClip]) -> Vec<ClipPrediction> {
        let mut values = vec![vec![0.0; self.movements.len()]; clips.len()];
        for (sense, judge) in &self.senses {
            let sensed: Vec<usize> =
                (0..clips.len()).filter(|&i| sense.is_present_in(&clips[i].motion)).collect();
            let motions: Vec<Cow<Motion>> =
                sensed.iter().map(|&i| orient_for_task(&clips[i].motion, self.task)).collect();
            for (i, decided) in sensed.into_iter().zip(judge.decision_values(&motions)) {
                values[i].iter_mut().zip(decided).for_each(|(sum, value)| *sum += value);
            }
        }
        let prediction = |(clip, values): (&&LabelledClip, Vec<f32>)| match self.task {
            LearningTask::Movement => {
                ClipPrediction { movement: values, ..ClipPrediction::default() }
            }
            LearningTask::Quality => {
                let quality = clip.class_index(&self.movements).map_or(0.0, |class| values[class]);
                ClipPrediction { quality, ..ClipPrediction::default() }
            }
        };
        clips.iter().zip(values).map(prediction).collect()
    }

    fn parameter_count(&self) -> usize {
        self.senses.iter().map(|(_, judge)| judge.parameter_count()).sum()
    }
}

/// Quality is judged alike on both sides, so the active side is turned to the right; which movement
/// it was may depend on the side.
fn orient_for_task(motion: &Motion, task: LearningTask) -> Cow<'_, Motion> {
    match task {
        LearningTask::Quality => motion.active_right(),
        LearningTask::Movement => Cow::Borrowed(motion),
    }
}

/// The error that some clips do not suffice for learning.
pub fn too_few_clips(clips: usize) -> ModelError {
    ModelError::Clips {
        what: format!("nothing can be learned from {clips} clips"),
        hint: "give correct and incorrect repetitions of a movement, or two movements",
    }
}
