//! Which skeleton a file has, by number of joints or by their names.

use agoge_motion::Part::{self, *};
use agoge_motion::Skeleton;
use std::sync::Arc;

/// Joints of MediaPipe's pose.
pub(crate) const MEDIAPIPE_JOINTS: usize = 33;

/// The skeleton of a pose network with so many joints, and how many of them are of the body.
pub(crate) fn by_count(count: usize) -> Option<(Arc<Skeleton>, usize)> {
    Some(match count {
        17 => (Skeleton::coco_17(), 17),
        18 => (openpose_18(), 18),
        25 => (body_25(), 25),
        26 => (Skeleton::halpe_26(), 26),
        136 => (Skeleton::halpe_26(), 26),
        133 => (whole_body(), 23),
        MEDIAPIPE_JOINTS => (mediapipe_33(), 33),
        _ => return None,
    })
}

fn of<const N: usize>(name: &str, joints: [(&str, Option<Part>); N]) -> Arc<Skeleton> {
    Arc::new(Skeleton::from_parts(name, joints))
}

fn parts(name: &str, parts: &[Part]) -> Arc<Skeleton> {
    Arc::new(Skeleton::from_parts(name, parts.iter().map(|part| (part.name(), Some(*part)))))
}

/// COCO-WholeBody without face and hands: COCO-17 and the feet.
fn whole_body() -> Arc<Skeleton> {
    let coco = Skeleton::coco_17();
    let body = coco.joints.iter().map(|joint| (joint.name.clone(), joint.part));
    let feet = [LeftBigToe, LeftSmallToe, LeftHeel, RightBigToe, RightSmallToe, RightHeel];
    let feet = feet.into_iter().map(|part| (part.name().to_owned(), Some(part)));
    Arc::new(Skeleton::from_parts("COCO-WholeBody body", body.chain(feet)))
}

pub(crate) fn openpose_18() -> Arc<Skeleton> {
    parts(
        "OpenPose-18",
        &[
            Nose, Neck, RightShoulder, RightElbow, RightWrist, LeftShoulder, LeftElbow, LeftWrist, RightHip, RightKnee, RightAnkle,
            LeftHip, LeftKnee, LeftAnkle, RightEye, LeftEye, RightEar, LeftEar,
        ],
    )
}

fn body_25() -> Arc<Skeleton> {
    parts(
        "BODY_25",
        &[
            Nose, Neck, RightShoulder, RightElbow, RightWrist, LeftShoulder, LeftElbow, LeftWrist, Pelvis, RightHip, RightKnee,
            RightAnkle, LeftHip, LeftKnee, LeftAnkle, RightEye, LeftEye, RightEar, LeftEar, LeftBigToe, LeftSmallToe, LeftHeel,
            RightBigToe, RightSmallToe, RightHeel,
        ],
    )
}

/// BODY_25B: COCO-17, then upper neck, top of the head, and the feet as in BODY_25.
pub(crate) fn body_25b() -> Arc<Skeleton> {
    let coco = Skeleton::coco_17();
    let body = coco.joints.iter().map(|joint| (joint.name.clone(), joint.part));
    let rest = [Neck, Head, LeftBigToe, LeftSmallToe, LeftHeel, RightBigToe, RightSmallToe, RightHeel];
    let rest = rest.into_iter().map(|part| (part.name().to_owned(), Some(part)));
    Arc::new(Skeleton::from_parts("BODY_25B", body.chain(rest)))
}

fn mediapipe_33() -> Arc<Skeleton> {
    of(
        "MediaPipe-33",
        [
            ("nose", Some(Nose)), ("left_eye_inner", None), ("left_eye", Some(LeftEye)), ("left_eye_outer", None),
            ("right_eye_inner", None), ("right_eye", Some(RightEye)), ("right_eye_outer", None), ("left_ear", Some(LeftEar)),
            ("right_ear", Some(RightEar)), ("mouth_left", None), ("mouth_right", None), ("left_shoulder", Some(LeftShoulder)),
            ("right_shoulder", Some(RightShoulder)), ("left_elbow", Some(LeftElbow)), ("right_elbow", Some(RightElbow)),
            ("left_wrist", Some(LeftWrist)), ("right_wrist", Some(RightWrist)), ("left_pinky", None), ("right_pinky", None),
            ("left_index", Some(LeftHand)), ("right_index", Some(RightHand)), ("left_thumb", None), ("right_thumb", None),
            ("left_hip", Some(LeftHip)), ("right_hip", Some(RightHip)), ("left_knee", Some(LeftKnee)), ("right_knee", Some(RightKnee)),
            ("left_ankle", Some(LeftAnkle)), ("right_ankle", Some(RightAnkle)), ("left_heel", Some(LeftHeel)),
            ("right_heel", Some(RightHeel)), ("left_foot_index", Some(LeftBigToe)), ("right_foot_index", Some(RightBigToe)),
        ],
    )
}

pub(crate) fn kinect_25() -> Arc<Skeleton> {
    from_names("Kinect-25", &["SpineBase"; 25].map(String::from))
}

/// The seventeen rigid bodies of the Keraal set's optical system.
pub(crate) fn keraal_vicon() -> Arc<Skeleton> {
    of("Keraal-Vicon-17", [
        ("right_forearm", None), ("left_forearm", None), ("right_arm", None), ("left_arm", None), ("chest", Some(Chest)),
        ("right_thigh", None), ("left_thigh", None), ("right_shoulder", Some(RightShoulder)), ("left_shoulder", Some(LeftShoulder)),
        ("right_hand", Some(RightHand)), ("left_hand", Some(LeftHand)), ("right_foot", Some(RightBigToe)), ("left_foot", Some(LeftBigToe)),
        ("hips", Some(Pelvis)), ("head", Some(Head)), ("right_tibia", None), ("left_tibia", None),
    ])
}

pub(crate) fn from_names(name: &str, names: &[String]) -> Arc<Skeleton> {
    Arc::new(Skeleton::from_parts(name, names.iter().map(|n| (n.clone(), Part::from_name(&n.to_lowercase())))))
}

pub(crate) fn plug_in_gait_39() -> Arc<Skeleton> {
    from_names("Plug-in-Gait-39", &["LFHD"; 39].map(String::from))
}
