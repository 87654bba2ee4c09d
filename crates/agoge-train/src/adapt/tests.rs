use super::*;
use crate::pretrain::pretrain_encoder;
use crate::train::TrainingConfig;
use agoge_model::Motion;
use agoge_model::metric::roc_auc;
use agoge_model::sides::movement_names;
use agoge_model::simulated::simulated_exercise_clips as simulated_clips;
use agoge_model::token::Augmentation;
use agoge_motion::simulate::{Exercise, SimulatedFaultKind};
use std::sync::OnceLock;

/// A base model pre-trained on squats and overhead reaches.
pub(crate) fn pretrained_base() -> &'static Model {
    static BASE: OnceLock<Model> = OnceLock::new();
    BASE.get_or_init(|| {
        let seen = [Exercise::Squat, Exercise::OverheadReach]
            .map(|exercise| simulated_clips(exercise, None, 100..116))
            .concat();
        let motions: Vec<Motion> = seen.into_iter().map(|clip| clip.motion).collect();
        let config = TrainingConfig {
            width: 24,
            heads: 2,
            blocks: 1,
            feed_forward: 48,
            epochs: 60,
            batch: 16,
            learning_rate: 5e-3,
            augment: Augmentation { flat: 0.0, drop: 0.2, mirror: 0.0, live: 0.0, sense: 0.0 },
            ..TrainingConfig::default()
        };
        let (encoder, size) = pretrain_encoder(&motions, &config, &mut |_| {}).unwrap();
        encoder.to_model(size, Card { movements: vec!["any".to_owned()], ..Card::default() }, &[])
    })
}

fn quality_auc(model: &Model, clips: &[LabelledClip]) -> f64 {
    let motions: Vec<&Motion> = clips.iter().map(|clip| &clip.motion).collect();
    let scores: Vec<f32> =
        model.read_motions(&motions).iter().map(|reading| reading.quality_logit[0]).collect();
    roc_auc(&scores, &clips.iter().map(|clip| clip.is_correct() == Some(true)).collect::<Vec<_>>())
}

#[test]
fn five_clips_of_a_kind_of_a_new_movement_suffice_in_every_way() {
    let few = simulated_clips(Exercise::BicepsCurl, Some(SimulatedFaultKind::Asymmetry), 0..10);
    let unseen = simulated_clips(Exercise::BicepsCurl, Some(SimulatedFaultKind::Asymmetry), 20..60);
    let Adapted { model, scores: inside, .. } =
        adapt_model(pretrained_base(), &few, 1, Card::default()).unwrap();
    assert_eq!(model.card().movements, ["BicepsCurl"]);
    assert_eq!(inside.iter().map(|inside| inside.way).collect::<Vec<_>>(), AdaptMethod::ALL);
    let reached = quality_auc(&model, &unseen);
    assert!(reached >= 0.9, "{reached} {inside:?}");
    let again = Model::from_bytes(&model.to_bytes().unwrap(), "x").unwrap();
    assert_eq!(quality_auc(&again, &unseen), reached);

    let names = movement_names(&few);
    let examples = EmbeddedExamples::from_clips(pretrained_base(), few.iter().collect(), &names, 1);
    for way in AdaptMethod::ALL {
        let card = Card { movements: names.clone(), ..Card::default() };
        let learn_on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| learn_model(way, pretrained_base(), &examples, 1, card.clone()))
                .unwrap()
        };
        let model = learn_on(1);
        assert!(
            model.to_bytes().unwrap() == learn_on(2).to_bytes().unwrap(),
            "{way:?}: other threads, other weights"
        );
        assert!(quality_auc(&model, &unseen) >= 0.8, "{way:?}: {}", quality_auc(&model, &unseen));
        // The scale is that of training: 1 is as correct as the labelled clips.
        let logits: Vec<f32> = model
            .read_motions(&[&few[0].motion])
            .iter()
            .map(|reading| reading.quality_logit[0])
            .collect();
        assert!((0.2..2.0).contains(&logits[0]), "{way:?}: {logits:?}");
    }
}

