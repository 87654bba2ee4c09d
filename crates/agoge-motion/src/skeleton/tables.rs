//! Commonly used skeletons, with their joints in each source's order.
//!
//! A table is one line of names. The part of each name comes from [`super::alias`], so a name means
//! the same in every skeleton.

use super::Skeleton;
use std::sync::Arc;

/// The skeleton's name and its joints in order.
type SkeletonTable = (&'static str, &'static str);

const COCO_17: SkeletonTable = (
    "COCO-17",
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist left_hip right_hip \
     left_knee right_knee left_ankle right_ankle",
);
const HALPE_26: SkeletonTable = (
    "HALPE-26",
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist left_hip right_hip \
     left_knee right_knee left_ankle right_ankle head neck hip left_big_toe right_big_toe left_small_toe right_small_toe left_heel right_heel",
);
const BODY_25: SkeletonTable = (
    "BODY_25",
    "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee LAnkle REye LEye REar LEar LBigToe LSmallToe \
     LHeel RBigToe RSmallToe RHeel",
);
const OPENPOSE_18: SkeletonTable = (
    "OpenPose-18",
    "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle REye LEye REar LEar",
);
const MEDIAPIPE_33: SkeletonTable = (
    "MediaPipe-33",
    "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer left_ear right_ear mouth_left mouth_right left_shoulder \
     right_shoulder left_elbow right_elbow left_wrist right_wrist left_pinky right_pinky left_index right_index left_thumb right_thumb left_hip right_hip \
     left_knee right_knee left_ankle right_ankle left_heel right_heel left_foot_index right_foot_index",
);
const H36M_17: SkeletonTable = (
    "H36M-17",
    "hip right_hip right_knee right_ankle left_hip left_knee left_ankle spine thorax nose head left_shoulder left_elbow left_wrist right_shoulder \
     right_elbow right_wrist",
);
const KINECT_20: SkeletonTable = (
    "Kinect-20",
    "head shoulder_center spine hip_center left_shoulder left_elbow left_wrist left_hand right_shoulder right_elbow right_wrist right_hand left_hip \
     left_knee left_ankle left_foot right_hip right_knee right_ankle right_foot",
);
const KINECT_22: SkeletonTable = (
    "Kinect-22",
    "waist spine chest neck head head_tip left_collar left_upper_arm left_forearm left_hand right_collar right_upper_arm right_forearm right_hand \
     left_upper_leg left_lower_leg left_foot left_toes right_upper_leg right_lower_leg right_foot right_toes",
);
const KINECT_25: SkeletonTable = (
    "Kinect-25",
    "spine_base spine_mid neck head left_shoulder left_elbow left_wrist left_hand right_shoulder right_elbow right_wrist right_hand left_hip left_knee \
     left_ankle left_foot right_hip right_knee right_ankle right_foot spine_shoulder left_hand_tip left_thumb right_hand_tip right_thumb",
);
const PLUG_IN_GAIT_39: SkeletonTable = (
    "Plug-in-Gait-39",
    "LFHD RFHD LBHD RBHD C7 T10 CLAV STRN RBAK LSHO LUPA LELB LFRM LWRA LWRB LFIN RSHO RUPA RELB RFRM RWRA RWRB RFIN LASI RASI LPSI RPSI LTHI LKNE LTIB \
     LANK LHEE LTOE RTHI RKNE RTIB RANK RHEE RTOE",
);

fn build_skeleton((name, joints): SkeletonTable) -> Arc<Skeleton> {
    Arc::new(Skeleton::from_names(name, joints.split_whitespace()))
}

impl Skeleton {
    /// COCO-17 (COCO keypoints, MMPose and many pose networks).
    pub fn coco_17() -> Arc<Skeleton> {
        build_skeleton(COCO_17)
    }

    /// HALPE-26 (AlphaPose, RTMPose body with feet): COCO-17 plus head, neck, hip, toes and heels.
    /// The simulator uses this skeleton.
    pub fn halpe_26() -> Arc<Skeleton> {
        build_skeleton(HALPE_26)
    }

    /// BODY_25 (OpenPose's default).
    pub fn body_25() -> Arc<Skeleton> {
        build_skeleton(BODY_25)
    }

