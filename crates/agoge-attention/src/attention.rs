//! Multi-head attention (Vaswani et al. 2017), the operation that everything here is made of.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Bool, Device, Tensor, TensorData, activation::softmax};

/// Scaled dot-product attention: softmax over the keys of query·key / `scale`, times the values.
///
/// Shapes: `query` `[batch, head, query, channel]`, `key` and `value` `[batch, head, key, channel]`; `hidden`, if given, is true where a key must not be attended to, and
/// of a shape that expands to `[batch, head, query, key]`. Returns the output `[batch, head, query, channel]` and the attention `[batch, head, query, key]`. Where all keys are
/// hidden the output is the mean of the values, which the caller masks.
pub fn scaled_dot_product(
    query: Tensor<4>,
    key: Tensor<4>,
    value: Tensor<4>,
    scale: f64,
    hidden: Option<Tensor<4, Bool>>,
) -> (Tensor<4>, Tensor<4>) {
    let [batch, heads, queries, _] = query.dims();
    let keys = key.dims()[2];
    let mut energy = query.matmul(key.swap_dims(2, 3)).div_scalar(scale);
    if let Some(hidden) = hidden {
        // A large finite number: with minus infinity a row of hidden keys would be NaN.
        energy = energy.mask_fill(hidden.expand([batch, heads, queries, keys]), -1e9);
    }
    let attention = softmax(energy, 3);
    (attention.clone().matmul(value), attention)
}

/// What the energies are divided by before the softmax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// The square root of the embedding's width, as some classic implementations do.
    Embedding,
    /// The square root of a head's width: scaled dot-product attention proper.
    Head,
}

/// Multi-head attention in which all heads share one map each for values, keys and queries.
#[derive(Module, Debug)]
pub struct SharedHeads {
    /// Map of the values, `[channel, channel]` within a head.
    pub values: Linear,
    /// Map of the keys.
    pub keys: Linear,
    /// Map of the queries.
    pub queries: Linear,
    /// Map of the joined heads, `[embedding, embedding]` with bias.
    pub out: Linear,
    heads: usize,
}

impl SharedHeads {
    /// Heads for an embedding of `width`, which must be a multiple of `heads`.
    pub fn new(width: usize, heads: usize, device: &Device) -> SharedHeads {
        let inner = || LinearConfig::new(width / heads, width / heads).with_bias(false).init(device);
        SharedHeads {
            values: inner(),
            keys: inner(),
            queries: inner(),
            out: LinearConfig::new(width, width).init(device),
            heads,
        }
    }

    /// Attends. Shapes: `values` and `keys` `[batch, key, embedding]`, `queries` `[batch, query, embedding]`; returns the output `[batch, query, embedding]` and
    /// the attention `[batch, head, query, key]`.
    pub fn forward(
        &self,
        values: Tensor<3>,
        keys: Tensor<3>,
        queries: Tensor<3>,
        scaling: Scaling,
    ) -> (Tensor<3>, Tensor<4>) {
        let width = values.dims()[2];
        let scale = match scaling {
            Scaling::Embedding => width as f64,
            Scaling::Head => (width / self.heads) as f64,
        };
        let mapped = |x: Tensor<3>, map: &Linear| map.forward(split(x, self.heads)).swap_dims(1, 2);
        let (out, attention) = scaled_dot_product(
            mapped(queries, &self.queries),
            mapped(keys, &self.keys),
            mapped(values, &self.values),
            scale.sqrt(),
            None,
        );
        (self.out.forward(join(out)), attention)
    }
}

/// Multi-head self-attention with a map of its own for each head, as the encoder uses it.
#[derive(Module, Debug)]
pub struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    heads: usize,
}

impl SelfAttention {
    /// Self-attention for an embedding of `width`, which must be a multiple of `heads`.
    pub fn new(width: usize, heads: usize, device: &Device) -> SelfAttention {
        let map = || LinearConfig::new(width, width).init(device);
        SelfAttention { query: map(), key: map(), value: map(), out: map(), heads }
    }

