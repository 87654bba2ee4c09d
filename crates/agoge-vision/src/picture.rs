//! One picture of a video.

use crate::pose::Region;
use rayon::prelude::*;

/// Rows are computed in at most so many bands, each by one thread: more threads were not measured.
const MOST_BANDS: usize = 4;

/// How many neighbouring rows of a picture a thread computes at a time: one band for each thread,
/// since a band more is a wait more (two cores, two bands: 1.8 times one core; four: 1.7; eight:
/// 1.6).
pub(crate) fn band(rows: usize) -> usize {
    rows.div_ceil(rayon::current_num_threads().min(MOST_BANDS))
}

/// How the pixels of a [`Picture`] are stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Pixels {
    /// Red, green, blue, `[row, column, 3]`.
    Rgb(Vec<u8>),
    /// Y′CbCr with colours at half resolution, as videos are coded: `[row, column]` each, no
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

/// A picture, which may be stored in another orientation than it is seen in. Coordinates are those
/// of the picture as it is seen, in px: x to the right, y down, (0, 0) the upper left corner of the
/// upper left pixel.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Width and height as stored, px.
    stored: [usize; 2],
    /// Quarter turns clockwise from stored to seen.
    turns: u8,
    pixels: Pixels,
}

/// From pixels of one place to those of another: `[x, y] ↦ [a·x + b·y + c, d·x + e·y + f]`.
type Affine = [[f32; 3]; 2];

impl Picture {
    /// A picture from its pixels, for example a frame of a webcam. None if there are more or fewer
    /// than width and height (px) say.
    pub fn new(width: usize, height: usize, pixels: Pixels) -> Option<Picture> {
        Picture::turned(width, height, 0, pixels)
    }

    /// As [`Picture::new`] for one that is stored turned: `turns` quarters clockwise bring it to
    /// how it is seen.
    pub fn turned(width: usize, height: usize, turns: u8, pixels: Pixels) -> Option<Picture> {
        let luma = width.checked_mul(height)?;
        let colour = width.div_ceil(2) * height.div_ceil(2);
        let fits = match &pixels {
            Pixels::Rgb(rgb) => rgb.len() == luma.checked_mul(3)?,
            Pixels::Yuv420 { y, u, v } => [y.len(), u.len(), v.len()] == [luma, colour, colour],
        };
        (fits && luma > 0).then_some(Picture { stored: [width, height], turns: turns % 4, pixels })
    }

    /// Width as seen, px.
    pub fn width(&self) -> usize {
        self.stored[usize::from(self.turns % 2)]
    }

    /// Height as seen, px.
    pub fn height(&self) -> usize {
        self.stored[usize::from(1 - self.turns % 2)]
    }

    /// As red, green and blue, `[row, column, 3]`, as seen.
    pub fn to_rgb(&self) -> Vec<u8> {
        let (width, height) = (self.width(), self.height());
        let mut rgb = Vec::with_capacity(3 * width * height);
        let [xs, ys] = self.to_stored();
        for row in 0..height {
            for column in 0..width {
                let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
                let at = |axis: [f32; 3]| (axis[0] * x + axis[1] * y + axis[2]) as usize;
                rgb.extend(
                    self.pixel(at(xs), at(ys)).map(|value| value.round().clamp(0.0, 255.0) as u8),
                );
            }
        }
        rgb
    }

