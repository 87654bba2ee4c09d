//! The library as a whole: what is wrong is found, older ones are brought up to date, copies are
//! true.

use super::*;
use crate::store::DATABASE_FILE;
use crate::{files, schema};
use rusqlite::Connection;
use std::path::Path;

/// A library with an athlete and two recordings, closed.
fn small_library() -> tempfile::TempDir {
    let (folder, store) = temp_library();
    let ada = store.add_athlete("Ada", "").unwrap();
    for number in [1, 2] {
        let id =
            store.save_recording(ada, parse_day("2026-03-01"), &sample_recording(number)).unwrap();
        store.save_analysis(id, &sample_analysis(1.0, ""), &AnalysisProvenance::default()).unwrap();
    }
    folder
}

fn fault_kinds(folder: &Path) -> Vec<StoreFaultKind> {
    Store::open(folder)
        .unwrap()
        .check_library()
        .unwrap()
        .faults
        .into_iter()
        .map(|fault| fault.kind)
        .collect()
}

fn execute_sql(folder: &Path, text: &str) {
    Connection::open(folder.join(DATABASE_FILE)).unwrap().execute_batch(text).unwrap();
}

fn recording_file(folder: &Path, number: u32) -> std::path::PathBuf {
    files::recording_path(
        folder,
        &ContentHash::from_content(
            &agoge_formats::encode_parquet(&sample_recording(number)).unwrap(),
        ),
    )
}

