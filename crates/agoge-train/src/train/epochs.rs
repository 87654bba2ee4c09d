//! A training in epochs, with a checkpoint after each.

use super::parameters::ModelParameters;
use super::plan::{BatchOrder, TrainingPlan};
use super::trainer::{StepReport, Trainer, TrainingObserver, TrainingTask};
use super::{Checkpoint, EpochProgress, SaveCheckpoint, TrainingConfig};
use crate::encoder::Encoder;
use agoge_model::error::ModelError;
use agoge_model::motion::Motion;
use burn::module::Module;
use burn::tensor::Device;
use std::ops::ControlFlow;

/// How an encoder is trained, whatever the task.
pub(crate) struct EpochTraining {
    pub(crate) plan: TrainingPlan,
    pub(crate) order: BatchOrder,
    pub(crate) epochs: usize,
    /// Identity of the settings and the data; that of the initial weights is added.
    pub(crate) identity: TrainingIdentity,
}

impl EpochTraining {
    /// Trains the encoder, resuming from a checkpoint if there is one.
    pub(crate) fn run_epochs<T: TrainingTask<Model = Encoder>>(
        mut self,
        encoder: &Encoder,
        task: &T,
        checkpoint: Option<Checkpoint>,
        progress: &mut (dyn FnMut(EpochProgress) + Send),
    ) -> Result<Encoder, ModelError> {
        let round = self.order.batches_per_round();
        self.identity.add_floats(&ModelParameters::from_model(encoder).values);
        let keep_every = if checkpoint.is_some() { round } else { 0 };
        let plan =
            TrainingPlan { checkpoint_every: keep_every, identity: self.identity.0, ..self.plan };
        let (from, keep) = match checkpoint {
            Some(Checkpoint { saved: from, save: keep }) => (from, Some(keep)),
            None => (None, None),
        };
        let mut trainer = match from {
            Some(bytes) => Trainer::from_bytes(encoder, plan, bytes)?,
            None => Trainer::new(encoder, plan),
        };
        let mut watch = EpochReporter {
            round,
            epochs: self.epochs,
            step: trainer.steps_done(),
            sum: 0.0,
            report: progress,
            save: keep,
        };
        Ok(trainer.run_steps(task, &mut watch)?.to_device(&Device::flex()))
    }
}

/// Averages the losses of an epoch and reports them.
struct EpochReporter<'a, 'b> {
    round: usize,
    epochs: usize,
    /// Number of steps reported so far.
    step: usize,
    sum: f64,
    report: &'a mut (dyn FnMut(EpochProgress) + Send),
    save: Option<&'b mut SaveCheckpoint<'b>>,
}

impl TrainingObserver for EpochReporter<'_, '_> {
    fn on_step(&mut self, step_report: &StepReport) -> ControlFlow<()> {
        self.step = step_report.step;
        self.sum += step_report.loss;
        if step_report.step.is_multiple_of(self.round) {
            let loss = self.sum / self.round as f64;
            (self.report)(EpochProgress {
                epoch: step_report.step / self.round,
                epochs: self.epochs,
                loss,
            });
            self.sum = 0.0;
        }
        ControlFlow::Continue(())
    }

    fn save_checkpoint(&mut self, checkpoint: &[u8]) -> Result<(), ModelError> {
        // No checkpoint is saved at the very end: if the process is killed before the weights are
        // written, one epoch is repeated, and its loss is reported again.
        let last = self.step + 1 == self.epochs * self.round;
        match &mut self.save {
            Some(keep) if !last => keep(checkpoint),
            _ => Ok(()),
        }
    }
}

/// A hash of bytes (FNV-1a; Fowler, Noll & Vo 1991), the same on every machine.
pub(crate) struct TrainingIdentity(u64);

impl TrainingIdentity {
    /// Adds bytes to the hash.
    pub(crate) fn add_bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Adds floats to the hash, by their little-endian bytes.
    pub(crate) fn add_floats(&mut self, values: &[f32]) {
        values.iter().for_each(|value| self.add_bytes(&value.to_le_bytes()));
    }
}

/// The identity of a training with these settings on these motions.
pub(crate) fn training_identity<'a>(
    config: &TrainingConfig,
    motions: impl Iterator<Item = &'a Motion>,
) -> TrainingIdentity {
    let mut identity = TrainingIdentity(0xcbf2_9ce4_8422_2325);
    identity.add_bytes(format!("{config:?}").as_bytes());
    for motion in motions {
        let tokens = motion.to_tokens();
        identity.add_floats(&tokens.values);
        identity.add_floats(&tokens.times);
        if let Some(worn) = &tokens.sensor {
            identity.add_floats(&worn.values);
            identity.add_bytes(&worn.carrier.to_le_bytes());
        }
    }
    identity
}
