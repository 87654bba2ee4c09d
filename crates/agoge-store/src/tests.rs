//! The library from outside: what is stored comes back, names and texts of users stay texts, what
//! is deleted is gone.

mod deleting;
mod hostile;
mod locking;
mod names;
mod whole;

use super::*;
use agoge_analysis::Analysis;
use agoge_motion::{Day, Recording, RecordingSource, Skeleton, Space};
use serde_json::json;

pub(crate) fn parse_day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A recording of one knee whose positions are told apart by a number.
pub(crate) fn sample_recording(number: u32) -> Recording {
    let skeleton = Skeleton::from_parts("one", [("knee", None)]);
    let source = RecordingSource {
        skeleton: None,
        name: format!("take-{number}.trc"),
        format: "trc".into(),
        ..RecordingSource::default()
    };
    let time = (0..50).map(|frame| f64::from(frame) / 50.0).collect();
    let position = (0..50).map(|frame| [f64::from(number), f64::from(frame), 0.5]).collect();
    Recording::new(source, skeleton.into(), Space::World, time, position, vec![1.0; 50]).unwrap()
}

/// An analysis with a score and a finding.
pub(crate) fn sample_analysis(score: f64, finding: &str) -> Analysis {
    let mut value = json!({
        "schema": "agoge.analysis/1", "version": "0.1.0",
        "input": {
            "source": RecordingSource::default(), "skeleton": "one", "space": Space::World, "view": "spatial", "frames": 50,
            "rate_hz": 50.0, "duration_s": 1.0, "height_m": null, "invented": []
        },
        "quality": { "verdict": "good", "reasons": [], "seen": 1.0, "joints": [], "bad_frames": [] },
        "repairs": [], "movement": { "name": "squat", "title": "Squat", "how": "given", "certainty": 1.0, "others": [] },
        "repetitions": [], "metrics": [], "score": { "value": score, "low": score, "high": score, "method": "definition checks" },
        "findings": [], "bands": [], "refused": []
    });
    if !finding.is_empty() {
        value["findings"] = json!([{
            "title": finding, "detail": "", "part": "left_knee", "curve": null, "side": null, "phase": null, "repetitions": [], "of": 1,
            "metric": "depth", "value": 1.0, "expected": 2.0, "uncertainty": 0.1, "unit": "deg", "importance": 1.0, "certainty": "high",
            "evidence": "check", "source": "", "cue": "", "drill": ""
        }]);
    }
    serde_json::from_value(value).unwrap()
}

fn temp_library() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

#[test]
fn what_is_stored_comes_back() {
    let (folder, store) = temp_library();
    let ada = store.add_athlete("Ada K.", "left-handed").unwrap();
    let consent = Consent {
        day: parse_day("2026-03-01"),
        purpose: "video".into(),
        given: true,
        note: "signed".into(),
    };
    store.add_consent(ada, &consent).unwrap();
    let own = sample_recording(1);
    let id = store.save_recording(ada, parse_day("2026-03-02"), &own).unwrap();
    assert_eq!(
        store.save_recording(ada, parse_day("2026-03-09"), &own).unwrap(),
        id,
        "the same recording is stored once"
    );
    let made = AnalysisProvenance {
        model: Some("ui_prmd".into()),
        options: json!({ "movement": "squat" }),
    };
    let first = store.save_analysis(id, &sample_analysis(70.0, ""), &made).unwrap();
    assert_eq!(
        store.save_analysis(id, &sample_analysis(70.0, ""), &made).unwrap(),
        first,
        "the same analysis is stored once"
    );
    let other = store
        .save_analysis(id, &sample_analysis(70.0, ""), &AnalysisProvenance::default())
        .unwrap();
    assert_ne!(other, first, "made otherwise it is another");
    let value = json!({ "time_s": 0.5 });
    let label =
        NewLabel { recording: id, other: None, kind: "event", value: &value, author: "coach" };
    store.save_label(&label).unwrap();
    store.save_plan(ada, parse_day("2026-03-03"), &json!({ "a": 1 })).unwrap();
    store.save_plan(ada, parse_day("2026-03-10"), &json!({ "a": 2 })).unwrap();
    store.note_session(ada, parse_day("2026-03-02"), "rain").unwrap();
    drop(store);

    let store = Store::open(folder.path()).unwrap();
    let row = store.find_athlete("ada k.").unwrap();
    assert_eq!((row.id, row.name.as_str(), row.note.as_str()), (ada, "Ada K.", "left-handed"));
    assert_eq!(store.list_consents(ada).unwrap(), [consent]);
    assert_eq!(store.list_sessions(ada).unwrap()[0].note, "rain");
    assert_eq!(store.load_recording(id).unwrap(), own);
    let rows = store.list_recordings(ada).unwrap();
    assert_eq!(
        (rows.len(), rows[0].day, rows[0].frames, rows[0].name.as_str()),
        (1, parse_day("2026-03-02"), 50, "take-1.trc")
    );
    assert_eq!(store.load_analysis(first).unwrap(), sample_analysis(70.0, ""));
    assert_eq!(store.analysis_options(first).unwrap(), made.options);
    assert_eq!(store.analysis_row(first).unwrap().model.as_deref(), Some("ui_prmd"));
    assert_eq!(store.recording_labels(id).unwrap()[0].value, value);
    let plans: Vec<_> =
        store.list_plans(ada).unwrap().into_iter().map(|plan| plan.plan["a"].as_i64()).collect();
    assert_eq!(plans, [Some(2), Some(1)]);
    assert!(store.check_library().unwrap().is_clean());
}

