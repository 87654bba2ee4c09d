//! Full filters as matrix products: a tile of pixels times a panel of output channels, with all
//! sums in registers.

use super::plane::{FeaturePlane, PlaneLayout};
use crate::tflite::{FilterWeights, FilterWindow};
use pulp::{Arch, Simd, WithSimd};

/// Pixels of a tile: with two vectors of outputs each this makes 24 sums, which together with the
/// weights fill the 32 registers of AVX-512 and NEON.
const LARGE_TILE: usize = 12;
/// Pixels of a tile with 12 sums, for the 16 registers of AVX2.
const SMALL_TILE: usize = 6;
/// Vectors of outputs in a panel.
const VECTORS: usize = 2;

/// A full filter, with weights packed for the machine at hand.
pub(super) struct ConvolutionFilter {
    /// `[panel, tap, input channel, output of the panel]`.
    panels: Vec<f32>,
    /// `[output]`, padded to whole panels.
    bias: Vec<f32>,
    /// Floats of a panel's outputs.
    width: usize,
    /// Input channels.
    depth: usize,
    /// Offset of each tap of the filter from the first.
    taps: Vec<usize>,
    /// For each output pixel, the start of its window in the input and its position in the output.
    pixels: Vec<(usize, usize)>,
    bounds: [f32; 2],
}

struct LaneCount;
impl WithSimd for LaneCount {
    type Output = usize;
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

impl ConvolutionFilter {
    pub(super) fn new(
        arch: Arch,
        window: &FilterWindow,
        weights: &FilterWeights,
        bounds: [f32; 2],
        from: PlaneLayout,
        to: PlaneLayout,
    ) -> Result<ConvolutionFilter, String> {
        let [rows, columns] = window.size;
        let (outputs, depth) = (to.channels, from.channels);
        if weights.kernel.len() != outputs * rows * columns * depth || weights.bias.len() != outputs
        {
            return Err("a filter whose weights do not fit".into());
        }
        let width = VECTORS * arch.dispatch(LaneCount);
        let padded = to.stride.next_multiple_of(width);
        let taps = rows * columns;
        let mut panels = vec![0.0; padded * taps * depth];
        for (output, kernel) in weights.kernel.chunks_exact(taps * depth).enumerate() {
            let panel = &mut panels[output / width * width * taps * depth..];
            kernel
                .iter()
                .enumerate()
                .for_each(|(k, value)| panel[k * width + output % width] = *value);
        }
        let mut bias = weights.bias.clone();
        bias.resize(padded, 0.0);
        let place = |row: usize, column: usize| row * from.row_floats() + column * from.stride;
        // The plane's border may be wider than this filter needs.
        let first = place(from.before[0] - window.before[0], from.before[1] - window.before[1]);
        let pixel = |row: usize, column: usize| {
            (
                first + place(row * window.stride, column * window.stride),
                to.pixel_index(row, column),
            )
        };
        Ok(ConvolutionFilter {
            panels,
            bias,
            width,
            depth,
            taps: (0..rows)
                .flat_map(|row| (0..columns).map(move |column| place(row, column)))
                .collect(),
            pixels: (0..to.height)
                .flat_map(|row| (0..to.width).map(move |column| pixel(row, column)))
                .collect(),
            bounds,
        })
    }

    pub(super) fn filter_plane(&self, arch: Arch, from: &FeaturePlane, to: &mut FeaturePlane) {
        let g = to.layout;
        to.for_each_band(|first, band| {
            let rows = band.len() / g.row_floats();
            let pixels = &self.pixels[first * g.width..(first + rows) * g.width];
            let start = g.pixel_index(first, 0) - g.before[1] * g.stride;
            arch.dispatch(ConvolutionRun {
                filter: self,
                from: &from.data,
                stride: g.stride,
                pixels,
                start,
                to: band,
            });
        });
    }
}

struct ConvolutionRun<'a> {
    filter: &'a ConvolutionFilter,
    from: &'a [f32],
    /// Floats per output pixel.
    stride: usize,
    /// The pixels of some output rows, as in [`ConvolutionFilter`].
    pixels: &'a [(usize, usize)],
    /// Position in the output where these rows begin.
    start: usize,
    to: &'a mut [f32],
}

