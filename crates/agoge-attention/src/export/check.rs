//! Random tokens and what a model says of them.

use crate::error::Error;
use crate::model::Model;
use crate::token::{CHANNELS, PARTS, TIMES, Tokens};
use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};

/// Clips in the file.
const CLIPS: usize = 8;

/// Tokens drawn from a seed and what the model says of them, as a safetensors file: `tokens`, `hidden`, `seconds`, `movement`, `quality`, `embedding`, with the
/// shapes and meanings of [`super::onnx`]. In most clips some parts are hidden, in the first none.
///
/// # Errors
/// None in practice.
pub fn check(model: &Model, seed: u64) -> Result<Vec<u8>, Error> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let clips: Vec<Tokens> = (0..CLIPS)
        .map(|clip| Tokens {
            values: (0..TIMES * PARTS.len() * CHANNELS).map(|_| 2.0 * rng.f32() - 1.0).collect(),
            hidden: (0..PARTS.len()).map(|part| part > 0 && clip > 0 && rng.f32() < 0.3).collect(),
            times: (0..TIMES).map(|i| (i as f32 + 0.5 * rng.f32()) * 0.25).collect(),
        })
        .collect();
    let readings = model.read_tokens(&clips);
    let floats = |values: &mut dyn Iterator<Item = f32>| values.flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
    let (movements, width) = (model.size().movements, model.size().width);
    let rows = [
        (
            "tokens",
            vec![TIMES, PARTS.len(), CHANNELS],
            floats(&mut clips.iter().flat_map(|c| c.values.iter().copied())),
        ),
        ("seconds", vec![TIMES], floats(&mut clips.iter().flat_map(|c| c.times.iter().copied()))),
        ("movement", vec![movements], floats(&mut readings.iter().flat_map(|r| r.movement.iter().copied()))),
        ("quality", vec![movements], floats(&mut readings.iter().flat_map(|r| r.quality.iter().copied()))),
        ("embedding", vec![2 * width], floats(&mut readings.iter().flat_map(|r| r.embedding.iter().copied()))),
    ];
    let hidden: Vec<u8> = clips.iter().flat_map(|clip| clip.hidden.iter().map(|hidden| u8::from(*hidden))).collect();
    let fault = |error: safetensors::SafeTensorError| Error::Weights {
        name: model.card().name.clone(),
        what: error.to_string(),
        hint: "report this with the model's card",
    };
    let mut views = vec![("hidden", TensorView::new(Dtype::BOOL, vec![CLIPS, PARTS.len()], &hidden).map_err(fault)?)];
    for (name, shape, bytes) in &rows {
        let shape = [&[CLIPS], shape.as_slice()].concat();
        views.push((*name, TensorView::new(Dtype::F32, shape, bytes).map_err(fault)?));
    }
    serialize(views, None).map_err(fault)
}
