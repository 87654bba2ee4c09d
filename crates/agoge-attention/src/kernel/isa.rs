//! Which instructions this machine has, and how a kernel is built for them.
#![allow(unsafe_code)]

use super::lanes::Lanes;
use super::scalar::Scalar;
use std::sync::OnceLock;

/// An instruction set that the kernels are built for. A value exists only where the machine has it:
/// [`Isa::all`] and [`Isa::best`] are the only sources but for [`Isa::SCALAR`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

/// A kernel with its arguments, to be run over some lanes. Its `run` must be `#[inline(always)]`,
/// so that it is compiled with the features of its caller.
pub(crate) trait Work {
    /// What comes out.
    type Output;
    /// Runs.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

impl Isa {
    /// Plain Rust: on every machine, and what the others are tested against.
    pub const SCALAR: Isa = Isa(Kind::Scalar);

    /// The fastest of this machine.
    pub fn best() -> Isa {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Isa::all().pop().unwrap_or(Isa::SCALAR))
    }

    /// All that this machine can run, slowest first.
    pub fn all() -> Vec<Isa> {
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
        let mut all = vec![Isa::SCALAR];
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            if avx2 {
                all.push(Isa(Kind::Avx2));
            }
            if avx2 && is_x86_feature_detected!("avx512f") {
                all.push(Isa(Kind::Avx512));
            }
        }
        #[cfg(target_arch = "aarch64")]
        all.push(Isa(Kind::Neon));
        all
    }

    /// Its name, as in `"avx512"`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2+fma",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => "neon",
        }
    }

    /// Runs a kernel with these instructions.
    #[inline]
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            Kind::Scalar => work.run(Scalar),
            // SAFETY: a value of this kind is only made where the features were detected.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { super::avx2::run(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { super::avx512::run(work) },
            // SAFETY: NEON is part of every aarch64 target of the standard library.
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => unsafe { super::neon::run(work) },
        }
    }
}
