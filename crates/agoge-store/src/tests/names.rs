//! Names and other texts of users: what could leave the folder or mislead is refused, everything
//! else stays the text that it is.

use super::*;
use crate::{check_name, files};
use proptest::prelude::*;

#[test]
fn names_that_would_leave_the_library_or_mislead_are_refused() {
    let (folder, store) = temp_library();
    for name in [
        "",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "/etc/passwd",
        "C:x",
        ".hidden",
        "a\nb",
        "a\0b",
        "a\u{1b}[2J",
        "a\u{202e}b",
        "a\u{2028}b",
        "a\u{200b}",
        " a",
        "a ",
        &"x".repeat(101),
    ] {
        assert!(matches!(store.add_athlete(name, ""), Err(StoreError::Name)), "{name:?}");
        assert!(matches!(store.athlete_or_new(name), Err(StoreError::Name)), "{name:?}");
        assert!(store.find_athlete(name).is_err());
    }
    assert!(store.list_athletes().unwrap().is_empty());
    assert_eq!(
        files::list_entries(&folder.path().join(files::ATHLETES)).unwrap(),
        Vec::<std::path::PathBuf>::new()
    );
}

#[test]
fn what_looks_like_sql_or_a_script_is_a_name() {
    let (_folder, store) = temp_library();
    let names = [
        "Robert'); DROP TABLE athletes;--",
        "\" OR \"1\"=\"1",
        "' OR '1'='1",
        "<img src=x onerror=alert(1)>",
        "{{7*7}}",
        "%",
        "_",
        "李娜",
        "Zoë K.",
        "x' UNION SELECT 1--",
    ];
    for name in names {
        store.add_athlete(name, name).unwrap();
    }
    for name in names {
        let found = store.search_athletes(name).unwrap();
        assert!(found.iter().any(|own| own.name == name && own.note == name));
        // A percent sign or an underscore finds itself, not everybody.
        assert!(
            found.iter().all(|own| own.name.to_lowercase().contains(&name.to_lowercase())),
            "{name}: {found:?}"
        );
    }
    assert_eq!(store.list_athletes().unwrap().len(), names.len());
    assert_eq!(store.search_athletes("zOË").unwrap().len(), 1);
    assert!(
        matches!(store.add_athlete("ZOË k.", ""), Err(StoreError::AthleteExists { .. })),
        "folders of some systems know no capitals"
    );
    assert!(store.labels_of_kind("x' OR '1'='1").unwrap().is_empty());
}

#[test]
fn messages_are_one_line_with_a_hint() {
    let (_folder, store) = temp_library();
    for error in [
        store.find_athlete("a\nb").unwrap_err(),
        store.load_athlete(AthleteId(7)).unwrap_err(),
        store.load_recording(RecordingId(7)).unwrap_err(),
        store.save_plan(AthleteId(7), parse_day("2026-01-01"), &json!(null)).unwrap_err(),
        store.add_athlete("..", "").unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.lines().count() == 1 && text.contains("hint:"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_name_that_is_taken_stays_one_folder_of_the_library(name in "\\PC{0,30}|[./\\\\:a-c \u{0}-\u{1f}]{0,6}") {
        if check_name(&name).is_ok() {
            let path = std::path::Path::new("library").join(&name);
            let parts: Vec<_> = path.components().collect();
            prop_assert_eq!(parts.len(), 2);
            prop_assert!(matches!(parts[1], std::path::Component::Normal(own) if own == name.as_str()));
            prop_assert_eq!(name.lines().count(), 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_comes_back_as_it_was(texts in prop::collection::vec(any::<String>(), 4)) {
        let (_folder, store) = temp_library();
        let ada = store.add_athlete("Ada", &texts[0]).unwrap();
        let consent = Consent { day: parse_day("2026-03-01"), purpose: texts[1].clone(), given: false, note: texts[2].clone() };
        store.add_consent(ada, &consent).unwrap();
        let id = store.save_recording(ada, parse_day("2026-03-01"), &sample_recording(1)).unwrap();
        let value = json!({ "said": texts[3] });
        store.save_label(&NewLabel { recording: id, other: None, kind: &texts[0], value: &value, author: &texts[1] }).unwrap();
        prop_assert_eq!(&store.load_athlete(ada).unwrap().note, &texts[0]);
        prop_assert_eq!(store.list_consents(ada).unwrap(), vec![consent]);
        prop_assert_eq!(&store.labels_of_kind(&texts[0]).unwrap()[0].value, &value);
        store.search_athletes(&texts[2]).unwrap();
    }
}
