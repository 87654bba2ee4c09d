//! Which recordings a coach should judge next.

use super::data::Clips;
use crate::Error;
use agoge_attention::Motion;
use agoge_attention::labels::{Suggestion, suggest};
use agoge_formats::{Manifest, Row};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A recording to judge next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToLabel {
    /// The recording, as the manifest names it.
    pub file: PathBuf,
    /// Its movement.
    pub movement: String,
    /// Who moves.
    pub athlete: String,
    /// How much the model of the movement doubts, 0 (sure) to 1.
    pub doubt: f64,
    /// Share of all that is to be known of the movement's repetitions that this label would bring, 0 to 1.
    pub gain: f64,
}

/// Up to `count` recordings of each movement of a manifest to judge next, the first first; those with a label are what is known. The manifest is not changed.
///
/// # Errors
/// If the manifest or one of its recordings cannot be read.
pub fn suggest_labels(manifest: &Path, count: usize) -> Result<Vec<ToLabel>, Error> {
    let rows = Manifest::read(manifest)?.rows;
    let movements: BTreeSet<&str> = rows.iter().map(|row| row.movement.as_str()).collect();
    let mut all = Vec::new();
    for movement in movements {
        let own: Vec<&Row> = rows.iter().filter(|row| row.movement == movement).collect();
        let clips = Clips::of_manifest(manifest, |row| row.movement == movement)?;
        // A recording in which nothing was seen cannot be judged.
        let seen = |row: &&&Row| !clips.left_out.contains(&row.file.display().to_string());
        let known = own.iter().filter(seen).zip(&clips.clips);
        let bodies: Vec<(&Row, &Motion)> =
            known.filter(|(_, clip)| clip.motion.has_body()).map(|(row, clip)| (*row, &clip.motion)).collect();
        let labels: Vec<Option<bool>> = bodies.iter().map(|(row, _)| row.label).collect();
        let motions: Vec<&Motion> = bodies.iter().map(|(_, motion)| *motion).collect();
        all.extend(suggest(&motions, &labels, count, 1).into_iter().map(|Suggestion { clip, doubt, gain }| {
            let row = bodies[clip].0;
            ToLabel { file: row.file.clone(), movement: movement.to_owned(), athlete: row.athlete.clone(), doubt, gain }
        }));
    }
    Ok(all)
}
