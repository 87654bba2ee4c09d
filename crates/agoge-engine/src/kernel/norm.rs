//! Layer norm (Ba, Kiros and Hinton 2016).
#![allow(unsafe_code)]

use super::isa::{Isa, Kernel};
use super::lanes::SimdLanes;
use super::matrix::{Matrix, MatrixMut};

/// `out = (x − mean) / sqrt(variance + epsilon) · gain + shift`, row by row; the variance divides
/// by `columns` (not `columns − 1`), as in PyTorch's `nn.LayerNorm`.
///
/// Shapes: `x` and `out` `[row, channel]`, `gain` and `shift` `[channel]`.
///
/// # Panics
/// If the shapes differ or the columns of `x` are not adjacent.
///
/// ```
/// use agoge_engine::kernel::{Isa, Matrix, MatrixMut, layer_norm};
/// // Mean 2 and variance 1: the row becomes −1 and 1, then · 3 + 10.
/// let (x, mut out) = ([1.0, 3.0], [0.0; 2]);
/// let mut rows = MatrixMut::new(&mut out, 1, 2);
/// layer_norm(Isa::SCALAR, Matrix::new(&x, 1, 2), &[3.0; 2], &[10.0; 2], 0.0, &mut rows);
/// assert!((out[0] - 7.0).abs() < 1e-5 && (out[1] - 13.0).abs() < 1e-5);
/// ```
pub fn layer_norm(
    isa: Isa,
    x: Matrix,
    gain: &[f32],
    shift: &[f32],
    epsilon: f32,
    out: &mut MatrixMut,
) {
    assert!(
        x.rows() == out.rows() && x.columns() == out.columns(),
        "layer norm of one shape into another"
    );
    assert!(
        gain.len() == x.columns() && shift.len() == x.columns() && x.column_stride() == 1,
        "layer norm's shapes"
    );
    isa.run_kernel(NormKernel { x: Some(x), gain, shift, epsilon, out });
}

/// As [`layer_norm`], in place.
///
/// # Panics
/// If the shapes differ.
pub fn layer_norm_in_place(isa: Isa, x: &mut MatrixMut, gain: &[f32], shift: &[f32], epsilon: f32) {
    assert!(gain.len() == x.columns() && shift.len() == x.columns(), "layer norm's shapes");
    isa.run_kernel(NormKernel { x: None, gain, shift, epsilon, out: x });
}

struct NormKernel<'a, 'b> {
    /// None: normalise `out` in place.
    x: Option<Matrix<'a>>,
    gain: &'a [f32],
    shift: &'a [f32],
    epsilon: f32,
    out: &'a mut MatrixMut<'b>,
}

impl Kernel for NormKernel<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let n = self.out.columns();
        let whole = n - n % L::LANES;
        let rest = n - whole;
        let zero = l.splat(0.0);
        for row in 0..self.out.rows() {
            let out = self.out.row_mut(row).as_mut_ptr();
            let x = self.x.map_or(out.cast_const(), |x| x.row(row).as_ptr());
            // SAFETY: `x`, `out`, `gain` and `shift` have `n` numbers each; each element of `x` is
            // last read before the same element of `out` is written.
            unsafe {
                let mut sum = zero;
                for at in (0..whole).step_by(L::LANES) {
                    sum = l.add(sum, l.load(x.add(at)));
                }
                if rest > 0 {
                    sum = l.add(sum, l.load_first(x.add(whole), rest));
                }
                let mean = l.sum(sum) / n as f32;
                let middle = l.splat(mean);
                let mut squares = zero;
                for at in (0..whole).step_by(L::LANES) {
                    let off = l.sub(l.load(x.add(at)), middle);
                    squares = l.fma(off, off, squares);
                }
                let mut squares = l.sum(squares);
                for at in whole..n {
                    let off = *x.add(at) - mean;
                    squares += off * off;
                }
                let scale = l.splat(1.0 / (squares / n as f32 + self.epsilon).sqrt());
                let (gain, shift) = (self.gain.as_ptr(), self.shift.as_ptr());
                for at in (0..whole).step_by(L::LANES) {
                    let off = l.mul(l.sub(l.load(x.add(at)), middle), scale);
                    l.store(out.add(at), l.fma(off, l.load(gain.add(at)), l.load(shift.add(at))));
                }
                if rest > 0 {
                    let off = l.mul(l.sub(l.load_first(x.add(whole), rest), middle), scale);
                    let y = l.fma(
                        off,
                        l.load_first(gain.add(whole), rest),
                        l.load_first(shift.add(whole), rest),
                    );
                    l.store_first(out.add(whole), rest, y);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_gives_the_definition() {
        let mut random = fastrand::Rng::with_seed(1);
        for (rows, columns) in [(1, 1), (3, 7), (5, 16), (4, 33), (7, 64), (2, 99), (9, 128)] {
            let stride = columns + 3;
            let mut draw =
                |n: usize| (0..n).map(|_| random.f32() * 4.0 - 1.0).collect::<Vec<f32>>();
            let (x, gain, shift) = (draw(rows * stride), draw(columns), draw(columns));
            for isa in Isa::all_supported() {
                let mut out = vec![0.0; rows * columns];
                let view = Matrix::with_strides(&x, rows, columns, stride, 1);
                layer_norm(
                    isa,
                    view,
                    &gain,
                    &shift,
                    1e-5,
                    &mut MatrixMut::new(&mut out, rows, columns),
                );
                for i in 0..rows {
                    let row: Vec<f64> =
                        x[i * stride..i * stride + columns].iter().map(|x| f64::from(*x)).collect();
                    let mean = row.iter().sum::<f64>() / columns as f64;
                    let variance =
                        row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / columns as f64;
                    for j in 0..columns {
                        let exact = (row[j] - mean) / (variance + 1e-5).sqrt() * f64::from(gain[j])
                            + f64::from(shift[j]);
                        let off = (exact - f64::from(out[i * columns + j])).abs();
                        assert!(off < 1e-5, "{} {rows}×{columns}: off by {off}", isa.name());
                    }
                }
            }
        }
    }
}
