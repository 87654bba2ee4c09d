//! Live sessions over WebSockets.

mod camera;
mod conversation;
mod protocol;
mod recorder;
mod workers;

pub(crate) use camera::serve_camera;
pub(crate) use recorder::recover_sessions;
pub(crate) use workers::WorkerPool;

use crate::app::AppState;
use agoge::motion::simulate::{Exercise, SimulatedFault, SimulatedFaultKind, SimulatedSet};
use axum::Json;
use axum::extract::State;
use axum::extract::ws::{Message as Wire, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use conversation::Conversation;
use protocol::{LiveFormat, LiveHello, LiveMessage};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Largest message of skeleton frames, bytes: enough for 256 joints with all their digits.
const MAX_MESSAGE_BYTES: usize = 32 << 10;
/// Bytes that may wait for a client's network connection.
const MAX_WRITE_BUFFER: usize = 256 << 10;

/// Accepts a WebSocket if a place is free.
fn open_socket<F>(
    ws: WebSocketUpgrade,
    places: &Arc<Semaphore>,
    largest: usize,
    converse: impl FnOnce(WebSocket, OwnedSemaphorePermit) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = ()> + Send + 'static,
{
    let Ok(place) = places.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "all places for live sessions are taken\n")
            .into_response();
    };
    ws.max_message_size(largest)
        .max_frame_size(largest)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .on_upgrade(move |socket| converse(socket, place))
}

/// `/live`
pub(crate) async fn serve_skeleton(
    State(app): State<Arc<AppState>>,
    ws: WebSocketUpgrade,
) -> Response {
    let shared = app.clone();
    open_socket(ws, &app.live, MAX_MESSAGE_BYTES, move |socket, place| async move {
        let (mut conversation, mut stream) = Conversation::from_socket(shared, socket);
        let mut agreed: Option<LiveFormat> = None;
        let (mut position, mut confidence) = (Vec::new(), Vec::new());
        while let Some(message) = conversation.next_message(&mut stream).await {
            let received = Instant::now();
            let result = match &agreed {
                None => match decode_message::<LiveHello>(&message).and_then(|hello| Ok((hello.to_format()?, hello))) {
                    Ok((format, hello)) => {
                        let opened = conversation.open_session(&hello.movement, &format, hello.athlete).await;
                        agreed = Some(format);
                        opened
                    }
                    Err(what) => conversation.report_fault(&what).await,
                },
                Some(agreed) => match decode_message::<LiveMessage>(&message) {
                    Ok(LiveMessage { end: true, .. }) => Err(conversation::ConversationOver),
                    Ok(LiveMessage { t: Some(t), joints: None, sensor: Some(samples), .. }) => match &agreed.sensor {
                        Some(sensor) => conversation.feed_samples(t, &samples, sensor, received).await,
                        None => conversation.report_fault("no sensor was named; hint: name it in the hello").await,
                    },
                    Ok(LiveMessage { t: Some(t), joints: Some(joints), sensor: None, .. }) if agreed.has_joints => {
                        match agreed.convert_frame(&joints, &mut position, &mut confidence) {
                            Ok(()) => conversation.feed_frame(t, &position, &confidence, received).await,
                            Err(what) => conversation.report_fault(&what).await,
                        }
                    }
                    Ok(_) => {
                        conversation.report_fault("a message has t, and joints or samples of a sensor; hint: docs/reference/live.md shows them")
                            .await
                    }
                    Err(what) => conversation.report_fault(&what).await,
                },
            };
            if result.is_err() {
                break;
            }
        }
        conversation.end_session().await;
        drop(place);
    })
}

/// A message as JSON (text) or MessagePack (binary).
fn decode_message<T: DeserializeOwned>(message: &Wire) -> Result<T, String> {
    let wrong = |error: &dyn std::fmt::Display| {
        format!("not a message of this protocol ({error}); hint: docs/reference/live.md shows them")
    };
    match message {
        Wire::Text(text) => serde_json::from_str(text).map_err(|error| wrong(&error)),
        Wire::Binary(bytes) => rmp_serde::from_slice(bytes).map_err(|error| wrong(&error)),
        _ => Err(wrong(&"neither text nor bytes")),
    }
}

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
