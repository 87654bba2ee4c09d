//! Exports a model for other programs: as an ONNX graph, and as reference outputs to compare
//! another implementation with.

mod check;
mod graph;
mod onnx;
mod proto;

pub use check::reference_outputs;
pub use onnx::{OPSET, encode_onnx};
