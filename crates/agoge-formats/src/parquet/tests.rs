//! Tests the Parquet round trip and the validation of its metadata.

use super::*;
use crate::{ReadOptions, read_recording as read_any, write_parquet};
use agoge_motion::{Channel, Recording};
use proptest::prelude::*;

fn to_bits(values: impl IntoIterator<Item = f64>) -> Vec<u64> {
    values.into_iter().map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() }).collect()
}

fn assert_same_recording(a: &Recording, b: &Recording) {
    assert_eq!((&a.source, &a.skeleton, a.space), (&b.source, &b.skeleton, b.space));
    assert_eq!(to_bits(a.time.iter().copied()), to_bits(b.time.iter().copied()));
    assert_eq!(
        to_bits(a.position.iter().flatten().copied()),
        to_bits(b.position.iter().flatten().copied())
    );
    assert_eq!(
        to_bits(a.confidence.iter().map(|&c| f64::from(c))),
        to_bits(b.confidence.iter().map(|&c| f64::from(c)))
    );
    assert_eq!(a.channels.len(), b.channels.len());
    for (c, d) in a.channels.iter().zip(&b.channels) {
        assert_eq!(
            (&c.name, &c.unit, c.part, c.rate_hz, c.start_s),
            (&d.name, &d.unit, d.part, d.rate_hz, d.start_s)
        );
        assert_eq!(to_bits(c.values.iter().copied()), to_bits(d.values.iter().copied()));
    }
}

fn check_round_trip(recording: &Recording) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    write_parquet(&path, recording).unwrap();
    assert_same_recording(&read_any(&path, &ReadOptions::default()).unwrap(), recording);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_recording_comes_back_bit_for_bit(
        frames in 1usize..6,
        joints in 1usize..4,
        space in prop::sample::select(vec![Space::World, Space::Plane, Space::Image { width: Some(640.0), height: None }]),
        values in prop::collection::vec(prop_oneof![any::<f64>(), Just(f64::NAN), Just(-0.0), (-9i32..9).prop_map(f64::from)], 60),
        samples in prop::collection::vec(any::<f64>(), 0..40),
        rate in 0.001f64..1e4,
        start in -2.0f64..2.0,
    ) {
        // Two joints with the same name, and a name that looks like a column.
        let skeleton = Skeleton::from_parts("odd", ["knee", "knee", "knee_x"].into_iter().take(joints).map(|name| (name, None)));
        let n = frames * joints;
        let position = (0..n).map(|k| [values[3 * k], values[3 * k + 1], values[3 * k + 2]]).collect();
        let confidence = (0..n).map(|k| values[k] as f32).collect();
        let time = (0..frames).map(|k| start + k as f64 / rate).collect();
        let source = RecordingSource { notes: vec!["a \"note\"\n".into()], ..RecordingSource::default() };
        let mut recording = Recording::new(source, skeleton.into(), space, time, position, confidence).unwrap();
        let channel = |values: Vec<f64>| Channel { name: "Fz".into(), unit: "N".into(), part: Some(Part::LeftWrist), rate_hz: rate, start_s: start, values };
        recording.channels = vec![channel(samples), channel(vec![])];
        check_round_trip(&recording);
    }
}

#[test]
fn metadata_that_would_mislead_is_refused() {
    let skeleton = Skeleton::from_parts("one", [("knee", None)]);
    let head = |rate_hz: f64| ChannelHeader {
        name: "a".into(),
        unit: String::new(),
        part: None,
        rate_hz,
        start_s: 0.0,
    };
    let mut metadata = RecordingMetadata {
        version: FORMAT_VERSION,
        source: RecordingSource::default(),
        skeleton,
        space: Space::World,
        channels: vec![head(0.0)],
    };
    let fault = |metadata: &RecordingMetadata| {
        read::check_metadata(std::path::Path::new("x"), metadata).map_err(|e| e.to_string())
    };
    assert!(fault(&metadata).unwrap_err().starts_with("channel \"a\" has no rate"));
    metadata.channels[0].rate_hz = 1.0;
    assert_eq!(fault(&metadata), Ok(()));
    metadata.skeleton.joints[0].mirror = 1;
    assert!(fault(&metadata).unwrap_err().starts_with("the skeleton has no joints, or links"));
    metadata.version = 2;
    assert!(fault(&metadata).unwrap_err().starts_with("version 2 where 1 is read"));
}
