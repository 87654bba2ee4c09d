//! Convolutional networks over time: a plain one (after Wang, Yan & Oates 2017) and a temporal one
//! whose causal convolutions double their reach from block to block (Bai, Kolter & Koltun 2018).
//! Both learn all movements in one network, with the losses, optimiser and augmentation of the
//! attention model.

use agoge_model::error::ModelError;
use agoge_model::methods::fusion::too_few_clips;
use agoge_model::methods::series::{self, SeriesRegion};
use agoge_model::methods::{ClipPrediction, LearningMethod, LearningTask, Predictor};
use agoge_model::motion::Motion;
use agoge_model::size::EPSILON;
use agoge_model::token::{LabelledClip, PARTS};
use agoge_train::burn;
use agoge_train::burn::module::Module;
use agoge_train::burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use agoge_train::burn::tensor::activation::gelu;
use agoge_train::burn::tensor::{Device, Tensor, TensorData};
use agoge_train::ops;
use agoge_train::train::{
    self, BatchOrder, BatchTotals, ClipLabel, ModelParameters, Trainer, TrainingConfig,
    TrainingPlan, training_device,
};
use fastrand::Rng;
use rayon::prelude::*;

/// Samples per series.
const LENGTH: usize = 64;
/// Channels: positions, bone directions and the worn sensor's signals; zero where the body or the
/// sensor is missing.
const CHANNELS: usize = 3 * (PARTS.len() + series::BONES) + series::WORN_CHANNELS;
/// Clips judged at a time.
const CHUNK_CLIPS: usize = 32;

/// A convolutional network to be trained.
#[derive(Clone, Debug)]
pub(super) struct ConvolutionalMethod {
    layers: Vec<LayerShape>,
    config: TrainingConfig,
}

/// The shape of a layer.
#[derive(Clone, Copy, Debug)]
struct LayerShape {
    width: usize,
    /// Samples that a convolution combines, and their spacing.
    kernel: usize,
    dilation: usize,
    kind: LayerKind,
}

/// The kind of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LayerKind {
    /// One convolution that looks both ways; afterwards every two samples are averaged into one.
    Halving,
    /// Two convolutions that look back only, with a residual connection.
    Residual,
    /// One convolution that looks back only.
    Causal,
}

impl ConvolutionalMethod {
    /// Three convolutions, each over half as many samples as the one before; about 60 000 weights.
    pub(super) fn plain_network(config: TrainingConfig) -> ConvolutionalMethod {
        let layer = |width| LayerShape { width, kernel: 5, dilation: 1, kind: LayerKind::Halving };
        ConvolutionalMethod { layers: [40, 48, 56].map(layer).to_vec(), config }
    }

    /// A map to 44 channels and four residual blocks with dilations of 1 to 8, which cover the
    /// whole clip; about 60 000 weights.
    pub(super) fn temporal_network(config: TrainingConfig) -> ConvolutionalMethod {
        let input = LayerShape { width: 44, kernel: 1, dilation: 1, kind: LayerKind::Causal };
        let block =
            |dilation| LayerShape { width: 44, kernel: 3, dilation, kind: LayerKind::Residual };
        let layers = [vec![input], [1, 2, 4, 8].map(block).to_vec()].concat();
        ConvolutionalMethod { layers, config }
    }
}

impl LearningMethod for ConvolutionalMethod {
    fn learn_task(
        &self,
        clips: &[&LabelledClip],
        movements: &[String],
        task: LearningTask,
        seed: u64,
    ) -> Result<Box<dyn Predictor>, ModelError> {
        let known: Vec<(&LabelledClip, ClipLabel)> = (clips.iter())
            .filter_map(|clip| {
                Some((*clip, ClipLabel { class: clip.class_index(movements)?, label: clip.label }))
            })
            .collect();
        let suffices = match task {
            LearningTask::Quality => known.iter().any(|(_, truth)| truth.label.is_some()),
            LearningTask::Movement => {
                known.iter().any(|(_, truth)| truth.class != known[0].1.class)
            }
        };
        if !suffices {
            return Err(too_few_clips(clips.len()));
        }
        let TrainingConfig { epochs, batch, learning_rate, weight_decay, .. } = self.config;
        let network = draw_weights(
            ConvolutionalNetwork::new(&self.layers, movements.len(), &training_device()),
            seed,
        );
        let order = BatchOrder { count: known.len(), batch, seed: seed ^ 0x5eed };
        let mut plan = TrainingPlan {
            average_decay: Some(train::AVERAGE_DECAY),
            ..TrainingPlan::new(epochs * order.batches_per_round(), learning_rate)
        };
        plan.optimiser.decay = weight_decay;
        let lesson = ConvolutionTask { clips: &known, movements, config: &self.config, order };
        let network = Trainer::new(&network, plan).run_steps(&lesson, &mut ())?;
        Ok(Box::new(LearnedConvolution { network: network.valid(), movements: movements.to_vec() }))
    }
}

