//! Weights on disk: safetensors, each parameter under its path
//! (`blocks.0.part_attention.joined.weight`), with the sizes and the card as metadata.

use crate::card::Card;
use crate::error::ModelError;
use crate::methods::rocket::{RocketView, Rockets};
use crate::methods::rocket_tensors::RocketTensors;
use crate::size::EncoderSize;
use fastrand::Rng;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Format version of the weights; other versions are rejected.
pub const VERSION: u32 = 3;
/// The only metadata key.
const KEY: &str = "agoge";
/// Maximum sizes that a file may declare, so that a hostile header cannot make us allocate too
/// much.
const MAX_SIZE: EncoderSize =
    EncoderSize { width: 1024, heads: 64, blocks: 24, feed_forward: 4096, movements: 1000 };

/// The metadata of a file.
#[derive(Serialize, Deserialize)]
struct WeightsMetadata {
    version: u32,
    size: EncoderSize,
    card: Card,
    /// Input view of each quality rocket.
    #[serde(default)]
    rockets: Vec<RocketView>,
    /// Input view of each rocket that recognises movements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recogniser: Vec<RocketView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    likeness: Vec<RocketView>,
}

/// The metadata shared by all versions.
#[derive(Deserialize)]
struct WeightsVersion {
    version: u32,
}

/// Name of the tensor of movement prototypes, `[movement, 2 · width]`.
const PROTOTYPES: &str = "prototypes";

/// Parameters by path: shape and values.
pub type WeightValues = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Everything stored in a weights file.
#[derive(Debug)]
pub struct WeightsContents {
    /// The parameters of the encoder.
    pub encoder: WeightValues,
    /// Its sizes.
    pub size: EncoderSize,
    /// Its card.
    pub card: Card,
    /// The mean embedding of each movement's repetitions in training, `[movement][2 · width]`.
    pub prototypes: Vec<Vec<f32>>,
    /// Rockets that judge quality together with the encoder, if any.
    pub rockets: Option<Rockets>,
    /// Rockets that recognise movements together with the encoder, if any.
    pub recogniser: Option<Rockets>,
    /// Rockets that tell repetitions like the correct ones of others from any others, if the model
    /// has a judge of quality of its own.
    pub likeness: Option<Rockets>,
}

/// Path and shape of every tensor of a file, sorted by path.
pub fn tensor_layout(contents: &WeightsContents) -> Vec<(String, Vec<usize>)> {
    let mut all: Vec<(String, Vec<usize>)> =
        collect_tensors(contents).into_iter().map(|(path, (_, shape, _))| (path, shape)).collect();
    all.sort();
    all
}

fn prototypes_shape(size: &EncoderSize) -> Vec<usize> {
    vec![size.movements, 2 * size.width]
}

/// Every tensor of a file: type, shape and bytes.
fn collect_tensors(contents: &WeightsContents) -> BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> {
    let WeightsContents { encoder, size, prototypes, rockets, recogniser, likeness, .. } = contents;
    let mut values = encoder.clone();
    values.insert(PROTOTYPES.to_owned(), (prototypes_shape(size), prototypes.concat()));
    let mut all = BTreeMap::new();
    for (group, rockets) in [(ROCKETS, rockets), (RECOGNISER, recogniser), (LIKENESS, likeness)] {
        for (i, member) in rockets.iter().flat_map(Rockets::member_tensors).enumerate() {
            let RocketTensors { channels: (shape, mask), biases, weights, offsets } = member;
            let [movements, features] = [offsets.len(), biases.len()];
            let path = |tensor: &str| rocket_path(group, i, tensor);
            all.insert(path("channels"), (Dtype::U8, shape, mask));
            values.insert(path("biases"), (vec![features], biases));
            values.insert(path("weights"), (vec![movements, features], weights));
            values.insert(path("offsets"), (vec![movements], offsets));
        }
    }
    all.extend(values.into_iter().map(|(path, (shape, values))| {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        (path, (Dtype::F32, shape, bytes))
    }));
    all
}

/// Path prefix of rockets that judge quality.
const ROCKETS: &str = "rockets";
/// Path prefix of rockets that recognise movements.
const RECOGNISER: &str = "recogniser";
/// Prefix of the tensors of the rockets that tell how much a repetition is like correct ones.
const LIKENESS: &str = "likeness";

