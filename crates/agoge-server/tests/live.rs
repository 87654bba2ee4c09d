//! Live sessions over real sockets: well-behaved clients are served, misbehaving ones harm only
//! themselves.
#![allow(clippy::unwrap_used, clippy::panic)] // this whole file is test code

mod common;

use agoge_server::ServerLimits;
use common::{completed, get, hear_all, live, polite, say, server, squats};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn a_set_of_squats_is_counted_and_each_frame_answered() {
    let running = server(None, ServerLimits::default()).await;
    let heard = polite(running.address).await;
    assert_eq!(heard[0]["event"], "ready");
    assert_eq!(completed(&heard), 5);
    let answers = heard.iter().filter(|event| event["event"] == "metric").count();
    assert_eq!(answers, squats().1.len());
    assert!(
        heard
            .iter()
            .filter(|event| event["event"] == "metric")
            .all(|event| event["latency_ms"].is_f64())
    );
    assert_eq!(heard.last().unwrap()["event"], "bye");
    let (_, _, metrics) = get(running.address, "/metrics").await;
    assert!(
        metrics.contains(&format!("agoge_live_frames_total {answers}\n"))
            && metrics.contains("agoge_live_sessions 0\n"),
        "{metrics}"
    );
    running.shut_down().await;
}

#[tokio::test]
async fn messagepack_says_the_same_as_json() {
    let running = server(None, ServerLimits::default()).await;
    let (hello, frames) = squats();
    let mut socket = live(running.address).await;
    let packed = |value: &Value| Message::binary(rmp_serde::to_vec_named(value).unwrap());
    socket.send(packed(&hello)).await.unwrap();
    for frame in &frames[..60] {
        socket.send(packed(frame)).await.unwrap();
    }
    socket.send(packed(&json!({ "end": true }))).await.unwrap();
    let heard = hear_all(&mut socket).await;
    assert_eq!(heard.iter().filter(|event| event["event"] == "metric").count(), 60);
    running.shut_down().await;
}

/// Samples of a sensor on a thigh at 50 Hz: two seconds of rest, then a squat by 80 degrees every
/// four seconds; sent in blocks of five, one of them lost.
fn thigh(squats: usize) -> Vec<Value> {
    let angle = |t: f64| match (t - 2.0).rem_euclid(4.0) {
        within if t > 2.0 && within < 3.0 => {
            40.0 * (1.0 - (std::f64::consts::TAU * within / 3.0).cos())
        }
        _ => 0.0,
    };
    let sample = |t: f64| {
        let (up, step) = (angle(t).to_radians(), 1e-4);
        json!([
            0.0,
            9.80665 * up.cos(),
            -9.80665 * up.sin(),
            (angle(t + step) - angle(t - step)) / (2.0 * step),
            0.0,
            0.0
        ])
    };
    let blocks = (2 + 4 * squats) * 10;
    let block = |block: usize| {
        let t = block as f64 / 10.0;
        let samples: Vec<Value> = (0..5)
            .map(|at| if block == 3 { Value::Null } else { sample(t + at as f64 / 50.0) })
            .collect();
        json!({ "t": t, "sensor": samples })
    };
    (0..blocks).map(block).collect()
}

