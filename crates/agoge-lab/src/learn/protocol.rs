//! The protocols by which methods are evaluated.

use super::data::ClipSet;
use crate::evaluate::{
    Evaluation, FewShotEvaluation, Fold, FoldObserver, RecognitionEvaluation,
    evaluate_quality_shots, evaluate_recognition, evaluate_sport_shots, leave_athletes_out,
};
use crate::methods::{AttentionMethod, method_by_name};
use agoge::Error;
use agoge_formats::Split;
use agoge_formats::dataset::Dataset;
use agoge_model::Model;
use agoge_model::methods::{LearningMethod, LearningTask};
use agoge_train::TrainingConfig;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What is evaluated, and on which recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Quality of UI-PRMD's movements recorded by Kinect or Vicon, leaving one athlete out at a
    /// time.
    UiPrmd(Dataset),
    /// Recognition of UTD-MHAD's actions by skeleton, sensor and both, trained on odd subjects and
    /// tested on even ones.
    UtdMhad,
    /// Quality of pose-trainer's arm exercises, filmed by one camera, learned from few clips and
    /// tested on the others.
    PoseTrainer,
    /// Recognition of UTD-MHAD's sports from few clips, each by an encoder that was not trained on
    /// that sport.
    UtdSports,
    /// A manifest: recognition if its `split` column contains train and test, otherwise quality,
    /// leaving one athlete out at a time.
    Manifest(PathBuf),
}

impl Protocol {
    /// Names of the protocols on public datasets.
    pub const NAMES: [&str; 5] =
        ["ui-prmd", "ui-prmd-vicon", "utd-mhad", "pose-trainer", "utd-sports"];

    /// The protocol of this name, otherwise the protocol of the manifest at this path.
    pub fn from_name(name: &str) -> Protocol {
        match name {
            "ui-prmd" => Protocol::UiPrmd(Dataset::UiPrmdKinect),
            "ui-prmd-vicon" => Protocol::UiPrmd(Dataset::UiPrmdVicon),
            "utd-mhad" => Protocol::UtdMhad,
            "pose-trainer" => Protocol::PoseTrainer,
            "utd-sports" => Protocol::UtdSports,
            path => Protocol::Manifest(path.into()),
        }
    }

    /// Loads the protocol's clips; `data` is the folder that holds the public datasets, each in its
    /// own subfolder.
    ///
    /// # Errors
    /// If the clips cannot be read.
    pub fn load_clips(&self, data: &Path) -> Result<ClipSet, Error> {
        match self {
            Protocol::UiPrmd(kind) => ClipSet::from_dataset(*kind, &data.join("ui-prmd")),
            Protocol::UtdMhad | Protocol::UtdSports => {
                ClipSet::from_dataset(Dataset::UtdMhad, &data.join("utd-mhad"))
            }
            Protocol::PoseTrainer => {
                ClipSet::from_dataset(Dataset::PoseTrainer, &data.join("pose-trainer"))
            }
            Protocol::Manifest(path) => ClipSet::from_manifest(path, |_| true),
        }
    }

    /// Whether the protocol evaluates learning from few clips; such protocols are run by
    /// [`evaluate_few_shot`].
    pub fn is_few_shot(&self) -> bool {
        matches!(self, Protocol::PoseTrainer | Protocol::UtdSports)
    }
}

/// Result of an evaluation protocol.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProtocolResult {
    /// Ranking of correct above incorrect repetitions.
    Quality(Evaluation),
    /// Recognition of the movement.
    Recognition(RecognitionEvaluation),
    /// Learning from few clips.
    Shots(FewShotEvaluation),
}

/// UTD-MHAD's sports and their actions.
const SPORTS: [(&str, &[&str]); 5] = [
    ("tennis", &["tennis_swing", "tennis_serve"]),
    ("baseball", &["baseball_swing"]),
    ("bowling", &["bowling"]),
    ("basketball", &["basketball_shoot"]),
    ("boxing", &["boxing"]),
];

/// Evaluates learning from few clips, drawing the clips `draws` times. A quality model is adapted
/// from `base`; for sports, an encoder is trained for each by `config`. The method named `against`
/// learns from the same clips.
///
/// # Errors
/// If there are too few clips, or there is no such method.
pub fn evaluate_few_shot(
    protocol: &Protocol,
    clips: &ClipSet,
    base: &Model,
    config: &TrainingConfig,
    against: &str,
    draws: u64,
    tell: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<ProtocolResult, Error> {
    let shots = if *protocol == Protocol::UtdSports {
        evaluate_sport_shots(
            &clips.split_clips(Split::Train),
            &clips.split_clips(Split::Test),
            &SPORTS,
            config,
            against,
            draws,
            tell,
        )?
    } else {
        evaluate_quality_shots(&clips.clips, base, against, draws, tell)?
    };
    Ok(ProtocolResult::Shots(shots))
}

/// The method of a name; the attention model is trained by `config`, starting from `base` if given.
///
/// # Errors
/// If there is no such method.
pub fn build_method<'a>(
    name: &str,
    config: &TrainingConfig,
    base: Option<&'a Model>,
) -> Result<Box<dyn LearningMethod + 'a>, Error> {
    method_by_name(name, &AttentionMethod { config: config.clone(), base })
        .ok_or_else(|| Error::NoSuchMethod { name: name.to_owned() })
}

/// Evaluates a method: recognition if there are test clips, otherwise quality. Folds in `earlier`
/// are reused instead of recomputed; with `pairs` each repetition is also judged relative to the
/// athlete's others.
///
/// # Errors
/// If there are too few clips, and any error that `watch` returns.
pub fn evaluate_method(
    clips: &ClipSet,
    method: &dyn LearningMethod,
    pairs: bool,
    seeds: u64,
    earlier: Vec<Fold>,
    watch: &mut FoldObserver,
) -> Result<ProtocolResult, Error> {
    let test = clips.split_clips(Split::Test);
    if !test.is_empty() {
        return Ok(ProtocolResult::Recognition(evaluate_recognition(
            &clips.split_clips(Split::Train),
            &test,
            method,
            seeds,
            watch,
        )?));
    }
    let folds = leave_athletes_out(
        &clips.clips,
        method,
        LearningTask::Quality,
        pairs,
        seeds,
        earlier,
        watch,
    )?;
    Ok(ProtocolResult::Quality(Evaluation::from_folds(&clips.clips, &folds)))
}
