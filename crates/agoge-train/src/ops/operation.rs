//! Registers operations with hand-written gradients with Burn.
//!
//! Burn's public extension interface suffices: a `Tensor` is unwrapped to its primitive on
//! `Autodiff<Flex>`, a step with a hand-written backward pass is registered on the graph, and the
//! result is wrapped again. An operation is therefore just two functions on slices; everything
//! about graphs is in this file. Callers leave tensors that are not f32 on the CPU backend to plain
//! Burn ([`Operand::from_tensor`] returns none), so the same model trains on a GPU.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};
use burn::tensor::{DType, Tensor, TensorData};
use std::fmt::Debug;
use std::marker::PhantomData;

type TrackedTensor = FloatTensor<Autodiff<Flex>>;

/// Contiguous values with their shape; cloning shares the memory.
#[derive(Clone, Debug)]
pub(crate) struct TensorValues(FlexTensor);

impl TensorValues {
    /// Values with a shape.
    pub(crate) fn new(values: Vec<f32>, shape: &[usize]) -> TensorValues {
        TensorValues(FlexTensor::from_data(TensorData::new(values, shape.to_vec())))
    }

    fn from_tensor(tensor: FlexTensor) -> TensorValues {
        TensorValues(tensor.to_contiguous())
    }

    /// The values.
    pub(crate) fn as_slice(&self) -> &[f32] {
        // Contiguous and f32 since construction.
        self.0.as_slice().unwrap_or_default()
    }

    /// Mutable access to the values, if their memory is not shared.
    pub(crate) fn as_mut_slice(&mut self) -> Option<&mut [f32]> {
        let count = self.as_slice().len();
        self.0.try_storage_mut::<f32>().filter(|storage| storage.len() == count)
    }

    /// The shape.
    pub(crate) fn shape(&self) -> Vec<usize> {
        self.0.shape().to_vec()
    }

    /// Size of the last dimension.
    pub(crate) fn columns(&self) -> usize {
        self.shape().last().copied().unwrap_or(1)
    }
}

/// An operation on `N` tensors with a hand-written gradient.
pub(crate) trait GradientOperation<const N: usize>: Send + 'static {
    /// What the backward pass needs from the forward pass.
    type Saved: Clone + Debug + Send + 'static;

    /// Computes the result and, if `keep`, what the backward pass needs.
    fn run_forward(
        self,
        inputs: [TensorValues; N],
        keep: bool,
    ) -> (TensorValues, Option<Self::Saved>);

    /// Computes the gradients of the inputs that are `wanted` from the gradient of the result.
    fn run_backward(
        kept: Self::Saved,
        gradient: TensorValues,
        wanted: [bool; N],
    ) -> [Option<TensorValues>; N];
}

/// A tensor on the CPU backend, with or without a gradient.
pub(crate) enum Operand {
    /// Without a gradient.
    Plain(FlexTensor),
    /// On the autodiff graph.
    Tracked(TrackedTensor),
}

impl Operand {
    /// Unwraps a tensor; none if it is on another backend, not f32, or under gradient
    /// checkpointing.
    pub(crate) fn from_tensor<const D: usize>(tensor: &Tensor<D>) -> Option<Operand> {
        if tensor.dtype() != DType::F32 {
            return None;
        }
        match tensor.clone().try_into_primitive::<Autodiff<Flex>>() {
            Ok(tracked) => Some(Operand::Tracked(tracked)),
            Err(_) => tensor.clone().try_into_primitive::<Flex>().ok().map(Operand::Plain),
        }
    }

    /// A constant vector.
    pub(crate) fn from_values(values: Vec<f32>) -> Operand {
        let shape = vec![values.len()];
        Operand::Plain(FlexTensor::from_data(TensorData::new(values, shape)))
    }
}

/// Runs an operation; its result is on the graph if an input is.
pub(crate) fn apply_operation<O: GradientOperation<N>, const N: usize, const D: usize>(
    operation: O,
    inputs: [Operand; N],
) -> Tensor<D> {
    if inputs.iter().all(|input| matches!(input, Operand::Plain(_))) {
        let inputs = inputs.map(|input| match input {
            Operand::Plain(tensor) => TensorValues::from_tensor(tensor),
            Operand::Tracked(tensor) => TensorValues::from_tensor(tensor.into_primitive()),
        });
        return Tensor::from_primitive::<Flex>(operation.run_forward(inputs, false).0.0);
    }
    let inputs = inputs.map(|input| match input {
        Operand::Plain(tensor) => TrackedTensor::new(tensor),
        Operand::Tracked(tensor) => tensor,
    });
    let nodes = inputs.each_ref().map(TrackedTensor::node);
    let values = inputs.map(|input| TensorValues::from_tensor(input.into_primitive()));
    let step = GraphStep::<O>(PhantomData);
    let result = match Backward::<Flex, N>::prepare::<NoCheckpointing>(step, nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prepared) => {
            let (result, kept) = operation.run_forward(values, true);
            prepared.finish(kept, result.0)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(operation.run_forward(values, false).0.0),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(result)
}

/// The step of an operation on Burn's graph.
struct GraphStep<O>(PhantomData<O>);

impl<O> Debug for GraphStep<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::any::type_name::<O>())
    }
}

impl<O: GradientOperation<N>, const N: usize> Backward<Flex, N> for GraphStep<O> {
    type State = Option<O::Saved>;

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = TensorValues::from_tensor(grads.consume::<Flex>(&ops.node));
        let Some(kept) = ops.state else { return };
        let wanted = ops.parents.each_ref().map(Option::is_some);
        for (parent, gradient) in
            ops.parents.into_iter().zip(O::run_backward(kept, gradient, wanted))
        {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(parent.id, gradient.0);
            }
        }
    }
}