#[test]
fn adapters_change_the_attention_maps_and_nothing_else_but_the_heads() {
    let few = simulated_clips(Exercise::BicepsCurl, Some(SimulatedFaultKind::Asymmetry), 0..4);
    let names = movement_names(&few);
    let examples = EmbeddedExamples::from_clips(pretrained_base(), few.iter().collect(), &names, 1);
    let card = Card { movements: names.clone(), ..Card::default() };
    let model = learn_model(AdaptMethod::Adapters, pretrained_base(), &examples, 1, card).unwrap();
    let (before, after) =
        (pretrained_base().encoder_values().clone(), model.encoder_values().clone());
    let changed: Vec<&str> = after
        .iter()
        .filter(|(path, values)| before[*path] != **values)
        .map(|(path, _)| path.as_str())
        .collect();
    let expected = [
        "blocks.0.part_attention.joined.weight",
        "blocks.0.time_attention.joined.weight",
        "quality.bias",
        "quality.weight",
    ];
    // The head of a single movement has nothing to distinguish: it is zero from the start.
    let changed: Vec<&str> =
        changed.into_iter().filter(|path| !path.starts_with("movement")).collect();
    assert_eq!(changed, expected);
    assert_eq!(before.len(), after.len(), "an adapter is part of the weights");
}

#[test]
fn movements_are_told_apart_after_one_clip_of_each() {
    let all = [Exercise::Squat, Exercise::OverheadReach, Exercise::BicepsCurl];
    let of_athletes = |athletes: std::ops::Range<usize>| {
        all.map(|exercise| simulated_clips(exercise, None, athletes.clone())).concat()
    };
    let unlabelled = |clip: LabelledClip| LabelledClip { label: None, ..clip };
    let few: Vec<LabelledClip> = of_athletes(0..1).into_iter().map(unlabelled).collect();
    let Adapted { model, method: way, scores: inside } =
        adapt_model(pretrained_base(), &few, 1, Card::default()).unwrap();
    assert_eq!((way, inside.len()), (AdaptMethod::Committee, 0), "there is nothing to put aside");
    let unseen = of_athletes(10..16);
    let motions: Vec<&Motion> = unseen.iter().map(|clip| &clip.motion).collect();
    for (clip, reading) in unseen.iter().zip(model.read_motions(&motions)) {
        let class = model.class_index(&clip.movement).unwrap();
        assert!(
            reading.movement.iter().all(|p| *p <= reading.movement[class]),
            "{}: {reading:?}",
            clip.movement
        );
        assert_eq!(reading.quality_logit, [0.0; 3], "nobody judged them");
    }
    let four: Vec<LabelledClip> = of_athletes(0..4).into_iter().map(unlabelled).collect();
    let Adapted { scores: inside, .. } =
        adapt_model(pretrained_base(), &four, 1, Card::default()).unwrap();
    assert!(inside.len() == 4 && inside.iter().all(|inside| inside.reached > 0.9), "{inside:?}");
}

#[test]
fn a_movement_learned_from_few_clips_is_recognised_and_another_is_not() {
    let unlabelled_clips = |exercise: Exercise, athletes| {
        let unlabelled = |clip: LabelledClip| LabelledClip { label: None, ..clip };
        simulated_clips(exercise, None, athletes)
            .into_iter()
            .map(unlabelled)
            .collect::<Vec<LabelledClip>>()
    };
    let few = [Exercise::Squat, Exercise::BicepsCurl]
        .map(|exercise| unlabelled_clips(exercise, 0..6))
        .concat();
    let Adapted { model, .. } = adapt_model(pretrained_base(), &few, 1, Card::default()).unwrap();
    let recognised = |exercise: Exercise, athlete: usize| {
        let clips = unlabelled_clips(exercise, athlete..athlete + 1);
        let readings = model.read_motions(&[&clips[0].motion]);
        model
            .recognise_movement(&readings.iter().collect::<Vec<_>>())
            .map(|recognised| recognised.movement)
    };
    let recognised_names = |exercise: Exercise| {
        (20..40).filter_map(|athlete| recognised(exercise, athlete)).collect::<Vec<String>>()
    };
    for exercise in [Exercise::Squat, Exercise::BicepsCurl] {
        let (recognised_names, name) = (recognised_names(exercise), format!("{exercise:?}"));
        assert!(
            recognised_names.len() >= 15
                && recognised_names.iter().all(|recognised| *recognised == name),
            "{name}: {recognised_names:?}"
        );
    }
    assert_eq!(recognised_names(Exercise::OverheadReach), [""; 0]);
    // The file preserves everything.
    let again = Model::from_bytes(&model.to_bytes().unwrap(), "x").unwrap();
    let motions = [&few[0].motion];
    assert_eq!(again.read_motions(&motions), model.read_motions(&motions));
    assert_eq!(again.card(), model.card());
}

