//! Tests the force plates of C3D files against another reader, and on damaged files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "functions of tests fail by panicking")]

#[path = "common/c3d.rs"]
mod c3d;

use agoge_formats::{ReadError, ReadOptions, read_recording, write_parquet};
use agoge_motion::{Recording, UpAxis};
use c3d::{Analog, File, Values};
use std::path::Path;

/// Force, centre of pressure and free moment of a plate at each sample, in the axes of the
/// recording.
fn samples(recording: &Recording, plate: usize) -> Vec<[f64; 9]> {
    let first =
        recording.channels.iter().position(|c| c.name == format!("plate{plate}_force_x")).unwrap();
    let own = &recording.channels[first..first + 9];
    (0..own[0].values.len()).map(|sample| std::array::from_fn(|k| own[k].values[sample])).collect()
}

/// Compares with the files and tables of `bench/peers/plates.py`: what ezc3d 1.7.2 computes for a
/// plate of each type, rotated in the laboratory and with noise in every channel. The files are in
/// single precision, which the matrix of type 4 amplifies, so results agree to 1 part in 10⁵ of a
/// load of 700 N, a lever of 0.3 m and a moment of 5 N·m.
#[test]
fn plates_are_read_as_ezc3d_reads_them() {
    for kind in 1..=4 {
        let path = format!("{}/tests/plates/type{kind}", env!("CARGO_MANIFEST_DIR"));
        let options = ReadOptions { up_axis: Some(UpAxis::Z), ..ReadOptions::default() };
        let recording = read_recording(Path::new(&format!("{path}.c3d")), &options).unwrap();
        let own = samples(&recording, 1);
        let table = std::fs::read_to_string(format!("{path}.csv")).unwrap();
        let rows: Vec<Vec<f64>> = table
            .lines()
            .skip(1)
            .map(|line| line.split(',').map(|v| v.parse().unwrap()).collect())
            .collect();
        assert_eq!((own.len(), rows.len()), (24, 24));
        for (own, row) in own.iter().zip(&rows) {
            let three = |k: usize, scale: f64| {
                UpAxis::Z.to_y_up([row[k], row[k + 1], row[k + 2]].map(|v| v * scale))
            };
            // The files hold the force of the athlete on the plate, and ezc3d does not flip it.
            // Millimetres become metres.
            let expected = [three(0, -1.0), three(3, 1e-3), three(6, -1e-3)].concat();
            for (k, (own, expected)) in own.iter().zip(expected).enumerate() {
                let tolerance = [7e-3, 3e-6, 5e-5][k / 3];
                assert!(
                    (own - expected).abs() < tolerance,
                    "type {kind}, column {k}: {own} is not {expected}"
                );
            }
            assert!(own[1] > 300.0, "the ground pushes up");
        }
    }
}

/// A file with z up and a type 2 plate of 400 × 600 mm centred on (0, 0, 0), its x along the
/// laboratory's x and its z down, loaded with 700 N at 50 mm along x.
fn file() -> File {
    let analog = |label: &str, unit: &str, value: f32| Analog {
        label: label.to_owned(),
        unit: unit.to_owned(),
        values: vec![value; 20],
    };
    let forces =
        [("Fx", 0.0), ("Fy", 0.0), ("Fz", 700.0)].map(|(label, value)| analog(label, "N", value));
    let moments = [("Mx", 0.0), ("My", -35_000.0), ("Mz", 0.0)]
        .map(|(label, value)| analog(label, "Nmm", value));
    let integers = |values: &[i16]| Values::Integers(vec![values.len() as u8], values.to_vec());
    let corners =
        vec![200.0, -300.0, 0.0, -200.0, -300.0, 0.0, -200.0, 300.0, 0.0, 200.0, 300.0, 0.0];
    let group = "FORCE_PLATFORM";
    File {
        rate_hz: 100.0,
        labels: vec!["LKNE".to_owned(), "LANK".to_owned()],
        points: vec![vec![[0.0, 0.0, 500.0], [0.0, 0.0, 90.0]]; 10],
        analogs: forces.into_iter().chain(moments).collect(),
        parameters: vec![
            (group, "USED", Values::Integers(vec![], vec![1])),
            (group, "TYPE", integers(&[2])),
            (group, "ZERO", integers(&[1, 0])),
            (group, "CORNERS", Values::Floats(vec![3, 4, 1], corners)),
            (group, "ORIGIN", Values::Floats(vec![3, 1], vec![0.0, 0.0, -40.0])),
            (group, "CHANNEL", Values::Integers(vec![6, 1], vec![1, 2, 3, 4, 5, 6])),
        ],
    }
}

