//! Loading labelled recordings as clips to train and evaluate on.

use crate::{Error, Options};
use agoge_attention::evaluate::chained;
use agoge_attention::{Clip, Motion};
use agoge_formats::dataset::{self, Dataset};
use agoge_formats::{Manifest, ReadOptions, Row, Split};
use agoge_motion::Recording;
use agoge_motion::condition::condition;
use rayon::prelude::*;
use std::path::Path;

/// Clips of a manifest or a public dataset.
#[derive(Clone, Debug, Default)]
pub struct Clips {
    /// The clips; each recording is one repetition.
    pub clips: Vec<Clip>,
    /// The evaluation split of each clip, `[clip]`.
    pub splits: Vec<Option<Split>>,
    /// The name of each recording, `[clip]`; for a manifest, the file as the manifest names it.
    pub names: Vec<String>,
    /// Names of the recordings left out because nothing was seen or felt in them.
    pub left_out: Vec<String>,
}

impl Clips {
    /// Loads the recordings of a manifest that `keep` accepts.
    ///
    /// # Errors
    /// If the manifest or one of its recordings cannot be read.
    pub fn of_manifest(
        manifest: &Path,
        keep: impl Fn(&Row) -> bool + Sync,
    ) -> Result<Clips, Error> {
        let rows: Vec<Row> =
            Manifest::read(manifest)?.rows.into_iter().filter(|row| keep(row)).collect();
        let folder = manifest.parent().unwrap_or(Path::new("."));
        let clips = rows
            .into_par_iter()
            .map(|row| {
                let recording =
                    agoge_formats::read(&folder.join(&row.file), &ReadOptions::default())?;
                let name = row.file.display().to_string();
                Ok((clip(&recording, &row)?, row.split, name))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Clips::gather(clips))
    }

    /// Loads all items of a public dataset; `source` is the folder with its Parquet files.
    ///
    /// # Errors
    /// If a file of the dataset is missing or invalid.
    pub fn of_set(kind: Dataset, source: &Path) -> Result<Clips, Error> {
        let mut items = Vec::new();
        dataset::read(kind, source, &mut |item, _| {
            items.push(item);
            Ok(())
        })?;
        let clips = items
            .into_par_iter()
            .map(|item| Ok((clip(&item.recording, &item.row)?, item.row.split, item.name)))
            .collect::<Result<Vec<_>, Error>>()?;
        Ok(Clips::gather(clips))
    }

    /// Number of clips used for training: those of the training split, or all if there is none.
    pub fn learned(&self) -> usize {
        match self.splits.iter().filter(|split| **split == Some(Split::Train)).count() {
            0 => self.clips.len(),
            count => count,
        }
    }

    /// The clips of one evaluation split.
    pub fn part(&self, part: Split) -> Vec<Clip> {
        let selected =
            self.clips.iter().zip(&self.splits).filter(|(_, split)| **split == Some(part));
        selected.map(|(clip, _)| clip.clone()).collect()
    }

    /// Clips of `count` consecutive repetitions each ([`chained`]), named after athlete and
    /// movement. Each belongs to the split of its athlete.
    #[must_use]
    pub fn chained(&self, count: usize) -> Clips {
        let clips = chained(&self.clips, count);
        let names =
            clips.iter().map(|clip| format!("{} {}", clip.athlete, clip.movement)).collect();
        let split_of = |chain: &Clip| {
            let same = self.clips.iter().position(|clip| clip.athlete == chain.athlete);
            same.and_then(|place| self.splits[place])
        };
        Clips {
            splits: clips.iter().map(split_of).collect(),
            names,
            clips,
            left_out: self.left_out.clone(),
        }
    }

    /// Separates the loaded clips from the names of recordings without one.
    fn gather(loaded: Vec<(Option<Clip>, Option<Split>, String)>) -> Clips {
        let mut set = Clips::default();
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
fn clip(recording: &Recording, row: &Row) -> Result<Option<Clip>, Error> {
    let body = condition(recording, &Options::default().condition)?.recording.to_body().recording;
    let motion = Motion::new(&body, 0, body.frames().saturating_sub(1));
    Ok(motion.map(|motion| Clip {
        athlete: row.athlete.clone(),
        movement: row.movement.clone(),
        label: row.label,
        motion,
    }))
}
