//! Multi-head attention (Vaswani et al. 2017), the operation at the core of this crate.

use crate::ops::{self, AttentionOptions, self_attention};
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Bool, Device, Tensor, activation::softmax};

/// Scaled dot-product attention: softmax over the keys of query·key / `scale`, times the values.
///
/// Shapes: `query` `[batch, head, query, channel]`, `key` and `value` `[batch, head, key,
/// channel]`; `hidden`, if given, is true where a key must not be attended to, and its shape
/// expands to `[batch, head, query, key]`. Returns the output `[batch, head, query, channel]` and
/// the attention `[batch, head, query, key]`. Where all keys are hidden the output is the mean of
/// the values; the caller must mask it.
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

/// Divisor of the energies before the softmax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnergyScaling {
    /// The square root of the embedding's width, as some classic implementations do.
    Embedding,
    /// The square root of a head's width: scaled dot-product attention proper.
    Head,
}

/// Multi-head attention in which all heads share the same maps for values, keys and queries.
#[derive(Module, Debug)]
pub struct SharedHeads {
    /// Map of the values, `[channel, channel]` within a head.
    pub values: Linear,
    /// Map of the keys.
    pub keys: Linear,
    /// Map of the queries.
    pub queries: Linear,
    /// Map of the concatenated heads, `[embedding, embedding]` with bias.
    pub out: Linear,
    heads: usize,
}

impl SharedHeads {
    /// Heads for an embedding of `width`, which must be a multiple of `heads`.
    pub fn new(width: usize, heads: usize, device: &Device) -> SharedHeads {
        let inner =
            || LinearConfig::new(width / heads, width / heads).with_bias(false).init(device);
        SharedHeads {
            values: inner(),
            keys: inner(),
            queries: inner(),
            out: LinearConfig::new(width, width).init(device),
            heads,
        }
    }

    /// Computes the attention. Shapes: `values` and `keys` `[batch, key, embedding]`, `queries`
    /// `[batch, query, embedding]`; returns the output `[batch, query, embedding]` and the
    /// attention `[batch, head, query, key]`.
    pub fn attend_shared(
        &self,
        values: Tensor<3>,
        keys: Tensor<3>,
        queries: Tensor<3>,
        scaling: EnergyScaling,
    ) -> (Tensor<3>, Tensor<4>) {
        let width = values.dims()[2];
        let scale = match scaling {
            EnergyScaling::Embedding => width as f64,
            EnergyScaling::Head => (width / self.heads) as f64,
        };
        let mapped =
            |x: Tensor<3>, map: &Linear| map.forward(split_heads(x, self.heads)).swap_dims(1, 2);
        let (out, attention) = scaled_dot_product(
            mapped(queries, &self.queries),
            mapped(keys, &self.keys),
            mapped(values, &self.values),
            scale.sqrt(),
            None,
        );
        (self.out.forward(join_heads(out)), attention)
    }
}

/// Multi-head self-attention with separate maps for each head, as the encoder uses it.
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// Map to the queries, keys and values of all heads, `[embedding, 3 · embedding]`.
    joined: Linear,
    /// Map of the concatenated heads.
    out: Linear,
    heads: usize,
}

impl SelfAttention {
    /// Self-attention for an embedding of `width`, which must be a multiple of `heads`.
    pub fn new(width: usize, heads: usize, device: &Device) -> SelfAttention {
        SelfAttention {
            joined: LinearConfig::new(width, 3 * width).init(device),
            out: LinearConfig::new(width, width).init(device),
            heads,
        }
    }

    /// Attends along the second dimension. Shapes: `x` `[outer, token, inner, embedding]`; returns
    /// the same shape. With `[batch · time, part, 1, …]` parts attend to parts; with `[batch, time,
    /// part, …]` every part attends over time.
    pub fn attend_tokens(&self, x: Tensor<4>, sight: &AttentionOptions) -> Tensor<4> {
        apply_linear(&self.out, self_attention(apply_linear(&self.joined, x), self.heads, sight))
    }
}

impl SelfAttention {
    /// As [`SelfAttention::attend_tokens`], but also returns the attention matrix, `[outer · inner,
    /// head, query, key]`. The attention is multiplied by `gate` if one is given: the gradient of a
    /// gate of ones shows how much the result depends on each attention.
    pub(crate) fn attend_with_weights(
        &self,
        x: Tensor<4>,
        sight: &AttentionOptions,
        gate: Option<&Tensor<4>>,
    ) -> (Tensor<4>, Tensor<4>) {
        let [outer, tokens, inner, width] = x.dims();
        let [query, key, value] = ops::split_heads(apply_linear(&self.joined, x), self.heads);
        let weights = ops::attention_weights(query, key, sight);
        let gated = gate.map_or_else(|| weights.clone(), |gate| weights.clone() * gate.clone());
        let out = gated
            .matmul(value)
            .swap_dims(1, 2)
            .reshape([outer, inner, tokens, width])
            .swap_dims(1, 2);
        (apply_linear(&self.out, out), weights)
    }