    /// OpenPose-18, also called COCO-18.
    pub fn openpose_18() -> Arc<Skeleton> {
        build_skeleton(OPENPOSE_18)
    }

    /// MediaPipe Pose / BlazePose, 33 landmarks.
    pub fn mediapipe_33() -> Arc<Skeleton> {
        build_skeleton(MEDIAPIPE_33)
    }

    /// Human3.6M, 17 joints.
    pub fn h36m_17() -> Arc<Skeleton> {
        build_skeleton(H36M_17)
    }

    /// Kinect v1, 20 joints, in the order of UTD-MHAD.
    pub fn kinect_20() -> Arc<Skeleton> {
        build_skeleton(KINECT_20)
    }

    /// Kinect v2 as UI-PRMD writes it, 22 joints. Each joint is named after the segment that begins
    /// there: the joint `forearm` is the elbow.
    pub fn kinect_22() -> Arc<Skeleton> {
        // These segment names clash with joint names in other sources: here `foot` begins at the
        // ankle and `hand` at the wrist.
        let mut skeleton = Skeleton::from_names(KINECT_22.0, KINECT_22.1.split_whitespace());
        skeleton.assign_parts([
            ("left_upper_arm", crate::Part::LeftShoulder),
            ("left_forearm", crate::Part::LeftElbow),
            ("left_hand", crate::Part::LeftWrist),
            ("left_upper_leg", crate::Part::LeftHip),
            ("left_lower_leg", crate::Part::LeftKnee),
            ("left_foot", crate::Part::LeftAnkle),
            ("left_toes", crate::Part::LeftBigToe),
        ]);
        Arc::new(skeleton)
    }

    /// Kinect v2 SDK, 25 joints.
    pub fn kinect_25() -> Arc<Skeleton> {
        build_skeleton(KINECT_25)
    }

    /// NTU RGB+D, 25 joints, in Kinect v2's order.
    pub fn ntu_25() -> Arc<Skeleton> {
        build_skeleton(("NTU-25", KINECT_25.1))
    }

    /// Vicon Plug-in-Gait full body, 39 markers.
    pub fn plug_in_gait_39() -> Arc<Skeleton> {
        build_skeleton(PLUG_IN_GAIT_39)
    }

