//! Decodes videos into images with their times.

mod ffmpeg;
mod folder;
mod h264;
mod mp4;
mod write;

use crate::{VideoImage, VisionError};
use ffmpeg::FfmpegDecoder;
use folder::ImageFolder;
use h264::H264Decoder;
use mp4::{IndexError, VideoCodec};
use std::fs::File;
use std::path::Path;
pub(crate) use write::VideoWriter;

/// A video that is being decoded, one image at a time.
pub struct Video {
    decoder: VideoDecoder,
    frames: usize,
}

enum VideoDecoder {
    H264(Box<H264Decoder>),
    Ffmpeg(FfmpegDecoder),
    Folder(ImageFolder),
}

/// Frames per second of a folder of images when none is given.
pub(crate) const DEFAULT_RATE_HZ: f64 = 30.0;
/// Hint for a codec that needs a program which is not installed.
const NEEDS_FFMPEG: &str =
    "install ffmpeg (Agoge finds it on the PATH), or save the video as H.264 in an MP4 file";

impl Video {
    /// Whether a folder holds images that [`Video::open`] can read.
    pub fn is_image_folder(path: &Path) -> bool {
        path.is_dir() && folder::has_images(path)
    }

    /// Opens a video: H.264 in MP4 or MOV files is decoded here, everything else by ffmpeg if it is
    /// on the PATH. A folder of PNG or JPEG files is a video of `rate_hz` frames per second
    /// (default 30), in the order of the numbers in their names; a video file has its own clock.
    ///
    /// # Errors
    /// [`VisionError::Io`]; [`VisionError::Video`] for a file that is damaged, holds no video, or
    /// needs ffmpeg where it is not installed.
    ///
    /// ```
    /// use agoge_vision::{Video, VisionError};
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("broken.mp4");
    /// std::fs::write(&path, b"\0\0\0\x10ftypisom\0\0\0\0")?;
    /// // An MP4 file without an index is refused in words.
    /// assert!(matches!(Video::open(&path, None), Err(VisionError::Video { .. })));
    /// let missing = folder.path().join("none.mp4");
    /// assert!(matches!(Video::open(&missing, None), Err(VisionError::Io { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: &Path, rate_hz: Option<f64>) -> Result<Video, VisionError> {
        if path.is_dir() {
            let folder = ImageFolder::open(path, rate_hz.unwrap_or(DEFAULT_RATE_HZ))?;
            return Ok(Video {
                frames: folder.frame_count(),
                decoder: VideoDecoder::Folder(folder),
            });
        }
        let mut file = File::open(path).map_err(VisionError::io("read", path))?;
        let length = file.metadata().map_err(VisionError::io("read", path))?.len();
        let broken = |what: &str| {
            VisionError::video(
                path,
                what,
                "copy the file again; a recording that was broken off cannot be read",
            )
        };
        if length == 0 {
            return Err(broken("nothing to read: the file is empty"));
        }
        let mut start = [0; 8];
        if std::io::Read::read_exact(&mut file, &mut start).is_err() {
            return Err(broken("the file was cut off"));
        }
        // Old QuickTime files lack the box that names the kind of file.
        let is_mp4 = [b"ftyp", b"moov", b"mdat", b"wide"].iter().any(|name| start[4..] == **name);
        if !is_mp4 {
            return Video::open_with_ffmpeg(path, "a video that is not MP4 or MOV");
        }
        match mp4::read_index(&mut file, length) {
            Ok(index) => {
                let [width, height] = index.size;
                match &index.codec {
                    VideoCodec::H264 { .. } if width * height <= h264::MAX_PIXELS => {
                        let frames = index.samples.len();
                        Ok(Video {
                            decoder: VideoDecoder::H264(Box::new(H264Decoder::new(
                                path, file, length, index,
                            )?)),
                            frames,
                        })
                    }
                    VideoCodec::H264 { .. } => Video::open_with_ffmpeg(
                        path,
                        &format!(
                            "{width} × {height} px are too many for the decoder that comes with Agoge"
                        ),
                    ),
                    VideoCodec::Other(codec) => {
                        let mut video = Video::open_with_ffmpeg(
                            path,
                            &format!(
                                "the codec {} is not decoded by Agoge itself",
                                codec_name(codec)
                            ),
                        )?;
                        video.frames = index.samples.len();
                        Ok(video)
                    }
                }
            }
            Err(IndexError::Io(error)) => Err(VisionError::io("read", path)(error)),
            Err(IndexError::Broken(what)) => Err(broken(what)),
            Err(IndexError::NoVideo) => Err(VisionError::video(
                path,
                "there is no video in it, only sound or the like",
                "give the file that holds the pictures",
            )),
            Err(IndexError::Fragments) => Video::open_with_ffmpeg(
                path,
                "an MP4 file in fragments is not read by Agoge itself",
            ),
        }
    }

    fn open_with_ffmpeg(path: &Path, why: &str) -> Result<Video, VisionError> {
        match FfmpegDecoder::start(path) {
            Some(ffmpeg) => Ok(Video { decoder: VideoDecoder::Ffmpeg(ffmpeg), frames: 0 }),
            None => Err(VisionError::video(path, why, NEEDS_FFMPEG)),
        }
    }

    /// Number of frames; 0 if the file does not say in advance.
    pub fn frame_count(&self) -> usize {
        self.frames
    }

    /// The next image and its presentation time, s from the first; `None` at the end.
    ///
    /// # Errors
    /// [`VisionError::Video`] for a frame that is damaged, [`VisionError::Io`].
    pub fn next_image(&mut self) -> Result<Option<(f64, VideoImage)>, VisionError> {
        match &mut self.decoder {
            VideoDecoder::H264(h264) => h264.next_image(),
            VideoDecoder::Ffmpeg(ffmpeg) => ffmpeg.next_image(),
            VideoDecoder::Folder(folder) => folder.next_image(),
        }
    }
}

/// A codec's four characters together with its common name.
fn codec_name(codec: &str) -> String {
    let name = match codec {
        "hvc1" | "hev1" => "HEVC",
        "vp08" => "VP8",
        "vp09" => "VP9",
        "av01" => "AV1",
        "mp4v" => "MPEG-4",
        "jpeg" | "mjpg" => "Motion JPEG",
        "apcn" | "apch" | "apcs" | "apco" | "ap4h" => "ProRes",
        "avc1" | "avc3" => "H.264 without its parameters",
        _ => return codec.to_owned(),
    };
    format!("{name} ({codec})")
}

#[cfg(test)]
mod tests;
