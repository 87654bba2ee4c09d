//! Detection of the instruction sets of this machine, and dispatch of kernels to them.
#![allow(unsafe_code)]

use super::lanes::SimdLanes;
use super::scalar::ScalarLanes;
use std::sync::OnceLock;

/// An instruction set that the kernels are compiled for. A value is proof that the machine supports
/// it: apart from [`Isa::SCALAR`], only [`Isa::all_supported`] and [`Isa::best_supported`] produce
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(IsaKind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IsaKind {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// A kernel with its arguments, generic over the lanes. Its `run_on_lanes` must be
/// `#[inline(always)]` so that it is compiled with the target features of its caller.
pub trait Kernel {
    /// The result.
    type Output;
    /// Runs the kernel.
    fn run_on_lanes<L: SimdLanes>(self, lanes: L) -> Self::Output;
}

impl Isa {
    /// Plain Rust: runs on every machine and is the reference for the others.
    pub const SCALAR: Isa = Isa(IsaKind::Scalar);

    /// The fastest instruction set of this machine.
    pub fn best_supported() -> Isa {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Isa::all_supported().pop().unwrap_or(Isa::SCALAR))
    }

    /// All instruction sets this machine can run, slowest first.
    pub fn all_supported() -> Vec<Isa> {
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
        let mut all = vec![Isa::SCALAR];
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2 {
                all.push(Isa(IsaKind::Avx2));
            }
            if avx2 && is_x86_feature_detected!("avx512f") {
                all.push(Isa(IsaKind::Avx512));
            }
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Isa(IsaKind::Neon));
        all
    }

    /// Its name, such as `"avx512"`.
    pub fn name(self) -> &'static str {
        match self.0 {
            IsaKind::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx2 => "avx2+fma",
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            IsaKind::Neon => "neon",
        }
    }

    /// Runs a kernel with these instructions.
    #[inline]
    pub fn run_kernel<W: Kernel>(self, work: W) -> W::Output {
        match self.0 {
            IsaKind::Scalar => work.run_on_lanes(ScalarLanes),
            // SAFETY: a value of this kind is only constructed if the features were detected.
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx2 => unsafe { super::avx2::run_avx2(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            IsaKind::Avx512 => unsafe { super::avx512::run_avx512(work) },
            // SAFETY: NEON is part of every aarch64 target of the standard library.
            #[cfg(target_arch = "aarch64")]
            IsaKind::Neon => unsafe { super::neon::run_neon(work) },
        }
    }
}
