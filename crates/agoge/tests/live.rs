//! Live sessions on simulated athletes, for whom the truth is known.
#![allow(clippy::unwrap_used)] // this whole file is test code

use agoge::kinematics::live::MovementOutcome;
use agoge::live::{FrameError, LiveEvent, LiveSession};
use agoge::motion::Space;
use agoge::motion::simulate::{
    Exercise, SimulatedFault as Planted, SimulatedFaultKind, SimulatedSet,
};
use agoge::{AnalysisOptions, Models, analyze};
use std::collections::VecDeque;

fn run(movement: &str, set: &SimulatedSet) -> Vec<LiveEvent> {
    let recording = set.simulate().recording;
    let mut session =
        LiveSession::new(movement, recording.skeleton.clone(), recording.space, Models::bundled())
            .unwrap();
    let mut events = Vec::new();
    for (frame, &time_s) in recording.time.iter().enumerate() {
        let row = frame * recording.joint_count()..(frame + 1) * recording.joint_count();
        events.extend(
            session
                .push(time_s, &recording.position[row.clone()], &recording.confidence[row])
                .unwrap(),
        );
    }
    events.extend(session.end_stream());
    events
}

/// Like [`run`], with the results of slow work delivered ten frames late.
fn run_late(movement: &str, set: &SimulatedSet) -> Vec<LiveEvent> {
    let recording = set.simulate().recording;
    let mut session =
        LiveSession::new(movement, recording.skeleton.clone(), recording.space, Models::bundled())
            .unwrap();
    let (mut events, mut open) = (Vec::new(), VecDeque::new());
    for (frame, &time_s) in recording.time.iter().enumerate() {
        let row = frame * recording.joint_count()..(frame + 1) * recording.joint_count();
        let heard = session
            .push_deferred(time_s, &recording.position[row.clone()], &recording.confidence[row])
            .unwrap();
        assert!(matches!(heard.events.last(), Some(LiveEvent::Metric { .. })));
        events.extend(heard.events);
        open.extend(heard.tasks.into_iter().map(|stretch| (frame + 10, stretch)));
        while open.front().is_some_and(|(due, _)| *due <= frame) {
            let (_, stretch) = open.pop_front().unwrap();
            let heard = session.apply_result(stretch.run_task());
            events.extend(heard.events);
            open.extend(heard.tasks.into_iter().map(|stretch| (frame + 10, stretch)));
        }
    }
    events
}

/// Delayed measurements lose nothing: the same repetitions with the same numbers.
#[test]
fn what_is_told_late_is_the_same() {
    let set = SimulatedSet { repetitions: 8, ..squats() };
    for movement in ["squat", "auto"] {
        let all = |events: Vec<LiveEvent>| -> Vec<LiveEvent> {
            events
                .into_iter()
                .filter(|event| matches!(event, LiveEvent::Repetition { .. }))
                .collect()
        };
        let (now, late) = (all(run(movement, &set)), all(run_late(movement, &set)));
        assert!(now.len() == 8 && late.len() == 8, "{movement}: {} and {}", now.len(), late.len());
        for (now, late) in now.iter().zip(&late) {
            let [now, mut late] = [now, late].map(|event| serde_json::to_value(event).unwrap());
            // Repetitions that ended before the movement was known are reported once it is, with
            // the encoder's reading of the seconds before that moment.
            late["t"] = now["t"].clone();
            for of_the_moment in ["movement", "certainty"] {
                late["model"][of_the_moment] = now["model"][of_the_moment].clone();
            }
            assert_eq!(rounded(now), rounded(late), "{movement}");
        }
    }
}

/// Without the last digits of numbers: smoothness is measured by spectra whose rounding depends on
/// how much follows.
fn rounded(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(number) => Value::from((number * 1e9).round() / 1e9 + 0.0),
            None => Value::Number(number),
        },
        Value::Array(values) => values.into_iter().map(rounded).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, rounded(value))).collect()
        }
        other => other,
    }
}

/// Squats under the name of a lunge are no repetitions, and each says why.
#[test]
fn another_movement_does_not_count_and_says_why() {
    let events = run("lunge", &squats());
    assert_eq!(repetitions(&events, MovementOutcome::Completed), 0);
    assert!(repetitions(&events, MovementOutcome::Unlike) >= 5);
    for event in &events {
        if let LiveEvent::Repetition {
            outcome: MovementOutcome::Unlike, unlike, completed, ..
        } = event
        {
            assert!(!unlike.is_empty() && *completed == 0);
        }
        assert!(!matches!(event, LiveEvent::Cue { during: false, .. }));
    }
}

fn squats() -> SimulatedSet {
    SimulatedSet { rate_hz: 30.0, repetitions: 6, ..SimulatedSet::new(Exercise::Squat) }
}

