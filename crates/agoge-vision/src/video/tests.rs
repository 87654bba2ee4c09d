//! Videos are encoded and packed here, so that their content is known.

use super::*;
use crate::Pixels;
use openh264::encoder::{Encoder, EncoderConfig, RateControlMode, SpsPpsStrategy};
use openh264::formats::YUVBuffer;
use std::io::Cursor;

const WIDTH: usize = 64;
const HEIGHT: usize = 48;

/// Luma of each frame, flat.
const GREYS: [u8; 5] = [40, 80, 120, 160, 200];
/// Presentation time of each frame, in 1/600 s; no two steps are the same.
const TIMES: [u32; 5] = [0, 20, 30, 70, 75];

fn make_box(name: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, &content].concat()
}

/// A table: version, number of rows, and the rows.
fn table_box(name: &[u8; 4], rows: &[&[u32]]) -> Vec<u8> {
    let numbers: Vec<u8> = rows.concat().iter().flat_map(|v| v.to_be_bytes()).collect();
    make_box(name, &[&[0; 4], &(rows.len() as u32).to_be_bytes(), &numbers])
}

/// The contents of an MP4 file.
struct TestMp4 {
    handler: [u8; 4],
    codec: [u8; 4],
    size: [u16; 2],
    /// a and b of the track's matrix.
    matrix: [i32; 2],
    configuration: Vec<u8>,
    frames: Vec<Vec<u8>>,
}

impl TestMp4 {
    /// Five grey frames of H.264.
    fn grey_frames() -> TestMp4 {
        let config = EncoderConfig::new().rate_control_mode(RateControlMode::Off);
        let config = config.sps_pps_strategy(SpsPpsStrategy::ConstantId);
        let mut encoder =
            Encoder::with_api_config(openh264::OpenH264API::from_source(), config).unwrap();
        let (mut sets, mut frames) = (Vec::new(), Vec::new());
        for grey in GREYS {
            let mut yuv = vec![grey; WIDTH * HEIGHT];
            yuv.resize(WIDTH * HEIGHT * 3 / 2, 128);
            let coded = encoder.encode(&YUVBuffer::from_vec(yuv, WIDTH, HEIGHT)).unwrap().to_vec();
            let mut frame = Vec::new();
            for unit in openh264::nal_units(&coded) {
                let unit = &unit[unit.iter().position(|&byte| byte == 1).unwrap() + 1..];
                match unit[0] & 0x1f {
                    7 | 8 => sets.push(unit.to_vec()),
                    _ => frame.extend([&(unit.len() as u32).to_be_bytes()[..], unit].concat()),
                }
            }
            frames.push(frame);
        }
        let set = |set: &[u8]| [&(set.len() as u16).to_be_bytes()[..], set].concat();
        let configuration =
            [&[1, 66, 0, 30, 0xff, 0xe1][..], &set(&sets[0]), &[1], &set(&sets[1])].concat();
        let size = [WIDTH as u16, HEIGHT as u16];
        TestMp4 {
            handler: *b"vide",
            codec: *b"avc1",
            size,
            matrix: [0x1_0000, 0],
            configuration,
            frames,
        }
    }

    fn pack_file(&self) -> Vec<u8> {
        let kind = make_box(b"ftyp", &[b"isom\0\0\0\0"]);
        let start = kind.len() as u32 + 8;
        let media = make_box(b"mdat", &[&self.frames.concat()]);
        let entry = make_box(
            &self.codec,
            &[
                &[0; 24],
                &self.size[0].to_be_bytes(),
                &self.size[1].to_be_bytes(),
                &[0; 50],
                &make_box(b"avcC", &[&self.configuration]),
            ],
        );
        let steps: Vec<Vec<u32>> =
            TIMES.windows(2).map(|w| vec![1, w[1] - w[0]]).chain([vec![1, 20]]).collect();
        let steps: Vec<&[u32]> = steps.iter().map(Vec::as_slice).collect();
        let sizes: Vec<u8> =
            self.frames.iter().flat_map(|frame| (frame.len() as u32).to_be_bytes()).collect();
        let index = make_box(
            b"stbl",
            &[
                &make_box(b"stsd", &[&[0; 4], &1u32.to_be_bytes(), &entry]),
                &table_box(b"stts", &steps[..self.frames.len()]),
                &table_box(b"stsc", &[&[1, self.frames.len() as u32, 1]]),
                &make_box(b"stsz", &[&[0; 8], &(self.frames.len() as u32).to_be_bytes(), &sizes]),
                &table_box(b"stco", &[&[start]]),
            ],
        );
        let matrix: Vec<u8> = self.matrix.iter().flat_map(|v| v.to_be_bytes()).collect();
        let header = make_box(b"tkhd", &[&[0; 40], &matrix, &[0; 36]]);
        let clock = make_box(b"mdhd", &[&[0; 12], &600u32.to_be_bytes(), &[0; 8]]);
        let handler = make_box(b"hdlr", &[&[0; 8], &self.handler, &[0; 13]]);
        let track = make_box(
            b"trak",
            &[&header, &make_box(b"mdia", &[&clock, &handler, &make_box(b"minf", &[&index])])],
        );
        [kind, media, make_box(b"moov", &[&track])].concat()
    }
}

