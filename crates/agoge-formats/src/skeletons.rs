//! Which skeleton a file has, by number of joints or by their names.

use agoge_motion::Part::{self, *};
use agoge_motion::{Side, Skeleton};
use std::sync::Arc;

/// Joints of MediaPipe's pose.
pub(crate) const MEDIAPIPE_JOINTS: usize = 33;

const OPENPOSE_18: [&str; 18] = [
    "nose",
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_eye",
    "left_eye",
    "right_ear",
    "left_ear",
];

const FEET: [&str; 6] =
    ["left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"];

const MEDIAPIPE_33: [&str; MEDIAPIPE_JOINTS] = [
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
];

const KINECT_25: [&str; 25] = [
    "SpineBase",
    "SpineMid",
    "Neck",
    "Head",
    "ShoulderLeft",
    "ElbowLeft",
    "WristLeft",
    "HandLeft",
    "ShoulderRight",
    "ElbowRight",
    "WristRight",
    "HandRight",
    "HipLeft",
    "KneeLeft",
    "AnkleLeft",
    "FootLeft",
    "HipRight",
    "KneeRight",
    "AnkleRight",
    "FootRight",
    "SpineShoulder",
    "HandTipLeft",
    "ThumbLeft",
    "HandTipRight",
    "ThumbRight",
];

/// The seventeen rigid bodies of the Keraal set's optical system. Its forearms, arms, thighs and tibias are segments, no joints.
const KERAAL_17: [&str; 17] = [
    "right_forearm",
    "left_forearm",
    "right_arm",
    "left_arm",
    "chest",
    "right_thigh",
    "left_thigh",
    "right_shoulder",
    "left_shoulder",
    "right_hand",
    "left_hand",
    "right_foot",
    "left_foot",
    "hips",
    "head",
    "right_tibia",
    "left_tibia",
];

const PLUG_IN_GAIT_39: [&str; 39] = [
    "LFHD", "RFHD", "LBHD", "RBHD", "C7", "T10", "CLAV", "STRN", "RBAK", "LSHO", "LUPA", "LELB", "LFRM", "LWRA",
    "LWRB", "LFIN", "RSHO", "RUPA", "RELB", "RFRM", "RWRA", "RWRB", "RFIN", "LASI", "RASI", "LPSI", "RPSI", "LTHI",
    "LKNE", "LTIB", "LANK", "LHEE", "LTOE", "RTHI", "RKNE", "RTIB", "RANK", "RHEE", "RTOE",
];

/// The 22 joints of UI-PRMD's Kinect, each named after the segment that begins there: the upper arm at the shoulder, the hand at
/// the wrist, the foot at the ankle.
const KINECT_22: [(&str, Option<Part>); 22] = [
    ("waist", Some(Pelvis)),
    ("spine", Some(Spine)),
    ("chest", Some(Chest)),
    ("neck", Some(Neck)),
    ("head", Some(Head)),
    ("head_tip", None),
    ("left_collar", None),
    ("left_upper_arm", Some(LeftShoulder)),
    ("left_forearm", Some(LeftElbow)),
    ("left_hand", Some(LeftWrist)),
    ("right_collar", None),
    ("right_upper_arm", Some(RightShoulder)),
    ("right_forearm", Some(RightElbow)),
    ("right_hand", Some(RightWrist)),
    ("left_upper_leg", Some(LeftHip)),
    ("left_lower_leg", Some(LeftKnee)),
    ("left_foot", Some(LeftAnkle)),
    ("left_toes", Some(LeftBigToe)),
    ("right_upper_leg", Some(RightHip)),
    ("right_lower_leg", Some(RightKnee)),
    ("right_foot", Some(RightAnkle)),
    ("right_toes", Some(RightBigToe)),
];

/// The skeleton of a pose network with so many joints, and how many of them are of the body.
pub(crate) fn by_count(count: usize) -> Option<(Arc<Skeleton>, usize)> {
    Some(match count {
        17 => (Skeleton::coco_17(), 17),
        18 => (openpose_18(), 18),
        25 => (body_25(), 25),
        26 | 136 => (Skeleton::halpe_26(), 26),
        133 => (beyond_coco("COCO-WholeBody body", &FEET), 23),
        MEDIAPIPE_JOINTS => (from_names("MediaPipe-33", &MEDIAPIPE_33), 33),
        _ => return None,
    })
}

