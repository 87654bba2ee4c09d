//! Pre-training without labels: some tokens of a clip are masked, and the encoder learns to restore
//! their motion, or the worn sensor's signal, from the rest (masked modelling, Devlin et al. 2019;
//! on skeletons Wu et al. 2023). What it learns about how bodies move needs no labels.

use crate::encoder::{Encoder, RestoredTokens};
use crate::train::{
    self, AdamW, BatchOrder, Checkpoint, EpochProgress, EpochTraining, TrainingConfig,
    TrainingPlan, TrainingTask, split_evenly, training_identity,
};
use agoge_model::error::ModelError;
use agoge_model::motion::Motion;
use agoge_model::size::EncoderSize;
use agoge_model::token::{
    CHANNELS, CONFIDENCE_CHANNEL, ClipTokens, MOTION_CHANNELS, PARTS, SAMPLE_CHANNELS,
    SENSOR_CHANNELS, SENSOR_SLOT, SLOTS, TIMES, visible_slots,
};
use burn::tensor::{Tensor, TensorData};
use fastrand::Rng;

/// Share of the tokens that are masked.
const MASKED_SHARE: f64 = 0.4;
/// In this share of the clips whole parts are masked for their full length; in an equal share,
/// whole instants of the full body; in the rest, single tokens.
const WHOLE_MASK_SHARE: f64 = 0.3;

/// Trains an encoder on motions without labels; the config gives the sizes, steps and augmentation.
/// The same motions and config give the same weights, whatever the number of threads.
///
/// # Errors
/// Without motions, or if the loss is not finite.
pub fn pretrain_encoder(
    motions: &[Motion],
    config: &TrainingConfig,
    progress: &mut (dyn FnMut(EpochProgress) + Send),
) -> Result<(Encoder, EncoderSize), ModelError> {
    resume_pretraining(motions, config, None, progress)
}

/// Like [`pretrain_encoder`], but saves a checkpoint after every epoch and can resume from one: the
/// losses and weights are those of an uninterrupted training.
///
/// # Errors
/// As for [`pretrain_encoder`]; also for a checkpoint of another training, and if a checkpoint
/// could not be saved.
pub fn resume_pretraining(
    motions: &[Motion],
    config: &TrainingConfig,
    checkpoint: Option<Checkpoint>,
    progress: &mut (dyn FnMut(EpochProgress) + Send),
) -> Result<(Encoder, EncoderSize), ModelError> {
    if motions.is_empty() {
        let hint = "give manifests of recordings in which a body is seen";
        return Err(ModelError::Clips { what: "there are no clips".to_owned(), hint });
    }
    let size = config.encoder_size(1);
    let encoder = Encoder::seeded(&size, &train::training_device(), config.seed);
    let order =
        BatchOrder { count: motions.len(), batch: config.batch, seed: config.seed ^ 0xba5e };
    let plan = TrainingPlan {
        optimiser: AdamW { decay: config.weight_decay, ..AdamW::default() },
        ..TrainingPlan::new(config.epochs * order.batches_per_round(), config.learning_rate)
    };
    let course = EpochTraining {
        plan,
        order,
        epochs: config.epochs,
        identity: training_identity(config, motions.iter()),
    };
    let encoder = course.run_epochs(
        &encoder,
        &RestoreTask { motions, config, order },
        checkpoint,
        progress,
    )?;
    Ok((encoder, size))
}

/// The task of restoring masked motion.
struct RestoreTask<'a> {
    motions: &'a [Motion],
    config: &'a TrainingConfig,
    order: BatchOrder,
}

/// The tokens of a clip and which of them are masked.
#[derive(Clone)]
struct MaskedRow {
    tokens: ClipTokens,
    /// `[time, slot]`.
    masked: Vec<bool>,
}

/// A shard of a batch.
struct MaskedShard {
    rows: Vec<MaskedRow>,
    causal: bool,
    /// Numbers of masked tokens in the whole batch that were observed: of the body, and of the
    /// sensor.
    targets: [usize; 2],
}

