//! The engine: CPU kernels and the inference runtime of attention networks, slices in, slices out.
//!
//! Invariants: it knows nothing of movement, of files or of the other crates; `kernel` is the only
//! place in the workspace where `unsafe` is allowed; the results are the same on any number of
//! threads.

pub mod kernel;
pub mod runtime;
