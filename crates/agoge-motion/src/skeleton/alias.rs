//! Aliases: what a joint or marker name means, whichever software wrote it.

use crate::{Part, Side};

/// The meaning of a name: a part itself, or a marker from which parts are derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameMeaning {
    /// The part itself.
    Part(Part),
    /// A marker on the lateral or medial side of a joint; the joint centre lies between the two.
    Beside(Part),
    /// A pelvis landmark: anterior (ASIS) or posterior (PSIS) superior iliac spine.
    Iliac(Side, IliacSpine),
    /// A marker on the head.
    OnHead,
    /// A marker on the upper trunk, front (clavicle, sternum) or back (C7, T1, T10).
    OnTrunk(TrunkLevel),
}

/// Which of the superior iliac spines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IliacSpine {
    Anterior,
    Posterior,
}

/// The height of a marker on the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrunkLevel {
    /// C7, T1, jugular notch: the base of the neck.
    Neck,
    /// Sternum, xiphoid, T8–T10: the chest.
    Chest,
}

/// The meaning of a joint or marker name from any source, if known. Ignores case, separators and
/// prefixes (`Athlete:`).
pub(super) fn name_meaning(name: &str) -> Option<NameMeaning> {
    let name = name.rsplit(':').next().unwrap_or(name).trim();
    let letters: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let letters = letters.strip_suffix("study").unwrap_or(&letters);
    if let Some(meaning) = midline_meaning(letters) {
        return Some(meaning);
    }
    let (side, bare) = split_side(letters)?;
    left_meaning(bare).map(|meaning| meaning_on_side(meaning, side))
}

/// The meaning of a name on the midline of the body.
fn midline_meaning(letters: &str) -> Option<NameMeaning> {
    use NameMeaning::{OnTrunk, Part as Is};
    Some(match letters {
        "pelvis" | "hip" | "hips" | "midhip" | "hipcenter" | "hipcentre" | "waist"
        | "spinebase" | "root" | "midpelvis" => Is(Part::Pelvis),
        "spine" | "spinemid" | "midspine" | "midtrunk" | "torso" => Is(Part::Spine),
        "chest" | "thorax" | "spineshoulder" | "spinechest" | "upperchest" => Is(Part::Chest),
        "neck" | "shouldercenter" | "shouldercentre" | "midshoulder" => Is(Part::Neck),
        "head" | "headcenter" | "headtop" | "vertex" => Is(Part::Head),
        "nose" => Is(Part::Nose),
        "c7" | "t1" | "clav" | "clavm" | "ij" | "incisura" | "jugularnotch" | "sjn" => {
            OnTrunk(TrunkLevel::Neck)
        }
        "t10" | "t8" | "strn" | "ster" | "xiph" | "sxs" | "px" | "xiphoid" => {
            OnTrunk(TrunkLevel::Chest)
        }
        _ => return None,
    })
}

/// Splits a name into its side and the rest: `left…`, `…left`, `l…`, `…l`.
fn split_side(letters: &str) -> Option<(Side, &str)> {
    for (word, side) in [("left", Side::Left), ("right", Side::Right)] {
        if let Some(bare) = letters.strip_prefix(word).or_else(|| letters.strip_suffix(word)) {
            return Some((side, bare));
        }
    }
    for (letter, side) in [('l', Side::Left), ('r', Side::Right)] {
        for bare in
            [letters.strip_prefix(letter), letters.strip_suffix(letter)].into_iter().flatten()
        {
            if left_meaning(bare).is_some() {
                return Some((side, bare));
            }
        }
    }
    None
}

/// The meaning of a name whose side was removed, as if on the left.
fn left_meaning(bare: &str) -> Option<NameMeaning> {
    use NameMeaning::{Beside, Iliac, OnHead, Part as Is};
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
        "asi" | "asis" => Iliac(Side::Left, IliacSpine::Anterior),
        "psi" | "psis" => Iliac(Side::Left, IliacSpine::Posterior),
        "fhd" | "bhd" => OnHead,
        _ => return None,
    })
}

/// The same meaning on the given side.
fn meaning_on_side(meaning: NameMeaning, side: Side) -> NameMeaning {
    match meaning {
        NameMeaning::Part(part) => NameMeaning::Part(part.on_side(side)),
        NameMeaning::Beside(part) => NameMeaning::Beside(part.on_side(side)),
        NameMeaning::Iliac(_, spine) => NameMeaning::Iliac(side, spine),
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
            assert_eq!(name_meaning(name), Some(NameMeaning::Part(Part::LeftKnee)), "{name}");
        }
        assert_eq!(name_meaning("r_knee_study"), Some(NameMeaning::Part(Part::RightKnee)));
        assert_eq!(name_meaning("r_mknee_study"), Some(NameMeaning::Beside(Part::RightKnee)));
        assert_eq!(name_meaning("L_mankle_study"), Some(NameMeaning::Beside(Part::LeftAnkle)));
        assert_eq!(
            name_meaning("r.ASIS_study"),
            Some(NameMeaning::Iliac(Side::Right, IliacSpine::Anterior))
        );
        assert_eq!(
            name_meaning("ASISl"),
            Some(NameMeaning::Iliac(Side::Left, IliacSpine::Anterior))
        );
        assert_eq!(
            name_meaning("RPSI"),
            Some(NameMeaning::Iliac(Side::Right, IliacSpine::Posterior))
        );
        assert_eq!(name_meaning("RBigToe"), Some(NameMeaning::Part(Part::RightBigToe)));
        assert_eq!(name_meaning("Hip"), Some(NameMeaning::Part(Part::Pelvis)));
        assert_eq!(name_meaning("RHip"), Some(NameMeaning::Part(Part::RightHip)));
        assert_eq!(name_meaning("HipRight"), Some(NameMeaning::Part(Part::RightHip)));
        for name in ["", "box:corner", "LTHI", "*12", "ümlaut", "pinky", "left_pinky", "rear"] {
            let meaning = name_meaning(name);
            assert!(name == "rear" || meaning.is_none(), "{name}: {meaning:?}");
        }
    }
}