impl TrainingTask for RestoreTask<'_> {
    type Model = Encoder;
    type Shard = MaskedShard;

    fn batch_shards(&self, step: usize) -> Vec<MaskedShard> {
        let mut rng = self.order.step_rng(step);
        let causal = rng.f64() < self.config.augment.live;
        let rows: Vec<MaskedRow> = self
            .order
            .step_examples(step)
            .into_iter()
            .map(|i| {
                let tokens = self.motions[i].varied_tokens(&mut rng, &self.config.augment);
                MaskedRow { masked: draw_mask(&mut rng, tokens.sensor.is_some()), tokens }
            })
            .collect();
        let count = |targets_of: fn(&MaskedRow) -> Vec<bool>| {
            rows.iter().flat_map(targets_of).filter(|target| *target).count()
        };
        let targets = [count(MaskedRow::body_targets), count(MaskedRow::sensor_targets)];
        split_evenly(&rows, train::SHARDS)
            .into_iter()
            .map(|rows| MaskedShard { rows, causal, targets })
            .collect()
    }

    fn shard_loss(&self, encoder: &Encoder, shard: MaskedShard) -> Tensor<1> {
        let MaskedShard { rows, causal, targets } = shard;
        let n = rows.len();
        let device = encoder.device();
        let floats = |values: Vec<f32>, shape: [usize; 4]| {
            Tensor::<4>::from_data(TensorData::new(values, shape), &device)
        };
        // The squared error, averaged over the targets of the whole batch; `target` has the shape
        // of `restored`, and `counts` tells whether a token is a target.
        let squared_error =
            |restored: Tensor<4>, target: Vec<f32>, counts: Vec<bool>, all: usize| {
                let [n, times, slots, channels] = restored.dims();
                let counts =
                    counts.into_iter().map(|counts| if counts { 1.0 } else { 0.0 }).collect();
                let error = restored - floats(target, [n, times, slots, channels]);
                (error.clone() * error * floats(counts, [n, times, slots, 1]))
                    .sum()
                    .div_scalar((all * channels).max(1) as f64)
            };
        let (moved, felt): (Vec<bool>, Vec<bool>) = (
            rows.iter().flat_map(MaskedRow::body_targets).collect(),
            rows.iter().flat_map(MaskedRow::sensor_targets).collect(),
        );
        let (tokens, masked): (Vec<ClipTokens>, Vec<Vec<bool>>) =
            rows.into_iter().map(|row| (row.tokens, row.masked)).unzip();
        let slots = visible_slots(&tokens);
        let masked: Vec<bool> = masked
            .iter()
            .flat_map(|mask| mask.chunks_exact(SLOTS).flat_map(|slot| &slot[slots.clone()]))
            .copied()
            .collect();
        let mut batch = train::encoder_batch(&tokens, causal, &device);
        batch.masked =
            Some(Tensor::from_data(TensorData::new(masked, [n, TIMES, slots.len()]), &device));
        let RestoredTokens { motion, sensed } = encoder.restore_tokens(batch);
        let motion = motion.map(|restored| {
            let moving = tokens
                .iter()
                .flat_map(|clip| clip.values.chunks_exact(CHANNELS))
                .flat_map(|token| &token[..MOTION_CHANNELS]);
            squared_error(restored, moving.copied().collect(), moved, targets[0])
        });
        let sensed = sensed.map(|restored| {
            let samples = tokens
                .iter()
                .flat_map(|clip| clip.sensor_values().chunks_exact(SENSOR_CHANNELS))
                .flat_map(|token| &token[..SAMPLE_CHANNELS]);
            squared_error(restored, samples.copied().collect(), felt, targets[1])
        });
        match (motion, sensed) {
            (Some(motion), Some(sensed)) => motion + sensed,
            (motion, sensed) => motion.or(sensed).unwrap_or_else(|| Tensor::zeros([1], &device)),
        }
    }
}

impl MaskedRow {
    /// Whether each token of the body is a target: masked and observed, `[time, part]`.
    fn body_targets(&self) -> Vec<bool> {
        let masked = self.masked.chunks_exact(SLOTS).flat_map(|slot| &slot[..SENSOR_SLOT]);
        let tokens = self.tokens.values.chunks_exact(CHANNELS);
        masked
            .zip(tokens)
            .map(|(masked, token)| *masked && token[CONFIDENCE_CHANNEL] > 0.0)
            .collect()
    }

    /// Whether each token of the sensor is a target: masked and observed, `[time]`.
    fn sensor_targets(&self) -> Vec<bool> {
        let seen = !self.tokens.hidden[SENSOR_SLOT];
        self.masked.chunks_exact(SLOTS).map(|slot| seen && slot[SENSOR_SLOT]).collect()
    }
}

