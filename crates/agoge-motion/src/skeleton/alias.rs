//! What a joint or marker name stands for, whatever software wrote it.

use crate::{Part, Side};

/// The meaning of a name: a part itself, or a marker beside a joint from which the joint's centre
/// is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The part itself.
    Part(Part),
    /// A marker on the outer or inner side of a joint; two of them make the joint.
    Beside(Part),
    /// A landmark of the pelvis: front (ASIS) or back (PSIS) upper iliac spine.
    Iliac(Side, Spine),
    /// A marker on the head.
    OnHead,
    /// A marker on the upper trunk: its front (clavicle, sternum) or back (C7, T1, T10).
    OnTrunk(Level),
}

/// Which iliac spine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spine {
    Anterior,
    Posterior,
}

/// How high on the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// C7, T1, clavicle notch: the neck's base.
    Neck,
    /// Sternum, xiphoid, T8–T10: the chest.
    Chest,
}

/// The meaning of a joint or marker name of any source, if it is known. Case, separators and
/// prefixes (`Athlete:`) do not matter.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let name = name.rsplit(':').next().unwrap_or(name).trim();
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let plain = plain.strip_suffix("study").unwrap_or(&plain);
    if let Some(meaning) = midline(plain) {
        return Some(meaning);
    }
    let (side, bare) = side_of(plain)?;
    sided(bare).map(|meaning| on(meaning, side))
}

fn midline(plain: &str) -> Option<Meaning> {
    use Meaning::{OnTrunk, Part as Is};
    Some(match plain {
        "pelvis" | "hip" | "hips" | "midhip" | "hipcenter" | "hipcentre" | "waist"
        | "spinebase" | "root" | "midpelvis" => Is(Part::Pelvis),
        "spine" | "spinemid" | "midspine" | "midtrunk" | "torso" => Is(Part::Spine),
        "chest" | "thorax" | "spineshoulder" | "spinechest" | "upperchest" => Is(Part::Chest),
        "neck" | "shouldercenter" | "shouldercentre" | "midshoulder" => Is(Part::Neck),
        "head" | "headcenter" | "headtop" | "vertex" => Is(Part::Head),
        "nose" => Is(Part::Nose),
        "c7" | "t1" | "clav" | "clavm" | "ij" | "incisura" | "jugularnotch" | "sjn" => {
            OnTrunk(Level::Neck)
        }
        "t10" | "t8" | "strn" | "ster" | "xiph" | "sxs" | "px" | "xiphoid" => OnTrunk(Level::Chest),
        _ => return None,
    })
}

/// The side in a name and the name without it: `left…`, `…left`, `l…`, `…l`.
fn side_of(plain: &str) -> Option<(Side, &str)> {
    for (word, side) in [("left", Side::Left), ("right", Side::Right)] {
        if let Some(bare) = plain.strip_prefix(word).or_else(|| plain.strip_suffix(word)) {
            return Some((side, bare));
        }
    }
    for (letter, side) in [('l', Side::Left), ('r', Side::Right)] {
        for bare in [plain.strip_prefix(letter), plain.strip_suffix(letter)].into_iter().flatten() {
            if sided(bare).is_some() {
                return Some((side, bare));
            }
        }
    }
    None
}