#[test]
fn the_hash_is_sha_256() {
    // FIPS 180-2, appendix B.1.
    assert_eq!(
        ContentHash::from_content(b"abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

#[test]
fn each_kind_of_fault_is_found() {
    let folder = small_library();
    let own = folder.path();
    assert_eq!(fault_kinds(own), []);
    std::fs::write(own.join("recordings/notes.txt"), "x").unwrap();
    std::fs::write(own.join("athletes/lost.csv"), "x").unwrap();
    std::fs::create_dir_all(own.join("athletes/Ada")).unwrap();
    std::fs::write(own.join("athletes/Ada/.workouts.csv.77.tmp"), "x").unwrap();
    assert_eq!(
        fault_kinds(own),
        [StoreFaultKind::Orphan, StoreFaultKind::Orphan, StoreFaultKind::Leftover]
    );
    let mut bytes = std::fs::read(recording_file(own, 1)).unwrap();
    bytes[40] ^= 1;
    std::fs::write(recording_file(own, 1), bytes).unwrap();
    std::fs::remove_file(recording_file(own, 2)).unwrap();
    execute_sql(
        own,
        "PRAGMA foreign_keys = off; INSERT INTO plans (athlete, day, made_unix_s, json) VALUES (77, '2026-01-01', 0, 'no json')",
    );
    let found = fault_kinds(own);
    for kind in [
        StoreFaultKind::Reference,
        StoreFaultKind::Json,
        StoreFaultKind::Missing,
        StoreFaultKind::Changed,
    ] {
        assert!(found.contains(&kind), "{kind:?}: {found:?}");
    }
}

#[test]
fn a_damaged_data_base_is_said_to_be_damaged() {
    let folder = small_library();
    let path = folder.path().join(DATABASE_FILE);
    let whole = std::fs::read(&path).unwrap();
    // Pages of zeroes where tables were, and no database at all.
    let mut broken = whole.clone();
    let half = broken.len() / 2;
    broken[half..].fill(0);
    for bytes in [broken, vec![7; 5000], whole[..3000].to_vec()] {
        std::fs::write(&path, bytes).unwrap();
        let said = match Store::open(folder.path()).and_then(|store| store.check_library()) {
            Ok(check) => {
                check.faults.iter().map(|fault| fault.what.clone()).collect::<Vec<_>>().join("; ")
            }
            Err(error) => error.to_string(),
        };
        assert!(!said.is_empty() && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn other_files_and_newer_libraries_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    execute_sql(folder.path(), "CREATE TABLE other (a)");
    assert!(matches!(Store::open(folder.path()), Err(StoreError::NotALibrary { .. })));
    let folder = small_library();
    execute_sql(folder.path(), "PRAGMA user_version = 99");
    assert!(matches!(Store::open(folder.path()), Err(StoreError::NewerVersion { found: 99, .. })));
    let nowhere = folder.path().join("nowhere");
    assert!(
        matches!(Store::open_existing(&nowhere), Err(StoreError::NoLibrary { .. }))
            && !nowhere.exists()
    );
}

#[test]
fn a_library_of_version_1_is_brought_up_to_date_and_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    execute_sql(folder.path(), schema::MIGRATIONS[0]);
    let bytes = agoge_formats::encode_parquet(&sample_recording(5)).unwrap();
    let hash = ContentHash::from_content(&bytes);
    std::fs::create_dir_all(files::recording_path(folder.path(), &hash).parent().unwrap()).unwrap();
    std::fs::write(files::recording_path(folder.path(), &hash), bytes).unwrap();
    let json = serde_json::to_string(&sample_analysis(61.0, "")).unwrap();
    execute_sql(
        folder.path(),
        &format!(
            "PRAGMA application_id = {}; PRAGMA user_version = 1;
            INSERT INTO athletes VALUES (3, 'Ada', 'ada', 'a note', 1772000000);
            INSERT INTO consents VALUES (1, 3, '2026-03-01', 'video', 1, '');
            INSERT INTO sessions VALUES (4, 3, '2026-03-01', '');
            INSERT INTO recordings VALUES (5, 4, '{hash}', 'take', 'trc', 50, 0.98, 1772000000);
            INSERT INTO analyses VALUES (6, 5, 1772000000, '0.1.0', NULL, 'squat', 61.0, 'good', 0, NULL);
            INSERT INTO documents VALUES (6, '{{}}', '{json}');
            INSERT INTO labels VALUES (7, 5, NULL, 'event', '1', 'coach', 1772000000);
            INSERT INTO plans VALUES (8, 3, '2026-03-01', 1772000000, '{{}}');",
            0x4167_6f67
        ),
    );
    let store = Store::open(folder.path()).unwrap();
    let version: i64 =
        store.connection().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, schema::MIGRATIONS.len() as i64);
    let ada = store.find_athlete("Ada").unwrap();
    assert_eq!((ada.id, ada.note.as_str()), (AthleteId(3), "a note"));
    assert_eq!(store.load_recording(RecordingId(5)).unwrap(), sample_recording(5));
    assert_eq!(store.load_analysis(AnalysisId(6)).unwrap(), sample_analysis(61.0, ""));
    assert_eq!(
        (
            store.list_consents(ada.id).unwrap().len(),
            store.recording_labels(RecordingId(5)).unwrap().len()
        ),
        (1, 1)
    );
    assert_eq!(store.list_plans(ada.id).unwrap().len(), 1);
    assert!(store.check_library().unwrap().is_clean());
    // The upgraded library has the form of a new one.
    let form = |store: &Store| -> Vec<String> {
        let connection = store.connection();
        let mut statement =
            connection.prepare("SELECT type || ' ' || name FROM sqlite_schema ORDER BY 1").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(form(&store), form(&temp_library().1));
}

#[test]
fn what_a_killed_program_left_is_put_right() {
    let folder = small_library();
    let own = folder.path();
    // Committed, not yet in its place; written, never committed; broken off.
    let (first, never) =
        (recording_file(own, 1), agoge_formats::encode_parquet(&sample_recording(9)).unwrap());
    std::fs::rename(&first, own.join("incoming").join(first.file_name().unwrap())).unwrap();
    std::fs::write(
        own.join("incoming").join(format!("{}.parquet", ContentHash::from_content(&never))),
        &never,
    )
    .unwrap();
    std::fs::write(own.join("incoming").join(format!("{}.parquet", "0".repeat(64))), &never[..50])
        .unwrap();
    std::fs::create_dir_all(own.join("incoming/other")).unwrap();
    let store = Store::open(own).unwrap();
    assert!(first.is_file() && files::list_entries(&own.join("incoming")).unwrap().is_empty());
    assert!(store.check_library().unwrap().is_clean());
}

#[test]
fn folders_of_load_are_athletes_of_the_library() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["Zoë K.", ".hidden"] {
        std::fs::create_dir_all(folder.path().join("athletes").join(name)).unwrap();
    }
    let store = Store::open_existing(folder.path()).unwrap();
    assert_eq!(
        store.list_athletes().unwrap().iter().map(|own| own.name.as_str()).collect::<Vec<_>>(),
        ["Zoë K."]
    );
}

#[test]
fn a_backup_is_a_library_and_comes_back() {
    let folder = small_library();
    let store = Store::open(folder.path()).unwrap();
    std::fs::create_dir_all(folder.path().join("athletes/Ada/samples")).unwrap();
    std::fs::write(folder.path().join("athletes/Ada/samples/1.csv"), "time_s\n0\n").unwrap();
    std::fs::write(folder.path().join("weights"), "another's").unwrap();
    let place = tempfile::tempdir().unwrap();
    let backup = place.path().join("backup");
    store.write_backup(&backup).unwrap();
    assert!(matches!(store.write_backup(&backup), Err(StoreError::NotEmpty { .. })));
    assert!(!place.path().join("backup.partial").exists());

    // After the backup the library changes; it is not empty, so it stays until that is allowed.
    store.add_athlete("Mia", "").unwrap();
    store.delete_athlete(store.find_athlete("Ada").unwrap().id).unwrap();
    assert!(matches!(
        Store::restore_backup(&backup, folder.path(), false),
        Err(StoreError::NotEmpty { .. })
    ));
    assert!(
        matches!(
            Store::restore_backup(&backup, folder.path(), true),
            Err(StoreError::Database { .. })
        ),
        "it is open"
    );
    drop(store);
    Store::restore_backup(&backup, folder.path(), true).unwrap();
    let check = |folder: &Path| {
        let store = Store::open_existing(folder).unwrap();
        let (check, ada) = (store.check_library().unwrap(), store.find_athlete("Ada").unwrap());
        assert!(check.is_clean() && store.list_athletes().unwrap().len() == 1, "{check:?}");
        assert_eq!(
            (
                check.recordings,
                store.load_recording(store.list_recordings(ada.id).unwrap()[0].id).unwrap()
            ),
            (2, sample_recording(2))
        );
        assert_eq!(
            std::fs::read_to_string(store.load_folder(&ada).join("samples/1.csv")).unwrap(),
            "time_s\n0\n"
        );
    };
    check(folder.path());
    assert_eq!(std::fs::read_to_string(folder.path().join("weights")).unwrap(), "another's");
    Store::restore_backup(&backup, &place.path().join("new"), false).unwrap();
    check(&place.path().join("new"));
    check(&backup);

    // A damaged library is what backups are for.
    std::fs::write(folder.path().join(DATABASE_FILE), vec![7; 9000]).unwrap();
    assert!(matches!(
        Store::restore_backup(&backup, folder.path(), false),
        Err(StoreError::Database { .. })
    ));
    Store::restore_backup(&backup, folder.path(), true).unwrap();
    check(folder.path());

    // One that is not whole changes nothing.
    std::fs::remove_file(recording_file(&backup, 1)).unwrap();
    let target = place.path().join("other");
    assert!(matches!(
        Store::restore_backup(&backup, &target, false),
        Err(StoreError::Backup { .. })
    ));
    assert!(!target.join(DATABASE_FILE).exists() && !target.join("restoring.partial").exists());
    assert!(matches!(
        Store::restore_backup(&place.path().join("nothing"), &target, false),
        Err(StoreError::NoLibrary { .. })
    ));
}

#[test]
fn a_restored_library_that_was_broken_off_is_put_in_place() {
    let (folder, other) = (small_library(), tempfile::tempdir().unwrap());
    let store = Store::open(folder.path()).unwrap();
    store.write_backup(&other.path().join("restoring")).unwrap();
    // The old library is there still, and one part was moved already.
    drop(Store::open(other.path()));
    let store = Store::open(other.path()).unwrap();
    assert!(!other.path().join("restoring").exists());
    assert!(store.find_athlete("Ada").is_ok() && store.check_library().unwrap().is_clean());
}

#[test]
fn an_export_has_everything_of_one_athlete_and_nothing_of_others() {
    let folder = small_library();
    let store = Store::open(folder.path()).unwrap();
    let mia = store.add_athlete("Mia Marathon", "").unwrap();
    store.save_recording(mia, parse_day("2026-03-01"), &sample_recording(3)).unwrap();
    let ada = store.find_athlete("Ada").unwrap();
    std::fs::create_dir_all(store.load_folder(&ada)).unwrap();
    std::fs::write(store.load_folder(&ada).join("pain.csv"), "day\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/etc/passwd", store.load_folder(&ada).join("link.csv")).unwrap();
    let to = folder.path().join("ada.tar.gz");
    store.export_athlete(ada.id, &to).unwrap();
    let mut found = std::collections::BTreeMap::new();
    let mut archive =
        tar::Archive::new(flate2::read::GzDecoder::new(std::fs::File::open(&to).unwrap()));
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        found.insert(name, bytes);
    }
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "Ada/README.txt",
            "Ada/analyses/2026-03-01-1.json",
            "Ada/analyses/2026-03-01-2.json",
            "Ada/athlete.json",
            "Ada/load/pain.csv",
            "Ada/recordings/2026-03-01-1.parquet",
            "Ada/recordings/2026-03-01-2.parquet",
        ]
    );
    assert_eq!(
        found["Ada/recordings/2026-03-01-1.parquet"],
        agoge_formats::encode_parquet(&sample_recording(1)).unwrap()
    );
    assert_eq!(
        serde_json::from_slice::<Analysis>(&found["Ada/analyses/2026-03-01-1.json"]).unwrap(),
        sample_analysis(1.0, "")
    );
    let own: serde_json::Value = serde_json::from_slice(&found["Ada/athlete.json"]).unwrap();
    assert_eq!(
        (own["recordings"].as_array().unwrap().len(), own["athlete"]["name"].as_str()),
        (2, Some("Ada"))
    );
    assert!(!String::from_utf8_lossy(&found["Ada/athlete.json"]).contains("Mia"));
}

