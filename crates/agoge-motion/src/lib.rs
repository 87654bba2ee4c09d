//! The canonical recording of an athlete's movement, and the conditioning of raw recordings.
//!
//! Everything Agoge reads becomes a [`Recording`]: positions of named joints over time, Y up, in
//! metres or pixels, with a confidence for each position; missing positions stay missing. Every
//! joint of a [`Skeleton`] names the [`Part`] of the body it stands for. [`Recording::to_body`]
//! converts any skeleton to the body skeleton, which all other crates work on.
//!
//! Invariants: this crate knows no file format, no movement and no model, and does no input or
//! output.

pub mod condition;
pub mod day;
pub mod filter;
pub mod part;
pub mod plate;
pub mod recording;
pub mod scale;
pub mod segments;
pub mod simulate;
pub mod skeleton;
pub mod statistics;
pub mod vector;

pub use day::Day;
pub use part::{Part, Side};
pub use plate::{Plate, Wrench};
pub use recording::{Channel, Recording, RecordingError, RecordingSource, Space, UpAxis};
pub use segments::Directions;
pub use skeleton::{Joint, Skeleton};
