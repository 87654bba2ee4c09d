//! Elementwise operations: plain Rust loops inside a kernel, which the compiler vectorises for each
//! instruction set.

use super::operation::TensorValues;
use agoge_engine::kernel::{Isa, Kernel, SimdLanes};

/// `a · b`, element by element; reuses the memory of `a` if it is not shared.
pub(crate) fn multiply_elements(mut a: TensorValues, b: TensorValues) -> TensorValues {
    let mut copy = Vec::new();
    let shared = a.as_mut_slice().is_none();
    if shared {
        copy.extend_from_slice(a.as_slice());
    }
    Isa::best_supported()
        .run_kernel(MultiplyKernel { a: a.as_mut_slice().unwrap_or(&mut copy), b: b.as_slice() });
    if shared { TensorValues::new(copy, &a.shape()) } else { a }
}

struct MultiplyKernel<'a> {
    a: &'a mut [f32],
    b: &'a [f32],
}

impl Kernel for MultiplyKernel<'_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, _: L) {
        for (a, b) in self.a.iter_mut().zip(self.b) {
            *a *= b;
        }
    }
}

/// Adds all rows of `matrix`, each as long as `sums`, to `sums`.
pub(crate) fn add_rows(matrix: &[f32], sums: &mut [f32]) {
    Isa::best_supported().run_kernel(AddRowsKernel { matrix, sums });
}

struct AddRowsKernel<'a> {
    matrix: &'a [f32],
    sums: &'a mut [f32],
}

impl Kernel for AddRowsKernel<'_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, _: L) {
        for row in self.matrix.chunks_exact(self.sums.len().max(1)) {
            for (sum, value) in self.sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_do_what_they_say() {
        let a = TensorValues::new(vec![1.0, 2.0, 3.0], &[3]);
        let b = TensorValues::new(vec![4.0, 5.0, 6.0], &[3]);
        assert_eq!(multiply_elements(a.clone(), b.clone()).as_slice(), [4.0, 10.0, 18.0]);
        assert_eq!(multiply_elements(a, b).as_slice(), [4.0, 10.0, 18.0]);
        let mut sums = [1.0, 0.0];
        add_rows(&[1.0, 2.0, 3.0, 4.0], &mut sums);
        assert_eq!(sums, [5.0, 6.0]);
    }
}
