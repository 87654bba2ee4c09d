//! Recordings with labels, as clips to learn from.

use crate::{Error, Options};
use agoge_attention::evaluate::chained;
use agoge_attention::{Clip, Motion};
use agoge_formats::dataset::{self, Dataset};
use agoge_formats::{Manifest, ReadOptions, Row, Split};
use agoge_motion::Recording;
use agoge_motion::condition::condition;
use rayon::prelude::*;
use std::path::Path;

/// Clips of a manifest or a public set.
#[derive(Clone, Debug, Default)]
pub struct Clips {
    /// Each recording is one repetition.
    pub clips: Vec<Clip>,
    /// The part of an evaluation each belongs to, `[clip]`.
    pub splits: Vec<Option<Split>>,
    /// The name of each recording; of a manifest's, its file as the manifest names it, `[clip]`.
    pub names: Vec<String>,
    /// Names of the recordings that were left out: nothing was seen or felt in them.
    pub left_out: Vec<String>,
}

impl Clips {
    /// Those recordings of a manifest that `keep` accepts.
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

    /// All items of a public set; `source` is the folder with its Parquet files.
    ///
    /// # Errors
    /// If a file of the set is missing or not what it should be.
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

    /// How many are learned from: those of the part that is meant for it, or all.
    pub fn learned(&self) -> usize {
        match self.splits.iter().filter(|split| **split == Some(Split::Train)).count() {
            0 => self.clips.len(),
            count => count,
        }
    }

    /// The clips of one part of an evaluation.
    pub fn part(&self, part: Split) -> Vec<Clip> {
        let own = self.clips.iter().zip(&self.splits).filter(|(_, split)| **split == Some(part));
        own.map(|(clip, _)| clip.clone()).collect()
    }

    /// Clips of some repetitions each ([`chained`]), named after athlete and movement; all of an
    /// athlete are of the part of the evaluation that the athlete is of.
    #[must_use]
    pub fn chained(&self, count: usize) -> Clips {
        let clips = chained(&self.clips, count);
        let names =
            clips.iter().map(|clip| format!("{} {}", clip.athlete, clip.movement)).collect();
        let part = |own: &Clip| {
            let same = self.clips.iter().position(|clip| clip.athlete == own.athlete);
            same.and_then(|place| self.splits[place])
        };
        Clips {
            splits: clips.iter().map(part).collect(),
            names,
            clips,
            left_out: self.left_out.clone(),
        }
    }

    fn gather(found: Vec<(Option<Clip>, Option<Split>, String)>) -> Clips {
        let mut all = Clips::default();
        for (clip, split, name) in found {
            match clip {
                Some(clip) => {
                    all.clips.push(clip);
                    all.splits.push(split);
                    all.names.push(name);
                }
                None => all.left_out.push(name),
            }
        }
        all
    }
}

/// A recording as a clip; none if nothing is seen or felt in it.
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
