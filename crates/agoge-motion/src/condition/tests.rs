use super::*;
use crate::simulate::{Exercise, SimulatedCamera, SimulatedSet};
use crate::{Part, RecordingSource, Side, Skeleton, Space};

/// A 3D recording of legs and arms that swing as in walking, the left half a cycle behind.
fn walking(frames: usize) -> Recording {
    let skeleton = Skeleton::coco_17();
    let mut position = Vec::new();
    for frame in 0..frames {
        let phase = frame as f64 / 30.0 * std::f64::consts::TAU;
        for joint in &skeleton.joints {
            let is_right = joint.name.starts_with("right");
            let swing = (phase + if is_right { std::f64::consts::PI } else { 0.0 }).sin();
            let z = if is_right { 0.15 } else { -0.15 };
            position.push([0.3 * swing, 1.0 + 0.05 * (2.0 * phase).cos(), z]);
        }
    }
    let time = (0..frames).map(|f| f as f64 / 30.0).collect();
    let confidence = vec![1.0; position.len()];
    Recording::new(RecordingSource::default(), skeleton, Space::World, time, position, confidence)
        .unwrap()
}

#[test]
fn a_clean_recording_is_left_alone_but_for_the_filter() {
    let conditioned = condition_recording(&walking(300), &ConditioningOptions::default()).unwrap();
    let kinds: Vec<RepairKind> = conditioned.repairs.iter().map(|repair| repair.kind).collect();
    assert_eq!(kinds, [RepairKind::Filtered]);
    assert_eq!(conditioned.quality.seen, 1.0);
}

#[test]
fn exchanged_legs_are_put_back_in_space_and_in_a_picture_from_the_side() {
    for space in [Space::World, Space::Image { width: None, height: None }] {
        let mut recording = walking(600);
        recording.space = space;
        let truth = recording.position.clone();
        let (left, right) = (
            recording.skeleton.joint_for_part(Part::LeftKnee).unwrap(),
            recording.skeleton.joint_for_part(Part::RightKnee).unwrap(),
        );
        let legs = pairs_of(&recording);
        // Single frames and a burst, away from the instants at which the legs cross.
        let wrong = [37, 100, 101, 102, 220, 341, 342, 505];
        for frame in wrong {
            for &(l, r) in &legs {
                recording.position.swap(frame * 17 + l, frame * 17 + r);
            }
        }
        let undone = swaps::undo_swaps(&mut recording, 0.3).undone;
        assert_eq!((undone[left], undone[right]), (wrong.len(), wrong.len()));
        let same = |a: &[f64; 3], b: &[f64; 3]| a[..2] == b[..2];
        assert!(recording.position.iter().zip(&truth).all(|(a, b)| same(a, b)));
    }
}

