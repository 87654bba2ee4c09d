//! The memory layout of images inside the network.

use super::CHANNEL_MULTIPLE;
use crate::picture::rows_per_band;
use rayon::prelude::*;

/// The layout of a plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PlaneLayout {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Channels in use, without padding.
    pub(super) channels: usize,
    /// Floats from one pixel to the next.
    pub(super) stride: usize,
    /// Rows of zeros above, columns of zeros to the left.
    pub(super) before: [usize; 2],
    /// Rows of zeros below, columns of zeros to the right.
    pub(super) after: [usize; 2],
}

impl PlaneLayout {
    /// A layout without a border, with channels padded to whole vectors.
    pub(super) fn new([height, width, channels]: [usize; 3]) -> PlaneLayout {
        let stride = channels.next_multiple_of(CHANNEL_MULTIPLE);
        PlaneLayout { height, width, channels, stride, before: [0; 2], after: [0; 2] }
    }

    /// Floats from one row to the next.
    pub(super) fn row_floats(&self) -> usize {
        (self.before[1] + self.width + self.after[1]) * self.stride
    }

    /// All floats.
    pub(super) fn float_count(&self) -> usize {
        (self.before[0] + self.height + self.after[0]).saturating_mul(self.row_floats())
    }

    /// Index of the first float of a pixel.
    pub(super) fn pixel_index(&self, row: usize, column: usize) -> usize {
        (self.before[0] + row) * self.row_floats() + (self.before[1] + column) * self.stride
    }
}

/// An image with its border of zeros, `[row, column, channel]`.
#[derive(Clone, Debug, Default)]
pub(super) struct FeaturePlane {
    pub(super) layout: PlaneLayout,
    pub(super) data: Vec<f32>,
}

impl FeaturePlane {
    pub(super) fn new(layout: PlaneLayout) -> FeaturePlane {
        FeaturePlane { layout, data: vec![0.0; layout.float_count()] }
    }

    /// Copies in the values of an image without border, `[row, column, channel]`.
    pub(super) fn fill_values(&mut self, values: &[f32]) {
        let g = self.layout;
        for (row, line) in values.chunks_exact(g.width * g.channels).enumerate().take(g.height) {
            if g.stride == g.channels {
                let at = g.pixel_index(row, 0);
                self.data[at..at + line.len()].copy_from_slice(line);
                continue;
            }
            for (column, pixel) in line.chunks_exact(g.channels).enumerate() {
                let at = g.pixel_index(row, column);
                self.data[at..at + g.channels].copy_from_slice(pixel);
            }
        }
    }

    /// Its values without border and padding, `[row, column, channel]`.
    pub(super) fn values(&self) -> impl Iterator<Item = f32> + '_ {
        let g = self.layout;
        let pixels = (0..g.height)
            .flat_map(move |row| (0..g.width).map(move |column| g.pixel_index(row, column)));
        pixels.flat_map(move |at| self.data[at..at + g.channels].iter().copied())
    }

    /// The floats of a row without its border.
    pub(super) fn row(&self, row: usize) -> &[f32] {
        let at = self.layout.pixel_index(row, 0);
        &self.data[at..at + self.layout.width * self.layout.stride]
    }

    /// Computes its rows in parallel: `each` receives the index of a row and its floats without the
    /// border.
    pub(super) fn for_each_row(&mut self, each: impl Fn(usize, &mut [f32]) + Sync) {
        let g = self.layout;
        self.for_each_band(|first, band| {
            for (row, line) in band.chunks_exact_mut(g.row_floats()).enumerate() {
                each(first + row, &mut line[g.before[1] * g.stride..][..g.width * g.stride]);
            }
        });
    }

    /// Like [`FeaturePlane::for_each_row`], but for bands of neighbouring rows, including the
    /// border at their sides.
    pub(super) fn for_each_band(&mut self, each: impl Fn(usize, &mut [f32]) + Sync) {
        let g = self.layout;
        let rows = rows_per_band(g.height);
        let all = &mut self.data[g.before[0] * g.row_floats()..][..g.height * g.row_floats()];
        all.par_chunks_mut(rows * g.row_floats())
            .enumerate()
            .for_each(|(band, data)| each(band * rows, data));
    }
}
