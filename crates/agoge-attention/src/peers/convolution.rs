//! Convolutional networks over time: a plain one (after Wang, Yan & Oates 2017) and a temporal one
//! whose causal convolutions double their reach from block to block (Bai, Kolter & Koltun 2018).
//! Both learn all movements in one network, with the losses, optimiser and augmentation of the
//! attention model.

use super::fusion::too_few;
use super::series::{self, Region};
use super::{Judge, Method, Said, Task};
use crate::encoder::EPSILON;
use crate::error::Error;
use crate::motion::Motion;
use crate::ops;
use crate::token::{Clip, PARTS};
use crate::train::{self, Config, Order, Parameters, Plan, Trainer, Truth, Whole, device};
use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor, TensorData};
use fastrand::Rng;
use rayon::prelude::*;

/// Samples per series.
const LENGTH: usize = 64;
/// Channels: positions, bone directions and the worn sensor's signals; zero where the body or the
/// sensor is missing.
const CHANNELS: usize = 3 * (PARTS.len() + series::BONES) + series::WORN;
/// Clips judged at a time.
const AT_ONCE: usize = 32;

/// A convolutional network to be trained.
#[derive(Clone, Debug)]
pub(super) struct Convolutional {
    layers: Vec<Shape>,
    config: Config,
}

/// The shape of a layer.
#[derive(Clone, Copy, Debug)]
struct Shape {
    width: usize,
    /// Samples that a convolution combines, and their spacing.
    kernel: usize,
    dilation: usize,
    kind: Kind,
}

/// The kind of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One convolution that looks both ways; afterwards every two samples are averaged into one.
    Halving,
    /// Two convolutions that look back only, with a residual connection.
    Residual,
    /// One convolution that looks back only.
    Causal,
}

impl Convolutional {
    /// Three convolutions, each over half as many samples as the one before; about 60 000 weights.
    pub(super) fn plain(config: Config) -> Convolutional {
        let layer = |width| Shape { width, kernel: 5, dilation: 1, kind: Kind::Halving };
        Convolutional { layers: [40, 48, 56].map(layer).to_vec(), config }
    }

    /// A map to 44 channels and four residual blocks with dilations of 1 to 8, which cover the
    /// whole clip; about 60 000 weights.
    pub(super) fn temporal(config: Config) -> Convolutional {
        let input = Shape { width: 44, kernel: 1, dilation: 1, kind: Kind::Causal };
        let block = |dilation| Shape { width: 44, kernel: 3, dilation, kind: Kind::Residual };
        let layers = [vec![input], [1, 2, 4, 8].map(block).to_vec()].concat();
        Convolutional { layers, config }
    }
}

impl Method for Convolutional {
    fn learn(
        &self,
        clips: &[&Clip],
        movements: &[String],
        task: Task,
        seed: u64,
    ) -> Result<Box<dyn Judge>, Error> {
        let known: Vec<(&Clip, Truth)> = (clips.iter())
            .filter_map(|clip| {
                Some((*clip, Truth { class: clip.class(movements)?, label: clip.label }))
            })
            .collect();
        let suffices = match task {
            Task::Quality => known.iter().any(|(_, truth)| truth.label.is_some()),
            Task::Movement => known.iter().any(|(_, truth)| truth.class != known[0].1.class),
        };
        if !suffices {
            return Err(too_few(clips.len()));
        }
        let Config { epochs, batch, learning_rate, weight_decay, .. } = self.config;
        let network = drawn(Network::new(&self.layers, movements.len(), &device()), seed);
        let order = Order { count: known.len(), batch, seed: seed ^ 0x5eed };
        let mut plan = Plan {
            average: Some(train::AVERAGE),
            ..Plan::new(epochs * order.round(), learning_rate)
        };
        plan.optimiser.decay = weight_decay;
        let lesson = Lesson { clips: &known, movements, config: &self.config, order };
        let network = Trainer::new(&network, plan).run(&lesson, &mut ())?;
        Ok(Box::new(Learned { network: network.valid(), movements: movements.to_vec() }))
    }
}

/// The training task on augmented clips.
struct Lesson<'a> {
    clips: &'a [(&'a Clip, Truth)],
    movements: &'a [String],
    config: &'a Config,
    order: Order,
}

