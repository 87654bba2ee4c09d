//! AVX2 with FMA: eight numbers at a time, 16 registers.
#![allow(unsafe_code)]

use super::isa::Kernel;
use super::lanes::SimdLanes;
use super::tile::{Tile, tiles};
use std::arch::x86_64::*;

/// The lanes of AVX2; constructed only in [`run_avx2`].
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

/// Runs a kernel with AVX2 and FMA.
///
/// # Safety
/// The CPU supports both.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run_avx2<W: Kernel>(work: W) -> W::Output {
    work.run_on_lanes(Avx2(()))
}

/// Mask table: eight entries starting at `8 − n` have the sign bit set in the first `n` lanes.
static FIRST_LANES_MASK: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

// SAFETY of every block below that calls an instruction: an `Avx2` exists only inside `run_avx2`,
// whose caller has checked that the CPU has the instructions.
impl SimdLanes for Avx2 {
    type V = __m256;
    const LANES: usize = 8;
    const ROWS: usize = 6;
    const LEAST: f32 = -127.0;

    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m256 {
        // SAFETY: see above; guaranteed by the caller.
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: __m256) {
        // SAFETY: see above; guaranteed by the caller.
        unsafe { _mm256_storeu_ps(to, v) }
    }
    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, n: usize) -> __m256 {
        // SAFETY: see above; `n < 8`, so the mask lies in the table; a masked lane is not read.
        unsafe {
            _mm256_maskload_ps(
                from,
                _mm256_loadu_si256(FIRST_LANES_MASK.as_ptr().add(8 - n).cast()),
            )
        }
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize, v: __m256) {
        // SAFETY: as for `load_first`; a masked lane is not written.
        unsafe {
            _mm256_maskstore_ps(
                to,
                _mm256_loadu_si256(FIRST_LANES_MASK.as_ptr().add(8 - n).cast()),
                v,
            )
        }
    }
    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    fn round(self, x: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x) }
    }
    #[inline(always)]
    fn scale(self, x: __m256, n: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
        }
    }
    #[inline(always)]
    fn sum(self, x: __m256) -> f32 {
        // SAFETY: see above.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
    tiles!(1 2 3 4 5 6);
}