#[test]
fn without_two_kinds_there_is_nothing_to_learn() {
    let correct = simulated_clips(Exercise::Squat, None, 0..3);
    let unlabelled: Vec<LabelledClip> =
        correct.iter().map(|clip| LabelledClip { label: None, ..clip.clone() }).collect();
    for clips in [correct, unlabelled, Vec::new()] {
        let message =
            adapt_model(pretrained_base(), &clips, 1, Card::default()).unwrap_err().to_string();
        assert!(message.contains("hint: label clips") && !message.contains('\n'), "{message}");
    }
}

#[test]
fn ways_are_compared_on_athletes_put_aside_if_that_leaves_clips_of_every_kind() {
    // Every second clip is incorrect.
    let clips = simulated_clips(Exercise::Squat, Some(SimulatedFaultKind::Asymmetry), 0..8);
    let parts = |athlete: &dyn Fn(usize) -> String| {
        let with_athlete = |(i, clip): (usize, &LabelledClip)| LabelledClip {
            athlete: athlete(i),
            ..clip.clone()
        };
        let clips: Vec<LabelledClip> = clips.iter().enumerate().map(with_athlete).collect();
        let movements = ["Squat".to_owned()];
        cross_validation::assign_folds(
            &EmbeddedExamples::from_clips(pretrained_base(), clips.iter().collect(), &movements, 1),
            1,
        )
    };
    let by_athlete = parts(&|i| (i / 2).to_string());
    assert!(by_athlete.chunks(2).all(|pair| pair[0] == pair[1]), "{by_athlete:?}");
    let every_part_has_both = |parts: &[usize]| {
        (0..4).all(|part| {
            (0..2).all(|kind| parts.iter().skip(kind).step_by(2).any(|fold| *fold == part))
        })
    };
    assert!(every_part_has_both(&by_athlete), "{by_athlete:?}");
    // With one athlete, or two athletes with one class each, clips are held out one by one.
    for athlete in [&|_| "unknown".to_owned(), &|i: usize| (i % 2).to_string()]
        as [&dyn Fn(usize) -> String; 2]
    {
        let parts = parts(athlete);
        assert!(every_part_has_both(&parts), "{parts:?}");
    }
}

#[test]
fn the_committee_is_left_only_for_what_is_better_beyond_chance() {
    let chosen = |values: [f64; 4], clips: usize| {
        let inside: Vec<MethodScore> = AdaptMethod::ALL
            .into_iter()
            .zip(values)
            .map(|(way, reached)| MethodScore { way, reached })
            .collect();
        cross_validation::choose_method(&inside, clips)
    };
    // The standard error of 0.6 is 0.14 on ten clips, and that of 0.8 is 0.02 on four hundred.
    assert_eq!(chosen([0.95, 0.7, 0.6, 0.85], 10), AdaptMethod::Committee);
    assert_eq!(chosen([0.7, 0.7, 0.8, 0.85], 400), AdaptMethod::Committee);
    assert_eq!(chosen([0.7, 0.7, 0.8, 0.87], 400), AdaptMethod::Adapters);
    assert_eq!(chosen([1.0, 1.0, 1.0, 1.0], 10), AdaptMethod::Committee);
    assert_eq!(chosen([0.8, 1.0, 0.5, 1.0], 10), AdaptMethod::Linear, "of equals the simplest");
    assert_eq!(cross_validation::choose_method(&[], 0), AdaptMethod::Committee);
}