    /// From coordinates as seen to coordinates as stored.
    fn to_stored(&self) -> Affine {
        let [width, height] = self.stored.map(|length| length as f32);
        match self.turns {
            0 => [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
            1 => [[0.0, 1.0, 0.0], [-1.0, 0.0, height]],
            2 => [[-1.0, 0.0, width], [0.0, -1.0, height]],
            _ => [[0.0, -1.0, width], [1.0, 0.0, 0.0]],
        }
    }

    /// The colour of a stored pixel, 0 to 255.
    fn pixel(&self, x: usize, y: usize) -> [f32; 3] {
        let [width, height] = self.stored;
        let (x, y) = (x.min(width - 1), y.min(height - 1));
        match &self.pixels {
            Pixels::Rgb(rgb) => [0, 1, 2].map(|c| f32::from(rgb[3 * (y * width + x) + c])),
            Pixels::Yuv420 { y: luma, u, v } => {
                let at = y / 2 * width.div_ceil(2) + x / 2;
                to_rgb(f32::from(luma[y * width + x]), f32::from(u[at]), f32::from(v[at]), height)
            }
        }
    }

    /// A square region as `size` × `size` pixels of red, green and blue from `low` (black) to
    /// `high` (white), `[row, column, 3]`, bilinear; what lies outside the picture is black.
    pub(crate) fn crop(
        &self,
        region: &Region,
        size: usize,
        [low, high]: [f32; 2],
        to: &mut Vec<f32>,
    ) {
        let [xs, ys] = self.to_stored();
        let seen = region.affine(size);
        // One affine map from the pixels of the crop to those stored.
        let join = |axis: [f32; 3]| -> [f32; 3] {
            let part = |k: usize| axis[0] * seen[0][k] + axis[1] * seen[1][k];
            [part(0), part(1), part(2) + axis[2]]
        };
        let (xs, ys) = (join(xs), join(ys));
        let scale = (high - low) / 255.0;
        to.resize(3 * size * size, 0.0);
        let rows = band(size);
        to.par_chunks_mut(rows * 3 * size).enumerate().for_each(|(band, values)| {
            for (index, pixel) in values.chunks_exact_mut(3).enumerate() {
                let (column, row) = (index % size, band * rows + index / size);
                let (column, row) = (column as f32 + 0.5, row as f32 + 0.5);
                let x = xs[0] * column + xs[1] * row + xs[2];
                let y = ys[0] * column + ys[1] * row + ys[2];
                pixel.copy_from_slice(&self.between(x, y).map(|value| low + scale * value));
            }
        });
    }

    /// The colour at a point in stored coordinates, bilinear between the pixels' centres; black
    /// outside.
    #[inline]
    fn between(&self, x: f32, y: f32) -> [f32; 3] {
        let [width, height] = self.stored;
        if !(x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32) {
            return [0.0; 3];
        }
        match &self.pixels {
            Pixels::Rgb(rgb) => {
                let here = Between::new([width, height], 3, x, y);
                [0, 1, 2].map(|channel| here.value(rgb, channel))
            }
            Pixels::Yuv420 { y: luma, u, v } => {
                let brightness = Between::new([width, height], 1, x, y).value(luma, 0);
                let half =
                    Between::new([width.div_ceil(2), height.div_ceil(2)], 1, 0.5 * x, 0.5 * y);
                let rgb = to_rgb(brightness, half.value(u, 0), half.value(v, 0), height);
                rgb.map(|value| value.clamp(0.0, 255.0))
            }
        }
    }
}

/// A point between four pixels of a plane; beyond the edge on the edge itself.
struct Between {
    /// The upper left of the four.
    at: usize,
    /// How far the right and the lower ones are from it, values.
    right: usize,
    down: usize,
    /// How far the point is from it, pixels.
    x: f32,
    y: f32,
}

impl Between {
    /// Of a plane of so many pixels with so many values each.
    #[inline(always)]
    fn new([width, height]: [usize; 2], values: usize, x: f32, y: f32) -> Between {
        let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
        // Sizes of pictures fit an i32, which is made of a float in one instruction.
        let (column, row) =
            ((x as i32 as usize).min(width - 1), (y as i32 as usize).min(height - 1));
        Between {
            at: (row * width + column) * values,
            right: usize::from(column + 1 < width) * values,
            down: usize::from(row + 1 < height) * width * values,
            x: x - column as i32 as f32,
            y: y - row as i32 as f32,
        }
    }

