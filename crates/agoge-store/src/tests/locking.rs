//! Locks between programs, each program a thread with a store and file handles of its own.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[test]
fn one_at_a_time_writes_an_athletes_files() {
    let (folder, store) = temp_library();
    store.add_athlete("Ada", "").unwrap();
    let name = AthleteName::new("Ada").unwrap();
    let table = folder.path().join("athletes/Ada/rows.csv");
    let waited = AtomicUsize::new(0);
    let inside = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for row in 0..12 {
            let (folder, name, table, waited, inside) =
                (folder.path(), &name, &table, &waited, &inside);
            scope.spawn(move || {
                let on_wait = || _ = waited.fetch_add(1, Ordering::Relaxed);
                let lock = lock_athlete(folder, name, on_wait).unwrap();
                assert!(!inside.swap(true, Ordering::SeqCst));
                let text = std::fs::read_to_string(table).unwrap_or_default();
                std::thread::sleep(std::time::Duration::from_millis(5));
                std::fs::write(table, format!("{text}{row}\n")).unwrap();
                inside.store(false, Ordering::SeqCst);
                drop(lock);
            });
        }
    });
    assert_eq!(std::fs::read_to_string(&table).unwrap().lines().count(), 12);
    assert!(waited.into_inner() > 0);
    assert!(store.check_library().unwrap().is_clean());
}

#[test]
fn who_waited_while_the_folder_was_deleted_does_not_write_into_nothing() {
    let (folder, store) = temp_library();
    let ada = store.add_athlete("Ada", "").unwrap();
    let name = AthleteName::new("Ada").unwrap();
    let lock = lock_athlete(folder.path(), &name, || ()).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| lock_athlete(folder.path(), &name, || ()).unwrap());
        let deleting = scope.spawn(|| store.delete_athlete(ada).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(50));
        drop(lock);
        let late = waiting.join().unwrap();
        drop(late);
        deleting.join().unwrap();
    });
    assert!(
        !folder.path().join("athletes/Ada").exists() || store.check_library().unwrap().is_clean()
    );
    let again = lock_athlete(folder.path(), &name, || ()).unwrap();
    assert!(folder.path().join("athletes/Ada/.lock").is_file());
    drop(again);
}

#[test]
fn openers_at_once_leave_what_was_restored() {
    let (folder, store) = temp_library();
    let ada = store.add_athlete("Ada", "").unwrap();
    store.save_recording(ada, parse_day("2026-03-01"), &sample_recording(1)).unwrap();
    drop(store);
    for round in 0..5 {
        let place = tempfile::tempdir().unwrap();
        let library = place.path().join("library");
        std::fs::create_dir(&library).unwrap();
        // What a restoration that was killed at its last step leaves.
        let backup = place.path().join("backup");
        Store::open(folder.path()).unwrap().write_backup(&backup).unwrap();
        std::fs::rename(&backup, library.join("restoring")).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let library = &library;
                scope.spawn(move || {
                    let names = Store::open(library).unwrap().list_athletes().unwrap();
                    assert_eq!(names.len(), 1, "round {round}");
                });
            }
        });
        assert!(Store::open(&library).unwrap().check_library().unwrap().is_clean());
    }
}
