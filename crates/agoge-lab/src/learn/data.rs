//! Loading labelled recordings as clips to train and evaluate on.

use agoge::{AnalysisOptions, Error};

use crate::evaluate::chain_repetitions;
use agoge_formats::dataset::{self, Dataset};
use agoge_formats::{Manifest, ManifestRow, ReadOptions, Split};
use agoge_model::{LabelledClip, Motion};
use agoge_motion::Recording;
use agoge_motion::condition::condition_recording;
use rayon::prelude::*;
use std::path::Path;

/// Clips of a manifest or a public dataset.
#[derive(Clone, Debug, Default)]
pub struct ClipSet {
    /// The clips; each recording is one repetition.
    pub clips: Vec<LabelledClip>,
    /// The evaluation split of each clip, `[clip]`.
    pub splits: Vec<Option<Split>>,
    /// The name of each recording, `[clip]`; for a manifest, the file as the manifest names it.
    pub names: Vec<String>,
    /// Names of the recordings left out because nothing was seen or felt in them.
    pub left_out: Vec<String>,
}

impl ClipSet {
    /// Loads the recordings of a manifest that `keep` accepts.
    ///
    /// # Errors
    /// If the manifest or one of its recordings cannot be read.
    pub fn from_manifest(
        manifest: &Path,
        keep: impl Fn(&ManifestRow) -> bool + Sync,
    ) -> Result<ClipSet, Error> {
        let rows: Vec<ManifestRow> =
            Manifest::read_file(manifest)?.rows.into_iter().filter(|row| keep(row)).collect();
        let folder = manifest.parent().unwrap_or(Path::new("."));
        let clips = rows
            .into_par_iter()
            .map(|row| {
                let recording = agoge_formats::read_recording(
                    &folder.join(&row.file),
                    &ReadOptions::default(),
                )?;
                let name = row.file.display().to_string();
                Ok((clip_from_recording(&recording, &row)?, row.split, name))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(ClipSet::from_loaded(clips))
    }

    /// Loads all items of a public dataset; `source` is the folder with its Parquet files.
    ///
    /// # Errors
    /// If a file of the dataset is missing or invalid.
    pub fn from_dataset(kind: Dataset, source: &Path) -> Result<ClipSet, Error> {
        let mut items = Vec::new();
        dataset::read_dataset(kind, source, &mut |item, _| {
            items.push(item);
            Ok(())
        })?;
        let clips = items
            .into_par_iter()
            .map(|item| {
                Ok((clip_from_recording(&item.recording, &item.row)?, item.row.split, item.name))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(ClipSet::from_loaded(clips))
    }

    /// Number of clips used for training: those of the training split, or all if there is none.
    pub fn training_count(&self) -> usize {
        match self.splits.iter().filter(|split| **split == Some(Split::Train)).count() {
            0 => self.clips.len(),
            count => count,
        }
    }

    /// The clips of one evaluation split.
    pub fn split_clips(&self, part: Split) -> Vec<LabelledClip> {
        let selected =
            self.clips.iter().zip(&self.splits).filter(|(_, split)| **split == Some(part));
        selected.map(|(clip, _)| clip.clone()).collect()
    }

    /// Clips of `count` consecutive repetitions each ([`chain_repetitions`]), named after athlete
    /// and movement. Each belongs to the split of its athlete.
    #[must_use]
    pub fn chain_repetitions(&self, count: usize) -> ClipSet {
        let clips = chain_repetitions(&self.clips, count);
        let names =
            clips.iter().map(|clip| format!("{} {}", clip.athlete, clip.movement)).collect();
        let split_of = |chain: &LabelledClip| {
            let same = self.clips.iter().position(|clip| clip.athlete == chain.athlete);
            same.and_then(|place| self.splits[place])
        };
        ClipSet {
            splits: clips.iter().map(split_of).collect(),
            names,
            clips,
            left_out: self.left_out.clone(),
        }
    }

    /// Separates the loaded clips from the names of recordings without one.
    fn from_loaded(loaded: Vec<(Option<LabelledClip>, Option<Split>, String)>) -> ClipSet {
        let mut set = ClipSet::default();
        for (clip, split, name) in loaded {
            match clip {
                Some(clip) => {
                    set.clips.push(clip);
                    set.splits.push(split);
                    set.names.push(name);
                }
                None => set.left_out.push(name),
            }
        }
        set
    }
}

/// Conditions a recording and turns it into a clip; none if nothing is seen or felt in it.
fn clip_from_recording(
    recording: &Recording,
    row: &ManifestRow,
) -> Result<Option<LabelledClip>, Error> {
    let body = condition_recording(recording, &AnalysisOptions::default().condition)?
        .recording
        .to_body()
        .recording;
    let motion = Motion::new(&body, 0, body.frame_count().saturating_sub(1));
    Ok(motion.map(|motion| LabelledClip {
        athlete: row.athlete.clone(),
        movement: row.movement.clone(),
        label: row.label,
        motion,
    }))
}
