//! Tests workout files from real devices against the reference values in CSV files beside them, and
//! tests all broken ones.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

mod common;

use agoge_formats::workout::{self, Workout, WorkoutStart, clean_workout};
use common::data;
use std::path::Path;

fn read(path: &Path) -> Workout {
    let mut own = workout::read_workouts(path, false).unwrap();
    assert_eq!(own.len(), 1, "{}", path.display());
    own.remove(0)
}

fn unix_s(own: &Workout) -> f64 {
    match own.start {
        WorkoutStart::At { unix_s, .. } => unix_s,
        WorkoutStart::On(_) => panic!("no instant"),
    }
}

/// Seconds since 1970 of a time such as `Sun Sep 25 06:00:22 PDT 2011`: PDT is seven hours behind
/// UTC.
fn pacific(text: &str) -> f64 {
    let words: Vec<&str> = text.split_whitespace().collect();
    let month =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = month.iter().position(|name| *name == words[1]).unwrap() + 1;
    workout::parse_instant(&format!("{}-{month:02}-{}T{}-07:00", words[5], words[2], words[3]))
        .unwrap()
        .0
}

#[test]
fn values_equal_the_truth_beside_the_files() {
    for name in [
        "garmin-edge-500-activity",
        "garmin-edge-820-bike",
        "garmin-fenix-5-bike",
        "garmin-fenix-5-run",
    ] {
        let Some(path) = data(&format!("fit/{name}.fit")) else { return };
        let own = read(&path);
        let truth =
            std::fs::read_to_string(path.with_file_name(format!("{name}-records.csv"))).unwrap();
        let rows: Vec<Vec<&str>> =
            truth.lines().skip(1).map(|line| line.split(',').map(str::trim).collect()).collect();
        assert_eq!(own.samples.len(), rows.len(), "{name}");
        let mut filled = 0;
        let temperature = own
            .samples
            .other
            .iter()
            .find(|(name, _)| name == "temperature")
            .map(|(_, values)| values);
        for (i, row) in rows.iter().enumerate() {
            assert_eq!(unix_s(&own) + own.samples.time[i], pacific(row[0]), "{name} row {i}");
            let semicircles = (1u64 << 31) as f64 / 180.0;
            let found = [
                own.samples.heart_rate.get(i).copied(),
                own.samples.cadence.get(i).copied(),
                own.samples.speed.get(i).copied(),
                own.samples.distance.get(i).copied(),
                own.samples.latitude.get(i).map(|v| (v * semicircles).round()),
                own.samples.longitude.get(i).map(|v| (v * semicircles).round()),
                own.samples.altitude.get(i).copied(),
                temperature.map(|values| values[i]),
            ];
            for (column, (found, truth)) in found.iter().zip(&row[1..]).enumerate() {
                let found = found.unwrap_or(f64::NAN);
                match truth.parse::<f64>() {
                    // The file marks these invalid, and so does fitparse; the reference has 0 or
                    // the previous value.
                    Ok(truth)
                        if found.is_nan()
                            && (truth == 0.0 || row[column + 1] == rows[i - 1][column + 1]) =>
                    {
                        filled += 1
                    }
                    // The reference was printed after the same division; the last digits of binary
                    // fractions may differ.
                    Ok(truth) => {
                        assert!(
                            (found - truth).abs() < 1e-9,
                            "{name} row {i} column {column}: {found} is not {truth}"
                        )
                    }
                    Err(_) => assert!(
                        found.is_nan(),
                        "{name} row {i} column {column}: {found} is not missing"
                    ),
                }
            }
        }
        assert!(filled == 0 || name == "garmin-edge-500-activity", "{name}: {filled}");
    }
}

