//! Training of the encoder: cross-entropy on the movement and logistic loss on its quality, over
//! augmented repetitions. The submodules are the training loop for any model.

mod adamw;
mod checkpoint;
mod device;
mod epochs;
mod parameters;
mod plan;
mod trainer;
pub mod trial;

pub use adamw::AdamW;
pub use device::training_device;
pub(crate) use epochs::{EpochTraining, training_identity};
pub use parameters::ModelParameters;
pub use plan::{BatchOrder, TrainingPlan, split_evenly};
pub use trainer::{StepReport, Trainer, TrainingObserver, TrainingTask};

use crate::encoder::{BatchTokens, Encoder, SensorBatch, TokenBatch};
use crate::parameters::inherit_parameters;
use agoge_model::error::ModelError;
use agoge_model::methods::LABEL_SMOOTHING;
use agoge_model::model::Model;
use agoge_model::sides::face_active_side;
use agoge_model::size::EncoderSize;
use agoge_model::token::{
    Augmentation, CHANNELS, ClipTokens, LabelledClip, PARTS, SENSOR_CHANNELS, SENSOR_SLOT, TIMES,
    visible_slots,
};
use burn::tensor::activation::{log_sigmoid, log_softmax};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// Training settings. The defaults were fixed before any evaluation on held-out athletes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingConfig {
    /// Width of the embedding.
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Number of blocks.
    pub blocks: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
    /// How many times each repetition is seen.
    pub epochs: usize,
    /// Repetitions per step.
    pub batch: usize,
    /// Peak learning rate; it rises over the first tenth of the steps and then falls to zero along
    /// a cosine.
    pub learning_rate: f64,
    /// Weight decay (Loshchilov & Hutter 2019).
    pub weight_decay: f32,
    /// Weight of the pair loss within the quality loss, 0 to 1: a pair is two repetitions of which
    /// one is known to be better. The rest is the loss on the labels.
    pub pairs: f64,
    /// How clips are augmented.
    pub augment: Augmentation,
    /// Seed of the weights, the order and the augmentation.
    pub seed: u64,
}

impl TrainingConfig {
    /// Adapts the number of epochs to some number of clips: few clips are seen more often, so that
    /// training has as many steps as on 1600 clips.
    pub fn scale_epochs(self, clips: usize) -> TrainingConfig {
        let epochs = self.epochs * REFERENCE_CLIPS / clips.clamp(1, REFERENCE_CLIPS);
        TrainingConfig { epochs, ..self }
    }

    /// The sizes of an encoder for some number of movements.
    pub fn encoder_size(&self, movements: usize) -> EncoderSize {
        let TrainingConfig { width, heads, blocks, feed_forward, .. } = *self;
        EncoderSize { width, heads, blocks, feed_forward, movements }
    }
}

impl Default for TrainingConfig {
    fn default() -> TrainingConfig {
        TrainingConfig {
            width: 48,
            heads: 4,
            blocks: 2,
            feed_forward: 96,
            epochs: 24,
            batch: 32,
            learning_rate: 2e-3,
            weight_decay: 0.05,
            pairs: 0.0,
            augment: Augmentation { flat: 0.15, drop: 0.2, mirror: 0.3, live: 0.15, sense: 0.7 },
            seed: 1,
        }
    }
}

/// The number of clips for which `epochs` is meant.
const REFERENCE_CLIPS: usize = 1600;
/// Weight of the movement loss relative to the quality loss.
const MOVEMENT_WEIGHT: f64 = 0.2;
/// Shards that a batch is cut into. They are computed in parallel, and their number must not depend
/// on the machine.
pub const SHARDS: usize = 2;
/// Share of the averaged weights that a step keeps.
pub const AVERAGE_DECAY: f32 = 0.99;

/// Saves a checkpoint, given as a file's bytes; an error ends the training.
pub type SaveCheckpoint<'a> = dyn FnMut(&[u8]) -> Result<(), ModelError> + Send + 'a;

/// What an interrupted training needs to resume.
pub struct Checkpoint<'a> {
    /// The last saved checkpoint, to resume from.
    pub saved: Option<&'a [u8]>,
    /// Saves the checkpoint of each epoch except the last.
    pub save: &'a mut SaveCheckpoint<'a>,
}

/// Reported after each epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochProgress {
    /// Number of epochs finished.
    pub epoch: usize,
    /// Total number of epochs.
    pub epochs: usize,
    /// Mean loss over the epoch.
    pub loss: f64,
}

