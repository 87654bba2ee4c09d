//! A step of training, shared out over cores, and the loop of steps.

use super::adamw::{Moments, Update, add_up};
use super::parameters::{Parameters, gradients};
use super::plan::Plan;
use crate::error::Error;
use burn::module::Module;
use burn::tensor::Tensor;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// What is learnt: batches and their loss.
pub trait Task: Sync {
    /// The model.
    type Model: Module;
    /// A part of a batch.
    type Shard: Send;

    /// The batch of a step, counted from 0, in parts that are computed side by side. Batch and cut
    /// must follow from the step alone, not from the machine: then so do the weights.
    fn shards(&self, step: usize) -> Vec<Self::Shard>;

    /// A part's share of the batch's loss, `[1]`; the shares of all parts add up to the loss.
    /// Called on one thread for each part.
    fn loss(&self, model: &Self::Model, shard: Self::Shard) -> Tensor<1>;

    /// How good a model is, higher is better; none if that is not asked.
    fn validate(&self, _model: &Self::Model) -> Option<f64> {
        None
    }
}

/// What is told after each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// Steps done.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// The step's loss.
    pub loss: f64,
    /// Length of the gradient, before clipping.
    pub gradient: f64,
    /// The metric, if this step was validated.
    pub metric: Option<f64>,
    /// Best metric so far.
    pub best: Option<f64>,
    /// Time that is left if steps take as long as they did.
    pub left: Duration,
}

/// Who looks on while a model is trained.
pub trait Watch {
    /// After each step; may end the training.
    fn progress(&mut self, _progress: &Report) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Takes a checkpoint to keep, as a file's bytes.
    ///
    /// # Errors
    /// If it could not be kept, which ends the training.
    fn keep(&mut self, _checkpoint: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}

/// Nobody.
impl Watch for () {}

/// A model in training.
#[derive(Clone, Debug)]
pub struct Trainer<M: Module> {
    pub(super) plan: Plan,
    /// The model off the graph, with the weights of the last step.
    pub(super) model: M,
    pub(super) parameters: Parameters,
    pub(super) moments: Moments,
    /// Averaged weights; empty without an average.
    pub(super) average: Vec<f32>,
    pub(super) step: usize,
    /// Best metric and its weights.
    pub(super) best: Option<(f64, Vec<f32>)>,
    /// Validations since.
    pub(super) stale: usize,
}

impl<M: Module> Trainer<M> {
    /// Begins with a model's weights.
    pub fn new(model: &M, plan: Plan) -> Trainer<M> {
        keep_memory();
        let model = model.valid();
        let parameters = Parameters::of(&model);
        let zeros = vec![0.0; parameters.values.len()];
        let average = if plan.average.is_some() { parameters.values.clone() } else { Vec::new() };
        let moments = Moments { first: zeros.clone(), second: zeros };
        Trainer { plan, model, parameters, moments, average, step: 0, best: None, stale: 0 }
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// The weights of the last step.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// One step; returns the loss and the length of the gradient. The parts of the batch run side
    /// by side on the current rayon pool, each on one thread with a copy of the model of its own (a
    /// graph of Burn's is behind a lock), and what they give is added in their order: the weights
    /// are the same to the bit for any number of threads.
    pub fn step<T: Task<Model = M>>(&mut self, task: &T) -> (f64, f64) {
        let count = self.parameters.values.len();
        let work: Vec<(M, T::Shard)> =
            task.shards(self.step).into_iter().map(|shard| (self.model.clone(), shard)).collect();
        let done: Vec<(f64, Vec<f32>)> = work
            .into_par_iter()
            .with_max_len(1)
            .map(|(model, shard)| {
                let model = model.train();
                let loss = task.loss(&model, shard);
                let back = loss.backward();
                (f64::from(loss.into_scalar::<f32>()), gradients(&model, back, count))
            })
            .collect();
        let loss = done.iter().map(|(loss, _)| loss).sum();
        let mut parts: Vec<Vec<f32>> = done.into_iter().map(|(_, gradient)| gradient).collect();
        let length = add_up(&mut parts);
        let factor = match self.plan.clip {
            Some(most) if length > most => (most / length) as f32,
            _ => 1.0,
        };
        if let (Some(gradient), true) = (parts.first(), length.is_finite()) {
            let update = Update {
                step: self.step + 1,
                rate: self.plan.rate_at(self.step),
                factor,
                average: self.plan.kept_at(self.step),
            };
            let weights = &mut self.parameters.values;
            self.plan.optimiser.step(
                weights,
                gradient,
                &mut self.moments,
                &mut self.average,
                &update,
            );
            self.model = Parameters::put(self.model.clone(), &self.parameters.values);
        }
        self.step += 1;
        (loss, length)
    }

    /// The model as it would come out now: with the best validated weights, else the averaged ones,
    /// else the last.
    pub fn result(&self) -> M {
        match &self.best {
            Some((_, weights)) => Parameters::put(self.model.clone(), weights),
            None => self.current(),
        }
    }

    fn current(&self) -> M {
        if self.average.is_empty() {
            self.model.clone()
        } else {
            Parameters::put(self.model.clone(), &self.average)
        }
    }

    /// Takes the steps that are left, or fewer if the metric stays or the watcher wishes, and
    /// returns the model.
    ///
    /// # Errors
    /// If the loss is no longer a number, or a checkpoint could not be kept.
    pub fn run<T: Task<Model = M>>(&mut self, task: &T, watch: &mut dyn Watch) -> Result<M, Error> {
        let (started, first) = (Instant::now(), self.step);
        let at = |every: usize, step: usize| every > 0 && step.is_multiple_of(every);
        while self.step < self.plan.steps && !self.exhausted() {
            let (loss, gradient) = self.step(task);
            if !loss.is_finite() || !gradient.is_finite() {
                let what = format!("the loss of step {} is not a number", self.step);
                return Err(Error::Training {
                    what,
                    hint: "lower the learning rate, or look for values that are not numbers",
                });
            }
            let last = self.step == self.plan.steps;
            let asked =
                at(self.plan.validate_every, self.step) || (last && self.plan.validate_every > 0);
            let metric = if asked { task.validate(&self.current()) } else { None };
            if let Some(metric) = metric {
                self.judge(metric);
            }
            if at(self.plan.keep_every, self.step) {
                watch.keep(&self.to_bytes()?)?;
            }
            let spent = started.elapsed().as_secs_f64() / (self.step - first) as f64;
            let progress = Report {
                step: self.step,
                steps: self.plan.steps,
                loss,
                gradient,
                metric,
                best: self.best.as_ref().map(|(metric, _)| *metric),
                left: Duration::from_secs_f64(spent * (self.plan.steps - self.step) as f64),
            };
            if watch.progress(&progress).is_break() {
                break;
            }
        }
        Ok(self.result())
    }

    fn exhausted(&self) -> bool {
        self.plan.patience > 0 && self.stale >= self.plan.patience
    }

    fn judge(&mut self, metric: f64) {
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

/// Lets the C library keep what is freed. GNU's gives memory back to the system as soon as more
/// lies free than twice the largest block that was freed so far (mallopt(3), M_MMAP_THRESHOLD), and
/// to get the activations of a step anew, page by page, takes up to a third of the step. Elsewhere
/// this does nothing.
fn keep_memory() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // The largest block that counts is 32 MiB.
    ONCE.call_once(|| drop(std::hint::black_box(vec![0u8; 31 << 20])));
}

#[cfg(test)]
mod tests;
