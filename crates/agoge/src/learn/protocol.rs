//! The protocols by which methods are measured.

use super::data::Clips;
use crate::Error;
use agoge_attention::evaluate::{Evaluation, Fold, Recognised, Watch, leave_out, recognition};
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
    /// Recognition of UTD-MHAD's actions, odd subjects learned from, even ones judged, by skeleton, sensor and both.
    UtdMhad,
    /// A manifest: recognition if its column `split` says train and test, otherwise quality with each athlete left out once.
    Manifest(PathBuf),
}

impl Protocol {
    /// The names of the protocols on public sets.
    pub const NAMES: [&str; 3] = ["ui-prmd", "ui-prmd-vicon", "utd-mhad"];

    /// The protocol of this name, or else of the manifest at this path.
    pub fn from_name(name: &str) -> Protocol {
        match name {
            "ui-prmd" => Protocol::UiPrmd(Dataset::UiPrmdKinect),
            "ui-prmd-vicon" => Protocol::UiPrmd(Dataset::UiPrmdVicon),
            "utd-mhad" => Protocol::UtdMhad,
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
            Protocol::UtdMhad => Clips::of_set(Dataset::UtdMhad, &data.join("utd-mhad")),
            Protocol::Manifest(path) => Clips::of_manifest(path, |_| true),
        }
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
}

/// The method of a name; the attention model is trained by `config`, from `base` if it is given.
///
/// # Errors
/// If there is no such method.
pub fn method<'a>(name: &str, config: &Config, base: Option<&'a Model>) -> Result<Box<dyn Method + 'a>, Error> {
    by_name(name, &Attention { config: config.clone(), base })
        .ok_or_else(|| Error::NoSuchMethod { name: name.to_owned() })
}

/// Measures a method by a protocol. Folds in `earlier` are not made again; with `pairs` each repetition is also judged beside the athlete's others.
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
        return Ok(Outcome::Recognition(recognition(&clips.part(Split::Train), &test, method, seeds, watch)?));
    }
    let folds = leave_out(&clips.clips, method, Task::Quality, pairs, seeds, earlier, watch)?;
    Ok(Outcome::Quality(Evaluation::of(&clips.clips, &folds)))
}
