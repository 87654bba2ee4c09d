//! exp and GELU.
#![allow(unsafe_code)]

use super::isa::{Isa, Kernel};
use super::lanes::SimdLanes;

/// log2(e)
pub const LOG2_E: f32 = std::f32::consts::LOG2_E;

/// `2^x`, for `x ≤ 127`; zero below about −127 and at −∞.
///
/// `x = n + f` with whole `n` and `|f| ≤ 1/2`; `2^f` comes from a polynomial with a relative error
/// of 9e-8 (weighted least squares on Chebyshev points).
// One coefficient is close to ln 2, as expected; it was fitted along with the others.
#[allow(clippy::approx_constant)]
#[inline(always)]
pub fn exp2_lanes<L: SimdLanes>(l: L, x: L::V) -> L::V {
    let x = l.max(x, l.splat(L::LEAST));
    let n = l.round(x);
    let f = l.sub(x, n);
    let mut p = l.splat(0.001_326_472_6);
    for c in [0.009_671_513, 0.055_507_336, 0.240_222_42, 0.693_147, 1.0] {
        p = l.fma(p, f, l.splat(c));
    }
    l.scale(p, n)
}

/// GELU (Hendrycks and Gimpel 2016) with the exact normal distribution: `x · Φ(x) = max(x, 0) − |x|
/// · Φ(−|x|)`.
///
/// `Φ(−a) = t·P(t)·exp(−a²/2)` with `t = 1/(1 + 0.235 a)`: the form of Hastings (1955; Abramowitz
/// and Stegun 7.1.26), fitted to minimise the error of GELU rather than of erf. Absolute error
/// 2.6e-7.
#[inline(always)]
pub fn gelu_lanes<L: SimdLanes>(l: L, x: L::V) -> L::V {
    let zero = l.splat(0.0);
    let a = l.max(x, l.sub(zero, x));
    let one = l.splat(1.0);
    let t = l.div(one, l.fma(a, l.splat(0.235), one));
    let mut p = l.splat(0.457_590_6);
    for c in [-0.553_612_3, 0.548_947_93, -0.069_698_565, 0.116_773_77] {
        p = l.fma(p, t, l.splat(c));
    }
    let bell = exp2_lanes(l, l.mul(l.mul(a, a), l.splat(-0.5 * LOG2_E)));
    let tail = l.mul(l.mul(p, t), l.mul(bell, a));
    l.sub(l.max(x, zero), tail)
}

/// A function of one number, applied to a slice in place.
pub trait ElementwiseFunction {
    /// Applies the function to a vector.
    fn apply_lanes<L: SimdLanes>(l: L, x: L::V) -> L::V;
}

struct ElementwiseKernel<'a, F>(&'a mut [f32], std::marker::PhantomData<F>);

impl<F: ElementwiseFunction> Kernel for ElementwiseKernel<'_, F> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let mut chunks = self.0.chunks_exact_mut(L::LANES);
        for chunk in &mut chunks {
            // SAFETY: the chunk has LANES numbers.
            unsafe { l.store(chunk.as_mut_ptr(), F::apply_lanes(l, l.load(chunk.as_ptr()))) };
        }
        let rest = chunks.into_remainder();
        if !rest.is_empty() {
            // SAFETY: fewer than LANES numbers, exactly the length of the slice.
            unsafe {
                l.store_first(
                    rest.as_mut_ptr(),
                    rest.len(),
                    F::apply_lanes(l, l.load_first(rest.as_ptr(), rest.len())),
                )
            };
        }
    }
}

struct Exp;

impl ElementwiseFunction for Exp {
    #[inline(always)]
    fn apply_lanes<L: SimdLanes>(l: L, x: L::V) -> L::V {
        exp2_lanes(l, l.min(l.mul(x, l.splat(LOG2_E)), l.splat(127.0)))
    }
}

struct Gelu;

impl ElementwiseFunction for Gelu {
    #[inline(always)]
    fn apply_lanes<L: SimdLanes>(l: L, x: L::V) -> L::V {
        gelu_lanes(l, x)
    }
}

