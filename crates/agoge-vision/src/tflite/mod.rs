//! Reading TFLite models: what the pose networks need of the format, and no more.
//!
//! Field numbers are those of TensorFlow's `schema.fbs`.

mod flat;
mod graph;
mod values;

pub(crate) use graph::{Graph, Operation, Weights, Window};
