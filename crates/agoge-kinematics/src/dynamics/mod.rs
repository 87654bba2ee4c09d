//! Inverse dynamics: net forces and moments in the joints of a chain of segments, from positions in
//! three dimensions and the force at its end.
//!
//! Only where positions are in metres and three dimensions and the outer force is known: measured
//! by force plates, modelled while somebody stands on both feet, or none (a leg or an arm in the
//! air). Moments are net: what muscles on both sides of a joint do against each other is not in
//! them.

mod chain;
mod ground;
mod legs;
mod segments;

pub use chain::{Fault, Net, Outer, joint_moments};
pub use ground::{Ground, Origin, measured, standing};
pub use legs::{LEG_MOMENTS, leg_moments};
pub use segments::{Limb, Segment, Sex, body_segment};

#[cfg(test)]
mod tests;
