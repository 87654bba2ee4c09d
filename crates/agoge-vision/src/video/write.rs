//! Writes videos: H.264 in an MP4 file (ISO/IEC 14496-12 and -15), as every player reads it.
//!
//! This is our own because it is short and existing muxers keep the video in memory or round its
//! times; here frames go to disk as they come.

use crate::VisionError;
use crate::picture::rgb_to_yuv;
use openh264::encoder::{
    Encoder, EncoderConfig, FrameRate, IntraFramePeriod, RateControlMode, VuiConfig,
};
use openh264::formats::YUVSource;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Units per second of the video's clock: a multiple of the frame rates in use.
const CLOCK: f64 = 90_000.0;
/// Frames per second of a video with a single frame.
const SINGLE_FRAME_RATE_HZ: f64 = 30.0;
/// Interval, in frames, between frames from which a player can start.
const KEY_FRAME_INTERVAL: u32 = 60;

/// A video that is being written. If it is dropped before [`VideoWriter::finish`], nothing is left
/// behind.
pub(crate) struct VideoWriter {
    to: PathBuf,
    part: PathBuf,
    file: Option<BufWriter<File>>,
    encoder: Encoder,
    /// Width and height as given, and as coded (even).
    size: [usize; 2],
    coded: [usize; 2],
    /// Duration of each frame, in units of the clock.
    steps: Vec<u32>,
    sizes: Vec<u32>,
    /// Numbers of the key frames, from 1.
    key_frames: Vec<u32>,
    /// Sequence and picture parameters.
    parameters: [Vec<u8>; 2],
}

/// The planes of one frame.
struct YuvPlanes<'a> {
    size: [usize; 2],
    planes: &'a [Vec<u8>; 3],
}

impl YUVSource for YuvPlanes<'_> {
    fn dimensions(&self) -> (usize, usize) {
        (self.size[0], self.size[1])
    }
    fn strides(&self) -> (usize, usize, usize) {
        (self.size[0], self.size[0] / 2, self.size[0] / 2)
    }
    fn y(&self) -> &[u8] {
        &self.planes[0]
    }
    fn u(&self) -> &[u8] {
        &self.planes[1]
    }
    fn v(&self) -> &[u8] {
        &self.planes[2]
    }
}

