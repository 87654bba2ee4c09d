//! A trained model: weights, card, and how to ask it.

use crate::card::Card;
use crate::encoder::{Encoder, Size};
use crate::error::Error;
use crate::kernel::Isa;
use crate::motion::Motion;
use crate::network::{Heads, Network, softmax};
use crate::peers::{ATTENTION, Rockets, leaning};
use crate::runtime::Workspace;
use crate::stream::{Live, StreamingEncoder};
use crate::token::{Clip, Tokens};
use crate::train::facing;
use crate::weights::{self, Contents};
use agoge_motion::Recording;
use burn::tensor::Device;

/// A trained model.
#[derive(Debug)]
pub struct Model {
    contents: Contents,
    network: Network,
}

/// What a model reads in a repetition.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Probability of each movement of the card, in its order.
    pub movement: Vec<f32>,
    /// Probability that it was done correctly, if it was that movement, in the same order; by the
    /// encoder's head.
    pub quality: Vec<f32>,
    /// The same as all that the model consists of says together: above 0 means correct, ±1 is
    /// usual.
    pub leaning: Vec<f32>,
    /// Embedding.
    pub embedding: Vec<f32>,
}

/// Which movement some repetitions are.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognition {
    /// Name of the movement.
    pub movement: String,
    /// Mean probability, 0 to 1, among the movements that the model knows.
    pub certainty: f64,
    /// The next two, with their probabilities.
    pub others: Vec<(String, f64)>,
}

/// Repetitions that are read in one go.
const BATCH: usize = 64;
/// A movement is recognised if at least this share of the repetitions lies within the reach of its
/// prototype,
const WITHIN: f64 = 0.75;
/// and if its mean probability is at least this.
const CERTAIN: f64 = 0.9;

impl Model {
    /// A model from an encoder that was just trained, with the mean embedding of each movement over
    /// the clips it was trained on.
    pub fn new(encoder: Encoder, size: Size, card: Card, clips: &[Clip]) -> Model {
        let card = Card {
            sensor: card.sensor || clips.iter().any(|clip| clip.motion.has_sensor()),
            ..card
        };
        let prototypes = vec![vec![0.0; 2 * size.width]; size.movements];
        let mut model = Model::of(Contents {
            encoder,
            size,
            card,
            prototypes,
            rockets: None,
            recogniser: None,
        });
        let motions: Vec<&Motion> = clips.iter().map(|clip| &clip.motion).collect();
        let readings = model.read_motions(&motions);
        let mut counts = vec![0usize; model.contents.size.movements];
        for (clip, reading) in clips.iter().zip(readings) {
            if let Some(class) = model.class(&clip.movement) {
                counts[class] += 1;
                let sum = &mut model.contents.prototypes[class];
                sum.iter_mut().zip(direction(&reading.embedding)).for_each(|(sum, v)| *sum += v);
            }
        }
        for (prototype, count) in model.contents.prototypes.iter_mut().zip(counts) {
            prototype.iter_mut().for_each(|v| *v /= count.max(1) as f32);
        }
        model
    }

    /// The model with rockets that judge quality together with it, learned from the same clips; as
    /// it was if nothing in them was judged.
    pub fn with_rockets(mut self, clips: &[Clip], seed: u64) -> Model {
        let clips: Vec<&Clip> = clips.iter().collect();
        self.contents.rockets = Rockets::of_quality(&clips, &self.contents.card.movements, seed);
        self
    }

    /// The model with a rocket that recognises movements together with it, learned from the same
    /// clips; as it was if there is nothing to tell apart.
    pub fn with_recogniser(mut self, clips: &[Clip], seed: u64) -> Model {
        let clips: Vec<&Clip> = clips.iter().collect();
        self.contents.recogniser =
            Rockets::of_movement(&clips, &self.contents.card.movements, seed);
        self
    }

