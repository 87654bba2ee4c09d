//! `agoge load` and `agoge risk` as a whole program.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

mod common;

use common::{agoge, data, text};
use std::path::Path;
use std::process::Output;

/// Runs the program on a library.
fn with(library: &Path) -> impl Fn(&[&str]) -> Output + '_ {
    move |arguments| agoge().args(arguments).arg("--library").arg(library).output().unwrap()
}

fn put(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_string_lossy().into_owned()
}

/// Half a year of runs with one rest day per week; the last runs are much longer than those before.
fn diary() -> String {
    let mut text = String::from("date,sport,minutes,rpe,distance_km,notes\n");
    let first: agoge::motion::Day = "2026-01-01".parse().unwrap();
    for day in 0..180 {
        let (minutes, km) =
            if day % 7 == 0 { (0.0, 0.0) } else { (40.0 + f64::from(day % 5) * 6.0, 8.0) };
        let (minutes, km) = if day == 179 { (150.0, 24.0) } else { (minutes, km) };
        text += &format!("{},running,{minutes},5,{km},\n", first.plus_days(day));
    }
    text
}

#[test]
fn a_diary_becomes_figures_and_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    let run = with(&library);
    let (diary, pain) = (
        put(folder.path(), "diary.csv", &diary()),
        put(folder.path(), "pain.csv", "day,area,side,score\n2026-06-27,Q,left,5\n"),
    );
    let first = run(&["load", "import", &diary, &pain, "--athlete", "Ada <K>"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(
        text(&first.stdout).starts_with("180 new, 0 joined")
            && text(&first.stdout).contains("1 reports")
    );
    let again = run(&["load", "import", &diary, &pain, "--athlete", "Ada <K>"]);
    assert!(
        text(&again.stdout).starts_with("0 new, 0 joined")
            && text(&again.stdout).contains("180 known already, 0 reports")
    );

    let page = folder.path().join("page.html");
    let shown = run(&["load", "show", "Ada <K>", "--page", &page.to_string_lossy()]);
    for word in ["session RPE", "CTL (42 days)", "ACWR, coupled 7:28", "monotony", "Foster 1998"] {
        assert!(text(&shown.stdout).contains(word), "{word}: {}", text(&shown.stdout));
    }
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.contains("Ada &lt;K&gt;")
            && !page.contains("Ada <K>")
            && page.contains("default-src 'none'")
    );
    assert!(page.contains("2.0 % of the flagged") && page.contains("200 % more than the longest"));
    assert!(!page.contains("NaN"));

    let risk = text(&run(&["risk", "Ada <K>"]).stdout);
    let order = [
        "Pain of 5 of 10 in the lower leg (left)",
        "200 % more than the longest",
        "What can and cannot be concluded",
    ];
    let places: Vec<usize> = order
        .iter()
        .map(|words| risk.find(words).unwrap_or_else(|| panic!("{words}: {risk}")))
        .collect();
    assert!(
        places.is_sorted()
            && risk.contains("Why:")
            && risk.contains("Do:")
            && risk.contains("Sure:")
    );

    let json: serde_json::Value =
        serde_json::from_slice(&run(&["risk", "Ada <K>", "--json"]).stdout).unwrap();
    assert_eq!(
        (json["by"].as_str(), json["warnings"][0]["rule"].as_str()),
        (Some("rules"), Some("pain"))
    );
    let json: serde_json::Value =
        serde_json::from_slice(&run(&["load", "show", "Ada <K>", "--json"]).stdout).unwrap();
    assert_eq!(json["daily"]["values"].as_array().map(Vec::len), Some(180));
    // What cannot be computed yet is null, not zero.
    assert!(json["trends"].as_array().unwrap().iter().any(|trend| trend["values"][0].is_null()));
}

#[test]
fn what_is_wrong_is_said_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let run = with(folder.path());
    let broken = put(folder.path(), "x.csv", "date,minutes\n2026-13-01,10\n");
    for (arguments, code, word) in [
        (vec!["load", "show", "Nobody"], 1, "no library here"),
        (vec!["load", "import", broken.as_str(), "--athlete", "../etc"], 1, "not a name"),
        (vec!["risk", "Nobody"], 1, "no such athlete"),
        (vec!["load", "import", broken.as_str(), "--athlete", "Ada"], 1, "no date"),
        (vec!["load", "import", "nowhere.fit", "--athlete", "Ada"], 1, "nowhere.fit"),
        (
            vec!["load", "import", broken.as_str(), "--athlete", "Ada", "--time-zone", "east"],
            2,
            "+02:00",
        ),
    ] {
        let done = run(&arguments);
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(word), "{arguments:?}: {said}");
        assert!(code == 2 || (said.lines().count() == 1 && said.contains("hint:")), "{said}");
    }
}

