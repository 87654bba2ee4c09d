//! Writes text into images.

use super::canvas::{Canvas, Colour};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

const WHITE: Colour = [255; 3];
/// Darkness of the background behind letters.
const BACKGROUND_SHADE: f32 = 0.55;

/// Letters of one size.
#[derive(Clone, Copy)]
pub(super) struct Font {
    size: RasterHeight,
    /// Image pixels per pixel of a letter.
    times: usize,
}

impl Font {
    /// Chooses letters that are legible in an image of this many rows: a thirtieth of it.
    pub(super) fn for_rows(rows: usize) -> Font {
        let (size, times) = match rows {
            0..560 => (RasterHeight::Size16, 1),
            560..1000 => (RasterHeight::Size24, 1),
            1000..1700 => (RasterHeight::Size32, 1),
            _ => (RasterHeight::Size32, rows / 900),
        };
        Font { size, times }
    }

    /// Height of a line, px.
    pub(super) fn height(self) -> usize {
        self.size.val() * self.times
    }

    /// Width of a text, px.
    pub(super) fn width(self, text: &str) -> usize {
        text.chars().count() * get_raster_width(FontWeight::Regular, self.size) * self.times
    }

    /// Writes a line with its upper left corner at a point, white on a darkened background; it is
    /// moved into the image where it would leave it.
    pub(super) fn draw_text(self, canvas: &mut Canvas, text: &str, [x, y]: [f32; 2]) {
        let margin = self.height() / 8;
        let (width, height) = (self.width(text) + 2 * margin, self.height());
        let [columns, rows] = canvas.size();
        // Float-to-integer casts saturate.
        let (left, top) = (
            (x as usize).min(columns.saturating_sub(width)),
            (y as usize).min(rows.saturating_sub(height)),
        );
        canvas.darken_rectangle([left, top], [width, height], BACKGROUND_SHADE);
        let step = get_raster_width(FontWeight::Regular, self.size) * self.times;
        for (index, letter) in text.chars().enumerate() {
            let Some(letter) = get_raster(font_letter(letter), FontWeight::Regular, self.size)
            else {
                continue;
            };
            let corner = [left + margin + index * step, top];
            for (row, line) in letter.rows().enumerate() {
                for (column, &strength) in
                    line.iter().enumerate().filter(|(_, strength)| **strength > 0)
                {
                    for (dx, dy) in
                        (0..self.times).flat_map(|dx| (0..self.times).map(move |dy| (dx, dy)))
                    {
                        let at = [
                            corner[0] + column * self.times + dx,
                            corner[1] + row * self.times + dy,
                        ];
                        canvas.blend_pixel(at, WHITE, f32::from(strength) / 255.0);
                    }
                }
            }
        }
    }
}

/// Replaces a letter by one that the font has.
fn font_letter(letter: char) -> char {
    match letter {
        '–' | '—' | '−' => '-',
        '’' | '‘' => '\'',
        '“' | '”' => '"',
        ' '..='~' | '\u{a0}'..='\u{ff}' => letter,
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_in_the_picture_and_leaves_light_letters_on_dark() {
        let font = Font::for_rows(480);
        for corner in [[4.0, 4.0], [1e9, 1e9], [-50.0, f32::NAN]] {
            let mut canvas = Canvas::new(80, 40, vec![128; 3 * 80 * 40]);
            font.draw_text(&mut canvas, "84° – é漢", corner);
            let (dark, light) = (canvas.rgb().iter().min(), canvas.rgb().iter().max());
            assert!(dark < Some(&90) && light > Some(&230), "{corner:?}");
        }
        // Wider than the image: cut, no panic.
        let mut small = Canvas::new(3, 2, vec![0; 18]);
        font.draw_text(&mut small, "a long text", [0.0; 2]);
        assert_eq!(font.width("abc"), 3 * font.width("a"));
        assert!(Font::for_rows(2160).height() >= 2160 / 40);
    }
}