impl VideoWriter {
    /// Creates a video of this size, px, with frames shown at these times, s, increasing. An odd
    /// row or column at the edge is left out, because H.264 requires even sizes.
    pub(crate) fn create(
        to: &Path,
        size: [usize; 2],
        time: &[f64],
    ) -> Result<VideoWriter, VisionError> {
        let coded = size.map(|length| length & !1);
        if coded.iter().any(|&length| length < 16) || coded[0] * coded[1] > super::h264::MAX_PIXELS
        {
            let what = format!("a film of {} × {} px cannot be coded", size[0], size[1]);
            return Err(VisionError::video(
                to,
                what,
                "name a folder instead of an .mp4 file: it gets pictures",
            ));
        }
        let units: Vec<u64> =
            time.iter().map(|time_s| ((time_s - time[0]) * CLOCK).round() as u64).collect();
        let mut steps: Vec<u32> =
            units.windows(2).map(|w| u32::try_from(w[1] - w[0]).unwrap_or(u32::MAX)).collect();
        let mut sorted = steps.clone();
        sorted.sort_unstable();
        let usual = sorted
            .get(sorted.len() / 2)
            .copied()
            .unwrap_or((CLOCK / SINGLE_FRAME_RATE_HZ) as u32)
            .max(1);
        // The last frame is shown for the median duration.
        steps.push(usual);
        let rate_hz = (CLOCK / f64::from(usual)) as f32;
        let vui = if size[1] >= 720 { VuiConfig::bt709() } else { VuiConfig::bt601() };
        let config = EncoderConfig::new()
            // Encode every frame at the same quality, however many bits that takes: skeletons and
            // letters stay sharp, and no frame is skipped.
            .rate_control_mode(RateControlMode::Off)
            .max_frame_rate(FrameRate::from_hz(rate_hz))
            .intra_frame_period(IntraFramePeriod::from_num_frames(KEY_FRAME_INTERVAL))
            .skip_frames(false)
            .num_threads(1)
            .vui(vui);
        let encoder = Encoder::with_api_config(openh264::OpenH264API::from_source(), config);
        let encoder = encoder.map_err(|error| coding_error(to, &error.to_string()))?;
        let part = to.with_extension("mp4.part");
        if let Some(folder) = to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(VisionError::io("write", folder))?;
        }
        let file = File::create(&part).map_err(VisionError::io("write", &part))?;
        let mut writer = VideoWriter {
            to: to.to_owned(),
            part,
            file: Some(BufWriter::new(file)),
            encoder,
            size,
            coded,
            steps,
            sizes: Vec::new(),
            key_frames: Vec::new(),
            parameters: [Vec::new(), Vec::new()],
        };
        // The length of the box with the frames is filled in at the end.
        writer
            .write_bytes(&[&file_type_box()[..], &1u32.to_be_bytes(), b"mdat", &[0; 8]].concat())?;
        Ok(writer)
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), VisionError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(bytes).map_err(VisionError::io("write", &self.part))
    }

    /// Adds the next frame: red, green and blue, `[row, column, 3]`, of the video's size.
    pub(crate) fn push(&mut self, rgb: &[u8]) -> Result<(), VisionError> {
        let planes = rgb_to_yuv(rgb, self.size[0], self.coded);
        let coded = self.encoder.encode(&YuvPlanes { size: self.coded, planes: &planes });
        let coded = coded.map_err(|error| coding_error(&self.to, &error.to_string()))?.to_vec();
        let mut frame = Vec::with_capacity(coded.len() + 16);
        for unit in openh264::nal_units(&coded) {
            let start = unit.iter().position(|&byte| byte == 1).map_or(unit.len(), |at| at + 1);
            let unit = &unit[start..];
            match unit.first().map(|first| first & 0x1f) {
                Some(7) => self.parameters[0] = unit.to_vec(),
                Some(8) => self.parameters[1] = unit.to_vec(),
                Some(kind) => {
                    if kind == 5 && self.key_frames.last() != Some(&(self.sizes.len() as u32 + 1)) {
                        self.key_frames.push(self.sizes.len() as u32 + 1);
                    }
                    frame.extend((unit.len() as u32).to_be_bytes());
                    frame.extend(unit);
                }
                None => {}
            }
        }
        if frame.is_empty() {
            return Err(coding_error(&self.to, "a frame was left out"));
        }
        self.sizes.push(frame.len() as u32);
        self.write_bytes(&frame)
    }

    /// Writes the index and moves the file into place.
    pub(crate) fn finish(mut self) -> Result<(), VisionError> {
        let index = self.movie_box();
        let length = 16 + self.sizes.iter().map(|&size| u64::from(size)).sum::<u64>();
        self.write_bytes(&index)?;
        if let Some(mut file) = self.file.take() {
            let at = SeekFrom::Start(file_type_box().len() as u64 + 8);
            let done = file
                .seek(at)
                .and_then(|_| file.write_all(&length.to_be_bytes()))
                .and_then(|()| file.flush());
            done.map_err(VisionError::io("write", &self.part))?;
        }
        std::fs::rename(&self.part, &self.to).map_err(VisionError::io("write", &self.to))
    }

    /// Builds the `moov` box.
    fn movie_box(&self) -> Vec<u8> {
        let [width, height] = self.coded.map(|length| (length as u16).to_be_bytes());
        let frames = self.sizes.len();
        let steps = &self.steps[..frames.min(self.steps.len())];
        let duration: u64 = steps.iter().map(|&step| u64::from(step)).sum();
        let duration = u32::try_from(duration).unwrap_or(u32::MAX).to_be_bytes();
        let clock = (CLOCK as u32).to_be_bytes();
        let matrix: Vec<u8> = [0x1_0000u32, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000]
            .iter()
            .flat_map(|v| v.to_be_bytes())
            .collect();
        let set = |set: &[u8]| [&(set.len() as u16).to_be_bytes()[..], set].concat();
        let [sequence, picture] = &self.parameters;
        // Profile, compatibility and level are at the beginning of the sequence parameters.
        let level = sequence.get(1..4).unwrap_or(&[66, 0, 30]);
        let configuration =
            [&[1][..], level, &[0xff, 0xe1], &set(sequence), &[1], &set(picture)].concat();
        let entry = make_box(
            b"avc1",
            &[
                &[0, 0, 0, 0, 0, 0, 0, 1],
                &[0; 16],
                &width,
                &height,
                &0x48_0000u32.to_be_bytes(),
                &0x48_0000u32.to_be_bytes(),
                &[0, 0, 0, 0, 0, 1],
                &[0; 32],
                &[0, 24, 0xff, 0xff],
                &make_box(b"avcC", &[&configuration]),
            ],
        );
        let sizes: Vec<u8> = self.sizes.iter().flat_map(|size| size.to_be_bytes()).collect();
        let begin = (file_type_box().len() as u64 + 16).to_be_bytes();
        let samples = make_box(
            b"stbl",
            &[
                &make_box(b"stsd", &[&[0; 4], &1u32.to_be_bytes(), &entry]),
                &table_box(b"stts", &run_lengths(steps)),
                &table_box(
                    b"stss",
                    &self.key_frames.iter().map(|&frame| [frame]).collect::<Vec<_>>(),
                ),
                &table_box(b"stsc", &[[1, frames as u32, 1]]),
                &make_box(b"stsz", &[&[0; 8], &(frames as u32).to_be_bytes(), &sizes]),
                &make_box(b"co64", &[&[0; 4], &1u32.to_be_bytes(), &begin]),
            ],
        );
        let here = make_box(
            b"dref",
            &[&[0; 4], &1u32.to_be_bytes(), &make_box(b"url ", &[&[0, 0, 0, 1]])],
        );
        let media = make_box(
            b"minf",
            &[
                &make_box(b"vmhd", &[&[0, 0, 0, 1], &[0; 8]]),
                &make_box(b"dinf", &[&here]),
                &samples,
            ],
        );
        let media = make_box(
            b"mdia",
            &[
                // The language is undetermined: "und".
                &make_box(b"mdhd", &[&[0; 12], &clock, &duration, &[0x55, 0xc4, 0, 0]]),
                &make_box(b"hdlr", &[&[0; 8], b"vide", &[0; 13]]),
                &media,
            ],
        );
        let header = make_box(
            b"tkhd",
            &[
                &[0, 0, 0, 3],
                &[0; 8],
                &1u32.to_be_bytes(),
                &[0; 4],
                &duration,
                &[0; 16],
                &matrix,
                &[&width[..], &[0; 2], &height, &[0; 2]].concat(),
            ],
        );
        let movie = make_box(
            b"mvhd",
            &[
                &[0; 12],
                &clock,
                &duration,
                &0x1_0000u32.to_be_bytes(),
                &[1, 0],
                &[0; 10],
                &matrix,
                &[0; 24],
                &2u32.to_be_bytes(),
            ],
        );
        make_box(b"moov", &[&movie, &make_box(b"trak", &[&header, &media])])
    }
}