/// The meaning of a name without its side, on the left.
fn sided(bare: &str) -> Option<Meaning> {
    use Meaning::{Beside, Iliac, OnHead, Part as Is};
    Some(match bare {
        "eye" => Is(Part::LeftEye),
        "ear" => Is(Part::LeftEar),
        "shoulder" | "sho" | "acromion" | "acr" | "acro" | "acrotip" | "upperarm" | "ac" => {
            Is(Part::LeftShoulder)
        }
        "elbow" | "elb" | "ejc" => Is(Part::LeftElbow),
        "melbow" | "lelbow" | "elbowmed" | "elbowlat" | "epicm" | "epicl" | "elbl" | "elbm"
        | "hle" | "hme" | "humlat" | "hummed" => Beside(Part::LeftElbow),
        "wrist" | "wri" | "wjc" => Is(Part::LeftWrist),
        "wra" | "wrb" | "mwrist" | "lwrist" | "rwrist" | "wristmed" | "wristlat" | "radius"
        | "ulna" | "stylu" | "stylr" | "us" | "rs" | "styloidu" | "styloidr" => {
            Beside(Part::LeftWrist)
        }
        "hand" | "handtip" | "index" | "fin" | "indexfinger" => Is(Part::LeftHand),
        "hip" | "hjc" | "upleg" => Is(Part::LeftHip),
        "knee" | "kjc" | "kne" => Is(Part::LeftKnee),
        "mknee" | "lknee" | "kneemed" | "kneelat" | "knel" | "knem" | "fle" | "fme" | "condl"
        | "condm" => Beside(Part::LeftKnee),
        "ankle" | "ank" | "ajc" => Is(Part::LeftAnkle),
        "mankle" | "lankle" | "anklemed" | "anklelat" | "mall" | "malm" | "mal" | "ankl"
        | "ankm" | "fal" | "tam" => Beside(Part::LeftAnkle),
        "heel" | "hee" | "calc" | "cal" | "calcaneus" => Is(Part::LeftHeel),
        "bigtoe" | "toe" | "toes" | "footindex" | "foot" | "hallux" => Is(Part::LeftBigToe),
        "smalltoe" | "5meta" | "mt5" | "fifthmetatarsal" => Is(Part::LeftSmallToe),
        "asi" | "asis" => Iliac(Side::Left, Spine::Anterior),
        "psi" | "psis" => Iliac(Side::Left, Spine::Posterior),
        "fhd" | "bhd" => OnHead,
        _ => return None,
    })
}

fn on(meaning: Meaning, side: Side) -> Meaning {
    match meaning {
        Meaning::Part(part) => Meaning::Part(part.on(side)),
        Meaning::Beside(part) => Meaning::Beside(part.on(side)),
        Meaning::Iliac(_, spine) => Meaning::Iliac(side, spine),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_sources_mean_the_same() {
        for name in [
            "LKnee",
            "left_knee",
            "Left Knee",
            "LKJC_study",
            "l_knee",
            "LKNE",
            "Athlete:LKnee",
            "knee_left",
            "leftKnee",
        ] {
            assert_eq!(meaning(name), Some(Meaning::Part(Part::LeftKnee)), "{name}");
        }
        assert_eq!(meaning("r_knee_study"), Some(Meaning::Part(Part::RightKnee)));
        assert_eq!(meaning("r_mknee_study"), Some(Meaning::Beside(Part::RightKnee)));
        assert_eq!(meaning("L_mankle_study"), Some(Meaning::Beside(Part::LeftAnkle)));
        assert_eq!(meaning("r.ASIS_study"), Some(Meaning::Iliac(Side::Right, Spine::Anterior)));
        assert_eq!(meaning("ASISl"), Some(Meaning::Iliac(Side::Left, Spine::Anterior)));
        assert_eq!(meaning("RPSI"), Some(Meaning::Iliac(Side::Right, Spine::Posterior)));
        assert_eq!(meaning("RBigToe"), Some(Meaning::Part(Part::RightBigToe)));
        assert_eq!(meaning("Hip"), Some(Meaning::Part(Part::Pelvis)));
        assert_eq!(meaning("RHip"), Some(Meaning::Part(Part::RightHip)));
        assert_eq!(meaning("HipRight"), Some(Meaning::Part(Part::RightHip)));
        for name in ["", "box:corner", "LTHI", "*12", "ümlaut", "pinky", "left_pinky", "rear"] {
            let found = meaning(name);
            assert!(name == "rear" || found.is_none(), "{name}: {found:?}");
        }
    }
}
