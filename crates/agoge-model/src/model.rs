//! A trained model: weights, card, and inference.

use crate::card::{Card, JudgeCard, SkeletonRecord};
use crate::error::ModelError;
use crate::methods::rocket::Rockets;
use crate::methods::{ATTENTION_WEIGHT, quality_logit};
use crate::motion::Motion;
use crate::network::{HeadOutputs, InferenceNetwork, softmax_in_place};
use crate::sides::face_active_side;
use crate::size::EncoderSize;
use crate::stream::{LiveConfig, StreamingEncoder};
use crate::token::{ClipTokens, LabelledClip};
use crate::weights::{self, WeightValues, WeightsContents};
use agoge_engine::kernel::Isa;
use agoge_engine::runtime::Workspace;
use agoge_motion::Recording;

/// A trained model.
///
/// ```
/// use agoge_model::simulated::simulated_exercise_clips;
/// use agoge_model::weights::seed_values;
/// use agoge_model::{Card, EncoderSize, Model};
/// use agoge_motion::simulate::Exercise;
/// let clips = simulated_exercise_clips(Exercise::Squat, None, 0..2);
/// let size = EncoderSize { width: 8, heads: 2, blocks: 1, feed_forward: 16, movements: 1 };
/// let card = Card { movements: vec!["Squat".to_owned()], ..Card::default() };
/// // An untrained model with seeded weights survives being written and read again.
/// let model = Model::new(seed_values(&size, 1), size, card, &clips);
/// let again = Model::from_bytes(&model.to_bytes()?, "again")?;
/// let reading = again.read_motions(&[&clips[0].motion]);
/// assert_eq!(reading, model.read_motions(&[&clips[0].motion]));
/// assert_eq!(reading[0].movement, [1.0], "the only movement is certain");
/// # Ok::<(), agoge_model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Model {
    contents: WeightsContents,
    network: InferenceNetwork,
}

/// A model's output for one repetition.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Probability of each movement of the card, in its order.
    pub movement: Vec<f32>,
    /// Probability that it was done correctly, given each movement, in the same order; from the
    /// encoder's head.
    pub quality: Vec<f32>,
    /// Quality logit for each movement, combining the encoder and the rockets: above 0 means
    /// correct; typical values are around ±1.
    pub quality_logit: Vec<f32>,
    /// For each movement, how much it is like the correct repetitions of others: around 1 for them,
    /// around −1 for others. Empty for a model without a judge of quality.
    pub likeness: Vec<f32>,
    /// Embedding.
    pub embedding: Vec<f32>,
}

/// The movement recognised in some repetitions.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognition {
    /// Name of the movement.
    pub movement: String,
    /// Mean probability, 0 to 1, over the movements that the model knows.
    pub certainty: f64,
    /// The next two candidates with their probabilities.
    pub others: Vec<(String, f64)>,
}

/// Maximum repetitions per batch.
const BATCH: usize = 64;
/// Minimum share of the repetitions within range of a movement's prototype for it to be recognised.
const MIN_SHARE_WITHIN: f64 = 0.75;
/// Minimum mean probability of a movement for it to be recognised.
const MIN_CERTAINTY: f64 = 0.9;

impl Model {
    /// A model from the parameters of a newly trained encoder; its prototypes are the mean
    /// embeddings of each movement over the training clips.
    pub fn new(
        encoder: WeightValues,
        size: EncoderSize,
        card: Card,
        clips: &[LabelledClip],
    ) -> Model {
        let card = Card {
            sensor: card.sensor || clips.iter().any(|clip| clip.motion.has_sensor()),
            ..card
        };
        let prototypes = vec![vec![0.0; 2 * size.width]; size.movements];
        let mut model = Model::from_contents(WeightsContents {
            encoder,
            size,
            card,
            prototypes,
            rockets: None,
            recogniser: None,
            likeness: None,
        });
        let motions: Vec<&Motion> = clips.iter().map(|clip| &clip.motion).collect();
        let readings = model.read_motions(&motions);
        let mut counts = vec![0usize; model.contents.size.movements];
        for (clip, reading) in clips.iter().zip(readings) {
            if let Some(class) = model.class_index(&clip.movement) {
                counts[class] += 1;
                let sum = &mut model.contents.prototypes[class];
                sum.iter_mut().zip(unit_vector(&reading.embedding)).for_each(|(sum, v)| *sum += v);
            }
        }
        for (prototype, count) in model.contents.prototypes.iter_mut().zip(counts) {
            prototype.iter_mut().for_each(|v| *v /= count.max(1) as f32);
        }
        model
    }