    /// Attends within sequences. Shapes: `x` `[batch, token, embedding]`, `hidden` as in [`scaled_dot_product`]; with a rotation queries and keys know when they are.
    /// Returns the output like `x` and the attention `[batch, head, token, token]`.
    pub fn forward(
        &self,
        x: Tensor<3>,
        hidden: Option<Tensor<4, Bool>>,
        rotation: Option<&Rotation>,
    ) -> (Tensor<3>, Tensor<4>) {
        let channels = self.channels(x.dims()[2]);
        let mapped = |map: &Linear| split(map.forward(x.clone()), self.heads).swap_dims(1, 2);
        let turned = |x: Tensor<4>| match rotation {
            Some(rotation) => rotation.turn(x),
            None => x,
        };
        let (out, attention) = scaled_dot_product(
            turned(mapped(&self.query)),
            turned(mapped(&self.key)),
            mapped(&self.value),
            (channels as f64).sqrt(),
            hidden,
        );
        (self.out.forward(join(out)), attention)
    }

    /// Channels of a head for an embedding of `width`.
    pub fn channels(&self, width: usize) -> usize {
        width / self.heads
    }
}

/// The shortest and longest period of the rotary positions, s: from the finest that a token resolves to longer than most repetitions.
const PERIODS_S: [f64; 2] = [0.25, 16.0];

/// The angular frequencies of rotary positions for heads of `channels`, radians a second, `[channels / 2]`: a geometric row from 2π/0.25 s to 2π/16 s.
pub fn frequencies(channels: usize) -> Vec<f64> {
    let n = channels / 2;
    let [short, long] = PERIODS_S;
    (0..n)
        .map(|i| std::f64::consts::TAU / (short * (long / short).powf(i as f64 / (n.max(2) - 1) as f64)))
        .collect()
}

/// Rotary positions in seconds (Su et al. 2021): pairs of channels are turned by an angle that grows with time, so that query·key depends on the time between
/// them alone, whatever the frame rate.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// `[batch, 1, token, channel / 2]`.
    sin: Tensor<4>,
    cos: Tensor<4>,
}

impl Rotation {
    /// The rotation of tokens at some seconds, `[batch, token]`, for heads of `channels`.
    pub fn new(seconds: Tensor<2>, channels: usize) -> Rotation {
        let [batch, tokens] = seconds.dims();
        let half = channels / 2;
        let frequencies: Vec<f32> = frequencies(channels).into_iter().map(|f| f as f32).collect();
        let frequencies =
            Tensor::<1>::from_data(TensorData::new(frequencies, [half]), &seconds.device()).reshape([1, 1, 1, half]);
        let angle = seconds.reshape([batch, 1, tokens, 1]) * frequencies;
        Rotation { sin: angle.clone().sin(), cos: angle.cos() }
    }

    /// Turns `[batch, head, token, channel]`: channel i and channel i + half are a pair.
    pub fn turn(&self, x: Tensor<4>) -> Tensor<4> {
        let half = x.dims()[3] / 2;
        let (a, b) = (x.clone().narrow(3, 0, half), x.narrow(3, half, half));
        let (sin, cos) = (self.sin.clone(), self.cos.clone());
        Tensor::cat(vec![a.clone() * cos.clone() - b.clone() * sin.clone(), a * sin + b * cos], 3)
    }
}

/// `[batch, token, embedding]` to `[batch, token, head, channel]`.
fn split(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    x.reshape([batch, tokens, heads, width / heads])
}

