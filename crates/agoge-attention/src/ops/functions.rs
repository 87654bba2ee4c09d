//! Elementwise functions and sums, written so that the compiler makes vectors of them ([`vectors`] picks the widest the machine has).

use pulp::Arch;

/// Runs a loop compiled for the widest vectors of the machine.
#[inline(always)]
pub(crate) fn vectors<R>(work: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(work)
}

/// e to the power of `x`, to 2 units in the last place; 0 below -87, where the result would leave the normal numbers. Range reduction by powers of two and the
/// polynomial of Cephes (Moshier 1989).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2^23 rounds to a whole number and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let kept = x.clamp(-87.0, 88.0);
    let shifted = kept * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = kept - whole * 0.693_359_4 - whole * -2.121_944_4e-4;
    let mut sum = 1.987_569_1e-4;
    for factor in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        sum = sum * rest + factor;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    let result = (sum * rest * rest + rest + 1.0) * power;
    if x < -87.0 { 0.0 } else { result }
}

/// The GELU (Hendrycks & Gimpel 2016), x Φ(x), and its derivative Φ(x) + x φ(x). The error function is formula 7.1.26 of Abramowitz & Stegun (1964), to 1.5e-7; its
/// exponential is the density's.
#[inline(always)]
pub(crate) fn gelu(x: f32) -> (f32, f32) {
    const ROOT_HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    let bell = exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + 0.327_591_1 * ROOT_HALF * x.abs());
    let mut tail = 1.061_405_4;
    for factor in [-1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
        tail = tail * t + factor;
    }
    let tail = 0.5 * tail * t * bell;
    let below = if x < 0.0 { tail } else { 1.0 - tail };
    // 1 / √(2π)
    (x * below, below + x * bell * 0.398_942_3)
}

/// Sums over a row in 16 strands, so that it is the same number on every machine.
#[inline(always)]
pub(crate) fn sum(row: &[f32], term: impl Fn(usize, f32) -> f32) -> f32 {
    let mut strands = [0.0f32; 16];
    let (whole, rest) = row.as_chunks::<16>();
    for (i, values) in whole.iter().enumerate() {
        for (j, (strand, &value)) in strands.iter_mut().zip(values).enumerate() {
            *strand += term(16 * i + j, value);
        }
    }
    for (j, &value) in rest.iter().enumerate() {
        strands[j] += term(16 * whole.len() + j, value);
    }
    let mut width = 8;
    while width > 0 {
        for j in 0..width {
            strands[j] += strands[j + width];
        }
        width /= 2;
    }
    strands[0]
}

/// Adds the rows of `matrix` (as long as `sums`) to `sums`.
pub(crate) fn add_rows(matrix: &[f32], sums: &mut [f32]) {
    vectors(|| {
        for row in matrix.chunks_exact(sums.len().max(1)) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against f64; the GELU and its derivative by Φ from the reference error function of `libm` as Burn uses it.
    #[test]
    fn functions_are_those_of_the_books() {
        for i in -9000..=9000 {
            let x = i as f32 * 0.01;
            let right = f64::from(x).exp();
            let off = (f64::from(exp(x.min(88.0))) / f64::from(x.min(88.0)).exp() - 1.0).abs();
            assert!(x < -87.0 || off < 3e-7, "exp({x}) = {} is not {right}", exp(x));
        }
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(0.0), 1.0);
        // scipy.stats.norm: x, x·cdf(x), cdf(x) + x·pdf(x)
        for (x, value, slope) in [
            (-3.0f32, -0.004_049_694_f32, -0.011_945_647_f32),
            (-0.5, -0.154_268_77, 0.132_504_88),
            (0.0, 0.0, 0.5),
            (1.0, 0.841_344_75, 1.083_315_5),
            (2.5, 2.484_475_8, 1.037_611_1),
        ] {
            let (a, b) = gelu(x);
            assert!((a - value).abs() < 1e-6 && (b - slope).abs() < 1e-6, "gelu({x}) = {a}, {b}");
        }
    }

    #[test]
    fn sums_are_sums() {
        let row: Vec<f32> = (0..37).map(|i| i as f32).collect();
        assert_eq!(sum(&row, |_, v| v), 666.0);
        assert_eq!(sum(&row, |i, v| v * row[i]), 16206.0);
    }
}
