//! From a pre-trained encoder to a model of movements it never saw, from a few labelled clips: the
//! nearest mean, a ridge on the embeddings, alone or together with rockets, or low-rank changes of
//! the attention. Which of them is chosen by what each reaches on labelled clips that it was not
//! given; whichever it is, a model like any other comes out.

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

/// A way to make a model from few clips, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Nearest mean of the embeddings of a kind (Snell et al. 2017), each coordinate weighed by how
    /// little it differs within a kind.
    Prototype,
    /// Ridge on the embedding.
    Linear,
    /// Quality by ridge on the embedding, movements by its nearest mean, both together with rockets
    /// (MiniRocket with ridge on the motion itself).
    Committee,
    /// Low-rank changes of every map to queries, keys and values (Hu et al. 2021), trained together
    /// with the heads.
    Adapters,
}

impl Way {
    /// All, the simplest first.
    pub const ALL: [Way; 4] = [Way::Prototype, Way::Linear, Way::Committee, Way::Adapters];
}

/// What a way reached on labelled clips that it was not given.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Inside {
    /// Which.
    pub way: Way,
    /// Area under the ROC curve of quality, share of movements that were recognised, or the mean of
    /// both where both were to be learned.
    pub reached: f64,
}

/// A model made from few clips.
#[derive(Debug)]
pub struct Adapted {
    /// The model.
    pub model: Model,
    /// How it was made.
    pub way: Way,
    /// What each way reached inside; empty if there were too few clips to put some aside.
    pub inside: Vec<Inside>,
}

/// Makes a model of the movements of some clips from a pre-trained one. It judges the movements of
/// which there are correct and incorrect clips, and tells movements apart if there are several;
/// which of them lie within the reach of a movement comes from clips that were put aside. The same
/// clips and seed give the same bytes on any number of threads; the movements of `card` are set,
/// and whether it knows sensors.
///
/// # Errors
/// If there are neither correct and incorrect clips of a movement nor two movements.
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
        .find(|(own, _)| own.way == way)
        .map(|(_, reach)| reach)
        .unwrap_or_default();
    let model =
        learn(way, base, &examples, seed, Card { movements: movements.clone(), reach, ..card })?;
    Ok(Adapted { model, way, inside })
}

/// A clip as the base knows clips: without the sensor if it never learned from one.
fn sensed(base: &Model, clip: &Clip) -> Clip {
    let motion =
        if base.card().sensor { clip.motion.clone() } else { clip.motion.without_sensor() };
    Clip { motion, ..clip.clone() }
}

/// Learns in one way from examples.
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

/// An encoder with other heads, of the movements that `size` says.
fn with_heads(encoder: &Encoder, size: &Size, heads: Heads) -> Encoder {
    let mut values = weights::collect(encoder);
    values.extend(heads.values());
    weights::replace(Encoder::new(size, &encoder.device()), &mut |path, shape| {
        let fits = values.remove(path).filter(|(own, _)| own == shape);
        fits.map_or_else(|| vec![0.0; shape.iter().product()], |(_, values)| values)
    })
}