fn index_of(bytes: &[u8]) -> Result<mp4::VideoIndex, IndexError> {
    mp4::read_index(&mut Cursor::new(bytes), bytes.len() as u64)
}

/// All images of a file, or the error message.
fn decode_images(bytes: &[u8]) -> Result<Vec<(f64, VideoImage)>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    std::fs::write(&path, bytes).unwrap();
    let mut video = Video::open(&path, None).map_err(|error| error.to_string())?;
    let mut pictures = Vec::new();
    while let Some(next) = video.next_image().map_err(|error| error.to_string())? {
        pictures.push(next);
    }
    Ok(pictures)
}

#[test]
fn frames_come_out_as_they_went_in_at_their_true_times() {
    let found = decode_images(&TestMp4::grey_frames().pack_file()).unwrap();
    let times: Vec<f64> = found.iter().map(|(time_s, _)| (time_s * 600.0).round()).collect();
    assert_eq!(times, TIMES.map(f64::from));
    for ((_, picture), grey) in found.iter().zip(GREYS) {
        // In limited range 16 is black and 235 white. Coding moves a flat grey by a step or two.
        let expected = 255.0 * (f32::from(grey) - 16.0) / 219.0;
        let rgb = picture.to_rgb();
        assert_eq!(rgb.len(), 3 * WIDTH * HEIGHT);
        assert!(
            rgb.iter().all(|&value| (f32::from(value) - expected).abs() < 8.0),
            "{grey}: {} {expected}",
            rgb[0]
        );
    }
}

#[test]
fn pictures_of_a_phone_held_upright_are_upright() {
    for (matrix, size) in [
        ([0, 0x1_0000], (HEIGHT, WIDTH)),
        ([-0x1_0000, 0], (WIDTH, HEIGHT)),
        ([0, -0x1_0000], (HEIGHT, WIDTH)),
    ] {
        let found =
            decode_images(&TestMp4 { matrix, ..TestMp4::grey_frames() }.pack_file()).unwrap();
        assert_eq!((found[0].1.width(), found[0].1.height()), size, "{matrix:?}");
    }
}

#[test]
fn an_index_cut_or_changed_anywhere_is_refused_or_read_but_never_panics() {
    let whole = TestMp4::grey_frames().pack_file();
    assert!(index_of(&whole).is_ok());
    for end in 0..whole.len() {
        assert!(index_of(&whole[..end]).is_err(), "{end}");
    }
    let first = whole.windows(4).position(|name| name == b"moov").unwrap();
    for at in first..whole.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            // What matters is that it returns, and that it does not claim more frames than the file
            // could hold.
            if let Ok(index) = index_of(&bytes) {
                assert!(index.samples.len() <= 5, "{at} {value}");
            }
        }
    }
}

