//! What learns and predicts from clips without gradients: fixed convolutions with ridge regression
//! ("rockets"), which judge together with the encoder, and the traits that every method shares.

pub mod fusion;
pub mod minirocket;
pub mod ridge;
pub mod rocket;
pub mod rocket_tensors;
pub mod series;

use crate::error::ModelError;
use crate::metric::index_of_highest;
use crate::model::{Model, Reading};
use crate::motion::Motion;
use crate::token::LabelledClip;
use serde::{Deserialize, Serialize};

/// Weight of the attention model in a committee with rockets: of the ten judges (nine rockets and
/// itself) it is the one that differs most from the others.
pub const ATTENTION_WEIGHT: f32 = 0.3;

/// Label smoothing: some repetitions labelled correct are poor and some labelled incorrect are
/// good.
pub const LABEL_SMOOTHING: f32 = 0.05;

/// What a method learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearningTask {
    /// How well each movement was performed: correct above incorrect.
    Quality,
    /// Which movement it was.
    Movement,
}

/// A method's prediction for a clip.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClipPrediction {
    /// Score of each movement, `[movement]`; only the order counts. Empty if the method learned
    /// quality only.
    pub movement: Vec<f32>,
    /// Quality score for the movement that the clip names; above 0 means correct. 0 if the method
    /// learned movements only.
    pub quality: f32,
    /// Distance from what the method knows of the movement that the clip names; `None` for a method
    /// without distances.
    pub distance: Option<f32>,
}

impl ClipPrediction {
    /// Index of the likeliest movement; `None` if only quality was learned.
    pub fn likeliest_movement(&self) -> Option<usize> {
        index_of_highest(&self.movement)
    }
}

/// A method that learns from clips.
pub trait LearningMethod: Sync {
    /// Learns a task from clips whose movements are all among `movements`; the same clips and seed
    /// give the same predictor.
    ///
    /// # Errors
    /// If the clips do not suffice.
    fn learn_task(
        &self,
        clips: &[&LabelledClip],
        movements: &[String],
        task: LearningTask,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, ModelError>;
}

/// What a method has learned.
pub trait Predictor: Send + Sync {
    /// Predicts each clip.
    fn predict_clips(&self, clips: &[&LabelledClip]) -> Vec<ClipPrediction>;

    /// Number of learned parameters.
    fn parameter_count(&self) -> usize;
}

impl Predictor for Model {
    fn predict_clips(&self, clips: &[&LabelledClip]) -> Vec<ClipPrediction> {
        let motions: Vec<&Motion> = clips.iter().map(|clip| &clip.motion).collect();
        let class = |clip: &LabelledClip| self.class_index(&clip.movement);
        let prediction = |(reading, clip): (Reading, &&LabelledClip)| ClipPrediction {
            quality: class(clip).map_or(0.0, |class| reading.quality_logit[class]),
            distance: class(clip).map(|class| self.prototype_distance(&reading, class) as f32),
            movement: reading.movement.into_iter().map(|p| 2.0 * p - 1.0).collect(),
        };
        self.read_motions(&motions).into_iter().zip(clips).map(prediction).collect()
    }

    fn parameter_count(&self) -> usize {
        Model::parameter_count(self)
    }
}

/// The logit of a probability of being correct, scaled to 1 and −1 at the targets of training.
///
/// ```
/// use agoge_model::methods::quality_logit;
/// assert_eq!(quality_logit(0.5), 0.0);
/// assert!((quality_logit(0.9) + quality_logit(0.1)).abs() < 1e-5);
/// ```
pub fn quality_logit(probability: f32) -> f32 {
    let logit = |p: f32| (p / (1.0 - p)).ln();
    logit(probability.clamp(1e-4, 1.0 - 1e-4)) / logit(1.0 - LABEL_SMOOTHING)
}
