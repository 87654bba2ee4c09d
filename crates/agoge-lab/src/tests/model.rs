use crate::evaluate::{Evaluation, leave_athletes_out};
use crate::methods::AttentionMethod;
use agoge_model::methods::LearningTask;
use agoge_model::sides::movement_names;
use agoge_model::simulated::{simulated_sensor, simulated_set_clips as simulated_clips};
use agoge_model::token::Augmentation;
use agoge_model::{Card, LabelledClip, Model, Motion, Reading};
use agoge_train::train::{TrainingConfig, train_encoder};

fn small_config() -> TrainingConfig {
    TrainingConfig {
        width: 16,
        heads: 2,
        blocks: 1,
        feed_forward: 32,
        epochs: 120,
        batch: 12,
        learning_rate: 5e-3,
        // All simulated athletes are recorded the same way, and a mirrored fault is a different
        // one.
        augment: Augmentation { flat: 0.0, drop: 0.0, mirror: 0.0, live: 0.0, sense: 0.0 },
        ..TrainingConfig::default()
    }
}

fn test_card(names: Vec<String>) -> Card {
    Card { name: "test".to_owned(), movements: names, ..Card::default() }
}

#[test]
fn unseen_athletes_are_judged_and_the_same_seed_gives_the_same_model() {
    let clips = simulated_clips(0..4);
    let method = AttentionMethod { config: small_config(), base: None };
    let mut trained = 0;
    let mut watch = |_: &_, done: usize, total: usize| {
        (trained, _) = (trained.max(done), assert_eq!(total, 10));
        Ok(())
    };
    let folds =
        leave_athletes_out(&clips, &method, LearningTask::Quality, true, 1, Vec::new(), &mut watch)
            .unwrap();
    assert_eq!(trained, 10, "four athletes, and six pairs of them");
    let evaluation = Evaluation::from_folds(&clips, &folds);
    // Finished folds are not repeated: a callback that panics is never called.
    let mut refuse = |_: &_, _, _| panic!("nothing is left to do");
    assert_eq!(
        leave_athletes_out(
            &clips,
            &method,
            LearningTask::Quality,
            true,
            1,
            folds.clone(),
            &mut refuse
        )
        .unwrap(),
        folds
    );
    assert!(evaluation.auc.0 > 0.9, "AUC {}", evaluation.auc.0);
    assert!(evaluation.recognition.0 > 0.9, "recognition {}", evaluation.recognition.0);
    let calibrated = |p| evaluation.calibration.share_at(p).unwrap();
    assert!(calibrated(1.0) > calibrated(0.0) + 0.5, "{:?}", evaluation.calibration);

    let names = movement_names(&clips);
    let config = TrainingConfig { epochs: 2, ..small_config() };
    let once = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (encoder, size) =
            pool.install(|| train_encoder(&clips, &names, &config, None, &mut |_| {})).unwrap();
        encoder.to_model(size, test_card(names.clone()), &clips).to_bytes().unwrap()
    };
    assert!(once(1) == once(2), "another number of threads gives other weights");
}

#[test]
fn weights_come_back_and_hostile_files_are_named() {
    let clips = simulated_clips(0..1);
    let names = movement_names(&clips);
    let (encoder, size) = train_encoder(
        &clips,
        &names,
        &TrainingConfig { epochs: 1, ..small_config() },
        None,
        &mut |_| {},
    )
    .unwrap();
    let model = encoder.to_model(size, test_card(names), &clips);
    let bytes = model.to_bytes().unwrap();
    let again = Model::from_bytes(&bytes, "x").unwrap();
    let motion = [&clips[0].motion];
    assert_eq!(model.read_motions(&motion), again.read_motions(&motion));

    for cut in [0, 1, 7, 8, 100, bytes.len() / 2, bytes.len() - 1] {
        assert!(Model::from_bytes(&bytes[..cut], "x").is_err(), "cut at {cut}");
    }
    let mut huge = bytes.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(Model::from_bytes(&huge, "x").is_err());
    let mut nan = bytes.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let message = Model::from_bytes(&nan, "x").unwrap_err().to_string();
    assert!(message.contains("tensor ") && message.contains("not a number"), "{message}");
    let version: &[u8] = br#"{\"version\":3"#;
    let at = bytes.windows(version.len()).position(|w| w == version).unwrap();
    let mut other = bytes;
    other[at + version.len() - 1] = b'9';
    assert!(Model::from_bytes(&other, "x").unwrap_err().to_string().contains("version"));
}

/// A model trained on both recognises the movement from either; one trained without a sensor
/// ignores it.
#[test]
fn a_model_knows_the_movement_by_body_sensor_or_both() {
    let clips: Vec<LabelledClip> = simulated_clips(0..3)
        .into_iter()
        .map(|clip| {
            let (speed, up) = if clip.movement == "Squat" { (4.0, 0.0) } else { (7.0, 0.6) };
            let phase = clip.athlete.parse::<f32>().unwrap();
            let felt = |t: f32| [(speed * t + phase).sin(), up, 0.8, (speed * t).cos(), 0.0, 0.0];
            let sensor = Some(simulated_sensor(clip.motion.duration_s(), felt));
            LabelledClip { motion: Motion { sensor, ..clip.motion }, ..clip }
        })
        .collect();
    let (held_out, others): (Vec<LabelledClip>, Vec<LabelledClip>) =
        clips.into_iter().partition(|clip| clip.athlete == "0");
    let names = movement_names(&others);
    let config = TrainingConfig {
        epochs: 40,
        augment: Augmentation { sense: 0.5, ..small_config().augment },
        ..small_config()
    };
    let once = |clips: &[LabelledClip]| {
        let (encoder, size) = train_encoder(clips, &names, &config, None, &mut |_| {}).unwrap();
        encoder.to_model(size, test_card(names.clone()), clips)
    };
    let model = once(&others);
    assert!(model.card().sensor);
    let recognised = |change: &dyn Fn(&Motion) -> Motion| {
        let motions: Vec<Motion> = held_out.iter().map(|clip| change(&clip.motion)).collect();
        let readings = model.read_motions(&motions.iter().collect::<Vec<_>>());
        let knows = |(reading, clip): &(&Reading, &LabelledClip)| {
            reading.movement[model.class_index(&clip.movement).unwrap()] > 0.5
        };
        readings.iter().zip(&held_out).filter(knows).count()
    };
    for (what, count) in [
        ("both", recognised(&Motion::clone)),
        ("the body", recognised(&Motion::without_sensor)),
        ("the sensor", recognised(&Motion::without_body)),
    ] {
        assert!(count >= held_out.len() - 1, "by {what} {count} of {}", held_out.len());
    }
    let bodies: Vec<LabelledClip> = others
        .iter()
        .map(|clip| LabelledClip { motion: clip.motion.without_sensor(), ..clip.clone() })
        .collect();
    let blind = once(&bodies);
    assert!(!blind.card().sensor);
    let both = &held_out[0].motion;
    assert_eq!(blind.read_motions(&[both]), blind.read_motions(&[&both.without_sensor()]));
}
