//! Opening of WebSockets.

use crate::api_error::ApiError;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that may wait for a client's network connection.
pub(super) const MAX_WRITE_BUFFER: usize = 256 << 10;

/// Accepts a WebSocket if a place is free.
pub(super) fn open_socket<F>(
    ws: WebSocketUpgrade,
    places: &Arc<Semaphore>,
    largest: usize,
    converse: impl FnOnce(WebSocket, OwnedSemaphorePermit) -> F + Send + 'static,
) -> Result<Response, ApiError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let Ok(place) = places.clone().try_acquire_owned() else {
        let what = "all places for live sessions are taken\n";
        return Err(ApiError::refuse(StatusCode::SERVICE_UNAVAILABLE, what));
    };
    Ok(ws
        .max_message_size(largest)
        .max_frame_size(largest)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .on_upgrade(move |socket| converse(socket, place)))
}
