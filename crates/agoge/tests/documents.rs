//! Checks docs/reference/analysis.md and docs/reference/config.md against the types they describe.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "functions of tests fail by panicking"
)]

use agoge::analysis::{Aspect, AspectKind, Explanation, JointLink, PlantedResult};
use agoge::kinematics::coordination::CouplingPattern;
use agoge::motion::Part;
use agoge::motion::condition::LowPassFilter;
use agoge::motion::filter::CutoffCorrection;
use agoge::motion::recording::MISSING;
use agoge::motion::simulate::{
    Corruption, DropJump, Exercise, SimulatedCamera, SimulatedFault, SimulatedFaultKind,
    SimulatedGait, SimulatedSet,
};
use agoge::{Analysis, AnalysisOptions, Models, analyze};
use serde_json::Value;
use std::collections::BTreeSet;

fn document(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The names in backticks at the beginning of table rows.
fn documented(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(field, _)| field.into())
        .collect()
}

/// Collects the path of every field below a value; `[]` stands for each member of a list of
/// objects.
fn paths(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                paths(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(members) => {
            for member in members.iter().filter(|member| member.is_object()) {
                paths(member, &format!("{path}[]"), found);
            }
        }
        _ => {}
    }
}

/// Adds the parts that simulated sets do not produce (a joint link, a change of timing, an aspect
/// and a control), so that every field has a value.
fn shown_whole(mut why: Explanation) -> Explanation {
    let joint = |part| (part, "knee_flexion".to_owned());
    why.links.push(JointLink {
        proximal: joint(Part::LeftKnee),
        distal: joint(Part::RightKnee),
        value_deg: 40.0,
        expected_deg: 10.0,
        sd_deg: Some(3.0),
        pattern: CouplingPattern::InPhase,
        expected_pattern: CouplingPattern::InPhase,
        attention: 1.2,
        at: 0.5,
        path: vec![[10.0, 20.0]],
        expected_path: vec![[10.0, 10.0]],
    });
    why.aspects.push(Aspect { name: AspectKind::Range, percentile: 40.0, low: 30.0, high: 50.0 });
    why.changes[0].timing = why.timing.first().cloned();
    why.gate.planted = vec![PlantedResult { method: "shown".to_owned(), hit: 0.9 }];
    why
}

/// Analyses in which together every list has a member and every object is present: a faulty set in
/// three dimensions compared with a clean one, a film, a landing, a stance with a body mass, a set
/// under a wrong name, and a walk.
fn analyses() -> [Analysis; 6] {
    let fault = SimulatedFault {
        kind: SimulatedFaultKind::Shallow,
        side: None,
        repetitions: 1..=4,
        size: 30.0,
    };
    let clean =
        SimulatedSet { repetitions: 4, rate_hz: 30.0, ..SimulatedSet::new(Exercise::Squat) };
    let mut faulty = SimulatedSet { faults: vec![fault], ..clean.clone() }.simulate().recording;
    Corruption { noise: 0.004, dropout: 0.05, swaps: 0.02, outliers: 0.001, seed: 1 }
        .apply_to(&mut faulty);
    let clean = clean.simulate().recording;
    let options = AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() };
    let mut in_space = analyze(&faulty, Some(&clean), Models::bundled(), &options).unwrap();
    let reference = agoge::Reference::Recordings(vec![clean.clone()]);
    let why = agoge::explain(&in_space, &reference, Models::bundled(), &options).unwrap().unwrap();
    in_space.analysis.explanation = Some(shown_whole(why));
    let in_space = in_space.analysis;
    let mut film = SimulatedCamera::phone(0.0).film_recording(&clean);
    let joints = film.joint_count();
    film.position[..10 * joints].fill(MISSING);
    let filmed = analyze(&film, None, Models::bundled(), &options).unwrap().analysis;
    let options =
        AnalysisOptions { movement: "drop_jump".to_owned(), ..AnalysisOptions::default() };
    let jump = DropJump::default().simulate().0.recording;
    let landed = analyze(&jump, None, Models::bundled(), &options).unwrap().analysis;
    let stance = AnalysisOptions {
        movement: "squat".to_owned(),
        mass_kg: Some(70.0),
        ..AnalysisOptions::default()
    };
    let weighed = analyze(&clean, None, Models::bundled(), &stance).unwrap().analysis;
    let trusted = AnalysisOptions {
        movement: "lunge".to_owned(),
        trust_name: true,
        ..AnalysisOptions::default()
    };
    let mut misnamed = analyze(&clean, None, Models::bundled(), &trusted).unwrap().analysis;
    // Not every rule is about a curve.
    for rule in misnamed.repetitions.iter_mut().flat_map(|repetition| &mut repetition.unlike) {
        rule.curve = Some("knee_flexion".to_owned());
    }
    for feature in misnamed.resemblance.iter_mut().flat_map(|record| &mut record.failed) {
        feature.rule.curve = Some("knee_flexion".to_owned());
    }
    let walking = AnalysisOptions { movement: "walking".to_owned(), ..AnalysisOptions::default() };
    let walk = SimulatedGait::walking().simulate().0;
    let walked = analyze(&walk, None, Models::bundled(), &walking).unwrap().analysis;
    [in_space, filmed, landed, weighed, misnamed, walked]
}