/// Some augmented clips of a batch.
struct Shard {
    rows: Vec<(Vec<f32>, Truth)>,
    whole: Whole,
}

impl train::Task for Lesson<'_> {
    type Model = Network;
    type Shard = Shard;

    fn shards(&self, step: usize) -> Vec<Shard> {
        let mut rng = self.order.random(step);
        let vary = |i: usize| {
            let (clip, truth) = self.clips[i];
            let augment = self.config.augment.of(&clip.movement);
            (
                input(
                    &train::facing(&clip.motion, self.movements).varied_motion(&mut rng, &augment),
                ),
                truth,
            )
        };
        let rows: Vec<(Vec<f32>, Truth)> =
            self.order.examples(step).into_iter().map(vary).collect();
        let (parts, whole) = train::parts(&rows);
        parts.into_iter().map(|rows| Shard { rows, whole }).collect()
    }

    fn loss(&self, network: &Network, shard: Shard) -> Tensor<1> {
        let Shard { rows, whole } = shard;
        let (values, truths): (Vec<Vec<f32>>, Vec<Truth>) = rows.into_iter().unzip();
        let [movement, quality] = network.forward(tensor(&values, &network.device()));
        debug_assert_eq!(movement.dims()[1], self.movements.len());
        train::loss(movement, quality, &truths, whole, self.config.pairs)
    }
}

/// A trained network and the movements it knows.
struct Learned {
    network: Network,
    movements: Vec<String>,
}

impl Judge for Learned {
    fn judge(&self, clips: &[&Clip]) -> Vec<Said> {
        let judge_chunk = |clips: &[&Clip]| -> Vec<Said> {
            let values: Vec<Vec<f32>> = clips
                .iter()
                .map(|clip| input(&train::facing(&clip.motion, &self.movements)))
                .collect();
            let [movement, quality] = self.network.forward(tensor(&values, &self.network.device()));
            let [movement, quality] = [movement, quality]
                .map(|logits| logits.into_data().iter::<f32>().collect::<Vec<_>>());
            let prediction = |(i, clip): (usize, &&Clip)| {
                let row = i * self.movements.len()..(i + 1) * self.movements.len();
                let quality =
                    clip.class(&self.movements).map_or(0.0, |class| quality[row.clone()][class]);
                Said { movement: movement[row].to_vec(), quality, distance: None }
            };
            clips.iter().enumerate().map(prediction).collect()
        };
        clips.par_chunks(AT_ONCE).flat_map(judge_chunk).collect()
    }

    fn parameters(&self) -> usize {
        Parameters::of(&self.network).values.len()
    }
}

/// The network's input for a motion, `[time, channel]`.
fn input(motion: &Motion) -> Vec<f32> {
    let series = series::positions(motion, LENGTH, Region::Body)
        .and(series::directions(motion, LENGTH, Region::Body))
        .and(series::worn(motion, LENGTH));
    series.rows()
}

fn tensor(rows: &[Vec<f32>], device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(rows.concat(), [rows.len(), LENGTH, CHANNELS]), device)
}

/// Random weights, the same on every machine: matrices uniform by the width of their input (He et
/// al. 2015), gains one, biases zero.
fn drawn(network: Network, seed: u64) -> Network {
    let mut rng = Rng::with_seed(seed);
    let mut values = Vec::new();
    for (path, shape) in Parameters::of(&network).layout {
        let bound = if shape.len() > 1 { (3.0 / shape[0] as f32).sqrt() } else { 0.0 };
        let middle = if path.ends_with("gamma") { 1.0 } else { 0.0 };
        values
            .extend((0..shape.iter().product()).map(|_| middle + bound * (2.0 * rng.f32() - 1.0)));
    }
    Parameters::put(network, &values)
}

/// The network and its heads.
#[derive(Module, Debug)]
struct Network {
    layers: Vec<Layer>,
    movement: Linear,
    quality: Linear,
}

/// A layer of one or two convolutions.
#[derive(Module, Debug)]
struct Layer {
    convolutions: Vec<Convolution>,
    residual: bool,
    halving: bool,
}

