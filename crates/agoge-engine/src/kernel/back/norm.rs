//! The gradient of layer normalisation.
#![allow(unsafe_code)]

use super::super::isa::{Isa, Kernel};
use super::super::lanes::SimdLanes;
use super::super::matrix::{Matrix, MatrixMut};

/// Writes the gradient of `x` to `x_gradient` and adds those of `gain` and `shift` to
/// `gain_gradient` and `shift_gradient`. Mean and deviation are recomputed from `x`.
///
/// Shapes: `x`, `out_gradient` and `x_gradient` `[row, channel]`, the others `[channel]`. With h =
/// `out_gradient` · gain and x̂ the normalised row, the gradient of `x` is (h − mean(h) − x̂ ·
/// mean(h x̂)) / deviation.
///
/// # Panics
/// If the shapes do not match.
#[allow(clippy::too_many_arguments)]
pub fn layer_norm_backward(
    isa: Isa,
    x: Matrix,
    gain: &[f32],
    epsilon: f32,
    out_gradient: Matrix,
    x_gradient: &mut MatrixMut,
    gain_gradient: &mut [f32],
    shift_gradient: &mut [f32],
) {
    let (rows, columns) = (x.rows(), x.columns());
    assert!(out_gradient.rows() == rows && x_gradient.rows() == rows, "layer norm's rows");
    assert!(
        out_gradient.columns() == columns && x_gradient.columns() == columns,
        "layer norm's columns"
    );
    assert!(
        [gain.len(), gain_gradient.len(), shift_gradient.len()] == [columns; 3],
        "layer norm's gain and shift"
    );
    assert!(
        x.column_stride() == 1 && out_gradient.column_stride() == 1,
        "channels must lie side by side"
    );
    isa.run_kernel(NormGradient {
        x,
        gain,
        epsilon,
        out_gradient,
        x_gradient,
        gain_gradient,
        shift_gradient,
    });
}

struct NormGradient<'a, 'b> {
    x: Matrix<'a>,
    gain: &'a [f32],
    epsilon: f32,
    out_gradient: Matrix<'a>,
    x_gradient: &'a mut MatrixMut<'b>,
    gain_gradient: &'a mut [f32],
    shift_gradient: &'a mut [f32],
}

impl Kernel for NormGradient<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let n = self.x.columns();
        let whole = n - n % L::LANES;
        let rest = n - whole;
        let share = 1.0 / n.max(1) as f32;
        let gain = self.gain.as_ptr();
        let (gain_gradient, shift_gradient) =
            (self.gain_gradient.as_mut_ptr(), self.shift_gradient.as_mut_ptr());
        for row in 0..self.x.rows() {
            let (x, g, to) = (
                self.x.row(row).as_ptr(),
                self.out_gradient.row(row).as_ptr(),
                self.x_gradient.row_mut(row).as_mut_ptr(),
            );
            // SAFETY: whole vectors and the rest of rows of `n` numbers.
            unsafe {
                let mut sum = l.splat(0.0);
                for at in (0..n).step_by(L::LANES) {
                    sum = l.add(sum, load_partial(l, x, at, n));
                }
                let mean = l.sum(sum) * share;
                let middle = l.splat(mean);
                let (mut squares, mut sum, mut tilt) = (l.splat(0.0), l.splat(0.0), l.splat(0.0));
                for at in (0..whole).step_by(L::LANES) {
                    let off = l.sub(load_partial(l, x, at, n), middle);
                    let h = l.mul(load_partial(l, g, at, n), load_partial(l, gain, at, n));
                    squares = l.fma(off, off, squares);
                    sum = l.add(sum, h);
                    tilt = l.fma(h, off, tilt);
                }
                let (mut squares, mut sum, mut tilt) = (l.sum(squares), l.sum(sum), l.sum(tilt));
                for at in whole..n {
                    let (off, h) = (*x.add(at) - mean, *g.add(at) * *gain.add(at));
                    squares += off * off;
                    sum += h;
                    tilt += h * off;
                }
                let scale = 1.0 / (squares * share + self.epsilon).sqrt();
                let (level, slant) = (l.splat(sum * share), l.splat(tilt * share * scale));
                let scale = l.splat(scale);
                for at in (0..n).step_by(L::LANES) {
                    let normal = l.mul(l.sub(load_partial(l, x, at, n), middle), scale);
                    let g = load_partial(l, g, at, n);
                    let h = l.sub(l.mul(g, load_partial(l, gain, at, n)), level);
                    let x_gradient = l.mul(l.sub(h, l.mul(normal, slant)), scale);
                    let (gains, shifts) = (
                        l.fma(g, normal, load_partial(l, gain_gradient, at, n)),
                        l.add(g, load_partial(l, shift_gradient, at, n)),
                    );
                    if at < whole {
                        l.store(to.add(at), x_gradient);
                        l.store(gain_gradient.add(at), gains);
                        l.store(shift_gradient.add(at), shifts);
                    } else {
                        l.store_first(to.add(at), rest, x_gradient);
                        l.store_first(gain_gradient.add(at), rest, gains);
                        l.store_first(shift_gradient.add(at), rest, shifts);
                    }
                }
            }
        }
    }
}

/// Loads the vector at `at`, or as many of the `n` numbers as remain.
///
/// # Safety
/// `n` numbers can be read at `from`, and `at < n`.
#[inline(always)]
unsafe fn load_partial<L: SimdLanes>(l: L, from: *const f32, at: usize, n: usize) -> L::V {
    // SAFETY: reads stay below `n`.
    unsafe {
        if n - at >= L::LANES { l.load(from.add(at)) } else { l.load_first(from.add(at), n - at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every instruction set against plain Rust, which the tests of the training operations compare
    /// with Burn. The tolerance of 1e-5 allows for sums of about a hundred terms.
    #[test]
    fn every_path_gives_the_same() {
        let mut random = fastrand::Rng::with_seed(8);
        for (rows, columns) in [(1, 1), (3, 7), (5, 16), (4, 33), (9, 128)] {
            let mut draw =
                |n: usize| (0..n).map(|_| random.f32() * 4.0 - 1.0).collect::<Vec<f32>>();
            let (x, gain, g) = (draw(rows * columns), draw(columns), draw(rows * columns));
            let run = |isa: Isa| {
                let (mut x_gradient, mut gain_gradient, mut shift_gradient) =
                    (vec![0.0; x.len()], vec![0.0; columns], vec![0.0; columns]);
                layer_norm_backward(
                    isa,
                    Matrix::new(&x, rows, columns),
                    &gain,
                    1e-5,
                    Matrix::new(&g, rows, columns),
                    &mut MatrixMut::new(&mut x_gradient, rows, columns),
                    &mut gain_gradient,
                    &mut shift_gradient,
                );
                [x_gradient, gain_gradient, shift_gradient].concat()
            };
            let reference = run(Isa::SCALAR);
            for isa in Isa::all_supported() {
                let most = reference
                    .iter()
                    .zip(run(isa))
                    .fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
                assert!(
                    most < 1e-5 * columns as f32,
                    "{} {rows}×{columns}: off by {most}",
                    isa.name()
                );
            }
        }
    }
}