    /// All the skeletons above.
    pub fn all_known() -> Vec<Arc<Skeleton>> {
        vec![
            Skeleton::coco_17(),
            Skeleton::halpe_26(),
            Skeleton::body_25(),
            Skeleton::openpose_18(),
            Skeleton::mediapipe_33(),
            Skeleton::h36m_17(),
            Skeleton::kinect_20(),
            Skeleton::kinect_22(),
            Skeleton::kinect_25(),
            Skeleton::ntu_25(),
            Skeleton::plug_in_gait_39(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Part;

    #[test]
    fn known_skeletons_have_their_joints_limbs_and_mirrors() {
        for skeleton in Skeleton::all_known() {
            // Every name ends in the number of joints.
            let joints: Option<usize> =
                skeleton.name.rsplit(['-', '_']).next().and_then(|n| n.parse().ok());
            assert_eq!(joints, Some(skeleton.len()), "{}", skeleton.name);
            for (index, joint) in skeleton.joints.iter().enumerate() {
                assert_eq!(
                    skeleton.joints[joint.mirror].mirror, index,
                    "{} {}",
                    skeleton.name, joint.name
                );
                assert_ne!(joint.parent, Some(index), "{} {}", skeleton.name, joint.name);
            }
            if skeleton.name == "Plug-in-Gait-39" {
                continue; // Markers, not joints: `to_body` derives the joint centres.
            }
            let limbs = ["shoulder", "elbow", "wrist", "hip", "knee", "ankle"];
            for name in
                limbs.iter().flat_map(|limb| [format!("left_{limb}"), format!("right_{limb}")])
            {
                let part = Part::from_name(&name);
                assert!(
                    part.is_some_and(|part| skeleton.joint_for_part(part).is_some()),
                    "{}: {name}",
                    skeleton.name
                );
            }
        }
    }

    #[test]
    fn orders_are_those_of_the_sources() {
        // OpenPose's documentation: keypoint 8 is MidHip, 19 LBigToe, 24 RHeel. MediaPipe: 15/16
        // wrists, 31/32 foot index, left is the odd one.
        let body = Skeleton::body_25();
        assert_eq!(body.joint_for_part(Part::Pelvis), Some(8));
        assert_eq!(body.joint_for_part(Part::LeftBigToe), Some(19));
        assert_eq!(body.joint_for_part(Part::RightHeel), Some(24));
        let mediapipe = Skeleton::mediapipe_33();
        assert_eq!(mediapipe.joint_for_part(Part::LeftWrist), Some(15));
        assert_eq!(mediapipe.joint_for_part(Part::RightBigToe), Some(32));
        assert_eq!(Skeleton::kinect_22().joint_for_part(Part::RightElbow), Some(12));
    }

    /// Index of nose, pelvis, then left and right shoulder, elbow, wrist, hip, knee, ankle, heel
    /// and big toe, as the sources document them (COCO, HALPE, OpenPose, MediaPipe, Human3.6M,
    /// Kinect v1 and v2, NTU RGB+D); −1 if there is no such joint.
    #[test]
    fn every_limb_has_the_index_of_its_source() {
        use Part::*;
        let parts = [
            Nose,
            Pelvis,
            LeftShoulder,
            RightShoulder,
            LeftElbow,
            RightElbow,
            LeftWrist,
            RightWrist,
            LeftHip,
            RightHip,
            LeftKnee,
            RightKnee,
            LeftAnkle,
            RightAnkle,
            LeftHeel,
            RightHeel,
            LeftBigToe,
            RightBigToe,
        ];
        let cases = [
            (
                Skeleton::coco_17(),
                [0, -1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, -1, -1, -1, -1],
            ),
            (
                Skeleton::halpe_26(),
                [0, 19, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 20, 21],
            ),
            (Skeleton::body_25(), [0, 8, 5, 2, 6, 3, 7, 4, 12, 9, 13, 10, 14, 11, 21, 24, 19, 22]),
            (
                Skeleton::openpose_18(),
                [0, -1, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10, -1, -1, -1, -1],
            ),
            (
                Skeleton::mediapipe_33(),
                [0, -1, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32],
            ),
            (Skeleton::h36m_17(), [9, 0, 11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3, -1, -1, -1, -1]),
            (
                Skeleton::kinect_20(),
                [-1, 3, 4, 8, 5, 9, 6, 10, 12, 16, 13, 17, 14, 18, -1, -1, 15, 19],
            ),
            (
                Skeleton::kinect_22(),
                [-1, 0, 7, 11, 8, 12, 9, 13, 14, 18, 15, 19, 16, 20, -1, -1, 17, 21],
            ),
            (
                Skeleton::kinect_25(),
                [-1, 0, 4, 8, 5, 9, 6, 10, 12, 16, 13, 17, 14, 18, -1, -1, 15, 19],
            ),
            (
                Skeleton::ntu_25(),
                [-1, 0, 4, 8, 5, 9, 6, 10, 12, 16, 13, 17, 14, 18, -1, -1, 15, 19],
            ),
        ];
        for (skeleton, expected) in cases {
            let indices =
                parts.map(|part| skeleton.joint_for_part(part).map_or(-1, |index| index as i32));
            assert_eq!(indices, expected, "{}", skeleton.name);
        }
    }

    /// A Plug-in-Gait recording gets joint centres, hip centres and a head, although none of its
    /// markers is one.
    #[test]
    fn plug_in_gait_markers_make_a_body() {
        use crate::{Recording, RecordingSource, Space};
        let skeleton = Skeleton::plug_in_gait_39();
        // Arbitrary positions, but not collinear, or the pelvis would have no orientation.
        let position: Vec<[f64; 3]> = (0..39)
            .map(|marker| [1.0, 2.0, 3.0].map(|k: f64| (k * f64::from(marker)).sin()))
            .collect();
        let recording = Recording::new(
            RecordingSource::default(),
            skeleton,
            Space::World,
            vec![0.0],
            position,
            vec![1.0; 39],
        )
        .unwrap();
        let body = recording.to_body().recording;
        for part in [
            Part::Head,
            Part::Neck,
            Part::Pelvis,
            Part::LeftHip,
            Part::RightHip,
            Part::LeftWrist,
            Part::RightWrist,
        ] {
            assert!(body.is_seen(0, part.index()), "{}", part.name());
        }
    }
}
