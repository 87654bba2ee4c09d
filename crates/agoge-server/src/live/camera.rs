//! Live sessions from camera pictures, in which the server's own pose network finds the athlete.

use super::protocol::Agreed;
use super::talk::{Came, Talk};
use super::{WAITING, open};
use crate::app::App;
use agoge::motion::recording::MISSING;
use agoge::motion::{Skeleton, Space};
use agoge::vision::{LANDMARKS, Picture, Pixels, Pose, Tracked, Tracker};
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
const LARGEST: usize = 2 << 20;
const WIDEST: usize = 1920;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hello {
    movement: String,
    #[serde(default)]
    athlete: Option<i64>,
}

/// A picture waiting for the network, and what the network found in one.
struct Sent {
    t: f64,
    jpeg: Vec<u8>,
    received: Instant,
}
struct Seen {
    t: f64,
    size: [usize; 2],
    who: Option<Tracked>,
    received: Instant,
}

/// `/live/camera`: binary messages of 8 bytes time (s, little-endian double) followed by a JPEG.
pub(crate) async fn camera(State(app): State<Arc<App>>, ws: WebSocketUpgrade) -> Response {
    let shared = app.clone();
    open(ws, &app.cameras, LARGEST.max(WAITING), move |socket, place| async move {
        let (mut conversation, mut stream) = Talk::begin(shared, socket);
        if follow(&mut conversation, &mut stream).await.is_some() {
            conversation.end().await;
        }
        drop(place);
    })
}

async fn follow(
    conversation: &mut Talk,
    stream: &mut futures_util::stream::SplitStream<axum::extract::ws::WebSocket>,
) -> Option<()> {
    let Message::Text(text) = conversation.next(stream).await? else {
        let _ = conversation.fault("the first message is text; hint: docs/LIVE.md shows it").await;
        return Some(());
    };
    let Ok(hello) = serde_json::from_str::<Hello>(&text) else {
        let _ = conversation
            .fault("the first message names the movement; hint: {\"movement\": \"squat\"}")
            .await;
        return Some(());
    };
    let tracker = tokio::task::spawn_blocking(|| {
        Ok::<_, agoge::Error>(Tracker::new(&agoge::pose_folder()?, Pose::Lite, 1)?)
    })
    .await
    .ok()?;
    let tracker = match tracker {
        Ok(tracker) => tracker,
        Err(error) => {
            let _ = conversation.fault(&error.to_string()).await;
            return Some(());
        }
    };
    let space = Space::Image { width: None, height: None };
    conversation
        .open(&hello.movement, &Agreed::seen(Skeleton::mediapipe_33(), space), hello.athlete)
        .await
        .ok()?;
    // At most one picture is processed and one waits; newer ones do not replace them but are
    // dropped and counted.
    let (send, pictures) = mpsc::channel::<Sent>(1);
    let (results, mut seen) = mpsc::channel::<Seen>(4);
    let network = tokio::task::spawn_blocking(move || look(tracker, pictures, &results));
    let mut left_out = 0u64;
    let mut until = conversation.patience();
    loop {
        tokio::select! {
            incoming = conversation.came(stream, until) => match incoming {
                Came::Message(Message::Binary(bytes)) => {
                    until = conversation.patience();
                    let Some((t, jpeg)) = bytes.split_first_chunk::<8>() else {
                        if conversation.fault("a picture begins with its time; hint: docs/LIVE.md").await.is_err() { break }
                        continue;
                    };
                    let sent = Sent { t: f64::from_le_bytes(*t), jpeg: jpeg.to_vec(), received: Instant::now() };
                    if send.try_send(sent).is_err() { left_out += 1 }
                }
                Came::Message(_) => break,
                Came::Done(done) => if conversation.found(done).await.is_err() { break },
                Came::Nothing(why) => {
                    conversation.farewell(why).await;
                    break;
                }
            },
            seen_picture = seen.recv() => match seen_picture {
                Some(seen_picture) => if say(conversation, &seen_picture, left_out).await.is_err() { break },
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
fn look(mut tracker: Tracker, mut pictures: mpsc::Receiver<Sent>, results: &mpsc::Sender<Seen>) {
    while let Some(Sent { t, jpeg, received }) = pictures.blocking_recv() {
        let Some(picture) = decode(jpeg) else { continue };
        let size = [picture.width(), picture.height()];
        let who = if t.is_finite() { tracker.push(&picture, t).into_iter().next() } else { None };
        if results.blocking_send(Seen { t, size, who, received }).is_err() {
            return;
        }
    }
}

/// Decodes a JPEG of bounded size; none if it is invalid.
fn decode(jpeg: Vec<u8>) -> Option<Picture> {
    let options = DecoderOptions::default()
        .set_max_width(WIDEST)
        .set_max_height(WIDEST)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
    let pixels = decoder.decode().ok()?;
    let info = decoder.info()?;
    Picture::new(usize::from(info.width), usize::from(info.height), Pixels::Rgb(pixels))
}

async fn say(conversation: &mut Talk, seen: &Seen, left_out: u64) -> Result<(), super::talk::Over> {
    let (mut position, mut confidence) = (vec![MISSING; LANDMARKS], vec![0.0; LANDMARKS]);
    let height = seen.size[1] as f64;
    let mut joints = Vec::new();
    if let Some(Tracked { body, .. }) = &seen.who {
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
    conversation.tell(&json!({ "event": "pose", "t": seen.t, "size": seen.size, "joints": joints, "left_out": left_out, "latency_ms": latency_ms })).await?;
    conversation.frame(seen.t, &position, &confidence, seen.received).await
}
