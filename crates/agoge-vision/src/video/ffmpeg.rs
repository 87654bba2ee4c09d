//! Decodes videos with the ffmpeg program, if it is installed: everything except H.264 in MP4 and
//! MOV.

use crate::{Pixels, VideoImage, VisionError};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// Maximum number of pixels in a frame: 16 K.
const MAX_PIXELS: usize = 15_360 * 8_640;

/// A message from ffmpeg.
enum FfmpegMessage {
    /// Seconds per unit of its clock.
    ClockUnit(f64),
    /// A frame follows: its presentation time in units of the clock, and its width and height.
    Frame(f64, [usize; 2]),
    /// The end of the output, with the last line that was none of these.
    End(String),
}

/// A video that ffmpeg is decoding.
pub(super) struct FfmpegDecoder {
    path: PathBuf,
    child: Child,
    frames: ChildStdout,
    messages: Receiver<FfmpegMessage>,
    /// Seconds per unit of its clock.
    unit_s: f64,
    /// Presentation time of the first frame, in units of the clock.
    first: Option<f64>,
}

impl FfmpegDecoder {
    /// Starts ffmpeg; `None` if it is not installed.
    pub(super) fn start(path: &Path) -> Option<FfmpegDecoder> {
        // `showinfo` reports when each frame is shown, which raw frames cannot. The path is made
        // absolute so that no name is taken for an option.
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-hide_banner", "-loglevel", "info", "-nostats", "-i"]);
        command.arg(absolute_path(path)).args([
            "-map",
            "0:v:0",
            "-vf",
            "showinfo",
            "-fps_mode",
            "passthrough",
        ]);
        command.args(["-pix_fmt", "yuv420p", "-f", "rawvideo", "-"]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .ok()?;
        let (frames, messages) = (child.stdout.take()?, child.stderr.take()?);
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut last = String::new();
            for line in BufReader::new(messages).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                let message = parse_showinfo(&line);
                if message.is_none() && !line.trim().is_empty() {
                    last = line.trim().to_owned();
                }
                if message.is_some_and(|message| sender.send(message).is_err()) {
                    return;
                }
            }
            // The receiver may be gone.
            let _ = sender.send(FfmpegMessage::End(last));
        });
        Some(FfmpegDecoder {
            path: path.to_owned(),
            child,
            frames,
            messages: receiver,
            unit_s: 1.0,
            first: None,
        })
    }

    /// The next image and its time, s; `None` at the end.
    pub(super) fn next_image(&mut self) -> Result<Option<(f64, VideoImage)>, VisionError> {
        let failed = |what: &str| {
            VisionError::video(
                &self.path,
                format!("ffmpeg cannot decode it: {what}"),
                "check with a player that it is a video and whole",
            )
        };
        loop {
            match self.messages.recv() {
                Ok(FfmpegMessage::ClockUnit(unit_s)) => self.unit_s = unit_s,
                Ok(FfmpegMessage::Frame(time, [width, height])) => {
                    let (luma, colour) = (width * height, width.div_ceil(2) * height.div_ceil(2));
                    if luma == 0 || luma > MAX_PIXELS {
                        return Err(failed(&format!("a frame of {width} × {height} px")));
                    }
                    let [mut y, mut u, mut v] = [vec![0; luma], vec![0; colour], vec![0; colour]];
                    for plane in [&mut y, &mut u, &mut v] {
                        self.frames
                            .read_exact(plane)
                            .map_err(|_| failed("it ends within a frame"))?;
                    }
                    let first = *self.first.get_or_insert(time);
                    let picture = VideoImage::new(width, height, Pixels::Yuv420 { y, u, v });
                    return Ok(picture.map(|picture| ((time - first) * self.unit_s, picture)));
                }
                Ok(FfmpegMessage::End(last)) => {
                    let ended = self.child.wait().is_ok_and(|status| status.success());
                    return if ended && self.first.is_some() {
                        Ok(None)
                    } else {
                        Err(failed(&shorten(&last)))
                    };
                }
                Err(_) => return Ok(None),
            }
        }
    }
}

impl Drop for FfmpegDecoder {
    fn drop(&mut self) {
        // It may have ended on its own; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn absolute_path(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The first 120 characters.
fn shorten(text: &str) -> String {
    text.chars().take(120).collect()
}

/// Parses a line of `showinfo`: `… config in time_base: 1/15360, …`, then for each frame `… n: 0
/// pts: 512 pts_time:0.0333 … s:1920x1080 …`.
fn parse_showinfo(line: &str) -> Option<FfmpegMessage> {
    if !line.contains("showinfo") {
        return None;
    }
    let after = |name: &str| line.split(name).nth(1)?.trim_start().split([' ', ',']).next();
    if let Some((over, under)) = after("config in time_base:").and_then(|base| base.split_once('/'))
    {
        return Some(FfmpegMessage::ClockUnit(
            over.parse::<f64>().ok()? / under.parse::<f64>().ok()?,
        ));
    }
    let (width, height) = after(" s:")?.split_once('x')?;
    Some(FfmpegMessage::Frame(
        after(" pts:")?.parse().ok()?,
        [width.parse().ok()?, height.parse().ok()?],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ffmpeg_says_is_understood() {
        let line = "[Parsed_showinfo_0 @ 0x5] n:   1 pts:    512 pts_time:0.0333333 duration:    512 fmt:yuv420p cl:left sar:1/1 s:1768x994 i:P";
        assert!(matches!(parse_showinfo(line), Some(FfmpegMessage::Frame(512.0, [1768, 994]))));
        let line = "[Parsed_showinfo_0 @ 0x5] config in time_base: 1/15360, frame_rate: 30/1";
        assert!(
            matches!(parse_showinfo(line), Some(FfmpegMessage::ClockUnit(unit_s)) if unit_s == 1.0 / 15360.0)
        );
        assert!(parse_showinfo("  Duration: 00:01:02.50, start: 0.0, bitrate: 1 kb/s").is_none());
    }
}
