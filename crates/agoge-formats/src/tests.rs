//! Tests every reader on small valid files, and on truncated, damaged and arbitrary ones.

use crate::*;
use agoge_motion::{Channel, Part, RecordingSource, Skeleton, Space};
use proptest::prelude::*;
use std::io::{BufReader, Cursor, Read};

/// A recording in three dimensions with missing values and a channel.
fn sample_recording() -> Recording {
    let skeleton = Skeleton::coco_17();
    let n = 3 * skeleton.len();
    let mut position: Vec<[f64; 3]> = (0..n).map(|k| [k as f64 / 7.0, 1.0, -(k as f64)]).collect();
    position[5] = [f64::NAN; 3];
    let confidence = position.iter().map(|p| if p[0].is_finite() { 0.5 } else { 0.0 }).collect();
    let time = vec![0.0, 0.1, 0.2];
    let mut recording = Recording::new(
        RecordingSource::default(),
        skeleton,
        Space::World,
        time,
        position,
        confidence,
    )
    .unwrap();
    let values = vec![1.0, f64::NAN, 3.0];
    let (name, unit) = ("acc_x".into(), "g".into());
    recording.channels = vec![Channel {
        name,
        unit,
        part: Some(Part::RightWrist),
        rate_hz: 15.0,
        start_s: 0.05,
        values,
    }];
    recording
}

fn write_to_bytes(write: impl Fn(&Path) -> Result<(), ReadError>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    write(&path).unwrap();
    std::fs::read(path).unwrap()
}