    /// Adds rockets that judge quality together with the encoder, trained on the same clips; adds
    /// none if no clip is labelled.
    pub fn with_rockets(mut self, clips: &[LabelledClip], seed: u64) -> Model {
        let clips: Vec<&LabelledClip> = clips.iter().collect();
        self.contents.rockets = Rockets::fit_quality(&clips, &self.contents.card.movements, seed);
        self
    }

    /// Gives the model a judge of quality in place of what its training made: rockets that tell
    /// correct from incorrect repetitions, rockets that tell repetitions like correct ones from any
    /// others, and what was measured of both. Its encoder then has no part in the judgement.
    pub fn with_judge(mut self, quality: Rockets, likeness: Rockets, card: JudgeCard) -> Model {
        self.contents.rockets = Some(quality);
        self.contents.likeness = Some(likeness);
        self.contents.card.judge = Some(card);
        self
    }

    /// Adds a rocket that recognises movements together with the encoder, trained on the same
    /// clips; adds none if there are no movements to distinguish.
    pub fn with_recogniser(mut self, clips: &[LabelledClip], seed: u64) -> Model {
        let clips: Vec<&LabelledClip> = clips.iter().collect();
        self.contents.recogniser =
            Rockets::fit_movement(&clips, &self.contents.card.movements, seed);
        self
    }