impl WithSimd for ConvolutionRun<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let ConvolutionRun { filter, from, stride, pixels, start, to } = self;
        let panel_floats = filter.taps.len() * filter.depth * filter.width;
        for (index, panel) in filter.panels.chunks_exact(panel_floats).enumerate() {
            let channel = index * filter.width;
            // The last panel may be half as wide as the others.
            let vectors = ((stride - channel) / S::F32_LANES).min(VECTORS);
            let job =
                PanelJob { filter, from, pixels, start, panel: S::as_simd_f32s(panel).0, channel };
            match (S::REGISTER_COUNT >= 32, vectors) {
                (true, 1) => job.filter_tiles::<S, LARGE_TILE, 1>(simd, to),
                (true, _) => job.filter_tiles::<S, LARGE_TILE, 2>(simd, to),
                (false, 1) => job.filter_tiles::<S, SMALL_TILE, 1>(simd, to),
                (false, _) => job.filter_tiles::<S, SMALL_TILE, 2>(simd, to),
            }
        }
    }
}

/// A panel of outputs over some rows.
struct PanelJob<'a, V> {
    filter: &'a ConvolutionFilter,
    from: &'a [f32],
    pixels: &'a [(usize, usize)],
    start: usize,
    panel: &'a [V],
    /// The panel's first output channel.
    channel: usize,
}

impl<V: Copy> PanelJob<'_, V> {
    #[inline(always)]
    fn filter_tiles<S: Simd<f32s = V>, const M: usize, const N: usize>(
        &self,
        simd: S,
        to: &mut [f32],
    ) {
        let mut tiles = self.pixels.chunks_exact(M);
        for tile in &mut tiles {
            self.filter_tile::<S, M, N>(simd, tile, to);
        }
        let mut rest = tiles.remainder();
        while rest.len() >= 4 {
            let (tile, after) = rest.split_at(4);
            self.filter_tile::<S, 4, N>(simd, tile, to);
            rest = after;
        }
        for pixel in rest {
            self.filter_tile::<S, 1, N>(simd, std::slice::from_ref(pixel), to);
        }
    }

    #[inline(always)]
    fn filter_tile<S: Simd<f32s = V>, const M: usize, const N: usize>(
        &self,
        simd: S,
        tile: &[(usize, usize)],
        to: &mut [f32],
    ) {
        let filter = self.filter;
        let bias = S::as_simd_f32s(&filter.bias[self.channel..]).0;
        let bias: [V; N] = std::array::from_fn(|n| bias[n]);
        let mut sums = [bias; M];
        for (tap, weights) in
            filter.taps.iter().zip(self.panel.chunks_exact(filter.depth * VECTORS))
        {
            let pixels: [&[f32]; M] =
                std::array::from_fn(|m| &self.from[tile[m].0 + tap..][..filter.depth]);
            for (k, weights) in weights.chunks_exact(VECTORS).enumerate() {
                for (sums, pixel) in sums.iter_mut().zip(&pixels) {
                    // All slices are `depth` long and there are as many weights, so the compiler
                    // can drop the bounds checks where it matters.
                    let value = simd.splat_f32s(pixel[k]);
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        *sum = simd.mul_add_e_f32s(value, *weight, *sum);
                    }
                }
            }
        }
        let [low, high] = filter.bounds.map(|bound| simd.splat_f32s(bound));
        for (sums, (_, at)) in sums.iter().zip(tile) {
            let to = &mut to[at - self.start + self.channel..][..N * S::F32_LANES];
            for (to, sum) in S::as_mut_simd_f32s(to).0.iter_mut().zip(sums) {
                *to = simd.min_f32s(simd.max_f32s(*sum, low), high);
            }
        }
    }
}