fn pairs_of(recording: &Recording) -> Vec<(usize, usize)> {
    [Part::LeftHip, Part::LeftKnee, Part::LeftAnkle]
        .iter()
        .map(|part| {
            (
                recording.skeleton.joint_for_part(*part).unwrap(),
                recording.skeleton.joint_for_part(part.mirror()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn short_gaps_are_filled_and_long_ones_stay() {
    let mut recording = walking(120);
    let truth = recording.clone();
    for frame in (20..23).chain(60..100) {
        recording.position[frame * 17 + 15] = MISSING;
    }
    let conditioned = condition_recording(
        &recording,
        &ConditioningOptions { filter: LowPassFilter::None, ..ConditioningOptions::default() },
    )
    .unwrap();
    for frame in 20..23 {
        let (found, expected) =
            (conditioned.recording.position_at(frame, 15), truth.position_at(frame, 15));
        // Three frames of a 1 Hz swing of 0.3 m: the cubic is within a few millimetres.
        assert!((found[0] - expected[0]).abs() < 0.008, "{found:?} {expected:?}");
    }
    assert!(!conditioned.recording.is_seen(80, 15));
    assert!(
        conditioned
            .repairs
            .iter()
            .any(|repair| repair.kind == RepairKind::GapFilled && repair.frames == 3)
    );
    assert!((conditioned.quality.joints[15].longest_gap_s - 40.0 / 30.0).abs() < 1e-9);
}

#[test]
fn what_is_unsure_steadies_the_frames_beside_it_and_goes() {
    let mut recording = walking(120);
    let truth = recording.clone();
    // The ankle alternates by ±2 cm from frame to frame, and is hidden from frame 60 on.
    for frame in 0..120 {
        recording.position[frame * 17 + 15][0] += if frame % 2 == 0 { 0.02 } else { -0.02 };
        recording.confidence[frame * 17 + 15] = if frame < 60 { 1.0 } else { 0.1 };
    }
    let conditioned = condition_recording(&recording, &ConditioningOptions::default()).unwrap();
    let mut cut = recording.clone();
    (60..120).for_each(|frame| cut.position[frame * 17 + 15] = MISSING);
    let alone = condition_recording(&cut, &ConditioningOptions::default()).unwrap();
    let error =
        |result: &Recording| (result.position_at(59, 15)[0] - truth.position_at(59, 15)[0]).abs();
    // At an end the filter follows the last position; with neighbours it removes the tremor, whose
    // frequency of half the frame rate is far above 6 Hz.
    assert!(
        error(&conditioned.recording) < 0.5 * error(&alone.recording),
        "{}",
        error(&conditioned.recording)
    );
    assert!((60..120).all(|frame| !conditioned.recording.is_seen(frame, 15)));
    assert!(
        conditioned
            .repairs
            .iter()
            .any(|repair| repair.kind == RepairKind::LowConfidenceRemoved && repair.frames == 60)
    );
}

#[test]
fn a_flicker_must_be_likelier_than_not() {
    // The wrist is hidden except for a tenth of a second, long after it was seen and long before it
    // is seen again.
    let seen_frames = |confidence: f32, frames: std::ops::Range<usize>| {
        let mut recording = walking(120);
        (20..100).for_each(|frame| recording.confidence[frame * 17 + 9] = 0.1);
        frames.clone().for_each(|frame| recording.confidence[frame * 17 + 9] = confidence);
        let conditioned = condition_recording(&recording, &ConditioningOptions::default()).unwrap();
        frames.filter(|frame| conditioned.recording.is_seen(*frame, 9)).count()
    };
    assert_eq!((seen_frames(0.35, 60..63), seen_frames(0.6, 60..63)), (0, 3));
    // Steady moderate confidence is trusted.
    assert_eq!(seen_frames(0.35, 50..70), 20);
}

#[test]
fn a_flicker_is_not_believed_for_what_comes_after_it() {
    // Barely confident for two frames, hidden for one, then likely.
    let mut recording = walking(120);
    for frame in 20..100 {
        let confidence = if frame >= 60 { 0.8 } else { 0.1 };
        recording.confidence[frame * 17 + 9] =
            if [57, 58].contains(&frame) { 0.35 } else { confidence };
    }
    let conditioned = condition_recording(&recording, &ConditioningOptions::default()).unwrap();
    assert!((20..59).all(|frame| !conditioned.recording.is_seen(frame, 9)));
    assert!((60..100).all(|frame| conditioned.recording.is_seen(frame, 9)));
}

#[test]
fn confidence_that_wavers_about_the_limit_is_no_flicker() {
    // A joint whose confidence alternates between 0.35 and 0.25 for two thirds of a second counts
    // as seen, like one at 0.35 throughout: the frames in between are gaps, and filled.
    let mut recording = walking(120);
    for frame in 20..100 {
        let wavers = (50..71).contains(&frame) && frame % 2 == 0;
        recording.confidence[frame * 17 + 9] = if wavers { 0.35 } else { 0.25 };
    }
    let conditioned = condition_recording(&recording, &ConditioningOptions::default()).unwrap();
    let seen: Vec<usize> =
        (20..100).filter(|frame| conditioned.recording.is_seen(*frame, 9)).collect();
    assert_eq!(seen, (50..71).collect::<Vec<usize>>());
}

#[test]
fn a_flicker_goes_with_its_limb_when_left_and_right_are_put_back() {
    // The left leg is hidden except for two frames, in the second of which the labels are swapped;
    // the right leg is seen throughout.
    let mut recording = walking(120);
    let legs = pairs_of(&recording);
    for &(left, right) in &legs {
        for frame in 20..100 {
            recording.confidence[frame * 17 + left] =
                if [60, 61].contains(&frame) { 0.35 } else { 0.1 };
        }
        recording.position.swap(61 * 17 + left, 61 * 17 + right);
        recording.confidence.swap(61 * 17 + left, 61 * 17 + right);
    }
    let conditioned = condition_recording(&recording, &ConditioningOptions::default()).unwrap();
    for &(left, right) in &legs {
        assert!((30..90).all(|frame| !conditioned.recording.is_seen(frame, left)
            && conditioned.recording.is_seen(frame, right)));
    }
}

#[test]
fn legs_that_tremble_together_in_a_jump_are_not_exchanged() {
    // Legs 1 cm apart, with 0.1 mm of noise on each joint, and centimetres for a second in the
    // middle: every labelling is uneven then.
    let mut recording = walking(300);
    let mut state = 1u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 23) - 1.0
    };
    for (i, position) in recording.position.iter_mut().enumerate() {
        let (frame, joint) = (i / 17, i % 17);
        let size = if (130..160).contains(&frame) { 0.04 } else { 0.0001 };
        let side = if joint % 2 == 0 { 0.005 } else { -0.005 };
        *position = [0, 1, 2].map(|axis| size * random() + if axis == 2 { side } else { 0.0 });
    }
    assert!(swaps::undo_swaps(&mut recording, 0.3).undone.iter().all(|frames| *frames == 0));
}

/// A film of a squat, seen from an azimuth, from the front at 0.
fn filmed_squat(azimuth_deg: f64) -> Recording {
    let squat = SimulatedSet::new(Exercise::Squat).simulate().recording;
    SimulatedCamera::phone(azimuth_deg).film_recording(&squat)
}

/// Exchanges left and right of the whole body in a frame.
fn exchange_frame(recording: &mut Recording, frame: usize) {
    let row = frame * recording.joint_count();
    let skeleton = recording.skeleton.clone();
    for (joint, mirror) in skeleton.joints.iter().map(|joint| joint.mirror).enumerate() {
        if joint < mirror {
            recording.position.swap(row + joint, row + mirror);
            recording.confidence.swap(row + joint, row + mirror);
        }
    }
}

/// The frames in which the left shoulder is not on the right of the picture.
fn reversed_frames(recording: &Recording) -> Vec<usize> {
    let [left, right] = [Part::LeftShoulder, Part::RightShoulder]
        .map(|part| recording.skeleton.joint_for_part(part).unwrap());
    (0..recording.frame_count())
        .filter(|frame| {
            recording.position_at(*frame, left)[0] <= recording.position_at(*frame, right)[0]
        })
        .collect()
}

#[test]
fn a_body_that_flickers_between_front_and_back_is_put_back_and_told() {
    // As a network does that takes a front for a back: every second or third frame is exchanged,
    // and between two of them the shoulders are half-way.
    let mut recording = filmed_squat(0.0);
    let truth = recording.clone();
    let wrong: Vec<usize> = (200..260).filter(|frame| frame % 5 < 2).collect();
    wrong.iter().for_each(|frame| exchange_frame(&mut recording, *frame));
    let joints = recording.joint_count();
    for frame in [199, 262] {
        for part in Part::ALL.into_iter().filter(|part| part.side() == Some(Side::Left)) {
            let Some(left) = recording.skeleton.joint_for_part(part) else { continue };
            let right = recording.skeleton.joints[left].mirror;
            let (a, b) = (truth.position_at(frame, left), truth.position_at(frame, right));
            recording.position[frame * joints + left][0] = 0.55 * a[0] + 0.45 * b[0];
            recording.position[frame * joints + right][0] = 0.45 * a[0] + 0.55 * b[0];
        }
    }
    assert_eq!(reversed_frames(&recording), wrong);
    let sides = swaps::undo_swaps(&mut recording, 0.3);
    assert_eq!(reversed_frames(&recording), Vec::<usize>::new());
    let told: Vec<usize> = sides.repaired.iter().flat_map(|[a, b]| *a..=*b).collect();
    assert_eq!(told, wrong);
    assert!(sides.doubtful.is_empty(), "{:?}", sides.doubtful);
}

#[test]
fn shoulders_and_hips_never_contradict_each_other_after_a_repair() {
    let mut recording = filmed_squat(20.0);
    // A long stretch, arms alone for a moment before it, legs alone after it.
    let exchange_arms = |recording: &mut Recording, frame: usize| {
        let skeleton = recording.skeleton.clone();
        for part in [Part::LeftShoulder, Part::LeftElbow, Part::LeftWrist] {
            let left = skeleton.joint_for_part(part).unwrap();
            let row = frame * recording.joint_count();
            recording.position.swap(row + left, row + skeleton.joints[left].mirror);
        }
    };
    let truth = recording.clone();
    exchange_arms(&mut recording, 99);
    (100..160).for_each(|frame| exchange_frame(&mut recording, frame));
    exchange_arms(&mut recording, 159);
    let sides = swaps::undo_swaps(&mut recording, 0.3);
    let joints = recording.joint_count();
    let wrong: Vec<usize> = (0..recording.position.len())
        .filter(|index| recording.position[*index][..2] != truth.position[*index][..2])
        .map(|index| index / joints)
        .collect();
    assert_eq!(wrong, Vec::<usize>::new(), "{sides:?}");
}

#[test]
fn a_body_that_turns_round_is_not_exchanged() {
    // Six turns of an athlete who squats, filmed and in space; the quickest takes a second.
    let squat = SimulatedSet::new(Exercise::Squat).simulate().recording;
    let joints = squat.joint_count();
    for turns in [1.0, 6.0] {
        let mut turned = squat.clone();
        let duration = squat.duration_s().max(turns);
        for (index, position) in turned.position.iter_mut().enumerate() {
            let time = squat.time[index / joints];
            let (sin, cos) = (std::f64::consts::TAU * turns * time / duration).sin_cos();
            let [x, y, z] = *position;
            *position = [cos * x + sin * z, y, cos * z - sin * x];
        }
        for mut recording in [SimulatedCamera::phone(0.0).film_recording(&turned), turned] {
            let sides = swaps::undo_swaps(&mut recording, 0.3);
            assert_eq!((sides.repaired, sides.doubtful), (vec![], vec![]), "{turns} turns");
        }
    }
}

#[test]
fn in_space_the_feet_tell_which_labels_are_right() {
    // Most frames are exchanged: only anatomy can say so. A recording that is mirrored throughout
    // stays as it is.
    let truth = SimulatedSet::new(Exercise::Squat).simulate().recording;
    let frames = truth.frame_count();
    let mut most = truth.clone();
    (0..frames * 3 / 5).for_each(|frame| exchange_frame(&mut most, frame));
    swaps::undo_swaps(&mut most, 0.3);
    assert!(most.position == truth.position);
    let mut all = truth.clone();
    (0..frames).for_each(|frame| exchange_frame(&mut all, frame));
    let mirrored = all.clone();
    swaps::undo_swaps(&mut all, 0.3);
    assert!(all.position == mirrored.position);
}

#[test]
fn what_motion_cannot_decide_is_left_and_told() {
    // In a picture and without a face nothing says which half of a recording is labelled right.
    let mut recording = filmed_squat(0.0);
    let frames = recording.frame_count();
    (0..frames * 9 / 20).for_each(|frame| exchange_frame(&mut recording, frame));
    let before = recording.clone();
    let sides = swaps::undo_swaps(&mut recording, 0.3);
    let same = |a: &[f64; 3], b: &[f64; 3]| a[..2] == b[..2];
    assert!(recording.position.iter().zip(&before.position).all(|(a, b)| same(a, b)));
    assert!(sides.repaired.is_empty());
    assert_eq!(sides.doubtful, [[0, frames * 9 / 20 - 1]]);
}

#[test]
fn a_bystander_is_no_swap() {
    // For three frames the network follows somebody small and far away, who faces the other way.
    let mut recording = filmed_squat(0.0);
    let joints = recording.joint_count();
    for frame in 100..103 {
        exchange_frame(&mut recording, frame);
        for position in &mut recording.position[frame * joints..(frame + 1) * joints] {
            *position = [0.1 * position[0] + 100.0, 0.1 * position[1] + 500.0, f64::NAN];
        }
    }
    assert!(swaps::undo_swaps(&mut recording, 0.3).repaired.is_empty());
}

#[test]
fn a_jumping_joint_is_an_outlier() {
    let mut recording = walking(120);
    recording.position[50 * 17 + 9] = [5.0, 5.0, 5.0];
    let conditioned = condition_recording(&recording, &ConditioningOptions::default()).unwrap();
    assert!(
        conditioned
            .repairs
            .iter()
            .any(|repair| repair.kind == RepairKind::OutlierRemoved && repair.frames == 1)
    );
    assert!(conditioned.recording.position_at(50, 9)[0] < 0.5);
}

#[test]
fn an_irregular_clock_becomes_regular() {
    let mut recording = walking(120);
    recording
        .time
        .iter_mut()
        .enumerate()
        .for_each(|(i, t)| *t += if i % 7 == 3 { 0.008 } else { 0.0 });
    let conditioned = condition_recording(&recording, &ConditioningOptions::default()).unwrap();
    let step = conditioned.recording.time[1] - conditioned.recording.time[0];
    assert!(conditioned.recording.time.windows(2).all(|w| ((w[1] - w[0]) - step).abs() < 1e-9));
    assert!(conditioned.repairs.iter().any(|repair| repair.kind == RepairKind::Resampled));
}

#[test]
fn nothing_breaks_on_next_to_nothing() {
    for frames in [1, 2, 3] {
        let mut recording = walking(frames);
        condition_recording(&recording, &ConditioningOptions::default()).unwrap();
        recording.position.fill(MISSING);
        let conditioned = condition_recording(&recording, &ConditioningOptions::default()).unwrap();
        assert_eq!(conditioned.quality.seen, 0.0);
        assert_eq!(
            conditioned.quality.bad_frames,
            Vec::<[usize; 2]>::new().into_iter().chain([[0, frames - 1]]).collect::<Vec<_>>()
        );
    }
    assert!(
        condition_recording(
            &walking(5),
            &ConditioningOptions { rate_hz: Some(-1.0), ..ConditioningOptions::default() }
        )
        .is_err()
    );
}