/// A small valid file of each single-file format.
fn seed_files() -> Vec<(Format, Vec<u8>)> {
    let numbers = |n: usize| (0..n).map(|k| (k + 1).to_string()).collect::<Vec<_>>();
    let flat = |n: usize| numbers(3 * n).join(",");
    let landmark = r#"{"x":0.5,"y":0.25,"z":0.1,"visibility":0.9}"#;
    let frame = format!("[{}]", [landmark; 33].join(","));
    let pairs = [r"[10,20]"; 17].join(",");
    let keypoints = flat(17);
    let texts = [
        (Format::OpenPose, format!(r#"{{"version":1.3,"people":[{{"person_id":[-1],"pose_keypoints_2d":[{}]}}]}}"#, flat(25))),
        (Format::MediaPipe, format!(r#"{{"fps":25,"frames":[{{"timestamp_ms":0,"pose_landmarks":{frame}}},null,{frame}]}}"#)),
        (Format::Coco, format!(r#"{{"images":[{{"id":4,"width":640,"height":480}}],"annotations":[{{"image_id":4,"keypoints":[{keypoints}]}}]}}"#)),
        (Format::AlphaPose, format!(r#"[{{"image_id":"7.jpg","keypoints":[{keypoints}],"idx":1}},{{"image_id":"9.jpg","keypoints":[{keypoints}],"idx":[1]}}]"#)),
        (Format::MmPose, format!(r#"{{"instance_info":[{{"frame_id":1,"instances":[{{"keypoints":[{pairs}],"keypoint_scores":[1]}}]}}]}}"#)),
        (Format::KeraalJson, r#"{"positions":{"1.0":{"Nose":[0.5,0.5],"lHip":[0.5,0.7]},"3.0":{"Nose":[0.5,0.6]}}}"#.to_owned()),
        (Format::KeraalKinect, format!("{0}\n{0}\n", numbers(25 * 7).join(" "))),
        (Format::KeraalVicon, format!("{0}\n{0}\n", numbers(17 * 7).join(" "))),
        (Format::Trc, "PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tUnits\tNumFrames\n100\tmm\t2\nFrame#\tTime\tNose\t\t\n\t\tX1\tY1\tZ1\n1\t0\t1\t2\t3\n2\t0.01\t4\t\t6\t\n".to_owned()),
        (Format::Csv, "frame;left_knee_x;left_knee_y;left_knee_c\n-;px;px;-\n3;1,5;2;0,5\n4;;;\n".to_owned()),
        (Format::NexusCsv, "Trajectories,,,,\n100,,,,\n,,a:LKNE,,\nFrame,Sub Frame,X,Y,Z\n,,mm,mm,mm\n1,0,10,20,30\n2,0,,,\n".to_owned()),
    ];
    let mut seeds: Vec<(Format, Vec<u8>)> =
        texts.into_iter().map(|(format, text)| (format, text.into_bytes())).collect();
    seeds.push((Format::Parquet, write_to_bytes(|path| write_parquet(path, &sample_recording()))));
    seeds.push((Format::C3d, c3d::tests::c3d_file(c3d::tests::NumberEncoding::IntelFloat)));
    seeds
}

fn decode_seed(format: Format, bytes: &[u8]) -> Result<Recording, ReadError> {
    input::decode_recording(Path::new("x"), format, bytes, &ReadOptions::default())
}

#[test]
fn every_seed_is_told_apart_and_read() {
    let folder = tempfile::tempdir().unwrap();
    for (format, bytes) in seed_files() {
        let path = folder.path().join("no-extension");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(probe_format(&path).unwrap(), format);
        let recording = read_recording(&path, &ReadOptions::default())
            .unwrap_or_else(|e| panic!("{format:?}: {e}"));
        assert!(recording.frame_count() > 0 && recording.joint_count() > 0);
        let slow = ReadOptions { slow_motion_factor: Some(2.0), ..ReadOptions::default() };
        assert_eq!(
            read_recording(&path, &slow).unwrap().duration_s(),
            recording.duration_s() / 2.0
        );
    }
}

#[test]
fn the_table_has_one_row_per_format_in_order() {
    let rows: Vec<Format> = list_formats().iter().map(|row| row.format).collect();
    assert_eq!(rows, Format::ALL);
    for (place, format) in Format::ALL.into_iter().enumerate() {
        assert_eq!(format as usize, place, "{format:?}");
        assert_eq!(format.table_row().format, format);
        assert_eq!(Format::from_name(format.name()), Some(format), "names are unique");
        let json = serde_json::to_string(&format).unwrap();
        assert_eq!(json, format!("{:?}", format.name()));
        assert_eq!(serde_json::from_str::<Format>(&json).unwrap(), format);
    }
    assert!(serde_json::from_str::<Format>("\"bvh\"").is_err());
    let titles: std::collections::HashSet<&str> =
        list_formats().iter().map(|row| row.title).collect();
    assert_eq!(titles.len(), rows.len());
}

#[test]
fn names_that_recordings_carry_stay() {
    let carried = [
        "openpose-json",
        "mediapipe-json",
        "keraal-json",
        "coco-json",
        "alphapose-json",
        "mmpose-json",
        "trc",
        "c3d",
        "nexus-csv",
        "mot",
        "csv",
        "keraal-kinect",
        "keraal-vicon",
        "parquet",
        "video",
        "cameras",
        "live",
        "simulated",
        "ui-prmd",
        "utd-mhad",
        "pose-trainer",
    ];
    assert_eq!(Format::ALL.map(Format::name), carried);
    let with = |wanted: FormatTrait| -> Vec<&str> {
        let has = |format: &Format| format.has_trait(wanted);
        Format::ALL.into_iter().filter(has).map(Format::name).collect()
    };
    assert_eq!(with(FormatTrait::Markers), ["trc", "c3d", "nexus-csv"]);
    assert_eq!(with(FormatTrait::GuessedDepth), ["mediapipe-json", "video"]);
    assert_eq!(with(FormatTrait::Film), ["video"]);
    let unknown = RecordingSource { format: "bvh".into(), ..RecordingSource::default() };
    assert!(!source_has_trait(&unknown, FormatTrait::Markers));
}

#[test]
fn the_hint_lists_what_can_be_read() {
    assert_eq!(
        format::readable_formats(),
        "read are OpenPose, MediaPipe, COCO, AlphaPose and MMPose JSON, TRC, C3D, CSV with named \
         columns and units, Agoge's Parquet, and videos"
    );
}

#[test]
fn every_format_is_documented() {
    let document = include_str!("../../../docs/reference/formats.md");
    for row in list_formats() {
        let name = format!("`{}`", row.format.name());
        let start = format!("| {} | {name} |", row.title);
        let documented = match row.is_file_format() {
            true => document.lines().any(|line| line.starts_with(&start)),
            false => document.contains(&name),
        };
        assert!(documented, "{:?}: no {start:?} in docs/reference/formats.md", row.format);
    }
}

#[test]
fn what_is_written_is_recognised_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::Image { width: Some(640.0), height: Some(480.0) };
    let flat = Recording { space, channels: Vec::new(), ..sample_recording() };
    let mut written = 0;
    for row in list_formats() {
        let Some(write) = row.writer else { continue };
        let path = folder.path().join(row.format.name());
        write(&path, &flat).unwrap();
        assert_eq!(probe_format(&path).unwrap(), row.format);
        let again = read_recording(&path, &ReadOptions::default()).unwrap();
        assert_eq!((again.frame_count(), again.joint_count()), (3, 17), "{:?}", row.format);
        let kept = if row.format == Format::Parquet { "" } else { row.format.name() };
        assert_eq!(again.source.format, kept);
        written += 1;
    }
    assert_eq!(written, 4);
}

#[test]
fn an_input_is_opened_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    let options = ReadOptions::default();
    for (format, bytes) in seed_files() {
        std::fs::write(&path, &bytes).unwrap();
        let expected = read_recording(&path, &options).unwrap();
        let input = open_input(&path).unwrap();
        assert_eq!(input.format(), format);
        // A second look at the path would find nothing.
        std::fs::remove_file(&path).unwrap();
        let once = input.read_recording(&options).unwrap();
        assert_eq!((once.source, once.time), (expected.source, expected.time), "{format:?}");
    }
    let frames = folder.path().join("frames");
    std::fs::create_dir(&frames).unwrap();
    let person = seed_files().remove(0).1;
    for frame in ["a_0_keypoints.json", "a_1_keypoints.json"] {
        std::fs::write(frames.join(frame), &person).unwrap();
    }
    let input = open_input(&frames).unwrap();
    std::fs::remove_file(frames.join("a_0_keypoints.json")).unwrap();
    assert_eq!(input.read_recording(&options).unwrap().frame_count(), 2);
}

#[test]
fn a_file_longer_than_what_is_probed_is_read_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long");
    let rows: String = (0..20_000).map(|row| format!("{row},{row},1\n")).collect();
    assert!(rows.len() > 3 * 65_536);
    std::fs::write(&path, format!("\u{feff}time_s,a_x_m,a_y_m\n{rows}")).unwrap();
    let recording = read_recording(&path, &ReadOptions::default()).unwrap();
    assert_eq!(recording.frame_count(), 20_000);
    assert!((0..20_000).all(|row| recording.position_at(row, 0)[0] == row as f64));
}

#[test]
fn what_the_seeds_mean() {
    let get = |wanted: Format| {
        decode_seed(
            wanted,
            &seed_files().into_iter().find(|(format, _)| *format == wanted).unwrap().1,
        )
        .unwrap()
    };
    let alphapose = get(Format::AlphaPose);
    assert_eq!(alphapose.frame_count(), 3, "pictures 7 to 9; nobody was seen in 8");
    assert!(!alphapose.is_seen(1, 0));
    let mediapipe = get(Format::MediaPipe);
    assert_eq!((mediapipe.frame_count(), mediapipe.time[1]), (3, 0.04));
    assert_eq!(
        mediapipe.position_at(0, 0)[..2],
        [960.0, 810.0],
        "0.5, 0.25 of an assumed 1920 × 1080, y up"
    );
    let coco = get(Format::Coco);
    assert_eq!(
        (coco.position_at(0, 0)[..2].to_vec(), coco.space),
        (vec![1.0, 478.0], Space::Image { width: Some(640.0), height: Some(480.0) })
    );
    let csv = get(Format::Csv);
    assert_eq!(
        (csv.position_at(0, 0)[..2].to_vec(), csv.confidence[0], csv.is_seen(1, 0)),
        (vec![1.5, -2.0], 0.5, false)
    );
    let trc = get(Format::Trc);
    assert_eq!((trc.position_at(0, 0), trc.is_seen(1, 0)), ([0.001, 0.002, 0.003], false));
    let nexus = get(Format::NexusCsv);
    assert_eq!(nexus.position_at(0, 0), [0.01, 0.03, -0.02], "Z up in the laboratory");
    assert_eq!(get(Format::KeraalJson).frame_count(), 3);
}

/// Whether an error message is one line with a hint and the file's path.
fn is_clear_message(error: &ReadError) -> bool {
    let text = error.to_string();
    text.lines().count() == 1 && text.contains("; hint: ") && text.contains("file: ")
}

#[test]
fn files_cut_at_every_twentieth_are_refused_in_one_line_or_read() {
    let folder = tempfile::tempdir().unwrap();
    for (format, bytes) in seed_files() {
        let is_text = matches!(
            format,
            Format::Trc
                | Format::Csv
                | Format::NexusCsv
                | Format::KeraalKinect
                | Format::KeraalVicon
        );
        for part in 0..20 {
            let path = folder.path().join("cut");
            std::fs::write(&path, &bytes[..bytes.len() * part / 20]).unwrap();
            match read_recording(&path, &ReadOptions::default()) {
                Ok(_) => assert!(is_text, "{format:?} read when cut at {part}/20"),
                Err(error) => assert!(is_clear_message(&error), "{error}"),
            }
        }
    }
}

#[test]
fn strangers_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[u8], &str); 8] = [
        (b"", "nothing to read"),
        (b" \n\n", "not a recording that can be read: only blanks"),
        (b"\0\0\0\x20ftypisom", "not a recording that can be read: a video"),
        (b"hello world\n", "not a recording that can be read: text without a header"),
        (b"{}", "nothing to read"),
        (b"{\"a\": 1}", "not a recording that can be read: JSON with the keys \"a\""),
        (b"{\"people\": []}", "no person in any frame"),
        (
            b"Coordinates\nnRows=1\nendheader\ntime\tq\n0\t1\n",
            "a table of values without joint positions",
        ),
    ];
    for (bytes, expected) in cases {
        let path = folder.path().join("a");
        std::fs::write(&path, bytes).unwrap();
        let error = read_recording(&path, &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().starts_with(expected) && is_clear_message(&error), "{error}");
    }
    let error =
        read_recording(&folder.path().join("nowhere"), &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("cannot read: ") && is_clear_message(&error), "{error}");
    std::fs::remove_file(folder.path().join("a")).unwrap();
    assert!(matches!(
        read_recording(folder.path(), &ReadOptions::default()),
        Err(ReadError::Empty { .. })
    ));
}

#[test]
fn nothing_but_missing_values() {
    let trc =
        b"PathFileType\t4\nDataRate\tUnits\n100\tm\nFrame#\tTime\tNose\t\t\n\t\tX1\n1\t0\t\t\t\n2\t0.01\tNaN\tnan\t\n";
    let recording = decode_seed(Format::Trc, trc).unwrap();
    assert!((0..2).all(|frame| !recording.is_seen(frame, 0)) && recording.confidence == [0.0, 0.0]);
    let header_only = &trc[..trc.len() - 31];
    assert!(decode_seed(Format::Trc, header_only).unwrap_err().to_string().contains("hint"));
    let csv = decode_seed(Format::Csv, b"time_s,a_x_m,a_y_m\n0,nan,nan\n").unwrap();
    assert!(!csv.is_seen(0, 0));
    assert!(matches!(
        decode_seed(Format::Csv, b"time_s,a_x_m,a_y_m\n"),
        Err(ReadError::Empty { .. })
    ));
    let people = format!(r#"{{"people":[{{"pose_keypoints_2d":[{}]}}]}}"#, vec!["0"; 75].join(","));
    assert!(matches!(
        decode_seed(Format::OpenPose, people.as_bytes()),
        Err(ReadError::NoPerson { .. })
    ));
}

#[test]
fn faults_in_text_name_line_and_column() {
    let cases = [
        ("time_s,a_x,a_y\n0,1,2\n", "column \"a_x\" has no unit"),
        ("time_s,a_x_m,a_y_px\n0,1,2\n", "column \"a_y_px\" has another unit than the others"),
        ("time_s,a_x_m\n0,1\n", "joint \"a\" needs one x and one y column"),
        ("a_x_m,a_y_m\n1,2\n", "no column time_s or frame in line 1"),
        ("time_s,a_x_m,a_y_m\n0,1,2\n1,q,2\n", "\"q\" is no number (column \"a_x_m\") in line 3"),
        ("time_s,a_x_m,a_y_m\n0,1,2\n1,1\n", "2 cells where the header has 3 in line 3"),
        (
            "time_s,a_x_m,a_y_m\n0,1,2\n0,1,2\n",
            "the clock stands or runs backward (time 0 s) in frame 1",
        ),
    ];
    for (text, expected) in cases {
        let error = decode_seed(Format::Csv, text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// Generates the rows of a table while they are read.
struct GeneratedRows {
    written: usize,
    total: usize,
    cells: &'static str,
    chunk: Cursor<Vec<u8>>,
}

impl Read for GeneratedRows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.chunk.position() as usize == self.chunk.get_ref().len() && self.written < self.total
        {
            let until = self.total.min(self.written + 10_000);
            let rows: String =
                (self.written..until).map(|row| format!("{row}{}\n", self.cells)).collect();
            self.written = until;
            self.chunk = Cursor::new(rows.into_bytes());
        }
        self.chunk.read(buffer)
    }
}

#[test]
fn ten_million_rows_end_in_a_clear_line() {
    let chunk = Cursor::new(b"time_s,a_x_m,a_y_m\n".to_vec());
    let mut rows =
        BufReader::new(GeneratedRows { written: 0, total: 10_000_000, cells: ",1,2", chunk });
    let error = csv::read_csv(Path::new("x"), &mut rows, &ReadOptions::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("too large: more than 1000000 frames; hint: ")
            && is_clear_message(&error),
        "{error}"
    );
    assert!(
        rows.get_ref().written <= MAX_FRAMES + 20_000,
        "no more is read than is needed to refuse"
    );
}

#[test]
fn twenty_million_positions_and_one_are_too_many() {
    let chunk = Cursor::new(
        format!(
            "time_s,{}\n",
            (0..4000).map(|j| format!("a{j}_x_m,a{j}_y_m")).collect::<Vec<_>>().join(",")
        )
        .into(),
    );
    let cells: &'static str = ",,".repeat(4000).leak();
    let mut rows = BufReader::new(GeneratedRows { written: 0, total: 5001, cells, chunk });
    let error = csv::read_csv(Path::new("x"), &mut rows, &ReadOptions::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("too large: 5001 frames of 4000 joints")
            && is_clear_message(&error),
        "{error}"
    );
}

#[test]
fn frame_numbers_far_apart_ask_for_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let person = seed_files().remove(0).1;
    for number in ["0", "18446744073709551615"] {
        std::fs::write(folder.path().join(format!("a_{number}_keypoints.json")), &person).unwrap();
    }
    assert!(matches!(
        read_recording(folder.path(), &ReadOptions::default()),
        Err(ReadError::TooLarge { .. })
    ));
    let far = br#"{"positions":{"1":{"Nose":[1,2]},"900000000000000":{"Nose":[1,2]}}}"#;
    assert!(matches!(decode_seed(Format::KeraalJson, far), Err(ReadError::TooLarge { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for (format, _) in seed_files() {
            let _ = decode_seed(format, &bytes);
        }
        let _ = probe::format_from_bytes(Path::new("x"), &bytes);
        let _ = table::parse_table(Path::new("x"), bytes.as_slice());
    }

    #[test]
    fn damaged_files_never_panic(damage in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..12), cut in any::<u32>()) {
        for (format, mut bytes) in seed_files() {
            for (at, value) in &damage {
                let at = *at as usize % bytes.len();
                bytes[at] = *value;
            }
            let _ = decode_seed(format, &bytes);
            bytes.truncate(cut as usize % bytes.len());
            let _ = decode_seed(format, &bytes);
        }
    }
}
