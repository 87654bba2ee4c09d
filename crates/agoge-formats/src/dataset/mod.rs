//! The public sets that Agoge is measured on, turned into recordings and a manifest.

mod clips;
mod pose_trainer;
mod ui_prmd;
mod utd_mhad;

use crate::{Error, Manifest, Row, write_parquet};
use agoge_motion::Recording;
use std::fs;
use std::path::{Path, PathBuf};

/// A set that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dataset {
    /// UI-PRMD, Kinect: ten movements of nine athletes, done well and badly (Vakanski et al.,
    /// 2018).
    UiPrmdKinect,
    /// UI-PRMD, Vicon: the same repetitions by 39 markers.
    UiPrmdVicon,
    /// UTD-MHAD: 27 actions, Kinect skeleton and one worn sensor (Chen et al., 2015).
    UtdMhad,
    /// Pose Trainer: front raises and shoulder presses seen by OpenPose (Chen and Yang, 2018).
    PoseTrainer,
}

impl Dataset {
    /// All sets.
    pub const ALL: [Dataset; 4] =
        [Dataset::UiPrmdKinect, Dataset::UiPrmdVicon, Dataset::UtdMhad, Dataset::PoseTrainer];

    /// The set's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Dataset::UiPrmdKinect => "ui-prmd",
            Dataset::UiPrmdVicon => "ui-prmd-vicon",
            Dataset::UtdMhad => "utd-mhad",
            Dataset::PoseTrainer => "pose-trainer",
        }
    }

    /// The set with this name.
    pub fn from_name(name: &str) -> Option<Dataset> {
        Dataset::ALL.into_iter().find(|set| set.name() == name)
    }
}

/// What an import made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// The manifest, `manifest.csv` in the destination.
    pub manifest: PathBuf,
    /// How many recordings.
    pub recordings: usize,
    /// How many frames together.
    pub frames: usize,
    /// Bytes of the recordings together.
    pub bytes: u64,
}

/// One repetition, trial or clip of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// A name of its own among those of its movement.
    pub name: String,
    /// What was recorded.
    pub recording: Recording,
    /// Who, what and how well; without a file.
    pub row: Row,
}

/// Hands over the items of a set in the order of its files, with how many there are in all. `src`
/// is the folder with the set's Parquet files.
///
/// # Errors
/// As [`crate::read`], for a file of the set that is missing or not what it should be, and what
/// `take` returns.
pub fn read(
    kind: Dataset,
    src: &Path,
    take: &mut dyn FnMut(Item, usize) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut sink = Sink { take, total: 0 };
    match kind {
        Dataset::UiPrmdKinect => ui_prmd::import(
            &src.join("kinect_positions.parquet"),
            ui_prmd::Sensor::Kinect,
            &mut sink,
        ),
        Dataset::UiPrmdVicon => {
            ui_prmd::import(&src.join("vicon_positions.parquet"), ui_prmd::Sensor::Vicon, &mut sink)
        }
        Dataset::UtdMhad => utd_mhad::import(src, &mut sink),
        Dataset::PoseTrainer => pose_trainer::import(&src.join("openpose18.parquet"), &mut sink),
    }
}

/// Turns a set into one Parquet recording a repetition, trial or clip, in a folder a movement, and
/// `manifest.csv`.
///
/// `src` is the folder with the set's Parquet files, `dest` is made if it is not there. `progress`
/// is told how many recordings are done, of how many. Each file is written whole or not at all, the
/// manifest last: without it the import did not end.
///
/// # Errors
/// As [`read`], and [`Error::Io`] for the destination.
pub fn import(
    kind: Dataset,
    src: &Path,
    dest: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Summary, Error> {
    fs::create_dir_all(dest).map_err(|e| Error::write(dest, e))?;
    let manifest = dest.join("manifest.csv");
    if manifest.exists() {
        // An old manifest must not vouch for files of an import that was stopped half-way.
        fs::remove_file(&manifest).map_err(|e| Error::write(&manifest, e))?;
    }
    let mut summary = Summary { manifest, recordings: 0, frames: 0, bytes: 0 };
    let mut rows = Vec::new();
    read(kind, src, &mut |Item { name, recording, row }, total| {
        let file = PathBuf::from(&row.movement).join(format!("{name}.parquet"));
        let path = dest.join(&file);
        let folder = dest.join(&row.movement);
        fs::create_dir_all(&folder).map_err(|e| Error::write(&folder, e))?;
        write_parquet(&path, &recording)?;
        summary.bytes += fs::metadata(&path).map_err(|e| Error::read(&path, e))?.len();
        summary.recordings += 1;
        summary.frames += recording.frames();
        rows.push(Row { file, ..row });
        progress(summary.recordings, total);
        Ok(())
    })?;
    Manifest { rows }.write(&summary.manifest)?;
    Ok(summary)
}

/// Where recordings go.
struct Sink<'a> {
    take: &'a mut dyn FnMut(Item, usize) -> Result<(), Error>,
    total: usize,
}

impl Sink<'_> {
    fn put(&mut self, name: &str, recording: Recording, row: Row) -> Result<(), Error> {
        (self.take)(Item { name: name.to_owned(), recording, row }, self.total)
    }
}
