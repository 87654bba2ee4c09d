//! Elementwise operations: plain Rust loops inside a kernel, which the compiler vectorises for each
//! instruction set.

use super::operation::Values;
use crate::kernel::{Isa, Lanes, Work};

/// `a · b`, element by element; reuses the memory of `a` if it is not shared.
pub(crate) fn multiply(mut a: Values, b: Values) -> Values {
    let mut copy = Vec::new();
    let shared = a.own().is_none();
    if shared {
        copy.extend_from_slice(a.slice());
    }
    Isa::best().run(Multiply { a: a.own().unwrap_or(&mut copy), b: b.slice() });
    if shared { Values::new(copy, &a.shape()) } else { a }
}

struct Multiply<'a> {
    a: &'a mut [f32],
    b: &'a [f32],
}

impl Work for Multiply<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        for (a, b) in self.a.iter_mut().zip(self.b) {
            *a *= b;
        }
    }
}

/// Adds all rows of `matrix`, each as long as `sums`, to `sums`.
pub(crate) fn add_rows(matrix: &[f32], sums: &mut [f32]) {
    Isa::best().run(AddRows { matrix, sums });
}

struct AddRows<'a> {
    matrix: &'a [f32],
    sums: &'a mut [f32],
}

impl Work for AddRows<'_> {
    type Output = ();
    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
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
        let a = Values::new(vec![1.0, 2.0, 3.0], &[3]);
        let b = Values::new(vec![4.0, 5.0, 6.0], &[3]);
        assert_eq!(multiply(a.clone(), b.clone()).slice(), [4.0, 10.0, 18.0]);
        assert_eq!(multiply(a, b).slice(), [4.0, 10.0, 18.0]);
        let mut sums = [1.0, 0.0];
        add_rows(&[1.0, 2.0, 3.0, 4.0], &mut sums);
        assert_eq!(sums, [5.0, 6.0]);
    }
}
