//! Plain Rust, four numbers at a time: it runs anywhere, and every other path is tested against it.
#![allow(unsafe_code)]

use super::lanes::SimdLanes;
use super::tile::{Tile, tiles};

/// Four lanes in plain Rust.
#[derive(Clone, Copy)]
pub(super) struct ScalarLanes;

const LANES: usize = 4;

#[inline(always)]
fn map_lanes(f: impl Fn(usize) -> f32) -> [f32; LANES] {
    std::array::from_fn(f)
}

impl SimdLanes for ScalarLanes {
    type V = [f32; LANES];
    const LANES: usize = LANES;
    const ROWS: usize = 4;
    const LEAST: f32 = -127.0;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> Self::V {
        // SAFETY: guaranteed by the caller.
        unsafe { from.cast::<[f32; LANES]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32, v: Self::V) {
        // SAFETY: guaranteed by the caller.
        unsafe { to.cast::<[f32; LANES]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn load_first(self, from: *const f32, n: usize) -> Self::V {
        // SAFETY: only the first `n` are read.
        map_lanes(|i| if i < n { unsafe { *from.add(i) } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_first(self, to: *mut f32, n: usize, v: Self::V) {
        for (i, x) in v.into_iter().enumerate().take(n) {
            // SAFETY: only the first `n` are written.
            unsafe { *to.add(i) = x };
        }
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        map_lanes(|i| a[i] + b[i])
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        map_lanes(|i| a[i] - b[i])
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        map_lanes(|i| a[i] * b[i])
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        map_lanes(|i| a[i] / b[i])
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        // Not `mul_add`: without an FMA instruction it calls a slow library function.
        map_lanes(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        map_lanes(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        map_lanes(|i| if a[i] < b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn round(self, x: Self::V) -> Self::V {
        // Adding 1.5 · 2^23 leaves no fractional bits.
        const WHOLE: f32 = 12_582_912.0;
        map_lanes(|i| (x[i] + WHOLE) - WHOLE)
    }
    #[inline(always)]
    fn scale(self, x: Self::V, n: Self::V) -> Self::V {
        map_lanes(|i| x[i] * f32::from_bits(((n[i] as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    fn sum(self, x: Self::V) -> f32 {
        (x[0] + x[2]) + (x[1] + x[3])
    }
    tiles!(1 2 3 4);
}