/// Replaces each number by its `exp`; relative error about 1e-7 · (1 + |x|), zero below −88, and at
/// most 2^127.
///
/// ```
/// use agoge_engine::kernel::{Isa, exp_in_place};
/// let mut x = [0.0, 1.0, -100.0];
/// exp_in_place(Isa::best_supported(), &mut x);
/// assert!((x[1] - std::f32::consts::E).abs() < 1e-6);
/// assert!((x[0] - 1.0).abs() < 1e-6 && x[2].abs() < 1e-30);
/// ```
pub fn exp_in_place(isa: Isa, x: &mut [f32]) {
    isa.run_kernel(ElementwiseKernel::<Exp>(x, std::marker::PhantomData));
}

/// Replaces each number by its GELU, `x · Φ(x)`, within 3e-7 of PyTorch's `nn.GELU()` (Hendrycks
/// and Gimpel 2016).
///
/// ```
/// use agoge_engine::kernel::{Isa, gelu_in_place};
/// // 1 · Φ(1) = 0.841345, and far from zero GELU is the positive part.
/// let mut x = [1.0, 10.0, -10.0];
/// gelu_in_place(Isa::best_supported(), &mut x);
/// assert!((x[0] - 0.841345).abs() < 1e-6);
/// assert!((x[1] - 10.0).abs() < 1e-6 && x[2].abs() < 1e-6);
/// ```
pub fn gelu_in_place(isa: Isa, x: &mut [f32]) {
    isa.run_kernel(ElementwiseKernel::<Gelu>(x, std::marker::PhantomData));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fewer points under Miri, which is a thousand times slower.
    const POINTS: usize = if cfg!(miri) { 103 } else { 10_007 };

    fn even_grid(from: f32, to: f32, n: usize) -> Vec<f32> {
        (0..n).map(|i| from + (to - from) * i as f32 / (n - 1) as f32).collect()
    }

    #[test]
    fn gelu_is_exact_on_every_path() {
        let x = even_grid(-12.0, 12.0, POINTS);
        for isa in Isa::all_supported() {
            let mut y = x.clone();
            gelu_in_place(isa, &mut y);
            for (x, y) in x.iter().zip(y) {
                let exact = 0.5 * f64::from(*x) * libm::erfc(-f64::from(*x) / 2f64.sqrt());
                assert!(
                    (f64::from(y) - exact).abs() < 1e-6,
                    "{}: gelu({x}) = {y}, not {exact}",
                    isa.name()
                );
            }
        }
    }

    #[test]
    fn exp_is_exact_on_every_path() {
        let x = even_grid(-87.0, 87.0, POINTS);
        for isa in Isa::all_supported() {
            let mut y = x.clone();
            exp_in_place(isa, &mut y);
            for (x, y) in x.iter().zip(y) {
                let exact = f64::from(*x).exp();
                let off = (f64::from(y) - exact).abs() / exact;
                assert!(
                    off < 3e-7 * f64::from(1.0 + x.abs()),
                    "{}: exp({x}) = {y}, off by {off}",
                    isa.name()
                );
            }
            let mut ends = [f32::NEG_INFINITY, -1e30, -200.0, 0.0, 1e30];
            exp_in_place(isa, &mut ends);
            assert_eq!(&ends[..4], &[0.0, 0.0, 0.0, 1.0], "{}", isa.name());
            assert!(ends[4] > 1e38 && ends[4].is_finite());
        }
    }

    #[test]
    fn the_rest_of_a_slice_is_like_its_middle() {
        for isa in Isa::all_supported() {
            let whole = {
                let mut y = vec![0.7; 64];
                gelu_in_place(isa, &mut y);
                y[0]
            };
            for n in 0..40 {
                let mut y = vec![0.7; n];
                gelu_in_place(isa, &mut y);
                assert!(y.iter().all(|y| *y == whole), "{} at {n}", isa.name());
            }
        }
    }
}