/// The training task on augmented clips.
struct ConvolutionTask<'a> {
    clips: &'a [(&'a LabelledClip, ClipLabel)],
    movements: &'a [String],
    config: &'a TrainingConfig,
    order: BatchOrder,
}

/// Some augmented clips of a batch.
struct SeriesShard {
    rows: Vec<(Vec<f32>, ClipLabel)>,
    whole: BatchTotals,
}

impl train::TrainingTask for ConvolutionTask<'_> {
    type Model = ConvolutionalNetwork;
    type Shard = SeriesShard;

    fn batch_shards(&self, step: usize) -> Vec<SeriesShard> {
        let mut rng = self.order.step_rng(step);
        let vary = |i: usize| {
            let (clip, truth) = self.clips[i];
            let augment = self.config.augment.for_movement(&clip.movement);
            (
                input_values(
                    &agoge_model::sides::face_active_side(&clip.motion, self.movements)
                        .varied_motion(&mut rng, &augment),
                ),
                truth,
            )
        };
        let rows: Vec<(Vec<f32>, ClipLabel)> =
            self.order.step_examples(step).into_iter().map(vary).collect();
        let (parts, whole) = train::split_shards(&rows);
        parts.into_iter().map(|rows| SeriesShard { rows, whole }).collect()
    }

    fn shard_loss(&self, network: &ConvolutionalNetwork, shard: SeriesShard) -> Tensor<1> {
        let SeriesShard { rows, whole } = shard;
        let (values, truths): (Vec<Vec<f32>>, Vec<ClipLabel>) = rows.into_iter().unzip();
        let [movement, quality] = network.predict_logits(input_tensor(&values, &network.device()));
        debug_assert_eq!(movement.dims()[1], self.movements.len());
        train::supervised_loss(movement, quality, &truths, whole, self.config.pairs)
    }
}

/// A trained network and the movements it knows.
struct LearnedConvolution {
    network: ConvolutionalNetwork,
    movements: Vec<String>,
}

impl Predictor for LearnedConvolution {
    fn predict_clips(&self, clips: &[&LabelledClip]) -> Vec<ClipPrediction> {
        let judge_chunk = |clips: &[&LabelledClip]| -> Vec<ClipPrediction> {
            let values: Vec<Vec<f32>> = clips
                .iter()
                .map(|clip| {
                    input_values(&agoge_model::sides::face_active_side(
                        &clip.motion,
                        &self.movements,
                    ))
                })
                .collect();
            let [movement, quality] =
                self.network.predict_logits(input_tensor(&values, &self.network.device()));
            let [movement, quality] = [movement, quality]
                .map(|logits| logits.into_data().iter::<f32>().collect::<Vec<_>>());
            let prediction = |(i, clip): (usize, &&LabelledClip)| {
                let row = i * self.movements.len()..(i + 1) * self.movements.len();
                let quality = clip
                    .class_index(&self.movements)
                    .map_or(0.0, |class| quality[row.clone()][class]);
                ClipPrediction { movement: movement[row].to_vec(), quality, distance: None }
            };
            clips.iter().enumerate().map(prediction).collect()
        };
        clips.par_chunks(CHUNK_CLIPS).flat_map(judge_chunk).collect()
    }

    fn parameter_count(&self) -> usize {
        ModelParameters::from_model(&self.network).values.len()
    }
}

/// The network's input for a motion, `[time, channel]`.
fn input_values(motion: &Motion) -> Vec<f32> {
    let series = series::part_positions(motion, LENGTH, SeriesRegion::Body)
        .join_channels(series::bone_directions(motion, LENGTH, SeriesRegion::Body))
        .join_channels(series::sensor_channels(motion, LENGTH));
    series.to_rows()
}

