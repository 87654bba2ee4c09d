//! The protocols by which methods are measured.

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

/// What is measured on which recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Quality of UI-PRMD's movements by Kinect or Vicon, each athlete left out once.
    UiPrmd(Dataset),
    /// Recognition of UTD-MHAD's actions, odd subjects learned from, even ones judged, by skeleton,
    /// sensor and both.
    UtdMhad,
    /// Quality of pose-trainer's arm exercises, filmed by one camera, from few clips; the others
    /// are judged.
    PoseTrainer,
    /// Recognition of UTD-MHAD's sports, each by an encoder that never saw it, from few clips.
    UtdSports,
    /// A manifest: recognition if its column `split` says train and test, otherwise quality with
    /// each athlete left out once.
    Manifest(PathBuf),
}

impl Protocol {
    /// The names of the protocols on public sets.
    pub const NAMES: [&str; 5] =
        ["ui-prmd", "ui-prmd-vicon", "utd-mhad", "pose-trainer", "utd-sports"];

    /// The protocol of this name, or else of the manifest at this path.
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

    /// Its clips; `data` is the folder that holds the public sets, each in a folder of its own.
    ///
    /// # Errors
    /// If they cannot be read.
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

    /// Whether it measures what few clips suffice for: then [`run_shots`] runs it.
    pub fn is_of_few_clips(&self) -> bool {
        matches!(self, Protocol::PoseTrainer | Protocol::UtdSports)
    }
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Correct above incorrect.
    Quality(Evaluation),
    /// Which movement.
    Recognition(Recognised),
    /// From few clips.
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

/// Measures what few clips suffice for. The clips are drawn `draws` times; `base` is what a model
/// of quality is adapted from, and that of sports is trained for each by `config`. The method named
/// `against` learns from the same clips; `attention` is the model from scratch.
///
/// # Errors
/// If the clips do not suffice, or there is no such method.
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

/// The method of a name; the attention model is trained by `config`, from `base` if it is given.
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

/// Measures a method by a protocol. Folds in `earlier` are not made again; with `pairs` each
/// repetition is also judged beside the athlete's others.
///
/// # Errors
/// If the clips do not suffice, and what `watch` returns.
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