    /// A model from a file's bytes; `name` is for messages.
    ///
    /// # Errors
    /// For anything that is not a whole file of weights of this version, naming the tensor at
    /// fault.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Model, Error> {
        Ok(Model::of(weights::from_bytes(bytes, name, &Device::flex())?))
    }

    pub(crate) fn of(contents: Contents) -> Model {
        let network =
            Network::new(&weights::collect(&contents.encoder), &contents.size, Isa::best());
        Model { contents, network }
    }

    /// The model as a file.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        weights::to_bytes(&self.contents)
    }

    /// The place of a movement in the model's heads; none if it does not know it.
    pub fn class(&self, movement: &str) -> Option<usize> {
        self.contents.card.movements.iter().position(|name| name == movement)
    }

    /// How far a reading lies from the prototype of a movement: 1 less the cosine between them, 0
    /// to 2.
    pub fn distance(&self, reading: &Reading, class: usize) -> f64 {
        let prototype = direction(&self.contents.prototypes[class]);
        let cosine: f32 =
            direction(&reading.embedding).iter().zip(&prototype).map(|(a, b)| a * b).sum();
        1.0 - f64::from(cosine)
    }

    /// Whether a reading lies among those of a movement; false if the reach of the movement was
    /// never measured.
    pub fn is_within_reach(&self, reading: &Reading, class: usize) -> bool {
        self.contents
            .card
            .reach
            .get(class)
            .is_some_and(|reach| self.distance(reading, class) <= *reach)
    }

    /// Which movement some repetitions of one recording are; none if they are no movement that the
    /// model knows.
    pub fn recognise(&self, readings: &[&Reading]) -> Option<Recognition> {
        let names = &self.contents.card.movements;
        let n = readings.len() as f64;
        let mut means: Vec<(usize, f64)> = (0..names.len())
            .map(|class| {
                (
                    class,
                    readings.iter().map(|reading| f64::from(reading.movement[class])).sum::<f64>()
                        / n,
                )
            })
            .collect();
        means.sort_by(|a, b| b.1.total_cmp(&a.1));
        let &(class, certainty) = means.first().filter(|(_, certainty)| *certainty >= CERTAIN)?;
        let within = readings.iter().filter(|reading| self.is_within_reach(reading, class)).count();
        (within as f64 >= WITHIN * n).then(|| Recognition {
            movement: names[class].clone(),
            certainty,
            others: means[1..]
                .iter()
                .take(2)
                .map(|&(class, mean)| (names[class].clone(), mean))
                .collect(),
        })
    }

    /// The model on a live stream.
    pub fn stream(&self, live: Live) -> StreamingEncoder {
        StreamingEncoder::new(self.network.clone(), live)
    }

    /// The sizes of its encoder.
    pub fn size(&self) -> &Size {
        &self.contents.size
    }

    /// Its encoder, as it is trained.
    pub(crate) fn encoder(&self) -> &Encoder {
        &self.contents.encoder
    }

    /// The model's card.
    pub fn card(&self) -> &Card {
        &self.contents.card
    }

    /// What the readings of one athlete's repetitions of a movement are worth together: for each
    /// the share of correct repetitions among those that are read alike, of athletes it was not
    /// trained on, with the ends of the interval that holds nine labels in ten, 0 to 1. None for a
    /// movement it does not know or if it was never measured.
    pub fn correct(&self, readings: &[&Reading], movement: &str) -> Option<Vec<[f64; 3]>> {
        let Card { effect, conformal, calibration, .. } = &self.contents.card;
        let class = self.class(movement)?;
        let leanings: Vec<f64> =
            readings.iter().map(|reading| f64::from(reading.leaning[class])).collect();
        let correct = effect.as_ref()?.correct(movement, &leanings, &[])?;
        let shares = correct.into_iter().map(|p| calibration.at(p));
        shares
            .map(|share| share.zip(*conformal).map(|(p, conformal)| conformal.around(p)))
            .collect()
    }

    /// How many parameters it has.
    pub fn parameters(&self) -> usize {
        let Contents { encoder, rockets, recogniser, .. } = &self.contents;
        weights::count(encoder)
            + [rockets, recogniser].into_iter().flatten().map(Rockets::parameters).sum::<usize>()
    }

    /// Reads repetitions (first and last frame) of a recording on the body skeleton; none for those
    /// in which no body is seen (nor a sensor worn, if the model knows sensors).
    pub fn read(&self, body: &Recording, repetitions: &[(usize, usize)]) -> Vec<Option<Reading>> {
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
            let tokens: Vec<Tokens> = chunk.iter().map(|motion| self.tokens(motion)).collect();
            self.read_batch(&tokens, &mut workspace, &mut readings);
        }
        if let Some(rockets) = &self.contents.rockets {
            for (reading, theirs) in readings.iter_mut().zip(rockets.quality(motions)) {
                for (own, theirs) in reading.leaning.iter_mut().zip(theirs) {
                    *own = ATTENTION * *own + (1.0 - ATTENTION) * theirs;
                }
            }
        }
        if let Some(recogniser) = &self.contents.recogniser {
            let seen: Vec<usize> = (0..motions.len()).filter(|&i| motions[i].has_body()).collect();
            let bodies: Vec<&Motion> = seen.iter().map(|&i| motions[i]).collect();
            for (i, theirs) in seen.into_iter().zip(recogniser.movement(&bodies)) {
                pool(&mut readings[i].movement, &theirs);
            }
        }
        readings
    }

    /// What the model is shown of a motion.
    fn tokens(&self, motion: &Motion) -> Tokens {
        let tokens = facing(motion, &self.card().movements).tokens();
        if self.card().sensor { tokens } else { tokens.without_sensor() }
    }

    /// The embeddings of clips that are already tokens, `[clip, 2 · width]`.
    pub(crate) fn embed(&self, clips: &[Tokens]) -> Vec<f32> {
        let mut workspace = Workspace::new();
        clips.chunks(BATCH).flat_map(|chunk| self.network.embed(chunk, &mut workspace)).collect()
    }

    /// Reads clips that are already tokens.
    pub(crate) fn read_tokens(&self, clips: &[Tokens]) -> Vec<Reading> {
        let mut readings = Vec::with_capacity(clips.len());
        self.read_batch(clips, &mut Workspace::new(), &mut readings);
        readings
    }

    fn read_batch(
        &self,
        tokens: &[Tokens],
        workspace: &mut Workspace,
        readings: &mut Vec<Reading>,
    ) {
        let width = 2 * self.contents.size.width;
        for embedding in self.network.embed(tokens, workspace).chunks(width) {
            let mut heads = Heads::default();
            self.network.heads(embedding, &mut heads);
            let Heads { movement, quality } = heads;
            let leaning = quality.iter().map(|p| leaning(*p)).collect();
            readings.push(Reading { movement, quality, leaning, embedding: embedding.to_vec() });
        }
    }

    /// Path and shape of every tensor of its file, in order of the paths.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        weights::layout(&self.contents)
    }
}

/// The encoder's probabilities and the logits of rockets as probabilities of both: the weighed mean
/// of the logarithms (logarithmic pool; Genest & Zidek 1986).
fn pool(own: &mut [f32], theirs: &[f32]) {
    for (own, theirs) in own.iter_mut().zip(theirs) {
        *own = ATTENTION * own.max(1e-6).ln() + (1.0 - ATTENTION) * theirs;
    }
    softmax(own);
}

/// A vector of length 1 in the same direction.
fn direction(v: &[f32]) -> Vec<f32> {
    let length = v.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
    v.iter().map(|v| v / length).collect()
}

#[cfg(test)]
pub(crate) mod tests;
