//! What is deleted is gone from every byte of the folder, whoever dies on the way.

use super::*;
use crate::store::DATABASE_FILE;
use rusqlite::Connection;
use std::path::Path;

/// Every byte and every name of a folder.
fn folder_bytes(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.extend_from_slice(path.to_string_lossy().as_bytes());
        all.push(b'\n');
        if path.is_dir() {
            all.extend(folder_bytes(&path));
        } else {
            all.extend(std::fs::read(&path).unwrap());
        }
    }
    all
}

fn contains_bytes(all: &[u8], bytes: &[u8]) -> bool {
    all.windows(bytes.len()).any(|window| window == bytes)
}

/// An athlete of many rows, each with a word of hers; the words.
fn fill_athlete(store: &Store, name: &str, number: u32) -> (AthleteId, Vec<Vec<u8>>) {
    let word = |what: &str| format!("{what}-of-{name}");
    let athlete = store.add_athlete(name, &word("note")).unwrap();
    let consent = Consent {
        day: parse_day("2026-03-01"),
        purpose: word("purpose"),
        given: true,
        note: word("signature"),
    };
    store.add_consent(athlete, &consent).unwrap();
    let mut words: Vec<String> =
        ["note", "purpose", "signature", "rain", "plan", "label", "coach", "finding", "pain"]
            .map(word)
            .into();
    let mut bytes = Vec::new();
    for k in 0..30 {
        let own = sample_recording(number + k);
        bytes.push(agoge_formats::encode_parquet(&own).unwrap()[..100].to_vec());
        let id = store
            .save_recording(athlete, parse_day("2026-03-01").plus_days(k as i32), &own)
            .unwrap();
        words.extend([
            store.recording_row(id).unwrap().hash.to_string(),
            format!("take-{}.trc", number + k),
        ]);
        store
            .save_analysis(
                id,
                &sample_analysis(f64::from(k), &word("finding")),
                &AnalysisProvenance::default(),
            )
            .unwrap();
        let (value, author) = (json!(word("label")), word("coach"));
        store
            .save_label(&NewLabel {
                recording: id,
                other: None,
                kind: "event",
                value: &value,
                author: &author,
            })
            .unwrap();
        // Long texts lie on pages of their own.
        store
            .save_plan(athlete, parse_day("2026-03-01"), &json!(word("plan").repeat(500)))
            .unwrap();
    }
    store.note_session(athlete, parse_day("2026-03-01"), &word("rain")).unwrap();
    let folder = store.load_folder(&store.load_athlete(athlete).unwrap());
    std::fs::create_dir_all(folder.join("samples")).unwrap();
    std::fs::write(folder.join("injuries.csv"), word("pain")).unwrap();
    words.push(name.to_owned());
    bytes.extend(words.into_iter().map(String::into_bytes));
    (athlete, bytes)
}

#[test]
fn a_deleted_athlete_leaves_no_byte_and_others_keep_theirs() {
    let (folder, store) = temp_library();
    let (mia, hers) = fill_athlete(&store, "Mia Marathon", 1000);
    let (ada, gone) = fill_athlete(&store, "Ada Achilles", 2000);
    // What both have stays with the other.
    let shared =
        store.save_recording(mia, parse_day("2026-03-02"), &sample_recording(2000)).unwrap();
    let before = folder_bytes(folder.path());
    let missing = |all: &[u8], words: &[Vec<u8>]| -> Vec<String> {
        words
            .iter()
            .filter(|word| !contains_bytes(all, word))
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect()
    };
    assert_eq!(missing(&before, &gone), Vec::<String>::new());
    store.delete_athlete(ada).unwrap();
    // The store is still open: the log has to be empty now, not when the program ends.
    let after = folder_bytes(folder.path());
    let kept = std::fs::read(store.recording_file(shared).unwrap()).unwrap();
    let shared_words = [
        kept[..100].to_vec(),
        b"take-2000.trc".to_vec(),
        store.recording_row(shared).unwrap().hash.to_string().into_bytes(),
    ];
    let left: Vec<&Vec<u8>> = gone
        .iter()
        .filter(|word| !shared_words.contains(word) && contains_bytes(&after, word))
        .collect();
    assert!(
        left.is_empty(),
        "{:?}",
        left.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>()
    );
    assert_eq!(missing(&after, &hers), Vec::<String>::new());
    assert_eq!(store.load_recording(shared).unwrap(), sample_recording(2000));
    assert!(store.check_library().unwrap().is_clean());
    assert!(matches!(store.delete_athlete(ada), Err(StoreError::NotFound { .. })));
    // The number is not given again.
    assert!(store.add_athlete("Ada Achilles", "").unwrap() > ada);
}

