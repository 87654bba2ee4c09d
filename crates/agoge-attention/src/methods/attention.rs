//! The attention model.

use super::{ClipPrediction, LearningMethod, LearningTask, Predictor};
use crate::Card;
use crate::error::ModelError;
use crate::model::Model;
use crate::motion::Motion;
use crate::token::LabelledClip;
use crate::train::{LABEL_SMOOTHING, TrainingConfig, train_encoder};

/// The attention model, trained from a pre-trained encoder if there is one. The caller must ensure
/// that the encoder was not trained on the athletes being judged.
#[derive(Clone)]
pub struct AttentionMethod<'a> {
    /// Training settings; the evaluation sets the seed.
    pub config: TrainingConfig,
    /// The pre-trained model to start from.
    pub base: Option<&'a Model>,
}

impl LearningMethod for AttentionMethod<'_> {
    fn learn_task(
        &self,
        clips: &[&LabelledClip],
        movements: &[String],
        _: LearningTask,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, ModelError> {
        let clips: Vec<LabelledClip> = clips.iter().map(|&clip| clip.clone()).collect();
        let (encoder, size) = train_encoder(
            &clips,
            movements,
            &TrainingConfig { seed, ..self.config.clone() },
            self.base,
            &mut |_| {},
        )?;
        let card = Card { movements: movements.to_vec(), ..Card::default() };
        Ok(Box::new(Model::new(encoder, size, card, &clips)))
    }
}

impl Predictor for Model {
    fn predict_clips(&self, clips: &[&LabelledClip]) -> Vec<ClipPrediction> {
        let motions: Vec<&Motion> = clips.iter().map(|clip| &clip.motion).collect();
        let class = |clip: &LabelledClip| self.class_index(&clip.movement);
        let prediction = |(reading, clip): (crate::Reading, &&LabelledClip)| ClipPrediction {
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
pub(crate) fn quality_logit(probability: f32) -> f32 {
    let logit = |p: f32| (p / (1.0 - p)).ln();
    logit(probability.clamp(1e-4, 1.0 - 1e-4)) / logit(1.0 - LABEL_SMOOTHING)
}
