//! The protocols by which methods are evaluated.

use super::data::Clips;
use crate::Error;
use agoge_attention::evaluate::{
    Evaluation, Fold, Recognised, Shots, Watch, leave_out, recognition, shots_of_quality,
    shots_of_sports,
};
use agoge_attention::peers::{Attention, Method, Task, by_name};
use agoge_attention::{Config, Model};
use agoge_formats::Split;
use agoge_formats::dataset::Dataset;
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
    pub fn clips(&self, data: &Path) -> Result<Clips, Error> {
        match self {
            Protocol::UiPrmd(kind) => Clips::of_set(*kind, &data.join("ui-prmd")),
            Protocol::UtdMhad | Protocol::UtdSports => {
                Clips::of_set(Dataset::UtdMhad, &data.join("utd-mhad"))
            }
            Protocol::PoseTrainer => {
                Clips::of_set(Dataset::PoseTrainer, &data.join("pose-trainer"))
            }
            Protocol::Manifest(path) => Clips::of_manifest(path, |_| true),
        }
    }

    /// Whether the protocol evaluates learning from few clips; such protocols are run by
    /// [`run_shots`].
    pub fn is_of_few_clips(&self) -> bool {
        matches!(self, Protocol::PoseTrainer | Protocol::UtdSports)
    }
}

/// Result of an evaluation protocol.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Ranking of correct above incorrect repetitions.
    Quality(Evaluation),
    /// Recognition of the movement.
    Recognition(Recognised),
    /// Learning from few clips.
    Shots(Shots),
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
pub fn run_shots(
    protocol: &Protocol,
    clips: &Clips,
    base: &Model,
    config: &Config,
    against: &str,
    draws: u64,
    tell: &mut (dyn FnMut(usize, usize) + Send),
) -> Result<Outcome, Error> {
    let shots = if *protocol == Protocol::UtdSports {
        shots_of_sports(
            &clips.part(Split::Train),
            &clips.part(Split::Test),
            &SPORTS,
            config,
            against,
            draws,
            tell,
        )?
    } else {
        shots_of_quality(&clips.clips, base, against, draws, tell)?
    };
    Ok(Outcome::Shots(shots))
}

/// The method of a name; the attention model is trained by `config`, starting from `base` if given.
///
/// # Errors
/// If there is no such method.
pub fn method<'a>(
    name: &str,
    config: &Config,
    base: Option<&'a Model>,
) -> Result<Box<dyn Method + 'a>, Error> {
    by_name(name, &Attention { config: config.clone(), base })
        .ok_or_else(|| Error::NoSuchMethod { name: name.to_owned() })
}

/// Evaluates a method: recognition if there are test clips, otherwise quality. Folds in `earlier`
/// are reused instead of recomputed; with `pairs` each repetition is also judged relative to the
/// athlete's others.
///
/// # Errors
/// If there are too few clips, and any error that `watch` returns.
pub fn run(
    clips: &Clips,
    method: &dyn Method,
    pairs: bool,
    seeds: u64,
    earlier: Vec<Fold>,
    watch: &mut Watch,
) -> Result<Outcome, Error> {
    let test = clips.part(Split::Test);
    if !test.is_empty() {
        return Ok(Outcome::Recognition(recognition(
            &clips.part(Split::Train),
            &test,
            method,
            seeds,
            watch,
        )?));
    }
    let folds = leave_out(&clips.clips, method, Task::Quality, pairs, seeds, earlier, watch)?;
    Ok(Outcome::Quality(Evaluation::of(&clips.clips, &folds)))
}
