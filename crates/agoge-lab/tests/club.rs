//! Learning an injury-warning model from the logs of a library's athletes, and when it may be
//! shown.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

use agoge::athlete::ImportOptions;
use agoge::motion::Day;
use agoge::{LoadFolder, Store};
use agoge_lab::learn_club;
use agoge_lab::squad::SimulatedSquad;
use agoge_load::club::ClubResult;
use agoge_train::warning::OddsModelKind;
use std::fmt::Write;
use std::path::Path;

/// Fills a library with a simulated squad as its athletes would have logged it: each with a diary
/// of loads and a table of injuries.
fn fill(folder: &Path, squad: &SimulatedSquad) -> Store {
    let store = Store::open(folder).unwrap();
    let first: Day = "2023-01-01".parse().unwrap();
    for number in 0..squad.athletes {
        let days = squad.simulate_athlete(number).days;
        let (mut diary, mut injuries) =
            (String::from("date,load\n"), String::from("day,area,tissue,days_lost\n"));
        for (place, load) in days.load.iter().enumerate() {
            let day = first.plus_days(place as i32);
            if load.is_finite() {
                _ = writeln!(diary, "{day},{load}");
            }
            if days.injured[place] {
                let lost = days.at_risk[place + 1..].iter().take_while(|risk| !**risk).count();
                _ = writeln!(injuries, "{day},T,muscle_tendon,{lost}");
            }
        }
        let name = format!("Athlete {number}");
        store.athlete_or_new(&name).unwrap();
        let files = [("diary.csv", diary), ("injured.csv", injuries)].map(|(file, text)| {
            let path = folder.join(file);
            std::fs::write(&path, text).unwrap();
            path
        });
        let done = LoadFolder::new(folder, &name)
            .unwrap()
            .import_files(&files, ImportOptions::default(), || ())
            .unwrap();
        assert!(done.refused.is_empty(), "{done:?}");
    }
    store
}

fn learned(athletes: usize, effect: f64) -> ClubResult {
    let folder = tempfile::tempdir().unwrap();
    let store =
        fill(folder.path(), &SimulatedSquad { athletes, effect, ..SimulatedSquad::default() });
    learn_club(&store, None, OddsModelKind::Logistic).unwrap()
}

/// 30 athletes over three years with a planted effect: the model may be shown, per athlete, without
/// a probability.
#[test]
fn a_planted_effect_is_spoken_of() {
    let club = learned(30, 3.5);
    let report = club.report.as_ref().unwrap();
    assert!(club.may_speak && report.judged.auc_interval[0] > 0.5, "{club:?}");
    // Where it warns, injuries are more frequent than at the base rate, and the report says by how
    // much.
    assert!(
        report.predictive_interval[0] > report.judged.base_rate
            && (report.warned - 0.05).abs() < 0.005
    );
    assert!(
        club.words.len() > 20 && club.words.iter().all(|word| word.moved.len() <= 3),
        "{:?}",
        club.words
    );
    let told = agoge::report::club_terminal(&club);
    for word in [
        "AUC",
        "calibration slope",
        "Brier",
        "base rate",
        "of those followed by an injury",
        "usually",
    ] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let page = agoge::report::club_html(&club);
    assert!(page.contains("may speak") && page.contains("<svg") && !page.contains("NaN"));
}

#[test]
fn without_an_effect_the_rules_speak_alone() {
    let club = learned(30, 0.0);
    assert!(!club.may_speak && club.words.is_empty() && club.report.is_some(), "{club:?}");
    assert!(club.reason.contains("the rules speak alone"), "{}", club.reason);
}

#[test]
fn too_little_is_refused_with_what_is_needed() {
    let club = learned(3, 2.5);
    assert!(club.report.is_none() && !club.may_speak);
    for word in [
        "3 athletes",
        "needed are",
        "athlete-years",
        "injuries without contact",
        "the rules speak alone",
    ] {
        assert!(club.reason.contains(word), "{word}: {}", club.reason);
    }
}

/// An athlete who refused training consent is not used.
#[test]
fn a_refusal_of_consent_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = fill(
        folder.path(),
        &SimulatedSquad { athletes: 3, days: 200, ..SimulatedSquad::default() },
    );
    let one = store.find_athlete("Athlete 1").unwrap().id;
    let purpose = agoge::library::training_set::CONSENT_PURPOSE.to_owned();
    let day = "2026-01-01".parse().unwrap();
    store
        .add_consent(
            one,
            &agoge::store::Consent { day, purpose, given: false, note: String::new() },
        )
        .unwrap();
    assert_eq!(learn_club(&store, None, OddsModelKind::Logistic).unwrap().amount.athletes, 2);
}