fn input_tensor(rows: &[Vec<f32>], device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(rows.concat(), [rows.len(), LENGTH, CHANNELS]), device)
}

/// Random weights, the same on every machine: matrices uniform by the width of their input (He et
/// al. 2015), gains one, biases zero.
fn draw_weights(network: ConvolutionalNetwork, seed: u64) -> ConvolutionalNetwork {
    let mut rng = Rng::with_seed(seed);
    let mut values = Vec::new();
    for (path, shape) in ModelParameters::from_model(&network).layout {
        let bound = if shape.len() > 1 { (3.0 / shape[0] as f32).sqrt() } else { 0.0 };
        let middle = if path.ends_with("gamma") { 1.0 } else { 0.0 };
        values
            .extend((0..shape.iter().product()).map(|_| middle + bound * (2.0 * rng.f32() - 1.0)));
    }
    ModelParameters::replace_values(network, &values)
}

/// The network and its heads.
#[derive(Module, Debug)]
struct ConvolutionalNetwork {
    layers: Vec<Layer>,
    movement: Linear,
    quality: Linear,
}

/// A layer of one or two convolutions.
#[derive(Module, Debug)]
struct Layer {
    convolutions: Vec<TimeConvolution>,
    residual: bool,
    halving: bool,
}

/// A convolution over time, followed by layer norm (which does not depend on the batch) and GELU.
#[derive(Module, Debug)]
struct TimeConvolution {
    /// `[kernel · in, out]`.
    map: Linear,
    norm: LayerNorm,
    kernel: usize,
    dilation: usize,
    causal: bool,
}

impl ConvolutionalNetwork {
    fn new(layers: &[LayerShape], movements: usize, device: &Device) -> ConvolutionalNetwork {
        let mut width = CHANNELS;
        let mut layer = |shape: &LayerShape| {
            let count = if shape.kind == LayerKind::Residual { 2 } else { 1 };
            let mut convolution = || {
                let convolution = TimeConvolution {
                    map: LinearConfig::new(shape.kernel * width, shape.width).init(device),
                    norm: LayerNormConfig::new(shape.width).init(device),
                    kernel: shape.kernel,
                    dilation: shape.dilation,
                    causal: shape.kind != LayerKind::Halving,
                };
                width = shape.width;
                convolution
            };
            let convolutions = (0..count).map(|_| convolution()).collect();
            let (residual, halving) =
                (shape.kind == LayerKind::Residual, shape.kind == LayerKind::Halving);
            Layer { convolutions, residual, halving }
        };
        let layers: Vec<Layer> = layers.iter().map(&mut layer).collect();
        let head = || LinearConfig::new(2 * width, movements).init(device);
        ConvolutionalNetwork { layers, movement: head(), quality: head() }
    }

    /// Logits of the movement, and of the quality for each movement, both `[batch, movement]`, from
    /// `[batch, time, channel]`.
    fn predict_logits(&self, x: Tensor<3>) -> [Tensor<2>; 2] {
        let x = self.layers.iter().fold(x, |x, layer| layer.apply_layer(x));
        let [batch, _, width] = x.dims();
        let mean = x.clone().mean_dim(1).reshape([batch, width]);
        let most = x.max_dim(1).reshape([batch, width]);
        let embedding = Tensor::cat(vec![mean, most], 1);
        [self.movement.forward(embedding.clone()), self.quality.forward(embedding)]
    }

    fn device(&self) -> Device {
        self.movement.weight.val().device()
    }
}

impl Layer {
    fn apply_layer(&self, x: Tensor<3>) -> Tensor<3> {
        let y = self
            .convolutions
            .iter()
            .fold(x.clone(), |y, convolution| convolution.apply_convolution(y));
        let y = if self.residual { x + y } else { y };
        let [batch, time, width] = y.dims();
        if !self.halving {
            return y;
        }
        y.reshape([batch * time / 2, 2, width]).mean_dim(1).reshape([batch, time / 2, width])
    }
}

impl TimeConvolution {
    /// Maps `[batch, time, in]` to `[batch, time, out]`; samples beyond the ends count as zero.
    fn apply_convolution(&self, x: Tensor<3>) -> Tensor<3> {
        let y = ops::linear_map(
            self.gather_taps(x),
            self.map.weight.val(),
            self.map.bias.as_ref().map(|bias| bias.val()),
        );
        let beta = self
            .norm
            .beta
            .as_ref()
            .map_or_else(|| self.norm.gamma.val().zeros_like(), |beta| beta.val());
        gelu(ops::layer_norm(y, self.norm.gamma.val(), beta, EPSILON))
    }

