//! The one table of formats: how each is recognised, read and written, and what holds of its
//! recordings.

use crate::json::JsonOutline;
use crate::openpose::FrameFolder;
use crate::text::TextStart;
use crate::{Format, ReadError, ReadOptions};
use crate::{c3d, coco, csv, keraal, mediapipe, nexus, openpose, parquet, table, trc, video};
use agoge_motion::{Recording, RecordingSource};
use std::io::BufRead;
use std::path::Path;

/// What holds of all recordings of a format, whatever they contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatTrait {
    /// The joints are markers, which need not be on the body (but on a racket or a wheelchair), so
    /// that their names may be unknown to us.
    Markers,
    /// Depth, where a recording has it, is a network's guess from one camera.
    GuessedDepth,
    /// Pictures, which hold no positions before a pose network has seen them.
    Film,
}

/// How a file of a format is recognised by its content.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Recogniser {
    /// A JSON object with this key.
    ObjectKey(&'static str),
    /// A JSON list of objects with this key.
    ListKey(&'static str),
    /// JSON without any of those keys.
    OtherJson(fn(&JsonOutline) -> bool),
    /// The first bytes of a binary file.
    Binary(fn(&[u8]) -> bool),
    /// The first lines of a text file.
    Text(fn(&TextStart) -> bool),
    /// There is no file.
    Never,
}

/// Reads a recording from the whole content of a file; the path is for messages and the name.
type ContentReader = fn(&Path, &[u8], &ReadOptions) -> Result<Recording, ReadError>;

/// How a file of a format is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FormatReader {
    /// From its whole content.
    Whole(ContentReader),
    /// From its whole content, or from a folder with one such file per frame.
    WholeOrFolder(
        ContentReader,
        fn(&Path, FrameFolder, &ReadOptions) -> Result<Recording, ReadError>,
    ),
    /// Line by line.
    Lines(fn(&Path, &mut dyn BufRead, &ReadOptions) -> Result<Recording, ReadError>),
    /// Refused as not understood, for this reason.
    NotUnderstood(&'static str),
    /// Refused: what it is, and how to go on.
    Refused(&'static str, &'static str),
}

/// Writes a recording to a file or folder.
pub type FormatWriter = fn(&Path, &Recording) -> Result<(), ReadError>;

/// One format: its row in the table.
#[derive(Clone, Copy, Debug)]
pub struct FormatRow {
    /// The format; [`Format::name`] is its name in results and stored recordings.
    pub format: Format,
    /// Its name for people, as in docs/reference/formats.md.
    pub title: &'static str,
    pub(crate) recogniser: Recogniser,
    pub(crate) reader: FormatReader,
    /// Writes a recording in this format; none for a format that is only read.
    pub writer: Option<FormatWriter>,
    /// What holds of its recordings.
    pub traits: &'static [FormatTrait],
}

impl FormatRow {
    /// Whether files are recognised as this format, rather than that recordings come from
    /// elsewhere.
    pub fn is_file_format(&self) -> bool {
        !matches!(self.recogniser, Recogniser::Never)
    }
}

/// The row of a format that is only read and of which nothing special holds.
const fn row(
    format: Format,
    title: &'static str,
    recogniser: Recogniser,
    reader: FormatReader,
) -> FormatRow {
    FormatRow { format, title, recogniser, reader, writer: None, traits: &[] }
}

/// The row of an origin of recordings that is no format of files.
const fn row_without_file(format: Format, title: &'static str) -> FormatRow {
    row(format, title, Recogniser::Never, FormatReader::NotUnderstood("no joint positions"))
}

/// The table, in the order of [`Format::ALL`], in which formats are also probed.
static FORMATS: [FormatRow; Format::ALL.len()] = {
    use FormatReader::{Lines, NotUnderstood, Refused, Whole, WholeOrFolder};
    use FormatTrait::{Film, GuessedDepth, Markers};
    use Recogniser::{Binary, ListKey, ObjectKey, OtherJson, Text};
    const NO_POSITIONS: FormatReader = Refused(
        "a table of values without joint positions",
        "give the positions the angles were made from (TRC, C3D)",
    );
    const NOT_YET_SEEN: FormatReader =
        NotUnderstood("a video, which has no positions before a pose network has seen it");
    [
        FormatRow {
            writer: Some(openpose::write_openpose),
            ..row(
                Format::OpenPose,
                "OpenPose JSON",
                ObjectKey("people"),
                WholeOrFolder(openpose::read_file, openpose::read_folder),
            )
        },
        FormatRow {
            traits: &[GuessedDepth],
            ..row(
                Format::MediaPipe,
                "MediaPipe JSON",
                OtherJson(mediapipe::is_mediapipe),
                Whole(mediapipe::read_mediapipe),
            )
        },
        row(Format::KeraalJson, "Keraal JSON", ObjectKey("positions"), Whole(keraal::read_json)),
        row(
            Format::Coco,
            "COCO keypoints JSON",
            ObjectKey("annotations"),
            Whole(coco::read_annotations),
        ),
        row(
            Format::AlphaPose,
            "AlphaPose, COCO results",
            ListKey("image_id"),
            Whole(coco::read_list),
        ),
        row(Format::MmPose, "MMPose JSON", ObjectKey("instance_info"), Whole(coco::read_mmpose)),
        FormatRow {
            writer: Some(trc::write_trc),
            traits: &[Markers],
            ..row(Format::Trc, "TRC", Text(trc::is_trc), Lines(trc::read_trc))
        },
        FormatRow {
            traits: &[Markers],
            ..row(Format::C3d, "C3D", Binary(c3d::is_c3d), Whole(c3d::read_c3d))
        },
        FormatRow {
            traits: &[Markers],
            ..row(
                Format::NexusCsv,
                "Vicon Nexus CSV",
                Text(nexus::is_nexus),
                Lines(nexus::read_nexus),
            )
        },
        row(Format::Table, "MOT, STO", Text(table::is_table), NO_POSITIONS),
        FormatRow {
            writer: Some(csv::write_csv),
            ..row(Format::Csv, "CSV", Text(csv::is_csv), Lines(csv::read_csv))
        },
        row(
            Format::KeraalKinect,
            "Keraal rows, Kinect",
            Text(keraal::is_kinect_rows),
            Whole(keraal::read_rows),
        ),
        row(
            Format::KeraalVicon,
            "Keraal rows, Vicon",
            Text(keraal::is_vicon_rows),
            Whole(keraal::read_rows),
        ),
        FormatRow {
            writer: Some(parquet::write_parquet),
            ..row(
                Format::Parquet,
                "Parquet",
                Binary(parquet::is_parquet),
                Whole(parquet::read_parquet),
            )
        },
        FormatRow {
            traits: &[GuessedDepth, Film],
            ..row(Format::Video, "video", Binary(video::is_video), NOT_YET_SEEN)
        },
        row_without_file(Format::Cameras, "several cameras"),
        row_without_file(Format::Live, "live session"),
        row_without_file(Format::Simulated, "simulator"),
        row_without_file(Format::UiPrmd, "UI-PRMD"),
        row_without_file(Format::UtdMhad, "UTD-MHAD"),
        row_without_file(Format::PoseTrainer, "Pose Trainer"),
    ]
};

/// All formats, in the order of [`Format::ALL`].
pub fn list_formats() -> &'static [FormatRow] {
    &FORMATS
}

impl Format {
    /// The format's row in the table.
    pub fn table_row(self) -> &'static FormatRow {
        &FORMATS[self as usize]
    }

    /// The format's name for people.
    pub fn title(self) -> &'static str {
        self.table_row().title
    }

    /// Whether something holds of all recordings of this format.
    pub fn has_trait(self, wanted: FormatTrait) -> bool {
        self.table_row().traits.contains(&wanted)
    }
}

/// Whether something holds of all recordings of a source's format; nothing does if that is unknown.
pub fn source_has_trait(source: &RecordingSource, wanted: FormatTrait) -> bool {
    Format::from_name(&source.format).is_some_and(|format| format.has_trait(wanted))
}
