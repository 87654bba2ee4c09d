//! Turns videos into recordings: decoding, the pose network, and following people.
//!
//! [`Film::read`] finds the people in a video, and [`Film::recording`] turns one of them into a
//! [`agoge_motion::Recording`]; [`Tracker`] does the same image by image for a camera. [`setup`]
//! downloads the weights of the network once.
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

pub use error::Error;
pub use film::{Film, Landmarks, Options};
pub use picture::{Picture, Pixels};
pub use pose::{Body, LANDMARKS, Region, Tracked, Tracker};
pub use setup::Pose;
pub use video::Video;
