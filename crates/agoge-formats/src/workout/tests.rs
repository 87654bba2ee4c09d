use super::*;
use proptest::prelude::*;

const NAME: &str = "workout";

fn read_text(text: &str) -> Result<Vec<Workout>, ReadError> {
    decode_workouts(Path::new(NAME), text.as_bytes(), false)
}

fn workout_with_times(times: &[f64]) -> Workout {
    let mut workout = Workout::new(WorkoutStart::At { unix_s: 1.7e9, offset_s: None }, "running");
    workout.samples.time = times.to_vec();
    workout
}

#[test]
fn every_format_of_workouts_is_documented_and_named() {
    let document = include_str!("../../../../docs/reference/formats.md");
    let error = read_text("no workout").unwrap_err().to_string();
    for format in &WORKOUT_FORMATS {
        let start = format!("| {} |", format.title);
        assert!(document.lines().any(|line| line.starts_with(&start)), "{start}");
        assert!(error.contains(format.title), "{error}");
    }
}

#[test]
fn a_diary_is_read_with_rest_days_and_decimal_commas() {
    let workouts = read_text(
        "Date;Sport;Minutes;RPE;Distance km;Notes\n2026-03-01;Run;45,5;6;8,2;\"hills; hot\"\n2026-03-02;rest;0;;;\n",
    )
    .unwrap();
    assert_eq!(
        (workouts[0].duration_s, workouts[0].rpe, workouts[0].distance_m),
        (2730.0, 6.0, 8200.0)
    );
    assert_eq!(workouts[0].comment, "hills; hot");
    assert_eq!(workouts[0].start, WorkoutStart::On("2026-03-01".parse().unwrap()));
    let rest = clean_workout(workouts[1].clone()).unwrap();
    assert_eq!((rest.duration_s, rest.rpe.is_nan()), (0.0, true));
}

#[test]
fn a_wrong_row_of_a_diary_is_named() {
    for (row, word) in [
        ("2026-02-30,10,5", "date"),
        ("2026-02-03,-5,5", "between"),
        ("2026-02-03,30,11", "between"),
        ("2026-02-03,,", "neither"),
    ] {
        let error = read_text(&format!("date,minutes,rpe\n{row}\n")).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains("line 2"), "{error}");
    }
}

#[test]
fn entities_are_refused_before_they_grow() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE gpx [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><gpx><trk><name>&b;</name></trk></gpx>";
    assert!(read_text(bomb).unwrap_err().to_string().contains("document type"));
    let deep = format!("<gpx>{}", "<a>".repeat(10_000));
    assert!(read_text(&deep).unwrap_err().to_string().contains("nested"));
}

#[test]
fn instants_have_zones() {
    assert_eq!(parse_instant("1970-01-02T00:00:00Z"), Some((86_400.0, None)));
    assert_eq!(parse_instant("1970-01-02T02:30:00.5+02:30"), Some((86_400.5, Some(9000.0))));
    assert_eq!(
        parse_instant("1970-01-02T02:30:00.5-0330").map(|(s, _)| s),
        Some(86_400.0 + 6.0 * 3600.0 + 0.5)
    );
    for wrong in [
        "",
        "1970-01-02",
        "1970-01-02T25:00:00Z",
        "1970-01-02T10:00:00+99:00",
        "1970-01-02T10:00:00+0€",
    ] {
        assert_eq!(parse_instant(wrong), None, "{wrong}");
    }
}

#[test]
fn a_workout_belongs_to_the_day_of_the_athletes_clock() {
    let evening = parse_instant("2026-03-01T23:30:00-05:00").unwrap();
    let start = WorkoutStart::At { unix_s: evening.0, offset_s: evening.1 };
    assert_eq!(start.local_day(0.0).to_string(), "2026-03-01");
    let without = WorkoutStart::At { unix_s: evening.0, offset_s: None };
    assert_eq!(without.local_day(0.0).to_string(), "2026-03-02");
    assert_eq!(without.local_day(-5.0 * 3600.0).to_string(), "2026-03-01");
}

#[test]
fn clocks_that_jump_go_on() {
    let workout =
        clean_workout(workout_with_times(&[0.0, 1.0, 2.0, -500.0, -499.0, 90_000.0, 90_001.0]))
            .unwrap();
    assert_eq!(workout.samples.time, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(workout.notes.len(), 2);
    assert_eq!(workout.duration_s, 6.0);
}

#[test]
fn impossible_values_become_missing_and_are_counted() {
    let mut workout = workout_with_times(&[0.0, 1.0, 2.0, f64::NAN]);
    workout.samples.heart_rate = vec![-5.0, 999.0, 120.0, 121.0];
    let workout = clean_workout(workout).unwrap();
    assert_eq!(workout.samples.heart_rate.iter().filter(|v| v.is_finite()).count(), 1);
    assert_eq!(workout.samples.len(), 3);
    assert!(workout.notes.iter().any(|note| note.contains("2 samples")), "{:?}", workout.notes);
}

#[test]
fn what_took_no_time_is_refused() {
    assert_eq!(clean_workout(workout_with_times(&[0.0])), Err(UnusableWorkout::NoTime));
    let mut unset = workout_with_times(&[0.0, 10.0]);
    unset.start = WorkoutStart::At { unix_s: 631_065_700.0, offset_s: None };
    assert_eq!(clean_workout(unset), Err(UnusableWorkout::NoDay));
}

#[test]
fn two_devices_and_a_diary_are_one_workout() {
    let watch = clean_workout(workout_with_times(&[0.0, 1800.0, 3600.0])).unwrap();
    let mut phone = clean_workout(workout_with_times(&[0.0, 1700.0, 3500.0])).unwrap();
    phone.start = WorkoutStart::At { unix_s: 1.7e9 + 40.0, offset_s: Some(3600.0) };
    assert!(is_same_workout(&watch, &phone, 0.0));
    let mut later = watch.clone();
    later.start = WorkoutStart::At { unix_s: 1.7e9 + 4000.0, offset_s: None };
    assert!(!is_same_workout(&watch, &later, 0.0));
    let day = watch.start.local_day(0.0);
    let entry = |minutes: f64| {
        let text = format!("date,sport,minutes,rpe\n{day},running,{minutes},5\n");
        read_text(&text).unwrap().remove(0)
    };
    assert!(is_same_workout(&watch, &entry(58.0), 0.0));
    assert!(!is_same_workout(&watch, &entry(20.0), 0.0));
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "[<>a-zA-Z0-9 =\"/!&;\\-\\[\\]]{0,200}") {
        for begin in ["<gpx>", "<TrainingCenterDatabase>", "date,minutes\n", "<gpx><trk><trkpt lat=\"1\" lon=\"2\"><time>"] {
            let _ = read_text(&format!("{begin}{text}"));
        }
    }

    #[test]
    fn cleaned_clocks_never_run_back(times in prop::collection::vec(-1e9f64..1e9, 1..60)) {
        if let Ok(workout) = clean_workout(workout_with_times(&times)) {
            prop_assert_eq!(workout.samples.len(), times.len());
            prop_assert!(workout.samples.time.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
}