    /// Decodes a model from a file's bytes; `name` is for messages.
    ///
    /// # Errors
    /// If the bytes are not a complete weights file of this version; the message names the tensor
    /// at fault.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Model, ModelError> {
        Ok(Model::from_contents(weights::from_bytes(bytes, name)?))
    }

    /// A model from what a weights file holds.
    pub fn from_contents(contents: WeightsContents) -> Model {
        let network =
            InferenceNetwork::new(&contents.encoder, &contents.size, Isa::best_supported());
        Model { contents, network }
    }

    /// Encodes the model as a file.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        weights::to_bytes(&self.contents)
    }

    /// Index of a movement in the model's heads; none if the model does not know it.
    pub fn class_index(&self, movement: &str) -> Option<usize> {
        self.contents.card.movements.iter().position(|name| name == movement)
    }

    /// Distance of a reading from the prototype of a movement: 1 minus their cosine similarity, 0
    /// to 2.
    pub fn prototype_distance(&self, reading: &Reading, class: usize) -> f64 {
        let prototype = unit_vector(&self.contents.prototypes[class]);
        let cosine: f32 =
            unit_vector(&reading.embedding).iter().zip(&prototype).map(|(a, b)| a * b).sum();
        1.0 - f64::from(cosine)
    }

    /// Whether a reading is close enough to the prototype of a movement; false if the range of the
    /// movement was never measured.
    pub fn is_within_range(&self, reading: &Reading, class: usize) -> bool {
        self.contents
            .card
            .reach
            .get(class)
            .is_some_and(|reach| self.prototype_distance(reading, class) <= *reach)
    }

    /// The movements that the model knows with their mean probabilities over some repetitions, the
    /// likeliest first. Says nothing of whether it is one of them at all.
    pub fn rank_movements(&self, readings: &[&Reading]) -> Vec<(String, f64)> {
        let names = &self.contents.card.movements;
        let named = |(class, mean): (usize, f64)| (names[class].clone(), mean);
        self.rank_classes(readings).into_iter().map(named).collect()
    }

    /// The classes with their mean probabilities, the likeliest first; NaN without readings.
    fn rank_classes(&self, readings: &[&Reading]) -> Vec<(usize, f64)> {
        let n = readings.len() as f64;
        let mean = |class: usize| {
            readings.iter().map(|reading| f64::from(reading.movement[class])).sum::<f64>() / n
        };
        let mut means: Vec<(usize, f64)> =
            (0..self.contents.card.movements.len()).map(|class| (class, mean(class))).collect();
        means.sort_by(|a, b| b.1.total_cmp(&a.1));
        means
    }

    /// Recognises the movement of some repetitions of one recording; none if it is not one the
    /// model knows.
    pub fn recognise_movement(&self, readings: &[&Reading]) -> Option<Recognition> {
        let names = &self.contents.card.movements;
        let n = readings.len() as f64;
        let means = self.rank_classes(readings);
        let &(class, certainty) =
            means.first().filter(|(_, certainty)| *certainty >= MIN_CERTAINTY)?;
        let within = readings.iter().filter(|reading| self.is_within_range(reading, class)).count();
        (within as f64 >= MIN_SHARE_WITHIN * n).then(|| Recognition {
            movement: names[class].clone(),
            certainty,
            others: means[1..]
                .iter()
                .take(2)
                .map(|&(class, mean)| (names[class].clone(), mean))
                .collect(),
        })
    }

    /// Starts live inference on a stream.
    pub fn start_stream(&self, live: LiveConfig) -> StreamingEncoder {
        StreamingEncoder::new(self.network.clone(), live)
    }

    /// The sizes of its encoder.
    pub fn size(&self) -> &EncoderSize {
        &self.contents.size
    }

    /// The parameters of its encoder by path.
    pub fn encoder_values(&self) -> &WeightValues {
        &self.contents.encoder
    }

    /// The model's card.
    pub fn card(&self) -> &Card {
        &self.contents.card
    }

    /// Calibrated probabilities of being correct for one athlete's repetitions of a movement, taken
    /// together. For each repetition: the share of correct ones among similar readings of athletes
    /// the model was not trained on, and the ends of the interval that contains nine labels in ten,
    /// 0 to 1. None if the model does not know the movement or was never calibrated.
    pub fn correct_probabilities(
        &self,
        readings: &[&Reading],
        movement: &str,
    ) -> Option<Vec<[f64; 3]>> {
        let Card { effect, conformal, calibration, .. } = &self.contents.card;
        let class = self.class_index(movement)?;
        let logits: Vec<f64> =
            readings.iter().map(|reading| f64::from(reading.quality_logit[class])).collect();
        let correct = effect.as_ref()?.correct_probabilities(movement, &logits, &[])?;
        let shares = correct.into_iter().map(|p| calibration.share_at(p));
        shares
            .map(|share| share.zip(*conformal).map(|(p, conformal)| conformal.with_interval(p)))
            .collect()
    }

    /// Scores of one athlete's repetitions of a movement, taken together, by the judge of quality:
    /// each with the ends of the interval that contains nine labels in ten, 0 to 1. `correct` marks
    /// the repetitions that are known to be correct (as many as `readings`, or none), `record` is
    /// that of the recording's skeleton ([`Card::skeleton_record`]). None if the judge was not
    /// measured on this movement.
    pub fn judge_repetitions(
        &self,
        readings: &[&Reading],
        movement: &str,
        record: &SkeletonRecord,
        correct: &[bool],
    ) -> Option<Vec<[f64; 3]>> {
        let class = self.class_index(movement)?;
        let quality: Vec<f64> =
            readings.iter().map(|reading| f64::from(reading.quality_logit[class])).collect();
        let likeness: Vec<f64> = readings
            .iter()
            .map(|reading| reading.likeness.get(class).copied().map(f64::from))
            .collect::<Option<_>>()?;
        record.score_repetitions(movement, &quality, &likeness, correct)
    }

    /// Number of parameters.
    pub fn parameter_count(&self) -> usize {
        let WeightsContents { size, rockets, recogniser, likeness, .. } = &self.contents;
        size.parameter_count()
            + [rockets, recogniser, likeness]
                .into_iter()
                .flatten()
                .map(Rockets::parameter_count)
                .sum::<usize>()
    }

    /// Reads repetitions (first and last frame) of a recording on the body skeleton; none for those
    /// without a visible body (and, if the model uses sensors, without a sensor).
    pub fn read_repetitions(
        &self,
        body: &Recording,
        repetitions: &[(usize, usize)],
    ) -> Vec<Option<Reading>> {
        let known = |motion: &Motion| motion.has_body() || self.card().sensor;
        let motions: Vec<Option<Motion>> = repetitions
            .iter()
            .map(|&(start, end)| Motion::new(body, start, end).filter(known))
            .collect();
        let known: Vec<&Motion> = motions.iter().flatten().collect();
        let mut readings = self.read_motions(&known).into_iter();
        motions.iter().map(|motion| motion.as_ref().and_then(|_| readings.next())).collect()
    }

    /// Reads repetitions that are already in the athlete's own frame.
    pub fn read_motions(&self, motions: &[&Motion]) -> Vec<Reading> {
        let mut workspace = Workspace::new();
        let mut readings = Vec::with_capacity(motions.len());
        for chunk in motions.chunks(BATCH) {
            let tokens: Vec<ClipTokens> =
                chunk.iter().map(|motion| self.motion_tokens(motion)).collect();
            self.read_batch(&tokens, &mut workspace, &mut readings);
        }
        let attention_weight =
            if self.contents.likeness.is_some() { 0.0 } else { ATTENTION_WEIGHT };
        if let Some(rockets) = &self.contents.rockets {
            for (reading, logits) in readings.iter_mut().zip(rockets.quality_decisions(motions)) {
                for (quality, logit) in reading.quality_logit.iter_mut().zip(logits) {
                    *quality = attention_weight * *quality + (1.0 - attention_weight) * logit;
                }
            }
        }
        if let Some(likeness) = &self.contents.likeness {
            for (reading, decisions) in readings.iter_mut().zip(likeness.quality_decisions(motions))
            {
                reading.likeness = decisions;
            }
        }
        if let Some(recogniser) = &self.contents.recogniser {
            let seen: Vec<usize> = (0..motions.len()).filter(|&i| motions[i].has_body()).collect();
            let bodies: Vec<&Motion> = seen.iter().map(|&i| motions[i]).collect();
            for (i, logits) in seen.into_iter().zip(recogniser.movement_logits(&bodies)) {
                pool_probabilities(&mut readings[i].movement, &logits);
            }
        }
        readings
    }

    /// The tokens of a motion as this model expects them.
    fn motion_tokens(&self, motion: &Motion) -> ClipTokens {
        let tokens = face_active_side(motion, &self.card().movements).to_tokens();
        if self.card().sensor { tokens } else { tokens.without_sensor() }
    }

    /// Computes the embeddings of tokenised clips, `[clip, 2 · width]`.
    pub fn embed_tokens(&self, clips: &[ClipTokens]) -> Vec<f32> {
        let mut workspace = Workspace::new();
        clips
            .chunks(BATCH)
            .flat_map(|chunk| self.network.embed_clips(chunk, &mut workspace))
            .collect()
    }

    /// Reads tokenised clips.
    pub fn read_tokens(&self, clips: &[ClipTokens]) -> Vec<Reading> {
        let mut readings = Vec::with_capacity(clips.len());
        self.read_batch(clips, &mut Workspace::new(), &mut readings);
        readings
    }

    fn read_batch(
        &self,
        tokens: &[ClipTokens],
        workspace: &mut Workspace,
        readings: &mut Vec<Reading>,
    ) {
        let width = 2 * self.contents.size.width;
        for embedding in self.network.embed_clips(tokens, workspace).chunks(width) {
            let mut heads = HeadOutputs::default();
            self.network.apply_heads(embedding, &mut heads);
            let HeadOutputs { movement, quality } = heads;
            let leaning = quality.iter().map(|p| quality_logit(*p)).collect();
            readings.push(Reading {
                movement,
                quality,
                quality_logit: leaning,
                likeness: Vec::new(),
                embedding: embedding.to_vec(),
            });
        }
    }

    /// How much parts attend to parts in a motion, `[part, part]` in the order of
    /// [`crate::token::PARTS`], relative to uniform attention (1): mean over blocks, heads and
    /// instants.
    pub fn attention_between_parts(&self, motion: &Motion) -> Vec<f32> {
        let tokens = face_active_side(motion, &self.card().movements).to_tokens().without_sensor();
        self.network.attention_between_parts(&tokens)
    }

    /// Path and shape of every tensor of its file, sorted by path.
    pub fn tensor_layout(&self) -> Vec<(String, Vec<usize>)> {
        weights::tensor_layout(&self.contents)
    }
}

