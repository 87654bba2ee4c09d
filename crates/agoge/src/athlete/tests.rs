use super::*;
use agoge_load::WorkloadMethod;

const DIARY: &str = "date,sport,minutes,rpe,distance_km,notes\n2026-03-01,running,60,5,10,\n2026-03-02,rest,0,,,\n2026-03-04,running,30,4,5,easy\n2026-03-04,running,30,4,5,easy\n";

fn new_folder() -> (tempfile::TempDir, LoadFolder) {
    let library = tempfile::tempdir().unwrap();
    let own = LoadFolder::new(library.path(), "Ada").unwrap();
    (library, own)
}

fn write_file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A TCX run of so many minutes at a heart rate, at noon of a day of March 2026.
fn tcx_run(day: u32, minutes: u32, rate: u32) -> String {
    let point = |second: u32| {
        format!(
            "<Trackpoint><Time>2026-03-{day:02}T12:{:02}:{:02}Z</Time><HeartRateBpm><Value>{rate}</Value></HeartRateBpm></Trackpoint>",
            second / 60,
            second % 60
        )
    };
    let track: String = (0..=minutes * 60).step_by(10).map(point).collect();
    format!(
        "<TrainingCenterDatabase><Activities><Activity Sport=\"Running\"><Id>2026-03-{day:02}T12:00:00Z</Id><Lap><TotalTimeSeconds>{}</TotalTimeSeconds><Track>{track}</Track></Lap></Activity></Activities></TrainingCenterDatabase>",
        minutes * 60
    )
}

#[test]
fn importing_twice_changes_nothing() {
    let (library, own) = new_folder();
    let files = [
        write_file(library.path(), "diary.csv", DIARY),
        write_file(library.path(), "run.tcx", &tcx_run(10, 40, 150)),
    ];
    let first = own.import_files(&files, ImportOptions::default(), || ()).unwrap();
    assert_eq!((first.added, first.joined, first.known), (5, 0, 0), "{first:?}");
    let table = std::fs::read(own.folder().join("workouts.csv")).unwrap();
    let second = own.import_files(&files, ImportOptions::default(), || ()).unwrap();
    assert_eq!((second.added, second.joined, second.known), (0, 0, 5));
    assert_eq!(std::fs::read(own.folder().join("workouts.csv")).unwrap(), table);
}

#[test]
fn a_device_and_the_diary_make_one_workout_with_a_load() {
    let (library, own) = new_folder();
    std::fs::create_dir_all(own.folder()).unwrap();
    write_file(
        own.folder(),
        "athlete.toml",
        "sex = \"female\"\nresting_heart_rate = 50\nmaximal_heart_rate = 190\n",
    );
    let run = write_file(library.path(), "run.tcx", &tcx_run(4, 31, 150));
    let diary = write_file(
        library.path(),
        "diary.csv",
        "date,sport,minutes,rpe\n2026-03-04,running,30,4\n",
    );
    let done = own.import_files(&[run, diary], ImportOptions::default(), || ()).unwrap();
    assert_eq!((done.added, done.joined), (1, 1), "{done:?}");
    let rows = own.read_workouts().unwrap();
    assert_eq!((rows.len(), rows[0].rpe), (1, Some(4.0)));
    let loads = rows[0].to_session().loads;
    assert!(
        loads.contains_key(&WorkloadMethod::SessionRpe)
            && loads.contains_key(&WorkloadMethod::TrimpBanister)
            && loads.contains_key(&WorkloadMethod::TrimpEdwards)
    );
}

#[test]
fn rest_days_and_missing_days_stay_apart() {
    let (library, own) = new_folder();
    own.import_files(
        &[write_file(library.path(), "diary.csv", DIARY)],
        ImportOptions::default(),
        || (),
    )
    .unwrap();
    let seen = own.load_overview(None).unwrap();
    assert_eq!((seen.method, seen.missing_days), (WorkloadMethod::SessionRpe, 1));
    assert_eq!(seen.daily.values[..2], [300.0, 0.0]);
    assert_eq!(seen.daily.values[3], 240.0);
}

#[test]
fn what_is_at_fault_is_named_and_the_rest_is_taken() {
    let (library, own) = new_folder();
    let files = [
        write_file(library.path(), "broken.csv", "date,minutes\n2026-03-01,ten\n"),
        write_file(library.path(), "pain.csv", "day,area,side,score\n2026-03-01,K,left,4\n"),
        write_file(library.path(), "worse.csv", "day,area,side,score\n2026-03-02,K,left,40\n"),
        library.path().join("nowhere.fit"),
        write_file(library.path(), "diary.csv", DIARY),
        write_file(library.path(), "nothing.tcx", &tcx_run(5, 0, 100)),
    ];
    let done = own.import_files(&files, ImportOptions::default(), || ()).unwrap();
    assert_eq!((done.added, done.reports, done.refused.len()), (4, 1, 4), "{done:?}");
    assert!(
        done.refused
            .iter()
            .all(|refused| refused.reason.contains("hint:") && refused.reason.lines().count() == 1),
        "{done:?}"
    );
    // The file that came in is named with its own line, not the trial or the table that it was to
    // join.
    let worse =
        &done.refused.iter().find(|refused| refused.file.ends_with("worse.csv")).unwrap().reason;
    assert!(
        worse.contains("worse.csv") && worse.contains("in line 2") && !worse.contains("trial"),
        "{worse}"
    );
    assert_eq!(own.read_log().unwrap().pains.len(), 1);
    let left: Vec<_> =
        std::fs::read_dir(own.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("trial")), "{left:?}");
}

