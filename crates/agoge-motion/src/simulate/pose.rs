//! The joint angles of the simulated body.

/// Angles of the simulated body, degrees, with the signs of the house: flexion and inward positive
/// on both sides. Pairs are `[left, right]`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Trunk against the vertical, forward.
    pub trunk_lean: f64,
    /// Trunk against the vertical, to the athlete's right.
    pub trunk_lateral_lean: f64,
    /// Thigh against the trunk.
    pub hip_flexion: [f64; 2],
    /// Knee; 0 is straight.
    pub knee_flexion: [f64; 2],
    /// Hip–knee–ankle away from straight in the frontal plane, knee inward.
    pub knee_valgus: [f64; 2],
    /// Both segments of a leg away from the midline, outward.
    pub leg_abduction: [f64; 2],
    /// Foot turned about the vertical, toes outward.
    pub toe_out: [f64; 2],
    /// How far the heel is off the floor, m.
    pub heel_height: [f64; 2],
    /// Upper arm against the trunk, forward.
    pub shoulder_flexion: [f64; 2],
    /// Upper arm away from the trunk's plane of flexion, outward.
    pub shoulder_abduction: [f64; 2],
    /// Elbow; 0 is straight.
    pub elbow_flexion: [f64; 2],
}

impl Pose {
    /// Upright, arms hanging.
    pub fn standing() -> Pose {
        Pose {
            shoulder_abduction: [5.0; 2],
            knee_flexion: [2.0; 2],
            hip_flexion: [1.0; 2],
            ..Pose::default()
        }
    }

    /// The pose at a share of the way to another, angle by angle.
    pub fn towards(&self, other: &Pose, share: f64) -> Pose {
        let mix = |a: f64, b: f64| a + share * (b - a);
        let both = |a: [f64; 2], b: [f64; 2]| [mix(a[0], b[0]), mix(a[1], b[1])];
        Pose {
            trunk_lean: mix(self.trunk_lean, other.trunk_lean),
            trunk_lateral_lean: mix(self.trunk_lateral_lean, other.trunk_lateral_lean),
            hip_flexion: both(self.hip_flexion, other.hip_flexion),
            knee_flexion: both(self.knee_flexion, other.knee_flexion),
            knee_valgus: both(self.knee_valgus, other.knee_valgus),
            leg_abduction: both(self.leg_abduction, other.leg_abduction),
            toe_out: both(self.toe_out, other.toe_out),
            heel_height: both(self.heel_height, other.heel_height),
            shoulder_flexion: both(self.shoulder_flexion, other.shoulder_flexion),
            shoulder_abduction: both(self.shoulder_abduction, other.shoulder_abduction),
            elbow_flexion: both(self.elbow_flexion, other.elbow_flexion),
        }
    }
}
