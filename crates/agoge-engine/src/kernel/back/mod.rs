//! Backward kernels for training: the gradients of attention and layer norm, and GELU with its
//! derivative.

mod attention;
mod gelu;
mod norm;

pub use attention::{BackwardInputs, attend_backward};
pub use gelu::gelu_slope;
pub use norm::layer_norm_backward;
