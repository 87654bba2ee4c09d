use super::*;
use agoge_kinematics::CameraView;

/// A soft, straight landing.
fn good_landing(view: CameraView) -> LandingMeasures {
    LandingMeasures {
        seen: 1.0,
        knee_flexion: 45.0,
        hip_flexion: 40.0,
        trunk_flexion: 25.0,
        heel_over_toe_m: 0.05,
        knee_valgus: -6.0,
        trunk_lean: 2.0,
        stance_width: 1.0,
        toe_out: 8.0,
        contact_gap_s: 0.0,
        knee_displacement: 60.0,
        hip_displacement: 40.0,
        trunk_displacement: 15.0,
        largest_knee_valgus: -4.0,
        ..LandingMeasures::with_nothing_known(view)
    }
}

#[test]
fn a_good_landing_has_no_error_and_two_items_are_left_to_the_coach() {
    let sum = sum_items(&score_less(&good_landing(CameraView::Spatial)));
    assert_eq!(sum, ScreenTotal { least: 0, most: 4, unseen: 2 });
}

/// Each fault alone gives its own item (Padua 2009).
#[test]
fn each_fault_gives_its_item() {
    type Change = fn(&mut LandingMeasures);
    let cases: [(u8, Change); 15] = [
        (1, |l| l.knee_flexion = 20.0),
        (2, |l| l.hip_flexion = 0.0),
        (3, |l| l.trunk_flexion = -2.0),
        (4, |l| l.heel_over_toe_m = -0.03),
        (5, |l| l.knee_valgus = 8.0),
        (6, |l| l.trunk_lean = 18.0),
        (7, |l| l.stance_width = 1.6),
        (8, |l| l.stance_width = 0.5),
        (9, |l| l.toe_out = -40.0),
        (10, |l| l.toe_out = 40.0),
        (11, |l| l.contact_gap_s = 0.1),
        (12, |l| l.knee_displacement = 30.0),
        (13, |l| l.hip_displacement = -1.0),
        (14, |l| l.trunk_displacement = -1.0),
        (15, |l| l.largest_knee_valgus = 9.0),
    ];
    for (number, change) in cases {
        let mut landing = good_landing(CameraView::Spatial);
        change(&mut landing);
        let faults: Vec<u8> = score_less(&landing)
            .iter()
            .filter(|item| item.known_points() == Some(1))
            .map(|item| item.number)
            .collect();
        assert_eq!(faults, [number]);
    }
}

#[test]
fn a_single_view_does_not_score_what_it_cannot_see() {
    let unseen = |view: CameraView| {
        score_less(&good_landing(view))
            .iter()
            .filter(|item| item.score == ItemScore::Unseen)
            .map(|item| item.number)
            .collect::<Vec<_>>()
    };
    assert_eq!(unseen(CameraView::Sagittal), [5, 6, 7, 8, 9, 10, 11, 15, 16, 17]);
    assert_eq!(unseen(CameraView::Frontal), [1, 2, 3, 4, 9, 10, 12, 13, 14, 16, 17]);
}

#[test]
fn confidence_falls_near_the_limit_and_with_what_is_seen() {
    let confidence = |flexion: f64, seen: f64| match score_less(&LandingMeasures {
        knee_flexion: flexion,
        seen,
        ..good_landing(CameraView::Spatial)
    })[0]
        .score
    {
        ItemScore::Points { confidence, .. } => confidence,
        _ => f64::NAN,
    };
    assert!(
        confidence(30.0, 1.0) <= 0.5 && confidence(60.0, 1.0) > 0.95 && confidence(60.0, 0.5) < 0.5
    );
}

#[test]
fn two_of_three_trials_and_the_coachs_word_count() {
    let bad =
        score_less(&LandingMeasures { knee_flexion: 10.0, ..good_landing(CameraView::Spatial) });
    let fine = score_less(&good_landing(CameraView::Spatial));
    assert_eq!(
        combine_trials(&[bad.clone(), fine.clone(), fine.clone()])[0].known_points(),
        Some(0)
    );
    assert_eq!(
        combine_trials(&[bad.clone(), bad.clone(), fine.clone()])[0].known_points(),
        Some(1)
    );
    let mut coached = fine.clone();
    coached[0] = coached[0].with_coach_points(9);
    assert_eq!(combine_trials(&[coached, fine.clone(), fine])[0].score, ItemScore::Coach(1));
}

/// By hand: 9.80665 · 0.25 / 8 = 0.3065 m; one frame in 60 of half a second is 6.7 %.
#[test]
fn a_frame_leaves_seven_per_cent_of_a_jump_open() {
    let height = jump_height(0.5, 1.0 / 60.0);
    assert!((height.value - 0.306_458).abs() < 1e-6);
    assert!((height.error / height.value - 0.0667).abs() < 1e-3);
    let index = reactive_strength(0.5, 0.2, 1.0 / 240.0);
    assert!(
        (index.value - 1.532_29).abs() < 1e-5 && index.error > 0.03 && index.error < 0.05,
        "{index:?}"
    );
}

#[test]
fn the_items_add_up_to_the_published_most() {
    assert_eq!(LESS_ITEMS.iter().map(|item| u32::from(item.most)).sum::<u32>(), 19);
}
