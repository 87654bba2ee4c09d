//! Decodes videos into images with their times.

mod ffmpeg;
mod folder;
mod h264;
mod mp4;
mod write;

use crate::{Error, Picture};
use ffmpeg::Ffmpeg;
use folder::Folder;
use h264::H264;
use mp4::{Codec, Fault};
use std::fs::File;
use std::path::Path;
pub(crate) use write::Writer;

/// A video that is being decoded, one image at a time.
pub struct Video {
    decoder: Decoder,
    frames: usize,
}

enum Decoder {
    H264(Box<H264>),
    Ffmpeg(Ffmpeg),
    Folder(Folder),
}

/// Frames per second of a folder of images when none is given.
pub(crate) const RATE_HZ: f64 = 30.0;
/// Hint for a codec that needs a program which is not installed.
const NEEDS_FFMPEG: &str =
    "install ffmpeg (Agoge finds it on the PATH), or save the video as H.264 in an MP4 file";

impl Video {
    /// Whether a folder holds images that [`Video::open`] can read.
    pub fn is_folder_of_pictures(path: &Path) -> bool {
        path.is_dir() && folder::has_pictures(path)
    }

    /// Opens a video: H.264 in MP4 or MOV files is decoded here, everything else by ffmpeg if it is
    /// on the PATH. A folder of PNG or JPEG files is a video of `rate_hz` frames per second
    /// (default 30), in the order of the numbers in their names; a video file has its own clock.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Video`] for a file that is damaged, holds no video, or needs ffmpeg
    /// where it is not installed.
    pub fn open(path: &Path, rate_hz: Option<f64>) -> Result<Video, Error> {
        if path.is_dir() {
            let folder = Folder::open(path, rate_hz.unwrap_or(RATE_HZ))?;
            return Ok(Video { frames: folder.frames(), decoder: Decoder::Folder(folder) });
        }
        let mut file = File::open(path).map_err(Error::io("read", path))?;
        let length = file.metadata().map_err(Error::io("read", path))?.len();
        let broken = |what: &str| {
            Error::video(
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
            return Video::by_ffmpeg(path, "a video that is not MP4 or MOV");
        }
        match mp4::index(&mut file, length) {
            Ok(index) => {
                let [width, height] = index.size;
                match &index.codec {
                    Codec::H264 { .. } if width * height <= h264::MOST_PIXELS => {
                        let frames = index.samples.len();
                        Ok(Video {
                            decoder: Decoder::H264(Box::new(H264::new(path, file, length, index)?)),
                            frames,
                        })
                    }
                    Codec::H264 { .. } => Video::by_ffmpeg(
                        path,
                        &format!(
                            "{width} × {height} px are too many for the decoder that comes with Agoge"
                        ),
                    ),
                    Codec::Other(codec) => {
                        let mut video = Video::by_ffmpeg(
                            path,
                            &format!("the codec {} is not decoded by Agoge itself", named(codec)),
                        )?;
                        video.frames = index.samples.len();
                        Ok(video)
                    }
                }
            }
            Err(Fault::Io(error)) => Err(Error::io("read", path)(error)),
            Err(Fault::Broken(what)) => Err(broken(what)),
            Err(Fault::NoVideo) => Err(Error::video(
                path,
                "there is no video in it, only sound or the like",
                "give the file that holds the pictures",
            )),
            Err(Fault::Fragments) => {
                Video::by_ffmpeg(path, "an MP4 file in fragments is not read by Agoge itself")
            }
        }
    }

    fn by_ffmpeg(path: &Path, why: &str) -> Result<Video, Error> {
        match Ffmpeg::start(path) {
            Some(ffmpeg) => Ok(Video { decoder: Decoder::Ffmpeg(ffmpeg), frames: 0 }),
            None => Err(Error::video(path, why, NEEDS_FFMPEG)),
        }
    }

    /// Number of frames; 0 if the file does not say in advance.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The next image and its presentation time, s from the first; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Video`] for a frame that is damaged, [`Error::Io`].
    pub fn next_picture(&mut self) -> Result<Option<(f64, Picture)>, Error> {
        match &mut self.decoder {
            Decoder::H264(h264) => h264.next(),
            Decoder::Ffmpeg(ffmpeg) => ffmpeg.next(),
            Decoder::Folder(folder) => folder.next(),
        }
    }
}

/// A codec's four characters together with its common name.
fn named(codec: &str) -> String {
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
