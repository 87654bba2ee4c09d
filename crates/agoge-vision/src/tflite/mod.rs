//! Reads TFLite models, as far as the pose networks need the format.
//!
//! Field numbers are those of TensorFlow's `schema.fbs`.

mod flat;
mod graph;
mod values;

pub(crate) use graph::{FilterWeights, FilterWindow, TfliteGraph, TfliteOperation};
