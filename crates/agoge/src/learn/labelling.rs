//! Suggests which recordings a coach should judge next.

use super::data::Clips;
use crate::Error;
use agoge_attention::labels::{Suggestion, suggest};
use agoge_attention::{Clip, Motion};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A recording suggested for labelling.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToLabel {
    /// The recording's file as the manifest names it.
    pub file: PathBuf,
    /// Its movement.
    pub movement: String,
    /// The athlete.
    pub athlete: String,
    /// The movement model's uncertainty, 0 (certain) to 1.
    pub doubt: f64,
    /// Share of the total information about the movement's repetitions that this label would add, 0
    /// to 1.
    pub gain: f64,
}

/// Suggests up to `count` recordings of each movement of a manifest for labelling, the most useful
/// first; recordings that already have a label are treated as known. The manifest is not changed.
///
/// # Errors
/// If the manifest or one of its recordings cannot be read.
pub fn suggest_labels(manifest: &Path, count: usize) -> Result<Vec<ToLabel>, Error> {
    // A recording in which no body was seen cannot be judged by watching it.
    let Clips { clips, names, .. } = Clips::of_manifest(manifest, |_| true)?;
    let seen: Vec<(&Clip, &String)> =
        clips.iter().zip(&names).filter(|(clip, _)| clip.motion.has_body()).collect();
    let mut all = Vec::new();
    for movement in agoge_attention::train::movements(&clips) {
        let candidates: Vec<(&Clip, &String)> =
            seen.iter().copied().filter(|(clip, _)| clip.movement == movement).collect();
        let labels: Vec<Option<bool>> =
            candidates.iter().map(|(clip, _)| clip.is_correct()).collect();
        let motions: Vec<&Motion> = candidates.iter().map(|(clip, _)| &clip.motion).collect();
        all.extend(suggest(&motions, &labels, count, 1).into_iter().map(
            |Suggestion { clip, doubt, gain }| {
                let (clip, file) = candidates[clip];
                ToLabel {
                    file: file.into(),
                    movement: movement.clone(),
                    athlete: clip.athlete.clone(),
                    doubt,
                    gain,
                }
            },
        ));
    }
    Ok(all)
}