/// Trains an encoder on clips whose movements are among `movements`, starting from a pre-trained
/// one if `base` is given. The same clips, config and movements give the same weights, whatever the
/// number of threads.
///
/// # Errors
/// Without clips, for a clip of another movement, or if the loss is not finite.
pub fn train_encoder(
    clips: &[LabelledClip],
    movements: &[String],
    config: &TrainingConfig,
    base: Option<&Model>,
    progress: &mut (dyn FnMut(EpochProgress) + Send),
) -> Result<(Encoder, EncoderSize), ModelError> {
    resume_training(clips, movements, config, base, None, progress)
}

/// Like [`train_encoder`], but saves a checkpoint after every epoch and can resume from one: the
/// losses and weights are those of an uninterrupted training.
///
/// # Errors
/// As for [`train_encoder`]; also for a checkpoint of another training, and if a checkpoint could
/// not be saved.
pub fn resume_training(
    clips: &[LabelledClip],
    movements: &[String],
    config: &TrainingConfig,
    base: Option<&Model>,
    checkpoint: Option<Checkpoint>,
    progress: &mut (dyn FnMut(EpochProgress) + Send),
) -> Result<(Encoder, EncoderSize), ModelError> {
    let hint = "give a manifest with labelled recordings of several athletes";
    if clips.is_empty() {
        return Err(ModelError::Clips { what: "there are no clips".to_owned(), hint });
    }
    if let Some(unknown) = clips.iter().find(|clip| !movements.contains(&clip.movement)) {
        return Err(ModelError::Clips {
            what: format!("movement {} is not among those to learn", unknown.movement),
            hint,
        });
    }
    // A pre-trained encoder determines the sizes.
    let size = match base {
        Some(base) => EncoderSize { movements: movements.len(), ..base.size().clone() },
        None => config.encoder_size(movements.len()),
    };
    let encoder = Encoder::seeded(&size, &training_device(), config.seed);
    let encoder = match base {
        Some(base) => inherit_parameters(encoder, base.encoder_values()),
        None => encoder,
    };
    let order = BatchOrder { count: clips.len(), batch: config.batch, seed: config.seed ^ 0x5eed };
    let plan = TrainingPlan {
        optimiser: AdamW { decay: config.weight_decay, ..AdamW::default() },
        average_decay: Some(AVERAGE_DECAY),
        ..TrainingPlan::new(config.epochs * order.batches_per_round(), config.learning_rate)
    };
    let mut identity = training_identity(config, clips.iter().map(|clip| &clip.motion));
    for clip in clips {
        identity.add_bytes(clip.movement.as_bytes());
        identity.add_floats(&[clip.label.unwrap_or(-1.0)]);
    }
    let course = EpochTraining { plan, order, epochs: config.epochs, identity };
    let encoder = course.run_epochs(
        &encoder,
        &SupervisedTask { clips, movements, config, order },
        checkpoint,
        progress,
    )?;
    Ok((encoder, size))
}

/// Learning which movement a clip is and how well it was performed.
pub(crate) struct SupervisedTask<'a> {
    pub(crate) clips: &'a [LabelledClip],
    pub(crate) movements: &'a [String],
    pub(crate) config: &'a TrainingConfig,
    pub(crate) order: BatchOrder,
}

/// Some augmented clips of a batch.
pub(crate) struct ClipShard {
    rows: Vec<(ClipTokens, ClipLabel)>,
    causal: bool,
    totals: BatchTotals,
}

impl TrainingTask for SupervisedTask<'_> {
    type Model = Encoder;
    type Shard = ClipShard;

    fn batch_shards(&self, step: usize) -> Vec<ClipShard> {
        let mut rng = self.order.step_rng(step);
        let causal = rng.f64() < self.config.augment.live;
        let live = if causal { 1.0 } else { 0.0 };
        let rows: Vec<(ClipTokens, ClipLabel)> = self
            .order
            .step_examples(step)
            .into_iter()
            .map(|i| {
                let clip = &self.clips[i];
                let augment = Augmentation { live, ..self.config.augment };
                let class = clip.class_index(self.movements).unwrap_or(0);
                // A live stream does not know yet which side will be the active one.
                let (motion, augment) = match causal {
                    true => (Cow::Borrowed(&clip.motion), augment.for_movement(&clip.movement)),
                    false => (
                        face_active_side(&clip.motion, self.movements),
                        augment.for_facing(&clip.movement, self.movements),
                    ),
                };
                (motion.varied_tokens(&mut rng, &augment), ClipLabel { class, label: clip.label })
            })
            .collect();
        let (parts, whole) = split_shards(&rows);
        parts.into_iter().map(|rows| ClipShard { rows, causal, totals: whole }).collect()
    }

    fn shard_loss(&self, encoder: &Encoder, shard: ClipShard) -> Tensor<1> {
        let ClipShard { rows, causal, totals: whole } = shard;
        let (tokens, truths): (Vec<ClipTokens>, Vec<ClipLabel>) = rows.into_iter().unzip();
        let output = encoder.predict_batch(encoder_batch(&tokens, causal, &encoder.device()));
        supervised_loss(output.movement, output.quality, &truths, whole, self.config.pairs)
    }
}