/// `[batch, head, token, channel]` to `[batch, token, embedding]`.
fn join(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, channels] = x.dims();
    x.swap_dims(1, 2).reshape([batch, tokens, heads * channels])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Param;
    use safetensors::SafeTensors;

    fn tensor<const D: usize>(file: &SafeTensors, name: &str, device: &Device) -> Tensor<D> {
        let view = file.tensor(name).unwrap();
        let values: Vec<f32> = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        Tensor::from_data(TensorData::new(values, view.shape().to_vec()), device)
    }

    fn farthest<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
        (a - b).abs().max().into_scalar::<f32>()
    }

    /// Every file of `attention-parity` (inputs, weights and outputs of a reference implementation in PyTorch), both scalings, to 1e-5.
    #[test]
    fn reference_attention_is_reproduced() {
        let Some(folder) = std::env::var_os("AGOGE_TEST_DATA") else {
            println!("skipped: AGOGE_TEST_DATA is not set");
            return;
        };
        let device = Device::flex();
        for name in ["self_embed", "self_head", "cross_head", "one_head", "long_head"] {
            let path = std::path::Path::new(&folder).join("attention-parity").join(format!("{name}.safetensors"));
            let bytes = std::fs::read(&path).unwrap();
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
            let metadata = header.metadata().clone().unwrap();
            let heads: usize = metadata["heads"].parse().unwrap();
            let scaling = if metadata["scale"] == "embed" { Scaling::Embedding } else { Scaling::Head };
            let width = file.tensor("fc_out.bias").unwrap().shape()[0];
            let mut module = SharedHeads::new(width, heads, &device);
            // PyTorch keeps linear weights as [out, in].
            let weight = |name: &str| Param::from_tensor(tensor::<2>(&file, name, &device).transpose());
            module.values.weight = weight("values.weight");
            module.keys.weight = weight("keys.weight");
            module.queries.weight = weight("queries.weight");
            module.out.weight = weight("fc_out.weight");
            module.out.bias = Some(Param::from_tensor(tensor::<1>(&file, "fc_out.bias", &device)));
            let input = |name: &str| tensor::<3>(&file, name, &device);
            let (output, attention) =
                module.forward(input("input.values"), input("input.keys"), input("input.queries"), scaling);
            let off = farthest(output, input("output"));
            assert!(off < 1e-5, "{name}: output off by {off}");
            let off = farthest(attention, tensor::<4>(&file, "attention", &device));
            assert!(off < 1e-5, "{name}: attention off by {off}");
        }
    }

    #[test]
    fn only_the_time_between_tokens_matters() {
        let device = Device::flex();
        let x = Tensor::<4>::from_floats([[[[1.0f32, -0.5, 0.3, 2.0], [0.2, 0.7, -1.0, 0.4]]]], &device);
        let energy = |seconds: [f32; 2]| {
            let rotation = Rotation::new(Tensor::from_floats([seconds], &device), 4);
            let turned = rotation.turn(x.clone());
            turned.clone().matmul(turned.swap_dims(2, 3)).into_data().try_to_vec::<f32>().unwrap()
        };
        let (early, late, apart) = (energy([0.0, 0.4]), energy([7.3, 7.7]), energy([0.0, 0.9]));
        // Sine and cosine of angles up to 200 rad in single precision.
        assert!(early.iter().zip(&late).all(|(a, b)| (a - b).abs() < 1e-4), "{early:?} {late:?}");
        assert!((early[1] - apart[1]).abs() > 0.05);
    }

    #[test]
    fn hidden_keys_are_not_attended_to() {
        let device = Device::flex();
        let x = Tensor::<4>::from_floats([[[[1.0f32, 0.0], [0.0, 1.0], [5.0, 5.0]]]], &device);
        let hidden = Tensor::<4, Bool>::from_data(TensorData::new(vec![false, false, true], [1, 1, 1, 3]), &device);
        let (out, attention) = scaled_dot_product(x.clone(), x.clone(), x.clone(), 1.0, Some(hidden));
        let attention = attention.into_data().try_to_vec::<f32>().unwrap();
        assert!(attention.chunks(3).all(|row| row[2] == 0.0 && (row[0] + row[1] - 1.0).abs() < 1e-6));
        let all = Tensor::<4, Bool>::from_data(TensorData::new(vec![true; 3], [1, 1, 1, 3]), &device);
        let (nothing, _) = scaled_dot_product(x.clone(), x.clone(), x, 1.0, Some(all));
        assert!(nothing.into_data().try_to_vec::<f32>().unwrap().iter().all(|v| v.is_finite()));
        assert!(out.into_data().try_to_vec::<f32>().unwrap().iter().all(|v| *v <= 1.0));
    }
}