#[test]
fn a_deletion_that_was_broken_off_is_finished_by_the_next_one_who_opens() {
    let (folder, store) = temp_library();
    let (ada, gone) = fill_athlete(&store, "Ada Achilles", 1);
    let path = folder.path().join(DATABASE_FILE);
    // What a deletion commits before it removes the first file.
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "foreign_keys", "on").unwrap();
    other.execute_batch(
        "BEGIN; INSERT INTO removals (hash) SELECT hash FROM recordings; INSERT INTO removals (name) VALUES ('Ada Achilles');
         INSERT INTO removals VALUES (NULL, NULL); DELETE FROM athletes; COMMIT;",
    )
    .unwrap();
    drop((other, store));
    let store = Store::open(folder.path()).unwrap();
    let all = folder_bytes(folder.path());
    let left: Vec<_> = gone
        .iter()
        .filter(|word| contains_bytes(&all, word))
        .map(|word| String::from_utf8_lossy(word))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(store.load_athlete(ada).is_err() && store.check_library().unwrap().is_clean());
}

#[test]
fn a_reader_elsewhere_keeps_the_log_and_that_is_said() {
    let (folder, store) = temp_library();
    let ada = store.add_athlete("Ada Achilles", "").unwrap();
    let reader = Connection::open(folder.path().join(DATABASE_FILE)).unwrap();
    let _ = reader.execute_batch("BEGIN; SELECT count(*) FROM athletes;");
    store.connection().busy_timeout(std::time::Duration::from_millis(50)).unwrap();
    let said = store.delete_athlete(ada).unwrap_err();
    assert!(matches!(said, StoreError::Traces { .. }), "{said}");
    drop((reader, store));
    drop(Store::open(folder.path()).unwrap());
    assert!(!contains_bytes(&folder_bytes(folder.path()), b"Ada Achilles"));
}

#[test]
fn a_deleted_recording_takes_its_analyses_and_labels_along() {
    let (folder, store) = temp_library();
    let ada = store.add_athlete("Ada", "").unwrap();
    let (first, second) = (
        store.save_recording(ada, parse_day("2026-03-01"), &sample_recording(1)).unwrap(),
        store.save_recording(ada, parse_day("2026-03-01"), &sample_recording(2)).unwrap(),
    );
    let analysis = store
        .save_analysis(
            first,
            &sample_analysis(1.0, "The-left-heel"),
            &AnalysisProvenance::default(),
        )
        .unwrap();
    let value = json!("better");
    store
        .save_label(&NewLabel {
            recording: second,
            other: Some(first),
            kind: "pair",
            value: &value,
            author: "coach",
        })
        .unwrap();
    store.delete_recording(first).unwrap();
    assert!(store.load_recording(first).is_err() && store.load_analysis(analysis).is_err());
    assert!(
        store.recording_labels(second).unwrap().is_empty(),
        "what two were compared by goes with either"
    );
    assert!(
        !contains_bytes(&folder_bytes(folder.path()), b"The-left-heel")
            && store.check_library().unwrap().is_clean()
    );
    assert_eq!(store.load_recording(second).unwrap(), sample_recording(2));
}