/// Draws which tokens are masked, `[time, slot]`; the sensor's only if one is worn.
fn draw_mask(rng: &mut Rng, worn: bool) -> Vec<bool> {
    let mode = rng.f64();
    let count = PARTS.len() + usize::from(worn);
    let slots: Vec<bool> = (0..count).map(|_| rng.f64() < MASKED_SHARE).collect();
    let times: Vec<bool> = (0..TIMES).map(|_| rng.f64() < MASKED_SHARE).collect();
    let mut masked = vec![false; TIMES * SLOTS];
    for (time, masked) in masked.chunks_exact_mut(SLOTS).enumerate() {
        for (slot, masked) in masked.iter_mut().take(count).enumerate() {
            *masked = if mode < WHOLE_MASK_SHARE {
                slots[slot]
            } else if mode < 2.0 * WHOLE_MASK_SHARE {
                times[time]
            } else {
                rng.f64() < MASKED_SHARE
            };
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_model::simulated::simulated_motion;
    use agoge_model::simulated::simulated_sensor as sensor;
    use agoge_motion::simulate::{Exercise, SimulatedSet};

    /// The losses of the first and the last epoch.
    fn first_and_last_loss(motions: &[Motion], epochs: usize) -> (f64, f64) {
        let config = TrainingConfig {
            width: 24,
            heads: 2,
            blocks: 1,
            feed_forward: 48,
            epochs,
            batch: 12,
            learning_rate: 5e-3,
            ..TrainingConfig::default()
        };
        let mut losses = Vec::new();
        pretrain_encoder(motions, &config, &mut |progress| losses.push(progress.loss)).unwrap();
        (losses[0], losses[losses.len() - 1])
    }

    fn simulated_motions(worn: bool) -> Vec<Motion> {
        let simulated = |seed: u32, exercise: Exercise| {
            let set = SimulatedSet {
                repetitions: 1,
                seed: u64::from(seed),
                rate_hz: 30.0,
                ..SimulatedSet::new(exercise)
            };
            let mut motion = simulated_motion(&set);
            let (speed, size) = if exercise == Exercise::Squat { (4.0, 0.5) } else { (7.0, 1.0) };
            let felt =
                |t: f32| [size * (speed * t).sin(), 0.2, 1.0, size * (speed * t).cos(), 0.0, size];
            motion.sensor = worn.then(|| sensor(motion.duration_s(), felt));
            motion
        };
        (0..12)
            .flat_map(|seed| {
                [Exercise::Squat, Exercise::OverheadReach].map(|exercise| simulated(seed, exercise))
            })
            .collect()
    }

    /// Motion can be predicted from the rest of the body: the loss falls well below that of
    /// predicting zero.
    #[test]
    fn masked_motion_is_restored() {
        let (first, last) = first_and_last_loss(&simulated_motions(false), 60);
        assert!(last < 0.25 * first, "{first} to {last}");
    }

    /// So can a sensor's signal, alone and together with a body.
    #[test]
    fn a_masked_sensor_is_restored() {
        let both = simulated_motions(true);
        let alone: Vec<Motion> = both.iter().map(Motion::without_body).collect();
        for motions in [both, alone] {
            let (first, last) = first_and_last_loss(&motions, 60);
            assert!(last < 0.25 * first, "{first} to {last}");
        }
    }

    #[test]
    fn only_what_is_shown_is_restored() {
        let draw = |worn: bool| draw_mask(&mut Rng::with_seed(5), worn);
        assert!(draw(false).chunks(SLOTS).all(|slots| !slots[SENSOR_SLOT]));
        let masked: usize = (0..100)
            .map(|seed| draw_mask(&mut Rng::with_seed(seed), true))
            .map(count_masked_sensors)
            .sum();
        // Four tenths of 100 · 12 tokens, with some clips masking the whole sensor or whole
        // instants.
        assert!((360..=600).contains(&masked), "{masked}");
    }

    /// Number of masked tokens of the sensor.
    fn count_masked_sensors(mask: Vec<bool>) -> usize {
        mask.chunks(SLOTS).filter(|slots| slots[SENSOR_SLOT]).count()
    }
}
