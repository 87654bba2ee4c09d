//! Ground forces on each foot, from synthetic force plates.

#![allow(clippy::unwrap_used, reason = "functions of tests fail by panicking")]

use agoge_kinematics::dynamics::{
    GroundForceSource, LEG_MOMENTS, Sex, leg_moments, measured_ground_forces,
    standing_ground_forces,
};
use agoge_motion::{Part, Recording, RecordingSource, Side, Skeleton, Space, plate};

const G: f64 = 9.80665;
const MASS_KG: f64 = 80.0;
const FRAMES: usize = 50;

/// An athlete who stands still with all joints above the ankles and the left foot lifted, on a
/// plate with a force that acts `forward` metres in front of the right ankle.
fn stance(lifted: f64, force: f64, forward: f64) -> Recording {
    let skeleton = Skeleton::body();
    let place = |part: Part| {
        let (height, ahead, aside) = match part {
            Part::Neck => (1.4, 0.0, 0.0),
            Part::Pelvis => (0.9, 0.0, 0.0),
            Part::LeftShoulder | Part::RightShoulder => (1.4, 0.0, 0.2),
            Part::LeftHip | Part::RightHip => (0.9, 0.0, 0.1),
            Part::LeftKnee | Part::RightKnee => (0.5, 0.0, 0.15),
            Part::LeftAnkle | Part::RightAnkle => (0.08, 0.0, 0.15),
            Part::LeftHeel | Part::RightHeel => (0.03, -0.05, 0.15),
            Part::LeftBigToe | Part::RightBigToe => (0.02, 0.17, 0.15),
            _ => return [f64::NAN; 3],
        };
        let up = if part.side() == Some(Side::Left) && height < 0.6 { lifted } else { 0.0 };
        [ahead, height + up, if part.side() == Some(Side::Left) { -aside } else { aside }]
    };
    let frame: Vec<[f64; 3]> = Part::ALL.into_iter().map(place).collect();
    let time = (0..FRAMES).map(|k| k as f64 / 100.0).collect();
    let (position, confidence) = (frame.repeat(FRAMES), vec![1.0; FRAMES * Part::COUNT]);
    let mut made = Recording::new(
        RecordingSource::default(),
        skeleton,
        Space::World,
        time,
        position,
        confidence,
    )
    .unwrap();
    let sample = [[0.0, force, 0.0], [forward, 0.0, 0.15], [0.0; 3]];
    made.channels = plate::plate_channels(1, 1000.0, &[sample; 600]);
    made
}

/// The moments of ankle, knee and hip in the middle of a recording.
fn moments(body: &Recording, side: Side) -> [f64; 3] {
    let ground = measured_ground_forces(body, MASS_KG, &|_| ()).unwrap();
    assert_eq!((ground.origin, ground.unclear), (GroundForceSource::Plates, 0));
    let curves = leg_moments(body, &ground, MASS_KG, Sex::Male).unwrap();
    LEG_MOMENTS.map(|name| {
        curves.iter().find(|own| own.name == name && own.side == Some(side)).unwrap().values[25]
    })
}

/// If a plate carries the whole weight, the lifted foot carries nothing: it hangs. By hand: its
/// 1.096 kg are 0.085 m in front of the ankle, and shank and thigh are under the hip; the right
/// foot carries the weight 0.05 m in front of the ankle.
#[test]
fn a_lifted_foot_hangs_where_the_plate_bears_the_weight() {
    let body = stance(0.2, MASS_KG * G, 0.05);
    let foot = 0.0137 * MASS_KG * G * 0.085;
    let bears = foot - 0.05 * MASS_KG * G;
    let near = |found: [f64; 3], expected: f64| {
        found
            .into_iter()
            .zip([1.0, -1.0, 1.0])
            .all(|(own, sign)| (own - sign * expected).abs() < 1e-6)
    };
    assert!(near(moments(&body, Side::Left), foot), "{:?}", moments(&body, Side::Left));
    assert!(near(moments(&body, Side::Right), bears), "{:?}", moments(&body, Side::Right));
}

/// If a plate carries half of the weight, the other foot stands elsewhere, lifted (on a step) or
/// not, and its force is unknown.
#[test]
fn a_foot_that_stands_elsewhere_is_not_known() {
    for lifted in [0.0, 0.3] {
        let body = stance(lifted, 0.5 * MASS_KG * G, 0.05);
        assert!(moments(&body, Side::Left).iter().all(|own| own.is_nan()));
        assert!(moments(&body, Side::Right).iter().all(|own| own.is_finite()));
    }
}

/// The modelled force is the weight, half under each foot; the model does not apply with one foot
/// on a step.
#[test]
fn a_stance_shares_the_weight() {
    let ground = standing_ground_forces(&stance(0.0, 0.0, 0.0), MASS_KG).unwrap();
    for foot in &ground.feet {
        assert!((foot[25].unwrap().force[1] - 0.5 * MASS_KG * G).abs() < 1e-6);
    }
    assert!(
        standing_ground_forces(&stance(0.3, 0.0, 0.0), MASS_KG)
            .unwrap_err()
            .contains("without a force plate")
    );
}
