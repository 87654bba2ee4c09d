//! Adapts a pre-trained encoder to unseen movements from a few labelled clips: by nearest class
//! means, ridge regression on the embeddings (alone or together with rockets), or low-rank adapters
//! in the attention. Cross-validation on the labelled clips chooses among them; each produces a
//! model like any other.

mod adapters;
mod examples;
mod heads;
mod inside;

#[cfg(test)]
pub(crate) mod tests;

use crate::card::Card;
use crate::encoder::{Encoder, Size};
use crate::error::Error;
use crate::model::Model;
use crate::token::Clip;
use crate::train;
use crate::weights;
use examples::Examples;
use heads::Heads;
use serde::Serialize;

/// How to build a model from few clips, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Nearest class mean of the embeddings (Snell et al. 2017), each coordinate weighted by how
    /// little it varies within a class.
    Prototype,
    /// Ridge regression on the embedding.
    Linear,
    /// Quality by ridge regression on the embedding, movements by its nearest class mean, both
    /// together with rockets (MiniRocket with ridge regression on the motion itself).
    Committee,
    /// Low-rank adapters on every query, key and value projection (Hu et al. 2021), trained
    /// together with the heads.
    Adapters,
}

impl Way {
    /// All methods, the simplest first.
    pub const ALL: [Way; 4] = [Way::Prototype, Way::Linear, Way::Committee, Way::Adapters];
}

/// The score of an adaptation method on held-out labelled clips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Inside {
    /// The method.
    pub way: Way,
    /// AUC of quality, share of movements recognised, or the mean of the two where both were
    /// learned.
    pub reached: f64,
}

/// A model made from few clips.
#[derive(Debug)]
pub struct Adapted {
    /// The model.
    pub model: Model,
    /// The method that was chosen.
    pub way: Way,
    /// The cross-validation score of each method; empty if there were too few clips to hold any
    /// out.
    pub inside: Vec<Inside>,
}

/// Builds a model of the movements of some clips from a pre-trained one. It judges the quality of
/// movements with both correct and incorrect clips, and tells movements apart if there are several;
/// the distance within which a clip counts as a movement comes from held-out clips. The same clips
/// and seed give the same bytes on any number of threads. The movements of `card`, and whether the
/// model knows sensors, are filled in.
///
/// # Errors
/// If there are neither correct and incorrect clips of one movement nor clips of two movements.
pub fn adapt(base: &Model, clips: &[Clip], seed: u64, card: Card) -> Result<Adapted, Error> {
    let clips: Vec<Clip> = clips.iter().map(|clip| sensed(base, clip)).collect();
    let movements = train::movements(&clips);
    let examples = Examples::of(base, clips.iter().collect(), &movements, seed);
    if !examples.suffice() {
        return Err(Error::Clips {
            what: format!(
                "{} clips show neither correct and incorrect repetitions nor two movements",
                clips.len()
            ),
            hint: "label clips of a movement 1 (correct) and 0 (incorrect), or give clips of two movements",
        });
    }
    let (inside, reach): (Vec<Inside>, Vec<Vec<f64>>) =
        inside::inside(base, &examples, seed)?.into_iter().unzip();
    let way = inside::choose(&inside, clips.len());
    let reach = inside
        .iter()
        .zip(reach)
        .find(|(score, _)| score.way == way)
        .map(|(_, reach)| reach)
        .unwrap_or_default();
    let model =
        learn(way, base, &examples, seed, Card { movements: movements.clone(), reach, ..card })?;
    Ok(Adapted { model, way, inside })
}

/// A clip as the base model knows clips: without the sensor if the base was not trained with one.
fn sensed(base: &Model, clip: &Clip) -> Clip {
    let motion =
        if base.card().sensor { clip.motion.clone() } else { clip.motion.without_sensor() };
    Clip { motion, ..clip.clone() }
}

/// Builds a model from examples with one method.
fn learn(
    way: Way,
    base: &Model,
    examples: &Examples,
    seed: u64,
    card: Card,
) -> Result<Model, Error> {
    let size = Size { movements: examples.movements.len(), ..base.size().clone() };
    let heads = match way {
        Way::Prototype => Heads::prototypes(examples),
        Way::Committee => Heads::mixed(examples),
        Way::Linear | Way::Adapters => Heads::linear(examples),
    };
    let encoder = with_heads(base.encoder(), &size, heads);
    let encoder =
        if way == Way::Adapters { adapters::train(&encoder, examples, seed)? } else { encoder };
    let clips: Vec<Clip> = examples.clips.iter().map(|&clip| clip.clone()).collect();
    let model = Model::new(encoder, size, Card { sensor: base.card().sensor, ..card }, &clips);
    Ok(if way == Way::Committee {
        model.with_rockets(&clips, seed).with_recogniser(&clips, seed)
    } else {
        model
    })
}

/// An encoder with its heads replaced; `size` gives the number of movements.
fn with_heads(encoder: &Encoder, size: &Size, heads: Heads) -> Encoder {
    let mut values = weights::collect(encoder);
    values.extend(heads.values());
    weights::replace(Encoder::new(size, &encoder.device()), &mut |path, shape| {
        let fits = values.remove(path).filter(|(stored_shape, _)| stored_shape == shape);
        fits.map_or_else(|| vec![0.0; shape.iter().product()], |(_, values)| values)
    })
}
