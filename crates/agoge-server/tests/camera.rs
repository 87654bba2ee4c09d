//! The live page with a film as the browser's camera: the server's own network finds the athlete in
//! it. Skipped without `chromedriver`, `AGOGE_TEST_DATA` and `AGOGE_TEST_WEIGHTS`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)] // this whole file is test code

mod common;

use agoge::vision::Video;
use agoge_server::ServerLimits;
use common::browser::Browser;
use common::{get, server};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Size of the simulated camera, px.
const SIZE: [usize; 2] = [360, 640];
/// Environment variable that tells the inner test where its film is.
const FILM: &str = "AGOGE_TEST_CAMERA_FILM";

/// Heights of the athlete's hips and ankles in the first picture of the film, as shares of its
/// height.
const HIPS: f64 = 0.47;
const ANKLES: f64 = 0.64;
/// Share of their length by which the legs seem shorter at the deepest point.
const DEPTH: f64 = 0.4;
/// Frames of one squat, and of the standing before it; 30 a second.
const SQUAT: usize = 70;
const REST: usize = 30;

/// The row of the source picture that is shown in row `row` once the legs are shorter by `sunk`,
/// all as shares of the height: what is above the hips moves down, what is below the ankles stays.
fn row(y: f64, sunk: f64) -> f64 {
    match y {
        _ if y < HIPS + sunk => y - sunk,
        _ if y < ANKLES => HIPS + (y - HIPS - sunk) * (ANKLES - HIPS) / (ANKLES - HIPS - sunk),
        _ => y,
    }
}

/// A squat as the raw video that Chromium plays as a camera in a loop (YUV4MPEG2, 4:2:0, BT.601),
/// each pixel taken from the nearest. No film of a squat is at hand that can be decoded here, so
/// the standing athlete of the film's first picture is made to sink: from the front or from behind,
/// legs that bend are legs that seem shorter.
fn as_camera(film: &Path, to: &Path) {
    let [width, height] = SIZE;
    let mut out = BufWriter::new(std::fs::File::create(to).unwrap());
    writeln!(out, "YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg").unwrap();
    let (_, picture) = Video::open(film, None).unwrap().next_image().unwrap().unwrap();
    let rgb = picture.to_rgb();
    for frame in 0..REST + SQUAT {
        let share = frame.saturating_sub(REST) as f64 / SQUAT as f64;
        let sunk = DEPTH * (ANKLES - HIPS) * 0.5 * (1.0 - (std::f64::consts::TAU * share).cos());
        let at = |x: usize, y: usize| {
            let y = (row((y as f64 + 0.5) / height as f64, sunk).max(0.0) * picture.height() as f64)
                as usize;
            let x = x * picture.width() / width;
            [0, 1, 2].map(|colour| f64::from(rgb[3 * (y * picture.width() + x) + colour]))
        };
        let weighed = |weights: [f64; 3], offset: f64, step: usize| -> Vec<u8> {
            let places = (0..height)
                .step_by(step)
                .flat_map(|y| (0..width).step_by(step).map(move |x| (x, y)));
            places
                .map(|(x, y)| {
                    at(x, y).iter().zip(weights).fold(offset, |sum, (v, w)| sum + v * w) as u8
                })
                .collect()
        };
        out.write_all(b"FRAME\n").unwrap();
        out.write_all(&weighed([0.299, 0.587, 0.114], 0.0, 1)).unwrap();
        out.write_all(&weighed([-0.169, -0.331, 0.5], 128.0, 2)).unwrap();
        out.write_all(&weighed([0.5, -0.419, -0.081], 128.0, 2)).unwrap();
    }
    out.flush().unwrap();
}

/// The network is found by an environment variable, which a test must not change for the tests
/// beside it: the actual test runs in a process of its own.
#[test]
fn an_athlete_before_the_camera_is_seen() {
    let (Some(data), Some(weights)) =
        (std::env::var_os("AGOGE_TEST_DATA"), std::env::var_os("AGOGE_TEST_WEIGHTS"))
    else {
        eprintln!("skipped: AGOGE_TEST_DATA or AGOGE_TEST_WEIGHTS is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let camera = folder.path().join("camera.y4m");
    as_camera(&PathBuf::from(data).join("video/pose2sim_cam03.mp4"), &camera);
    let own = std::env::current_exe().unwrap();
    let done = Command::new(own)
        .args(["--ignored", "--exact", "before_the_camera", "--nocapture"])
        .env("AGOGE_DATA", weights)
        .env(FILM, &camera)
        .status()
        .unwrap();
    assert!(done.success());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by an_athlete_before_the_camera_is_seen"]
async fn before_the_camera() {
    let film = std::env::var(FILM).unwrap();
    let film = format!("--use-file-for-fake-video-capture={film}");
    let camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", &film];
    let Some(browser) = Browser::open_with(1200, 900, &camera).await else {
        eprintln!("skipped: there is no chromedriver");
        return;
    };
    let running = server(None, ServerLimits::default()).await;
    browser.go(&format!("http://{}/watch", running.address)).await;
    browser.run("document.getElementById('movement').value = 'squat'").await;
    browser.click("#camera").await;
    // What drives a squat in front of one camera is measured, and the latency from frame to event
    // is shown.
    browser.until("return document.getElementById('metric').textContent !== '' && document.getElementById('latency').textContent !== '–'").await;
    // The athlete's bones are drawn on the picture, which must be visible beneath them.
    browser.until("const c = document.getElementById('figure'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v > 0).length > 1000").await;
    let covered = browser
        .run("return getComputedStyle(document.getElementById('figure')).backgroundColor")
        .await;
    assert_eq!(covered, "rgba(0, 0, 0, 0)");
    browser.picture("camera").await;
    // Squats are counted and listed.
    browser.until("return document.getElementById('count').textContent >= 2 && document.querySelectorAll('#log li').length >= 2").await;
    browser.picture("camera-counted").await;
    let (_, _, metrics) = get(running.address, "/metrics").await;
    let frames = metrics
        .lines()
        .find_map(|line| line.strip_prefix("agoge_live_frames_total ")?.parse::<u64>().ok());
    assert!(frames.unwrap() > 0, "{metrics}");
    browser.click("#stop").await;
    drop(browser);
    running.shut_down().await;
}