#[tokio::test]
async fn a_worn_sensor_alone_is_counted_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let ada = agoge::Store::open(folder.path()).unwrap().add_athlete("Ada", "").unwrap();
    let running = server(Some(folder.path().to_owned()), ServerLimits::default()).await;
    let mut socket = live(running.address).await;
    say(
        &mut socket,
        &json!({ "sensor": { "part": "right_thigh", "rate_hz": 50 }, "athlete": ada.0 }),
    )
    .await;
    for block in thigh(6) {
        say(&mut socket, &block).await;
    }
    // Impossible samples are reported and tolerated; joints were not agreed on.
    say(&mut socket, &json!({ "t": 27.0, "sensor": vec![Value::Null; 401] })).await;
    say(&mut socket, &json!({ "t": 27.0, "joints": [null] })).await;
    say(&mut socket, &json!({ "end": true })).await;
    let heard = hear_all(&mut socket).await;
    assert_eq!(heard.iter().filter(|event| event["event"] == "error").count(), 2);
    assert_eq!(completed(&heard), 6);
    let last = heard.iter().rfind(|event| event["event"] == "repetition").unwrap();
    let tilt =
        last["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "tilt").unwrap();
    assert!((tilt["value"].as_f64().unwrap() - 80.0).abs() < 4.0, "{tilt}");
    running.shut_down().await;
    // The recorder finishes once everything is written; then the analysis exists, with the same
    // squats.
    for _ in 0..100 {
        let store = agoge::Store::open(folder.path()).unwrap();
        if let [analysis] = &store.list_analyses(ada, 9).unwrap()[..] {
            assert_eq!((analysis.movement.as_str(), analysis.repetitions), ("worn_sensor", 6));
            let recording = store.load_recording(analysis.recording).unwrap();
            assert_eq!((recording.channels.len(), recording.channels[0].values.len()), (6, 1300));
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the session was not kept");
}

#[tokio::test]
async fn a_sensor_beside_the_joints_is_kept_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let ada = agoge::Store::open(folder.path()).unwrap().add_athlete("Ada", "").unwrap();
    let running = server(Some(folder.path().to_owned()), ServerLimits::default()).await;
    let (mut hello, frames) = squats();
    hello["sensor"] = json!({ "part": "right_thigh", "rate_hz": 50, "acceleration": "g" });
    hello["athlete"] = ada.0.into();
    let mut socket = live(running.address).await;
    say(&mut socket, &hello).await;
    let mut blocks = thigh(8).into_iter().peekable();
    for frame in &frames {
        say(&mut socket, frame).await;
        while let Some(block) = blocks.next_if(|block| block["t"].as_f64() <= frame["t"].as_f64()) {
            say(&mut socket, &block).await;
        }
    }
    say(&mut socket, &json!({ "end": true })).await;
    let heard = hear_all(&mut socket).await;
    assert_eq!(
        (completed(&heard), heard.iter().filter(|event| event["event"] == "error").count()),
        (5, 0)
    );
    running.shut_down().await;
    for _ in 0..100 {
        let store = agoge::Store::open(folder.path()).unwrap();
        if let [row] = &store.list_recordings(ada).unwrap()[..] {
            let recording = store.load_recording(row.id).unwrap();
            assert_eq!((recording.frame_count(), recording.channels.len()), (frames.len(), 6));
            assert_eq!(
                (recording.channels[0].unit.as_str(), recording.channels[3].unit.as_str()),
                ("g", "deg/s")
            );
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the session was not kept");
}

/// The error events that a client receives which makes one mistake after another.
async fn mistakes(address: std::net::SocketAddr, messages: Vec<Message>) -> Vec<Value> {
    let mut socket = live(address).await;
    for message in messages {
        // After too many the server has closed.
        if socket.send(message).await.is_err() {
            break;
        }
    }
    let heard = hear_all(&mut socket).await;
    heard.into_iter().filter(|event| event["event"] == "error").collect()
}

#[tokio::test]
async fn mistakes_are_named_forgiven_and_then_the_session_is_closed() {
    let running = server(None, ServerLimits::default()).await;
    let (hello, frames) = squats();
    let joints = |value: Value| Message::text(json!({ "t": 0.5, "joints": value }).to_string());
    let mut other = frames[0].clone();
    other["joints"].as_array_mut().unwrap().pop();
    let errors = mistakes(
        running.address,
        vec![
            Message::text(hello.to_string()),
            Message::text(frames[5].to_string()),
            Message::text(frames[2].to_string()),
            joints(json!([["x", 1, 2]])),
            Message::text(r#"{"t": 0.5, "joints": [[1e999, 0, 0]]}"#),
            Message::text(r#"{"t": NaN, "joints": []}"#),
            Message::text(json!({ "t": 9.0, "joints": other["joints"] }).to_string()),
            Message::text(frames[8].to_string()),
        ],
    )
    .await;
    assert_eq!(errors.len(), 5, "{errors:?}");
    assert!(
        errors.iter().all(|error| error["what"].as_str().unwrap().contains("hint: ")),
        "{errors:?}"
    );
    assert_eq!(errors[4]["closing"], true);
    // Not a number, which JSON cannot express.
    #[derive(serde::Serialize)]
    struct Frame {
        t: f64,
        joints: Vec<[f64; 3]>,
    }
    let packed = |t: f64, x: f64| {
        Message::binary(rmp_serde::to_vec_named(&Frame { t, joints: vec![[x, 0.0, 0.0]] }).unwrap())
    };
    let hello = json!({ "joints": ["left_knee"], "space": "3d", "movement": "squat" }).to_string();
    let end = Message::text(r#"{"end": true}"#);
    let errors = mistakes(
        running.address,
        vec![
            Message::text(hello),
            packed(0.0, f64::NAN),
            packed(f64::NAN, 0.0),
            packed(1.0, 0.0),
            end,
        ],
    )
    .await;
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors.iter().all(|error| error["closing"] == false));
    running.shut_down().await;
}

#[tokio::test]
async fn rude_clients_hurt_only_themselves() {
    let limits = ServerLimits {
        silence: Duration::from_secs(2),
        live: 20,
        connections: 300,
        ..ServerLimits::default()
    };
    let running = server(None, limits).await;
    let address = running.address;
    // Half a request, and nothing more.
    let mut half_open = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /live HTTP/1.1\r\nHost: ").await.unwrap();
        half_open.push(stream);
    }
    let mut mute = Vec::new();
    for _ in 0..5 {
        mute.push(live(address).await);
    }
    let polite_one = tokio::spawn(polite(address));
    // Ten megabytes in one frame.
    let mut heavy = live(address).await;
    let _ = heavy.send(Message::text("x".repeat(10 << 20))).await;
    assert!(
        hear_all(&mut heavy)
            .await
            .iter()
            .all(|event| event["event"] == "error" || event["event"] == "bye")
    );
    // A client that sends forever and reads nothing.
    let (hello, frames) = squats();
    let (mut deaf, _never_read) = live(address).await.split();
    deaf.send(Message::text(hello.to_string())).await.unwrap();
    for time in 0..20_000 {
        let frame = json!({ "t": f64::from(time), "joints": frames[0]["joints"] });
        let sent = tokio::time::timeout(
            Duration::from_secs(5),
            deaf.send(Message::text(frame.to_string())),
        )
        .await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
    // More connections than there are places.
    let mut many = Vec::new();
    for _ in 0..60 {
        many.push(tokio_tungstenite::connect_async(format!("ws://{address}/live")).await);
    }
    assert!(many.iter().any(Result::is_err), "places are bounded");
    let heard = polite_one.await.unwrap();
    assert_eq!(completed(&heard), 5);
    assert_eq!(heard.iter().filter(|event| event["event"] == "metric").count(), frames.len());
    drop((many, mute, half_open));
    // Silent ones are dropped after the server's timeout, and there is room again.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(completed(&polite(address).await), 5);
    running.shut_down().await;
}

#[tokio::test]
async fn hellos_that_make_no_sense_say_why() {
    let running = server(None, ServerLimits::default()).await;
    let mut socket = live(running.address).await;
    say(
        &mut socket,
        &json!({ "skeleton": "mediapipe_33", "space": "3d", "movement": "../../etc/passwd.toml" }),
    )
    .await;
    let heard = hear_all(&mut socket).await;
    assert!(heard[0]["what"].as_str().unwrap().contains("there is no movement"), "{heard:?}");
    running.shut_down().await;
}
