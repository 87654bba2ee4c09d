//! AVX-512 (foundation): sixteen numbers at a time, 32 registers.
#![allow(unsafe_code)]

use super::isa::Kernel;
use super::lanes::SimdLanes;
use super::tile::{Tile, tiles};
use std::arch::x86_64::*;

/// The lanes of AVX-512; constructed only in [`run_avx512`].
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

/// Runs a kernel with AVX-512.
///
/// # Safety
/// The CPU supports AVX2, FMA and AVX-512F.
#[target_feature(enable = "avx512f,avx2,fma")]
pub(super) unsafe fn run_avx512<W: Kernel>(work: W) -> W::Output {
    work.run_on_lanes(Avx512(()))
}

// SAFETY of every block below that calls an instruction: an `Avx512` exists only inside
// `run_avx512`, whose caller has checked that the CPU has the instructions.
impl SimdLanes for Avx512 {
    type V = __m512;
    const LANES: usize = 16;
    const ROWS: usize = 12;
    const LEAST: f32 = -160.0;

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        // SAFETY: see above; guaranteed by the caller.
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: __m512) {
        // SAFETY: see above; guaranteed by the caller.
        unsafe { _mm512_storeu_ps(to, v) }
    }
    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, n: usize) -> __m512 {
        // SAFETY: see above; a masked lane is not read.
        unsafe { _mm512_maskz_loadu_ps((1u16 << n) - 1, from) }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize, v: __m512) {
        // SAFETY: see above; a masked lane is not written.
        unsafe { _mm512_mask_storeu_ps(to, (1u16 << n) - 1, v) }
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    fn round(self, x: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x) }
    }
    #[inline(always)]
    fn scale(self, x: __m512, n: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_scalef_ps(x, n) }
    }
    #[inline(always)]
    fn sum(self, x: __m512) -> f32 {
        // SAFETY: see above.
        unsafe { _mm512_reduce_add_ps(x) }
    }
    tiles!(1 2 3 4 5 6 7 8 9 10 11 12);

    /// Transposes sixteen by sixteen: interleaves pairs, then fours, then quarters.
    #[inline(always)]
    unsafe fn transpose_block(
        self,
        from: *const f32,
        row: usize,
        to: *mut f32,
        step: usize,
        factor: f32,
    ) {
        // SAFETY: see above; guaranteed by the caller.
        unsafe {
            let factor = self.splat(factor);
            let r: [__m512; 16] =
                std::array::from_fn(|i| self.mul(self.load(from.add(i * row)), factor));
            let pairs: [__m512; 16] = std::array::from_fn(|i| {
                let (a, b) = (r[i & !1], r[i | 1]);
                if i & 1 == 0 { _mm512_unpacklo_ps(a, b) } else { _mm512_unpackhi_ps(a, b) }
            });
            // Row 4g + c now holds, in each quarter q, column 4q + c of rows 4g .. 4g + 4.
            let fours: [__m512; 16] = std::array::from_fn(|i| {
                let (g, c) = (i & !3, i & 3);
                let (a, b) = (
                    _mm512_castps_pd(pairs[g + (c >> 1)]),
                    _mm512_castps_pd(pairs[g + 2 + (c >> 1)]),
                );
                _mm512_castpd_ps(if c & 1 == 0 {
                    _mm512_unpacklo_pd(a, b)
                } else {
                    _mm512_unpackhi_pd(a, b)
                })
            });
            for c in 0..4 {
                let (a, b, e, f) = (fours[c], fours[4 + c], fours[8 + c], fours[12 + c]);
                let low = (_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0x44>(e, f));
                let high = (_mm512_shuffle_f32x4::<0xEE>(a, b), _mm512_shuffle_f32x4::<0xEE>(e, f));
                self.store(to.add(c * step), _mm512_shuffle_f32x4::<0x88>(low.0, low.1));
                self.store(to.add((4 + c) * step), _mm512_shuffle_f32x4::<0xDD>(low.0, low.1));
                self.store(to.add((8 + c) * step), _mm512_shuffle_f32x4::<0x88>(high.0, high.1));
                self.store(to.add((12 + c) * step), _mm512_shuffle_f32x4::<0xDD>(high.0, high.1));
            }
        }
    }
}
