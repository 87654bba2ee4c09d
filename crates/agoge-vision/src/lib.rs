//! Turns videos into recordings: decoding, the pose network, and following people.
//!
//! [`TrackedVideo::read_video`] finds the people in a video, and [`TrackedVideo::to_recording`]
//! turns one of them into a [`agoge_motion::Recording`]; [`PersonTracker`] does the same image by
//! image for a camera. [`setup::install_weights`] installs the weights of the network once.
//!
//! Invariants: no file makes it panic or hold more than a few images in memory; everything a video
//! file claims is checked; the network gives the same numbers on any number of threads.

pub mod bench;
pub mod cameras;
mod error;
mod film;
mod network;
pub mod overlay;
mod picture;
mod pose;
pub mod setup;
mod tflite;
mod video;

pub use error::VisionError;
pub use film::{LandmarkKind, TrackedVideo, VideoOptions};
pub use picture::{Pixels, VideoImage};
pub use pose::{BodyLandmarks, ImageRegion, LANDMARKS, PersonTracker, TrackedPerson};
pub use setup::PoseModel;
pub use video::Video;
