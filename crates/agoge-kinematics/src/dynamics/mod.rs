//! Inverse dynamics: net forces and moments in the joints of a chain of segments, from 3D positions
//! and the force at its end.
//!
//! Requires 3D positions in metres and a known external force: measured by force plates, modelled
//! while the athlete stands on both feet, or zero (a leg or an arm in the air). Moments are net:
//! co-contraction of opposing muscles is not included.

mod chain;
mod ground;
mod legs;
mod segments;

pub use chain::{DynamicsError, ExternalLoad, JointLoad, joint_moments};
pub use ground::{GroundForceSource, GroundForces, measured_ground_forces, standing_ground_forces};
pub use legs::{LEG_MOMENTS, leg_moments};
pub use segments::{Limb, SegmentInertia, Sex, body_segment};

#[cfg(test)]
mod tests;