/// Path of a rocket's tensor.
fn rocket_path(group: &str, member: usize, tensor: &str) -> String {
    format!("{group}.{member}.{tensor}")
}

/// Encodes weights, prototypes, rockets, sizes and card as one file.
///
/// # Errors
/// None in practice.
pub fn to_bytes(contents: &WeightsContents) -> Result<Vec<u8>, ModelError> {
    let WeightsContents { size, card, rockets, recogniser, likeness, .. } = contents;
    let fault = |what: String| ModelError::Weights {
        name: card.name.clone(),
        what,
        hint: "report this with the model's card",
    };
    let all = collect_tensors(contents);
    let mut views = Vec::with_capacity(all.len());
    for (path, (dtype, shape, data)) in &all {
        let view = TensorView::new(*dtype, shape.clone(), data)
            .map_err(|error| fault(error.to_string()))?;
        views.push((path.as_str(), view));
    }
    let [rockets, recogniser, likeness] = [rockets, recogniser, likeness]
        .map(|rockets| rockets.as_ref().map(Rockets::member_views).unwrap_or_default());
    let about = WeightsMetadata {
        version: VERSION,
        size: size.clone(),
        card: card.clone(),
        rockets,
        recogniser,
        likeness,
    };
    let about = serde_json::to_string(&about).map_err(|error| fault(error.to_string()))?;
    // A single entry: several would be written in random order, and the same weights would give
    // different bytes.
    let metadata = HashMap::from([(KEY.to_owned(), about)]);
    serialize(views, Some(metadata)).map_err(|error| fault(error.to_string()))
}

/// Decodes a weights file.
///
/// # Errors
/// If anything in the file is invalid; the message names the fault and its tensor.
pub fn from_bytes(bytes: &[u8], name: &str) -> Result<WeightsContents, ModelError> {
    let fault = |what: String| ModelError::Weights {
        name: name.to_owned(),
        what,
        hint: "get the file again, or train with this version",
    };
    let (_, header) = SafeTensors::read_metadata(bytes)
        .map_err(|error| fault(format!("not a whole safetensors file ({error})")))?;
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| fault(format!("not a whole safetensors file ({error})")))?;
    let metadata = header.metadata().clone().unwrap_or_default();
    let about = metadata.get(KEY).ok_or_else(|| fault(format!("the entry `{KEY}` is missing")))?;
    let version = serde_json::from_str::<WeightsVersion>(about)
        .map_err(|error| fault(format!("{KEY}: {error}")))?
        .version;
    if version != VERSION {
        return Err(fault(format!("version {version} is not {VERSION}")));
    }
    let WeightsMetadata { size, card, rockets, recogniser, likeness, .. } =
        serde_json::from_str(about).map_err(|error| fault(format!("{KEY}: {error}")))?;
    if !is_valid_size(&size) || size.movements != card.movements.len() {
        return Err(fault(format!("sizes that no encoder has: {size:?}")));
    }
    // Nothing is allocated from the sizes before the file is known to be large enough to hold them.
    let least = 4 * count_values(&size);
    if bytes.len() < least {
        return Err(fault(format!(
            "{} bytes cannot hold the sizes it states, which take {least}",
            bytes.len()
        )));
    }
    let mut problem = None;
    let mut take = |path: &str, shape: &[usize]| {
        read_tensor(&file, path, shape).unwrap_or_else(|what| {
            problem.get_or_insert(what);
            vec![0.0; shape.iter().product()]
        })
    };
    let encoder = size.parameter_layout().into_iter().map(|(path, shape)| {
        let values = take(&path, &shape);
        (path, (shape, values))
    });
    let encoder = encoder.collect();
    let prototypes = take(PROTOTYPES, &prototypes_shape(&size));
    let prototypes = prototypes.chunks(2 * size.width).map(<[f32]>::to_vec).collect();
    if let Some(what) = problem {
        return Err(fault(what));
    }
    let group = |name: &str, views: &[RocketView]| {
        read_rockets(&file, name, views, size.movements).map_err(fault)
    };
    let [rockets, recogniser, likeness] =
        [group(ROCKETS, &rockets)?, group(RECOGNISER, &recogniser)?, group(LIKENESS, &likeness)?];
    Ok(WeightsContents { encoder, size, card, prototypes, rockets, recogniser, likeness })
}

