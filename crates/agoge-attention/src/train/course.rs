//! A training in epochs, with a checkpoint after each.

use super::parameters::Parameters;
use super::plan::{Order, Plan};
use super::trainer::{Report, Task, Trainer, Watch};
use super::{Checkpoint, Config, Keep, Progress};
use crate::encoder::Encoder;
use crate::error::Error;
use crate::motion::Motion;
use burn::module::Module;
use burn::tensor::Device;
use std::ops::ControlFlow;

/// How an encoder is trained, whatever the task.
pub(crate) struct Course {
    pub(crate) plan: Plan,
    pub(crate) order: Order,
    pub(crate) epochs: usize,
    /// Identity of the settings and the data; that of the initial weights is added.
    pub(crate) identity: Identity,
}

impl Course {
    /// Trains the encoder, resuming from a checkpoint if there is one.
    pub(crate) fn run<T: Task<Model = Encoder>>(
        mut self,
        encoder: &Encoder,
        task: &T,
        checkpoint: Option<Checkpoint>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Encoder, Error> {
        let round = self.order.round();
        self.identity.add_floats(&Parameters::of(encoder).values);
        let keep_every = if checkpoint.is_some() { round } else { 0 };
        let plan = Plan { keep_every, identity: self.identity.0, ..self.plan };
        let (from, keep) = match checkpoint {
            Some(Checkpoint { from, keep }) => (from, Some(keep)),
            None => (None, None),
        };
        let mut trainer = match from {
            Some(bytes) => Trainer::from_bytes(encoder, plan, bytes)?,
            None => Trainer::new(encoder, plan),
        };
        let mut watch = Epochs {
            round,
            epochs: self.epochs,
            step: trainer.steps_done(),
            sum: 0.0,
            tell: progress,
            keep,
        };
        Ok(trainer.run(task, &mut watch)?.to_device(&Device::flex()))
    }
}

/// Averages the losses of an epoch and reports them.
struct Epochs<'a, 'b> {
    round: usize,
    epochs: usize,
    /// Number of steps reported so far.
    step: usize,
    sum: f64,
    tell: &'a mut (dyn FnMut(Progress) + Send),
    keep: Option<&'b mut Keep<'b>>,
}

impl Watch for Epochs<'_, '_> {
    fn progress(&mut self, step_report: &Report) -> ControlFlow<()> {
        self.step = step_report.step;
        self.sum += step_report.loss;
        if step_report.step.is_multiple_of(self.round) {
            let loss = self.sum / self.round as f64;
            (self.tell)(Progress {
                epoch: step_report.step / self.round,
                epochs: self.epochs,
                loss,
            });
            self.sum = 0.0;
        }
        ControlFlow::Continue(())
    }

    fn keep(&mut self, checkpoint: &[u8]) -> Result<(), Error> {
        // No checkpoint is saved at the very end: if the process is killed before the weights are
        // written, one epoch is repeated, and its loss is reported again.
        let last = self.step + 1 == self.epochs * self.round;
        match &mut self.keep {
            Some(keep) if !last => keep(checkpoint),
            _ => Ok(()),
        }
    }
}

/// A hash of bytes (FNV-1a; Fowler, Noll & Vo 1991), the same on every machine.
pub(crate) struct Identity(u64);

impl Identity {
    /// Adds bytes to the hash.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// Adds floats to the hash, by their little-endian bytes.
    pub(crate) fn add_floats(&mut self, values: &[f32]) {
        values.iter().for_each(|value| self.add(&value.to_le_bytes()));
    }
}

/// The identity of a training with these settings on these motions.
pub(crate) fn identity<'a>(config: &Config, motions: impl Iterator<Item = &'a Motion>) -> Identity {
    let mut identity = Identity(0xcbf2_9ce4_8422_2325);
    identity.add(format!("{config:?}").as_bytes());
    for motion in motions {
        let tokens = motion.tokens();
        identity.add_floats(&tokens.values);
        identity.add_floats(&tokens.times);
        if let Some(worn) = &tokens.sensor {
            identity.add_floats(&worn.values);
            identity.add(&worn.carrier.to_le_bytes());
        }
    }
    identity
}
