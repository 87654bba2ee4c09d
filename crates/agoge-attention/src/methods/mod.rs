//! Methods that judge movements, compared on the same clips: the attention model and the baselines
//! it is measured against.

mod attention;
mod boosted;
mod committee;
mod convolution;
mod dtw;
mod fusion;
mod minirocket;
mod ridge;
mod rocket;
mod rocket_tensors;
mod series;

#[cfg(test)]
mod tests;

pub use attention::AttentionMethod;
pub(crate) use attention::quality_logit;
pub(crate) use ridge::Ridge;
pub(crate) use rocket::{PoseFeatures, RocketView, Rockets};
pub(crate) use rocket_tensors::RocketTensors;

use crate::error::ModelError;
use crate::metric::index_of_highest;
use crate::token::LabelledClip;
use boosted::BoostedMethod;
use committee::CommitteeMethod;
use convolution::ConvolutionalMethod;
use dtw::WarpingMethod;
use fusion::FusionMethod;
use rocket::RocketMethod;
use serde::{Deserialize, Serialize};

/// Weight of the attention model in a committee with rockets: of the ten judges (nine rockets and
/// itself) it is the one that differs most from the others.
pub(crate) const ATTENTION_WEIGHT: f32 = 0.3;

/// Names of the methods.
pub const METHOD_NAMES: [&str; 8] =
    ["attention", "committee", "rocket", "rockets", "boosted", "dtw", "cnn", "tcn"];

/// Creates a method by name: the attention model, trained as `attention` says; MiniRocket with
/// ridge regression, on one view (`rocket`) or several (`rockets`); the committee of attention and
/// rockets; boosted trees on summaries; the nearest example by dynamic time warping; and two
/// convolutional networks, trained with the settings of the attention model.
pub fn method_by_name<'a>(
    name: &str,
    attention: &AttentionMethod<'a>,
) -> Option<Box<dyn LearningMethod + 'a>> {
    Some(match name {
        "attention" => Box::new(attention.clone()),
        "committee" => {
            let rockets = Box::new(FusionMethod(RocketMethod::many_views()));
            Box::new(CommitteeMethod(vec![
                (ATTENTION_WEIGHT, Box::new(attention.clone())),
                (1.0 - ATTENTION_WEIGHT, rockets),
            ]))
        }
        "rocket" => Box::new(FusionMethod(RocketMethod::single_view())),
        "rockets" => Box::new(FusionMethod(RocketMethod::many_views())),
        "boosted" => Box::new(FusionMethod(BoostedMethod::default())),
        "dtw" => Box::new(FusionMethod(WarpingMethod)),
        "cnn" => Box::new(ConvolutionalMethod::plain_network(attention.config.clone())),
        "tcn" => Box::new(ConvolutionalMethod::temporal_network(attention.config.clone())),
        _ => return None,
    })
}

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
