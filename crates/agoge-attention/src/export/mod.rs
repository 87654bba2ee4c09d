//! A model for other programs: as an ONNX graph, and what it says of some tokens, to hold another
//! implementation against it.

mod check;
mod graph;
mod onnx;
mod proto;

pub use check::check;
pub use onnx::{OPSET, onnx};
