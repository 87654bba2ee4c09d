use super::*;
use crate::{Part, RecordingSource, Skeleton, Space};

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