/// Real files of many devices at once: broken ones are named, the rest is imported, and a second
/// import changes nothing.
#[test]
fn files_of_many_devices() {
    let folder = tempfile::tempdir().unwrap();
    let run = with(folder.path());
    let names = [
        "fit/garmin-fenix-5-run.fit",
        "fit/activity-filecrc.fit",
        "fit/Settings.fit",
        "workouts/ride.gpx",
        "load/injury-data.csv",
    ];
    let files: Option<Vec<String>> =
        names.iter().map(|name| Some(data(name)?.to_string_lossy().into_owned())).collect();
    let Some(files) = files else { return };
    let mut arguments: Vec<&str> = vec!["load", "import", "--athlete", "Ada"];
    arguments.extend(files.iter().map(String::as_str));
    let first = run(&arguments);
    assert_eq!(first.status.code(), Some(1));
    assert!(text(&first.stdout).starts_with("660 new"), "{}", text(&first.stdout));
    let said = text(&first.stderr);
    assert!(
        said.contains("checksum is wrong") && said.contains("a FIT file of settings"),
        "{said}"
    );
    let table = std::fs::read(folder.path().join("athletes/Ada/workouts.csv")).unwrap();
    run(&arguments);
    assert_eq!(std::fs::read(folder.path().join("athletes/Ada/workouts.csv")).unwrap(), table);
}

#[test]
fn a_plan_for_an_athlete_is_kept_in_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    let run = with(&library);
    let request = put(
        folder.path(),
        "request.toml",
        "start = \"2026-06-30\"\nweeks = 1\nlevel = \"novice\"\nsports = [\"running\"]\nminutes = { monday = 40, friday = 40 }\n",
    );
    assert!(run(&["athlete", "add", "Ada"]).status.success());
    let out = folder.path().join("plan");
    let made =
        run(&["plan", "make", &request, "--athlete", "Ada", "--out", &out.to_string_lossy()]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let store = agoge::Store::open(&library).unwrap();
    let plans = store.list_plans(store.find_athlete("Ada").unwrap().id).unwrap();
    let written: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("plan.json")).unwrap()).unwrap();
    assert!(
        plans.len() == 1 && plans[0].day.to_string() == "2026-06-30" && plans[0].plan == written
    );
}

/// Warnings from the log reduce the plan without being asked for, and sessions become files for
/// devices.
#[test]
fn a_plan_heeds_warnings_and_writes_workouts() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    let run = with(&library);
    let mut diary = String::from("date,sport,minutes,rpe,distance_km\n");
    for day in 1..=28 {
        let (minutes, km) = if day == 28 { (90, 18) } else { (40, 8) };
        diary += &format!("2026-06-{day:02},running,{minutes},4,{km}\n");
    }
    let diary = put(folder.path(), "diary.csv", &diary);
    let imported = run(&["load", "import", "--athlete", "Ada", &diary]);
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let request = "start = \"2026-06-30\"\nweeks = 6\nsports = [\"running\"]\nminutes = { monday = 60, friday = 60, sunday = 120 }\n";
    let make = |request: &str, name: &str| {
        let out = folder.path().join(name);
        let request = put(folder.path(), &format!("{name}.toml"), request);
        let arguments =
            ["plan", "make", &request, "--athlete", "Ada", "--explain", "--workouts", "--out"];
        let made = run(&[arguments.as_slice(), &[&out.to_string_lossy()]].concat());
        assert!(made.status.success(), "{}", text(&made.stderr));
        (text(&made.stdout).to_owned(), out)
    };
    let (said, out) = make(request, "careful");
    assert!(said.contains("- Care: The run of 2026-06-28 was 18.0 km"), "{said}");
    assert!(said.contains("no session is longer than those before"), "{said}");
    let files: Vec<_> =
        std::fs::read_dir(out.join("workouts")).unwrap().map(|file| file.unwrap().path()).collect();
    let of = |kind: &str| {
        files.iter().filter(|path| path.extension().is_some_and(|own| own == kind)).count()
    };
    assert!(of("fit") > 0 && of("fit") == of("txt"), "{files:?}");
    for path in files.iter().filter(|path| path.extension().is_some_and(|own| own == "fit")) {
        // A FIT file without an activity is distinguished from a broken one.
        let refused = agoge::formats::workout::read_workouts(path, false).unwrap_err().to_string();
        assert!(refused.contains("of a planned workout"), "{refused}");
    }
    let (said, _) = make(&format!("{request}heed_warnings = false\n"), "careless");
    assert!(!said.contains("- Care:"), "{said}");
}

/// The promise of docs/reference/library.md: what was acknowledged is there, also if many write at
/// once.
#[test]
fn twelve_imports_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    let files: Vec<String> = (1..=12)
        .map(|day| {
            let row = format!("date,sport,minutes,rpe\n2026-03-{day:02},running,60,5\n");
            put(folder.path(), &format!("day{day}.csv"), &row)
        })
        .collect();
    let programs: Vec<_> = files
        .iter()
        .map(|file| {
            agoge()
                .args(["load", "import", file, "--athlete", "Ada", "--library"])
                .arg(&library)
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for program in programs {
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let rows = std::fs::read_to_string(library.join("athletes/Ada/workouts.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 12, "{rows}");
}