#[test]
fn many_threads_and_stores_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let shared = Store::open(folder.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let (shared, folder) = (&shared, folder.path());
            scope.spawn(move || {
                let own = Store::open(folder).unwrap();
                let athlete = own.athlete_or_new(&format!("athlete {}", thread % 2)).unwrap().id;
                for k in 0..5 {
                    let store = if k % 2 == 0 { &own } else { shared };
                    // The same recordings meet: each is stored once for each athlete.
                    let id = store
                        .save_recording(athlete, parse_day("2026-03-01"), &sample_recording(k))
                        .unwrap();
                    store
                        .save_analysis(
                            id,
                            &sample_analysis(f64::from(thread), ""),
                            &AnalysisProvenance::default(),
                        )
                        .unwrap();
                }
            });
        }
    });
    let check = shared.check_library().unwrap();
    assert!(check.is_clean(), "{check:?}");
    assert_eq!((check.athletes, check.recordings, check.analyses), (2, 10, 20));
}

#[test]
fn many_may_begin_a_library_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let folder = folder.path();
            scope.spawn(move || {
                Store::open(folder).unwrap().add_athlete(&format!("athlete {number}"), "").unwrap()
            });
        }
    });
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.list_athletes().unwrap().len(), 8);
    assert!(store.check_library().unwrap().is_clean());
}

#[test]
fn a_connection_keeps_its_promises() {
    let (_folder, store) = temp_library();
    let connection = store.connection();
    let setting =
        |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    // 2 is FULL and MEMORY; https://sqlite.org/pragma.html
    let settings = ["synchronous", "foreign_keys", "secure_delete", "temp_store", "trusted_schema"]
        .map(setting);
    assert_eq!(settings, [2, 1, 1, 2, 0]);
    let mode: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_full_data_base_says_so_and_keeps_what_was_there() {
    let folder = small_library();
    let store = Store::open(folder.path()).unwrap();
    let pages: i64 =
        store.connection().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.connection().pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    let ada = store.find_athlete("Ada").unwrap().id;
    let said = (0..99)
        .find_map(|k| {
            store.save_plan(ada, parse_day("2026-01-01"), &json!("x".repeat(3000 + k))).err()
        })
        .unwrap()
        .to_string();
    assert!(
        said.contains("has no room on its disk")
            && said.contains("hint:")
            && said.lines().count() == 1,
        "{said}"
    );
    assert!(store.check_library().unwrap().is_clean());
    drop(store);
    assert_eq!(fault_kinds(folder.path()), []);
}