impl Drop for VideoWriter {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Nothing can be done if the file cannot be removed.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

fn coding_error(to: &Path, what: &str) -> VisionError {
    let hint = "name a folder instead of an .mp4 file: it gets pictures";
    VisionError::video(to, format!("the film cannot be coded: {what}"), hint)
}

/// Builds the `ftyp` box, which says what kind of file it is.
fn file_type_box() -> Vec<u8> {
    make_box(b"ftyp", &[b"isom", &[0, 0, 2, 0], b"isomiso2avc1mp41"])
}

fn make_box(name: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, &content].concat()
}

/// Builds a table: version, number of rows, and the rows.
fn table_box<const N: usize>(name: &[u8; 4], rows: &[[u32; N]]) -> Vec<u8> {
    let numbers: Vec<u8> = rows.iter().flatten().flat_map(|number| number.to_be_bytes()).collect();
    make_box(name, &[&[0; 4], &(rows.len() as u32).to_be_bytes(), &numbers])
}

/// Run-length encodes the frame durations.
fn run_lengths(steps: &[u32]) -> Vec<[u32; 2]> {
    let mut runs: Vec<[u32; 2]> = Vec::new();
    for &step in steps {
        match runs.last_mut() {
            Some([count, last_step]) if *last_step == step => *count += 1,
            _ => runs.push([1, step]),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Video;

    /// Frames of an odd size, each flat except for a white square that moves.
    fn test_frame(index: usize, [width, height]: [usize; 2]) -> Vec<u8> {
        let mut rgb: Vec<u8> =
            [40, 90, 160].iter().copied().cycle().take(3 * width * height).collect();
        for row in 8..24 {
            let at = 3 * (row * width + 2 * index);
            rgb[at..at + 48].fill(255);
        }
        rgb
    }

    #[test]
    fn a_film_is_read_again_with_its_frames_at_their_times() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("made/film.mp4");
        let size = [65, 49];
        let time: Vec<f64> =
            (0..70).map(|k| 2.0 + f64::from(k) / 30.0 + if k > 20 { 0.5 } else { 0.0 }).collect();
        let mut writer = VideoWriter::create(&to, size, &time).unwrap();
        (0..time.len()).for_each(|index| writer.push(&test_frame(index % 20, size)).unwrap());
        assert!(!to.exists());
        writer.finish().unwrap();
        let mut video = Video::open(&to, None).unwrap();
        assert_eq!(video.frame_count(), time.len());
        let mut found = Vec::new();
        while let Some((time_s, picture)) = video.next_image().unwrap() {
            assert_eq!((picture.width(), picture.height()), (64, 48));
            let rgb = picture.to_rgb();
            // Flat colour survives coding within a few steps; the square is where it was put.
            let pixel = |column: usize, row: usize| &rgb[3 * (row * 64 + column)..][..3];
            let near = |a: &[u8], b: [u8; 3]| a.iter().zip(b).all(|(a, b)| a.abs_diff(b) < 30);
            assert!(near(pixel(60, 44), [40, 90, 160]), "{:?}", pixel(60, 44));
            assert!(near(pixel(2 * (found.len() % 20) + 8, 16), [255; 3]), "frame {}", found.len());
            found.push(time_s);
        }
        assert_eq!(found.len(), time.len());
        // One unit of the video's clock.
        assert!(found.iter().zip(&time).all(|(a, b)| (a - (b - 2.0)).abs() < 1.0 / CLOCK + 1e-9));
    }

    #[test]
    fn what_is_not_finished_leaves_nothing_and_what_cannot_be_coded_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("film.mp4");
        let mut writer = VideoWriter::create(&to, [64, 48], &[0.0, 0.1]).unwrap();
        writer.push(&test_frame(0, [64, 48])).unwrap();
        drop(writer);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        for size in [[8, 8], [10_000, 5000]] {
            let error = VideoWriter::create(&to, size, &[0.0]).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains("cannot be coded; hint: name a folder"), "{error}");
        }
    }
}
