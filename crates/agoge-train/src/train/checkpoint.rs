//! A training as a file: weights, optimiser state, average and best weights so far, so that an
//! interrupted training resumes exactly where it stopped.
//!
//! The file is in safetensors format; its tensors are flat rows of numbers, and its metadata holds
//! the layout of the parameters, the step and the metric.

use super::adamw::Moments;
use super::parameters::ModelParameters;
use super::plan::TrainingPlan;
use super::trainer::Trainer;
use agoge_model::error::ModelError;
use burn::module::Module;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

const KEY: &str = "agoge-checkpoint";
const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointHeader {
    version: u32,
    identity: u64,
    step: usize,
    stale: usize,
    metric: Option<f64>,
    layout: Vec<(String, Vec<usize>)>,
}

fn checkpoint_error(what: String) -> ModelError {
    ModelError::Weights {
        name: "checkpoint".to_owned(),
        what,
        hint: "begin the training anew without it",
    }
}

impl<M: Module> Trainer<M> {
    /// Encodes the training as a file's bytes.
    ///
    /// # Errors
    /// None in practice.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        let nothing = Vec::new();
        let (metric, best) = match &self.best {
            Some((metric, weights)) => (Some(*metric), weights),
            None => (None, &nothing),
        };
        let rows = [
            ("weights", &self.parameters.values),
            ("first", &self.moments.first),
            ("second", &self.moments.second),
            ("average", &self.average),
            ("best", best),
        ];
        let bytes = rows.map(|(name, row)| {
            (name, row.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())
        });
        let mut views = Vec::with_capacity(bytes.len());
        for (name, bytes) in &bytes {
            let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes);
            views.push((*name, view.map_err(|error| checkpoint_error(error.to_string()))?));
        }
        let layout = self.parameters.layout.clone();
        let identity = self.plan.identity;
        let about = CheckpointHeader {
            version: VERSION,
            identity,
            step: self.step,
            stale: self.stale,
            metric,
            layout,
        };
        let about =
            serde_json::to_string(&about).map_err(|error| checkpoint_error(error.to_string()))?;
        serialize(views, Some(HashMap::from([(KEY.to_owned(), about)])))
            .map_err(|error| checkpoint_error(error.to_string()))
    }

    /// Resumes a training from a file's bytes. `model` gives the shape; its weights are replaced.
    /// The plan must be the one the training started with: its identity is compared.
    ///
    /// # Errors
    /// If the bytes are not a complete checkpoint of this version for a model of this shape; the
    /// message names the fault.
    pub fn from_bytes(
        model: &M,
        plan: TrainingPlan,
        bytes: &[u8],
    ) -> Result<Trainer<M>, ModelError> {
        let broken = |error: safetensors::SafeTensorError| {
            checkpoint_error(format!("not a whole safetensors file ({error})"))
        };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let about = metadata
            .get(KEY)
            .ok_or_else(|| checkpoint_error(format!("the entry `{KEY}` is missing")))?;
        let about: CheckpointHeader = serde_json::from_str(about)
            .map_err(|error| checkpoint_error(format!("{KEY}: {error}")))?;
        if about.version != VERSION {
            return Err(checkpoint_error(format!("version {} is not {VERSION}", about.version)));
        }
        let mut trainer = Trainer::new(model, plan);
        if about.layout != trainer.parameters.layout {
            let mismatch =
                about.layout.iter().zip(&trainer.parameters.layout).find(|(a, b)| a != b);
            let what = mismatch.map_or_else(
                || "another number of parameters".to_owned(),
                |(a, b)| format!("{a:?} is not {b:?}"),
            );
            return Err(checkpoint_error(format!("of another model: {what}")));
        }
        if about.identity != trainer.plan.identity {
            return Err(checkpoint_error(
                "of another training: the settings, the recordings or the base are not the same"
                    .to_owned(),
            ));
        }
        let count = trainer.parameters.values.len();
        let row = |name: &str, optional: bool| -> Result<Vec<f32>, ModelError> {
            let view = file
                .tensor(name)
                .map_err(|_| checkpoint_error(format!("tensor {name} is missing")))?;
            let values: Vec<f32> =
                view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
            if view.dtype() != Dtype::F32
                || (values.len() != count && !(optional && values.is_empty()))
            {
                return Err(checkpoint_error(format!(
                    "tensor {name}: {:?} {:?}, not F32 [{count}]",
                    view.dtype(),
                    view.shape()
                )));
            }
            match values.iter().position(|v| !v.is_finite()) {
                Some(at) => {
                    Err(checkpoint_error(format!("tensor {name}: value {at} is not a number")))
                }
                None => Ok(values),
            }
        };
        let (weights, average, best) =
            (row("weights", false)?, row("average", true)?, row("best", true)?);
        trainer.moments = Moments { first: row("first", false)?, second: row("second", false)? };
        if trainer.average.len() != average.len() {
            return Err(checkpoint_error(
                "it was made with another plan for the average".to_owned(),
            ));
        }
        trainer.model = ModelParameters::replace_values(trainer.model, &weights);
        trainer.parameters.values = weights;
        trainer.average = average;
        trainer.best = about.metric.filter(|_| !best.is_empty()).map(|metric| (metric, best));
        (trainer.step, trainer.stale) = (about.step, about.stale);
        Ok(trainer)
    }
}
