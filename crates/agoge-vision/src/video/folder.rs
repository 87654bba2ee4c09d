//! Folders of images: one PNG or JPEG file per frame.

use crate::{Pixels, VideoImage, VisionError};
use std::fs;
use std::path::{Path, PathBuf};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Longest side of an image, px, and largest size of its file, bytes.
const MAX_SIDE: usize = 16_384;
const MAX_BYTES: u64 = 256 << 20;
/// Most frames, as for every recording.
const MAX_FRAMES: usize = 1_000_000;

/// A folder that is being read.
pub(super) struct ImageFolder {
    files: std::vec::IntoIter<PathBuf>,
    number: usize,
    rate_hz: f64,
}

impl ImageFolder {
    /// Opens a folder whose images are shown at this rate.
    pub(super) fn open(path: &Path, rate_hz: f64) -> Result<ImageFolder, VisionError> {
        let files = list_images(path)?;
        if files.is_empty() {
            let hint = "give a folder with one PNG or JPEG file a frame, numbered";
            return Err(VisionError::video(path, "a folder without pictures", hint));
        }
        if files.len() > MAX_FRAMES {
            return Err(VisionError::video(
                path,
                format!("more than {MAX_FRAMES} pictures"),
                "split the folder",
            ));
        }
        Ok(ImageFolder { files: files.into_iter(), number: 0, rate_hz })
    }

    pub(super) fn frame_count(&self) -> usize {
        self.files.len()
    }

    /// The next image and its time, s; `None` at the end.
    pub(super) fn next_image(&mut self) -> Result<Option<(f64, VideoImage)>, VisionError> {
        let Some(path) = self.files.next() else { return Ok(None) };
        let time_s = self.number as f64 / self.rate_hz;
        self.number += 1;
        Ok(Some((time_s, read_image(&path)?)))
    }
}

/// Whether a folder holds images.
pub(crate) fn has_images(path: &Path) -> bool {
    list_images(path).is_ok_and(|files| !files.is_empty())
}

/// The images of a folder, in the order of the numbers in their names and then of the names.
fn list_images(folder: &Path) -> Result<Vec<PathBuf>, VisionError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(VisionError::io("read", folder))? {
        let path = entry.map_err(VisionError::io("read", folder))?.path();
        let end = path.extension().map(|end| end.to_string_lossy().to_ascii_lowercase());
        if end.is_some_and(|end| ["png", "jpg", "jpeg"].contains(&end.as_str())) {
            files.push((number_key(&path), path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// The last number in a name without leading zeros, preceded by its number of digits, so that 9
/// sorts before 10 however long the numbers are.
fn number_key(path: &Path) -> (usize, String) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = name.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits = &end[end.trim_end_matches(|c: char| c.is_ascii_digit()).len()..];
    let digits = digits.trim_start_matches('0');
    (digits.len(), digits.to_owned())
}

/// Reads one image as red, green and blue.
fn read_image(path: &Path) -> Result<VideoImage, VisionError> {
    let broken = |what: String| {
        VisionError::video(
            path,
            format!("the picture cannot be read: {what}"),
            "copy it again, or save it anew as PNG or JPEG of 8 bits",
        )
    };
    let bytes = fs::metadata(path).map_err(VisionError::io("read", path))?.len();
    if bytes > MAX_BYTES {
        return Err(broken(format!("{bytes} bytes are too many")));
    }
    let bytes = fs::read(path).map_err(VisionError::io("read", path))?;
    let (width, height, rgb) = match bytes.starts_with(b"\x89PNG") {
        true => decode_png(&bytes),
        false => decode_jpeg(&bytes),
    }
    .map_err(broken)?;
    VideoImage::new(width, height, Pixels::Rgb(rgb))
        .ok_or_else(|| broken("it has no pixels".to_owned()))
}

/// Width, height and pixels of an image, or what is wrong with it.
type DecodeResult = Result<(usize, usize, Vec<u8>), String>;

fn decode_png(bytes: &[u8]) -> DecodeResult {
    let message = |error: png::DecodingError| first_line(&error.to_string());
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(message)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    check_size(width, height)?;
    let size = reader.output_buffer_size().ok_or("it is too large")?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(message)?;
    pixels.truncate(frame.buffer_size());
    let rgb = match frame.color_type {
        png::ColorType::Rgb => pixels,
        png::ColorType::Rgba => pixels.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect(),
        png::ColorType::Grayscale => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        png::ColorType::GrayscaleAlpha => pixels.chunks_exact(2).flat_map(|p| [p[0]; 3]).collect(),
        png::ColorType::Indexed => return Err("its colours are not given".to_owned()),
    };
    Ok((width, height, rgb))
}

fn decode_jpeg(bytes: &[u8]) -> DecodeResult {
    let message = |error: zune_jpeg::errors::DecodeErrors| first_line(&error.to_string());
    let options = DecoderOptions::new_safe().set_max_width(MAX_SIDE).set_max_height(MAX_SIDE);
    let mut decoder = JpegDecoder::new_with_options(
        ZCursor::new(bytes),
        options.jpeg_set_out_colorspace(ColorSpace::RGB),
    );
    let rgb = decoder.decode().map_err(message)?;
    let (width, height) = decoder.dimensions().ok_or("it has no size")?;
    Ok((width, height, rgb))
}

fn check_size(width: usize, height: usize) -> Result<(), String> {
    if width.max(height) > MAX_SIDE {
        Err(format!("{width} × {height} px are too many"))
    } else {
        Ok(())
    }
}

/// The first line of a decoder's message.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey PNG.
    fn write_png(path: &Path, grey: u8) {
        let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), 4, 3);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&[grey; 12]).unwrap();
    }

    #[test]
    fn frames_come_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        for number in [10, 9, 100] {
            write_png(&folder.path().join(format!("take2_{number}.png")), number);
        }
        fs::write(folder.path().join("notes.txt"), b"no picture").unwrap();
        let mut read = ImageFolder::open(folder.path(), 25.0).unwrap();
        assert_eq!(read.frame_count(), 3);
        let mut seen = Vec::new();
        while let Some((time_s, picture)) = read.next_image().unwrap() {
            assert_eq!((picture.width(), picture.height()), (4, 3));
            seen.push((time_s, picture.to_rgb()[0]));
        }
        assert_eq!(seen, [(0.0, 9), (0.04, 10), (0.08, 100)]);
    }

    #[test]
    fn what_is_no_picture_is_refused_in_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |error: VisionError| {
            let line = error.to_string();
            assert!(line.contains("; hint: ") && line.lines().count() == 1, "{line}");
            line
        };
        assert!(
            refused(ImageFolder::open(folder.path(), 30.0).err().unwrap())
                .starts_with("a folder without pictures")
        );
        let whole = folder.path().join("0.png");
        write_png(&whole, 7);
        let bytes = fs::read(&whole).unwrap();
        for (name, bytes) in [
            ("1.png", &bytes[..bytes.len() / 2]),
            ("2.jpg", b"\xff\xd8\xff and no more"),
            ("3.png", b""),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            assert!(
                refused(read_image(&path).unwrap_err()).starts_with("the picture cannot be read: ")
            );
        }
    }
}
