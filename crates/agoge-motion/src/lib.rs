//! The canonical recording of an athlete's movement, and what makes a raw one trustworthy.
//!
//! Everything Agoge reads becomes a [`Recording`]: positions of named joints over time, Y up, in
//! metres or pixels, with a confidence for each value and missing values kept missing. Every joint
//! of every [`Skeleton`] says which [`Part`] of the body it stands for; [`Recording::to_body`]
//! brings any skeleton to the one that the rest of the house works on, the body skeleton.
//!
//! Invariants: this crate knows no file format, no movement and no model; it does no input or
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
pub mod vector;

pub use day::Day;
pub use part::{Part, Side};
pub use plate::{Plate, Wrench};
pub use recording::{Channel, Error, Recording, Source, Space, UpAxis};
pub use segments::Directions;
pub use skeleton::{Joint, Skeleton};