    /// The samples under the kernel at each instant, `[batch, time, kernel · in]`.
    fn gather_taps(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, time, width] = x.dims();
        let reach = (self.kernel - 1) * self.dilation;
        let before = if self.causal { reach } else { reach / 2 };
        if reach == 0 {
            return x;
        }
        let zeros = |n: usize| Tensor::zeros([batch, n, width], &x.device());
        let mut parts = vec![zeros(before), x.clone()];
        if before < reach {
            parts.push(zeros(reach - before));
        }
        let wide = Tensor::cat(parts, 1);
        let tap = |k: usize| wide.clone().narrow(1, k * self.dilation, time);
        Tensor::cat((0..self.kernel).map(tap).collect(), 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build_network(shapes: &ConvolutionalMethod) -> ConvolutionalNetwork {
        draw_weights(ConvolutionalNetwork::new(&shapes.layers, 10, &Device::flex()), 1)
    }

    fn tensor_values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().iter::<f32>().collect()
    }

    #[test]
    fn both_are_of_the_size_of_the_attention_model() {
        for shapes in [
            ConvolutionalMethod::plain_network(TrainingConfig::default()),
            ConvolutionalMethod::temporal_network(TrainingConfig::default()),
        ] {
            let count = ModelParameters::from_model(&build_network(&shapes)).values.len();
            assert!((50_000..70_000).contains(&count), "{count}");
        }
    }

    /// The convolution written out as the sum over taps, input channels and instants.
    #[test]
    fn a_convolution_is_the_sum_of_the_books() {
        let (time, input, output) = (9, 2, 3);
        let x: Vec<f32> = (0..time * input).map(|i| (i as f32 * 0.7).sin()).collect();
        for (causal, dilation) in [(true, 2), (false, 1)] {
            let kind = if causal { LayerKind::Causal } else { LayerKind::Halving };
            let map = LinearConfig::new(3 * input, output).init(&Device::flex());
            let norm = LayerNormConfig::new(output).init(&Device::flex());
            let convolution = TimeConvolution {
                map,
                norm,
                kernel: 3,
                dilation,
                causal: kind == LayerKind::Causal,
            };
            let rows = Tensor::<3>::from_data(
                TensorData::new(x.clone(), [1, time, input]),
                &Device::flex(),
            );
            let weight = tensor_values(convolution.map.weight.val());
            let gathered = convolution.gather_taps(rows);
            let ours = tensor_values(ops::linear_map(gathered, convolution.map.weight.val(), None));
            for t in 0..time {
                for o in 0..output {
                    let mut sum = 0.0;
                    for k in 0..3 {
                        let ahead = if causal { 0 } else { 1 };
                        let at = t as i64 + (k as i64 - 2 + ahead) * dilation as i64;
                        if (0..time as i64).contains(&at) {
                            sum += (0..input)
                                .map(|c| {
                                    weight[(k * input + c) * output + o]
                                        * x[at as usize * input + c]
                                })
                                .sum::<f32>();
                        }
                    }
                    assert!((ours[t * output + o] - sum).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn a_temporal_network_looks_back_only_and_over_the_whole_clip() {
        let network =
            build_network(&ConvolutionalMethod::temporal_network(TrainingConfig::default()));
        let run = |changed: Option<usize>| {
            let mut x = vec![0.1f32; LENGTH * CHANNELS];
            if let Some(t) = changed {
                x[t * CHANNELS..(t + 1) * CHANNELS]
                    .iter_mut()
                    .enumerate()
                    .for_each(|(c, v)| *v = (c as f32).sin());
            }
            let x =
                Tensor::<3>::from_data(TensorData::new(x, [1, LENGTH, CHANNELS]), &Device::flex());
            tensor_values(network.layers.iter().fold(x, |x, layer| layer.apply_layer(x)))
        };
        let width = 44;
        let (unchanged, late, early) = (run(None), run(Some(40)), run(Some(3)));
        assert_eq!(unchanged[..40 * width], late[..40 * width]);
        assert_ne!(unchanged[40 * width..41 * width], late[40 * width..41 * width]);
        assert_ne!(unchanged[63 * width..], early[63 * width..]);
    }
}
