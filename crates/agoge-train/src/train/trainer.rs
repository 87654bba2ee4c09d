//! A training step distributed over cores, and the loop of steps.

use super::adamw::{Moments, StepUpdate, sum_gradients};
use super::parameters::{ModelParameters, collect_gradients};
use super::plan::TrainingPlan;
use agoge_model::error::ModelError;
use burn::module::Module;
use burn::tensor::Tensor;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// What is learned: batches and their loss.
pub trait TrainingTask: Sync {
    /// The model being trained.
    type Model: Module;
    /// A shard of a batch.
    type Shard: Send;

    /// The batch of a step, counted from 0, in shards that are computed in parallel. The batch and
    /// its shards must depend on the step alone, not on the machine; then the weights do as well.
    fn batch_shards(&self, step: usize) -> Vec<Self::Shard>;

    /// A shard's share of the batch's loss, `[1]`; the shares of all shards add up to the loss.
    /// Called on one thread per shard.
    fn shard_loss(&self, model: &Self::Model, shard: Self::Shard) -> Tensor<1>;

    /// The validation metric of a model, higher is better; `None` without validation.
    fn validation_metric(&self, _model: &Self::Model) -> Option<f64> {
        None
    }
}

/// Reported after each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Number of steps done.
    pub step: usize,
    /// Total number of steps.
    pub steps: usize,
    /// The step's loss.
    pub loss: f64,
    /// Norm of the gradient, before clipping.
    pub gradient: f64,
    /// The metric, if the model was validated at this step.
    pub metric: Option<f64>,
    /// The best metric so far.
    pub best: Option<f64>,
    /// Estimated time left, at the mean pace so far.
    pub time_left: Duration,
}

/// Observes a training.
pub trait TrainingObserver {
    /// Called after each step; may end the training.
    fn on_step(&mut self, _progress: &StepReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Saves a checkpoint, given as a file's bytes.
    ///
    /// # Errors
    /// If the checkpoint could not be saved, which ends the training.
    fn save_checkpoint(&mut self, _checkpoint: &[u8]) -> Result<(), ModelError> {
        Ok(())
    }
}

/// Observes nothing.
impl TrainingObserver for () {}

/// A model being trained.
#[derive(Clone, Debug)]
pub struct Trainer<M: Module> {
    pub(super) plan: TrainingPlan,
    /// The model off the autodiff graph, with the weights of the last step.
    pub(super) model: M,
    pub(super) parameters: ModelParameters,
    pub(super) moments: Moments,
    /// Averaged weights; empty without an average.
    pub(super) average: Vec<f32>,
    pub(super) step: usize,
    /// The best metric and its weights.
    pub(super) best: Option<(f64, Vec<f32>)>,
    /// Validations since the best one.
    pub(super) stale: usize,
}

impl<M: Module> Trainer<M> {
    /// Starts a training from a model's weights.
    pub fn new(model: &M, plan: TrainingPlan) -> Trainer<M> {
        retain_freed_memory();
        let model = model.valid();
        let parameters = ModelParameters::from_model(&model);
        let zeros = vec![0.0; parameters.values.len()];
        let average =
            if plan.average_decay.is_some() { parameters.values.clone() } else { Vec::new() };
        let moments = Moments { first: zeros.clone(), second: zeros };
        Trainer { plan, model, parameters, moments, average, step: 0, best: None, stale: 0 }
    }

    /// Number of steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// The weights of the last step.
    pub fn parameters(&self) -> &ModelParameters {
        &self.parameters
    }

