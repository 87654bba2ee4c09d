//! Writes a long simulated set as MediaPipe JSON: squats at 30 frames per second, 33 world
//! landmarks per frame, with noise and lost joints. Generates the input of the benchmarks in
//! docs/results/performance.md.
//!
//! `cargo run --release -p agoge-motion --example mediapipe_set -- 60 set.json` writes 60 seconds.

use agoge_motion::simulate::{Corruption, Exercise, SimulatedSet};
use agoge_motion::{Part, Skeleton};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};

const RATE_HZ: f64 = 30.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(seconds), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: mediapipe_set SECONDS FILE.json".into());
    };
    let frames = (seconds.parse::<f64>()? * RATE_HZ) as usize;
    let mut set = SimulatedSet { rate_hz: RATE_HZ, ..SimulatedSet::new(Exercise::Squat) };
    let frames_per_squat = set.simulate().recording.frame_count() / set.repetitions;
    set.repetitions = frames / frames_per_squat + 2;
    let mut recording = set.simulate().recording;
    Corruption { noise: 0.006, dropout: 0.02, swaps: 0.01, outliers: 0.0, seed: 1 }
        .apply_to(&mut recording);

    let pelvis =
        recording.skeleton.joint_for_part(Part::Pelvis).ok_or("the simulated body has a pelvis")?;
    let landmarks = Skeleton::mediapipe_33();
    // The simulated body lacks fingers and mouth: they are placed at the nearest joint it has.
    let joint = |name: &str, part: Option<Part>| {
        let near = match name.rsplit('_').next() {
            _ if part.is_some_and(|part| recording.skeleton.joint_for_part(part).is_some()) => part,
            Some("pinky" | "index" | "thumb") if name.starts_with("left") => Some(Part::LeftWrist),
            Some("pinky" | "index" | "thumb") => Some(Part::RightWrist),
            _ => Some(Part::Nose),
        };
        near.and_then(|part| recording.skeleton.joint_for_part(part)).unwrap_or(pelvis)
    };
    let joints: Vec<usize> =
        landmarks.joints.iter().map(|landmark| joint(&landmark.name, landmark.part)).collect();
    let mut out = BufWriter::new(File::create(path)?);
    write!(out, "{{\"fps\":{RATE_HZ},\"frames\":[")?;
    let mut hips = [0.0; 3];
    for frame in 0..frames.min(recording.frame_count()) {
        if recording.is_seen(frame, pelvis) {
            hips = recording.position_at(frame, pelvis);
        }
        write!(out, "{}{{\"pose_world_landmarks\":[", if frame > 0 { "," } else { "" })?;
        for (index, &joint) in joints.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let seen = recording.is_seen(frame, joint);
            let position = if seen { recording.position_at(frame, joint) } else { hips };
            let [x, y, z] = [0, 1, 2].map(|axis| position[axis] - hips[axis]);
            // World landmarks have y down and z away from the camera.
            write!(
                out,
                "{comma}{{\"x\":{x:.6},\"y\":{:.6},\"z\":{:.6},\"visibility\":{}}}",
                -y,
                -z,
                if seen { 0.99 } else { 0.05 }
            )?;
        }
        write!(out, "]}}")?;
    }
    writeln!(out, "]}}")?;
    Ok(out.flush()?)
}
