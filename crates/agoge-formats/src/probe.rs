//! Determines a file's format from its content; the extension is ignored.

use crate::json::Head;
use crate::{Error, c3d, csv, json, keraal, mediapipe, nexus, openpose, text};
use std::path::Path;

/// The supported formats in words, for messages.
pub(crate) const KNOWN: &str = "read are OpenPose, MediaPipe, COCO, AlphaPose and MMPose JSON, TRC, C3D, CSV with named columns and units, Agoge's Parquet, and videos";

/// A file or folder format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A folder of OpenPose JSON, one file per frame.
    OpenPoseFolder,
    /// One OpenPose JSON: a single frame.
    OpenPoseFile,
    /// A list of frames with landmarks (MediaPipe and similar).
    MediaPipe,
    /// COCO annotations.
    Coco,
    /// A list of people with picture identifiers (AlphaPose, COCO results).
    AlphaPose,
    /// MMPose's `instance_info`.
    MmPose,
    /// Positions by frame and joint name, as in the Keraal dataset.
    KeraalJson,
    /// Rows of positions and quaternions, as in the Keraal dataset (Kinect, Vicon).
    KeraalRows,
    /// A TRC marker table.
    Trc,
    /// C3D.
    C3d,
    /// MOT or STO: a table without positions ([`crate::read_table`]).
    Table,
    /// CSV in wide form: one row per frame.
    Csv,
    /// The CSV export of Vicon Nexus.
    NexusCsv,
    /// Agoge's own Parquet.
    Parquet,
    /// A video, from which `agoge-vision` computes positions.
    Video,
}

impl Format {
    /// The format's short display name.
    pub fn name(self) -> &'static str {
        match self {
            Format::OpenPoseFolder => "OpenPose JSON folder",
            Format::OpenPoseFile => "OpenPose JSON, a single frame",
            Format::MediaPipe => "MediaPipe JSON",
            Format::Coco => "COCO keypoints JSON",
            Format::AlphaPose => "AlphaPose or COCO results JSON",
            Format::MmPose => "MMPose JSON",
            Format::KeraalJson => "Keraal JSON",
            Format::KeraalRows => "Keraal rows (Kinect or Vicon)",
            Format::Trc => "TRC",
            Format::C3d => "C3D",
            Format::Table => "MOT or STO table",
            Format::Csv => "CSV",
            Format::NexusCsv => "Vicon Nexus CSV",
            Format::Parquet => "Agoge Parquet",
            Format::Video => "video",
        }
    }
}

/// Determines the format of a file or folder from its content.
///
/// # Errors
/// [`Error::Io`], [`Error::Empty`], [`Error::NotUnderstood`] with what was found instead;
/// [`Error::Format`] for broken JSON.
pub fn probe(path: &Path) -> Result<Format, Error> {
    let metadata = std::fs::metadata(path).map_err(|e| Error::read(path, e))?;
    if metadata.is_dir() {
        return folder(path);
    }
    if metadata.len() == 0 {
        return Err(Error::Empty { path: path.to_owned() });
    }
    let start = crate::first_bytes(path)?;
    if starts_as_json(&start) {
        return json_format(path, &crate::bytes(path)?);
    }
    of_bytes(path, &start)
}

/// The format of a folder: OpenPose if its first numbered JSON file is.
fn folder(path: &Path) -> Result<Format, Error> {
    let Some((_, first)) = openpose::files(path)?.into_iter().next() else {
        return match std::fs::read_dir(path).map_err(|e| Error::read(path, e))?.next() {
            None => Err(Error::Empty { path: path.to_owned() }),
            Some(_) => {
                not_understood(path, "a folder without pictures (PNG, JPEG) or numbered JSON files")
            }
        };
    };
    match json_format(&first, &crate::bytes(&first)?) {
        Ok(Format::OpenPoseFile) => Ok(Format::OpenPoseFolder),
        Ok(_) => not_understood(
            path,
            "a folder of JSON files that are not from OpenPose (give the files one by one)",
        ),
        Err(error) => Err(error),
    }
}

/// The error for content of no supported format.
fn not_understood(path: &Path, reason: impl Into<String>) -> Result<Format, Error> {
    Err(Error::NotUnderstood { path: path.to_owned(), reason: reason.into() })
}

/// Whether the first character that is not blank opens a JSON object or list.
pub(crate) fn starts_as_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    matches!(start.iter().find(|b| !b.is_ascii_whitespace()), Some(b'{' | b'['))
}

