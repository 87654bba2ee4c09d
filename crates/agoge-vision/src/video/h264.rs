//! Decodes H.264.

use super::mp4::{CodedFrame, VideoCodec, VideoIndex};
use crate::{Pixels, VideoImage, VisionError};
use openh264::decoder::{DecodedYUV, Decoder, DecoderConfig, Flush};
use openh264::formats::YUVSource;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Largest number of pixels that the decoder supports: level 5.2 of H.264, 36 864 macroblocks of 16
/// × 16.
pub(super) const MAX_PIXELS: usize = 36_864 * 256;
/// Maximum size of a coded frame, bytes.
const MAX_BYTES: u32 = 64 << 20;
/// Hint for a damaged video.
const DAMAGED_HINT: &str = "copy the file again, or save it anew with another program";

/// An H.264 file that is being decoded.
pub(super) struct H264Decoder {
    path: PathBuf,
    file: File,
    length: u64,
    decoder: Decoder,
    /// Parameter sets to send before the next frame.
    parameters: Vec<u8>,
    length_bytes: usize,
    turns: u8,
    samples: std::vec::IntoIter<CodedFrame>,
    /// Index of the next frame, and number of frames.
    number: usize,
    frame_count: usize,
    /// Presentation times in increasing order, in which frames leave the decoder.
    times: std::vec::IntoIter<f64>,
    /// Decoded images not yet returned.
    ready: VecDeque<VideoImage>,
    /// Whether the decoder has returned everything it held.
    flushed: bool,
}

impl H264Decoder {
    pub(super) fn new(
        path: &Path,
        file: File,
        length: u64,
        index: VideoIndex,
    ) -> Result<H264Decoder, VisionError> {
        let VideoCodec::H264 { parameters, length_bytes } = index.codec else {
            return Err(VisionError::video(path, "not H.264", DAMAGED_HINT));
        };
        // Frames are shown in a different order than they are decoded, so nothing may be forced out
        // before its turn.
        let config = DecoderConfig::new().flush_after_decode(Flush::NoFlush);
        let decoder = Decoder::with_api_config(openh264::OpenH264API::from_source(), config);
        let decoder = decoder.map_err(|error| {
            VisionError::video(path, format!("the decoder does not start: {error}"), DAMAGED_HINT)
        })?;
        let mut times: Vec<f64> = index.samples.iter().map(|sample| sample.time_s).collect();
        times.sort_by(f64::total_cmp);
        Ok(H264Decoder {
            path: path.to_owned(),
            file,
            length,
            decoder,
            parameters: parameters
                .iter()
                .flat_map(|set| [&[0, 0, 0, 1], &set[..]].concat())
                .collect(),
            length_bytes,
            turns: index.turns,
            frame_count: times.len(),
            samples: index.samples.into_iter(),
            number: 0,
            times: times.into_iter(),
            ready: VecDeque::new(),
            flushed: false,
        })
    }

    /// The next image and its time, s; `None` at the end.
    pub(super) fn next_image(&mut self) -> Result<Option<(f64, VideoImage)>, VisionError> {
        while self.ready.is_empty() && !self.flushed {
            let Some(sample) = self.samples.next() else {
                self.flushed = true;
                let rest = self.decoder.flush_remaining();
                let rest = rest.map_err(|error| {
                    VisionError::video(
                        &self.path,
                        format!("the last frames cannot be decoded: {error}"),
                        DAMAGED_HINT,
                    )
                })?;
                let turns = self.turns;
                self.ready.extend(rest.iter().filter_map(|frame| copy_image(frame, turns)));
                break;
            };
            let packet = self.read_packet(sample)?;
            let (number, frames) = (self.number, self.frame_count);
            let broken = |what: String| {
                VisionError::video(
                    &self.path,
                    format!("frame {number} of {frames} cannot be decoded: {what}"),
                    DAMAGED_HINT,
                )
            };
            let decoded = self
                .decoder
                .decode(&packet)
                .map_err(|error| broken(first_line(&error.to_string())))?;
            if let Some(frame) = decoded {
                self.ready.push_back(
                    copy_image(&frame, self.turns)
                        .ok_or_else(|| broken("it is of another size".into()))?,
                );
            }
            self.number += 1;
        }
        Ok(self.ready.pop_front().and_then(|picture| Some((self.times.next()?, picture))))
    }

    /// The bytes of a frame with a start code before each unit, as the decoder expects (H.264,
    /// Annex B).
    fn read_packet(&mut self, sample: CodedFrame) -> Result<Vec<u8>, VisionError> {
        let (number, frames) = (self.number, self.frame_count);
        let damaged = |what: &str| {
            VisionError::video(
                &self.path,
                format!("{what} in frame {number} of {frames}"),
                DAMAGED_HINT,
            )
        };
        if sample.size > MAX_BYTES
            || sample.offset.checked_add(u64::from(sample.size)).is_none_or(|end| end > self.length)
        {
            return Err(damaged("the file was cut off: it ends"));
        }
        let mut bytes = vec![0; sample.size as usize];
        self.file
            .seek(SeekFrom::Start(sample.offset))
            .map_err(VisionError::io("read", &self.path))?;
        self.file.read_exact(&mut bytes).map_err(VisionError::io("read", &self.path))?;
        let mut packet = std::mem::take(&mut self.parameters);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (length, after) = rest
                .split_at_checked(self.length_bytes)
                .ok_or_else(|| damaged("a unit is damaged"))?;
            let length =
                length.iter().fold(0usize, |length, &byte| length << 8 | usize::from(byte));
            let (unit, after) =
                after.split_at_checked(length).ok_or_else(|| damaged("a unit is damaged"))?;
            packet.extend_from_slice(&[0, 0, 0, 1]);
            packet.extend_from_slice(unit);
            rest = after;
        }
        Ok(packet)
    }
}

/// Copies a decoded frame without the decoder's padding; `None` if its planes are inconsistent.
fn copy_image(frame: &DecodedYUV, turns: u8) -> Option<VideoImage> {
    let (width, height) = frame.dimensions();
    let (y, u, v) = frame.strides();
    let plane = |bytes: &[u8], stride: usize, width: usize, height: usize| -> Option<Vec<u8>> {
        let mut plane = Vec::with_capacity(width * height);
        for row in 0..height {
            plane.extend_from_slice(bytes.get(row * stride..)?.get(..width)?);
        }
        Some(plane)
    };
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let pixels = Pixels::Yuv420 {
        y: plane(frame.y(), y, width, height)?,
        u: plane(frame.u(), u, half_width, half_height)?,
        v: plane(frame.v(), v, half_width, half_height)?,
    };
    VideoImage::with_rotation(width, height, turns, pixels)
}

/// The first line of the decoder's message.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}
