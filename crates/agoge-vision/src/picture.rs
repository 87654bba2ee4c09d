//! One image of a video.

use crate::pose::ImageRegion;
use rayon::prelude::*;

/// Maximum number of bands of rows, each computed by one thread; more threads were not measured.
const MAX_BANDS: usize = 4;

/// Number of neighbouring rows of an image per thread: one band for each thread, since every extra
/// band means extra waiting (two cores, two bands: 1.8 times one core; four: 1.7; eight: 1.6).
pub(crate) fn rows_per_band(rows: usize) -> usize {
    rows.div_ceil(rayon::current_num_threads().min(MAX_BANDS))
}

/// How the pixels of a [`VideoImage`] are stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// Red, green, blue, `[row, column, 3]`.
    Rgb(Vec<u8>),
    /// Y′CbCr with chroma at half resolution, as videos are coded: `[row, column]` each, no
    /// padding, odd sizes rounded up.
    Yuv420 {
        /// Luma.
        y: Vec<u8>,
        /// Blue difference.
        u: Vec<u8>,
        /// Red difference.
        v: Vec<u8>,
    },
}

/// An image, which may be stored in a different orientation from how it is displayed. Coordinates
/// are those of the displayed image, in px: x to the right, y down, (0, 0) the upper left corner of
/// the upper left pixel.
///
/// ```
/// use agoge_vision::{Pixels, VideoImage};
/// // A red pixel beside a blue one, to be turned a quarter clockwise: red then lies on top.
/// let pixels = Pixels::Rgb(vec![255, 0, 0, 0, 0, 255]);
/// let image = VideoImage::with_rotation(2, 1, 1, pixels).unwrap();
/// assert_eq!((image.width(), image.height()), (1, 2));
/// assert_eq!(image.to_rgb(), [255, 0, 0, 0, 0, 255]);
/// assert!(VideoImage::new(2, 2, Pixels::Rgb(vec![0; 6])).is_none());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VideoImage {
    /// Width and height as stored, px.
    stored: [usize; 2],
    /// Clockwise quarter turns from stored to displayed orientation.
    turns: u8,
    pixels: Pixels,
}

/// An affine map between pixel coordinates: `[x, y] ↦ [a·x + b·y + c, d·x + e·y + f]`.
type AffineMap = [[f32; 3]; 2];

impl VideoImage {
    /// Creates an image from its pixels, for example a webcam frame. `None` if their number does
    /// not match width and height (px).
    pub fn new(width: usize, height: usize, pixels: Pixels) -> Option<VideoImage> {
        VideoImage::with_rotation(width, height, 0, pixels)
    }

    /// Like [`VideoImage::new`], for an image that is stored rotated: `turns` clockwise quarter
    /// turns bring it to its displayed orientation.
    pub fn with_rotation(
        width: usize,
        height: usize,
        turns: u8,
        pixels: Pixels,
    ) -> Option<VideoImage> {
        let luma = width.checked_mul(height)?;
        let colour = width.div_ceil(2) * height.div_ceil(2);
        let fits = match &pixels {
            Pixels::Rgb(rgb) => rgb.len() == luma.checked_mul(3)?,
            Pixels::Yuv420 { y, u, v } => [y.len(), u.len(), v.len()] == [luma, colour, colour],
        };
        (fits && luma > 0).then_some(VideoImage {
            stored: [width, height],
            turns: turns % 4,
            pixels,
        })
    }

    /// Displayed width, px.
    pub fn width(&self) -> usize {
        self.stored[usize::from(self.turns % 2)]
    }

    /// Displayed height, px.
    pub fn height(&self) -> usize {
        self.stored[usize::from(1 - self.turns % 2)]
    }

