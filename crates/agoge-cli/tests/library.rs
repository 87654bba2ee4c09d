//! The athletes' library as a whole program: what users do with it, and what killed processes and
//! failing disks do to it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

mod common;

use agoge::Store;
use agoge::store::{AnalysisId, AthleteId, RecordingId};
use common::{agoge, below, squats, text};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Runs the program on a library, in the folder that holds it.
fn with(library: &Path) -> impl Fn(&[&str]) -> Output + '_ {
    let folder = library.parent().unwrap();
    move |arguments| {
        agoge().args(arguments).arg("--library").arg(library).current_dir(folder).output().unwrap()
    }
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// Names and bytes of all files in a folder.
fn raw(folder: &Path) -> Vec<u8> {
    let read = |path: &std::path::PathBuf| {
        let mut bytes = path.to_string_lossy().into_owned().into_bytes();
        bytes.extend(std::fs::read(folder.join(path)).unwrap_or_default());
        bytes
    };
    below(folder).iter().flat_map(read).collect()
}

fn holds(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn an_athlete_from_the_first_recording_to_the_last_byte() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    let run = with(&library);
    agoge::formats::write_parquet(&folder.path().join("monday.parquet"), &squats()).unwrap();
    std::fs::write(folder.path().join("pain.csv"), "day,area,side,score\n2026-03-01,K,left,4\n")
        .unwrap();
    let analyze = [
        "analyze",
        "monday.parquet",
        "--movement",
        "squat",
        "--athlete",
        "Ada <K> O'Neil",
        "--day",
        "2026-03-02",
    ];

    assert!(text(&run(&analyze).stderr).contains("there is no library here"));
    let added =
        run(&["athlete", "add", "Ada <K> O'Neil", "--note", "a secret note", "--consent", "video"]);
    assert_eq!((code(&added), text(&added.stdout).as_str()), (Some(0), "added Ada <K> O'Neil\n"));
    assert_eq!(code(&run(&["athlete", "add", "Mia", "--quiet"])), Some(0));
    assert!(
        !folder.path().join("agoge-report").exists(),
        "nothing was analysed for somebody who was not there"
    );
    let analysed = run(&analyze);
    assert!(
        text(&analysed.stdout).contains("Stored in the library: analysis 1\n"),
        "{}",
        text(&analysed.stderr)
    );
    // Analysing the same file again gives the same analysis.
    let again: serde_json::Value =
        serde_json::from_slice(&run(&[&analyze[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!(again[0]["stored"].as_i64(), Some(1));
    assert_eq!(code(&run(&["load", "import", "pain.csv", "--athlete", "ada <k> o'neil"])), Some(0));

    let shown = text(&run(&["athlete", "show", "Ada <K> O'Neil"]).stdout);
    for words in
        ["a secret note", "1 session, 1 recording, 0 plans", "agrees to video", "2026-03-02  squat"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    run(&["athlete", "consent", "Ada <K> O'Neil", "video", "--withdraw"]);
    let shown: serde_json::Value =
        serde_json::from_slice(&run(&["athlete", "show", "Ada <K> O'Neil", "--json"]).stdout)
            .unwrap();
    assert_eq!(
        (shown["consents"][1]["given"].as_bool(), shown["analyses"][0]["program"].is_string()),
        (Some(false), true)
    );
    let listed = text(&run(&["athlete", "list", "--search", "ADA"]).stdout);
    assert!(listed.starts_with("Ada <K> O'Neil") && listed.lines().count() == 1, "{listed}");
    let checked = run(&["library", "check"]);
    assert!(
        code(&checked) == Some(0)
            && text(&checked.stdout).starts_with("clean: 2 athletes, 1 recordings"),
        "{}",
        text(&checked.stdout)
    );

    // At first nothing has been judged; then something is, and becomes a set without her name.
    assert!(text(&run(&["label", "export", "set"]).stderr).contains("nothing was judged yet"));
    let value = serde_json::json!({ "movement": "squat", "analysis": 1, "repetition": 1, "start_s": 0.5, "end_s": 3.0, "correct": true });
    let label = agoge::store::NewLabel {
        recording: RecordingId(1),
        other: None,
        kind: "quality",
        value: &value,
        author: "coach",
    };
    Store::open(&library).unwrap().save_label(&label).unwrap();
    let exported = run(&["label", "export", "set"]);
    assert_eq!(
        text(&exported.stdout),
        "set: 1 repetition, 0 comparisons\nNext: agoge adapt --clips set\n"
    );
    let manifest = std::fs::read_to_string(folder.path().join("set/manifest.csv")).unwrap();
    assert_eq!(manifest.lines().nth(1).unwrap(), "recording-1-500ms.parquet,1,squat,1,");
    assert!(!holds(&raw(&folder.path().join("set")), "Ada <K>"));

    assert_eq!(code(&run(&["library", "backup", "backup"])), Some(0));
    assert_eq!(
        code(&run(&["athlete", "export", "Ada <K> O'Neil", "--out", "ada.tar.gz"])),
        Some(0)
    );
    assert!(folder.path().join("ada.tar.gz").is_file());

    let hash = Store::open(&library).unwrap().recording_row(RecordingId(1)).unwrap().hash;
    let words = ["Ada <K>", "O'Neil", "a secret note", hash.as_str(), "video"];
    let before = raw(&library);
    assert!(words.iter().all(|word| holds(&before, word)));
    assert_eq!(code(&run(&["athlete", "delete", "Ada <K> O'Neil"])), Some(2), "only with --yes");
    assert_eq!(code(&run(&["athlete", "delete", "Ada <K> O'Neil", "--yes"])), Some(0));
    let after = raw(&library);
    assert_eq!(
        words.iter().filter(|word| holds(&after, word)).collect::<Vec<_>>(),
        Vec::<&&str>::new()
    );
    assert!(holds(&after, "Mia") && code(&run(&["library", "check"])) == Some(0));

    let refused = run(&["library", "restore", "backup"]);
    assert!(
        code(&refused) == Some(1) && text(&refused.stderr).contains("--replace"),
        "{}",
        text(&refused.stderr)
    );
    assert_eq!(code(&run(&["library", "restore", "backup", "--replace"])), Some(0));
    assert!(
        text(&run(&["athlete", "show", "Ada <K> O'Neil"]).stdout).contains("2026-03-02  squat")
    );
    std::fs::write(library.join("recordings/stray"), "").unwrap();
    let checked = run(&["library", "check"]);
    assert_eq!(code(&checked), Some(1));
    assert!(
        text(&checked.stdout).starts_with("not clean: 1 faults")
            && text(&checked.stdout).contains("orphan: recordings/stray")
    );
}

#[test]
fn what_is_wrong_is_said_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    let run = with(&library);
    for arguments in [
        vec!["athlete", "show", "Ada"],
        vec!["library", "check"],
        vec!["library", "restore", "nowhere"],
    ] {
        assert!(
            text(&run(&arguments).stderr).contains("there is no library here"),
            "{arguments:?}"
        );
    }
    assert!(!library.exists(), "looking makes nothing");
    run(&["athlete", "add", "Ada"]);
    for (arguments, word) in [
        (vec!["athlete", "add", "../x"], "not a name"),
        (vec!["athlete", "add", "a\nb"], "not a name"),
        (vec!["athlete", "add", "ADA"], "already"),
        (vec!["athlete", "show", "x' OR '1'='1"], "no such athlete"),
        (vec!["athlete", "show", "../../etc/passwd"], "no such athlete"),
        (vec!["athlete", "delete", "a\nb", "--yes"], "no such athlete"),
        (vec!["library", "backup", "library"], "something in the folder"),
        (vec!["risk", "Ada"], "no workout has a load"),
    ] {
        let said = run(&arguments);
        let line = text(&said.stderr);
        assert_eq!(code(&said), Some(1), "{arguments:?}: {line}");
        assert!(
            line.contains(word) && line.contains("hint:") && line.lines().count() == 1,
            "{arguments:?}: {line}"
        );
    }
}

/// What a writer printed before it ended.
#[derive(Default)]
struct Said {
    athletes: BTreeSet<i64>,
    plans: BTreeSet<i64>,
    recordings: BTreeSet<i64>,
    labels: BTreeSet<i64>,
    analyses: BTreeSet<(i64, i64)>,
    deleting: BTreeSet<i64>,
    deleted: BTreeSet<i64>,
}

impl Said {
    /// Adds the output of one writer, whose last line may be torn.
    fn hear(&mut self, lines: &str) {
        for line in lines.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |at: usize| words[at].parse::<i64>().unwrap();
            match words[..2] {
                ["kept", "athlete"] => _ = self.athletes.insert(number(2)),
                ["kept", "plan"] => _ = self.plans.insert(number(2)),
                ["kept", "recording"] => _ = self.recordings.insert(number(2)),
                ["kept", "label"] => _ = self.labels.insert(number(2)),
                ["kept", "analysis"] => _ = self.analyses.insert((number(2), number(3))),
                ["deleting", "recording"] => _ = self.deleting.insert(number(2)),
                ["deleted", "recording"] => _ = self.deleted.insert(number(2)),
                _ => panic!("{line}"),
            }
        }
    }

    /// Checks that the library is clean, holds everything that was acknowledged, and nothing whose
    /// deletion was.
    fn holds(&self, library: &Path) {
        let store = Store::open(library).unwrap();
        let check = store.check_library().unwrap();
        assert!(check.is_clean(), "{check:?}");
        let stays = |recording: &i64| !self.deleting.contains(recording);
        for id in &self.athletes {
            store.load_athlete(AthleteId(*id)).unwrap();
        }
        for id in &self.plans {
            assert!(!store.list_plans(AthleteId(*id)).unwrap().is_empty());
        }
        for id in self.recordings.iter().filter(|id| stays(id)) {
            assert_eq!(
                store.load_recording(RecordingId(*id)).unwrap().joint_count(),
                squats().joint_count()
            );
        }
        for id in self.labels.iter().filter(|id| stays(id)) {
            assert!(!store.recording_labels(RecordingId(*id)).unwrap().is_empty());
        }
        for (id, _) in self.analyses.iter().filter(|(_, recording)| stays(recording)) {
            store.load_analysis(AnalysisId(*id)).unwrap();
        }
        for id in &self.deleted {
            assert!(store.recording_row(RecordingId(*id)).is_err());
        }
    }
}

/// Kills a writer on a library at arbitrary moments, again and again; `AGOGE_TEST_KILLS` sets how
/// often (docs/results/library.md has the figures of 200).
#[test]
fn a_killed_writer_loses_nothing_that_was_acknowledged() {
    let kills: u64 = std::env::var("AGOGE_TEST_KILLS").map_or(12, |kills| kills.parse().unwrap());
    let seed: u64 = std::env::var("AGOGE_TEST_SEED").map_or(1, |seed| seed.parse().unwrap());
    let (mut acknowledged, mut silent) = (0, 0);
    let (mut folder, mut said) = (tempfile::tempdir().unwrap(), Said::default());
    for kill in 0..kills {
        if kill % 20 == 0 {
            (folder, said) = (tempfile::tempdir().unwrap(), Said::default());
        }
        let library = folder.path().join("library");
        let mut writer = agoge();
        writer.args(["bench", "library", "--write", "2"]).arg(&library).stdout(Stdio::piped());
        let mut writer = writer.spawn().unwrap();
        let mut out = writer.stdout.take().unwrap();
        let lines = std::thread::spawn(move || {
            let mut lines = String::new();
            out.read_to_string(&mut lines).unwrap();
            lines
        });
        // Knuth's multiplicative hash spreads the moments from program start, through opening, to
        // well into the writing.
        let moment = (seed * 1_000_003 + kill + 1).wrapping_mul(2_654_435_761) % (1 << 32);
        let moment = (moment * 900) >> 32;
        std::thread::sleep(Duration::from_millis(20 + moment));
        assert!(writer.try_wait().unwrap().is_none(), "the writer ended by itself");
        writer.kill().unwrap();
        writer.wait().unwrap();
        let lines = lines.join().unwrap();
        acknowledged += lines.lines().filter(|line| !line.starts_with("deleting")).count();
        silent += usize::from(lines.is_empty());
        said.hear(&lines);
        if library.exists() {
            said.holds(&library);
        }
    }
    println!(
        "{kills} kills, {silent} of them before the first change; {acknowledged} changes acknowledged, all there"
    );
    assert!(acknowledged > 0);
}

/// Runs a shell script with `$agoge` and `$folder`; none, with a message, where that is impossible.
fn shell(wrapper: &[&str], script: &str, folder: &Path) -> Option<Output> {
    let mut words = wrapper.iter().copied().chain(["sh", "-c", script]);
    let ran = Command::new(words.next()?)
        .args(words)
        .env("agoge", assert_cmd::cargo::cargo_bin!("agoge"))
        .env("folder", folder)
        .output();
    match ran {
        Ok(output) if output.status.code() != Some(77) => Some(output),
        _ => {
            eprintln!("skipped: {wrapper:?} cannot be run here");
            None
        }
    }
}

/// Command under which this program may mount file systems: as root, or where users may create
/// namespaces.
const MOUNTS: [&str; 2] = ["unshare", "-rm"];

fn stopped_in_one_line(ran: &Output) {
    let said = text(&ran.stderr);
    assert!(
        said.lines().count() == 1 && said.starts_with("error: ") && said.contains("hint:"),
        "{said}"
    );
    assert_eq!(code(ran), Some(1), "{said}");
}

#[test]
fn a_disk_that_takes_no_more_stops_the_writer_and_loses_nothing() {
    // The system refuses any file longer than 600 kB.
    let folder = tempfile::tempdir().unwrap();
    let script = "trap '' XFSZ; ulimit -f 1200 || exit 77; exec \"$agoge\" bench library \"$folder/library\" --write 2";
    if let Some(ran) = shell(&["env"], script, folder.path()) {
        stopped_in_one_line(&ran);
        let mut said = Said::default();
        said.hear(&text(&ran.stdout));
        assert!(!said.analyses.is_empty());
        said.holds(&folder.path().join("library"));
    }
    // A disk of 4 MB that is really full; the library is checked there, where there is no room, and
    // in a copy.
    let folder = tempfile::tempdir().unwrap();
    let script =
        "mkdir \"$folder/disk\" && mount -t tmpfs -o size=4m none \"$folder/disk\" || exit 77
        \"$agoge\" bench library \"$folder/disk/library\" --write 2; code=$?
        \"$agoge\" library check --library \"$folder/disk/library\" >\"$folder/check\" 2>&1
        cp -r \"$folder/disk/library\" \"$folder/copy\"; exit $code";
    if let Some(ran) = shell(&MOUNTS, script, folder.path()) {
        stopped_in_one_line(&ran);
        assert!(text(&ran.stderr).contains("room"), "{}", text(&ran.stderr));
        let check = std::fs::read_to_string(folder.path().join("check")).unwrap();
        let only_traces = check.starts_with("not clean: 1 faults")
            && check.contains("leftover: traces of a deletion");
        assert!(check.starts_with("clean: ") || only_traces, "{check}");
        let mut said = Said::default();
        said.hear(&text(&ran.stdout));
        said.holds(&folder.path().join("copy"));
    }
}

#[test]
fn a_folder_that_may_not_be_written_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("library");
    assert_eq!(code(&with(&library)(&["athlete", "add", "Ada"])), Some(0));
    let before = raw(&library);
    for command in ["athlete add Mia", "athlete list", "athlete delete Ada --yes", "library check"]
    {
        let script = format!(
            "mount --bind \"$folder/library\" \"$folder/library\" && mount -o remount,ro,bind \"$folder/library\" || exit 77
             exec \"$agoge\" {command} --library \"$folder/library\""
        );
        let Some(ran) = shell(&MOUNTS, &script, folder.path()) else { return };
        stopped_in_one_line(&ran);
        assert!(raw(&library) == before, "{command}");
    }
}
