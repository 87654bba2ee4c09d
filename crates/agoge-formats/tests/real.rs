//! Tests the readers on the real files in `AGOGE_TEST_DATA`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "functions of tests fail by panicking")]

mod common;

use agoge_formats::{
    Format, ReadOptions, probe_format, read_recording, read_table, write_csv, write_openpose,
    write_parquet, write_trc,
};
use agoge_motion::{Part, Recording, Space, UpAxis};
use common::data;
use std::path::Path;

fn open(path: &Path) -> Recording {
    read_recording(path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Mean height of the joint that represents a part.
fn height(recording: &Recording, part: Part) -> f64 {
    let joint =
        recording.skeleton.joint_for_part(part).unwrap_or_else(|| panic!("no {}", part.name()));
    let seen: Vec<f64> =
        recording.joint_track(joint).map(|p| p[1]).filter(|y| y.is_finite()).collect();
    seen.iter().sum::<f64>() / seen.len() as f64
}

fn assert_near(a: [f64; 3], b: [f64; 3], tolerance: f64) {
    for (a, b) in a.into_iter().zip(b) {
        assert!((a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance, "{a} is not {b}");
    }
}

#[test]
fn c3d_points_equal_the_csv_beside_it() {
    let (Some(c3d), Some(csv)) = (data("mocap/markers_analogs.c3d"), data("mocap/markers.csv"))
    else {
        return;
    };
    assert_eq!(
        (probe_format(&c3d).unwrap(), probe_format(&csv).unwrap()),
        (Format::C3d, Format::NexusCsv)
    );
    let (c3d, csv) = (open(&c3d), open(&csv));
    assert_eq!((c3d.frame_count(), c3d.joint_count(), c3d.source.up_axis), (580, 51, UpAxis::Z));
    assert_eq!(c3d.skeleton.joints, csv.skeleton.joints);
    assert!((c3d.rate_hz() - 100.0).abs() < 1e-9);
    for (a, b) in c3d.position.iter().zip(&csv.position) {
        // The CSV has six digits, and values above 1000 mm: five micrometres.
        assert_near(*a, *b, 5.1e-6);
    }
}

#[test]
fn c3d_analogs_equal_the_csv_beside_it() {
    let (Some(c3d), Some(csv)) = (data("mocap/markers_analogs.c3d"), data("mocap/analogs.csv"))
    else {
        return;
    };
    assert!(
        read_recording(&csv, &ReadOptions::default())
            .unwrap_err()
            .to_string()
            .starts_with("no section Trajectories")
    );
    let recording = open(&c3d);
    let text = std::fs::read_to_string(csv).unwrap();
    let names: Vec<&str> = text.lines().nth(3).unwrap().split(',').skip(2).collect();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(5)
        .map(|line| line.split(',').skip(2).map(|cell| cell.parse().unwrap()).collect())
        .collect();
    assert_eq!((recording.channels.len(), rows.len()), (38, 11_600));
    for channel in &recording.channels {
        // The C3D has the channels in a different order, with the sensor's name before the
        // channel's.
        let (_, name) = channel.name.split_once('.').unwrap();
        let index = names.iter().position(|own| *own == name).unwrap();
        assert_eq!(
            (channel.unit.as_str(), channel.rate_hz, channel.values.len()),
            ("V", 2000.0, 11_600)
        );
        for (value, row) in channel.values.iter().zip(&rows) {
            // Printed with six digits, or eight decimal places.
            assert!(
                (value - row[index]).abs() <= 1e-7 + 1e-5 * row[index].abs(),
                "{}: {value} is not {}",
                channel.name,
                row[index]
            );
        }
    }
}

#[test]
fn every_c3d_is_read_upright() {
    // Frames and joints as in the files' headers; plausible heights of a person, or of a foot on
    // the floor, in metres.
    let cases = [
        ("mocap/sprintbasket.c3d", 3678, 26, 120.0, UpAxis::Z, (0.0, 1.5)),
        ("mocap/sample_propulsion.c3d", 700, 41, 69.992_614_746_093_75, UpAxis::Y, (0.3, 1.5)),
        ("mocap/walkingOptiTrack.c3d", 3361, 12, 160.0, UpAxis::Z, (0.0, 0.6)),
    ];
    for (name, frames, joints, rate, up, (low, high)) in cases {
        let Some(path) = data(name) else { return };
        let recording = open(&path);
        assert_eq!(
            (recording.frame_count(), recording.joint_count(), recording.source.up_axis),
            (frames, joints, up),
            "{name}"
        );
        assert!((recording.rate_hz() - rate).abs() < 1e-6, "{name}");
        let heights: Vec<f64> =
            recording.position.iter().map(|p| p[1]).filter(|y| y.is_finite()).collect();
        assert!(heights.iter().all(|y| (low..high).contains(y)), "{name}");
    }
}

#[test]
fn the_trc_is_read_as_it_is_not_as_it_says() {
    let Some(path) = data("mocap/markers.trc") else { return };
    assert_eq!(probe_format(&path).unwrap(), Format::Trc);
    let recording = open(&path);
    assert_eq!(
        (recording.frame_count(), recording.joint_count(), recording.source.up_axis),
        (93, 51, UpAxis::Z)
    );
    assert!(
        recording.source.notes[0].contains("652"),
        "the header's frame count is wrong, and said so"
    );
    assert_near(recording.position_at(0, 0), [0.733_704_1, 0.191_866_8, -0.080_983_2], 1e-12);
}

#[test]
fn keraal_stands_on_its_feet_in_all_five_forms() {
    let cases = [
        ("AP", "json", 17, Format::KeraalJson),
        ("BP", "json", 33, Format::KeraalJson),
        ("OP", "json", 18, Format::KeraalJson),
        ("Kinect", "txt", 25, Format::KeraalKinect),
        ("Vicon", "txt", 23, Format::KeraalVicon),
    ];
    for exercise in ["CTK", "RTK"] {
        for (system, extension, joints, format) in cases {
            let Some(path) =
                data(&format!("keraal/G3-{system}-{exercise}-P1T1-Unknown-C-0.{extension}"))
            else {
                return;
            };
            assert_eq!(probe_format(&path).unwrap(), format);
            let recording = open(&path);
            assert_eq!(recording.joint_count(), joints, "{system}");
            assert!(
                (6.0..8.0).contains(&recording.duration_s()),
                "{system}: {} s",
                recording.duration_s()
            );
            let (head, foot) = match system {
                "Vicon" => (Part::Head, Part::RightBigToe),
                _ => (Part::Nose, Part::RightAnkle),
            };
            let head =
                if recording.skeleton.joint_for_part(head).is_some() { head } else { Part::Head };
            let tall = height(&recording, head) - height(&recording, foot);
            match recording.space {
                Space::World => assert!((1.0..1.8).contains(&tall), "{system}: {tall} m"),
                _ => assert!((300.0..600.0).contains(&tall), "{system}: {tall} px"),
            }
        }
    }
    let Some(path) = data("keraal/G3-OP-CTK-P1T1-Unknown-C-0.json") else { return };
    let recording = open(&path);
    assert!(recording.is_seen(23, 0) && recording.is_seen(25, 0));
    assert!(!recording.is_seen(24, 0), "frame 25 of the file shows a bystander");
    let Some(path) = data("keraal/G3-BP-CTK-P1T1-Unknown-C-0.json") else { return };
    let square = ReadOptions {
        image_size: Some((100.0, 100.0)),
        rate_hz: Some(25.0),
        ..ReadOptions::default()
    };
    let recording = read_recording(&path, &square).unwrap();
    assert_near(
        [recording.position_at(0, 0)[0], recording.position_at(0, 0)[1], 0.0],
        [58.438_289_165_496_83, 48.697_471_618_652_34, 0.0],
        1e-9,
    );
    assert!(recording.source.notes.is_empty(), "nothing had to be assumed");
    assert!((recording.rate_hz() - 25.0).abs() < 1e-9);
}

#[test]
fn tables_without_positions() {
    for (name, columns, rows, degrees) in [
        ("inverse_kin.mot", 25, 88, true),
        ("inverse_dyn.sto", 25, 92, false),
        ("squats1_videoAndMocap.mot", 35, 801, true),
    ] {
        let Some(path) = data(&format!("mocap/{name}")) else { return };
        assert_eq!(probe_format(&path).unwrap(), Format::Table);
        let table = read_table(&path).unwrap();
        assert_eq!(
            (table.columns.len(), table.time.len(), table.in_degrees),
            (columns, rows, Some(degrees)),
            "{name}"
        );
        let error = read_recording(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.starts_with("a table of values without joint positions; hint: "), "{error}");
    }
}

#[test]
fn what_is_no_recording_is_named() {
    for (name, word) in [
        ("video/sports2d_demo.mp4", "a video"),
        ("load/injury-data.csv", "text without a header"),
        ("README.md", "text"),
    ] {
        let Some(path) = data(name) else { return };
        let error = read_recording(&path, &ReadOptions::default()).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("hint: read are OpenPose"), "{error}");
    }
}

#[test]
fn real_recordings_survive_every_writer() {
    let folder = tempfile::tempdir().unwrap();
    let trim = |mut r: Recording| {
        let n = 40 * r.joint_count();
        r.time.truncate(40);
        r.position.truncate(n);
        r.confidence.truncate(n);
        r
    };
    let same = |a: &Recording, b: &Recording, tolerance: f64| {
        assert_eq!((a.frame_count(), a.joint_count()), (b.frame_count(), b.joint_count()));
        a.position.iter().zip(&b.position).for_each(|(p, q)| assert_near(*p, *q, tolerance));
    };
    for name in
        ["mocap/markers.trc", "mocap/sprintbasket.c3d", "keraal/G3-OP-CTK-P1T1-Unknown-C-0.json"]
    {
        let Some(path) = data(name) else { return };
        let recording = trim(open(&path));
        let as_written = ReadOptions { up_axis: Some(UpAxis::Y), ..ReadOptions::default() };
        let to =
            |extension: &str| folder.path().join(format!("{}.{extension}", recording.source.name));
        write_parquet(&to("parquet"), &recording).unwrap();
        same(&open(&to("parquet")), &recording, 0.0);
        write_trc(&to("trc"), &recording).unwrap();
        same(&read_recording(&to("trc"), &as_written).unwrap(), &recording, 0.0);
        if recording.space.is_3d() {
            write_csv(&to("csv"), &recording).unwrap();
            same(&read_recording(&to("csv"), &as_written).unwrap(), &recording, 0.0);
        } else {
            let picture =
                ReadOptions { image_size: Some((1920.0, 1080.0)), ..ReadOptions::default() };
            write_csv(&to("csv"), &recording).unwrap();
            // Flipping y at 1080 px and back rounds twice.
            same(&read_recording(&to("csv"), &picture).unwrap(), &recording, 1e-12 * 1080.0);
            write_openpose(&to("openpose"), &recording).unwrap();
            assert_eq!(probe_format(&to("openpose")).unwrap(), Format::OpenPose);
            same(&read_recording(&to("openpose"), &picture).unwrap(), &recording, 1e-12 * 1080.0);
        }
    }
}

#[test]
fn real_files_cut_at_every_twentieth_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let (trc, c3d) = ("mocap/markers.trc", "mocap/walkingOptiTrack.c3d");
    for name in [
        trc,
        c3d,
        "keraal/G3-AP-CTK-P1T1-Unknown-C-0.json",
        "keraal/G3-Vicon-CTK-P1T1-Unknown-C-0.txt",
    ] {
        let Some(path) = data(name) else { return };
        let bytes = std::fs::read(path).unwrap();
        for part in 0..20 {
            let path = folder.path().join("cut");
            std::fs::write(&path, &bytes[..bytes.len() * part / 20]).unwrap();
            let error = read_recording(&path, &ReadOptions::default())
                .map(|r| r.frame_count())
                .unwrap_err()
                .to_string();
            assert!(error.contains("; hint: ") && error.lines().count() == 1, "{error}");
        }
    }
}
