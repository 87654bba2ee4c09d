//! Suggests which recordings a coach should judge next.

use super::data::ClipSet;
use agoge::Error;
use agoge_model::labels::{self, Suggestion};
use agoge_model::{LabelledClip, Motion};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A recording suggested for labelling.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelSuggestion {
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
pub fn suggest_labels(manifest: &Path, count: usize) -> Result<Vec<LabelSuggestion>, Error> {
    // A recording in which no body was seen cannot be judged by watching it.
    let ClipSet { clips, names, .. } = ClipSet::from_manifest(manifest, |_| true)?;
    let seen: Vec<(&LabelledClip, &String)> =
        clips.iter().zip(&names).filter(|(clip, _)| clip.motion.has_body()).collect();
    let mut all = Vec::new();
    for movement in agoge_model::sides::movement_names(&clips) {
        let candidates: Vec<(&LabelledClip, &String)> =
            seen.iter().copied().filter(|(clip, _)| clip.movement == movement).collect();
        let labels: Vec<Option<bool>> =
            candidates.iter().map(|(clip, _)| clip.is_correct()).collect();
        let motions: Vec<&Motion> = candidates.iter().map(|(clip, _)| &clip.motion).collect();
        all.extend(labels::suggest_labels(&motions, &labels, count, 1).into_iter().map(
            |Suggestion { clip, doubt, gain }| {
                let (clip, file) = candidates[clip];
                LabelSuggestion {
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
