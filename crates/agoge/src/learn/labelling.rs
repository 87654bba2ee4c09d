//! Which recordings a coach should judge next.

use super::data::Clips;
use crate::Error;
use agoge_attention::labels::{Suggestion, suggest};
use agoge_attention::{Clip, Motion};
use serde::Serialize;
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
    /// Share of all that is to be known of the movement's repetitions that this label would bring,
    /// 0 to 1.
    pub gain: f64,
}

/// Up to `count` recordings of each movement of a manifest to judge next, the first first; those
/// with a label are what is known. The manifest is not changed.
///
/// # Errors
/// If the manifest or one of its recordings cannot be read.
pub fn suggest_labels(manifest: &Path, count: usize) -> Result<Vec<ToLabel>, Error> {
    // A recording in which no body was seen cannot be judged by what it shows.
    let Clips { clips, names, .. } = Clips::of_manifest(manifest, |_| true)?;
    let seen: Vec<(&Clip, &String)> =
        clips.iter().zip(&names).filter(|(clip, _)| clip.motion.has_body()).collect();
    let mut all = Vec::new();
    for movement in agoge_attention::train::movements(&clips) {
        let own: Vec<(&Clip, &String)> =
            seen.iter().copied().filter(|(clip, _)| clip.movement == movement).collect();
        let labels: Vec<Option<bool>> = own.iter().map(|(clip, _)| clip.is_correct()).collect();
        let motions: Vec<&Motion> = own.iter().map(|(clip, _)| &clip.motion).collect();
        all.extend(suggest(&motions, &labels, count, 1).into_iter().map(
            |Suggestion { clip, doubt, gain }| {
                let (clip, file) = own[clip];
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
