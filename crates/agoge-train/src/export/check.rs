//! Random tokens with a model's outputs for them, as a reference for other implementations.

use agoge_model::error::ModelError;
use agoge_model::model::Model;
use agoge_model::token::{
    CHANNELS, ClipTokens, PARTS, SENSOR_CHANNELS, SENSOR_SLOT, SLOTS, SensorTokens, TIMES,
};
use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};

/// Number of clips in the file.
const CLIPS: usize = 8;

/// Writes random tokens and the model's outputs for them as a safetensors file: `tokens`, `sensor`,
/// `carrier`, `hidden`, `seconds`, `movement`, `quality`, `embedding`, with the shapes and meanings
/// of [`super::encode_onnx`]. In the first clip nothing is hidden; in most others some parts are.
/// Every third clip has no sensor and every third no body.
///
/// # Errors
/// None in practice.
pub fn reference_outputs(model: &Model, seed: u64) -> Result<Vec<u8>, ModelError> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let clips: Vec<ClipTokens> = (0..CLIPS)
        .map(|clip| {
            let mut draw = |n: usize| (0..n).map(|_| 2.0 * rng.f32() - 1.0).collect::<Vec<f32>>();
            let (values, sensor) =
                (draw(TIMES * PARTS.len() * CHANNELS), draw(TIMES * SENSOR_CHANNELS));
            let is_hidden = |slot: usize| match slot {
                SENSOR_SLOT => clip % 3 == 1,
                part => clip % 3 == 2 || part > 0 && clip > 0 && rng.f32() < 0.3,
            };
            ClipTokens {
                values,
                hidden: (0..SLOTS).map(is_hidden).collect(),
                sensor: Some(SensorTokens { values: sensor, carrier: rng.usize(0..PARTS.len()) }),
                times: (0..TIMES).map(|i| (i as f32 + 0.5 * rng.f32()) * 0.25).collect(),
            }
        })
        .collect();
    let readings = model.read_tokens(&clips);
    let floats = |values: &mut dyn Iterator<Item = f32>| {
        values.flat_map(f32::to_le_bytes).collect::<Vec<u8>>()
    };
    let (movements, width) = (model.size().movements, model.size().width);
    let rows = [
        (
            "tokens",
            vec![TIMES, PARTS.len(), CHANNELS],
            floats(&mut clips.iter().flat_map(|c| c.values.iter().copied())),
        ),
        (
            "sensor",
            vec![TIMES, SENSOR_CHANNELS],
            floats(&mut clips.iter().flat_map(|c| c.sensor_values().iter().copied())),
        ),
        ("seconds", vec![TIMES], floats(&mut clips.iter().flat_map(|c| c.times.iter().copied()))),
        (
            "movement",
            vec![movements],
            floats(&mut readings.iter().flat_map(|r| r.movement.iter().copied())),
        ),
        (
            "quality",
            vec![movements],
            floats(&mut readings.iter().flat_map(|r| r.quality.iter().copied())),
        ),
        (
            "embedding",
            vec![2 * width],
            floats(&mut readings.iter().flat_map(|r| r.embedding.iter().copied())),
        ),
    ];
    let hidden: Vec<u8> =
        clips.iter().flat_map(|clip| clip.hidden.iter().map(|hidden| u8::from(*hidden))).collect();
    let fault = |error: safetensors::SafeTensorError| ModelError::Weights {
        name: model.card().name.clone(),
        what: error.to_string(),
        hint: "report this with the model's card",
    };
    let carrier: Vec<u8> =
        clips.iter().flat_map(|clip| (clip.carrier_index() as i64).to_le_bytes()).collect();
    let mut views = vec![
        ("hidden", TensorView::new(Dtype::BOOL, vec![CLIPS, SLOTS], &hidden).map_err(fault)?),
        ("carrier", TensorView::new(Dtype::I64, vec![CLIPS], &carrier).map_err(fault)?),
    ];
    for (name, shape, bytes) in &rows {
        let shape = [&[CLIPS], shape.as_slice()].concat();
        views.push((*name, TensorView::new(Dtype::F32, shape, bytes).map_err(fault)?));
    }
    serialize(views, None).map_err(fault)
}
