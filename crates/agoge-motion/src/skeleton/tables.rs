//! The skeletons in use in the field, joint by joint in each source's own order.

use super::Skeleton;
use crate::Part::{self, *};
use std::sync::Arc;

/// The 17 joints of COCO keypoints, which several other skeletons begin with.
const COCO: [(&str, Option<Part>); 17] = [
    ("nose", Some(Nose)),
    ("left_eye", Some(LeftEye)),
    ("right_eye", Some(RightEye)),
    ("left_ear", Some(LeftEar)),
    ("right_ear", Some(RightEar)),
    ("left_shoulder", Some(LeftShoulder)),
    ("right_shoulder", Some(RightShoulder)),
    ("left_elbow", Some(LeftElbow)),
    ("right_elbow", Some(RightElbow)),
    ("left_wrist", Some(LeftWrist)),
    ("right_wrist", Some(RightWrist)),
    ("left_hip", Some(LeftHip)),
    ("right_hip", Some(RightHip)),
    ("left_knee", Some(LeftKnee)),
    ("right_knee", Some(RightKnee)),
    ("left_ankle", Some(LeftAnkle)),
    ("right_ankle", Some(RightAnkle)),
];

impl Skeleton {
    /// COCO-17 (COCO keypoints, MMPose and many pose networks).
    pub fn coco_17() -> Arc<Skeleton> {
        Arc::new(Skeleton::from_parts("COCO-17", COCO))
    }

    /// HALPE-26 (AlphaPose, RTMPose body with feet): COCO-17 and head, neck, hip, toes and heels.
    pub fn halpe_26() -> Arc<Skeleton> {
        let more = [
            ("head", Some(Head)),
            ("neck", Some(Neck)),
            ("hip", Some(Pelvis)),
            ("left_big_toe", Some(LeftBigToe)),
            ("right_big_toe", Some(RightBigToe)),
            ("left_small_toe", Some(LeftSmallToe)),
            ("right_small_toe", Some(RightSmallToe)),
            ("left_heel", Some(LeftHeel)),
            ("right_heel", Some(RightHeel)),
        ];
        Arc::new(Skeleton::from_parts("HALPE-26", COCO.into_iter().chain(more)))
    }
}
