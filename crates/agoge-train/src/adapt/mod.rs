//! Adapts a pre-trained encoder to unseen movements from a few labelled clips: by nearest class
//! means, ridge regression on the embeddings (alone or together with rockets), or low-rank adapters
//! in the attention. Cross-validation on the labelled clips chooses among them; each produces a
//! model like any other.

mod adapters;
mod cross_validation;
mod examples;
mod heads;

#[cfg(test)]
pub(crate) mod tests;

use crate::encoder::Encoder;
use crate::parameters::collect_parameters;
use crate::train::training_device;
use agoge_model::card::Card;
use agoge_model::error::ModelError;
use agoge_model::model::Model;
use agoge_model::sides::movement_names;
use agoge_model::size::EncoderSize;
use agoge_model::token::LabelledClip;
use agoge_model::weights::WeightValues;
use examples::EmbeddedExamples;
use heads::EmbeddingHeads;
use serde::Serialize;

/// How to build a model from few clips, the simplest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AdaptMethod {
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

impl AdaptMethod {
    /// All methods, the simplest first.
    pub const ALL: [AdaptMethod; 4] = [
        AdaptMethod::Prototype,
        AdaptMethod::Linear,
        AdaptMethod::Committee,
        AdaptMethod::Adapters,
    ];
}

/// The score of an adaptation method on held-out labelled clips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MethodScore {
    /// The method.
    pub way: AdaptMethod,
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
    pub method: AdaptMethod,
    /// The cross-validation score of each method; empty if there were too few clips to hold any
    /// out.
    pub scores: Vec<MethodScore>,
}

/// Builds a model of the movements of some clips from a pre-trained one. It judges the quality of
/// movements with both correct and incorrect clips, and tells movements apart if there are several;
/// the distance within which a clip counts as a movement comes from held-out clips. The same clips
/// and seed give the same bytes on any number of threads. The movements of `card`, and whether the
/// model knows sensors, are filled in.
///
/// # Errors
/// If there are neither correct and incorrect clips of one movement nor clips of two movements.
pub fn adapt_model(
    base: &Model,
    clips: &[LabelledClip],
    seed: u64,
    card: Card,
) -> Result<Adapted, ModelError> {
    let clips: Vec<LabelledClip> = clips.iter().map(|clip| match_base_sensor(base, clip)).collect();
    let movements = movement_names(&clips);
    let examples = EmbeddedExamples::from_clips(base, clips.iter().collect(), &movements, seed);
    if !examples.are_sufficient() {
        return Err(ModelError::Clips {
            what: format!(
                "{} clips show neither correct and incorrect repetitions nor two movements",
                clips.len()
            ),
            hint: "label clips of a movement 1 (correct) and 0 (incorrect), or give clips of two movements",
        });
    }
    let (inside, reach): (Vec<MethodScore>, Vec<Vec<f64>>) =
        cross_validation::score_methods(base, &examples, seed)?.into_iter().unzip();
    let way = cross_validation::choose_method(&inside, clips.len());
    let reach = inside
        .iter()
        .zip(reach)
        .find(|(score, _)| score.way == way)
        .map(|(_, reach)| reach)
        .unwrap_or_default();
    let model = learn_model(
        way,
        base,
        &examples,
        seed,
        Card { movements: movements.clone(), reach, ..card },
    )?;
    Ok(Adapted { model, method: way, scores: inside })
}

/// A clip as the base model knows clips: without the sensor if the base was not trained with one.
fn match_base_sensor(base: &Model, clip: &LabelledClip) -> LabelledClip {
    let motion =
        if base.card().sensor { clip.motion.clone() } else { clip.motion.without_sensor() };
    LabelledClip { motion, ..clip.clone() }
}

/// Builds a model from examples with one method.
fn learn_model(
    way: AdaptMethod,
    base: &Model,
    examples: &EmbeddedExamples,
    seed: u64,
    card: Card,
) -> Result<Model, ModelError> {
    let size = EncoderSize { movements: examples.movements.len(), ..base.size().clone() };
    let heads = match way {
        AdaptMethod::Prototype => EmbeddingHeads::from_prototypes(examples),
        AdaptMethod::Committee => EmbeddingHeads::from_means_and_ridge(examples),
        AdaptMethod::Linear | AdaptMethod::Adapters => EmbeddingHeads::from_ridge(examples),
    };
    let values = replace_heads(base.encoder_values(), &size, heads);
    let values = if way == AdaptMethod::Adapters {
        let encoder = Encoder::from_values(&values, &size, &training_device());
        collect_parameters(&adapters::train_adapters(&encoder, examples, seed)?)
    } else {
        values
    };
    let clips: Vec<LabelledClip> = examples.clips.iter().map(|&clip| clip.clone()).collect();
    let model = Model::new(values, size, Card { sensor: base.card().sensor, ..card }, &clips);
    Ok(if way == AdaptMethod::Committee {
        model.with_rockets(&clips, seed).with_recogniser(&clips, seed)
    } else {
        model
    })
}

/// The parameters of an encoder with its heads replaced; `size` gives the number of movements.
fn replace_heads(values: &WeightValues, size: &EncoderSize, heads: EmbeddingHeads) -> WeightValues {
    let mut values = values.clone();
    values.extend(heads.parameter_values());
    let fitting = size.parameter_layout().into_iter().map(|(path, shape)| {
        let fits = values.remove(&path).filter(|(stored_shape, _)| *stored_shape == shape);
        let zeros = || vec![0.0; shape.iter().product()];
        let values = fits.map_or_else(zeros, |(_, values)| values);
        (path, (shape, values))
    });
    fitting.collect()
}
