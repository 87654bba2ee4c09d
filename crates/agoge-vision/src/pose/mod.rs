//! BlazePose: a detector finds people and a second network finds the landmarks of each; from then
//! on each image determines where to look in the next (Bazarevsky et al. 2020, BlazePose: On-device
//! real-time body pose tracking).

mod detector;
mod landmarks;
mod region;
mod tracker;

pub(crate) use landmarks::WANTED_OUTPUTS;
pub use landmarks::{BodyLandmarks, LANDMARKS};
pub use region::ImageRegion;
pub use tracker::{PersonTracker, TrackedPerson};