    /// The value of a channel there, bilinear.
    #[inline(always)]
    fn value(&self, plane: &[u8], channel: usize) -> f32 {
        let four = &plane[self.at + channel..][..=self.right + self.down];
        let [a, b, c, d] =
            [0, self.right, self.down, self.right + self.down].map(|at| f32::from(four[at]));
        let (upper, lower) = (a + self.x * (b - a), c + self.x * (d - c));
        upper + self.y * (lower - upper)
    }
}

/// Y′CbCr of limited range to red, green and blue, 0 to 255: ITU-R BT.709 for high definition (from
/// 720 rows), BT.601 below.
#[inline]
fn to_rgb(y: f32, u: f32, v: f32, rows: usize) -> [f32; 3] {
    let (y, u, v) = (1.164_383 * (y - 16.0), u - 128.0, v - 128.0);
    match rows >= 720 {
        true => [y + 1.792_741 * v, y - 0.213_249 * u - 0.532_909 * v, y + 2.112_402 * u],
        false => [y + 1.596_027 * v, y - 0.391_762 * u - 0.812_968 * v, y + 2.017_232 * u],
    }
}

/// Red, green and blue, `[row, column, 3]`, of a picture `width` px wide, as Y′CbCr of limited
/// range with colours at half resolution, cut to an even size; the way back of [`to_rgb`].
pub(crate) fn to_yuv(rgb: &[u8], width: usize, [columns, rows]: [usize; 2]) -> [Vec<u8>; 3] {
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
    let of = |weights: [f32; 3], colour: [f32; 3], zero: f32| {
        (zero + weights.iter().zip(colour).map(|(weight, value)| weight * value).sum::<f32>())
            .round() as u8
    };
    let pixel = |row: usize, column: usize| {
        let at = 3 * (row * width + column);
        [rgb[at], rgb[at + 1], rgb[at + 2]].map(f32::from)
    };
    let mut planes = [Vec::with_capacity(columns * rows), Vec::new(), Vec::new()];
    for row in 0..rows {
        planes[0].extend((0..columns).map(|column| of(luma, pixel(row, column), 16.0)));
    }
    for row in (0..rows).step_by(2) {
        for column in (0..columns).step_by(2) {
            let four = [
                pixel(row, column),
                pixel(row, column + 1),
                pixel(row + 1, column),
                pixel(row + 1, column + 1),
            ];
            let mean = [0, 1, 2].map(|c| four.iter().map(|own| own[c]).sum::<f32>() / 4.0);
            planes[1].push(of(blue, mean, 128.0));
            planes[2].push(of(red, mean, 128.0));
        }
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture 3 wide and 2 high whose red counts the pixels.
    fn counted(turns: u8) -> Picture {
        let rgb = (0..6).flat_map(|n| [10 * n, 0, 0]).collect();
        Picture::turned(3, 2, turns, Pixels::Rgb(rgb)).unwrap()
    }

    #[test]
    fn turned_pictures_are_seen_upright() {
        let seen = |turns| {
            counted(turns).to_rgb().chunks(3).map(|pixel| pixel[0] / 10).collect::<Vec<u8>>()
        };
        assert_eq!(seen(0), [0, 1, 2, 3, 4, 5]);
        // A quarter clockwise: what was the lower left corner comes to the upper left.
        assert_eq!(seen(1), [3, 0, 4, 1, 5, 2]);
        assert_eq!(seen(2), [5, 4, 3, 2, 1, 0]);
        assert_eq!(seen(3), [2, 5, 1, 4, 0, 3]);
        assert_eq!((counted(1).width(), counted(1).height()), (2, 3));
    }

    #[test]
    fn a_crop_of_pixel_size_is_the_picture_and_outside_is_black() {
        let mut to = Vec::new();
        let region = Region { x: 1.5, y: 1.0, side: 4.0, angle: 0.0 };
        counted(0).crop(&region, 4, [0.0, 255.0], &mut to);
        let red: Vec<f32> = to.chunks(3).map(|pixel| pixel[0].round()).collect();
        // Four wide about a middle of 1.5: samples lie on the edges of pixels, the last on the edge
        // of the picture, which is outside.
        assert_eq!(red[4..8], [0.0, 5.0, 15.0, 0.0]);
        assert_eq!(red[..4], [0.0; 4]);
    }

    #[test]
    fn colours_come_back_from_those_of_a_video() {
        for rows in [2, 720] {
            for colour in [[255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 200, 90], [255; 3], [0; 3]] {
                let rgb: Vec<u8> = colour.iter().copied().cycle().take(3 * 2 * rows).collect();
                let [y, u, v] = to_yuv(&rgb, 2, [2, rows]);
                let back = Picture::new(2, rows, Pixels::Yuv420 { y, u, v }).unwrap().to_rgb();
                // Each of the three is rounded to a whole number, and weighs up to 2.1 on the way
                // back.
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
            let picture = Picture::new(3, 2, pixels).unwrap();
            picture
                .pixel(1, 1)
                .iter()
                .for_each(|value| assert!((value - grey).abs() < 0.1, "{value} {grey}"));
        }
        assert!(
            Picture::new(0, 2, Pixels::Rgb(vec![])).is_none()
                && Picture::new(2, 2, Pixels::Rgb(vec![0])).is_none()
        );
    }
}
