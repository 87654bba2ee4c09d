//! Requirements that every method must meet.

use super::*;
use crate::metric::auc;
use crate::motion::Motion;
use crate::sensor::Inertial;
use agoge_motion::Part;

/// Clips of the simulated athletes of the model's tests, each with a sensor on the wrist that
/// follows its motion.
fn clips(athletes: std::ops::Range<usize>) -> Vec<Clip> {
    let bodies = crate::model::tests::clips(athletes);
    bodies.into_iter().map(|clip| Clip { motion: sensed(clip.motion), ..clip }).collect()
}

/// The motion with a sensor that measures gravity and the speed of the left wrist.
fn sensed(motion: Motion) -> Motion {
    let wrist = crate::token::PARTS.iter().position(|part| *part == Part::LeftWrist).unwrap();
    let positions: Vec<[f32; 3]> =
        motion.positions.iter().skip(wrist).step_by(crate::token::PARTS.len()).copied().collect();
    let values = (0..positions.len())
        .map(|i| {
            let before = positions[i.saturating_sub(1)];
            let [x, y, z] = [0, 1, 2].map(|k| positions[i][k] - before[k]);
            [x, y, 1.0 + z, x, y, z]
        })
        .collect();
    let sensor =
        Inertial { part: Part::LeftWrist, time: motion.time.clone(), values, offset_s: 0.0 };
    Motion { sensor: Some(sensor), ..motion }
}

fn attention() -> Attention<'static> {
    Attention {
        config: crate::Config { epochs: 40, batch: 12, ..crate::Config::default() },
        base: None,
    }
}

fn movements() -> Vec<String> {
    vec!["OverheadReach".to_owned(), "Squat".to_owned()]
}

fn seen(clips: &[Clip], change: fn(&Motion) -> Motion) -> Vec<Clip> {
    clips.iter().map(|clip| Clip { motion: change(&clip.motion), ..clip.clone() }).collect()
}

fn area(predictions: &[Said], clips: &[Clip], movement: &str) -> f64 {
    let of_movement =
        || clips.iter().zip(predictions).filter(|(clip, _)| clip.movement == movement);
    let scores: Vec<f32> = of_movement().map(|(_, prediction)| prediction.quality).collect();
    let labels: Vec<bool> =
        of_movement().map(|(clip, _)| clip.is_correct() == Some(true)).collect();
    auc(&scores, &labels)
}

/// Asserts that the method learns from some athletes to judge others.
fn assert_learns(name: &str) {
    let method = by_name(name, &attention()).unwrap();
    let (training, others) = (clips(0..4), clips(4..6));
    let (training, tested): (Vec<&Clip>, Vec<&Clip>) =
        (training.iter().collect(), others.iter().collect());
    let judge = method.learn(&training, &movements(), Task::Quality, 1).unwrap();
    let predictions = judge.judge(&tested);
    for movement in movements() {
        assert!(
            area(&predictions, &others, &movement) >= 0.9,
            "{name}: AUC of {movement} {}",
            area(&predictions, &others, &movement)
        );
    }
    assert!(judge.parameters() > 0);

    let judge = method.learn(&training, &movements(), Task::Movement, 1).unwrap();
    let apart = |clips: &[Clip]| {
        let predictions = judge.judge(&clips.iter().collect::<Vec<_>>());
        predictions.iter().zip(clips).all(|(prediction, clip)| {
            (prediction.movement[1] > prediction.movement[0]) == (clip.movement == "Squat")
        })
    };
    assert!(
        apart(&others) && apart(&seen(&others, Motion::without_sensor)),
        "{name} does not tell movements apart"
    );
    // One sense may be missing, or both; there must be a prediction all the same.
    let predictions = judge.judge(&seen(&others, Motion::without_body).iter().collect::<Vec<_>>());
    assert!(predictions.iter().all(|prediction| {
        prediction.movement.len() == 2 && prediction.movement.iter().all(|v| v.is_finite())
    }));
    let blind = seen(&others, |motion| motion.without_sensor().without_body());
    assert_eq!(judge.judge(&blind.iter().collect::<Vec<_>>()).len(), blind.len());
}

/// Asserts that the same clips and seed give the same predictor on any number of threads, and that
/// clips without anything to learn are an error.
fn assert_repeats(name: &str) {
    let method = by_name(name, &attention()).unwrap();
    let all = clips(0..2);
    let all: Vec<&Clip> = all.iter().collect();
    let once = |threads: usize, task: Task| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| method.learn(&all, &movements(), task, 7).unwrap().judge(&all))
    };
    for task in [Task::Quality, Task::Movement] {
        assert!(
            once(1, task) == once(3, task),
            "{name}: another number of threads gives another judge"
        );
        assert!(method.learn(&[], &movements(), task, 7).is_err(), "{name} learns from nothing");
    }
}

macro_rules! methods {
    ($($name:ident),*) => {$(
        mod $name {
            #[test]
            fn learns() {
                super::assert_learns(stringify!($name));
            }

            #[test]
            fn repeats() {
                super::assert_repeats(stringify!($name));
            }
        }
    )*};
}

methods!(rocket, boosted, dtw, cnn, tcn);

#[test]
fn every_name_is_a_method() {
    assert!(NAMES.iter().all(|name| by_name(name, &attention()).is_some()));
    assert!(by_name("oracle", &attention()).is_none());
}
