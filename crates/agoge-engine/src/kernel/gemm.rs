//! Matrix products: linear layers with weights packed once, and general products.
//!
//! Each element of C is one sum over k in order (in blocks of `DEPTH` for the general product),
//! whichever tile it falls into, so results do not depend on how the rows are split.
#![allow(unsafe_code)]

use super::isa::{Isa, Kernel};
use super::lanes::SimdLanes;
use super::math::gelu_lanes;
use super::matrix::{Matrix, MatrixMut};
use super::tile::{ExistingValues, PANEL, Tile};
use rayon::prelude::*;

/// Rows of B packed at a time: one panel of them, 64 KiB, streams from the L2 cache.
const DEPTH: usize = 512;

/// A matrix B packed for products A·B: row-major panels of 32 columns, the last padded with zeros.
#[derive(Clone, Debug, Default)]
pub struct PackedMatrix {
    data: Vec<f32>,
    rows: usize,
    columns: usize,
}

impl PackedMatrix {
    /// Packs `[in, out]` with any strides.
    pub fn new(isa: Isa, b: Matrix) -> PackedMatrix {
        let mut packed = PackedMatrix::default();
        packed.pack_matrix(isa, b);
        packed
    }

    /// Packs another matrix, reusing the allocation.
    pub fn pack_matrix(&mut self, isa: Isa, b: Matrix) {
        (self.rows, self.columns) = (b.rows(), b.columns());
        self.data.resize(b.rows() * b.columns().next_multiple_of(PANEL), 0.0);
        isa.run_kernel(PackKernel { b, to: &mut self.data });
    }

    /// Number of rows: input channels.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns: output channels.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

struct PackKernel<'a> {
    b: Matrix<'a>,
    to: &'a mut [f32],
}

impl Kernel for PackKernel<'_> {
    type Output = ();
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let (rows, columns) = (self.b.rows(), self.b.columns());
        let (row, step) = (self.b.row_stride(), self.b.column_stride());
        if rows == 0 {
            return;
        }
        for (index, panel) in self.to.chunks_exact_mut(rows * PANEL).enumerate() {
            let from = index * PANEL;
            let width = PANEL.min(columns - from);
            let b = self.b.as_ptr().wrapping_add(from * step);
            if width < PANEL {
                panel.fill(0.0);
            }
            let to = panel.as_mut_ptr();
            // SAFETY: reads (k, j) for k < rows and j < width of this panel's columns; writes
            // within the panel, which has `rows · PANEL` numbers.
            unsafe {
                if step == 1 {
                    for k in 0..rows {
                        std::ptr::copy_nonoverlapping(b.add(k * row), to.add(k * PANEL), width);
                    }
                    continue;
                }
                let (blocks, deep) = (
                    width / L::LANES * L::LANES,
                    if row == 1 { rows / L::LANES * L::LANES } else { 0 },
                );
                for k in (0..deep).step_by(L::LANES) {
                    for j in (0..blocks).step_by(L::LANES) {
                        l.transpose_block(
                            b.add(j * step + k),
                            step,
                            to.add(k * PANEL + j),
                            PANEL,
                            1.0,
                        );
                    }
                    for j in blocks..width {
                        for k in k..k + L::LANES {
                            *to.add(k * PANEL + j) = *b.add(k * row + j * step);
                        }
                    }
                }
                for k in deep..rows {
                    for j in 0..width {
                        *to.add(k * PANEL + j) = *b.add(k * row + j * step);
                    }
                }
            }
        }
    }
}

/// What happens to a product while it is still in registers or the L1 cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epilogue {
    /// Write it.
    Write,
    /// Apply GELU, then write it.
    Gelu,
    /// Add it to the existing output: a residual connection.
    Add,
}

