//! The joint angles of the simulated body.

/// Joint angles of the simulated body, degrees, with Agoge's sign convention: flexion and inward
/// are positive on both sides. Pairs are `[left, right]`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SimulatedPose {
    /// Forward lean of the trunk from vertical.
    pub trunk_lean: f64,
    /// Lean of the trunk from vertical to the athlete's right.
    pub trunk_lateral_lean: f64,
    /// Flexion of the thigh relative to the trunk.
    pub hip_flexion: [f64; 2],
    /// Flexion of the knee; 0 is straight.
    pub knee_flexion: [f64; 2],
    /// Deviation of hip–knee–ankle from straight in the frontal plane, knee inward.
    pub knee_valgus: [f64; 2],
    /// Outward tilt of the whole leg from the midline.
    pub leg_abduction: [f64; 2],
    /// Rotation of the foot about the vertical, toes outward.
    pub toe_out: [f64; 2],
    /// Height of the heel above the floor, m.
    pub heel_height: [f64; 2],
    /// Forward elevation of the upper arm relative to the trunk.
    pub shoulder_flexion: [f64; 2],
    /// Outward tilt of the upper arm from the sagittal plane.
    pub shoulder_abduction: [f64; 2],
    /// Flexion of the elbow; 0 is straight.
    pub elbow_flexion: [f64; 2],
}

impl SimulatedPose {
    /// Upright, arms hanging.
    pub fn standing() -> SimulatedPose {
        SimulatedPose {
            shoulder_abduction: [5.0; 2],
            knee_flexion: [2.0; 2],
            hip_flexion: [1.0; 2],
            ..SimulatedPose::default()
        }
    }

    /// Interpolates each angle linearly towards another pose; `share` 0 is this pose, 1 the other.
    pub fn interpolate_towards(&self, other: &SimulatedPose, share: f64) -> SimulatedPose {
        let mix = |a: f64, b: f64| a + share * (b - a);
        let both = |a: [f64; 2], b: [f64; 2]| [mix(a[0], b[0]), mix(a[1], b[1])];
        SimulatedPose {
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
