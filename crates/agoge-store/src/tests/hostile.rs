//! Data bases that somebody else wrote: nothing outside the library is deleted, read or written,
//! and a check names the row.

use super::*;
use crate::store::DATABASE_FILE;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// A library with Ada in it, and a folder of the user beside it with one document.
fn library_beside_documents() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (library, documents) = (folder.path().join("library"), folder.path().join("documents"));
    let store = Store::open(&library).unwrap();
    let ada = store.add_athlete("Ada", "").unwrap();
    store.save_recording(ada, parse_day("2026-03-01"), &sample_recording(1)).unwrap();
    std::fs::create_dir_all(library.join("athletes/Ada")).unwrap();
    std::fs::write(library.join("athletes/Ada/workouts.csv"), "day\n").unwrap();
    std::fs::create_dir(&documents).unwrap();
    std::fs::write(documents.join("letter.txt"), "dear coach").unwrap();
    (folder, library, documents)
}

fn change(library: &Path, sql: &str) {
    Connection::open(library.join(DATABASE_FILE)).unwrap().execute_batch(sql).unwrap();
}

/// What a hostile row could name.
fn names_of_documents(documents: &Path) -> Vec<String> {
    vec![
        documents.display().to_string(),
        "../../documents".into(),
        "Ada/../../../documents".into(),
        "..".into(),
        ".".into(),
        String::new(),
    ]
}

#[test]
fn a_foreign_removal_deletes_nothing_and_is_reported() {
    let (folder, library, documents) = library_beside_documents();
    for name in names_of_documents(&documents) {
        let quoted = name.replace('\'', "''");
        change(&library, &format!(
            "INSERT INTO removals (name) VALUES ('{quoted}'); INSERT INTO removals (hash) VALUES ('{quoted}');
             INSERT INTO removals (hash, name) VALUES ('{quoted}', '{quoted}'); INSERT INTO removals VALUES (NULL, NULL);"
        ));
        let store = Store::open(&library).unwrap();
        store.add_athlete(&format!("Zoë {}", name.len()), "").unwrap();
        let check = store.check_library().unwrap();
        assert!(documents.join("letter.txt").is_file(), "{name:?}");
        assert!(library.join("athletes/Ada/workouts.csv").is_file(), "{name:?}");
        let reported =
            check.faults.iter().filter(|fault| fault.kind == StoreFaultKind::Name).count();
        assert_eq!(reported, 3, "{name:?}: {:?}", check.faults);
        // A backup with such a row is refused, and the library stays what it was.
        let other = folder.path().join("other");
        assert!(matches!(
            Store::restore_backup(&library, &other, true),
            Err(StoreError::Backup { .. })
        ));
        assert!(documents.join("letter.txt").is_file(), "{name:?}");
        drop(store);
        change(&library, "DELETE FROM removals;");
    }
}

#[test]
fn a_removal_of_an_athlete_who_is_there_deletes_nothing() {
    let (_folder, library, _) = library_beside_documents();
    change(&library, "INSERT INTO removals (name) VALUES ('Ada');");
    let store = Store::open(&library).unwrap();
    store.add_athlete("Zoë", "").unwrap();
    assert!(library.join("athletes/Ada/workouts.csv").is_file());
    assert!(
        store
            .check_library()
            .unwrap()
            .faults
            .iter()
            .any(|fault| fault.kind == StoreFaultKind::Name)
    );
}

#[test]
fn a_foreign_name_of_an_athlete_is_no_path() {
    let (_folder, library, documents) = library_beside_documents();
    for name in names_of_documents(&documents) {
        change(&library, &format!("UPDATE athletes SET name = '{name}';"));
        let store = Store::open(&library).unwrap();
        let error = store.find_athlete("Ada").unwrap_err();
        assert!(error.to_string().contains("a row that Agoge did not write"), "{error}");
        assert!(store.delete_athlete(AthleteId(1)).is_err(), "{name:?}");
        assert!(documents.join("letter.txt").is_file(), "{name:?}");
        let faults = store.check_library().unwrap().faults;
        assert!(
            faults.iter().any(|fault| fault.kind == StoreFaultKind::Name),
            "{name:?}: {faults:?}"
        );
    }
}

#[test]
fn a_foreign_hash_of_a_recording_is_no_path() {
    let (_folder, library, documents) = library_beside_documents();
    let secret = documents.join("letter.parquet");
    std::fs::write(&secret, "secret").unwrap();
    let hash = "aa/../../../documents/letter";
    change(&library, &format!("UPDATE recordings SET hash = '{hash}';"));
    let store = Store::open(&library).unwrap();
    assert!(store.recording_file(RecordingId(1)).is_err());
    let faults = store.check_library().unwrap().faults;
    assert!(faults.iter().any(|fault| fault.kind == StoreFaultKind::Name), "{faults:?}");
    assert!(store.delete_recording(RecordingId(1)).is_ok());
    assert_eq!(std::fs::read(&secret).unwrap(), b"secret");
}

#[cfg(unix)]
#[test]
fn a_library_whose_folder_is_a_link_is_refused() {
    let (_folder, library, documents) = library_beside_documents();
    std::fs::remove_dir_all(library.join("athletes")).unwrap();
    std::os::unix::fs::symlink(&documents, library.join("athletes")).unwrap();
    assert!(matches!(Store::open(&library), Err(StoreError::Link { .. })));
    assert!(documents.join("letter.txt").is_file());
}
