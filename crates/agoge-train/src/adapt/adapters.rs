//! Low-rank adapters (Hu et al. 2021): the product of two thin matrices is added to every query,
//! key and value projection. The adapters are trained together with the heads while all other
//! weights stay frozen, and are then merged into the weights.

use super::examples::{AUGMENT, EmbeddedExamples};
use crate::encoder::Encoder;
use crate::train::{
    AdamW, BatchOrder, ModelParameters, SupervisedTask, Trainer, TrainingConfig, TrainingPlan,
};
use agoge_model::error::ModelError;
use burn::module::{Lora, Module, ParamGroup};
use burn::tensor::Device;
use fastrand::Rng;

/// Rank of the adapters.
const RANK: usize = 4;
/// Training steps; each takes one batch of augmented clips.
const STEPS: usize = 120;
/// Maximum number of clips per step.
const BATCH: usize = 32;
/// Peak learning rate.
const PEAK_RATE: f64 = 3e-3;

/// Trains adapters on an encoder whose heads already know the movements.
pub(super) fn train_adapters(
    encoder: &Encoder,
    examples: &EmbeddedExamples,
    seed: u64,
) -> Result<Encoder, ModelError> {
    let clips: Vec<_> = examples.clips.iter().map(|&clip| clip.clone()).collect();
    let config = TrainingConfig { augment: AUGMENT, seed, ..TrainingConfig::default() };
    let order = BatchOrder { count: clips.len(), batch: BATCH, seed: seed ^ 0x10a };
    // Frozen weights have no gradient; they must not decay either.
    let optimiser = AdamW { decay: 0.0, ..AdamW::default() };
    let plan = TrainingPlan { optimiser, ..TrainingPlan::new(STEPS, PEAK_RATE) };
    let movements = examples.movements;
    let task = SupervisedTask { clips: &clips, movements, config: &config, order };
    let trained = Trainer::new(&attach_adapters(encoder, seed), plan).run_steps(&task, &mut ())?;
    Ok(trained.valid().materialize().to_device(&Device::flex()))
}

/// The encoder with adapters that change nothing yet: one factor is random, the other is zero.
fn attach_adapters(encoder: &Encoder, seed: u64) -> Encoder {
    let maps = ParamGroup::from_predicate("joined.weight");
    let heads = ParamGroup::from_any_predicates(vec!["movement", "quality"]);
    let adapted = encoder
        .clone()
        .to_device(&crate::train::training_device())
        .apply_lora(Lora::new(RANK, RANK as f64).set_param_group(maps))
        .unfreeze_group(heads);
    // Drawn here rather than by Burn, so that the factors depend on the seed alone.
    let mut rng = Rng::with_seed(seed ^ 0xada7);
    let ModelParameters { layout, mut values } = ModelParameters::from_model(&adapted);
    let mut rest = values.as_mut_slice();
    for (path, shape) in layout {
        let (factor, others) = std::mem::take(&mut rest).split_at_mut(shape.iter().product());
        if path.ends_with("lora.a") {
            let bound = (3.0 / shape[0] as f32).sqrt();
            factor.fill_with(|| bound * (2.0 * rng.f32() - 1.0));
        }
        rest = others;
    }
    ModelParameters::replace_values(adapted, &values)
}
