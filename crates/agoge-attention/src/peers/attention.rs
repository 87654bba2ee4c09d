//! The attention model.

use super::{Judge, Method, Said, Task};
use crate::Card;
use crate::error::Error;
use crate::model::Model;
use crate::motion::Motion;
use crate::token::Clip;
use crate::train::{Config, SOFT, train};

/// The attention model, trained from a pre-trained encoder if there is one. The caller must ensure
/// that the encoder was not trained on the athletes being judged.
#[derive(Clone)]
pub struct Attention<'a> {
    /// Training settings; the evaluation sets the seed.
    pub config: Config,
    /// The pre-trained model to start from.
    pub base: Option<&'a Model>,
}

impl Method for Attention<'_> {
    fn learn(
        &self,
        clips: &[&Clip],
        movements: &[String],
        _: Task,
        seed: u64,
    ) -> Result<Box<dyn Judge>, Error> {
        let clips: Vec<Clip> = clips.iter().map(|&clip| clip.clone()).collect();
        let (encoder, size) = train(
            &clips,
            movements,
            &Config { seed, ..self.config.clone() },
            self.base,
            &mut |_| {},
        )?;
        let card = Card { movements: movements.to_vec(), ..Card::default() };
        Ok(Box::new(Model::new(encoder, size, card, &clips)))
    }
}

impl Judge for Model {
    fn judge(&self, clips: &[&Clip]) -> Vec<Said> {
        let motions: Vec<&Motion> = clips.iter().map(|clip| &clip.motion).collect();
        let class = |clip: &Clip| self.class(&clip.movement);
        let prediction = |(reading, clip): (crate::Reading, &&Clip)| Said {
            quality: class(clip).map_or(0.0, |class| reading.leaning[class]),
            distance: class(clip).map(|class| self.distance(&reading, class) as f32),
            movement: reading.movement.into_iter().map(|p| 2.0 * p - 1.0).collect(),
        };
        self.read_motions(&motions).into_iter().zip(clips).map(prediction).collect()
    }

    fn parameters(&self) -> usize {
        Model::parameters(self)
    }
}

/// The logit of a probability of being correct, scaled to 1 and −1 at the targets of training.
pub(crate) fn leaning(probability: f32) -> f32 {
    let logit = |p: f32| (p / (1.0 - p)).ln();
    logit(probability.clamp(1e-4, 1.0 - 1e-4)) / logit(1.0 - SOFT)
}
