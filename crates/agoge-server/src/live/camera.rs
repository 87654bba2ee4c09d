//! Live sessions from camera pictures, in which the server's own pose network finds the athlete.

use super::conversation::{Conversation, Incoming};
use super::protocol::LiveFormat;
use super::socket::{MAX_WRITE_BUFFER, open_socket};
use crate::api_error::ApiError;
use crate::state::AppState;
use agoge::motion::recording::MISSING;
use agoge::motion::{Skeleton, Space};
use agoge::vision::{LANDMARKS, PersonTracker, Pixels, PoseModel, TrackedPerson, VideoImage};
use axum::extract::State;
use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Limits on a picture: bytes of the JPEG, and width and height, px.
const MAX_PICTURE_BYTES: usize = 2 << 20;
const MAX_PICTURE_SIDE: usize = 1920;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraHello {
    movement: String,
    #[serde(default)]
    athlete: Option<i64>,
}

/// A picture waiting for the network, and what the network found in one.
struct QueuedPicture {
    t: f64,
    jpeg: Vec<u8>,
    received: Instant,
}
struct TrackedPicture {
    t: f64,
    size: [usize; 2],
    tracked: Option<TrackedPerson>,
    received: Instant,
}

/// `/live/camera`: binary messages of 8 bytes time (s, little-endian double) followed by a JPEG.
pub(crate) async fn serve_camera(
    State(app): State<Arc<AppState>>,
    ws: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let shared = app.clone();
    open_socket(
        ws,
        &app.cameras,
        MAX_PICTURE_BYTES.max(MAX_WRITE_BUFFER),
        move |socket, place| async move {
            let (mut conversation, mut stream) = Conversation::from_socket(shared, socket);
            if follow_camera(&mut conversation, &mut stream).await.is_some() {
                conversation.end_session().await;
            }
            drop(place);
        },
    )
}

async fn follow_camera(
    conversation: &mut Conversation,
    stream: &mut futures_util::stream::SplitStream<axum::extract::ws::WebSocket>,
) -> Option<()> {
    let Message::Text(text) = conversation.next_message(stream).await? else {
        let _ = conversation
            .report_fault("the first message is text; hint: docs/reference/live.md shows it")
            .await;
        return Some(());
    };
    let Ok(hello) = serde_json::from_str::<CameraHello>(&text) else {
        let _ = conversation
            .report_fault("the first message names the movement; hint: {\"movement\": \"squat\"}")
            .await;
        return Some(());
    };
    let tracker = tokio::task::spawn_blocking(|| {
        Ok::<_, agoge::Error>(PersonTracker::new(&agoge::pose_folder()?, PoseModel::Lite, 1)?)
    })
    .await
    .ok()?;
    let tracker = match tracker {
        Ok(tracker) => tracker,
        Err(error) => {
            let _ = conversation.report_fault(&error.to_string()).await;
            return Some(());
        }
    };
    let space = Space::Image { width: None, height: None };
    conversation
        .open_session(
            &hello.movement,
            &LiveFormat::for_joints(Skeleton::mediapipe_33(), space),
            hello.athlete,
        )
        .await
        .ok()?;
    // At most one picture is processed and one waits; newer ones do not replace them but are
    // dropped and counted.
    let (send, pictures) = mpsc::channel::<QueuedPicture>(1);
    let (results, mut seen) = mpsc::channel::<TrackedPicture>(4);
    let network = tokio::task::spawn_blocking(move || track_pictures(tracker, pictures, &results));
    let mut left_out = 0u64;
    let mut until = conversation.silence_deadline();
    loop {
        tokio::select! {
            incoming = conversation.next_incoming(stream, until) => match incoming {
                Incoming::Message(Message::Binary(bytes)) => {
                    until = conversation.silence_deadline();
                    let Some((t, jpeg)) = bytes.split_first_chunk::<8>() else {
                        if conversation.report_fault("a picture begins with its time; hint: docs/reference/live.md").await.is_err() { break }
                        continue;
                    };
                    let sent = QueuedPicture { t: f64::from_le_bytes(*t), jpeg: jpeg.to_vec(), received: Instant::now() };
                    if send.try_send(sent).is_err() { left_out += 1 }
                }
                Incoming::Message(_) => break,
                Incoming::Finished(done) => if conversation.send_finished(done).await.is_err() { break },
                Incoming::End(why) => {
                    conversation.send_farewell(why).await;
                    break;
                }
            },
            seen_picture = seen.recv() => match seen_picture {
                Some(seen_picture) => if send_pose(conversation, &seen_picture, left_out).await.is_err() { break },
                None => break,
            },
        }
    }
    drop(send);
    seen.close();
    let _ = network.await;
    Some(())
}

/// Runs the pose network on pictures until no more come; blocks its thread.
fn track_pictures(
    mut tracker: PersonTracker,
    mut pictures: mpsc::Receiver<QueuedPicture>,
    results: &mpsc::Sender<TrackedPicture>,
) {
    while let Some(QueuedPicture { t, jpeg, received }) = pictures.blocking_recv() {
        let Some(picture) = decode_picture(jpeg) else { continue };
        let size = [picture.width(), picture.height()];
        let who = if t.is_finite() { tracker.push(&picture, t).into_iter().next() } else { None };
        if results.blocking_send(TrackedPicture { t, size, tracked: who, received }).is_err() {
            return;
        }
    }
}

/// Decodes a JPEG of bounded size; none if it is invalid.
fn decode_picture(jpeg: Vec<u8>) -> Option<VideoImage> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_PICTURE_SIDE)
        .set_max_height(MAX_PICTURE_SIDE)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    let pixels = decoder.decode().ok()?;
    let info = decoder.info()?;
    VideoImage::new(usize::from(info.width), usize::from(info.height), Pixels::Rgb(pixels))
}

async fn send_pose(
    conversation: &mut Conversation,
    seen: &TrackedPicture,
    left_out: u64,
) -> Result<(), super::conversation::ConversationOver> {
    let (mut position, mut confidence) = (vec![MISSING; LANDMARKS], vec![0.0; LANDMARKS]);
    let height = seen.size[1] as f64;
    let mut joints = Vec::new();
    if let Some(TrackedPerson { body, .. }) = &seen.tracked {
        for joint in 0..LANDMARKS {
            let [x, y] = body.picture[joint].map(f64::from);
            position[joint] = [x, height - y, f64::NAN];
            confidence[joint] = body.visibility[joint];
            joints.push([
                x.round(),
                y.round(),
                (f64::from(confidence[joint]) * 100.0).round() / 100.0,
            ]);
        }
    }
    let latency_ms = 1e3 * seen.received.elapsed().as_secs_f64();
    conversation.send_json(&json!({ "event": "pose", "t": seen.t, "size": seen.size, "joints": joints, "left_out": left_out, "latency_ms": latency_ms })).await?;
    conversation.feed_frame(seen.t, &position, &confidence, seen.received).await
}
