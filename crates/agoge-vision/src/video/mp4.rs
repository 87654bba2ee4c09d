//! Reads the index of the video in an MP4 or MOV file: the codec, and where each frame lies and
//! when it is shown (ISO/IEC 14496-12; QuickTime differs in nothing that is read here).
//!
//! This is our own because existing demuxers use the file's tables unchecked or hold the file in
//! memory; here no number in the file is trusted.

use std::io::{Read, Seek, SeekFrom};

/// Largest index, bytes: that of a nine-hour video has less than a tenth.
const MAX_INDEX_BYTES: u64 = 256 << 20;
/// Maximum number of frames, as for every recording.
const MAX_FRAMES: usize = 1_000_000;

/// The codec of a video.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum VideoCodec {
    /// H.264: its parameter sets, and the number of bytes in the length before each unit.
    H264 { parameters: Vec<Vec<u8>>, length_bytes: usize },
    /// Another codec, by its four characters.
    Other(String),
}

/// One coded frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CodedFrame {
    /// Its offset in the file.
    pub(crate) offset: u64,
    /// Its size, bytes.
    pub(crate) size: u32,
    /// Presentation time, s from the first.
    pub(crate) time_s: f64,
}

/// The index of the video in a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VideoIndex {
    pub(crate) codec: VideoCodec,
    /// Clockwise quarter turns to its displayed orientation.
    pub(crate) turns: u8,
    /// Width and height as stored, px.
    pub(crate) size: [usize; 2],
    /// Frames in decoding order.
    pub(crate) samples: Vec<CodedFrame>,
}

/// Why the index could not be read.
#[derive(Debug)]
pub(crate) enum IndexError {
    Io(std::io::Error),
    /// What is wrong with the file.
    Broken(&'static str),
    /// There is only sound or the like.
    NoVideo,
    /// The file is fragmented, as browsers record it: its index is spread over the file.
    Fragments,
}

/// Reads the index of a file of `length` bytes.
pub(crate) fn read_index(
    file: &mut (impl Read + Seek),
    length: u64,
) -> Result<VideoIndex, IndexError> {
    let movie = read_movie_box(file, length)?;
    let tracks = BoxIter(&movie).filter(|(name, _)| name == b"trak");
    let track = tracks.map(|(_, track)| track).find(|track| {
        // The handler gives the kind of track, after version, flags and a reserved word.
        find_box(track, &[b"mdia", b"hdlr"]).and_then(|handler| handler.get(8..12)) == Some(b"vide")
    });
    let track = track.ok_or(IndexError::NoVideo)?;
    let table = find_box(track, &[b"mdia", b"minf", b"stbl"])
        .ok_or(IndexError::Broken("the index of its video is missing"))?;
    let (codec, size) =
        sample_description(table).ok_or(IndexError::Broken("its codec is not described"))?;
    let scale = find_box(track, &[b"mdia", b"mdhd"])
        .and_then(read_timescale)
        .ok_or(IndexError::Broken("its clock is missing"))?;
    let samples = coded_frames(table, f64::from(scale))
        .ok_or(IndexError::Broken("the index of its frames contradicts itself"))?;
    if samples.is_empty() {
        let is_fragmented = BoxIter(&movie).any(|(name, _)| &name == b"mvex");
        return Err(if is_fragmented {
            IndexError::Fragments
        } else {
            IndexError::Broken("there is no frame in it")
        });
    }
    let turns = find_box(track, &[b"tkhd"]).and_then(rotation_turns).unwrap_or(0);
    Ok(VideoIndex { codec, turns, size, samples })
}

/// Reads the content of the `moov` box.
fn read_movie_box(file: &mut (impl Read + Seek), length: u64) -> Result<Vec<u8>, IndexError> {
    let mut at = 0;
    while at + 8 <= length {
        let mut header = [0; 16];
        file.seek(SeekFrom::Start(at)).map_err(IndexError::Io)?;
        let read = usize::try_from((length - at).min(16)).unwrap_or(16);
        file.read_exact(&mut header[..read]).map_err(IndexError::Io)?;
        let (start, size) = match read_be32(&header, 0) {
            Some(0) => (8, length - at),
            Some(1) => (16, read_be64(&header, 8).unwrap_or(0)),
            Some(size) => (8, u64::from(size)),
            None => break,
        };
        if size < start || size > length - at {
            return Err(IndexError::Broken("the file was cut off"));
        }
        if &header[4..8] == b"moov" {
            if size > MAX_INDEX_BYTES {
                return Err(IndexError::Broken("its index is too large"));
            }
            let mut movie = vec![0; usize::try_from(size - start).unwrap_or(0)];
            file.seek(SeekFrom::Start(at + start)).map_err(IndexError::Io)?;
            file.read_exact(&mut movie).map_err(IndexError::Io)?;
            return Ok(movie);
        }
        at += size;
    }
    Err(IndexError::Broken("the file was cut off: it has no index"))
}

/// Iterates over consecutive boxes: name and content.
struct BoxIter<'a>(&'a [u8]);

impl<'a> Iterator for BoxIter<'a> {
    type Item = ([u8; 4], &'a [u8]);
    fn next(&mut self) -> Option<Self::Item> {
        let name = self.0.get(4..8)?.try_into().ok()?;
        let (start, size) = match read_be32(self.0, 0)? {
            0 => (8, self.0.len()),
            1 => (16, usize::try_from(read_be64(self.0, 8)?).ok()?),
            size => (8, size as usize),
        };
        let content = self.0.get(start..size)?;
        self.0 = self.0.get(size..)?;
        Some((name, content))
    }
}

/// The content of the box at a path of nested boxes.
fn find_box<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, name| {
        BoxIter(bytes).find(|(found, _)| found == *name).map(|(_, content)| content)
    })
}