/// Reads the rockets of a group, whose input views come from the metadata.
fn read_rockets(
    file: &SafeTensors,
    group: &str,
    views: &[RocketView],
    movements: usize,
) -> Result<Option<Rockets>, String> {
    let member = |i: usize| {
        let path = rocket_path(group, i, "channels");
        let view = file.tensor(&path).map_err(|_| format!("tensor {path} is missing"))?;
        if view.dtype() != Dtype::U8 {
            return Err(format!("tensor {path}: type {:?}, not U8", view.dtype()));
        }
        Ok(RocketTensors {
            channels: (view.shape().to_vec(), view.data().to_vec()),
            biases: read_values(file, &rocket_path(group, i, "biases"))?,
            weights: read_values(file, &rocket_path(group, i, "weights"))?,
            offsets: read_tensor(file, &rocket_path(group, i, "offsets"), &[movements])?,
        })
    };
    if views.is_empty() {
        return Ok(None);
    }
    let tensors = (0..views.len()).map(member).collect::<Result<Vec<_>, String>>()?;
    let rockets = Rockets::from_tensors(views, &tensors);
    rockets
        .map(Some)
        .map_err(|i| format!("tensors {group}.{i}.*: shapes or channels that no rocket has"))
}

/// Whether the sizes are valid for an encoder.
pub fn is_valid_size(size: &EncoderSize) -> bool {
    let within = |value: usize, most: usize| (1..=most).contains(&value);
    within(size.width, MAX_SIZE.width)
        && within(size.heads, MAX_SIZE.heads)
        && within(size.blocks, MAX_SIZE.blocks)
        && within(size.feed_forward, MAX_SIZE.feed_forward)
        && within(size.movements, MAX_SIZE.movements)
        && size.width.is_multiple_of(2 * size.heads)
}

/// Total number of values in the tensors of a file with these sizes, which must be valid.
fn count_values(size: &EncoderSize) -> usize {
    size.parameter_count() + size.movements * 2 * size.width
}

/// Initialises the parameters of an encoder: matrices uniform with a bound from their input width
/// (Glorot & Bengio 2010), gains one, biases zero, embeddings uniform within ±0.5. The same seed
/// gives the same weights on every machine.
///
/// ```
/// use agoge_model::EncoderSize;
/// use agoge_model::weights::seed_values;
/// let size = EncoderSize { width: 8, heads: 2, blocks: 1, feed_forward: 16, movements: 1 };
/// let values = seed_values(&size, 1);
/// assert_eq!(values, seed_values(&size, 1));
/// assert_ne!(values, seed_values(&size, 2));
/// let count: usize = values.values().map(|(_, values)| values.len()).sum();
/// assert_eq!(count, size.parameter_count());
/// ```
pub fn seed_values(size: &EncoderSize, seed: u64) -> WeightValues {
    let mut rng = Rng::with_seed(seed);
    let seeded = size.parameter_layout().into_iter().map(|(path, shape)| {
        let n = shape.iter().product();
        let bound = match (shape.len(), path.as_str()) {
            (1, path) if path.ends_with("gamma") => {
                return (path.to_owned(), (shape, vec![1.0; n]));
            }
            (1, _) => return (path, (shape, vec![0.0; n])),
            (_, "parts" | "masked" | "worn") => 0.5,
            _ => (3.0 / shape[0] as f32).sqrt() * 0.6,
        };
        let values = (0..n).map(|_| (2.0 * rng.f32() - 1.0) * bound).collect();
        (path, (shape, values))
    });
    seeded.collect()
}

/// Reads the values of a tensor that must have this shape.
fn read_tensor(file: &SafeTensors, path: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let values = read_values(file, path)?;
    match file.tensor(path) {
        Ok(view) if view.shape() != shape => {
            Err(format!("tensor {path}: shape {:?}, not {shape:?}", view.shape()))
        }
        _ => Ok(values),
    }
}

/// Reads the values of a tensor of any shape.
pub fn read_values(file: &SafeTensors, path: &str) -> Result<Vec<f32>, String> {
    let view = file.tensor(path).map_err(|_| format!("tensor {path} is missing"))?;
    if view.dtype() != Dtype::F32 {
        return Err(format!("tensor {path}: type {:?}, not F32", view.dtype()));
    }
    let values: Vec<f32> =
        view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(format!("tensor {path}: value {at} is not a number")),
        None => Ok(values),
    }
}
