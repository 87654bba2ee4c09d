//! The innermost loop of every matrix product: a tile of the result is held in vector registers while the shared dimension passes by.
//!
//! The right-hand side is a panel whose rows are a whole number of vectors; the left-hand side is read by broadcast, either from a packed panel or from its rows
//! as they lie. On 32 registers a tile is 8 rows by up to 3 vectors, on 16 registers 4 by 3 (Goto & van de Geijn 2008 for the scheme).

use pulp::Simd;

/// Rows of a tile where there are 32 vector registers; [`FEW`] where there are fewer.
pub(crate) const MANY: usize = 8;
/// Rows of a tile where there are 16 vector registers.
pub(crate) const FEW: usize = 4;

/// The left-hand side of `R` rows of a tile.
#[derive(Clone, Copy)]
pub(crate) enum Left<'a, const R: usize> {
    /// Packed: the `R` values of each step together, `[step][row]`.
    Packed(&'a [[f32; R]]),
    /// The rows as they lie, each as long as there are steps.
    Rows([&'a [f32]; R]),
}

/// Where a tile goes.
pub(crate) struct Place {
    /// Index of its first element.
    pub(crate) at: usize,
    /// From one row to the next.
    pub(crate) stride: usize,
    /// Rows that are written, at most `R`.
    pub(crate) rows: usize,
    /// Columns that are written, at most the panel's width.
    pub(crate) columns: usize,
    /// Whether the product is added to what is there.
    pub(crate) add: bool,
}

/// One panel's product: `rows` of `left` times the panel `right` (`[step][width]`, flat) into `out`.
#[inline(always)]
pub(crate) fn panel<S: Simd, const R: usize>(
    simd: S,
    left: Left<R>,
    right: &[f32],
    width: usize,
    out: &mut [f32],
    place: &Place,
) {
    let (right, _) = S::as_simd_f32s(right);
    let width = width / S::F32_LANES;
    let vectors = place.columns.div_ceil(S::F32_LANES).min(width);
    let mut first = 0;
    while first < vectors {
        match vectors - first {
            1 => tile::<S, R, 1>(simd, left, right, width, first, out, place),
            2 => tile::<S, R, 2>(simd, left, right, width, first, out, place),
            _ => tile::<S, R, 3>(simd, left, right, width, first, out, place),
        }
        first += 3;
    }
}

#[inline(always)]
fn tile<S: Simd, const R: usize, const V: usize>(
    simd: S,
    left: Left<R>,
    right: &[S::f32s],
    width: usize,
    first: usize,
    out: &mut [f32],
    place: &Place,
) {
    let mut sums = [[simd.splat_f32s(0.0); V]; R];
    let mut step = |left: &[f32; R], right: &[S::f32s]| {
        if let Some(right) = right.get(first..).and_then(<[_]>::first_chunk::<V>) {
            for r in 0..R {
                let factor = simd.splat_f32s(left[r]);
                for v in 0..V {
                    sums[r][v] = simd.mul_add_e_f32s(factor, right[v], sums[r][v]);
                }
            }
        }
    };
    match left {
        Left::Packed(left) => {
            for (left, right) in left.iter().zip(right.chunks_exact(width)) {
                step(left, right);
            }
        }
        Left::Rows(rows) => {
            // Eight steps share one check of the rows' lengths.
            let steps = rows.iter().fold(right.len() / width, |steps, row| steps.min(row.len()));
            let split = rows.map(|row| row[..steps].as_chunks::<8>());
            let whole = steps / 8;
            let eights = split.map(|(eights, _)| &eights[..whole]);
            for (i, right) in right.chunks_exact(8 * width).take(whole).enumerate() {
                let left = eights.map(|eights| &eights[i]);
                for (p, right) in right.chunks_exact(width).take(8).enumerate() {
                    step(&left.map(|left| left[p]), right);
                }
            }
            let rest = split.map(|(_, rest)| rest);
            for (p, right) in right.chunks_exact(width).skip(8 * whole).take(steps % 8).enumerate() {
                step(&rest.map(|rest| rest[p]), right);
            }
        }
    }
    let from = first * S::F32_LANES;
    let columns = place.columns.min(from + V * S::F32_LANES) - from;
    for (r, sums) in sums.iter().enumerate().take(place.rows) {
        let start = place.at + r * place.stride + from;
        let row = &mut out[start..start + columns];
        let (whole, rest) = S::as_mut_simd_f32s(row);
        for (to, sum) in whole.iter_mut().zip(sums) {
            *to = if place.add { simd.add_f32s(*to, *sum) } else { *sum };
        }
        if let (false, Some(sum)) = (rest.is_empty(), sums.get(whole.len())) {
            let before = if place.add { simd.partial_load_f32s(rest) } else { simd.splat_f32s(0.0) };
            simd.partial_store_f32s(rest, simd.add_f32s(before, *sum));
        }
    }
}