#[test]
fn the_overview_has_the_newest_day_of_everyone() {
    let (_folder, store) = temp_library();
    let (zoe, ada) = (store.add_athlete("Zoë", "").unwrap(), store.add_athlete("Ada", "").unwrap());
    store.add_athlete("Mia", "").unwrap();
    // The later day is stored first: what counts is the day, not when it was stored.
    for (athlete, on, score) in
        [(ada, "2026-03-09", 80.0), (ada, "2026-03-02", 60.0), (zoe, "2026-01-01", 50.0)]
    {
        let id =
            store.save_recording(athlete, parse_day(on), &sample_recording(score as u32)).unwrap();
        store
            .save_analysis(id, &sample_analysis(score, "The knee"), &AnalysisProvenance::default())
            .unwrap();
    }
    let seen = store.squad_overview().unwrap();
    let short: Vec<_> = seen
        .iter()
        .map(|own| {
            (
                own.athlete.name.as_str(),
                own.recordings,
                own.analyses,
                own.last.as_ref().and_then(|last| last.score),
            )
        })
        .collect();
    assert_eq!(short, [("Ada", 2, 2, Some(80.0)), ("Mia", 0, 0, None), ("Zoë", 1, 1, Some(50.0))]);
    assert_eq!(seen[0].last.as_ref().unwrap().finding.as_deref(), Some("The knee"));
    let scores: Vec<_> = store.list_analyses(ada, 9).unwrap().iter().map(|row| row.score).collect();
    assert_eq!(scores, [Some(80.0), Some(60.0)]);
    assert_eq!(store.list_analyses(ada, 1).unwrap().len(), 1);
}

#[test]
fn a_live_recording_is_there_part_by_part_until_it_is_ended() {
    let (folder, store) = temp_library();
    let ada = store.add_athlete("Ada", "").unwrap();
    let live = store.begin_live(ada, parse_day("2026-03-01"), &json!({ "joints": 33 })).unwrap();
    let parts: Vec<Vec<u8>> = (0..5u8).map(|k| vec![k; 100]).collect();
    parts.iter().for_each(|part| store.append_live(live, part).unwrap());
    // Another program finds what was given away so far.
    let other = Store::open(folder.path()).unwrap();
    let found = other.list_live().unwrap();
    assert_eq!(
        (found.len(), found[0].id, found[0].athlete, &found[0].head),
        (1, live, ada, &json!({ "joints": 33 }))
    );
    assert_eq!(other.live_parts(live).unwrap(), parts);
    store.end_live(live).unwrap();
    assert!(other.list_live().unwrap().is_empty() && other.live_parts(live).unwrap().is_empty());
    assert!(matches!(store.append_live(live, b""), Err(StoreError::NotFound { .. })));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_a_library() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, store) = temp_library();
    let ada = store.add_athlete("Ada", "").unwrap();
    store.save_recording(ada, parse_day("2026-03-01"), &sample_recording(1)).unwrap();
    for name in ["library.sqlite", "library.sqlite-wal", "recordings", "athletes", "incoming"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}
