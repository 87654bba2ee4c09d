//! A trained model: weights, card, and how to ask it.

use crate::alone::alone;
use crate::card::Card;
use crate::encoder::{Encoder, Size};
use crate::error::Error;
use crate::token::Motion;
use crate::{train, weights};
use agoge_motion::Recording;
use burn::tensor::Device;
use burn::tensor::activation::{sigmoid, softmax};

/// A trained model.
#[derive(Debug)]
pub struct Model {
    encoder: Encoder,
    size: Size,
    card: Card,
}

/// What a model reads in a repetition.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Probability of each movement of the card, in its order.
    pub movement: Vec<f32>,
    /// Probability that it was done correctly, if it was that movement, in the same order.
    pub quality: Vec<f32>,
    /// Embedding.
    pub embedding: Vec<f32>,
}

/// Repetitions that are read in one go.
const BATCH: usize = 64;

impl Model {
    /// A model from an encoder that was just trained.
    pub fn new(encoder: Encoder, size: Size, card: Card) -> Model {
        Model { encoder, size, card }
    }

    /// A model from a file's bytes; `name` is for messages.
    ///
    /// # Errors
    /// For anything that is not a whole file of weights of this version, naming the tensor at fault.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Model, Error> {
        let (encoder, size, card) = weights::from_bytes(bytes, name, &Device::flex())?;
        Ok(Model { encoder, size, card })
    }

    /// The model as a file.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        weights::to_bytes(&self.encoder, &self.size, &self.card)
    }

    /// The model's card.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// What a reading is worth as the quality of a movement: the share of correct repetitions among those that are read alike, of athletes it was not
    /// trained on, with the ends of its 90 % interval, 0 to 1. None for a movement it does not know or if it was never measured.
    pub fn correct_share(&self, reading: &Reading, movement: &str) -> Option<[f64; 3]> {
        let class = self.card.movements.iter().position(|name| name == movement)?;
        self.card.calibration.at(f64::from(*reading.quality.get(class)?))
    }

    /// How many parameters it has.
    pub fn parameters(&self) -> usize {
        weights::count(&self.encoder)
    }

    /// Reads repetitions (first and last frame) of a recording on the body skeleton; none for those in which no body is seen.
    pub fn read(&self, body: &Recording, repetitions: &[(usize, usize)]) -> Vec<Option<Reading>> {
        let motions: Vec<Option<Motion>> =
            repetitions.iter().map(|&(start, end)| Motion::new(body, start, end)).collect();
        let known: Vec<&Motion> = motions.iter().flatten().collect();
        let mut readings = self.read_motions(&known).into_iter();
        motions.iter().map(|motion| motion.as_ref().and_then(|_| readings.next())).collect()
    }

    /// Reads repetitions that are already in the athlete's own frame.
    pub fn read_motions(&self, motions: &[&Motion]) -> Vec<Reading> {
        alone(|| self.read_here(motions))
    }

    fn read_here(&self, motions: &[&Motion]) -> Vec<Reading> {
        let device = Device::flex();
        let mut readings = Vec::with_capacity(motions.len());
        for chunk in motions.chunks(BATCH) {
            let (tokens, hidden) = train::batch(chunk.iter().map(|motion| motion.tokens()), &device);
            let output = self.encoder.forward(tokens, hidden);
            let rows = |tensor: burn::tensor::Tensor<2>| {
                let columns = tensor.dims()[1];
                let values = tensor.into_data().try_to_vec::<f32>().unwrap_or_default();
                values.chunks(columns.max(1)).map(<[f32]>::to_vec).collect::<Vec<_>>()
            };
            let movement = rows(softmax(output.movement, 1));
            let quality = rows(sigmoid(output.quality));
            let embedding = rows(output.embedding);
            readings.extend(
                movement.into_iter().zip(quality).zip(embedding).map(|((movement, quality), embedding)| Reading {
                    movement,
                    quality,
                    embedding,
                }),
            );
        }
        readings
    }
}

#[cfg(test)]
mod tests;
