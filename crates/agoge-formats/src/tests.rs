//! Tests every reader on small valid files, and on truncated, damaged and arbitrary ones.

use crate::*;
use agoge_motion::{Channel, Part, Skeleton, Source, Space};
use proptest::prelude::*;
use std::io::Cursor;

/// A recording in three dimensions with missing values and a channel.
fn sample() -> Recording {
    let skeleton = Skeleton::coco_17();
    let n = 3 * skeleton.len();
    let mut position: Vec<[f64; 3]> = (0..n).map(|k| [k as f64 / 7.0, 1.0, -(k as f64)]).collect();
    position[5] = [f64::NAN; 3];
    let confidence = position.iter().map(|p| if p[0].is_finite() { 0.5 } else { 0.0 }).collect();
    let time = vec![0.0, 0.1, 0.2];
    let mut recording =
        Recording::new(Source::default(), skeleton, Space::World, time, position, confidence)
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

fn written(write: impl Fn(&Path) -> Result<(), Error>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    write(&path).unwrap();
    std::fs::read(path).unwrap()
}

/// A small valid file of each single-file format.
fn seeds() -> Vec<(Format, Vec<u8>)> {
    let numbers = |n: usize| (0..n).map(|k| (k + 1).to_string()).collect::<Vec<_>>();
    let flat = |n: usize| numbers(3 * n).join(",");
    let landmark = r#"{"x":0.5,"y":0.25,"z":0.1,"visibility":0.9}"#;
    let frame = format!("[{}]", [landmark; 33].join(","));
    let pairs = [r"[10,20]"; 17].join(",");
    let keypoints = flat(17);
    let texts = [
        (Format::OpenPoseFile, format!(r#"{{"version":1.3,"people":[{{"person_id":[-1],"pose_keypoints_2d":[{}]}}]}}"#, flat(25))),
        (Format::MediaPipe, format!(r#"{{"fps":25,"frames":[{{"timestamp_ms":0,"pose_landmarks":{frame}}},null,{frame}]}}"#)),
        (Format::Coco, format!(r#"{{"images":[{{"id":4,"width":640,"height":480}}],"annotations":[{{"image_id":4,"keypoints":[{keypoints}]}}]}}"#)),
        (Format::AlphaPose, format!(r#"[{{"image_id":"7.jpg","keypoints":[{keypoints}],"idx":1}},{{"image_id":"9.jpg","keypoints":[{keypoints}],"idx":[1]}}]"#)),
        (Format::MmPose, format!(r#"{{"instance_info":[{{"frame_id":1,"instances":[{{"keypoints":[{pairs}],"keypoint_scores":[1]}}]}}]}}"#)),
        (Format::KeraalJson, r#"{"positions":{"1.0":{"Nose":[0.5,0.5],"lHip":[0.5,0.7]},"3.0":{"Nose":[0.5,0.6]}}}"#.to_owned()),
        (Format::KeraalRows, format!("{0}\n{0}\n", numbers(25 * 7).join(" "))),
        (Format::Trc, "PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tUnits\tNumFrames\n100\tmm\t2\nFrame#\tTime\tNose\t\t\n\t\tX1\tY1\tZ1\n1\t0\t1\t2\t3\n2\t0.01\t4\t\t6\t\n".to_owned()),
        (Format::Csv, "frame;left_knee_x;left_knee_y;left_knee_c\n-;px;px;-\n3;1,5;2;0,5\n4;;;\n".to_owned()),
        (Format::NexusCsv, "Trajectories,,,,\n100,,,,\n,,a:LKNE,,\nFrame,Sub Frame,X,Y,Z\n,,mm,mm,mm\n1,0,10,20,30\n2,0,,,\n".to_owned()),
    ];
    let mut seeds: Vec<(Format, Vec<u8>)> =
        texts.into_iter().map(|(format, text)| (format, text.into_bytes())).collect();
    seeds.push((Format::Parquet, written(|path| write_parquet(path, &sample()))));
    seeds.push((Format::C3d, c3d::tests::file(c3d::tests::Kind::IntelFloat)));
    seeds
}

fn decode(format: Format, bytes: &[u8]) -> Result<Recording, Error> {
    read_bytes(Path::new("x"), format, bytes, &ReadOptions::default())
}

#[test]
fn every_seed_is_told_apart_and_read() {
    let folder = tempfile::tempdir().unwrap();
    for (format, bytes) in seeds() {
        let path = folder.path().join("no-extension");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(probe(&path).unwrap(), format);
        let recording =
            read(&path, &ReadOptions::default()).unwrap_or_else(|e| panic!("{format:?}: {e}"));
        assert!(recording.frames() > 0 && recording.joints() > 0);
        let slow = ReadOptions { slow_motion_factor: Some(2.0), ..ReadOptions::default() };
        assert_eq!(read(&path, &slow).unwrap().duration_s(), recording.duration_s() / 2.0);
    }
}

#[test]
fn what_the_seeds_mean() {
    let get = |wanted: Format| {
        decode(wanted, &seeds().into_iter().find(|(format, _)| *format == wanted).unwrap().1)
            .unwrap()
    };
    let alphapose = get(Format::AlphaPose);
    assert_eq!(alphapose.frames(), 3, "pictures 7 to 9; nobody was seen in 8");
    assert!(!alphapose.is_seen(1, 0));
    let mediapipe = get(Format::MediaPipe);
    assert_eq!((mediapipe.frames(), mediapipe.time[1]), (3, 0.04));
    assert_eq!(
        mediapipe.at(0, 0)[..2],
        [960.0, 810.0],
        "0.5, 0.25 of an assumed 1920 × 1080, y up"
    );
    let coco = get(Format::Coco);
    assert_eq!(
        (coco.at(0, 0)[..2].to_vec(), coco.space),
        (vec![1.0, 478.0], Space::Image { width: Some(640.0), height: Some(480.0) })
    );
    let csv = get(Format::Csv);
    assert_eq!(
        (csv.at(0, 0)[..2].to_vec(), csv.confidence[0], csv.is_seen(1, 0)),
        (vec![1.5, -2.0], 0.5, false)
    );
    let trc = get(Format::Trc);
    assert_eq!((trc.at(0, 0), trc.is_seen(1, 0)), ([0.001, 0.002, 0.003], false));
    let nexus = get(Format::NexusCsv);
    assert_eq!(nexus.at(0, 0), [0.01, 0.03, -0.02], "Z up in the laboratory");
    assert_eq!(get(Format::KeraalJson).frames(), 3);
}

/// Whether an error message is one line with a hint and the file's path.
fn is_clear(error: &Error) -> bool {
    let text = error.to_string();
    text.lines().count() == 1 && text.contains("; hint: ") && text.contains("file: ")
}

#[test]
fn files_cut_at_every_twentieth_are_refused_in_one_line_or_read() {
    let folder = tempfile::tempdir().unwrap();
    for (format, bytes) in seeds() {
        let is_text =
            matches!(format, Format::Trc | Format::Csv | Format::NexusCsv | Format::KeraalRows);
        for part in 0..20 {
            let path = folder.path().join("cut");
            std::fs::write(&path, &bytes[..bytes.len() * part / 20]).unwrap();
            match read(&path, &ReadOptions::default()) {
                Ok(_) => assert!(is_text, "{format:?} read when cut at {part}/20"),
                Err(error) => assert!(is_clear(&error), "{error}"),
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
        let error = read(&path, &ReadOptions::default()).unwrap_err();
        assert!(error.to_string().starts_with(expected) && is_clear(&error), "{error}");
    }
    let error = read(&folder.path().join("nowhere"), &ReadOptions::default()).unwrap_err();
    assert!(error.to_string().starts_with("cannot read: ") && is_clear(&error), "{error}");
    std::fs::remove_file(folder.path().join("a")).unwrap();
    assert!(matches!(read(folder.path(), &ReadOptions::default()), Err(Error::Empty { .. })));
}

#[test]
fn nothing_but_missing_values() {
    let trc =
        b"PathFileType\t4\nDataRate\tUnits\n100\tm\nFrame#\tTime\tNose\t\t\n\t\tX1\n1\t0\t\t\t\n2\t0.01\tNaN\tnan\t\n";
    let recording = decode(Format::Trc, trc).unwrap();
    assert!((0..2).all(|frame| !recording.is_seen(frame, 0)) && recording.confidence == [0.0, 0.0]);
    let header_only = &trc[..trc.len() - 31];
    assert!(decode(Format::Trc, header_only).unwrap_err().to_string().contains("hint"));
    let csv = decode(Format::Csv, b"time_s,a_x_m,a_y_m\n0,nan,nan\n").unwrap();
    assert!(!csv.is_seen(0, 0));
    assert!(matches!(decode(Format::Csv, b"time_s,a_x_m,a_y_m\n"), Err(Error::Empty { .. })));
    let people = format!(r#"{{"people":[{{"pose_keypoints_2d":[{}]}}]}}"#, vec!["0"; 75].join(","));
    assert!(matches!(decode(Format::OpenPoseFile, people.as_bytes()), Err(Error::NoPerson { .. })));
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
        let error = decode(Format::Csv, text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// Generates the rows of a table while they are read.
struct Rows {
    made: usize,
    of: usize,
    cells: &'static str,
    chunk: Cursor<Vec<u8>>,
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.chunk.position() as usize == self.chunk.get_ref().len() && self.made < self.of {
            let until = self.of.min(self.made + 10_000);
            let rows: String =
                (self.made..until).map(|row| format!("{row}{}\n", self.cells)).collect();
            self.made = until;
            self.chunk = Cursor::new(rows.into_bytes());
        }
        self.chunk.read(buffer)
    }
}

#[test]
fn ten_million_rows_end_in_a_clear_line() {
    let chunk = Cursor::new(b"time_s,a_x_m,a_y_m\n".to_vec());
    let mut rows = BufReader::new(Rows { made: 0, of: 10_000_000, cells: ",1,2", chunk });
    let error = csv::read(Path::new("x"), &mut rows, &ReadOptions::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("too large: more than 1000000 frames; hint: ")
            && is_clear(&error),
        "{error}"
    );
    assert!(rows.get_ref().made <= MAX_FRAMES + 20_000, "no more is read than is needed to refuse");
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
    let rows = BufReader::new(Rows { made: 0, of: 5001, cells, chunk });
    let error = csv::read(Path::new("x"), rows, &ReadOptions::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("too large: 5001 frames of 4000 joints") && is_clear(&error),
        "{error}"
    );
}

#[test]
fn frame_numbers_far_apart_ask_for_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let person = seeds().remove(0).1;
    for number in ["0", "18446744073709551615"] {
        std::fs::write(folder.path().join(format!("a_{number}_keypoints.json")), &person).unwrap();
    }
    assert!(matches!(read(folder.path(), &ReadOptions::default()), Err(Error::TooLarge { .. })));
    let far = br#"{"positions":{"1":{"Nose":[1,2]},"900000000000000":{"Nose":[1,2]}}}"#;
    assert!(matches!(decode(Format::KeraalJson, far), Err(Error::TooLarge { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for (format, _) in seeds() {
            let _ = decode(format, &bytes);
        }
        let _ = probe::of_bytes(Path::new("x"), &bytes);
        let _ = table::read(Path::new("x"), bytes.as_slice());
    }

    #[test]
    fn damaged_files_never_panic(damage in proptest::collection::vec((any::<u32>(), any::<u8>()), 1..12), cut in any::<u32>()) {
        for (format, mut bytes) in seeds() {
            for (at, value) in &damage {
                let at = *at as usize % bytes.len();
                bytes[at] = *value;
            }
            let _ = decode(format, &bytes);
            bytes.truncate(cut as usize % bytes.len());
            let _ = decode(format, &bytes);
        }
    }
}
