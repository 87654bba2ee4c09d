//! Chooses a file's skeleton by the number of its joints or by their names.

use agoge_motion::Skeleton;
use std::sync::Arc;

/// Number of joints in MediaPipe's pose.
pub(crate) const MEDIAPIPE_JOINTS: usize = 33;

/// The foot joints that whole-body networks append to COCO-17.
const FEET: [&str; 6] = [
    "left_big_toe",
    "left_small_toe",
    "left_heel",
    "right_big_toe",
    "right_small_toe",
    "right_heel",
];

/// Keraal's Vicon targets, in file order.
const KERAAL_17: [&str; 17] = [
    "right_forearm",
    "left_forearm",
    "right_arm",
    "left_arm",
    "chest",
    "right_thigh",
    "left_thigh",
    "right_shoulder_blade",
    "left_shoulder_blade",
    "right_hand",
    "left_hand",
    "right_foot",
    "left_foot",
    "hips",
    "head",
    "right_tibia",
    "left_tibia",
];

/// The skeleton of a pose network with `count` joints, and how many of them belong to the body.
pub(crate) fn skeleton_by_count(count: usize) -> Option<(Arc<Skeleton>, usize)> {
    Some(match count {
        17 => (Skeleton::coco_17(), 17),
        18 => (Skeleton::openpose_18(), 18),
        25 => (Skeleton::body_25(), 25),
        26 | 136 => (Skeleton::halpe_26(), 26),
        133 => (extend_coco("COCO-WholeBody body", &FEET), 23),
        MEDIAPIPE_JOINTS => (Skeleton::mediapipe_33(), 33),
        _ => return None,
    })
}

/// BODY_25B: COCO-17, then upper neck, top of the head, and the feet as in BODY_25.
pub(crate) fn body_25b() -> Arc<Skeleton> {
    extend_coco("BODY_25B", &[&["neck", "head"], &FEET[..]].concat())
}

/// Keraal's Vicon targets followed by the joints computed from them.
pub(crate) fn keraal_vicon(computed: &[&str]) -> Arc<Skeleton> {
    skeleton_from_names("Keraal-Vicon", &[&KERAAL_17, computed].concat())
}

/// COCO-17 with more joints appended.
fn extend_coco(name: &str, more: &[&str]) -> Arc<Skeleton> {
    let coco = Skeleton::coco_17();
    let names: Vec<&str> =
        coco.joints.iter().map(|joint| joint.name.as_str()).chain(more.iter().copied()).collect();
    skeleton_from_names(name, &names)
}

/// A skeleton whose joints have the names given in a file.
pub(crate) fn skeleton_from_names<N: AsRef<str>>(name: &str, names: &[N]) -> Arc<Skeleton> {
    Arc::new(Skeleton::from_names(name, names.iter().map(AsRef::as_ref)))
}
