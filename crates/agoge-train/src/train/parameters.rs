//! All parameters of a model as one flat row of numbers, as an optimiser, an average and a
//! checkpoint need them.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};

/// The float parameters of a model, in the order in which Burn visits them.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelParameters {
    /// Path and shape of each parameter.
    pub layout: Vec<(String, Vec<usize>)>,
    /// The values, one parameter after the other.
    pub values: Vec<f32>,
}

impl ModelParameters {
    /// Collects the parameters of a model.
    pub fn from_model<M: Module>(model: &M) -> ModelParameters {
        let mut visitor = CollectParameters {
            path: Vec::new(),
            parameters: ModelParameters { layout: Vec::new(), values: Vec::new() },
        };
        model.visit(&mut visitor);
        visitor.parameters
    }

    /// The model with its parameters replaced by `values`, one parameter after the other.
    pub fn replace_values<M: Module>(model: M, values: &[f32]) -> M {
        model.map(&mut ReplaceParameters { values })
    }
}

/// The gradients of a model on the autodiff graph, in the order of [`ModelParameters`]; zero for a
/// parameter that the loss does not depend on.
pub(crate) fn collect_gradients<M: Module>(
    model: &M,
    gradients: Gradients,
    count: usize,
) -> Vec<f32> {
    let mut visitor = TakeGradients { gradients, values: Vec::with_capacity(count) };
    model.visit(&mut visitor);
    visitor.values
}

struct CollectParameters {
    path: Vec<String>,
    parameters: ModelParameters,
}

impl ModuleVisitor for CollectParameters {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        // The stored tensor: an adapter's change is not part of it; its factors are parameters
        // themselves.
        let stored = param.base();
        self.parameters.layout.push((self.path.join("."), stored.dims().to_vec()));
        let data = stored.into_data();
        self.parameters.values.extend(data.iter::<f32>());
    }
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}

struct ReplaceParameters<'a> {
    values: &'a [f32],
}

impl ModuleMapper for ReplaceParameters<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let shape = tensor.dims();
            let (these, rest) =
                self.values.split_at(shape.iter().product::<usize>().min(self.values.len()));
            self.values = rest;
            Tensor::from_data(TensorData::new(these.to_vec(), shape), &tensor.device())
        })
    }
}

struct TakeGradients {
    gradients: Gradients,
    values: Vec<f32>,
}

impl ModuleVisitor for TakeGradients {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.base();
        match tensor.grad_remove(&mut self.gradients).map(Tensor::into_data) {
            Some(data) => match data.as_slice::<f32>() {
                Ok(values) => self.values.extend_from_slice(values),
                Err(_) => self.values.extend(data.iter::<f32>()),
            },
            None => self.values.extend(std::iter::repeat_n(0.0, tensor.dims().iter().product())),
        }
    }
}
