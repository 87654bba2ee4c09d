//! The attention model.

use agoge_model::Card;
use agoge_model::error::ModelError;
use agoge_model::methods::{LearningMethod, LearningTask, Predictor};
use agoge_model::model::Model;
use agoge_model::token::LabelledClip;
use agoge_train::train::{TrainingConfig, train_encoder};

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
        Ok(Box::new(encoder.to_model(size, card, &clips)))
    }
}