/// The format of a JSON file, from its outermost keys.
pub(crate) fn json_format(path: &Path, bytes: &[u8]) -> Result<Format, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty { path: path.to_owned() });
    }
    let head: Head = json::parse(path, bytes)?;
    let any = |keys: &[&str]| keys.iter().any(|key| head.has(key));
    if head.is_empty {
        return Err(Error::Empty { path: path.to_owned() });
    }
    Ok(match head.is_list {
        false if head.has("people") => Format::OpenPoseFile,
        false if head.has("positions") => Format::KeraalJson,
        false if head.has("annotations") => Format::Coco,
        false if head.has("instance_info") => Format::MmPose,
        false if any(&mediapipe::LISTS) => Format::MediaPipe,
        true if head.has("image_id") => Format::AlphaPose,
        true if head.keys.is_empty() || any(&mediapipe::LANDMARKS) => Format::MediaPipe,
        _ => {
            let some: Vec<String> =
                head.keys.iter().take(5).map(|key| crate::error::quoted(key)).collect();
            return not_understood(path, format!("JSON with the keys {}", some.join(", ")));
        }
    })
}

/// The format of anything but JSON, from its first bytes.
pub(crate) fn of_bytes(path: &Path, start: &[u8]) -> Result<Format, Error> {
    if start.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if c3d::is_c3d(start) {
        return Ok(Format::C3d);
    }
    if is_video(start) {
        return Ok(Format::Video);
    }
    if let Some(reason) = stranger(start) {
        return not_understood(path, reason);
    }
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().filter(|line| !text::is_blank(line));
    let Some(first) = lines.next() else { return not_understood(path, "only blanks") };
    let cells: Vec<&str> = text::cells(first, text::delimiter(first)).collect();
    let numbers = first.split_whitespace().map(|cell| cell.parse::<f64>().is_ok());
    let is_header =
        |line: &str| line.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("endheader"));
    Ok(match cells.first().copied().unwrap_or("") {
        "PathFileType" => Format::Trc,
        section if nexus::SECTIONS.contains(&section) => Format::NexusCsv,
        _ if text.lines().any(is_header) => Format::Table,
        _ if csv::is_header(first) => Format::Csv,
        _ if numbers.clone().all(|ok| ok)
            && [keraal::KINECT_NUMBERS, keraal::VICON_NUMBERS].contains(&numbers.count()) =>
        {
            Format::KeraalRows
        }
        _ if start.contains(&0) => return not_understood(path, "binary data of an unknown kind"),
        _ => {
            return not_understood(path, "text without a header that names joints, axes and units");
        }
    })
}

/// Whether the first bytes are those of a video: MP4 and MOV (also older ones without `ftyp`), AVI,
/// Matroska and WebM, MPEG programme streams, Flash.
fn is_video(start: &[u8]) -> bool {
    let at = |from: usize, magic: &[u8]| start.get(from..from + magic.len()) == Some(magic);
    let is_picture = [&b"heic"[..], b"heix", b"mif1", b"avif"].iter().any(|brand| at(8, brand));
    let is_movie =
        [&b"ftyp"[..], b"moov", b"mdat", b"wide"].iter().any(|name| at(4, name)) && !is_picture;
    is_movie
        || at(0, b"RIFF") && at(8, b"AVI ")
        || [&b"\x1a\x45\xdf\xa3"[..], b"\0\0\x01\xba", b"FLV\x01"].iter().any(|magic| at(0, magic))
}

/// Names common kinds of file that are not recordings, so that the error message can say what the
/// file is.
fn stranger(start: &[u8]) -> Option<&'static str> {
    let at = |from: usize, magic: &[u8]| start.get(from..from + magic.len()) == Some(magic);
    match () {
        () if at(4, b"ftyp") => Some("a picture"),
        () if at(8, b".FIT") => Some("a FIT workout, which has no joint positions"),
        () if at(0, b"PK\x03\x04") => {
            Some("a ZIP archive or spreadsheet (unpack it, or save it as CSV)")
        }
        () if at(0, b"\x1f\x8b") => Some("a gzip archive (unpack it)"),
        () if at(0, b"\x89PNG") || at(0, b"\xff\xd8\xff") => Some("a picture"),
        () if at(0, b"%PDF") => Some("a PDF"),
        () if at(0, b"<") => Some("XML or HTML"),
        () => None,
    }
}
