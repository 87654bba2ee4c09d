//! The arithmetic that attention is made of, for the CPU at hand: matrix products, layer norm, exp,
//! GELU, attention.
//!
//! Every kernel is written once over [`lanes::Lanes`] and built for each instruction set;
//! [`Isa::best`] picks at run time. The same numbers come out whatever the tiling and the number of
//! threads, because each output is always summed in the same order; between instruction sets they
//! differ by rounding only.
//!
//! This is the one place of the workspace where `unsafe` is allowed: to call an instruction that
//! was found to exist, and to read and write matrices by address in the inner loop after the border
//! has checked all extents (and, in `slices`, for one system call).

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

pub use attention::{Attend, Window, attend, attention_map};
pub use gemm::{After, Packed, Spread, gemm, linear};
pub use isa::Isa;
pub(crate) use isa::Work;
pub(crate) use lanes::Lanes;
pub use math::{exp, gelu};
pub use matrix::{Matrix, MatrixMut};
pub use norm::layer_norm;
pub use recall::{Recall, recall};
pub use relay::{Hand, Progress, relay};
pub use slices::short_slices;
pub use units::{Axis, Rows, Unit, Units};
