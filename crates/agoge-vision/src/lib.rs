//! Video in, recordings out: decoding, the pose network, following people.
//!
//! [`Film::read`] takes a video to the people in it, [`Film::recording`] one of them to a
//! [`agoge_motion::Recording`]; [`Tracker`] does the same picture by picture for a camera. The
//! weights of the network come once, by [`setup`].
//!
//! Invariants: no file makes it panic or hold more than a few pictures; whatever the video says of
//! itself is checked; the network gives the same numbers on any number of threads.

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