    /// Runs one step; returns the loss and the norm of the gradient. The shards of the batch run in
    /// parallel on the current rayon pool, each on one thread with its own copy of the model (a
    /// graph of Burn's is behind a lock), and their gradients are added in order: the weights are
    /// the same to the bit for any number of threads.
    pub fn run_step<T: TrainingTask<Model = M>>(&mut self, task: &T) -> (f64, f64) {
        let count = self.parameters.values.len();
        let jobs: Vec<(M, T::Shard)> = task
            .batch_shards(self.step)
            .into_iter()
            .map(|shard| (self.model.clone(), shard))
            .collect();
        let results: Vec<(f64, Vec<f32>)> = jobs
            .into_par_iter()
            .with_max_len(1)
            .map(|(model, shard)| {
                let model = model.train();
                let loss = task.shard_loss(&model, shard);
                let back = loss.backward();
                (f64::from(loss.into_scalar::<f32>()), collect_gradients(&model, back, count))
            })
            .collect();
        let loss = results.iter().map(|(loss, _)| loss).sum();
        let mut parts: Vec<Vec<f32>> = results.into_iter().map(|(_, gradient)| gradient).collect();
        let length = sum_gradients(&mut parts);
        let factor = match self.plan.gradient_clip {
            Some(most) if length > most => (most / length) as f32,
            _ => 1.0,
        };
        if let (Some(gradient), true) = (parts.first(), length.is_finite()) {
            let update = StepUpdate {
                step: self.step + 1,
                rate: self.plan.rate_at(self.step),
                factor,
                average_share: self.plan.average_decay_at(self.step),
            };
            let weights = &mut self.parameters.values;
            self.plan.optimiser.update_weights(
                weights,
                gradient,
                &mut self.moments,
                &mut self.average,
                &update,
            );
            self.model =
                ModelParameters::replace_values(self.model.clone(), &self.parameters.values);
        }
        self.step += 1;
        (loss, length)
    }

    /// The model that training would return now: with the best validated weights, otherwise the
    /// averaged ones, otherwise the last.
    pub fn best_model(&self) -> M {
        match &self.best {
            Some((_, weights)) => ModelParameters::replace_values(self.model.clone(), weights),
            None => self.current_model(),
        }
    }

    /// The model with the averaged weights if there are any, otherwise the last.
    fn current_model(&self) -> M {
        if self.average.is_empty() {
            self.model.clone()
        } else {
            ModelParameters::replace_values(self.model.clone(), &self.average)
        }
    }

    /// Runs the remaining steps, or fewer if the metric stops improving or the observer asks to
    /// stop, and returns the model.
    ///
    /// # Errors
    /// If the loss is not finite, or a checkpoint could not be saved.
    pub fn run_steps<T: TrainingTask<Model = M>>(
        &mut self,
        task: &T,
        watch: &mut dyn TrainingObserver,
    ) -> Result<M, ModelError> {
        let (started, first) = (Instant::now(), self.step);
        let is_due = |every: usize, step: usize| every > 0 && step.is_multiple_of(every);
        while self.step < self.plan.steps && !self.is_exhausted() {
            let (loss, gradient) = self.run_step(task);
            if !loss.is_finite() || !gradient.is_finite() {
                let what = format!("the loss of step {} is not a number", self.step);
                return Err(ModelError::Training {
                    what,
                    hint: "lower the learning rate, or look for values that are not numbers",
                });
            }
            let last = self.step == self.plan.steps;
            let validates = is_due(self.plan.validate_every, self.step)
                || (last && self.plan.validate_every > 0);
            let metric =
                if validates { task.validation_metric(&self.current_model()) } else { None };
            if let Some(metric) = metric {
                self.record_metric(metric);
            }
            if is_due(self.plan.checkpoint_every, self.step) {
                watch.save_checkpoint(&self.to_bytes()?)?;
            }
            let spent = started.elapsed().as_secs_f64() / (self.step - first) as f64;
            let progress = StepReport {
                step: self.step,
                steps: self.plan.steps,
                loss,
                gradient,
                metric,
                best: self.best.as_ref().map(|(metric, _)| *metric),
                time_left: Duration::from_secs_f64(spent * (self.plan.steps - self.step) as f64),
            };
            if watch.on_step(&progress).is_break() {
                break;
            }
        }
        Ok(self.best_model())
    }

    fn is_exhausted(&self) -> bool {
        self.plan.patience > 0 && self.stale >= self.plan.patience
    }

    /// Records a validation metric, and the weights if it is the best so far.
    fn record_metric(&mut self, metric: f64) {
        if self.best.as_ref().is_none_or(|(best, _)| metric > *best) {
            let weights =
                if self.average.is_empty() { &self.parameters.values } else { &self.average };
            self.best = Some((metric, weights.clone()));
            self.stale = 0;
        } else {
            self.stale += 1;
        }
    }
}

/// Makes the C library keep freed memory. The GNU allocator returns memory to the system as soon as
/// more is free than twice the largest block freed so far (mallopt(3), M_MMAP_THRESHOLD), and
/// faulting in a step's activations again, page by page, takes up to a third of the step. On other
/// systems this has no effect.
fn retain_freed_memory() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // The largest block size that counts is 32 MiB.
    ONCE.call_once(|| drop(std::hint::black_box(vec![0u8; 31 << 20])));
}

#[cfg(test)]
mod tests;
