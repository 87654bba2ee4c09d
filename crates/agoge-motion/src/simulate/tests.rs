use super::*;
use crate::vector::{norm, sub};
use crate::{Part, condition};

fn at(recording: &Recording, frame: usize, part: Part) -> [f64; 3] {
    recording.position_at(frame, recording.skeleton.joint_for_part(part).unwrap())
}

fn included(recording: &Recording, frame: usize, [a, b, c]: [Part; 3]) -> f64 {
    let (u, v) = (
        sub(at(recording, frame, b), at(recording, frame, a)),
        sub(at(recording, frame, c), at(recording, frame, b)),
    );
    (crate::vector::dot(u, v) / norm(u) / norm(v)).clamp(-1.0, 1.0).acos().to_degrees()
}

#[test]
fn bones_keep_their_lengths_and_feet_their_place() {
    let faults = vec![SimulatedFault {
        kind: SimulatedFaultKind::KneeInwardUp,
        side: Some(Side::Left),
        repetitions: 2..=3,
        size: 20.0,
    }];
    let set = SimulatedSet { repetitions: 3, faults, ..SimulatedSet::new(Exercise::Squat) };
    let recording = set.simulate().recording;
    for (a, b) in [
        (Part::LeftHip, Part::LeftKnee),
        (Part::RightKnee, Part::RightAnkle),
        (Part::Pelvis, Part::Neck),
        (Part::LeftElbow, Part::LeftWrist),
        (Part::LeftHip, Part::RightHip),
    ] {
        let length = |frame| norm(sub(at(&recording, frame, a), at(&recording, frame, b)));
        assert!(
            (0..recording.frame_count()).all(|frame| (length(frame) - length(0)).abs() < 1e-9),
            "{a:?} {b:?}"
        );
    }
    for part in [Part::LeftAnkle, Part::RightAnkle] {
        let moved = (0..recording.frame_count())
            .map(|f| norm(sub(at(&recording, f, part), at(&recording, 0, part))))
            .fold(0.0, f64::max);
        assert!(moved < 0.01, "{part:?} moves by {moved} m");
    }
}

#[test]
fn the_body_has_the_twenty_six_joints_of_halpe_and_says_that_it_is_simulated() {
    for exercise in [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl] {
        let recording =
            SimulatedSet { repetitions: 1, ..SimulatedSet::new(exercise) }.simulate().recording;
        assert_eq!((recording.skeleton.name.as_str(), recording.joint_count()), ("HALPE-26", 26));
        assert!(recording.position.iter().flatten().all(|value| value.is_finite()));
        assert!(recording.source.simulated && recording.source.name.contains("simulated"));
    }
}

#[test]
fn planted_knee_flexion_is_the_included_angle() {
    let simulation =
        SimulatedSet { repetitions: 2, ..SimulatedSet::new(Exercise::Squat) }.simulate();
    for (frame, pose) in simulation.truth.poses.iter().enumerate() {
        let knee_flexion = included(
            &simulation.recording,
            frame,
            [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle],
        );
        assert!((knee_flexion - pose.knee_flexion[0]).abs() < 1e-6);
    }
}

#[test]
fn the_same_seed_gives_the_same_set_and_facing_turns_it() {
    let set = SimulatedSet::new(Exercise::OverheadReach);
    assert_eq!(set.simulate(), set.simulate());
    let turned = SimulatedSet { facing_deg: 90.0, ..set.clone() }.simulate().recording;
    let toe = sub(at(&turned, 0, Part::LeftBigToe), at(&turned, 0, Part::LeftHeel));
    assert!(toe[2] < -0.2, "facing 90° looks along −Z: {toe:?}");
}

#[test]
fn faults_change_their_repetitions_only() {
    let clean = SimulatedSet { variation_deg: 0.0, ..SimulatedSet::new(Exercise::Squat) };
    let fault = SimulatedFault {
        kind: SimulatedFaultKind::Shallow,
        side: None,
        repetitions: 4..=5,
        size: 30.0,
    };
    let faulty = SimulatedSet { faults: vec![fault], ..clean.clone() }.simulate();
    let clean = clean.simulate();
    for (number, [start, _, end]) in clean.truth.repetitions.iter().enumerate() {
        let same = clean.truth.poses[*start..=*end] == faulty.truth.poses[*start..=*end];
        assert_eq!(same, ![3, 4].contains(&number));
    }
}

#[test]
fn a_camera_in_front_sees_what_the_lens_formula_says() {
    let recording = SimulatedSet::new(Exercise::Squat).simulate().recording;
    let film = SimulatedCamera::phone(0.0).film_recording(&recording);
    let ankle = at(&recording, 0, Part::RightAnkle);
    let seen = at(&film, 0, Part::RightAnkle);
    // The athlete's right is on the image's left.
    assert!((seen[0] - (640.0 - 1000.0 * ankle[2] / (4.0 - ankle[0]))).abs() < 1e-9);
    assert!((seen[1] - (360.0 + 1000.0 * (ankle[1] - 1.0) / (4.0 - ankle[0]))).abs() < 1e-9);
}

#[test]
fn exchanged_sides_are_repaired() {
    for seed in 1..=5 {
        for space in ["space", "front", "side"] {
            let clean =
                SimulatedSet { seed, ..SimulatedSet::new(Exercise::Squat) }.simulate().recording;
            let (mut recording, noise) = match space {
                "front" => (SimulatedCamera::phone(0.0).film_recording(&clean), 1.0),
                // A side view, turned by 20°: straight from the side, left and right overlap.
                "side" => (SimulatedCamera::phone(70.0).film_recording(&clean), 1.0),
                _ => (clean, 0.004),
            };
            let truth = recording.clone();
            let swapped = Corruption { noise, swaps: 0.05, seed, ..Corruption::default() }
                .apply_to(&mut recording);
            assert!(
                swapped.len() * 40 > recording.frame_count(),
                "{} of {}",
                swapped.len(),
                recording.frame_count()
            );
            let options = condition::ConditioningOptions {
                filter: condition::LowPassFilter::None,
                hampel_half_window: 0,
                ..condition::ConditioningOptions::default()
            };
            let repaired = condition::condition_recording(&recording, &options).unwrap().recording;
            let knee = |r: &Recording, frame| at(r, frame, Part::LeftKnee)[..2].iter().sum::<f64>();
            let wrong = |frame: usize| {
                let distance_to = |part: Part| {
                    let d = sub(at(&repaired, frame, Part::LeftKnee), at(&truth, frame, part));
                    d[0].hypot(d[1]).hypot(if d[2].is_finite() { d[2] } else { 0.0 })
                };
                distance_to(Part::RightKnee) < distance_to(Part::LeftKnee)
                    && knee(&repaired, frame).is_finite()
            };
            let left = swapped.iter().filter(|&&frame| wrong(frame)).count();
            assert!(
                left * 20 <= swapped.len(),
                "{space} seed {seed}: {left} of {} not repaired",
                swapped.len()
            );
            let clean_wrong = (0..repaired.frame_count())
                .filter(|frame| !swapped.contains(frame) && wrong(*frame))
                .count();
            assert!(
                clean_wrong * 200 <= repaired.frame_count(),
                "{space} seed {seed}: {clean_wrong} spoilt"
            );
        }
    }
}