/// Rows that can be read by themselves but do not go with the table are named by the file that they
/// came in.
#[test]
fn another_test_than_the_first_is_refused_by_its_own_line() {
    let (library, own) = new_folder();
    let first = write_file(
        library.path(),
        "first.csv",
        "day,test,value,unit\n2026-03-01,jump,0.40,m\n2026-03-08,jump,0.41,m\n",
    );
    let other = write_file(
        library.path(),
        "other.csv",
        "day,test,value,unit\n2026-03-01,jump,0.40,m\n2026-03-09,squat,90,kg\n",
    );
    let done = own.import_files(&[first, other], ImportOptions::default(), || ()).unwrap();
    let reason = &done.refused[0].reason;
    assert!(
        done.reports == 2 && reason.contains("other.csv") && reason.contains("in line 3"),
        "{reason}"
    );
}

/// 3 × 5 × 100 kg and 2 × 10 × 40 kg of one day are 2300 kg by hand; the load of a lift is shown
/// though nobody gave minutes.
#[test]
fn lifts_of_a_day_add_up_to_a_volume() {
    let (library, own) = new_folder();
    let text = "date,sport,minutes,rpe,sets,reps,kg\n2026-03-01,strength,,,3,5,100\n2026-03-01,strength,,,2,10,40\n2026-03-02,rest,0,,,,\n2026-03-03,running,30,5,,,\n";
    own.import_files(
        &[write_file(library.path(), "lifts.csv", text)],
        ImportOptions::default(),
        || (),
    )
    .unwrap();
    let volume = own.load_overview(Some(WorkloadMethod::StrengthVolume)).unwrap();
    assert_eq!(
        (volume.daily.values[..2].to_vec(), volume.method.unit()),
        (vec![2300.0, 0.0], "kg")
    );
    // Effort is what days are weighed by unless nothing but kilograms is known.
    assert_eq!(own.load_overview(None).unwrap().method, WorkloadMethod::SessionRpe);
    let half = write_file(library.path(), "half.csv", "date,sets,reps,kg\n2026-03-04,3,,100\n");
    let refused = own.import_files(&[half], ImportOptions::default(), || ()).unwrap().refused;
    assert!(
        refused[0].reason.contains("all of them or none") && refused[0].reason.contains("half.csv"),
        "{refused:?}"
    );
}

#[test]
fn a_table_of_loads_with_injuries_has_an_overview() {
    let (library, own) = new_folder();
    let mut text = String::from("Day,Injury,Location,Type,RPE.Load,Total.Distance\n");
    for day in 1..=40 {
        let injury = if day == 30 { "Hamstring,Soft Tissue" } else { "," };
        text += &format!("{day},0,{injury},{},{}\n", 100 * (day % 7), 1000 * (day % 7));
    }
    let done = own
        .import_files(
            &[write_file(library.path(), "days.csv", &text)],
            ImportOptions::default(),
            || (),
        )
        .unwrap();
    assert_eq!((done.added, done.reports), (40, 1));
    let seen = own.load_overview(None).unwrap();
    assert_eq!((seen.injuries.len(), seen.injuries[0].area.code(), seen.missing_days), (1, "T", 0));
}

#[test]
fn names_stay_in_the_library() {
    let library = Path::new("library");
    for name in ["", "..", "../x", "a/b", "a\\b", ".hidden", "a\nb"] {
        assert!(LoadFolder::new(library, name).is_err(), "{name:?}");
    }
    assert_eq!(
        LoadFolder::new(library, "Zoë K.").unwrap().folder(),
        Path::new("library/athletes/Zoë K.")
    );
}

#[test]
fn an_unknown_key_of_the_profile_is_an_error() {
    let (_library, own) = new_folder();
    std::fs::create_dir_all(own.folder()).unwrap();
    write_file(own.folder(), "athlete.toml", "sexx = \"male\"\n");
    assert!(own.read_profile().unwrap_err().to_string().contains("line 1"));
    write_file(own.folder(), "athlete.toml", "maximal_heart_rate = 1900\n");
    assert!(own.read_profile().unwrap_err().to_string().contains("between"));
}