#[test]
fn each_bad_file_has_one_clear_line() {
    let whole = TestMp4::grey_frames();
    let bytes = whole.pack_file();
    let cut = {
        let mut bytes = bytes.clone();
        let place = bytes.windows(4).position(|name| name == b"stco").unwrap() + 12;
        let beyond = bytes.len() as u32 - 10;
        bytes[place..place + 4].copy_from_slice(&beyond.to_be_bytes());
        bytes
    };
    let corrupt = {
        let mut frames = whole.frames.clone();
        frames[2].iter_mut().skip(5).for_each(|byte| *byte ^= 0xa5);
        TestMp4 { frames, ..TestMp4::grey_frames() }.pack_file()
    };
    let lengths = {
        let mut frames = whole.frames.clone();
        frames[1][0] = 0x70;
        TestMp4 { frames, ..TestMp4::grey_frames() }.pack_file()
    };
    let cases: [(&str, &[u8], &str); 9] = [
        ("empty", b"", "nothing to read: the file is empty"),
        ("short", &bytes[..6], "the file was cut off"),
        ("truncated", &bytes[..bytes.len() * 2 / 3], "the file was cut off"),
        ("frames beyond the end", &cut, "the file was cut off: it ends in frame 0 of 5"),
        (
            "audio only",
            &TestMp4 { handler: *b"soun", ..TestMp4::grey_frames() }.pack_file(),
            "there is no video in it",
        ),
        (
            "no frame",
            &TestMp4 { frames: vec![], ..TestMp4::grey_frames() }.pack_file(),
            "there is no frame in it",
        ),
        ("a damaged length", &lengths, "a unit is damaged in frame 1 of 5"),
        ("corrupt units", &corrupt, "cannot be decoded"),
        (
            "of no size",
            &TestMp4 { size: [0, 0], codec: *b"xxxx", ..TestMp4::grey_frames() }.pack_file(),
            "decode",
        ),
    ];
    for (name, bytes, expected) in cases {
        let line = decode_images(bytes).unwrap_err();
        assert!(line.contains(expected), "{name}: {line}");
        assert!(
            line.contains("; hint: ") && line.lines().count() == 1 && line.ends_with("clip.mp4"),
            "{name}: {line}"
        );
    }
}

#[test]
fn what_the_decoder_does_not_know_says_so_where_ffmpeg_is_not_at_hand() {
    if std::process::Command::new("ffmpeg").arg("-version").output().is_ok() {
        eprintln!("skipped: ffmpeg is on the PATH");
        return;
    }
    for (file, expected) in [
        (TestMp4 { size: [7680, 4320], ..TestMp4::grey_frames() }, "7680 × 4320 px are too many"),
        (
            TestMp4 { codec: *b"hvc1", ..TestMp4::grey_frames() },
            "the codec HEVC (hvc1) is not decoded by Agoge itself",
        ),
    ] {
        let line = decode_images(&file.pack_file()).unwrap_err();
        assert!(line.starts_with(expected) && line.contains("; hint: install ffmpeg"), "{line}");
    }
}

#[test]
fn one_frame_is_a_video_of_one_frame() {
    let mut one = TestMp4::grey_frames();
    one.frames.truncate(1);
    assert_eq!(decode_images(&one.pack_file()).unwrap().len(), 1);
}

#[test]
fn pictures_may_come_from_memory() {
    let rgb = vec![128; 3 * 4 * 2];
    assert!(
        VideoImage::new(4, 2, Pixels::Rgb(rgb.clone()))
            .is_some_and(|picture| picture.to_rgb() == rgb)
    );
}

proptest::proptest! {
    /// Overwrites numbers in the file's own tables, and cuts out or duplicates bytes: the index is
    /// read or refused at once, and holds no more than the file can.
    #[test]
    fn a_file_that_lies_is_read_or_refused(
        changes in proptest::collection::vec((0usize..4096, proptest::prop_oneof![
            proptest::prelude::Just(0u32), proptest::prelude::Just(1), proptest::prelude::Just(u32::MAX), proptest::prelude::Just(0x7fff_ffff), proptest::prelude::any::<u32>()
        ]), 1..8),
        cut in 0usize..4096,
        length in 0usize..64,
    ) {
        let mut bytes = TestMp4::grey_frames().pack_file();
        let start = bytes.windows(4).position(|name| name == b"moov").unwrap() - 4;
        for (at, value) in changes {
            let at = start + at % (bytes.len() - start - 3);
            bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        let cut = cut % bytes.len();
        let end = (cut + length).min(bytes.len());
        if length % 2 == 0 {
            bytes.drain(cut..end);
        } else {
            let again = bytes[cut..end].to_vec();
            bytes.splice(cut..cut, again);
        }
        if let Ok(index) = index_of(&bytes) {
            // A file whose samples all have the same size may name a million frames without a
            // table; otherwise each takes four bytes.
            proptest::prop_assert!(index.samples.len() <= 1_000_000);
            for sample in index.samples {
                proptest::prop_assert!(sample.time_s.is_finite() && sample.time_s >= 0.0);
            }
        }
    }
}
