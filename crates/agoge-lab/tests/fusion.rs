//! Recordings with a worn sensor.

#![allow(clippy::unwrap_used, reason = "functions of tests fail by panicking")]

use agoge::motion::simulate::{Exercise, SimulatedSet};
use agoge::motion::{Channel, Part};
use agoge_lab::learn::ClipSet;

/// A clip in which no body is seen is kept if a sensor was worn.
#[test]
fn a_clip_of_a_sensor_alone_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
    recording.position.fill([f64::NAN; 3]);
    let write = |name: &str, recording: &agoge::motion::Recording| {
        agoge::formats::write_parquet(&folder.path().join(name), recording).unwrap();
    };
    write("nothing.parquet", &recording);
    recording.channels = ["acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z"]
        .map(|name| Channel {
            name: name.to_owned(),
            unit: if name.starts_with("acc") { "m/s^2" } else { "rad/s" }.to_owned(),
            part: Some(Part::RightWrist),
            rate_hz: 50.0,
            start_s: 0.0,
            values: (0..150).map(|i| f64::from(i) / 50.0).collect(),
        })
        .to_vec();
    write("sensor.parquet", &recording);
    let manifest = folder.path().join("manifest.csv");
    std::fs::write(
        &manifest,
        "file,athlete,movement,label,split\nnothing.parquet,a,squat,,\nsensor.parquet,a,squat,,\n",
    )
    .unwrap();
    let ClipSet { clips, left_out, .. } = ClipSet::from_manifest(&manifest, |_| true).unwrap();
    assert_eq!((clips.len(), left_out), (1, vec!["nothing.parquet".to_owned()]));
    assert!(clips[0].motion.has_sensor() && !clips[0].motion.has_body());
}
