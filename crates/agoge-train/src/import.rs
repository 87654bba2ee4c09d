//! Imports an encoder trained elsewhere, using a map from our parameters to the tensors of its file
//! (docs/reference/models.md).

use agoge_model::card::Card;
use agoge_model::error::ModelError;
use agoge_model::model::Model;
use agoge_model::size::EncoderSize;
use agoge_model::weights::{self, WeightsContents};
use safetensors::SafeTensors;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Maps each parameter of an encoder to tensors of a foreign file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMap {
    /// Sizes of the encoder.
    pub size: ForeignSize,
    /// Contents of the card.
    #[serde(default)]
    pub card: ForeignCard,
    /// For each of our paths, the tensors it is built from. `{i}` in a path and its keys stands for
    /// the index of each block.
    pub keys: BTreeMap<String, TensorSource>,
}

/// Sizes of a foreign encoder; see [`EncoderSize`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignSize {
    /// Width of the embedding.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Blocks.
    pub blocks: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
}

/// Contents of the card of a foreign encoder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForeignCard {
    /// What it was trained on.
    pub data: String,
    /// The movements of its heads, in order; if empty, the heads know no movement.
    pub movements: Vec<String>,
    /// What it was never tested on and must not be used for.
    pub limits: String,
    /// Licence of the weights.
    pub licence: String,
}

/// What a parameter is built from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum TensorSource {
    /// One tensor, unchanged.
    Key(String),
    /// One tensor, or several concatenated, optionally transposed.
    Made(ConcatenatedTensors),
    /// The same number everywhere.
    Fill(ConstantFill),
}

/// Concatenated tensors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConcatenatedTensors {
    /// Their names. Several are concatenated along the last dimension, after transposing.
    pub from: Vec<String>,
    /// Whether to transpose: PyTorch stores linear weights as `[out, in]`, we as `[in, out]`.
    #[serde(default)]
    pub transpose: bool,
}

/// The same number everywhere.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConstantFill {
    /// The number.
    pub fill: f32,
}

/// The result of an import.
#[derive(Debug)]
pub struct ImportedModel {
    /// The model.
    pub model: Model,
    /// Tensors of the file that the map does not name.
    pub unused: Vec<String>,
}

/// Parameters that may be missing and are then zero: those needed only by pre-training, the heads,
/// and those of the worn sensor.
const OPTIONAL: [&str; 7] =
    ["masked", "motion.", "movement.", "quality.", "sensor.", "worn", "sensed."];
const HINT: &str = "the map of keys is described in docs/reference/models.md";

/// Imports a model from a safetensors file of another program; `name` is for messages and the card.
///
/// # Errors
/// For a PyTorch pickle, an incomplete file, invalid sizes, and any parameter that is missing from
/// the map or has the wrong shape; the message names the parameter and tensor.
pub fn import_model(bytes: &[u8], map: &KeyMap, name: &str) -> Result<ImportedModel, ModelError> {
    let refused = |what: String, hint| ModelError::Weights { name: name.to_owned(), what, hint };
    let fault = |what: String| refused(what, HINT);
    // A pickle is a program that must be executed to be read. It comes in a zip archive or, from
    // old versions, bare. A safetensors file may begin with the same byte, because it begins with
    // the header's length in little-endian; its header starts at byte eight.
    let is_safetensors = bytes.get(8) == Some(&b'{');
    if !is_safetensors && (bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\x80")) {
        let hint = "save it in Python with safetensors.torch.save_file(model.state_dict(), FILE)";
        return Err(refused("a pickle of PyTorch (.pt), which is not read".to_owned(), hint));
    }
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| fault(format!("not a whole safetensors file ({error})")))?;
    let movements = if map.card.movements.is_empty() {
        vec!["any".to_owned()]
    } else {
        map.card.movements.clone()
    };
    let ForeignSize { width, heads, blocks, feed_forward } = map.size;
    let size = EncoderSize { width, heads, blocks, feed_forward, movements: movements.len() };
    if !weights::is_valid_size(&size) {
        return Err(fault(format!("sizes that no encoder has: {size:?}")));
    }
    let keys = expand_blocks(&map.keys, blocks);
    let (mut problem, mut used, mut known) = (None, BTreeSet::new(), BTreeSet::new());
    let mut encoder = weights::WeightValues::new();
    for (path, shape) in size.parameter_layout() {
        known.insert(path.clone());
        let values = match keys.get(&path) {
            Some(source) => build_parameter(&file, source, &shape, &mut used),
            None if OPTIONAL.iter().any(|optional| path.starts_with(optional)) => {
                Ok(vec![0.0; shape.iter().product()])
            }
            None => Err("the map has no key for it".to_owned()),
        };
        let values = values.unwrap_or_else(|what| {
            problem.get_or_insert(format!("parameter {path} {shape:?}: {what}"));
            vec![0.0; shape.iter().product()]
        });
        encoder.insert(path, (shape, values));
    }
    if let Some(stranger) = keys.keys().find(|path| !known.contains(*path)) {
        problem.get_or_insert(format!("the encoder has no parameter {stranger}"));
    }
    if let Some(what) = problem {
        return Err(fault(what));
    }
    let ForeignCard { data, limits, licence, .. } = map.card.clone();
    let protocol = "imported; not measured".to_owned();
    let sensor = keys.contains_key("sensor.weight");
    let card = Card {
        name: name.to_owned(),
        data,
        movements,
        sensor,
        protocol,
        limits,
        licence,
        ..Card::default()
    };
    let prototypes = vec![vec![0.0; 2 * width]; size.movements];
    let unused =
        file.names().into_iter().filter(|key| !used.contains(*key)).map(str::to_owned).collect();
    Ok(ImportedModel {
        model: Model::from_contents(WeightsContents {
            encoder,
            size,
            card,
            prototypes,
            rockets: None,
            recogniser: None,
            likeness: None,
        }),
        unused,
    })
}

