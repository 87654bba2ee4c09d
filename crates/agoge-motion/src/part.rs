//! Body parts and sides: the vocabulary that all skeletons share.

use serde::{Deserialize, Serialize};

/// The athlete's left or right side.
///
/// ```
/// use agoge_motion::{Part, Side};
/// assert_eq!(Side::Left.opposite(), Side::Right);
/// assert_eq!(Part::LeftKnee.on_side(Side::Right), Part::RightKnee);
/// assert_eq!(Part::Nose.side(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The athlete's left.
    Left,
    /// The athlete's right.
    Right,
}

impl Side {
    /// Both sides, left first.
    pub const BOTH: [Side; 2] = [Side::Left, Side::Right];

    /// The opposite side.
    pub fn opposite(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }

    /// `left` or `right`, as used in column names.
    pub fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}

macro_rules! parts {
    ($($part:ident $name:literal $parent:ident $mirror:ident,)*) => {
        /// A place on the body that a joint or marker can represent. The order is the joint order
        /// of the body skeleton ([`crate::Skeleton::body`]) and the token order of the attention
        /// model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Part { $(#[doc = concat!("`", $name, "`")] $part,)* }

        impl Part {
            /// All parts, in order.
            pub const ALL: [Part; [$($name),*].len()] = [$(Part::$part),*];

            /// The part's name: snake case, side first, as in `left_knee`.
            pub fn name(self) -> &'static str {
                match self { $(Part::$part => $name,)* }
            }

            /// The next part towards the pelvis; the pelvis is its own parent.
            pub fn parent(self) -> Part {
                match self { $(Part::$part => Part::$parent,)* }
            }

            /// The same part on the other side; a part of the midline is its own mirror.
            pub fn mirror(self) -> Part {
                match self { $(Part::$part => Part::$mirror,)* }
            }
        }
    };
}

parts! {
    Pelvis "pelvis" Pelvis Pelvis,
    Spine "spine" Pelvis Spine,
    Chest "chest" Spine Chest,
    Neck "neck" Chest Neck,
    Head "head" Neck Head,
    Nose "nose" Neck Nose,
    LeftEye "left_eye" Nose RightEye,
    RightEye "right_eye" Nose LeftEye,
    LeftEar "left_ear" LeftEye RightEar,
    RightEar "right_ear" RightEye LeftEar,
    LeftShoulder "left_shoulder" Neck RightShoulder,
    RightShoulder "right_shoulder" Neck LeftShoulder,
    LeftElbow "left_elbow" LeftShoulder RightElbow,
    RightElbow "right_elbow" RightShoulder LeftElbow,
    LeftWrist "left_wrist" LeftElbow RightWrist,
    RightWrist "right_wrist" RightElbow LeftWrist,
    LeftHand "left_hand" LeftWrist RightHand,
    RightHand "right_hand" RightWrist LeftHand,
    LeftHip "left_hip" Pelvis RightHip,
    RightHip "right_hip" Pelvis LeftHip,
    LeftKnee "left_knee" LeftHip RightKnee,
    RightKnee "right_knee" RightHip LeftKnee,
    LeftAnkle "left_ankle" LeftKnee RightAnkle,
    RightAnkle "right_ankle" RightKnee LeftAnkle,
    LeftHeel "left_heel" LeftAnkle RightHeel,
    RightHeel "right_heel" RightAnkle LeftHeel,
    LeftBigToe "left_big_toe" LeftAnkle RightBigToe,
    RightBigToe "right_big_toe" RightAnkle LeftBigToe,
    LeftSmallToe "left_small_toe" LeftAnkle RightSmallToe,
    RightSmallToe "right_small_toe" RightAnkle LeftSmallToe,
}

impl Part {
    /// The number of parts.
    pub const COUNT: usize = Part::ALL.len();

    /// The part's index in [`Part::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// The part with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Part> {
        Part::ALL.into_iter().find(|part| part.name() == name)
    }

    /// The side the part is on; `None` on the midline.
    pub fn side(self) -> Option<Side> {
        let name = self.name();
        if name.starts_with("left_") {
            Some(Side::Left)
        } else if name.starts_with("right_") {
            Some(Side::Right)
        } else {
            None
        }
    }

    /// The same part on the given side; a midline part is returned unchanged.
    pub fn on_side(self, side: Side) -> Part {
        match self.side() {
            Some(current) if current != side => self.mirror(),
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirror_is_an_involution_that_swaps_sides() {
        for part in Part::ALL {
            assert_eq!(part.mirror().mirror(), part);
            assert_eq!(part.mirror().side(), part.side().map(Side::opposite));
            assert_eq!(part.mirror().parent(), part.parent().mirror());
            assert_eq!(Part::from_name(part.name()), Some(part));
        }
    }

    #[test]
    fn every_part_hangs_on_the_pelvis() {
        for part in Part::ALL {
            let mut ancestor = part;
            for _ in 0..Part::COUNT {
                ancestor = ancestor.parent();
            }
            assert_eq!(ancestor, Part::Pelvis);
        }
    }
}
