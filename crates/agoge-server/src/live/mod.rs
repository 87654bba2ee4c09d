//! Live sessions over WebSockets.

mod camera;
mod desk;
mod keep;
mod protocol;
mod talk;

pub(crate) use camera::camera;
pub(crate) use desk::Desks;
pub(crate) use keep::recover;

use crate::app::App;
use agoge::motion::simulate::{Exercise, Fault, FaultKind, Set};
use axum::Json;
use axum::extract::State;
use axum::extract::ws::{Message as Wire, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use protocol::{Agreed, Hello, Message};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use talk::Talk;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Largest message of skeleton frames, bytes: enough for 256 joints with all their digits.
const LARGEST: usize = 32 << 10;
/// Bytes that may wait for a client's network connection.
const WAITING: usize = 256 << 10;

/// Accepts a WebSocket if a place is free.
fn open<F>(
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
        .max_write_buffer_size(WAITING)
        .on_upgrade(move |socket| converse(socket, place))
}

/// `/live`
pub(crate) async fn skeleton(State(app): State<Arc<App>>, ws: WebSocketUpgrade) -> Response {
    let shared = app.clone();
    open(ws, &app.live, LARGEST, move |socket, place| async move {
        let (mut conversation, mut stream) = Talk::begin(shared, socket);
        let mut agreed: Option<Agreed> = None;
        let (mut position, mut confidence) = (Vec::new(), Vec::new());
        while let Some(message) = conversation.next(&mut stream).await {
            let received = Instant::now();
            let result = match &agreed {
                None => match read::<Hello>(&message).and_then(|hello| Ok((hello.agree()?, hello))) {
                    Ok((format, hello)) => {
                        let opened = conversation.open(&hello.movement, &format, hello.athlete).await;
                        agreed = Some(format);
                        opened
                    }
                    Err(what) => conversation.fault(&what).await,
                },
                Some(agreed) => match read::<Message>(&message) {
                    Ok(Message { end: true, .. }) => Err(talk::Over),
                    Ok(Message { t: Some(t), joints: None, sensor: Some(samples), .. }) => match &agreed.sensor {
                        Some(sensor) => conversation.felt(t, &samples, sensor, received).await,
                        None => conversation.fault("no sensor was named; hint: name it in the hello").await,
                    },
                    Ok(Message { t: Some(t), joints: Some(joints), sensor: None, .. }) if agreed.is_seen => {
                        match agreed.place(&joints, &mut position, &mut confidence) {
                            Ok(()) => conversation.frame(t, &position, &confidence, received).await,
                            Err(what) => conversation.fault(&what).await,
                        }
                    }
                    Ok(_) => {
                        conversation.fault("a message has t, and joints or samples of a sensor; hint: docs/LIVE.md shows them")
                            .await
                    }
                    Err(what) => conversation.fault(&what).await,
                },
            };
            if result.is_err() {
                break;
            }
        }
        conversation.end().await;
        drop(place);
    })
}

/// A message as JSON (text) or MessagePack (binary).
fn read<T: DeserializeOwned>(message: &Wire) -> Result<T, String> {
    let wrong = |error: &dyn std::fmt::Display| {
        format!("not a message of this protocol ({error}); hint: docs/LIVE.md shows them")
    };
    match message {
        Wire::Text(text) => serde_json::from_str(text).map_err(|error| wrong(&error)),
        Wire::Binary(bytes) => rmp_serde::from_slice(bytes).map_err(|error| wrong(&error)),
        _ => Err(wrong(&"neither text nor bytes")),
    }
}

/// `/api/simulated`: a hello and the frames of eight simulated squats, some of them shallow, at 30
/// frames per second.
pub(crate) async fn simulated() -> Json<Value> {
    let shallow = Fault { kind: FaultKind::Shallow, side: None, repetitions: 3..=8, size: 30.0 };
    let set = Set {
        rate_hz: 30.0,
        repetitions: 8,
        faults: vec![shallow],
        attempt_after: Some(4),
        ..Set::new(Exercise::Squat)
    };
    let recording = set.simulate().recording;
    let names: Vec<&str> =
        recording.skeleton.joints.iter().map(|joint| joint.name.as_str()).collect();
    let millimetres = |v: f64| (v * 1e3).round() / 1e3;
    let frames: Vec<Value> = (0..recording.frames())
        .map(|frame| {
            let joints: Vec<Option<[f64; 3]>> = (0..recording.joints())
                .map(|joint| recording.at(frame, joint).map(millimetres))
                .map(|p| p[0].is_finite().then_some(p))
                .collect();
            json!({ "t": millimetres(recording.time[frame]), "joints": joints })
        })
        .collect();
    Json(
        json!({ "simulated": true, "rate_hz": 30, "hello": { "joints": names, "space": "3d", "movement": "squat" }, "frames": frames }),
    )
}
