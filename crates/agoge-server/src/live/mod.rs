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

/// Largest message of skeleton frames, bytes: 256 joints with all their digits fit.
const LARGEST: usize = 32 << 10;
/// Bytes that may wait for a client's network.
const WAITING: usize = 256 << 10;

/// Opens a socket if a place is free.
fn open<F>(
    ws: WebSocketUpgrade,
    places: &Arc<Semaphore>,
    largest: usize,
    talk: impl FnOnce(WebSocket, OwnedSemaphorePermit) -> F + Send + 'static,
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
        .on_upgrade(move |socket| talk(socket, place))
}

/// `/live`
pub(crate) async fn skeleton(State(app): State<Arc<App>>, ws: WebSocketUpgrade) -> Response {
    let own = app.clone();
    open(ws, &app.live, LARGEST, move |socket, place| async move {
        let (mut talk, mut stream) = Talk::begin(own, socket);
        let mut agreed: Option<Agreed> = None;
        let (mut position, mut sure) = (Vec::new(), Vec::new());
        while let Some(message) = talk.next(&mut stream).await {
            let received = Instant::now();
            let done = match &agreed {
                None => match read::<Hello>(&message).and_then(|hello| Ok((hello.agree()?, hello))) {
                    Ok((now, hello)) => {
                        let opened = talk.open(&hello.movement, &now, hello.athlete).await;
                        agreed = Some(now);
                        opened
                    }
                    Err(what) => talk.fault(&what).await,
                },
                Some(agreed) => match read::<Message>(&message) {
                    Ok(Message { end: true, .. }) => Err(talk::Over),
                    Ok(Message { t: Some(t), joints: None, sensor: Some(samples), .. }) => match &agreed.sensor {
                        Some(sensor) => talk.felt(t, &samples, sensor, received).await,
                        None => talk.fault("no sensor was named; hint: name it in the hello").await,
                    },
                    Ok(Message { t: Some(t), joints: Some(joints), sensor: None, .. }) if agreed.is_seen => {
                        match agreed.place(&joints, &mut position, &mut sure) {
                            Ok(()) => talk.frame(t, &position, &sure, received).await,
                            Err(what) => talk.fault(&what).await,
                        }
                    }
                    Ok(_) => {
                        talk.fault("a message has t, and joints or samples of a sensor; hint: docs/LIVE.md shows them")
                            .await
                    }
                    Err(what) => talk.fault(&what).await,
                },
            };
            if done.is_err() {
                break;
            }
        }
        talk.end().await;
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

/// `/api/simulated`: a hello, and the frames of eight squats of which some are shallow, at 30 a
/// second.
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