#[test]
fn every_field_of_the_analysis_is_documented() {
    let text = document("reference/analysis.md");
    let mut found = BTreeSet::new();
    for analysis in analyses() {
        paths(&serde_json::to_value(&analysis).unwrap(), "", &mut found);
    }
    // The options are those of the configuration, which has a document of its own.
    found.retain(|path| !path.starts_with("provenance.options."));
    // An object that no sample has would hide its fields: these deep paths show that none is
    // hidden.
    for deep in [
        "repetitions[].score.low",
        "repetitions[].events[].frame",
        "findings[].cue",
        "bands[].deviation",
        "explanation.changes[].pictured.frame",
        "explanation.changes[].gain.low",
        "explanation.links[].at",
        "jumps[].height_m",
        "landing.items[].by",
        "moments.peaks[].error_nm",
        "gait.values[].error_source",
        "gait.norms[].people",
    ] {
        assert!(found.contains(deep), "{deep} is in no sample");
    }
    assert_eq!(documented(&text), found, "left: documented, right: written");
    assert!(text.contains(agoge::analysis::ANALYSIS_SCHEMA));
}

/// How the values of a type are serialised.
fn written<T: serde::Serialize>(values: &[T]) -> Vec<String> {
    values
        .iter()
        .map(|value| serde_json::to_value(value).unwrap().as_str().unwrap().to_owned())
        .collect()
}

/// Every enumerated value that a field may hold, taken from the types, is documented.
#[test]
fn every_word_of_the_analysis_is_documented() {
    use Unit::{
        Degree, DegreePerSecond, Metre, MetrePerSecond, Newton, NewtonMetre, One, PerMinute,
        Percent, Second, Trunk, TrunkPerSecond,
    };
    use agoge::analysis::{Certainty, DataVerdict};
    use agoge::kinematics::{CameraView, Unit};
    use agoge::motion::UpAxis;
    let text = document("reference/analysis.md");
    let units = [
        Degree,
        DegreePerSecond,
        Metre,
        MetrePerSecond,
        Trunk,
        TrunkPerSecond,
        Second,
        Percent,
        Newton,
        NewtonMetre,
        PerMinute,
        One,
    ];
    let words = [
        written(&[DataVerdict::Good, DataVerdict::Usable, DataVerdict::Poor]),
        written(&[Certainty::Low, Certainty::Moderate, Certainty::High]),
        written(&[
            CameraView::Spatial,
            CameraView::Frontal,
            CameraView::Sagittal,
            CameraView::Oblique,
        ]),
        written(&[UpAxis::Y, UpAxis::Z, UpAxis::YDown]),
        written(&units),
    ];
    for word in words.concat() {
        assert!(text.contains(&format!("`{word}`")), "{word}");
    }
}

fn butterworth(correction: CutoffCorrection) -> LowPassFilter {
    LowPassFilter::Butterworth { order: 4, cutoff_hz: 6.0, correction }
}

#[test]
fn every_key_of_the_configuration_is_documented() {
    let text = document("reference/config.md");
    let mut found = BTreeSet::new();
    let filters = [
        butterworth(CutoffCorrection::None),
        LowPassFilter::Whittaker { lambda: 10.0 },
        LowPassFilter::None,
    ];
    for filter in filters {
        let mut options = AnalysisOptions::default();
        options.condition.filter = filter;
        paths(&serde_json::to_value(&options).unwrap(), "", &mut found);
    }
    // Tables are headings in the document, not rows.
    for table in ["read", "video", "condition", "condition.filter"] {
        assert!(found.remove(table), "{table}");
    }
    assert_eq!(documented(&text), found, "left: documented, right: read");
}

/// The examples of docs/reference/config.md.
fn examples() -> Vec<AnalysisOptions> {
    let text = document("reference/config.md");
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let folder = tempfile::tempdir().unwrap();
    blocks
        .map(|block| {
            let path = folder.path().join("example.toml");
            std::fs::write(&path, block).unwrap();
            AnalysisOptions::from_file(&path).unwrap_or_else(|error| panic!("{error}"))
        })
        .collect()
}

#[test]
fn the_examples_of_the_configuration_are_read_as_they_say() {
    let [defaults, full] = &examples()[..] else { panic!("two examples") };
    assert_eq!(*defaults, AnalysisOptions::default());
    full.check_values().unwrap();
    let value = serde_json::to_value(full).unwrap();
    let mut found = BTreeSet::new();
    paths(&value, "", &mut found);
    let said =
        |path: &String| !value.pointer(&format!("/{}", path.replace('.', "/"))).unwrap().is_null();
    assert!(found.iter().all(said), "the second example leaves nothing out: {value}");
}