/// Combines the encoder's probabilities and the rockets' logits into probabilities: the weighted
/// mean of the logarithms (logarithmic pool; Genest & Zidek 1986).
fn pool_probabilities(probabilities: &mut [f32], logits: &[f32]) {
    for (probability, logit) in probabilities.iter_mut().zip(logits) {
        *probability =
            ATTENTION_WEIGHT * probability.max(1e-6).ln() + (1.0 - ATTENTION_WEIGHT) * logit;
    }
    softmax_in_place(probabilities);
}

/// The unit vector in the same direction.
fn unit_vector(v: &[f32]) -> Vec<f32> {
    let length = v.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
    v.iter().map(|v| v / length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::simulated_motion;
    use crate::token::PARTS;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    /// Each row of attention sums to one: relative to uniform attention its mean is one.
    #[test]
    fn attention_between_parts_is_one_on_average() {
        let size = EncoderSize { width: 24, heads: 2, blocks: 2, feed_forward: 48, movements: 1 };
        let card = Card { movements: vec!["squat".to_owned()], ..Card::default() };
        let model = Model::new(weights::seed_values(&size, 3), size, card, &[]);
        let set = SimulatedSet { repetitions: 1, ..SimulatedSet::new(Exercise::Squat) };
        let between = model.attention_between_parts(&simulated_motion(&set));
        let n = PARTS.len();
        assert!(
            between.chunks(n).all(|row| (row.iter().sum::<f32>() / n as f32 - 1.0).abs() < 1e-3)
        );
        assert!(between.iter().any(|v| (v - 1.0).abs() > 1e-2), "attention is not uniform");
    }
}