#[test]
fn compressed_speed_and_distance_and_times_are_told_apart() {
    let Some(path) = data("fit/compressed-speed-distance.fit") else { return };
    let own = read(&path);
    let truth =
        std::fs::read_to_string(path.with_file_name("compressed-speed-distance-records.csv"))
            .unwrap();
    let rows: Vec<Vec<&str>> =
        truth.lines().skip(1).map(|line| line.split(',').map(str::trim).collect()).collect();
    // The first record has a time and nothing else; the reference leaves it out.
    assert_eq!(own.samples.len(), rows.len() + 1);
    for (i, row) in rows.iter().enumerate().map(|(i, row)| (i + 1, row)) {
        // FIT's clock begins 631065600 s after 1970; this device's was never set.
        let found = [
            unix_s(&own) + own.samples.time[i] - 631_065_600.0,
            own.samples.heart_rate[i],
            own.samples.speed[i],
            own.samples.distance[i],
            own.samples.cadence[i],
        ];
        for (column, (found, truth)) in found.iter().zip(row).enumerate() {
            match truth.parse::<f64>() {
                // Distances are sixteenths of a metre, printed with two decimals.
                Ok(truth) => {
                    assert!(
                        (found - truth).abs() <= 0.005 + 1e-9,
                        "row {i} column {column}: {found} is not {truth}"
                    )
                }
                Err(_) => {
                    assert!(found.is_nan(), "row {i} column {column}: {found} is not missing")
                }
            }
        }
    }
    assert_eq!(clean_workout(own), Err(workout::UnusableWorkout::NoDay));
}

#[test]
fn every_file_is_read_or_refused_with_the_reason() {
    let Some(folder) = data("fit") else { return };
    let (mut read, mut refused) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.extension().is_some_and(|end| end.eq_ignore_ascii_case("fit")) {
            continue;
        }
        match workout::read_workouts(&path, false) {
            Ok(workouts) => {
                read += 1;
                assert!(workouts.iter().all(|own| {
                    own.samples.named_columns().all(|(_, values)| values.len() == own.samples.len())
                }));
            }
            Err(error) => refused.push((path, error.to_string())),
        }
    }
    assert_eq!(read + refused.len(), 34 + 1, "{refused:?}");
    let broken = ["filecrc", "nodata", "unexpected-eof", "nick", "strava"];
    for (path, reason) in &refused {
        assert!(reason.contains("hint:") && reason.lines().count() == 1, "{reason}");
        let lenient = workout::read_workouts(path, true);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match broken.iter().any(|word| name.contains(word)) {
            // Truncated files and those with a wrong checksum are read as far as possible.
            true => assert!(lenient.is_ok_and(|own| !own[0].notes.is_empty()), "{name}"),
            false => assert!(lenient.is_err() && reason.contains("no workout"), "{name}: {reason}"),
        }
    }
}

#[test]
fn tcx_and_gpx_of_real_devices() {
    let Some(path) = data("workouts/20160911_run_708752345.tcx") else { return };
    let run = read(&path);
    // Counted with grep: 1495 points, 4070 s, 6106.6 m.
    assert_eq!(
        (run.samples.len(), run.duration_s, run.distance_m, run.sport.as_str()),
        (1495, 4070.0, 6106.6, "running")
    );
    assert_eq!(
        (run.samples.heart_rate[0], run.samples.cadence[1], run.samples.speed[1]),
        (103.0, 54.0, 2.1)
    );
    let ride = read(&data("workouts/ride.gpx").unwrap());
    assert_eq!((ride.samples.len(), ride.sport.as_str()), (1266, "cycling"));
    assert_eq!(
        (ride.samples.heart_rate[0], ride.samples.cadence[1], ride.samples.altitude[2]),
        (117.0, 74.0, 201.6)
    );
    assert_eq!((ride.samples.latitude[0], ride.samples.longitude[0]), (45.210_269, 5.783_458));
}

#[test]
fn a_diary_with_injuries() {
    let Some(path) = data("load/injury-data.csv") else { return };
    let days = workout::read_workouts(&path, false).unwrap();
    assert_eq!((days.len(), days[0].load_au, days[0].distance_m), (658, 567.0, 6628.0));
    let injuries = workout::read_diary_injuries(&path, &std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(injuries.len(), 5);
    assert_eq!(
        (injuries[0].day, injuries[0].location.as_str()),
        (days[139].start.local_day(0.0), "Hamstring")
    );
}
