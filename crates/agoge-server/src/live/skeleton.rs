//! Sessions of skeleton frames and of worn sensors.

use super::conversation::{Conversation, ConversationOver};
use super::protocol::{LiveFormat, LiveHello, LiveMessage};
use super::socket::open_socket;
use crate::api_error::ApiError;
use crate::state::AppState;
use axum::extract::State;
use axum::extract::ws::{Message as Wire, WebSocketUpgrade};
use axum::response::Response;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Instant;

/// Largest message of skeleton frames, bytes: enough for 256 joints with all their digits.
const MAX_MESSAGE_BYTES: usize = 32 << 10;

/// `/live`
pub(crate) async fn serve_skeleton(
    State(app): State<Arc<AppState>>,
    ws: WebSocketUpgrade,
) -> Result<Response, ApiError> {
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
                    Ok(LiveMessage { end: true, .. }) => Err(ConversationOver),
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