/// What is known about a clip.
#[derive(Clone, Copy, Debug)]
pub struct ClipLabel {
    /// Index of its movement.
    pub class: usize,
    /// How well it was performed, 0 (incorrect) to 1 (correct), if it was labelled.
    pub label: Option<f32>,
}

impl ClipLabel {
    /// Whether this clip is known to be better than another clip of the same movement.
    fn is_better(&self, other: &ClipLabel) -> bool {
        let labels = self.label.zip(other.label);
        self.class == other.class && labels.is_some_and(|(label, other)| label > other)
    }
}

/// Totals of a whole batch, by which each shard's share of the loss is normalised.
#[derive(Clone, Copy, Debug, Default)]
pub struct BatchTotals {
    /// Number of clips.
    clips: usize,
    /// Number of labelled clips.
    judged: usize,
    /// Pairs within one shard of which one clip is known to be better than the other.
    pairs: usize,
}

/// Cuts a batch into shards that are computed in parallel, and counts its totals.
pub fn split_shards<T: Clone>(rows: &[(T, ClipLabel)]) -> (Vec<Vec<(T, ClipLabel)>>, BatchTotals) {
    let parts = split_evenly(rows, SHARDS);
    let mut whole = BatchTotals::default();
    for part in &parts {
        whole.clips += part.len();
        whole.judged += part.iter().filter(|(_, truth)| truth.label.is_some()).count();
        let worse = |(_, truth): &(T, ClipLabel)| {
            part.iter().filter(|(_, other)| truth.is_better(other)).count()
        };
        whole.pairs += part.iter().map(worse).sum::<usize>();
    }
    (parts, whole)
}

/// A shard's share of the loss of a batch, `[1]`: cross-entropy of the movement, and for quality
/// the logistic loss on the labels; a share `pairs` of the quality loss is that of all pairs of
/// which one clip is known to be better (RankNet, Burges et al. 2005), of one athlete or of two.
/// Shapes: `movement` and `quality` are the heads' outputs, `[clip, movement]`.
pub fn supervised_loss(
    movement: Tensor<2>,
    quality: Tensor<2>,
    truths: &[ClipLabel],
    whole: BatchTotals,
    pairs: f64,
) -> Tensor<1> {
    let [n, classes] = movement.dims();
    let device = movement.device();
    let mut chosen = vec![0.0f32; n * classes];
    let (mut target, mut judged) = (vec![0.5f32; n], vec![0.0f32; n]);
    for (row, truth) in truths.iter().enumerate() {
        chosen[row * classes + truth.class] = 1.0;
        if let Some(label) = truth.label {
            target[row] = label * (1.0 - LABEL_SMOOTHING) + (1.0 - label) * LABEL_SMOOTHING;
            judged[row] = 1.0;
        }
    }
    let matrix = |values: Vec<f32>, columns: usize| {
        Tensor::<2>::from_data(TensorData::new(values, [n, columns]), &device)
    };
    let (chosen, target, judged) = (matrix(chosen, classes), matrix(target, 1), matrix(judged, 1));
    let movement = -(log_softmax(movement, 1) * chosen.clone()).sum();
    let logit = (quality * chosen).sum_dim(1);
    let if_correct = log_sigmoid(logit.clone()) * target.clone();
    let if_incorrect = log_sigmoid(-logit.clone()) * (-target + 1.0);
    let mut quality =
        -((if_correct + if_incorrect) * judged).sum().div_scalar(whole.judged.max(1) as f64);
    if pairs > 0.0 {
        let better_than = |truth: &ClipLabel| {
            truths
                .iter()
                .map(|other| f32::from(u8::from(truth.is_better(other))))
                .collect::<Vec<_>>()
        };
        let better = truths.iter().flat_map(better_than).collect();
        let ahead = logit.clone().repeat_dim(1, n) - logit.transpose().repeat_dim(0, n);
        let order =
            -(log_sigmoid(ahead) * matrix(better, n)).sum().div_scalar(whole.pairs.max(1) as f64);
        quality = quality.mul_scalar(1.0 - pairs) + order.mul_scalar(pairs);
    }
    quality + movement.mul_scalar(MOVEMENT_WEIGHT / whole.clips as f64)
}

