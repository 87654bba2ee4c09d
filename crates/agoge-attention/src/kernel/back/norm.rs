//! The gradient of layer normalisation.
#![allow(unsafe_code)]

use super::super::isa::{Isa, Work};
use super::super::lanes::Lanes;
use super::super::matrix::{Matrix, MatrixMut};

/// The gradient of `x` is written to `of_x`; those of `gain` and `shift` are added to `of_gain` and
/// `of_shift`. Mean and deviation are taken anew from `x`.
///
/// Shapes: `x`, `of_out` and `of_x` `[row, channel]`, the others `[channel]`. With h = `of_out` ·
/// gain and x̂ the normalised row: (h − mean(h) − x̂ · mean(h x̂)) / deviation.
///
/// # Panics
/// If shapes do not fit.
#[allow(clippy::too_many_arguments)]
pub fn layer_norm_back(
    isa: Isa,
    x: Matrix,
    gain: &[f32],
    epsilon: f32,
    of_out: Matrix,
    of_x: &mut MatrixMut,
    of_gain: &mut [f32],
    of_shift: &mut [f32],
) {
    let (rows, columns) = (x.rows(), x.columns());
    assert!(of_out.rows() == rows && of_x.rows() == rows, "layer norm's rows");
    assert!(of_out.columns() == columns && of_x.columns() == columns, "layer norm's columns");
    assert!(
        [gain.len(), of_gain.len(), of_shift.len()] == [columns; 3],
        "layer norm's gain and shift"
    );
    assert!(
        x.column_stride() == 1 && of_out.column_stride() == 1,
        "channels must lie side by side"
    );
    isa.run(Gradient { x, gain, epsilon, of_out, of_x, of_gain, of_shift });
}

struct Gradient<'a, 'b> {
    x: Matrix<'a>,
    gain: &'a [f32],
    epsilon: f32,
    of_out: Matrix<'a>,
    of_x: &'a mut MatrixMut<'b>,
    of_gain: &'a mut [f32],
    of_shift: &'a mut [f32],
}

impl Work for Gradient<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        let n = self.x.columns();
        let whole = n - n % L::LANES;
        let rest = n - whole;
        let share = 1.0 / n.max(1) as f32;
        let gain = self.gain.as_ptr();
        let (of_gain, of_shift) = (self.of_gain.as_mut_ptr(), self.of_shift.as_mut_ptr());
        for row in 0..self.x.rows() {
            let (x, g, to) = (
                self.x.row(row).as_ptr(),
                self.of_out.row(row).as_ptr(),
                self.of_x.row(row).as_mut_ptr(),
            );
            // SAFETY: whole vectors and the rest of rows of `n` numbers.
            unsafe {
                let mut sum = l.splat(0.0);
                for at in (0..n).step_by(L::LANES) {
                    sum = l.add(sum, load(l, x, at, n));
                }
                let mean = l.sum(sum) * share;
                let middle = l.splat(mean);
                let (mut squares, mut sum, mut tilt) = (l.splat(0.0), l.splat(0.0), l.splat(0.0));
                for at in (0..whole).step_by(L::LANES) {
                    let off = l.sub(load(l, x, at, n), middle);
                    let h = l.mul(load(l, g, at, n), load(l, gain, at, n));
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
                    let normal = l.mul(l.sub(load(l, x, at, n), middle), scale);
                    let g = load(l, g, at, n);
                    let h = l.sub(l.mul(g, load(l, gain, at, n)), level);
                    let of_x = l.mul(l.sub(h, l.mul(normal, slant)), scale);
                    let (gains, shifts) = (
                        l.fma(g, normal, load(l, of_gain, at, n)),
                        l.add(g, load(l, of_shift, at, n)),
                    );
                    if at < whole {
                        l.store(to.add(at), of_x);
                        l.store(of_gain.add(at), gains);
                        l.store(of_shift.add(at), shifts);
                    } else {
                        l.store_first(to.add(at), rest, of_x);
                        l.store_first(of_gain.add(at), rest, gains);
                        l.store_first(of_shift.add(at), rest, shifts);
                    }
                }
            }
        }
    }
}

/// The vector at `at`, of as many of the `n` numbers as are left.
///
/// # Safety
/// `n` numbers can be read at `from`, and `at < n`.
#[inline(always)]
unsafe fn load<L: Lanes>(l: L, from: *const f32, at: usize, n: usize) -> L::V {
    // SAFETY: not past `n`.
    unsafe {
        if n - at >= L::LANES { l.load(from.add(at)) } else { l.load_first(from.add(at), n - at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every instruction set against plain Rust, which the training operations hold against Burn;
    /// 1e-5 for sums of some hundred terms.
    #[test]
    fn every_path_gives_the_same() {
        let mut random = fastrand::Rng::with_seed(8);
        for (rows, columns) in [(1, 1), (3, 7), (5, 16), (4, 33), (9, 128)] {
            let mut draw =
                |n: usize| (0..n).map(|_| random.f32() * 4.0 - 1.0).collect::<Vec<f32>>();
            let (x, gain, g) = (draw(rows * columns), draw(columns), draw(rows * columns));
            let run = |isa: Isa| {
                let (mut of_x, mut of_gain, mut of_shift) =
                    (vec![0.0; x.len()], vec![0.0; columns], vec![0.0; columns]);
                layer_norm_back(
                    isa,
                    Matrix::new(&x, rows, columns),
                    &gain,
                    1e-5,
                    Matrix::new(&g, rows, columns),
                    &mut MatrixMut::new(&mut of_x, rows, columns),
                    &mut of_gain,
                    &mut of_shift,
                );
                [of_x, of_gain, of_shift].concat()
            };
            let right = run(Isa::SCALAR);
            for isa in Isa::all() {
                let most =
                    right.iter().zip(run(isa)).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
                assert!(
                    most < 1e-5 * columns as f32,
                    "{} {rows}×{columns}: off by {most}",
                    isa.name()
                );
            }
        }
    }
}