pub(crate) fn openpose_18() -> Arc<Skeleton> {
    from_names("OpenPose-18", &OPENPOSE_18)
}

/// BODY_25: the 18 joints with the hips' midpoint after the arms, and the feet.
fn body_25() -> Arc<Skeleton> {
    let (arms, legs) = OPENPOSE_18.split_at(8);
    from_names("BODY_25", &[arms, &["mid_hip"], legs, &FEET].concat())
}

/// BODY_25B: COCO-17, then upper neck, top of the head, and the feet as in BODY_25.
pub(crate) fn body_25b() -> Arc<Skeleton> {
    beyond_coco("BODY_25B", &[&["neck", "head"], &FEET[..]].concat())
}

pub(crate) fn kinect_25() -> Arc<Skeleton> {
    from_names("Kinect-25", &KINECT_25)
}

pub(crate) fn kinect_22() -> Arc<Skeleton> {
    Arc::new(Skeleton::from_parts("Kinect-22", KINECT_22))
}

pub(crate) fn keraal_vicon() -> Arc<Skeleton> {
    from_names("Keraal-Vicon-17", &KERAAL_17)
}

pub(crate) fn plug_in_gait_39() -> Arc<Skeleton> {
    from_names("Plug-in-Gait-39", &PLUG_IN_GAIT_39)
}

fn beyond_coco(name: &str, more: &[&str]) -> Arc<Skeleton> {
    let coco = Skeleton::coco_17();
    let names: Vec<&str> = coco.joints.iter().map(|joint| joint.name.as_str()).chain(more.iter().copied()).collect();
    from_names(name, &names)
}

/// A skeleton of joints with the names of a file. What a name stands for is found out from it; each part is given once, to the
/// first name that claims it.
pub(crate) fn from_names<N: AsRef<str>>(name: &str, names: &[N]) -> Arc<Skeleton> {
    let mut taken = [false; Part::COUNT];
    let mut claim = |name: &str| {
        let part = part(name)?;
        (!std::mem::replace(&mut taken[part.index()], true)).then_some(part)
    };
    Arc::new(Skeleton::from_parts(name, names.iter().map(|name| (name.as_ref(), claim(name.as_ref())))))
}

/// What a joint or marker stands for: by Plug-in-Gait's four letters, or by a word for the place and one for the side.
fn part(name: &str) -> Option<Part> {
    let bare = name.rsplit(':').next().unwrap_or(name);
    if let Some(part) = plug_in_gait(bare) {
        return Some(part);
    }
    let (side, place) = side_and_place(bare);
    let left = match place.as_str() {
        "pelvis" | "midhip" | "spinebase" | "hipcenter" | "hips" | "waist" | "root" => return Some(Pelvis),
        "hip" if side.is_none() => return Some(Pelvis),
        "spine" | "spinemid" | "midspine" => return Some(Spine),
        "chest" | "thorax" | "spineshoulder" => return Some(Chest),
        "neck" | "shouldercenter" => return Some(Neck),
        "head" | "headtip" | "headtop" | "forehead" => return Some(Head),
        "nose" => return Some(Nose),
        "eye" => LeftEye,
        "ear" => LeftEar,
        "shoulder" | "acromion" => LeftShoulder,
        "elbow" | "lateralepicondyle" => LeftElbow,
        "wrist" => LeftWrist,
        "hand" | "index" => LeftHand,
        "hip" | "hipjc" | "hjc" => LeftHip,
        "knee" | "kjc" => LeftKnee,
        "ankle" | "ajc" => LeftAnkle,
        "heel" | "calc" => LeftHeel,
        "bigtoe" | "footindex" | "toe" | "toes" | "foot" => LeftBigToe,
        "smalltoe" | "5meta" => LeftSmallToe,
        _ => return None,
    };
    side.map(|side| left.on(side))
}

