//! Determines a file's format from its content; the extension is ignored.

use crate::json::JsonOutline;
use crate::{ReadError, c3d, csv, json, keraal, mediapipe, nexus, openpose, text};
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
/// [`ReadError::Io`], [`ReadError::Empty`], [`ReadError::NotUnderstood`] with what was found instead;
/// [`ReadError::Format`] for broken JSON.
pub fn probe_format(path: &Path) -> Result<Format, ReadError> {
    let metadata = std::fs::metadata(path).map_err(|e| ReadError::cannot_read(path, e))?;
    if metadata.is_dir() {
        return probe_folder(path);
    }
    if metadata.len() == 0 {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let start = crate::read_first_bytes(path)?;
    if starts_as_json(&start) {
        return json_format(path, &crate::read_whole_file(path)?);
    }
    format_from_bytes(path, &start)
}

/// The format of a folder: OpenPose if its first numbered JSON file is.
fn probe_folder(path: &Path) -> Result<Format, ReadError> {
    let Some((_, first)) = openpose::numbered_files(path)?.into_iter().next() else {
        return match std::fs::read_dir(path).map_err(|e| ReadError::cannot_read(path, e))?.next() {
            None => Err(ReadError::Empty { path: path.to_owned() }),
            Some(_) => {
                refuse_content(path, "a folder without pictures (PNG, JPEG) or numbered JSON files")
            }
        };
    };
    match json_format(&first, &crate::read_whole_file(&first)?) {
        Ok(Format::OpenPoseFile) => Ok(Format::OpenPoseFolder),
        Ok(_) => refuse_content(
            path,
            "a folder of JSON files that are not from OpenPose (give the files one by one)",
        ),
        Err(error) => Err(error),
    }
}

/// The error for content of no supported format.
fn refuse_content(path: &Path, reason: impl Into<String>) -> Result<Format, ReadError> {
    Err(ReadError::NotUnderstood { path: path.to_owned(), reason: reason.into() })
}

/// Whether the first character that is not blank opens a JSON object or list.
pub(crate) fn starts_as_json(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    matches!(start.iter().find(|b| !b.is_ascii_whitespace()), Some(b'{' | b'['))
}

/// The format of a JSON file, from its outermost keys.
pub(crate) fn json_format(path: &Path, bytes: &[u8]) -> Result<Format, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    let head: JsonOutline = json::parse_json(path, bytes)?;
    let any = |keys: &[&str]| keys.iter().any(|key| head.has_key(key));
    if head.is_empty {
        return Err(ReadError::Empty { path: path.to_owned() });
    }
    Ok(match head.is_list {
        false if head.has_key("people") => Format::OpenPoseFile,
        false if head.has_key("positions") => Format::KeraalJson,
        false if head.has_key("annotations") => Format::Coco,
        false if head.has_key("instance_info") => Format::MmPose,
        false if any(&mediapipe::FRAME_LIST_KEYS) => Format::MediaPipe,
        true if head.has_key("image_id") => Format::AlphaPose,
        true if head.keys.is_empty() || any(&mediapipe::LANDMARK_KEYS) => Format::MediaPipe,
        _ => {
            let some: Vec<String> =
                head.keys.iter().take(5).map(|key| crate::error::quote_text(key)).collect();
            return refuse_content(path, format!("JSON with the keys {}", some.join(", ")));
        }
    })
}

/// The format of anything but JSON, from its first bytes.
pub(crate) fn format_from_bytes(path: &Path, start: &[u8]) -> Result<Format, ReadError> {
    if start.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if c3d::is_c3d(start) {
        return Ok(Format::C3d);
    }
    if is_video(start) {
        return Ok(Format::Video);
    }
    if let Some(reason) = foreign_file_kind(start) {
        return refuse_content(path, reason);
    }
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().filter(|line| !text::is_blank(line));
    let Some(first) = lines.next() else { return refuse_content(path, "only blanks") };
    let cells: Vec<&str> = text::split_cells(first, text::find_delimiter(first)).collect();
    let numbers = first.split_whitespace().map(|cell| cell.parse::<f64>().is_ok());
    let is_header =
        |line: &str| line.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("endheader"));
    Ok(match cells.first().copied().unwrap_or("") {
        "PathFileType" => Format::Trc,
        section if nexus::SECTIONS.contains(&section) => Format::NexusCsv,
        _ if text.lines().any(is_header) => Format::Table,
        _ if csv::is_csv_header(first) => Format::Csv,
        _ if numbers.clone().all(|ok| ok)
            && [keraal::KINECT_NUMBERS, keraal::VICON_NUMBERS].contains(&numbers.count()) =>
        {
            Format::KeraalRows
        }
        _ if start.contains(&0) => return refuse_content(path, "binary data of an unknown kind"),
        _ => {
            return refuse_content(path, "text without a header that names joints, axes and units");
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
fn foreign_file_kind(start: &[u8]) -> Option<&'static str> {
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
