//! NEON: four numbers at a time, 32 registers; part of every 64-bit ARM.
#![allow(unsafe_code)]

use super::isa::Kernel;
use super::lanes::SimdLanes;
use super::tile::{Tile, tiles};
use std::arch::aarch64::*;

/// The lanes of NEON; constructed only in [`run_neon`].
#[derive(Clone, Copy)]
pub struct Neon(());

/// Runs a kernel with NEON.
///
/// # Safety
/// The CPU supports it.
#[target_feature(enable = "neon")]
pub unsafe fn run_neon<W: Kernel>(work: W) -> W::Output {
    work.run_on_lanes(Neon(()))
}

// SAFETY of every block below that calls an instruction: NEON is part of every aarch64 target that
// the standard library is built for.
impl SimdLanes for Neon {
    type V = float32x4_t;
    const LANES: usize = 4;
    const ROWS: usize = 12;
    const LEAST: f32 = -127.0;

    #[inline(always)]
    fn splat(self, x: f32) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vdupq_n_f32(x) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> float32x4_t {
        // SAFETY: see above; guaranteed by the caller.
        unsafe { vld1q_f32(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: float32x4_t) {
        // SAFETY: see above; guaranteed by the caller.
        unsafe { vst1q_f32(to, v) }
    }
    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, n: usize) -> float32x4_t {
        let mut all = [0.0f32; 4];
        // SAFETY: only the first `n < 4` are read.
        unsafe {
            std::ptr::copy_nonoverlapping(from, all.as_mut_ptr(), n);
            vld1q_f32(all.as_ptr())
        }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize, v: float32x4_t) {
        let mut all = [0.0f32; 4];
        // SAFETY: only the first `n < 4` are written.
        unsafe {
            vst1q_f32(all.as_mut_ptr(), v);
            std::ptr::copy_nonoverlapping(all.as_ptr(), to, n);
        }
    }
    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vsubq_f32(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    fn div(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vdivq_f32(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    fn max(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vmaxq_f32(a, b) }
    }
    #[inline(always)]
    fn min(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vminq_f32(a, b) }
    }
    #[inline(always)]
    fn round(self, x: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe { vrndnq_f32(x) }
    }
    #[inline(always)]
    fn scale(self, x: float32x4_t, n: float32x4_t) -> float32x4_t {
        // SAFETY: see above.
        unsafe {
            let exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127));
            vmulq_f32(x, vreinterpretq_f32_s32(vshlq_n_s32::<23>(exponent)))
        }
    }
    #[inline(always)]
    fn sum(self, x: float32x4_t) -> f32 {
        // SAFETY: see above.
        unsafe { vaddvq_f32(x) }
    }
    tiles!(1 2 3 4 5 6 7 8 9 10 11 12);
}
