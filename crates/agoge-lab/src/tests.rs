//! Models on simulated athletes, and a base that several tests share.

mod model;

use agoge_model::simulated::simulated_exercise_clips as simulated_clips;
use agoge_model::token::Augmentation;
use agoge_model::{Card, Model, Motion};
use agoge_motion::simulate::Exercise;
use agoge_train::TrainingConfig;
use agoge_train::pretrain::pretrain_encoder;
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
