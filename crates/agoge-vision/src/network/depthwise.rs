//! Depthwise filters: several neighbouring pixels at a time, so that weights and pixels are loaded
//! once for several sums.

use super::plane::{FeaturePlane, PlaneLayout};
use crate::tflite::{FilterWeights, FilterWindow};
use pulp::{Arch, Simd, WithSimd};

/// Neighbouring output pixels computed together.
const BLOCK_PIXELS: usize = 4;

/// A depthwise filter: one kernel per channel.
pub(super) struct DepthwiseFilter {
    /// `[row, column, channel]`, channels padded as in the planes.
    kernel: Vec<f32>,
    bias: Vec<f32>,
    /// Height and width: 3 or 5.
    size: usize,
    stride: usize,
    /// Offset of the window of the first output pixel.
    first: usize,
    bounds: [f32; 2],
}

impl DepthwiseFilter {
    pub(super) fn new(
        window: &FilterWindow,
        weights: &FilterWeights,
        bounds: [f32; 2],
        from: PlaneLayout,
        to: PlaneLayout,
    ) -> Result<DepthwiseFilter, String> {
        let (size, channels) = (window.size[0], from.channels);
        let fits = weights.kernel.len() == size * size * channels && weights.bias.len() == channels;
        if window.size[1] != size
            || !matches!((size, window.stride), (3 | 5, 1 | 2))
            || !fits
            || to.channels != channels
        {
            return Err("a filter for each channel whose weights do not fit".into());
        }
        let padded = |values: &[f32]| -> Vec<f32> {
            let pad = std::iter::repeat_n(0.0, from.stride - channels);
            values
                .chunks_exact(channels)
                .flat_map(|row| row.iter().copied().chain(pad.clone()))
                .collect()
        };
        let first = (from.before[0] - window.before[0]) * from.row_floats()
            + (from.before[1] - window.before[1]) * from.stride;
        let kernel = padded(&weights.kernel);
        Ok(DepthwiseFilter {
            kernel,
            bias: padded(&weights.bias),
            size,
            stride: window.stride,
            first,
            bounds,
        })
    }

    pub(super) fn filter_plane(&self, arch: Arch, from: &FeaturePlane, to: &mut FeaturePlane) {
        let (row_floats, stride) = (from.layout.row_floats(), to.layout.stride);
        to.for_each_row(|row, to| {
            let from = &from.data[self.first + row * self.stride * row_floats..];
            arch.dispatch(DepthwiseRow { filter: self, from, row_floats, stride, to });
        });
    }
}

/// One row of output pixels.
struct DepthwiseRow<'a> {
    filter: &'a DepthwiseFilter,
    /// Input from the first window onwards.
    from: &'a [f32],
    /// Floats per input row.
    row_floats: usize,
    /// Floats per pixel.
    stride: usize,
    to: &'a mut [f32],
}

impl WithSimd for DepthwiseRow<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (self.filter.size, self.filter.stride) {
            (3, 1) => self.filter_row::<S, 3, 1>(simd),
            (3, _) => self.filter_row::<S, 3, 2>(simd),
            (_, 1) => self.filter_row::<S, 5, 1>(simd),
            _ => self.filter_row::<S, 5, 2>(simd),
        }
    }
}

impl DepthwiseRow<'_> {
    #[inline(always)]
    fn filter_row<S: Simd, const K: usize, const STEP: usize>(self, simd: S) {
        let DepthwiseRow { filter, from, row_floats, stride, to } = self;
        let mut groups = to.chunks_exact_mut(BLOCK_PIXELS * stride);
        let mut column = 0;
        for group in &mut groups {
            filter_block::<S, K, STEP, BLOCK_PIXELS>(
                simd,
                filter,
                &from[column * STEP * stride..],
                row_floats,
                stride,
                group,
            );
            column += BLOCK_PIXELS;
        }
        for pixel in groups.into_remainder().chunks_exact_mut(stride) {
            filter_block::<S, K, STEP, 1>(
                simd,
                filter,
                &from[column * STEP * stride..],
                row_floats,
                stride,
                pixel,
            );
            column += 1;
        }
    }
}

/// Computes `P` neighbouring output pixels, all channels.
#[inline(always)]
fn filter_block<S: Simd, const K: usize, const STEP: usize, const P: usize>(
    simd: S,
    filter: &DepthwiseFilter,
    from: &[f32],
    row_floats: usize,
    stride: usize,
    to: &mut [f32],
) {
    let vectors = stride / S::F32_LANES;
    let span = ((P - 1) * STEP + K) * stride;
    let rows: [&[S::f32s]; K] =
        std::array::from_fn(|row| S::as_simd_f32s(&from[row * row_floats..][..span]).0);
    let kernel = S::as_simd_f32s(&filter.kernel).0;
    let kernel: [[&[S::f32s]; K]; K] = std::array::from_fn(|row| {
        std::array::from_fn(|column| &kernel[(row * K + column) * vectors..][..vectors])
    });
    let bias = &S::as_simd_f32s(&filter.bias).0[..vectors];
    let to = S::as_mut_simd_f32s(to).0;
    let [low, high] = filter.bounds.map(|bound| simd.splat_f32s(bound));
    for vector in 0..vectors {
        let mut sums = [bias[vector]; P];
        for (row, kernel) in rows.iter().zip(&kernel) {
            for (column, kernel) in kernel.iter().enumerate() {
                let weight = kernel[vector];
                for (pixel, sum) in sums.iter_mut().enumerate() {
                    *sum = simd.mul_add_e_f32s(
                        weight,
                        row[(pixel * STEP + column) * vectors + vector],
                        *sum,
                    );
                }
            }
        }
        for (pixel, sum) in sums.iter().enumerate() {
            to[pixel * vectors + vector] = simd.min_f32s(simd.max_f32s(*sum, low), high);
        }
    }
}
