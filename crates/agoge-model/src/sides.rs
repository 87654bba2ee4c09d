//! Which side is turned to the right before a motion is read, and which names forbid it.

use crate::motion::Motion;
use crate::token::{Augmentation, LabelledClip};
use std::borrow::Cow;

/// Words in a movement's name that give a direction.
const SIDE_WORDS: [&str; 4] = ["left", "right", "clockwise", "counterclockwise"];

/// The names of the movements in some clips, sorted.
pub fn movement_names(clips: &[LabelledClip]) -> Vec<String> {
    let names: std::collections::BTreeSet<&str> =
        clips.iter().map(|clip| clip.movement.as_str()).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// The motion as a model of the given movements sees it: with the active side on the right, unless
/// one of the movements is named after a side.
pub fn face_active_side<'a>(motion: &'a Motion, movements: &[String]) -> Cow<'a, Motion> {
    if has_sided_movement(movements) { Cow::Borrowed(motion) } else { motion.active_right() }
}

/// Whether a movement is named after a side or direction: its mirror image is another movement.
fn is_sided(movement: &str) -> bool {
    movement.split('_').any(|word| SIDE_WORDS.contains(&word))
}

/// Whether any of the movements is named after a side or direction.
fn has_sided_movement(movements: &[String]) -> bool {
    movements.iter().any(|name| is_sided(name))
}

impl Augmentation {
    /// How clips of a movement are augmented: without mirroring if it is named after a side.
    pub fn for_movement(&self, movement: &str) -> Augmentation {
        Augmentation { mirror: if is_sided(movement) { 0.0 } else { self.mirror }, ..*self }
    }

    /// How clips oriented by [`face_active_side`] are augmented: those with the active side on the
    /// right are not mirrored.
    pub fn for_facing(&self, movement: &str, movements: &[String]) -> Augmentation {
        if has_sided_movement(movements) {
            self.for_movement(movement)
        } else {
            Augmentation { mirror: 0.0, ..*self }
        }
    }
}