    /// Red, green and blue in displayed orientation, `[row, column, 3]`.
    pub fn to_rgb(&self) -> Vec<u8> {
        let (width, height) = (self.width(), self.height());
        let mut rgb = Vec::with_capacity(3 * width * height);
        let [xs, ys] = self.displayed_to_stored();
        for row in 0..height {
            for column in 0..width {
                let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
                let at = |axis: [f32; 3]| (axis[0] * x + axis[1] * y + axis[2]) as usize;
                rgb.extend(
                    self.pixel_colour(at(xs), at(ys))
                        .map(|value| value.round().clamp(0.0, 255.0) as u8),
                );
            }
        }
        rgb
    }

    /// Maps displayed to stored coordinates.
    fn displayed_to_stored(&self) -> AffineMap {
        let [width, height] = self.stored.map(|length| length as f32);
        match self.turns {
            0 => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            1 => [[0.0, 1.0, 0.0], [-1.0, 0.0, height]],
            2 => [[-1.0, 0.0, width], [0.0, -1.0, height]],
            _ => [[0.0, -1.0, width], [1.0, 0.0, 0.0]],
        }
    }

    /// The colour of a stored pixel, 0 to 255.
    fn pixel_colour(&self, x: usize, y: usize) -> [f32; 3] {
        let [width, height] = self.stored;
        let (x, y) = (x.min(width - 1), y.min(height - 1));
        match &self.pixels {
            Pixels::Rgb(rgb) => [0, 1, 2].map(|c| f32::from(rgb[3 * (y * width + x) + c])),
            Pixels::Yuv420 { y: luma, u, v } => {
                let at = y / 2 * width.div_ceil(2) + x / 2;
                yuv_to_rgb(
                    f32::from(luma[y * width + x]),
                    f32::from(u[at]),
                    f32::from(v[at]),
                    height,
                )
            }
        }
    }

    /// Crops a square region to `size` × `size` pixels of red, green and blue from `low` (black) to
    /// `high` (white), `[row, column, 3]`, bilinear; outside the image it is black.
    pub(crate) fn crop_region(
        &self,
        region: &ImageRegion,
        size: usize,
        [low, high]: [f32; 2],
        to: &mut Vec<f32>,
    ) {
        let [xs, ys] = self.displayed_to_stored();
        let seen = region.affine_map(size);
        // A single affine map from the pixels of the crop to the stored ones.
        let join = |axis: [f32; 3]| -> [f32; 3] {
            let part = |k: usize| axis[0] * seen[0][k] + axis[1] * seen[1][k];
            [part(0), part(1), part(2) + axis[2]]
        };
        let (xs, ys) = (join(xs), join(ys));
        let scale = (high - low) / 255.0;
        to.resize(3 * size * size, 0.0);
        let rows = rows_per_band(size);
        to.par_chunks_mut(rows * 3 * size).enumerate().for_each(|(band, values)| {
            for (index, pixel) in values.chunks_exact_mut(3).enumerate() {
                let (column, row) = (index % size, band * rows + index / size);
                let (column, row) = (column as f32 + 0.5, row as f32 + 0.5);
                let x = xs[0] * column + xs[1] * row + xs[2];
                let y = ys[0] * column + ys[1] * row + ys[2];
                pixel.copy_from_slice(
                    &self.interpolate_colour(x, y).map(|value| low + scale * value),
                );
            }
        });
    }

    /// The colour at a point in stored coordinates, interpolated bilinearly between pixel centres;
    /// black outside.
    #[inline]
    fn interpolate_colour(&self, x: f32, y: f32) -> [f32; 3] {
        let [width, height] = self.stored;
        if !(x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32) {
            return [0.0; 3];
        }
        match &self.pixels {
            Pixels::Rgb(rgb) => {
                let here = BilinearSample::new([width, height], 3, x, y);
                [0, 1, 2].map(|channel| here.channel_value(rgb, channel))
            }
            Pixels::Yuv420 { y: luma, u, v } => {
                let brightness =
                    BilinearSample::new([width, height], 1, x, y).channel_value(luma, 0);
                let half = BilinearSample::new(
                    [width.div_ceil(2), height.div_ceil(2)],
                    1,
                    0.5 * x,
                    0.5 * y,
                );
                let rgb = yuv_to_rgb(
                    brightness,
                    half.channel_value(u, 0),
                    half.channel_value(v, 0),
                    height,
                );
                rgb.map(|value| value.clamp(0.0, 255.0))
            }
        }
    }
}

