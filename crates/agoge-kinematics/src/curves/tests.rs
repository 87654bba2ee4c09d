//! Tests of one joint at a time on a stick figure: both sides, four facings, mirrored and filmed.

use super::*;
use crate::movement::CURVES;
use agoge_motion::recording::MISSING;
use agoge_motion::simulate::{Exercise, SimulatedSet};
use agoge_motion::{RecordingSource, Skeleton, Space};
use std::collections::BTreeSet;

/// A person standing upright facing +X (right is +Z), every part in place.
fn standing() -> [[f64; 3]; Part::COUNT] {
    let mut p = [MISSING; Part::COUNT];
    let mut set = |part: Part, x: f64, y: f64, z: f64| {
        p[part.on_side(Side::Right).index()] = [x, y, z];
        p[part.on_side(Side::Left).index()] = [x, y, -z];
    };
    set(Part::LeftHip, 0.0, 0.9, 0.1);
    set(Part::LeftKnee, 0.0, 0.5, 0.1);
    set(Part::LeftAnkle, 0.0, 0.1, 0.1);
    set(Part::LeftHeel, -0.05, 0.0, 0.1);
    set(Part::LeftBigToe, 0.2, 0.0, 0.1);
    set(Part::LeftShoulder, 0.0, 1.4, 0.2);
    set(Part::LeftElbow, 0.0, 1.1, 0.2);
    set(Part::LeftWrist, 0.0, 0.85, 0.2);
    set(Part::Pelvis, 0.0, 0.9, 0.0);
    set(Part::Neck, 0.0, 1.4, 0.0);
    set(Part::Head, 0.0, 1.6, 0.0);
    p
}

/// Rotates the parts below a joint about a coordinate axis (0, 1, 2) through it, by an angle in
/// degrees.
fn bend(p: &mut [[f64; 3]; Part::COUNT], joint: Part, below: &[Part], axis: usize, degrees: f64) {
    let centre = p[joint.index()];
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (a, b) = ((axis + 1) % 3, (axis + 2) % 3);
    for part in below {
        let q = &mut p[part.index()];
        let (u, v) = (q[a] - centre[a], q[b] - centre[b]);
        q[a] = centre[a] + cos * u - sin * v;
        q[b] = centre[b] + sin * u + cos * v;
    }
}

fn on<const N: usize>(parts: [Part; N], side: Side) -> [Part; N] {
    parts.map(|part| part.on_side(side))
}

const SHANK: [Part; 3] = [Part::LeftAnkle, Part::LeftHeel, Part::LeftBigToe];
const LEG: [Part; 4] = [Part::LeftKnee, Part::LeftAnkle, Part::LeftHeel, Part::LeftBigToe];
const FOREARM: [Part; 1] = [Part::LeftWrist];
const ARM: [Part; 2] = [Part::LeftElbow, Part::LeftWrist];

fn recording(poses: &[[[f64; 3]; Part::COUNT]], space: Space) -> Recording {
    let time = (0..poses.len()).map(|i| i as f64 / 30.0).collect();
    let position: Vec<[f64; 3]> = poses.iter().flatten().copied().collect();
    let confidence = vec![1.0; position.len()];
    Recording::new(RecordingSource::default(), Skeleton::body(), space, time, position, confidence)
        .unwrap()
}

/// The value of a curve for a single pose in 3D.
fn value(pose: [[f64; 3]; Part::COUNT], name: &str, side: Option<Side>) -> f64 {
    measure_curves(&recording(&[pose], Space::World)).curves.get(name, side).unwrap().values[0]
}

