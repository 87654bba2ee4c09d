//! Curves of single markers that represent no body part: a wheel, a racket, or a limb whose marker
//! names are not recognised.

use crate::{Curve, Unit};
use agoge_motion::vector::{norm, sub};
use agoge_motion::{Recording, Space};

/// Minimum share of frames in which a marker must be seen to get curves.
const MIN_SEEN_SHARE: f64 = 0.5;

/// Height above the lowest point that any marker reaches (`<marker>_height`, m) and speed
/// (`<marker>_speed`, m/s) of every marker that is seen at least half of the time, in the
/// recording's order; empty for recordings without a scale. Each curve is `[frame]`, NaN where the
/// marker is missing.
pub fn marker_curves(recording: &Recording) -> Vec<Curve> {
    if !matches!(recording.space, Space::World | Space::Plane) {
        return Vec::new();
    }
    let lowest = recording.position.iter().map(|p| p[1]).fold(f64::INFINITY, f64::min);
    let flat = |p: [f64; 3]| if recording.space.is_3d() { p } else { [p[0], p[1], 0.0] };
    let frames = recording.frame_count();
    let mut curves = Vec::new();
    for joint in 0..recording.joint_count() {
        let seen = (0..frames).filter(|&frame| recording.is_seen(frame, joint)).count();
        if (seen as f64) < MIN_SEEN_SHARE * frames as f64 {
            continue;
        }
        let name = snake_case_name(&recording.skeleton.joints[joint].name);
        let height = recording.joint_track(joint).map(|p| p[1] - lowest).collect();
        let speed = (0..frames)
            .map(|frame| {
                let (a, b) = (frame.saturating_sub(1), (frame + 1).min(frames - 1));
                let step = sub(
                    flat(recording.position_at(b, joint)),
                    flat(recording.position_at(a, joint)),
                );
                if a == b { f64::NAN } else { norm(step) / (recording.time[b] - recording.time[a]) }
            })
            .collect();
        curves.push(Curve {
            name: format!("{name}_height"),
            side: None,
            unit: Unit::Metre,
            values: height,
        });
        curves.push(Curve {
            name: format!("{name}_speed"),
            side: None,
            unit: Unit::MetrePerSecond,
            values: speed,
        });
    }
    curves
}

/// A marker's name in snake case.
fn snake_case_name(name: &str) -> String {
    name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use agoge_motion::{RecordingSource, Skeleton};

    #[test]
    fn a_marker_that_rises_steadily_has_its_height_and_speed() {
        let skeleton = Skeleton::coco_17();
        let joints = skeleton.len();
        let time: Vec<f64> = (0..50).map(|f| f64::from(f) / 50.0).collect();
        let position: Vec<[f64; 3]> = time
            .iter()
            .flat_map(|&t| {
                (0..joints)
                    .map(move |j| if j == 0 { [0.0, 1.0 + 0.5 * t, 0.0] } else { [f64::NAN; 3] })
            })
            .collect();
        let confidence = vec![1.0; position.len()];
        let recording = Recording::new(
            RecordingSource::default(),
            skeleton,
            Space::World,
            time,
            position,
            confidence,
        )
        .unwrap();
        let curves = marker_curves(&recording);
        assert_eq!(
            curves.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(),
            ["nose_height", "nose_speed"]
        );
        assert!((curves[0].values[49] - 0.49).abs() < 1e-12);
        assert!(curves[1].values.iter().all(|v| (v - 0.5).abs() < 1e-9));
        assert_eq!(snake_case_name("ArmL:Marker1"), "arml_marker1");
    }
}