/// A point between four pixels of a plane, clamped to its edges.
struct BilinearSample {
    /// Index of the upper left of the four.
    at: usize,
    /// Distances, in values, to its right and lower neighbours.
    right: usize,
    down: usize,
    /// Distances of the point from it, pixels.
    x: f32,
    y: f32,
}

impl BilinearSample {
    /// Locates a point in a plane of this size with `values` values per pixel.
    #[inline(always)]
    fn new([width, height]: [usize; 2], values: usize, x: f32, y: f32) -> BilinearSample {
        let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
        // Image sizes fit an i32, to which a float converts in one instruction.
        let (column, row) =
            ((x as i32 as usize).min(width - 1), (y as i32 as usize).min(height - 1));
        BilinearSample {
            at: (row * width + column) * values,
            right: usize::from(column + 1 < width) * values,
            down: usize::from(row + 1 < height) * width * values,
            x: x - column as i32 as f32,
            y: y - row as i32 as f32,
        }
    }

    /// The value of a channel there, bilinear.
    #[inline(always)]
    fn channel_value(&self, plane: &[u8], channel: usize) -> f32 {
        let four = &plane[self.at + channel..][..=self.right + self.down];
        let [a, b, c, d] =
            [0, self.right, self.down, self.right + self.down].map(|at| f32::from(four[at]));
        let (upper, lower) = (a + self.x * (b - a), c + self.x * (d - c));
        upper + self.y * (lower - upper)
    }
}

/// Converts limited-range Y′CbCr to red, green and blue, 0 to 255: ITU-R BT.709 for high definition
/// (from 720 rows), BT.601 below.
#[inline]
fn yuv_to_rgb(y: f32, u: f32, v: f32, rows: usize) -> [f32; 3] {
    let (y, u, v) = (1.164_383 * (y - 16.0), u - 128.0, v - 128.0);
    match rows >= 720 {
        true => [y + 1.792_741 * v, y - 0.213_249 * u - 0.532_909 * v, y + 2.112_402 * u],
        false => [y + 1.596_027 * v, y - 0.391_762 * u - 0.812_968 * v, y + 2.017_232 * u],
    }
}