fn repetitions(events: &[LiveEvent], wanted: MovementOutcome) -> usize {
    events
        .iter()
        .filter(
            |event| matches!(event, LiveEvent::Repetition { outcome, .. } if *outcome == wanted),
        )
        .count()
}

#[test]
fn a_set_is_counted_and_each_frame_answered() {
    let set = SimulatedSet { attempt_after: Some(3), ..squats() };
    let events = run("squat", &set);
    assert_eq!(
        (
            repetitions(&events, MovementOutcome::Completed),
            repetitions(&events, MovementOutcome::Attempted)
        ),
        (6, 1)
    );
    let answers = events.iter().filter(|event| matches!(event, LiveEvent::Metric { .. })).count();
    assert_eq!(answers, set.simulate().recording.frame_count());
    let text = serde_json::to_value(&events[0]).unwrap();
    assert_eq!(
        (text["event"].as_str(), text["name"].as_str(), text["how"].as_str()),
        (Some("movement"), Some("squat"), Some("given"))
    );
    assert!(
        !events.iter().any(|event| matches!(event, LiveEvent::Cue { .. })),
        "clean squats need no cue"
    );
}

/// Live measurements agree with those of an analysis of the whole recording.
#[test]
fn metrics_are_those_of_an_analysis() {
    let set = squats();
    let events = run("squat", &set);
    let options = AnalysisOptions { movement: "squat".to_owned(), ..AnalysisOptions::default() };
    let whole =
        analyze(&set.simulate().recording, None, Models::bundled(), &options).unwrap().analysis;
    let depth = |metrics: &[agoge::kinematics::Metric]| {
        metrics.iter().find(|metric| metric.name == "depth").unwrap().value
    };
    let live: Vec<f64> = events
        .iter()
        .filter_map(|event| match event {
            LiveEvent::Repetition { metrics, phases, .. } => {
                assert_eq!(
                    phases.iter().map(|phase| phase.name.as_str()).collect::<Vec<_>>(),
                    ["descent", "ascent"]
                );
                Some(depth(metrics))
            }
            _ => None,
        })
        .collect();
    for (live, report) in live.iter().zip(&whole.repetitions) {
        // Live, the end of the data is nearer to the filter: within half a degree of 110.
        assert!((live - depth(&report.metrics)).abs() < 0.5, "{live} {}", depth(&report.metrics));
    }
}

#[test]
fn shallow_squats_are_cued_before_they_end_and_not_each_time() {
    let shallow =
        Planted { kind: SimulatedFaultKind::Shallow, side: None, repetitions: 1..=8, size: 35.0 };
    let events = run("squat", &SimulatedSet { repetitions: 8, faults: vec![shallow], ..squats() });
    let cues: Vec<bool> = events
        .iter()
        .filter_map(|event| match event {
            LiveEvent::Cue { cue, during, .. } if cue.metric == "depth" => Some(*during),
            _ => None,
        })
        .collect();
    assert!((1..=3).contains(&cues.len()), "{cues:?}");
    assert!(cues.iter().all(|during| *during), "there is time on the way up: {cues:?}");
}

#[test]
fn a_movement_that_nobody_named_is_found_and_counted_from_the_beginning() {
    let events = run("auto", &SimulatedSet { repetitions: 8, ..squats() });
    let named = events.iter().find_map(|event| match event {
        LiveEvent::Movement { name, how, .. } => Some((name.as_str(), *how)),
        _ => None,
    });
    assert!(named.is_some(), "something is followed");
    assert_eq!(repetitions(&events, MovementOutcome::Completed), 8, "{named:?}");
}

#[test]
fn wrong_frames_are_refused_and_change_nothing() {
    let recording = squats().simulate().recording;
    let n = recording.joint_count();
    let (p, c) = (&recording.position[..n], &recording.confidence[..n]);
    let mut session =
        LiveSession::new("squat", recording.skeleton.clone(), Space::World, Models::bundled())
            .unwrap();
    session.push(1.0, p, c).unwrap();
    assert!(matches!(session.push(1.0, p, c), Err(FrameError::Order { .. })));
    assert!(matches!(session.push(f64::NAN, p, c), Err(FrameError::Order { .. })));
    assert!(matches!(session.push(2.0, &p[1..], &c[1..]), Err(FrameError::Joints { .. })));
    let mut infinite = p.to_vec();
    infinite[3][1] = f64::INFINITY;
    assert_eq!(session.push(2.0, &infinite, c), Err(FrameError::NotFinite { joint: 3 }));
    assert!(session.push(1.1, p, c).is_ok());
    assert!(
        LiveSession::new("moonwalk", recording.skeleton.clone(), Space::World, Models::bundled())
            .is_err()
    );
}
