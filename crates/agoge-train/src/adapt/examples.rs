//! Labelled clips and the embeddings of several augmented views of each.

use agoge_model::model::Model;
use agoge_model::sides::face_active_side;
use agoge_model::token::{Augmentation, ClipTokens, LabelledClip};
use fastrand::Rng;

/// Views per clip: the clip itself, then augmented copies.
const VIEWS_PER_CLIP: usize = 12;
/// Cap on the total number of embeddings: many clips need fewer views each, and the cost of ridge
/// regression grows with the cube of their number.
const MAX_EMBEDDINGS: usize = 400;
/// How views are augmented. The camera stays where it is, and attention is not restricted to the
/// past.
pub(super) const AUGMENT: Augmentation =
    Augmentation { flat: 0.0, drop: 0.2, mirror: 0.3, live: 0.0, sense: 0.0 };

/// Labelled clips with their embeddings.
pub(super) struct EmbeddedExamples<'a> {
    pub(super) clips: Vec<&'a LabelledClip>,
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

impl<'a> EmbeddedExamples<'a> {
    /// Embeds clips of the given movements with a model.
    pub(super) fn from_clips(
        model: &Model,
        clips: Vec<&'a LabelledClip>,
        movements: &'a [String],
        seed: u64,
    ) -> EmbeddedExamples<'a> {
        let views = (MAX_EMBEDDINGS / clips.len().max(1)).clamp(1, VIEWS_PER_CLIP);
        let mut rng = Rng::with_seed(seed ^ 0x0ada);
        let mut tokens: Vec<ClipTokens> = Vec::with_capacity(clips.len() * views);
        for clip in &clips {
            let augment = AUGMENT.for_facing(&clip.movement, movements);
            let motion = face_active_side(&clip.motion, movements);
            tokens.push(motion.to_tokens());
            tokens.extend((1..views).map(|_| motion.varied_tokens(&mut rng, &augment)));
        }
        let embeddings = model.embed_tokens(&tokens);
        let classes = clips.iter().map(|clip| clip.class_index(movements).unwrap_or(0)).collect();
        EmbeddedExamples {
            classes,
            clips,
            movements,
            views,
            width: 2 * model.size().width,
            embeddings,
        }
    }

    /// The examples of the clips at the given indices.
    pub(super) fn select_clips(&self, which: &[usize]) -> EmbeddedExamples<'a> {
        let embeddings =
            which.iter().flat_map(|&clip| self.clip_embeddings(clip)).copied().collect();
        EmbeddedExamples {
            clips: which.iter().map(|&clip| self.clips[clip]).collect(),
            movements: self.movements,
            classes: which.iter().map(|&clip| self.classes[clip]).collect(),
            views: self.views,
            width: self.width,
            embeddings,
        }
    }

    /// All embeddings of a clip, `[view, coordinate]`.
    pub(super) fn clip_embeddings(&self, clip: usize) -> &[f32] {
        let length = self.views * self.width;
        &self.embeddings[clip * length..(clip + 1) * length]
    }

    /// The clips with a label, `[movement]`: each with whether it is correct. Empty for a movement
    /// that lacks correct or incorrect clips.
    pub(super) fn labelled_clips(&self) -> Vec<Vec<(usize, bool)>> {
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
    pub(super) fn are_sufficient(&self) -> bool {
        self.movements.len() > 1 || self.labelled_clips().iter().any(|judged| !judged.is_empty())
    }
}
