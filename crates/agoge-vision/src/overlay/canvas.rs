//! An image to draw on.

use crate::VisionError;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

/// An image of red, green and blue, `[row, column, 3]`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, rgb: Vec<u8>) -> Canvas {
        Canvas { width, height, rgb }
    }

    /// Width and height, px.
    pub(super) fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Red, green and blue, `[row, column, 3]`.
    pub(super) fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// Blends a colour into a pixel; does nothing outside the image.
    pub(super) fn blend_pixel(&mut self, [column, row]: [usize; 2], colour: Colour, strength: f32) {
        if column < self.width && row < self.height {
            let at = 3 * (row * self.width + column);
            for (value, wanted) in self.rgb[at..at + 3].iter_mut().zip(colour) {
                *value = (f32::from(*value) + strength * (f32::from(wanted) - f32::from(*value)))
                    .round() as u8;
            }
        }
    }

    /// Darkens a rectangle, given by its upper left corner, by a share.
    pub(super) fn darken_rectangle(
        &mut self,
        [left, top]: [usize; 2],
        [width, height]: [usize; 2],
        share: f32,
    ) {
        for row in top..(top + height).min(self.height) {
            for column in left..(left + width).min(self.width) {
                self.blend_pixel([column, row], [0; 3], share);
            }
        }
    }

    /// The rows and columns of the bounding box of a circle, clipped to the image.
    fn bounding_box(
        &self,
        [x, y]: [f32; 2],
        radius: f32,
    ) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        // Float-to-integer casts saturate, so no point leaves the image.
        let span = |at: f32, length: usize| {
            ((at - radius).max(0.0) as usize).min(length)
                ..((at + radius + 1.0).max(0.0) as usize).min(length)
        };
        (span(y, self.height), span(x, self.width))
    }

    /// Draws a line `thick` px wide with round ends, blended by `strength`.
    pub(super) fn draw_line(
        &mut self,
        a: [f32; 2],
        b: [f32; 2],
        thick: f32,
        colour: Colour,
        strength: f32,
    ) {
        let middle = [0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1])];
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let squared = dx * dx + dy * dy;
        let (rows, columns) = self.bounding_box(middle, 0.5 * squared.sqrt() + thick);
        for row in rows {
            for column in columns.clone() {
                let (px, py) = (column as f32 + 0.5 - a[0], row as f32 + 0.5 - a[1]);
                let along = if squared > 0.0 {
                    ((px * dx + py * dy) / squared).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let off = (px - along * dx).hypot(py - along * dy);
                // A pixel is half covered where the edge passes through its centre.
                let cover = strength * (0.5 * thick + 0.5 - off).clamp(0.0, 1.0);
                if cover > 0.0 {
                    self.blend_pixel([column, row], colour, cover);
                }
            }
        }
    }

    /// Pixelates a circle beyond recognition: squares of a third of its radius, each filled with
    /// its mean colour.
    pub(super) fn pixelate_circle(&mut self, middle: [f32; 2], radius: f32) {
        let (rows, columns) = self.bounding_box(middle, radius);
        let step = ((radius / 3.0) as usize).max(2);
        for top in rows.clone().step_by(step) {
            for left in columns.clone().step_by(step) {
                let square = || {
                    let columns = left..(left + step).min(columns.end);
                    (top..(top + step).min(rows.end))
                        .flat_map(move |row| columns.clone().map(move |column| (row, column)))
                };
                let count = square().count();
                let mean = [0, 1, 2].map(|c| {
                    square()
                        .map(|(row, column)| {
                            usize::from(self.rgb[3 * (row * self.width + column) + c])
                        })
                        .sum::<usize>()
                        / count
                });
                for (row, column) in square() {
                    if (column as f32 + 0.5 - middle[0]).hypot(row as f32 + 0.5 - middle[1])
                        <= radius
                    {
                        let at = 3 * (row * self.width + column);
                        self.rgb[at..at + 3]
                            .iter_mut()
                            .zip(mean)
                            .for_each(|(value, mean)| *value = mean as u8);
                    }
                }
            }
        }
    }

    /// Arranges images in rows, each the size of the first.
    pub(super) fn side_by_side(pictures: &[Canvas], across: usize) -> Canvas {
        let Some(first) = pictures.first() else { return Canvas::new(1, 1, vec![0; 3]) };
        let across = across.min(pictures.len());
        let (width, height) =
            (first.width * across, first.height * pictures.len().div_ceil(across));
        let mut rgb = vec![0; 3 * width * height];
        for (index, picture) in pictures.iter().enumerate() {
            let (top, left) = (index / across * first.height, index % across * first.width);
            let columns = picture.width.min(first.width);
            for row in 0..picture.height.min(first.height) {
                let (from, to) = (3 * row * picture.width, 3 * ((top + row) * width + left));
                rgb[to..to + 3 * columns].copy_from_slice(&picture.rgb[from..from + 3 * columns]);
            }
        }
        Canvas { width, height, rgb }
    }

    /// Encodes it as JPEG.
    pub(super) fn to_jpeg(&self, quality: u8) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let (width, height) = (u16::try_from(self.width).ok()?, u16::try_from(self.height).ok()?);
        let encoder = jpeg_encoder::Encoder::new(&mut bytes, quality);
        encoder.encode(&self.rgb, width, height, jpeg_encoder::ColorType::Rgb).ok()?;
        Some(bytes)
    }

    /// Writes it as PNG.
    pub(super) fn write_png(&self, path: &Path) -> Result<(), VisionError> {
        let failed = |error: png::EncodingError| {
            VisionError::io("write", path)(std::io::Error::other(error))
        };
        let file = File::create(path).map_err(VisionError::io("write", path))?;
        let (width, height) =
            (u32::try_from(self.width).unwrap_or(0), u32::try_from(self.height).unwrap_or(0));
        let mut encoder = png::Encoder::new(BufWriter::new(file), width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fast);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&self.rgb).map_err(failed)?;
        writer.finish().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn black_canvas(width: usize, height: usize) -> Canvas {
        Canvas::new(width, height, vec![0; 3 * width * height])
    }

    #[test]
    fn a_line_covers_its_pixels_and_never_leaves_the_picture() {
        let mut canvas = black_canvas(10, 5);
        canvas.draw_line([2.0, 2.5], [8.0, 2.5], 1.0, [200, 100, 50], 1.0);
        let at = |canvas: &Canvas, row: usize, column: usize| {
            canvas.rgb[3 * (row * 10 + column)..][..3].to_vec()
        };
        assert_eq!(at(&canvas, 2, 5), [200, 100, 50]);
        assert_eq!(at(&canvas, 0, 5), [0, 0, 0]);
        assert_eq!(at(&canvas, 2, 0), [0, 0, 0]);
        for far in [-1e9, 1e9, f32::NAN, f32::INFINITY] {
            canvas.draw_line([far, 2.0], [3.0, far], 2.0, [1; 3], 1.0);
            canvas.pixelate_circle([far, far], 3.0);
        }
    }

    #[test]
    fn a_blurred_circle_is_flat_and_the_rest_stays() {
        let mut canvas = Canvas::new(20, 20, (0..1200).map(|n| (n % 251) as u8).collect());
        let before = canvas.clone();
        canvas.pixelate_circle([10.0, 10.0], 6.0);
        assert_eq!(canvas.rgb[..60], before.rgb[..60]);
        let middle = |column: usize| canvas.rgb[3 * (10 * 20 + column)];
        assert_eq!(middle(10), middle(11));
        assert_ne!(canvas, before);
    }

    #[test]
    fn a_sheet_holds_its_pictures() {
        let white = Canvas::new(4, 2, vec![255; 24]);
        let sheet = Canvas::side_by_side(&[white.clone(), black_canvas(4, 2), white], 2);
        assert_eq!((sheet.width, sheet.height), (8, 4));
        assert_eq!((sheet.rgb[0], sheet.rgb[12], sheet.rgb[3 * 16]), (255, 0, 255));
    }
}
