//! Labelled clips and the embeddings of several augmented views of each.

use crate::model::Model;
use crate::token::{Augment, Clip, Tokens};
use crate::train::facing;
use fastrand::Rng;

/// Views per clip: the clip itself, then augmented copies.
const VIEWS: usize = 12;
/// Cap on the total number of embeddings: many clips need fewer views each, and the cost of ridge
/// regression grows with the cube of their number.
const EMBEDDINGS: usize = 400;
/// How views are augmented. The camera stays where it is, and attention is not restricted to the
/// past.
pub(super) const AUGMENT: Augment =
    Augment { flat: 0.0, drop: 0.2, mirror: 0.3, live: 0.0, sense: 0.0 };

/// Labelled clips with their embeddings.
pub(super) struct Examples<'a> {
    pub(super) clips: Vec<&'a Clip>,
    /// Names of the movements, in the order of the heads' outputs.
    pub(super) movements: &'a [String],
    /// Movement index of each clip, `[clip]`.
    pub(super) classes: Vec<usize>,
    /// Embeddings per clip.
    pub(super) views: usize,
    /// Values per embedding.
    pub(super) width: usize,
    /// `[clip, view, coordinate]`; the first view is the clip itself.
    pub(super) embeddings: Vec<f32>,
}

impl<'a> Examples<'a> {
    /// Embeds clips of the given movements with a model.
    pub(super) fn of(
        model: &Model,
        clips: Vec<&'a Clip>,
        movements: &'a [String],
        seed: u64,
    ) -> Examples<'a> {
        let views = (EMBEDDINGS / clips.len().max(1)).clamp(1, VIEWS);
        let mut rng = Rng::with_seed(seed ^ 0x0ada);
        let mut tokens: Vec<Tokens> = Vec::with_capacity(clips.len() * views);
        for clip in &clips {
            let augment = AUGMENT.facing(&clip.movement, movements);
            let motion = facing(&clip.motion, movements);
            tokens.push(motion.tokens());
            tokens.extend((1..views).map(|_| motion.varied(&mut rng, &augment)));
        }
        let embeddings = model.embed(&tokens);
        let classes = clips.iter().map(|clip| clip.class(movements).unwrap_or(0)).collect();
        Examples { classes, clips, movements, views, width: 2 * model.size().width, embeddings }
    }

    /// The examples of the clips at the given indices.
    pub(super) fn pick(&self, which: &[usize]) -> Examples<'a> {
        let embeddings = which.iter().flat_map(|&clip| self.embeddings(clip)).copied().collect();
        Examples {
            clips: which.iter().map(|&clip| self.clips[clip]).collect(),
            movements: self.movements,
            classes: which.iter().map(|&clip| self.classes[clip]).collect(),
            views: self.views,
            width: self.width,
            embeddings,
        }
    }

    /// All embeddings of a clip, `[view, coordinate]`.
    pub(super) fn embeddings(&self, clip: usize) -> &[f32] {
        let length = self.views * self.width;
        &self.embeddings[clip * length..(clip + 1) * length]
    }

    /// The clips with a label, `[movement]`: each with whether it is correct. Empty for a movement
    /// that lacks correct or incorrect clips.
    pub(super) fn judged(&self) -> Vec<Vec<(usize, bool)>> {
        let labelled_clips = |movement: usize| {
            let clips = (0..self.clips.len()).filter(|&clip| self.classes[clip] == movement);
            let labelled: Vec<(usize, bool)> =
                clips.filter_map(|clip| Some((clip, self.clips[clip].is_correct()?))).collect();
            let both =
                [true, false].iter().all(|kind| labelled.iter().any(|(_, label)| label == kind));
            if both { labelled } else { Vec::new() }
        };
        (0..self.movements.len()).map(labelled_clips).collect()
    }

    /// Whether a model can be learned from these examples.
    pub(super) fn suffice(&self) -> bool {
        self.movements.len() > 1 || self.judged().iter().any(|judged| !judged.is_empty())
    }
}
