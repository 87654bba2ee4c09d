//! A server for each test, and a client that sends exactly the bytes it is given.
#![allow(dead_code, unreachable_pub)] // each test file uses its own part

pub mod browser;

use agoge_server::{RunningServer, ServerLimits, ServerOptions, start_server};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub async fn server(library: Option<PathBuf>, limits: ServerLimits) -> RunningServer {
    start_server(ServerOptions {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        library,
        limits,
        remote: None,
    })
    .await
    .unwrap()
}

/// Sends a request unchanged and reads the whole answer: status, head and body.
pub async fn raw(address: SocketAddr, request: &[u8]) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and close before everything was sent.
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    // Not every server closes when asked to: the content length says when the answer ends.
    while !is_whole(&bytes) && stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {}
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, head.to_owned(), body.to_owned())
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let length = text
        .split("content-length:")
        .nth(1)
        .and_then(|rest| rest.lines().next()?.trim().parse::<usize>().ok());
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    matches!((head, length), (Some(head), Some(length)) if bytes.len() >= head + 4 + length)
}

pub async fn get(address: SocketAddr, path: &str) -> (u16, String, String) {
    raw(
        address,
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
    )
    .await
}

pub async fn post(
    address: SocketAddr,
    path: &str,
    more: &str,
    body: &[u8],
) -> (u16, String, String) {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}Content-Length: {}\r\n\r\n",
        body.len()
    );
    raw(address, &[head.as_bytes(), body].concat()).await
}

/// A simulated set as a TRC file, to upload.
pub fn recording_file() -> Vec<u8> {
    use agoge::motion::simulate::{Exercise, SimulatedSet};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("set.trc");
    let set = SimulatedSet { rate_hz: 30.0, repetitions: 5, ..SimulatedSet::new(Exercise::Squat) };
    agoge::formats::write_trc(&path, &set.simulate().recording).unwrap();
    std::fs::read(path).unwrap()
}

pub async fn live(address: SocketAddr) -> Socket {
    tokio_tungstenite::connect_async(format!("ws://{address}/live")).await.unwrap().0
}

pub async fn say(socket: &mut Socket, value: &Value) {
    socket.send(Message::text(value.to_string())).await.unwrap();
}

/// All events until the socket closes.
pub async fn hear_all(socket: &mut Socket) -> Vec<Value> {
    let mut heard = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Text(text) = message {
            heard.push(serde_json::from_str(&text).unwrap());
        }
    }
    heard
}

/// A hello and the frames of five squats.
pub fn squats() -> (Value, Vec<Value>) {
    use agoge::motion::simulate::{Exercise, SimulatedSet};
    let recording =
        SimulatedSet { rate_hz: 30.0, repetitions: 5, ..SimulatedSet::new(Exercise::Squat) }
            .simulate()
            .recording;
    let names: Vec<&str> =
        recording.skeleton.joints.iter().map(|joint| joint.name.as_str()).collect();
    let frame = |frame: usize| {
        let joints: Vec<[f64; 3]> =
            (0..recording.joint_count()).map(|joint| recording.position_at(frame, joint)).collect();
        json!({ "t": recording.time[frame], "joints": joints })
    };
    (
        json!({ "joints": names, "space": "3d", "movement": "squat" }),
        (0..recording.frame_count()).map(frame).collect(),
    )
}

/// A well-behaved client: sends all frames, reads as it goes, ends.
pub async fn polite(address: SocketAddr) -> Vec<Value> {
    let (hello, frames) = squats();
    let (mut send, mut hear) = live(address).await.split();
    let hearing = tokio::spawn(async move {
        let mut heard: Vec<Value> = Vec::new();
        while let Some(Ok(message)) = hear.next().await {
            if let Message::Text(text) = message {
                heard.push(serde_json::from_str(&text).unwrap());
            }
        }
        heard
    });
    send.send(Message::text(hello.to_string())).await.unwrap();
    for frame in frames {
        send.send(Message::text(frame.to_string())).await.unwrap();
    }
    send.send(Message::text(r#"{"end":true}"#)).await.unwrap();
    hearing.await.unwrap()
}

pub fn completed(heard: &[Value]) -> usize {
    heard
        .iter()
        .filter(|event| event["event"] == "repetition" && event["outcome"] == "completed")
        .count()
}
