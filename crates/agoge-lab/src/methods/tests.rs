//! Requirements that every method must meet.

use super::*;
use agoge_model::LabelledClip;
use agoge_model::methods::{ClipPrediction, LearningTask};
use agoge_model::metric::roc_auc;
use agoge_model::motion::Motion;
use agoge_model::sensor::Inertial;
use agoge_motion::Part;
use agoge_train::TrainingConfig;

/// Clips of the simulated athletes of the model's tests, each with a sensor on the wrist that
/// follows its motion.
fn sensed_clips(athletes: std::ops::Range<usize>) -> Vec<LabelledClip> {
    let bodies = agoge_model::simulated::simulated_set_clips(athletes);
    bodies
        .into_iter()
        .map(|clip| LabelledClip { motion: attach_wrist_sensor(clip.motion), ..clip })
        .collect()
}

/// The motion with a sensor that measures gravity and the speed of the left wrist.
fn attach_wrist_sensor(motion: Motion) -> Motion {
    let wrist = agoge_model::token::PARTS.iter().position(|part| *part == Part::LeftWrist).unwrap();
    let positions: Vec<[f32; 3]> = motion
        .positions
        .iter()
        .skip(wrist)
        .step_by(agoge_model::token::PARTS.len())
        .copied()
        .collect();
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

fn attention_method() -> AttentionMethod<'static> {
    AttentionMethod {
        config: TrainingConfig { epochs: 40, batch: 12, ..TrainingConfig::default() },
        base: None,
    }
}

fn two_movements() -> Vec<String> {
    vec!["OverheadReach".to_owned(), "Squat".to_owned()]
}

fn map_motions(clips: &[LabelledClip], change: fn(&Motion) -> Motion) -> Vec<LabelledClip> {
    clips.iter().map(|clip| LabelledClip { motion: change(&clip.motion), ..clip.clone() }).collect()
}

fn movement_auc(predictions: &[ClipPrediction], clips: &[LabelledClip], movement: &str) -> f64 {
    let of_movement =
        || clips.iter().zip(predictions).filter(|(clip, _)| clip.movement == movement);
    let scores: Vec<f32> = of_movement().map(|(_, prediction)| prediction.quality).collect();
    let labels: Vec<bool> =
        of_movement().map(|(clip, _)| clip.is_correct() == Some(true)).collect();
    roc_auc(&scores, &labels)
}

/// Asserts that the method learns from some athletes to judge others.
fn assert_learns(name: &str) {
    let method = method_by_name(name, &attention_method()).unwrap();
    let (training, others) = (sensed_clips(0..4), sensed_clips(4..6));
    let (training, tested): (Vec<&LabelledClip>, Vec<&LabelledClip>) =
        (training.iter().collect(), others.iter().collect());
    let judge = method.learn_task(&training, &two_movements(), LearningTask::Quality, 1).unwrap();
    let predictions = judge.predict_clips(&tested);
    for movement in two_movements() {
        assert!(
            movement_auc(&predictions, &others, &movement) >= 0.9,
            "{name}: AUC of {movement} {}",
            movement_auc(&predictions, &others, &movement)
        );
    }
    assert!(judge.parameter_count() > 0);

    let judge = method.learn_task(&training, &two_movements(), LearningTask::Movement, 1).unwrap();
    let apart = |clips: &[LabelledClip]| {
        let predictions = judge.predict_clips(&clips.iter().collect::<Vec<_>>());
        predictions.iter().zip(clips).all(|(prediction, clip)| {
            (prediction.movement[1] > prediction.movement[0]) == (clip.movement == "Squat")
        })
    };
    assert!(
        apart(&others) && apart(&map_motions(&others, Motion::without_sensor)),
        "{name} does not tell movements apart"
    );
    // One sense may be missing, or both; there must be a prediction all the same.
    let predictions =
        judge.predict_clips(&map_motions(&others, Motion::without_body).iter().collect::<Vec<_>>());
    assert!(predictions.iter().all(|prediction| {
        prediction.movement.len() == 2 && prediction.movement.iter().all(|v| v.is_finite())
    }));
    let blind = map_motions(&others, |motion| motion.without_sensor().without_body());
    assert_eq!(judge.predict_clips(&blind.iter().collect::<Vec<_>>()).len(), blind.len());
}

/// Asserts that the same clips and seed give the same predictor on any number of threads, and that
/// clips without anything to learn are an error.
fn assert_repeats(name: &str) {
    let method = method_by_name(name, &attention_method()).unwrap();
    let all = sensed_clips(0..2);
    let all: Vec<&LabelledClip> = all.iter().collect();
    let once = |threads: usize, task: LearningTask| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            method.learn_task(&all, &two_movements(), task, 7).unwrap().predict_clips(&all)
        })
    };
    for task in [LearningTask::Quality, LearningTask::Movement] {
        assert!(
            once(1, task) == once(3, task),
            "{name}: another number of threads gives another judge"
        );
        assert!(
            method.learn_task(&[], &two_movements(), task, 7).is_err(),
            "{name} learns from nothing"
        );
    }
}

macro_rules! method_tests {
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

method_tests!(rocket, boosted, dtw, cnn, tcn);

#[test]
fn every_name_is_a_method() {
    assert!(METHOD_NAMES.iter().all(|name| method_by_name(name, &attention_method()).is_some()));
    assert!(method_by_name("oracle", &attention_method()).is_none());
}
