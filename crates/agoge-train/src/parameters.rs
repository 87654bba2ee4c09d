//! The parameters of a trainable encoder as plain values, and back.

use crate::encoder::Encoder;
use crate::train::ModelParameters;
use agoge_model::weights::{WeightValues, seed_values};
use agoge_model::{Card, EncoderSize, LabelledClip, Model};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};

impl Encoder {
    /// An encoder with seeded parameters ([`seed_values`]).
    pub fn seeded(size: &EncoderSize, device: &Device, seed: u64) -> Encoder {
        Encoder::from_values(&seed_values(size, seed), size, device)
    }

    /// An encoder with these parameters; one that is missing stays zero.
    pub fn from_values(values: &WeightValues, size: &EncoderSize, device: &Device) -> Encoder {
        replace_parameters(Encoder::new(size, device), &mut |path, shape| {
            let known = values.get(path).filter(|(other, _)| other == shape);
            known.map_or_else(|| vec![0.0; shape.iter().product()], |(_, values)| values.clone())
        })
    }

    /// The encoder of a model, to be trained further.
    pub fn from_model(model: &Model, device: &Device) -> Encoder {
        Encoder::from_values(model.encoder_values(), model.size(), device)
    }

    /// The model that judges with this encoder; its prototypes are the mean embeddings of each
    /// movement over the clips.
    pub fn to_model(&self, size: EncoderSize, card: Card, clips: &[LabelledClip]) -> Model {
        Model::new(collect_parameters(self), size, card, clips)
    }
}

/// Copies the parameters of another encoder wherever path and shape match, except those of the
/// heads. Between encoders of the same width this is everything but the heads.
pub fn inherit_parameters(encoder: Encoder, from: &WeightValues) -> Encoder {
    let current = collect_parameters(&encoder);
    let source = from;
    replace_parameters(encoder, &mut |path, shape| {
        let fits = source.get(path).filter(|(other, _)| {
            other == shape && !HEADS.iter().any(|head| path.starts_with(head))
        });
        fits.or_else(|| current.get(path)).map(|(_, values)| values.clone()).unwrap_or_default()
    })
}

/// Path prefixes of the heads, which are specific to the movements they were trained on.
const HEADS: [&str; 2] = ["movement.", "quality."];

/// Collects the values of all parameters.
pub fn collect_parameters(encoder: &Encoder) -> WeightValues {
    let ModelParameters { layout, values } = ModelParameters::from_model(encoder);
    let mut rest = values.as_slice();
    let mut take = |shape: &[usize]| {
        let (head, tail) = rest.split_at(shape.iter().product::<usize>().min(rest.len()));
        rest = tail;
        head.to_vec()
    };
    layout
        .into_iter()
        .map(|(path, shape)| {
            let values = take(&shape);
            (path, (shape, values))
        })
        .collect()
}

/// Replaces every parameter of an encoder by what `values` returns for its path and shape.
pub fn replace_parameters(
    encoder: Encoder,
    values: &mut dyn FnMut(&str, &[usize]) -> Vec<f32>,
) -> Encoder {
    struct ParameterReplacer<'a> {
        path: Vec<String>,
        values: &'a mut dyn FnMut(&str, &[usize]) -> Vec<f32>,
    }
    impl ModuleMapper for ParameterReplacer<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let path = self.path.join(".");
            param.map(|tensor| {
                let shape = tensor.dims();
                let data = TensorData::new((self.values)(&path, &shape), shape);
                Tensor::from_data(data, &tensor.device())
            })
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
    }
    encoder.map(&mut ParameterReplacer { path: Vec::new(), values })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The model crate lists the parameters without knowing Burn: names, shapes and order.
    #[test]
    fn the_layout_of_the_sizes_is_that_of_the_encoder() {
        let size = EncoderSize { width: 24, heads: 2, blocks: 3, feed_forward: 48, movements: 5 };
        let encoder = Encoder::new(&size, &Device::flex());
        assert_eq!(ModelParameters::from_model(&encoder).layout, size.parameter_layout());
        assert_eq!(encoder.num_params(), size.parameter_count());
    }
}