    /// Number of heads.
    pub fn head_count(&self) -> usize {
        self.heads
    }
}

/// Applies a linear map with hand-written gradients.
pub(crate) fn apply_linear<const D: usize>(linear: &Linear, x: Tensor<D>) -> Tensor<D> {
    ops::linear_map(x, linear.weight.val(), linear.bias.as_ref().map(|bias| bias.val()))
}

/// Splits `[batch, token, embedding]` into `[batch, token, head, channel]`.
fn split_heads(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, tokens, width] = x.dims();
    x.reshape([batch, tokens, heads, width / heads])
}

/// Concatenates `[batch, head, token, channel]` to `[batch, token, embedding]`.
fn join_heads(x: Tensor<4>) -> Tensor<3> {
    let [batch, heads, tokens, channels] = x.dims();
    x.swap_dims(1, 2).reshape([batch, tokens, heads * channels])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::Param;
    use burn::tensor::TensorData;
    use safetensors::SafeTensors;

    fn read_tensor<const D: usize>(file: &SafeTensors, name: &str, device: &Device) -> Tensor<D> {
        let view = file.tensor(name).unwrap();
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        Tensor::from_data(TensorData::new(values, view.shape().to_vec()), device)
    }

    fn max_difference<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
        (a - b).abs().max().into_scalar::<f32>()
    }

    /// Every file of `attention-parity` (inputs, weights and outputs of a reference implementation
    /// in PyTorch), both scalings, to 1e-5.
    #[test]
    fn reference_attention_is_reproduced() {
        let Some(folder) = std::env::var_os("AGOGE_TEST_DATA") else {
            println!("skipped: AGOGE_TEST_DATA is not set");
            return;
        };
        let device = Device::flex();
        for name in ["self_embed", "self_head", "cross_head", "one_head", "long_head"] {
            let path = std::path::Path::new(&folder)
                .join("attention-parity")
                .join(format!("{name}.safetensors"));
            let bytes = std::fs::read(&path).unwrap();
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
            let metadata = header.metadata().clone().unwrap();
            let heads: usize = metadata["heads"].parse().unwrap();
            let scaling = if metadata["scale"] == "embed" {
                EnergyScaling::Embedding
            } else {
                EnergyScaling::Head
            };
            let width = file.tensor("fc_out.bias").unwrap().shape()[0];
            let mut module = SharedHeads::new(width, heads, &device);
            // PyTorch stores linear weights as [out, in].
            let weight =
                |name: &str| Param::from_tensor(read_tensor::<2>(&file, name, &device).transpose());
            module.values.weight = weight("values.weight");
            module.keys.weight = weight("keys.weight");
            module.queries.weight = weight("queries.weight");
            module.out.weight = weight("fc_out.weight");
            module.out.bias =
                Some(Param::from_tensor(read_tensor::<1>(&file, "fc_out.bias", &device)));
            let input = |name: &str| read_tensor::<3>(&file, name, &device);
            let (output, attention) = module.attend_shared(
                input("input.values"),
                input("input.keys"),
                input("input.queries"),
                scaling,
            );
            let off = max_difference(output, input("output"));
            assert!(off < 1e-5, "{name}: output off by {off}");
            let off = max_difference(attention, read_tensor::<4>(&file, "attention", &device));
            assert!(off < 1e-5, "{name}: attention off by {off}");
        }
    }

    #[test]
    fn hidden_keys_are_not_attended_to() {
        let device = Device::flex();
        let x = Tensor::<4>::from_floats([[[[1.0f32, 0.0], [0.0, 1.0], [5.0, 5.0]]]], &device);
        let hidden = Tensor::<4, Bool>::from_data(
            TensorData::new(vec![false, false, true], [1, 1, 1, 3]),
            &device,
        );
        let (out, attention) =
            scaled_dot_product(x.clone(), x.clone(), x.clone(), 1.0, Some(hidden));
        let attention = attention.into_data().try_to_vec::<f32>().unwrap();
        assert!(
            attention.chunks(3).all(|row| row[2] == 0.0 && (row[0] + row[1] - 1.0).abs() < 1e-6)
        );
        let all =
            Tensor::<4, Bool>::from_data(TensorData::new(vec![true; 3], [1, 1, 1, 3]), &device);
        let (nothing, _) = scaled_dot_product(x.clone(), x.clone(), x, 1.0, Some(all));
        assert!(nothing.into_data().try_to_vec::<f32>().unwrap().iter().all(|v| v.is_finite()));
        assert!(out.into_data().try_to_vec::<f32>().unwrap().iter().all(|v| *v <= 1.0));
    }
}