/// Batches the tokens of some clips.
pub fn encoder_batch(rows: &[ClipTokens], causal: bool, device: &Device) -> TokenBatch {
    encoder_batch_of_slots(rows, visible_slots(rows), causal, device)
}

/// Batches the tokens of some clips, restricted to a range of slots.
pub fn encoder_batch_of_slots(
    rows: &[ClipTokens],
    slots: Range<usize>,
    causal: bool,
    device: &Device,
) -> TokenBatch {
    let n = rows.len();
    let floats = |values: Vec<f32>, shape: [usize; 4]| {
        Tensor::<4>::from_data(TensorData::new(values, shape), device)
    };
    let body = || {
        let values = rows.iter().flat_map(|row| &row.values).copied().collect();
        floats(values, [n, TIMES, PARTS.len(), CHANNELS])
    };
    let sensor = || {
        let values = rows.iter().flat_map(ClipTokens::sensor_values).copied().collect();
        let carriers: Vec<i64> = rows.iter().map(|row| row.carrier_index() as i64).collect();
        SensorBatch {
            tokens: floats(values, [n, TIMES, 1, SENSOR_CHANNELS]),
            carrier: Tensor::from_data(TensorData::new(carriers, [n]), device),
        }
    };
    let hidden: Vec<bool> =
        rows.iter().flat_map(|row| &row.hidden[slots.clone()]).copied().collect();
    TokenBatch {
        tokens: match (slots.contains(&0), slots.contains(&SENSOR_SLOT)) {
            (false, _) => BatchTokens::Sensor(sensor()),
            (true, false) => BatchTokens::Body(body()),
            (true, true) => BatchTokens::Both(body(), sensor()),
        },
        hidden: Tensor::from_data(TensorData::new(hidden, [n, slots.len()]), device),
        times: rows.iter().flat_map(|row| &row.times).copied().collect(),
        masked: None,
        causal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cross-entropy, logistic loss and RankNet written out in double precision.
    #[test]
    fn the_loss_is_that_of_the_books() {
        let truth = |class: usize, label: Option<f32>| ClipLabel { class, label };
        let truths = [
            truth(0, Some(0.75)),
            truth(0, Some(0.0)),
            truth(1, Some(0.0)),
            truth(0, None),
            truth(0, Some(1.0)),
            truth(1, None),
        ];
        let output = |i: usize| (i as f64 * 1.7).sin() * 2.0;
        let [movement, quality] = [0, 100].map(|from| {
            let values: Vec<f32> = (0..2 * truths.len()).map(|i| output(from + i) as f32).collect();
            Tensor::<2>::from_data(TensorData::new(values, [truths.len(), 2]), &Device::flex())
        });
        let rows: Vec<((), ClipLabel)> = truths.iter().map(|truth| ((), *truth)).collect();
        // The shards are the first three and the last three clips; only the first shard has a pair:
        // its first clip is better than its second.
        let (parts, whole) = split_shards(&rows);
        assert_eq!((parts.len(), whole.clips, whole.judged, whole.pairs), (2, 6, 4, 1));

        let logistic = |x: f64| -(1.0 / (1.0 + (-x).exp())).ln();
        let soft = f64::from(LABEL_SMOOTHING);
        let (mut labels, mut movements) = (0.0, 0.0);
        for (i, truth) in truths.iter().enumerate() {
            let logit = output(100 + 2 * i + truth.class);
            if let Some(label) = truth.label {
                let target = soft + (1.0 - 2.0 * soft) * f64::from(label);
                labels += target * logistic(logit) + (1.0 - target) * logistic(-logit);
            }
            let both = output(2 * i).exp() + output(2 * i + 1).exp();
            movements -= (output(2 * i + truth.class).exp() / both).ln();
        }
        let order = logistic(output(100) - output(102));
        let shard_loss = |rows: Range<usize>, pairs: f64| {
            let [movement, quality] =
                [&movement, &quality].map(|all| all.clone().narrow(0, rows.start, rows.len()));
            f64::from(
                supervised_loss(movement, quality, &truths[rows], whole, pairs)
                    .into_scalar::<f32>(),
            )
        };
        for pairs in [0.0, 0.4] {
            let expected =
                (1.0 - pairs) * labels / 4.0 + pairs * order + MOVEMENT_WEIGHT * movements / 6.0;
            let ours = shard_loss(0..3, pairs) + shard_loss(3..6, pairs);
            // The tolerance is single precision.
            assert!((ours - expected).abs() < 1e-5, "{ours} {expected}");
        }
    }
}