/// Bends one joint and checks one angle, on both sides and in four facings. The geometry is exact,
/// hence the tolerance of 1e-9.
#[test]
fn each_joint_has_its_sign_on_both_sides_in_every_facing() {
    // A positive turn about +Z takes X to Y: forward and up. A positive turn about +X takes Y to Z:
    // a limb that hangs on the right side moves inward.
    type Case<'a> = (&'a str, Part, &'a [Part], usize, f64, f64);
    let cases: [Case; 9] = [
        ("knee_flexion", Part::LeftKnee, &SHANK, 2, -40.0, 40.0),
        ("knee_flexion", Part::LeftKnee, &SHANK, 2, 10.0, -10.0),
        ("hip_flexion", Part::LeftHip, &LEG, 2, 40.0, 40.0),
        ("hip_flexion", Part::LeftHip, &LEG, 2, -20.0, -20.0),
        ("shoulder_flexion", Part::LeftShoulder, &ARM, 2, 120.0, 120.0),
        ("shoulder_elevation", Part::LeftShoulder, &ARM, 2, 170.0, 170.0),
        ("elbow_flexion", Part::LeftElbow, &FOREARM, 2, 40.0, 40.0),
        ("shoulder_abduction", Part::LeftShoulder, &ARM, 0, 70.0, 70.0),
        ("hip_adduction", Part::LeftHip, &LEG, 0, 15.0, -15.0),
    ];
    for side in Side::BOTH {
        for (name, joint, below, axis, turn, expected) in cases {
            let mut pose = standing();
            // The mirror image of a turn about X goes the other way.
            let turn = if axis == 0 && side == Side::Right { -turn } else { turn };
            let below: Vec<Part> = below.iter().map(|part| part.on_side(side)).collect();
            bend(&mut pose, joint.on_side(side), &below, axis, turn);
            for facing in [0.0, 90.0, 180.0, 270.0] {
                let mut turned = pose;
                bend(&mut turned, Part::Pelvis, &Part::ALL, 1, facing);
                let angle = value(turned, name, Some(side));
                assert!(
                    (angle - expected).abs() < 1e-9,
                    "{name} {side:?} facing {facing}: {angle}"
                );
                let other = value(turned, name, Some(side.opposite()));
                assert!(other.abs() < 1e-9, "{name} on the other side: {other}");
            }
        }
    }
}

#[test]
fn knees_inward_are_valgus_on_both_sides() {
    for side in Side::BOTH {
        let mut pose = standing();
        pose[Part::LeftKnee.on_side(side).index()][2] *= 0.5; // 5 cm inward
        let valgus = value(pose, "knee_valgus", Some(side));
        let expected = 2.0 * (0.05f64 / 0.4).atan().to_degrees();
        assert!((valgus - expected).abs() < 1e-9, "{side:?} {valgus}");
        assert!((value(pose, "knee_medial_displacement", Some(side)) - 0.05).abs() < 1e-9);
    }
}

#[test]
fn ankles_and_leans_have_their_signs() {
    let mut pose = standing();
    assert!(value(pose, "ankle_dorsiflexion", Some(Side::Left)).abs() < 1e-9);
    bend(&mut pose, Part::LeftAnkle, &[Part::LeftHeel, Part::LeftBigToe], 2, 20.0);
    assert!((value(pose, "ankle_dorsiflexion", Some(Side::Left)) - 20.0).abs() < 1e-9);
    let mut lean = standing();
    bend(&mut lean, Part::Pelvis, &[Part::Neck, Part::LeftShoulder, Part::RightShoulder], 2, -25.0);
    assert!((value(lean, "trunk_lean", None) - 25.0).abs() < 1e-9);
    let mut lean = standing();
    bend(&mut lean, Part::Pelvis, &[Part::Neck, Part::LeftShoulder, Part::RightShoulder], 0, 10.0);
    assert!((value(lean, "trunk_lateral_lean", None) - 10.0).abs() < 1e-9);
    let mut list = standing();
    list[Part::RightHip.index()][1] += 0.02;
    assert!(value(list, "pelvis_list", None) > 0.0);
}

#[test]
fn a_limb_that_turns_all_the_way_never_jumps() {
    for side in Side::BOTH {
        for direction in [3.0, -3.0] {
            let poses: Vec<_> = (0..360)
                .map(|i| {
                    let mut pose = standing();
                    bend(
                        &mut pose,
                        Part::LeftShoulder.on_side(side),
                        &on(ARM, side),
                        2,
                        direction * f64::from(i),
                    );
                    pose
                })
                .collect();
            for space in [Space::World, Space::Plane] {
                let measured = measure_curves(&recording(&poses, space));
                let curve = &measured.curves.get("shoulder_flexion", Some(side)).unwrap().values;
                for pair in curve.windows(2) {
                    assert!(((pair[1] - pair[0]) - direction).abs() < 1e-6, "{pair:?}");
                }
            }
        }
    }
}