fn read_be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..)?.get(..2)?.try_into().ok()?))
}

fn read_be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..)?.get(..4)?.try_into().ok()?))
}

fn read_be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..)?.get(..8)?.try_into().ok()?))
}

/// Units per second of a track's clock.
fn read_timescale(header: &[u8]) -> Option<u32> {
    read_be32(header, if header.first()? == &1 { 20 } else { 12 }).filter(|&scale| scale > 0)
}

/// Clockwise quarter turns of the track's matrix, which maps x to (a, b).
fn rotation_turns(header: &[u8]) -> Option<u8> {
    let at = if header.first()? == &1 { 52 } else { 40 };
    let [a, b] = [read_be32(header, at)?.cast_signed(), read_be32(header, at + 4)?.cast_signed()];
    Some(match (a.abs() >= b.abs(), a < 0, b < 0) {
        (true, false, _) => 0,
        (false, _, false) => 1,
        (true, true, _) => 2,
        (false, _, true) => 3,
    })
}

/// Codec and size from the first sample description.
fn sample_description(table: &[u8]) -> Option<(VideoCodec, [usize; 2])> {
    let (name, entry) = BoxIter(find_box(table, &[b"stsd"])?.get(8..)?).next()?;
    let size = [usize::from(read_be16(entry, 24)?), usize::from(read_be16(entry, 26)?)];
    let other = || VideoCodec::Other(String::from_utf8_lossy(&name).escape_default().to_string());
    let codec = match &name {
        b"avc1" | b"avc3" => entry
            .get(78..)
            .and_then(|boxes| find_box(boxes, &[b"avcC"]))
            .and_then(h264_codec)
            .unwrap_or_else(other),
        _ => other(),
    };
    Some((codec, size))
}

/// Parses the decoder configuration of H.264 (ISO/IEC 14496-15).
fn h264_codec(configuration: &[u8]) -> Option<VideoCodec> {
    let length_bytes = usize::from(configuration.get(4)? & 3) + 1;
    let mut parameters = Vec::new();
    let mut at = 5;
    for mask in [0x1f, 0xff] {
        let count = configuration.get(at)? & mask;
        at += 1;
        for _ in 0..count {
            let length = usize::from(read_be16(configuration, at)?);
            parameters.push(configuration.get(at + 2..)?.get(..length)?.to_vec());
            at += 2 + length;
        }
    }
    Some(VideoCodec::H264 { parameters, length_bytes })
}

/// The rows of a table of 32-bit numbers, `N` per row; their count precedes them.
fn table_rows<'a, const N: usize>(
    table: &'a [u8],
    name: &[u8; 4],
) -> Option<impl Iterator<Item = [u32; N]> + 'a> {
    let content = find_box(table, &[name])?;
    let count = read_be32(content, 4)? as usize;
    let rows = content.get(8..)?.get(..count.checked_mul(4 * N)?)?.chunks_exact(4 * N);
    Some(rows.map(|row| std::array::from_fn(|k| read_be32(row, 4 * k).unwrap_or(0))))
}

/// Collects position and presentation time of every frame.
fn coded_frames(table: &[u8], scale: f64) -> Option<Vec<CodedFrame>> {
    let sizes = frame_sizes(find_box(table, &[b"stsz"])?)?;
    let chunks: Vec<u64> = match table_rows::<1>(table, b"stco") {
        Some(rows) => rows.map(|[offset]| u64::from(offset)).collect(),
        None => table_rows::<2>(table, b"co64")?
            .map(|[high, low]| u64::from(high) << 32 | u64::from(low))
            .collect(),
    };
    let runs: Vec<[u32; 3]> = table_rows(table, b"stsc")?.collect();
    // Duration of each frame, and delay between decoding and presentation, both run-length coded.
    let mut steps = table_rows::<2>(table, b"stts")?
        .flat_map(|[count, step]| std::iter::repeat_n(step, count as usize));
    let delays = table_rows::<2>(table, b"ctts");
    let mut delays = delays
        .into_iter()
        .flatten()
        .flat_map(|[count, by]| std::iter::repeat_n(by.cast_signed(), count as usize));
    let mut samples = Vec::with_capacity(sizes.len());
    let mut decode_time = 0u64;
    let mut run = 0;
    for (chunk, &start) in (1u32..).zip(&chunks) {
        while runs.get(run + 1).is_some_and(|[first, ..]| *first <= chunk) {
            run += 1;
        }
        let mut offset = start;
        for _ in 0..runs.get(run)?[1] {
            let Some(&size) = sizes.get(samples.len()) else { break };
            let presentation_time = decode_time as f64 + f64::from(delays.next().unwrap_or(0));
            samples.push(CodedFrame { offset, size, time_s: presentation_time / scale });
            offset = offset.checked_add(u64::from(size))?;
            decode_time += u64::from(steps.next()?);
        }
    }
    if samples.len() != sizes.len() {
        return None;
    }
    let first = samples.iter().map(|sample| sample.time_s).fold(f64::INFINITY, f64::min);
    samples.iter_mut().for_each(|sample| sample.time_s -= first);
    Some(samples)
}

/// The size of each frame, bytes.
fn frame_sizes(content: &[u8]) -> Option<Vec<u32>> {
    let (common_size, count) = (read_be32(content, 4)?, read_be32(content, 8)? as usize);
    if count > MAX_FRAMES {
        return None;
    }
    match common_size {
        0 => Some(
            content
                .get(12..)?
                .get(..4 * count)?
                .chunks_exact(4)
                .map(|b| read_be32(b, 0).unwrap_or(0))
                .collect(),
        ),
        common_size => Some(vec![common_size; count]),
    }
}
