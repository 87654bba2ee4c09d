//! GELU together with its derivative, which share an exponential.
#![allow(unsafe_code)]

use super::super::isa::{Isa, Kernel};
use super::super::lanes::SimdLanes;
use super::super::math::{LOG2_E, exp2_lanes};

/// Replaces `x` by x Φ(x) (Hendrycks & Gimpel 2016) and sets `slope` to its derivative Φ(x) + x
/// φ(x), to 1e-6; Φ by formula 7.1.26 of Abramowitz & Stegun (1964).
///
/// # Panics
/// If the slices are of different lengths.
///
/// ```
/// use agoge_engine::kernel::Isa;
/// use agoge_engine::kernel::back::gelu_slope;
/// // At zero the value is 0 and the slope Φ(0) = 1/2.
/// let (mut x, mut slope) = ([0.0], [0.0]);
/// gelu_slope(Isa::best_supported(), &mut x, &mut slope);
/// assert!(x[0].abs() < 1e-6 && (slope[0] - 0.5).abs() < 1e-6);
/// ```
pub fn gelu_slope(isa: Isa, x: &mut [f32], slope: &mut [f32]) {
    assert!(x.len() == slope.len(), "as many slopes as values");
    isa.run_kernel(GeluSlopeKernel { x, slope });
}

struct GeluSlopeKernel<'a> {
    x: &'a mut [f32],
    slope: &'a mut [f32],
}

impl Kernel for GeluSlopeKernel<'_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let n = self.x.len();
        let whole = n - n % L::LANES;
        let (x, slope) = (self.x.as_mut_ptr(), self.slope.as_mut_ptr());
        // SAFETY: whole vectors and the rest of both slices, which have the same length.
        unsafe {
            for at in (0..whole).step_by(L::LANES) {
                let (value, derivative) = gelu_with_slope(l, l.load(x.add(at)));
                l.store(x.add(at), value);
                l.store(slope.add(at), derivative);
            }
            if whole < n {
                let (value, derivative) = gelu_with_slope(l, l.load_first(x.add(whole), n - whole));
                l.store_first(x.add(whole), n - whole, value);
                l.store_first(slope.add(whole), n - whole, derivative);
            }
        }
    }
}

#[inline(always)]
fn gelu_with_slope<L: SimdLanes>(l: L, x: L::V) -> (L::V, L::V) {
    let (zero, one, half) = (l.splat(0.0), l.splat(1.0), l.splat(0.5));
    let size = l.max(x, l.sub(zero, x));
    let bell = exp2_lanes(l, l.mul(l.mul(x, x), l.splat(-0.5 * LOG2_E)));
    let t = l.div(one, l.fma(size, l.splat(0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2), one));
    let mut p = l.splat(0.5 * 1.061_405_4);
    for c in [-1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
        p = l.fma(p, t, l.splat(0.5 * c));
    }
    let tail = l.mul(l.mul(p, t), bell);
    // Φ(x) = ½ + sign(x) (½ − Φ(−|x|))
    let sign = l.min(l.max(l.mul(x, l.splat(1e30)), l.splat(-1.0)), one);
    let phi = l.fma(sign, l.sub(half, tail), half);
    // 1 / √(2π)
    (l.mul(x, phi), l.fma(l.mul(x, bell), l.splat(0.398_942_3), phi))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_slopes_are_exact_on_every_path() {
        let grid: Vec<f32> = (-6000..=6001).map(|i| i as f32 * 2e-3).collect();
        for isa in Isa::all_supported() {
            let (mut values, mut slopes) = (grid.clone(), vec![0.0; grid.len()]);
            gelu_slope(isa, &mut values, &mut slopes);
            for ((x, value), slope) in grid.iter().map(|x| f64::from(*x)).zip(values).zip(slopes) {
                let phi = 0.5 * libm::erfc(-x / 2f64.sqrt());
                let expected = phi + x * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
                assert!(
                    (f64::from(value) - x * phi).abs() < 1e-6,
                    "{}: gelu({x}) = {value}",
                    isa.name()
                );
                assert!(
                    (f64::from(slope) - expected).abs() < 1e-6,
                    "{}: gelu'({x}) = {slope}, not {expected}",
                    isa.name()
                );
            }
        }
    }
}