/// A convolution over time, followed by layer norm (which does not depend on the batch) and GELU.
#[derive(Module, Debug)]
struct Convolution {
    /// `[kernel · in, out]`.
    map: Linear,
    norm: LayerNorm,
    kernel: usize,
    dilation: usize,
    causal: bool,
}

impl Network {
    fn new(layers: &[Shape], movements: usize, device: &Device) -> Network {
        let mut width = CHANNELS;
        let mut layer = |shape: &Shape| {
            let count = if shape.kind == Kind::Residual { 2 } else { 1 };
            let mut convolution = || {
                let convolution = Convolution {
                    map: LinearConfig::new(shape.kernel * width, shape.width).init(device),
                    norm: LayerNormConfig::new(shape.width).init(device),
                    kernel: shape.kernel,
                    dilation: shape.dilation,
                    causal: shape.kind != Kind::Halving,
                };
                width = shape.width;
                convolution
            };
            let convolutions = (0..count).map(|_| convolution()).collect();
            let (residual, halving) = (shape.kind == Kind::Residual, shape.kind == Kind::Halving);
            Layer { convolutions, residual, halving }
        };
        let layers: Vec<Layer> = layers.iter().map(&mut layer).collect();
        let head = || LinearConfig::new(2 * width, movements).init(device);
        Network { layers, movement: head(), quality: head() }
    }

    /// Logits of the movement, and of the quality for each movement, both `[batch, movement]`, from
    /// `[batch, time, channel]`.
    fn forward(&self, x: Tensor<3>) -> [Tensor<2>; 2] {
        let x = self.layers.iter().fold(x, |x, layer| layer.forward(x));
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
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = self.convolutions.iter().fold(x.clone(), |y, convolution| convolution.forward(y));
        let y = if self.residual { x + y } else { y };
        let [batch, time, width] = y.dims();
        if !self.halving {
            return y;
        }
        y.reshape([batch * time / 2, 2, width]).mean_dim(1).reshape([batch, time / 2, width])
    }
}

impl Convolution {
    /// Maps `[batch, time, in]` to `[batch, time, out]`; samples beyond the ends count as zero.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let y = ops::linear(
            self.gathered(x),
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
    fn gathered(&self, x: Tensor<3>) -> Tensor<3> {
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

    fn network(shapes: &Convolutional) -> Network {
        drawn(Network::new(&shapes.layers, 10, &Device::flex()), 1)
    }

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().iter::<f32>().collect()
    }

    #[test]
    fn both_are_of_the_size_of_the_attention_model() {
        for shapes in
            [Convolutional::plain(Config::default()), Convolutional::temporal(Config::default())]
        {
            let count = Parameters::of(&network(&shapes)).values.len();
            assert!((50_000..70_000).contains(&count), "{count}");
        }
    }

    /// The convolution written out as the sum over taps, input channels and instants.
    #[test]
    fn a_convolution_is_the_sum_of_the_books() {
        let (time, input, output) = (9, 2, 3);
        let x: Vec<f32> = (0..time * input).map(|i| (i as f32 * 0.7).sin()).collect();
        for (causal, dilation) in [(true, 2), (false, 1)] {
            let kind = if causal { Kind::Causal } else { Kind::Halving };
            let map = LinearConfig::new(3 * input, output).init(&Device::flex());
            let norm = LayerNormConfig::new(output).init(&Device::flex());
            let convolution =
                Convolution { map, norm, kernel: 3, dilation, causal: kind == Kind::Causal };
            let rows = Tensor::<3>::from_data(
                TensorData::new(x.clone(), [1, time, input]),
                &Device::flex(),
            );
            let weight = values(convolution.map.weight.val());
            let gathered = convolution.gathered(rows);
            let ours = values(ops::linear(gathered, convolution.map.weight.val(), None));
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
        let network = network(&Convolutional::temporal(Config::default()));
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
            values(network.layers.iter().fold(x, |x, layer| layer.forward(x)))
        };
        let width = 44;
        let (unchanged, late, early) = (run(None), run(Some(40)), run(Some(3)));
        assert_eq!(unchanged[..40 * width], late[..40 * width]);
        assert_ne!(unchanged[40 * width..41 * width], late[40 * width..41 * width]);
        assert_ne!(unchanged[63 * width..], early[63 * width..]);
    }
}