/// Expands the entries with `{i}` into one per block.
fn expand_blocks(
    keys: &BTreeMap<String, TensorSource>,
    blocks: usize,
) -> BTreeMap<String, TensorSource> {
    let numbered = |text: &str, i: usize| text.replace("{i}", &i.to_string());
    let each = |source: &TensorSource, i: usize| match source {
        TensorSource::Key(key) => TensorSource::Key(numbered(key, i)),
        TensorSource::Made(ConcatenatedTensors { from, transpose }) => {
            TensorSource::Made(ConcatenatedTensors {
                from: from.iter().map(|key| numbered(key, i)).collect(),
                transpose: *transpose,
            })
        }
        TensorSource::Fill(fill) => TensorSource::Fill(*fill),
    };
    let mut all = BTreeMap::new();
    for (path, source) in keys {
        let times = if path.contains("{i}") { blocks } else { 1 };
        all.extend((0..times).map(|i| (numbered(path, i), each(source, i))));
    }
    all
}

/// Builds a parameter of a given shape from the file's tensors.
fn build_parameter(
    file: &SafeTensors,
    source: &TensorSource,
    shape: &[usize],
    used: &mut BTreeSet<String>,
) -> Result<Vec<f32>, String> {
    let one;
    let ConcatenatedTensors { from, transpose } = match source {
        TensorSource::Fill(ConstantFill { fill }) if fill.is_finite() => {
            return Ok(vec![*fill; shape.iter().product()]);
        }
        TensorSource::Fill(_) => return Err("it is filled with what is not a number".to_owned()),
        TensorSource::Key(key) => {
            one = ConcatenatedTensors { from: vec![key.clone()], transpose: false };
            &one
        }
        TensorSource::Made(concatenation) => concatenation,
    };
    // A vector counts as a single row.
    let rows = if let [rows, _] = shape { *rows } else { 1 };
    let mut parts = Vec::with_capacity(from.len());
    for key in from {
        let values = weights::read_values(file, key)?;
        used.insert(key.clone());
        let tensor_shape = file.tensor(key).map(|view| view.shape().to_vec()).unwrap_or_default();
        let (tensor_rows, columns, values) = match (tensor_shape.as_slice(), transpose) {
            ([n], false) => (1, *n, values),
            ([rows, columns], false) => (*rows, *columns, values),
            ([rows, columns], true) => {
                (*columns, *rows, transpose_values(&values, *rows, *columns))
            }
            _ => {
                return Err(format!(
                    "tensor {key} {tensor_shape:?} is no matrix that could be turned"
                ));
            }
        };
        if tensor_rows != rows || tensor_shape.len() != shape.len() {
            return Err(format!(
                "tensor {key} {tensor_shape:?} does not fit{}",
                transpose_note(*transpose)
            ));
        }
        parts.push((columns, values));
    }
    let width: usize = parts.iter().map(|(columns, _)| columns).sum();
    if width != shape.iter().product::<usize>() / rows.max(1) {
        return Err(format!("{from:?} give {width} columns{}", transpose_note(*transpose)));
    }
    let row = |(columns, values): &(usize, Vec<f32>), row: usize| {
        values[row * columns..(row + 1) * columns].to_vec()
    };
    Ok((0..rows).flat_map(|r| parts.iter().flat_map(move |part| row(part, r))).collect())
}

fn transpose_note(transpose: bool) -> &'static str {
    if transpose { ", turned" } else { "" }
}

fn transpose_values(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns)
        .flat_map(|column| (0..rows).map(move |row| values[row * columns + column]))
        .collect()
}

#[cfg(test)]
mod tests;