fn opened(file: &File) -> Result<Recording, ReadError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plate.c3d");
    std::fs::write(&path, file.bytes()).unwrap();
    read_recording(&path, &ReadOptions { up_axis: Some(UpAxis::Z), ..ReadOptions::default() })
}

/// The notes about the plates; the first note is about the up axis.
fn notes(recording: &Recording) -> &[String] {
    &recording.source.notes[1..]
}

fn set(file: &mut File, name: &str, values: Values) {
    file.parameters.iter_mut().filter(|own| own.1 == name).for_each(|own| {
        own.2 = match &values {
            Values::Integers(a, b) => Values::Integers(a.clone(), b.clone()),
            Values::Floats(a, b) => Values::Floats(a.clone(), b.clone()),
            Values::Texts(a) => Values::Texts(a.clone()),
        }
    });
}

/// Computed by hand: 700 N at x = −My/Fz = 50 mm.
#[test]
fn a_load_is_where_it_stands() {
    let recording = opened(&file()).unwrap();
    assert!(notes(&recording).is_empty(), "{:?}", recording.source.notes);
    for own in samples(&recording, 1) {
        let expected = [0.0, 700.0, 0.0, 0.05, 0.0, 0.0, 0.0, 0.0, 0.0];
        assert!(own.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{own:?}");
    }
    assert_eq!(recording.force_plates().len(), 1);
}

#[test]
fn plates_are_kept_in_our_own_files() {
    let recording = opened(&file()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plate.parquet");
    write_parquet(&path, &recording).unwrap();
    let again = read_recording(&path, &ReadOptions::default()).unwrap();
    assert_eq!(again.channels, recording.channels);
    assert_eq!(again.force_plates().len(), 1);
}

/// The same load in other units, with the opposite sign, and with the origin vector flipped.
#[test]
fn units_signs_and_origins_are_told_apart() {
    let mut metres = file();
    metres.analogs[3..].iter_mut().for_each(|a| {
        a.unit = "N*m".to_owned();
        a.values.iter_mut().for_each(|v| *v /= 1000.0);
    });
    let mut reaction = file();
    reaction.analogs.iter_mut().for_each(|a| a.values.iter_mut().for_each(|v| *v = -*v));
    let mut above = file();
    set(&mut above, "ORIGIN", Values::Floats(vec![3, 1], vec![0.0, 0.0, 40.0]));
    let mut unsaid = file();
    unsaid.analogs.iter_mut().for_each(|a| a.unit = "V".to_owned());
    for (other, count) in [(metres, 0), (reaction, 0), (above, 1), (unsaid, 1)] {
        let recording = opened(&other).unwrap();
        assert_eq!(notes(&recording).len(), count, "{:?}", recording.source.notes);
        let own = samples(&recording, 1)[7];
        assert!((own[1] - 700.0).abs() < 1e-3 && (own[3] - 0.05).abs() < 1e-6, "{own:?}");
    }
}

/// A plate's zero is its mean over the frames that the file names, unless somebody stands on it
/// then.
#[test]
fn the_zero_is_taken_off() {
    let mut own = file();
    set(&mut own, "ZERO", Values::Integers(vec![2], vec![1, 3]));
    let stood_on = opened(&own).unwrap();
    assert!(
        notes(&stood_on)[0].ends_with("where it should show its zero; zero not used"),
        "{:?}",
        stood_on.source.notes
    );
    assert!((samples(&stood_on, 1)[9][1] - 700.0).abs() < 1e-9);
    // An offset of 20 N throughout, and nobody on the plate in the first three frames of two
    // samples.
    own.analogs[2].values.iter_mut().for_each(|v| *v = 720.0);
    own.analogs[2].values[..6].fill(20.0);
    own.analogs[4].values[..6].fill(0.0);
    let zeroed = samples(&opened(&own).unwrap(), 1);
    assert!(
        (zeroed[9][1] - 700.0).abs() < 1e-9 && zeroed[0][1] == 0.0 && zeroed[0][3].is_nan(),
        "{:?}",
        zeroed[0]
    );
    set(&mut own, "ZERO", Values::Integers(vec![2], vec![5, 5000]));
    assert!(notes(&opened(&own).unwrap())[0].contains("lies outside the file"));
}

/// A damaged plate is left out with a one-line note; the markers are kept.
#[test]
fn damaged_plates_are_left_out_in_one_line() {
    type Damage = fn(&mut File);
    let cases: [(&str, Damage); 10] = [
        ("its corners are missing", |f| f.parameters.retain(|own| own.1 != "CORNERS")),
        ("its corners make no surface", |f| {
            set(f, "CORNERS", Values::Floats(vec![3, 4, 1], vec![0.0; 12]))
        }),
        ("its corners make no surface", |f| {
            set(f, "CORNERS", Values::Floats(vec![3, 4, 1], vec![f32::NAN; 12]))
        }),
        ("its origin is missing", |f| f.parameters.retain(|own| own.1 != "ORIGIN")),
        ("no analog channel 99 among 6", |f| {
            set(f, "CHANNEL", Values::Integers(vec![6, 1], vec![1, 2, 99, 4, 5, 6]));
        }),
        ("no analog channel -5 among 6", |f| {
            set(f, "CHANNEL", Values::Integers(vec![6, 1], vec![-5, 2, 3, 4, 5, 6]));
        }),
        ("2 channels where its type has 6", |f| {
            set(f, "CHANNEL", Values::Integers(vec![2, 1], vec![1, 2]))
        }),
        ("type 21 is not one of 1, 2, 3, 4", |f| {
            set(f, "TYPE", Values::Integers(vec![1], vec![21]))
        }),
        ("its calibration matrix is zero or no number", |f| {
            set(f, "TYPE", Values::Integers(vec![1], vec![4]));
            f.parameters.push((
                "FORCE_PLATFORM",
                "CAL_MATRIX",
                Values::Floats(vec![6, 6, 1], vec![0.0; 36]),
            ));
        }),
        ("the file is damaged there", |f| set(f, "USED", Values::Integers(vec![], vec![32_000]))),
    ];
    for (expected, damage) in cases {
        let mut own = file();
        damage(&mut own);
        let recording = opened(&own).unwrap();
        let [note] = notes(&recording) else { panic!("{:?}", recording.source.notes) };
        assert!(
            note.contains(expected) && note.contains("left out"),
            "{note:?} does not say {expected:?}"
        );
        assert_eq!((recording.frame_count(), recording.force_plates().len()), (10, 0));
    }
}

/// A file truncated at any point is refused, and changing any byte never makes the reader panic.
#[test]
fn cut_and_changed_files_do_no_harm() {
    let whole = file().bytes();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plate.c3d");
    let write_and_read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        read_recording(&path, &ReadOptions::default())
    };
    for end in (512..whole.len()).step_by(97) {
        assert!(write_and_read(&whole[..end]).is_err(), "cut at {end}");
    }
    for place in 512..whole.len().min(2560) {
        let mut changed = whole.clone();
        changed[place] ^= 0xff;
        // The result is a recording or a one-line error.
        if let Err(error) = write_and_read(&changed) {
            assert!(!error.to_string().contains('\n'));
        }
    }
}
