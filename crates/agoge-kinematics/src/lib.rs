//! Movement analysis: from positions to angles, events, repetitions, phases and measures.
//!
//! [`Curves`] holds what was measured over time (angles, heights, speeds); a movement definition (a
//! text file that a coach can write) says which signal makes a repetition, which phases it has and
//! what to measure and check in it; [`Repetition`] is what was found.
//!
//! Works on recordings that are on the body skeleton (`agoge_motion::Recording::to_body`).
//! Invariants: this crate knows no file format but the movement definitions' TOML text, no model
//! and no score.

pub mod coordination;
pub mod curve;
pub mod curves;
pub mod dynamics;
pub mod live;
pub mod movement;
pub mod normalise;
pub mod repetition;
pub mod segment;
pub mod sensor;
pub mod smoothness;

pub use curve::{Curve, Curves, Refused, Unit, missing};
pub use curves::{
    Measured, Setting, View, WELL_SHOWN, derivative, markers, measure, measure_in, shown,
};
pub use movement::Movement;
pub use repetition::{Event, Metric, Phase, Repetition};
pub use segment::{described, remeasured, repetitions};