/// Converts red, green and blue, `[row, column, 3]`, of an image `width` px wide to limited-range
/// Y′CbCr with chroma at half resolution, cropped to an even size; the inverse of [`yuv_to_rgb`].
pub(crate) fn rgb_to_yuv(rgb: &[u8], width: usize, [columns, rows]: [usize; 2]) -> [Vec<u8>; 3] {
    let is_high = rgb.len() / (3 * width.max(1)) >= 720;
    let [luma, blue, red] = match is_high {
        true => [
            [0.182_586, 0.614_231, 0.062_007],
            [-0.100_644, -0.338_572, 0.439_216],
            [0.439_216, -0.398_942, -0.040_274],
        ],
        false => [
            [0.256_788, 0.504_129, 0.097_906],
            [-0.148_223, -0.290_993, 0.439_216],
            [0.439_216, -0.367_788, -0.071_427],
        ],
    };
    let weighted_byte = |weights: [f32; 3], colour: [f32; 3], zero: f32| {
        (zero + weights.iter().zip(colour).map(|(weight, value)| weight * value).sum::<f32>())
            .round() as u8
    };
    let pixel = |row: usize, column: usize| {
        let at = 3 * (row * width + column);
        [rgb[at], rgb[at + 1], rgb[at + 2]].map(f32::from)
    };
    let mut planes = [Vec::with_capacity(columns * rows), Vec::new(), Vec::new()];
    for row in 0..rows {
        planes[0].extend((0..columns).map(|column| weighted_byte(luma, pixel(row, column), 16.0)));
    }
    for row in (0..rows).step_by(2) {
        for column in (0..columns).step_by(2) {
            let four = [
                pixel(row, column),
                pixel(row, column + 1),
                pixel(row + 1, column),
                pixel(row + 1, column + 1),
            ];
            let mean = [0, 1, 2].map(|c| four.iter().map(|colour| colour[c]).sum::<f32>() / 4.0);
            planes[1].push(weighted_byte(blue, mean, 128.0));
            planes[2].push(weighted_byte(red, mean, 128.0));
        }
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image 3 wide and 2 high whose red channel counts the pixels.
    fn counting_image(turns: u8) -> VideoImage {
        let rgb = (0..6).flat_map(|n| [10 * n, 0, 0]).collect();
        VideoImage::with_rotation(3, 2, turns, Pixels::Rgb(rgb)).unwrap()
    }

    #[test]
    fn turned_pictures_are_seen_upright() {
        let seen = |turns| {
            counting_image(turns).to_rgb().chunks(3).map(|pixel| pixel[0] / 10).collect::<Vec<u8>>()
        };
        assert_eq!(seen(0), [0, 1, 2, 3, 4, 5]);
        // A quarter turn clockwise moves the lower left corner to the upper left.
        assert_eq!(seen(1), [3, 0, 4, 1, 5, 2]);
        assert_eq!(seen(2), [5, 4, 3, 2, 1, 0]);
        assert_eq!(seen(3), [2, 5, 1, 4, 0, 3]);
        assert_eq!((counting_image(1).width(), counting_image(1).height()), (2, 3));
    }

    #[test]
    fn a_crop_of_pixel_size_is_the_picture_and_outside_is_black() {
        let mut to = Vec::new();
        let region = ImageRegion { x: 1.5, y: 1.0, side: 4.0, angle: 0.0 };
        counting_image(0).crop_region(&region, 4, [0.0, 255.0], &mut to);
        let red: Vec<f32> = to.chunks(3).map(|pixel| pixel[0].round()).collect();
        // Four wide around a middle of 1.5: samples lie on pixel edges, the last on the edge of the
        // image, which counts as outside.
        assert_eq!(red[4..8], [0.0, 5.0, 15.0, 0.0]);
        assert_eq!(red[..4], [0.0; 4]);
    }

    #[test]
    fn colours_come_back_from_those_of_a_video() {
        for rows in [2, 720] {
            for colour in [[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 200, 90], [255; 3], [0; 3]] {
                let rgb: Vec<u8> = colour.iter().copied().cycle().take(3 * 2 * rows).collect();
                let [y, u, v] = rgb_to_yuv(&rgb, 2, [2, rows]);
                let back = VideoImage::new(2, rows, Pixels::Yuv420 { y, u, v }).unwrap().to_rgb();
                // Each of the three is rounded to an integer, and weighs up to 2.1 on the way back.
                assert!(
                    back.iter().zip(&rgb).all(|(a, b)| a.abs_diff(*b) <= 3),
                    "{colour:?} {:?}",
                    &back[..3]
                );
            }
        }
    }

    #[test]
    fn grey_of_a_video_is_grey() {
        // BT.601 and BT.709 agree on grey: 235 is white, 16 black.
        for (luma, grey) in [(16, 0.0), (235, 255.0), (126, 128.1)] {
            let pixels = Pixels::Yuv420 { y: vec![luma; 6], u: vec![128; 2], v: vec![128; 2] };
            let picture = VideoImage::new(3, 2, pixels).unwrap();
            picture
                .pixel_colour(1, 1)
                .iter()
                .for_each(|value| assert!((value - grey).abs() < 0.1, "{value} {grey}"));
        }
        assert!(
            VideoImage::new(0, 2, Pixels::Rgb(vec![])).is_none()
                && VideoImage::new(2, 2, Pixels::Rgb(vec![0])).is_none()
        );
    }
}