/// `out = after(x · weights + bias)`.
///
/// Shapes: `x` `[row, in]` with any strides, `weights` `[in, out]`, `bias` `[out]`, `out` `[row,
/// out]`.
///
/// # Panics
/// If the shapes do not match.
///
/// ```
/// use agoge_engine::kernel::{Epilogue, Isa, Matrix, MatrixMut, PackedMatrix, linear_layer};
/// let isa = Isa::best_supported();
/// // [1, 2] · [[1, 2], [3, 4]] + [10, 20]
/// let weights = PackedMatrix::new(isa, Matrix::new(&[1.0, 2.0, 3.0, 4.0], 2, 2));
/// let mut out = [0.0; 2];
/// let x = Matrix::new(&[1.0, 2.0], 1, 2);
/// let mut rows = MatrixMut::new(&mut out, 1, 2);
/// linear_layer(isa, x, &weights, Some(&[10.0, 20.0]), Epilogue::Write, &mut rows);
/// assert_eq!(out, [17.0, 30.0]);
/// ```
pub fn linear_layer(
    isa: Isa,
    x: Matrix,
    weights: &PackedMatrix,
    bias: Option<&[f32]>,
    after: Epilogue,
    out: &mut MatrixMut,
) {
    assert!(
        x.columns() == weights.rows && x.rows() == out.rows() && weights.columns == out.columns(),
        "a product's shapes"
    );
    assert!(bias.is_none_or(|bias| bias.len() == weights.columns), "a bias of another length");
    isa.run_kernel(ProductKernel {
        x,
        b: &weights.data,
        bias,
        add: after == Epilogue::Add,
        gelu: after == Epilogue::Gelu,
        out,
    });
}

struct ProductKernel<'a, 'b> {
    x: Matrix<'a>,
    b: &'a [f32],
    bias: Option<&'a [f32]>,
    add: bool,
    gelu: bool,
    out: &'a mut MatrixMut<'b>,
}

impl Kernel for ProductKernel<'_, '_> {
    type Output = ();
    /// Goes panel by panel, so that a panel stays in the L1 cache while the rows stream past.
    #[inline(always)]
    fn run_on_lanes<L: SimdLanes>(self, l: L) {
        let (rows, columns, depth) = (self.out.rows(), self.out.columns(), self.x.columns());
        let c = self.out.as_mut_ptr();
        for from in (0..columns).step_by(2 * L::LANES) {
            let width = (columns - from).min(2 * L::LANES);
            let b = self.b.as_ptr().wrapping_add(from / PANEL * (PANEL * depth) + from % PANEL);
            let mut row = 0;
            while row < rows {
                let height = next_tile_rows(rows - row, L::ROWS);
                // SAFETY: the tile lies within `x`, the panel and `out`; a panel is padded to whole
                // vectors.
                unsafe {
                    let to = c.add(row * self.out.row_stride() + from);
                    l.tile(&Tile {
                        rows: height,
                        columns: width,
                        depth,
                        a: self.x.as_ptr().add(row * self.x.row_stride()),
                        a_row: self.x.row_stride(),
                        a_step: self.x.column_stride(),
                        b,
                        b_step: PANEL,
                        b_whole: true,
                        c: to,
                        c_row: self.out.row_stride(),
                        keep: if self.add { ExistingValues::All } else { ExistingValues::Nothing },
                        column_bias: self
                            .bias
                            .map_or(std::ptr::null(), |bias| bias.as_ptr().add(from)),
                        row_bias: std::ptr::null(),
                        row_scale: std::ptr::null(),
                    });
                    if self.gelu {
                        for i in 0..height {
                            let to = to.add(i * self.out.row_stride());
                            let whole = width - width % L::LANES;
                            for j in (0..whole).step_by(L::LANES) {
                                l.store(to.add(j), gelu_lanes(l, l.load(to.add(j))));
                            }
                            if whole < width {
                                let y = gelu_lanes(l, l.load_first(to.add(whole), width - whole));
                                l.store_first(to.add(whole), width - whole, y);
                            }
                        }
                    }
                }
                row += height;
            }
        }
    }
}

/// Number of the remaining rows that go into the next tile. Tiles are full except the last two,
/// which are split evenly, since a tile of one row takes as long as one of eight.
#[inline(always)]
pub fn next_tile_rows(left: usize, most: usize) -> usize {
    if left <= most {
        left
    } else if left < 2 * most {
        left.div_ceil(2)
    } else {
        most
    }
}