#[test]
fn films_from_either_side_give_the_same_angles_and_refuse_the_rest() {
    for mirror in [1.0, -1.0] {
        let mut pose = standing();
        for side in Side::BOTH {
            bend(&mut pose, Part::LeftHip.on_side(side), &on(LEG, side), 2, 50.0);
            bend(&mut pose, Part::LeftKnee.on_side(side), &on(SHANK, side), 2, -80.0);
        }
        pose.iter_mut().for_each(|p| *p = [mirror * p[0] * 100.0, p[1] * 100.0, f64::NAN]);
        let measured =
            measure_curves(&recording(&[pose], Space::Image { width: None, height: None }));
        assert_eq!(measured.view, CameraView::Sagittal);
        for side in Side::BOTH {
            let value = |name: &str| measured.curves.get(name, Some(side)).unwrap().values[0];
            assert!((value("knee_flexion") - 80.0).abs() < 1e-9);
            assert!((value("hip_flexion") - 50.0).abs() < 1e-9);
        }
        assert!(measured.curves.get("knee_valgus", Some(Side::Left)).is_none());
        assert!(
            measured
                .curves
                .refused
                .iter()
                .any(|refused| refused.name == "knee_valgus" && refused.reason.contains("side"))
        );
    }
}

#[test]
fn films_from_front_and_back_see_valgus_with_the_same_sign() {
    for mirror in [1.0, -1.0] {
        let mut pose = standing();
        pose[Part::LeftKnee.index()][2] *= 0.5;
        pose.iter_mut().for_each(|p| *p = [mirror * p[2] * 100.0, p[1] * 100.0, f64::NAN]);
        let measured =
            measure_curves(&recording(&[pose], Space::Image { width: None, height: None }));
        assert_eq!(measured.view, CameraView::Frontal);
        assert!(measured.curves.get("knee_valgus", Some(Side::Left)).unwrap().values[0] > 10.0);
        assert!(
            measured.curves.get("knee_valgus", Some(Side::Right)).unwrap().values[0].abs() < 1e-9
        );
        assert!(measured.curves.get("knee_flexion", Some(Side::Left)).is_none());
    }
}

#[test]
fn what_is_never_seen_is_refused_by_name() {
    let mut pose = standing();
    pose[Part::LeftBigToe.index()] = MISSING;
    let measured = measure_curves(&recording(&[pose], Space::World));
    assert!(
        measured
            .curves
            .refused
            .iter()
            .any(|refused| refused.reason == "the left big toe is never seen")
    );
    let empty = measure_curves(&recording(&[[MISSING; Part::COUNT]; 3], Space::World));
    assert!(empty.curves.curves.is_empty());
}

/// A definition can only use a curve of the catalogue, so what is measured must be in it.
#[test]
fn what_is_measured_is_what_the_catalogue_lists() {
    let body = SimulatedSet::new(Exercise::Squat).simulate().recording.to_body().recording;
    let measured: BTreeSet<(String, bool)> = measure_curves(&body)
        .curves
        .curves
        .into_iter()
        .map(|curve| (curve.name, curve.side.is_some()))
        .collect();
    let listed: BTreeSet<(String, bool)> = CURVES
        .iter()
        .filter(|curve| !curve.name.starts_with("sensor_"))
        .map(|curve| (curve.name.to_owned(), curve.sided))
        .collect();
    assert_eq!(measured, listed);
}

#[test]
fn centre_of_mass_of_a_standing_person() {
    // By hand from de Leva's table for this figure without hands: between hips and navel, 0.9 to
    // 1.05 m at this height.
    let height = value(standing(), "com_height", None);
    assert!((0.9..1.05).contains(&height), "{height}");
}

#[test]
fn derivative_of_a_line_is_its_slope() {
    let time = [0.0, 0.1, 0.3, 0.4];
    let values = time.map(|t| 3.0 * t + 1.0);
    assert!(time_derivative(&values, &time).iter().all(|slope| (slope - 3.0).abs() < 1e-9));
    assert!(time_derivative(&[1.0], &[0.0])[0].is_nan());
}

