//! Benchmarks of the kernels on realistic shapes, on every instruction set of this machine,
//! compared with other crates. Single-threaded.
//!
//! `cargo bench -p agoge-engine --bench kernels` (append `-- linear` for one group). Rates count
//! operations: 2·m·n·k for a product.

use agoge_engine::kernel::{
    AttentionInputs, Epilogue, Isa, Matrix, MatrixMut, PackedMatrix, Parallelism, attend_head,
    attention, gelu_in_place, layer_norm, linear_layer, matrix_product,
};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// Rows, columns, depth: the layers of the two networks, a general product, a weight gradient.
const SHAPES: &[(usize, usize, usize)] = &[
    (128, 384, 128),
    (128, 128, 128),
    (128, 512, 128),
    (128, 128, 512),
    (25, 192, 64),
    (64, 256, 64),
    (64, 64, 256),
    (1000, 1000, 1000),
];

fn random_values(n: usize) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(1);
    (0..n).map(|_| random.f32() - 0.5).collect()
}

/// The instruction set at this position, slowest first; the fastest one if there is none.
fn isa_at(place: usize) -> Isa {
    Isa::all_supported().get(place).copied().unwrap_or_else(Isa::best_supported)
}

#[divan::bench_group(min_time = 0.3)]
mod product {
    use super::*;

    fn bench_packed(bencher: Bencher, (m, n, k): (usize, usize, usize), isa: Isa) {
        let (a, b, mut c) = (random_values(m * k), random_values(k * n), vec![0.0; m * n]);
        let packed = PackedMatrix::new(isa, Matrix::new(&b, k, n));
        bencher.counter(ItemsCount::new(2 * m * n * k)).bench_local(|| {
            linear_layer(
                isa,
                black_box(Matrix::new(&a, m, k)),
                &packed,
                None,
                Epilogue::Write,
                &mut MatrixMut::new(&mut c, m, n),
            );
        });
    }

    #[divan::bench(args = SHAPES)]
    fn packed_best(bencher: Bencher, shape: (usize, usize, usize)) {
        bench_packed(bencher, shape, Isa::best_supported());
    }

    #[divan::bench(args = SHAPES)]
    fn packed_second(bencher: Bencher, shape: (usize, usize, usize)) {
        bench_packed(bencher, shape, isa_at(1));
    }

    #[divan::bench(args = SHAPES)]
    fn packed_scalar(bencher: Bencher, shape: (usize, usize, usize)) {
        bench_packed(bencher, shape, Isa::SCALAR);
    }

    #[divan::bench(args = SHAPES)]
    fn packing_each_time(bencher: Bencher, (m, n, k): (usize, usize, usize)) {
        let (a, b, mut c) = (random_values(m * k), random_values(k * n), vec![0.0; m * n]);
        let mut scratch = PackedMatrix::default();
        bencher.counter(ItemsCount::new(2 * m * n * k)).bench_local(|| {
            let (a, b) = (Matrix::new(&a, m, k), Matrix::new(&b, k, n));
            matrix_product(
                Isa::best_supported(),
                a,
                b,
                Epilogue::Write,
                &mut MatrixMut::new(&mut c, m, n),
                Parallelism::Here,
                &mut scratch,
            );
        });
    }

    #[divan::bench(args = SHAPES)]
    fn crate_gemm(bencher: Bencher, (m, n, k): (usize, usize, usize)) {
        let (a, b, mut c) = (random_values(m * k), random_values(k * n), vec![0.0; m * n]);
        bencher
            .counter(ItemsCount::new(2 * m * n * k))
            .bench_local(|| crates::gemm((m, n, k), &a, &b, &mut c));
    }

    #[divan::bench(args = SHAPES)]
    fn crate_matrixmultiply(bencher: Bencher, (m, n, k): (usize, usize, usize)) {
        let (a, b, mut c) = (random_values(m * k), random_values(k * n), vec![0.0; m * n]);
        bencher
            .counter(ItemsCount::new(2 * m * n * k))
            .bench_local(|| crates::matrixmultiply((m, n, k), &a, &b, &mut c));
    }
}

/// A whole layer: product, bias and GELU. For other crates bias and GELU are a second pass over the
/// result.
#[divan::bench_group(min_time = 0.3)]
mod layer {
    use super::*;

