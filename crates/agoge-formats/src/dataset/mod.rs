//! Imports the public datasets that Agoge is evaluated on, as recordings and a manifest.

mod clips;
mod pose_trainer;
mod ui_prmd;
mod utd_mhad;

use crate::{Manifest, ManifestRow, ReadError, write_parquet};
use agoge_motion::Recording;
use std::fs;
use std::path::{Path, PathBuf};

/// A dataset that can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dataset {
    /// UI-PRMD, Kinect: ten movements of nine athletes, done well and badly (Vakanski et al.,
    /// 2018).
    UiPrmdKinect,
    /// UI-PRMD, Vicon: the same repetitions, recorded with 39 markers.
    UiPrmdVicon,
    /// UTD-MHAD: 27 actions, with a Kinect skeleton and one worn sensor (Chen et al., 2015).
    UtdMhad,
    /// Pose Trainer: front raises and shoulder presses, detected by OpenPose (Chen and Yang, 2018).
    PoseTrainer,
}

impl Dataset {
    /// All datasets.
    pub const ALL: [Dataset; 4] =
        [Dataset::UiPrmdKinect, Dataset::UiPrmdVicon, Dataset::UtdMhad, Dataset::PoseTrainer];

    /// The dataset's name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Dataset::UiPrmdKinect => "ui-prmd",
            Dataset::UiPrmdVicon => "ui-prmd-vicon",
            Dataset::UtdMhad => "utd-mhad",
            Dataset::PoseTrainer => "pose-trainer",
        }
    }

    /// The dataset with this name.
    pub fn from_name(name: &str) -> Option<Dataset> {
        Dataset::ALL.into_iter().find(|set| set.name() == name)
    }
}

/// What an import produced.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ImportSummary {
    /// Path of the manifest, `manifest.csv` in the destination.
    pub manifest: PathBuf,
    /// Number of recordings.
    pub recordings: usize,
    /// Total number of frames.
    pub frames: usize,
    /// Total size of the recordings, bytes.
    pub bytes: u64,
}

/// One repetition, trial or clip of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetItem {
    /// Name, unique within its movement.
    pub name: String,
    /// The recording.
    pub recording: Recording,
    /// The manifest row (athlete, movement, label), without a file.
    pub row: ManifestRow,
}

/// Passes the items of a dataset to `take` in file order, with the total number of items. `src` is
/// the folder with the dataset's Parquet files.
///
/// # Errors
/// As [`crate::read_recording`] if a file of the dataset is missing or has unexpected content; also
/// what `take` returns.
pub fn read_dataset(
    kind: Dataset,
    src: &Path,
    take: &mut dyn FnMut(DatasetItem, usize) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut sink = ItemSink { take, total: 0 };
    match kind {
        Dataset::UiPrmdKinect => ui_prmd::import_ui_prmd(
            &src.join("kinect_positions.parquet"),
            ui_prmd::CaptureSystem::Kinect,
            &mut sink,
        ),
        Dataset::UiPrmdVicon => ui_prmd::import_ui_prmd(
            &src.join("vicon_positions.parquet"),
            ui_prmd::CaptureSystem::Vicon,
            &mut sink,
        ),
        Dataset::UtdMhad => utd_mhad::import_utd_mhad(src, &mut sink),
        Dataset::PoseTrainer => {
            pose_trainer::import_pose_trainer(&src.join("openpose18.parquet"), &mut sink)
        }
    }
}

/// Imports a dataset as one Parquet recording per repetition, trial or clip, with one folder per
/// movement, and `manifest.csv`.
///
/// `src` is the folder with the dataset's Parquet files; `dest` is created if needed. `progress`
/// receives the number of recordings written and their total. Each file is written whole or not at
/// all, and the manifest last: without it, the import is incomplete.
///
/// # Errors
/// As [`read_dataset`], and [`ReadError::Io`] for the destination.
pub fn import_dataset(
    kind: Dataset,
    src: &Path,
    dest: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ImportSummary, ReadError> {
    fs::create_dir_all(dest).map_err(|e| ReadError::cannot_write(dest, e))?;
    let manifest = dest.join("manifest.csv");
    if manifest.exists() {
        // An old manifest must not vouch for the files of an import that was interrupted.
        fs::remove_file(&manifest).map_err(|e| ReadError::cannot_write(&manifest, e))?;
    }
    let mut summary = ImportSummary { manifest, recordings: 0, frames: 0, bytes: 0 };
    let mut rows = Vec::new();
    read_dataset(kind, src, &mut |DatasetItem { name, recording, row }, total| {
        let file = PathBuf::from(&row.movement).join(format!("{name}.parquet"));
        let path = dest.join(&file);
        let folder = dest.join(&row.movement);
        fs::create_dir_all(&folder).map_err(|e| ReadError::cannot_write(&folder, e))?;
        write_parquet(&path, &recording)?;
        summary.bytes += fs::metadata(&path).map_err(|e| ReadError::cannot_read(&path, e))?.len();
        summary.recordings += 1;
        summary.frames += recording.frame_count();
        rows.push(ManifestRow { file, ..row });
        progress(summary.recordings, total);
        Ok(())
    })?;
    Manifest { rows }.write_file(&summary.manifest)?;
    Ok(summary)
}

/// Passes imported recordings to the caller.
struct ItemSink<'a> {
    take: &'a mut dyn FnMut(DatasetItem, usize) -> Result<(), ReadError>,
    total: usize,
}

impl ItemSink<'_> {
    /// Passes on one recording.
    fn put_item(
        &mut self,
        name: &str,
        recording: Recording,
        row: ManifestRow,
    ) -> Result<(), ReadError> {
        (self.take)(DatasetItem { name: name.to_owned(), recording, row }, self.total)
    }
}