/// Which threads a product runs on; the result is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parallelism {
    /// The calling thread.
    Here,
    /// All threads of the current rayon pool, if the product is large enough.
    Pool,
}

/// `c = a · b`, or `c += a · b` with [`Epilogue::Add`] ([`Epilogue::Gelu`] applies GELU at the
/// end): a general product. For transposes pass `a.transposed()` or `b.transposed()`. B is packed
/// into `scratch`; reuse it to avoid allocating.
///
/// Shapes: `a` `[row, k]`, `b` `[k, column]`, `c` `[row, column]`.
///
/// # Panics
/// If the shapes do not match.
pub fn matrix_product(
    isa: Isa,
    a: Matrix,
    b: Matrix,
    after: Epilogue,
    c: &mut MatrixMut,
    spread: Parallelism,
    scratch: &mut PackedMatrix,
) {
    assert!(
        a.columns() == b.rows() && a.rows() == c.rows() && b.columns() == c.columns(),
        "a product's shapes"
    );
    let depth = a.columns();
    let mut from = 0;
    loop {
        let deep = DEPTH.min(depth - from);
        scratch.pack_matrix(isa, b.sub_rows(from, deep));
        let a = a.sub_columns(from, deep);
        let add = from > 0 || after == Epilogue::Add;
        let gelu = after == Epilogue::Gelu && from + deep == depth;
        let (rows, columns) = (c.rows(), c.columns());
        let threads = if spread == Parallelism::Pool { rayon::current_num_threads() } else { 1 };
        let part = rows.div_ceil(4 * threads).next_multiple_of(12);
        if threads == 1 || rows <= part || rows * columns * deep < 1 << 18 {
            isa.run_kernel(ProductKernel { x: a, b: &scratch.data, bias: None, add, gelu, out: c });
        } else {
            let (c, b) = (&*c, &scratch.data);
            (0..rows.div_ceil(part)).into_par_iter().for_each(|i| {
                let height = part.min(rows - i * part);
                // SAFETY: each part is accessed by one `i` only.
                let mut out = unsafe { c.strided_rows_shared(i * part, 1, height) };
                let x = a.sub_rows(i * part, height);
                isa.run_kernel(ProductKernel { x, b, bias: None, add, gelu, out: &mut out });
            });
        }
        from += deep;
        if from >= depth {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPES: &[(usize, usize, usize)] = &[
        (1, 1, 1),
        (2, 3, 5),
        (7, 31, 9),
        (12, 32, 64),
        (13, 33, 65),
        (25, 99, 17),
        (5, 128, 530),
        (40, 16, 3),
        (3, 48, 0),
    ];

    /// Fewer shapes under Miri, which is a thousand times slower.
    fn product_shapes() -> impl Iterator<Item = (usize, usize, usize)> {
        SHAPES.iter().copied().filter(|(m, n, k)| !cfg!(miri) || m * n * k < 10_000)
    }

    fn random_values(random: &mut fastrand::Rng, n: usize) -> Vec<f32> {
        (0..n).map(|_| random.f32() - 0.5).collect()
    }

    /// The definition in double precision.
    fn exact_product(a: Matrix, b: Matrix) -> Vec<f64> {
        let at = |m: &Matrix, i: usize, j: usize| f64::from(m.element_at(i, j));
        let mut c = Vec::new();
        for i in 0..a.rows() {
            for j in 0..b.columns() {
                c.push((0..a.columns()).map(|k| at(&a, i, k) * at(&b, k, j)).sum());
            }
        }
        c
    }

    fn assert_close(got: &[f32], exact: impl Iterator<Item = f64>, what: &str) {
        for (got, exact) in got.iter().zip(exact) {
            assert!((f64::from(*got) - exact).abs() < 1e-5, "{what}: {got} instead of {exact}");
        }
    }

    #[test]
    fn linear_layers_are_the_definition_on_every_path() {
        let mut random = fastrand::Rng::with_seed(2);
        for (m, n, k) in product_shapes() {
            let (a, b, bias, c) = (
                random_values(&mut random, m * (k + 5)),
                random_values(&mut random, k * n),
                random_values(&mut random, n),
                random_values(&mut random, m * n),
            );
            let (a, b) = (Matrix::with_strides(&a, m, k, k + 5, 1), Matrix::new(&b, k, n));
            let product = exact_product(a, b);
            let biased = |i: usize| product[i] + f64::from(bias[i % n]);
            for isa in Isa::all_supported() {
                let packed = PackedMatrix::new(isa, b);
                let run = |after| {
                    let mut c = c.clone();
                    linear_layer(
                        isa,
                        a,
                        &packed,
                        Some(&bias),
                        after,
                        &mut MatrixMut::new(&mut c, m, n),
                    );
                    c
                };
                let what = format!("{} {m}×{n}×{k}", isa.name());
                assert_close(&run(Epilogue::Write), (0..m * n).map(biased), &what);
                assert_close(
                    &run(Epilogue::Add),
                    (0..m * n).map(|i| biased(i) + f64::from(c[i])),
                    &what,
                );
                let phi = |x: f64| x * 0.5 * libm::erfc(-x / 2f64.sqrt());
                assert_close(&run(Epilogue::Gelu), (0..m * n).map(|i| phi(biased(i))), &what);
            }
        }
    }

    #[test]
    fn general_products_take_transposes_and_threads() {
        let mut random = fastrand::Rng::with_seed(3);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let large = if cfg!(miri) { (3, 2, 600) } else { (150, 70, 600) };
        for (m, n, k) in product_shapes().chain([large]) {
            let (a, b, c) = (
                random_values(&mut random, m * k),
                random_values(&mut random, k * n),
                random_values(&mut random, m * n),
            );
            for transposed in 0..4 {
                let a = if transposed & 1 == 0 {
                    Matrix::new(&a, m, k)
                } else {
                    Matrix::new(&a, k, m).transposed()
                };
                let b = if transposed & 2 == 0 {
                    Matrix::new(&b, k, n)
                } else {
                    Matrix::new(&b, n, k).transposed()
                };
                let product = exact_product(a, b);
                for isa in Isa::all_supported() {
                    let mut scratch = PackedMatrix::default();
                    let mut run = |after, spread| {
                        let mut c = c.clone();
                        matrix_product(
                            isa,
                            a,
                            b,
                            after,
                            &mut MatrixMut::new(&mut c, m, n),
                            spread,
                            &mut scratch,
                        );
                        c
                    };
                    let what = format!("{} {m}×{n}×{k}, {transposed}", isa.name());
                    let here = run(Epilogue::Write, Parallelism::Here);
                    assert_close(&here, product.iter().copied(), &what);
                    let added = run(Epilogue::Add, Parallelism::Here);
                    assert_close(
                        &added,
                        product.iter().zip(&c).map(|(p, c)| p + f64::from(*c)),
                        &what,
                    );
                    let spread = pool.install(|| run(Epilogue::Write, Parallelism::Pool));
                    assert!(here == spread, "{what}: another sum on two threads");
                }
            }
        }
    }

    #[test]
    fn a_row_does_not_depend_on_its_neighbours() {
        let mut random = fastrand::Rng::with_seed(4);
        let (m, n, k) = (if cfg!(miri) { 6 } else { 29 }, 50, 40);
        let (a, b) = (random_values(&mut random, m * k), random_values(&mut random, k * n));
        for isa in Isa::all_supported() {
            let packed = PackedMatrix::new(isa, Matrix::new(&b, k, n));
            let mut all = vec![0.0; m * n];
            linear_layer(
                isa,
                Matrix::new(&a, m, k),
                &packed,
                None,
                Epilogue::Gelu,
                &mut MatrixMut::new(&mut all, m, n),
            );
            for i in 0..m {
                let mut one = vec![0.0; n];
                let x = Matrix::new(&a[i * k..], 1, k);
                linear_layer(
                    isa,
                    x,
                    &packed,
                    None,
                    Epilogue::Gelu,
                    &mut MatrixMut::new(&mut one, 1, n),
                );
                assert_eq!(&all[i * n..(i + 1) * n], &one, "{} row {i}", isa.name());
            }
        }
    }
}
