//! Evaluates methods on athletes they were not trained on.

mod fold;
mod labels;
mod quality;
mod recognition;
mod shots;
mod trial;

pub use fold::{Fold, FoldObserver, leave_athletes_out};
pub use labels::{LabelCountScore, LabellingEvaluation, evaluate_labelling};
pub use quality::{Evaluation, MovementEvaluation, SetEvaluation};
pub use recognition::{RecognitionEvaluation, SenseAccuracy, SenseSet, evaluate_recognition};
pub use shots::{
    FewShotEvaluation, FewShotRow, SHOTS, ShotMeasure, evaluate_quality_shots, evaluate_sport_shots,
};
pub use trial::{FewerClips, MethodCost, chain_repetitions, measure_cost};
