//! CPU kernels: matrix products, layer norm, exp, GELU and attention.
//!
//! Every kernel is written once over [`lanes::SimdLanes`] and compiled for each instruction set;
//! [`Isa::best_supported`] picks one at run time. Results do not depend on tiling or the number of
//! threads, because each output is always summed in the same order; instruction sets differ by
//! rounding only.
//!
//! This is the only place in the workspace where `unsafe` is allowed: to call instructions after
//! detecting them, to access matrices by pointer in the inner loops after the public functions have
//! checked all bounds, and, in `slices`, for one system call.

pub mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod back;
pub mod gemm;
mod isa;
mod lanes;
pub mod math;
mod matrix;
#[cfg(target_arch = "aarch64")]
mod neon;
pub mod norm;
pub mod recall;
pub mod relay;
mod scalar;
mod slices;
mod tile;
pub mod units;

pub use attention::{AttentionInputs, KeyWindow, attend_head, attention_map};
pub use gemm::{Epilogue, PackedMatrix, Parallelism, linear_layer, matrix_product};
pub use isa::Isa;
pub use isa::Kernel;
pub use lanes::SimdLanes;
pub use math::{exp_in_place, gelu_in_place};
pub use matrix::{Matrix, MatrixMut};
pub use norm::layer_norm;
pub use recall::{CachedHead, attend_cached};
pub use relay::{StageProgress, UnitMemory, run_stages};
pub use slices::request_short_slices;
pub use units::{Axis, RowStep, WorkUnit, WorkUnits};