    #[divan::bench(args = SHAPES)]
    fn fused(bencher: Bencher, (m, n, k): (usize, usize, usize)) {
        let (a, b, bias, mut c) =
            (random_values(m * k), random_values(k * n), random_values(n), vec![0.0; m * n]);
        let packed = PackedMatrix::new(Isa::best_supported(), Matrix::new(&b, k, n));
        bencher.counter(ItemsCount::new(2 * m * n * k)).bench_local(|| {
            let x = black_box(Matrix::new(&a, m, k));
            linear_layer(
                Isa::best_supported(),
                x,
                &packed,
                Some(&bias),
                Epilogue::Gelu,
                &mut MatrixMut::new(&mut c, m, n),
            );
        });
    }

    #[divan::bench(args = SHAPES)]
    fn crate_gemm_then_rest(bencher: Bencher, (m, n, k): (usize, usize, usize)) {
        let (a, b, bias, mut c) =
            (random_values(m * k), random_values(k * n), random_values(n), vec![0.0; m * n]);
        bencher.counter(ItemsCount::new(2 * m * n * k)).bench_local(|| {
            crates::gemm((m, n, k), &a, &b, &mut c);
            for row in c.chunks_exact_mut(n) {
                row.iter_mut().zip(&bias).for_each(|(c, bias)| *c += bias);
            }
            gelu_in_place(Isa::best_supported(), &mut c);
        });
    }
}

/// Tokens and channels of a head.
const HEADS: &[(usize, usize)] = &[(25, 16), (64, 16), (128, 16), (1024, 32), (4096, 32)];

#[divan::bench(args = HEADS, min_time = 0.3)]
fn attention_forward(bencher: Bencher, (t, d): (usize, usize)) {
    let (x, mut out, mut scratch) =
        (random_values(3 * t * d), vec![0.0; t * d], vec![0.0; attention::scratch_len(d)]);
    let matrix = |which: usize| Matrix::with_strides(&x[which * d..], t, d, 3 * d, 1);
    let inputs = AttentionInputs {
        query: matrix(0),
        key: matrix(1),
        value: matrix(2),
        scale: 0.25,
        key_bias: None,
        window: None,
    };
    bencher.counter(ItemsCount::new(4 * t * t * d)).bench_local(|| {
        attend_head(
            Isa::best_supported(),
            black_box(inputs),
            &mut MatrixMut::new(&mut out, t, d),
            None,
            &mut scratch,
        );
    });
}

/// Rates count numbers.
#[divan::bench(args = [0, 1, 2])]
fn gelu_4096(bencher: Bencher, place: usize) {
    let mut x = random_values(4096);
    bencher
        .counter(ItemsCount::new(4096usize))
        .bench_local(|| gelu_in_place(isa_at(place), black_box(&mut x)));
}

/// Rates count numbers.
#[divan::bench(args = [0, 1, 2])]
fn layer_norm_128_by_128(bencher: Bencher, place: usize) {
    let (x, gain, mut out) = (random_values(128 * 128), random_values(128), vec![0.0; 128 * 128]);
    bencher.counter(ItemsCount::new(128usize * 128)).bench_local(|| {
        let x = black_box(Matrix::new(&x, 128, 128));
        layer_norm(isa_at(place), x, &gain, &gain, 1e-5, &mut MatrixMut::new(&mut out, 128, 128));
    });
}

/// The other crates compared.
#[allow(unsafe_code)]
mod crates {
    /// `c = a·b` with the crate `gemm`.
    pub(crate) fn gemm((m, n, k): (usize, usize, usize), a: &[f32], b: &[f32], c: &mut [f32]) {
        let (wide, deep) = (n as isize, k as isize);
        let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
        // SAFETY: the caller's slices have m·k, k·n and m·n numbers.
        unsafe {
            let one = gemm::Parallelism::None;
            gemm::gemm(
                m, n, k, c, 1, wide, false, a, 1, deep, b, 1, wide, 0.0, 1.0, false, false, false,
                one,
            );
        }
    }

    /// `c = a·b` with the crate `matrixmultiply`.
    pub(crate) fn matrixmultiply(
        (m, n, k): (usize, usize, usize),
        a: &[f32],
        b: &[f32],
        c: &mut [f32],
    ) {
        let (wide, deep) = (n as isize, k as isize);
        // SAFETY: the caller's slices have m·k, k·n and m·n numbers.
        unsafe {
            let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
            matrixmultiply::sgemm(m, k, n, 1.0, a, deep, 1, b, wide, 1, 0.0, c, wide, 1);
        }
    }
}