#[test]
fn a_view_is_surer_the_straighter_the_camera_stands() {
    let view_from = |degrees: f64| {
        let (sin, cos) = f64::to_radians(degrees).sin_cos();
        let pose = standing().map(|[x, y, z]| [100.0 * (sin * x - cos * z), 100.0 * y, f64::NAN]);
        let measured =
            measure_curves(&recording(&[pose], Space::Image { width: None, height: None }));
        (measured.view, measured.view_certainty)
    };
    let [front, nearly, angle, side] = [0.0, 28.0, 45.0, 90.0].map(view_from);
    assert_eq!(
        [front.0, angle.0, side.0],
        [CameraView::Frontal, CameraView::Oblique, CameraView::Sagittal]
    );
    assert!(
        front.1 > 0.9 && side.1 > 0.9 && nearly.1 < 0.8,
        "{front:?} {nearly:?} {angle:?} {side:?}"
    );
    let spatial = measure_curves(&recording(&[standing()], Space::World));
    assert_eq!((spatial.view, spatial.view_certainty), (CameraView::Spatial, 1.0));
    let unseen = measure_curves(&recording(
        &[[MISSING; Part::COUNT]],
        Space::Image { width: None, height: None },
    ));
    assert_eq!((unseen.view, unseen.view_certainty), (CameraView::Oblique, 0.0));
}

/// The figure as seen by a camera this many degrees from its front, px.
fn filmed(pose: [[f64; 3]; Part::COUNT], degrees: f64) -> [[f64; 3]; Part::COUNT] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    pose.map(|[x, y, z]| [100.0 * (sin * x - cos * z), 100.0 * y, f64::NAN])
}

#[test]
fn an_arm_that_points_at_the_camera_has_no_angle() {
    // The arm is raised forward in front of the camera, also while the athlete approaches until he
    // looks three times as large. The image shows the cosine.
    for nearer in [0.0, 2.0] {
        let poses: Vec<_> = (0..=180)
            .map(|degrees| {
                let mut pose = standing();
                bend(&mut pose, Part::LeftShoulder, &ARM, 2, f64::from(degrees));
                filmed(pose, 0.0)
                    .map(|p| p.map(|value| value * (1.0 + nearer * f64::from(degrees) / 180.0)))
            })
            .collect();
        let measured =
            measure_curves(&recording(&poses, Space::Image { width: None, height: None }));
        for name in ["shoulder_elevation", "elbow_flexion", "shoulder_abduction"] {
            let values = &measured.curves.get(name, Some(Side::Left)).unwrap().values;
            // Half of the arm is visible at 60° and 120°; the 95th percentile is not quite its
            // length.
            assert!(
                (0..=55).chain(125..=180).all(|frame| values[frame].is_finite()),
                "{name} {values:?}"
            );
            assert!((62..=118).all(|frame| values[frame].is_nan()), "{name} {values:?}");
            let left = format!("{name}_left");
            let reason =
                measured.curves.refused.iter().find(|refused| refused.name == left).unwrap();
            assert!(
                reason.reason.contains("% of its frames the left arm points at the camera"),
                "{reason:?}"
            );
        }
        assert!(
            !measured.curves.refused.iter().any(|refused| refused.name.ends_with("flexion_right"))
        );
    }
}

#[test]
fn an_oblique_camera_is_told_from_one_that_is_not_clear() {
    let reason = |views: &[f64]| {
        let poses: Vec<_> = views.iter().map(|degrees| filmed(standing(), *degrees)).collect();
        let measured =
            measure_curves(&recording(&poses, Space::Image { width: None, height: None }));
        assert_eq!(measured.view, CameraView::Oblique);
        measured
            .curves
            .refused
            .into_iter()
            .find(|refused| refused.name == "knee_flexion")
            .unwrap()
            .reason
    };
    assert!(reason(&[45.0]).contains("the camera stands oblique"));
    assert!(reason(&[0.0, 90.0]).contains("it is not clear from where the athlete is seen"));
}
