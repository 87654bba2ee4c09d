//! A simulated athlete for the live page.

use agoge::motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
use axum::Json;
use serde_json::{Value, json};

/// `/api/simulated`: a hello and the frames of eight simulated squats, some of them shallow, at 30
/// frames per second.
pub(crate) async fn serve_simulated() -> Json<Value> {
    let shallow = SimulatedFault {
        kind: SimulatedFaultKind::Shallow,
        side: None,
        repetitions: 3..=8,
        size: 30.0,
    };
    let set = SimulatedSet {
        rate_hz: 30.0,
        repetitions: 8,
        faults: vec![shallow],
        attempt_after: Some(4),
        ..SimulatedSet::new(Exercise::Squat)
    };
    let recording = set.simulate().recording;
    let names: Vec<&str> =
        recording.skeleton.joints.iter().map(|joint| joint.name.as_str()).collect();
    let millimetres = |v: f64| (v * 1e3).round() / 1e3;
    let frames: Vec<Value> = (0..recording.frame_count())
        .map(|frame| {
            let joints: Vec<Option<[f64; 3]>> = (0..recording.joint_count())
                .map(|joint| recording.position_at(frame, joint).map(millimetres))
                .map(|p| p[0].is_finite().then_some(p))
                .collect();
            json!({ "t": millimetres(recording.time[frame]), "joints": joints })
        })
        .collect();
    Json(
        json!({ "simulated": true, "rate_hz": 30, "hello": { "joints": names, "space": "3d", "movement": "squat" }, "frames": frames }),
    )
}