/// The markers of Plug-in-Gait that lie at or next to a part; the others stand for none.
fn plug_in_gait(name: &str) -> Option<Part> {
    Some(match name {
        "C7" => Neck,
        "CLAV" => Chest,
        "T10" => Spine,
        "LSHO" => LeftShoulder,
        "RSHO" => RightShoulder,
        "LELB" => LeftElbow,
        "RELB" => RightElbow,
        "LWRA" => LeftWrist,
        "RWRA" => RightWrist,
        "LFIN" => LeftHand,
        "RFIN" => RightHand,
        "LASI" => LeftHip,
        "RASI" => RightHip,
        "LKNE" => LeftKnee,
        "RKNE" => RightKnee,
        "LANK" => LeftAnkle,
        "RANK" => RightAnkle,
        "LHEE" => LeftHeel,
        "RHEE" => RightHeel,
        "LTOE" => LeftBigToe,
        "RTOE" => RightBigToe,
        _ => return None,
    })
}

/// The side a name says, and the rest of it in small letters without separators: `LeftKnee`, `knee_l`, `LKnee`, `lKnee`.
fn side_and_place(name: &str) -> (Option<Side>, String) {
    let small: String = name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    for side in Side::BOTH {
        if let Some(rest) = small.strip_prefix(side.name()).or_else(|| small.strip_suffix(side.name())) {
            return (Some(side), rest.to_owned());
        }
    }
    let letter = |letter: char| match letter {
        'l' | 'L' => Some(Side::Left),
        'r' | 'R' => Some(Side::Right),
        _ => None,
    };
    let is_break = |c: char| c.is_uppercase() || matches!(c, '_' | '.' | ' ' | '-');
    let mut letters = name.chars();
    let (first, second) = (letters.next(), letters.next());
    if let Some(side) = first.and_then(letter).filter(|_| second.is_some_and(is_break)) {
        return (Some(side), small.chars().skip(1).collect());
    }
    let (last, before) = (name.chars().last(), name.chars().rev().nth(1));
    let is_capital_after_small = last.is_some_and(char::is_uppercase) && before.is_some_and(char::is_lowercase);
    let is_apart = before.is_some_and(|c| matches!(c, '_' | '.' | ' ' | '-'));
    if let Some(side) = last.and_then(letter).filter(|_| is_apart || is_capital_after_small) {
        return (Some(side), small.chars().take(small.chars().count().saturating_sub(1)).collect());
    }
    (None, small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_sources_find_their_part() {
        for name in [
            "LeftKnee",
            "left_knee",
            "KneeLeft",
            "LKnee",
            "lKnee",
            "knee_l",
            "l_knee",
            "L.Knee",
            "Daphnee:LKNE",
            "Left_knee",
            "BodyL:KneeL",
        ] {
            assert_eq!(part(name), Some(LeftKnee), "{name}");
        }
        for name in ["Marker1", "T1", "ARMl", "SWL:Marker2", "", "l", "ü", "left_thigh", "left_eye_inner", "left_pinky"]
        {
            assert_eq!(part(name), None, "{name}");
        }
        assert_eq!(part("right_hip"), Some(RightHip));
        assert_eq!(part("hip"), Some(Pelvis));
        assert_eq!(part("rSmallToe"), Some(RightSmallToe));
    }

    #[test]
    fn orders_of_the_published_skeletons() {
        let body_25 = body_25();
        // Indices as OpenPose documents them.
        for (index, part) in [
            (0, Nose),
            (1, Neck),
            (7, LeftWrist),
            (8, Pelvis),
            (9, RightHip),
            (14, LeftAnkle),
            (19, LeftBigToe),
            (24, RightHeel),
        ] {
            assert_eq!(body_25.joints[index].part, Some(part));
        }
        assert_eq!(body_25b().joints[18].part, Some(Head));
        for (count, named) in [(17, 17), (18, 18), (25, 25), (26, 26), (133, 23), (33, 23)] {
            let (skeleton, kept) = by_count(count).unwrap();
            assert_eq!(skeleton.len(), kept);
            assert_eq!(skeleton.joints.iter().filter(|joint| joint.part.is_some()).count(), named, "{count}");
        }
        assert_eq!(kinect_25().joints.iter().filter(|joint| joint.part.is_none()).count(), 4);
        assert_eq!(plug_in_gait_39().len(), 39);
        assert!(by_count(4).is_none());
    }
}
